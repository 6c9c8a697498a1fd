package functions

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"
)

// A backlog is how many asynchronous invocations are on their way, and how much memory their events take.
type backlog struct{ count, bytes int }

// Lambda's queue has no limits that a caller would see; ours is in memory, and of it one function has only a share.
const (
	maxQueued      = 10_000
	maxQueuedBytes = 64 << 20
	share          = 4 // one in so many
)

func (b *backlog) fits(inv *invocation, count, bytes int) bool {
	return b.count < count && b.bytes+len(inv.event) <= bytes
}

// add counts an invocation in, or out.
func (b *backlog) add(inv *invocation, sign int) {
	b.count += sign
	b.bytes += sign * len(inv.event)
}

// enqueue takes an event that nobody waits for.
func (h *Host) enqueue(fn Function, inv *invocation) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	own := cmp.Or(h.queues[fn.Name], new(backlog))
	switch {
	case h.closed:
		return errClosed
	case !h.queued.fits(inv, maxQueued, maxQueuedBytes), !own.fits(inv, maxQueued/share, maxQueuedBytes/share):
		return &fault{http.StatusTooManyRequests, "TooManyRequestsException", "Rate Exceeded.", "CallerRateLimitExceeded"}
	}
	h.queues[fn.Name] = own
	h.queued.add(inv, 1)
	own.add(inv, 1)
	h.work.Go(func() {
		h.deliver(h.over(), fn, inv)
		h.mu.Lock()
		defer h.mu.Unlock()
		h.queued.add(inv, -1)
		if own.add(inv, -1); own.count == 0 {
			delete(h.queues, fn.Name)
		}
	})
	return nil
}

// deliver invokes until it succeeds, or has been tried often enough. An attempt has the id of the first.
func (h *Host) deliver(ctx context.Context, fn Function, first *invocation) {
	wait := h.cfg.Backoff
	for attempt := 0; ; attempt++ {
		inv := newInvocation(first.arn, first.event, first.trace)
		inv.id, inv.client = first.id, first.client
		out, err := h.dispatch(ctx, h.pool(fn.Name), inv, math.MaxInt64)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			h.say(fn.Name, inv, Notice, "the asynchronous invocation was dropped: "+err.Error())
			return
		case !out.failed:
			return
		case attempt == fn.Retries:
			h.say(fn.Name, inv, Notice, fmt.Sprintf("the asynchronous invocation has failed %d times and is given up", attempt+1))
			return
		}
		h.say(fn.Name, inv, Notice, fmt.Sprintf("the asynchronous invocation has failed: retry %d of %d in %v", attempt+1, fn.Retries, wait))
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		wait *= 2
	}
}

// dispatch has an invocation run by the function as it now is, even if that changes while it waits. The bound
// is how long it waits for a process to be free.
func (h *Host) dispatch(ctx context.Context, p *pool, inv *invocation, bound time.Duration) (*outcome, error) {
	for {
		if p == nil {
			return nil, missing(inv.arn)
		}
		out, err := p.invoke(ctx, inv, bound)
		if !errors.Is(err, errRetired) {
			return out, err
		}
		if h.over().Err() != nil {
			return nil, errClosed
		}
		p = h.pool(p.fn.Name)
	}
}
