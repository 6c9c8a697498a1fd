package websocket_test

import (
	"errors"
	"fmt"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"gangway/internal/websocket"
)

// skipping is pipe with the server, for what is asked of that.
func skipping(tb testing.TB, r *recorder, o websocket.Options) (*websocket.Server, *websocket.Conn, *client) {
	tb.Helper()
	s := websocket.NewServer(r, o)
	ours, theirs := net.Pipe()
	conn, c := connectOver(tb, s, websocket.AcceptOptions{}, ours, theirs)
	return s, conn, c
}

func TestSkip(t *testing.T) {
	for _, test := range []struct {
		name   string
		o      websocket.Options
		skip   func(s *websocket.Server, conn *websocket.Conn)
		after  time.Duration // that really passes
		status websocket.Status
		reason string
	}{
		{name: "idle", skip: func(s *websocket.Server, _ *websocket.Conn) { s.Skip(10 * time.Minute) }, status: 1001, reason: "Going away"},
		{
			name: "almost idle", skip: func(s *websocket.Server, _ *websocket.Conn) { s.Skip(9 * time.Minute) },
			after: time.Minute, status: 1001, reason: "Going away",
		},
		{
			name: "old", o: websocket.Options{Idle: -1}, skip: func(s *websocket.Server, _ *websocket.Conn) { s.Skip(time.Hour); s.Skip(time.Hour) },
			status: 1001, reason: "Going away",
		},
		{name: "expired", skip: func(s *websocket.Server, conn *websocket.Conn) {
			conn.CloseAt(time.Now().Add(time.Minute), websocket.StatusPolicy, "expired")
			s.Skip(2 * time.Minute)
		}, status: 1008, reason: "expired"},
		{name: "to expire by the clock that was moved", skip: func(s *websocket.Server, conn *websocket.Conn) {
			s.Skip(time.Minute)
			conn.CloseAt(time.Now().Add(3*time.Minute), websocket.StatusPolicy, "expired")
			s.Skip(time.Minute)
		}, after: time.Minute, status: 1008, reason: "expired"},
		{name: "a dead client is found by the time that passes", o: websocket.Options{Idle: -1, Lifetime: -1}, skip: func(s *websocket.Server, _ *websocket.Conn) {
			<-time.After(70 * time.Second) // a ping has no answer yet
			s.Skip(24 * time.Hour)
		}, after: 90 * time.Second, status: 1006, reason: "ping timeout"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRecorder()
				s, conn, c := skipping(t, r, test.o)
				defer s.Close()
				c.live(test.status == 1001 || test.status == 1008)
				start := time.Now()
				test.skip(s, conn)
				wantEndAfter(t, r, start, test.after, test.status, test.reason)
			})
		})
	}
}

// TestSkipTimes: what a connection says of itself goes by the clock that is moved.
func TestSkipTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, conn, _ := skipping(t, newRecorder(), websocket.Options{})
		defer s.Close()
		opened := conn.ConnectedAt()
		s.Skip(5 * time.Minute)
		if conn.ConnectedAt() != opened || conn.LastActive() != opened {
			t.Errorf("opened %v, active %v, want %v", conn.ConnectedAt(), conn.LastActive(), opened)
		}
	})
}

// TestWithhold: what is sent waits, up to the limits of the queue, and leaves in order.
func TestWithhold(t *testing.T) {
	r := newRecorder()
	conn, c := connect(t, r, websocket.Options{QueueMessages: 3, Stall: -1})
	for !conn.Withhold() { // the answer to the handshake may still be under way
	}
	for i := range 3 {
		if err := conn.Send(websocket.Text, []byte(fmt.Sprint(i)), nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := conn.Send(websocket.Text, []byte("more"), nil); !errors.Is(err, websocket.ErrQueueFull) {
		t.Errorf("got %v", err)
	}
	conn.Release()
	conn.Release() // it is over
	for i := range 3 {
		c.want(0x81, fmt.Sprint(i))
	}
	if !conn.Withhold() {
		t.Fatal("nothing is being written")
	}
	conn.Release() // with nothing to be sent
	if err := conn.Send(websocket.Text, []byte("last"), nil); err != nil {
		t.Fatal(err)
	}
	c.want(0x81, "last")
	conn.Withhold()
	c.write(closeFrame(1000, ""))
	r.wantClosed(t, 1000, "")
	conn.Release()
	c.want(0x88, closeText(1000, ""))
	c.wantEnd()
}

// TestWithheldEnds: a client that takes nothing is dropped in time, and one that is gone leaves nobody waiting.
func TestWithheldEnds(t *testing.T) {
	for _, test := range []struct {
		name   string
		do     func(conn *websocket.Conn)
		reason string
	}{
		{"stalled", func(*websocket.Conn) {}, "slow consumer"},
		{"reset", (*websocket.Conn).Reset, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRecorder()
			conn, _ := connect(t, r, websocket.Options{Stall: time.Second})
			for !conn.Withhold() {
			}
			sent := make(chan error, 1)
			if err := conn.Send(websocket.Text, []byte("x"), func(err error) { sent <- err }); err != nil {
				t.Fatal(err)
			}
			test.do(conn)
			r.wantClosed(t, 1006, test.reason)
			if err := <-sent; !errors.Is(err, websocket.ErrClosed) {
				t.Errorf("got %v", err)
			}
			if conn.Withhold() {
				t.Error("a connection that is over is withheld")
			}
		})
	}
}
