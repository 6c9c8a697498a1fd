package dial

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"time"
)

// A conn is a connection to a server.
type conn struct {
	wire

	to     origin
	stream io.ReadWriter // what HTTP is spoken through: TLS, or the wire
	tls    *tls.Conn     // nil: none
	ear    ear
	kept   bool      // it has served a call
	since  time.Time // when its last call ended
	until  time.Time // how long it is kept after that
}

func newConn(raw net.Conn, to origin) *conn {
	c := &conn{wire: wire{Conn: raw, over: true}, to: to}
	c.stream = &c.wire
	c.ear.listen(raw)
	return c
}

// quiet says whether the server has neither hung up nor said anything since the last call. It does not wait for that.
func (c *conn) quiet() bool {
	if !c.ear.quiet(&c.wire) {
		return false
	}
	if c.tls == nil {
		return true
	}
	c.deaf = true // TLS has read what came with the last answer
	defer func() { c.deaf = false }()
	var one [1]byte
	n, err := c.tls.Read(one[:])
	return n == 0 && errors.Is(err, os.ErrDeadlineExceeded)
}

// hangUp closes a connection of which nothing more is expected. TLS would say goodbye, and wait for a server that does not read.
func (c *conn) hangUp() {
	_ = c.end()
	_ = c.Close()
}

// leave closes a connection that was kept.
func (c *conn) leave() {
	if c.tls != nil {
		_ = c.tls.Close()
		return
	}
	_ = c.Close()
}
