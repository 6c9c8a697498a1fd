package edge_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gangway/internal/edge"
	"gangway/internal/gateway"
	"gangway/internal/websocket"
)

// A stage whose backend hangs holds up neither messages nor farewells of another, nor its own messages to another backend,
// however many of its own wait.
func TestBulkhead(t *testing.T) {
	const workers, inFlight, clients = 8, 4, 4
	const running = 3 // of 8 places, after which 5 are left, and 2 if the stage took as many again
	hanging, b := newBackend(t), newBackend(t)
	hold := make(chan struct{})
	release := sync.OnceFunc(func() { close(hold) })
	hanging.answer = func(_ http.ResponseWriter, _ *http.Request, call received) {
		if call.kind != string(gateway.EventConnect) {
			<-hold
		}
	}
	n := start(t, everything(hanging), edge.Config{Workers: workers, InFlight: inFlight})
	t.Cleanup(release)
	n.stages.Set(gateway.StageKey{API: prod.API, Stage: "dev"}, everything(b).compile(t, newTransport(t)), edge.Settings{})
	var leaving, talking []*client
	for range clients {
		leaving, talking = append(leaving, n.connect(t, hanging)), append(talking, n.connect(t, hanging))
	}
	for _, c := range leaving {
		c.Conn.Close(websocket.StatusNormal, "")
	}
	hanging.next(t, gateway.EventDisconnect)
	for _, c := range talking {
		for range inFlight {
			c.say(t, "held")
		}
	}
	for range running {
		hanging.next(t, gateway.EventMessage)
	}
	neighbour := n.connect(t, hanging)
	for i := range 10 {
		if neighbour.say(t, `{"action":"ping"}`); neighbour.hear(t) != "pong" {
			t.Fatalf("another route of the stage: no answer to message %d", i)
		}
		c, _ := n.dial(t, "/a1b2c3d4e5/dev", websocket.DialOptions{})
		c.say(t, `{"action":"ping"}`)
		if got := c.hear(t); got != "pong" {
			t.Fatalf("got %q", got)
		}
		c.Conn.Close(websocket.StatusNormal, "")
		b.next(t, gateway.EventDisconnect)
	}
	if len(hanging.calls) != 0 {
		t.Errorf("the integration has taken more than its share: %+v", <-hanging.calls)
	}
	release()
	left := []string{}
	for range clients*inFlight - running + clients - 1 {
		left = append(left, (<-hanging.calls).kind)
	}
	slices.Sort(left)
	if got := strings.Join(slices.Compact(left), " "); got != "DISCONNECT MESSAGE" {
		t.Errorf("got %s after all", got)
	}
}

// A stage whose farewells pile up takes no new connections, and says all its farewells in the end.
func TestPiledUpFarewells(t *testing.T) {
	l := &pairs{connects: map[string]int{}, disconnects: map[string]int{}}
	n := start(t, nil, edge.Config{Workers: 1})
	hold := make(chan struct{})
	release := sync.OnceFunc(func() { close(hold) })
	t.Cleanup(release)
	a := newAPI().route("$connect", mockOnly()).route("$disconnect", proxy("http://b.test/"))
	n.stages.Set(prod, a.compile(t, roundTripper(func(r *http.Request) (*http.Response, error) {
		<-hold
		return l.RoundTrip(r)
	})), edge.Settings{})
	accepted := 0
	for ; ; accepted++ {
		c, r := n.dial(t, path, websocket.DialOptions{})
		if c == nil {
			wantRefusal(t, r, 429, "TooManyRequestsException", "Too Many Requests")
			break
		}
		if accepted == 1000 {
			t.Fatal("farewells pile up without end")
		}
		c.Conn.Close(websocket.StatusNormal, "")
	}
	release()
	if err := n.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(l.disconnects) != accepted {
		t.Errorf("%d of %d connections were said farewell to", len(l.disconnects), accepted)
	}
}

// Handshakes that are being decided are bounded for each source, each stage and in total.
func TestHandshakesAreBounded(t *testing.T) {
	n := start(t, nil, edge.Config{Handshakes: 32, SourceHandshakes: 3})
	asked, hold := make(chan struct{}, 64), make(chan struct{})
	release := sync.OnceFunc(func() { close(hold) })
	t.Cleanup(release)
	p := newAPI().route("$connect", proxy("http://b.test/")).compile(t, roundTripper(func(*http.Request) (*http.Response, error) {
		asked <- struct{}{}
		<-hold
		return &http.Response{StatusCode: http.StatusForbidden, Body: http.NoBody}, nil
	}))
	n.stages.Set(prod, p, edge.Settings{})
	n.stages.Set(gateway.StageKey{API: prod.API, Stage: "dev"}, p, edge.Settings{})
	shake := func(target, address string) *http.Response {
		r := httptest.NewRequestWithContext(t.Context(), "GET", target, nil)
		r.RemoteAddr = address
		for line := range strings.Lines(upgrade) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
			r.Header.Set(name, value)
		}
		w := httptest.NewRecorder()
		n.ServeHTTP(w, r)
		return w.Result()
	}
	answers := make(chan int, 64)
	held := 0
	in := func(target, address string) {
		go func() { answers <- shake(target, address).StatusCode }()
		<-asked
		held++
	}
	out := func(target, address string) {
		t.Helper()
		r := shake(target, address)
		if r.StatusCode != http.StatusTooManyRequests || r.Header.Get("Retry-After") != "1" {
			t.Errorf("%s: got %s, Retry-After %q", address, r.Status, r.Header.Get("Retry-After"))
		}
	}
	for _, host := range []string{"127.0.0.1", "127.0.0.1", "127.0.0.1", "192.0.2.2", "[2001:db8::1]", "[2001:db8::2]", "[2001:db8::3]"} {
		in(path, host+":1234")
	}
	out(path, "127.0.0.1:99")
	out(path, "[2001:db8::4]:99") // of the same network
	in(path, "[2001:db8:0:1::1]:99")
	for i := range 8 { // to half of all
		in(path, fmt.Sprintf("198.51.100.%d:99", i))
	}
	out(path, "198.51.100.99:99")
	in("/a1b2c3d4e5/dev", "198.51.100.99:99")
	release()
	for range held {
		if got := <-answers; got != http.StatusForbidden {
			t.Errorf("got %d from the backend", got)
		}
	}
	if got := shake(path, "127.0.0.1:99").StatusCode; got != http.StatusForbidden {
		t.Errorf("got %d after all have left", got)
	}
}

// Messages of a connection are begun in the order in which they came. Between beginning and reaching the backend a goroutine
// may be overtaken, but not as a rule.
func TestOrderOfMessages(t *testing.T) {
	const messages, rounds = 8, 100
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	n := start(t, nil, edge.Config{})
	bodies := make(chan string, messages)
	a := newAPI().route("$default", proxy("http://b.test/"))
	n.stages.Set(prod, a.compile(t, roundTripper(func(r *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(r.Body)
		bodies <- string(body)
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, err
	})), edge.Settings{})
	conn, _ := n.raw(t, "GET "+path+" HTTP/1.1\r\nHost: localhost\r\n"+upgrade+"\r\n")
	var frames, want strings.Builder
	for i := range messages {
		fmt.Fprintf(&frames, "\x81\x81\x00\x00\x00\x00%d", i)
		fmt.Fprint(&want, i)
	}
	ordered := 0
	for range rounds {
		_, _ = io.WriteString(conn, frames.String())
		var got strings.Builder
		for range messages {
			got.WriteString(<-bodies)
		}
		if got.String() == want.String() {
			ordered++
		}
	}
	t.Logf("%d of %d rounds in order", ordered, rounds)
	if ordered == 0 {
		t.Error("messages never reach the backend in the order in which they came")
	}
}

// What a client can cause it can cause at any rate: the log tells the operator once in a while, and who debugs of each.
func TestLogFlood(t *testing.T) {
	const messages = 20
	var now atomic.Int64
	now.Store(time.Now().Unix())
	n := start(t, nil, edge.Config{Now: func() time.Time { return time.Unix(now.Load(), 0) }})
	a := newAPI().route("$default", proxy("http://b.test/"))
	n.stages.Set(prod, a.compile(t, roundTripper(func(*http.Request) (*http.Response, error) {
		return nil, errors.New("not with this message")
	})), edge.Settings{})
	c := n.connect(t, nil)
	for _, warnings := range []int{1, 2} {
		for range messages {
			c.say(t, "the backend does not like it")
			if got := c.hear(t); !strings.Contains(got, "Internal server error") {
				t.Fatalf("got %q", got)
			}
		}
		if got := n.log.count("level=WARN"); got != warnings {
			t.Errorf("got %d warnings, want %d", got, warnings)
		}
		now.Add(10)
	}
	if got := n.log.count("event failed"); got != 2*messages {
		t.Errorf("%d of %d failures were logged", got, 2*messages)
	}
}
