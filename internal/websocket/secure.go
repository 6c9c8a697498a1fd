package websocket

import (
	"crypto/tls"

	"gangway/internal/loop"
)

// secure is the encryption of a connection on an event loop.
type secure struct {
	*tls.Conn

	tunnel *loop.Tunnel
	owed   bool // the last byte of what was encrypted counts as not written
}

// attachSecure has a connection travel by TLS on an event loop, if what is below it can; that ends what waits for it.
func (c *Conn) attachSecure(conn *tls.Conn) bool {
	tunnel, ok := conn.NetConn().(*loop.Tunnel)
	if !ok {
		return false
	}
	l := &looped{Conn: c, secure: &secure{Conn: conn, tunnel: tunnel}, turn: true}
	socket, err := tunnel.Enter(l)
	if err != nil {
		return false
	}
	c.limitUnacknowledged(socket)
	l.socket, c.carrier = socket, l
	return true
}

// push writes what can be written. What was encrypted has to leave, so all is taken; but until it has left, the last byte
// counts as not written, and is owed: so a message is not said to have been handed to the kernel before it was. Who has the
// duty of writing calls it.
func (s *secure) push(batch []byte) (n int, err error) {
	if err := s.tunnel.Flush(); err != nil {
		return 0, err
	}
	if s.owed {
		s.owed, n = false, 1
		batch = batch[1:]
	}
	if len(batch) == 0 {
		return n, nil
	}
	wrote, err := s.Write(batch)
	if n += wrote; err != nil {
		return n, err
	}
	if err := s.tunnel.Flush(); err != nil {
		s.owed = true
		return n - 1, err
	}
	return n, nil
}
