package integration_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/integration"
)

// faulty is a server that does what it is told with each request. It counts requests, not connections.
type faulty struct {
	net.Listener
	requests atomic.Int32
	closed   chan struct{} // once the other side of a connection has hung up
}

// newFaulty serves: behave is called with each request of a connection, from the first (1), until it returns false.
func newFaulty(t *testing.T, behave func(conn net.Conn, nth int) bool) *faulty {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &faulty{Listener: listener, closed: make(chan struct{}, 16)}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go f.serve(conn, behave)
		}
	}()
	return f
}

func (f *faulty) serve(conn net.Conn, behave func(net.Conn, int) bool) {
	defer func() { _ = conn.Close() }()
	reader := bufio.NewReader(conn)
	for nth := 1; ; nth++ {
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, request.Body)
		f.requests.Add(1)
		if !behave(conn, nth) {
			break
		}
	}
	_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
	_, _ = io.Copy(io.Discard, conn)
	f.closed <- struct{}{}
}

// say writes a text; the connection may be gone.
func say(text string) func(net.Conn, int) bool {
	return func(conn net.Conn, _ int) bool { _, _ = io.WriteString(conn, text); return false }
}

// endless writes a text and then another one without end.
func endless(start, again string) func(net.Conn, int) bool {
	return func(conn net.Conn, _ int) bool {
		_, err := io.WriteString(conn, start)
		for chunk := strings.Repeat(again, 1024); err == nil; {
			_, err = io.WriteString(conn, chunk)
		}
		return false
	}
}

func hangUp(conn net.Conn, _ int) bool { _ = conn.Close(); return false }

func reset(conn net.Conn, _ int) bool {
	_ = conn.(*net.TCPConn).SetLinger(0) // the next close is a RST
	_ = conn.Close()
	return false
}

// trickle writes a body a byte at a time until the other side hangs up.
func trickle(conn net.Conn, _ int) bool {
	_, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for err == nil {
		<-ticker.C
		_, err = io.WriteString(conn, "x")
	}
	return false
}

// TestBackendFaults: whatever a backend does, it is called once, its answer is bounded in time and size, and the client
// sees one of API Gateway's two texts.
func TestBackendFaults(t *testing.T) {
	bomb := bombed()
	for _, test := range []struct {
		name   string
		behave func(net.Conn, int) bool
		want   error // nil: a response
		body   int   // its length
	}{
		{"hang", func(net.Conn, int) bool { return false }, gateway.ErrTimeout, 0},
		{"hang in header", say("HTTP/1.1 200 OK\r\nA: b"), gateway.ErrTimeout, 0},
		{"hang in body", say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"), gateway.ErrTimeout, 0},
		{"trickle", trickle, gateway.ErrTimeout, 0},
		{"hang up", hangUp, gateway.ErrUnreachable, 0},
		{"reset", reset, gateway.ErrUnreachable, 0},
		{"garbage", say("SSH-2.0-OpenSSH_9.9\r\n\r\n\r\n"), gateway.ErrBadReply, 0},
		{"bad status", say("HTTP/1.1 abc OK\r\n\r\n"), gateway.ErrBadReply, 0},
		{"bad length", say("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"), gateway.ErrBadReply, 0},
		{"bad chunk", say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), gateway.ErrBadReply, 0},
		{"switch", say("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"), gateway.ErrBadReply, 0},
		{"endless header", endless("HTTP/1.1 200 OK\r\n", "A: bcdefghijklmnopqrstuvwxyz\r\n"), gateway.ErrBadReply, 0},
		{"endless informational", endless("", "HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n"), gateway.ErrBadReply, 0},
		{"endless body", endless("HTTP/1.1 200 OK\r\n\r\n", "0123456789"), nil, integration.MaxBody},
		{"endless chunks", endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "a\r\n0123456789\r\n"), nil, integration.MaxBody},
		{"gzip bomb", say("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Encoding: gzip\r\n\r\n" + bomb), gateway.ErrTimeout, 0},
		{"server error", say("HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\nno"), nil, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			backend := newFaulty(t, test.behave)
			called := newServer(t, "http://"+backend.Addr().String(), "POST", nil)
			limit := time.Minute
			if errors.Is(test.want, gateway.ErrTimeout) {
				limit = 250 * time.Millisecond
			}
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			got, err := called.Call(ctx, &integration.Request{Event: messageEvent("x"), Body: []byte("x")})
			switch {
			case test.want == nil && (err != nil || len(got.Body) != test.body || cap(got.Body) > 2*integration.MaxBody):
				t.Fatalf("got %v, want a body of %d bytes", err, test.body)
			case errors.Is(test.want, gateway.ErrTimeout):
				wantError(t, err, test.want, "Endpoint request timed out")
			case test.want != nil:
				wantError(t, err, test.want, "Internal server error")
			}
			if n := backend.requests.Load(); n != 1 {
				t.Errorf("the backend was called %d times", n)
			}
			if test.body != 2 {
				<-backend.closed // the connection is not kept
			}
		})
	}
}

// TestHeaderLimit: a header may have 256 KB and no more.
func TestHeaderLimit(t *testing.T) {
	for size, want := range map[int]error{200 << 10: nil, 300 << 10: gateway.ErrBadReply} {
		header := strings.Repeat("A: "+strings.Repeat("b", 1000)+"\r\n", size/1000)
		backend := newFaulty(t, say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"+header+"\r\n"))
		_, err := newServer(t, "http://"+backend.Addr().String(), "POST", nil).
			Call(t.Context(), &integration.Request{Event: messageEvent("x")})
		if !errors.Is(err, want) {
			t.Errorf("%d bytes: got %v, want %v", size, err, want)
		}
	}
}

// bombed is a small text that decompresses to a sixteen megabytes.
func bombed() string {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = io.Copy(w, io.LimitReader(zeros{}, 16<<20))
	_ = w.Close()
	return out.String()
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestGzip: an answer is as the backend sent it, whatever it says of itself.
func TestGzip(t *testing.T) {
	bomb := bombed()
	backend := newRecorder(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = io.WriteString(w, bomb)
	})
	got, err := newServer(t, backend.URL, "POST", nil).Call(t.Context(), &integration.Request{Event: messageEvent("x")})
	if err != nil || string(got.Body) != bomb[:min(len(bomb), integration.MaxBody)] {
		t.Fatalf("got %v, want the compressed bytes", err)
	}
	if accepts := backend.only(t).header.Get("Accept-Encoding"); accepts != "" {
		t.Errorf("the request accepts %s", accepts)
	}
}

// TestReusedConnection: net/http would send some requests again if a kept connection ends without an answer. The backend may
// have acted on it, so none is.
func TestReusedConnection(t *testing.T) {
	keyed := connectEvent()
	keyed.Header = append(keyed.Header, gateway.Param{Name: "Idempotency-Key", Value: "1"},
		gateway.Param{Name: "X-Idempotency-Key", Value: "1"})
	for _, test := range []struct {
		name, method string
		request      integration.Request
	}{
		{"GET of a handshake", "GET", integration.Request{Event: connectEvent()}},
		{"HEAD", "HEAD", integration.Request{Event: disconnectEvent()}},
		{"OPTIONS", "OPTIONS", integration.Request{Event: disconnectEvent()}},
		{"POST of a handshake with a client's key", "POST", integration.Request{Event: keyed}},
		{"POST of a message", "POST", integration.Request{Event: messageEvent("x"), Body: []byte("x")}},
		{"GET of a message", "GET", integration.Request{Event: messageEvent("x"), Body: []byte("x")}},
	} {
		t.Run(test.name, func(t *testing.T) {
			backend := newFaulty(t, func(conn net.Conn, nth int) bool {
				if nth > 1 {
					return hangUp(conn, nth)
				}
				_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
				return true
			})
			called := newServer(t, "http://"+backend.Addr().String(), test.method, nil)
			if _, err := called.Call(t.Context(), &test.request); err != nil {
				t.Fatal(err)
			}
			_, err := called.Call(t.Context(), &test.request)
			wantError(t, err, gateway.ErrUnreachable, "Internal server error")
			if n := backend.requests.Load(); n != 2 {
				t.Errorf("two calls made %d requests", n)
			}
		})
	}
}

// TestRedirect: a backend cannot send the gateway elsewhere.
func TestRedirect(t *testing.T) {
	target := newRecorder(t, nil)
	backend := newRecorder(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, target.URL, http.StatusFound)
	})
	got, err := newServer(t, backend.URL, "GET", nil).Call(t.Context(), &integration.Request{Event: connectEvent()})
	if err != nil || got.Status != http.StatusFound {
		t.Fatalf("got %v, %v, want status 302", got, err)
	}
	if len(target.requests) != 0 {
		t.Error("the redirect was followed")
	}
}

// TestUnknownCertificate: a backend has to prove who it is.
func TestUnknownCertificate(t *testing.T) {
	backend := newRecorder(t, nil)
	secure := newSecure(t)
	_, err := newServer(t, secure, "GET", nil).Call(t.Context(), &integration.Request{Event: disconnectEvent()})
	wantError(t, err, gateway.ErrUnreachable, "Internal server error")

	_, err = newServer(t, strings.Replace(backend.URL, "http:", "https:", 1), "GET", nil).
		Call(t.Context(), &integration.Request{Event: disconnectEvent()})
	wantError(t, err, gateway.ErrUnreachable, "Internal server error")

	backend.Close()
	_, err = newServer(t, backend.URL, "GET", nil).Call(t.Context(), &integration.Request{Event: disconnectEvent()})
	wantError(t, err, gateway.ErrUnreachable, "Internal server error")
}
