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
	// Go has the kernel probe its connections every 15 s: those of many clients, opened at a time, all at once. Whether it works
	// does not matter: it concerns nobody's correctness.
	_ = conn.SetKeepAlive(false)
	_ = conn.Close() // the connection goes on under the other descriptor
	return l.Attach(fd, h)
}
