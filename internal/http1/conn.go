package http1

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

const (
	patience = 30 * time.Second // for bytes to come and to be taken, where no other limit is set
	// lingering is how long the client may take to read the last answer, and to say that it sends no more.
	lingering = 2 * time.Second
	// readSize is what is read from a connection at a time.
	readSize = 16 << 10
)

// A phase is what a connection is doing.
type phase uint8

const (
	reading   phase = iota // waits for a head
	answering              // a goroutine answers
	leaving                // everything is said; what comes is dropped
	taken                  // by TakeOver or Hijack
	closed
)

// A link is how bytes come and go: by a loop, or by a goroutine that reads.
type link interface {
	// read and write are for the goroutine that answers, and wait. No time for writing means some time.
	read(p []byte, by time.Time) (int, error)
	write(p []byte, by time.Time) (int, error)
	// bid writes the last bytes, if any, and says that they are, without waiting long. It reports whether the client can
	// be waited for.
	bid(farewell []byte) bool
	// resume continues reading after a change; it needs conn.mu, as does drop. Who reads or writes a connection that was
	// dropped fails.
	resume()
	drop()
	// release gives the connection away, once it is taken.
	release() (Taken, error)
}

// A conn is a connection as HTTP sees it.
type conn struct {
	server *Server
	link   link
	remote string
	tls    *tls.ConnectionState

	deadline atomic.Int64 // in seconds of the clock; 0: none

	mu       sync.Mutex // guards what follows; comes before Server.mu
	phase    phase
	used     bool // there was a request, so silence is idleness
	waits    bool // for a handler to read the body: nobody else may read
	ended    bool // the client sends no more
	unread   int  // how much is still dropped while leaving
	pending  []byte
	scan     scan
	exchange *exchange // if answering, unless that is a refusal

	previous, next *conn // Server.mu guards these
}

// expires sets when the connection is given up.
func (c *conn) expires(after time.Duration) { c.deadline.Store(c.server.clock.after(after)) }

// arrived takes bytes from the client. It returns a request that is to be answered, or a refusal to be told. It needs c.mu.
func (c *conn) arrived(data []byte) (*exchange, *refusal) {
	switch c.phase {
	case reading:
		if len(c.pending) > 0 {
			c.pending = append(c.pending, data...)
			return c.parse(c.pending)
		}
		if c.used {
			c.expires(c.server.headTimeout)
		}
		return c.parse(data)
	case answering:
		c.pending = append(c.pending, data...)
	case leaving:
		if c.unread -= len(data); c.unread < 0 {
			c.close()
		}
	default:
	}
	return nil, nil
}

// parse looks for a head at the begin of data. That is either pending, and then its parts can be kept, or the buffer of
// somebody else. Once there is a head, or will never be, nobody else parses until it was answered.
func (c *conn) parse(data []byte) (*exchange, *refusal) {
	end, bad := c.scan.next(data, c.server.maxHead)
	ours := len(c.pending) > 0
	if end == 0 && bad == nil {
		if !ours {
			c.pending = bytes.Clone(data)
		}
		return nil, nil
	}
	c.phase, c.used, c.pending = answering, true, nil
	c.deadline.Store(0)
	if bad != nil {
		return nil, bad
	}
	if !c.server.enter() {
		return nil, errBusy
	}
	e := &exchange{conn: c}
	if bad := e.read(string(data[:end]), &c.scan); bad != nil {
		c.server.leave()
		return nil, bad
	}
	e.request = *e.request.WithContext(e)
	e.request.RemoteAddr, e.request.TLS = c.remote, c.tls
	e.response.exchange = e
	behind := data[end:]
	if !ours {
		behind = bytes.Clone(behind)
	}
	e.begin(behind)
	c.exchange, c.scan = e, scan{}
	return e, nil
}

// begin finds out what of the body is there already. It needs conn.mu.
func (e *exchange) begin(behind []byte) {
	b, c, length := &e.body, e.conn, e.request.ContentLength
	b.exchange, b.left, e.response.waiting = e, max(length, 0), e.expects
	switch {
	case length == 0:
		b.err = io.EOF
	case length > 0 && length <= int64(len(behind)):
		b.ahead, behind = behind[:length:length], behind[length:]
	default:
		b.ahead, behind, c.waits = behind, nil, true
	}
	if length < 0 {
		b.chunks = new(chunks)
	}
	if length != 0 {
		e.request.Body = b
	}
	c.pending = behind
}

// gone takes the news that the client sends no more. It needs c.mu.
func (c *conn) gone() {
	c.ended = true
	switch {
	case c.phase == reading || c.phase == leaving:
		c.close()
	case c.exchange != nil && len(c.pending) == 0:
		c.exchange.end() // as net/http sees it: who still wants the answer does not end its side
	}
}

// bodyEnded takes what came behind a body, and keeps it.
func (c *conn) bodyEnded(behind []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.waits {
		return
	}
	c.waits = false
	c.pending = append(behind, c.pending...)
	c.link.resume()
}

// answer answers a request, and those behind it that have come meanwhile.
func (c *conn) answer(e *exchange) {
	for e != nil {
		e = c.answerOne(e)
	}
}

// answerOne answers a request, and returns the next one if that is here.
func (c *conn) answerOne(e *exchange) (next *exchange) {
	e.serve()
	kept := e.finish()
	e.end()
	c.server.leave()
	if e.response.isTaken() {
		return nil
	}
	if !kept || c.server.closing.Load() {
		c.leave(nil)
		return nil
	}
	next, bad := c.following()
	if bad != nil {
		c.refuse(bad)
	}
	return next
}

// serve calls the handler. Its panic is the end of the connection, not of the program.
func (e *exchange) serve() {
	defer func() {
		what := recover()
		if what == nil {
			return
		}
		if err, ok := what.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
			e.conn.server.log().Error("http1: a handler has panicked", "panic", what, "stack", string(debug.Stack()))
		}
		e.response.abort()
	}()
	e.conn.server.Handler.ServeHTTP(&e.response, &e.request)
}

// finish ends the answer and the body, and reports whether another request may follow.
func (e *exchange) finish() bool {
	return e.response.finish() && e.body.finish(e.conn.server.headTimeout)
}

// following is the next request, if it is here; else the connection waits for it. Requests behind one another are answered
// by the same goroutine, so that they are answered in order.
func (c *conn) following() (*exchange, *refusal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.phase, c.exchange, c.waits = reading, nil, false
	// Shutdown closes what is reading after it has set closing: so either sees the other.
	if c.server.closing.Load() {
		c.close()
		return nil, nil
	}
	if len(c.pending) == 0 {
		c.expires(c.server.idleTimeout)
	} else {
		c.expires(c.server.headTimeout)
		if e, bad := c.parse(c.pending); e != nil || bad != nil {
			return e, bad
		}
		c.pending = bytes.Clone(c.pending) // which may have been the rest of much
	}
	if c.ended {
		c.close()
		return nil, nil
	}
	c.link.resume()
	return nil, nil
}

// refuse tells a client what was wrong. What it sends from now on is not looked at.
func (c *conn) refuse(bad *refusal) {
	out := borrow()
	defer out.giveBack()
	out.b = appendRefusal(out.b, bad, *c.server.clock.date.Load())
	c.leave(out.b)
}

// leave ends the connection so that the client can read the last answer: to close it while something is unread would
// destroy what is on the way (RFC 9112 section 9.6).
func (c *conn) leave(farewell []byte) {
	c.expires(lingering)
	worthIt := c.link.bid(farewell)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.exchange, c.pending, c.waits = nil, nil, false
	if c.phase = leaving; c.ended || !worthIt {
		c.close()
		return
	}
	c.unread = maxUnread
	c.expires(lingering)
	c.link.resume()
}

// close ends the connection, unless it is no longer ours. It needs c.mu, and nobody must be answering.
func (c *conn) close() {
	if c.phase == closed || c.phase == taken {
		return
	}
	c.phase, c.pending = closed, nil
	c.link.drop()
	c.server.forget(c)
}

// expire gives the connection up if its time is over.
func (c *conn) expire(now int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if by := c.deadline.Load(); by != 0 && by <= now {
		c.abandon()
	}
}

// hangUp closes the connection unless something is being answered.
func (c *conn) hangUp() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase == reading {
		c.close()
	}
}

// cut closes the connection.
func (c *conn) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.abandon()
}

// abandon ends a connection. Who answers finds it broken, and closes it. It needs c.mu.
func (c *conn) abandon() {
	if c.phase != answering {
		c.close()
		return
	}
	c.link.drop()
	if c.exchange != nil {
		c.exchange.end()
	}
}
