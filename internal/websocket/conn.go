package websocket

import (
	"net"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// A Conn is one WebSocket connection. Its methods may be called from anywhere at any time.
type Conn struct {
	server      *Server
	handler     Handler
	limits      *Options
	stream      net.Conn
	raw         *rawSocket // nil: the stream can only be read and written by waiting
	subprotocol string
	dialled     bool
	deflates    bool          // messages may be compressed
	opened      time.Duration // this and the times below: since the server's epoch

	// Facts that the wheel and others look at from outside.
	heard   atomic.Int64 // any byte arrived
	active  atomic.Int64 // what Idle counts happened
	begun   atomic.Int64 // the unfinished fragmented message began; 0: none
	closeBy atomic.Int64 // when closing: the end of patience; 0: not closing
	pings   atomic.Uint32
	closing atomic.Bool // no message is delivered any more; set under mu

	expiry atomic.Pointer[expiry] // nil: none was set

	inbox inbox         // the reader's
	timer timer         // guarded by wheel.mu
	ping  time.Duration // the wheel's: when we pinged last

	mu     sync.Mutex // guards all below; not held during callbacks and system calls
	user   any
	resume chan struct{} // paused until it is closed; nil: not paused
	outbox outbox
	end    struct {
		status    Status
		reason    string
		known     bool
		peer      bool // the other side's close frame has arrived
		finish    bool // no more to be read than the end: half-close after our close frame
		finished  bool
		dead      bool // writing has failed
		frameSent bool
	}
}

func newConn(s *Server, stream net.Conn, limits *Options) *Conn {
	c := &Conn{server: s, handler: s.handler, limits: limits, stream: stream, opened: s.now()}
	c.inbox.decoder.limits, c.inbox.decoder.wantMask = limits, true
	c.outbox.queue = c.outbox.inline[:0]
	c.heard.Store(int64(c.opened))
	c.active.Store(int64(c.opened))
	c.raw = newRawSocket(c, stream)
	if c.raw != nil && limits.PongWait != forever {
		c.raw.limitUnacknowledged(limits.PongWait)
	}
	return c
}

// deflate lets messages be compressed, or not. It is called before run.
func (c *Conn) deflate(agreed bool) { c.deflates, c.inbox.decoder.deflate = agreed, agreed }

// run tells the handler of c and begins to read: first what had come behind the handshake.
func (c *Conn) run(behind []byte) {
	c.call(func() { c.handler.Open(c) })
	c.server.wheel.schedule(c, c.check(c.server.now()))
	if c.server.isClosed() {
		c.Close(StatusGoingAway, goingAway)
	}
	go c.read(behind)
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

// User is what SetUser or AcceptOptions said.
func (c *Conn) User() any {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.user
}

// SetUser keeps a value of the caller with the connection.
func (c *Conn) SetUser(user any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.user = user
}

// Subprotocol is what was agreed on in the handshake, or "".
func (c *Conn) Subprotocol() string { return c.subprotocol }

// Compressed says that permessage-deflate was agreed on: messages may be compressed, in both directions.
func (c *Conn) Compressed() bool { return c.deflates }

// RemoteAddr is the address of the other end.
func (c *Conn) RemoteAddr() net.Addr { return c.stream.RemoteAddr() }

// ConnectedAt is the time of the handshake.
func (c *Conn) ConnectedAt() time.Time { return c.server.epoch.Add(c.opened) }

// LastActive is the last time something happened that the idle limit counts.
func (c *Conn) LastActive() time.Time {
	return c.server.epoch.Add(time.Duration(c.active.Load()))
}

// Closing says that nothing more is sent or delivered: a close frame was queued or came, or the connection is lost.
func (c *Conn) Closing() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closing.Load() || c.end.dead
}

// Pause stops reading: when it is called by Message, no further Message comes until Resume, else at most one does. A closed
// connection does not pause. While paused, the server does not notice a dead client.
func (c *Conn) Pause() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.resume == nil && !c.closing.Load() {
		c.resume = make(chan struct{})
	}
}

// Resume ends a Pause.
func (c *Conn) Resume() {
	c.heard.Store(int64(c.server.now())) // the silence was ours
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unpause()
}

// unpause lets the reader go on. It needs c.mu.
func (c *Conn) unpause() {
	if c.resume != nil {
		close(c.resume)
		c.resume = nil
	}
}

// paused is what the reader has to wait for; nil: nothing.
func (c *Conn) paused() chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.resume
}

// check is asked by the wheel. It does what is due, never blocking, and returns when to ask again.
func (c *Conn) check(now time.Duration) (next time.Duration) {
	if by := time.Duration(c.closeBy.Load()); by != 0 {
		if now >= by {
			c.hangUp(StatusAbnormal, "")
		}
		return max(by, now)
	}
	if e := c.expiry.Load(); e != nil && now >= e.at {
		c.Close(e.status, e.reason)
		return now
	}
	end := min(c.opened+c.limits.Lifetime, time.Duration(c.active.Load())+c.limits.Idle)
	if now >= end {
		c.Close(StatusGoingAway, goingAway)
		return now
	}
	if begun := time.Duration(c.begun.Load()); begun != 0 {
		if now >= begun+c.limits.MessageTime {
			c.fail(&closeError{StatusPolicy, "message takes too long"})
			return now
		}
		end = min(end, begun+c.limits.MessageTime)
	}
	if e := c.expiry.Load(); e != nil {
		end = min(end, e.at)
	}
	return min(end, c.checkPing(now))
}

// checkPing pings a silent connection and drops a dead one.
func (c *Conn) checkPing(now time.Duration) (next time.Duration) {
	heard := time.Duration(c.heard.Load())
	switch {
	case c.limits.Ping == forever:
		return forever
	case c.paused() != nil:
		return now + c.limits.Ping
	case c.ping > heard && now >= c.ping+c.limits.PongWait:
		c.abort("ping timeout")
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

// hangUp ends the connection without ceremony and without waiting.
func (c *Conn) hangUp(status Status, reason string) {
	c.mu.Lock()
	c.setEnd(status, reason)
	c.closing.Store(true)
	c.unpause()
	c.mu.Unlock()
	_ = bare(c.stream).Close()
}

// abort is hangUp with a reset: the kernel need not keep what a dead client will never read.
func (c *Conn) abort(reason string) {
	if t, ok := bare(c.stream).(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	c.hangUp(StatusAbnormal, reason)
}

// setEnd notes what ended the connection, unless something did before. It needs c.mu.
func (c *Conn) setEnd(status Status, reason string) {
	if !c.end.known {
		c.end.known, c.end.status, c.end.reason = true, status, reason
	}
}
