package edge

import (
	"log/slog"
	"maps"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/program"
)

// Stages says what runs on each stage, for one [Server]. A reader takes no lock.
type Stages struct {
	byKey atomic.Pointer[map[gateway.StageKey]*Stage] // a map never changes once it is here

	mu   sync.Mutex // one writer at a time
	gone []func(*Stage)
}

// Stage is a stage as its connections see it: the program of the day, and what must outlive it.
type Stage struct {
	key gateway.StageKey
	// program is the last one that was set; it stays when the stage goes, because $disconnect is still to be told.
	program  atomic.Pointer[program.Program]
	settings atomic.Pointer[configured]
	removed  atomic.Bool
	open     atomic.Int64 // connections
	// What runs for its connections; the pools of the server guard them.
	messages, farewells, decisions crew
	warnings, errors               loudness
}

// loudness is when something was last said aloud in the log. What a client can cause it can cause at any rate, so of each
// stage only the first failure in a while is told at its level, and the rest to whoever debugs.
type loudness struct{ at atomic.Int64 }

const quietFor = 10 * time.Second

// level is the level for a failure that should be told at a level.
func (s *Stage) level(wanted slog.Level, now time.Time) slog.Level {
	said := &s.warnings
	switch wanted {
	case slog.LevelError:
		said = &s.errors
	case slog.LevelWarn:
	default:
		return wanted
	}
	last := said.at.Load()
	if now.UnixNano()-last < int64(quietFor) || !said.at.CompareAndSwap(last, now.UnixNano()) {
		return slog.LevelDebug
	}
	return wanted
}

// NewStages makes an empty set.
func NewStages() *Stages {
	s := new(Stages)
	s.byKey.Store(&map[gateway.StageKey]*Stage{})
	return s
}

// Set makes p the program of a stage, and these its settings, from the next message on. With a nil p the stage is gone: its
// connections are closed with 1001, and their $disconnect is the last thing that the last program does.
func (s *Stages) Set(key gateway.StageKey, p *program.Program, settings Settings) {
	s.mu.Lock()
	defer s.mu.Unlock()
	stage := s.find(key)
	if stage != nil && p != nil {
		stage.configure(settings)
		stage.program.Store(p)
		return
	}
	if stage == nil && p == nil {
		return
	}
	stages := maps.Clone(*s.byKey.Load())
	if p == nil {
		delete(stages, key)
		s.byKey.Store(&stages)
		stage.removed.Store(true)
		for _, tell := range s.gone {
			tell(stage)
		}
		return
	}
	stage = &Stage{key: key}
	stage.configure(settings)
	stage.program.Store(p)
	stages[key] = stage
	s.byKey.Store(&stages)
}

// configure gives a stage its settings. One writer at a time.
func (s *Stage) configure(settings Settings) {
	next := &configured{Settings: settings}
	var before rates
	if old := s.settings.Load(); old != nil {
		before = old.rates
	}
	next.rates = before.with(&settings)
	s.settings.Store(next)
}

// Open says whether a stage is there and may be reached by this name: an API can forbid its execute-api name, and leave only
// custom ones.
func (s *Stages) Open(a gateway.Address) bool { return s.open(a) != nil }

func (s *Stages) open(a gateway.Address) *Stage {
	stage := s.find(a.Stage)
	if stage == nil || !a.Custom && !stage.program.Load().ExecuteAPI() {
		return nil
	}
	return stage
}

// missing says for operators why nothing is reached by an address.
func (s *Stages) missing(a gateway.Address, ok bool) string {
	stage := s.find(a.Stage)
	switch {
	case !ok:
		return "the path names no API and stage"
	case a.Custom && a.Stage == gateway.StageKey{}:
		return "the custom domain has no mapping for the path"
	case stage == nil:
		return "there is no API " + strconv.Quote(a.Stage.API) + " with a stage " + strconv.Quote(a.Stage.Stage) + " that has a deployment, or it cannot be run"
	case len(a.Path) > 0:
		return "the path goes on after the stage"
	default:
		return "the API has disableExecuteApiEndpoint, and the host is no custom domain of it"
	}
}

// Connections are how many are open on each stage.
func (s *Stages) Connections() map[gateway.StageKey]int {
	stages := *s.byKey.Load()
	counts := make(map[gateway.StageKey]int, len(stages))
	for key, stage := range stages {
		counts[key] = int(stage.open.Load())
	}
	return counts
}

// WhenGone has a function told of each stage that goes.
func (s *Stages) WhenGone(tell func(gateway.StageKey)) {
	s.whenGone(func(stage *Stage) { tell(stage.key) })
}

func (s *Stages) find(key gateway.StageKey) *Stage { return (*s.byKey.Load())[key] }

// whenGone registers who is told of a stage that goes, after no new connection can find it.
func (s *Stages) whenGone(tell func(*Stage)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone = append(s.gone, tell)
}
