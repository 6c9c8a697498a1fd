package websocket_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gangway/internal/websocket"
)

// What ends a connection is what Handler.Close is told and, where there is still somebody, what the client is.
func TestStatus(t *testing.T) {
	for _, test := range []struct {
		name   string
		client func(c *client)
		server func(c *websocket.Conn)
		status websocket.Status
		reason string
		seen   string // payload of the close frame; "-": none
	}{
		{name: "client says why", client: func(c *client) { c.write(closeFrame(4001, "bye")) }, status: 4001, reason: "bye", seen: closeText(4001, "")},
		{name: "client says nothing", client: func(c *client) { c.write(masked(0x88, "")) }, status: 1005, seen: ""},
		{name: "client vanishes", client: func(c *client) { _ = c.Close() }, status: 1006, seen: "-"},
		{name: "client vanishes in a frame", client: func(c *client) { c.write(header(0x81, 10, "abc")); _ = c.Close() }, status: 1006, seen: "-"},
		{name: "client half-closes", client: func(c *client) { _ = c.Conn.(interface{ CloseWrite() error }).CloseWrite() }, status: 1006, seen: "-"},
		{name: "client closes and half-closes", client: func(c *client) {
			c.write(closeFrame(1000, ""))
			_ = c.Conn.(interface{ CloseWrite() error }).CloseWrite()
		}, status: 1000, seen: closeText(1000, "")},
		{name: "client breaks a rule", client: func(c *client) { c.write(masked(0x83, "")) }, status: 1002, reason: "unknown opcode", seen: closeText(1002, "unknown opcode")},
		{name: "we close", server: func(c *websocket.Conn) { c.Close(1000, "done") }, status: 1000, reason: "done", seen: closeText(1000, "done")},
		{name: "we close twice", server: func(c *websocket.Conn) { c.Close(1001, "a"); c.Close(1002, "b") }, status: 1001, reason: "a", seen: closeText(1001, "a")},
		{name: "we close without a status", server: func(c *websocket.Conn) { c.Close(1005, "a") }, status: 1005, seen: ""},
		{name: "we close with what may not be sent", server: func(c *websocket.Conn) { c.Close(1006, "a") }, status: 1011, reason: "a", seen: closeText(1011, "a")},
		{
			name:   "we have much to say",
			server: func(c *websocket.Conn) { c.Close(4999, strings.Repeat("ü", 70)+"\xff") },
			status: 4999, reason: strings.Repeat("ü", 61), seen: closeText(4999, strings.Repeat("ü", 61)),
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRecorder()
			conn, c := connect(t, r, websocket.Options{})
			if test.client != nil {
				test.client(c)
			} else {
				test.server(conn)
			}
			if test.seen != "-" {
				c.want(0x88, test.seen)
				if test.server != nil {
					c.write(closeFrame(1000, ""))
				}
				c.wantEnd()
			}
			r.wantClosed(t, test.status, test.reason)
			if err := conn.Send(websocket.Text, nil, nil); !errors.Is(err, websocket.ErrClosed) {
				t.Errorf("sent after the end: %v", err)
			}
		})
	}
}

// Bytes that came right behind the handshake are the first messages.
func TestBehindHandshake(t *testing.T) {
	r := echo()
	s := websocket.NewServer(r, websocket.Options{})
	ours, theirs := tcp(t)
	c := &client{Conn: theirs, tb: t}
	many := slices.Concat(masked(0x81, "one"), masked(0x81, long[:20000]), masked(0x81, "two"))
	c.write(append([]byte(request), many...))
	if _, err := accept(s, ours, websocket.AcceptOptions{}); err != nil {
		t.Fatal(err)
	}
	c = answered(t, theirs)
	for _, text := range []string{"one", long[:20000], "two"} {
		c.want(0x81, text)
	}
	_ = c.Close()
	s.Close()
	r.check(t)
}

func TestPause(t *testing.T) {
	var got []string
	var mu sync.Mutex
	r := newRecorder()
	third := make(chan struct{})
	r.message = func(c *websocket.Conn, _ websocket.Opcode, payload []byte) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, string(payload))
		if len(got) < 3 {
			c.Pause()
			c.Pause()
			_ = c.Send(websocket.Text, []byte("paused"), nil)
			return
		}
		close(third)
	}
	conn, c := connect(t, r, websocket.Options{})
	c.write(slices.Concat(masked(0x81, "1"), masked(0x81, "2"), masked(0x81, "3")))
	for n := 1; n <= 2; n++ {
		c.want(0x81, "paused")
		mu.Lock()
		if len(got) != n {
			t.Errorf("got %q while paused after %d", got, n)
		}
		mu.Unlock()
		conn.Resume()
	}
	<-third
	// A pause ends with the connection.
	conn.Pause()
	conn.Close(1000, "")
	c.want(0x88, closeText(1000, ""))
	c.write(closeFrame(1000, ""))
	r.wantClosed(t, 1000, "")
}

// What waits in a pause is not lost to other connections, which use the same buffers.
func TestPauseKeeps(t *testing.T) {
	r := echo()
	again := r.message
	r.message = func(c *websocket.Conn, op websocket.Opcode, payload []byte) {
		if string(payload) == "pause" {
			c.Pause()
		}
		again(c, op, payload)
	}
	s := websocket.NewServer(r, websocket.Options{})
	ours, theirs := tcp(t)
	conn, c := connectOver(t, s, websocket.AcceptOptions{}, ours, theirs)
	c.write(append(masked(0x81, "pause"), masked(0x81, long[:10000])...))
	c.want(0x81, "pause")
	for i := range 20 {
		ours, theirs := tcp(t)
		_, other := connectOver(t, s, websocket.AcceptOptions{}, ours, theirs)
		text := strings.Repeat(string(rune('a'+i)), 10000)
		other.write(masked(0x81, text))
		other.want(0x81, text)
	}
	conn.Resume()
	c.want(0x81, long[:10000])
	s.Close()
}

// While a connection is paused, TCP stops the client.
func TestPauseStopsClient(t *testing.T) {
	r := newRecorder()
	r.open = func(c *websocket.Conn) { c.Pause() }
	r.message = func(*websocket.Conn, websocket.Opcode, []byte) { t.Error("message while paused") }
	_, c := connect(t, r, websocket.Options{})
	_ = c.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
	var err error
	for n := 0; n < 64<<20 && err == nil; n += 32768 {
		_, err = c.Write(masked(0x81, long[:32768]))
	}
	if err == nil {
		t.Error("64 MB were taken while paused")
	}
	_ = c.Close()
}

// After our Close nothing is delivered, and pings are not answered.
func TestNothingAfterClose(t *testing.T) {
	r := newRecorder()
	r.message = func(*websocket.Conn, websocket.Opcode, []byte) { t.Error("message after Close") }
	conn, c := connect(t, r, websocket.Options{})
	conn.Close(1000, "")
	c.write(slices.Concat(masked(0x81, "late"), masked(0x89, "late"), closeFrame(1001, "theirs")))
	c.want(0x88, closeText(1000, ""))
	c.wantEnd()
	r.wantClosed(t, 1000, "")
}

// lateWriter writes nothing before the other side has half-closed, and gives whoever would close it then time to do so.
type lateWriter struct {
	*net.TCPConn
	ended, closed chan struct{}
	once          sync.Once // of Close, which two may call
	answered      bool
}

func (l *lateWriter) Read(b []byte) (int, error) {
	n, err := l.TCPConn.Read(b)
	if err != nil {
		close(l.ended)
	}
	return n, err
}

func (l *lateWriter) Write(b []byte) (int, error) {
	if !l.answered {
		l.answered = true
		return l.TCPConn.Write(b)
	}
	<-l.ended
	select {
	case <-l.closed:
	case <-time.After(20 * time.Millisecond):
	}
	return l.TCPConn.Write(b)
}

func (l *lateWriter) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.TCPConn.Close()
}

// A client that half-closes behind its close frame gets the answer, however slowly that leaves.
func TestCloseAnswerIsAwaited(t *testing.T) {
	r := newRecorder()
	s := websocket.NewServer(r, websocket.Options{})
	if encrypted {
		t.Skip("the stream has to be a socket")
	}
	ours, theirs := tcp(t)
	late := &lateWriter{TCPConn: ours.(*net.TCPConn), ended: make(chan struct{}), closed: make(chan struct{})}
	_, c := connectOver(t, s, websocket.AcceptOptions{}, late, theirs)
	c.write(closeFrame(1000, ""))
	if err := theirs.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	c.want(0x88, closeText(1000, ""))
	r.wantClosed(t, 1000, "")
	<-late.closed
	s.Close()
}

// wrapped is a connection as a listener that has looked at its first byte gives it.
type wrapped struct{ net.Conn }

func (w wrapped) Unwrap() net.Conn { return w.Conn }

// Without its wrapper a socket is read and written, and half-closed, as a socket.
func TestUnwrap(t *testing.T) {
	r := echo()
	s := websocket.NewServer(r, websocket.Options{})
	ours, theirs := tcp(t)
	_, c := connectOver(t, s, websocket.AcceptOptions{}, wrapped{ours}, theirs)
	c.write(masked(0x81, "hello"))
	c.want(0x81, "hello")
	c.write(masked(0x83, ""))
	c.want(0x88, closeText(1002, "unknown opcode"))
	c.wantEnd() // seen before we close: it was half-closed
	r.wantClosed(t, 1002, "unknown opcode")
	s.Close()
}

// A panic costs its connection, and is reported once.
func TestPanic(t *testing.T) {
	for _, in := range []string{"open", "message"} {
		t.Run(in, func(t *testing.T) {
			var log strings.Builder
			r := newRecorder()
			if in == "open" {
				r.open = func(*websocket.Conn) { panic("in open") }
			} else {
				r.message = func(*websocket.Conn, websocket.Opcode, []byte) { panic("in message") }
			}
			_, c := connect(t, r, websocket.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
			_, _ = c.Write(append(masked(0x81, "x"), masked(0x81, "y")...))
			c.want(0x88, closeText(1011, "internal error"))
			_ = c.Close()
			r.wantClosed(t, 1011, "internal error")
			if got := strings.Count(log.String(), "handler panicked"); got != 1 || !strings.Contains(log.String(), "in "+in) {
				t.Errorf("%d reports: %s", got, log.String())
			}
		})
	}
}

type panicsInClose struct{ *recorder }

func (p panicsInClose) Close(c *websocket.Conn, status websocket.Status, reason string) {
	p.recorder.Close(c, status, reason)
	panic("in close")
}

func TestPanicInClose(t *testing.T) {
	r := panicsInClose{newRecorder()}
	s := websocket.NewServer(r, websocket.Options{})
	ours, theirs := tcp(t)
	_, c := connectOver(t, s, websocket.AcceptOptions{}, ours, theirs)
	c.write(closeFrame(1000, ""))
	r.wantClosed(t, 1000, "")
	c.want(0x88, closeText(1000, ""))
	c.wantEnd()
	s.Close()
}

func TestUser(t *testing.T) {
	ours, theirs := tcp(t)
	r := newRecorder()
	var atOpen any
	r.open = func(c *websocket.Conn) { atOpen = c.User() }
	s := websocket.NewServer(r, websocket.Options{})
	conn, _ := connectOver(t, s, websocket.AcceptOptions{User: "alice"}, ours, theirs)
	if atOpen != "alice" || conn.User() != "alice" {
		t.Errorf("users %v, %v", atOpen, conn.User())
	}
	s.Close()
}

func TestShutdown(t *testing.T) {
	r := newRecorder()
	s := websocket.NewServer(r, websocket.Options{})
	clients := make([]*client, 10)
	for i := range clients {
		ours, theirs := tcp(t)
		_, clients[i] = connectOver(t, s, websocket.AcceptOptions{}, ours, theirs)
	}
	done := make(chan error)
	go func() { done <- s.Shutdown(t.Context()) }()
	for _, c := range clients {
		c.want(0x88, closeText(1001, "Going away"))
		c.write(closeFrame(1001, ""))
		c.wantEnd()
		_ = c.Close()
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	for range clients {
		r.wantClosed(t, 1001, "Going away")
	}
	r.check(t)

	ours, theirs := tcp(t)
	go func() { _, _ = io.WriteString(theirs, request) }()
	if _, err := accept(s, ours, websocket.AcceptOptions{}); !errors.Is(err, websocket.ErrServerClosed) {
		t.Errorf("accepted after Shutdown: %v", err)
	}
	_, _ = theirs.Close(), ours.Close()
}

// A client that ignores a Shutdown is dropped when its time is over.
func TestShutdownEnds(t *testing.T) {
	r := newRecorder()
	s := websocket.NewServer(r, websocket.Options{})
	ours, theirs := tcp(t)
	_, c := connectOver(t, s, websocket.AcceptOptions{}, ours, theirs)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Shutdown(ctx) }()
	c.want(0x88, closeText(1001, "Going away"))
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	r.wantClosed(t, 1001, "Going away")
	r.check(t)
}
