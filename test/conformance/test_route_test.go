package conformance_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// tested is an answer of TestRoute.
type tested struct {
	RouteKey, Selection, Reply, ErrorMessage string
	Status                                   int
	Steps                                    []struct {
		Name, Title, Text string
		Detail            map[string]any
		Error             *struct {
			Message      string
			Line, Column int
		}
	}
}

// steps are the names of the steps, with a mark where one has an error and its line if it has one.
func (r *tested) steps() string {
	var names []string
	for _, s := range r.Steps {
		if s.Error != nil {
			s.Name += "!" + strconv.Itoa(s.Error.Line)
		}
		names = append(names, s.Name)
	}
	return strings.Join(names, " ")
}

// testRoute calls the operation.
func (s *server) testRoute(t *testing.T, api, body string) (*tested, string) {
	t.Helper()
	got := s.mustControl(t, post, "/gangway/apis/"+api+"/test", json.RawMessage(body))
	r := new(tested)
	must(t, json.Unmarshal(got.body, r))
	return r, string(got.body)
}

// testedAPI has a route of each kind; %s is the backend, %s the admin listener.
const testedAPI = `{"routeSelectionExpression": "$request.body.action", "deploy": "no", "routes": {
	"$connect": {"lambda": "greet"},
	"ping": {"mock": "pong of $stageVariables.who to $context.connectionId", "reply": true},
	"ask": {"lambda": "ask", "reply": true},
	"bad": {"mock": "a\n $input.nothing()", "reply": true},
	"send": {"reply": true, "integration": {"integrationType": "HTTP", "integrationMethod": "POST", "integrationUri": "%[1]s/${stageVariables.who}",
		"requestParameters": {"integration.request.header.x-api-key": "'canary'"},
		"requestTemplates": {"$default": "{\"text\": $input.json('$.text')}"}, "templateSelectionExpression": "\\$default"},
		"responses": [{"integrationResponseKey": "$default", "responseTemplates": {"$default": "got $input.path('$.n')"}, "templateSelectionExpression": "\\$default"}]},
	"home": {"reply": true, "integration": {"integrationType": "HTTP_PROXY", "integrationMethod": "GET", "integrationUri": "%[2]s/v2/apis"}},
	"meta": {"reply": true, "integration": {"integrationType": "HTTP_PROXY", "integrationMethod": "GET", "integrationUri": "http://169.254.169.254/latest/meta-data/"}}
}}`

// TestTestRoute takes messages through an API of the real program: as a draft, as it is deployed, with answers that are given, and
// with the backend. A message of a client goes the same way.
func TestTestRoute(t *testing.T) {
	backend := newBackend()
	t.Cleanup(backend.stop)
	backend.replies(func(c *call) reply {
		if c.function() != "" {
			return reply{status: http.StatusOK, body: `{"statusCode":200,"body":"asked"}`}
		}
		return reply{status: http.StatusOK, header: http.Header{"Set-Cookie": {"canary"}}, body: `{"n":7}`}
	})
	s := startProgram(t, t.TempDir(), "--lambda-endpoint", backend.URL).server
	b := &builder{s, backend.URL}
	made, err := b.apply(t.Context(), nil, fmt.Appendf(nil, testedAPI, backend.URL, s.admin))
	must(t, err)
	s.mustControl(t, post, "/v2/apis/"+made.id+"/stages", map[string]any{"stageName": "prod", "stageVariables": map[string]string{"who": "us"}})
	if got, err := s.control(t.Context(), post, "/gangway/apis/"+made.id+"/test", json.RawMessage(`{"stageName":"prod"}`)); err != nil || got.status != http.StatusNotFound {
		t.Errorf("without a deployment: got %+v, %v", got, err)
	}
	for _, row := range []struct {
		name, body  string
		steps       string
		reply       string
		status      int
		cause       string
		atBackend   int
		mustContain string
	}{
		{"MOCK", `{"draft":true,"stageName":"prod","body":"{\"action\":\"ping\"}","connection":{"connectionId":"c1"}}`, "select request backend response reply", "pong of us to c1", 200, "", 0, ""},
		{"a draft without a stage", `{"draft":true,"routeKey":"ping"}`, "select request backend response reply", "pong of  to Connection0Test=", 200, "", 0, ""},
		{"no answer", `{"draft":true,"stageName":"prod","routeKey":"send","body":"{\"text\":\"hi\"}"}`, "select request backend reply", "", 0, "", 0, `{\"text\": \"hi\"}`},
		{"an answer", `{"draft":true,"stageName":"prod","routeKey":"send","body":"{\"text\":\"hi\"}","reply":{"status":201,"headers":{"X-A":"b"},"body":"{\"n\":1}"}}`, "select request backend response reply", "got 1", 200, "", 0, `"url":"` + backend.URL + `/us"`},
		{"a call", `{"draft":true,"stageName":"prod","routeKey":"send","body":"{\"text\":\"hi\"}","call":true}`, "select request backend response reply", "got 7", 200, "", 1, `"who":"` + backend.URL + `"`},
		{"a function", `{"draft":true,"routeKey":"ask","body":"{}","reply":{"body":"{\"statusCode\":200,\"body\":\"told\"}"}}`, "select request backend response reply", "told", 200, "", 0, ":function:ask"},
		{"a function that is called", `{"draft":true,"routeKey":"ask","body":"{}","call":true}`, "select request backend response reply", "asked", 200, "", 1, backend.URL + ", in place of AWS Lambda"},
		{"a handshake", `{"draft":true,"routeKey":"$connect","connection":{"headers":{"X-A":"b"},"query":{"q":["1","2"]}},"reply":{"body":"{\"statusCode\":403}"}}`, "select request backend response reply", `{"message":"Forbidden"}`, 403, "status 403", 0, ""},
		{"the end", `{"draft":true,"eventType":"DISCONNECT"}`, "select reply", "", 200, "", 0, ""},
		{"a template that fails", `{"draft":true,"routeKey":"bad"}`, "select request backend response!2 reply", `{"message": "Internal server error", "connectionId":"Connection0Test=", "requestId":"RequestId0Test0="}`, 500, "line 2, column 2", 0, ""},
		{"no route", `{"draft":true,"body":"{}"}`, "select!0 reply", `{"message": "Forbidden", "connectionId":"Connection0Test=", "requestId":"RequestId0Test0="}`, 403, "no route takes the message", 0, ""},
		{"the gateway itself", `{"draft":true,"routeKey":"home","body":"{}","call":true}`, "select request backend response!0 reply", `{"message": "Internal server error", "connectionId":"Connection0Test=", "requestId":"RequestId0Test0="}`, 500, "closed to backends", 0, ""},
		{"credentials of the machine", `{"draft":true,"routeKey":"meta","body":"{}","call":true}`, "select request backend response!0 reply", `{"message": "Internal server error", "connectionId":"Connection0Test=", "requestId":"RequestId0Test0="}`, 500, "closed to backends", 0, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, text := s.testRoute(t, made.id, row.body)
			if got.steps() != row.steps || got.Reply != row.reply || got.Status != row.status || !strings.Contains(got.ErrorMessage, row.cause) ||
				(got.ErrorMessage == "") != (row.cause == "") || !strings.Contains(text, row.mustContain) || strings.Contains(text, "canary") {
				t.Errorf("%s: got %s: %s", row.body, got.steps(), text)
			}
			came := 0
			for len(backend.received) > 0 {
				<-backend.received
				came++
			}
			if came != row.atBackend {
				t.Errorf("the backend got %d requests", came)
			}
		})
	}
	compareWithClient(t, s, b, made)
}

// compareWithClient: what a trial of the deployment says is what a client gets, also when the draft is another by then.
func compareWithClient(t *testing.T, s *server, b *builder, made *deployed) {
	t.Helper()
	s.mustControl(t, post, "/v2/apis/"+made.id+"/deployments", map[string]any{"stageName": "prod"})
	_, err := b.must(t.Context(), http.MethodDelete, "/v2/apis/"+made.id+"/routes/"+made.routes["ping"], nil)
	must(t, err)
	c, _, err := dial(t.Context(), handshake{url: s.data + "/" + made.id + "/prod"})
	must(t, err)
	t.Cleanup(c.drop)
	got, _ := s.testRoute(t, made.id, `{"stageName":"prod","body":"{\"action\":\"send\",\"text\":\"x\"}","call":true}`)
	if want := c.ask(t, `{"action":"send","text":"x"}`); got.Reply != want || got.Selection != "send" {
		t.Errorf("got %q of a trial, %q as a client", got.Reply, want)
	}
	served, _ := s.testRoute(t, made.id, `{"stageName":"prod","body":"{\"action\":\"ping\"}"}`)
	draft, _ := s.testRoute(t, made.id, `{"stageName":"prod","draft":true,"body":"{\"action\":\"ping\"}"}`)
	if served.RouteKey != "ping" || draft.RouteKey != "" {
		t.Errorf("got %+v of the deployment, %+v of the draft", served, draft)
	}
}

// TestTestRouteTurns: tests whose backends hang take no place of those that call nobody, and end with the node.
func TestTestRouteTurns(t *testing.T) {
	backend := newBackend()
	t.Cleanup(backend.stop)
	backend.holds()
	p := startProgram(t, t.TempDir())
	b := &builder{p.server, backend.URL}
	made, err := b.apply(t.Context(), nil, []byte(`{"routes": {"$default": {"http": "/", "reply": true}}, "deploy": "no"}`))
	must(t, err)
	path := "/gangway/apis/" + made.id + "/test"
	ask := func(who *principal, body string) (*answer, error) {
		return p.do(t.Context(), request{method: post, url: p.admin + path, service: "apigateway", body: []byte(body), key: &who.key})
	}
	var calls sync.WaitGroup
	var who [4]*principal
	for i := range who {
		who[i] = p.grant(t, "tester"+strconv.Itoa(i), 0, anything)
		for range 2 { // of each, and eight in all
			calls.Go(func() {
				if got, err := ask(who[i], `{"draft":true,"body":"{}","call":true}`); err == nil && got.text("reply") == "" {
					t.Errorf("got %+v", got)
				}
			})
			<-backend.received
		}
	}
	for _, one := range []*principal{who[0], p.grant(t, "another", 0, anything)} {
		if got, err := ask(one, `{"draft":true,"body":"{}","call":true}`); err != nil || got.status != http.StatusTooManyRequests {
			t.Errorf("one more: got %+v, %v", got, err)
		}
	}
	if got, err := ask(who[0], `{"draft":true,"body":"{}"}`); err != nil || got.status != http.StatusOK {
		t.Errorf("one that calls nobody: got %+v, %v", got, err)
	}
	p.stop(t)
	calls.Wait()
}

// TestTestRouteRefusals: what cannot be tried, and in which words that is said.
func TestTestRouteRefusals(t *testing.T) {
	s := startProgram(t, t.TempDir()).server
	b := &builder{s, ""}
	made, err := b.apply(t.Context(), nil, []byte(`{"routes": {"$default": {"mock": "pong", "reply": true}}, "deploy": "no"}`))
	must(t, err)
	for body, want := range map[string]string{
		`{}`:                               "Missing stageName",
		`{"draft":true,"routeKey":"nope"}`: "Invalid value for routeKey: expected the key of a route, got nope",
		`{"draft":true,"eventType":"GO"}`:  "Invalid value for connection: eventType: expected CONNECT, MESSAGE or DISCONNECT",
		`{"draft":true,"connection":{"nothing":1}}`:                              "Invalid value for connection: json: unknown field",
		`{"draft":true,"reply":{"status":99}}`:                                   "Invalid value for reply: status: expected 200 to 599",
		`{"draft":true,"reply":{"x":1}}`:                                         "Invalid value for reply",
		`{"draft":true,"call":true,"connection":{"domainName":"a.example.com"}}`: "cannot be chosen where the backend is called",
		`{"draft":true,"call":true,"reply":{}}`:                                  "a backend that is called answers for itself",
		`{"draft":true,"body":"` + strings.Repeat("x", 131073) + `"}`:            "Invalid value for body: longer",
		`{"draft":true,"routeKey":"$connect","body":"x"}`:                        "Invalid value for body: an event of type CONNECT has none",
	} {
		got, err := s.control(t.Context(), post, "/gangway/apis/"+made.id+"/test", json.RawMessage(body))
		if err != nil || got.status != http.StatusBadRequest || !strings.Contains(got.text("message"), want) {
			t.Errorf("%.80s: got %+v, %v, want %q", body, got, err, want)
		}
	}
	// A draft that cannot be deployed says where it is wrong.
	_, err = b.apply(t.Context(), made, []byte(`{"routes": {"wrong": {"mock": "a\n#if(", "reply": true}}, "deploy": "no"}`))
	must(t, err)
	got, text := s.testRoute(t, made.id, `{"draft":true,"body":"x"}`)
	if got.steps() != "select!0 response!2" || !strings.Contains(got.ErrorMessage, "the API cannot run") {
		t.Errorf("got %s", text)
	}
}

// TestRenderTemplate: a template is rendered within the limits of those of messages, or it is said where it is wrong.
func TestRenderTemplate(t *testing.T) {
	s := startProgram(t, t.TempDir()).server
	render := func(body map[string]any) map[string]any {
		t.Helper()
		return s.mustControl(t, post, "/gangway/render", body).object()
	}
	got := render(map[string]any{
		"template": "$input.path('$.n') $context.connectionId $stageVariables.a", "body": `{"n":1}`,
		"context": map[string]any{"connectionId": "c1"}, "stageVariables": map[string]string{"a": "b"},
	})
	if got["output"] != "1 c1 b" {
		t.Errorf("got %v", got)
	}
	got = render(map[string]any{"template": "$input.path('$.n') $context.status", "reply": map[string]any{"status": 404, "body": `{"n":2}`}})
	if got["output"] != "2 404" {
		t.Errorf("got %v", got)
	}
	const bomb = "#set($x='xxxxxxxxxxxxxxxx')#foreach($i in [1..1000])#set($x=$x+$x)#end"
	for template, line := range map[string]float64{"a\n#if(": 2, "\n\n$input.nothing()": 3, bomb: 1} {
		got := render(map[string]any{"template": template})
		fault, _ := got["error"].(map[string]any)
		if fault["line"] != line || fault["message"] == "" {
			t.Errorf("%q: got %v", template, got)
		}
	}
	var calls sync.WaitGroup
	for range 32 { // more than there may be at a time
		calls.Go(func() {
			got, err := s.control(t.Context(), post, "/gangway/render", map[string]any{"template": "#foreach($i in [1..900])#foreach($j in [1..90])#end#end"})
			if err != nil || got.status != http.StatusOK && got.status != http.StatusTooManyRequests {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
	calls.Wait()
	for body, want := range map[string]string{
		`{"template":"","context":{"x":1}}`: "Invalid value for context", `{"template":"","stageVariables":{"a-b":"c"}}`: "Invalid stage variable name",
		`{"template":1}`: "expected a string",
	} {
		got, err := s.control(t.Context(), post, "/gangway/render", json.RawMessage(body))
		if err != nil || got.status != http.StatusBadRequest || !strings.Contains(got.text("message"), want) {
			t.Errorf("%s: got %+v, %v, want %q", body, got, err, want)
		}
	}
}
