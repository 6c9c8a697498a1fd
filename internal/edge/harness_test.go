package edge_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"gangway/internal/edge"
	"gangway/internal/gateway"
	"gangway/internal/http1"
	"gangway/internal/loop"
	"gangway/internal/program"
	"gangway/internal/websocket"
)

var prod = gateway.StageKey{API: "a1b2c3d4e5", Stage: "prod"}

// received is a call of the backend.
type received struct {
	kind, id       string // eventType and connectionId
	status, reason string // of a DISCONNECT
	body           string
	header         http.Header
}

// backend is a real HTTP backend that notes what it is sent.
type backend struct {
	*httptest.Server
	calls chan received
	// answer may be set before the first call; it runs after the call was noted.
	answer func(w http.ResponseWriter, r *http.Request, call received)
}

func newBackend(tb testing.TB) *backend {
	tb.Helper()
	b := &backend{calls: make(chan received, 1<<14)}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		call := received{
			kind: r.Header.Get("Event-Type"), id: r.Header.Get("Its-Id"), status: r.Header.Get("Disconnect-Status"),
			reason: r.Header.Get("Disconnect-Reason"), body: string(body), header: r.Header,
		}
		b.calls <- call
		if b.answer != nil {
			b.answer(w, r, call)
		}
	}))
	tb.Cleanup(b.Close)
	return b
}

// next is the next call of a kind; others are passed over.
func (b *backend) next(tb testing.TB, kind gateway.EventType) received {
	tb.Helper()
	for {
		select {
		case call := <-b.calls:
			if call.kind == string(kind) {
				return call
			}
		case <-tb.Context().Done():
			tb.Fatal("the backend was not called")
		}
	}
}

// parameters tell a backend what an HTTP_PROXY integration does not.
var parameters = gateway.Map{
	"integration.request.header.Event-Type":        "context.eventType",
	"integration.request.header.Its-Id":            "context.connectionId",
	"integration.request.header.Disconnect-Status": "context.disconnectStatusCode",
	"integration.request.header.Disconnect-Reason": "context.disconnectReason",
}

// api is a snapshot in the making: routes by key, each to an integration of its own.
type api struct{ gateway.Snapshot }

func newAPI() *api {
	a := new(api)
	a.API.Name, a.API.ProtocolType, a.API.RouteSelectionExpression = "test", gateway.ProtocolWebSocket, "$request.body.action"
	a.API.Locate(gateway.Key("").Child("apis", prod.API), time.Now())
	return a
}

// route adds a route to an integration; two-way if it is not for $connect or $disconnect.
func (a *api) route(key string, settings gateway.IntegrationSettings, responses ...gateway.IntegrationResponse) *api {
	id := "i" + string(rune('a'+len(a.Routes)))
	if settings.TimeoutInMillis == 0 {
		settings.TimeoutInMillis = gateway.MaxTimeout
	}
	var i gateway.DeployedIntegration
	i.IntegrationSettings, i.Responses = settings, responses
	i.Locate(gateway.Key("").Child("integrations", id), time.Now())
	a.Integrations = append(a.Integrations, i)
	var r gateway.DeployedRoute
	r.RouteKey, r.Target = key, gateway.Kept("integrations/"+id)
	r.Locate(gateway.Key("").Child("routes", "r"+id), time.Now())
	if key != gateway.RouteConnect && key != gateway.RouteDisconnect {
		r.Responses = make([]gateway.RouteResponse, 1)
		r.Responses[0].RouteResponseKey = gateway.RouteDefault
	}
	a.Routes = append(a.Routes, r)
	return a
}

// proxy is an integration that calls a backend with every event as it is.
func proxy(url string) gateway.IntegrationSettings {
	return gateway.IntegrationSettings{
		IntegrationType: gateway.IntegrationHTTPProxy, IntegrationMethod: "POST", IntegrationURI: gateway.Kept(url),
		RequestParameters: parameters,
	}
}

// mock is an integration that answers with a text.
func mock(text string) (gateway.IntegrationSettings, gateway.IntegrationResponse) {
	var response gateway.IntegrationResponse
	response.IntegrationResponseKey = gateway.RouteDefault
	response.ResponseTemplates = gateway.Map{gateway.RouteDefault: text}
	response.TemplateSelectionExpression = `\$default`
	return gateway.IntegrationSettings{
		IntegrationType: gateway.IntegrationMock, TemplateSelectionExpression: "200",
		RequestTemplates: gateway.Map{"200": `{"statusCode":200}`},
	}, response
}

// everything is an API whose every event goes to a backend, and "ping" to nobody.
func everything(b *backend) *api {
	settings, pong := mock("pong")
	return newAPI().route("$connect", proxy(b.URL)).route("$disconnect", proxy(b.URL)).
		route("$default", proxy(b.URL)).route("ping", settings, pong)
}

// compile makes the program of an API.
func (a *api) compile(tb testing.TB, transport http.RoundTripper) *program.Program {
	tb.Helper()
	p, err := program.Compile(&a.Snapshot, program.Env{Stage: prod, HTTP: transport})
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// node is a server under test behind a real listener.
type node struct {
	*edge.Server
	stages *edge.Stages
	host   string
	log    *logs
}

// start serves an API. The test fails if the server does not shut down.
func start(tb testing.TB, a *api, cfg edge.Config) *node {
	tb.Helper()
	n := &node{stages: edge.NewStages(), log: new(logs)}
	if a != nil {
		n.stages.Set(prod, a.compile(tb, newTransport(tb)), edge.Settings{})
	}
	cfg.Log = slog.New(slog.NewTextHandler(n.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	n.host = l.Addr().String()
	cfg.Names.PublicURL = "ws://" + n.host
	n.Server = edge.New(n.stages, cfg)
	serve(tb, l, &http1.Server{Handler: n.Server, Log: cfg.Log})
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := n.Shutdown(ctx); err != nil {
			tb.Errorf("shutdown: %v", err)
		}
	})
	return n
}

// serve serves by event loops where there are any, but for the tests under [TestWithoutLoops].
func serve(tb testing.TB, l net.Listener, s *http1.Server) {
	tb.Helper()
	if !strings.HasPrefix(tb.Name(), "TestWithoutLoops/") {
		loops, err := loop.New(2)
		switch {
		case err == nil:
			s.Loops = loops
			tb.Cleanup(loops.Close)
		case !errors.Is(err, errors.ErrUnsupported):
			tb.Fatal(err)
		}
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	tb.Cleanup(func() {
		_ = s.Close() // what is still open is the test's
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			tb.Errorf("serve: %v", err)
		}
	})
}

func newTransport(tb testing.TB) *http.Transport {
	tb.Helper()
	transport := &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64}
	tb.Cleanup(transport.CloseIdleConnections)
	return transport
}

// logs is a log that can be searched.
type logs struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) count(what string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), what)
}

// client is a WebSocket client that keeps what it hears.
type client struct {
	*websocket.Conn
	id       gateway.ConnectionID
	messages chan string
	ops      chan websocket.Opcode
	closed   chan ending
}

type ending struct {
	status websocket.Status
	reason string
}

func (c *client) Open(*websocket.Conn) {}

func (c *client) Message(_ *websocket.Conn, op websocket.Opcode, payload []byte) {
	c.messages <- string(payload)
	c.ops <- op
}

func (c *client) Close(_ *websocket.Conn, status websocket.Status, reason string) {
	c.closed <- ending{status, reason}
}

func newClient() *client {
	return &client{
		messages: make(chan string, 1<<14), ops: make(chan websocket.Opcode, 1<<14), closed: make(chan ending, 1),
	}
}

// patient are limits that no test reaches.
var patient = websocket.Options{
	MaxFrame: -1, MaxMessage: -1, MaxFragments: -1, MaxControlRate: -1, MessageTime: -1, Idle: -1, Lifetime: -1, Ping: -1,
	WriteFrame: -1,
}

// path is where clients of the stage under test connect.
const path = "/a1b2c3d4e5/prod"

// dial connects, or returns how it was refused.
func (n *node) dial(tb testing.TB, target string, o websocket.DialOptions) (*client, *http.Response) {
	tb.Helper()
	c := newClient()
	o.Options = patient
	conn, response, err := websocket.Dial(tb.Context(), "ws://"+n.host+target, c, o)
	if err != nil {
		if response == nil {
			tb.Fatal(err)
		}
		return nil, response
	}
	c.Conn = conn
	tb.Cleanup(func() { conn.Close(websocket.StatusNormal, "") })
	return c, response
}

// connect connects to the stage, and learns the id from the backend if that is told of the connection.
func (n *node) connect(tb testing.TB, b *backend) *client {
	tb.Helper()
	c, response := n.dial(tb, path, websocket.DialOptions{})
	if c == nil {
		tb.Fatalf("refused with %s", response.Status)
	}
	if b != nil {
		c.id = gateway.ConnectionID(b.next(tb, gateway.EventConnect).id)
	}
	return c
}

// say sends a text.
func (c *client) say(tb testing.TB, text string) {
	tb.Helper()
	if err := c.SendWait(tb.Context(), websocket.Text, []byte(text)); err != nil {
		tb.Fatal(err)
	}
}

// hear is the next message.
func (c *client) hear(tb testing.TB) string {
	tb.Helper()
	select {
	case m := <-c.messages:
		return m
	case e := <-c.closed:
		tb.Fatalf("closed with %d %q", e.status, e.reason)
	case <-tb.Context().Done():
		tb.Fatal("heard nothing")
	}
	return ""
}

// end waits for the connection to be closed.
func (c *client) end(tb testing.TB) ending {
	tb.Helper()
	select {
	case e := <-c.closed:
		return e
	case <-tb.Context().Done():
		tb.Fatal("not closed")
	}
	return ending{}
}

// push is a push to a client of the stage.
func push(to gateway.ConnectionID, data string) gateway.Push {
	return gateway.Push{Stage: prod, To: to, Data: []byte(data)}
}

// lose ends a TCP connection without a word.
func lose(tb testing.TB, conn net.Conn) {
	tb.Helper()
	if err := conn.(*net.TCPConn).SetLinger(0); err != nil {
		tb.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		tb.Fatal(err)
	}
}
