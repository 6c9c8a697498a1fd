package websocket

import (
	"context"
	"crypto/rand"
	"slices"
	"time"
)

// An outgoing is a message or control frame waiting to be sent.
type outgoing struct {
	op         Opcode
	compressed bool    // the payload is
	key        [4]byte // of a client
	payload    []byte
	done       func(error)
	sending    *Sending // nil: nobody wants to know
}

// A Sending is a message of which somebody wants to know when the kernel has taken it.
type Sending struct {
	conn *Conn

	// Conn.mu guards what follows.
	over      chan struct{} // closed then; nil: nobody waits yet
	ended     bool
	withdrawn bool
	err       error // if ended
}

// end tells who waits, or will, what became of the message. It needs c.mu.
func (s *Sending) end(err error) {
	s.ended, s.err = true, err
	if s.over != nil {
		close(s.over)
	}
}

// An outbox is what waits to be sent, and the duty of somebody to write it; it is borrowed for as long as that takes. Conn.mu
// guards it; between begin and end of a write the committed part of the queue stays as it is.
type outbox struct {
	queue     []outgoing
	inline    [1]outgoing // the queue of a connection that keeps up
	bytes     int         // of messages
	messages  int
	counted   int           // bytes, in the hoard of the server
	sent      int           // bytes of the first outgoing, headers included, that have left
	committed int           // that may be leaving
	armed     bool          // nobody writes until the stream takes bytes again
	withheld  bool          // nobody writes until Conn.Release
	since     time.Duration // when it took some last, if armed or withheld
	finished  []completion  // to be called by the one who writes
}

// room is how many bytes of messages more may wait.
func (b *outbox) room(limits *Options) int {
	if b == nil {
		return limits.QueueBytes
	}
	return limits.QueueBytes - b.bytes
}

type completion struct {
	done func(error)
	err  error
}

// Send queues a message and never blocks. The payload is kept: it must not change any more, but may be sent to any number
// of connections. If Send returns nil, done, unless nil, is called exactly once, perhaps before Send returns: with nil when
// the kernel has taken the whole message, else with ErrClosed. It must not block.
//
// The errors are ErrQueueFull and ErrClosed.
func (c *Conn) Send(op Opcode, payload []byte, done func(error)) error {
	return c.enqueue(outgoing{op: op, payload: payload, done: done})
}

// SendWait is [Conn.SendTold] and [Sending.Wait].
func (c *Conn) SendWait(ctx context.Context, op Opcode, payload []byte) error {
	sending, err := c.SendTold(op, payload)
	if err != nil || sending == nil {
		return err
	}
	return sending.Wait(ctx)
}

// SendTold is Send for those who must know that the kernel has taken the message. It returns nil if that was at once, as it
// nearly always is, and else whom to wait for.
func (c *Conn) SendTold(op Opcode, payload []byte) (*Sending, error) {
	s := &Sending{conn: c}
	if err := c.enqueue(outgoing{op: op, payload: payload, sending: s}); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.ended {
		return nil, s.err
	}
	s.over = make(chan struct{})
	return s, nil
}

// Wait waits until the kernel has taken the message. If ctx ends while no byte of it has left, the message is withdrawn and the
// error is ErrSlow; else Wait waits on, no longer than Stall.
func (s *Sending) Wait(ctx context.Context) error {
	select {
	case <-s.over:
	case <-ctx.Done():
		s.conn.withdraw(s)
		<-s.over // at once, unless the message is leaving
	}
	return s.err
}

// enqueue queues a message if there is room.
func (c *Conn) enqueue(m outgoing) error {
	if c.dialled {
		m.key = newKey()
	}
	if c.deflates && len(m.payload) >= c.limits.Compression.Threshold && !c.closing.Load() {
		m.payload, m.compressed = c.server.codec.deflate(m.payload)
	}
	c.mu.Lock()
	if c.isOver() {
		c.mu.Unlock()
		return ErrClosed
	}
	if b := c.out; b != nil && b.messages >= c.limits.QueueMessages || b.room(c.limits) < len(m.payload) {
		c.mu.Unlock()
		return ErrQueueFull
	}
	claimed, ok := c.admit(&m)
	if !ok {
		c.mu.Unlock()
		return ErrQueueFull
	}
	sent := 0
	if c.out == nil && claimed == 0 && m.done == nil { // done may send again, and that without end
		var whole bool
		if sent, whole = c.carrier.attempt(m); whole {
			c.left(&m, nil)
			c.mu.Unlock()
			return nil
		}
	}
	first := c.push(&m)
	if sent > 0 {
		c.out.sent, c.out.committed = sent, 1
	}
	c.out.messages++
	c.out.bytes += len(m.payload)
	c.out.counted += claimed
	if !first {
		c.count()
	}
	c.mu.Unlock()
	if first {
		c.carrier.write()
	}
	return nil
}

// push appends to the queue and reports whether the caller has the duty of writing. It needs c.mu, and a stream that works.
func (c *Conn) push(m *outgoing) (first bool) {
	if c.dialled && m.op.control() {
		m.key = newKey()
	}
	if c.out == nil {
		first = true
		c.out = c.server.outboxes.Get().(*outbox)
		c.out.queue = c.out.inline[:0]
	}
	b := c.out
	at := len(b.queue)
	if m.op == opPing || m.op == opPong { // section 5.4: these may go ahead
		at = b.committed
	}
	b.queue = slices.Insert(b.queue, at, *m)
	return first
}

// sendPong answers a ping. Pings that come faster than pongs leave get one answer, to the last (section 5.5.3).
func (c *Conn) sendPong(payload []byte) {
	c.sendAhead(outgoing{op: opPong, payload: slices.Clone(payload)})
}

// sendPing sends a ping whose pong can be told from others.
func (c *Conn) sendPing() {
	n := c.pings.Add(1)
	c.sendAhead(outgoing{op: opPing, payload: pingPayload(n)})
}

func pingPayload(n uint32) []byte { return []byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)} }

// sendAhead queues a ping or a pong in front of what waits.
func (c *Conn) sendAhead(m outgoing) {
	c.mu.Lock()
	if c.isOver() || c.replace(m) {
		c.mu.Unlock()
		return
	}
	first := c.push(&m)
	c.mu.Unlock()
	if first {
		c.carrier.write()
	}
}

// replace puts m in the place of a frame of its kind that has not begun to leave. It needs c.mu.
func (c *Conn) replace(m outgoing) bool {
	if c.out == nil {
		return false
	}
	waiting := c.out.queue[c.out.committed:]
	for i := 0; i < len(waiting) && waiting[i].op.control(); i++ {
		if waiting[i].op == m.op {
			waiting[i].payload = m.payload
			return true
		}
	}
	return false
}

// withdraw takes a message out of the queue now, or if it cannot leave any more.
func (c *Conn) withdraw(s *Sending) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.withdrawn = true
	if c.out == nil {
		return
	}
	for i := c.out.committed; i < len(c.out.queue); i++ {
		if c.out.queue[i].sending == s {
			c.take(i, ErrSlow)
			c.count()
			return
		}
	}
}

// take takes one outgoing out of the queue and says why; nil: it has left. It needs c.mu.
func (c *Conn) take(i int, err error) {
	b := c.out
	m := b.queue[i]
	if i == 0 {
		b.queue[0] = outgoing{}
		b.queue = b.queue[1:]
	} else {
		b.queue = slices.Delete(b.queue, i, i+1)
	}
	if m.op == Text || m.op == Binary {
		b.messages--
		b.bytes -= len(m.payload)
	}
	c.left(&m, err)
	if m.done != nil {
		b.finished = append(b.finished, completion{m.done, err})
	}
}

// left notes that an outgoing has left, or why it will not. It needs c.mu.
func (c *Conn) left(m *outgoing, err error) {
	switch m.op {
	case Text, Binary:
		if err == nil {
			c.active.Store(int64(c.server.now()))
		}
	case opClose:
		c.ending().frameSent = err == nil
	default:
	}
	if m.sending != nil {
		m.sending.end(err)
	}
}

// newKey is the masking key of a frame: unpredictable, so that no content can imitate HTTP to a proxy (section 10.3).
func newKey() (key [4]byte) {
	_, _ = rand.Read(key[:]) // never fails
	return key
}
