package integration_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/integration"
)

// hostile is a server that ends kept connections when it hurts. It counts how often it has read anything of a request, by the
// id in its URL.
type hostile struct {
	net.Listener
	mu     sync.Mutex
	seen   map[string]int
	served int
}

func newHostile(t *testing.T) *hostile {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &hostile{Listener: listener, seen: map[string]int{}}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go h.serve(conn.(*net.TCPConn))
		}
	}()
	return h
}

// serve answers some requests, and hangs up in one of many ways.
func (h *hostile) serve(conn *net.TCPConn) {
	defer func() { _ = conn.Close() }()
	reader := bufio.NewReader(conn)
	for {
		line, err := reader.ReadString('\n') // the request line has come: whatever follows, it may have been acted on
		if line == "" {
			return
		}
		turn := h.note(line)
		if err != nil {
			return
		}
		if turn%11 == 0 {
			_ = conn.SetLinger(0)
			return // in the middle of the header
		}
		rest, err := http.ReadRequest(bufio.NewReader(io.MultiReader(strings.NewReader(line), reader)))
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, rest.Body)
		switch turn % 7 {
		case 0:
			return // without an answer
		case 1, 2:
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
			return // as if it would be kept
		case 3:
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
			_ = conn.SetLinger(0)
			return
		default:
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		}
		reader = bufio.NewReader(conn) // no request is on its way before the last is answered
	}
}

func (h *hostile) note(line string) (turn int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.served++
	h.seen[strings.Fields(line + " ? ?")[1]]++
	return h.served
}

// TestAtMostOnce: whenever a server ends the connections that it keeps, no request reaches it twice, and none is answered that
// has not reached it.
func TestAtMostOnce(t *testing.T) {
	const workers, each = 4, 300
	server := newHostile(t)
	transport := integration.NewTransport(integration.TransportOptions{})
	t.Cleanup(transport.CloseIdleConnections)
	var mu sync.Mutex
	outcomes := map[string]error{}
	var all sync.WaitGroup
	for worker := range workers {
		all.Go(func() {
			for i := range each {
				method := []string{"POST", "PUT", "PATCH", "DELETE", "GET"}[i%5]
				id := fmt.Sprintf("%s-%d-%d", method, worker, i)
				err := callAs(t.Context(), transport, "http://"+server.Addr().String(), method, id, []byte(id)[:len(id)*(i%3)/2])
				mu.Lock()
				outcomes["/"+id] = err
				mu.Unlock()
			}
		})
	}
	all.Wait()
	answered := 0
	for id, err := range outcomes {
		server.mu.Lock()
		seen := server.seen[id]
		server.mu.Unlock()
		if seen > 1 || err == nil && seen != 1 {
			t.Errorf("%s: delivered %d times, %v", id, seen, err)
		}
		if err == nil {
			answered++
		}
	}
	if answered == 0 || answered == workers*each {
		t.Errorf("%d of %d were answered: the server is not hostile, or too much so", answered, workers*each)
	}
}

// callAs sends one message.
func callAs(ctx context.Context, transport http.RoundTripper, url, method, id string, body []byte) error {
	def := gateway.DeployedIntegration{Integration: gateway.Integration{IntegrationSettings: gateway.IntegrationSettings{
		IntegrationType: gateway.IntegrationHTTPProxy, IntegrationMethod: gateway.Kept(method), IntegrationURI: gateway.Kept(url + "/" + id),
	}}}
	called, err := integration.New(def, integration.Env{HTTP: transport})
	if err == nil {
		_, err = called.Call(ctx, &integration.Request{Event: messageEvent(string(body)), Body: body})
	}
	return err
}

// stale is a connection on which nothing can be written once it has been kept: written says how much of it goes out anyway.
type stale struct {
	net.Conn
	writes, written int
}

// Write implements [net.Conn].
func (s *stale) Write(p []byte) (int, error) {
	if s.writes++; s.writes == 1 {
		return s.Conn.Write(p)
	}
	n, _ := s.Conn.Write(p[:min(s.written, len(p))])
	_ = s.Close()
	return n, &net.OpError{Op: "write", Err: syscall.EPIPE}
}

// TestResent: a request is sent again that was not sent at all; one of which a byte has left is not.
func TestResent(t *testing.T) {
	for _, written := range []int{0, 1, 1 << 20} {
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
			for _, body := range []string{"", "message"} {
				backend := newRecorder(t, nil)
				transport := integration.NewTransport(integration.TransportOptions{})
				open := transport.Dial
				transport.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
					conn, err := open(ctx, network, address)
					return &stale{Conn: conn, written: written}, err
				}
				var errs []error
				for range 3 {
					errs = append(errs, callAs(t.Context(), transport, backend.URL, method, "x", []byte(body)))
				}
				transport.CloseIdleConnections()
				if errs[0] != nil || (written == 0) != (errs[1] == nil) {
					t.Errorf("%s %q, %d bytes written: got %v", method, body, written, errs)
				}
				if written > 0 && !errors.Is(errs[1], gateway.ErrUnreachable) {
					t.Errorf("%s %q: got %v", method, body, errs[1])
				}
				backend.mu.Lock()
				for _, r := range backend.requests {
					if r.body != body {
						t.Errorf("%s: got the body %q, want %q", method, r.body, body)
					}
				}
				backend.mu.Unlock()
			}
		}
	}
}

// TestKeepAlive: a connection is kept for less than five seconds, and not at all for a server that keeps it for less than that.
func TestKeepAlive(t *testing.T) {
	for header, want := range map[string][]int{ // connections after a call at once, after 3 seconds and after 10
		"":                     {1, 1, 2},
		"timeout=5, max=100":   {1, 1, 2},
		"timeout=60":           {1, 1, 2},
		"max=5, Timeout=\"2\"": {2, 3, 4},
		"timeout=4":            {2, 3, 4},
		"timeout=0":            {2, 3, 4},
		"timeout=x":            {1, 1, 2},
	} {
		synctest.Test(t, func(t *testing.T) {
			transport := integration.NewTransport(integration.TransportOptions{})
			connections := 0
			transport.Dial = func(context.Context, string, string) (net.Conn, error) {
				connections++
				ours, theirs := net.Pipe()
				go answer(theirs, header)
				return ours, nil
			}
			var got []int
			for _, pause := range []time.Duration{0, 0, 3 * time.Second, 10 * time.Second} {
				<-time.After(pause)
				if err := callAs(t.Context(), transport, "http://backend.example", "POST", "x", nil); err != nil {
					t.Fatal(err)
				}
				got = append(got, connections)
			}
			transport.CloseIdleConnections()
			if !slices.Equal(got[1:], want) {
				t.Errorf("%q: %v connections, want %v", header, got[1:], want)
			}
		})
	}
}

// answer answers all requests of a connection.
func answer(conn net.Conn, keepAlive string) {
	defer func() { _ = conn.Close() }()
	reader := bufio.NewReader(conn)
	for {
		r, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		header := "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"
		if keepAlive != "" {
			header += "Keep-Alive: " + keepAlive + "\r\n"
		}
		if _, err := io.WriteString(conn, header+"\r\n"); err != nil || r.Close {
			return
		}
	}
}
