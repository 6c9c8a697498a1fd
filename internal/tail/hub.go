package tail

import (
	"encoding/json"
	"slices"
	"sync"
	"sync/atomic"

	"gangway/internal/gateway"
)

// Filter says what a watcher wants to see. Empty members stand for all; API must not be empty.
type Filter struct {
	API, Stage string
	Connection gateway.ConnectionID
	Whole      bool // bodies are not cut
	Silent     bool // what functions write is not wanted
}

func (f *Filter) takes(stage *gateway.StageKey, connection gateway.ConnectionID) bool {
	return f.API == stage.API && (f.Stage == "" || f.Stage == stage.Stage) && (f.Connection == "" || f.Connection == connection)
}

// Hub knows who watches. The zero value is ready; it is safe for concurrent use.
type Hub struct {
	// Discreet is what may be shown of an error about an event; nil: nothing. It must not be changed once somebody watches.
	Discreet func(e *gateway.Event, err error) string
	// Recorder is told of every event on every API as it happens, with whole bodies, and must not wait; nil: nobody is. Like Discreet. What
	// functions write is not among them.
	Recorder func(*Event)

	origins  origins
	watching atomic.Pointer[[]*Subscription] // never changes once it is here; nil: nobody

	mu sync.Mutex // one writer at a time
}

// Subscription is what one watcher gets.
type Subscription struct {
	filter Filter
	hub    *Hub
	// Events has a JSON object for each event. It is never closed.
	Events chan []byte
	missed atomic.Int64
}

// waiting is how many events wait for a slow watcher.
const waiting = 256

// Subscribe begins to watch, until the subscription is closed.
func (h *Hub) Subscribe(f Filter) *Subscription {
	s := &Subscription{filter: f, hub: h, Events: make(chan []byte, waiting)}
	h.mu.Lock()
	defer h.mu.Unlock()
	all := append(slices.Clone(h.all()), s)
	h.watching.Store(&all)
	return s
}

// Close ends the watching.
func (s *Subscription) Close() {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	all := slices.DeleteFunc(slices.Clone(s.hub.all()), func(other *Subscription) bool { return other == s })
	if len(all) == 0 {
		s.hub.watching.Store(nil)
		return
	}
	s.hub.watching.Store(&all)
}

// Missed is how many events the watcher was too slow for since this was last asked.
func (s *Subscription) Missed() int64 { return s.missed.Swap(0) }

func (h *Hub) all() []*Subscription {
	if all := h.watching.Load(); all != nil {
		return *all
	}
	return nil
}

// Detail says whether somebody watches a stage.
func (h *Hub) Detail(stage gateway.StageKey) bool {
	if h.Recorder != nil {
		return true
	}
	for _, s := range h.all() {
		if s.filter.API == stage.API && (s.filter.Stage == "" || s.filter.Stage == stage.Stage) {
			return true
		}
	}
	return false
}

// Observe passes a record on.
func (h *Hub) Observe(r *gateway.Record) {
	if h.Recorder != nil {
		h.Recorder(h.eventOf(r, wholly))
	}
	if h.watching.Load() != nil {
		c := r.Event.Connection
		h.pass(&gateway.StageKey{API: c.API, Stage: c.Stage}, c.ID, false, func(s shorten) any { return h.eventOf(r, s) })
	}
}

// Push passes on that a backend has called @connections.
func (h *Hub) Push(p *Push) {
	if h.Recorder != nil {
		h.Recorder(pushOf(p, wholly))
	}
	if h.watching.Load() != nil {
		h.pass(&p.Stage, p.Connection, false, func(s shorten) any { return pushOf(p, s) })
	}
}

// pass makes an object of what happened, or of a line of a function, if somebody wants it.
func (h *Hub) pass(stage *gateway.StageKey, connection gateway.ConnectionID, line bool, shown func(shorten) any) {
	var short, whole []byte
	for _, s := range h.all() {
		if line && s.filter.Silent || !s.filter.takes(stage, connection) {
			continue
		}
		text, cut := &short, shorten(briefly)
		if s.filter.Whole {
			text, cut = &whole, wholly
		}
		if *text == nil {
			*text, _ = json.Marshal(shown(cut)) // texts and numbers always marshal
		}
		select {
		case s.Events <- *text:
		default:
			s.missed.Add(1)
		}
	}
}
