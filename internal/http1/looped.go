package http1

import (
	"bytes"
	"errors"
	"os"
	"time"

	"gangway/internal/loop"
)

// looped is a connection that a loop watches.
type looped struct {
	conn

	// conn.mu guards what follows.
	socket   *loop.Socket
	more     bool          // there may be something to read of which nobody will be told
	hungUp   bool          // the client has ended its side, though something may be unread
	readable chan struct{} // wakes who reads a body; nil: nobody has waited yet
	writable chan struct{} // wakes who writes
}

// Ready implements [loop.Handler].
func (c *looped) Ready(_ *loop.Socket, buffer []byte, what loop.Events) {
	c.mu.Lock()
	e, bad := c.ready(buffer[:readSize], what)
	c.mu.Unlock()
	switch {
	case bad != nil:
		c.refuse(bad)
	case e == nil:
	case c.server.isPrompt(e):
		c.answerHere(e)
	default:
		c.server.crew.answer(e)
	}
}

// isPrompt says whether a request can be answered where it was read.
func (s *Server) isPrompt(e *exchange) bool {
	return s.Prompt != nil && e.body.whole() && s.Prompt(&e.request)
}

// answersInTurn is how many requests behind one another are answered before others of the loop have their turn.
const answersInTurn = 8

// answerHere answers a request on the loop, and those behind it as long as they are prompt, too. If the handler has to wait it
// is on the loop no more, and all that follows is answered as usual.
func (c *looped) answerHere(e *exchange) {
	for range answersInTurn {
		e.loop = c.socket
		next := c.answerOne(e)
		here := e.loop != nil
		if e = next; e == nil {
			return
		}
		if !here {
			c.answer(e)
			return
		}
		if !c.server.isPrompt(e) {
			break
		}
	}
	c.server.crew.answer(e)
}

// departs is called before somebody waits for the socket: if that is the loop, it goes on without him.
func (c *looped) departs() {
	c.mu.Lock()
	e := c.exchange
	c.mu.Unlock()
	if e != nil {
		e.waits()
	}
}

// ready reads what there is, unless that is for others to read. It needs c.mu.
func (c *looped) ready(buffer []byte, what loop.Events) (e *exchange, bad *refusal) {
	c.hungUp = c.hungUp || what&loop.Ended != 0
	c.wake(what)
	for {
		if !c.mayRead() {
			c.more = true
			return e, bad
		}
		n, err := c.socket.Read(buffer)
		switch {
		case errors.Is(err, loop.ErrAgain):
			return e, bad
		case err != nil:
			c.gone()
			return e, bad
		case buffer[0] == handshakeRecord && c.speaksFirst() && c.server.TLS != nil:
			c.secure(buffer[:n])
			return nil, nil
		}
		if begun, refused := c.arrived(buffer[:n]); begun != nil || refused != nil {
			e, bad = begun, refused
		}
		if n < len(buffer) && !c.hungUp {
			return e, bad
		}
	}
}

// mayRead says whether the loop may read. While something is answered it does so only to see whether the client has left.
func (c *looped) mayRead() bool {
	switch c.phase {
	case reading, leaving:
		return true
	case answering:
		return c.hungUp && !c.ended && !c.waits && len(c.pending) == 0 && c.exchange != nil
	default:
		return false
	}
}

// speaksFirst says whether nothing was said so far: the first byte decides between TLS and plain text, and no other does.
func (c *looped) speaksFirst() bool { return c.phase == reading && !c.used && len(c.pending) == 0 }

// secure leaves a connection that speaks TLS to a goroutine.
func (c *looped) secure(head []byte) {
	head = bytes.Clone(head)
	stream, err := c.socket.Detach()
	c.phase = closed
	c.server.forget(&c.conn)
	if err != nil {
		c.server.log().Error("http1: a connection could not leave its loop", "error", err)
		return
	}
	c.server.run(&streamed{conn: conn{remote: c.remote}, raw: stream, head: head}, c.deadline.Load())
}

// wake wakes who waits. Who writes can do so again when that is told, and not before: that a client has ended its side
// changes nothing.
func (c *looped) wake(what loop.Events) {
	if c.readable != nil {
		signal(c.readable)
	}
	if c.writable != nil && what&loop.Writable != 0 {
		signal(c.writable)
	}
}

func signal(wake chan struct{}) {
	select {
	case wake <- struct{}{}:
	default:
	}
}

// awaits makes one of the channels ready to be waited for: what happened before is forgotten.
func (c *looped) awaits(wake *chan struct{}) chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if *wake == nil {
		*wake = make(chan struct{}, 1)
	}
	select {
	case <-*wake:
	default:
	}
	return *wake
}

// await waits for one of the channels.
func await(wake chan struct{}, by time.Time) error {
	timer := time.NewTimer(time.Until(by))
	defer timer.Stop()
	select {
	case <-wake:
		return nil
	case <-timer.C:
		return os.ErrDeadlineExceeded
	}
}

// read is for bodies: the loop leaves them alone. Whoever calls it needs no lock, as a socket has its own.
func (c *looped) read(p []byte, by time.Time) (int, error) {
	for {
		wake := c.awaits(&c.readable)
		n, err := c.socket.Read(p)
		if !errors.Is(err, loop.ErrAgain) {
			return n, err
		}
		c.departs()
		if err := await(wake, by); err != nil {
			return 0, err
		}
	}
}

// write waits only if the socket does not take everything, which hardly an answer is large enough for.
func (c *looped) write(p []byte, by time.Time) (int, error) {
	n, err := c.socket.Write(p)
	if !errors.Is(err, loop.ErrAgain) {
		return n, err
	}
	c.departs()
	if by.IsZero() {
		by = time.Now().Add(patience)
	}
	for errors.Is(err, loop.ErrAgain) {
		wake := c.awaits(&c.writable)
		if err := c.socket.AwaitWrite(); err != nil {
			return n, err
		}
		if err := await(wake, by); err != nil {
			return n, err
		}
		var more int
		more, err = c.socket.Write(p[n:])
		n += more
	}
	return n, err
}

// bid may be called on the loop, and so does not wait at all.
func (c *looped) bid(farewell []byte) bool {
	if len(farewell) > 0 {
		if _, err := c.socket.Write(farewell); err != nil {
			return false // a client that has not read its former answers does not read this one
		}
	}
	return c.socket.CloseWrite() == nil
}

// resume has the kernel told to tell again, if it has told while nobody was to read. While something is answered that
// matters only if the client may have left.
func (c *looped) resume() {
	if c.more && (c.phase != answering || c.hungUp) {
		c.more = false
		c.socket.Again()
	}
}

// drop also wakes who waits, for nobody tells of a closed socket.
func (c *looped) drop() {
	_ = c.socket.Close() // again, perhaps
	c.wake(loop.Writable)
}

func (c *looped) release() (Taken, error) { return Taken{Socket: c.socket}, nil }
