package certificates

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/acme"
)

// handshakeTimeout is what a handshake may take, from its first byte. A deadline of the reader may come before.
const handshakeTimeout = 10 * time.Second

// handshakeRecord is the first byte of a TLS client: ContentType handshake, RFC 8446 section 5.1.
const handshakeRecord = 0x16

// What is known of a connection. Only plain, secure and failed last.
const (
	unknown uint32 = iota
	peeked         // plain, and its first byte is still to be read
	plain
	secure
	failed
)

// conn is a connection that is plain or TLS, whichever its first byte says. Until that is known, whoever reads or writes
// waits under the deadline for reading.
type conn struct {
	net.Conn // the socket

	listener *Listener
	phase    atomic.Uint32
	tls      *tls.Conn // if secure

	mu    sync.Mutex // held by who finds out
	first byte       // if peeked
	err   error      // if failed
}

// Read implements [net.Conn].
func (c *conn) Read(p []byte) (int, error) {
	for {
		switch c.phase.Load() {
		case plain:
			return c.Conn.Read(p)
		case secure:
			return c.tls.Read(p)
		}
		if n, err := c.readFirst(p); n > 0 || err != nil || len(p) == 0 {
			return n, err
		}
	}
}

// readFirst reads what comes first of a plain connection straight to where it is wanted. It returns 0 and no error once the
// connection is to be read in the usual way.
func (c *conn) readFirst(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch c.phase.Load() {
	case unknown:
		n, err := c.begin(p)
		if n > 0 {
			c.phase.Store(plain)
		}
		return n, err
	case peeked:
		p[0] = c.first
		c.phase.Store(plain)
		return 1, nil
	default:
		return 0, c.err
	}
}

// Write implements [net.Conn].
func (c *conn) Write(p []byte) (int, error) {
	for {
		switch c.phase.Load() {
		case plain, peeked:
			return c.Conn.Write(p)
		case secure:
			return c.tls.Write(p)
		}
		if err := c.awaitFirst(); err != nil {
			return 0, err
		}
	}
}

// awaitFirst finds out what to write. HTTP never needs it, for there clients speak first.
func (c *conn) awaitFirst() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase.Load() != unknown {
		return c.err
	}
	var first [1]byte
	n, err := c.begin(first[:])
	if n > 0 {
		c.first = first[0]
		c.phase.Store(peeked)
		return nil
	}
	return err
}

// begin reads the first bytes into p and returns how many there are of a plain connection. It does the handshake of one that
// is not. It needs c.mu. If it returns nothing, and no error, the phase says what to do.
func (c *conn) begin(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n == 0 || p[0] != handshakeRecord {
		return n, err
	}
	if c.tls, c.err = c.shake(p[:n]); c.err != nil {
		c.phase.Store(failed)
		return 0, c.err
	}
	c.phase.Store(secure)
	return 0, nil
}

// shake does the handshake that begins with head.
func (c *conn) shake(head []byte) (*tls.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), handshakeTimeout)
	defer cancel()
	shaken := tls.Server(&replay{Conn: c.Conn, head: bytes.Clone(head)}, c.listener.config)
	if err := shaken.HandshakeContext(ctx); err != nil {
		if c.listener.Failed != nil {
			name := shaken.ConnectionState().ServerName
			c.listener.Failed(fmt.Errorf("certificates: handshake of %s for %q: %w", c.RemoteAddr(), name, err))
		}
		return nil, err
	}
	// RFC 8737 section 3: nothing follows such a handshake. To serve what does would be to serve who showed no certificate.
	if shaken.ConnectionState().NegotiatedProtocol == acme.ALPNProto {
		_ = shaken.Close() // the authority has seen what it wanted
		return nil, io.EOF
	}
	return shaken, nil
}

// Close implements [net.Conn].
func (c *conn) Close() error {
	if c.phase.Load() == secure {
		return c.tls.Close()
	}
	return c.Conn.Close()
}

// Secure says whether the connection is TLS, with its handshake done, and what was agreed on.
func (c *conn) Secure() (tls.ConnectionState, bool) {
	if c.phase.Load() != secure {
		return tls.ConnectionState{}, false
	}
	return c.tls.ConnectionState(), true
}

// Unwrap is the connection to use in place of this one when nothing is left to add: once something was read, that is the
// socket or a [*tls.Conn]. Before, it is this one without the method.
func (c *conn) Unwrap() net.Conn {
	switch c.phase.Load() {
	case plain:
		return c.Conn
	case secure:
		return c.tls
	default:
		return struct{ net.Conn }{c}
	}
}

// replay is a socket of which something was read already. Only one reads it at a time: [tls.Conn] has a lock for that.
type replay struct {
	net.Conn
	head []byte
}

// Read implements [net.Conn].
func (r *replay) Read(p []byte) (int, error) {
	if len(r.head) == 0 {
		return r.Conn.Read(p)
	}
	n := copy(p, r.head)
	r.head = r.head[n:]
	if len(r.head) == 0 {
		r.head = nil // or the array would stay as long as the connection
	}
	return n, nil
}

// Unwrap is the socket, to be closed or set, not to be read.
func (r *replay) Unwrap() net.Conn { return r.Conn }
