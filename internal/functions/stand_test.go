package functions_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gangway/internal/functions"
)

// patience is how long a test waits for what must come.
const patience = 60 * time.Second

// A stand is a host with its callers and its log.
type stand struct {
	*testing.T
	host *functions.Host
	api  *httptest.Server

	mu    sync.Mutex // guards what follows
	lines []functions.Line
	more  chan struct{} // closed when there is another line
}

func newStand(t *testing.T, cfg functions.Config, set ...functions.Function) *stand {
	t.Helper()
	s := &stand{T: t, more: make(chan struct{})}
	cfg.Log = s.log
	s.host = functions.New(cfg)
	s.api = httptest.NewServer(s.host)
	t.Cleanup(func() {
		s.close()
		s.api.CloseClientConnections()
		s.api.Close()
	})
	s.set(set...)
	return s
}

func (s *stand) close() {
	s.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.host.Close(ctx); err != nil {
		s.Error(err)
	}
}

func (s *stand) set(set ...functions.Function) {
	s.Helper()
	if err := s.host.Set(set); err != nil {
		s.Fatal(err)
	}
}

func (s *stand) log(line functions.Line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, line)
	close(s.more)
	s.more = make(chan struct{})
}

// text is the log of one kind of lines.
func (s *stand) logged() []functions.Line {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]functions.Line(nil), s.lines...)
}

// line waits for a line with a text in it, counted from 1.
func (s *stand) line(text string, nth int) functions.Line {
	s.Helper()
	late := time.After(patience)
	for {
		s.mu.Lock()
		found := 0
		for _, line := range s.lines {
			if strings.Contains(line.Text, text) {
				if found++; found == nth {
					s.mu.Unlock()
					return line
				}
			}
		}
		more := s.more
		s.mu.Unlock()
		select {
		case <-more:
		case <-late:
			s.Fatalf("line %d with %q did not come; there are %v", nth, text, s.logged())
		}
	}
}

// reply is what a caller gets.
type reply struct {
	status int
	header http.Header
	body   string
}

func (r *reply) failed() string { return r.header.Get("X-Amz-Function-Error") }

// said is the error in a reply.
func (r *reply) said() (said struct {
	ErrorType, ErrorMessage string
	StackTrace, Trace       []string
},
) {
	_ = json.Unmarshal([]byte(r.body), &said) // then it is empty
	return said
}

func (s *stand) request(method, path, body string, headers ...string) *reply {
	s.Helper()
	request, err := http.NewRequestWithContext(s.Context(), method, s.api.URL+path, strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := s.api.Client().Do(request)
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		s.Fatal(err)
	}
	return &reply{response.StatusCode, response.Header, string(text)}
}

func (s *stand) invoke(name, event string, headers ...string) *reply {
	s.Helper()
	return s.request(http.MethodPost, "/2015-03-31/functions/"+name+"/invocations", event, headers...)
}

// ok is invoke for what must succeed.
func (s *stand) ok(name, event string, headers ...string) string {
	s.Helper()
	got := s.invoke(name, event, headers...)
	if got.status != http.StatusOK || got.failed() != "" {
		s.Fatalf("%s: %d %s %s\n%v", name, got.status, got.failed(), got.body, s.logged())
	}
	return got.body
}

// folder writes files into a folder of their own.
func folder(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		put(t, filepath.Join(dir, files[i]), files[i+1])
	}
	return dir
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func need(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("there is no %s on this machine", program)
	}
}

// native is a function that is this test binary: what it does is said by its behaviour, see runtime_test.go.
func native(tb testing.TB, name, behaviour string) functions.Function {
	tb.Helper()
	dir := tb.TempDir()
	self, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(dir, "bootstrap")); err != nil {
		tb.Fatal(err)
	}
	return functions.Function{
		Name: name, Runtime: "provided.al2023", Dir: dir, Memory: 1024, Timeout: 20 * time.Second,
		Environment: map[string]string{behaviourVariable: behaviour, "GOMAXPROCS": "2"},
	}
}

// contains says which of the parts are not in a text.
func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in %s", part, text)
		}
	}
}
