package conformance_test

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"
)

// TestSlowBackend: a backend that hangs, with a thousand connections that wait for it, keeps no other route waiting. What the
// others take is logged: no bar on it would hold on a slow machine.
func TestSlowBackend(t *testing.T) {
	const connections, pings = 1000, 500
	slow, quick := newBackend(), newBackend()
	t.Cleanup(slow.stop)
	t.Cleanup(quick.stop)
	for _, b := range []*backend{slow, quick} {
		b.received = make(chan *call, 2*connections+4*pings)
		b.reply = func(*call) reply { return reply{status: http.StatusOK, body: "pong"} }
	}
	p := startProgram(t, t.TempDir(), "--connect-rate", "0", "--account-rate", "0")
	b := &builder{p.server, quick.URL}
	made, err := b.apply(t.Context(), nil, []byte(`{"routeSelectionExpression": "$request.body.action", "routes": {
		"quick": {"http": "/quick", "reply": true},
		"slow": {"http": "/slow", "reply": true, "integration": {"integrationUri": "`+slow.URL+`/slow"}}}}`))
	must(t, err)
	url := p.data + "/" + made.id + "/prod"
	measure := func(c *client) (p50, p99 time.Duration) {
		t.Helper()
		took := make([]time.Duration, pings)
		for i := range took {
			begun := time.Now()
			must(t, sendMessage(t.Context(), c.ws, false, 0, `{"action":"quick"}`))
			if got, err := c.next(); err != nil || got != "pong" {
				t.Fatalf("got %q, %v", got, err)
			}
			took[i] = time.Since(begun)
		}
		slices.Sort(took)
		return took[pings/2], took[pings*99/100]
	}
	other, _, err := dial(t.Context(), handshake{url: url})
	must(t, err)
	t.Cleanup(other.drop)
	p50, p99 := measure(other)
	slow.mu.Lock()
	slow.hold = make(chan struct{})
	slow.mu.Unlock()
	var all sync.WaitGroup
	gate := make(chan struct{}, 32)
	for range connections {
		gate <- struct{}{}
		all.Go(func() {
			defer func() { <-gate }()
			c, _, err := dial(context.WithoutCancel(t.Context()), handshake{url: url})
			if err == nil {
				t.Cleanup(c.drop)
				err = sendMessage(context.WithoutCancel(t.Context()), c.ws, false, 0, `{"action":"slow"}`)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	<-slow.received
	busy50, busy99 := measure(other)
	t.Logf("p50 %s alone, %s beside %d that wait; p99 %s and %s", p50, busy50, connections, p99, busy99)
	close(slow.hold)
}
