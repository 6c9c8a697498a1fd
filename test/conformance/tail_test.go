package conformance_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"gangway/internal/node"
	"gangway/internal/tail"
)

// TestTail: who may watch an API sees what happens on it, while it happens; the stream ends with the node. There is no such
// thing on API Gateway.
func TestTail(t *testing.T) {
	backend := newBackend()
	t.Cleanup(backend.stop)
	backend.reply = func(*call) reply { return reply{status: http.StatusOK, body: "pong"} }
	s, stop, err := newServer(node.Config{DataDir: t.TempDir()})
	must(t, err)
	ended := false
	t.Cleanup(func() {
		if !ended {
			_ = stop()
		}
	})
	b := &builder{s, backend.URL}
	made, err := b.apply(t.Context(), nil, []byte(`{"routeSelectionExpression": "$request.body.action", "routes": {
		"ping": {"http": "/ping", "reply": true}, "$default": {"mock": "{}"}}}`))
	must(t, err)
	if got, err := s.do(t.Context(), request{method: http.MethodGet, url: s.admin + "/gangway/apis/" + made.id + "/tail"}); err != nil || got.status != http.StatusForbidden {
		t.Errorf("without a signature: got %+v, %v", got, err)
	}
	if got, err := s.control(t.Context(), http.MethodGet, "/gangway/apis/nosuchapi0/tail", nil); err != nil || got.status != http.StatusNotFound {
		t.Errorf("of no API: got %+v, %v", got, err)
	}
	events := watch(t, s, s.key, "/gangway/apis/"+made.id+"/tail?stageName=prod")
	ws, _, err := dial(t.Context(), handshake{url: s.data + "/" + made.id + "/prod?token=canary", header: http.Header{"Cookie": {"canary"}}})
	must(t, err)
	t.Cleanup(ws.drop)
	if e := events.next(t); e.Type != "CONNECT" || e.Status != http.StatusOK || strings.Contains(events.text, "canary") {
		t.Errorf("got %s", events.text)
	}
	must(t, sendMessage(t.Context(), ws.ws, false, 0, `{"action":"ping"}`))
	e := events.next(t)
	if e.Type != "MESSAGE" || e.RouteKey != "ping" || e.Selection != "ping" || e.Message != `{"action":"ping"}` || e.Reply != "pong" ||
		e.Integration == nil || e.Integration.URI != backend.URL+"/ping" || e.Integration.Response != "pong" || e.Integration.Status != 200 {
		t.Errorf("got %s", events.text)
	}
	base := s.data + "/" + made.id + "/prod/@connections/" + e.Connection
	got, err := s.do(t.Context(), request{method: http.MethodPost, url: "http" + strings.TrimPrefix(base, "ws"), body: []byte("pushed"), service: "execute-api"})
	must(t, err)
	if e := events.next(t); got.status != http.StatusOK || e.Type != "PUSH" || e.Status != http.StatusOK {
		t.Errorf("got %d, %s", got.status, events.text)
	}
	ws.drop()
	if e := events.next(t); e.Type != "DISCONNECT" {
		t.Errorf("got %s", events.text)
	}
	scraped, err := s.do(t.Context(), request{method: http.MethodGet, url: s.admin + "/metrics"})
	must(t, err)
	if want := `gangway_messages_total{api="` + made.id + `",direction="in",route="ping",stage="prod"} 1`; !strings.Contains(string(scraped.body), want) {
		t.Errorf("the metrics do not say %s", want)
	}
	ended = true
	must(t, stop())
	_, _ = io.Copy(io.Discard, events.lines) // until the stream ends
}

// stream are events that somebody watches.
type stream struct {
	lines *bufio.Reader
	text  string // of the last one
}

// watch begins to watch, and returns when nothing is missed any more.
func watch(t *testing.T, s *server, key aws.Credentials, path string) *stream {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.admin+path, http.NoBody)
	must(t, err)
	hash := sha256.Sum256(nil)
	must(t, v4.NewSigner().SignHTTP(ctx, key, r, hex.EncodeToString(hash[:]), "apigateway", region, time.Now()))
	response, err := http.DefaultClient.Do(r)
	must(t, err)
	t.Cleanup(func() { _ = response.Body.Close() })
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("got %s, %s", response.Status, response.Header)
	}
	events := &stream{lines: bufio.NewReader(response.Body)}
	if line, err := events.lines.ReadString('\n'); err != nil || line != ": watching\n" {
		t.Fatalf("got %q, %v", line, err)
	}
	return events
}

func (s *stream) next(t *testing.T) *tail.Event {
	t.Helper()
	for {
		line, err := s.lines.ReadString('\n')
		must(t, err)
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			s.text = data
			var e tail.Event
			must(t, json.Unmarshal([]byte(data), &e))
			return &e
		}
	}
}

// TestTailPermission: reading definitions is not watching, and who loses the permission sees nothing from then on.
func TestTailPermission(t *testing.T) {
	s := startNode(t, node.Config{})
	b := &builder{s, "http://127.0.0.1:9"}
	made, err := b.apply(t.Context(), nil, []byte(`{"routeSelectionExpression": "x", "routes": {"$default": {"mock": "{}"}}}`))
	must(t, err)
	path := "/gangway/apis/" + made.id + "/tail"
	spy := s.grant(t, "spy", 0, `{"Effect":"Allow","Action":["gangway:Tail","apigateway:GET"],"Resource":"*"}`)
	reader := s.grant(t, "reader", 0, `{"Effect":"Allow","Action":"apigateway:*","Resource":"*"}`)
	if got := s.as(t, reader.key, request{method: get, url: s.admin + path, service: "apigateway"}); got.status != http.StatusForbidden {
		t.Errorf("who may only read may watch: %d", got.status)
	}
	events := watch(t, s, spy.key, path)
	s.mustControl(t, remove, "/gangway/credentials/spy", nil)
	ws, _, err := dial(t.Context(), handshake{url: s.data + "/" + made.id + "/prod"})
	must(t, err)
	t.Cleanup(ws.drop)
	rest, _ := io.ReadAll(events.lines)
	if strings.Contains(string(rest), "data:") {
		t.Errorf("a credential that is gone has seen %s", rest)
	}
}
