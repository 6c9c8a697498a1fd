package edge_test

import (
	"testing"

	"gangway/internal/edge"
	"gangway/internal/gateway"
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
