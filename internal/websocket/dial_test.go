package websocket_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"gangway/internal/websocket"
)

// collect is a client's handler that passes messages on.
func collect() (r *recorder, messages chan string) {
	r, messages = newRecorder(), make(chan string, 1000)
	r.message = func(_ *websocket.Conn, op websocket.Opcode, payload []byte) {
		messages <- fmt.Sprintf("%d:%s", op, payload)
	}
	return r, messages
}

func TestDial(t *testing.T) {
	for _, scheme := range []string{"ws", "wss"} {
		t.Run(scheme, func(t *testing.T) {
			theirs := echo()
			s := websocket.NewServer(theirs, websocket.Options{Binary: true, MaxFrame: -1, MaxMessage: 1 << 20})
			server := httptest.NewUnstartedServer(door(s, websocket.AcceptOptions{Subprotocol: "b"}))
			o := websocket.DialOptions{Subprotocols: []string{"a", "b"}, User: "me"}
			if scheme == "wss" {
				server.StartTLS()
				roots := x509.NewCertPool()
				roots.AddCert(server.Certificate())
				o.TLS = &tls.Config{RootCAs: roots, ServerName: "example.com", MinVersion: tls.VersionTLS12}
			} else {
				server.Start()
			}
			defer server.Close()
			r, messages := collect()
			conn, answer, err := websocket.Dial(t.Context(), scheme+"://"+server.Listener.Addr().String()+"/x?y=z", r, o)
			if err != nil {
				t.Fatal(err)
			}
			if answer.Header.Get("Sec-WebSocket-Protocol") != "b" || conn.User() != "me" || answer.StatusCode != http.StatusSwitchingProtocols {
				t.Errorf("user %v, answer %v", conn.User(), answer)
			}
			for _, n := range []int{0, 125, 126, 65535, 65536, 1 << 20} {
				text := strings.Repeat("x", n)
				if err := conn.SendWait(t.Context(), websocket.Text, []byte(text)); err != nil {
					t.Fatal(err)
				}
				if got := <-messages; got != "1:"+text {
					t.Errorf("echo of %d bytes is %d bytes: %.20q", n, len(got)-2, got)
				}
			}
			_ = conn.Send(websocket.Binary, []byte{0xFF}, nil)
			if got := <-messages; got != "2:\xff" {
				t.Errorf("got %q", got)
			}
			conn.Close(4000, "enough")
			theirs.wantClosed(t, 4000, "enough")
			r.wantClosed(t, 4000, "enough")
			s.Close()
			theirs.check(t)
		})
	}
}

// Messages that come with the answer are not lost, and a client takes what a server is not allowed to.
func TestDialBehindAnswer(t *testing.T) {
	for _, closes := range []bool{true, false} {
		r, messages := collect()
		theirs := newRecorder()
		theirs.open = func(c *websocket.Conn) {
			for range 100 {
				_ = c.Send(websocket.Text, []byte("early"), nil)
			}
			c.Close(1012, "restart")
		}
		s := websocket.NewServer(theirs, websocket.Options{})
		server := httptest.NewServer(door(s, websocket.AcceptOptions{}))
		conn, _, err := websocket.Dial(t.Context(), "http://"+server.Listener.Addr().String(), r, websocket.DialOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for range 100 {
			if got := <-messages; got != "1:early" {
				t.Fatalf("got %q", got)
			}
		}
		if closes {
			conn.Close(1012, "restart") // who is first does not matter
		}
		r.wantClosed(t, 1012, "restart")
		theirs.wantClosed(t, 1012, "restart")
		server.Close()
		s.Close()
	}
}

func TestDialFails(t *testing.T) {
	const good = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
	for _, test := range []struct {
		name   string
		answer func(accept string) string
		want   string
		body   string
	}{
		{"refused", func(string) string { return "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno" }, "server answered 403 Forbidden", "no"},
		{"not HTTP", func(string) string { return "SSH-2.0-x\r\n\r\n" }, "malformed HTTP", ""},
		{"nothing", func(string) string { return "" }, "EOF", ""},
		{"no upgrade", func(a string) string { return "HTTP/1.1 101 x\r\nSec-WebSocket-Accept: " + a + "\r\n\r\n" }, "did not upgrade", ""},
		{"wrong accept", func(string) string { return "HTTP/1.1 101 x\r\n" + good + "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n" }, "wrong Sec-WebSocket-Accept", ""},
		{"extension", func(a string) string {
			return "HTTP/1.1 101 x\r\n" + good + a + "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
		}, "not offered", ""},
		{"subprotocol", func(a string) string {
			return "HTTP/1.1 101 x\r\n" + good + a + "\r\nSec-WebSocket-Protocol: z\r\n\r\n"
		}, "not offered", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := listen(t)
			go answerOnce(l, test.answer)
			_, answer, err := websocket.Dial(t.Context(), "ws://"+l.Addr().String(), newRecorder(), websocket.DialOptions{})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want %q", err, test.want)
			}
			if test.body == "" {
				return
			}
			if body, err := io.ReadAll(answer.Body); err != nil || string(body) != test.body {
				t.Errorf("body %q, %v", body, err)
			}
		})
	}
}

// answerOnce answers the first request with what f makes of the right Sec-WebSocket-Accept.
func answerOnce(l net.Listener, f func(accept string) string) {
	conn, err := l.Accept()
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	spy := &spy{Conn: conn}
	s := websocket.NewServer(newRecorder(), websocket.Options{})
	_, _ = accept(s, spy, websocket.AcceptOptions{})
	_, rest, _ := strings.Cut(string(spy.wrote), "Sec-WebSocket-Accept: ")
	key, _, _ := strings.Cut(rest, "\r\n")
	_, _ = io.WriteString(conn, f(key))
}

// spy keeps the first write to itself and fails it.
type spy struct {
	net.Conn
	wrote []byte
}

func (s *spy) Write(b []byte) (int, error) {
	s.wrote = slices.Clone(b)
	return 0, errors.New("kept")
}

func (*spy) Close() error { return nil }

func TestDialAddress(t *testing.T) {
	for _, address := range []string{"", "ftp://x", "ws://", "%"} {
		if _, _, err := websocket.Dial(t.Context(), address, newRecorder(), websocket.DialOptions{}); err == nil {
			t.Errorf("dialled %q", address)
		}
	}
}

// The context ends a handshake that is not answered.
func TestDialCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	ours, theirs := net.Pipe()
	go func() {
		_, _ = theirs.Read(make([]byte, 1<<10))
		cancel()
	}()
	_, _, err := websocket.Dial(ctx, "ws://example.com", newRecorder(), websocket.DialOptions{
		NetDial: func(context.Context, string, string) (net.Conn, error) { return ours, nil },
	})
	if err == nil {
		t.Error("dialled")
	}
}

// Header may say what Host is, and anything else but the handshake.
func TestDialHeader(t *testing.T) {
	got := make(chan http.Header, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		r.Header.Set("Host", r.Host)
		got <- r.Header
	}))
	defer server.Close()
	_, _, err := websocket.Dial(t.Context(), "ws://"+server.Listener.Addr().String(), newRecorder(), websocket.DialOptions{
		Header: http.Header{"host": {"api.example.com"}, "X-Token": {"t"}, "Upgrade": {"h2c"}},
	})
	if err == nil {
		t.Error("dialled what is no WebSocket server")
	}
	h := <-got
	for name, want := range map[string]string{"Host": "api.example.com", "X-Token": "t", "Upgrade": "websocket"} {
		if h.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, h.Get(name), want)
		}
	}
}
