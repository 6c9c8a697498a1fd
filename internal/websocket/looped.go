package websocket

import (
	"errors"
	"math/bits"

	"gangway/internal/loop"
)

// looped carries the bytes of a connection by an event loop: nothing of it waits anywhere, and an idle connection has neither
// a goroutine nor a buffer.
//
// The loop tells of what has come, and whoever is told takes the turn of reading. It can also be held by who resumes a
// connection that has bytes left over from before its pause; who comes meanwhile only notes that there is more to do. Whoever
// sends writes as much as the socket takes; from there on the loop goes on writing, whenever the socket takes more.
type looped struct {
	*Conn

	socket *loop.Socket
	secure *secure // nil: the bytes are not encrypted

	// The reader's.
	left   []byte // what a pause has left over
	vainly int32  // bytes that were read while lingering
	phase  phase

	// Guarded by Conn.mu.
	turn   bool // somebody reads
	again  bool // and is to look once more
	hidden bool // there may be more to be decrypted, of which the loop knows nothing
}

// A phase is what is done with bytes that come.
type phase uint8

const (
	feeding   phase = iota
	lingering       // nothing, but that they are read
	over            // no more are read
)

var (
	_ carrier      = (*looped)(nil)
	_ loop.Handler = (*looped)(nil)
)

// attach has a connection travel by a socket of an event loop, which is handed over by start.
func (c *Conn) attach(socket *loop.Socket) {
	c.limitUnacknowledged(socket)
	c.carrier = &looped{Conn: c, socket: socket, turn: true}
}

// limitUnacknowledged has a client that has vanished found by what is sent to it.
func (c *Conn) limitUnacknowledged(socket *loop.Socket) {
	if c.limits.PongWait != forever {
		socket.LimitUnacknowledged(int(c.limits.PongWait.Milliseconds()))
	}
}

// pull reads what is there.
func (l *looped) pull(buffer []byte) (int, error) {
	if l.secure != nil {
		return l.secure.Read(buffer)
	}
	return l.socket.Read(buffer)
}

// push writes what can be written.
func (l *looped) push(batch []byte) (int, error) {
	if l.secure != nil {
		return l.secure.push(batch)
	}
	return l.socket.Write(batch)
}

// start implements carrier.
func (l *looped) start(behind []byte) {
	l.keep(behind)
	if l.secure != nil { // it may have read more than it was asked for
		l.goOn()
		return
	}
	l.readOn(nil, true)
	l.socket.Hand(l)
	l.rearm() // that the socket takes bytes again may have been told to its former handler
}

// Ready implements [loop.Handler].
func (l *looped) Ready(_ *loop.Socket, buffer []byte, what loop.Events) {
	if what&loop.Writable != 0 {
		l.rearm()
	}
	if l.claim() {
		l.readOn(buffer, what&loop.Ended != 0)
	}
}

// claim takes the turn of reading, unless the connection is paused or somebody has it.
func (l *looped) claim() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.turn || l.paused {
		l.again = l.turn
		return false
	}
	l.turn = true
	return true
}

// yield ends the turn, or says that there is more to be read.
func (l *looped) yield() (more bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	more = l.again && !l.paused
	l.again, l.turn = false, more
	if l.hidden && !more && !l.paused {
		l.hidden, l.turn = false, true
		go l.goOn()
	}
	return more
}

// resume implements carrier.
func (l *looped) resume() {
	switch {
	case l.turn:
		l.again = true
	case len(l.left) > 0 || l.secure != nil: // nobody reads, so left can be looked at
		l.hidden, l.turn = false, true
		go l.goOn()
	default:
		l.socket.Again()
	}
}

// goOn reads what a pause has left over, and what has come meanwhile.
func (l *looped) goOn() {
	buffer := l.server.reads.Get().(*[readSize]byte)
	defer l.server.reads.Put(buffer)
	l.readOn(buffer[:], true)
}

// readOn reads until the turn is over.
func (l *looped) readOn(buffer []byte, ended bool) {
	for l.read(buffer, ended); l.yield(); {
		l.read(buffer, true)
	}
}

// readsInTurn is how often a connection is read before others of its loop have their turn.
const readsInTurn = 4

// read takes what has come; ended says that the end may be near. Without a buffer only what was left over is taken.
func (l *looped) read(buffer []byte, ended bool) {
	for range readsInTurn {
		if l.phase == over || l.isPaused() {
			return
		}
		if len(l.left) > 0 {
			l.handle(l.left)
			continue
		}
		n, err := l.pull(buffer)
		switch {
		case n > 0:
			l.handle(buffer[:n]) // an error, which TLS may have as well, comes again
		case errors.Is(err, loop.ErrAgain):
			return
		case err != nil:
			l.ended()
			return
		}
		if n < len(buffer) && !ended && l.secure == nil {
			return
		}
	}
	l.leaveRest()
}

// leaveRest sees to it that reading goes on when others have had their turn.
func (l *looped) leaveRest() {
	if l.secure == nil {
		l.socket.Again()
		return
	}
	l.mu.Lock()
	l.hidden = true
	l.mu.Unlock()
}

// handle deals with bytes that have arrived.
func (l *looped) handle(in []byte) {
	if l.phase == lingering {
		if l.vainly += int32(len(in)); l.vainly > lingerBytes {
			l.ended()
		}
		return
	}
	rest, wanted := l.feed(in)
	if !wanted {
		l.keep(nil)
		l.conclude()
		l.phase = lingering
		l.halve()
		return
	}
	l.keep(rest)
}

// keep notes what a pause has left over, which is the end of what one had left over before, if anything. It holds no more than
// twice of what must be held: so what comes in very small messages, with a pause after each, is copied twice at most.
func (l *looped) keep(rest []byte) {
	if len(rest) == 0 && len(l.left) == 0 {
		return
	}
	if bits.Len(uint(len(rest))) < bits.Len(uint(len(l.left))) || len(l.left) == 0 {
		rest = append([]byte(nil), rest...) // nil if there is nothing
	}
	l.left = rest
}

// ended deals with the end of what can be read.
func (l *looped) ended() {
	if l.phase == feeding {
		l.conclude()
	}
	l.phase = over
	l.depart()
}

// batchesInTurn is how much of a queue, in writes, one who sends or a loop sends off before it sees to its other work.
const batchesInTurn = 16

// write implements carrier.
func (l *looped) write() {
	buf := l.server.writes.Get().(*[writeSize]byte)
	defer l.server.writes.Put(buf)
	for range batchesInTurn {
		batch, n, err := l.beginWrite(buf), 0, error(nil)
		if len(batch) > 0 {
			n, err = l.push(batch)
		}
		l.endWrite(n)
		if errors.Is(err, loop.ErrAgain) {
			break
		}
		l.wrote(err)
		if l.stopWriting() {
			return
		}
	}
	l.tellFinished()
	l.arm()
	if l.socket.AwaitWrite() != nil && l.disarm() { // else somebody else has found out
		l.wrote(ErrClosed)
		l.stopWriting()
	}
}

// smallFrame is the largest frame for which there is room without a buffer.
const smallFrame = 512

// attempt implements carrier. What is wrong with the socket the next write finds out.
func (l *looped) attempt(m outgoing) (sent int, whole bool) {
	if l.secure != nil || len(m.payload) > min(smallFrame-maxHeader, l.limits.WriteFrame) {
		return 0, false
	}
	var room [smallFrame]byte
	sent, err := l.socket.Write(l.encode(room[:0], &m, 0))
	return sent, err == nil
}

// arm leaves the duty of writing to the loop, and the watch over it to the wheel. Who writes had reason to: so the client has
// taken some by now.
func (l *looped) arm() {
	now := l.server.now()
	l.mu.Lock()
	l.out.since = now
	l.count()
	l.out.armed = true
	l.mu.Unlock()
	l.server.wheel.schedule(l.Conn, now+l.limits.Stall)
}

// disarm takes the duty of writing back from the loop, if it has it.
func (l *looped) disarm() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.out == nil || !l.out.armed {
		return false
	}
	l.out.armed = false
	return true
}

// rearm goes on writing: the socket takes bytes again.
func (l *looped) rearm() {
	switch {
	case l.disarm():
		l.write()
	case l.secure != nil:
		_ = l.secure.tunnel.Flush() // of what was not queued; the next write finds out what became of it
	}
}

// finish implements carrier.
func (l *looped) finish(how finish) bool {
	switch how {
	case halfClose:
		if l.secure != nil {
			return l.secure.CloseWrite() == nil
		}
		return l.socket.CloseWrite() == nil
	case hangUp:
		_ = l.socket.Shutdown() // if it fails, the end is there already
	case reset:
		l.socket.Reset()
	case release:
		if l.secure != nil {
			_ = l.secure.Close() // with a word, if that can be said
		}
		_ = l.socket.Close() // again, perhaps
	}
	return true
}
