package node

import (
	"crypto/x509"
	"log/slog"

	"gangway/internal/cluster"
)

// Objects are the definitions, for what was stored by versions that checked less.
func (n *Node) Objects() *cluster.Objects { return n.shared.Objects() }

// Trust knows the signers in a folder.
func Trust(folder string, log *slog.Logger) func(name string) *x509.CertPool {
	t := &trust{folder: folder, log: log}
	return t.in
}
