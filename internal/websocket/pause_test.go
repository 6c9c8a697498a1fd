package websocket_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"sync/atomic"
	"testing"

	"gangway/internal/websocket"
)

// resumer ends pauses from elsewhere, as who does the work of a message does.
func resumer(tb testing.TB) chan<- *websocket.Conn {
	tb.Helper()
	paused := make(chan *websocket.Conn, 1000)
	tb.Cleanup(func() { close(paused) })
	go func() {
		for c := range paused {
			c.Resume()
		}
	}()
	return paused
}

// A handler that ends its own pause goes on as if there had been none.
func TestResumeInMessage(t *testing.T) {
	r := newRecorder()
	r.message = func(c *websocket.Conn, op websocket.Opcode, payload []byte) {
		c.Pause()
		c.Resume()
		_ = c.Send(op, slices.Clone(payload), nil)
	}
	_, c := connect(t, r, websocket.Options{})
	for range 3 {
		c.write(slices.Concat(masked(0x81, "1"), masked(0x81, "2"), masked(0x81, "3")))
		for _, text := range []string{"1", "2", "3"} {
			c.want(0x81, text)
		}
	}
}

// Who is paused by Open hears nothing before Resume, not even what came with the handshake.
func TestPauseInOpen(t *testing.T) {
	r := echo()
	again := r.message
	var resumed atomic.Bool
	r.open = func(c *websocket.Conn) { c.Pause() }
	r.message = func(c *websocket.Conn, op websocket.Opcode, payload []byte) {
		if !resumed.Load() {
			t.Errorf("%q was heard while paused", payload)
		}
		again(c, op, payload)
	}
	s := websocket.NewServer(r, websocket.Options{})
	ours, theirs := tcp(t)
	hello := slices.Concat([]byte(request), masked(0x81, "1"), masked(0x81, "2"))
	c := &client{Conn: theirs, tb: t}
	c.write(hello)
	conn, err := accept(s, ours, websocket.AcceptOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c = answered(t, theirs)
	c.write(masked(0x81, "3"))
	resumed.Store(true)
	conn.Resume()
	for _, text := range []string{"1", "2", "3"} {
		c.want(0x81, text)
	}
	_ = c.Close()
	s.Close()
	r.check(t)
}

// TestHammerPause: whoever pauses and resumes, and whenever, every message is heard once and in order, and none between a
// Pause by Message and the Resume that ends it. On every other connection others pause as well, so that nobody knows.
func TestHammerPause(t *testing.T) {
	connections, messages := 8, 3000
	if testing.Short() {
		messages = 500
	}
	type state struct {
		next   int
		alone  bool // only Message pauses
		paused atomic.Bool
		random *rand.Rand
	}
	resume := make(chan func(), 1000)
	for range 3 {
		go func() {
			for f := range resume {
				f()
			}
		}()
	}
	defer close(resume)
	r := newRecorder()
	r.message = func(c *websocket.Conn, _ websocket.Opcode, payload []byte) {
		s := c.User().(*state)
		if got := string(payload[:6]); got != fmt.Sprintf("%06d", s.next) {
			t.Errorf("message %s, want %d", got, s.next)
		}
		if s.next++; s.paused.Load() {
			t.Errorf("message %d while paused", s.next-1)
		}
		switch act := s.random.IntN(6); {
		case act == 0:
			c.Pause()
			s.paused.Store(s.alone)
			resume <- func() {
				s.paused.Store(false)
				c.Resume()
			}
		case act == 1:
			c.Pause()
			c.Resume()
		case act == 2 && !s.alone:
			resume <- func() { c.Pause(); c.Resume() }
		}
		if s.next == messages {
			c.Close(1000, "")
		}
	}
	server := websocket.NewServer(r, websocket.Options{MaxControlRate: -1, Stall: -1})
	for i := range connections {
		ours, theirs := tcp(t)
		random := rand.New(rand.NewPCG(7, uint64(i)))
		_, c := connectOver(t, server, websocket.AcceptOptions{User: &state{random: random, alone: i%2 == 0}}, ours, theirs)
		go func() { sendNumbered(c.Conn, messages, rand.New(rand.NewPCG(8, uint64(i)))) }()
		c.live(false)
	}
	for range connections {
		r.wantClosed(t, 1000, "")
	}
	server.Close()
	r.check(t)
}

// sendNumbered sends numbered messages of many lengths, some in fragments, in pieces of any size.
func sendNumbered(conn net.Conn, messages int, random *rand.Rand) {
	var stream []byte
	for i := range messages {
		text := fmt.Sprintf("%06d", i) + long[:random.IntN(100)]
		if random.IntN(20) == 0 {
			text += long[:random.IntN(30_000)]
		}
		if cut := random.IntN(5); cut > 0 {
			stream = append(stream, masked(0x81, text)...)
		} else {
			stream = slices.Concat(stream, masked(0x01, text[:4]), masked(0x8A, ""), masked(0x80, text[4:]))
		}
		if len(stream) > random.IntN(100_000) {
			if _, err := conn.Write(stream); err != nil {
				return
			}
			stream = stream[:0]
		}
	}
	_, _ = conn.Write(stream) // the connection may be closing
}
