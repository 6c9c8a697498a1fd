package websocket

import (
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// A Conn is one WebSocket connection. Its methods may be called from anywhere at any time.
//
// It is small while nothing goes on: what takes room, it has only while it is needed.
type Conn struct {
	server   *Server
	limits   *Options
	carrier  carrier
	user     any
	opened   atomic.Int64 // this and the times below: since the server's epoch
	dialled  bool
	deflates bool // messages may be compressed

	// Facts that the wheel and others look at from outside.
	pings  atomic.Uint32
	heard  atomic.Int64 // any byte arrived
	active atomic.Int64 // what Idle counts happened
	begun  atomic.Int64 // the unfinished fragmented message began; 0: none
	expiry atomic.Pointer[expiry]

	// The reader's: what of a message has come so far, nil if nothing is unfinished, and how many control frames in a second.
	in       *inbox
	second   uint32
	controls uint32

	timer timer         // guarded by wheel.mu
	ping  time.Duration // the wheel's: when we pinged last

	mu      sync.Mutex  // guards all below; not held during callbacks, nor while something waits
	closing atomic.Bool // no message is delivered any more; may be read without mu
	paused  bool
	parts   uint16  // what the reader holds of messages, in KiB; only the reader changes it
	out     *outbox // nil: nothing waits to be sent, and nobody writes
	end     *ending // nil: nothing has ended it yet
}

// A carrier is what the bytes of a connection travel by: see waiting and looped.
type carrier interface {
	// start begins to read, with the bytes that came behind the handshake.
	start(behind []byte)
	// write writes what waits to be sent, or has it written. Who calls it has the duty of writing.
	write()
	// attempt writes the frame of a message on a connection where nothing else waits to be sent, if it is small and so far as that
	// takes no time: so many bytes have left, or the whole of it. It is called with Conn.mu held.
	attempt(m outgoing) (sent int, whole bool)
	// resume reads on after a pause. It is called with Conn.mu held.
	resume()
	// finish ends the stream in a way, and says whether it could.
	finish(how finish) bool
}

// A finish is a way to end a stream.
type finish int

const (
	halfClose finish = iota // nothing more will come from us
	hangUp                  // at once; the reader finds the end
	reset                   // hangUp, and the kernel need not keep what a dead client will never read
	release                 // the last use of the stream
)

func newConn(s *Server, limits *Options, dialled bool) *Conn {
	c := &Conn{server: s, limits: limits, dialled: dialled}
	now := int64(s.now())
	c.opened.Store(now)
	c.heard.Store(now)
	c.active.Store(now)
	return c
}

// run tells the handler of c and begins to read: first what had come behind the handshake.
func (c *Conn) run(behind []byte) {
	c.call(func() { c.server.handler.Open(c) })
	c.server.wheel.schedule(c, c.check(c.server.now()))
	if c.server.isClosed() {
		c.Close(StatusGoingAway, goingAway)
	}
	c.carrier.start(behind)
}

// call runs a callback and survives it; ok says that it did not panic.
func (c *Conn) call(callback func()) (ok bool) {
	defer func() {
		if p := recover(); p != nil {
			ok = false
			c.limits.Logger.Error("websocket: handler panicked", "panic", p, "stack", string(debug.Stack()))
			c.fail(&closeError{StatusInternal, "internal error"})
		}
	}()
	callback()
	return true
}

// User is what AcceptOptions or DialOptions said.
func (c *Conn) User() any { return c.user }

// Compressed says that permessage-deflate was agreed on: messages may be compressed, in both directions.
func (c *Conn) Compressed() bool { return c.deflates }

// ConnectedAt is the time of the handshake.
func (c *Conn) ConnectedAt() time.Time { return c.server.when(&c.opened) }

// LastActive is the last time something happened that the idle limit counts.
func (c *Conn) LastActive() time.Time { return c.server.when(&c.active) }

// Closing says that nothing more is sent or delivered: a close frame was queued or came, or the connection is lost.
func (c *Conn) Closing() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.isOver()
}

// isOver says that nothing more is sent. It needs c.mu.
func (c *Conn) isOver() bool { return c.closing.Load() || c.end != nil && c.end.dead }

// Pause stops reading: when it is called by Open or Message, no further Message comes until Resume, else at most one does. A
// closed connection does not pause. While paused, the server does not notice a dead client.
func (c *Conn) Pause() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.paused = c.paused || !c.closing.Load()
}

// Resume ends a Pause.
func (c *Conn) Resume() {
	now := c.server.now()
	c.heard.Store(int64(now)) // the silence was ours
	if begun := c.begun.Load(); begun != 0 && c.begun.CompareAndSwap(begun, int64(max(now, 1))) {
		c.server.wheel.schedule(c, now+c.limits.MessageTime)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unpause()
}

// unpause lets the reader go on. It needs c.mu.
func (c *Conn) unpause() {
	if c.paused {
		c.paused = false
		c.carrier.resume()
	}
}

// isPaused says that nothing is to be read.
func (c *Conn) isPaused() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.paused
}

// check is asked by the wheel. It does what is due, never blocking, and returns when to ask again.
func (c *Conn) check(now time.Duration) (next time.Duration) {
	stalled := c.checkStall(now)
	if by := c.closeBy(); by != 0 {
		if now >= by {
			c.drop(StatusAbnormal, "", hangUp)
		}
		return min(max(by, now), stalled)
	}
	end := c.checkAge(now)
	if end <= now {
		return now
	}
	if begun := time.Duration(c.begun.Load()); begun != 0 && !c.isPaused() {
		if now >= begun+c.limits.MessageTime {
			c.fail(&closeError{StatusPolicy, "message takes too long"})
			return now
		}
		end = min(end, begun+c.limits.MessageTime)
	}
	return min(end, stalled, c.checkPing(now))
}

// checkAge closes a connection that is too old, has been idle for too long, or has come to the time of CloseAt. It may be called
// from anywhere.
func (c *Conn) checkAge(now time.Duration) (next time.Duration) {
	e := c.expiry.Load()
	if e != nil && now >= e.at {
		c.Close(e.status, e.reason)
		return now
	}
	end := min(time.Duration(c.opened.Load())+c.limits.Lifetime, time.Duration(c.active.Load())+c.limits.Idle)
	if now >= end {
		c.Close(StatusGoingAway, goingAway)
		return now
	}
	if e != nil {
		end = min(end, e.at)
	}
	return end
}

// checkPing pings a silent connection and drops a dead one.
func (c *Conn) checkPing(now time.Duration) (next time.Duration) {
	heard := time.Duration(c.heard.Load())
	switch {
	case c.limits.Ping == forever:
		return forever
	case c.isPaused():
		return now + c.limits.Ping
	case c.ping > heard && now >= c.ping+c.limits.PongWait:
		c.drop(StatusAbnormal, "ping timeout", reset)
		return now
	case c.ping > heard:
		return c.ping + c.limits.PongWait
	case now < heard+c.limits.Ping:
		return heard + c.limits.Ping
	}
	c.ping = now
	c.sendPing()
	return now + min(c.limits.PongWait, c.limits.Ping)
}

// checkStall drops a client that takes nothing of what waits for it, and says when to look again. A carrier that waits in the
// write itself looks there.
func (c *Conn) checkStall(now time.Duration) (next time.Duration) {
	c.mu.Lock()
	by := forever
	if b := c.out; b != nil && (b.armed || b.withheld) {
		if b.withheld && len(b.queue) == 0 {
			b.since = now
		}
		by = b.since + c.limits.Stall
	}
	late := now >= by
	if late {
		c.out.armed, c.out.withheld = false, false // the duty of writing is ours
	}
	c.mu.Unlock()
	if !late {
		return by
	}
	c.wrote(errStalled)
	c.stopWriting()
	return now
}
