package functions_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"gangway/internal/functions"
)

func TestInvoke(t *testing.T) {
	s := newStand(t, functions.Config{Region: "eu-west-1", Account: "123456789012"}, native(t, "echo", "echo"))
	for _, name := range []string{
		"echo", "echo:live", "echo:$LATEST", "function:echo", "123456789012:function:echo",
		"arn:aws:lambda:eu-west-1:123456789012:function:echo", "arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3Aecho%3A7",
	} {
		got := s.invoke(name, `{"a":1}`)
		if got.status != http.StatusOK || !strings.HasSuffix(got.body, `"event":{"a":1}}`) || got.failed() != "" {
			t.Errorf("%s: %+v", name, got)
		}
		if got.header.Get("X-Amz-Executed-Version") != "$LATEST" || len(got.header.Get("X-Amzn-Requestid")) != 36 {
			t.Errorf("%s: %v", name, got.header)
		}
	}
	contains(t, s.ok("echo", ""), `"event":{}`)
	if n := len(pids(t, s, "echo", 5)); n != 1 {
		t.Errorf("invocations one after the other had %d processes", n)
	}
}

// pids invokes echo, one after the other, and says which processes have answered.
func pids(t *testing.T, s *stand, name string, times int) map[int]bool {
	t.Helper()
	found := map[int]bool{}
	for range times {
		found[pid(t, s.ok(name, "1"))] = true
	}
	return found
}

func pid(t *testing.T, body string) int {
	t.Helper()
	var said struct{ Pid int }
	if err := json.Unmarshal([]byte(body), &said); err != nil || said.Pid == 0 {
		t.Fatalf("no pid in %s", body)
	}
	return said.Pid
}

func TestInvokeRefused(t *testing.T) {
	s := newStand(t, functions.Config{}, native(t, "echo", "echo"))
	large := `"` + strings.Repeat("x", 6<<20) + `"`
	for _, row := range []struct {
		name, event string
		headers     []string
		status      int
		kind        string
	}{
		{"nobody", "{}", nil, 404, "ResourceNotFoundException"},
		{"arn:aws:lambda:us-east-1:000000000000:function:nobody", "{}", nil, 404, "ResourceNotFoundException"},
		{"no%20body", "{}", nil, 400, "ValidationException"},
		{strings.Repeat("n", 65), "{}", nil, 400, "ValidationException"},
		{"arn:aws:sqs:us-east-1:000000000000:echo", "{}", nil, 400, "ValidationException"},
		{"echo", "{", nil, 400, "InvalidRequestContentException"},
		{"echo", large, nil, 413, "RequestTooLargeException"},
		{"echo", large[:1<<20] + `xx"`, []string{"X-Amz-Invocation-Type", "Event"}, 413, "RequestTooLargeException"},
		{"echo", "{}", []string{"X-Amz-Invocation-Type", "Later"}, 400, "InvalidParameterValueException"},
		{"echo", "{}", []string{"X-Amz-Log-Type", "Head"}, 400, "InvalidParameterValueException"},
		{"echo", "{}", []string{"X-Amz-Client-Context", "%%"}, 400, "InvalidRequestContentException"},
		{"echo", "{}", []string{"Origin", "https://example.com"}, 403, "AccessDeniedException"},
	} {
		got := s.invoke(row.name, row.event, row.headers...)
		if got.status != row.status || got.header.Get("X-Amzn-Errortype") != row.kind {
			t.Errorf("%s %.20s %v: %d %s %s", row.name, row.event, row.headers, got.status, got.header.Get("X-Amzn-Errortype"), got.body)
		}
	}
	got := s.request(http.MethodPost, "/2015-03-31/functions/echo:1/invocations?Qualifier=2", "{}")
	if got.status != http.StatusBadRequest {
		t.Errorf("two qualifiers: %+v", got)
	}
	if got = s.request(http.MethodDelete, "/2015-03-31/functions/echo", ""); got.status != http.StatusNotFound && got.status != http.StatusMethodNotAllowed {
		t.Errorf("delete: %+v", got)
	}
	if got = s.invoke("echo", "{}", "X-Amz-Invocation-Type", "DryRun"); got.status != http.StatusNoContent || got.body != "" {
		t.Errorf("dry run: %+v", got)
	}
	if lines := s.logged(); len(lines) != 0 {
		t.Errorf("something has run: %v", lines)
	}
}

func TestInvokeLargest(t *testing.T) {
	s := newStand(t, functions.Config{}, native(t, "echo", "echo"), native(t, "large", "large"))
	event := `"` + strings.Repeat("x", 6<<20-102) + `"`
	if got := s.ok("echo", event); !strings.Contains(got, event) {
		t.Errorf("an event of %d bytes came back as %d", len(event), len(got))
	}
	got := s.invoke("large", "{}")
	if got.failed() != "Unhandled" || got.said().ErrorType != "Function.ResponseSizeTooLarge" {
		t.Errorf("%.200s", got.body)
	}
	if again := s.invoke("large", "{}"); again.body != got.body {
		t.Errorf("a second time: %.200s", again.body)
	}
}

func TestInvokeHeaders(t *testing.T) {
	s := newStand(t, functions.Config{Region: "eu-central-1"}, native(t, "headers", "headers"))
	client := base64.StdEncoding.EncodeToString([]byte(`{"custom":{"a":"b"}}`))
	before := time.Now()
	var header http.Header
	body := s.ok("headers:live", "{}", "X-Amz-Client-Context", client, "X-Amzn-Trace-Id", "Root=1-2-3")
	if err := json.Unmarshal([]byte(body), &header); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"Lambda-Runtime-Trace-Id":             "Root=1-2-3",
		"Lambda-Runtime-Client-Context":       `{"custom":{"a":"b"}}`,
		"Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-central-1:000000000000:function:headers:live",
	} {
		if header.Get(name) != want {
			t.Errorf("%s: %q", name, header.Get(name))
		}
	}
	deadline, err := strconv.ParseInt(header.Get("Lambda-Runtime-Deadline-Ms"), 10, 64)
	if err != nil || time.UnixMilli(deadline).Before(before.Add(19*time.Second)) || time.UnixMilli(deadline).After(time.Now().Add(20*time.Second)) {
		t.Errorf("deadline %d", deadline)
	}
}

func TestInvokeOutcomes(t *testing.T) {
	short := native(t, "hang", "hang")
	short.Timeout = 100 * time.Millisecond
	s := newStand(
		t, functions.Config{}, short, native(t, "text", "text"), native(t, "error", "error"), native(t, "crash", "crash"),
		native(t, "quit", "quit"), native(t, "stillborn", "stillborn"), native(t, "broken", "broken"),
		functions.Function{Name: "nothing", Dir: t.TempDir()}, functions.Function{Name: "nowhere", Dir: t.TempDir() + "/x"},
		functions.Function{Name: "java", Runtime: "java21", Dir: t.TempDir()},
	)
	if got := s.ok("text", "{}"); got != "not JSON at all" {
		t.Errorf("not JSON: %s", got)
	}
	for _, row := range []struct{ name, kind, message, line string }{
		{"hang", "Sandbox.Timedout", "Task timed out after 0.10 seconds", "Status: timeout"},
		{"error", "Mine", "on purpose", "Error Type: Mine"},
		{"crash", "Runtime.ExitError", "Error: Runtime exited with error: exit status 7", "exit status 7"},
		{"quit", "Runtime.ExitError", "Error: Runtime exited without providing a reason", "without providing a reason"},
		{"stillborn", "Runtime.ExitError", "Error: Runtime exited with error: exit status 9", "no way"},
		{"broken", "Runtime.Broken", "never works", "Error Type: Runtime.Broken"},
		{"nothing", "Runtime.InvalidEntrypoint", "neither an executable named bootstrap nor Go source", "Runtime.InvalidEntrypoint"},
		{"nowhere", "Runtime.CodeMissing", "there is no folder", "Runtime.CodeMissing"},
		{"java", "InvalidRuntime", `the runtime "java21" is not run here`, "java21"},
	} {
		for try := 1; try <= 2; try++ { // each gets a new process, and the limit of one stays
			got := s.invoke(row.name, "{}")
			said := got.said()
			if got.status != http.StatusOK || got.failed() != "Unhandled" || said.ErrorType != row.kind || !strings.Contains(said.ErrorMessage, row.message) {
				t.Errorf("%s: %d %s", row.name, got.status, got.body)
			}
			s.line(row.line, try)
		}
	}
}

func TestList(t *testing.T) {
	s := newStand(t, functions.Config{}, native(t, "b", "echo"), native(t, "a", "echo"))
	var said struct {
		Functions []struct {
			FunctionName, FunctionArn string
			Timeout, MemorySize       int
		}
	}
	for _, path := range []string{"/2015-03-31/functions", "/2015-03-31/functions/"} {
		if err := json.Unmarshal([]byte(s.request(http.MethodGet, path, "").body), &said); err != nil {
			t.Fatal(err)
		}
		if len(said.Functions) != 2 || said.Functions[0].FunctionName != "a" || said.Functions[1].MemorySize != 1024 || said.Functions[0].Timeout != 20 {
			t.Errorf("%s: %+v", path, said)
		}
	}
	contains(t, s.request(http.MethodGet, "/2015-03-31/functions/a", "").body, `"Configuration":{`, `"FunctionName":"a"`, `"Code":{`)
	contains(t, s.request(http.MethodGet, "/2015-03-31/functions/a/configuration", "").body, `"FunctionArn":"arn:aws:lambda:us-east-1:000000000000:function:a"`)
	if got := s.request(http.MethodGet, "/2015-03-31/functions/c", ""); got.status != http.StatusNotFound {
		t.Errorf("%+v", got)
	}
}

func TestSetRefused(t *testing.T) {
	s := newStand(t, functions.Config{}, native(t, "echo", "echo"))
	for _, row := range []struct {
		f    functions.Function
		want string
	}{
		{functions.Function{Name: "a b", Dir: "x"}, "a name has"},
		{functions.Function{Name: "", Dir: "x"}, "a name has"},
		{functions.Function{Name: "a"}, "neither a folder nor source text"},
		{functions.Function{Name: "a", Inline: "x", Runtime: "provided"}, "source text is for"},
		{functions.Function{Name: "a", Dir: "x", Runtime: "nodejs22.x", Handler: "handler"}, "not of the form"},
		{functions.Function{Name: "a", Dir: "x", Runtime: "python3.12", Handler: "app."}, "not of the form"},
		{functions.Function{Name: "a", Dir: "x", Timeout: time.Hour}, "15 min"},
		{functions.Function{Name: "a", Dir: "x", Memory: 40000}, "32768"},
		{functions.Function{Name: "a", Dir: "x", Environment: map[string]string{"A=B": ""}}, "environment variable"},
		{functions.Function{Name: "echo", Dir: "x"}, "two of this name"},
	} {
		err := s.host.Set([]functions.Function{{Name: "echo", Dir: "x"}, row.f})
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%+v: %v", row.f, err)
		}
	}
	s.ok("echo", "{}") // nothing has changed
}

// TestInvokeByOtherName: a name that somebody has made to mean this machine is not one of its own, and who is elsewhere may say any.
func TestInvokeByOtherName(t *testing.T) {
	h := functions.New(functions.Config{})
	t.Cleanup(func() { _ = h.Close(context.Background()) })
	for host, want := range map[string]int{
		"localhost": 200, "LOCALHOST:8082": 200, "127.0.0.1:8082": 200, "[::1]:8082": 200, "[::1]": 200,
		"evil.example": 403, "127.0.0.1.evil.example:8082": 403, "10.0.0.1": 403, "": 403,
	} {
		r := httptest.NewRequest(http.MethodGet, "/2015-03-31/functions", http.NoBody)
		r.Host = host
		for from, want := range map[string]int{"127.0.0.1:9": want, "[::1]:9": want, "192.0.2.1:9": 403, "": 403} {
			w := httptest.NewRecorder()
			r.RemoteAddr = from
			if h.ServeHTTP(w, r); w.Code != want {
				t.Errorf("Host %q from %q: %d, expected %d", host, from, w.Code, want)
			}
		}
	}
}
