package edge

import "sync"

// pool is a number of places for jobs, which the crews of all stages share. A crew takes no more places than are left, so
// that one whose jobs hang leaves half of them to the others, two a quarter at least, and so on: whoever comes later finds
// some free. Room for jobs that wait is shared by the same rule.
type pool struct {
	places int // so many jobs run at a time
	room   int // jobs that wait weigh so much at most

	mu      sync.Mutex // guards what follows, and the crews
	running int
	waiting int           // the weight of jobs that wait
	line    []*crew       // with jobs that wait, in turn
	quiet   chan struct{} // closed when nothing runs; nil: nobody asked
}

// crew is what runs and waits in a pool for one stage.
type crew struct {
	running int
	waiting int
	jobs    []job // that wait, in the order in which they came
}

// job is run in a goroutine that ends with it.
type job struct {
	do     func()
	weight int // in bytes, while it waits
}

// offer runs a job of a crew now or later, and says whether it has to wait. Not ok: it would, and there is no room for it.
func (p *pool) offer(c *crew, j job) (waits, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.isFull(c) && c.waiting+j.weight > p.room-p.waiting {
		return true, false
	}
	return p.add(c, j), true
}

// start runs a job of a crew now or later, in any case.
func (p *pool) start(c *crew, j job) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.add(c, j)
}

// enter takes a place for a crew until leave, or says that there is none.
func (p *pool) enter(c *crew) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.isFull(c) {
		return false
	}
	c.running++
	p.running++
	return true
}

// leave gives a place of a crew back. The line is as long as there are stages with jobs that wait.
func (p *pool) leave(c *crew) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c.running--
	p.running--
	for passed := 0; passed < len(p.line); {
		next := p.line[0]
		p.line = p.line[1:]
		if p.isFull(next) {
			passed++
		} else {
			p.run(next, next.jobs[0])
			p.waiting -= next.jobs[0].weight
			next.waiting -= next.jobs[0].weight
			next.jobs[0] = job{}
			next.jobs = next.jobs[1:]
			passed = 0
		}
		if len(next.jobs) > 0 {
			p.line = append(p.line, next)
		}
	}
	if p.running == 0 && p.quiet != nil {
		close(p.quiet)
		p.quiet = nil
	}
}

// queued is how many jobs of a crew wait.
func (p *pool) queued(c *crew) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(c.jobs)
}

// whenQuiet is closed when nothing runs and nothing waits.
func (p *pool) whenQuiet() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	quiet := p.quiet
	if quiet == nil {
		quiet = make(chan struct{})
	}
	if p.running == 0 {
		close(quiet)
	} else {
		p.quiet = quiet
	}
	return quiet
}

// isFull says that a crew may take no more places. It and what follows need mu.
func (p *pool) isFull(c *crew) bool { return c.running >= p.places-p.running }

func (p *pool) add(c *crew, j job) (waits bool) {
	if len(c.jobs) == 0 && !p.isFull(c) {
		p.run(c, j)
		return false
	}
	if len(c.jobs) == 0 {
		p.line = append(p.line, c)
	}
	c.jobs = append(c.jobs, j)
	c.waiting += j.weight
	p.waiting += j.weight
	return true
}

func (p *pool) run(c *crew, j job) {
	c.running++
	p.running++
	go func() {
		j.do()
		p.leave(c)
	}()
}
