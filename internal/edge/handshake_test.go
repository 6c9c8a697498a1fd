package edge_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"gangway/internal/authorizer"
	"gangway/internal/edge"
	"gangway/internal/gateway"
	"gangway/internal/program"
	"gangway/internal/sigv4"
	"gangway/internal/websocket"
)

const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

// raw sends the bytes of a request and reads the answer. The connection stays open.
func (n *node) raw(tb testing.TB, request string) (net.Conn, *http.Response) {
	tb.Helper()
	conn, err := new(net.Dialer).DialContext(tb.Context(), "tcp", n.host)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = conn.Close() })
	if _, err := io.WriteString(conn, request); err != nil {
		tb.Fatal(err)
	}
	in := bufio.NewReader(conn)
	r, err := http.ReadResponse(in, nil)
	if err != nil {
		tb.Fatal(err)
	}
	if r.StatusCode != http.StatusSwitchingProtocols {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			tb.Fatal(err)
		}
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		if _, err := in.ReadByte(); err != io.EOF {
			tb.Errorf("after a refusal: got %v, want the connection to be closed", err)
		}
	}
	return conn, r
}

// wantRefusal checks what every refusal has: it closes, has ids and a message.
func wantRefusal(tb testing.TB, r *http.Response, status int, name, message string) {
	tb.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		tb.Fatal(err)
	}
	var text map[string]string
	if err := json.Unmarshal(body, &text); err != nil {
		tb.Fatalf("body %q: %v", body, err)
	}
	if r.StatusCode != status || r.Header.Get("X-Amzn-ErrorType") != name || text["message"] != message {
		tb.Errorf("got %d %q %s, want %d %q %s", r.StatusCode, r.Header.Get("X-Amzn-ErrorType"), body, status, name, message)
	}
	if !r.Close {
		tb.Error("Connection does not say close")
	}
	if len(r.Header.Get("X-Amzn-RequestId")) != 36 || len(r.Header.Get("X-Amz-Apigw-Id")) != 16 {
		tb.Errorf("got ids %q and %q", r.Header.Get("X-Amzn-RequestId"), r.Header.Get("X-Amz-Apigw-Id"))
	}
}

// Names and upgrades: the order is name, upgrade, authorization, integration.
func TestHandshakeRefusals(t *testing.T) {
	b := newBackend(t)
	n := start(t, everything(b), edge.Config{})
	get := func(target, rest string) string {
		return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + rest + "\r\n"
	}
	for _, test := range []struct {
		name, request string
		status        int
		fault         string
		message       string
	}{
		{"unknown API", get("/other/prod", upgrade), 403, "ForbiddenException", "Forbidden"},
		{"unknown stage", get("/a1b2c3d4e5/dev", upgrade), 403, "ForbiddenException", "Forbidden"},
		{"no stage", get("/a1b2c3d4e5", upgrade), 403, "ForbiddenException", "Forbidden"},
		{"nothing", get("/", upgrade), 403, "ForbiddenException", "Forbidden"},
		{"below the stage", get("/a1b2c3d4e5/prod/x", upgrade), 403, "ForbiddenException", "Forbidden"},
		{"dots", get("/a1b2c3d4e5/x/../prod", upgrade), 403, "ForbiddenException", "Forbidden"},
		{"name before upgrade", get("/a1b2c3d4e5/dev", ""), 403, "ForbiddenException", "Forbidden"},
		{"no upgrade", get(path, ""), 426, "", "Upgrade Required"},
		{"wrong version", get(path, strings.Replace(upgrade, "13", "12", 1)), 426, "", "unsupported WebSocket version"},
		{"wrong key", get(path, strings.Replace(upgrade, "dGh", "", 1)), 400, "", "invalid Sec-WebSocket-Key"},
		{"a body", get(path, upgrade+"Content-Length: 3\r\n") + "abc", 400, "", "handshake with a body"},
		{"long URL", get(path+"?"+strings.Repeat("x", 4096), upgrade), 414, "", "Request URI Too Long"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, r := n.raw(t, test.request)
			wantRefusal(t, r, test.status, test.fault, test.message)
		})
	}
	if _, r := n.raw(t, get(path+"/", upgrade)); r.StatusCode != http.StatusSwitchingProtocols {
		t.Errorf("a slash at the end: got %s", r.Status)
	}
	if call := b.next(t, gateway.EventConnect); call.id == "" || len(b.calls) != 0 {
		t.Errorf("got %d calls besides %+v", len(b.calls), call)
	}
}

// The status of the $connect integration is the client's; its body and its other headers are not: aws/chalice#1768 on GitHub.
func TestConnectStatus(t *testing.T) {
	b := newBackend(t)
	status := make(chan int, 1)
	b.answer = func(w http.ResponseWriter, _ *http.Request, call received) {
		if call.kind != "CONNECT" {
			return
		}
		w.Header().Set("Set-Cookie", "a=b")
		w.WriteHeader(<-status)
		_, _ = io.WriteString(w, "of the backend")
	}
	n := start(t, everything(b), edge.Config{})
	for code, message := range map[int]string{
		200: "", 201: "", 299: "", 301: "Moved Permanently", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden",
		429: "Too Many Requests", 500: "Internal server error", 501: "Internal server error", 599: "Internal server error",
	} {
		status <- code
		c, r := n.dial(t, path, websocket.DialOptions{})
		if r.Header.Get("Set-Cookie") != "" {
			t.Errorf("%d: the backend's header got out", code)
		}
		if message == "" {
			if c == nil {
				t.Errorf("%d: got %s", code, r.Status)
			}
			continue
		}
		wantRefusal(t, r, code, "", message)
	}
	for range 11 {
		b.next(t, gateway.EventConnect)
	}
	if len(b.calls) != 0 {
		t.Errorf("$disconnect was told of a refused connection: %+v", <-b.calls)
	}
}

func TestConnectFailures(t *testing.T) {
	b := newBackend(t)
	hang := make(chan struct{})
	b.answer = func(http.ResponseWriter, *http.Request, received) { <-hang }
	t.Cleanup(func() { close(hang) })
	late := proxy(b.URL)
	late.TimeoutInMillis = 50
	wrong, _ := mock("")
	wrong.RequestTemplates = gateway.Map{"200": "{"}
	signed := newAPI().route("$connect", proxy(b.URL))
	signed.Routes[0].AuthorizationType = gateway.AuthorizationIAM
	needy := newAPI().route("$connect", proxy(b.URL))
	needy.Routes[0].RequestParameters = map[string]gateway.ParameterConstraints{"route.request.querystring.token": {Required: true}}
	for _, test := range []struct {
		name    string
		api     *api
		status  int
		fault   string
		message string
	}{
		{"late", newAPI().route("$connect", late), 504, "EndpointRequestTimedOutException", "Endpoint request timed out"},
		{"dead", newAPI().route("$connect", proxy("http://127.0.0.1:1/")), 504, "IntegrationFailureException", "Network error communicating with endpoint"},
		{"wrong", newAPI().route("$connect", wrong), 500, "InternalServerErrorException", "Internal server error"},
		{"unsigned", signed, 403, "ForbiddenException", "Forbidden"},
		{"parameter", needy, 400, "BadRequestException", "Missing required request parameters: [token]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			n := start(t, test.api, edge.Config{})
			_, r := n.dial(t, path, websocket.DialOptions{})
			wantRefusal(t, r, test.status, test.fault, test.message)
		})
	}
}

// Without a $connect route everybody may connect.
func TestNoConnectRoute(t *testing.T) {
	settings, pong := mock("pong")
	n := start(t, newAPI().route("ping", settings, pong), edge.Config{})
	c := n.connect(t, nil)
	c.say(t, `{"action":"ping"}`)
	if got := c.hear(t); got != "pong" {
		t.Errorf("got %q", got)
	}
}

func TestSignedHandshake(t *testing.T) {
	key := sigv4.Key{ID: "AKIDEXAMPLE", Secret: "secret"}
	b := newBackend(t)
	a := everything(b)
	a.Routes[0].AuthorizationType = gateway.AuthorizationIAM
	a.Integrations[0].RequestParameters = gateway.Map{
		"integration.request.header.Event-Type": "context.eventType", "integration.request.header.Caller": "context.identity.user",
	}
	n := start(t, nil, edge.Config{})
	verifier := &sigv4.Verifier{
		Region: "us-east-1", Service: "execute-api", Keys: func(id string) (sigv4.Key, bool) { return key, id == key.ID },
	}
	permit := func(id string, r *http.Request, _ string) (*gateway.Identity, error) {
		if strings.Contains(r.RequestURI, "open-sesame") {
			return &gateway.Identity{AccessKey: id, User: id}, nil
		}
		return nil, gateway.Errorf(gateway.ErrForbidden, "User: x is not authorized to perform: execute-api:Invoke")
	}
	p, err := program.Compile(&a.Snapshot, program.Env{
		Stage: prod, HTTP: newTransport(t), IAM: authorizer.IAM{Verifier: verifier, Permit: permit},
	})
	if err != nil {
		t.Fatal(err)
	}
	n.stages.Set(prod, p, edge.Settings{})
	r := httptest.NewRequestWithContext(t.Context(), "GET", path+"?token=open-sesame", nil)
	r.Host, r.RequestURI = n.host, ""
	sigv4.Presign(r, key, "us-east-1", "execute-api", time.Minute, time.Now())
	if c, response := n.dial(t, path+"?"+r.URL.RawQuery, websocket.DialOptions{}); c == nil {
		t.Fatalf("refused with %s", response.Status)
	}
	if got := b.next(t, gateway.EventConnect).header.Get("Caller"); got != key.ID {
		t.Errorf("the event names %q as its caller, want %q", got, key.ID)
	}
	_, response := n.dial(t, path+"?"+strings.Replace(r.URL.RawQuery, "Signature=", "Signature=0", 1), websocket.DialOptions{})
	if response.StatusCode != http.StatusForbidden {
		t.Errorf("a wrong signature: got %s", response.Status)
	}
	r = httptest.NewRequestWithContext(t.Context(), "GET", path, nil)
	r.Host, r.RequestURI = n.host, ""
	sigv4.Presign(r, key, "us-east-1", "execute-api", time.Minute, time.Now())
	_, response = n.dial(t, path+"?"+r.URL.RawQuery, websocket.DialOptions{})
	if response.StatusCode != http.StatusForbidden || response.Header.Get("X-Amzn-Errortype") != "ForbiddenException" {
		t.Errorf("without permission: got %s, %v", response.Status, response.Header)
	}
	if n.log.count("error=InvalidSignatureException") != 1 || n.log.count("open-sesame") != 0 {
		t.Error("the log does not name what was wrong with the signature, or shows the request")
	}
}

func TestSubprotocol(t *testing.T) {
	b := newBackend(t)
	b.answer = func(w http.ResponseWriter, r *http.Request, _ received) {
		if offered := r.Header.Get("Sec-WebSocket-Protocol"); strings.Contains(offered, "chat") {
			w.Header().Set("sec-websocket-protocol", "chat.v2")
		}
	}
	n := start(t, everything(b), edge.Config{})
	c, r := n.dial(t, path, websocket.DialOptions{Subprotocols: []string{"chat.v1", "chat.v2"}})
	if c == nil || r.Header.Get("Sec-WebSocket-Protocol") != "chat.v2" {
		t.Errorf("got %s with subprotocol %q", r.Status, r.Header.Get("Sec-WebSocket-Protocol"))
	}
	if got := b.next(t, gateway.EventConnect).header.Get("Sec-WebSocket-Protocol"); got != "chat.v1, chat.v2" {
		t.Errorf("the backend saw %q", got)
	}
	c, r = n.dial(t, path, websocket.DialOptions{Subprotocols: []string{"other"}})
	if c == nil || r.Header.Get("Sec-WebSocket-Protocol") != "" {
		t.Errorf("got %s with subprotocol %q, want none", r.Status, r.Header.Get("Sec-WebSocket-Protocol"))
	}
}

// While $connect runs the connection is not open; a client that leaves cancels it, and is not said farewell to.
func TestLeavingDuringConnect(t *testing.T) {
	b := newBackend(t)
	cancelled := make(chan struct{})
	b.answer = func(_ http.ResponseWriter, r *http.Request, call received) {
		if call.kind == "CONNECT" {
			<-r.Context().Done()
			close(cancelled)
		}
	}
	n := start(t, everything(b), edge.Config{})
	conn, err := net.Dial("tcp", n.host)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: localhost\r\n"+upgrade+"\r\n")
	id := gateway.ConnectionID(b.next(t, gateway.EventConnect).id)
	wantGone(t, n, prod, id)
	lose(t, conn)
	<-cancelled
	wantGone(t, n, prod, id)
	if err := n.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(b.calls) != 0 {
		t.Errorf("the backend was told %+v", <-b.calls)
	}
}

// If $connect had succeeded before the client left, $disconnect is told, once.
func TestLeavingAfterConnect(t *testing.T) {
	n := start(t, nil, edge.Config{})
	var calls []string
	conns := make(chan net.Conn, 1)
	done := make(chan struct{})
	transport := roundTripper(func(r *http.Request) (*http.Response, error) {
		calls = append(calls, r.Header.Get("Event-Type")+" "+r.Header.Get("Disconnect-Status"))
		if r.Header.Get("Event-Type") == "CONNECT" {
			lose(t, <-conns)
			<-r.Context().Done() // the gateway has seen it
		} else {
			close(done)
		}
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
	})
	a := newAPI().route("$connect", proxy("http://b.test/")).route("$disconnect", proxy("http://b.test/"))
	n.stages.Set(prod, a.compile(t, transport), edge.Settings{})
	conn, err := net.Dial("tcp", n.host)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: localhost\r\n"+upgrade+"\r\n")
	conns <- conn
	<-done
	if err := n.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(calls); got != "[CONNECT  DISCONNECT 1006]" {
		t.Errorf("got events %s", got)
	}
}

// What a client sends behind its handshake arrives after $connect.
func TestPipelinedMessage(t *testing.T) {
	b := newBackend(t)
	n := start(t, everything(b), edge.Config{})
	frame := "\x81\x82\x00\x00\x00\x00hi"
	if _, r := n.raw(t, "GET "+path+" HTTP/1.1\r\nHost: localhost\r\n"+upgrade+"\r\n"+frame); r.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("got %s", r.Status)
	}
	if call := <-b.calls; call.kind != "CONNECT" {
		t.Errorf("got %+v first", call)
	}
	if call := <-b.calls; call.kind != "MESSAGE" || call.body != "hi" {
		t.Errorf("got %+v second", call)
	}
}

// An API that closes its own name is found under no name of its own.
func TestDisabledEndpoint(t *testing.T) {
	a := newAPI()
	a.API.DisableExecuteAPIEndpoint = true
	n := start(t, a, edge.Config{})
	_, r := n.dial(t, path, websocket.DialOptions{})
	wantRefusal(t, r, 403, "ForbiddenException", "Forbidden")
	if n.stages.Open(gateway.Address{Stage: prod}) || !n.stages.Has(prod) {
		t.Error("Open and Has disagree with that")
	}
}

func TestHandshakeTimeout(t *testing.T) {
	b := newBackend(t)
	b.answer = func(_ http.ResponseWriter, r *http.Request, _ received) { <-r.Context().Done() }
	n := start(t, everything(b), edge.Config{HandshakeTimeout: time.Millisecond})
	_, r := n.dial(t, path, websocket.DialOptions{})
	if r.StatusCode != http.StatusGatewayTimeout {
		t.Errorf("got %s, want 504", r.Status)
	}
}

// The events of one connection agree about it.
func TestConnectionInEvents(t *testing.T) {
	b := newBackend(t)
	about := gateway.Map{"integration.request.header.Event-Type": "context.eventType"}
	for _, name := range []string{"connectionId", "connectedAt", "domainName", "apiId", "stage", "requestTimeEpoch", "routeKey"} {
		about["integration.request.header.About-"+name] = "context." + name
	}
	a := everything(b)
	for i := range a.Integrations {
		a.Integrations[i].RequestParameters = about
	}
	n := start(t, a, edge.Config{})
	c, _ := n.dial(t, path, websocket.DialOptions{})
	connected := b.next(t, gateway.EventConnect).header
	c.say(t, "x")
	message := b.next(t, gateway.EventMessage).header
	c.Conn.Close(websocket.StatusNormal, "")
	farewell := b.next(t, gateway.EventDisconnect).header
	for _, name := range []string{"About-Connectionid", "About-Connectedat", "About-Domainname", "About-Apiid", "About-Stage"} {
		if v := connected.Get(name); v == "" || v != message.Get(name) || v != farewell.Get(name) {
			t.Errorf("%s: got %q, %q and %q", name, v, message.Get(name), farewell.Get(name))
		}
	}
	if got, want := connected.Get("About-Domainname"), n.host+"/a1b2c3d4e5"; got != want {
		t.Errorf("got domain name %q, want %q", got, want)
	}
	if got := connected.Get("About-Routekey") + message.Get("About-Routekey") + farewell.Get("About-Routekey"); got != "$connect$default$disconnect" {
		t.Errorf("got route keys %q", got)
	}
	at, err := strconv.ParseInt(connected.Get("About-Connectedat"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	if asked, err := strconv.ParseInt(connected.Get("About-Requesttimeepoch"), 10, 64); err != nil || asked < at {
		t.Errorf("the event is of %d, before the connection of %d (%v)", asked, at, err)
	}
}

func wantGone(tb testing.TB, n gateway.Connections, stage gateway.StageKey, id gateway.ConnectionID) {
	tb.Helper()
	ctx := context.Background()
	_, info := n.Info(ctx, stage, id)
	for name, err := range map[string]error{
		"Send": n.Send(ctx, gateway.Push{Stage: stage, To: id, Data: []byte("x")}), "Info": info, "Close": n.Close(ctx, stage, id),
	} {
		wantKind(tb, name+" "+string(id), err, gateway.ErrGone)
	}
}

// TestCauses: what a client is told with one word, who operates the node finds in its log.
func TestCauses(t *testing.T) {
	n := start(t, nil, edge.Config{})
	settings, ok := mock("")
	a := newAPI().route("$connect", settings, ok)
	one, rate := 1, 0.001
	n.stages.Set(prod, a.compile(t, newTransport(t)), edge.Settings{
		Options: gateway.Options{AllowedOrigins: []string{"https://app.example.com"}},
		Default: gateway.Throttle{RateLimit: &rate, BurstLimit: &one},
	})
	for _, row := range []struct{ path, origin, cause string }{
		{"/a1b2c3d4e5", "", "the path names no API and stage"},
		{"/a1b2c3d4e5/none", "", `there is no API \"a1b2c3d4e5\" with a stage \"none\"`},
		{path + "/more", "", "the path goes on after the stage"},
		{path, "https://evil.example.com", `the origin \"https://evil.example.com\" is not allowed`},
		{path, "", "throttled by the rate of the stage"},
	} {
		c, response := n.dial(t, row.path, websocket.DialOptions{Header: http.Header{"Origin": {row.origin}}})
		if c != nil || response.StatusCode != http.StatusForbidden && response.StatusCode != http.StatusTooManyRequests {
			t.Fatalf("%s was let in", row.path)
		}
		if n.log.count(row.cause) != 1 {
			t.Errorf("the log does not say: %s", row.cause)
		}
	}
}
