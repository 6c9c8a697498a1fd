package journal

import (
	"net/http"
	"sync/atomic"
	"time"

	"gangway/internal/gateway"
)

// StageLogs writes the logs of a stage by its settings. It does not change: when the settings do, there is to be a new one. It is
// safe for concurrent use, and a nil StageLogs writes nothing.
type StageLogs struct {
	journal   *Journal
	format    *Format // nil: no access log
	access    *group
	execution *group
	fallback  Execution
	routes    map[string]Execution
	refused   refusals
}

// NewStage compiles the settings of a stage. Identity sources are those of the authorizers of what is deployed on it: what they
// name is in no log. It returns nil where nothing is to be logged, or there is no journal to log in.
func NewStage(j *Journal, key gateway.StageKey, s *gateway.Stage, identitySources ...string) (*StageLogs, error) {
	if j == nil || !s.Logs() {
		return nil, nil
	}
	l := &StageLogs{journal: j, execution: newExecution(key), routes: make(map[string]Execution, len(s.RouteSettings))}
	l.compileLevels(s, newVeil(identitySources))
	if s.AccessLogSettings == nil {
		return l, nil
	}
	var err error
	if l.format, err = CompileFormat(s.AccessLogSettings.Format); err != nil {
		return nil, err
	}
	if l.access, err = newAccess(s.AccessLogSettings.DestinationARN, key); err != nil {
		return nil, err
	}
	l.access.style = l.format.style
	return l, nil
}

// compileLevels works out what is logged of each route that has settings of its own.
func (s *StageLogs) compileLevels(stage *gateway.Stage, v *veil) {
	all := stage.DefaultRouteSettings
	s.fallback = Execution{LevelOf(all.LoggingLevel), all.DataTraceEnabled, v}
	for key, own := range stage.RouteSettings {
		x := s.fallback
		if own.LoggingLevel != "" {
			x.Level = LevelOf(own.LoggingLevel)
		}
		if own.DataTraceEnabled != nil {
			x.Trace = *own.DataTraceEnabled
		}
		s.routes[key] = x
	}
}

func (s *StageLogs) of(routeKey string) Execution {
	if x, ok := s.routes[routeKey]; ok {
		return x
	}
	return s.fallback
}

// Detail says whether records of a route are to have their details.
func (s *StageLogs) Detail(routeKey string) bool {
	if s == nil {
		return false
	}
	x := s.of(routeKey)
	return x.Trace && x.Level == LevelInfo
}

// Observe logs a request. The record must have an event, with its connection.
func (s *StageLogs) Observe(r *gateway.Record) {
	if s == nil || r == nil || r.Event == nil || r.Event.Connection == nil || s.unlogged(r.Status) {
		return
	}
	buf, _ := s.journal.buffers.Get().(*[]byte)
	text := *buf
	if s.format != nil {
		text = s.format.Append(text[:0], r)
		s.journal.put(s.access, text)
	}
	if x := s.of(r.Event.RouteKey); x.Level != LevelOff {
		text = x.Append(text[:0], r)
		s.journal.put(s.execution, text)
	}
	const kept = 64 << 10
	if cap(text) <= kept {
		*buf = text[:0]
		s.journal.buffers.Put(buf)
	}
}

// unlogged says whether the service does not log a request: 413, and too many of 429. "Configure logging for WebSocket APIs".
func (s *StageLogs) unlogged(status int) bool {
	return status == http.StatusRequestEntityTooLarge ||
		status == http.StatusTooManyRequests && s.refused.excessive(time.Now())
}

// refusals counts what was refused in a second: the upper bits are the second, the lower ones how many.
type refusals struct{ state atomic.Uint64 }

// maxRefusals is how many answers of 429 are logged in a second.
const maxRefusals = 10

func (r *refusals) excessive(now time.Time) bool {
	const bits = 8
	second := uint64(now.Unix()) << bits
	for {
		old := r.state.Load()
		next := max(old, second)
		if next&(1<<bits-1) >= maxRefusals {
			return true
		}
		if r.state.CompareAndSwap(old, next+1) {
			return false
		}
	}
}
