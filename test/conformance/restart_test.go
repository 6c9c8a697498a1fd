package conformance_test

import (
	"fmt"
	"net/http"
	"testing"

	"gangway/internal/node"
)

// definitions makes an API with two deployments and a change that is not deployed, and returns its id.
func definitions(t *testing.T, s *server) string {
	t.Helper()
	b := &builder{s, "http://127.0.0.1:1"}
	var api *deployed
	for _, text := range []string{
		`{"routes": {"$default": {"mock": "first", "reply": true}}, "deploy": "first"}`,
		`{"routes": {"$default": {"mock": "second"}}, "deploy": "second", "stage": {"stageVariables": {"color": "blue"}}}`,
		`{"deploy": "first", "stage": {"stageName": "old"}}`,
		`{"routes": {"$default": {"mock": "not deployed"}}, "deploy": "no"}`,
	} {
		var err error
		if api, err = b.apply(t.Context(), api, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	return api.id
}

// everything is all that the control plane shows of an API.
func everything(t *testing.T, s *server, api string) map[string]string {
	t.Helper()
	shown := map[string]string{}
	for _, path := range []string{"", "/routes", "/integrations", "/deployments", "/stages", "/stages/prod", "/stages/old"} {
		answer := s.mustControl(t, http.MethodGet, "/v2/apis/"+api+path, nil).object()
		delete(answer, "apiEndpoint") // it has the port in it, which is another after each start
		shown[path] = fmt.Sprint(answer)
	}
	return shown
}

func wantEverything(t *testing.T, s *server, api string, before map[string]string) {
	t.Helper()
	for path, now := range everything(t, s, api) {
		if now != before[path] {
			t.Errorf("%s is\n%s\nand was\n%s", path, now, before[path])
		}
	}
	wantAnswer(t, s.data+"/"+api, "prod", "second")
	wantAnswer(t, s.data+"/"+api, "old", "first")
}

// TestRestart stops a node in good order and starts it again: definitions and behaviour are as they were, and so is the key.
func TestRestart(t *testing.T) {
	cfg := node.Config{DataDir: t.TempDir()}
	s, stop, err := newServer(cfg)
	must(t, err)
	api := definitions(t, s)
	before := everything(t, s, api)
	must(t, stop())
	again := startNode(t, cfg)
	if again.key != s.key {
		t.Error("the root key is another")
	}
	wantEverything(t, again, api, before)
}

// TestKill ends the real program with kill -9, right after a write was acknowledged: nothing acknowledged is lost.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	p := startProgram(t, dir)
	api := definitions(t, p.server)
	before := everything(t, p.server, api)
	for round := range 3 {
		p.kill()
		p = startProgram(t, dir)
		wantEverything(t, p.server, api, before)
		name := fmt.Sprint("round ", round)
		p.mustControl(t, patch, "/v2/apis/"+api, map[string]any{"name": name})
		p.kill()
		p = startProgram(t, dir)
		if got := p.mustControl(t, get, "/v2/apis/"+api, nil).text("name"); got != name {
			t.Errorf("round %d: the acknowledged name is lost: %q", round, got)
		}
		before = everything(t, p.server, api)
	}
	p.stop(t)
	wantStopped := startProgram(t, dir)
	wantEverything(t, wantStopped.server, api, before)
}
