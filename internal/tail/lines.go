package tail

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"sync"
	"time"

	"gangway/internal/gateway"
)

// Line is a line that a function has written, or that its host has of it.
type Line struct {
	Function  string
	RequestID string // of the invocation; empty: it has not begun
	Trace     string // of the invocation, which [Hub.Trace] may have given it
	Text      string
	Time      time.Time
	Platform  bool // the function did not write it: START, END, REPORT, what went wrong around it
}

// origin is the event that has caused an invocation.
type origin struct {
	stage      gateway.StageKey
	connection gateway.ConnectionID
	event      string // its request id
}

// traced is how many invocations are remembered: a function may write for as long as it runs, and what it has answered goes on
// being its own for a while.
const traced = 4096

// origins are the events behind the latest invocations, by trace.
type origins struct {
	mu    sync.Mutex // guards what follows
	known map[string]origin
	order []string // a ring of traces
	next  int      // where the next one goes
}

func (o *origins) add(trace string, from origin) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.known == nil {
		o.known, o.order = map[string]origin{}, make([]string, traced)
	}
	delete(o.known, o.order[o.next])
	o.known[trace], o.order[o.next] = from, trace
	o.next = (o.next + 1) % traced
}

func (o *origins) find(trace string) (found origin, known bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	found, known = o.known[trace]
	return found, known
}

// lines says whether somebody wants to see what functions write on a stage.
func (h *Hub) lines(stage gateway.StageKey) bool {
	for _, s := range h.all() {
		if !s.filter.Silent && s.filter.API == stage.API && (s.filter.Stage == "" || s.filter.Stage == stage.Stage) {
			return true
		}
	}
	return false
}

// Trace is a trace for an invocation that an event causes ("Tracing header" in the AWS X-Ray developer guide), by which the lines that
// the function writes are known; empty if nobody wants to see them.
func (h *Hub) Trace(e *gateway.Event) string {
	c := e.Connection
	if c == nil || h.watching.Load() == nil {
		return ""
	}
	from := origin{gateway.StageKey{API: c.API, Stage: c.Stage}, c.ID, e.RequestID}
	if !h.lines(from.stage) {
		return ""
	}
	random := make([]byte, 20)
	_, _ = rand.Read(random) // never fails
	trace := fmt.Sprintf("Root=1-%08x-%s;Parent=%s;Sampled=0", time.Now().Unix(), hex.EncodeToString(random[:12]), hex.EncodeToString(random[12:]))
	h.origins.add(trace, from)
	return trace
}

// Log passes a line on to who watches the API whose event it was written for. A line that no event has caused, as far as is known, is
// for nobody.
func (h *Hub) Log(l *Line) {
	if h.watching.Load() == nil {
		return
	}
	if from, known := h.origins.find(l.Trace); known {
		h.pass(&from.stage, from.connection, true, func(s shorten) any { return from.eventOf(l, s) })
	}
}

// Log is the type of events that are lines.
const Log = "LOG"

func (o *origin) eventOf(l *Line, cut shorten) *Event {
	return &Event{
		Time: l.Time, Type: Log, API: o.stage.API, Stage: o.stage.Stage, Connection: string(o.connection),
		RequestID: l.RequestID, Cause: o.event, Function: l.Function, Line: cut([]byte(l.Text)), Platform: l.Platform,
	}
}
