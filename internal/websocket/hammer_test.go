package websocket_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gangway/internal/websocket"
)

// TestHammerClose lets everything that can end a connection, or use it, happen at once: both sides close, a sender and a
// waiter send, somebody pauses, the client sends and vanishes. Whatever the order: one close frame each way at most,
// nothing after it, Handler.Close once, every accepted message accounted for once, and nothing left behind.
func TestHammerClose(t *testing.T) {
	before := runtime.NumGoroutine()
	rounds := 10_000
	if testing.Short() || encrypted { // whose handshakes take the time
		rounds = 500
	}
	r := echo()
	s := websocket.NewServer(r, websocket.Options{CloseWait: time.Second})
	l := listen(t)
	var accepted, told atomic.Int64
	for seed := range rounds {
		ours, theirs := pair(t, l, seed%4 == 0)
		conn, c := connectOver(t, s, websocket.AcceptOptions{}, ours, theirs)
		hammer(conn, c, rand.New(rand.NewPCG(1, uint64(seed))), &accepted, &told)
		<-r.closed
	}
	s.Close()
	r.check(t)
	select {
	case again := <-r.closed:
		t.Errorf("closed again: %v", again)
	default:
	}
	if accepted.Load() != told.Load() {
		t.Errorf("%d messages accepted, done called %d times", accepted.Load(), told.Load())
	}
	wantGoroutines(t, before)
}

// pair is a connection over a pipe or over l.
func pair(t *testing.T, l net.Listener, pipe bool) (ours, theirs net.Conn) {
	t.Helper()
	if pipe {
		return net.Pipe()
	}
	theirs, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if ours, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	if encrypted {
		return secured(t, ours, theirs)
	}
	return ours, theirs
}

// hammer is one round. It returns when both ends are done.
func hammer(conn *websocket.Conn, c *client, random *rand.Rand, accepted, told *atomic.Int64) {
	var group sync.WaitGroup
	soon := time.Millisecond * time.Duration(random.IntN(2))
	acts := []func(){
		func() { conn.Close(1000, "ours") },
		func() { conn.Close(4000, "ours, too") },
		func() {
			for range 20 {
				if conn.Send(websocket.Text, []byte(long[:1000]), func(error) { told.Add(1) }) == nil {
					accepted.Add(1)
				}
			}
		},
		func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
			defer cancel()
			_ = conn.SendWait(ctx, websocket.Text, []byte(long[:5000]))
		},
		func() { conn.Pause(); conn.Resume() },
		func() {
			conn.CloseAt(time.Now().Add(time.Minute), 1008, "not yet")
			conn.CloseAt(time.Now().Add(soon), 1008, "token expired")
		},
		func() { _ = conn.LastActive() },
		func() {
			_, _ = c.Write(slices.Concat(masked(0x81, "a"), masked(0x89, "p"), masked(0x01, "b"), masked(0x80, "c")))
			_, _ = c.Write(closeFrame(1000, "theirs"))
		},
	}
	random.Shuffle(len(acts), func(i, j int) { acts[i], acts[j] = acts[j], acts[i] })
	for _, act := range acts {
		group.Go(act)
	}
	vanish := random.IntN(4) == 0
	group.Go(func() { readToEnd(c, vanish) })
	group.Wait()
	_ = c.Close()
}

// readToEnd reads until the end, or for some frames, and fails the test if a frame follows the close frame.
func readToEnd(c *client, vanish bool) {
	closed := false
	for n := 0; ; n++ {
		f, err := c.next()
		if err != nil || vanish && n == 3 {
			break
		}
		if closed {
			c.tb.Errorf("%v after the close frame", f)
		}
		if f.first == 0x88 {
			closed = true
			if _, socket := c.Conn.(*net.TCPConn); !socket {
				break // a pipe has no half-close to show the end
			}
		}
	}
	_ = c.Close()
}

// wantGoroutines waits until there are no more goroutines than before.
func wantGoroutines(t *testing.T, before int) {
	t.Helper()
	for deadline := time.Now().Add(patience); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<16)
			t.Fatalf("%d goroutines, before %d\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
		}
	}
}

// TestHammerSend: messages of many senders to one connection arrive whole, once, and in the order of each sender.
func TestHammerSend(t *testing.T) {
	const senders, each = 8, 300
	conn, c := connect(t, newRecorder(), websocket.Options{QueueMessages: -1, QueueBytes: -1})
	for sender := range senders {
		go func() {
			for i := range each {
				payload := []byte{byte(sender), byte(i >> 8), byte(i)}
				payload = append(payload, long[:i*7%3000]...)
				var err error
				if i%3 == 0 {
					err = conn.SendWait(t.Context(), websocket.Binary, payload)
				} else {
					err = conn.Send(websocket.Binary, payload, nil)
				}
				if err != nil && !errors.Is(err, websocket.ErrClosed) {
					t.Error(err)
				}
			}
		}()
	}
	var next [senders]int
	for range senders * each {
		f, err := c.next()
		if err != nil {
			t.Fatal(err)
		}
		sender, i := f.payload[0], int(f.payload[1])<<8|int(f.payload[2])
		if i != next[sender] || len(f.payload) != 3+i*7%3000 {
			t.Fatalf("sender %d: message %d of %d bytes, want message %d", sender, i, len(f.payload), next[sender])
		}
		next[sender]++
	}
}

// TestHammerShutdown: connections that come while the server goes are refused or closed, none is forgotten.
func TestHammerShutdown(t *testing.T) {
	for range 50 {
		r := newRecorder()
		s := websocket.NewServer(r, websocket.Options{})
		var group sync.WaitGroup
		for range 8 {
			ours, theirs := tcp(t)
			group.Go(func() {
				defer func() { _ = theirs.Close() }()
				go func() { _, _ = theirs.Write(slices.Concat([]byte(request), masked(0x81, "x"), closeFrame(1000, ""))) }()
				if _, err := accept(s, ours, websocket.AcceptOptions{}); err != nil {
					if !errors.Is(err, websocket.ErrServerClosed) {
						t.Error(err)
					}
					_ = ours.Close()
				}
			})
		}
		s.Close()
		group.Wait()
		r.check(t)
	}
}
