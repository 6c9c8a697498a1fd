package dial_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"gangway/internal/dial"
)

// A script is a connection in memory: each request is answered with the same bytes, which come in pieces.
type script struct {
	net.Conn // nil: what is not here is not used

	answer string
	piece  int
	hangs  bool // nothing comes after the answer; if not, the end does

	unread   string
	requests []string
	closed   bool
}

// Write implements [net.Conn]. Requests are written at once.
func (s *script) Write(p []byte) (int, error) {
	s.requests = append(s.requests, string(p))
	s.unread += s.answer
	return len(p), nil
}

// Read implements [net.Conn].
func (s *script) Read(p []byte) (int, error) {
	n := copy(p[:min(len(p), s.piece)], s.unread)
	s.unread = s.unread[n:]
	switch {
	case s.closed:
		return 0, net.ErrClosed
	case n > 0:
		return n, nil
	case s.hangs:
		return 0, os.ErrDeadlineExceeded
	default:
		return 0, io.EOF
	}
}

// Close implements [net.Conn].
func (s *script) Close() error { s.closed = true; return nil }

// SetDeadline implements [net.Conn].
func (s *script) SetDeadline(time.Time) error { return nil }

// played is a transport to such connections.
type played struct {
	*dial.Transport
	conns []*script
}

func play(answer string, piece int, hangs bool) *played {
	p := &played{}
	p.Transport = &dial.Transport{Keep: time.Minute, Dial: func(context.Context, string, string) (net.Conn, error) {
		c := &script{answer: answer, piece: piece, hangs: hangs}
		p.conns = append(p.conns, c)
		return c, nil
	}}
	return p
}

func urlOf(tb testing.TB, text string) *url.URL {
	tb.Helper()
	u, err := url.Parse(text)
	if err != nil {
		tb.Fatal(err)
	}
	return u
}

// request makes a request as callers do who know what they want; an empty body is none.
func request(tb testing.TB, ctx context.Context, method, target, body string) *http.Request { //nolint:revive // tb is first
	tb.Helper()
	r := (&http.Request{Method: method, URL: urlOf(tb, target), Header: http.Header{"User-Agent": {"test"}}}).WithContext(ctx)
	if body != "" {
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	}
	return r
}

// get makes a call and reads all of the response.
func get(tb testing.TB, transport http.RoundTripper, method, target, body string) (*http.Response, string, error) {
	tb.Helper()
	response, err := transport.RoundTrip(request(tb, tb.Context(), method, target, body))
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = response.Body.Close() }()
	got, err := io.ReadAll(response.Body)
	return response, string(got), err
}
