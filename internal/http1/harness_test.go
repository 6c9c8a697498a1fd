package http1_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"gangway/internal/http1"
	"gangway/internal/loop"
)

// limit is how long a test waits for what must happen.
const limit = time.Minute

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// both are a server of each kind; without loops, where there are none. The last answers on its loops, and departs from them
// before the handler is called.
func both(t *testing.T) map[string]*http1.Server {
	t.Helper()
	servers := map[string]*http1.Server{"goroutines": {}}
	l, err := loop.New(2)
	if errors.Is(err, errors.ErrUnsupported) {
		return servers
	}
	must(t, err)
	t.Cleanup(l.Close)
	servers["loops"] = &http1.Server{Loops: l}
	servers["departing"] = &http1.Server{Loops: l, Prompt: func(*http.Request) bool { return true }}
	return servers
}

// loops are those of a test; it is skipped where there are none.
func loops(tb testing.TB) *loop.Loops {
	tb.Helper()
	l, err := loop.New(2)
	if errors.Is(err, errors.ErrUnsupported) {
		tb.Skip("there are no loops on this system")
	}
	must(tb, err)
	tb.Cleanup(l.Close)
	return l
}

// serve starts a server and returns its address.
func serve(tb testing.TB, s *http1.Server, h http.Handler) string {
	tb.Helper()
	s.Handler = h
	if s.Prompt != nil {
		s.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http1.Waits(r.Context())
			h.ServeHTTP(w, r)
		})
	}
	return listen(tb, s)
}

// listen starts a server that has its handler.
func listen(tb testing.TB, s *http1.Server) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(tb, err)
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			tb.Errorf("shutdown: %v", err)
		}
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			tb.Errorf("serve: %v", err)
		}
	})
	return l.Addr().String()
}

// A client speaks raw bytes.
type client struct {
	net.Conn

	tb testing.TB
	r  *bufio.Reader
}

func dial(tb testing.TB, address string) *client {
	tb.Helper()
	c, err := net.Dial("tcp", address)
	must(tb, err)
	tb.Cleanup(func() { _ = c.Close() })
	must(tb, c.SetDeadline(time.Now().Add(limit)))
	return &client{c, tb, bufio.NewReader(c)}
}

// say sends text.
func (c *client) say(text string) {
	c.tb.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		c.tb.Fatal(err)
	}
}

// hear reads an answer to a request with a method, with its body.
func (c *client) hear(method string) (*http.Response, string) {
	c.tb.Helper()
	response, err := http.ReadResponse(c.r, &http.Request{Method: method})
	if err != nil {
		c.tb.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		c.tb.Fatal(err)
	}
	return response, string(body)
}

// rest is everything that comes until the end.
func (c *client) rest() string {
	c.tb.Helper()
	data, err := io.ReadAll(c.r)
	if err != nil {
		c.tb.Fatalf("after %q: %v", data, err)
	}
	return string(data)
}

// statuses are those of all answers in what a connection has said.
func statuses(tb testing.TB, said string) (list []int) {
	tb.Helper()
	r := bufio.NewReader(strings.NewReader(said))
	for {
		response, err := http.ReadResponse(r, nil)
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return list
		}
		must(tb, err)
		_, err = io.Copy(io.Discard, response.Body)
		must(tb, err)
		list = append(list, response.StatusCode)
	}
}
