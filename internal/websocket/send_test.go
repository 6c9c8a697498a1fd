package websocket_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gangway/internal/websocket"
)

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

// Small messages of which nobody is told come whole and in order, also those that the socket has taken a part of.
func TestSmallMessagesStalled(t *testing.T) {
	conn, c := connect(t, newRecorder(), websocket.Options{Stall: -1})
	text := func(i int) string { return fmt.Sprintf("%06d", i) + long[:i%500] }
	sent, err := 0, error(nil)
	for ; err == nil; sent++ {
		err = conn.Send(websocket.Text, []byte(text(sent)), nil)
	}
	if !errors.Is(err, websocket.ErrQueueFull) {
		t.Fatal(err)
	}
	for i := range sent - 1 {
		c.want(0x81, text(i))
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

// What the socket does not take has not been sent, although TLS may have taken it; it has as soon as the client reads.
func TestDoneIsNotEarly(t *testing.T) {
	conn, c := connect(t, newRecorder(), websocket.Options{Stall: -1})
	result := make(chan error, 1)
	sent := 0
	for waits := false; !waits; sent++ {
		if err := conn.Send(websocket.Text, []byte(long[:30_000]), func(err error) { result <- err }); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-result:
			if err != nil {
				t.Fatal(err)
			}
		default:
			waits = true
		}
		if sent > 10_000 {
			t.Fatal("sockets hold 300 MB")
		}
	}
	for range sent {
		c.want(0x81, long[:30_000])
	}
	if err := <-result; err != nil {
		t.Errorf("done with %v", err)
	}
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

// A pong goes ahead of messages that wait, but not into the middle of one.
func TestPongGoesAhead(t *testing.T) {
	r := newRecorder()
	seen := make(chan struct{})
	r.message = func(*websocket.Conn, websocket.Opcode, []byte) { close(seen) }
	_, c, sent := stalled(t, r, websocket.Options{Stall: -1}, nil)
	c.write(slices.Concat(masked(0x89, "first"), masked(0x89, "last"), masked(0x81, "seen")))
	<-seen
	at := -1
	for i := 0; i < sent; i++ {
		f, err := c.next()
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case f.first == 0x8A && string(f.payload) == "last" && at < 0:
			at = i
			i--
		case f.first != 0x81 || !strings.HasPrefix(string(f.payload), fmt.Sprintf("%06d", i)):
			t.Fatalf("frame %d: %v", i, f)
		}
	}
	if at <= 0 {
		t.Errorf("one pong before message %d of %d", at, sent)
	}
}

// That a write once had to wait, with a deadline, is forgotten when it has not to any more.
func TestStallIsForgotten(t *testing.T) {
	t.Parallel()
	const stall = 2 * time.Second
	conn, c := connect(t, newRecorder(), websocket.Options{Stall: stall, QueueBytes: -1, QueueMessages: -1})
	go func() { _, _ = io.Copy(io.Discard, c) }()
	for range 300 {
		if err := conn.Send(websocket.Text, []byte(long), nil); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := conn.SendWait(t.Context(), websocket.Text, nil); err != nil {
			t.Fatal(err)
		}
		<-time.After(stall + stall/10)
	}
}
