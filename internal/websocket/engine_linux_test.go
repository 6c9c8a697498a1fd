package websocket_test

import (
	"net"
	"syscall"
)

// descriptor takes the descriptor out of a connection.
func descriptor(conn *net.TCPConn) (int, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	var fd int
	var failed error
	err = raw.Control(func(original uintptr) {
		if fd, failed = syscall.Dup(int(original)); failed == nil {
			syscall.CloseOnExec(fd)
		}
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return 0, err
	}
	return fd, conn.Close()
}
