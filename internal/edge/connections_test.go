package edge_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"gangway/internal/edge"
	"gangway/internal/gateway"
	"gangway/internal/websocket"
)

func wantKind(tb testing.TB, what string, err, kind error) {
	tb.Helper()
	if !errors.Is(err, kind) {
		tb.Errorf("%s: got error %v, want %v", what, err, kind)
	}
}

func TestSend(t *testing.T) {
	b := newBackend(t)
	n := start(t, everything(b), edge.Config{})
	c := n.connect(t, b)
	for _, test := range []struct {
		data string
		op   websocket.Opcode
	}{
		{"hello", websocket.Text},
		{"", websocket.Text},
		{"snow \u2603", websocket.Text},
		{"\xff\x00 not UTF-8", websocket.Binary},
		{strings.Repeat("x", 128<<10), websocket.Text},
	} {
		if err := n.Send(t.Context(), push(c.id, test.data)); err != nil {
			t.Fatal(err)
		}
		if got := c.hear(t); got != test.data {
			t.Errorf("got %d bytes, want %d", len(got), len(test.data))
		}
		if got := <-c.ops; got != test.op {
			t.Errorf("%.20q: got opcode %v, want %v", test.data, got, test.op)
		}
	}
}

// When an id is gone: the cases of "410" that can be told apart here.
func TestGone(t *testing.T) {
	b := newBackend(t)
	n := start(t, everything(b), edge.Config{})
	n.stages.Set(gateway.StageKey{API: prod.API, Stage: "dev"}, newAPI().compile(t, nil), edge.Settings{})
	other := start(t, everything(b), edge.Config{})
	c, closed, deleted := n.connect(t, b), n.connect(t, b), n.connect(t, b)
	closed.Conn.Close(websocket.StatusNormal, "")
	b.next(t, gateway.EventDisconnect)
	if err := n.Close(t.Context(), prod, deleted.id); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		n     *node
		stage gateway.StageKey
		id    gateway.ConnectionID
	}{
		"closed by the client": {n, prod, closed.id},
		"deleted":              {n, prod, deleted.id},
		"never given out":      {n, prod, "R0oXAdfD0kwCH6w="},
		"no id":                {n, prod, "x"},
		"empty":                {n, prod, ""},
		"other stage":          {n, gateway.StageKey{API: prod.API, Stage: "dev"}, c.id},
		"other API":            {n, gateway.StageKey{API: "other", Stage: "prod"}, c.id},
		"other node":           {other, prod, c.id},
	} {
		t.Run(name, func(t *testing.T) { wantGone(t, test.n, test.stage, test.id) })
	}
	if err := n.Send(t.Context(), push(c.id, "still there")); err != nil || c.hear(t) != "still there" {
		t.Errorf("a live connection: %v", err)
	}
}

// Ids of an earlier start are gone, even if all nodes share the key and slots are the same.
func TestGoneAfterRestart(t *testing.T) {
	b := newBackend(t)
	sealer := gateway.NewSealer([16]byte{1})
	before := start(t, everything(b), edge.Config{Sealer: sealer, Incarnation: 1})
	after := start(t, everything(b), edge.Config{Sealer: sealer, Incarnation: 2})
	old := before.connect(t, b)
	h, ok := sealer.Open(old.id)
	if !ok || h.Incarnation != 1 {
		t.Fatalf("got handle %+v", h)
	}
	after.connect(t, b)
	wantGone(t, after, prod, old.id)
	h.Incarnation = 2
	for tag := range uint32(1000) { // of another holder of the slot
		if _, err := after.Info(t.Context(), prod, sealer.Seal(gateway.Handle{Incarnation: 2, Slot: h.Slot + 1, Tag: tag})); err == nil {
			t.Fatal("an empty slot was found")
		}
	}
	wantGone(t, after, prod, sealer.Seal(gateway.Handle{Incarnation: 2, Slot: 1 << 31}))
}

func TestInfo(t *testing.T) {
	b := newBackend(t)
	n := start(t, everything(b), edge.Config{})
	before := time.Now()
	c, _ := n.dial(t, path, websocket.DialOptions{Header: http.Header{"User-Agent": {"test/1"}}})
	c.id = gateway.ConnectionID(b.next(t, gateway.EventConnect).id)
	c.say(t, `{"action":"ping"}`)
	c.hear(t)
	got, err := n.Info(t.Context(), prod, c.id)
	if err != nil {
		t.Fatal(err)
	}
	if got.API != prod.API || got.Stage != prod.Stage || got.SourceIP != "127.0.0.1" || got.UserAgent != "test/1" {
		t.Errorf("got %+v", got)
	}
	if got.ConnectedAt.Before(before) || got.LastActiveAt.Before(got.ConnectedAt) || got.LastActiveAt.After(time.Now()) {
		t.Errorf("got times %v and %v, of a test that began %v", got.ConnectedAt, got.LastActiveAt, before)
	}
}

// Each push that returned before the next was made arrives before it, and a retry of a delivered one does not arrive.
func TestOrderAndDuplicates(t *testing.T) {
	const clients, pushes = 20, 200
	b := newBackend(t)
	n := start(t, everything(b), edge.Config{})
	run := func(t *testing.T, invocation func(i int) string) (received int) {
		t.Helper()
		var wait sync.WaitGroup
		counts := make(chan int, clients)
		for range clients {
			c := n.connect(t, b)
			wait.Go(func() {
				for i := range pushes {
					p := push(c.id, fmt.Sprint(i))
					p.Invocation = invocation(i)
					for range 1 + (i+1)%20/19 { // one in twenty is retried
						if err := n.Send(t.Context(), p); err != nil {
							t.Error(err)
						}
					}
				}
				last, count := -1, 0
				for last != pushes-1 || len(c.messages) > 0 {
					var at int
					if _, err := fmt.Sscan(<-c.messages, &at); err != nil || at != last && at != last+1 {
						t.Errorf("got %d after %d (%v)", at, last, err)
					}
					last = at
					count++
				}
				counts <- count
			})
		}
		wait.Wait()
		close(counts)
		for count := range counts {
			received += count
		}
		return received
	}
	if got := run(t, func(i int) string { return fmt.Sprint("key/", i) }); got != clients*pushes {
		t.Errorf("with invocation ids: received %d, want %d", got, clients*pushes)
	}
	if got := run(t, func(int) string { return "" }); got <= clients*pushes {
		t.Errorf("without them duplicates should have been seen, but %d messages were received", got)
	}
}

// The same invocation with other data, for another connection or by another key is another push.
func TestWhatIsARetry(t *testing.T) {
	b := newBackend(t)
	n := start(t, everything(b), edge.Config{})
	c, other := n.connect(t, b), n.connect(t, b)
	send := func(to *client, data, invocation string) {
		t.Helper()
		p := push(to.id, data)
		p.Invocation = invocation
		if err := n.Send(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	send(c, "a", "k/1")
	send(c, "a", "k/1")
	send(c, "b", "k/1")
	send(c, "a", "l/1")
	send(other, "a", "k/1")
	send(c, "end", "")
	if got := c.hear(t) + c.hear(t) + c.hear(t) + c.hear(t); got != "abaend" || other.hear(t) != "a" {
		t.Errorf("got %q", got)
	}
	elsewhere := push(c.id, "a")
	elsewhere.Invocation, elsewhere.Stage.Stage = "k/1", "elsewhere"
	wantKind(t, "a retry under another stage", n.Send(t.Context(), elsewhere), gateway.ErrGone)
	p := push("R0oXAdfD0kwCH6w=", "a")
	p.Invocation = "k/2"
	for range 2 {
		wantKind(t, "a push that failed", n.Send(t.Context(), p), gateway.ErrGone)
	}
}

// A client that does not read costs a bounded amount of memory and gets 429 before long; others feel nothing.
func TestSlowClient(t *testing.T) {
	b := newBackend(t)
	limits := websocket.Options{QueueBytes: 1 << 20, Stall: time.Minute}
	n := start(t, everything(b), edge.Config{Limits: limits, SendTimeout: time.Millisecond})
	good := n.connect(t, b)
	conn, r := n.raw(t, "GET "+path+" HTTP/1.1\r\nHost: localhost\r\n"+upgrade+"\r\n")
	if r.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("got %s", r.Status)
	}
	slow := gateway.ConnectionID(b.next(t, gateway.EventConnect).id)
	data := strings.Repeat("x", 64<<10)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	refused := make(chan error, 1<<10)
	var senders sync.WaitGroup
	for range 8 {
		senders.Go(func() {
			for {
				err := n.Send(t.Context(), push(slow, data))
				if errors.Is(err, gateway.ErrGone) {
					return
				}
				if err != nil {
					refused <- err
				}
			}
		})
	}
	for range 100 {
		wantKind(t, "slow", <-refused, gateway.ErrTooMany)
	}
	go func() {
		for range refused {
		}
	}()
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 16<<20 {
		t.Errorf("the heap has grown by %d bytes", grown)
	}
	if err := n.Send(t.Context(), push(good.id, "hi")); err != nil || good.hear(t) != "hi" {
		t.Errorf("the other client: %v", err)
	}
	lose(t, conn)
	if got := b.next(t, gateway.EventDisconnect); got.id != string(slow) || got.status != "1006" {
		t.Errorf("got $disconnect %+v", got)
	}
	senders.Wait()
	close(refused)
}

// A push that waits behind another for a client that takes nothing is withdrawn: it is not delivered later.
func TestWithdrawnPush(t *testing.T) {
	b := newBackend(t)
	limits := websocket.Options{QueueBytes: 1 << 30, Stall: -1, PongWait: -1}
	n := start(t, everything(b), edge.Config{Limits: limits, SendTimeout: time.Millisecond})
	c := n.connect(t, b)
	c.Pause()
	padding := strings.Repeat("x", 32<<10)
	type outcome struct {
		name string
		err  error
	}
	outcomes := make(chan outcome, 1<<16)
	withdrawn := make(chan struct{})
	once := sync.OnceFunc(func() { close(withdrawn) })
	var senders sync.WaitGroup
	for sender := range 2 { // one is stuck with a part of its push sent; the other waits behind it
		senders.Go(func() {
			for i := 0; ; i++ {
				name := fmt.Sprint(sender, "/", i, " ")
				err := n.Send(t.Context(), push(c.id, name+padding))
				outcomes <- outcome{name, err}
				if err != nil {
					once()
					return
				}
				select {
				case <-withdrawn:
					return
				default:
				}
			}
		})
	}
	<-withdrawn
	c.Resume()
	senders.Wait()
	close(outcomes)
	if err := n.Send(t.Context(), push(c.id, "end")); err != nil {
		t.Fatal(err)
	}
	delivered := map[string]int{}
	for m := c.hear(t); m != "end"; m = c.hear(t) {
		delivered[strings.TrimSuffix(m, padding)]++
	}
	refused := 0
	for o := range outcomes {
		want := 1
		if o.err != nil {
			wantKind(t, o.name, o.err, gateway.ErrTooMany)
			want = 0
			refused++
		}
		if delivered[o.name] != want {
			t.Errorf("%s: got error %v and delivered %d times", o.name, o.err, delivered[o.name])
		}
	}
	t.Logf("%d pushes delivered, %d withdrawn", len(delivered), refused)
}

// While a client has not answered our close frame its connection is gone for everybody.
func TestGoneWhileClosing(t *testing.T) {
	n := start(t, nil, edge.Config{Limits: websocket.Options{CloseWait: time.Hour}})
	ids := make(chan gateway.ConnectionID, 1)
	a := newAPI().route("$connect", proxy("http://b.test/")).route("$default", proxy("http://b.test/"))
	n.stages.Set(prod, a.compile(t, roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.Header.Get("Event-Type") == "MESSAGE" {
			panic("a reason to close")
		}
		ids <- gateway.ConnectionID(r.Header.Get("Its-Id"))
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
	})), edge.Settings{})
	conn, _ := n.raw(t, "GET "+path+" HTTP/1.1\r\nHost: localhost\r\n"+upgrade+"\r\n")
	_, _ = io.WriteString(conn, "\x81\x82\x00\x00\x00\x00hi")
	var frame [4]byte
	if _, err := io.ReadFull(conn, frame[:]); err != nil || string(frame[:]) != "\x88\x02\x03\xf3" {
		t.Fatalf("got %q, %v, want close frame 1011", frame, err)
	}
	wantGone(t, n, prod, <-ids)
	lose(t, conn)
}

// How each end of a connection is told: events of the real service.
func TestDisconnectEvents(t *testing.T) {
	b := newBackend(t)
	n := start(t, everything(b), edge.Config{})
	for _, test := range []struct {
		name           string
		end            func(*client, net.Conn)
		status, reason string
	}{
		{"client with code and reason", func(c *client, _ net.Conn) { c.Conn.Close(4001, "had enough") }, "4001", "had enough"},
		{"client with code", func(c *client, _ net.Conn) { c.Conn.Close(1000, "") }, "1000", ""},
		{"client without code", func(c *client, _ net.Conn) { c.Conn.Close(websocket.StatusNoStatus, "") }, "1005", "Client-side close frame status not set"},
		{"lost", func(_ *client, conn net.Conn) { lose(t, conn) }, "1006", "Connection Closed Abnormally"},
		{"deleted", func(c *client, _ net.Conn) {
			if err := n.Close(t.Context(), prod, c.id); err != nil {
				t.Error(err)
			}
			if got := c.end(t); got != (ending{1000, ""}) {
				t.Errorf("the client saw %+v", got)
			}
		}, "1000", "Connection Closed Normally"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var socket net.Conn
			c, _ := n.dial(t, path, websocket.DialOptions{NetDial: func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := new(net.Dialer).DialContext(ctx, network, address)
				socket = conn
				return conn, err
			}})
			c.id = gateway.ConnectionID(b.next(t, gateway.EventConnect).id)
			test.end(c, socket)
			got := b.next(t, gateway.EventDisconnect)
			if got.id != string(c.id) || got.status != test.status || got.reason != test.reason {
				t.Errorf("got %q %q, want %q %q", got.status, got.reason, test.status, test.reason)
			}
			wantGone(t, n, prod, c.id)
		})
	}
}

// A broken rule closes with the status of RFC 6455, and $disconnect hears it.
func TestProtocolViolations(t *testing.T) {
	b := newBackend(t)
	n := start(t, everything(b), edge.Config{})
	for frame, status := range map[string]string{
		"\x82\x81\x00\x00\x00\x00x": "1003", "\x81\x81\x00\x00\x00\x00\xff": "1007", "\x81\x01x": "1002",
		"\x81\xfe\x80\x01\x00\x00\x00\x00": "1009",
	} {
		conn, _ := n.raw(t, "GET "+path+" HTTP/1.1\r\nHost: localhost\r\n"+upgrade+"\r\n")
		id := b.next(t, gateway.EventConnect).id
		_, _ = io.WriteString(conn, frame)
		if got := b.next(t, gateway.EventDisconnect); got.id != id || got.status != status {
			t.Errorf("%q: got %+v, want %s", frame, got, status)
		}
	}
}

// A stage that goes takes its connections with it, and no others.
func TestStageGone(t *testing.T) {
	b := newBackend(t)
	n := start(t, everything(b), edge.Config{})
	dev := gateway.StageKey{API: prod.API, Stage: "dev"}
	n.stages.Set(dev, everything(b).compile(t, newTransport(t)), edge.Settings{})
	c := n.connect(t, b)
	other, _ := n.dial(t, "/a1b2c3d4e5/dev", websocket.DialOptions{})
	n.stages.Set(prod, nil, edge.Settings{})
	n.stages.Set(prod, nil, edge.Settings{}) // once more changes nothing
	if n.stages.Has(prod) || !n.stages.Has(dev) {
		t.Error("Has disagrees")
	}
	wantGone(t, n, prod, c.id)
	if got := c.end(t); got != (ending{1001, "Going away"}) {
		t.Errorf("got %+v", got)
	}
	if got := b.next(t, gateway.EventDisconnect); got.id != string(c.id) || got.status != "1001" || got.reason != "Going away" {
		t.Errorf("got %+v", got)
	}
	if _, r := n.dial(t, path, websocket.DialOptions{}); r.StatusCode != http.StatusForbidden {
		t.Errorf("got %s from a stage that is gone", r.Status)
	}
	other.say(t, `{"action":"ping"}`)
	if got := other.hear(t); got != "pong" {
		t.Errorf("got %q", got)
	}
}
