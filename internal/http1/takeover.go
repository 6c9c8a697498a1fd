package http1

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"gangway/internal/loop"
)

// Taken is a connection that is no longer HTTP's. It has either a Socket, which was attached to a loop of Server.Loops, and
// whose handler has to be replaced by [loop.Socket.Hand], or a Conn, which is a [*tls.Conn] if the client speaks TLS.
type Taken struct {
	Socket *loop.Socket
	Conn   net.Conn
	Behind []byte // what the client has sent behind its request
}

var (
	errAnswered = errors.New("http1: the request has been answered already")
	errUnread   = errors.New("http1: the body of the request has not been read")
)

// TakeOver ends HTTP on the connection of a request, as [http.Hijacker] does, and writes the answer: a whole 101 response. It
// finds its server through ResponseWriters that have Unwrap() http.ResponseWriter, and fails with [errors.ErrUnsupported]
// if there is none. If the answer could not be written, the connection is lost, and w as well. Otherwise w can be used as
// before after an error.
func TakeOver(w http.ResponseWriter, answer []byte) (Taken, error) {
	for {
		switch known := w.(type) {
		case *response:
			return known.takeOver(answer)
		case interface{ Unwrap() http.ResponseWriter }:
			w = known.Unwrap()
		default:
			return Taken{}, fmt.Errorf("http1: %T: %w", w, errors.ErrUnsupported)
		}
	}
}

// TakeOver is what packages look for that import none of ours.
func (w *response) TakeOver(answer []byte) (socket *loop.Socket, stream net.Conn, behind []byte, err error) {
	t, err := w.takeOver(answer)
	return t.Socket, t.Conn, t.Behind, err
}

func (w *response) takeOver(answer []byte) (Taken, error) {
	if err := w.take(); err != nil {
		return Taken{}, err
	}
	link := w.exchange.conn.link
	t, err := link.release()
	if err == nil && len(answer) > 0 {
		_, err = link.write(answer, time.Now().Add(patience))
	}
	if err != nil {
		w.exchange.conn.lose()
		return Taken{}, err
	}
	t.Behind = w.exchange.behind()
	return t, nil
}

// take makes the connection nobody's.
func (w *response) take() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.exchange.conn
	switch {
	case w.taken:
		return http.ErrHijacked
	case w.status != 0 || w.finished:
		return errAnswered
	case !w.exchange.body.isRead():
		return errUnread
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase != answering {
		return net.ErrClosed
	}
	w.taken, c.phase = true, taken
	c.deadline.Store(0)
	c.server.forget(c)
	return nil
}

// lose gives up a connection that was taken.
func (c *conn) lose() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.link.drop()
}

// behind is what the client has sent behind its request. Nobody reads the connection any more.
func (e *exchange) behind() []byte {
	e.conn.mu.Lock()
	defer e.conn.mu.Unlock()
	pending := e.conn.pending
	e.conn.pending, e.conn.exchange = nil, nil
	return pending
}

func (w *response) isTaken() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.taken
}

// Hijack implements [http.Hijacker].
func (w *response) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	t, err := w.takeOver(nil)
	if err == nil && t.Socket != nil {
		t.Conn, err = t.Socket.Detach()
	}
	if err != nil {
		return nil, nil, err
	}
	r := bufio.NewReaderSize(io.MultiReader(bytes.NewReader(t.Behind), t.Conn), max(len(t.Behind), 4<<10))
	_, err = r.Peek(len(t.Behind))
	return t.Conn, bufio.NewReadWriter(r, bufio.NewWriter(t.Conn)), err
}

// SetReadDeadline is for [http.ResponseController]: it limits the reading of the body.
func (w *response) SetReadDeadline(by time.Time) error {
	b := &w.exchange.body
	b.mu.Lock()
	defer b.mu.Unlock()
	b.idle = by
	return nil
}

// SetWriteDeadline is for [http.ResponseController].
func (w *response) SetWriteDeadline(by time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.by = by
	return nil
}
