package program_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"gangway/internal/gateway"
	"gangway/internal/lambda"
	"gangway/internal/program"
)

// recording is a backend that keeps the requests it is sent.
type recording struct{ last *http.Request }

func (r *recording) RoundTrip(request *http.Request) (*http.Response, error) {
	r.last = request
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
}

// FuzzSelect: a message goes where the value of the route selection expression, written out, says it goes.
func FuzzSelect(f *testing.F) {
	for _, seed := range []string{
		`{"action":"join"}`, `{"action":"join","action":"leave"}`, `{"action":["join"]}`, `{"action":{"a":0}}`, `{"action":"jo\u0069n"}`,
		`{"a":{"b":"x"},"action":"j"}`, `{"Action":"join"}`, `{"action":"join"`, `[{"action":"join"}]`, `"join"`, `{"action":12}`, `{"action":1e2}`,
		`{"action":"join "}`, `{"action":"$default"}`, `{"action":"","a":{"b":"join"}}`, `{"action":null}`, "{\"action\":\"\xff\"}", "",
	} {
		f.Add([]byte(seed))
	}
	type api struct {
		snapshot *gateway.Snapshot
		program  *program.Program
		keys     []string
	}
	var apis []api
	for _, selection := range []string{"$request.body.action", "${request.body.action}/${request.body.a.b}", "$request.body", "$request.body.action[0]"} {
		for _, keys := range [][]string{{"join", "leave", "12", "100.0", "/x", "j/x", "/join", "\uFFFD"}, {"join", "{a=0}", "[join]", "{action=join}", "/{}"}} {
			s := mockAPI(selection, append(keys, "$default")...)
			apis = append(apis, api{s, compile(f, s, program.Env{}), keys})
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, a := range apis {
			want := "$default"
			if value, err := program.SelectionValue(a.snapshot, body); err == nil && slices.Contains(a.keys, value) {
				want = value
			}
			if got := a.program.Select(body).Key(); got != want {
				t.Errorf("%s of %q: got %s, want %s", a.snapshot.API.RouteSelectionExpression, body, got, want)
			}
		}
	})
}

// FuzzMapping: whatever a client sends, nothing that is mapped into a request ends a line, and the host stays.
func FuzzMapping(f *testing.F) {
	for _, seed := range []string{
		`{"a":"x"}`, `{"a":"x\r\nHost: y"}`, `{"a":["\u0000"]}`, `{"a":{"b":"\n"}}`, "a\nb", `{"a":"../..//@evil"}`,
		`{"n":"Host","a":"evil"}`, `{"n":"transfer-encoding","a":"chunked"}`, `{"n":"X-A","a":"b"}`, `{"n":"X\r\nY","a":"b"}`, `{"n":["X"],"a":1}`,
	} {
		f.Add([]byte(seed))
	}
	f.Setenv("AWS_ACCESS_KEY_ID", "")
	client, err := lambda.New(f.Context(), lambda.Config{Region: "us-east-1"})
	if err != nil {
		f.Fatal(err)
	}
	backend := &recording{}
	var programs []*program.Program
	for kind, uri := range map[gateway.Kept]string{
		gateway.IntegrationHTTPProxy: "http://backend:80/x/{p}/y?z={p}", gateway.IntegrationHTTP: "http://backend:80/x/{p}/y?z={p}",
		gateway.IntegrationAWS: "arn:aws:apigateway:us-east-1:sqs:path/x/{p}/y?z={p}",
	} {
		s := httpAPI(uri, time.Minute, gateway.Map{
			"integration.request.header.h": "route.request.body.a", "integration.request.querystring.q": "route.request.body",
			"integration.request.path.p": "route.request.body.a", "integration.request.header.X-Amz-Target": "route.request.body.a",
		})
		s.Integrations[0].IntegrationType, s.Integrations[0].RequestTemplates = kind, nil
		programs = append(programs, compile(f, s, program.Env{
			HTTP: backend, Lambda: client, Endpoint: func(string) string { return "http://backend:80" },
		}))
	}
	overriding := httpAPI("http://backend:80/x/{p}/y?z={p}", time.Minute, gateway.Map{"integration.request.path.p": "'p'"})
	overriding.Integrations[0].IntegrationType = gateway.IntegrationHTTP
	overriding.Integrations[0].RequestTemplates = gateway.Map{"$default": `#set($o = $context.requestOverride)#set($in = $input.path('$'))` +
		`#set($o.header[$in.n] = $in.a)#set($o.querystring[$in.n] = $in.a)#set($o.path.p = $in.a)`}
	programs = append(programs, compile(f, overriding, program.Env{HTTP: backend}))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, p := range programs {
			backend.last = nil
			_, err := p.Select(body).Run(t.Context(), message(string(body)))
			backend.check(t, body, err)
		}
	})
}

// check wants a request that is as the definition has it, or none and a good reason.
func (r *recording) check(t *testing.T, body []byte, err error) {
	t.Helper()
	if err != nil {
		if r.last != nil || !errors.Is(err, gateway.ErrInvalid) && !errors.Is(err, gateway.ErrConfiguration) {
			t.Fatalf("%q: %v, called: %v", body, err, r.last != nil)
		}
		return
	}
	target := r.last.URL.RequestURI()
	if strings.ContainsAny(target, "\r\n\x00 ") || r.last.URL.Host != "backend:80" ||
		!strings.HasPrefix(target, "/x/") || strings.Count(r.last.URL.EscapedPath(), "/") != 3 {
		t.Fatalf("%q: target %q at %s", body, target, r.last.URL.Host)
	}
	for name, values := range r.last.Header {
		if strings.ContainsAny(name+strings.Join(values, ""), "\r\n\x00") {
			t.Fatalf("%q: header %q: %q", body, name, values)
		}
		if slices.Contains(framing, http.CanonicalHeaderKey(name)) {
			t.Fatalf("%q: header %q: %q is not the definition's to send", body, name, values)
		}
	}
}

// framing are the fields by which a request is framed and routed.
var framing = []string{
	"Connection", "Content-Length", "Expect", "Host", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

// FuzzModel: whatever a client sends, what is said of it in a log is one line, and short.
func FuzzModel(f *testing.F) {
	for _, seed := range []string{`{"a":1}`, `{"s":"x\r\ny"}`, `{"n":1e999999}`, `{"o":{"\n":1}}`, "{\"o\":{\"\x7fn\":1}}", `[`, "\xff", `{"l":[1,1,"x",null]}`} {
		f.Add([]byte(seed))
	}
	s := mockAPI("$request.body.action", "$default")
	s.Routes[0].ModelSelectionExpression, s.Routes[0].RequestModels = `\$default`, gateway.Map{"$default": "All"}
	s.Models = []gateway.Model{{ModelSettings: gateway.ModelSettings{Name: "All", Schema: `{"type":"object","required":["a"],
		"properties":{"a":{"type":"string","pattern":"^x$"},"s":{"maxLength":1,"enum":["a"]},"n":{"minimum":1,"multipleOf":0.1},
		"o":{"additionalProperties":false,"minProperties":1},"l":{"uniqueItems":true,"items":{"anyOf":[{"type":"integer"},{"type":"null"}]}}}}`}}}
	p := compile(f, s, program.Env{})
	f.Fuzz(func(t *testing.T, body []byte) {
		_, err := p.Select(body).Run(t.Context(), message(string(body)))
		if err == nil {
			return
		}
		wrong, ok := errors.AsType[*program.ValidationError](err)
		if !ok || !errors.Is(err, gateway.ErrInvalid) || len(wrong.Details) > 1<<10 || !utf8.ValidString(wrong.Details) ||
			strings.ContainsFunc(wrong.Details, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Errorf("%q: got %q, %v", body, wrong, err)
		}
	})
}
