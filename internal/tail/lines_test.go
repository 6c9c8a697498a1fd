package tail_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/tail"
)

// TestLines: a line is passed on to who watches the API, stage and connection of the event that has caused it, and to nobody else.
func TestLines(t *testing.T) {
	var h tail.Hub
	event := record("prod", "c1", "hello").Event
	if trace := h.Trace(event); trace != "" {
		t.Errorf("nobody watches, and the trace is %q", trace)
	}
	all, one, silent := h.Subscribe(tail.Filter{API: "a"}), h.Subscribe(tail.Filter{API: "a", Connection: "c1"}), h.Subscribe(tail.Filter{API: "a", Silent: true})
	other, stage := h.Subscribe(tail.Filter{API: "a", Connection: "c2"}), h.Subscribe(tail.Filter{API: "a", Stage: "dev"})
	trace := h.Trace(event)
	if !strings.HasPrefix(trace, "Root=1-") || !strings.Contains(trace, ";Parent=") || trace == h.Trace(event) {
		t.Errorf("the trace is %q", trace)
	}
	long := strings.Repeat("x", 5000)
	for _, l := range []tail.Line{
		{Function: "f", RequestID: "i1", Trace: trace, Text: "first", Time: time.Unix(2, 0)},
		{Function: "f", RequestID: "i1", Trace: trace, Text: long, Platform: true},
		{Function: "f", RequestID: "i2", Trace: "Root=1-another", Text: "of nobody"},
		{Function: "f", Text: "of nothing"},
	} {
		h.Log(&l)
	}
	for name, got := range map[string][2]int{
		"all": {len(all.Events), 2}, "one": {len(one.Events), 2}, "silent": {len(silent.Events), 0}, "other": {len(other.Events), 0}, "stage": {len(stage.Events), 0},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: got %d lines, want %d", name, got[0], got[1])
		}
	}
	var e tail.Event
	text := <-all.Events
	if err := json.Unmarshal(text, &e); err != nil {
		t.Fatal(err)
	}
	want := tail.Event{
		Time: e.Time, Type: tail.Log, API: "a", Stage: "prod", Connection: "c1", RequestID: "i1", Cause: "r", Function: "f", Line: "first",
	}
	if e != want || !e.Time.Equal(time.Unix(2, 0)) {
		t.Errorf("got %s", text)
	}
	if text := <-all.Events; len(text) > 4500 || !strings.Contains(string(text), `"platform":true`) {
		t.Errorf("a long line takes %d bytes", len(text))
	}
}

// TestLinesRecorded: a recorder gets no lines, and nothing is kept for it to know whose they would be.
func TestLinesRecorded(t *testing.T) {
	h := tail.Hub{Recorder: func(e *tail.Event) { t.Errorf("got %+v", e) }}
	trace := h.Trace(record("prod", "c", "x").Event)
	if trace != "" {
		t.Errorf("the trace is %q", trace)
	}
	h.Log(&tail.Line{Trace: trace, Text: "caused"})
	h.Log(&tail.Line{Text: "for itself"})
}

// TestManyLines: the events behind invocations are remembered up to a limit, the latest ones.
func TestManyLines(t *testing.T) {
	var h tail.Hub
	s := h.Subscribe(tail.Filter{API: "a"})
	defer s.Close()
	event := record("prod", "c", "x").Event
	first := h.Trace(event)
	for range 4095 {
		h.Trace(event)
	}
	h.Log(&tail.Line{Trace: first, Text: "x"})
	latest := h.Trace(event)
	h.Log(&tail.Line{Trace: first, Text: "x"})
	h.Log(&tail.Line{Trace: latest, Text: "x"})
	if len(s.Events) != 2 {
		t.Errorf("%d lines were passed on", len(s.Events))
	}
}

// TestLinesOff: nobody watching costs no memory.
func TestLinesOff(t *testing.T) {
	var h tail.Hub
	event, line := &gateway.Event{Connection: &gateway.Connection{API: "a", Stage: "prod"}}, &tail.Line{Trace: "Root=1", Text: "x"}
	if n := testing.AllocsPerRun(100, func() { h.Trace(event); h.Log(line) }); n > 0 {
		t.Errorf("%v allocations for a line", n)
	}
}
