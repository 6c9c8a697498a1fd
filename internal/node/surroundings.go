package node

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"

	"gangway/internal/sigv4"
)

// Surroundings are what all functions of this machine have around them.
type Surroundings struct {
	Data          string // folder of the node
	Admin, Lambda string // URLs of the control plane, and of a Lambda API
	Key           sigv4.Key
	Authority     string   // file of who signs the node's certificates; empty: nobody
	Environ       []string // what the user has set, as NAME=VALUE
}

// Environment are the variables that all functions have in common: who they are, where the services are, and whom they trust. What
// the user has set of endpoints of other services is passed on.
func (s *Surroundings) Environment() (map[string]string, error) {
	all := map[string]string{
		"AWS_ACCESS_KEY_ID": s.Key.ID, "AWS_SECRET_ACCESS_KEY": s.Key.Secret,
		"AWS_ENDPOINT_URL_APIGATEWAYV2": s.Admin, "AWS_ENDPOINT_URL_API_GATEWAY": s.Admin, "AWS_ENDPOINT_URL_STS": s.Admin,
		"AWS_ENDPOINT_URL_LAMBDA": s.Lambda,
	}
	trusted := ""
	for _, entry := range s.Environ {
		name, value, _ := strings.Cut(entry, "=")
		if _, ours := all[name]; !ours && (name == "AWS_ENDPOINT_URL" || strings.HasPrefix(name, "AWS_ENDPOINT_URL_")) {
			all[name] = value
		}
		if name == "SSL_CERT_FILE" {
			trusted = value
		}
	}
	if s.Authority == "" {
		return all, nil
	}
	all["NODE_EXTRA_CA_CERTS"] = s.Authority
	bundle, err := s.bundle(trusted)
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

// bundle writes a file of all that may sign: those whom the user or the system trusts, and the authority of the node. Most tools can
// be told of one file alone.
func (s *Surroundings) bundle(chosen string) (string, error) {
	own, err := os.ReadFile(s.Authority)
	if err != nil {
		return "", err
	}
	var trusted []byte
	for _, file := range append([]string{chosen}, bundles...) {
		if trusted, err = os.ReadFile(file); err == nil {
			break
		}
	}
	path := filepath.Join(s.Data, tlsDir, "bundle.pem")
	return path, os.WriteFile(path, bytes.Join([][]byte{trusted, own}, []byte("\n")), 0o600)
}
