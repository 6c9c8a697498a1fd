package edge

import "sync"

// crew runs jobs, each in a goroutine that ends with it, and at most so many at a time. Jobs beyond that wait in the order
// in which they came.
type crew struct {
	atOnce  int
	waitMax int // how many may wait; negative: any number

	mu      sync.Mutex
	running int
	waiting []func()
	head    int           // of waiting
	idle    chan struct{} // closed when nothing runs; nil: nobody asked
}

// start runs a job now or later, and says whether it had to wait. Not ok: too many wait already.
func (c *crew) start(job func()) (waits, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running < c.atOnce {
		c.running++
		go c.work(job)
		return false, true
	}
	if c.waitMax >= 0 && len(c.waiting)-c.head >= c.waitMax {
		return true, false
	}
	c.waiting = append(c.waiting, job)
	return true, true
}

func (c *crew) work(job func()) {
	for job != nil {
		job()
		job = c.next()
	}
}

// next is the job that has waited longest, or nil, with which a worker's turn ends.
func (c *crew) next() func() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.head == len(c.waiting) {
		c.waiting, c.head = nil, 0
		c.running--
		if c.running == 0 && c.idle != nil {
			close(c.idle)
			c.idle = nil
		}
		return nil
	}
	job := c.waiting[c.head]
	c.waiting[c.head] = nil
	c.head++
	// What has been taken is given back once it is most of the slice; so a move costs each job at most one copy.
	if c.head > len(c.waiting)/2 && c.head > 64 {
		n := copy(c.waiting, c.waiting[c.head:])
		clear(c.waiting[n:])
		c.waiting, c.head = c.waiting[:n], 0
	}
	return job
}

// wait returns when nothing runs and nothing waits.
func (c *crew) wait() {
	c.mu.Lock()
	if c.running == 0 {
		c.mu.Unlock()
		return
	}
	if c.idle == nil {
		c.idle = make(chan struct{})
	}
	idle := c.idle
	c.mu.Unlock()
	<-idle
}
