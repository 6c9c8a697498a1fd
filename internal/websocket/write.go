package websocket

import (
	"errors"
	"os"
	"time"
)

const (
	writeSize  = 64 << 10 // one write takes at most so many bytes of the queue
	writeChunk = 16 << 10 // what must leave within Stall where progress cannot be seen
)

// startWriting writes what the socket takes at once and leaves the rest to a goroutine.
func (c *Conn) startWriting() {
	if c.raw == nil {
		go c.writeAll()
		return
	}
	c.wrote(c.raw.writeOnce())
	if !c.stopWriting() {
		go c.writeAll()
	}
}

// writeAll writes until the queue is empty.
func (c *Conn) writeAll() {
	for {
		if c.raw != nil {
			c.wrote(c.raw.write(c.limits.Stall))
		} else {
			c.wrote(c.writeWaiting())
		}
		if c.stopWriting() {
			return
		}
	}
}

// writeWaiting writes a part of the queue to a stream that knows no other way than to wait.
func (c *Conn) writeWaiting() error {
	buf := c.server.writes.Get().(*[writeSize]byte)
	defer c.server.writes.Put(buf)
	batch := c.beginWrite(buf)
	var n int
	var err error
	for n < len(batch) && err == nil {
		chunk := batch[n:min(len(batch), n+writeChunk)]
		_ = c.stream.SetWriteDeadline(time.Now().Add(c.limits.Stall)) // if it fails, so does Write
		var wrote int
		wrote, err = c.stream.Write(chunk)
		n += wrote
	}
	c.endWrite(n)
	return err
}

// beginWrite encodes the start of the queue into buf and commits it.
func (c *Conn) beginWrite(buf *[writeSize]byte) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	b, out, skip := &c.outbox, buf[:0], c.outbox.sent
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
	b := &c.outbox
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
		c.drop(0, nil)
	}
	b.committed = min(b.sent, 1)
	for i := written - 1; i >= b.committed; i-- {
		if w := b.queue[i].wait; w != nil && w.withdrawn {
			c.drop(i, ErrSlow)
		}
	}
	if len(b.queue) == 0 {
		b.queue = b.inline[:0]
	}
}

// wrote deals with the outcome of a write, but for what it freed.
func (c *Conn) wrote(err error) {
	if err == nil {
		return
	}
	c.mu.Lock()
	c.end.dead = true
	b := &c.outbox
	b.sent, b.committed = 0, 0
	for len(b.queue) > 0 {
		c.drop(0, ErrClosed)
	}
	b.queue = b.inline[:0]
	c.mu.Unlock()
	if errors.Is(err, os.ErrDeadlineExceeded) {
		c.abort("slow consumer")
		return
	}
	// The client's close frame may still be there to be read; the wheel ends what does not end by itself.
	by := c.server.now() + c.limits.CloseWait
	if c.closeBy.CompareAndSwap(0, int64(by)) {
		c.server.wheel.schedule(c, by)
	}
}

// stopWriting calls who waits for what has been written and gives up writing if nothing is left.
func (c *Conn) stopWriting() bool {
	for {
		c.mu.Lock()
		b := &c.outbox
		finished := b.finished
		b.finished = nil
		if len(finished) == 0 {
			break
		}
		c.mu.Unlock()
		for _, f := range finished {
			c.call(func() { f.done(f.err) })
		}
	}
	b := &c.outbox
	stop := len(b.queue) == 0
	b.writing = !stop
	sent := c.end.frameSent
	if stop && b.idle != nil {
		close(b.idle)
		b.idle = nil
	}
	c.mu.Unlock()
	if stop && sent {
		c.closeSent()
	}
	return stop
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
