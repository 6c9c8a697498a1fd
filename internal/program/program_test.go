package program_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"gangway/internal/authorizer"
	"gangway/internal/gateway"
	"gangway/internal/integration"
	"gangway/internal/program"
	"gangway/internal/sigv4"
)

// mockAPI is the snapshot of an API whose routes all lead to one MOCK integration and back.
func mockAPI(selection string, keys ...string) *gateway.Snapshot {
	s := &gateway.Snapshot{Integrations: []gateway.DeployedIntegration{{
		Integration: gateway.Integration{IntegrationID: "mock", IntegrationSettings: gateway.IntegrationSettings{
			IntegrationType: gateway.IntegrationMock, RequestTemplates: gateway.Map{"$default": `{"statusCode": 200}`},
		}},
		Responses: []gateway.IntegrationResponse{{IntegrationResponseSettings: gateway.IntegrationResponseSettings{
			IntegrationResponseKey: "$default", ResponseTemplates: gateway.Map{"$default": "pong"},
		}}},
	}}}
	s.API.RouteSelectionExpression = selection
	for i, key := range keys {
		s.Routes = append(s.Routes, gateway.DeployedRoute{
			Route: gateway.Route{
				RouteID: fmt.Sprintf("r%d", i), RouteSettings: gateway.RouteSettings{RouteKey: key, Target: "integrations/mock"},
			},
			Responses: []gateway.RouteResponse{{RouteResponseSettings: gateway.RouteResponseSettings{RouteResponseKey: "$default"}}},
		})
	}
	locate(s)
	return s
}

// httpAPI is the snapshot of an API with one two-way route, $default, to an HTTP backend.
func httpAPI(uri string, timeout time.Duration, parameters gateway.Map) *gateway.Snapshot {
	s := mockAPI("$request.body.action", "$default")
	settings := &s.Integrations[0].IntegrationSettings
	settings.IntegrationType, settings.IntegrationMethod = gateway.IntegrationHTTPProxy, "POST"
	settings.IntegrationURI, settings.RequestParameters = gateway.Kept(uri), parameters
	settings.TimeoutInMillis = int(timeout.Milliseconds())
	return s
}

func compile(tb testing.TB, s *gateway.Snapshot, env program.Env) *program.Program {
	tb.Helper()
	p, err := program.Compile(s, env)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func message(body string) *gateway.Event {
	return &gateway.Event{
		Type: gateway.EventMessage, Connection: &gateway.Connection{ID: "SOqGjdZioAMCEeg=", API: "a", Stage: "s"},
		RequestID: "SOqIDEacoAMFaHQ=", RouteKey: "$default", Time: time.UnixMilli(1652692211000), Body: []byte(body),
	}
}

// TestSelect has "Working with routes for WebSocket APIs" of the API Gateway developer guide, and its table of selection
// expressions; what it leaves open is a guess that keeps clients from the reserved routes.
func TestSelect(t *testing.T) {
	const chat = `{"service":"chat","action":"join","data":{"room":"room1234"},"n":5,"list":["item1","item2"],"no":null}`
	for _, test := range []struct {
		selection, body, keys, want string // want empty: no route
	}{
		{"$request.body.action", chat, "join $default", "join"},
		{"${request.body.action}", chat, "join", "join"},
		{"${request.body.service}/${request.body.action}", chat, "chat/join", "chat/join"},
		{"${request.body.action}-${request.body.invalidPath}", chat, "join-", "join-"},
		{"$request.body.action", `{"action":"joinjoin"}`, "join", ""},
		{"${request.body.a}${request.body.b}", `{"a":"jo","b":"in"}`, "join", "join"},
		{"${request.body.a}${request.body.b}", `{"a":"join","b":"in"}`, "join", ""},
		{"${request.body.a}${request.body.b}", `{"a":"joinjoin","b":""}`, "join", ""},
		{"action", chat, "action", "action"},
		{"action", "not JSON", "action $default", "action"},
		{`\$default`, chat, "$default $connect", "$default"},
		{"$request.body.data.room", chat, "room1234", "room1234"},
		{"$request.body.n", chat, "5", "5"},
		{"$request.body.list", chat, "[item1, item2]", ""}, // the key is split at its blank: see below
		{"$request.body.list[1]", chat, "item2", "item2"},
		{"$request.body.no", chat, "null $default", "$default"},
		{"$request.body.action", chat, "Join", ""},
		{"$request.body.action", chat, "leave $default", "$default"},
		{"$request.body.action", "hello", "join $default", "$default"},
		{"$request.body.action", "hello", "join", ""},
		{"$request.body.action", "", "join $default", "$default"},
		{"$request.body.action", "5", "join $default", "$default"},
		{"$request.body.action", `"x"`, "join $default", "$default"},
		{"$request.body.action", `[1]`, "join $default", "$default"},
		{"$request.body.action", `{"action":"join"`, "join $default", "$default"},
		{"$request.body.action", `{"action":"$connect"}`, "$connect $disconnect $default", "$default"},
		{"$request.body.action", `{"action":"$disconnect"}`, "$connect $disconnect", ""},
		{"$request.body.action", `{"action":"$default"}`, "join $default", "$default"},
		{"$request.body.action", `{"action":"$default"}`, "join", ""},
		{"$request.body.action", `{"action":"` + strings.Repeat("x", 1000) + `"}`, "join $default", "$default"},
	} {
		p := compile(t, mockAPI(test.selection, strings.Fields(test.keys)...), program.Env{})
		got := ""
		if route := p.Select([]byte(test.body)); route != nil {
			got = route.Key()
		}
		if got != test.want {
			t.Errorf("%s of %.60q: got %q, want %q", test.selection, test.body, got, test.want)
		}
	}
	p := compile(t, mockAPI("$request.body.list", "[item1, item2]"), program.Env{})
	if route := p.Select([]byte(chat)); route == nil {
		t.Error("a list has no route")
	}
}

func TestReservedRoutes(t *testing.T) {
	p := compile(t, mockAPI("$request.body.action", "join"), program.Env{})
	if p.Connect() != nil || p.Disconnect() != nil || !p.ExecuteAPI() {
		t.Error("an API without reserved routes has some, or no execute-api name")
	}
	s := mockAPI("$request.body.action", "$connect", "$disconnect")
	s.API.DisableExecuteAPIEndpoint = true
	p = compile(t, s, program.Env{})
	if p.Connect().Key() != "$connect" || p.Disconnect().Key() != "$disconnect" || p.ExecuteAPI() {
		t.Error("the reserved routes are not there, or the execute-api name is")
	}
}

// TestCompileErrors: all that is wrong is in the one error that a client is shown.
func TestCompileErrors(t *testing.T) {
	long := mockAPI("$request.body.action", "a", strings.Repeat("é", 5000), strings.Repeat("é", 5000))
	many := mockAPI("$request.body.action", slices.Repeat([]string{"a"}, 60)...)
	wide := mockAPI("$request.body.action", slices.Repeat([]string{strings.Repeat("a", 128)}, 60)...)
	twice := mockAPI("$request.body.action", "a")
	twice.Integrations[0].TemplateSelectionExpression = "$b$c"
	for name, test := range map[string]struct {
		snapshot *gateway.Snapshot
		want     []string // faults; the beginning will do
		more     string
	}{
		"two":  {mockAPI("${request.body.action", "a", "a"), []string{"routeSelectionExpression: ", "route 'a': there are two"}, ""},
		"one":  {twice, []string{"integration mock: requestTemplates: ", "integration mock: requestTemplates: "}, ""},
		"long": {long, []string{"route 'é"}, ""},
		"many": {many, slices.Repeat([]string{"route 'a': there are two"}, 50), "and 9 more"},
		"wide": {wide, slices.Repeat([]string{"route 'aaa"}, 21), "and 38 more"},
	} {
		_, err := program.Compile(test.snapshot, program.Env{})
		shown, ok := errors.AsType[*gateway.Error](err)
		if !ok || err.Error() != shown.Message || !errors.Is(err, gateway.ErrInvalid) || len(shown.Message) > 4<<10 || !utf8.ValidString(shown.Message) {
			t.Errorf("%s: got %T %v", name, err, err)
			continue
		}
		faults := strings.Split(shown.Message, "; ")
		if test.more != "" {
			test.want = append(test.want, test.more)
		}
		if !slices.EqualFunc(faults, test.want, strings.HasPrefix) {
			t.Errorf("%s: got %q", name, faults)
		}
	}
}

func TestAuthorize(t *testing.T) {
	key := sigv4.Key{ID: "AKIAEXAMPLE", Secret: "secret"}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	verifier := &sigv4.Verifier{
		Region: "us-east-1", Service: "execute-api", Now: func() time.Time { return now },
		Keys: func(id string) (sigv4.Key, bool) { return key, id == key.ID },
	}
	handshake := func(t *testing.T, sign func(*http.Request)) *authorizer.Request {
		t.Helper()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost:8080/a/s", http.NoBody)
		r.RequestURI = "" // as of a client
		sign(r)
		r.RequestURI = r.URL.RequestURI()
		return &authorizer.Request{HTTP: r, Event: &gateway.Event{Type: gateway.EventConnect}}
	}
	permit := func(id string, _ *http.Request, resource string) (*gateway.Identity, error) {
		if resource != "arn:aws:execute-api:us-east-1:123456789012:a/s/$connect" {
			return nil, gateway.Errorf(gateway.ErrForbidden, "not %s", resource)
		}
		return &gateway.Identity{AccessKey: id}, nil
	}
	deny := func(string, *http.Request, string) (*gateway.Identity, error) {
		return nil, gateway.Errorf(gateway.ErrForbidden, "no")
	}
	signed := func(r *http.Request) { sigv4.Sign(r, nil, key, "us-east-1", "execute-api", now) }
	for _, test := range []struct {
		name, kind string
		verifier   *sigv4.Verifier
		permit     func(string, *http.Request, string) (*gateway.Identity, error)
		sign       func(*http.Request)
		want       string // principal; "refused" if refused
	}{
		{"none", "NONE", nil, nil, func(*http.Request) {}, ""},
		{"header", "AWS_IAM", verifier, permit, signed, key.ID},
		{"presigned", "AWS_IAM", verifier, permit, func(r *http.Request) {
			sigv4.Presign(r, key, "us-east-1", "execute-api", time.Minute, now)
		}, key.ID},
		{"unsigned", "AWS_IAM", verifier, permit, func(*http.Request) {}, "refused"},
		{"other service", "AWS_IAM", verifier, permit, func(r *http.Request) { sigv4.Sign(r, nil, key, "us-east-1", "s3", now) }, "refused"},
		{"body", "AWS_IAM", verifier, permit, func(r *http.Request) {
			sigv4.Sign(r, []byte("x"), key, "us-east-1", "execute-api", now)
		}, "refused"},
		{"no verifier", "AWS_IAM", nil, permit, signed, "refused"},
		{"no permit", "AWS_IAM", verifier, nil, signed, "refused"},
		{"no permission", "AWS_IAM", verifier, deny, signed, "refused"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := mockAPI("$request.body.action", "$connect")
			s.Routes[0].AuthorizationType = test.kind
			p := compile(t, s, program.Env{
				Stage: gateway.StageKey{API: "a", Stage: "s"},
				IAM: authorizer.IAM{
					Verifier: test.verifier, Permit: test.permit, Names: gateway.Names{Region: "us-east-1", Account: "123456789012"},
					Stage: gateway.StageKey{API: "another", Stage: "x"},
				},
			})
			got, err := p.Connect().Authorize(t.Context(), handshake(t, test.sign))
			switch {
			case test.want == "refused":
				_, unsigned := errors.AsType[*sigv4.Error](err)
				if got != nil || !unsigned && !errors.Is(err, gateway.ErrForbidden) {
					t.Errorf("got %v, %v, want a refusal", got, err)
				}
			case err != nil || test.want != "" && got.Identity.AccessKey != test.want:
				t.Errorf("got %v, %v, want %s", got, err, test.want)
			}
		})
	}
}

// TestTooLarge: a reply that is beyond API Gateway's limit for a message is no reply.
func TestTooLarge(t *testing.T) {
	for size, want := range map[int]error{128 << 10: nil, 128<<10 + 1: gateway.ErrBadReply} {
		backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, strings.Repeat("x", size))
		}))
		transport := integration.NewTransport(integration.TransportOptions{})
		p := compile(t, httpAPI(backend.URL, time.Minute, nil), program.Env{HTTP: transport})
		reply, err := p.Select([]byte("x")).Run(t.Context(), message("x"))
		if !errors.Is(err, want) || want == nil && (err != nil || len(reply.Body) != size) {
			t.Errorf("%d bytes: got %v, want %v", size, err, want)
		}
		transport.CloseIdleConnections()
		backend.Close()
	}
}

// waiting is a backend that answers when its caller has given up.
type waiting struct{}

func (waiting) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// TestTimeout: a backend may take as long as the integration says, to the millisecond.
func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := compile(t, httpAPI("http://backend/", 29*time.Second, nil), program.Env{HTTP: waiting{}})
		start := time.Now()
		_, err := p.Select([]byte("x")).Run(t.Context(), message("x"))
		if took := time.Since(start); took != 29*time.Second || !errors.Is(err, gateway.ErrTimeout) {
			t.Errorf("got %v after %v, want a timeout after 29s", err, took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := p.Select([]byte("x")).Run(ctx, message("x")); !errors.Is(err, gateway.ErrTimeout) || time.Since(start) != 30*time.Second {
			t.Errorf("got %v after %v, want the caller's timeout", err, time.Since(start))
		}
	})
}

// TestHammerProgram: a program is shared by all connections of its stage.
func TestHammerProgram(t *testing.T) {
	p := compile(t, mockAPI("$request.body.action", "a", "b", "$default", "$connect"), program.Env{})
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for _, body := range []string{`{"action":"a"}`, `{"action":"b"}`, "x"} {
				reply, err := p.Select([]byte(body)).Run(t.Context(), message(body))
				if err != nil || string(reply.Body) != "pong" {
					t.Errorf("%s: got %v, %v", body, reply, err)
				}
			}
			if _, err := p.Connect().Authorize(t.Context(), &authorizer.Request{}); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
}

// roomAPI is the snapshot of an API whose messages go to an HTTP backend, under a path and with a header that are mapped.
func roomAPI() *gateway.Snapshot {
	return httpAPI("http://backend/rooms/{room}", time.Minute, gateway.Map{
		"integration.request.path.room": "route.request.body.room", "integration.request.header.connectionId": "context.connectionId",
	})
}

// canned is a backend that answers one call after the other, and makes no object for it.
type canned struct {
	response http.Response
	body     strings.Reader
	text     string
}

func newCanned(text string) *canned {
	c := &canned{text: text}
	c.response = http.Response{StatusCode: http.StatusOK, ContentLength: int64(len(text)), Body: io.NopCloser(&c.body)}
	return c
}

func (c *canned) RoundTrip(*http.Request) (*http.Response, error) {
	c.body.Reset(c.text)
	return &c.response, nil
}

// A value of a request parameter is bounded, whatever a client sends.
func TestLongParameterIsRefused(t *testing.T) {
	backend := &recording{}
	p := compile(t, httpAPI("http://backend:80/x/{p}", time.Minute, gateway.Map{
		"integration.request.header.h": "route.request.body.a", "integration.request.path.p": "'x'",
	}), program.Env{HTTP: backend})
	body := []byte(`{"a":["` + strings.Repeat("x", 20_000) + `"]}`)
	_, err := p.Select(body).Run(t.Context(), message(string(body)))
	if !errors.Is(err, gateway.ErrInvalid) || !strings.Contains(err.Error(), "longer than 10240 bytes") || backend.last != nil {
		t.Errorf("got %v, called: %v", err, backend.last != nil)
	}
}
