package edge_test

import (
	"net/http"
	"testing"

	"gangway/internal/edge"
	"gangway/internal/gateway"
	"gangway/internal/metrics"
)

// BenchmarkMessage is a message to a MOCK route and its reply, over loopback; client and server are both counted.
func BenchmarkMessage(b *testing.B) {
	settings, pong := mock("pong")
	n := start(b, newAPI().route("ping", settings, pong), edge.Config{})
	c := n.connect(b, nil)
	b.ReportAllocs()
	for b.Loop() {
		c.say(b, `{"action":"ping"}`)
		<-c.messages
		<-c.ops
	}
}

// BenchmarkHear is what the edge does about a message to which nobody says anything, without the engine: "prompt" where it was
// read, "taken" in a goroutine.
func BenchmarkHear(b *testing.B) {
	settings, _ := mock("")
	a := newAPI().route("prompt", settings).route("taken", proxy("http://b.test/"))
	for i := range a.Routes {
		a.Routes[i].Responses = nil
	}
	called := make(chan struct{}, 1)
	p := a.compile(b, roundTripper(func(*http.Request) (*http.Response, error) {
		called <- struct{}{}
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
	}))
	for _, kind := range []string{"prompt", "taken"} {
		b.Run(kind, func(b *testing.B) {
			stages := edge.NewStages()
			s := edge.New(stages, edge.Config{})
			stages.Set(prod, p, edge.Settings{})
			c, err := s.Hold(handshake(1, 1), nil)
			if err != nil {
				b.Fatal(err)
			}
			message := []byte(`{"action":"` + kind + `"}`)
			before := cpuTime(b)
			b.ReportAllocs()
			for b.Loop() {
				c.Hear(message)
				if kind == "taken" {
					<-called
				}
			}
			b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N), "cpu-ns/op")
			if err := s.Shutdown(b.Context()); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkSend is a push, over loopback, with an invocation id as SDKs send it.
func BenchmarkSend(b *testing.B) {
	back := newBackend(b)
	n := start(b, everything(back), edge.Config{})
	c := n.connect(b, back)
	p := push(c.id, "hello")
	b.ReportAllocs()
	for b.Loop() {
		p.Invocation = gateway.NewRequestID()
		if err := n.Send(b.Context(), p); err != nil {
			b.Fatal(err)
		}
		<-c.messages
		<-c.ops
	}
}

// BenchmarkLookUp finds a connection by its id.
func BenchmarkLookUp(b *testing.B) {
	back := newBackend(b)
	n := start(b, everything(back), edge.Config{})
	c := n.connect(b, back)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := n.Info(b.Context(), prod, c.id); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkHold is a handshake up to the 101, without a $connect route and without the engine.
func BenchmarkHold(b *testing.B) {
	for name, settings := range map[string]edge.Settings{
		"nobody": {}, "metrics": {Observers: []edge.Observer{metrics.New(metrics.Config{})}},
	} {
		b.Run(name, func(b *testing.B) {
			stages := edge.NewStages()
			s := edge.New(stages, edge.Config{Names: gateway.Names{PublicURL: "ws://localhost:8080"}})
			stages.Set(prod, newAPI().compile(b, nil), settings)
			r := handshake(1, 1)
			before := cpuTime(b)
			b.ReportAllocs()
			for b.Loop() {
				c, err := s.Hold(r, nil)
				if err != nil {
					b.Fatal(err)
				}
				c.Leave()
			}
			b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N), "cpu-ns/op")
		})
	}
}

// BenchmarkConnect is a handshake with a MOCK $connect, and the end of the connection.
func BenchmarkConnect(b *testing.B) {
	settings, ok := mock("")
	n := start(b, newAPI().route("$connect", settings, ok), edge.Config{})
	b.ReportAllocs()
	for b.Loop() {
		c := n.connect(b, nil)
		c.Conn.Close(1000, "")
		<-c.closed
	}
}

// BenchmarkPage is a page of connections: "full" of 500 that are asked for, and "none" where 10,000 are looked at and none is.
func BenchmarkPage(b *testing.B) {
	for _, test := range []struct {
		name string
		open int
		what edge.Selection
		want int
	}{{"full", 501, edge.Selection{API: prod.API}, 500}, {"none", 10_000, edge.Selection{API: prod.API, SourceIP: "203.0.113.1"}, 0}} {
		b.Run(test.name, func(b *testing.B) {
			n := start(b, newAPI(), edge.Config{})
			for i := range test.open {
				if test.want > 0 {
					n.connect(b, nil)
					continue
				}
				if _, err := n.Hold(handshake(i, 10), nil); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			for b.Loop() {
				if page, _, err := n.Page(b.Context(), test.what, 0, 500); err != nil || len(page) != test.want {
					b.Fatalf("%d connections, %v", len(page), err)
				}
			}
		})
	}
}
