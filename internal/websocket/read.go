package websocket

import "time"

// An inbox is what of a message, or of a frame, has come so far. It is borrowed by the reader of a connection for as long as
// something is unfinished.
type inbox struct{ decoder decoder }

// decoding is the decoder of the connection.
func (c *Conn) decoding() *decoder {
	if c.in == nil {
		c.in = c.server.inboxes.Get().(*inbox)
		c.in.decoder.limits, c.in.decoder.dialect = c.limits, dialect{wantMask: !c.dialled, deflate: c.deflates}
	}
	return &c.in.decoder
}

// settle gives the inbox back if nothing is unfinished, and says whether that is so.
func (c *Conn) settle() bool {
	resting := c.in.decoder.resting()
	if resting {
		c.server.inboxes.Put(c.in)
		c.in = nil
	}
	return resting
}

// feed handles bytes that have arrived, up to a pause, and returns those behind it. It reports whether more are wanted.
func (c *Conn) feed(in []byte) (rest []byte, wanted bool) {
	now := c.server.now()
	c.heard.Store(int64(now))
	d := c.decoding()
	for len(in) > 0 {
		ev, ok, n, bad := d.next(in)
		if bad != nil {
			c.fail(bad)
			return nil, false
		}
		in = in[n:]
		if ok && !c.dispatch(ev, now) {
			return nil, false
		}
		if ok && len(in) > 0 && c.isPaused() {
			break
		}
	}
	if d.fragmented() && c.begun.Load() == 0 {
		c.begun.Store(int64(max(now, 1)))
		c.server.wheel.schedule(c, now+c.limits.MessageTime)
	}
	held := len(in) // which is kept for later
	if !c.settle() {
		held += cap(d.message)
	}
	return in, c.hold(held)
}

// dispatch acts on a message or control frame and reports whether more are wanted.
func (c *Conn) dispatch(ev event, now time.Duration) bool {
	if !ev.op.control() {
		c.begun.Store(0)
		c.active.Store(int64(now))
		return c.closing.Load() || c.deliver(ev)
	}
	if ev.op == opClose {
		c.closedByPeer(ev.payload)
		return false
	}
	if c.countControl(now) {
		c.fail(&closeError{StatusPolicy, "too many control frames"})
		return false
	}
	ours := false
	if ev.op == opPing {
		c.sendPong(ev.payload)
	} else {
		ours = string(ev.payload) == string(pingPayload(c.pings.Load()))
	}
	if c.limits.PingsCount && !ours {
		c.active.Store(int64(now))
	}
	return true
}

// deliver hands a message to the handler and reports whether more are wanted.
func (c *Conn) deliver(ev event) bool {
	if c.in.decoder.compressed {
		codec := c.server.codec
		f := codec.inflater()
		defer codec.put(f)
		payload, bad := f.inflate(ev, c.limits.MaxMessage)
		if bad != nil {
			c.fail(bad)
			return false
		}
		ev.payload = payload
	}
	return c.call(func() { c.server.handler.Message(c, ev.op, ev.payload) })
}

// countControl reports whether this second has seen too many control frames.
func (c *Conn) countControl(now time.Duration) bool {
	if second := uint32(now / time.Second); second != c.second {
		c.second, c.controls = second, 0
	}
	c.controls++
	return int64(c.controls) > int64(c.limits.MaxControlRate)
}
