package program_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gangway/internal/authorizer"
	"gangway/internal/gateway"
	"gangway/internal/lambda"
	"gangway/internal/program"
)

const authorizerURI = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/" +
	"arn:aws:lambda:us-east-1:123456789012:function:${stageVariables.gate}/invocations"

// custom is an API whose $connect asks the function of an authorizer, and an API key if asked to.
func custom(change func(s *gateway.Snapshot)) *gateway.Snapshot {
	s := mockAPI("$request.body.action", "$connect", "$default")
	s.Routes[0].AuthorizationType, s.Routes[0].AuthorizerID = gateway.AuthorizationCustom, "a1"
	s.Authorizers = []gateway.Authorizer{{AuthorizerID: "a1", AuthorizerSettings: gateway.AuthorizerSettings{
		AuthorizerType: gateway.AuthorizerRequest, AuthorizerURI: authorizerURI, IdentitySource: []string{"route.request.header.Token"},
	}}}
	change(s)
	return s
}

func connecting(t *testing.T, header ...gateway.Param) *authorizer.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/a/s", http.NoBody)
	ev := message("")
	ev.Type, ev.Header, ev.RouteKey = gateway.EventConnect, header, gateway.RouteConnect
	return &authorizer.Request{HTTP: r, Event: ev}
}

// TestClosed: whatever should have a say about who connects and cannot be asked lets nobody connect.
func TestClosed(t *testing.T) {
	variables := map[string]string{"gate": "gate"}
	jwt := &gateway.JWTOptions{Issuer: "https://id.example.com", Audience: []string{"a"}}
	for name, test := range map[string]struct {
		env    program.Env
		change func(*gateway.Snapshot)
		notes  int
	}{
		"no way to call functions": {program.Env{Variables: variables}, func(*gateway.Snapshot) {}, 0},
		"no stage variable":        {program.Env{}, func(*gateway.Snapshot) {}, 0},
		"nobody knows API keys": {program.Env{}, func(s *gateway.Snapshot) {
			s.Routes[0].AuthorizationType, s.Routes[0].APIKeyRequired = gateway.AuthorizationNone, true
		}, 0},
		"two who decide":   {program.Env{Variables: variables, JWT: jwt}, func(*gateway.Snapshot) {}, 1},
		"half a JWT":       {program.Env{JWT: &gateway.JWTOptions{Issuer: "https://id.example.com"}}, open, 1},
		"no way to issuer": {program.Env{JWT: jwt}, open, 0},
		"no $connect":      {program.Env{JWT: jwt}, func(s *gateway.Snapshot) { s.Routes = s.Routes[1:] }, 0},
	} {
		p := compile(t, custom(test.change), test.env)
		if len(p.Notes()) != test.notes {
			t.Errorf("%s: got notes %q", name, p.Notes())
		}
		decision, err := p.Connect().Authorize(t.Context(), connecting(t, gateway.Param{Name: "Token", Value: "x"}))
		if decision != nil || err == nil {
			t.Errorf("%s: got %+v, %v", name, decision, err)
		}
		if _, err := p.Select([]byte("x")).Run(t.Context(), message("x")); err != nil {
			t.Errorf("%s: a message of a connection that was open before: %v", name, err)
		}
	}
}

func open(s *gateway.Snapshot) { s.Routes[0].AuthorizationType = gateway.AuthorizationNone }

// TestAdmission: what the function of an authorizer says, and then whose API key it is: "Control and manage access to WebSocket
// APIs in API Gateway" in the developer guide.
func TestAdmission(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_CONFIG_FILE", "/nowhere")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
	var asked string
	function := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = string(body)
		_, _ = io.WriteString(w, `{"principalId":"me","context":{"tier":1},"usageIdentifierKey":"k-from-function","policyDocument":`+
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"*"}]}}`)
	}))
	defer function.Close()
	functions, err := lambda.New(t.Context(), lambda.Config{Region: "us-east-1", Endpoint: function.URL})
	if err != nil {
		t.Fatal(err)
	}
	env := program.Env{
		Stage: gateway.StageKey{API: "a", Stage: "s"}, Variables: map[string]string{"gate": "gate"}, Lambda: functions,
		Names: gateway.Names{Region: "us-east-1", Account: "123456789012"},
		APIKey: func(stage gateway.StageKey, value string) (string, error) {
			if stage.Stage != "s" || !strings.HasPrefix(value, "k-") {
				return "", gateway.Errorf(gateway.ErrForbidden, "Forbidden")
			}
			return "id of " + value, nil
		},
	}
	token := gateway.Param{Name: "Token", Value: "x"}
	for _, row := range []struct {
		name   string
		change func(*gateway.Snapshot)
		header []gateway.Param
		key    string // its id
		refuse error
	}{
		{"authorizer", func(*gateway.Snapshot) {}, []gateway.Param{token}, "", nil},
		{"no identity source", func(*gateway.Snapshot) {}, nil, "", gateway.ErrUnauthorized},
		{"key in the header", required, []gateway.Param{token, {Name: "x-API-key", Value: "k-1"}}, "id of k-1", nil},
		{"no key", required, []gateway.Param{token}, "", gateway.ErrForbidden},
		{"wrong key", required, []gateway.Param{token, {Name: "X-Api-Key", Value: "1"}}, "", gateway.ErrForbidden},
		{"key of the function", func(s *gateway.Snapshot) {
			required(s)
			s.API.APIKeySelectionExpression = gateway.KeyFromAuthorizer
		}, []gateway.Param{token, {Name: "X-Api-Key", Value: "1"}}, "id of k-from-function", nil},
	} {
		asked = ""
		p := compile(t, custom(row.change), env)
		decision, err := p.Connect().Authorize(context.WithoutCancel(t.Context()), connecting(t, row.header...))
		if row.refuse != nil {
			if !errors.Is(err, row.refuse) || decision != nil {
				t.Errorf("%s: got %+v, %v, want %v", row.name, decision, err, row.refuse)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: got %v", row.name, err)
			continue
		}
		if who := decision.Identity; who.APIKeyID != row.key || who.Authorizer.PrincipalID != "me" || who.Authorizer.Value("tier") != "1" {
			t.Errorf("%s: got %+v", row.name, who)
		}
		if !strings.Contains(asked, `"methodArn":"arn:aws:execute-api:us-east-1:123456789012:a/s/$connect"`) {
			t.Errorf("%s: the function was asked %s", row.name, asked)
		}
	}
}

func required(s *gateway.Snapshot) { s.Routes[0].APIKeyRequired = true }
