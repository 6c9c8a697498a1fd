package edge_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"gangway/internal/edge"
	"gangway/internal/gateway"
	"gangway/internal/websocket"
)

// observed is an observer that is a function.
type observed func(*gateway.Record)

func (f observed) Observe(r *gateway.Record) { f(r) }

// A message whose route waits for nothing has been dealt with when the engine's callback returns.
func TestPromptMessage(t *testing.T) {
	settings, _ := mock("")
	a := newAPI().route("ping", settings)
	a.Routes[0].Responses = nil
	stages := edge.NewStages()
	s := edge.New(stages, edge.Config{})
	told := 0
	stages.Set(prod, a.compile(t, nil), edge.Settings{Observers: []edge.Observer{observed(func(r *gateway.Record) {
		if r.Event.Type == gateway.EventMessage && r.Status == http.StatusOK {
			told++
		}
	})}})
	c, err := s.Hold(handshake(1, 1), nil)
	if err != nil {
		t.Fatal(err)
	}
	for want := range 3 {
		if told != want {
			t.Fatalf("%d of %d messages were dealt with", told, want)
		}
		c.Hear([]byte(`{"action":"ping"}`))
	}
}

// A message that could be run at once waits for those before it if the API wants that, and only then.
func TestPromptInOrder(t *testing.T) {
	for _, ordered := range []bool{false, true} {
		proceed := make(chan struct{})
		settings, pong := mock("pong")
		a := newAPI().route("ping", settings, pong).route("$default", proxy("http://b.test/"))
		p := a.compile(t, roundTripper(func(*http.Request) (*http.Response, error) {
			<-proceed
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader("slow"))}, nil
		}))
		n := start(t, nil, edge.Config{})
		n.stages.Set(prod, p, edge.Settings{Options: gateway.Options{Ordered: ordered}})
		c := n.connect(t, nil)
		c.say(t, "slow")
		c.say(t, `{"action":"ping"}`)
		if !ordered {
			if got := c.hear(t); got != "pong" {
				t.Errorf("got %q with a message in flight", got)
			}
		}
		close(proceed)
		if got := c.hear(t); got != "slow" {
			t.Errorf("ordered %t: got %q", ordered, got)
		}
		if ordered && c.hear(t) != "pong" {
			t.Error("the second reply is not that to the second message")
		}
	}
}

// Long messages whose route takes time to find are taken without one, and each is run once.
func TestManyWithoutRoute(t *testing.T) {
	a := newAPI().route("$default", proxy("http://b.test/"))
	a.API.RouteSelectionExpression = "${request.body.a}-${request.body.b}-${request.body.c}-${request.body.d}"
	n := start(t, nil, edge.Config{})
	n.stages.Set(prod, a.compile(t, roundTripper(func(r *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(r.Body)
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(body[len(body)-5:]))}, err
	})), edge.Settings{})
	c := n.connect(t, nil)
	const many = 500
	go func() {
		for i := range many {
			text := fmt.Sprintf(`{"pad":%q,"a":%03d}`, strings.Repeat("x", 1500), i)
			if err := c.SendWait(t.Context(), websocket.Text, []byte(text)); err != nil {
				t.Error(err)
			}
		}
	}()
	heard := map[string]int{}
	for range many {
		heard[c.hear(t)]++
	}
	if len(heard) != many {
		t.Errorf("%d different replies to %d messages", len(heard), many)
	}
}

// A panic where a message is read ends its connection, and no other.
func TestPanicOfPrompt(t *testing.T) {
	settings, pong := mock("pong")
	n := start(t, nil, edge.Config{})
	n.stages.Set(prod, newAPI().route("ping", settings, pong).route("panic", settings, pong).compile(t, nil), edge.Settings{
		Observers: []edge.Observer{observed(func(r *gateway.Record) {
			if r.Event.RouteKey == "panic" {
				panic("a bug in an observer")
			}
		})},
	})
	c, other := n.connect(t, nil), n.connect(t, nil)
	c.say(t, `{"action":"panic"}`)
	if got := c.end(t); got.status != websocket.StatusInternal {
		t.Errorf("got close status %d, want 1011", got.status)
	}
	other.say(t, `{"action":"ping"}`)
	if got := other.hear(t); got != "pong" {
		t.Errorf("the other connection got %q", got)
	}
	if got := n.log.count("a bug in an observer"); got != 1 {
		t.Errorf("the panic was logged %d times", got)
	}
}

// Whenever a server shuts down, no message is run whose reply does not reach the client.
func TestShutdownLosesNoPromptReply(t *testing.T) {
	const clients = 8
	for range 10 {
		var replies, lost atomic.Int64
		begun := make(chan struct{}, 1)
		settings, pong := mock("pong")
		n := start(t, nil, edge.Config{})
		n.stages.Set(prod, newAPI().route("$default", settings, pong).compile(t, nil), edge.Settings{
			Observers: []edge.Observer{observed(func(r *gateway.Record) {
				switch {
				case r.Event.Type != gateway.EventMessage || r.Status != http.StatusOK:
				case r.Sent == 0:
					lost.Add(1)
				default:
					replies.Add(1)
					select {
					case begun <- struct{}{}:
					default:
					}
				}
			})},
		})
		all := make([]*client, clients)
		var wait sync.WaitGroup
		for i := range all {
			all[i] = n.connect(t, nil)
		}
		for _, c := range all {
			wait.Go(func() {
				for range 1 << 12 { // fewer than fit into the channel of what it hears
					if c.SendWait(t.Context(), websocket.Text, []byte("ping")) != nil {
						return
					}
				}
			})
		}
		<-begun
		if err := n.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		wait.Wait()
		heard := int64(0)
		for _, c := range all {
			c.end(t)
			for len(c.messages) > 0 {
				if <-c.messages == "pong" {
					heard++
				}
			}
		}
		if heard != replies.Load() || lost.Load() > 0 {
			t.Fatalf("%d replies reached their clients of %d, and %d could not be sent", heard, replies.Load(), lost.Load())
		}
	}
}

// What a client has said is the engine's again when a message was dealt with where it was read: a reply that has it in it and
// waits for a slow client stays as it is.
func TestPromptEcho(t *testing.T) {
	const messages = 2000
	settings, echo := mock("$input.body")
	n := start(t, newAPI().route("$default", settings, echo), edge.Config{Limits: websocket.Options{QueueBytes: 64 << 20, QueueMessages: 2 * messages}})
	c := n.connect(t, nil)
	c.Pause()
	text := func(i int) string { return fmt.Sprintf("%06d %s", i, strings.Repeat("x", 4<<10)) }
	for i := range messages {
		c.say(t, text(i))
	}
	c.Resume()
	for i := range messages {
		if got := c.hear(t); got != text(i) {
			t.Fatalf("message %d: got %.20q", i, got)
		}
	}
}
