package gangwaytest

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"
)

// Event is something that happened, as the server has recorded it. Bodies are whole; one that is no text is in base64 behind
// "(base64) ".
type Event struct {
	Number       int64     `json:"number"`
	Time         time.Time `json:"time"`
	Type         string    `json:"type"` // CONNECT, MESSAGE, DISCONNECT or PUSH
	API          string    `json:"apiId"`
	Stage        string    `json:"stage"`
	Connection   string    `json:"connectionId"`
	RequestID    string    `json:"requestId"`
	RouteKey     string    `json:"routeKey"`
	Message      string    `json:"message"` // from the client, or of a PUSH to it
	Status       int       `json:"status"`
	Reply        string    `json:"reply"`
	ErrorMessage string    `json:"errorMessage"` // as the client was told it
	Error        string    `json:"error"`        // what was wrong
	CloseStatus  int       `json:"closeStatus"`
	CloseReason  string    `json:"closeReason"`

	Authorizer  *Step `json:"authorizer"`
	Integration *Step `json:"integration"` // the call of the backend
}

// Step is a call that the gateway made.
type Step struct {
	Method   string   `json:"method"`
	URI      string   `json:"uri"`
	Header   []string `json:"header"`
	Body     string   `json:"body"`
	Status   int      `json:"status"`
	Response string   `json:"response"`
	Error    string   `json:"error"`
}

// Connection is one that is open.
type Connection struct {
	ID           string    `json:"connectionId"`
	API          string    `json:"apiId"`
	Stage        string    `json:"stage"`
	ConnectedAt  time.Time `json:"connectedAt"`
	LastActiveAt time.Time `json:"lastActiveAt"`
}

// recorded is an answer of /events.
type recorded struct {
	Events []Event
	Next   int64
}

// Events are those recorded since the one with a number, or since the beginning: the last reset.
func (s *Server) Events(since int64) []Event {
	s.helper()
	var found recorded
	s.must(http.MethodGet, "/events?since="+strconv.FormatInt(since, 10), nil, &found)
	return found.Events
}

// awaitTime is how long Await waits, if the test may take so long.
const awaitTime = 30 * time.Second

// Await waits for an event, which may have happened before, and fails the test if it does not come in 30 s.
func (s *Server) Await(tb testing.TB, wanted func(Event) bool) Event {
	tb.Helper()
	deadline := time.Now().Add(awaitTime)
	seen := 0
	for since := int64(0); time.Now().Before(deadline); {
		var found recorded
		if err := s.call(http.MethodGet, fmt.Sprintf("/events?wait=1s&since=%d", since), nil, &found); err != nil {
			tb.Fatal(err)
		}
		for _, e := range found.Events {
			if seen++; wanted(e) {
				return e
			}
		}
		since = found.Next
	}
	tb.Fatalf("the event did not come in %s; %d others did", awaitTime, seen)
	return Event{}
}

// Connections are those that are open.
func (s *Server) Connections() []Connection {
	s.helper()
	var found struct{ Connections []Connection }
	s.must(http.MethodGet, "/connections", nil, &found)
	return found.Connections
}

// Push sends data to a client, as a backend does by @connections. Its errors are an [Error]: 410 or 404 if the connection is gone,
// 429 if the client does not take what waits for it.
func (s *Server) Push(connection string, data []byte) error {
	return s.call(http.MethodPost, "/connections/"+url.PathEscape(connection), data, nil)
}

// Drop loses a connection, as if the client had vanished: $disconnect is told 1006.
func (s *Server) Drop(connection string) { s.helper(); s.disrupt(connection, "drop") }

// Stall has a client take nothing of what is sent to it, until Resume.
func (s *Server) Stall(connection string) { s.helper(); s.disrupt(connection, "stall") }

// Resume ends a Stall: what waits is sent.
func (s *Server) Resume(connection string) { s.helper(); s.disrupt(connection, "resume") }

func (s *Server) disrupt(connection, kind string) {
	s.helper()
	s.must(http.MethodPost, "/connections/"+url.PathEscape(connection)+"/fault", map[string]string{"kind": kind}, nil)
}

// FaultKind is a way in which a backend fails.
type FaultKind string

// The kinds of faults.
const (
	Refuse  FaultKind = "refuse"  // nobody listens where the backend should be
	Delay   FaultKind = "delay"   // it is called late
	Timeout FaultKind = "timeout" // it does not answer in time
	Failure FaultKind = "error"   // it answers 500, or what Status says; a function ends with an error
	Answer  FaultKind = "answer"  // it is not called, and answers Status, 200, and Body
)

// Fault is something that happens to calls of backends: to all, or to those that match.
type Fault struct {
	API, Stage, Route, Integration string // which calls; Route is a key

	Kind   FaultKind
	Delay  time.Duration // before it happens
	Status int
	Body   string
	Times  int // how often; 0: until it is removed
}

// Fault has something happen to calls of backends from now on. The first of several that match happens.
func (s *Server) Fault(f Fault) (id string) {
	s.helper()
	asked := map[string]any{
		"match": map[string]string{"api": f.API, "stage": f.Stage, "route": f.Route, "integration": f.Integration},
		"kind":  f.Kind, "times": f.Times, "status": f.Status,
	}
	if f.Delay > 0 {
		asked["delay"] = f.Delay.String()
	}
	if f.Body != "" {
		asked["body"] = f.Body
	}
	var made struct{ ID string }
	s.must(http.MethodPost, "/faults", asked, &made)
	return made.ID
}

// RemoveFault has backends be called again.
func (s *Server) RemoveFault(id string) {
	s.helper()
	s.must(http.MethodDelete, "/faults/"+url.PathEscape(id), nil, nil)
}
