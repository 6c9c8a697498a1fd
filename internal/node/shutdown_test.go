package node_test

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"gangway/internal/node"
	"gangway/internal/websocket"
)

// statusOf asks with a host of any kind, or with none as only HTTP/1.0 may.
func statusOf(t *testing.T, base, path, host string) int {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }() // all was read
	request := "GET " + path + " HTTP/1.0\r\n"
	if host != "" {
		request += "Host: " + host + "\r\n"
	}
	if _, err := conn.Write([]byte(request + "\r\n")); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode
}

// stuck is a pipe that nobody reads.
type stuck struct{ free chan struct{} }

func (s stuck) Write(p []byte) (int, error) {
	<-s.free
	return len(p), nil
}

// Nobody who does not read holds up the end: not of metrics, not of spans.
func TestShutdownDoesNotWaitForReaders(t *testing.T) {
	free := make(chan struct{})
	defer close(free)
	collector, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0") // which never answers
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = collector.Close() }() // nothing was accepted
	dir := t.TempDir()
	f := follow(t, dir)
	if err := f.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	cfg := node.Config{DataDir: dir, Listen: "127.0.0.1:0", Admin: "127.0.0.1:0", Region: region, EMF: stuck{free}, ShutdownTimeout: time.Second}
	cfg.Traces.Endpoint, cfg.Traces.Ratio = "http://"+collector.Addr().String(), 1
	if f.Node, err = node.Start(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	heard := make(listener, 1)
	conn, _ := f.dial(heard, nil)
	if err := conn.Send(websocket.Text, []byte("ping"), nil); err != nil {
		t.Fatal(err)
	}
	<-heard
	if err := f.Shutdown(t.Context()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("metrics that nobody reads are lost, which is to be said: %v", err)
	}
	// The definitions were closed in order: the next start finds them free.
	f.start(dir)
	f.mustDial(http.StatusSwitchingProtocols)
}
