package program_test

import (
	"errors"
	"testing"

	"gangway/internal/gateway"
	"gangway/internal/integration"
	"gangway/internal/program"
	"gangway/internal/vtl"
)

// TestRender: a template of a request sees the message, one of a response what the backend answered.
func TestRender(t *testing.T) {
	in := program.RenderInput{Event: message(`{"a":1}`), Variables: map[string]string{"v": "x"}}
	got, err := program.Render(`$input.path('$.a') $stageVariables.v $context.eventType`, in)
	if err != nil || string(got) != "1 x MESSAGE" {
		t.Errorf("request: %q, %v", got, err)
	}
	in.Response = &integration.Response{Status: 201, Body: []byte(`{"a":2}`)}
	got, err = program.Render(`$input.path('$.a') $context.status`, in)
	if err != nil || string(got) != "2 201" {
		t.Errorf("response: %q, %v", got, err)
	}
	if wrong, ok := errors.AsType[*vtl.SyntaxError](program.CheckTemplate("a\n#if(")); !ok || wrong.Line != 2 {
		t.Errorf("check: %v", wrong)
	}
	if _, err := program.Render("a\n#if(", in); err == nil {
		t.Error("a template that is none was rendered")
	}
	in.Response = nil
	if _, err := program.Render(`#set($context.requestOverride.header.Host = "x")`, in); err == nil {
		t.Error("a header that cannot be overridden was")
	}
}

// TestTrace: what a trace tells, and that its reply is the one of Run.
func TestTrace(t *testing.T) {
	s := mockAPI("$request.body.action", "join", "$default")
	s.Models = []gateway.Model{{ModelSettings: gateway.ModelSettings{Name: "named", Schema: `{"required":["name"]}`}}}
	join := &s.Routes[0].RouteSettings
	join.RequestModels, join.ModelSelectionExpression = gateway.Map{"$default": "named"}, "$request.body.kind"
	p := compile(t, s, program.Env{})
	for body, want := range map[string]struct {
		key, model, template string
		invalid              bool
		response             int
	}{
		`{"action":"join","name":"a"}`: {"join", "$default", "$default", false, 1},
		`{"action":"join"}`:            {"join", "$default", "", true, 0},
		`hello`:                        {"$default", "", "$default", false, 1},
	} {
		ev := message(body)
		route := p.Select(ev.Body)
		trace := route.Trace(t.Context(), ev)
		if route.Key() != want.key || p.Route(want.key) != route || trace.Model != want.model || trace.Template != want.template ||
			trace.IntegrationResponse != want.response || (trace.Invalid != nil) != want.invalid ||
			(trace.Request == nil) != want.invalid || (trace.Response == nil) != want.invalid {
			t.Errorf("%s: %s %+v, want %+v", body, route.Key(), trace, want)
		}
		reply, err := route.Run(t.Context(), ev)
		if (err != nil) != (trace.Err != nil) || err == nil && string(reply.Body) != string(trace.Reply.Body) {
			t.Errorf("%s: traced %v, %v, but run %v, %v", body, trace.Reply, trace.Err, reply, err)
		}
	}
	if p.Route("$connect") != nil || p.Route("$disconnect") != nil || p.Route("none") != nil {
		t.Error("a route that is not there was found")
	}
}

// TestSelectionValue: the value is told whole, however short the keys are.
func TestSelectionValue(t *testing.T) {
	s := mockAPI("$request.body.action", "a")
	if got, err := program.SelectionValue(s, []byte(`{"action":"another"}`)); err != nil || got != "another" {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := program.SelectionValue(s, []byte(`another`)); err == nil {
		t.Errorf("what is not JSON has the value %q", got)
	}
}
