package dial_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gangway/internal/dial"
)

// TestEnds: at whatever point a call is, its deadline ends it to the moment, and its being canceled within a tick. The server
// loses the connection, and nothing is left behind: a bubble fails where a goroutine is.
func TestEnds(t *testing.T) {
	for name, stuck := range map[string]struct {
		url, body string
		serve     func(c net.Conn)
	}{
		"connecting":        {"http://h/", "x", nil},
		"before TLS":        {"https://h/", "x", func(net.Conn) {}},
		"in TLS":            {"https://h/", "x", func(c net.Conn) { _, _ = io.CopyN(io.Discard, c, 5) }},
		"writing":           {"http://h/", "x", func(net.Conn) {}},
		"writing much":      {"http://h/", strings.Repeat("x", 1<<20), func(net.Conn) {}},
		"writing more":      {"http://h/", strings.Repeat("x", 1<<20), func(c net.Conn) { _, _ = io.CopyN(io.Discard, c, 100_000) }},
		"waiting":           {"http://h/", "x", func(c net.Conn) { readRequest(c) }},
		"waiting after all": {"http://h/", strings.Repeat("x", 1<<20), func(c net.Conn) { readRequest(c) }},
		"in the head":       {"http://h/", "x", func(c net.Conn) { readRequest(c); _, _ = io.WriteString(c, two[:9]) }},
		"in the body":       {"http://h/", "x", func(c net.Conn) { readRequest(c); _, _ = io.WriteString(c, two+"o") }},
		"in the first body": {"http://h/", strings.Repeat("x", 1<<20), func(c net.Conn) { _, _ = io.CopyN(io.Discard, c, 100_000); _, _ = io.WriteString(c, two+"o") }},
		"in a trickle": {"http://h/", "x", func(c net.Conn) {
			readRequest(c)
			_, err := io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
			for err == nil {
				<-time.After(30 * time.Millisecond)
				_, err = c.Write([]byte("x"))
			}
		}},
	} {
		for _, after := range []time.Duration{5 * time.Millisecond, 3 * time.Second} {
			for _, canceled := range []bool{false, true} {
				synctest.Test(t, func(t *testing.T) {
					hungUp := make(chan struct{})
					transport := &dial.Transport{Keep: time.Minute, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
						if stuck.serve == nil {
							<-ctx.Done()
							close(hungUp)
							return nil, ctx.Err()
						}
						ours, theirs := net.Pipe()
						go func() {
							stuck.serve(theirs)
							_, _ = theirs.Read(make([]byte, 1))
							<-time.After(after + dial.Tick) // whoever writes is stuck
							_, _ = io.Copy(io.Discard, theirs)
							close(hungUp)
						}()
						return ours, nil
					}}
					ctx, cancel := context.WithTimeout(t.Context(), after)
					want := context.DeadlineExceeded
					if canceled {
						ctx, cancel = context.WithCancel(t.Context())
						time.AfterFunc(after, cancel)
						want = context.Canceled
					}
					defer cancel()
					began := time.Now()
					response, err := transport.RoundTrip(request(t, ctx, "POST", stuck.url, stuck.body))
					if err == nil {
						_, err = io.ReadAll(response.Body)
						_ = response.Body.Close()
					}
					if took := time.Since(began); !errors.Is(err, want) || took < after || took > after && !canceled || took > after+dial.Tick {
						t.Errorf("%s, after %v: got %v after %v", name, after, err, took)
					}
					<-hungUp
					if transport.Idle() > 0 {
						t.Errorf("%s: the connection was kept", name)
					}
				})
			}
		}
	}
}

func readRequest(c net.Conn) {
	if r, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
		_, _ = io.Copy(io.Discard, r.Body)
	}
}

// piped is a transport whose connections are served by a function, each in a goroutine.
func piped(keep time.Duration, serve func(c net.Conn)) (t *dial.Transport, conns *int) {
	conns = new(int)
	return &dial.Transport{Keep: keep, Dial: func(context.Context, string, string) (net.Conn, error) {
		*conns++
		ours, theirs := net.Pipe()
		go func() {
			serve(theirs)
			_ = theirs.Close()
		}()
		return ours, nil
	}}, conns
}

// TestOver: what becomes of a context after its call, be it short or long, is nothing to the connection.
func TestOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		transport, conns := piped(time.Minute, func(c net.Conn) {
			for reader := bufio.NewReader(c); ; {
				r, err := http.ReadRequest(reader)
				if err != nil {
					return
				}
				if r.Method == http.MethodPut {
					<-time.After(10 * time.Second)
				}
				_, _ = io.WriteString(c, done)
			}
		})
		for _, method := range []string{"POST", "PUT", "POST", "PUT", "PUT", "POST"} {
			for _, limit := range []time.Duration{0, time.Minute} {
				ctx, cancel := context.WithCancel(t.Context())
				if limit > 0 {
					ctx, cancel = context.WithTimeout(ctx, limit)
				}
				response, err := transport.RoundTrip(request(t, ctx, method, "http://h/", ""))
				if err != nil {
					t.Fatal(err)
				}
				_ = response.Body.Close()
				cancel()
				synctest.Wait()
			}
		}
		if *conns != 1 {
			t.Errorf("%d connections", *conns)
		}
		transport.CloseIdleConnections()
	})
}

// TestEndedBefore: nobody is called for a call that has ended.
func TestEndedBefore(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("we have changed our mind")
	cancel(cause)
	transport, conns := piped(0, func(net.Conn) {})
	if _, err := transport.RoundTrip(request(t, ctx, "POST", "http://h/", "x")); !errors.Is(err, cause) || *conns > 0 {
		t.Errorf("got %v, %d connections", err, *conns)
	}
}

// TestOpening: opening a connection takes ten seconds at most, also where the call would wait for longer.
func TestOpening(t *testing.T) {
	for _, url := range []string{"http://h/", "https://h/"} {
		synctest.Test(t, func(t *testing.T) {
			transport := &dial.Transport{Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
				if strings.HasPrefix(url, "http:") {
					<-ctx.Done()
					return nil, ctx.Err()
				}
				ours, theirs := net.Pipe()
				go func() { _, _ = io.Copy(io.Discard, theirs) }()
				return ours, nil
			}}
			began := time.Now()
			_, err := transport.RoundTrip(request(t, t.Context(), "POST", url, "x"))
			if took := time.Since(began); !errors.Is(err, dial.ErrNoConnection) || took != 10*time.Second {
				t.Errorf("%s: got %v after %v", url, err, took)
			}
		})
	}
}

// TestKept: connections are kept for as long as they are to be, and not longer; for less if the server says so.
func TestKept(t *testing.T) {
	for _, test := range []struct {
		keep   time.Duration
		header string
		pauses []time.Duration
		conns  int
	}{
		{0, "", []time.Duration{0}, 2},
		{4 * time.Second, "", []time.Duration{0, 3900 * time.Millisecond, 3900 * time.Millisecond}, 1},
		{4 * time.Second, "", []time.Duration{4 * time.Second, time.Hour}, 3},
		{time.Minute, "Keep-Alive: timeout=5, max=100\r\n", []time.Duration{3900 * time.Millisecond, 0}, 1},
		{time.Minute, "Keep-Alive: timeout=5\r\n", []time.Duration{4100 * time.Millisecond}, 2},
		{time.Minute, "Keep-Alive: Timeout=\"120\"\r\n", []time.Duration{59 * time.Second, 61 * time.Second}, 2},
		{time.Minute, "Keep-Alive: timeout=4\r\n", []time.Duration{0, 0}, 3},
		{time.Minute, "Connection: close\r\n", []time.Duration{0, 0}, 3},
		{time.Minute, "Keep-Alive: timeout=x, timeout=99999999999999999999\r\n", []time.Duration{50 * time.Second}, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			var open atomic.Int32
			transport, conns := piped(test.keep, func(c net.Conn) {
				open.Add(1)
				defer open.Add(-1)
				for reader := bufio.NewReader(c); ; {
					if _, err := http.ReadRequest(reader); err != nil {
						return
					}
					_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n"+test.header+"Content-Length: 0\r\n\r\n")
				}
			})
			for _, pause := range append([]time.Duration{0}, test.pauses...) {
				<-time.After(pause)
				if _, _, err := get(t, transport, "POST", "http://h/", "x"); err != nil {
					t.Fatal(err)
				}
			}
			if *conns != test.conns {
				t.Errorf("%v: %d connections, want %d", test, *conns, test.conns)
			}
			<-time.After(test.keep + 2*time.Second)
			synctest.Wait()
			if open.Load() != 0 || transport.Idle() != 0 {
				t.Errorf("%v: %d connections are left", test, open.Load())
			}
		})
	}
}

// TestCertificates: connections are made and trusted as net/http would.
func TestCertificates(t *testing.T) {
	s := serve(t, true, func(p *peer, _ *http.Request) bool { p.say(two + "ok"); return true })
	for name, trust := range map[string]*tls.Config{"trusted": s.trust, "not trusted": {MinVersion: tls.VersionTLS12}, "the system's": nil, "another name": {RootCAs: s.trust.RootCAs, ServerName: "other.example", MinVersion: tls.VersionTLS12}} {
		transport := s.transport(t)
		transport.TLS = trust
		before := s.conns.Load()
		for range 3 {
			_, _, err := get(t, transport, "GET", s.url, "")
			if (err == nil) != (name == "trusted") || err != nil && !errors.Is(err, dial.ErrNoConnection) {
				t.Fatalf("%s: got %v", name, err)
			}
		}
		if n := s.conns.Load() - before; name == "trusted" && n != 1 {
			t.Errorf("three calls took %d connections", n)
		}
	}
}
