package functions

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"
)

// A pool is the processes of one function with one state of its code.
type pool struct {
	host *Host
	fn   Function
	code source
	said flow // what its processes write

	mu        sync.Mutex // guards what follows
	idle      []*process // the last one was used last, and is used next
	total     int        // processes, and places for those that are being started
	finishing int        // of them, those that have answered and will soon be idle or gone
	waiting   []chan *process
	retired   bool
}

func newPool(h *Host, fn Function) *pool {
	return &pool{host: h, fn: fn}
}

// patience is how long an invocation waits for a process that has just answered to be ready again: starting another takes
// longer than this, and a caller that invokes one after the other must not meet a limit of one.
const patience = 100 * time.Millisecond

// busy is of a function that is at work as often as it may be. The reasons are those of TooManyRequestsException in "Invoke".
func (p *pool) busy() error {
	reason := "ConcurrentInvocationLimitExceeded"
	if p.fn.Concurrency != 0 {
		reason = "ReservedFunctionConcurrentInvocationLimitExceeded"
	}
	return &fault{http.StatusTooManyRequests, "TooManyRequestsException", "Rate Exceeded.", reason}
}

// errRetired is of a pool that has been replaced: the next one has the work.
var errRetired = &fault{http.StatusNotFound, "ResourceNotFoundException", "the function has been removed", ""}

// invoke has an event handled and returns when there is an outcome; the process may be at work for longer. It waits at
// most for the bound until a process is free.
func (p *pool) invoke(ctx context.Context, inv *invocation, bound time.Duration) (*outcome, error) {
	for {
		proc, err := p.acquire(ctx, bound)
		if err != nil {
			return nil, err
		}
		switch {
		case proc != nil && !proc.give(inv):
			continue
		case proc == nil:
			if err := p.start(ctx, inv); err != nil {
				return p.refused(inv, err), nil
			}
		}
		select {
		case out := <-inv.answer:
			if !out.untook {
				return out, nil
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// acquire returns an idle process, or nil with the right to start one.
func (p *pool) acquire(ctx context.Context, bound time.Duration) (*process, error) {
	p.mu.Lock()
	proc, ok, err := p.take()
	if ok || err != nil {
		p.mu.Unlock()
		return proc, err
	}
	soon, full := p.finishing > len(p.waiting), p.total < p.fn.limit()
	if p.fn.limit() == 0 || !soon && !full && bound == 0 {
		p.mu.Unlock()
		return nil, p.busy()
	}
	turn := make(chan *process, 1)
	p.waiting = append(p.waiting, turn)
	p.mu.Unlock()
	if full && !soon { // it is the host that has too many
		p.host.yield()
	}
	return p.await(ctx, turn, bound)
}

// take is acquire without waiting. The pool is locked.
func (p *pool) take() (proc *process, ok bool, err error) {
	if p.retired {
		return nil, false, errRetired
	}
	if n := len(p.idle); n > 0 {
		proc = p.idle[n-1]
		p.idle = p.idle[:n-1]
		return proc, true, nil
	}
	if p.total < p.fn.limit() && p.finishing <= len(p.waiting) && p.host.claim() {
		p.total++
		return nil, true, nil
	}
	return nil, false, nil
}

// await waits for its turn: for patience, then, if there still is no place for another process, up to the bound.
func (p *pool) await(ctx context.Context, turn chan *process, bound time.Duration) (*process, error) {
	timer, left := time.NewTimer(patience), bound-patience
	defer timer.Stop()
	for {
		var err error
		select {
		case proc, open := <-turn:
			if !open {
				return nil, errRetired
			}
			return proc, nil
		case <-timer.C:
			err = p.busy()
		case <-ctx.Done():
			err = ctx.Err()
		}
		p.mu.Lock()
		at := slices.Index(p.waiting, turn)
		switch {
		case at < 0: // the turn has come meanwhile
			p.mu.Unlock()
			continue
		case ctx.Err() == nil && p.total < p.fn.limit() && p.host.claim():
			p.total++
			err = nil
		case left > 0 && ctx.Err() == nil:
			timer.Reset(left)
			left = 0
			p.mu.Unlock()
			continue
		}
		p.waiting = slices.Delete(p.waiting, at, at+1)
		p.mu.Unlock()
		return nil, err
	}
}

// next takes the first that waits out of the line. The pool is locked.
func (p *pool) next() chan *process {
	if len(p.waiting) == 0 {
		return nil
	}
	turn := p.waiting[0]
	p.waiting = p.waiting[1:]
	return turn
}

// answered notes that a process will soon be ready or gone.
func (p *pool) answered() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.finishing++
}

// ready takes a process back that has answered; those of old code end here.
func (p *pool) ready(proc *process) {
	p.mu.Lock()
	p.finishing--
	retired, turn := p.retired, p.next()
	switch {
	case retired:
	case turn != nil:
		turn <- proc
	default:
		p.idle = append(p.idle, proc)
	}
	p.mu.Unlock()
	switch {
	case retired:
		proc.kill(nil)
	case turn == nil && p.host.starved():
		p.yield()
	}
}

// gone counts a process out, or a place that got none, and gives the place to who waits for one.
func (p *pool) gone(proc *process, finished bool) {
	p.mu.Lock()
	if finished {
		p.finishing--
	}
	p.idle = slices.DeleteFunc(p.idle, func(q *process) bool { return q == proc })
	p.total--
	turn := p.next()
	if turn != nil {
		p.total++
		turn <- nil
	}
	last := p.retired && p.total == 0
	p.mu.Unlock()
	if turn == nil {
		p.host.processes.Add(-1)
		p.host.pass()
	}
	if last {
		p.host.release(p)
	}
}

// grant gives a place of the host to who waits for one, if anybody does.
func (p *pool) grant() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.waiting) == 0 || p.total >= p.fn.limit() || p.finishing > len(p.waiting) || !p.host.claim() {
		return false
	}
	p.total++
	p.next() <- nil
	return true
}

// starved says whether somebody waits for a place of the host.
func (p *pool) starved() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.total < p.fn.limit() && len(p.waiting) > p.finishing
}

// yield ends the process that has been idle for longest, and says whether there is one.
func (p *pool) yield() bool {
	p.mu.Lock()
	if len(p.idle) == 0 {
		p.mu.Unlock()
		return false
	}
	proc := p.idle[0]
	p.idle = slices.Delete(p.idle, 0, 1)
	p.mu.Unlock()
	proc.kill(nil)
	return true
}

// drop takes an idle process out, and says whether it was one.
func (p *pool) drop(proc *process) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := slices.Index(p.idle, proc)
	if at < 0 {
		return false
	}
	p.idle = slices.Delete(p.idle, at, at+1)
	return true
}

// retire lets what runs finish, and nothing begin. It says whether there is nothing that runs.
func (p *pool) retire() (over bool) {
	p.mu.Lock()
	p.retired = true
	ending := p.idle
	p.idle = nil
	for _, turn := range p.waiting {
		close(turn)
	}
	p.waiting = nil
	over = p.total == 0
	p.mu.Unlock()
	for _, proc := range ending {
		proc.kill(nil)
	}
	return over
}
