package http1

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"sync"
	"time"
)

// handshakeRecord is the first byte of a TLS client: ContentType handshake, RFC 8446 section 5.1.
const handshakeRecord = 0x16

const (
	streamRead = 4 << 10 // what a goroutine reads at a time
	hasty      = time.Second
)

// streamed is a connection that a goroutine reads.
type streamed struct {
	conn

	raw    net.Conn // the socket
	stream net.Conn // the same, or TLS
	head   []byte   // what was read of raw already

	turn   sync.Cond // on conn.mu, which guards what follows: told when it changes, or the phase, or waits
	busy   bool      // the goroutine reads, or is about to
	parked bool      // it reads no more
	failed error     // of its reading, for who reads a body
}

// run reads what the client sends. A request is answered by another goroutine, so that this one sees it when the client
// leaves.
func (c *streamed) run() {
	buffer := make([]byte, streamRead)
	n, err := c.begin(buffer)
	for {
		e, bad := c.heard(buffer[:n], err)
		switch {
		case bad != nil:
			c.refuse(bad)
		case e != nil:
			c.server.crew.answer(e)
		}
		if !c.mayRead() {
			return
		}
		n, err = c.stream.Read(buffer)
	}
}

// heard takes what was read. While a body is awaited that is for who awaits it: a request behind another may have begun while
// the goroutine was reading.
func (c *streamed) heard(data []byte, err error) (*exchange, *refusal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy = false
	c.turn.Broadcast()
	if c.phase == taken {
		c.pending = append(c.pending, data...)
		return nil, nil
	}
	e, bad := c.arrived(data)
	switch {
	case err != nil && c.phase == answering && c.waits:
		c.failed = err
	case err != nil:
		c.gone()
	}
	return e, bad
}

// begin reads the first bytes, and does a TLS handshake if they are one's.
func (c *streamed) begin(buffer []byte) (n int, err error) {
	if n = copy(buffer, c.head); n == 0 {
		n, err = c.raw.Read(buffer)
	}
	if n == 0 || buffer[0] != handshakeRecord || c.server.TLS == nil {
		c.head = c.head[min(n, len(c.head)):]
		return n, err
	}
	if len(c.head) == 0 {
		c.head = append(c.head, buffer[:n]...)
	}
	if err := c.shake(); err != nil {
		return 0, err
	}
	return c.stream.Read(buffer)
}

// shake does a TLS handshake. Two things end it in time: the sweep, which closes the socket, and the context, which who looks
// for a certificate sees.
func (c *streamed) shake() error {
	secured := tls.Server(c.below(), c.server.TLS)
	c.head = nil
	ctx, cancel := context.WithTimeout(context.Background(), c.server.headTimeout)
	defer cancel()
	if err := secured.HandshakeContext(ctx); err != nil {
		if c.server.TLSFailed != nil {
			c.server.TLSFailed(fmt.Errorf("http1: handshake of %s for %q: %w", c.remote, secured.ConnectionState().ServerName, err))
		}
		return err
	}
	state := secured.ConnectionState()
	// RFC 8737 section 3 has nothing follow a handshake for acme-tls/1, which shows certificates to nobody else.
	if p := state.NegotiatedProtocol; p != "" && p != "http/1.1" {
		_ = secured.Close() // the client has seen what it wanted
		return net.ErrClosed
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stream, c.tls = secured, &state
	return nil
}

// below is what TLS travels by: where there are loops, something that they can watch once the connection is taken over.
func (c *streamed) below() net.Conn {
	socket := &replay{Conn: c.raw, head: c.head}
	if c.server.Loops == nil {
		return socket
	}
	return c.server.Loops.Tunnel(socket)
}

// mayRead waits until there is a reason to read, and says whether there will be one.
func (c *streamed) mayRead() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.phase == answering && (c.waits || c.ended || len(c.pending) >= streamRead) {
		c.turn.Wait()
	}
	c.busy = c.phase != taken && c.phase != closed
	c.parked = !c.busy
	c.turn.Broadcast()
	return c.busy
}

// read is for bodies. The deadline is that of the goroutine as well, should it be reading for us.
func (c *streamed) read(p []byte, by time.Time) (int, error) {
	if err := c.stream.SetReadDeadline(by); err != nil {
		return 0, err
	}
	defer func() { _ = c.stream.SetReadDeadline(time.Time{}) }() // as above
	if n, err := c.overheard(p); n > 0 || err != nil {
		return n, err
	}
	return c.stream.Read(p)
}

// overheard is what the goroutine has read of a body.
func (c *streamed) overheard(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.busy {
		c.turn.Wait()
	}
	if len(c.pending) == 0 {
		return 0, c.failed
	}
	n := copy(p, c.pending)
	c.pending = c.pending[n:]
	return n, nil
}

// write leaves it to the sweep to end what has no time of its own.
func (c *streamed) write(p []byte, by time.Time) (int, error) {
	if by.IsZero() {
		c.expires(patience)
		defer c.deadline.Store(0)
		return c.stream.Write(p)
	}
	if err := c.stream.SetWriteDeadline(by); err != nil {
		return 0, err
	}
	defer func() { _ = c.stream.SetWriteDeadline(time.Time{}) }() // as above
	return c.stream.Write(p)
}

// bid may take a moment: with TLS it is not known what a write takes.
func (c *streamed) bid(farewell []byte) bool {
	_ = c.stream.SetWriteDeadline(time.Now().Add(hasty)) // if it fails, so will writing
	if len(farewell) > 0 {
		if _, err := c.stream.Write(farewell); err != nil {
			return false
		}
	}
	if secured, ok := c.stream.(*tls.Conn); ok {
		_ = secured.CloseWrite() // the other side sees the end in any case
	}
	half, ok := c.raw.(interface{ CloseWrite() error })
	return ok && half.CloseWrite() == nil
}

// resume lets the goroutine see for itself.
func (c *streamed) resume() { c.turn.Broadcast() }

// drop does not close TLS, which could wait.
func (c *streamed) drop() {
	_ = c.raw.Close() // again, perhaps
	c.turn.Broadcast()
}

// release has the goroutine stop reading.
func (c *streamed) release() (Taken, error) {
	err := c.stream.SetReadDeadline(time.Unix(1, 0)) // long ago
	c.mu.Lock()
	c.turn.Broadcast()
	for !c.parked {
		c.turn.Wait()
	}
	c.mu.Unlock()
	if err == nil {
		err = c.stream.SetReadDeadline(time.Time{})
	}
	return Taken{Conn: c.stream}, err
}

// replay is a socket of which something was read already.
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
	if r.head = r.head[n:]; len(r.head) == 0 {
		r.head = nil // or the array would stay as long as the connection
	}
	return n, nil
}

// Unwrap is the socket, to be closed or set, not to be read.
func (r *replay) Unwrap() net.Conn { return r.Conn }
