package websocket

// Reset ends the connection as if the client had vanished: the stream is torn down, and the handler told 1006. It is for tests.
func (c *Conn) Reset() { c.drop(StatusAbnormal, "", reset) }

// Withhold has the connection behave, until Release, as if the client took no byte of what is sent: messages wait in the queue up
// to its limits, and after Stall with something in it the client is dropped. Not ok: something is being written now, or the
// connection is over. It is for tests.
func (c *Conn) Withhold() (ok bool) {
	now := c.server.now()
	c.mu.Lock()
	if c.isOver() || c.out != nil && !c.out.armed && !c.out.withheld {
		c.mu.Unlock()
		return false
	}
	if c.out == nil {
		c.out = c.server.outboxes.Get().(*outbox)
		c.out.queue = c.out.inline[:0]
	}
	c.out.armed, c.out.withheld, c.out.since = false, true, now // the duty of writing is taken, and not done
	c.mu.Unlock()
	c.server.wheel.schedule(c, now+c.limits.Stall)
	return true
}

// Release ends a Withhold: what waits is sent.
func (c *Conn) Release() {
	c.mu.Lock()
	held := c.out != nil && c.out.withheld
	if held {
		c.out.withheld = false // the duty is ours
	}
	c.mu.Unlock()
	if held && !c.stopWriting() {
		c.carrier.write()
	}
}
