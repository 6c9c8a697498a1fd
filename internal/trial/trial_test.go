package trial_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"gangway/internal/gateway"
	"gangway/internal/trial"
)

// subject is what the tests try: an API with an integration of each type, in JSON as the control plane has it.
func subject(t *testing.T) trial.Subject {
	t.Helper()
	text, err := os.ReadFile("testdata/api.json")
	if err != nil {
		t.Fatal(err)
	}
	s := trial.Subject{Key: gateway.StageKey{API: "a1", Stage: "prod"}, Domain: "localhost:8080/a1"}
	s.Stage.StageVariables = gateway.Map{"backend": "backend.invalid"}
	if err := json.Unmarshal(text, &s.Snapshot); err != nil {
		t.Fatal(err)
	}
	return s
}

// words stand for those of the door of clients.
var words = trial.Words{
	Frame: func(err error, _ *gateway.Event) []byte { return []byte("frame: " + kind(err)) },
	Refusal: func(err error) (int, string) {
		if status, ok := errors.AsType[*statusError](err); ok {
			return status.status, "refused"
		}
		return 500, kind(err)
	},
	RefusedWith: func(status int) error { return &statusError{status} },
}

type statusError struct{ status int }

func (e *statusError) Error() string { return fmt.Sprint("status ", e.status) }

// kind is what of an error a client may know.
func kind(err error) string {
	if shown, ok := errors.AsType[*gateway.Error](err); ok {
		return shown.Message
	}
	return "internal"
}

// run tries a route, or a message that selects its own.
func run(t *testing.T, s trial.Subject, key, body string, with func(*trial.Config)) *trial.Result {
	t.Helper()
	try, err := s.Try(key, &trial.Given{ConnectionID: "c1", Body: body}, nil)
	if err != nil {
		t.Fatal(err)
	}
	cfg := &trial.Config{Subject: s, Try: try, Words: words}
	if with != nil {
		with(cfg)
	}
	result, err := trial.Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// brief are the steps of a result, one in a line: name, title, text, fault.
func brief(r *trial.Result) string {
	var out strings.Builder
	for _, s := range r.Steps {
		fmt.Fprintf(&out, "%s: %s", s.Name, s.Title)
		if s.Text != "" {
			fmt.Fprintf(&out, " | %s", strings.Join(strings.Fields(s.Text), " "))
		}
		if s.Error != nil {
			fmt.Fprintf(&out, " ! %d:%d %s", s.Error.Line, s.Error.Column, s.Error.Message)
		}
		out.WriteByte('\n')
	}
	return out.String()
}

func answers(status int, body string) func(*trial.Config) {
	return func(cfg *trial.Config) { cfg.Answer = &trial.Answer{Status: status, Body: body} }
}

// TestSteps: each kind of route, and each place where a message may end.
func TestSteps(t *testing.T) {
	const proxied = `{"statusCode":200,"body":"yes"}`
	for _, c := range []struct {
		name, key, body string
		with            func(*trial.Config)
		want            []string // lines, in order; one that ends with … is the beginning
		reply           string
		status          int
		cause           string
	}{
		{
			"MOCK", "", `{"action":"ping"}`, nil, []string{
				"select: ping ($request.body.action is ping)", `request: template $default | {"statusCode": 200}`,
				`backend: none: nobody is asked by MOCK | {"statusCode": 200}`, "response: status 200…", "reply: a text message of 4 bytes | pong",
			}, "pong", 200, "",
		},
		{
			"HTTP with model, parameters and templates", "", `{"action":"join","name":"b"}`, answers(201, `{"nick":"bob"}`), []string{
				"select: join ($request.body.action is join)", "model: joining (key $default): the message is valid",
				`request: template $default | {"who": "b"}`, `backend: POST http://backend.invalid/rooms/lobby?n=b | {"who": "b"}`,
				`response: status 201 | {"nick":"bob"}`, "reply: a text message of 13 bytes | joined as bob",
			}, "joined as bob", 200, "",
		},
		{
			"HTTP that nobody answers", "", `{"action":"join","name":"b"}`, nil, []string{
				"select: join…", "model: joining…", "request: template…", "backend: POST…", "reply: not known: the backend has not answered",
			}, "", 0, "",
		},
		{
			"a message that does not follow the model", "", `{"action":"join"}`, answers(200, ""), []string{
				"select: join…", `model: joining (key $default): the message is not valid: [object has missing required properties (["name"])] ! 0:0 program: Bad request body…`,
				"reply: an error frame | frame: Bad request body",
			}, "frame: Bad request body", 500, "missing required properties",
		},
		{
			"no route", "", `{"action":"leave"}`, nil, []string{
				"select: none ($request.body.action is leave; the keys are $connect, $disconnect, ask, broken, broken-mock, join, late, lost, make, ping, queue) ! 0:0 no route takes…",
				"reply: an error frame | frame: Forbidden",
			}, "frame: Forbidden", 500, "no route takes the message",
		},
		{
			"no JSON", "", `hello`, nil, []string{
				"select: none ($request.body.action has no value: json path: the body is not JSON; …", "reply: an error frame | frame: Forbidden",
			}, "frame: Forbidden", 500, "no route takes the message",
		},
		{
			"a route without a target", "", `{"action":"lost"}`, nil, []string{
				"select: lost…", "backend: none: the route has no target ! 0:0 program: Internal server error: the route has no target",
				"reply: an error frame | frame: Internal server error",
			}, "frame: Internal server error", 500, "no target",
		},
		{
			"Lambda, proxy", "", `{"action":"ask"}`, answers(200, proxied), []string{
				"select: ask…", "request: passed on as it is", `backend: invoke arn:aws:lambda:us-east-1:000000000000:function:ask | { "stageVariables": {…`,
				"response: status 200 | yes", "reply: a text message of 3 bytes | yes",
			}, "yes", 200, "",
		},
		{
			"Lambda, proxy, that answers otherwise", "", `{"action":"ask"}`, answers(200, "text"), []string{
				"select: ask…", "request: passed on as it is", "backend: invoke…", "response: none that is of use ! 0:0 integration: Internal server error: arn:…",
				"reply: an error frame…",
			}, "frame: Internal server error", 500, "not a proxy response",
		},
		{
			"Lambda, custom", "make", `{"n":1}`, answers(200, `{"n":2}`), []string{
				"select: make, as it was named", `request: template $default | {"sent": {"n":1}}`,
				`backend: invoke arn:aws:lambda:us-east-1:000000000000:function:make | {"sent": {"n":1}}`,
				`response: status 200 of the function | {"n":2}`, "reply: a text message of 6 bytes | made 2",
			}, "made 2", 200, "",
		},
		{
			"a service of AWS", "", `{"action":"queue"}`, answers(200, `{}`), []string{
				"select: queue…", "request: passed on as it is", `backend: POST /000000000000/chat, the service sqs of AWS | {"action":"queue"}`,
				"response: status 200 | {}", "reply: none: the route has no route response",
			}, "", 200, "",
		},
		{
			"a request template that fails", "", `{"action":"broken"}`, answers(200, `{}`), []string{
				"select: broken…", "request: template $default: there is no request ! 2:3 …", "reply: an error frame | frame: Internal server error",
			}, "frame: Internal server error", 500, "line 2, column 3",
		},
		{
			"no request template", "", `{"action":"late"}`, func(cfg *trial.Config) {
				for i := range cfg.Snapshot.Integrations {
					cfg.Snapshot.Integrations[i].PassthroughBehavior = "NEVER"
				}
			}, []string{
				"select: late…", "request: there is no request ! 0:0 Unsupported Media Type", "reply: an error frame | frame: Unsupported Media Type",
			}, "frame: Unsupported Media Type", 500, "Unsupported Media Type",
		},
		{
			"a response template that fails", "", `{"action":"late"}`, answers(200, `{}`), []string{
				"select: late…", "request: passed on as it is", "backend: POST http://backend.invalid/…", "response: status 200 | {} ! 3:2 …",
				"reply: an error frame | frame: Internal server error",
			}, "frame: Internal server error", 500, "line 3, column 2",
		},
		{
			"a MOCK whose template makes no JSON", "", `{"action":"broken-mock"}`, nil, []string{
				"select: broken-mock…", "request: template $default | none", "backend: none: nobody is asked by MOCK | none ! 0:0 …", "reply: an error frame…",
			}, "frame: Internal server error", 500, "template of a MOCK",
		},
		{
			"$connect", "$connect", "", answers(200, `{}`), []string{
				"select: $connect, as it was named", `request: template $default | {"who": ""}`, "backend: POST…", "response: status 200 | {}",
				"reply: 101 Switching Protocols",
			}, "", 200, "",
		},
		{
			"$connect that is refused", "$connect", "", answers(403, `{}`), []string{
				"select: $connect…", "request: template…", "backend: POST…", "response: status 403 | {}", "reply: the handshake is refused: 403 refused",
			}, "refused", 403, "status 403",
		},
		{
			"$disconnect", "$disconnect", "", answers(200, `{}`), []string{
				"select: $disconnect, as it was named", "request: passed on as it is", "backend: POST…", "response: status 200 | {}", "reply: none: the client is gone",
			}, "", 200, "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := run(t, subject(t), c.key, c.body, c.with)
			lines := strings.Split(strings.TrimSuffix(brief(r), "\n"), "\n")
			same := len(lines) == len(c.want)
			for i := 0; same && i < len(lines); i++ {
				start, open := strings.CutSuffix(c.want[i], "…")
				same = lines[i] == c.want[i] || open && strings.HasPrefix(lines[i], start)
			}
			if !same {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(c.want, "\n"))
			}
			if r.Reply != c.reply || r.Status != c.status || !strings.Contains(r.ErrorMessage, c.cause) || (r.Err == nil) != (c.cause == "") {
				t.Errorf("got reply %q, status %d, cause %q", r.Reply, r.Status, r.ErrorMessage)
			}
		})
	}
}

// TestDetail: what programs read of the steps.
func TestDetail(t *testing.T) {
	s := subject(t)
	s.Stage.ClientCertificateID = "c9"
	r := run(t, s, "", `{"action":"join","name":"b"}`, answers(201, `{"nick":"bob"}`))
	got, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"routeKey":"join","selection":"join"`, `"notes":["the backend is shown the client certificate c9"]`,
		`"detail":{"model":"joining","key":"$default","valid":true}`,
		`"detail":{"template":"$default","headers":[{"name":"X-Connection","value":"c1"}],"query":[{"name":"n","value":"b"}],"path":[{"name":"room","value":"lobby"}]}`,
		`"integrationId":"http","integrationType":"HTTP","vpcLinkId":"v1","method":"POST","url":"http://backend.invalid/rooms/lobby?n=b"`,
		`"called":false,"status":201`, `"integrationResponseKey":"/2\\d\\d/"`, `"reply":"joined as bob","status":200`,
	} {
		if !strings.Contains(string(got), want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
}

// TestSecrets: where a trial is not for the eyes of its maker alone, what proves who somebody is stays out.
func TestSecrets(t *testing.T) {
	s := subject(t)
	parameters := s.Snapshot.Integrations[0].RequestParameters
	parameters["integration.request.header.Authorization"] = "'canary'"
	parameters["integration.request.header.x-api-key"] = "stageVariables.token"
	s.Stage.StageVariables["token"] = "canary"
	for _, discreet := range []bool{false, true} {
		r := run(t, s, "", `{"action":"join","name":"b"}`, func(cfg *trial.Config) {
			cfg.Discreet = discreet
			cfg.Answer = &trial.Answer{Status: 200, Headers: map[string]trial.Values{"set-cookie": {"canary"}}, Body: "{}"}
		})
		got, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(got), "canary"); discreet && n > 0 || !discreet && n != 5 {
			t.Errorf("discreet %v: shown %d times in %s", discreet, n, got)
		}
	}
}

// TestUnfit: what keeps an API from running is told with its place, whatever the message is.
func TestUnfit(t *testing.T) {
	s := subject(t)
	s.Snapshot.Integrations[0].RequestTemplates = gateway.Map{"$default": "ok", "other": "{\n  #if($x) open"}
	s.Snapshot.Integrations[0].Responses[0].ResponseTemplates = gateway.Map{"$default": "#end"}
	try, err := s.Try("", &trial.Given{Body: `{"action":"ping"}`}, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = trial.Run(t.Context(), &trial.Config{Subject: s, Try: try, Words: words})
	unfit, ok := errors.AsType[*trial.UnfitError](err)
	if !ok || !errors.Is(err, gateway.ErrInvalid) {
		t.Fatalf("got %v", err)
	}
	got := brief(&trial.Result{Steps: unfit.Steps})
	for _, want := range []string{
		"select: the API cannot run ! 0:0 ", "request: integration http: request template other ! 2:", "response: integration http: integration response /2\\d\\d/: template $default ! 1:1 ",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

// TestNoSuchRoute: an API need not have a route for clients that come and go.
func TestNoSuchRoute(t *testing.T) {
	s := subject(t)
	s.Snapshot.Routes = s.Snapshot.Routes[1:2]
	for _, key := range []string{"$connect", "$disconnect"} {
		r := run(t, s, key, "", nil)
		if want := "select: " + key + ", as it was named\nreply: the API has no such route: a client may come and go\n"; brief(r) != want || r.Status != 200 {
			t.Errorf("got %s, %d", brief(r), r.Status)
		}
	}
}

// TestTold: a trial ends when who is told of it wants no more.
func TestTold(t *testing.T) {
	s := subject(t)
	try, err := s.Try("ping", &trial.Given{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	enough := errors.New("enough")
	for most := range 5 {
		told := 0
		r, err := trial.Run(t.Context(), &trial.Config{Subject: s, Try: try, Words: words, Told: func(*trial.Step) error {
			if told++; told > most {
				return enough
			}
			return nil
		}})
		if !errors.Is(err, enough) || told != most+1 || len(r.Steps) != told {
			t.Errorf("after %d: told of %d, %v", most, told, err)
		}
	}
}
