package control

import (
	"context"
	"sync"
	"time"

	"gangway/internal/gateway"
)

// turns are for operations that cost more than a look at what is stored: so many are under way at a time, and not all of them of one
// access key.
type turns struct {
	what     string // that there are too many of
	all, own int    // at a time: of everybody, and of one access key
	patience time.Duration

	mu      sync.Mutex
	taken   map[string]int // by access key
	total   int
	waiting int
	freed   chan struct{} // closed when a turn has ended
}

// mostWaiting is how many wait for a turn; each has a body in memory.
const mostWaiting = 32

// patience is how long an operation waits for its turn: pages ask for several things at once, none of which takes long.
const patience = 5 * time.Second

func newTurns(what string, all, own int, patience time.Duration) *turns {
	return &turns{what: what, all: all, own: own, patience: patience, taken: map[string]int{}, freed: make(chan struct{})}
}

// begin waits for a turn, which lasts until end is called.
func (t *turns) begin(ctx context.Context, accessKeyID string) (end func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, t.patience)
	defer cancel()
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.total >= t.all || t.taken[accessKeyID] >= t.own {
		if t.waiting >= mostWaiting || !t.wait(ctx) {
			return nil, gateway.Errorf(gateway.ErrTooMany, "There are too many %s at a time, in all or of this access key: try again when one has ended", t.what)
		}
	}
	t.total++
	t.taken[accessKeyID]++
	return sync.OnceFunc(func() { t.end(accessKeyID) }), nil
}

// wait returns when a turn has ended, or false when ctx has. It needs t.mu, which others may have meanwhile.
func (t *turns) wait(ctx context.Context) bool {
	freed := t.freed
	t.waiting++
	t.mu.Unlock()
	defer func() {
		t.mu.Lock()
		t.waiting--
	}()
	select {
	case <-freed:
		return true
	case <-ctx.Done():
		return false
	}
}

func (t *turns) end(accessKeyID string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.total--
	if t.taken[accessKeyID]--; t.taken[accessKeyID] == 0 {
		delete(t.taken, accessKeyID)
	}
	close(t.freed)
	t.freed = make(chan struct{})
}

// bounds are the turns of a server.
type bounds struct {
	checks *turns // of texts, and renderings
	tests  *turns
	calls  *turns // tests that have a backend called, which may take long
	// A template of 1 MB takes a hundred times its size while it is read.
	imports *turns
	tails   *turns
}

func newBounds() bounds {
	return bounds{
		checks:  newTurns("checks", 4, 2, patience),
		tests:   newTurns("tests", 8, 2, patience),
		calls:   newTurns("tests", 8, 2, patience),
		imports: newTurns("imports", 2, 1, 2*patience),
		tails:   newTurns("tails", 512, 64, 0),
	}
}

// turn waits for the caller's turn.
func (c *call) turn(t *turns) (end func(), err error) { return t.begin(c.ctx, c.caller.AccessKeyID) }
