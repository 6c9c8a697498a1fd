package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"gangway/internal/cli"
	"gangway/internal/sigv4"
)

// fake is a control plane that notes what it is asked and answers what it is told to. It believes only who has signed
// with its key.
type fake struct {
	t       *testing.T
	url     string
	answers map[string]string // "GET /v2/apis?maxResults=1" -> body; one that begins with a status is an error

	mu    sync.Mutex // guards what follows
	calls []string   // method, path and query as they were sent, and the body
}

var fakeKey = sigv4.Key{ID: "AKIDEXAMPLE", Secret: "secret", SessionToken: "token"}

func newFake(t *testing.T, answers map[string]string) *fake {
	t.Helper()
	f := &fake{t: t, answers: answers}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

// env makes the fake the control plane of a command.
func (f *fake) env() environment {
	return environment{
		"AWS_ENDPOINT_URL_APIGATEWAYV2": f.url, "AWS_ACCESS_KEY_ID": fakeKey.ID, "AWS_SECRET_ACCESS_KEY": fakeKey.Secret,
		"AWS_SESSION_TOKEN": fakeKey.SessionToken, "AWS_REGION": "eu-west-1",
	}
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		f.t.Error(err)
	}
	service := "apigateway"
	if r.URL.Path == "/" {
		service = "sts"
	}
	verifier := sigv4.Verifier{Region: "eu-west-1", Service: service, Keys: func(id string) (sigv4.Key, bool) {
		return fakeKey, id == fakeKey.ID
	}}
	if _, err := verifier.Verify(r, body); err != nil {
		w.Header().Set("X-Amzn-Errortype", "InvalidSignatureException")
		http.Error(w, fmt.Sprintf(`{"message":%q}`, err), http.StatusForbidden)
		return
	}
	call := r.Method + " " + r.RequestURI
	f.mu.Lock()
	f.calls = append(f.calls, strings.TrimSpace(call+" "+string(body)))
	f.mu.Unlock()
	answer, known := f.answers[call]
	switch {
	case !known:
		http.Error(w, "no answer for "+call, http.StatusTeapot)
	case strings.HasPrefix(answer, "404 "):
		w.Header().Set("X-Amzn-Errortype", "NotFoundException:http://internal.amazon.com/coral/")
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, answer[4:])
	default:
		_, _ = io.WriteString(w, answer)
	}
}

// asked is what came, a line for each request.
func (f *fake) asked() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.calls, "\n")
}

// write makes a file of a test.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestWhoseControlPlane: which control plane a command talks to, and with which key.
func TestWhoseControlPlane(t *testing.T) {
	const path = "GET /gangway/credentials"
	f := newFake(t, map[string]string{path: `{"items":[]}`})
	local := folder(t, "secret", map[string]string{"/gangway/credentials": `{"items":[]}`})
	both := f.env()
	both["GANGWAY_DATA"] = local
	keyOnly := environment{"AWS_ACCESS_KEY_ID": "AKIDOTHER", "AWS_SECRET_ACCESS_KEY": "other", "GANGWAY_DATA": local}
	for _, c := range []struct {
		name   string
		env    environment
		args   []string
		code   int
		stderr string
		remote int // requests to the fake
	}{
		{"environment", f.env(), nil, 0, "no credential", 1},
		{"a flag wins over the environment", f.env(), []string{"--endpoint-url", "http://127.0.0.1:1/"}, 1, "control plane: ", 0},
		{"a folder wins over the environment", f.env(), []string{"--data", local}, 0, "no credential", 0},
		{"the environment wins over the folder's variable", both, nil, 0, "no credential", 1},
		{"a folder wins over everything", both, []string{"--data", local}, 0, "no credential", 0},
		{"an endpoint wins over the folder's variable", both, []string{"--endpoint-url", f.url}, 0, "no credential", 1},
		{"a folder has its own key", keyOnly, nil, 0, "no credential", 0},
		{"no key for the endpoint", nil, []string{"--endpoint-url", f.url}, 2, "AWS_ACCESS_KEY_ID", 0},
		{"no URL", nil, []string{"--endpoint-url", "localhost"}, 2, "--endpoint-url: expected http://", 0},
		{"no folder", nil, nil, 2, "choose a folder with --data", 0},
		{"no node", nil, []string{"--data", t.TempDir()}, 1, "start one with", 0},
		{"another key", environment{
			"AWS_ENDPOINT_URL_APIGATEWAYV2": f.url, "AWS_ACCESS_KEY_ID": fakeKey.ID, "AWS_SECRET_ACCESS_KEY": "wrong", "AWS_REGION": "eu-west-1",
		}, nil, 1, "An error occurred (InvalidSignatureException) when calling the ListCredentials operation: ", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := strings.Count(f.asked(), path)
			got := run(t, c.env, "", append([]string{"credentials", "list"}, c.args...)...)
			if got.code != c.code || !strings.Contains(got.stderr, c.stderr) {
				t.Errorf("code %d, stderr %q; want %d and %q", got.code, got.stderr, c.code, c.stderr)
			}
			if n := strings.Count(f.asked(), path) - before; n != c.remote {
				t.Errorf("%d requests to the endpoint of the environment, want %d", n, c.remote)
			}
		})
	}
}

// TestNodeThatWasKilled: its folder still says where it was.
func TestNodeThatWasKilled(t *testing.T) {
	dir := folder(t, "secret", nil)
	running := `{"pid":1,"admin":"http://127.0.0.1:1","data":"ws://localhost:8080","region":"eu-west-1"}`
	if err := os.WriteFile(filepath.Join(dir, "running.json"), []byte(running), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"get-apis", "env", "credentials list"} {
		got := run(t, nil, "", append(strings.Fields(command), "--data", dir)...)
		if got.code != 1 || got.stdout != "" || !strings.Contains(got.stderr, "no node answers at http://127.0.0.1:1; start one with: ") {
			t.Errorf("%s: %+v", command, got)
		}
	}
}

// TestSlowNode: one that has taken the call and does not answer in time is there, and may do what it was asked to.
func TestSlowNode(t *testing.T) {
	for name, begin := range map[string]string{"no answer": "", "half of one": `{"items":`} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, err := io.WriteString(w, begin); err != nil || begin != "" {
				_ = http.NewResponseController(w).Flush()
			}
			<-r.Context().Done()
		}))
		dir := folder(t, "secret", nil)
		running := `{"pid":1,"admin":"` + server.URL + `","data":"ws://localhost:8080","region":"eu-west-1"}`
		if err := os.WriteFile(filepath.Join(dir, "running.json"), []byte(running), 0o600); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		var stderr bytes.Buffer
		code := cli.Run(ctx, []string{"get-apis", "--data", dir}, cli.Streams{
			Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: &stderr, Env: environment{}.lookup,
		})
		cancel()
		server.Close()
		want := regexp.MustCompile(`^gangway: control plane: ` + server.URL + ` did not answer within \d+s; it may still be at work\n$`)
		if code != 1 || !want.MatchString(stderr.String()) {
			t.Errorf("%s: code %d, %q, want %s", name, code, &stderr, want)
		}
	}
}
