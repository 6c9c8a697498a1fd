package cli_test

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"gangway/internal/cli"
)

// backend is an HTTP server, functions and services of AWS in one. It notes what it gets, a line for each part of a request.
type backend struct {
	t   *testing.T
	url string

	mu  sync.Mutex // guards got
	got []string
}

func newCalled(t *testing.T) *backend {
	t.Helper()
	b := &backend{t: t}
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	b.url = server.URL
	return b
}

func (b *backend) address() string { return strings.TrimPrefix(b.url, "http://") }

func (b *backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		b.t.Error(err)
	}
	b.mu.Lock()
	b.got = append(b.got, r.Method+" http://"+r.Host+r.RequestURI)
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		b.got = append(b.got, name+": "+strings.Join(r.Header[name], ", "))
	}
	b.got = append(b.got, string(body))
	b.mu.Unlock()
	w.Header()["Date"] = nil
	switch path := r.URL.Path; {
	case path == "/slow":
		<-r.Context().Done()
	case path == "/rooms":
		w.Header().Set("X-Room", "kitchen")
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"nick":"bob"}`)
	case path == "/say":
		_, _ = io.WriteString(w, strings.Repeat("é", 3000))
	case strings.Contains(path, ":function:fail/"):
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		_, _ = io.WriteString(w, `{"errorMessage":"no\nluck"}`)
	case strings.Contains(path, ":function:ask/"):
		_, _ = io.WriteString(w, `{"statusCode":200,"headers":{"X-A":"b"},"body":"yes"}`)
	default:
		_, _ = fmt.Fprint(w, "{}")
	}
}

// requests is what came.
func (b *backend) requests() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.got, "\n")
}

// callPlane is a control plane with an API whose backend is b, and the VPC links v1 to v3.
func callPlane(t *testing.T, b *backend, link string) *fake {
	t.Helper()
	f := chatPlane(t, "", "called.json", "")
	host := b.address()
	if link == "tagged" {
		host = "private.invalid"
	}
	f.answers["GET /v2/apis/a1/stages/prod"] = fmt.Sprintf(`{"stageName":"prod","deploymentId":"d1","stageVariables":{`+
		`"backend":"%s","plane":"%s","link":"%s","host":"%s"},"clientCertificateId":"c9"}`,
		b.address(), strings.TrimPrefix(f.url, "http://"), link, host)
	f.answers["GET /vpclinks/tagged"] = `{"id":"tagged","tags":{"gangway:upstream":"` + b.address() + `"}}`
	f.answers["GET /vpclinks/bare"] = `{"id":"bare","tags":{}}`
	f.answers["GET /vpclinks/none"] = `404 {"message":"Invalid VPC Link identifier specified"}`
	return f
}

// differs is what is not the same in each run.
var differs = regexp.MustCompile(`127\.0\.0\.1:\d{3,}|after \d+(\.\d+)?[mµ]?s`)

// callRoute runs test-route --call on the route of an action, with the backend in the place of all that is AWS.
func callRoute(t *testing.T, f *fake, b *backend, args ...string) (got result, seen string) {
	t.Helper()
	event := write(t, "event.json", `{"connectionId":"c1","requestId":"q1","messageId":"m1","requestTimeEpoch":7,"connectedAt":5,"apiId":"other"}`)
	env := f.env()
	env["GANGWAY_SERVICE_ENDPOINT"] = "sqs=" + b.url
	args = append([]string{"test-route", "a1", "--stage", "prod", "--event", event, "--call", "--lambda-endpoint", b.url}, args...)
	got = run(t, env, "", args...)
	seen = differs.ReplaceAllStringFunc(got.stdout+got.stderr, func(text string) string {
		if strings.HasPrefix(text, "after") {
			return "after TIME"
		}
		return "ADDRESS"
	})
	return got, seen
}

// TestCall: the backend gets what was shown, and what it answers goes the rest of the way.
func TestCall(t *testing.T) {
	b := newCalled(t)
	f := callPlane(t, b, "none")
	got, seen := callRoute(t, f, b, `{"action":"join","name":"b","room":"kitchen"}`)
	if got.code != 0 || got.stderr != "" {
		t.Fatalf("%+v", got)
	}
	golden(t, "called_join.txt", seen)
	_, told, _ := strings.Cut(got.stdout, "request: ")
	told, _, _ = strings.Cut(told, "call: ")
	told = strings.ReplaceAll(strings.Replace(told, " (integration http, HTTP)", "", 1), "    ", "")
	came := strings.Split(b.requests(), "\n")
	for line := range strings.Lines(told) {
		line = strings.TrimSuffix(line, "\n")
		if line != "" && !slices.Contains(came, line) {
			t.Errorf("%q was shown, and did not come: %q", line, came)
		}
	}
}

// TestCalls: each kind of backend, and each way to fail.
func TestCalls(t *testing.T) {
	const frame = `    {"message": "Internal server error", "connectionId":"c1", "requestId":"q1"}`
	for _, c := range []struct {
		action, link string
		code         int
		came         int // requests at the backend; below zero: it may be that none comes in time
		want         []string
	}{
		{"say", "", 0, 1, []string{
			"note: the backend is not shown the client certificate c9 here",
			"call: http://ADDRESS (from this machine, for 29s at most)\nanswer: status 200, after TIME\n",
			strings.Repeat("é", 2048) + "\n    (and 1904 bytes more)\nreply: a text message of 6000 bytes",
		}},
		{"ask", "", 0, 1, []string{
			"call: http://ADDRESS, in place of AWS Lambda (from this machine, for 29s at most)\n" +
				"answer: status 200, after TIME\n    X-A: b\n\n    yes\nreply: a text message of 3 bytes\n    yes\n",
		}},
		{"fail", "", 1, 1, []string{
			"answer: none that is of use, after TIME\nreply: an error frame\n" + frame,
			"gangway: integration: Internal server error: arn:aws:lambda:us-east-1:000000000000:function:fail ended with an error (Unhandled): ",
		}},
		{"make", "", 0, 1, []string{
			"answer: the function has failed, after TIME: no luck\n    {\"errorMessage\":\"no\\nluck\"}\nintegration response: $default\n",
		}},
		{"tell", "", 0, 1, []string{
			", AWS, Event)\n    {\"action\":\"tell\"}\ncall: http://ADDRESS, in place of AWS Lambda (",
			"answer: status 202 of the function, after TIME\nreply: none: the route has no route response\n",
		}},
		{"queue", "", 0, 1, []string{
			"call: http://ADDRESS, in place of the service sqs of AWS (", "    {}\nreply: none: the route has no route response\n",
		}},
		{"slow", "", 1, -1, []string{
			"(from this machine, for 50ms at most)\nanswer: none that is of use, after TIME\n",
			`    {"message": "Endpoint request timed out", "connectionId":"c1", "requestId":"q1"}`,
			"context deadline exceeded",
		}},
		{"refused", "", 1, 0, []string{"call: http://127.0.0.1:1 (", "answer: none that is of use", frame, "dial tcp 127.0.0.1:1: "}},
		{"metadata", "", 1, 0, []string{"answer: none that is of use", frame, "this address is closed to backends: 169.254.169.254:80"}},
		{"home", "", 1, 0, []string{frame, "this address is closed to backends: ADDRESS"}},
		{"private", "tagged", 0, 1, []string{"call: ADDRESS, where its VPC link leads, as http://private.invalid ("}},
		{"private", "bare", 0, 1, []string{"call: http://ADDRESS: its VPC link has no tag gangway:upstream, so the URI says where it leads ("}},
		{"private", "none", 1, 0, []string{"call: none: there is no VPC link none\n", frame, `there is no VPC link "none"`}},
		{"ping", "", 0, 0, []string{"request: none (integration mock, MOCK); the template made:\n    {\"statusCode\": 200}\n", "reply: a text message of 4 bytes\n    pong\n"}},
		{"nothing", "", 1, 0, []string{`{"message": "Forbidden", "connectionId":"c1", "requestId":"q1"}`}},
	} {
		t.Run(c.action+c.link, func(t *testing.T) {
			b := newCalled(t)
			got, seen := callRoute(t, callPlane(t, b, c.link), b, `{"action":"`+c.action+`"}`)
			if came := strings.Count(b.requests(), "Content-Length"); got.code != c.code || c.came >= 0 && came != c.came {
				t.Errorf("code %d, %d requests; want %d and %d", got.code, came, c.code, c.came)
			}
			for _, want := range c.want {
				if !strings.Contains(seen, want) {
					t.Errorf("no %q in\n%s", want, seen)
				}
			}
		})
	}
}

// TestCallHandshake: also the routes of clients that come and go have backends.
func TestCallHandshake(t *testing.T) {
	b := newCalled(t)
	event := write(t, "event.json", `{"connectionId":"c1"}`)
	for key, want := range map[string]string{
		"$connect":    "reply: the handshake is refused: ",
		"$disconnect": "reply: none: the client is gone\n",
	} {
		got := run(t, callPlane(t, b, "").env(), "", "test-route", "a1", key, "--stage", "prod", "--call", "--event", event)
		if (got.code == 1) != (key == "$connect") || !strings.Contains(got.stdout, want) {
			t.Errorf("%s: %+v, want %q", key, got, want)
		}
	}
}

// TestCallNobody: what keeps a backend from being called.
func TestCallNobody(t *testing.T) {
	for _, c := range []struct {
		name       string
		code       int
		link, args string
		want       string
	}{
		{"an answer", 2, "", "say --reply x", "--call and --reply can't be used together"},
		{"a status", 2, "", "say --reply-status 200", "--call and --reply-status can't be used together"},
		{"a header", 2, "", "say --reply-header A:b", "--call and --reply-header can't be used together"},
		{"an endpoint", 2, "", "say --lambda-endpoint nowhere", "--lambda-endpoint: expected http://"},
		{"a key that is not of AWS", 1, "", "ask", "AWS_ACCESS_KEY_ID: unset or replace it"},
		{"the same for a service", 1, "", "queue", "with the access key of this control plane"},
		{"a control plane that does not say", 1, "secret", "private", "when calling the GetVpcLink operation"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newCalled(t)
			f := callPlane(t, b, c.link)
			got := run(t, f.env(), "", append([]string{"test-route", "a1", "--stage", "prod", "--call"}, strings.Fields(c.args)...)...)
			if got.code != c.code || !strings.Contains(got.stderr, c.want) || strings.Contains(got.stdout, "answer: ") || b.requests() != "" {
				t.Errorf("%+v, want %d and %q; the backend got %q", got, c.code, c.want, b.requests())
			}
		})
	}
}

// TestCallUnsaid: nobody is called of whom it cannot be said.
func TestCallUnsaid(t *testing.T) {
	b := newCalled(t)
	f := callPlane(t, b, "")
	code := cli.Run(t.Context(), []string{"test-route", "a1", "say", "--stage", "prod", "--call"}, cli.Streams{
		Stdin: strings.NewReader(""), Stdout: full{}, Stderr: io.Discard, Env: f.env().lookup,
	})
	if code != 1 || b.requests() != "" {
		t.Errorf("code %d, the backend got %q", code, b.requests())
	}
}

// full is a disk that is.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }
