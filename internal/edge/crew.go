package edge

import (
	"runtime"
	"sync"
)

// pool is a number of places for jobs, which the crews of all stages share. A crew takes no more places than are left, so
// that one whose jobs hang leaves half of them to the others, two a quarter at least, and so on. Within a crew the same holds
// for its lanes: one takes no more places than would be left if its crew took as many again. Room for what jobs weigh, be they
// running or waiting, is shared by the same rules. So that the last to come finds some, too, each lane has a few places and some
// room of its own, beyond those that are shared, and room for one job in any case; and as many each crew that has no lanes.
type pool struct {
	places int // so many jobs run at a time
	room   int // jobs weigh so much at most

	mu      sync.Mutex // guards what follows, the crews and their lanes
	running int
	weight  int           // of all jobs
	waiting int           // that of jobs that wait
	line    []*lane       // with jobs that wait, in turn
	quiet   chan struct{} // closed when nothing runs; nil: nobody asked
}

// crew is what runs and waits in a pool for one stage.
type crew struct {
	running int
	weight  int
	queued  int // jobs that wait
	lanes   map[string]*lane
}

// lane is what runs and waits for one integration of a stage. It is there while it has jobs, whatever is deployed meanwhile.
type lane struct {
	crew    *crew
	name    string
	running int
	weight  int
	jobs    []job // that wait, in the order in which they came
}

// job is run in a goroutine that ends when nothing else waits for its place.
type job interface {
	do()
	weight() int // in bytes, which stays the same
}

// errand is a job that weighs nothing.
type errand func()

func (e errand) do() { e() }

func (errand) weight() int { return 0 }

// offer runs a job of a crew's lane now or later, and says whether it has to wait. Not ok: there is no room for it.
func (p *pool) offer(c *crew, name string, j job) (waits, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := c.lane(name)
	left, weight := p.room-p.weight, j.weight()
	if l.weight > 0 && l.weight+weight > p.room/ownShare && (c.weight+weight > left || l.weight+weight > left-c.weight) {
		c.close(l)
		return false, false
	}
	return p.add(l, j), true
}

// start runs a job of a crew now or later, in any case.
func (p *pool) start(c *crew, j job) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.add(c.lane(""), j)
}

// enter takes a place for a crew until leave, or says that there is none.
func (p *pool) enter(c *crew) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.running >= p.places/ownShare && c.running >= p.places-p.running {
		return false
	}
	c.running++
	p.running++
	return true
}

// leave gives a place of a crew back.
func (p *pool) leave(c *crew) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c.running--
	p.running--
	p.calm()
}

// leaveLane gives the place and the room of a job back, runs what may run now of what waits, and leaves one job of that to the
// caller; nil: there was none. The line is as long as there are lanes with jobs that wait.
func (p *pool) leaveLane(l *lane, weight int) (of *lane, j job) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.occupy(l, -1)
	p.weigh(l, -weight)
	for passed := 0; passed < len(p.line); {
		next := p.line[0]
		p.line = p.line[1:]
		switch {
		case p.isFull(next):
			passed++
		case j == nil:
			of, j, passed = next, p.next(next), 0
		default:
			go p.launch(next, p.next(next))
			passed = 0
		}
		if len(next.jobs) > 0 {
			p.line = append(p.line, next)
		}
	}
	p.calm()
	l.crew.close(l)
	return of, j
}

// queued is how many jobs of a crew wait.
func (p *pool) queued(c *crew) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return c.queued
}

// queue is what runs and waits.
func (p *pool) queue(name string) Queue {
	p.mu.Lock()
	defer p.mu.Unlock()
	q := Queue{Name: name, Running: p.running, Bytes: p.waiting}
	for _, l := range p.line {
		q.Waiting += len(l.jobs)
	}
	return q
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

// calm tells who waits for that when nothing runs. It and what follows need mu.
func (p *pool) calm() {
	if p.running == 0 && p.quiet != nil {
		close(p.quiet)
		p.quiet = nil
	}
}

// next takes the job of a lane that has waited longest, and a place for it.
func (p *pool) next(l *lane) job {
	j := l.jobs[0]
	l.jobs[0] = nil
	l.jobs = l.jobs[1:]
	l.crew.queued--
	p.waiting -= j.weight()
	p.occupy(l, 1)
	return j
}

// isFull says that a lane may take no more places. The one lane of a crew that has no others is
// the crew.
func (p *pool) isFull(l *lane) bool {
	left := p.places - p.running
	return l.running >= p.places/ownShare && (l.crew.running >= left || l.name != "" && l.running >= left-l.crew.running)
}

// ownShare is how small a part of what is shared each has of its own: 8 of the usual 4096 places.
const ownShare = 512

// add runs a job in a goroutine of its own, or has it wait.
func (p *pool) add(l *lane, j job) (waits bool) {
	p.weigh(l, j.weight())
	if len(l.jobs) == 0 && !p.isFull(l) {
		p.occupy(l, 1)
		go p.launch(l, j)
		return false
	}
	if len(l.jobs) == 0 {
		p.line = append(p.line, l)
	}
	l.jobs = append(l.jobs, j)
	p.waiting += j.weight()
	l.crew.queued++
	return true
}

// occupy counts places of a lane, its crew and the pool.
func (p *pool) occupy(l *lane, places int) {
	l.running += places
	l.crew.running += places
	p.running += places
}

// weigh counts what a job of a lane weighs.
func (p *pool) weigh(l *lane, weight int) {
	l.weight += weight
	l.crew.weight += weight
	p.weight += weight
}

// launch is work for a goroutine of its own. A call of a backend needs some 8 KB of stack: to have them at once costs a tenth of
// growing step by step, which would cost as much as all the rest that the edge does.
func (p *pool) launch(l *lane, j job) {
	var room [3 << 10]byte
	p.work(l, j)
	runtime.KeepAlive(&room)
}

// work does a job that has a place, and then what may take its turn. It must be called without mu.
func (p *pool) work(l *lane, j job) {
	for j != nil {
		weight := j.weight() // while it is there
		j.do()
		l, j = p.leaveLane(l, weight)
	}
}

// lane is the lane of a name.
func (c *crew) lane(name string) *lane {
	l := c.lanes[name]
	if l == nil {
		if c.lanes == nil {
			c.lanes = map[string]*lane{}
		}
		l = &lane{crew: c, name: name}
		c.lanes[name] = l
	}
	return l
}

// idleLanes is how many lanes of a crew are kept without jobs, so that one job after the other finds them.
const idleLanes = 16

// close forgets a lane that has no jobs.
func (c *crew) close(l *lane) {
	if l.running == 0 && len(l.jobs) == 0 && len(c.lanes) > idleLanes {
		delete(c.lanes, l.name)
	}
}
