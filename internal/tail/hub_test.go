package tail_test

import (
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/tail"
)

func record(stage string, connection gateway.ConnectionID, body string) *gateway.Record {
	return &gateway.Record{
		Event: &gateway.Event{
			Type: gateway.EventMessage, RequestID: "r", RouteKey: "$default", Time: time.Unix(1, 0), Body: []byte(body),
			Connection: &gateway.Connection{ID: connection, API: "a", Stage: stage, Identity: &gateway.Identity{APIKey: "APIKEY"}},
		},
		Status: 200, Latency: 1500 * time.Microsecond, Err: errors.New("why"),
		Integration: &gateway.IntegrationRecord{Status: 200, Latency: time.Millisecond},
		Detail: &gateway.Detail{
			Selection: "x", URI: "http://b/", Method: "POST", Body: []byte("sent APIKEY"), Response: []byte{0xff}, Reply: []byte("reply"),
			Header: gateway.Params{{Name: "Cookie", Value: "secret"}, {Name: "X-A", Value: "1"}},
		},
	}
}

func TestWatch(t *testing.T) {
	h := tail.Hub{Discreet: func(_ *gateway.Event, err error) string { return err.Error() }}
	prod := gateway.StageKey{API: "a", Stage: "prod"}
	if h.Detail(prod) {
		t.Error("details are wanted although nobody watches")
	}
	all, stage, one := h.Subscribe(tail.Filter{API: "a"}), h.Subscribe(tail.Filter{API: "a", Stage: "prod"}), h.Subscribe(tail.Filter{API: "a", Connection: "c2"})
	other := h.Subscribe(tail.Filter{API: "b"})
	if !h.Detail(prod) || !h.Detail(gateway.StageKey{API: "a", Stage: "dev"}) || h.Detail(gateway.StageKey{API: "c"}) {
		t.Error("details are not wanted as they should be")
	}
	h.Observe(record("prod", "c1", "hello"))
	h.Observe(record("dev", "c2", strings.Repeat("é", 3000)))
	h.Push(&tail.Push{Stage: prod, Connection: "c2", Method: "POST", Status: 410, Data: []byte("hello")})
	for name, got := range map[string][2]int{"all": {len(all.Events), 3}, "stage": {len(stage.Events), 2}, "one": {len(one.Events), 2}, "other": {len(other.Events), 0}} {
		if got[0] != got[1] {
			t.Errorf("%s: got %d events, want %d", name, got[0], got[1])
		}
	}
	var e tail.Event
	text := <-all.Events
	if err := json.Unmarshal(text, &e); err != nil {
		t.Fatal(err)
	}
	if e.Message != "hello" || e.Selection != "x" || e.Millis != 1.5 || e.Error != "why" || e.Reply != "reply" || e.Integration.Response != "(base64) /w==" ||
		e.Integration.URI != "http://b/" || e.Integration.Body != "sent ***" {
		t.Errorf("got %s", text)
	}
	if strings.Contains(string(text), "secret") {
		t.Errorf("a secret is shown: %s", text)
	}
	if strings.Contains(string(text), "APIKEY") {
		t.Errorf("an API key is shown: %s", text)
	}
	if text := <-all.Events; len(text) > 6000 || !strings.Contains(string(text), "…") {
		t.Errorf("a long body takes %d bytes", len(text))
	}
	for _, s := range []*tail.Subscription{all, stage, one, other} {
		s.Close()
	}
	if h.Detail(prod) {
		t.Error("details are wanted although everybody has left")
	}
}

// TestWhole: a recorder, and who asks for it, gets whole bodies of every API, and what was pushed.
func TestWhole(t *testing.T) {
	var recorded []*tail.Event
	h := tail.Hub{Recorder: func(e *tail.Event) { recorded = append(recorded, e) }}
	if !h.Detail(gateway.StageKey{API: "any"}) {
		t.Error("details are not wanted")
	}
	long := strings.Repeat("x", 100_000)
	whole, short := h.Subscribe(tail.Filter{API: "a", Whole: true}), h.Subscribe(tail.Filter{API: "a"})
	h.Observe(record("prod", "c", long))
	h.Push(&tail.Push{Stage: gateway.StageKey{API: "b"}, Connection: "d", Method: "POST", Status: 200, Data: []byte{0xff}})
	if len(recorded) != 2 || recorded[0].Message != long || recorded[1].Message != tail.Binary+"/w==" {
		t.Errorf("got %d events", len(recorded))
	}
	if got := len(<-whole.Events); got < len(long) {
		t.Errorf("a whole event has %d bytes", got)
	}
	if got := len(<-short.Events); got > 6000 {
		t.Errorf("a short event has %d bytes", got)
	}
}

// TestSlow: nothing waits for a watcher that does not take what there is.
func TestSlow(t *testing.T) {
	var h tail.Hub
	s := h.Subscribe(tail.Filter{API: "a"})
	defer s.Close()
	for range 1000 {
		h.Observe(record("prod", "c", "x"))
	}
	if got := int64(len(s.Events)) + s.Missed(); got != 1000 || s.Missed() != 0 {
		t.Errorf("%d events are accounted for", got)
	}
}

func TestHammer(t *testing.T) {
	var h tail.Hub
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 300 {
				s := h.Subscribe(tail.Filter{API: "a"})
				h.Observe(record("prod", "c", "x"))
				<-s.Events
				s.Close()
			}
		})
	}
	all.Wait()
	if h.Detail(gateway.StageKey{API: "a"}) {
		t.Error("somebody still watches")
	}
}

// TestOff: nobody watching costs no memory.
func TestOff(t *testing.T) {
	var h tail.Hub
	r, stage := record("prod", "c", "x"), gateway.StageKey{API: "a", Stage: "prod"}
	if n := testing.AllocsPerRun(100, func() { h.Observe(r); h.Detail(stage) }); n > 0 {
		t.Errorf("%v allocations for an event", n)
	}
}

func BenchmarkOff(b *testing.B) {
	var h tail.Hub
	r := record("prod", "c", "x")
	b.ReportAllocs()
	for b.Loop() {
		h.Observe(r)
	}
}

func BenchmarkOn(b *testing.B) {
	var h tail.Hub
	s := h.Subscribe(tail.Filter{API: "a"})
	defer s.Close()
	r := record("prod", "c", "x")
	b.ReportAllocs()
	for b.Loop() {
		h.Observe(r)
		<-s.Events
	}
}
