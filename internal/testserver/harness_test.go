package testserver_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gangway/internal/node"
	"gangway/internal/testserver"
	"gangway/internal/websocket"
)

// patience ends tests that have failed.
const patience = 30 * time.Second

// server is one under test.
type server struct {
	*testserver.Server
	tb testing.TB
}

func start(tb testing.TB, limits websocket.Options) *server {
	tb.Helper()
	began := time.Now()
	s, err := testserver.Start(tb.Context(), node.Config{
		DataDir: tb.TempDir(), Region: "us-east-1", Limits: limits, ShutdownTimeout: 2 * time.Second,
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Logf("started in %v", time.Since(began))
	tb.Cleanup(func() { _ = s.Close(tb.Context()) })
	return &server{s, tb}
}

// ask calls the API and decodes the answer.
func (s *server) ask(method, path, body string, into any) (status int) {
	s.tb.Helper()
	request, err := http.NewRequestWithContext(s.tb.Context(), method, s.Place().Test+path, strings.NewReader(body))
	if err != nil {
		s.tb.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.tb.Fatal(err)
	}
	text, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		s.tb.Fatal(err)
	}
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			s.tb.Fatalf("%s %s: %d %s: %v", method, path, response.StatusCode, text, err)
		}
	}
	return response.StatusCode
}

// must is ask for what has to succeed.
func (s *server) must(method, path, body string, into any) {
	s.tb.Helper()
	if status := s.ask(method, path, body, into); status >= 300 {
		s.tb.Fatalf("%s %s: %d", method, path, status)
	}
}

type object map[string]any

func (o object) text(member string) string { value, _ := o[member].(string); return value }

// deploy makes an API of which every route calls a backend, and $default is two-way. It returns its URL.
func (s *server) deploy(backend, stage string) (api, url string) {
	s.tb.Helper()
	create := func(path string, settings object) object {
		s.tb.Helper()
		body, err := json.Marshal(settings)
		if err != nil {
			s.tb.Fatal(err)
		}
		var made object
		s.must(http.MethodPost, path, string(body), &made)
		return made
	}
	api = create("/v2/apis", object{"name": "a", "protocolType": "WEBSOCKET", "routeSelectionExpression": "$request.body.action"}).text("apiId")
	under := "/v2/apis/" + api
	integration := create(under+"/integrations", object{
		"integrationType": "HTTP_PROXY", "integrationMethod": "POST", "integrationUri": backend, "timeoutInMillis": 2000,
	}).text("integrationId")
	for _, key := range []string{"$connect", "$disconnect", "$default", "other"} {
		route := create(under+"/routes", object{"routeKey": key, "target": "integrations/" + integration}).text("routeId")
		if !strings.HasSuffix(key, "connect") {
			create(under+"/routes/"+route+"/routeresponses", object{"routeResponseKey": "$default"})
		}
	}
	settings := object{"stageName": "prod", "deploymentId": create(under+"/deployments", object{}).text("deploymentId")}
	if stage != "" {
		if err := json.Unmarshal([]byte(stage), &settings); err != nil {
			s.tb.Fatal(err)
		}
	}
	create(under+"/stages", settings)
	return api, s.Place().Data + "/" + api + "/prod"
}

// echo is a backend that answers with what it was sent.
func echo(tb testing.TB) string {
	tb.Helper()
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // all of it first: net/http reads no more once it answers
		_, _ = w.Write(body)
	}))
	tb.Cleanup(backend.Close)
	return backend.URL
}

// client is a WebSocket client.
type client struct {
	*websocket.Conn
	tb       testing.TB
	messages chan string
	ended    chan string
}

func (*client) Open(*websocket.Conn) {}

func (c *client) Message(_ *websocket.Conn, _ websocket.Opcode, payload []byte) {
	c.messages <- string(payload)
}

func (c *client) Close(_ *websocket.Conn, status websocket.Status, reason string) {
	c.ended <- strings.TrimSpace(fmt.Sprint(status) + " " + reason)
}

func connect(tb testing.TB, url string) *client {
	tb.Helper()
	c := &client{tb: tb, messages: make(chan string, 10000), ended: make(chan string, 1)}
	conn, response, err := websocket.Dial(tb.Context(), url, c, websocket.DialOptions{})
	if err != nil {
		if response != nil {
			tb.Fatalf("%v: %s", err, response.Status)
		}
		tb.Fatal(err)
	}
	c.Conn = conn
	tb.Cleanup(conn.Reset)
	return c
}

func (c *client) say(text string) {
	c.tb.Helper()
	if err := c.SendWait(c.tb.Context(), websocket.Text, []byte(text)); err != nil {
		c.tb.Fatal(err)
	}
}

func await(tb testing.TB, what string, from <-chan string) string {
	tb.Helper()
	select {
	case text := <-from:
		return text
	case <-time.After(patience):
		tb.Fatalf("no %s", what)
		return ""
	}
}

// event is one as a test suite reads it.
type event struct {
	Number                                       int64
	Type, RouteKey, Message, Reply, ErrorMessage string
	ConnectionID                                 string
	Status, CloseStatus                          int
	CloseReason                                  string
}

type events struct {
	Events        []event
	Next, Dropped int64
}

func (s *server) events(query string) (found events) {
	s.tb.Helper()
	s.must(http.MethodGet, "/events"+query, "", &found)
	return found
}

// only is the id of the connection that is open.
func (s *server) only() string {
	s.tb.Helper()
	var open struct {
		Connections []struct{ ConnectionID string }
	}
	s.must(http.MethodGet, "/connections", "", &open)
	if len(open.Connections) != 1 {
		s.tb.Fatalf("%d connections are open", len(open.Connections))
	}
	return open.Connections[0].ConnectionID
}
