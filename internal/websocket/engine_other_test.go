//go:build !linux

package websocket_test

import (
	"errors"
	"net"
)

func descriptor(*net.TCPConn) (int, error) { return 0, errors.ErrUnsupported }
