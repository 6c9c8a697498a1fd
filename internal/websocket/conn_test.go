package websocket_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
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
		{name: "client half-closes", client: func(c *client) { _ = c.Conn.(*net.TCPConn).CloseWrite() }, status: 1006, seen: "-"},
		{name: "client closes and half-closes", client: func(c *client) {
			c.write(closeFrame(1000, ""))
			_ = c.Conn.(*net.TCPConn).CloseWrite()
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

// Messages longer than 32 KB leave in frames of 32 KB.
func TestSendContinues(t *testing.T) {
	conn, c := connect(t, newRecorder(), websocket.Options{})
	for _, n := range []int{0, 125, 126, 32768, 32769, 65536, 131072} {
		if err := conn.Send(websocket.Text, []byte(long[:n]), nil); err != nil {
			t.Fatal(err)
		}
		for first, rest := byte(0x01), n; ; first = 0x00 {
			size := min(rest, 32768)
			if rest -= size; rest == 0 {
				c.want(0x80|first, long[:size])
				break
			}
			c.want(first, long[:size])
		}
	}
}

// Bytes that came right behind the handshake are the first messages.
func TestBehindHandshake(t *testing.T) {
	r := echo()
	s := websocket.NewServer(r, websocket.Options{})
	ours, theirs := tcp(t)
	c := &client{theirs, t, nil}
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

// stalled is a connection whose client reads nothing until told, and the number of messages the queue took.
func stalled(t *testing.T, r *recorder, o websocket.Options, done func(error)) (conn *websocket.Conn, c *client, sent int) {
	t.Helper()
	conn, c = connect(t, r, o)
	for {
		err := conn.Send(websocket.Text, []byte(fmt.Sprintf("%06d", sent)+long[:10000]), done)
		if errors.Is(err, websocket.ErrQueueFull) {
			return conn, c, sent
		}
		if err != nil {
			t.Fatal(err)
		}
		sent++
	}
}

// A slow reader costs no more than the queue; when it reads again it misses nothing.
func TestSlowReader(t *testing.T) {
	results := make(chan error, 10000)
	r := newRecorder()
	conn, c, sent := stalled(t, r, websocket.Options{Stall: -1}, func(err error) { results <- err })
	if waiting := sent - len(results); waiting > 1<<20/10006 {
		t.Errorf("%d messages of 10 KB wait in a queue of 1 MiB", waiting)
	}
	if err := conn.SendWait(t.Context(), websocket.Text, []byte(long)); !errors.Is(err, websocket.ErrQueueFull) {
		t.Errorf("SendWait on a full queue: %v", err)
	}
	for i := range sent {
		c.want(0x81, fmt.Sprintf("%06d", i)+long[:10000])
	}
	for range sent {
		if err := <-results; err != nil {
			t.Errorf("done with %v", err)
		}
	}
	if err := conn.SendWait(t.Context(), websocket.Text, []byte("end")); err != nil {
		t.Error(err)
	}
	c.want(0x81, "end")
}

// What SendWait gives up never arrives; what was queued before and after does, and what is leaving is waited for.
func TestSendWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder()
		conn, c := pipe(t, r, websocket.Options{})
		ctx, cancel := context.WithCancel(t.Context())
		wait := func(text string) <-chan error {
			result := make(chan error, 1)
			go func() { result <- conn.SendWait(ctx, websocket.Text, []byte(text)) }()
			synctest.Wait()
			return result
		}
		leaving, withdrawn := wait("leaving"), wait("withdrawn")
		if err := conn.Send(websocket.Text, []byte("after"), nil); err != nil {
			t.Error(err)
		}
		cancel()
		if err := <-withdrawn; !errors.Is(err, websocket.ErrSlow) {
			t.Errorf("SendWait: %v, want ErrSlow", err)
		}
		c.want(0x81, "leaving")
		if err := <-leaving; err != nil {
			t.Errorf("SendWait: %v", err)
		}
		c.want(0x81, "after")
		ctx = t.Context()
		delivered := wait("delivered")
		c.want(0x81, "delivered")
		if err := <-delivered; err != nil {
			t.Errorf("SendWait: %v", err)
		}
		lost := wait("lost")
		_ = c.Close()
		if err := <-lost; !errors.Is(err, websocket.ErrClosed) {
			t.Errorf("SendWait: %v, want ErrClosed", err)
		}
		r.wantClosed(t, 1006, "")
	})
}

// The same over a socket, where messages leave in parts: each arrives once, in order, or not at all, as SendWait says.
func TestSendWaitOverSocket(t *testing.T) {
	r := newRecorder()
	conn, c, sent := stalled(t, r, websocket.Options{Stall: -1}, nil)
	ctx, cancel := context.WithCancel(t.Context())
	var want []string
	for i := range sent {
		want = append(want, fmt.Sprintf("%06d", i)+long[:10000])
	}
	var group sync.WaitGroup
	next := 0
	results := make([]error, 10)
	for i := range results {
		text := fmt.Sprintf("wait %d", i)
		group.Go(func() { results[i] = conn.SendWait(ctx, websocket.Text, []byte(text)) })
	}
	cancel()
	group.Wait()
	conn.Close(1000, "")
	var arrived []string
	for {
		f, err := c.next()
		if err != nil {
			t.Fatal(err)
		}
		if f.first == 0x88 {
			break
		}
		if text := string(f.payload); strings.HasPrefix(text, "wait") {
			arrived = append(arrived, text)
		} else if text != want[next] {
			t.Fatalf("got %.20q, want %.20q", text, want[next])
		} else {
			next++
		}
	}
	if !slices.ContainsFunc(results, func(err error) bool { return errors.Is(err, websocket.ErrSlow) }) {
		t.Errorf("no message was withdrawn: %v", results)
	}
	for i, err := range results {
		if got := slices.Contains(arrived, fmt.Sprintf("wait %d", i)); got != (err == nil) {
			t.Errorf("message %d arrived: %t; SendWait: %v", i, got, err)
		}
	}
}

// A client that reads nothing is dropped, over a socket too.
func TestStallOverSocket(t *testing.T) {
	results := make(chan error, 10000)
	r := newRecorder()
	_, _, sent := stalled(t, r, websocket.Options{Stall: 50 * time.Millisecond}, func(err error) { results <- err })
	r.wantClosed(t, 1006, "slow consumer")
	failed := 0
	for range sent {
		if err := <-results; errors.Is(err, websocket.ErrClosed) {
			failed++
		}
	}
	if failed == 0 {
		t.Error("no message failed")
	}
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

// When the connection ends, whoever waits for a message to leave is told.
func TestSendersAreTold(t *testing.T) {
	results := make(chan error, 10000)
	r := newRecorder()
	_, c, sent := stalled(t, r, websocket.Options{Stall: -1}, func(err error) { results <- err })
	_ = c.Close()
	failed := 0
	for range sent {
		if err := <-results; errors.Is(err, websocket.ErrClosed) {
			failed++
		}
	}
	if failed == 0 {
		t.Error("no message failed")
	}
	r.wantClosed(t, 1006, "")
}

// done may send again, and panic.
func TestDone(t *testing.T) {
	r := newRecorder()
	conn, c := connect(t, r, websocket.Options{})
	left := 1000
	var again func(error)
	again = func(error) {
		if left--; left == 0 {
			panic("done")
		}
		_ = conn.Send(websocket.Text, []byte("again"), again)
	}
	if err := conn.Send(websocket.Text, []byte("again"), again); err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		c.want(0x81, "again")
	}
	c.want(0x88, closeText(1011, "internal error"))
	_ = c.Close()
	r.wantClosed(t, 1011, "internal error")
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
	conn.SetUser(7)
	if atOpen != "alice" || conn.User() != 7 {
		t.Errorf("users %v, %v", atOpen, conn.User())
	}
	if got, want := conn.RemoteAddr().String(), theirs.LocalAddr().String(); got != want {
		t.Errorf("remote address %s, want %s", got, want)
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
