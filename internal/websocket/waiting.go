package websocket

import (
	"net"
	"slices"
	"time"
)

const (
	readSize    = 16 << 10
	waitingSize = 4 << 10  // of the buffer of a stream that can only be read by waiting
	writeChunk  = 16 << 10 // what must leave within Stall where progress cannot be seen
)

// waiting carries the bytes of a connection by goroutines that wait: one that reads, always, and one that writes while the
// other side does not take what is sent at once. It works with every stream and on every system.
type waiting struct {
	c      *Conn
	stream net.Conn
	raw    *rawSocket // nil: the stream can only be read and written by waiting

	// The reader's.
	chunk *[readSize]byte // borrowed while there are bytes in it
	own   []byte

	resumed chan struct{} // what the reader waits for while paused; guarded by Conn.mu
}

var _ carrier = (*waiting)(nil)

// carry has a connection travel by a stream.
func (c *Conn) carry(stream net.Conn) {
	w := &waiting{c: c, stream: stream}
	w.raw = newRawSocket(w, stream)
	if w.raw != nil && c.limits.PongWait != forever {
		w.raw.limitUnacknowledged(c.limits.PongWait)
	}
	c.carrier = w
}

func (w *waiting) start(behind []byte) { go w.run(behind) }

// run is the life of a connection after Open.
func (w *waiting) run(behind []byte) {
	readable := true
	for wanted := w.feed(behind); wanted; {
		w.waitResume()
		chunk, err := w.read()
		readable = err == nil
		wanted = readable && w.feed(chunk)
		w.release()
	}
	w.c.conclude()
	if readable {
		w.linger()
	}
	w.c.depart()
}

// feed handles bytes that have arrived, over all pauses, and reports whether more are wanted.
func (w *waiting) feed(in []byte) (wanted bool) {
	for wanted = true; wanted && len(in) > 0; {
		if w.chunk != nil && w.c.isPaused() {
			in = slices.Clone(in) // a pause may be long, and holds no more than it must
			w.release()
		}
		w.waitResume()
		in, wanted = w.c.feed(in)
	}
	return wanted
}

// waitResume waits while the connection is paused.
func (w *waiting) waitResume() {
	w.c.mu.Lock()
	if w.c.paused && w.resumed == nil {
		w.resumed = make(chan struct{})
	}
	resumed := w.resumed
	w.c.mu.Unlock()
	if resumed != nil {
		<-resumed
	}
}

// resume implements carrier.
func (w *waiting) resume() {
	if w.resumed != nil {
		close(w.resumed)
		w.resumed = nil
	}
}

// read waits for bytes. They are valid until release.
func (w *waiting) read() ([]byte, error) {
	if w.raw != nil {
		return w.raw.read()
	}
	if w.own == nil {
		w.own = make([]byte, waitingSize)
	}
	n, err := w.stream.Read(w.own)
	if n > 0 {
		return w.own[:n], nil // the error comes again
	}
	return nil, err
}

// release ends the use of what read returned.
func (w *waiting) release() {
	if w.chunk != nil {
		w.c.server.reads.Put(w.chunk)
		w.chunk = nil
	}
}

// linger reads on after the last message until the other side has closed. The wheel bounds the time.
func (w *waiting) linger() {
	w.c.halve()
	for left := lingerBytes; left > 0; {
		chunk, err := w.read()
		left -= len(chunk)
		w.release()
		if err != nil {
			return
		}
	}
}

// write implements carrier: it writes what the socket takes at once and leaves the rest to a goroutine.
func (w *waiting) write() {
	if w.raw != nil {
		w.c.wrote(w.raw.writeOnce())
		if w.c.stopWriting() {
			return
		}
	}
	w.c.mu.Lock()
	w.c.count()
	w.c.mu.Unlock()
	go w.writeAll()
}

// attempt implements carrier: a stream may have to wait for anything.
func (w *waiting) attempt(outgoing) (sent int, whole bool) { return 0, false }

// writeAll writes until the queue is empty.
func (w *waiting) writeAll() {
	for {
		if w.raw != nil {
			w.c.wrote(w.raw.write(w.c.limits.Stall))
		} else {
			w.c.wrote(w.writeWaiting())
		}
		if w.c.stopWriting() {
			return
		}
	}
}

// writeWaiting writes a part of the queue to a stream that knows no other way than to wait.
func (w *waiting) writeWaiting() error {
	c := w.c
	buf := c.server.writes.Get().(*[writeSize]byte)
	defer c.server.writes.Put(buf)
	batch := c.beginWrite(buf)
	var n int
	var err error
	for n < len(batch) && err == nil {
		chunk := batch[n:min(len(batch), n+writeChunk)]
		_ = w.stream.SetWriteDeadline(time.Now().Add(c.limits.Stall)) // if it fails, so does Write
		var wrote int
		wrote, err = w.stream.Write(chunk)
		n += wrote
	}
	c.endWrite(n)
	return err
}

// finish implements carrier.
func (w *waiting) finish(how finish) bool {
	switch how {
	case halfClose:
		half, ok := unwrap(w.stream).(interface{ CloseWrite() error })
		if ok {
			_ = half.CloseWrite() // if it fails, so will the next read
		}
		return ok
	case reset:
		if t, ok := bare(w.stream).(*net.TCPConn); ok {
			_ = t.SetLinger(0)
		}
		fallthrough
	case hangUp:
		_ = bare(w.stream).Close()
	case release:
		_ = w.stream.Close()
	}
	return true
}
