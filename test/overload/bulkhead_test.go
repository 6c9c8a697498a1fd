//go:build linux

package overload_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
)

// hanging is a backend that answers when it is told to.
type hanging struct {
	*httptest.Server
	under   atomic.Int64 // requests that wait
	release func()
}

// hang starts a backend that hangs.
func hang(t *testing.T) *hanging {
	t.Helper()
	hold := make(chan struct{})
	h := &hanging{release: sync.OnceFunc(func() { close(hold) })}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		h.under.Add(1)
		defer h.under.Add(-1)
		select {
		case <-hold:
			_, _ = io.WriteString(w, "late")
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(func() {
		h.release()
		h.Close()
	})
	return h
}

// TestBulkhead: 2,000 messages wait for a backend that hangs. Those of other routes of the same API, to another backend and to
// none, are answered as before; how many goroutines wait is bounded; and in the end every one of the 2,000 is answered.
func TestBulkhead(t *testing.T) {
	const senders, each, workersOfNode = 125, 16, 4096
	for _, engine := range engines(t) {
		t.Run(engine.name, func(t *testing.T) {
			slow := hang(t)
			quick := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "quick") }))
			t.Cleanup(quick.Close)
			s := start(t, engine.flags...).define(t, nil, echoing, route{key: "slow", uri: slow.URL, template: "1"}, route{key: "quick", uri: quick.URL, template: "1"})
			before := s.rest(t)
			waiting, others := s.gather(t, senders, visitor{}), s.gather(t, 50, visitor{})
			alone := others.mixed(t)
			words := ""
			for range each {
				words += frame(text, `{"action":"slow"}`)
			}
			must(t, spread(senders, func(i int) error { return waiting[i].write(words) }))
			// Its share of the places is taken, some messages wait for one, and the connections of those are not read any more.
			var running, queued int
			if !eventually(func() bool {
				running = s.count(t, "gangway_queue_running", `queue="messages"`)
				queued = s.count(t, "gangway_queue_waiting", `queue="messages"`)
				return slow.under.Load() == int64(running) && queued > 0
			}) {
				t.Errorf("%d messages run, %d are at the backend that hangs, %d wait", running, slow.under.Load(), queued)
			}
			now := s.figures(t)
			t.Logf("of %d messages %d are at the backend and %d wait; %d goroutines, %d before", senders*each, running, queued, now.goroutines, before.goroutines)
			// An integration takes a third of the places; a call has three goroutines, its own and two of its connection.
			if limit := before.goroutines + 3*(workersOfNode/3+workersOfNode/512) + 2*(senders+len(others)) + 100; now.goroutines > limit {
				t.Errorf("%d goroutines, more than %d", now.goroutines, limit)
			}
			compare(t, alone, others.mixed(t), 1.2)
			slow.release()
			if err := spread(senders, func(i int) error {
				for answered := range each {
					got, err := waiting[i].hear()
					if err = wants("late", got, err); err != nil {
						return fmt.Errorf("answer %d: %w", answered, err)
					}
				}
				return nil
			}); err != nil {
				t.Errorf("messages that waited: %v", err)
			}
			for _, c := range append(waiting, others...) {
				c.drop()
			}
			slow.CloseClientConnections()
			quick.CloseClientConnections()
			s.settle(t, before)
		})
	}
}

// mixed has each of a crowd ask two routes, some times over.
func (c crowd) mixed(t *testing.T) *times {
	t.Helper()
	into := new(times)
	for number := range 20 {
		must(t, c.round(number, into))
		must(t, spread(len(c), func(i int) error {
			got, err := c[i].ask(`{"action":"quick"}`)
			return wants("quick", got, err)
		}))
	}
	return into
}
