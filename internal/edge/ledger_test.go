package edge_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"gangway/internal/edge"
	"gangway/internal/gateway"
	"gangway/internal/ledger"
	"gangway/internal/websocket"
)

// book is a ledger that notes what it is told.
type book struct {
	owes, settled chan gateway.ConnectionID
	postponed     chan ledger.Entry
	refuse        error // of Owe
}

func newBook() *book {
	return &book{
		owes: make(chan gateway.ConnectionID, 1<<10), settled: make(chan gateway.ConnectionID, 1<<10), postponed: make(chan ledger.Entry, 1<<10),
	}
}

func (b *book) Owe(_ context.Context, e *ledger.Entry) error {
	if b.refuse != nil {
		return b.refuse
	}
	b.owes <- e.Connection.ID
	return nil
}

func (b *book) Settle(id gateway.ConnectionID) { b.settled <- id }

func (b *book) Postpone(e *ledger.Entry) { b.postponed <- *e }

// empty wants nothing to have been told that was not looked at.
func (b *book) empty(t *testing.T) {
	t.Helper()
	if n, m, k := len(b.owes), len(b.settled), len(b.postponed); n+m+k > 0 {
		t.Errorf("%d owed, %d settled, %d postponed besides", n, m, k)
	}
}

// A connection is owed before $connect is called, and settled once $disconnect was told.
func TestOwedAndSettled(t *testing.T) {
	back, owed := newBackend(t), newBook()
	begun := make(chan string, 10)
	back.answer = func(_ http.ResponseWriter, _ *http.Request, call received) {
		if call.kind == "CONNECT" && len(owed.owes) == 0 {
			t.Error("$connect was called before anything was written down")
		}
		if call.kind == "DISCONNECT" && len(owed.settled) > 0 {
			t.Error("settled before $disconnect was told")
		}
		begun <- call.kind
	}
	n := start(t, everything(back), edge.Config{Ledger: owed})
	c := n.connect(t, back)
	if id := <-owed.owes; id != c.id {
		t.Errorf("%s is owed, not %s", id, c.id)
	}
	c.Conn.Close(1000, "")
	if id := <-owed.settled; id != c.id {
		t.Errorf("%s is settled, not %s", id, c.id)
	}
	if first, second := <-begun, <-begun; first != "CONNECT" || second != "DISCONNECT" {
		t.Errorf("told %s, then %s", first, second)
	}
	owed.empty(t)
}

// Who is refused, by whomever, is owed nothing; who would not be owed anything is not written down.
func TestOwedToNobody(t *testing.T) {
	back, owed := newBackend(t), newBook()
	back.answer = func(w http.ResponseWriter, _ *http.Request, _ received) { w.WriteHeader(http.StatusForbidden) }
	n := start(t, everything(back), edge.Config{Ledger: owed})
	if c, _ := n.dial(t, path, websocket.DialOptions{}); c != nil {
		t.Fatal("let in")
	}
	if id := <-owed.owes; id != <-owed.settled {
		t.Errorf("%s is still owed", id)
	}
	owed.empty(t)
	if n := len(back.calls); n != 1 {
		t.Errorf("%d calls", n)
	}

	settings, pong := mock("pong")
	n = start(t, newAPI().route("ping", settings, pong), edge.Config{Ledger: owed})
	c := n.connect(t, nil)
	c.Conn.Close(1000, "")
	c.end(t)
	if err := n.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	owed.empty(t)
}

// A stage that has $disconnect alone owes it as well, and one that has $connect alone owes what may be deployed later.
func TestOwedByRoutes(t *testing.T) {
	for _, key := range []string{gateway.RouteConnect, gateway.RouteDisconnect} {
		back, owed := newBackend(t), newBook()
		n := start(t, newAPI().route(key, proxy(back.URL)), edge.Config{Ledger: owed})
		n.connect(t, nil).Conn.Close(1000, "")
		if id := <-owed.owes; id != <-owed.settled {
			t.Errorf("%s: %s is still owed", key, id)
		}
		owed.empty(t)
	}
}

// A client that leaves before $connect has answered is owed nothing: that was cancelled.
func TestOwedToWhoLeft(t *testing.T) {
	back, owed := newBackend(t), newBook()
	asked := make(chan struct{})
	back.answer = func(_ http.ResponseWriter, r *http.Request, _ received) {
		close(asked)
		<-r.Context().Done()
	}
	n := start(t, everything(back), edge.Config{Ledger: owed})
	conn, err := net.Dial("tcp", n.host)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte("GET " + path + " HTTP/1.1\r\nHost: " + n.host + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	<-asked
	lose(t, conn)
	if id := <-owed.owes; id != <-owed.settled {
		t.Errorf("%s is still owed", id)
	}
	owed.empty(t)
}

// A disk that does not work keeps nobody out.
func TestUnrecorded(t *testing.T) {
	back, owed := newBackend(t), newBook()
	owed.refuse = ledger.ErrFull
	n := start(t, everything(back), edge.Config{Ledger: owed})
	c := n.connect(t, back)
	c.Conn.Close(1000, "")
	back.next(t, gateway.EventDisconnect)
	if err := n.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	owed.empty(t)
}

// Which ends of $disconnect are for another attempt, and which are not. What is told again is told as it was.
func TestPostponed(t *testing.T) {
	for _, test := range []struct {
		name      string
		status    int
		abort     bool
		postponed bool
	}{
		{name: "done", status: 200},
		{name: "refused", status: 404},
		{name: "a redirect", status: 302},
		{name: "failed", status: 500, postponed: true},
		{name: "away", status: 503, postponed: true},
		{name: "too many", status: 429, postponed: true},
		{name: "cut off", abort: true, postponed: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			back, owed := newBackend(t), newBook()
			mended := make(chan struct{})
			back.answer = func(w http.ResponseWriter, _ *http.Request, call received) {
				select {
				case <-mended:
					return
				default:
				}
				switch {
				case call.kind == "CONNECT":
				case test.abort:
					panic(http.ErrAbortHandler)
				default:
					w.WriteHeader(test.status)
				}
			}
			n := start(t, everything(back), edge.Config{Ledger: owed})
			c := n.connect(t, back)
			<-owed.owes
			c.Conn.Close(4001, "bye")
			first := back.next(t, gateway.EventDisconnect)
			if !test.postponed {
				<-owed.settled
				owed.empty(t)
				return
			}
			e := <-owed.postponed
			owed.empty(t)
			if e.Connection.ID != c.id || e.Status != 4001 || e.Reason != "bye" || e.Attempts != 1 || e.Cause == "" || e.RequestID != gateway.FarewellID(c.id) {
				t.Errorf("%+v", e)
			}
			if err := n.Remind(t.Context(), &e); err == nil {
				t.Error("it was not told, and nobody says so")
			}
			back.next(t, gateway.EventDisconnect)
			close(mended)
			if err := n.Remind(t.Context(), &e); err != nil {
				t.Error(err)
			}
			second := back.next(t, gateway.EventDisconnect)
			if first.id != second.id || first.status != second.status || first.reason != second.reason {
				t.Errorf("told %+v, then %+v", first, second)
			}
		})
	}
}

// What is reminded of a stage that is gone, that has no $disconnect or only a MOCK, and by a server that stops.
func TestRemind(t *testing.T) {
	back := newBackend(t)
	n := start(t, everything(back), edge.Config{Ledger: newBook()})
	e := &ledger.Entry{Connection: gateway.Connection{ID: "L0SM9cOFvHcCIhw=", API: prod.API, Stage: prod.Stage}, RequestID: "r", Status: 1006}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := n.Remind(ctx, e); !errors.Is(err, ledger.ErrStopped) {
		t.Errorf("stopped: %v", err)
	}
	other := *e
	other.Connection.Stage = "gone"
	if err := n.Remind(t.Context(), &other); !errors.Is(err, ledger.ErrGone) {
		t.Errorf("gone: %v", err)
	}
	settings, ok := mock("")
	for name, a := range map[string]*api{"none": newAPI(), "a MOCK": newAPI().route("$disconnect", settings, ok)} {
		n.stages.Set(prod, a.compile(t, nil), edge.Settings{})
		if err := n.Remind(t.Context(), e); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A $disconnect that is broken off when the server stops counts as none.
func TestPostponedByShutdown(t *testing.T) {
	back, owed := newBackend(t), newBook()
	back.answer = func(_ http.ResponseWriter, r *http.Request, call received) {
		if call.kind == "DISCONNECT" {
			<-r.Context().Done()
		}
	}
	n := start(t, everything(back), edge.Config{Ledger: owed})
	n.connect(t, back)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	wantKind(t, "Shutdown", n.Shutdown(ctx), context.DeadlineExceeded)
	if e := <-owed.postponed; e.Attempts != 0 || e.Status != 1001 {
		t.Errorf("%+v", e)
	}
}

// No message is delivered before what is owed is on disk, and many connections at once lose nothing.
func TestOwedHammer(t *testing.T) {
	back, dir := newBackend(t), t.TempDir()
	disk, err := ledger.Open(t.Context(), ledger.Config{Dir: dir, Secret: []byte("secret")})
	if err != nil {
		t.Fatal(err)
	}
	n := start(t, everything(back), edge.Config{Ledger: disk})
	const clients = 100
	var wait sync.WaitGroup
	for range clients {
		wait.Go(func() {
			if c, _ := n.dial(t, path, websocket.DialOptions{}); c != nil {
				c.Conn.Close(1000, "")
			}
		})
	}
	wait.Wait()
	for range clients {
		back.next(t, gateway.EventDisconnect)
	}
	if err := n.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := disk.Close(); err != nil {
		t.Error(err)
	}
	if f := disk.Figures(); f.Owed != 0 || f.Unrecorded != 0 {
		t.Errorf("%+v", f)
	}
}

// BenchmarkOwed is a handshake up to the 101 with an HTTP $connect that answers at once, without the engine, 64 at a time; and the end of what is
// owed: "alone" without a ledger, "written" with one on the disk of TMPDIR.
func BenchmarkOwed(b *testing.B) {
	p := newAPI().route("$connect", proxy("http://b.test/")).compile(b, roundTripper(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
	}))
	for _, kind := range []string{"alone", "written"} {
		b.Run(kind, func(b *testing.B) {
			stages, cfg := edge.NewStages(), edge.Config{SourceHandshakes: 1 << 20}
			if kind == "written" {
				disk, err := ledger.Open(b.Context(), ledger.Config{Dir: b.TempDir(), Secret: []byte("secret")})
				if err != nil {
					b.Fatal(err)
				}
				defer func() {
					if f := disk.Figures(); f.Unrecorded > 0 {
						b.Errorf("%+v", f)
					}
					_ = disk.Close() // nothing is kept
				}()
				cfg.Ledger = disk
			}
			s := edge.New(stages, cfg)
			stages.Set(prod, p, edge.Settings{})
			before := cpuTime(b)
			b.ReportAllocs()
			b.SetParallelism(32)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					c, err := s.Hold(handshake(1, 1), nil)
					if err != nil {
						b.Error(err)
						return
					}
					c.Settle()
					c.Leave()
				}
			})
			b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N), "cpu-ns/op")
		})
	}
}
