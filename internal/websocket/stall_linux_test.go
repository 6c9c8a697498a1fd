package websocket_test

import (
	"errors"
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"gangway/internal/websocket"
)

// slow is a client's end that takes a little at a time.
type slow struct {
	net.Conn
	slowly  atomic.Bool
	longest atomic.Int64 // between two reads
	last    time.Time
}

func (s *slow) Read(b []byte) (int, error) {
	if !s.slowly.Load() {
		return s.Conn.Read(b)
	}
	now := time.Now()
	if !s.last.IsZero() {
		s.longest.Store(max(s.longest.Load(), int64(now.Sub(s.last))))
	}
	s.last = now
	<-time.After(100 * time.Millisecond)
	return s.Conn.Read(b[:min(len(b), 2<<10)])
}

// However slowly a client takes what waits for it, it is not one that takes nothing.
func TestSlowIsNotStalled(t *testing.T) {
	t.Parallel()
	const stall = 2 * time.Second
	ours, theirs := small(t)
	throttled := &slow{Conn: theirs}
	theirs = throttled
	if encrypted {
		ours, theirs = secured(t, ours, throttled)
	}
	r := newRecorder()
	s := websocket.NewServer(r, websocket.Options{Stall: stall, QueueBytes: -1, QueueMessages: -1})
	conn, c := connectOver(t, s, websocket.AcceptOptions{}, ours, theirs)
	for range 20 {
		if err := conn.Send(websocket.Text, []byte(long), nil); err != nil {
			t.Fatal(err)
		}
	}
	throttled.slowly.Store(true)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(io.Discard, c)
	}()
	select {
	case <-ended:
		if longest := time.Duration(throttled.longest.Load()); longest < stall/4 { // else it was the machine
			t.Errorf("dropped, though the client has read at least every %v", longest)
		}
	case <-time.After(3 * stall):
	}
	_ = c.Close()
	<-ended
	s.Close()
	r.check(t)
}

// small is a connection over loopback whose ends hold little.
func small(t *testing.T) (ours, theirs net.Conn) {
	t.Helper()
	limit := func(option int) func(_, _ string, raw syscall.RawConn) error {
		return func(_, _ string, raw syscall.RawConn) error {
			var failed error
			err := raw.Control(func(fd uintptr) { failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, option, 8<<10) })
			return errors.Join(err, failed)
		}
	}
	listen := net.ListenConfig{Control: limit(syscall.SO_SNDBUF)}
	l, err := listen.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	dial := net.Dialer{Control: limit(syscall.SO_RCVBUF)}
	if theirs, err = dial.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if ours, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	return ours, theirs
}
