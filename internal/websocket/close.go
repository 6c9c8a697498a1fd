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
	left := time.Until(t)
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

// shut queues the close frame, once.
func (c *Conn) shut(status Status, reason string, payload []byte, finish bool) {
	c.mu.Lock()
	c.setEnd(status, reason)
	c.end.finish = c.end.finish || finish
	if c.closing.Load() {
		c.mu.Unlock()
		return
	}
	c.closing.Store(true)
	c.unpause()
	wait := c.limits.CloseWait
	if len(c.outbox.queue) > 0 { // queued messages go first, while they get on
		wait += min(c.limits.Stall, time.Minute)
	}
	by := c.server.now() + wait
	c.closeBy.Store(int64(by))
	first := c.push(outgoing{op: opClose, payload: payload})
	c.mu.Unlock()
	c.server.wheel.schedule(c, by)
	if first {
		c.startWriting()
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
	c.end.peer = true
	c.mu.Unlock()
	c.shut(status, reason, closePayload(status, ""), !c.dialled) // section 7.1.1: the server ends the TCP connection
}

// closeSent notes that our close frame has left: from now on the client has CloseWait.
func (c *Conn) closeSent() {
	if c.limits.CloseWait == 0 {
		_ = c.stream.Close()
		return
	}
	by := c.server.now() + c.limits.CloseWait
	c.closeBy.Store(int64(by))
	c.server.wheel.schedule(c, by)
	c.finish()
}

// finish half-closes the stream when nothing more is to be sent or wanted.
func (c *Conn) finish() {
	c.mu.Lock()
	ready := c.end.finish && c.end.frameSent && !c.end.finished
	c.end.finished = c.end.finished || ready
	peer := c.end.peer
	c.mu.Unlock()
	if !ready {
		return
	}
	if half, ok := unwrap(c.stream).(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // if it fails, so will the next read
		return
	}
	if peer {
		_ = c.stream.Close()
	}
}

// linger reads on after the last message until the other side has closed. Time is bounded by closeBy.
func (c *Conn) linger() {
	c.finish()
	for left := lingerBytes; left > 0; {
		chunk, err := c.inbox.read(c)
		left -= len(chunk)
		c.inbox.release(c)
		if err != nil {
			return
		}
	}
}

// finalize is the last act of the reader: readable says that the stream still works.
func (c *Conn) finalize(readable bool) {
	c.mu.Lock()
	c.setEnd(StatusAbnormal, "")
	c.closing.Store(true)
	c.unpause()
	status, reason := c.end.status, c.end.reason
	c.mu.Unlock()
	c.call(func() { c.handler.Close(c, status, reason) })
	if readable {
		c.linger()
	}
	c.awaitClose()
	_ = c.stream.Close()
	c.awaitWriter()
	c.server.wheel.remove(c)
	c.server.open.Done()
}

// awaitClose lets an answer to the client's close frame leave, which a client may wait for after it has half-closed.
func (c *Conn) awaitClose() {
	c.mu.Lock()
	wait := c.end.peer && !c.end.frameSent && !c.end.dead
	c.mu.Unlock()
	if wait {
		c.awaitWriter()
	}
}

// awaitWriter returns when nobody writes.
func (c *Conn) awaitWriter() {
	c.mu.Lock()
	if c.outbox.writing && c.outbox.idle == nil {
		c.outbox.idle = make(chan struct{})
	}
	idle := c.outbox.idle
	c.mu.Unlock()
	if idle != nil {
		<-idle
	}
}
