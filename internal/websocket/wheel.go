package websocket

import (
	"sync"
	"time"
)

const (
	tick  = time.Second
	slots = 128 // a deadline further away is looked at again after so many ticks
)

// A wheel is a hashed timing wheel: each connection waits in the slot of its next deadline and is asked there for the one
// after. Activity does not touch it. Its goroutine lives while there are connections. Since every open connection is in a
// slot, or being asked, the wheel is also the list of them.
type wheel struct {
	now func() time.Duration

	mu    sync.Mutex // guards all below and Conn.timer; no other lock is taken under it
	heads [slots]*Conn
	asked []*Conn // out of their slots to be asked
	count int
	last  int64 // the latest tick that was handled
	quit  chan struct{}
}

// A timer is the place of a connection in the wheel.
type timer struct {
	prev, next *Conn
	at         int32 // tick
	placed     bool  // in a slot
	known      bool  // counted
	gone       bool  // never to be placed again
}

// schedule has c asked at a time, unless it is going to be asked before.
func (w *wheel) schedule(c *Conn, at time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c.timer.gone {
		return
	}
	if !c.timer.known {
		c.timer.known = true
		w.count++
		w.start()
	}
	to := max(w.last+1, int64((at+tick-1)/tick))
	to = min(to, w.last+slots-1)
	if c.timer.placed {
		if int64(c.timer.at) <= to {
			return
		}
		w.unlink(c)
	}
	w.link(c, to)
}

// remove forgets c.
func (w *wheel) remove(c *Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c.timer.placed {
		w.unlink(c)
	}
	if c.timer.known && !c.timer.gone {
		w.count--
	}
	c.timer.gone = true
	if w.count == 0 && w.quit != nil {
		close(w.quit)
		w.quit, w.asked = nil, nil
	}
}

// all lists the connections of the wheel, some perhaps twice.
func (w *wheel) all() []*Conn {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := append(make([]*Conn, 0, w.count), w.asked...)
	for _, c := range w.heads {
		for ; c != nil; c = c.timer.next {
			list = append(list, c)
		}
	}
	return list
}

// link puts c into the slot of a tick. It needs w.mu.
func (w *wheel) link(c *Conn, at int64) {
	head := &w.heads[at%slots]
	c.timer.at, c.timer.placed = int32(at), true // 68 years of ticks
	c.timer.prev, c.timer.next = nil, *head
	if *head != nil {
		(*head).timer.prev = c
	}
	*head = c
}

// unlink takes c out of its slot. It needs w.mu.
func (w *wheel) unlink(c *Conn) {
	t := &c.timer
	if t.prev != nil {
		t.prev.timer.next = t.next
	} else {
		w.heads[t.at%slots] = t.next
	}
	if t.next != nil {
		t.next.timer.prev = t.prev
	}
	t.prev, t.next, t.placed = nil, nil, false
}

// start runs the wheel if it stands still. It needs w.mu.
func (w *wheel) start() {
	if w.quit != nil {
		return
	}
	w.quit = make(chan struct{})
	w.last = int64(w.now() / tick)
	go w.run(w.quit)
}

// run asks the connections of each tick, until quit: nobody is left.
func (w *wheel) run(quit <-chan struct{}) {
	next := time.NewTimer(w.untilTick())
	defer next.Stop()
	for {
		select {
		case <-quit:
			return
		case <-next.C:
		}
		for _, c := range w.due(quit) {
			w.schedule(c, c.check(w.now()))
		}
		next.Reset(w.untilTick())
	}
}

// untilTick is the time to the next whole tick, so that no deadline is seen more than one tick late.
func (w *wheel) untilTick() time.Duration { return tick - w.now()%tick }

// due takes the connections out whose time has come.
func (w *wheel) due(quit <-chan struct{}) []*Conn {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.quit != quit { // a later run owns the wheel
		return nil
	}
	w.asked = nil
	for now := int64(w.now() / tick); w.last < now; {
		w.last++
		for c := w.heads[w.last%slots]; c != nil; c = w.heads[w.last%slots] {
			w.unlink(c)
			w.asked = append(w.asked, c)
		}
	}
	return w.asked
}
