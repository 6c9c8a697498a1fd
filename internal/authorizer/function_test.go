package authorizer_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gangway/internal/authorizer"
	"gangway/internal/gateway"
)

const (
	connect = "arn:aws:execute-api:us-east-1:123456789012:abcdef1234/prod/$connect"
	allow   = `{"Version":"2012-10-17","Statement":[{"Action":"execute-api:Invoke","Effect":"Allow","Resource":"` + connect + `"}]}`
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// handshake is a client that wants to connect.
func handshake() *authorizer.Request {
	return &authorizer.Request{Event: &gateway.Event{
		Type:       gateway.EventConnect,
		Connection: &gateway.Connection{ID: "L0SM9cOFvHcCIhw=", API: "abcdef1234", Stage: "prod", SourceIP: "203.0.113.7", UserAgent: "probe/1"},
		Header:     gateway.Params{{Name: "authORIZATION", Value: "token"}, {Name: "Referer", Value: "https://example.com/"}},
		Query:      gateway.Params{{Name: "user", Value: "anna"}, {Name: "empty", Value: ""}},
	}}
}

// function is an authorizer whose function answers with a payload.
func function(payload string, failed bool, err error) *authorizer.Function {
	return &authorizer.Function{
		Call: func(context.Context, *gateway.Event, string) ([]byte, bool, error) {
			return []byte(payload), failed, err
		},
		Names: gateway.Names{Region: "us-east-1", Account: "123456789012"}, Stage: gateway.StageKey{API: "abcdef1234", Stage: "prod"},
		Now: func() time.Time { return noon },
	}
}

// outcome is what an authorizer has made of a client: the status for the log, and what the client is told.
type outcome struct {
	Status  int
	Kind    error
	Message string
	Denied  bool
}

func outcomeOf(t *testing.T, decision *authorizer.Decision, err error) outcome {
	t.Helper()
	if (decision == nil) == (err == nil) {
		t.Fatalf("got both or neither: %v, %v", decision, err)
	}
	if err == nil {
		return outcome{Status: http.StatusOK}
	}
	refused, ok := errors.AsType[*authorizer.RefusalError](err)
	shown, told := errors.AsType[*gateway.Error](err)
	if !ok || !told || !strings.HasPrefix(refused.Error(), "authorizer: ") || len(refused.Error()) < len("authorizer: x") {
		t.Fatalf("got %v", err)
	}
	return outcome{refused.Status, shown.Kind, shown.Message, refused.Denied}
}

// What there is to expect.
var (
	connected    = outcome{Status: http.StatusOK}
	unknown      = outcome{http.StatusUnauthorized, gateway.ErrUnauthorized, "Unauthorized", false}
	implicitDeny = outcome{http.StatusForbidden, gateway.ErrForbidden, "User is not authorized to access this resource", true}
	explicitDeny = outcome{
		http.StatusForbidden, gateway.ErrForbidden, "User is not authorized to access this resource with an explicit deny", true,
	}
	broken = outcome{http.StatusInternalServerError, gateway.ErrConfiguration, "Internal server error", false}
)

func sameKind(a, b error) bool { return errors.Is(a, b) }

func equal(got, want outcome) bool { return cmp.Equal(got, want, cmp.Comparer(sameKind)) }

func answer(policy string) string { return `{"principalId":"me","policyDocument":` + policy + `}` }

func statement(text string) string {
	return answer(`{"Version":"2012-10-17","Statement":` + text + `}`)
}

// TestOutcome has what becomes of a handshake, and where the developer guide says so.
func TestOutcome(t *testing.T) {
	const (
		output  = "Output from an API Gateway Lambda authorizer"
		request = "Create an API Gateway REQUEST Lambda authorizer"
		use     = "Use API Gateway Lambda authorizers"
		types   = "Gateway response types"
		logic   = "Policy evaluation logic (IAM user guide)"
		quotas  = "Quotas for configuring and running a WebSocket API"
	)
	allowed := answer(allow)
	for _, test := range []struct {
		name, source, payload string
		failed                bool
		err                   error
		want                  outcome
	}{
		{"allow", output, allowed, false, nil, connected},
		{"Unauthorized", use, `{"errorMessage":"Unauthorized","errorType":"Error","stackTrace":[["a",1]]}`, true, nil, unknown},
		{"deny", use, statement(`[{"Action":"execute-api:Invoke","Effect":"Deny","Resource":"*"}]`), false, nil, explicitDeny},
		{"deny wins", logic, statement(`[{"Action":"*","Effect":"Allow","Resource":"*"},{"Action":"*","Effect":"Deny","Resource":"` + connect + `"}]`), false, nil, explicitDeny},
		{"nothing allows", logic, statement(`[{"Action":"execute-api:Invoke","Effect":"Allow","Resource":"arn:aws:execute-api:us-east-1:123456789012:abcdef1234/prod/other"}]`), false, nil, implicitDeny},
		{"other error", types, `{"errorMessage":"unauthorized","errorType":"Error"}`, true, nil, broken},
		{"more than the word", types, `{"errorMessage":"Unauthorized: no token"}`, true, nil, broken},
		{"error without a message", types, `{}`, true, nil, broken},
		{"error that says it twice", types, `{"errorMessage":"Unauthorized","errorMessage":"x"}`, true, nil, broken},
		{"error that is no JSON", types, `Unauthorized`, true, nil, broken},
		{"error of great length", types, `{"errorMessage":"Unauthorized","stackTrace":"` + strings.Repeat("x", 256<<10) + `"}`, true, nil, broken},
		{"an answer that came with an error", types, allowed, true, nil, broken},
		{"time-out", types, "", false, context.DeadlineExceeded, broken},
		{"not to be reached", types, allowed, false, gateway.Errorf(gateway.ErrUnreachable, "x"), broken},
		{"no permission to invoke", types, "", false, gateway.Errorf(gateway.ErrConfiguration, "x"), broken},
		{"no answer", types, "", false, nil, broken},
		{"null", types, "null", false, nil, broken},
		{"too large", quotas, `{"principalId":"me","policyDocument":` + allow + `,"context":{"a":"` + strings.Repeat("x", 8<<10) + `"}}`, false, nil, broken},
		{"a simple response", request, `{"isAuthorized":true}`, false, nil, broken},
	} {
		t.Run(test.name, func(t *testing.T) {
			decision, err := function(test.payload, test.failed, test.err).Authorize(t.Context(), handshake())
			if got := outcomeOf(t, decision, err); !equal(got, test.want) {
				t.Errorf("got %+v (%v), want %+v: %s", got, err, test.want, test.source)
			}
			if test.err != nil && !errors.Is(err, test.err) {
				t.Errorf("got %v, want it to wrap %v", err, test.err)
			}
		})
	}
}

// TestSources: "Create an API Gateway REQUEST Lambda authorizer" in the developer guide: all are there and not empty, or the
// function is not called and the client has 401.
func TestSources(t *testing.T) {
	for _, test := range []struct {
		sources string
		calls   int
	}{
		{"", 1},
		{"route.request.header.Authorization", 1},
		{"route.request.header.Authorization,route.request.querystring.user,stageVariables.env,context.identity.sourceIp,context.stage", 1},
		{"route.request.querystring.user", 1},
		{"route.request.querystring.User", 0},
		{"route.request.querystring.empty", 0},
		{"route.request.querystring.none", 0},
		{"route.request.header.Cookie", 0},
		{"route.request.header.Authorization,route.request.header.Cookie", 0},
		{"stageVariables.ENV", 0},
		{"context.identity.userArn", 0},
		{"context.authorizer.x", 0},
	} {
		var list []string
		if test.sources != "" {
			list = strings.Split(test.sources, ",")
		}
		compiled, err := authorizer.CompileSources(list)
		if err != nil {
			t.Fatal(err)
		}
		calls := 0
		f := function("", false, nil)
		f.Sources, f.Variables = compiled, map[string]string{"env": "x"}
		f.Call = func(_ context.Context, ev *gateway.Event, arn string) ([]byte, bool, error) {
			calls++
			if arn != connect || ev.Connection.API != "abcdef1234" {
				t.Errorf("called with %s", arn)
			}
			return []byte(answer(allow)), false, nil
		}
		decision, err := f.Authorize(t.Context(), handshake())
		want := connected
		if test.calls == 0 {
			want = unknown
		}
		if got := outcomeOf(t, decision, err); calls != test.calls || !equal(got, want) {
			t.Errorf("%s: %d calls, got %+v (%v)", test.sources, calls, got, err)
		}
		if err != nil && strings.Contains(err.Error(), "token") {
			t.Errorf("%s: the error has a secret: %v", test.sources, err)
		}
	}
	for _, bad := range []string{
		"", "$request.header.x", "route.request.header.", "route.request.header.a b", "route.request.body.x", "context.nothing",
		"route.request.subprotocol.x", "stageVariables.a,stageVariables.b", "xroute.request.header.x", "method.request.header.x",
	} {
		if _, err := authorizer.CompileSources([]string{"context.stage", bad}); err == nil {
			t.Errorf("%q is an identity source", bad)
		}
	}
}

// TestAnswer: what a function may answer, and what of it later events see: "Output from an API Gateway Lambda authorizer".
func TestAnswer(t *testing.T) {
	f := function(`{"principalId":"me","policyDocument":`+allow+`,"more":[1],"usageIdentifierKey":"key",
		"context":{"text":"a\"\u00e4","int":123,"float":1.5,"exact":0.10,"large":1e400,"yes":true,"no":false,"empty":"","User":"A","user":"b",
		"principalId":"other","integrationLatency":7}}`, false, nil)
	times := []time.Time{noon, noon.Add(42 * time.Millisecond)}
	f.Now = func() time.Time {
		now := times[0]
		times = times[1:]
		return now
	}
	decision, err := f.Authorize(t.Context(), handshake())
	if err != nil {
		t.Fatal(err)
	}
	want := &authorizer.Decision{
		UsageKey: "key",
		Identity: &gateway.Identity{Authorizer: &gateway.Authorization{
			PrincipalID: "me", Latency: 42 * time.Millisecond,
			Context: gateway.Params{
				{Name: "User", Value: "A"},
				{Name: "empty"},
				{Name: "exact", Value: "0.10"},
				{Name: "float", Value: "1.5"},
				{Name: "int", Value: "123"},
				{Name: "large", Value: "1e400"},
				{Name: "no", Value: "false"},
				{Name: "text", Value: "a\"ä"},
				{Name: "user", Value: "b"},
				{Name: "yes", Value: "true"},
			},
		}},
	}
	if diff := cmp.Diff(want, decision); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := decision.Identity.Authorizer.Value("principalId"); got != "me" {
		t.Errorf("a client is %s", got)
	}
}

// TestLatency: how long the function took is known of a refusal, too.
func TestLatency(t *testing.T) {
	f := function(`{}`, false, nil)
	now := noon
	f.Now = func() time.Time {
		now = now.Add(time.Second)
		return now
	}
	_, err := f.Authorize(t.Context(), handshake())
	if refused, ok := errors.AsType[*authorizer.RefusalError](err); !ok || refused.Latency != time.Second {
		t.Errorf("got %+v", refused)
	}
}

// TestStrict: what could be read in two ways, or not at all, lets nobody in.
func TestStrict(t *testing.T) {
	with := func(more string) string { return `{"principalId":"me","policyDocument":` + allow + more + `}` }
	for _, payload := range []string{
		`{"policyDocument":` + allow + `}`,
		`{"principalId":null,"policyDocument":` + allow + `}`,
		`{"principalId":"","policyDocument":` + allow + `}`,
		`{"principalId":7,"policyDocument":` + allow + `}`,
		`{"principalId":["me"],"policyDocument":` + allow + `}`,
		`{"principalId":"a\nb","policyDocument":` + allow + `}`,
		`{"PrincipalId":"me","policyDocument":` + allow + `}`,
		`{"principalId":"me"}`,
		`{"principalId":"me","policyDocument":null}`,
		`{"principalId":"me","policyDocument":[` + allow + `]}`,
		`{"principalId":"me","policyDocument":` + quoted(allow) + `}`,
		`{"principalId":"me","policyDocument":{}}`,
		quoted(with("")),
		`[` + with("") + `]`,
		with("") + with(""),
		with("") + "x",
		with(`,`),
		with(`,"principalId":"me"`),
		with(`,"policyDocument":` + allow),
		with(`,"PolicyDocument":` + allow),
		with(`,"principalid":"you"`),
		with(`,"Context":{}`),
		with(`,"usageidentifierkey":"x"`),
		with(`,"u\u017fageIdentifierKey":"x"`),
		with(`,"usageIdentifierKey":7`),
		with(`,"usageIdentifierKey":["x"]`),
		with(`,"context":"x"`),
		with(`,"context":[]`),
		with(`,"context":{"a":null}`),
		with(`,"context":{"a":[]}`),
		with(`,"context":{"a":{}}`),
		with(`,"context":{"a":1,"a":1}`),
		with(`,"context":{"":1}`),
		with(`,"context":{"a\u0000":1}`),
		with(`,"context":{"a\r\nb":1}`),
		with(`,"context":{"` + strings.Repeat("a", 257) + `":1}`),
		with(`,"context":{"a":01}`),
		with(`,"context":{"a":NaN}`),
		with(`,"context":{"a":"` + "\xff" + `"}`),
		with(`,"more":` + strings.Repeat("[", 33) + strings.Repeat("]", 33)),
		with(`,"more":{"a":{"b":1,"b":2}}`),
	} {
		decision, err := function(payload, false, nil).Authorize(t.Context(), handshake())
		if got := outcomeOf(t, decision, err); !equal(got, broken) {
			t.Errorf("%s: got %+v", payload, got)
		}
	}
	for _, more := range []string{
		"", `,"context":null,"usageIdentifierKey":null`, `,"context":{}`, `,"other":null`, " \n",
		`,"more":` + strings.Repeat("[", 31) + strings.Repeat("]", 31),
	} {
		if _, err := function(with(more), false, nil).Authorize(t.Context(), handshake()); err != nil {
			t.Errorf("%s: got %v", more, err)
		}
	}
}

func quoted(text string) string { return `"` + strings.ReplaceAll(text, `"`, `\"`) + `"` }

// TestPolicy: which documents allow a client to connect: "IAM JSON policy elements reference" in the IAM user guide, and
// "Control access to WebSocket APIs with AWS Lambda REQUEST authorizers" in the developer guide.
func TestPolicy(t *testing.T) {
	on := func(condition string) string {
		return statement(`{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"*","Condition":` + condition + `}`)
	}
	for _, test := range []struct {
		payload string
		want    outcome
	}{
		{statement(`{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"` + connect + `"}`), connected},
		{statement(`[{"Effect":"Allow","Action":["EXECUTE-API:invoke"],"Resource":["arn:aws:s3:::x","arn:aws:execute-api:*:*:abcdef1234/*/$connect"]}]`), connected},
		{statement(`[{"Effect":"Allow","Action":"execute-api:*","Resource":"arn:aws:execute-api:us-east-1:123456789012:abcdef1234/prod/?connect"}]`), connected},
		{statement(`[{"Effect":"Allow","NotAction":"execute-api:ManageConnections","Resource":"*"}]`), connected},
		{statement(`[{"Effect":"Allow","Action":"*","NotResource":"arn:aws:execute-api:*:*:*/*/other"}]`), connected},
		{statement(`[{"Effect":"Allow","NotAction":"execute-api:Invoke","Resource":"*"}]`), implicitDeny},
		{statement(`[{"Effect":"Allow","Action":"*","NotResource":"` + connect + `"}]`), implicitDeny},
		{statement(`[{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"` + strings.Replace(connect, "$c", "$C", 1) + `"}]`), implicitDeny},
		{statement(`[{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"` + strings.Replace(connect, "prod", "test", 1) + `"}]`), implicitDeny},
		{statement(`[{"Effect":"Allow","Action":"execute-api:ManageConnections","Resource":"*"}]`), implicitDeny},
		{statement(`[{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:us-east-1:123456789012:abcdef1234/${aws:username}/*"}]`), implicitDeny},
		// A Deny on another route has no effect: only $connect is asked about.
		{statement(`[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"arn:aws:execute-api:*:*:*/*/other"}]`), connected},
		{statement(`[{"Effect":"allow","Action":"*","Resource":"*"}]`), broken},
		{statement(`[{"effect":"Allow","Action":"*","Resource":"*"}]`), broken},
		{statement(`[{"Effect":"Deny","effect":"Allow","Action":"*","Resource":"*"}]`), broken},
		{statement(`[{"Effect":"Allow","Effect":"Allow","Action":"*","Resource":"*"}]`), broken},
		{statement(`[{"Effect":"Allow","Action":"*","NotAction":"x:y","Resource":"*"}]`), broken},
		{statement(`[{"Effect":"Allow","Action":"*"}]`), broken},
		{statement(`[{"Effect":"Allow","Action":"*","Resource":"*","Principal":"*"}]`), broken},
		{statement(`[{"Effect":"Allow","Action":"*","Resource":"*","Condition":null}]`), broken},
		{statement(`[]`), broken},
		{answer(`{"Version":"2012-10-18","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`), broken},
		{answer(`{"statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`), broken},
		{answer(`{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`), connected},
		{on(`{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}`), connected},
		{on(`{"IpAddress":{"aws:SourceIp":"198.51.100.0/24"}}`), implicitDeny},
		{on(`{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}`), implicitDeny},
		{on(`{"StringEquals":{"aws:UserAgent":"probe/1"},"StringLike":{"AWS:referer":"https://example.com/*"}}`), connected},
		{on(`{"DateLessThan":{"aws:CurrentTime":"2026-01-02T12:00:01Z"},"NumericEquals":{"aws:EpochTime":1767355200}}`), connected},
		{on(`{"DateGreaterThan":{"aws:CurrentTime":"2026-01-02T12:00:01Z"}}`), implicitDeny},
		{on(`{"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}}`), implicitDeny},
		{on(`{"StringEqualsIfExists":{"aws:SourceVpc":"vpc-1"}}`), implicitDeny},
		{on(`{"Null":{"custom:key":"true"}}`), implicitDeny},
		{statement(`[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:SourceVpc":"x"}}}]`), implicitDeny},
		{on(`{"StringNearly":{"aws:UserAgent":"probe/1"}}`), broken},
		{on(`{"Bool":{"aws:SecureTransport":"true"}}`), implicitDeny},
	} {
		decision, err := function(test.payload, false, nil).Authorize(t.Context(), handshake())
		if got := outcomeOf(t, decision, err); !equal(got, test.want) {
			t.Errorf("%s:\ngot %+v (%v), want %+v", test.payload, got, err, test.want)
		}
	}
}

// TestSecureTransport: the event says how a client came, else the request; else nobody gets in by it.
func TestSecureTransport(t *testing.T) {
	f := function(statement(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":true}}}`), false, nil)
	negated := function(statement(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":false}}}`), false, nil)
	for name, test := range map[string]struct {
		proto        string
		http         *http.Request
		plain, crypt bool
	}{
		"nothing":       {"", nil, false, false},
		"event, TLS":    {"https", new(http.Request), false, true},
		"event, plain":  {"http", &http.Request{TLS: new(tls.ConnectionState)}, true, false},
		"request, TLS":  {"", &http.Request{TLS: new(tls.ConnectionState)}, false, true},
		"request, none": {"", new(http.Request), true, false},
	} {
		req := handshake()
		req.HTTP = test.http
		if test.proto != "" {
			req.Event.Header = append(req.Event.Header, gateway.Param{Name: "X-Forwarded-Proto", Value: test.proto})
		}
		_, plain := negated.Authorize(t.Context(), req)
		_, crypt := f.Authorize(t.Context(), req)
		if (plain == nil) != test.plain || (crypt == nil) != test.crypt {
			t.Errorf("%s: got %v and %v", name, plain, crypt)
		}
	}
}

// TestNobody: without somebody to ask nobody gets in.
func TestNobody(t *testing.T) {
	for name, f := range map[string]func() (*authorizer.Decision, error){
		"zero": func() (*authorizer.Decision, error) {
			return new(authorizer.Function).Authorize(t.Context(), handshake())
		},
		"no request": func() (*authorizer.Decision, error) {
			return function(answer(allow), false, nil).Authorize(t.Context(), nil)
		},
		"no event": func() (*authorizer.Decision, error) {
			return function(answer(allow), false, nil).Authorize(t.Context(), new(authorizer.Request))
		},
		"no connection": func() (*authorizer.Decision, error) {
			return function(answer(allow), false, nil).Authorize(t.Context(), &authorizer.Request{Event: new(gateway.Event)})
		},
	} {
		decision, err := f()
		if got := outcomeOf(t, decision, err); !equal(got, broken) {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}
