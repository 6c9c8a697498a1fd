//go:build !linux

package loop

import (
	"errors"
	"net"
	"net/netip"
)

// Loops do not exist on this system.
type Loops struct{}

// New fails with [errors.ErrUnsupported].
func New(int) (*Loops, error) { return nil, errors.ErrUnsupported }

// Close has nothing to do.
func (*Loops) Close() {}

// Accept fails.
func (*Loops) Accept(*net.TCPListener, func(int, netip.AddrPort)) (*Acceptor, error) {
	return nil, errors.ErrUnsupported
}

// Attach fails.
func (*Loops) Attach(int, Handler) (*Socket, error) { return nil, errors.ErrUnsupported }

// An Acceptor does not exist on this system.
type Acceptor struct{}

// Close has nothing to do.
func (*Acceptor) Close() {}

// A Socket does not exist on this system.
type Socket struct{}

// Read fails, as do all the others.
func (*Socket) Read([]byte) (int, error) { return 0, ErrClosed }

// Write fails.
func (*Socket) Write([]byte) (int, error) { return 0, ErrClosed }

// Again does nothing.
func (*Socket) Again() {}

// AwaitWrite fails.
func (*Socket) AwaitWrite() error { return ErrClosed }

// Hand does nothing.
func (*Socket) Hand(Handler) {}

// Depart does nothing.
func (*Socket) Depart() {}

// CloseWrite fails.
func (*Socket) CloseWrite() error { return ErrClosed }

// Shutdown fails.
func (*Socket) Shutdown() error { return ErrClosed }

// Reset does nothing.
func (*Socket) Reset() {}

// Close fails.
func (*Socket) Close() error { return ErrClosed }

// LimitUnacknowledged does nothing.
func (*Socket) LimitUnacknowledged(int) {}

// RemoteAddr is the zero address.
func (*Socket) RemoteAddr() netip.AddrPort { return netip.AddrPort{} }

// Detach fails.
func (*Socket) Detach() (net.Conn, error) { return nil, ErrClosed }
