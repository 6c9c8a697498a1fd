package metrics

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"gangway/internal/gateway"
)

// How long the history of a stage is, and of how many stages there is one.
const (
	sampledEvery  = 5 * time.Second
	sampledFor    = 15 * time.Minute
	samples       = int(sampledFor / sampledEvery)
	maxHistories  = 256
	usualCapacity = 16 // samples of a stage that has just begun
)

// history has what happened on stages of late. It costs events nothing: now and then somebody looks at how far their counters are.
type history struct {
	mu     sync.Mutex // guards what follows, and stage.sampled
	stages map[gateway.StageKey]*record
}

// record is the history of one stage.
type record struct {
	samples []sample // a ring, once it has all that it may have
	first   int      // in the ring
	active  time.Time
}

// sample is what happened on a stage in one interval. Counters of an interval need no more room than this.
type sample struct {
	at                                               int64 // Unix seconds
	connections                                      int32
	in, out, connects                                uint32
	clientErrors, integrationErrors, executionErrors uint32
	p50, p99                                         uint32 // microseconds
}

// total is what was counted of a stage, all routes together.
type total struct {
	in, out, connects                                uint64 // connects: handshakes that became connections
	clientErrors, integrationErrors, executionErrors uint64
	latency                                          distribution
}

// Sample looks at all stages every five seconds, for [Metrics.Stage], until ctx ends.
func (m *Metrics) Sample(ctx context.Context) {
	ticker := time.NewTicker(sampledEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			m.sample()
		}
	}
}

// sample adds a sample to the history of each stage that has had something to tell for as long as that reaches back.
func (m *Metrics) sample() {
	open := m.connections()
	stages, now := m.all(), m.cfg.Now()
	h := &m.history
	h.mu.Lock()
	defer h.mu.Unlock()
	for key, s := range stages {
		sum := s.total()
		made := sum.since(&s.sampled)
		s.sampled = sum
		made.at, made.connections = now.Unix(), int32(open[key])
		h.add(key, &made, now)
	}
	h.drop(stages, now)
}

// add adds a sample to the history of a stage. Where there is none, one begins with the first that tells something.
func (h *history) add(key gateway.StageKey, made *sample, now time.Time) {
	r := h.stages[key]
	if r == nil && !made.tells() {
		return
	}
	if r == nil {
		r = &record{samples: make([]sample, 0, usualCapacity)}
		if h.stages == nil {
			h.stages = map[gateway.StageKey]*record{}
		}
		h.stages[key] = r
	}
	if made.tells() {
		r.active = now
	}
	r.add(*made)
}

// drop ends histories that have nothing to tell any more, of stages that are gone, and, where there are too many, those of the stages
// that have been silent for longest.
func (h *history) drop(there map[gateway.StageKey]*stage, now time.Time) {
	var left []gateway.StageKey
	for key, r := range h.stages {
		if there[key] == nil || now.Sub(r.active) >= sampledFor {
			delete(h.stages, key)
			continue
		}
		left = append(left, key)
	}
	if len(left) <= maxHistories {
		return
	}
	slices.SortFunc(left, func(a, b gateway.StageKey) int { // of those that are alike the younger ones go
		one, other := h.stages[a], h.stages[b]
		return cmp.Or(one.active.Compare(other.active), cmp.Compare(len(one.samples), len(other.samples)))
	})
	for _, key := range left[:len(left)-maxHistories] {
		delete(h.stages, key)
	}
}

// add puts a sample behind the others, in place of the oldest if there are as many as there may be.
func (r *record) add(s sample) {
	if len(r.samples) < samples {
		r.samples = append(r.samples, s)
		return
	}
	r.samples[r.first] = s
	r.first = (r.first + 1) % samples
}

// all are the samples, oldest first.
func (r *record) all() []sample { return slices.Concat(r.samples[r.first:], r.samples[:r.first]) }

// tells says whether there is anything in a sample that is worth keeping.
func (s *sample) tells() bool {
	return s.connections > 0 || s.in|s.out|s.connects|s.clientErrors|s.integrationErrors|s.executionErrors > 0
}

// total adds up what was counted of a stage.
func (s *stage) total() (sum total) {
	sum.connects = s.handshakes[statusIndex(switched)].Load()
	for _, r := range *s.routes.Load() {
		latency := r.latency.load()
		sum.latency.add(&latency)
		sum.in += r.in.Load()
		sum.out += r.out.Load()
		sum.clientErrors += r.clientErrors.Load()
		sum.integrationErrors += r.integrationErrors.Load()
		sum.executionErrors += r.executionErrors.Load()
	}
	return sum
}

// since is what was counted since before. Counters of one stage never go back.
func (t *total) since(before *total) sample {
	latency := t.latency.minus(&before.latency)
	return sample{
		in: uint32(t.in - before.in), out: uint32(t.out - before.out), connects: uint32(t.connects - before.connects),
		clientErrors:      uint32(t.clientErrors - before.clientErrors),
		integrationErrors: uint32(t.integrationErrors - before.integrationErrors),
		executionErrors:   uint32(t.executionErrors - before.executionErrors),
		p50:               uint32(latency.quantile(0.5).Microseconds()), p99: uint32(latency.quantile(0.99).Microseconds()),
	}
}
