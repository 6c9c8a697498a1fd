package websocket

import (
	"syscall"
	"time"
)

const tcpUserTimeout = 0x12 // tcp(7): TCP_USER_TIMEOUT, which package syscall lacks

// limitUnacknowledged ends the connection when data sent stays unacknowledged for so long: a client that has vanished is
// then found by what we send to it, not only by pings.
func (s *rawSocket) limitUnacknowledged(t time.Duration) {
	_ = s.conn.Control(func(fd uintptr) { // on a Unix-domain socket it fails, and means nothing
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, int(t.Milliseconds()))
	})
}
