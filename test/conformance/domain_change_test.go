package conformance_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestDomainChanges changes names and mappings. What was done acts from the answer of the control plane on, without a restart or
// a deployment, and connections that are open stay so. Source: guess; the guide speaks of minutes that a new name takes.
func TestDomainChanges(t *testing.T) {
	s := openMirror(t)
	change := func(path string, members map[string]any) { s.mustControl(t, http.MethodPatch, path, members) }
	s.own(t, ground{name: "*.example.test", stages: map[string]string{"": "red"}})
	s.want(t, "wss://ws.example.test", "ws.example.test red")
	s.own(t, ground{name: "ws.example.test"})
	s.want(t, "wss://ws.example.test", nothingThere)
	mapping := mappings("ws.example.test") + "/" + s.mapTo(t, "ws.example.test", "", "blue")
	s.want(t, "wss://ws.example.test", "ws.example.test blue")
	open := s.mustVisit(t, "wss://ws.example.test")

	change(mapping, map[string]any{"apiId": s.api.id, "stage": "green"})
	s.want(t, "wss://ws.example.test", "ws.example.test green")
	change(mapping, map[string]any{"apiId": s.api.id, "apiMappingKey": "v2"})
	s.want(t, "wss://ws.example.test", nothingThere)
	s.want(t, "wss://ws.example.test/v2", "ws.example.test green")

	s.running.stop(t)
	wantItem(t, open, "close 1001 Going away")
	s = reopen(t, s)
	s.want(t, "wss://ws.example.test/v2", "ws.example.test green")
	open = s.mustVisit(t, "wss://ws.example.test/v2")
	s.mustControl(t, http.MethodDelete, mapping, nil)
	s.want(t, "wss://ws.example.test/v2", nothingThere)
	s.mustControl(t, http.MethodDelete, "/v2/domainnames/ws.example.test", nil)
	s.want(t, "wss://ws.example.test", "ws.example.test red")
	s.mustControl(t, http.MethodDelete, "/v2/domainnames/"+url.PathEscape("*.example.test"), nil)
	s.want(t, "ws://ws.example.test", nothingThere)
	if got := s.outcome(t, s.browser(), "wss://ws.example.test"); !strings.Contains(got, "tls: unrecognized name") {
		t.Errorf("TLS for a name that is gone: %s", got)
	}
	if got := open.sends(t, "still here?"); got != "ws.example.test green" {
		t.Errorf("the connection that was open answers %q", got)
	}
}

// reopen starts the program of a site again, on the same data.
func reopen(t *testing.T, s *site, flags ...string) *site {
	t.Helper()
	next := openSite(t, siting{dir: s.dir, flags: flags, backend: s.backend})
	next.api = s.api
	return next
}
