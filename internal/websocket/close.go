package websocket

import "time"

// lingerBytes is what we still read from a client after the end, so that it finds our close frame and not a reset.
const lingerBytes = 1 << 20

// Close starts the closing handshake (RFC 6455 section 7.1.2): messages queued before still leave, no later one is sent or
// delivered. Only the first end of a connection counts. A status that no frame may carry becomes 1011, and 1005 an empty
// close frame; a reason is cut to 123 bytes.
func (c *Conn) Close(status Status, reason string) {
	status, reason = sendable(status, reason)
	c.shut(status, reason, closePayload(status, reason), false)
}

// An expiry is when CloseAt closes a connection, and what it says.
type expiry struct {
	at     time.Duration
	status Status
	reason string
}

// CloseAt calls Close at an instant, or up to a second after: when a token expires, say. A later call takes the place of
// the one before, and the zero time takes it back. An instant that has passed closes at once.
func (c *Conn) CloseAt(t time.Time, status Status, reason string) {
	if t.IsZero() {
		c.expiry.Store(nil)
		return
	}
	left := time.Until(t) - time.Duration(c.server.skipped.Load())
	if left <= 0 {
		c.Close(status, reason)
		return
	}
	at := c.server.now() + min(left, forever)
	c.expiry.Store(&expiry{at, status, reason})
	c.server.wheel.schedule(c, at)
}

// fail closes the connection for an error: nothing more is wanted from the client.
func (c *Conn) fail(e *closeError) {
	c.shut(e.status, e.reason, closePayload(e.status, e.reason), true)
}

// An ending is what there is to know of the end of a connection. Conn.mu guards it.
type ending struct {
	status    Status
	reason    string
	known     bool          // status and reason are
	peer      bool          // the other side's close frame has arrived
	last      bool          // no more is to be read than the end: half-close after our close frame
	halved    bool          // that was done
	dead      bool          // writing has failed
	frameSent bool          // our close frame has left
	told      bool          // and closeSent was called
	leaving   bool          // who writes last is to release the stream
	left      bool          // it was released
	by        time.Duration // when closing: the end of patience; 0: not closing
}

// ending is c.end, made if it is not there. It needs c.mu.
func (c *Conn) ending() *ending {
	if c.end == nil {
		c.end = new(ending)
	}
	return c.end
}

// note is ending with what ended the connection, unless something did before. It needs c.mu.
func (c *Conn) note(status Status, reason string) *ending {
	e := c.ending()
	if !e.known {
		e.known, e.status, e.reason = true, status, reason
	}
	return e
}

// closeBy is when a connection that is closing is dropped; 0: it is not closing.
func (c *Conn) closeBy() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.end == nil {
		return 0
	}
	return c.end.by
}

// drop ends the connection without ceremony and without waiting.
func (c *Conn) drop(status Status, reason string, how finish) {
	c.mu.Lock()
	c.note(status, reason)
	c.closing.Store(true)
	c.unpause()
	c.mu.Unlock()
	c.carrier.finish(how)
}

// shut queues the close frame, once.
func (c *Conn) shut(status Status, reason string, payload []byte, last bool) {
	c.mu.Lock()
	e := c.note(status, reason)
	e.last = e.last || last
	if c.closing.Load() {
		c.mu.Unlock()
		return
	}
	c.closing.Store(true)
	c.unpause()
	wait := c.limits.CloseWait
	if c.out != nil && len(c.out.queue) > 0 { // queued messages go first, while they get on
		wait += min(c.limits.Stall, time.Minute)
	}
	by := c.server.now() + wait
	e.by = by
	first := !e.dead && c.push(&outgoing{op: opClose, payload: payload})
	c.mu.Unlock()
	c.server.wheel.schedule(c, by)
	if first {
		c.carrier.write()
	}
}

// closedByPeer answers a close frame.
func (c *Conn) closedByPeer(payload []byte) {
	status, reason, bad := parseClose(payload)
	if bad != nil {
		c.fail(bad)
		return
	}
	c.mu.Lock()
	c.ending().peer = true
	c.mu.Unlock()
	c.shut(status, reason, closePayload(status, ""), !c.dialled) // section 7.1.1: the server ends the TCP connection
}

// closeSent notes that our close frame has left: from now on the client has CloseWait.
func (c *Conn) closeSent() {
	if c.limits.CloseWait == 0 {
		c.carrier.finish(hangUp)
		return
	}
	by := c.server.now() + c.limits.CloseWait
	c.mu.Lock()
	c.end.by = by
	c.mu.Unlock()
	c.server.wheel.schedule(c, by)
	c.halve()
}

// halve half-closes the stream when nothing more is to be sent or wanted.
func (c *Conn) halve() {
	c.mu.Lock()
	e := c.ending()
	ready := e.last && e.frameSent && !e.halved
	e.halved = e.halved || ready
	peer := e.peer
	c.mu.Unlock()
	if ready && !c.carrier.finish(halfClose) && peer {
		c.carrier.finish(hangUp)
	}
}

// conclude ends the reading of messages and tells the handler.
func (c *Conn) conclude() {
	c.in = nil
	c.hold(0)
	c.mu.Lock()
	e := c.note(StatusAbnormal, "")
	c.closing.Store(true)
	c.unpause()
	status, reason := e.status, e.reason
	c.mu.Unlock()
	c.call(func() { c.server.handler.Close(c, status, reason) })
}

// depart is the last act of the reader. An answer to the client's close frame may still have to leave, which a client may wait
// for after it has half-closed: then who writes it is the last.
func (c *Conn) depart() {
	c.mu.Lock()
	e := c.ending()
	wait := e.peer && !e.frameSent && !e.dead && c.out != nil
	e.leaving = wait
	c.mu.Unlock()
	if !wait {
		c.leave()
	}
}

// leave releases the stream, once nobody writes to it any more. The reader calls it, or who writes last.
func (c *Conn) leave() {
	c.carrier.finish(release) // whoever is writing finds that out
	c.mu.Lock()
	e, b := c.ending(), c.out
	e.leaving = true
	armed := b != nil && (b.armed || b.withheld)
	if armed {
		b.armed, b.withheld = false, false // nobody is, and the duty is ours
	}
	last := b == nil && !e.left
	e.left = e.left || last
	c.mu.Unlock()
	if armed {
		c.wrote(ErrClosed)
		c.stopWriting()
	}
	if last {
		c.server.wheel.remove(c)
		c.server.open.Done()
	}
}
