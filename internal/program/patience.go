package program

import (
	"context"
	"sync"
	"time"
)

// patience is a context that ends when its parent does, or at a time. [context.WithDeadline] starts a timer for each, and a
// call that looks at the time by itself has no use for that: this one starts a timer for whoever asks for Done.
type patience struct {
	context.Context //nolint:containedctx // it is a context

	end time.Time

	mu     sync.Mutex      // guards what follows
	timed  context.Context //nolint:containedctx // it is this one, with a timer
	cancel context.CancelFunc
	over   bool
}

// newPatience is a context that ends after some time, or with its parent. It must be ended by the one who made it.
func newPatience(parent context.Context, most time.Duration) *patience {
	p := &patience{Context: parent, end: time.Now().Add(most)}
	if end, ok := parent.Deadline(); ok && end.Before(p.end) {
		p.end = end
	}
	return p
}

// Deadline implements [context.Context].
func (p *patience) Deadline() (time.Time, bool) { return p.end, true }

// Done implements [context.Context].
func (p *patience) Done() <-chan struct{} { return p.timer().Done() }

// Err implements [context.Context].
func (p *patience) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch err := p.Context.Err(); {
	case p.timed != nil:
		return p.timed.Err()
	case err != nil:
		return err
	case p.over:
		return context.Canceled
	case !time.Now().Before(p.end):
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// AfterFunc is for package context, which needs no goroutine for the contexts derived from one that has it.
func (p *patience) AfterFunc(f func()) (stop func() bool) { return context.AfterFunc(p.timer(), f) }

// timer is the same with a timer.
func (p *patience) timer() context.Context {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.timed != nil:
	case p.over:
		p.timed, p.cancel = context.WithCancel(p.Context)
		p.cancel()
	default:
		p.timed, p.cancel = context.WithDeadline(p.Context, p.end)
	}
	return p.timed
}

// stop ends the context.
func (p *patience) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	if p.cancel != nil {
		p.cancel()
	}
}
