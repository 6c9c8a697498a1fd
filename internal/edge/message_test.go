package edge_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"gangway/internal/edge"
	"gangway/internal/gateway"
	"gangway/internal/websocket"
)

// errorFrame is the frame that API Gateway sends, byte for byte: one space after the first colon and after each comma.
var errorFrame = regexp.MustCompile(`^\{"message": "([^"]*)", "connectionId":"([A-Za-z0-9_-]{15}=)", "requestId":"([A-Za-z0-9_-]{15}=)"\}$`)

func wantFrame(t *testing.T, got, message string, id gateway.ConnectionID) {
	t.Helper()
	m := errorFrame.FindStringSubmatch(got)
	if m == nil || m[1] != message || m[2] != string(id) || m[3] == m[2] {
		t.Errorf("got frame %s, want %q for %s", got, message, id)
	}
}

func TestReplies(t *testing.T) {
	b := newBackend(t)
	b.answer = func(w http.ResponseWriter, _ *http.Request, call received) {
		if strings.Contains(call.body, "teapot") {
			w.WriteHeader(http.StatusTeapot)
		}
		_, _ = w.Write([]byte("heard " + call.body))
	}
	n := start(t, everything(b), edge.Config{})
	c := n.connect(t, b)
	for _, test := range []struct{ message, reply string }{
		{`{"action":"ping"}`, "pong"},
		{`{"action":"other"}`, `heard {"action":"other"}`},
		{`not JSON`, `heard not JSON`},
		{``, `heard `},
		{`a teapot's status changes nothing`, `heard a teapot's status changes nothing`},
		{`{"action":"$connect"}`, `heard {"action":"$connect"}`},
	} {
		c.say(t, test.message)
		if got := c.hear(t); got != test.reply {
			t.Errorf("%s: got %q, want %q", test.message, got, test.reply)
		}
		if op := <-c.ops; op != websocket.Text {
			t.Errorf("%s: got opcode %v, want text", test.message, op)
		}
	}
}

// A long message whose route may take long to find is routed like a short one.
func TestSlowSelection(t *testing.T) {
	b := newBackend(t)
	b.answer = func(w http.ResponseWriter, _ *http.Request, call received) { _, _ = w.Write([]byte(call.kind)) }
	settings, pong := mock("pong")
	a := newAPI().route("ping", settings, pong).route("back", proxy(b.URL))
	a.API.RouteSelectionExpression = "$request.body.all[0].action"
	n := start(t, a, edge.Config{})
	c := n.connect(t, nil)
	for _, padding := range []int{0, 20 << 10} {
		message := func(action string) string {
			return `{"padding":"` + strings.Repeat("x", padding) + `","all":[{"action":"` + action + `"}]}`
		}
		c.say(t, message("ping"))
		if got := c.hear(t); got != "pong" {
			t.Errorf("got %q, want pong", got)
		}
		c.say(t, message("back"))
		if got := c.hear(t); got != "MESSAGE" {
			t.Errorf("got %q from the backend", got)
		}
		c.say(t, message("nobody"))
		if got := c.hear(t); !strings.Contains(got, `"Forbidden"`) {
			t.Errorf("got %q", got)
		}
	}
}

// Routes and what goes wrong on them: "Route selection expressions" in the developer guide, and frames seen by clients.
func TestErrorFrames(t *testing.T) {
	b := newBackend(t)
	hang := make(chan struct{})
	b.answer = func(_ http.ResponseWriter, _ *http.Request, call received) {
		if strings.Contains(call.body, "late") {
			<-hang
		}
	}
	t.Cleanup(func() { close(hang) })
	late := proxy(b.URL)
	late.TimeoutInMillis = 50
	settings, _ := mock("")
	picky := settings
	picky.TemplateSelectionExpression, picky.PassthroughBehavior = "none", gateway.PassNever
	wrong := settings
	wrong.RequestTemplates = gateway.Map{"200": `{"statusCode":"many"}`}
	a := newAPI().route("$connect", proxy(b.URL)).route("late", late).route("dead", proxy("http://127.0.0.1:1/")).
		route("no response", settings).route("picky", picky).route("wrong", wrong)
	var untargeted gateway.DeployedRoute
	untargeted.RouteKey, untargeted.AuthorizationType = "untargeted", gateway.AuthorizationNone
	a.Routes = append(a.Routes, untargeted)
	n := start(t, a, edge.Config{})
	c := n.connect(t, b)
	for _, test := range []struct{ message, frame string }{
		{`{"action":"unknown"}`, "Forbidden"},
		{`not JSON`, "Forbidden"},
		{``, "Forbidden"},
		{`{"action":"$connect"}`, "Forbidden"},
		{`{"action":"late"}`, "Endpoint request timed out"},
		{`{"action":"dead"}`, "Internal server error"},
		{`{"action":"no response"}`, "Internal server error"},
		{`{"action":"wrong"}`, "Internal server error"},
		{`{"action":"untargeted"}`, "Internal server error"},
		{`{"action":"picky"}`, "Unsupported Media Type"},
	} {
		c.say(t, test.message)
		wantFrame(t, c.hear(t), test.frame, c.id)
	}
}

// A new program is used by the next message of connections that are open already.
func TestRedeployment(t *testing.T) {
	b := newBackend(t)
	n := start(t, everything(b), edge.Config{})
	c := n.connect(t, b)
	c.say(t, `{"action":"ping"}`)
	if got := c.hear(t); got != "pong" {
		t.Errorf("got %q, want pong", got)
	}
	settings, pong := mock("pong of the second deployment")
	n.stages.Set(prod, newAPI().route("ping", settings, pong).compile(t, newTransport(t)), edge.Settings{})
	c.say(t, `{"action":"ping"}`)
	if got := c.hear(t); got != "pong of the second deployment" {
		t.Errorf("got %q", got)
	}
}

// A connection with too many messages in flight is not read, and no other connection is held up by that.
func TestInFlight(t *testing.T) {
	const limit, sent = 3, 12
	b := newBackend(t)
	proceed := make(chan struct{})
	b.answer = func(w http.ResponseWriter, r *http.Request, call received) {
		if call.kind == "MESSAGE" && call.body != "free" {
			select {
			case <-proceed:
			case <-r.Context().Done():
			}
		}
		_, _ = w.Write([]byte(call.body))
	}
	n := start(t, everything(b), edge.Config{InFlight: limit})
	c, other := n.connect(t, b), n.connect(t, b)
	for range sent {
		c.say(t, "held")
	}
	for range limit {
		b.next(t, gateway.EventMessage)
	}
	for range 2 * limit {
		other.say(t, "free")
		if got := other.hear(t); got != "free" {
			t.Fatalf("got %q", got)
		}
		if call := b.next(t, gateway.EventMessage); call.body != "free" {
			t.Fatalf("more than %d messages of a connection are in flight", limit)
		}
	}
	for done := limit; done < sent; done++ {
		proceed <- struct{}{}
		b.next(t, gateway.EventMessage)
	}
	close(proceed)
	for range sent {
		c.hear(t)
	}
}

// What all connections together may have in flight is bounded; some messages wait, and more are refused. A stage that has
// taken its share leaves room for the messages of another.
func TestWorkers(t *testing.T) {
	b := newBackend(t)
	proceed := make(chan struct{})
	b.answer = func(w http.ResponseWriter, _ *http.Request, call received) {
		if call.kind == "MESSAGE" {
			<-proceed
		}
		_, _ = w.Write([]byte(call.body))
	}
	n := start(t, everything(b), edge.Config{Workers: 1, Backlog: 12 << 10})
	dev := gateway.StageKey{API: prod.API, Stage: "dev"}
	n.stages.Set(dev, everything(b).compile(t, newTransport(t)), edge.Settings{})
	other, _ := n.dial(t, "/a1b2c3d4e5/dev", websocket.DialOptions{})
	b.next(t, gateway.EventConnect)
	clients := make([]*client, 5) // one runs, three wait, and one is too many
	for i := range clients {
		clients[i] = n.connect(t, b)
	}
	refused := make(chan int, len(clients))
	for i, c := range clients {
		c.say(t, "first")
		go func() {
			if m := <-c.messages; m != "first" {
				refused <- i
				c.messages <- m
			} else {
				refused <- -1
			}
		}()
	}
	at := <-refused
	if at < 0 {
		t.Fatal("a message got through before its turn")
	}
	wantFrame(t, clients[at].hear(t), "Too Many Requests", clients[at].id)
	other.say(t, "of another stage")
	close(proceed)
	if got := other.hear(t); got != "of another stage" {
		t.Errorf("the other stage got %q", got)
	}
	for range len(clients) - 1 {
		if again := <-refused; again >= 0 {
			t.Errorf("client %d was refused, too", again)
		}
	}
}

// Messages at a backend count by their size, too: when there are too many bytes of them, more are refused, but not those for
// another backend; and when they are done there is room again.
func TestBacklog(t *testing.T) {
	const size, running = 24 << 10, 3 // of 192 KB, after which there would be less left than as much again, and one more
	hanging, b := newBackend(t), newBackend(t)
	proceed := make(chan struct{})
	hanging.answer = func(w http.ResponseWriter, _ *http.Request, _ received) {
		<-proceed
		_, _ = w.Write([]byte("done"))
	}
	a := newAPI().route("$default", proxy(hanging.URL)).route("other", proxy(b.URL))
	n := start(t, a, edge.Config{Backlog: 192 << 10})
	c := n.connect(t, nil)
	text := strings.Repeat("x", size)
	for range 2 {
		for range running {
			c.say(t, text)
			hanging.next(t, gateway.EventMessage)
		}
		c.say(t, text)
		if got := c.hear(t); !strings.Contains(got, "Too Many Requests") {
			t.Errorf("got %.100s", got)
		}
		c.say(t, `{"action":"other","text":"`+text+`"}`)
		b.next(t, gateway.EventMessage)
		c.hear(t)
		for range running {
			proceed <- struct{}{}
			if got := c.hear(t); got != "done" {
				t.Errorf("got %.100s", got)
			}
		}
	}
	if n.Open() != 1 {
		t.Errorf("%d connections are open", n.Open())
	}
}

// A panic ends the connection in which it happened, is logged once, and is felt by no other.
func TestPanic(t *testing.T) {
	b := newBackend(t)
	n := start(t, nil, edge.Config{})
	wild := proxy("http://wild.test/")
	sober := newTransport(t)
	a := everything(b).route("panic", wild)
	n.stages.Set(prod, a.compile(t, roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.Host == "wild.test" {
			panic("a bug in the transport")
		}
		return sober.RoundTrip(r)
	})), edge.Settings{})
	c, other := n.connect(t, b), n.connect(t, b)
	c.say(t, `{"action":"panic"}`)
	if got := c.end(t); got.status != websocket.StatusInternal {
		t.Errorf("got close status %d, want 1011", got.status)
	}
	if got := b.next(t, gateway.EventDisconnect); got.id != string(c.id) || got.status != "1011" {
		t.Errorf("got $disconnect %+v", got)
	}
	other.say(t, `{"action":"ping"}`)
	if got := other.hear(t); got != "pong" {
		t.Errorf("the other connection got %q", got)
	}
	if got := n.log.count("a bug in the transport"); got != 1 {
		t.Errorf("the panic was logged %d times", got)
	}
	if n.log.count("goroutine ") == 0 {
		t.Error("the log has no stack")
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A message that finds no route takes a token as well, and a reply that cannot be sent is not counted as sent.
func TestRatesOfLostMessages(t *testing.T) {
	n := start(t, nil, edge.Config{})
	one, rate := 1, 0.001
	settings, ok := mock("pong")
	p := newAPI().route("ping", settings, ok).compile(t, newTransport(t))
	n.stages.Set(prod, p, edge.Settings{Default: gateway.Throttle{RateLimit: &rate, BurstLimit: &one}, Routes: map[string]gateway.Throttle{"$connect": {}}})
	c, _ := n.dial(t, path, websocket.DialOptions{})
	if c == nil {
		t.Fatal("refused")
	}
	for _, want := range []string{"Forbidden", "Too Many Requests", "Too Many Requests"} {
		c.say(t, `{"action":"nobody"}`)
		if got := c.hear(t); !strings.Contains(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
