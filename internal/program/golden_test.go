package program_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/integration"
	"gangway/internal/lambda"
	"gangway/internal/program"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestGolden runs the cases of testdata. Each is a file of parts: a snapshot, the variables of the stage if it has any, an
// event, what the backend answers, and then, as it must come out, the request that the backend saw and the reply; or the
// errors of Compile. A program that has notes shows them. Without an event a case ends there.
// BACKEND stands for the address of a server that is an HTTP backend, Lambda's Invoke API, and every other service of AWS.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			c := parseCase(string(text))
			if !strings.Contains(c.comment, "Source: ") {
				t.Error("the case names no source")
			}
			c.run(t)
			if got := c.String(); got != string(text) {
				if *update {
					err = os.WriteFile(file, []byte(got), 0o600)
				} else {
					c.compare(t, parseCase(string(text)))
				}
			}
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

// golden is a case: its comment, and its parts in order.
type golden struct {
	comment string
	names   []string
	parts   map[string]string
}

func parseCase(text string) *golden {
	c := &golden{parts: map[string]string{}}
	name := ""
	for line := range strings.Lines(text) {
		if title, ok := strings.CutPrefix(strings.TrimSpace(line), "-- "); ok && strings.HasSuffix(title, " --") {
			name = strings.TrimSuffix(title, " --")
			c.names = append(c.names, name)
			continue
		}
		if name == "" {
			c.comment += line
		}
		c.parts[name] += line
	}
	return c
}

func (c *golden) String() string {
	var b strings.Builder
	b.WriteString(c.comment)
	for _, name := range c.names {
		b.WriteString("-- " + name + " --\n" + c.parts[name])
	}
	return b.String()
}

func (c *golden) set(name, text string) {
	if !slices.Contains(c.names, name) {
		c.names = append(c.names, name)
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	c.parts[name] = text
}

func (c *golden) compare(t *testing.T, want *golden) {
	t.Helper()
	for _, name := range c.names {
		if c.parts[name] != want.parts[name] {
			t.Errorf("%s: got\n%s\nwant\n%s", name, c.parts[name], want.parts[name])
		}
	}
}

// run fills in what comes out.
func (c *golden) run(t *testing.T) {
	t.Helper()
	var seen strings.Builder
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		describe(&seen, r)
		answer(w, c.parts["backend"])
	}))
	defer server.Close()
	address := strings.TrimPrefix(server.URL, "http://")
	replace := func(text string) string { return strings.ReplaceAll(text, "BACKEND", address) }

	p, err := program.Compile(c.snapshot(t, replace), c.env(t, server.URL, replace))
	if err != nil {
		c.set("errors", strings.NewReplacer(address, "BACKEND", "; ", "\n").Replace(err.Error()))
		return
	}
	if notes := p.Notes(); len(notes) > 0 {
		c.set("notes", strings.ReplaceAll(strings.Join(notes, "\n"), address, "BACKEND"))
	}
	if c.parts["event"] == "" {
		return
	}
	ev := c.event(t)
	route := routeOf(p, ev)
	if route == nil {
		c.set("reply", "no route")
		return
	}
	ev.RouteKey = route.Key()
	reply, err := route.Run(t.Context(), ev)
	c.set("request", strings.ReplaceAll(seen.String(), address, "BACKEND"))
	c.set("reply", "route "+route.Key()+"\n"+outcome(reply, err))
}

func routeOf(p *program.Program, ev *gateway.Event) *program.Route {
	switch ev.Type {
	case gateway.EventConnect:
		return p.Connect()
	case gateway.EventDisconnect:
		return p.Disconnect()
	default:
		return p.Select(ev.Body)
	}
}

func outcome(reply *program.Reply, err error) string {
	switch {
	case err != nil:
		visible, ok := errors.AsType[*gateway.Error](err)
		if !ok {
			return "internal error: " + err.Error()
		}
		return fmt.Sprintf("error %v: %s", visible.Kind, visible.Message)
	case reply == nil:
		return "nothing to say"
	default:
		return fmt.Sprintf("status %d subprotocol %q binary %v body %q", reply.Status, reply.Subprotocol, reply.Binary, reply.Body)
	}
}

func (c *golden) snapshot(t *testing.T, replace func(string) string) *gateway.Snapshot {
	t.Helper()
	s := &gateway.Snapshot{}
	decode(t, replace(c.parts["snapshot"]), s)
	locate(s)
	return s
}

// locate gives the objects of a snapshot the defaults that the control plane gives them.
func locate(s *gateway.Snapshot) {
	for i := range s.Routes {
		s.Routes[i].Locate(gateway.Key("routes/"+s.Routes[i].RouteID), time.Time{})
	}
	for i := range s.Integrations {
		if s.Integrations[i].TimeoutInMillis == 0 {
			s.Integrations[i].Preset()
		}
		s.Integrations[i].Locate(gateway.Key("integrations/"+s.Integrations[i].IntegrationID), time.Time{})
	}
}

func (c *golden) env(t *testing.T, url string, replace func(string) string) program.Env {
	t.Helper()
	env := program.Env{Stage: gateway.StageKey{API: "abcdef1234", Stage: "prod"}}
	if text := c.parts["variables"]; text != "" {
		decode(t, replace(text), &env.Variables)
	}
	transport := integration.NewTransport(integration.TransportOptions{})
	t.Cleanup(transport.CloseIdleConnections)
	env.HTTP = transport
	env.Endpoint = func(string) string { return url }
	t.Setenv("AWS_ACCESS_KEY_ID", "") // whatever this machine has
	var err error
	env.Lambda, err = lambda.New(t.Context(), lambda.Config{Region: "us-east-1", Endpoint: url})
	if err != nil {
		t.Fatal(err)
	}
	return env
}

func decode(t *testing.T, text string, into any) {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}

// event reads an event; what all events share is filled in.
func (c *golden) event(t *testing.T) *gateway.Event {
	t.Helper()
	var in struct {
		Type          gateway.EventType
		Header, Query []gateway.Param
		Body          string
		Status        int
		Reason        string
	}
	decode(t, c.parts["event"], &in)
	ev := &gateway.Event{
		Type: in.Type, RequestID: "SOqIDEacoAMFaHQ=", Time: time.UnixMilli(1652692211000),
		Header: in.Header, Query: in.Query, DisconnectStatus: in.Status, DisconnectReason: in.Reason,
		Connection: &gateway.Connection{
			ID: "SOqGjdZioAMCEeg=", API: "abcdef1234", Stage: "prod",
			DomainName:  "abcdef1234.execute-api.us-east-1.amazonaws.com",
			ConnectedAt: time.UnixMilli(1652692201000), SourceIP: "198.51.100.7", UserAgent: "probe/1.0",
		},
	}
	if in.Type == gateway.EventMessage {
		ev.Body, ev.MessageID = []byte(in.Body), "SOqIDdzoSAMCEeg="
	}
	return ev
}

// describe writes down a request; of an invocation, only what is the gateway's and not the SDK's.
func describe(b *strings.Builder, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	fmt.Fprintf(b, "%s %s\n", r.Method, r.RequestURI)
	if strings.HasPrefix(r.URL.Path, "/2015-03-31/") {
		var pretty bytes.Buffer
		if json.Indent(&pretty, body, "", "  ") == nil {
			body = pretty.Bytes()
		}
		if kind := r.Header.Get("X-Amz-Invocation-Type"); kind == "Event" {
			fmt.Fprintf(b, "X-Amz-Invocation-Type: %s\n", kind)
		}
	} else {
		names := make([]string, 0, len(r.Header))
		for name := range r.Header {
			names = append(names, name)
		}
		slices.Sort(names)
		fmt.Fprintf(b, "Host: %s\n", r.Host)
		for _, name := range names {
			fmt.Fprintf(b, "%s: %s\n", name, ofDay.ReplaceAllString(strings.Join(r.Header[name], " | "), "${1}..."))
		}
	}
	if len(body) > 0 {
		fmt.Fprintf(b, "\n%s\n", body)
	}
}

// ofDay is what of a signature is another every day.
var ofDay = regexp.MustCompile(`(^|/|Signature=)(\d{8}T\d{6}Z|\d{8}|[0-9a-f]{64})\b`)

// answer writes an answer: a line with the status, lines of the header, an empty line, and the body up to the last
// newline.
func answer(w http.ResponseWriter, text string) {
	head, body, _ := strings.Cut(text, "\n\n")
	lines := strings.Split(strings.TrimSpace(head), "\n")
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ": ")
		w.Header().Add(name, value)
	}
	status, err := strconv.Atoi(lines[0])
	if err != nil {
		status = http.StatusTeapot // the case has no backend
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, strings.TrimSuffix(body, "\n"))
}
