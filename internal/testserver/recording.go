package testserver

import (
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/tail"
)

// What a recording keeps at most; the oldest goes first.
const (
	mostEvents = 10_000
	mostBytes  = 64 << 20 // of bodies
)

// event is one that was recorded; the first is 1.
type event struct {
	Number int64 `json:"number"`
	*tail.Event
}

// recording is what has happened, in order.
type recording struct {
	mu      sync.Mutex // guards what follows
	events  []event
	bytes   int
	last    int64         // number of the latest event
	dropped int64         // events that were forgotten for want of room since the last clear
	more    chan struct{} // closed when there is more; nil: nobody waits
	closed  bool
}

func newRecording() *recording { return &recording{} }

// add records an event.
func (r *recording) add(e *tail.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last++
	r.events = append(r.events, event{r.last, e})
	r.bytes += weight(e)
	for len(r.events) > mostEvents || r.bytes > mostBytes && len(r.events) > 1 {
		r.bytes -= weight(r.events[0].Event)
		r.events[0] = event{}
		r.events = r.events[1:]
		r.dropped++
	}
	r.tell()
}

// weight is about what an event takes.
func weight(e *tail.Event) int {
	n := len(e.Message) + len(e.Reply) + len(e.Error)
	if i := e.Integration; i != nil {
		n += len(i.Body) + len(i.Response)
	}
	return n
}

// tell wakes who waits. It needs mu.
func (r *recording) tell() {
	if r.more != nil {
		close(r.more)
		r.more = nil
	}
}

// clear forgets what has happened; numbers go on.
func (r *recording) clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events, r.bytes, r.dropped = nil, 0, 0
}

// close lets nobody wait any longer.
func (r *recording) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	r.tell()
}

// recorded is a part of a recording.
type recorded struct {
	Events  []event `json:"events"`
	Next    int64   `json:"next"`              // what since is to be to see what happens from here on
	Dropped int64   `json:"dropped,omitempty"` // how many of the oldest events were forgotten for want of room
}

// look has the events after a number that are wanted, and what is closed when there are more; nil: there will be none.
func (r *recording) look(since int64, wants func(*tail.Event) bool) (recorded, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	found := recorded{Events: []event{}, Next: r.last, Dropped: r.dropped}
	if len(r.events) > 0 {
		skip := max(0, since-r.events[0].Number+1)
		for _, e := range r.events[min(skip, int64(len(r.events))):] {
			if wants(e.Event) {
				found.Events = append(found.Events, e)
			}
		}
	}
	if r.closed {
		return found, nil
	}
	if r.more == nil {
		r.more = make(chan struct{})
	}
	return found, r.more
}

// longestWait is how long a request may wait for events.
const longestWait = time.Minute

// events answers with what has happened, and waits for something to.
func (s *Server) events(r *http.Request) (any, error) {
	query := r.URL.Query()
	since, err := number(query.Get("since"))
	if err != nil {
		return nil, err
	}
	var wait time.Duration
	if text := query.Get("wait"); text != "" {
		if wait, err = time.ParseDuration(text); err != nil || wait < 0 || wait > longestWait {
			return nil, gateway.Errorf(gateway.ErrInvalid, "wait: expected a time such as 5s, up to %s, got %.40q", longestWait, text)
		}
	}
	wants := wanted(query)
	enough := time.NewTimer(wait)
	defer enough.Stop()
	for {
		found, more := s.recording.look(since, wants)
		if len(found.Events) > 0 || more == nil {
			return found, nil
		}
		select {
		case <-more:
		case <-enough.C:
			found, _ := s.recording.look(since, wants)
			return found, nil
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
}

func number(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, gateway.Errorf(gateway.ErrInvalid, "since: expected the number of an event, got %.40q", text)
	}
	return n, nil
}

// wanted says which events a query asks for.
func wanted(query url.Values) func(*tail.Event) bool {
	return func(e *tail.Event) bool {
		for name, got := range map[string]string{"type": e.Type, "connection": e.Connection, "api": e.API, "stage": e.Stage} {
			if asked := query.Get(name); asked != "" && asked != got {
				return false
			}
		}
		return true
	}
}
