package http1

import "sync"

// A crew answers requests. Its goroutines are kept for a while when they have nothing to do, because their stacks have
// grown to what handlers need, and growing them anew for each request costs more than all else that is done for it here.
type crew struct {
	mu   sync.Mutex // guards what follows
	idle []worker   // the last one worked last
	low  int        // the fewest that were idle since the last rest
	over bool       // nobody is kept any more
}

// A worker is given requests by this channel; a nil one ends it.
type worker chan *exchange

// answer has a request answered.
func (c *crew) answer(e *exchange) {
	c.mu.Lock()
	last := len(c.idle) - 1
	if last < 0 {
		c.mu.Unlock()
		go c.work(e)
		return
	}
	w := c.idle[last]
	c.idle = c.idle[:last]
	c.low = min(c.low, last)
	c.mu.Unlock()
	w <- e
}

func (c *crew) work(e *exchange) {
	w := make(worker, 1)
	for e != nil {
		e.conn.answer(e)
		if !c.wait(w) {
			return
		}
		e = <-w
	}
}

// wait says whether a worker is kept.
func (c *crew) wait(w worker) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.over {
		c.idle = append(c.idle, w)
	}
	return !c.over
}

// rest lets those go of whom there was no need since the last time.
func (c *crew) rest() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, w := range c.idle[:c.low] {
		w <- nil
	}
	c.idle = append(c.idle[:0], c.idle[c.low:]...)
	clear(c.idle[len(c.idle):cap(c.idle)])
	c.low = len(c.idle)
}

// disband lets all go, now or when they have nothing more to do.
func (c *crew) disband() {
	c.mu.Lock()
	c.low, c.over = len(c.idle), true
	c.mu.Unlock()
	c.rest()
}
