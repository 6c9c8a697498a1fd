package gangwaytest_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"gangway/gangwaytest"
	"gangway/internal/websocket"
)

// client is a WebSocket client; a user's test has one of its own.
type client struct {
	messages chan string
	ended    chan websocket.Status
}

func (*client) Open(*websocket.Conn) {}

func (c *client) Message(_ *websocket.Conn, _ websocket.Opcode, payload []byte) {
	c.messages <- string(payload)
}

func (c *client) Close(_ *websocket.Conn, status websocket.Status, _ string) { c.ended <- status }

func connect(t *testing.T, url string) (*websocket.Conn, *client) {
	t.Helper()
	c := &client{make(chan string, 100), make(chan websocket.Status, 1)}
	conn, _, err := websocket.Dial(t.Context(), url, c, websocket.DialOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return conn, c
}

// deploy makes an API whose messages go to a backend that says them back, and returns where clients connect.
func deploy(t *testing.T, s *gangwaytest.Server) string {
	t.Helper()
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = w.Write(body)
	}))
	t.Cleanup(backend.Close)
	type settings map[string]any
	made := func(path string, of settings, id string) string {
		text, _ := s.Control(http.MethodPost, path, of)[id].(string)
		return text
	}
	api := made("/v2/apis", settings{"name": "a", "protocolType": "WEBSOCKET", "routeSelectionExpression": "$request.body.action"}, "apiId")
	integration := made("/v2/apis/"+api+"/integrations", settings{
		"integrationType": "HTTP_PROXY", "integrationMethod": "POST", "integrationUri": backend.URL,
	}, "integrationId")
	route := made("/v2/apis/"+api+"/routes", settings{"routeKey": "$default", "target": "integrations/" + integration}, "routeId")
	s.Control(http.MethodPost, "/v2/apis/"+api+"/routes/"+route+"/routeresponses", settings{"routeResponseKey": "$default"})
	deployment := made("/v2/apis/"+api+"/deployments", settings{}, "deploymentId")
	s.Control(http.MethodPost, "/v2/apis/"+api+"/stages", settings{"stageName": "test", "deploymentId": deployment})
	return s.URL(api, "test")
}

// TestAll goes through all that a test can ask for, on one server.
func TestAll(t *testing.T) {
	s := gangwaytest.Start(t, gangwaytest.Options{Source: "..", Args: []string{"--queue-messages", "1"}})
	conn, c := connect(t, deploy(t, s))
	say := func(text, want string) {
		t.Helper()
		if err := conn.SendWait(t.Context(), websocket.Text, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got := <-c.messages; want != "" && got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	say("hello", "hello")
	s.Fault(gangwaytest.Fault{Kind: gangwaytest.Answer, Body: "ours", Delay: time.Millisecond, Times: 1})
	say("hello", "ours")
	down := s.Fault(gangwaytest.Fault{Kind: gangwaytest.Refuse, Route: "$default", Stage: "test"})
	say("hello", "")
	refused := s.Await(t, func(e gangwaytest.Event) bool { return e.Type == "MESSAGE" && e.Status == http.StatusGatewayTimeout })
	s.RemoveFault(down)
	say("again", "again")
	if got := s.Events(refused.Number - 1)[0]; got.Number != refused.Number || got.Integration == nil {
		t.Errorf("got %+v", got)
	}
	id := s.Connections()[0].ID
	s.Stall(id)
	if err := conn.SendWait(t.Context(), websocket.Text, []byte("waits")); err != nil {
		t.Fatal(err)
	}
	s.Await(t, func(e gangwaytest.Event) bool { return e.Reply == "waits" })
	failed, ok := errors.AsType[*gangwaytest.Error](s.Push(id, []byte("too much")))
	if !ok || failed.Status != http.StatusTooManyRequests {
		t.Errorf("got %v", failed)
	}
	s.Resume(id)
	if got := <-c.messages; got != "waits" {
		t.Errorf("got %q", got)
	}
	before := s.Now()
	s.Advance(2 * time.Hour)
	if s.Now().Sub(before) < 2*time.Hour {
		t.Error("the clock stands")
	}
	if got := <-c.ended; got != websocket.StatusGoingAway {
		t.Errorf("closed with %d", got)
	}
	_, c = connect(t, deploy(t, s))
	s.Drop(s.Connections()[0].ID)
	if got := <-c.ended; got != websocket.StatusAbnormal {
		t.Errorf("closed with %d", got)
	}
	s.Await(t, func(e gangwaytest.Event) bool { return e.Type == "DISCONNECT" && e.CloseStatus == 1006 })
	s.Reset()
	if len(s.Connections())+len(s.Events(0)) > 0 {
		t.Error("a reset leaves something")
	}
	if env := s.Environment(); env["AWS_ENDPOINT_URL_APIGATEWAYV2"] != s.Admin || env["AWS_ACCESS_KEY_ID"] == "" {
		t.Errorf("got %v", env)
	}
}

// TestClose: a server leaves neither a process nor a folder, and methods without a test panic.
func TestClose(t *testing.T) {
	s, err := gangwaytest.Open(t.Context(), gangwaytest.Options{Source: ".."})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(s.Folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is still there: %v", err)
	}
	defer func() {
		if recover() == nil {
			t.Error("a call of a server that has ended went well")
		}
	}()
	s.Reset()
}

func TestNotThere(t *testing.T) {
	for _, o := range []gangwaytest.Options{{Binary: "there-is-no-such-program"}, {Source: "testdata/nowhere"}, {Binary: "true"}} {
		if s, err := gangwaytest.Open(t.Context(), o); err == nil {
			_ = s.Close()
			t.Errorf("%+v: started", o)
		}
	}
}
