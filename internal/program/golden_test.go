package program_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/integration"
	"gangway/internal/lambda"
	"gangway/internal/program"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestGolden runs the cases of testdata. Each is a file of parts, and may hold several APIs and several events for each:
//
//	snapshot    begins an API
//	template    with a name behind a colon: what @name stands for in the snapshot
//	variables   of its stage, if it has any
//	errors      of Compile, as they must come out; the API has no events
//	notes       of the program, as they must come out
//	event       begins an event
//	backend     what the backend answers: status, header, body; or hang, or abort
//	request     as the backend must see it; left out where it is the one before
//	reply       as it must come out
//
// A title may say after a colon what its part is about. BACKEND stands for the address of a server that is an HTTP backend,
// Lambda's Invoke API, and every other service of AWS; a VPC link named link1 leads to it.
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
			for i := range c.apis {
				c.apis[i].run(t)
			}
			if got := c.String(); got != string(text) {
				if *update {
					err = os.WriteFile(file, []byte(got), 0o600)
				} else {
					t.Errorf("got\n%s\nwant\n%s", got, text)
				}
			}
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestSources: each case says where its rule comes from, in a way that everybody can follow, or that it is a guess.
func TestSources(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	public := regexp.MustCompile(`(?m)^Source: .*(developer guide, "|API reference, "|service model|user guide, "|RFC \d+|` +
		`Velocity|Jayway|java\.util|aws-samples/|[a-z-]+#\d+|guess|none: these are limits of this version)`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		comment := parseCase(string(text)).comment
		if rule, _, _ := strings.Cut(comment, "Source: "); strings.TrimSpace(rule) == "" || !public.MatchString(comment) {
			t.Errorf("%s: expected a sentence with the rule, and a line Source: that names what is public, got\n%s", file, comment)
		}
	}
}

// golden is a case: its comment, and its APIs.
type golden struct {
	comment string
	apis    []goldenAPI
}

// goldenAPI is an API with its events, each a group of parts.
type goldenAPI struct {
	head   *group
	events []*group
}

// A group is parts in order.
type group struct{ parts []part }

// A part has a name, and maybe words behind it in its title.
type part struct{ name, about, text string }

func (g *group) get(name string) string {
	if i := g.index(name); i >= 0 {
		return g.parts[i].text
	}
	return ""
}

func (g *group) index(name string) int {
	return slices.IndexFunc(g.parts, func(p part) bool { return p.name == name })
}

func (g *group) drop(name string) {
	g.parts = slices.DeleteFunc(g.parts, func(p part) bool { return p.name == name })
}

func (g *group) set(name, text string) {
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	i := g.index(name)
	if i < 0 {
		g.parts = append(g.parts, part{name: name, text: text})
		return
	}
	g.parts[i].text = text
}

func parseCase(text string) *golden {
	c := &golden{}
	var at *group
	for line := range strings.Lines(text) {
		title, ok := strings.CutPrefix(strings.TrimSpace(line), "-- ")
		if !ok || !strings.HasSuffix(title, " --") {
			if at == nil {
				c.comment += line
				continue
			}
			at.parts[len(at.parts)-1].text += line
			continue
		}
		name, about, _ := strings.Cut(strings.TrimSuffix(title, " --"), ": ")
		switch name {
		case "snapshot":
			at = &group{}
			c.apis = append(c.apis, goldenAPI{head: at})
		case "event":
			at = &group{}
			api := &c.apis[len(c.apis)-1]
			api.events = append(api.events, at)
		}
		at.parts = append(at.parts, part{name: name, about: about})
	}
	return c
}

func (c *golden) String() string {
	var b strings.Builder
	b.WriteString(c.comment)
	for _, api := range c.apis {
		for _, g := range append([]*group{api.head}, api.events...) {
			for _, p := range g.parts {
				title := p.name
				if p.about != "" {
					title += ": " + p.about
				}
				b.WriteString("-- " + title + " --\n" + p.text)
			}
		}
	}
	return b.String()
}

// run fills in what comes out.
func (a *goldenAPI) run(t *testing.T) {
	t.Helper()
	var backend player
	server := httptest.NewServer(&backend)
	defer server.Close()
	address := strings.TrimPrefix(server.URL, "http://")
	replace := func(text string) string { return strings.ReplaceAll(text, "BACKEND", address) }

	p, err := program.Compile(a.snapshot(t, replace), a.env(t, server.URL, replace))
	if err != nil {
		a.head.set("errors", strings.NewReplacer(address, "BACKEND", "; ", "\n").Replace(err.Error()))
		if len(a.events) > 0 {
			t.Errorf("there are events for an API that cannot be deployed: %v", err)
		}
		return
	}
	a.head.drop("errors")
	a.head.drop("notes")
	if notes := p.Notes(); len(notes) > 0 {
		a.head.set("notes", strings.ReplaceAll(strings.Join(notes, "\n"), address, "BACKEND"))
	}
	before := ""
	for _, g := range a.events {
		backend.play(replace(g.get("backend")))
		reply := answerOf(t, p, g)
		seen := strings.ReplaceAll(backend.seen(), address, "BACKEND")
		if seen != before || g.index("request") >= 0 {
			g.set("request", seen)
		}
		before = seen
		g.set("reply", reply)
	}
}

// answerOf runs an event.
func answerOf(t *testing.T, p *program.Program, g *group) string {
	t.Helper()
	ev := readEvent(t, g.get("event"))
	route := routeOf(p, ev)
	if route == nil {
		return "no route"
	}
	ev.RouteKey = route.Key()
	reply, err := route.Run(t.Context(), ev)
	return "route " + route.Key() + "\n" + outcome(reply, err)
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
		text := fmt.Sprintf("error %v: %s", visible.Kind, visible.Message)
		if cause, ok := strings.CutPrefix(err.Error(), "program: Internal server error: "); ok {
			text += "\ncause " + cause
		}
		if invalid, ok := errors.AsType[*program.ValidationError](err); ok {
			text += "\ndetails " + invalid.Details
		}
		return text
	case reply == nil:
		return "nothing to say"
	case bytes.ContainsRune(reply.Body, '\n') && !reply.Binary:
		lines := strings.ReplaceAll(string(reply.Body), "\n", "\n| ")
		return fmt.Sprintf("status %d subprotocol %q binary %v body\n| %s", reply.Status, reply.Subprotocol, reply.Binary, lines)
	default:
		return fmt.Sprintf("status %d subprotocol %q binary %v body %q", reply.Status, reply.Subprotocol, reply.Binary, reply.Body)
	}
}

func (a *goldenAPI) snapshot(t *testing.T, replace func(string) string) *gateway.Snapshot {
	t.Helper()
	s := &gateway.Snapshot{}
	decode(t, replace(a.head.get("snapshot")), s)
	locate(s)
	for i := range s.Integrations {
		a.head.fill(s.Integrations[i].RequestTemplates)
		for j := range s.Integrations[i].Responses {
			a.head.fill(s.Integrations[i].Responses[j].ResponseTemplates)
		}
	}
	return s
}

// fill puts the templates of the parts where their names are.
func (g *group) fill(templates gateway.Map) {
	for key, text := range templates {
		for _, p := range g.parts {
			if p.name == "template" && text == "@"+p.about {
				templates[key] = strings.TrimSuffix(p.text, "\n")
			}
		}
	}
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

func (a *goldenAPI) env(t *testing.T, url string, replace func(string) string) program.Env {
	t.Helper()
	env := program.Env{Stage: gateway.StageKey{API: "abcdef1234", Stage: "prod"}}
	if text := a.head.get("variables"); text != "" {
		decode(t, replace(text), &env.Variables)
	}
	transport := integration.NewTransport(integration.TransportOptions{})
	t.Cleanup(transport.CloseIdleConnections)
	env.HTTP = transport
	env.Endpoint = func(string) string { return url }
	env.Upstream = func(link string) (string, bool) { return strings.TrimPrefix(url, "http://"), link == "link1" }
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

// readEvent reads an event; what all events share is filled in, and can be said otherwise.
func readEvent(t *testing.T, text string) *gateway.Event {
	t.Helper()
	var in struct {
		Type          gateway.EventType
		Header, Query []gateway.Param
		Body          string
		Status        int
		Reason        string
		Connection    gateway.Connection
	}
	in.Connection = gateway.Connection{
		ID: "SOqGjdZioAMCEeg=", API: "abcdef1234", Stage: "prod",
		DomainName:  "abcdef1234.execute-api.us-east-1.amazonaws.com",
		ConnectedAt: time.UnixMilli(1652692201000), SourceIP: "198.51.100.7", UserAgent: "probe/1.0",
	}
	decode(t, text, &in)
	ev := &gateway.Event{
		Type: in.Type, RequestID: "SOqIDEacoAMFaHQ=", Time: time.UnixMilli(1652692211000),
		Header: in.Header, Query: in.Query, DisconnectStatus: in.Status, DisconnectReason: in.Reason,
		Connection: &in.Connection,
	}
	if in.Type == gateway.EventMessage {
		ev.Body, ev.MessageID = []byte(in.Body), "SOqIDdzoSAMCEeg="
	}
	return ev
}
