package websocket

import (
	"slices"
	"time"
)

const (
	readSize    = 16 << 10
	waitingSize = 4 << 10 // of the buffer of a stream that can only be read by waiting
)

// An inbox belongs to the reader of a connection.
type inbox struct {
	decoder  decoder
	chunk    *[readSize]byte // borrowed while there are bytes in it
	own      []byte
	second   time.Duration // in which
	controls int           // so many control frames came
}

// read waits for bytes. They are valid until release.
func (in *inbox) read(c *Conn) ([]byte, error) {
	if c.raw != nil {
		return c.raw.read()
	}
	if in.own == nil {
		in.own = make([]byte, waitingSize)
	}
	n, err := c.stream.Read(in.own)
	if n > 0 {
		return in.own[:n], nil // the error comes again
	}
	return nil, err
}

// release ends the use of what read returned.
func (in *inbox) release(c *Conn) {
	if in.chunk != nil {
		c.server.reads.Put(in.chunk)
		in.chunk = nil
	}
}

// read is the life of a connection after Open, begun with the bytes that came behind the handshake.
func (c *Conn) read(behind []byte) {
	readable := true
	c.waitResume()
	for wanted := c.feed(behind); wanted; {
		c.waitResume()
		chunk, err := c.inbox.read(c)
		readable = err == nil
		wanted = readable && c.feed(chunk)
		c.inbox.release(c)
	}
	c.finalize(readable)
}

// waitResume waits while the connection is paused.
func (c *Conn) waitResume() {
	if resume := c.paused(); resume != nil {
		<-resume
	}
}

// feed handles bytes that have arrived and reports whether more are wanted.
func (c *Conn) feed(in []byte) bool {
	now := c.server.now()
	c.heard.Store(int64(now))
	d := &c.inbox.decoder
	for len(in) > 0 {
		ev, ok, n, bad := d.next(in)
		if bad != nil {
			c.fail(bad)
			return false
		}
		in = in[n:]
		if ok && !c.dispatch(ev, now) {
			return false
		}
		if ok && len(in) > 0 && c.paused() != nil {
			in = slices.Clone(in) // a pause may be long, and holds no more than it must
			c.inbox.release(c)
			c.waitResume()
		}
	}
	if d.fragmented() && c.begun.Load() == 0 {
		c.begun.Store(int64(max(now, 1)))
		c.server.wheel.schedule(c, now+c.limits.MessageTime)
	}
	return true
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
	if c.inbox.decoder.compressed {
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
	return c.call(func() { c.handler.Message(c, ev.op, ev.payload) })
}

// countControl reports whether this second has seen too many control frames.
func (c *Conn) countControl(now time.Duration) bool {
	in := &c.inbox
	if second := now.Truncate(time.Second); second != in.second {
		in.second, in.controls = second, 0
	}
	in.controls++
	return in.controls > c.limits.MaxControlRate
}
