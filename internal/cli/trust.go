package cli

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"strings"

	"gangway/internal/node"
)

// trust is how a server is verified: by whom the system trusts, by a file of certificates that was named, and by the local
// authority of the data folder, if a node runs there.
func (c *connectCommand) trust(s *Streams) (*tls.Config, error) {
	if !strings.HasPrefix(c.URL, "wss:") {
		return nil, nil
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if c.CA != "" {
		if err := addRoots(roots, c.CA); err != nil {
			return nil, usagef("--ca: %v", err)
		}
	}
	if dir, err := c.dir(s); err == nil {
		if running, err := node.ReadRunning(dir); err == nil && running.Authority != "" {
			_ = addRoots(roots, running.Authority) // else the handshake says what it does not trust
		}
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}, nil
}

func addRoots(roots *x509.CertPool, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !roots.AppendCertsFromPEM(text) {
		return fmt.Errorf("%s has no certificate in it, in PEM", path)
	}
	return nil
}
