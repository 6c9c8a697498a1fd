package testserver

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/integration"
)

// fault is a fault of backends as a test asks for it. It happens to the calls that match; with several, the one that was asked for
// first, until it has happened often enough.
type fault struct {
	ID     string                `json:"id"`
	Match  match                 `json:"match"`
	Kind   integration.FaultKind `json:"kind"`
	Delay  string                `json:"delay,omitempty"`
	Status int                   `json:"status,omitempty"`
	Body   json.RawMessage       `json:"body,omitempty"`  // a text is that text, anything else is sent as it is
	Times  int                   `json:"times,omitempty"` // 0: until it is deleted
	Hits   int                   `json:"hits"`            // how often it has happened

	made integration.Fault
}

// match says which calls a fault is about. Empty members stand for all.
type match struct {
	API         string `json:"api,omitempty"`
	Stage       string `json:"stage,omitempty"`
	Route       string `json:"route,omitempty"` // its key
	Integration string `json:"integration,omitempty"`
}

func (m *match) takes(stage gateway.StageKey, id string, ev *gateway.Event) bool {
	same := func(wanted, got string) bool { return wanted == "" || wanted == got }
	return same(m.API, stage.API) && same(m.Stage, stage.Stage) && same(m.Route, ev.RouteKey) && same(m.Integration, id)
}

// faults are those that may happen.
type faults struct {
	mu   sync.Mutex // guards what follows
	all  []*fault
	made int
}

// find is the fault of a call, counted; nil: the backend is called.
func (f *faults) find(stage gateway.StageKey, id string, ev *gateway.Event) *integration.Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, one := range f.all {
		if (one.Times == 0 || one.Hits < one.Times) && one.Match.takes(stage, id, ev) {
			one.Hits++
			return &one.made
		}
	}
	return nil
}

// listed are the faults, those that will not happen any more too.
type listed struct {
	Faults []fault `json:"faults"`
}

func (f *faults) list() listed {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := listed{Faults: make([]fault, len(f.all))}
	for i, one := range f.all {
		all.Faults[i] = *one
	}
	return all
}

func (f *faults) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all = nil
}

// mostFaults is how many there may be.
const mostFaults = 1000

func (s *Server) addFault(r *http.Request) (any, error) {
	one := new(fault)
	if err := read(r, one); err != nil {
		return nil, err
	}
	if err := one.compile(); err != nil {
		return nil, err
	}
	f := s.faults
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.all) >= mostFaults {
		return nil, gateway.Errorf(gateway.ErrConflict, "there are %d faults already", mostFaults)
	}
	f.made++
	one.ID, one.Hits = fmt.Sprintf("f%d", f.made), 0
	f.all = append(f.all, one)
	return *one, nil
}

// compile checks a fault.
func (f *fault) compile() error {
	f.made = integration.Fault{Kind: f.Kind, Status: f.Status, Body: f.Body}
	var text string
	if json.Unmarshal(f.Body, &text) == nil {
		f.made.Body = []byte(text)
	}
	var err error
	if f.Delay != "" {
		f.made.Delay, err = time.ParseDuration(f.Delay)
	}
	answers := f.Kind == integration.FaultAnswer || f.Kind == integration.FaultError
	switch {
	case !slices.Contains([]integration.FaultKind{
		integration.FaultRefuse, integration.FaultDelay, integration.FaultTimeout, integration.FaultError, integration.FaultAnswer,
	}, f.Kind):
		return gateway.Errorf(gateway.ErrInvalid, "kind: expected refuse, delay, timeout, error or answer, got %.40q", f.Kind)
	case err != nil || f.made.Delay < 0 || f.Kind == integration.FaultDelay && f.made.Delay == 0:
		return gateway.Errorf(gateway.ErrInvalid, "delay: expected a time such as 3s, got %.40q", f.Delay)
	case !answers && (f.Status != 0 || len(f.Body) > 0):
		return gateway.Errorf(gateway.ErrInvalid, "status and body are for kind error and answer, not for %s", f.Kind)
	case f.Status != 0 && (f.Status < 100 || f.Status > 599):
		return gateway.Errorf(gateway.ErrInvalid, "status: expected 100 to 599, got %d", f.Status)
	case f.Times < 0:
		return gateway.Errorf(gateway.ErrInvalid, "times: expected 0, for always, or more, got %d", f.Times)
	}
	return nil
}

func (s *Server) removeFault(r *http.Request) (any, error) {
	f, id := s.faults, r.PathValue("id")
	f.mu.Lock()
	defer f.mu.Unlock()
	at := slices.IndexFunc(f.all, func(one *fault) bool { return one.ID == id })
	if at < 0 {
		return nil, gateway.Errorf(gateway.ErrNotFound, "there is no fault %.40q", id)
	}
	f.all = slices.Delete(f.all, at, at+1)
	return nil, nil
}
