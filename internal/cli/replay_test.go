package cli_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gangway/internal/node"
	"gangway/internal/testserver"
)

// rehearsal is a test server with an API whose messages go to a backend, and "push" has the backend push.
type rehearsal struct {
	t    *testing.T
	test string
	url  string
}

func rehearse(t *testing.T, answer func(r *http.Request, body string) string) *rehearsal {
	t.Helper()
	s, err := testserver.Start(t.Context(), node.Config{DataDir: t.TempDir(), Region: "us-east-1", ShutdownTimeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(t.Context()) })
	r := &rehearsal{t: t, test: s.Place().Test}
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, _ := io.ReadAll(request.Body)
		if id := request.Header.Get("Its-Id"); strings.Contains(string(body), `"push"`) {
			//nolint:contextcheck // the call goes on when the request has ended
			r.call(http.MethodPost, "/connections/"+id, "pushed to "+id)
		}
		_, _ = io.WriteString(w, answer(request, string(body)))
	}))
	t.Cleanup(backend.Close)
	type object = map[string]any
	made := func(path string, settings object, id string) string {
		text, err := json.Marshal(settings)
		if err != nil {
			t.Fatal(err)
		}
		var answer object
		if err := json.Unmarshal([]byte(r.call(http.MethodPost, path, string(text))), &answer); err != nil {
			t.Fatal(err)
		}
		name, _ := answer[id].(string)
		return name
	}
	api := made("/v2/apis", object{"name": "a", "protocolType": "WEBSOCKET", "routeSelectionExpression": "$request.body.action"}, "apiId")
	under := "/v2/apis/" + api
	integration := made(under+"/integrations", object{
		"integrationType": "HTTP_PROXY", "integrationMethod": "POST", "integrationUri": backend.URL,
		"requestParameters": object{"integration.request.header.Its-Id": "context.connectionId"},
	}, "integrationId")
	route := made(under+"/routes", object{"routeKey": "$default", "target": "integrations/" + integration}, "routeId")
	made(under+"/routes/"+route+"/routeresponses", object{"routeResponseKey": "$default"}, "")
	made(under+"/stages", object{"stageName": "prod", "deploymentId": made(under+"/deployments", object{}, "deploymentId")}, "")
	r.url = s.Place().Data + "/" + api + "/prod"
	return r
}

func (r *rehearsal) call(method, path, body string) string {
	request, err := http.NewRequestWithContext(r.t.Context(), method, r.test+path, strings.NewReader(body))
	if err != nil {
		r.t.Error(err)
		return ""
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		r.t.Error(err)
		return ""
	}
	text, _ := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if response.StatusCode >= 300 {
		r.t.Errorf("%s: %d %s", path, response.StatusCode, text)
	}
	return string(text)
}

// echoed answers with what is new in each run beside what is not.
func echoed(r *http.Request, body string) string {
	return fmt.Sprintf(`{"said":%s,"you":%q,"at":%q,"ms":%d}`, body, r.Header.Get("Its-Id"), time.Now().Format(time.RFC3339Nano), time.Now().UnixMilli())
}

// recorded is a file with a conversation on two connections.
func recorded(t *testing.T) string {
	t.Helper()
	from := rehearse(t, echoed)
	for _, messages := range [][]string{{"-m", `{"n":1}`, "-m", `{"action":"push"}`, "-w", "3"}, {"-m", `{"n":2}`, "-w", "1"}} {
		if got := run(t, environment{"HOME": t.TempDir()}, "", append([]string{"connect", from.url}, messages...)...); got.code != 0 {
			t.Fatalf("got %+v", got)
		}
	}
	from.call(http.MethodGet, "/events?since=7&wait=30s", "")
	file := filepath.Join(t.TempDir(), "recorded.json")
	if err := os.WriteFile(file, []byte(from.call(http.MethodGet, "/events", "")), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestReplay(t *testing.T) {
	file := recorded(t)
	for _, test := range []struct {
		name   string
		answer func(r *http.Request, body string) string
		args   []string
		code   int
		want   []string
	}{
		{"the same", echoed, nil, 0, []string{"3 messages on 2 connections, 0 differences\n"}},
		{"with pauses", echoed, []string{"--speed", "2"}, 0, []string{"0 differences"}},
		{"another answer", func(r *http.Request, body string) string {
			return strings.Replace(echoed(r, body), `"n":2`, `"n":3`, 1)
		}, nil, 5, []string{"connection 2 (", "got something else at $.said.n", `want {"said":{"n":2}`, `got {"said":{"n":3}`, "1 differences"}},
		{"a member that is not looked at", func(r *http.Request, body string) string {
			return strings.Replace(echoed(r, body), `"n":2`, `"n":3`, 1)
		}, []string{"--ignore", "n"}, 0, []string{"0 differences"}},
		{"no answer", func(*http.Request, string) string { return "" }, []string{"--timeout", "500ms"}, 5, []string{"did not get", "3 differences"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			to := rehearse(t, test.answer)
			home := environment{"HOME": t.TempDir()}
			got := run(t, home, "", append([]string{"replay", file, "--url", to.url}, test.args...)...)
			said := strings.Join(strings.Fields(got.stdout), " ")
			for _, want := range test.want {
				if !strings.Contains(said, strings.TrimSpace(want)) {
					t.Errorf("no %q in\n%s", want, got.stdout)
				}
			}
			if got.code != test.code || got.stderr != "" {
				t.Errorf("code %d, stderr %q", got.code, got.stderr)
			}
		})
	}
}

// TestReplayErrors: frames that tell of an error are part of what clients get.
func TestReplayErrors(t *testing.T) {
	from := rehearse(t, echoed)
	from.call(http.MethodPost, "/faults", `{"kind":"refuse"}`)
	home := environment{"HOME": t.TempDir()}
	if got := run(t, home, "", "connect", from.url, "-m", "x", "-w", "1"); !strings.Contains(got.stdout, "Internal server error") {
		t.Fatalf("got %+v", got)
	}
	from.call(http.MethodGet, "/events?since=2&wait=30s", "")
	events := from.call(http.MethodGet, "/events", "")
	if got := run(t, home, events, "replay", "-", "--url", from.url); got.code != 0 {
		t.Errorf("got %+v", got)
	}
	from.call(http.MethodDelete, "/faults", "")
	if got := run(t, home, events, "replay", "-", "--url", from.url); got.code != 5 || !strings.Contains(got.stdout, `want {"message": "Internal server error"`) {
		t.Errorf("got %+v", got)
	}
}

func TestReplayRefused(t *testing.T) {
	for _, test := range []struct {
		stdin, want string
		code        int
	}{
		{"no JSON", "invalid character", 1},
		{`{"hello":1}`, "expected an event of tail --record", 1},
		{`{"type":"MESSAGE","connectionId":"c","message":"` + strings.Repeat("x", 4096) + `…"}`, "record with tail --record", 1},
		{`{"type":"MESSAGE","connectionId":"c","apiId":"a","stage":"x"}{"type":"MESSAGE","connectionId":"c","apiId":"a","stage":"y"}`, "choose one with --api and --stage", 2},
		{`{"type":"MESSAGE","connectionId":"c"}`, "connection refused", 1},
	} {
		got := run(t, environment{"HOME": t.TempDir()}, test.stdin, "replay", "-", "--url", "ws://127.0.0.1:1/a/prod")
		if got.code != test.code || !strings.Contains(got.stderr, test.want) {
			t.Errorf("got %+v, want %d and %q", got, test.code, test.want)
		}
	}
	if got := run(t, environment{"HOME": t.TempDir()}, "", "replay", "there-is-none", "--url", "ws://127.0.0.1:1"); got.code != 1 {
		t.Errorf("got %+v", got)
	}
}

// TestReplayOrder: what is different is told by connection, in the order in which they were opened.
func TestReplayOrder(t *testing.T) {
	const connections = 12
	to := rehearse(t, func(*http.Request, string) string { return `"other"` })
	var events, want strings.Builder
	for i := range connections {
		fmt.Fprintf(&events, `{"time":"2026-01-01T00:00:%02dZ","type":"MESSAGE","connectionId":"c%d","apiId":"a","stage":"x","message":"1","reply":"\"one\""}`+"\n", i, i)
		fmt.Fprintf(&want, "connection %d (c%d): got something else", i+1, i)
	}
	got := run(t, environment{"HOME": t.TempDir()}, events.String(), "replay", "-", "--url", to.url)
	var told strings.Builder
	for line := range strings.Lines(got.stdout) {
		if strings.HasPrefix(line, "connection ") {
			told.WriteString(strings.TrimSpace(line))
		}
	}
	if told.String() != want.String() || got.code != 5 {
		t.Errorf("got %+v", got)
	}
}
