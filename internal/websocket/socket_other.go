//go:build !unix

package websocket

import (
	"errors"
	"net"
	"time"
)

// A rawSocket exists only on Unix.
type rawSocket struct{}

func newRawSocket(*waiting, net.Conn) *rawSocket { return nil }

func (*rawSocket) read() ([]byte, error) { return nil, errors.ErrUnsupported }

func (*rawSocket) writeOnce() error { return errors.ErrUnsupported }

func (*rawSocket) write(time.Duration) error { return errors.ErrUnsupported }

func (*rawSocket) limitUnacknowledged(time.Duration) {}
