//go:build !linux

package loop

import (
	"errors"
	"net"
)

func (*Loops) adopt(*net.TCPConn, Handler) (*Socket, error) { return nil, errors.ErrUnsupported }
