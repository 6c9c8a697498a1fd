//go:build !linux

package functions

import "net"

// vouched lets all of the machine in: the system does not say whose a connection is.
func vouched(net.Conn) error { return nil }
