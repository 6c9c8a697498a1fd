package dial

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// How many connections are kept that no call uses.
const (
	idlePerOrigin = 256
	idleInAll     = 1024
)

// origin is where a connection leads: the host as URLs have it, and how it is spoken to.
type origin struct {
	secure bool
	host   string
}

// pool are the connections that no call uses.
type pool struct {
	anyBrief atomic.Bool

	mu     sync.Mutex
	idle   map[origin]*stack
	count  int  // of all that are idle
	closed bool // connections in use are not kept either, until another call begins
	brief  map[origin]bool
	timer  *time.Timer // nil: none was ever needed
	timed  bool        // it runs
}

// stack are the connections to one origin; the last is the one that was used last.
type stack struct{ conns []*conn }

// take has a connection, if there is one: the one that was used last. Whether it is quiet is for the caller to find out.
func (p *pool) take(to origin, now time.Time) *conn {
	for {
		c := p.pop(to)
		if c == nil || now.Before(c.until) {
			return c
		}
		c.leave()
	}
}

func (p *pool) pop(to origin) *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = false
	s := p.idle[to]
	if s == nil || len(s.conns) == 0 {
		return nil
	}
	last := len(s.conns) - 1
	c := s.conns[last]
	s.conns[last] = nil
	s.conns = s.conns[:last]
	p.count--
	return c
}

// put keeps a connection for a time.
func (p *pool) put(c *conn, keep time.Duration) {
	c.kept, c.since = true, time.Now()
	c.until = c.since.Add(keep)
	if other := p.push(c, keep); other != nil {
		other.leave()
	}
}

// push keeps a connection and returns the one for which there is no room any more, if any.
func (p *pool) push(c *conn, keep time.Duration) (other *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.idle[c.to]
	if p.closed || s != nil && len(s.conns) >= idlePerOrigin {
		return c
	}
	if p.idle == nil {
		p.idle = map[origin]*stack{}
	}
	if s == nil {
		s = &stack{}
		p.idle[c.to] = s
	}
	if p.count >= idleInAll {
		other = p.oldest()
	}
	s.conns = append(s.conns, c)
	p.count++
	p.sweepIn(keep)
	return other
}

// oldest takes out the connection that has been idle for longest.
func (p *pool) oldest() *conn {
	var first *stack
	for _, s := range p.idle {
		if len(s.conns) > 0 && (first == nil || s.conns[0].since.Before(first.conns[0].since)) {
			first = s
		}
	}
	c := first.conns[0]
	first.conns = slices.Delete(first.conns, 0, 1)
	p.count--
	return c
}

// sweepIn has connections looked at after a time, unless that will be done anyway; mu is held. There is one timer for all.
func (p *pool) sweepIn(wait time.Duration) {
	switch {
	case p.timed:
		return
	case p.timer == nil:
		p.timer = time.AfterFunc(wait, p.sweep)
	default:
		p.timer.Reset(wait)
	}
	p.timed = true
}

// sweep closes the connections that have been idle for too long.
func (p *pool) sweep() {
	const often = time.Second // enough
	now, next := time.Now(), time.Time{}
	leave(p.remove(func(c *conn) bool {
		if !now.Before(c.until) {
			return true
		}
		if next.IsZero() || c.until.Before(next) {
			next = c.until
		}
		return false
	}, func() {
		p.timed = false
		if p.count > 0 {
			p.sweepIn(max(next.Sub(now), often))
		}
	}))
}

// remove takes out connections, and what remembers origins that have none. then is called when that is done, with mu held.
func (p *pool) remove(gone func(*conn) bool, then func()) (out []*conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for to, s := range p.idle {
		s.conns = slices.DeleteFunc(s.conns, func(c *conn) bool {
			if !gone(c) {
				return false
			}
			out = append(out, c)
			return true
		})
		if len(s.conns) == 0 {
			delete(p.idle, to)
		}
	}
	p.count -= len(out)
	then()
	return out
}

func leave(conns []*conn) {
	for _, c := range conns {
		c.leave()
	}
}

// clear closes all of them.
func (p *pool) clear() {
	leave(p.remove(func(*conn) bool { return true }, func() { p.closed = true }))
}

// isBrief says whether a server keeps connections for so short a time that there is no point in it.
func (p *pool) isBrief(to origin) bool {
	if !p.anyBrief.Load() {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.brief[to]
}

func (p *pool) noteBrief(to origin) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.brief == nil {
		p.brief = map[origin]bool{}
	}
	p.brief[to] = true
	p.anyBrief.Store(true)
}
