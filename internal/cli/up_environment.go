package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"

	"gangway/internal/node"
)

// environment is what all functions of an app have in common: who they are, where the services are, and whom they trust. What the
// user has set of endpoints of other services is passed on.
func (u *up) environment(lambda string) (map[string]string, error) {
	admin := u.plane.url
	all := map[string]string{
		"AWS_ACCESS_KEY_ID": u.plane.key.ID, "AWS_SECRET_ACCESS_KEY": u.plane.key.Secret,
		"AWS_ENDPOINT_URL_APIGATEWAYV2": admin, "AWS_ENDPOINT_URL_API_GATEWAY": admin, "AWS_ENDPOINT_URL_STS": admin,
		"AWS_ENDPOINT_URL_LAMBDA": lambda,
	}
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		if _, ours := all[name]; !ours && (name == "AWS_ENDPOINT_URL" || strings.HasPrefix(name, "AWS_ENDPOINT_URL_")) {
			all[name] = value
		}
	}
	running, err := node.ReadRunning(u.dir)
	if err != nil || running.Authority == "" {
		return all, err
	}
	all["NODE_EXTRA_CA_CERTS"] = running.Authority
	bundle, err := u.bundle(running.Authority)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"AWS_CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"} {
		all[name] = bundle
	}
	return all, nil
}

// bundles are where systems keep the certificates that they trust, in one file.
var bundles = []string{
	"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem",
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
}

// bundle writes a file of all that may sign: those whom the system trusts, and the authority of this node. Most tools can be told of
// one file alone.
func (u *up) bundle(authority string) (string, error) {
	own, err := os.ReadFile(authority)
	if err != nil {
		return "", err
	}
	var trusted []byte
	for _, file := range append([]string{u.streams.env("SSL_CERT_FILE")}, bundles...) {
		if trusted, err = os.ReadFile(file); err == nil {
			break
		}
	}
	path := filepath.Join(u.dir, "tls", "bundle.pem")
	return path, os.WriteFile(path, bytes.Join([][]byte{trusted, own}, []byte("\n")), 0o600)
}
