package program_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gangway/internal/authorizer"
	"gangway/internal/gateway"
	"gangway/internal/integration"
	"gangway/internal/program"
)

// wantBroken wants an error that tells the client nothing and the operator why.
func wantBroken(t *testing.T, name string, err error, cause string) {
	t.Helper()
	shown, ok := errors.AsType[*gateway.Error](err)
	if !ok || !errors.Is(shown, gateway.ErrConfiguration) || shown.Message != "Internal server error" || !strings.Contains(err.Error(), cause) {
		t.Errorf("%s: got %v, want a configuration error because of %q", name, err, cause)
	}
}

// mockWith is mockAPI with the routes $connect and $default, changed.
func mockWith(change func(s *gateway.Snapshot)) *gateway.Snapshot {
	s := mockAPI("$request.body.action", "$connect", "$default")
	change(s)
	return s
}

// TestUnservedConnect: whatever should have a say about who connects and cannot be asked lets nobody connect.
func TestUnservedConnect(t *testing.T) {
	for cause, change := range map[string]func(*gateway.Snapshot){
		"authorizationType CUSTOM": func(s *gateway.Snapshot) {
			s.Routes[0].AuthorizationType, s.Routes[0].AuthorizerID = "CUSTOM", "a1"
			s.Authorizers = []gateway.Authorizer{{AuthorizerID: "a1"}}
		},
		"apiKeyRequired": func(s *gateway.Snapshot) { s.Routes[0].APIKeyRequired = true },
	} {
		p := compile(t, mockWith(change), program.Env{})
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/a/s", http.NoBody)
		r.Header.Set("X-Api-Key", "key")
		decision, err := p.Connect().Authorize(t.Context(), &authorizer.Request{HTTP: r, Event: &gateway.Event{Type: gateway.EventConnect}})
		if decision != nil {
			t.Errorf("%s: a client was let in", cause)
		}
		wantBroken(t, cause, err, cause)
		if notes := p.Notes(); len(notes) != 1 || !strings.HasPrefix(notes[0], "route '$connect': "+cause) {
			t.Errorf("%s: got notes %q", cause, notes)
		}
		if _, err := p.Select([]byte("x")).Run(t.Context(), message("x")); err != nil {
			t.Errorf("%s: a message of a connection that was open before: %v", cause, err)
		}
	}
}

// TestUnservedMessage: a message that needs what is not served fails, and no other.
func TestUnservedMessage(t *testing.T) {
	mock := func(s *gateway.Snapshot) *gateway.DeployedIntegration { return &s.Integrations[0] }
	for name, test := range map[string]struct {
		change func(*gateway.Snapshot)
		cause  string // empty: the message is answered
		notes  int
	}{
		"request model": {func(s *gateway.Snapshot) {
			s.Routes[1].RequestModels, s.Models = gateway.Map{"$default": "m"}, []gateway.Model{{ModelSettings: gateway.ModelSettings{Name: "m"}}}
		}, "request models", 1},
		"request template":       {func(s *gateway.Snapshot) { mock(s).RequestTemplates["$default"] = "$input.body" }, "found '$'", 1},
		"other request template": {func(s *gateway.Snapshot) { mock(s).RequestTemplates["a"] = "$input.body" }, "", 1},
		"response template":      {func(s *gateway.Snapshot) { mock(s).Responses[0].ResponseTemplates["$default"] = "#set($a=1)" }, "found '#'", 1},
		"response to nobody": {func(s *gateway.Snapshot) {
			mock(s).Responses[0].ResponseTemplates["$default"] = "#set($a=1)"
			s.Routes[1].Responses = nil
		}, "", 1},
		"API key of a message":      {func(s *gateway.Snapshot) { s.Routes[1].APIKeyRequired = true }, "", 0},
		"expression without models": {func(s *gateway.Snapshot) { s.Routes[1].ModelSelectionExpression = "$request.body.a" }, "", 0},
	} {
		p := compile(t, mockWith(test.change), program.Env{})
		reply, err := p.Select([]byte("x")).Run(t.Context(), message("x"))
		if test.cause != "" {
			wantBroken(t, name, err, test.cause)
		} else if err != nil || reply != nil && string(reply.Body) != "pong" {
			t.Errorf("%s: got %v, %v", name, reply, err)
		}
		if notes := p.Notes(); len(notes) != test.notes {
			t.Errorf("%s: got notes %q", name, notes)
		}
	}
}

// TestNotes: they are as many as a client can take.
func TestNotes(t *testing.T) {
	keys := make([]string, 60)
	for i := range keys {
		keys[i] = strings.Repeat("k", i+1)
	}
	s := mockAPI("$request.body.action", keys...)
	s.Models = []gateway.Model{{ModelSettings: gateway.ModelSettings{Name: "m"}}}
	for i := range s.Routes {
		s.Routes[i].RequestModels = gateway.Map{"$default": "m"}
	}
	p := compile(t, s, program.Env{})
	notes := p.Notes()
	if text := strings.Join(notes, "; "); len(text) > 4<<10 || !strings.HasPrefix(notes[len(notes)-1], "and ") || len(notes) < 20 {
		t.Errorf("got %d notes, %d bytes, the last %q", len(notes), len(text), notes[len(notes)-1])
	}
	notes[0] = "changed"
	if p.Notes()[0] == "changed" {
		t.Error("the program's notes can be changed")
	}
}

// TestLink: an integration with a VPC link goes where the link leads, from the moment on in which it leads anywhere.
func TestLink(t *testing.T) {
	host := ""
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host = r.Host
		_, _ = io.WriteString(w, "here")
	}))
	defer backend.Close()
	transport := integration.NewTransport(integration.TransportOptions{})
	defer transport.CloseIdleConnections()
	s := httpAPI("http://chat.internal.example/", time.Minute, nil)
	s.Integrations[0].ConnectionType, s.Integrations[0].ConnectionID = "VPC_LINK", "abc123"
	links := map[string]string{}
	p := compile(t, s, program.Env{HTTP: transport, Upstream: func(link string) (string, bool) {
		address, known := links[link]
		return address, known
	}})
	if notes := p.Notes(); len(notes) != 1 || !strings.Contains(notes[0], `integration mock: connectionId: there is no VPC link "abc123"`) {
		t.Errorf("got notes %q", notes)
	}
	_, err := p.Select([]byte("x")).Run(t.Context(), message("x"))
	wantBroken(t, "unknown", err, `no VPC link "abc123"`)
	links["abc123"] = backend.Listener.Addr().String()
	reply, err := p.Select([]byte("x")).Run(t.Context(), message("x"))
	if err != nil || string(reply.Body) != "here" || host != "chat.internal.example" {
		t.Errorf("got %v, %v, host %q", reply, err, host)
	}
	p = compile(t, s, program.Env{HTTP: transport})
	_, err = p.Select([]byte("x")).Run(t.Context(), message("x"))
	wantBroken(t, "nobody to ask", err, "without a way to reach it")
	if notes := p.Notes(); len(notes) != 0 {
		t.Errorf("nobody can say, and the notes are %q", notes)
	}
}
