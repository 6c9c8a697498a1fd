package websocket

import (
	"cmp"
	"math"
	"slices"
	"sync/atomic"
)

// A hoard counts what all connections of a server hold of messages that wait to be sent, or of which a part has come. A
// connection may hold as much as is left then: so one alone may hold half of what there is, and of many each the same. A
// little it may hold in any case: so whoever keeps up is served while others take all.
type hoard struct {
	most int
	held atomic.Int64
}

// ownShare is how small a part of all is each connection's own.
const ownShare = 1 << 14

// claim counts more bytes for somebody who holds so many with them, unless that is more than there may be.
func (h *hoard) claim(with, more int) bool {
	held := int(h.held.Add(int64(more))) - more
	if with <= h.most/ownShare || with <= h.most-held {
		return true
	}
	h.held.Add(int64(-more))
	return false
}

// isSmall says that somebody who holds so many bytes needs no claim before they have to wait.
func (h *hoard) isSmall(bytes int) bool { return bytes <= h.most/ownShare }

// outgoingSize is what a message that waits takes besides its payload.
const outgoingSize = 128

// size is what the messages take.
func (b *outbox) size() int {
	if b == nil {
		return 0
	}
	return b.bytes + b.messages*outgoingSize
}

// admit counts a message that is about to wait, if it is not small, unless that is more than the share of the connection. It
// needs c.mu.
func (c *Conn) admit(m *outgoing) (claimed int, ok bool) {
	with := c.out.size() + outgoingSize + len(m.payload)
	if c.server.hoard.isSmall(with) {
		return 0, true
	}
	claimed = with
	if c.out != nil {
		claimed -= c.out.counted
	}
	return claimed, c.server.hoard.claim(with, claimed)
}

// count counts what waits in the queue. What is small and leaves at once never does. It needs c.mu.
func (c *Conn) count() {
	b := c.out
	if more := b.size() - b.counted; more != 0 {
		b.counted += more
		c.server.hoard.held.Add(int64(more))
	}
}

// hold counts what the reader holds, in KiB. A connection that has to end for it is one of too many that do not finish their
// messages, or send more than is looked after. What is less than a KiB does not count.
func (c *Conn) hold(bytes int) (wanted bool) {
	parts := uint16(min(bytes>>10, math.MaxUint16))
	if parts == c.parts {
		return true
	}
	more := (int(parts) - int(c.parts)) << 10
	if more < 0 {
		c.server.hoard.held.Add(int64(more))
	} else if !c.server.hoard.claim(int(parts)<<10, more) {
		c.fail(&closeError{StatusTryLater, "too many messages are unfinished"})
		return false
	}
	c.mu.Lock()
	c.parts = parts
	c.mu.Unlock()
	return true
}

// holds is what waits to be sent to a client, and what has come of its messages.
func (c *Conn) holds() (out, in int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out.size(), int(c.parts) << 10
}

// Relieve drops connections, those first that hold most of messages that wait to be sent or of which a part has come, until
// they have held so many bytes. It says how many connections that were.
func (s *Server) Relieve(bytes int) (dropped int) {
	type holder struct {
		conn    *Conn
		out, in int
	}
	var all []holder
	for _, c := range s.wheel.all() {
		if out, in := c.holds(); out+in > 0 {
			all = append(all, holder{c, out, in})
		}
	}
	slices.SortFunc(all, func(a, b holder) int { return cmp.Compare(b.out+b.in, a.out+a.in) })
	for _, h := range all {
		if bytes <= 0 {
			break
		}
		reason := "slow consumer"
		if h.in > h.out {
			reason = "message takes too long"
		}
		h.conn.drop(StatusAbnormal, reason, reset)
		bytes -= h.out + h.in
		dropped++
	}
	return dropped
}
