package node_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gangway/internal/node"
	"gangway/internal/sigv4"
	"gangway/internal/store"
	"gangway/internal/websocket"
)

const region = "eu-west-1"

func start(t *testing.T, dir string) *node.Node {
	t.Helper()
	n, err := node.Start(t.Context(), node.Config{DataDir: dir, Listen: "127.0.0.1:0", Admin: "127.0.0.1:0", Region: region})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Shutdown(t.Context()) })
	return n
}

// call sends a signed request and decodes what comes back, if it is JSON.
func call(t *testing.T, key sigv4.Key, service, method, url, body string) (status int, answer map[string]any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if key.ID != "" {
		sigv4.Sign(request, []byte(body), key, region, service, time.Now())
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		t.Fatal(err)
	}
	_ = json.Unmarshal(text, &answer) // not all answers are JSON
	return response.StatusCode, answer
}

// A first start with no settings but a folder exposes nothing: loopback only, files for the owner only, no call without
// a signature.
func TestFirstStart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	n := start(t, dir)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %o", entry.Name(), info.Mode().Perm())
		}
	}
	for _, url := range []string{n.AdminURL(), strings.Replace(n.DataURL(), "ws", "http", 1)} {
		host, _, err := net.SplitHostPort(strings.TrimPrefix(url, "http://"))
		if err != nil || host != "127.0.0.1" && host != "localhost" {
			t.Errorf("%s listens beyond this machine: %v", url, err)
		}
	}
	data := strings.Replace(n.DataURL(), "ws", "http", 1)
	for _, url := range []string{n.AdminURL() + "/v2/apis", data + "/a/s/@connections/R0oXAdfD0kwCH6w="} {
		if status, _ := call(t, sigv4.Key{}, "", http.MethodGet, url, ""); status != http.StatusForbidden {
			t.Errorf("%s without a signature: %d", url, status)
		}
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		if status, _ := call(t, sigv4.Key{}, "", http.MethodGet, n.AdminURL()+path, ""); status != http.StatusOK {
			t.Errorf("%s: %d", path, status)
		}
	}
}

// listener hears one message.
type listener chan string

func (listener) Open(*websocket.Conn) {}

func (l listener) Message(_ *websocket.Conn, _ websocket.Opcode, payload []byte) {
	l <- string(payload)
}

func (listener) Close(*websocket.Conn, websocket.Status, string) {}

// What was deployed runs after a restart, and a signed push goes through both doors to the client.
func TestDeployRestartPush(t *testing.T) {
	dir := t.TempDir()
	n := start(t, dir)
	key, err := node.ReadCredentials(dir)
	if err != nil {
		t.Fatal(err)
	}
	do := func(path, body string) map[string]any {
		t.Helper()
		status, answer := call(t, key, "apigateway", http.MethodPost, n.AdminURL()+path, body)
		if status != http.StatusCreated {
			t.Fatalf("%s: %d %v", path, status, answer)
		}
		return answer
	}
	text := func(answer map[string]any, member string) string { value, _ := answer[member].(string); return value }
	api := text(do("/v2/apis", `{"name":"a","protocolType":"WEBSOCKET","routeSelectionExpression":"$request.body.action"}`), "apiId")
	integration := do("/v2/apis/"+api+"/integrations", `{"integrationType":"MOCK","requestTemplates":{"$default":"{\"statusCode\":200}"}}`)
	path := "/v2/apis/" + api + "/integrations/" + text(integration, "integrationId") + "/integrationresponses"
	do(path, `{"integrationResponseKey":"$default","responseTemplates":{"$default":"pong"}}`)
	route := do("/v2/apis/"+api+"/routes", `{"routeKey":"$default","target":"integrations/`+text(integration, "integrationId")+`"}`)
	do("/v2/apis/"+api+"/routes/"+text(route, "routeId")+"/routeresponses", `{"routeResponseKey":"$default"}`)
	deployment := text(do("/v2/apis/"+api+"/deployments", `{}`), "deploymentId")
	do("/v2/apis/"+api+"/stages", `{"stageName":"prod","deploymentId":"`+deployment+`"}`)
	if err := n.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := node.ReadRunning(dir); err == nil {
		t.Error("a node that was shut down says that it runs")
	}

	n = start(t, dir)
	heard := make(listener, 1)
	conn, _, err := websocket.Dial(t.Context(), n.DataURL()+"/"+api+"/prod", heard, websocket.DialOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(websocket.StatusNormal, "")
	if err := conn.Send(websocket.Text, []byte("ping"), nil); err != nil {
		t.Fatal(err)
	}
	if got := <-heard; got != "pong" {
		t.Errorf("heard %q", got)
	}
	gone := strings.Replace(n.DataURL(), "ws", "http", 1) + "/" + api + "/prod/@connections/R0oXAdfD0kwCH6w="
	if status, answer := call(t, key, "execute-api", http.MethodPost, gone, "x"); status != http.StatusGone {
		t.Errorf("push to nobody: %d %v", status, answer)
	}
}

// A connection that was opened and never used does not hold up the end.
func TestShutdownDoesNotWaitForTheSilent(t *testing.T) {
	n := start(t, t.TempDir())
	for _, url := range []string{n.AdminURL(), n.DataURL()} {
		_, address, _ := strings.Cut(url, "://")
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }() // the node has closed it
	}
	// A request on another connection makes sure that the node has seen the first.
	if status, _ := call(t, sigv4.Key{}, "", http.MethodGet, n.AdminURL()+"/healthz", ""); status != http.StatusOK {
		t.Fatal(status)
	}
	// Less than the five seconds that net/http gives such a connection.
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	if err := n.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
}

// Errors of a start are meant to be read by whoever made it.
func TestStartErrors(t *testing.T) {
	dir := t.TempDir()
	start(t, dir)
	_, err := node.Start(t.Context(), node.Config{DataDir: dir, Listen: "127.0.0.1:0", Admin: "127.0.0.1:0"})
	if !errors.Is(err, store.ErrLocked) {
		t.Errorf("second node on a folder: %v", err)
	}
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }() // nothing was accepted
	address := taken.Addr().String()
	_, err = node.Start(t.Context(), node.Config{DataDir: t.TempDir(), Listen: "127.0.0.1:0", Admin: address})
	if err == nil || !strings.Contains(err.Error(), "admin listener") || !strings.Contains(err.Error(), address) {
		t.Errorf("taken address: %v", err)
	}
	open := t.TempDir()
	if err := os.WriteFile(node.CredentialsFile(open), []byte("[default]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := node.ReadCredentials(open); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("credentials that others can read: %v", err)
	}
}

// A damaged store is refused with the file and what to do.
func TestDamagedStore(t *testing.T) {
	dir := t.TempDir()
	if err := start(t, dir).Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "gangway.db")
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(content, []byte(`"operation":"Start"`))
	if at < 0 {
		t.Fatal("the log has no record of the start")
	}
	content[at+13] ^= 1
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = node.Start(t.Context(), node.Config{DataDir: dir, Listen: "127.0.0.1:0", Admin: "127.0.0.1:0"})
	if damaged, ok := errors.AsType[*store.DamagedError](err); !ok || damaged.File == "" || damaged.Position == "" || damaged.Remedy == "" {
		t.Errorf("damaged store: %v", err)
	}
}
