package program_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

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

// TestNotes: they are as many as a client can take.
func TestNotes(t *testing.T) {
	keys := make([]string, 60)
	for i := range keys {
		keys[i] = strings.Repeat("k", i+1)
	}
	s := mockAPI("$request.body.action", keys...)
	for i := range s.Routes { // each an action of a service that is not known
		id := fmt.Sprintf("i%d", i)
		s.Routes[i].Target = gateway.Kept("integrations/" + id)
		s.Integrations = append(s.Integrations, gateway.DeployedIntegration{Integration: gateway.Integration{
			IntegrationID: id, IntegrationSettings: gateway.IntegrationSettings{
				IntegrationType: gateway.IntegrationAWS, IntegrationURI: "arn:aws:apigateway:us-east-1:s3:action/GetObject", TimeoutInMillis: 1000,
			},
		}})
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
