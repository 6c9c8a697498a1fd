package http1

import (
	"errors"
	"io"
	"net/http"
	"sync"
	"time"
)

const (
	maxUnread = 256 << 10 // of a body that its handler has left, bytes that are read to keep the connection
	readAhead = 4 << 10   // for what is around chunks
)

// A body is that of a request.
type body struct {
	exchange *exchange

	mu      sync.Mutex // held while it is read; guards what follows
	ahead   []byte     // was read from the connection already
	buffer  []byte     // to read ahead
	left    int64      // if there is a Content-Length
	chunks  *chunks    // nil: there is one
	err     error      // of every further reading; io.EOF at the end
	over    bool       // the handler has returned
	started bool
	idle    time.Time // until when bytes must come; zero: some time from now
}

// Read implements [io.Reader].
func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.over {
		return 0, http.ErrBodyReadAfterClose
	}
	if !b.started {
		b.started = true
		b.exchange.response.invite()
	}
	return b.read(p)
}

// Close implements [io.Closer]. What is not read is read when the request has been answered.
func (b *body) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.over = true
	return nil
}

// read reads without asking whether the handler still may. When the end is there, the connection gets back what came behind
// it. It needs b.mu.
func (b *body) read(p []byte) (n int, err error) {
	if b.err != nil || len(p) == 0 {
		return 0, b.err
	}
	if b.chunks != nil {
		n, b.err = b.readChunked(p)
	} else {
		n, b.err = b.readPlain(p[:min(int64(len(p)), b.left)])
		if b.left -= int64(n); b.left == 0 {
			b.err = io.EOF
		}
	}
	if errors.Is(b.err, io.EOF) {
		b.exchange.conn.bodyEnded(b.ahead)
		b.ahead, b.buffer = nil, nil
	}
	return n, b.err
}

// readPlain takes what is there before it waits. What is long goes straight to where it is wanted.
func (b *body) readPlain(p []byte) (int, error) {
	if len(b.ahead) > 0 {
		n := copy(p, b.ahead)
		b.ahead = b.ahead[n:]
		return n, nil
	}
	n, err := b.exchange.conn.link.read(p, b.deadline())
	return n, early(err)
}

// fill reads some bytes behind those that are there, which are less than a buffer.
func (b *body) fill() error {
	if b.buffer == nil {
		b.buffer = make([]byte, readAhead)
	}
	had := copy(b.buffer, b.ahead)
	n, err := b.exchange.conn.link.read(b.buffer[had:], b.deadline())
	b.ahead = b.buffer[:had+n]
	return early(err)
}

// early is what the end of a connection means to a body.
func early(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// deadline is until when to wait for bytes.
func (b *body) deadline() time.Time {
	if b.idle.IsZero() {
		return time.Now().Add(patience)
	}
	return b.idle
}

// whole says whether all of the body is here, before anybody reads it.
func (b *body) whole() bool { return b.err != nil || b.chunks == nil && b.left == int64(len(b.ahead)) }

// isRead says whether the whole body has been read.
func (b *body) isRead() bool {
	if !b.mu.TryLock() {
		return false // somebody is about to
	}
	defer b.mu.Unlock()
	return errors.Is(b.err, io.EOF)
}

// finish reads what the handler has left, if that is not much, and reports whether a request may follow.
func (b *body) finish(within time.Duration) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.over = true
	if b.err == nil {
		b.idle = time.Now().Add(within)
		scratch := borrow()
		defer scratch.giveBack()
		for unread := 0; b.err == nil && unread <= maxUnread; {
			n, _ := b.read(scratch.b[:cap(scratch.b)]) // the error stays
			unread += n
		}
	}
	return errors.Is(b.err, io.EOF)
}

// isShort says whether there is nothing in what is known of a body that keeps the connection from being used again.
func (b *body) isShort() bool {
	if !b.mu.TryLock() {
		return false // somebody waits for bytes of it
	}
	defer b.mu.Unlock()
	return errors.Is(b.err, io.EOF) || b.err == nil && b.left <= maxUnread
}
