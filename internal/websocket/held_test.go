package websocket_test

import (
	"errors"
	"io"
	"runtime"
	"slices"
	"testing"
	"time"

	"gangway/internal/websocket"
)

// crowd are connections of one server.
type crowd struct {
	*websocket.Server
	r       *recorder
	conns   []*websocket.Conn
	clients []*client
}

func connectMany(t *testing.T, r *recorder, n int, o websocket.Options) *crowd {
	t.Helper()
	all := &crowd{r: r}
	all.Server = websocket.NewServer(all.r, o)
	for range n {
		ours, theirs := tcp(t)
		conn, c := connectOver(t, all.Server, websocket.AcceptOptions{}, ours, theirs)
		_ = theirs.SetDeadline(time.Now().Add(patience))
		all.conns, all.clients = append(all.conns, conn), append(all.clients, c)
	}
	t.Cleanup(func() {
		all.Close()
		all.r.check(t)
	})
	return all
}

// fill sends to a client that does not read until no more may wait for it, and says how much more all hold then. Meanwhile the
// last client of all is served: so whoever writes has had his turn, and what the kernel takes was taken.
func (all *crowd) fill(t *testing.T, i int) (held int) {
	t.Helper()
	before := all.Held()
	for quiet := 0; quiet < 5; quiet++ {
		last := all.clients[len(all.clients)-1]
		last.write(masked(0x89, "turn"))
		last.want(0x8a, "turn")
		for {
			err := all.conns[i].Send(websocket.Text, []byte(long[:10000]), nil)
			if errors.Is(err, websocket.ErrQueueFull) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			quiet = 0
		}
	}
	return all.Held() - before
}

// begin sends a part of a message, and waits until it was read.
func (all *crowd) begin(size int) func(i int) {
	part := slices.Concat(masked(0x01, long[:size/2]), masked(0x00, long[:size/2]), masked(0x89, "read?"))
	return func(i int) {
		all.clients[i].write(part)
		all.clients[i].want(0x8a, "read?")
	}
}

// wantNothing waits until nothing is held.
func (all *crowd) wantNothing(t *testing.T) {
	t.Helper()
	for end := time.Now().Add(patience); all.Held() != 0; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("%d bytes are held", all.Held())
		}
	}
}

// What waits for all clients together is bounded; each may have as much as is left, and who reads has the usual.
func TestHeldQueues(t *testing.T) {
	all := connectMany(t, echo(), 3, websocket.Options{HeldBytes: 1 << 20, QueueBytes: -1, Stall: -1, MaxControlRate: -1})
	const slack = 10128                            // a message
	for i, want := range []int{1 << 19, 1 << 18} { // a half of all, and of the rest
		if got := all.fill(t, i); got < want-slack || got > want+slack {
			t.Errorf("%d bytes wait for client %d, want %d", got, i, want)
		}
	}
	if err := all.conns[2].SendWait(t.Context(), websocket.Text, []byte(long)); err != nil {
		t.Errorf("who reads: %v", err)
	}
	for _, c := range all.clients {
		go func() { _, _ = io.Copy(io.Discard, c) }()
	}
	for _, conn := range all.conns {
		for errors.Is(conn.SendWait(t.Context(), websocket.Text, []byte("end")), websocket.ErrQueueFull) {
			runtime.Gosched()
		}
	}
	all.wantNothing(t)
}

// So is what has come of unfinished messages: who sends more than his share is told to come again.
func TestHeldParts(t *testing.T) {
	all := connectMany(t, echo(), 3, websocket.Options{HeldBytes: 128 << 10})
	begin := all.begin(48 << 10)
	begin(0)
	part := masked(0x00, long[:32<<10])
	all.clients[1].write(slices.Concat(masked(0x01, ""), part, part, part))
	all.clients[1].want(0x88, closeText(1013, "too many messages are unfinished"))
	all.r.wantClosed(t, 1013, "too many messages are unfinished")
	all.clients[0].write(masked(0x80, "end"))
	all.clients[0].want(0x01, long[:32<<10])
	all.clients[0].want(0x80, long[:16<<10]+"end")
	all.clients[2].write(masked(0x81, "hello"))
	all.clients[2].want(0x81, "hello")
	all.wantNothing(t)
}

// Where others hold all there is, each connection still has a little for itself.
func TestOwnShare(t *testing.T) {
	const most = 4 << 20 // of which a 16384th is 256 bytes
	all := connectMany(t, echo(), 1, websocket.Options{HeldBytes: most})
	all.Hold(most)
	all.clients[0].write(masked(0x81, long[:100]))
	all.clients[0].want(0x81, long[:100])
	if err := all.conns[0].Send(websocket.Text, []byte(long[:200]), nil); !errors.Is(err, websocket.ErrQueueFull) {
		t.Errorf("more than a little: %v", err)
	}
	all.Hold(-most)
	all.clients[0].write(masked(0x81, long[:200]))
	all.clients[0].want(0x81, long[:200])
	all.wantNothing(t)
}

// What is kept while a connection is paused counts as well, and no more once it was dealt with.
func TestHeldWhilePaused(t *testing.T) {
	heard, r := make(chan string), newRecorder()
	r.message = func(c *websocket.Conn, _ websocket.Opcode, payload []byte) {
		c.Pause()
		text := string(payload)
		go func() { heard <- text }()
	}
	all := connectMany(t, r, 1, websocket.Options{})
	message := masked(0x81, long[:5000])
	all.clients[0].write(slices.Concat(message, message))
	<-heard
	all.conns[0].Resume()
	<-heard
	all.conns[0].Resume()
	all.wantNothing(t)
}

// Those go first that hold most, and nobody who holds nothing.
func TestRelieve(t *testing.T) {
	all := connectMany(t, echo(), 4, websocket.Options{Stall: -1, QueueBytes: 300_000, MaxControlRate: -1})
	all.fill(t, 0)
	begin := all.begin(48 << 10)
	begin(1)
	begin(2)
	if n := all.Relieve(1); n != 1 {
		t.Errorf("%d connections are dropped for a byte", n)
	}
	all.r.wantClosed(t, 1006, "slow consumer")
	all.Relieve(1 << 20)
	all.r.wantClosed(t, 1006, "message takes too long")
	all.r.wantClosed(t, 1006, "message takes too long")
	all.wantNothing(t)
	if n := all.Relieve(1 << 20); n != 0 {
		t.Errorf("%d connections are dropped that hold nothing", n)
	}
	all.clients[3].write(masked(0x81, "hello"))
	all.clients[3].want(0x81, "hello")
}
