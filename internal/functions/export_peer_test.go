//go:build linux

package functions

import (
	"net"
	"net/netip"
)

// Vouched says whether the other end of a connection belongs to who this process runs as.
func Vouched(conn net.Conn) error { return vouched(conn) }

// LookUp is whose socket has these ends, by the lists of all.
func LookUp(local, remote netip.AddrPort) (int, error) { return lookUp(local, remote) }

// AskKernel is the same by a question for this one.
func AskKernel(local, remote netip.AddrPort) (int, error) { return askKernel(local, remote) }
