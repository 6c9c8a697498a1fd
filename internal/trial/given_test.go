package trial_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/trial"
)

// TestGiven: what is said of an event counts, and the rest has values that serve.
func TestGiven(t *testing.T) {
	var given trial.Given
	err := trial.Read([]byte(`{"connectionId":"c1","eventType":"CONNECT","sourceIp":"192.0.2.1","user":"u","connectedAt":5,"requestTimeEpoch":7,
		"headers":{"X-A":["x","y"]},"query":{"q":"1"}}`), &given)
	if err != nil {
		t.Fatal(err)
	}
	ev, err := given.Event(&trial.Given{Stage: "dev"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := ev.Connection
	if ev.Type != gateway.EventConnect || ev.RouteKey != "$connect" || len(ev.Header.All("x-a")) != 2 || len(ev.Query) != 1 || c.ID != "c1" ||
		c.SourceIP != "192.0.2.1" || c.Stage != "dev" || c.Identity.User != "u" || c.ConnectedAt != time.UnixMilli(5) || ev.Time != time.UnixMilli(7) {
		t.Errorf("got %+v of %+v", ev, c)
	}
	ev, err = new(trial.Given).Event(&trial.Given{}, []byte("hi"))
	if err != nil || ev.Type != gateway.EventMessage || ev.RouteKey != "$default" || string(ev.Body) != "hi" || ev.MessageID == "" || ev.Connection.ID == "" {
		t.Errorf("got %+v, %v", ev, err)
	}
}

func TestGivenErrors(t *testing.T) {
	for text, want := range map[string]string{
		`{"nothing":1}`:                      `unknown field "nothing"`,
		`{"headers":{"a":1}}`:                "expected a string or a list of strings",
		`{"headers":{"a":["b",1]}}`:          "expected a string or a list of strings",
		`{"eventType":"GO"}`:                 "event: eventType: expected CONNECT, MESSAGE or DISCONNECT",
		`{"query":{"a":"b"}}`:                "event: an event of type MESSAGE has no headers and no query",
		`{"eventType":"CONNECT","body":"x"}`: "body: an event of type CONNECT has none",
	} {
		var given trial.Given
		err := trial.Read([]byte(text), &given)
		if err == nil {
			_, err = given.Event(&trial.Given{}, nil)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}

// TestTry: the route and the type of the event go together.
func TestTry(t *testing.T) {
	s := subject(t)
	for _, c := range []struct {
		key, kind string
		named     bool
		want      string // the route key of the event, or the error
	}{
		{"", "", false, "$default"},
		{"join", "", true, "join"},
		{"$connect", "", true, "$connect"},
		{"$disconnect", "", true, "$disconnect"},
		{"", "CONNECT", true, "$connect"},
		{"", "DISCONNECT", true, "$disconnect"},
		{"$connect", "CONNECT", true, "$connect"},
		{"join", "CONNECT", false, "event: the route join has no events of type CONNECT"},
		{"$connect", "MESSAGE", false, "event: the route $connect has no events of type MESSAGE"},
		{"a b", "", false, `routeKey: expected the key of a route, got "a b"; the keys are $connect, `},
		{"$default", "", false, "routeKey: expected the key of a route"},
	} {
		try, err := s.Try(c.key, &trial.Given{EventType: c.kind}, nil)
		if wrong, ok := errors.AsType[*trial.InputError](err); ok {
			if !strings.HasPrefix(wrong.Error(), c.want) {
				t.Errorf("%s %s: got %v, want %q", c.key, c.kind, err, c.want)
			}
			continue
		}
		if err != nil || try.Event.RouteKey != c.want || try.Named != c.named {
			t.Errorf("%s %s: got %+v, %v, want %q", c.key, c.kind, try, err, c.want)
		}
	}
}

func TestAnswer(t *testing.T) {
	for status, want := range map[int]int{0: 200, 204: 204, 599: 599, 199: 0, 600: 0, -1: 0} {
		a := trial.Answer{Status: status}
		if err := a.Check(); (err == nil) != (want > 0) || err == nil && a.Status != want {
			t.Errorf("%d: got %d, %v", status, a.Status, err)
		}
	}
}

// TestRender: what a template makes, or the place where it fails.
func TestRender(t *testing.T) {
	for _, c := range []struct {
		name, text   string
		answer       *trial.Answer
		output       string
		line, column int
	}{
		{"a message", `$input.path('$.n') $context.connectionId $stageVariables.a`, nil, "1 c1 b", 0, 0},
		{"nothing", ``, nil, "", 0, 0},
		{"an answer", `$input.path('$.m') $context.status`, &trial.Answer{Status: 404, Body: `{"m":2}`}, "2 404", 0, 0},
		{"no template", "{\n  #if($x) open", nil, "", 2, 3},
		{"a method that is not there", "a\n $input.nothing()", nil, "", 2, 2},
		{"too much", "#foreach($i in [1..1000])#foreach($j in [1..1000])$i#end#end", nil, "", 1, 0},
	} {
		given := trial.Given{ConnectionID: "c1", Body: `{"n":1}`}
		ev, err := given.Event(&trial.Given{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		made := trial.Template{Text: c.text, Event: ev, Variables: map[string]string{"a": "b"}, Answer: c.answer}
		r := trial.RenderingOf(made.Render())
		switch {
		case c.line == 0 && (r.Error != nil || *r.Output != c.output):
			t.Errorf("%s: got %+v, %+v", c.name, r.Output, r.Error)
		case c.line > 0 && (r.Output != nil || r.Error == nil || r.Error.Line != c.line || c.column > 0 && r.Error.Column != c.column || r.Error.Message == ""):
			t.Errorf("%s: got %+v, %+v", c.name, r.Output, r.Error)
		}
	}
	if trial.CheckVariables(map[string]string{"a-b": "c"}) == nil || trial.CheckVariables(map[string]string{"a": "c"}) != nil {
		t.Error("names of variables are not checked")
	}
}
