package edge_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"gangway/internal/edge"
	"gangway/internal/gateway"
	"gangway/internal/websocket"
)

// Shutdown lets replies reach their clients, closes everything with 1001, and waits for farewells.
func TestShutdown(t *testing.T) {
	b := newBackend(t)
	reply, proceed := make(chan string), make(chan struct{})
	b.answer = func(w http.ResponseWriter, _ *http.Request, call received) {
		switch call.kind {
		case "MESSAGE":
			_, _ = io.WriteString(w, <-reply)
		case "DISCONNECT":
			<-proceed
		}
	}
	n := start(t, everything(b), edge.Config{})
	c := n.connect(t, b)
	c.say(t, "in flight")
	b.next(t, gateway.EventMessage)
	done := make(chan error, 1)
	go func() { done <- n.Shutdown(t.Context()) }()
	for c, r := n.dial(t, path, websocket.DialOptions{}); c != nil; c, r = n.dial(t, path, websocket.DialOptions{}) {
		lose(t, r.Body.(net.Conn))
	}
	reply <- "in time"
	if got := c.hear(t); got != "in time" {
		t.Errorf("got %q", got)
	}
	if got := c.end(t); got != (ending{1001, "Going away"}) {
		t.Errorf("got %+v", got)
	}
	if got := b.next(t, gateway.EventDisconnect); got.status != "1001" {
		t.Errorf("got %+v", got)
	}
	_, r := n.dial(t, path, websocket.DialOptions{})
	wantRefusal(t, r, 503, "ServiceUnavailableException", "Service Unavailable")
	select {
	case err := <-done:
		t.Fatalf("Shutdown returned %v with a $disconnect in flight", err)
	default:
	}
	close(proceed)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// A backend that hangs does not keep the connections open: half of the time is for those that are left.
func TestShutdownWithoutReply(t *testing.T) {
	b := newBackend(t)
	proceed := make(chan struct{})
	b.answer = func(_ http.ResponseWriter, _ *http.Request, call received) {
		if call.kind == "MESSAGE" {
			<-proceed
		}
	}
	n := start(t, everything(b), edge.Config{})
	c := n.connect(t, b)
	c.say(t, "in flight")
	b.next(t, gateway.EventMessage)
	done := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		done <- n.Shutdown(ctx)
	}()
	c.end(t)
	close(proceed)
	if err := <-done; err != nil { // the machine is slow
		wantKind(t, "Shutdown", err, context.DeadlineExceeded)
	}
}

// Shutdown that may not wait cancels what runs.
func TestShutdownInHaste(t *testing.T) {
	b := newBackend(t)
	cancelled := make(chan struct{})
	b.answer = func(_ http.ResponseWriter, r *http.Request, call received) {
		if call.kind == "MESSAGE" {
			<-r.Context().Done()
			close(cancelled)
		}
	}
	n := start(t, everything(b), edge.Config{})
	c := n.connect(t, b)
	c.say(t, "in flight")
	b.next(t, gateway.EventMessage)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	wantKind(t, "Shutdown", n.Shutdown(ctx), context.Canceled)
	<-cancelled
}

// Whenever a server shuts down: each message that reached the backend has its reply at the client, and each client a
// farewell.
func TestShutdownLosesNoReply(t *testing.T) {
	const clients = 8
	for range 10 {
		b := newBackend(t)
		b.answer = func(w http.ResponseWriter, _ *http.Request, call received) { _, _ = io.WriteString(w, call.body) }
		n := start(t, everything(b), edge.Config{})
		all := make([]*client, clients)
		var wait sync.WaitGroup
		for i := range all {
			all[i] = n.connect(t, b)
		}
		for _, c := range all {
			wait.Go(func() {
				for c.SendWait(t.Context(), websocket.Text, []byte("echo")) == nil {
				}
			})
		}
		b.next(t, gateway.EventMessage)
		if err := n.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		wait.Wait()
		heard, farewells, called := 0, 0, 1
		for _, c := range all {
			c.end(t)
			for len(c.messages) > 0 {
				if <-c.messages == "echo" {
					heard++
				}
			}
		}
		for len(b.calls) > 0 {
			if (<-b.calls).kind == string(gateway.EventMessage) {
				called++
			} else {
				farewells++
			}
		}
		if heard != called || farewells != clients {
			t.Fatalf("%d replies to %d messages, %d farewells to %d clients", heard, called, farewells, clients)
		}
	}
}
