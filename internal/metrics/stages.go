package metrics

import (
	"maps"
	"strings"
	"sync/atomic"
	"time"

	"gangway/internal/gateway"
)

// stage is what is counted of a stage. It is found without a lock, also where there is no room for more stages.
func (m *Metrics) stage(key gateway.StageKey) *stage {
	stages := *m.stages.Load()
	if s := stages[key]; s != nil {
		return s
	}
	if m.full.Load() {
		if s := stages[others]; s != nil {
			return s
		}
	}
	return m.newStage(key)
}

// others is the stage of those that there is no room for.
var others = gateway.StageKey{API: other, Stage: other}

// StageMetrics observe the events of one stage; see [Metrics.Of]. They may be used concurrently.
type StageMetrics struct {
	metrics *Metrics
	key     gateway.StageKey
	found   atomic.Pointer[found] // nil: it was not looked for
}

// found is a stage among those that there were. As long as these are the same, so is what would be found.
type found struct {
	among *map[gateway.StageKey]*stage
	stage *stage
}

// Observe counts an event of the stage. It keeps nothing of the record.
func (s *StageMetrics) Observe(r *gateway.Record) {
	if s == nil {
		return
	}
	among := s.metrics.stages.Load()
	of := s.found.Load()
	if of == nil || of.among != among {
		of = &found{among, s.metrics.stage(s.key)} // which may have become one of others by now: then it is looked for once more
		s.found.Store(of)
	}
	s.metrics.observe(of.stage, r)
}

// route is what is counted of a route of a stage. It is found as a stage is.
func (m *Metrics) route(s *stage, key string) *route {
	routes := *s.routes.Load()
	if r := routes[key]; r != nil {
		return r
	}
	if m.full.Load() {
		if r := routes[other]; r != nil {
			return r
		}
	}
	return m.newRoute(s, key)
}

func (m *Metrics) newStage(key gateway.StageKey) *stage {
	m.mu.Lock()
	defer m.mu.Unlock()
	key = labels(key)
	stages := *m.stages.Load()
	if stages[key] == nil && m.sets >= m.cfg.LabelSets {
		key = others
	}
	if s := stages[key]; s != nil {
		return s
	}
	s := &stage{key: key}
	s.routes.Store(&map[string]*route{})
	stages = maps.Clone(stages)
	stages[key] = s
	m.stages.Store(&stages)
	m.count(1)
	return s
}

func (m *Metrics) newRoute(s *stage, key string) *route {
	m.mu.Lock()
	defer m.mu.Unlock()
	key = label(key)
	routes := *s.routes.Load()
	if routes[key] == nil && m.sets >= m.cfg.LabelSets {
		key = other
	}
	if r := routes[key]; r != nil {
		return r
	}
	r := new(route)
	routes = maps.Clone(routes)
	routes[key] = r
	s.routes.Store(&routes)
	if !s.swept { // else an event has held the stage for longer than it was kept
		m.count(1)
	}
	return r
}

// count counts label sets; it needs mu.
func (m *Metrics) count(n int) {
	m.sets += n
	m.full.Store(m.sets >= m.cfg.LabelSets)
}

// keptFor is how long a stage is kept that is gone.
const keptFor = 5 * time.Minute

// sweep drops what is gone for long enough; it needs mu.
func (m *Metrics) sweep() {
	now := m.cfg.Now()
	isOver := func(s *stage) bool { return !s.gone.IsZero() && now.Sub(s.gone) >= keptFor }
	stages := *m.stages.Load()
	left := make(map[gateway.StageKey]*stage, len(stages))
	for key, s := range stages {
		if isOver(s) {
			s.swept = true
			m.count(-1 - len(*s.routes.Load()))
			continue
		}
		left[key] = s
	}
	if len(left) < len(stages) {
		m.stages.Store(&left)
	}
}

// all are the stages that there are.
func (m *Metrics) all() map[gateway.StageKey]*stage {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sweep()
	return *m.stages.Load()
}

// label is a text as the value of a label, which is UTF-8.
func label(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }

func labels(key gateway.StageKey) gateway.StageKey {
	return gateway.StageKey{API: label(key.API), Stage: label(key.Stage)}
}
