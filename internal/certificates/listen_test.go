package certificates_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gangway/internal/certificates"
)

// marked is what the connections of a listener have besides.
type marked interface {
	Secure() (tls.ConnectionState, bool)
	Unwrap() net.Conn
}

type connKey struct{}

// serve answers every request with "plain" or the TLS name of its connection, on one port.
func serve(tb testing.TB, config *tls.Config) (net.Listener, *diary) {
	tb.Helper()
	failures := new(diary)
	l := certificates.Listen(tcp(tb), config)
	l.Failed = func(err error) { _, _ = failures.Write([]byte(err.Error() + "\n")) }
	server := &http.Server{
		ReadHeaderTimeout: time.Minute,
		ErrorLog:          nil,
		ConnContext:       func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, connKey{}, c) },
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answer := "plain"
			if state, ok := r.Context().Value(connKey{}).(marked).Secure(); ok {
				answer = "tls " + state.ServerName
			}
			_, _ = io.WriteString(w, answer)
		}),
	}
	done := make(chan error)
	go func() { done <- server.Serve(l) }()
	tb.Cleanup(func() {
		_ = server.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			tb.Error(err)
		}
	})
	return l, failures
}

// ask sends a request by a connection and returns the answer.
func ask(tb testing.TB, c net.Conn) string {
	tb.Helper()
	must(tb, c.SetDeadline(time.Now().Add(time.Minute)))
	_, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	must(tb, err)
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	must(tb, err)
	body, err := io.ReadAll(r.Body)
	must(tb, errors.Join(err, r.Body.Close()))
	return string(body)
}

// local is a config with the local authority, and one of clients that trust it.
func local(tb testing.TB) (server, client *tls.Config) {
	tb.Helper()
	authority, pool := openAuthority(tb)
	return open(tb, certificates.Options{Authority: authority}).TLSConfig(), &tls.Config{RootCAs: pool, ServerName: "localhost"}
}

// slow is a client whose bytes arrive one by one.
type slow struct{ net.Conn }

func (s slow) Write(p []byte) (int, error) {
	for i := range p {
		if _, err := s.Conn.Write(p[i : i+1]); err != nil {
			return i, err
		}
	}
	return len(p), nil
}

func TestOnePort(t *testing.T) {
	server, client := local(t)
	l, failures := serve(t, server)
	silent := []net.Conn{dial(t, l), dial(t, l), dial(t, l), dial(t, l)}
	for name, wrap := range map[string]func(net.Conn) net.Conn{
		"at once":      func(c net.Conn) net.Conn { return c },
		"byte by byte": func(c net.Conn) net.Conn { return slow{c} },
	} {
		if got := ask(t, wrap(dial(t, l))); got != "plain" {
			t.Errorf("plain, %s: got %q", name, got)
		}
		if got := ask(t, tls.Client(wrap(dial(t, l)), client)); got != "tls localhost" {
			t.Errorf("TLS, %s: got %q", name, got)
		}
	}
	for i, c := range silent { // and at last they speak
		want := "plain"
		if i%2 == 0 {
			c, want = tls.Client(c, client), "tls localhost"
		}
		if got := ask(t, c); got != want {
			t.Errorf("silent client %d: got %q, want %q", i, got, want)
		}
	}
	if told := failures.take(); told != "" {
		t.Errorf("told of %s", told)
	}
}

// What follows a handshake that failed is never taken for plain text.
func TestPlainAfterFailure(t *testing.T) {
	server, _ := local(t)
	l, failures := serve(t, server)
	const request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
	for _, hello := range []string{
		"\x16", "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", "\x16\x03\x01\xff\xff", "\x16\x03\x01\x00\x00", "\x16GET",
	} {
		c := dial(t, l)
		must(t, c.SetDeadline(time.Now().Add(time.Minute)))
		_, err := io.WriteString(c, hello+request)
		must(t, err)
		must(t, c.(*net.TCPConn).CloseWrite())
		answer, err := io.ReadAll(c)
		if strings.Contains(string(answer), "HTTP") || len(answer) > 7 { // an alert is 7 bytes
			t.Errorf("%q: got %q, %v", hello, answer, err)
		}
	}
	// A client that does not trust the server says so, and then goes on in plain text.
	c := dial(t, l)
	if err := tls.Client(c, &tls.Config{ServerName: "localhost"}).HandshakeContext(t.Context()); err == nil {
		t.Error("an unknown authority was trusted")
	}
	_, err := io.WriteString(c, request)
	must(t, err)
	answer, _ := io.ReadAll(c)
	if strings.Contains(string(answer), "HTTP") {
		t.Errorf("got %q", answer)
	}
	if told := failures.take(); strings.Count(told, "\n") != 6 || !strings.Contains(told, `for "localhost"`) {
		t.Errorf("told of %s", told)
	}
}

// conns are both ends of a connection that a listener has accepted.
func conns(tb testing.TB, config *tls.Config) (accepted, client net.Conn, failures *diary) {
	tb.Helper()
	raw, failures := tcp(tb), new(diary)
	l := certificates.Listen(raw, config)
	l.Failed = func(err error) { _, _ = failures.Write([]byte(err.Error())) }
	client = dial(tb, raw)
	accepted, err := l.Accept()
	must(tb, err)
	tb.Cleanup(func() { _ = accepted.Close() })
	return accepted, client, failures
}

// pipe is conns in a bubble of synctest.
func pipe(config *tls.Config) (accepted, client net.Conn) {
	ours, theirs := net.Pipe()
	l := certificates.Listen(&single{conn: ours}, config)
	accepted, _ = l.Accept() // which has one
	return accepted, theirs
}

type single struct {
	net.Listener
	conn net.Conn
}

func (s *single) Accept() (net.Conn, error) { return s.conn, nil }

func TestHalfHandshake(t *testing.T) {
	server, _ := local(t)
	for name, c := range map[string]struct {
		says     string
		deadline time.Duration
		want     time.Duration
		err      error
	}{
		"own limit":                {"\x16\x03\x01", 0, 10 * time.Second, context.DeadlineExceeded},
		"deadline of the reader":   {"\x16\x03\x01", 3 * time.Second, 3 * time.Second, os.ErrDeadlineExceeded},
		"silence has no limit but": {"", 30 * time.Second, 30 * time.Second, os.ErrDeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				accepted, client := pipe(server)
				begin := time.Now()
				if c.deadline > 0 {
					must(t, accepted.SetReadDeadline(begin.Add(c.deadline)))
				}
				go func() {
					_, _ = io.WriteString(client, c.says)
					_, _ = io.Copy(io.Discard, client) // alerts
				}()
				_, err := accepted.Read(make([]byte, 100))
				if took := time.Since(begin); took != c.want || !errors.Is(err, c.err) {
					t.Errorf("got %v after %v, want %v after %v", err, took, c.err, c.want)
				}
				must(t, errors.Join(client.Close()))
				_ = accepted.Close()
			})
		})
	}
}

// A reader whose deadline passed before the first byte may try again.
func TestSilenceIsNoDecision(t *testing.T) {
	server, client := local(t)
	for _, secure := range []bool{false, true} {
		accepted, c, _ := conns(t, server)
		must(t, accepted.SetReadDeadline(time.Now().Add(-time.Second)))
		if _, err := accepted.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		must(t, accepted.SetReadDeadline(time.Time{}))
		if secure {
			c = tls.Client(c, client)
		}
		go func() { _, _ = io.WriteString(c, "x") }()
		p := make([]byte, 1)
		if _, err := accepted.Read(p); err != nil || p[0] != 'x' {
			t.Errorf("got %q, %v", p, err)
		}
	}
}

// Whoever speaks first on our side waits for the client; nothing that it said is lost.
func TestWriteFirst(t *testing.T) {
	server, client := local(t)
	for _, secure := range []bool{false, true} {
		accepted, c, _ := conns(t, server)
		if secure {
			c = tls.Client(c, client)
		}
		wrote := make(chan error, 1)
		go func() {
			_, err := io.WriteString(accepted, "welcome")
			wrote <- err
		}()
		go func() { _, _ = io.WriteString(c, "hello, server") }()
		p := make([]byte, 7)
		if _, err := io.ReadFull(c, p); err != nil || string(p) != "welcome" {
			t.Errorf("client got %q, %v", p, err)
		}
		must(t, <-wrote)
		if n, err := accepted.Read(nil); n != 0 || err != nil {
			t.Errorf("nothing: got %d, %v", n, err)
		}
		p = make([]byte, 13)
		if _, err := io.ReadFull(accepted, p); err != nil || string(p) != "hello, server" {
			t.Errorf("server got %q, %v", p, err)
		}
	}
}

// The engine of WebSocket connections looks for the socket, or for a tls.Conn and the socket below.
func TestUnwrap(t *testing.T) {
	server, client := local(t)
	for _, secure := range []bool{false, true} {
		accepted, c, _ := conns(t, server)
		if secure {
			c = tls.Client(c, client)
		}
		m := accepted.(marked)
		if _, more := m.Unwrap().(interface{ Unwrap() net.Conn }); more {
			t.Error("before the first byte: unwraps for ever")
		}
		if _, ok := m.Secure(); ok {
			t.Error("secure before the first byte")
		}
		before := m.Unwrap() // is as good as what it was taken from
		go func() { _, _ = io.WriteString(c, "ab") }()
		p := make([]byte, 1)
		if _, err := before.Read(p); err != nil || p[0] != 'a' {
			t.Fatalf("got %q, %v", p, err)
		}
		inner := m.Unwrap()
		state, ok := m.Secure()
		if ok != secure || ok && state.NegotiatedProtocol != "" {
			t.Errorf("got %v, %v", state, ok)
		}
		if under, ok := inner.(*tls.Conn); ok {
			inner = under.NetConn().(interface{ Unwrap() net.Conn }).Unwrap()
		}
		if _, ok := inner.(*net.TCPConn); !ok {
			t.Errorf("secure %v: got %T", secure, inner)
		}
		if _, err := m.Unwrap().Read(p); err != nil || p[0] != 'b' {
			t.Errorf("got %q, %v", p, err)
		}
	}
}

// A failure is for good, on both ways.
func TestFailedForGood(t *testing.T) {
	server, _ := local(t)
	accepted, c, failures := conns(t, server)
	_, err := io.WriteString(c, "\x16 is no handshake")
	must(t, err)
	p := make([]byte, 100)
	_, first := accepted.Read(p)
	for range 2 {
		n, err := accepted.Read(p)
		m, wrong := accepted.Write(p)
		if n != 0 || m != 0 || first == nil || !errors.Is(err, first) || !errors.Is(wrong, first) {
			t.Errorf("got %d, %v and %d, %v after %v", n, err, m, wrong, first)
		}
	}
	if _, ok := accepted.(marked).Secure(); ok {
		t.Error("secure")
	}
	if told := failures.take(); !strings.Contains(told, c.LocalAddr().String()) || strings.Count(told, "handshake of") != 1 {
		t.Errorf("told %q", told)
	}
}

// Everything that net.Conn allows at once, on plain and TLS connections, with clients that leave when they like.
func TestHammerConn(t *testing.T) {
	server, client := local(t)
	raw := tcp(t)
	l := certificates.Listen(raw, server)
	for round := range 300 {
		c := dial(t, raw)
		accepted, err := l.Accept()
		must(t, err)
		if round%2 == 0 {
			c = tls.Client(c, client)
		}
		var all sync.WaitGroup
		for range 2 {
			all.Go(func() { _, _ = io.Copy(io.Discard, accepted) })
			all.Go(func() { _, _ = io.WriteString(accepted, "from the server") })
			all.Go(func() { _, _ = io.WriteString(c, "from the client") })
		}
		all.Go(func() {
			_, _ = accepted.(marked).Secure()
			_ = accepted.(marked).Unwrap().SetWriteDeadline(time.Now().Add(time.Minute))
		})
		all.Go(func() {
			if round%3 == 0 {
				_ = accepted.Close()
			}
			_, _ = c.Read(make([]byte, 4))
			_ = c.Close()
			_ = accepted.Close()
		})
		all.Wait()
		if n, err := accepted.Read(make([]byte, 1)); err == nil {
			t.Fatalf("round %d: read %d bytes of a closed connection", round, n)
		}
	}
}

// BenchmarkPlain is what the listener costs a plain connection, beside the same without it.
func BenchmarkPlain(b *testing.B) {
	server, _ := local(b)
	for _, name := range []string{"bare", "listener"} {
		raw := tcp(b)
		l := raw
		if name == "listener" {
			l = certificates.Listen(raw, server)
		}
		b.Run("connection/"+name, func(b *testing.B) { benchConnection(b, raw, l) })
		b.Run("exchange/"+name, func(b *testing.B) { benchExchange(b, raw, l) })
	}
}

// benchConnection opens a connection, says one thing and closes it.
func benchConnection(b *testing.B, raw, l net.Listener) {
	b.Helper()
	b.ReportAllocs()
	p := make([]byte, 64)
	for b.Loop() {
		c, err := net.Dial("tcp", raw.Addr().String())
		must(b, err)
		accepted, err := l.Accept()
		must(b, err)
		_, err = c.Write(p)
		must(b, err)
		_, err = accepted.Read(p)
		must(b, err)
		must(b, errors.Join(accepted.Close(), c.Close()))
	}
}

// benchExchange says many things by one connection.
func benchExchange(b *testing.B, raw, l net.Listener) {
	b.Helper()
	b.ReportAllocs()
	c := dial(b, raw)
	accepted, err := l.Accept()
	must(b, err)
	defer func() { _ = accepted.Close() }()
	p := make([]byte, 64)
	for b.Loop() {
		_, err = c.Write(p)
		must(b, err)
		_, err = accepted.Read(p)
		must(b, err)
		_, err = accepted.Write(p)
		must(b, err)
		_, err = c.Read(p)
		must(b, err)
	}
}
