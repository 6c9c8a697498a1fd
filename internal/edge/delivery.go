package edge

import (
	"context"
	"hash/maphash"
	"sync"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/http1"
)

const (
	// rememberFor is how long at least a delivered push is known; at most it is twice as long.
	rememberFor = time.Minute
	// rememberMost bounds what one part of the memory holds of a minute. More pushes than that (a million a minute over all
	// parts) make it shorter.
	rememberMost = 1 << 16
	memoryParts  = 16
)

// deliveries remembers which pushes have reached their client, so that an SDK's retry of one of them does not reach it
// twice. AWS promises nothing here.
type deliveries struct {
	seeds [2]maphash.Seed
	now   func() time.Time
	parts [memoryParts]deliveryPart
}

// pushKey is a push under keyed hashes of its stage, connection, invocation and data; two pushes share one with a probability
// of 2^-128.
type pushKey [2]uint64

// deliveryPart is a part of the memory with a lock of its own.
type deliveryPart struct {
	mu      sync.Mutex
	turned  time.Time
	current map[pushKey]struct{}
	former  map[pushKey]struct{}
	waiting map[pushKey]chan struct{} // under way; closed when decided, nil: nobody waits for that
}

func newDeliveries(now func() time.Time) *deliveries {
	return &deliveries{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}, now: now}
}

// once sends a push unless it has been delivered before. A retry that comes while the first is under way waits for it, and
// is sent itself only if the first fails.
func (d *deliveries) once(ctx context.Context, push *gateway.Push, send func() error) error {
	key := d.key(push)
	part := &d.parts[key[0]%memoryParts]
	for {
		first, known := part.begin(key, d.now())
		switch {
		case known:
			return nil
		case first == nil:
			return part.send(key, send)
		}
		http1.Waits(ctx)
		select {
		case <-first:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (d *deliveries) key(push *gateway.Push) (key pushKey) {
	for i, seed := range d.seeds {
		var h maphash.Hash
		h.SetSeed(seed)
		for _, part := range []string{push.Stage.API, push.Stage.Stage, string(push.To), push.Invocation} {
			_, _ = h.WriteString(part) // a hash never fails
			_ = h.WriteByte(0)
		}
		_, _ = h.Write(push.Data)
		key[i] = h.Sum64()
	}
	return key
}

// begin says whether a push is known to be delivered, or else what to wait for; if neither, it is the caller's to send.
func (p *deliveryPart) begin(key pushKey, now time.Time) (first <-chan struct{}, known bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting == nil {
		p.waiting = make(map[pushKey]chan struct{})
	}
	p.turn(now)
	_, inCurrent := p.current[key]
	_, inFormer := p.former[key]
	if inCurrent || inFormer {
		return nil, true
	}
	under, ok := p.waiting[key]
	if ok && under == nil {
		under = make(chan struct{})
	}
	p.waiting[key] = under
	return under, false
}

// turn forgets what is old: all of it at once, so that nothing has to be timed.
func (p *deliveryPart) turn(now time.Time) {
	age := now.Sub(p.turned)
	if age < rememberFor && len(p.current) < rememberMost {
		return
	}
	p.former, p.current = p.current, make(map[pushKey]struct{})
	if age >= 2*rememberFor {
		p.former = nil
	}
	p.turned = now
}

// send sends, and remembers a success only. A panic counts as a failure, so that nobody waits for ever.
func (p *deliveryPart) send(key pushKey, send func() error) (err error) {
	delivered := false
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if under := p.waiting[key]; under != nil {
			close(under)
		}
		delete(p.waiting, key)
		if delivered {
			p.current[key] = struct{}{}
		}
	}()
	err = send()
	delivered = err == nil
	return err
}
