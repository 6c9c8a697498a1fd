package metrics

import (
	"maps"
	"slices"
	"strings"
	"time"

	"gangway/internal/gateway"
)

// APIFigures are what was counted of the stages of an API since the start, and how many connections are open.
type APIFigures struct {
	Connections int    `json:"connections"`
	MessagesIn  uint64 `json:"messagesIn"`
	MessagesOut uint64 `json:"messagesOut"`
	Errors      uint64 `json:"errors"` // of all three kinds
}

// StageFigures are the numbers of a stage.
type StageFigures struct {
	StageName   string         `json:"stageName"`
	Connections int            `json:"connections"`
	History     []Interval     `json:"history"`
	Routes      []RouteFigures `json:"routes"`
}

// Interval is what happened on a stage within some seconds up to a time: differences, not sums. Connections are those that were
// open at the end, Connects the handshakes that became connections, and the quantiles those of gangway_event_latency_seconds.
type Interval struct {
	Time              time.Time `json:"time"`
	Connections       int       `json:"connections"`
	MessagesIn        uint64    `json:"messagesIn"`
	MessagesOut       uint64    `json:"messagesOut"`
	Connects          uint64    `json:"connects"`
	ClientErrors      uint64    `json:"clientErrors"`
	IntegrationErrors uint64    `json:"integrationErrors"`
	ExecutionErrors   uint64    `json:"executionErrors"`
	P50Millis         float64   `json:"p50Millis"`
	P99Millis         float64   `json:"p99Millis"`
}

// RouteFigures are what was counted of a route since the start.
type RouteFigures struct {
	RouteKey          string  `json:"routeKey"`
	MessagesIn        uint64  `json:"messagesIn"`
	MessagesOut       uint64  `json:"messagesOut"`
	ClientErrors      uint64  `json:"clientErrors"`
	IntegrationErrors uint64  `json:"integrationErrors"`
	ExecutionErrors   uint64  `json:"executionErrors"`
	Throttled         uint64  `json:"throttled"`
	Latency           Latency `json:"latency"`
}

// Latency is how long events took.
type Latency struct {
	Count     uint64  `json:"count"`
	P50Millis float64 `json:"p50Millis"`
	P90Millis float64 `json:"p90Millis"`
	P99Millis float64 `json:"p99Millis"`
}

// APIs are the figures of each API of which a stage is there. Of stages that had no room for numbers of their own, only the
// connections are known.
func (m *Metrics) APIs() map[string]APIFigures {
	open, stages := m.connections(), m.all()
	all := map[string]APIFigures{}
	for key, n := range open {
		f := all[key.API]
		f.Connections += n
		if s := stages[labels(key)]; s != nil {
			sum := s.total()
			f.MessagesIn += sum.in
			f.MessagesOut += sum.out
			f.Errors += sum.clientErrors + sum.integrationErrors + sum.executionErrors
		}
		all[key.API] = f
	}
	return all
}

// Stages are the figures of the stages of an API that are there, by name; of the one that is named, or of all if none is.
func (m *Metrics) Stages(api, name string) []StageFigures {
	figures := []StageFigures{}
	stages := m.all()
	for key, n := range m.connections() {
		if key.API != api || name != "" && key.Stage != name {
			continue
		}
		f := StageFigures{StageName: key.Stage, Connections: n, History: m.history.of(labels(key)), Routes: []RouteFigures{}}
		if s := stages[labels(key)]; s != nil {
			f.Routes = s.figures()
		}
		figures = append(figures, f)
	}
	slices.SortFunc(figures, func(a, b StageFigures) int { return strings.Compare(a.StageName, b.StageName) })
	return figures
}

// connections are those that are open, by stage.
func (m *Metrics) connections() map[gateway.StageKey]int {
	if m.cfg.Connections == nil {
		return nil
	}
	return m.cfg.Connections()
}

// of is the history of a stage, oldest first.
func (h *history) of(key gateway.StageKey) []Interval {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := []Interval{}
	r := h.stages[key]
	if r == nil {
		return all
	}
	for _, s := range r.all() {
		all = append(all, Interval{
			Time: time.Unix(s.at, 0).UTC(), Connections: int(s.connections),
			MessagesIn: uint64(s.in), MessagesOut: uint64(s.out), Connects: uint64(s.connects),
			ClientErrors: uint64(s.clientErrors), IntegrationErrors: uint64(s.integrationErrors),
			ExecutionErrors: uint64(s.executionErrors), P50Millis: float64(s.p50) / 1000, P99Millis: float64(s.p99) / 1000,
		})
	}
	return all
}

// figures are those of the routes of a stage, by key.
func (s *stage) figures() []RouteFigures {
	routes := *s.routes.Load()
	all := make([]RouteFigures, 0, len(routes))
	for _, key := range slices.Sorted(maps.Keys(routes)) {
		all = append(all, routes[key].figures(key))
	}
	return all
}

func (t *route) figures(key string) RouteFigures {
	latency := t.latency.load()
	return RouteFigures{
		RouteKey: key, MessagesIn: t.in.Load(), MessagesOut: t.out.Load(), ClientErrors: t.clientErrors.Load(),
		IntegrationErrors: t.integrationErrors.Load(), ExecutionErrors: t.executionErrors.Load(), Throttled: t.throttled.Load(),
		Latency: Latency{
			Count: latency.count(), P50Millis: millis(latency.quantile(0.5)),
			P90Millis: millis(latency.quantile(0.9)), P99Millis: millis(latency.quantile(0.99)),
		},
	}
}
