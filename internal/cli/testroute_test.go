package cli_test

import (
	"strings"
	"testing"
)

const testedStage = `{"stageName":"prod","deploymentId":"d1","routeSettings":{},"stageVariables":{"backend":"h:1"},"tags":{}}`

// TestTestRoute: each step that a message takes is told, and nobody is called but the control plane.
func TestTestRoute(t *testing.T) {
	event := write(t, "event.json", `{"connectionId":"c1","requestId":"q1","messageId":"m1","requestTimeEpoch":7,"connectedAt":5}`)
	reply := write(t, "reply.json", `{"nick":"bob"}`)
	for name, c := range map[string]struct {
		code int
		args []string
	}{
		"request":  {0, []string{`{"action":"join","name":"b"}`}},
		"reply":    {0, []string{`{"action":"join","name":"b"}`, "--reply", reply}},
		"default":  {0, []string{"join", "--body", `{"name":"b"}`, "--reply", "plain words", "--reply-status", "500"}},
		"model":    {1, []string{`{"action":"join"}`}},
		"none":     {1, []string{`{"action":"leave"}`}},
		"text":     {1, []string{`hello`}},
		"function": {0, []string{`{"action":"ask"}`, "--reply", `{"statusCode":200,"body":"yes"}`}},
		"silent":   {0, []string{`{"action":"ask"}`}},
		"bad":      {1, []string{`{"action":"ask"}`, "--reply", "no proxy response"}},
		"service":  {0, []string{`{"action":"queue"}`, "--reply", "{}"}},
		"mock":     {0, []string{`{"action":"ping"}`}},
		"lost":     {1, []string{`{"action":"lost"}`}},
		"connect":  {0, []string{"--connect", "--reply", "{}", "--reply-header", "X-A: b"}},
		"refused":  {1, []string{"$connect", "--reply", "{}", "--reply-status", "403"}},
		"leaving":  {0, []string{"$disconnect", "--reply", "{}"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := chatPlane(t, testedStage, "tested.json", "")
			got := run(t, f.env(), "", append([]string{"test-route", "a1", "--stage", "prod", "--event", event}, c.args...)...)
			if got.code != c.code || (got.code == 0) != (got.stderr == "") {
				t.Fatalf("%+v", got)
			}
			golden(t, "testroute_"+name+".txt", got.stdout+got.stderr)
			if asked := f.asked(); strings.Count(asked, "\n") != 2 || strings.Contains(asked, "POST") {
				t.Errorf("asked %s", asked)
			}
		})
	}
}

// TestTestRouteDraft: with --draft, what is tested is what is defined, also where nothing is deployed.
func TestTestRouteDraft(t *testing.T) {
	const bare = `{"stageName":"prod","routeSettings":{},"stageVariables":{"backend":"h:1"},"tags":{}}`
	f := chatPlane(t, bare, "", "tested.json")
	got := run(t, f.env(), "", "test-route", "a1", "ping", "--stage", "prod", "--draft")
	if got.code != 0 || !strings.Contains(got.stdout, "pong") {
		t.Errorf("%+v", got)
	}
	got = run(t, f.env(), "", "test-route", "a1", "ping", "--stage", "prod")
	if got.code != 1 || !strings.Contains(got.stderr, "has no deployment") {
		t.Errorf("%+v", got)
	}
}

// TestTestRouteNotes: what cannot work is told of the route that is tested, and of no other.
func TestTestRouteNotes(t *testing.T) {
	const note = "messages are not validated"
	f := chatPlane(t, testedStage, "tested.json", "")
	const path = "GET /v2/apis/a1/snapshot?stageName=prod"
	f.answers[path] = strings.Replace(f.answers[path], `"modelSelectionExpression": "\\$default", `, "", 1)
	for message, want := range map[string]int{
		`{"action":"join","name":"b"}`: 1, `{"action":"ping"}`: 0, `{"action":"none"}`: 0,
	} {
		got := run(t, f.env(), "", "test-route", "a1", message, "--stage", "prod")
		if strings.Count(got.stdout, note) != want || !strings.HasPrefix(got.stdout, "route: ") {
			t.Errorf("%s: %+v, want %d of %q", message, got, want, note)
		}
	}
}

// TestTestRouteDomain: an event names the API as its clients do, unless the user has another name.
func TestTestRouteDomain(t *testing.T) {
	named := write(t, "event.json", `{"domainName":"chat.example.com"}`)
	for want, args := range map[string][]string{
		`"domainName": "localhost:8080/a1"`: nil, `"domainName": "chat.example.com"`: {"--event", named},
	} {
		f := chatPlane(t, testedStage, "tested.json", "")
		got := run(t, f.env(), "", append([]string{"test-route", "a1", "ask", "--stage", "prod"}, args...)...)
		if got.code != 0 || !strings.Contains(got.stdout, want) {
			t.Errorf("%+v, want %s", got, want)
		}
	}
}

// TestTestRouteOfNone: an API need not have a route for clients that come and go, nor a stage a certificate that is here.
func TestTestRouteOfNone(t *testing.T) {
	stage := strings.Replace(testedStage, "{", `{"clientCertificateId":"c9",`, 1)
	f := chatPlane(t, stage, "chat.json", "")
	got := run(t, f.env(), "", "test-route", "a1", "$disconnect", "--stage", "prod")
	if got.code != 0 || !strings.Contains(got.stdout, "no such route") || !strings.Contains(got.stdout, "certificate c9") {
		t.Errorf("%+v", got)
	}
}

func TestTestRouteErrors(t *testing.T) {
	connect := write(t, "event.json", `{"eventType":"CONNECT"}`)
	for _, c := range []struct {
		code       int
		args, want string
	}{
		{2, "", "--stage"},
		{2, "--stage prod --reply-status 99", "expected 200 to 599"},
		{2, "--stage prod --reply-header x", "--reply-header: expected 'NAME: VALUE'"},
		{2, "--stage prod --reply - --body -", "only one of the files can be -"},
		{2, "--stage prod join --connect", "can't be used together"},
		{2, "--stage prod jion --body {}", "the keys are $connect, $disconnect, ask, join"},
		{2, "--stage prod join --event " + connect, "the route join has no events of type CONNECT"},
		{1, "--stage none", "calling the GetStage operation"},
	} {
		f := chatPlane(t, testedStage, "tested.json", "")
		got := run(t, f.env(), "", append([]string{"test-route", "a1"}, strings.Fields(c.args)...)...)
		if got.code != c.code || !strings.Contains(got.stderr, c.want) || got.stdout != "" {
			t.Errorf("%s: %+v, want %d and %q", c.args, got, c.code, c.want)
		}
	}
}
