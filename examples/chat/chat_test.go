package chat_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/google/go-cmp/cmp"

	"gangway/examples/chat"
)

var signer = chat.Signer{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret", Region: "eu-west-1"}

// signedAs says whether a request is signed with the test's key for a service, by signing it once more.
func signedAs(t *testing.T, r *http.Request, service string, body []byte) bool {
	t.Helper()
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil {
		t.Errorf("X-Amz-Date: %v", err)
		return false
	}
	again, err := http.NewRequestWithContext(t.Context(), r.Method, "http://"+r.Host+r.RequestURI, bytes.NewReader(body))
	if err != nil {
		t.Error(err)
		return false
	}
	if contentType := r.Header.Get("Content-Type"); contentType != "" {
		again.Header.Set("Content-Type", contentType)
	}
	hash := sha256.Sum256(body)
	key := aws.Credentials{AccessKeyID: signer.AccessKeyID, SecretAccessKey: signer.SecretAccessKey}
	err = v4.NewSigner().SignHTTP(t.Context(), key, again, hex.EncodeToString(hash[:]), service, signer.Region, at)
	if err != nil {
		t.Error(err)
		return false
	}
	return again.Header.Get("Authorization") == r.Header.Get("Authorization")
}

// sockets stands in for the management endpoint: it notes what is posted to whom.
type sockets struct {
	t *testing.T

	mu   sync.Mutex // guards what follows
	gone map[string]bool
	got  map[string][]string // connection id -> messages
}

func (s *sockets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || !signedAs(s.t, r, "execute-api", body) {
		s.t.Errorf("%s %s is not signed for execute-api", r.Method, r.RequestURI)
		w.WriteHeader(http.StatusForbidden)
		return
	}
	raw, ok := strings.CutPrefix(r.URL.EscapedPath(), "/a1/prod/@connections/")
	id, err := url.PathUnescape(raw)
	if !ok || err != nil || r.Method != http.MethodPost {
		s.t.Errorf("unexpected %s %s", r.Method, r.RequestURI)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone[id] {
		w.WriteHeader(http.StatusGone)
		return
	}
	s.got[id] = append(s.got[id], string(body))
}

// take returns what a connection was sent since it was last asked.
func (s *sockets) take(id string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	got := s.got[id]
	delete(s.got, id)
	return got
}

// stage is a chat backend and the management endpoint it posts to.
type stage struct {
	t       *testing.T
	sockets *sockets
	backend *chat.Backend
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &sockets{t: t, gone: map[string]bool{}, got: map[string][]string{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return &stage{t: t, sockets: s, backend: &chat.Backend{Endpoint: server.URL + "/a1/prod", Signer: &signer}}
}

// event does what the gateway does, and returns the status and body of the response.
func (s *stage) event(id, route, body string) (int, string) {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), http.MethodPost, chat.EventPath, strings.NewReader(body))
	r.Header.Set("connectionId", id)
	r.Header.Set("routeKey", route)
	w := httptest.NewRecorder()
	s.backend.ServeHTTP(w, r)
	return w.Code, strings.TrimSpace(w.Body.String())
}

func (s *stage) expect(id string, want ...string) {
	s.t.Helper()
	if diff := cmp.Diff(want, s.sockets.take(id)); diff != "" {
		s.t.Errorf("%s got (-want +got):\n%s", id, diff)
	}
}

// The ids have the shape of real ones: what is escaped in a URL is at their end.
const ann, bob = "annannannannAAA=", "bob-bob_bobbAAA="

func TestConversation(t *testing.T) {
	s := newStage(t)
	s.event(ann, "$connect", "")
	s.event(bob, "$connect", "")
	s.expect(ann)

	s.event(ann, "join", `{"action":"join","name":" ann "}`)
	s.expect(ann, `{"type":"joined","name":"ann"}`)
	s.expect(bob, `{"type":"joined","name":"ann"}`)

	s.event(ann, "say", `{"action":"say","text":"hello <b>"}`)
	said := `{"type":"said","name":"ann","text":"hello \u003cb\u003e"}`
	s.expect(ann, said)
	s.expect(bob, said)

	s.event(ann, "leave", `{"action":"leave"}`)
	s.expect(bob, `{"type":"left","name":"ann"}`)
	s.event(ann, "$disconnect", "")
	s.expect(bob) // ann had left before
}

func TestComplaints(t *testing.T) {
	for _, c := range []struct{ name, route, body, want string }{
		{"say before join", "say", `{"action":"say","text":"hello"}`, "join first"},
		{"join without a name", "join", `{"action":"join"}`, "join with a name"},
		{"join with a long name", "join", `{"name":"` + strings.Repeat("x", 41) + `"}`, "join with a name"},
		{"not JSON", "$default", "hello", "no such route"},
		{"unknown action", "$default", `{"action":"sing"}`, "no such route"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t)
			s.event(bob, "$connect", "")
			s.event(ann, c.route, c.body)
			got := s.sockets.take(ann)
			if len(got) != 1 || !strings.Contains(got[0], c.want) || !strings.Contains(got[0], `"type":"error"`) {
				t.Errorf("got %q, want one error with %q", got, c.want)
			}
			s.expect(bob)
		})
	}
}

func TestSayNothing(t *testing.T) {
	s := newStage(t)
	s.event(ann, "join", `{"name":"ann"}`)
	s.sockets.take(ann)
	s.event(ann, "say", `{"text":""}`)
	if got := s.sockets.take(ann); len(got) != 1 || !strings.Contains(got[0], "say something") {
		t.Errorf("got %q", got)
	}
}

func TestWhoAnswersInTheResponse(t *testing.T) {
	s := newStage(t)
	s.event(bob, "$connect", "")
	s.event(ann, "join", `{"name":"ann"}`)
	_, body := s.event(ann, "who", `{"action":"who"}`)
	want := `{"type":"who","you":"` + ann + `","people":[{"connectionId":"` + bob + `"},{"connectionId":"` + ann + `","name":"ann"}]}`
	if body != want {
		t.Errorf("got  %s\nwant %s", body, want)
	}
}

func TestGoneIsDropped(t *testing.T) {
	s := newStage(t)
	s.event(ann, "join", `{"name":"ann"}`)
	s.event(bob, "join", `{"name":"bob"}`)
	s.sockets.mu.Lock()
	s.sockets.gone[bob] = true
	s.sockets.mu.Unlock()
	s.event(ann, "say", `{"text":"still there?"}`)
	if _, body := s.event(ann, "who", ""); strings.Contains(body, bob) {
		t.Errorf("bob is gone, and still in %s", body)
	}
}

func TestDisconnectOfAMember(t *testing.T) {
	s := newStage(t)
	s.event(ann, "join", `{"name":"ann"}`)
	s.event(bob, "$connect", "")
	s.sockets.take(ann)
	s.event(ann, "$disconnect", "")
	s.expect(bob, `{"type":"left","name":"ann"}`)
	s.expect(ann)
}

func TestHandlerRefuses(t *testing.T) {
	s := newStage(t)
	if status, _ := s.event("", "join", ""); status != http.StatusBadRequest {
		t.Errorf("without a connection id: status %d", status)
	}
	if status, _ := s.event(ann, "join", strings.Repeat("x", 128<<10+1)); status != http.StatusBadRequest {
		t.Errorf("with a message too long: status %d", status)
	}
}

func TestPage(t *testing.T) {
	backend := &chat.Backend{Endpoint: "https://a1.execute-api.eu-west-1.amazonaws.com/prod"}
	for path, want := range map[string]string{
		"/":            "<title>Chat</title>",
		"/chat.js":     "new WebSocket(url)",
		"/config.json": `"wss://a1.execute-api.eu-west-1.amazonaws.com/prod"`,
	} {
		w := httptest.NewRecorder()
		backend.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
			t.Errorf("GET %s: status %d, without %q", path, w.Code, want)
		}
		if w.Header().Get("Content-Security-Policy") == "" {
			t.Errorf("GET %s: no Content-Security-Policy", path)
		}
	}
}

// TestDeploy holds the calls of Deploy against what they must say.
func TestDeploy(t *testing.T) {
	var calls []string
	plane := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || !signedAs(t, r, "apigateway", body) {
			t.Errorf("%s %s is not signed for apigateway", r.Method, r.RequestURI)
		}
		var sent map[string]any
		if err := json.Unmarshal(body, &sent); err != nil {
			t.Error(err)
		}
		note := r.Method + " " + r.URL.Path
		if key, ok := sent["routeKey"].(string); ok {
			note += " " + key
		}
		calls = append(calls, note)
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"apiId":"a1","apiEndpoint":"ws://localhost:8080/a1","integrationId":"i1","routeId":"r1","deploymentId":"d1"}`)
	}))
	defer plane.Close()
	got, err := chat.Deploy(t.Context(), &signer, chat.Target{
		ControlPlane: plane.URL + "/", Backend: "http://127.0.0.1:9000/events", Stage: "prod",
	})
	want := chat.Deployed{
		API: "a1", Stage: "prod", URL: "ws://localhost:8080/a1/prod", Endpoint: "http://localhost:8080/a1/prod",
	}
	if err != nil || got != want {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
	wantCalls := []string{"POST /v2/apis", "POST /v2/apis/a1/integrations"}
	for _, key := range chat.Routes() {
		wantCalls = append(wantCalls, "POST /v2/apis/a1/routes "+key)
	}
	wantCalls = slices.Insert(wantCalls, slices.Index(wantCalls, "POST /v2/apis/a1/routes who")+1,
		"POST /v2/apis/a1/routes/r1/routeresponses")
	wantCalls = append(wantCalls, "POST /v2/apis/a1/deployments", "POST /v2/apis/a1/stages")
	if diff := cmp.Diff(wantCalls, calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func TestDeployStopsAtTheFirstError(t *testing.T) {
	calls := 0
	plane := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls++
		http.Error(w, `{"message":"Missing Authentication Token"}`, http.StatusForbidden)
	}))
	defer plane.Close()
	_, err := chat.Deploy(t.Context(), &signer, chat.Target{ControlPlane: plane.URL, Stage: "prod"})
	if err == nil || !strings.Contains(err.Error(), "Missing Authentication Token") || calls != 1 {
		t.Errorf("got %v after %d calls", err, calls)
	}
}
