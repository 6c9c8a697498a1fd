package loop

import (
	"fmt"
	"net"
	"os"
)

// adopt takes a connection over that others waited for.
func (l *Loops) adopt(conn *net.TCPConn, h Handler) (*Socket, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("loop: %w", err)
	}
	var fd int
	var failed error
	if err := raw.Control(func(original uintptr) { fd, failed = duplicate(int(original)) }); err != nil {
		return nil, fmt.Errorf("loop: %w", err)
	}
	if failed != nil {
		return nil, fmt.Errorf("loop: %w", os.NewSyscallError("fcntl", failed))
	}
	_ = conn.Close() // the connection goes on under the other descriptor
	return l.Attach(fd, h)
}
