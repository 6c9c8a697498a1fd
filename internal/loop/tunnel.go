package loop

import (
	"errors"
	"net"
	"sync"
	"time"
)

// mostKept is beyond what anybody writes who writes no more before Flush has succeeded. Package tls writes by itself as well: a
// client can have it answer (RFC 8446, section 4.6.3) without ever reading the answers.
const mostKept = 256 << 10

var errTooMuch = errors.New("loop: the client does not read")

// A Tunnel is the stream below a connection of package tls. Until Enter it waits, as other streams do; that is the time of the
// handshake. From then on a loop watches it and nothing waits any more: Read fails with an error that is temporary where there
// is nothing to read, which package tls takes for no reason to give up, and Write keeps what the socket does not take, for Flush.
type Tunnel struct {
	net.Conn // the socket, until Enter

	loops  *Loops
	socket *Socket // from then on

	mu   sync.Mutex // guards kept
	kept []byte
}

// Tunnel makes a tunnel of a TCP connection, or of a wrapper of one with a method Unwrap() net.Conn.
func (l *Loops) Tunnel(conn net.Conn) *Tunnel { return &Tunnel{Conn: conn, loops: l} }

// Enter has a loop watch the tunnel. Nobody may be reading or writing, and whoever is told of it has to read it once first.
func (t *Tunnel) Enter(h Handler) (*Socket, error) {
	conn := t.Conn
	for {
		w, ok := conn.(interface{ Unwrap() net.Conn })
		if !ok {
			break
		}
		conn = w.Unwrap()
	}
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	socket, err := t.loops.adopt(tcp, h)
	if err != nil {
		return nil, err
	}
	t.socket, t.Conn = socket, nil
	return socket, nil
}

// Read implements [net.Conn].
func (t *Tunnel) Read(p []byte) (int, error) {
	if t.socket == nil {
		return t.Conn.Read(p)
	}
	n, err := t.socket.Read(p)
	if errors.Is(err, ErrAgain) {
		return 0, notNowError{}
	}
	return n, err
}

// Write implements [net.Conn].
func (t *Tunnel) Write(p []byte) (int, error) {
	if t.socket == nil {
		return t.Conn.Write(p)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	n := 0
	if len(t.kept) == 0 {
		var err error
		if n, err = t.socket.Write(p); err == nil || !errors.Is(err, ErrAgain) {
			return n, err
		}
	}
	if len(t.kept) > mostKept {
		return 0, errTooMuch
	}
	t.kept = append(t.kept, p[n:]...)
	return len(p), t.socket.AwaitWrite()
}

// Flush writes what was kept, without waiting. The error is [ErrAgain] if that is not all; the rest is awaited then.
func (t *Tunnel) Flush() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.kept) == 0 {
		return nil
	}
	n, err := t.socket.Write(t.kept)
	if t.kept = t.kept[n:]; len(t.kept) == 0 {
		t.kept = nil
	}
	if errors.Is(err, ErrAgain) {
		err = errors.Join(err, t.socket.AwaitWrite())
	}
	return err
}

// Close implements [net.Conn].
func (t *Tunnel) Close() error {
	if t.socket == nil {
		return t.Conn.Close()
	}
	return t.socket.Close()
}

// LocalAddr implements [net.Conn]. It is not known any more after Enter.
func (t *Tunnel) LocalAddr() net.Addr {
	if t.socket == nil {
		return t.Conn.LocalAddr()
	}
	return &net.TCPAddr{}
}

// RemoteAddr implements [net.Conn].
func (t *Tunnel) RemoteAddr() net.Addr {
	if t.socket == nil {
		return t.Conn.RemoteAddr()
	}
	return net.TCPAddrFromAddrPort(t.socket.RemoteAddr())
}

// SetDeadline implements [net.Conn]. What does not wait has no deadline.
func (t *Tunnel) SetDeadline(at time.Time) error {
	return errors.Join(t.SetReadDeadline(at), t.SetWriteDeadline(at))
}

// SetReadDeadline implements [net.Conn].
func (t *Tunnel) SetReadDeadline(at time.Time) error {
	if t.socket == nil {
		return t.Conn.SetReadDeadline(at)
	}
	return nil
}

// SetWriteDeadline implements [net.Conn].
func (t *Tunnel) SetWriteDeadline(at time.Time) error {
	if t.socket == nil {
		return t.Conn.SetWriteDeadline(at)
	}
	return nil
}

// notNowError is ErrAgain as package tls understands it: a [net.Error] that is temporary.
type notNowError struct{}

func (notNowError) Error() string   { return ErrAgain.Error() }
func (notNowError) Timeout() bool   { return true }
func (notNowError) Temporary() bool { return true }
func (notNowError) Unwrap() error   { return ErrAgain }
