package websocket

import (
	"errors"
	"os"
)

// writeSize is how many bytes of the queue one write takes at most.
const writeSize = 64 << 10

// beginWrite encodes the start of the queue into buf and commits it.
func (c *Conn) beginWrite(buf *[writeSize]byte) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	b, out, skip := c.out, buf[:0], c.out.sent
	for i := range b.queue {
		if len(out) >= writeSize-maxHeader {
			break
		}
		out = c.encode(out, &b.queue[i], skip)
		b.committed, skip = i+1, 0
	}
	return out
}

// endWrite takes out of the queue what has left: n bytes of what beginWrite returned.
func (c *Conn) endWrite(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.out
	written := b.committed
	for n > 0 && len(b.queue) > 0 {
		left := c.wireSize(&b.queue[0]) - b.sent
		if n < left {
			b.sent += n
			break
		}
		n -= left
		b.sent = 0
		written--
		c.take(0, nil)
	}
	b.committed = min(b.sent, 1)
	for i := written - 1; i >= b.committed; i-- {
		if s := b.queue[i].sending; s != nil && s.withdrawn {
			c.take(i, ErrSlow)
		}
	}
	if len(b.queue) == 0 {
		b.queue = b.inline[:0]
	}
	if b.counted > 0 {
		c.count()
	}
}

// errStalled is the outcome of a write to a client that takes nothing for too long.
var errStalled = os.ErrDeadlineExceeded

// wrote deals with the outcome of a write, but for what it freed.
func (c *Conn) wrote(err error) {
	if err == nil {
		return
	}
	c.mu.Lock()
	e, b := c.ending(), c.out
	e.dead = true
	b.sent, b.committed = 0, 0
	for len(b.queue) > 0 {
		c.take(0, ErrClosed)
	}
	b.queue = b.inline[:0]
	stalled := errors.Is(err, errStalled)
	by := c.server.now() + c.limits.CloseWait
	late := !stalled && e.by == 0
	if late { // the client's close frame may still be there to be read; the wheel ends what does not end by itself
		e.by = by
	}
	c.mu.Unlock()
	if stalled {
		c.drop(StatusAbnormal, "slow consumer", reset)
	}
	if late {
		c.server.wheel.schedule(c, by)
	}
}

// tellFinished calls who waits for what has been written. It needs the duty of writing.
func (c *Conn) tellFinished() {
	c.mu.Lock()
	b := c.out
	finished := b.finished
	b.finished = nil
	c.mu.Unlock()
	for _, f := range finished {
		c.call(func() { f.done(f.err) })
	}
}

// stopWriting calls who waits for what has been written and gives up the duty of writing if nothing is left.
func (c *Conn) stopWriting() bool {
	c.mu.Lock()
	b := c.out
	for len(b.finished) > 0 {
		c.mu.Unlock()
		c.tellFinished()
		c.mu.Lock()
	}
	if len(b.queue) > 0 {
		c.mu.Unlock()
		return false
	}
	if b.counted > 0 {
		c.count() // nothing is left
	}
	c.out = nil
	sent := c.end != nil && c.end.frameSent && !c.end.told
	leaving := c.end != nil && c.end.leaving
	if sent {
		c.end.told = true
	}
	c.mu.Unlock()
	*b = outbox{}
	c.server.outboxes.Put(b)
	if sent {
		c.closeSent()
	}
	if leaving {
		c.leave()
	}
	return true
}

// frameSize is the most a frame of m carries.
func (c *Conn) frameSize(m *outgoing) int {
	if m.op.control() {
		return maxControl
	}
	return c.limits.WriteFrame
}

// wireSize is the number of bytes m takes on the wire.
func (c *Conn) wireSize(m *outgoing) int {
	n, step := len(m.payload), c.frameSize(m)
	size := n + n/step*headerSize(step, c.dialled)
	if rest := n % step; rest > 0 || n == 0 {
		size += headerSize(rest, c.dialled)
	}
	return size
}

// encode appends the wire form of m without its first skip bytes, as far as out has room.
func (c *Conn) encode(out []byte, m *outgoing, skip int) []byte {
	h := header{op: m.op, compressed: m.compressed, masked: c.dialled, key: m.key}
	step := c.frameSize(m)
	for rest := m.payload; ; h.op, h.compressed = opContinuation, false {
		piece := rest[:min(len(rest), step)]
		rest = rest[len(piece):]
		h.length, h.fin = int64(len(piece)), len(rest) == 0
		var space [maxHeader]byte
		head := appendHeader(space[:0], &h)
		from := min(skip, len(head))
		out = append(out, head[from:]...)
		skip -= from
		from = min(skip, len(piece))
		out = appendPiece(out, piece[from:], &h, from)
		skip -= from
		if h.fin || len(out) >= writeSize-maxHeader {
			return out
		}
	}
}

// appendPiece appends a part of a frame's payload, the first byte of which is the one at from, as far as out has room.
func appendPiece(out, piece []byte, h *header, from int) []byte {
	at := len(out)
	out = append(out, piece[:min(len(piece), writeSize-at)]...)
	if h.masked {
		k := h.key
		mask(out[at:], [4]byte{k[from%4], k[(from+1)%4], k[(from+2)%4], k[(from+3)%4]})
	}
	return out
}
