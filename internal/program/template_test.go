package program_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/integration"
	"gangway/internal/program"
)

// TestTemplates renders response templates of a MOCK integration: "WebSocket API mapping template reference" in the API
// Gateway developer guide; what is printed where, as observed of API Gateway.
func TestTemplates(t *testing.T) {
	env := program.Env{Variables: map[string]string{"color": "blue", "shape": "round"}}
	for _, row := range []struct{ name, template, body, want string }{
		{"the message", `$input.body`, `{"a":1}`, `{"a":1}`},
		{"no message", `$input.body`, ``, `{}`},
		{"JSON keeps order and kinds", `$input.json('$')`, `{"b":1.50,"a":[true,null,"x"]}`, `{"b":1.5,"a":[true,null,"x"]}`},
		{"a part as JSON", `$input.json('$.a')`, `{"a":{"b":"c"}}`, `{"b":"c"}`},
		{"missing as JSON", `$input.json('$.x')`, `{"a":1}`, `""`},
		{"no JSON as JSON", `$input.json('$.x')`, `hello`, `""`},
		{"a text", `$input.path('$.a')`, `{"a":"hi"}`, `hi`},
		{"an object prints as Java's", `$input.path('$')`, `{"foo":"bar","n":1}`, `{foo=bar, n=1}`},
		{"a list prints as JSON", `$input.path('$.l')`, `{"l":[{"a":"b"}]}`, `[{"a":"b"}]`},
		{"missing is nothing", `<$input.path('$.x')>`, `{}`, `<>`},
		{"size of a list", `$input.path('$.l').size()`, `{"l":[1,2,3]}`, `3`},
		{"a loop", `#foreach($e in $input.path('$.l'))$e.n#if($foreach.hasNext),#end#end`, `{"l":[{"n":1},{"n":2}]}`, `1,2`},
		{"a filter", `$input.path("$.l[?(@.n > 1)].n")`, `{"l":[{"n":1},{"n":2}]}`, `[2]`},
		{"a decimal in a condition", `#if($input.path('$.n') > 1)yes#{else}no#end`, `{"n":1.5}`, `yes`},
		{"arithmetic with a number of the message", `#set($x = $input.path('$.n') + 1)$x`, `{"n":41}`, `42`},
		{"context", `$context.connectionId $context.routeKey $context.stage <$context.identity.sourceIp>`, `x`, `SOqGjdZioAMCEeg= $default s <>`},
		{"times are numbers", `#set($t = $context.requestTimeEpoch - $context.requestTimeEpoch)$t`, `x`, `0`},
		{"what an event does not have", `<$context.authorizer.principalId>`, `x`, `<>`},
		{"stage variables", `$stageVariables.color ${stageVariables.shape} $stageVariables['color']`, `x`, `blue round blue`},
		{"util", `$util.base64Encode($input.body) $util.escapeJavaScript("it's") $util.urlEncode("a b")`, `x`, `eA== it\'s a+b`},
		{"what is put in is seen", `#set($x = $input.path('$'))#set($x.b = 2)$input.json('$')`, `{"a":1}`, `{"a":1,"b":2}`},
		{"data is never a template", `$input.path('$.a')`, `{"a":"$context.connectionId #set($x=1)"}`, `$context.connectionId #set($x=1)`},
		{"parameters of a message", `<$input.params('x')>`, `x`, `<>`},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := mockAPI("$request.body.action", "$default")
			s.Integrations[0].Responses[0].ResponseTemplates = gateway.Map{"$default": row.template}
			reply, err := compile(t, s, env).Select([]byte(row.body)).Run(t.Context(), message(row.body))
			if err != nil || string(reply.Body) != row.want {
				t.Errorf("got %v, %v, want %s", reply, err, row.want)
			}
		})
	}
}

// TestTemplateFaults: a template that is none is refused when it is deployed, with its place; one that fails when it is
// rendered gives the frame of a configuration error, and the log its place.
func TestTemplateFaults(t *testing.T) {
	s := mockAPI("$request.body.action", "$default")
	s.Integrations[0].RequestTemplates = gateway.Map{"$default": "{\n#if($x) unclosed"}
	_, err := program.Compile(s, program.Env{})
	if !errors.Is(err, gateway.ErrInvalid) || !strings.Contains(err.Error(), "requestTemplates: '$default'") || !strings.Contains(err.Error(), "2") {
		t.Errorf("unclosed: %v", err)
	}
	for name, template := range map[string]string{
		"a method of $input that there is not": `$input.what('$')`,
		"a path that is none":                  `$input.path('$[')`,
		"too long a loop":                      `#foreach($i in [1..1001])#end`,
		"a status that is none":                `#set($context.responseOverride.status = 99)`,
	} {
		s := mockAPI("$request.body.action", "$default")
		s.Integrations[0].Responses[0].ResponseTemplates = gateway.Map{"$default": template}
		_, err := compile(t, s, program.Env{}).Select([]byte("{}")).Run(t.Context(), message("{}"))
		wantBroken(t, name, err, "")
	}
}

// TestOverrides: "Override your API's request and response parameters and status codes" in the developer guide.
func TestOverrides(t *testing.T) {
	var got *http.Request
	backend := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r }))
	defer backend.Close()
	transport := integration.NewTransport(integration.TransportOptions{})
	defer transport.CloseIdleConnections()
	s := httpAPI(backend.URL+"/{room}", time.Minute, gateway.Map{
		"integration.request.header.X-A": "'mapped'", "integration.request.header.X-B": "'mapped'", "integration.request.path.room": "'hall'",
	})
	s.Integrations[0].IntegrationType = gateway.IntegrationHTTP
	s.Integrations[0].RequestTemplates = gateway.Map{"$default": `#set($context.requestOverride.header.X-A = $input.path('$.a'))` +
		`#set($context.requestOverride.querystring.q = "x")#set($context.requestOverride.path.room = "cellar")`}
	p := compile(t, s, program.Env{HTTP: transport})
	if _, err := p.Select(nil).Run(t.Context(), message(`{"a":"other"}`)); err != nil {
		t.Fatal(err)
	}
	if got.Header.Get("X-A") != "other" || got.Header.Get("X-B") != "mapped" || got.URL.Path != "/cellar" || got.URL.RawQuery != "q=x" {
		t.Errorf("got %s %v", got.URL, got.Header)
	}
	_, err := p.Select(nil).Run(t.Context(), message(`{"a":"x\r\nX-Evil: 1"}`))
	wantBroken(t, "a header that would be two", err, "override of header 'X-A'")

	for integrationType, header := range map[gateway.Kept]string{"HTTP": "Host", "AWS": "Authorization"} {
		s.Integrations[0].IntegrationType = integrationType
		s.Integrations[0].RequestParameters = nil
		s.Integrations[0].IntegrationURI = map[gateway.Kept]gateway.Kept{
			"HTTP": gateway.Kept(backend.URL), "AWS": "arn:aws:apigateway:us-east-1:dynamodb:action/PutItem",
		}[integrationType]
		s.Integrations[0].RequestTemplates = gateway.Map{"$default": `#set($context.requestOverride.header.` + header + ` = "x")`}
		_, err := compile(t, s, program.Env{HTTP: transport}).Select(nil).Run(t.Context(), message("{}"))
		wantBroken(t, string(integrationType), err, "the header "+header+" is the gateway's to set")
	}

	s = mockAPI("$request.body.action", "$connect")
	s.Integrations[0].Responses[0].ResponseTemplates = gateway.Map{"$default": `#set($context.responseOverride.status = 403)`}
	handshake := message("")
	handshake.Type, handshake.Body = gateway.EventConnect, nil
	reply, err := compile(t, s, program.Env{}).Connect().Run(t.Context(), handshake)
	if err != nil || reply.Status != 403 {
		t.Errorf("$connect: got %v, %v", reply, err)
	}
}

// TestModels: "Request validation" in the developer guide; the schemas are of draft 4.
func TestModels(t *testing.T) {
	api := func(selection string, models gateway.Map) *gateway.Snapshot {
		s := mockAPI("$request.body.action", "$default")
		s.API.APIID = "abcdef1234"
		s.Routes[0].ModelSelectionExpression, s.Routes[0].RequestModels = selection, models
		s.Models = []gateway.Model{
			{ModelSettings: gateway.ModelSettings{Name: "Named", Schema: `{"type":"object","required":["name"],"properties":{"name":{"type":"string","maxLength":3}}}`}},
			{ModelSettings: gateway.ModelSettings{Name: "Listed", Schema: `{"type":"object","properties":{"all":{"type":"array","items":{"$ref":"https://apigateway.amazonaws.com/restapis/abcdef1234/models/Named"}}},"required":["all"]}`}},
			{ModelSettings: gateway.ModelSettings{Name: "Above", Schema: `{"type":"number","minimum":3,"exclusiveMinimum":true}`}},
		}
		return s
	}
	for _, row := range []struct {
		name, selection string
		models          gateway.Map
		body            string
		right           bool
	}{
		{"follows", `\$default`, gateway.Map{"$default": "Named"}, `{"name":"ann"}`, true},
		{"too long", `\$default`, gateway.Map{"$default": "Named"}, `{"name":"anna"}`, false},
		{"missing member", `\$default`, gateway.Map{"$default": "Named"}, `{}`, false},
		{"no JSON", `\$default`, gateway.Map{"$default": "Named"}, `hello`, false},
		{"too deep", `\$default`, gateway.Map{"$default": "Named"}, `{"name":"a","x":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}`, false},
		{"another model of the API", `\$default`, gateway.Map{"$default": "Listed"}, `{"all":[{"name":"ann"}]}`, true},
		{"another model, not followed", `\$default`, gateway.Map{"$default": "Listed"}, `{"all":[{"name":1}]}`, false},
		{"draft 4", `\$default`, gateway.Map{"$default": "Above"}, `3`, false},
		{"draft 4, right", `\$default`, gateway.Map{"$default": "Above"}, `3.5`, true},
		{"selected", "$request.body.kind", gateway.Map{"n": "Named", "l": "Listed"}, `{"kind":"l","all":[]}`, true},
		{"selected, not followed", "$request.body.kind", gateway.Map{"n": "Named", "l": "Listed"}, `{"kind":"n","all":[]}`, false},
		{"none selected", "$request.body.kind", gateway.Map{"n": "Named"}, `{"kind":"x","name":"a"}`, false},
		{"the default, by its name", "$default", gateway.Map{"n": "Listed", "$default": "Named"}, `{"name":"a"}`, true},
		{"none selected but the default", "$request.body.kind", gateway.Map{"n": "Listed", "$default": "Named"}, `{"kind":"x","name":"a"}`, true},
		{"an expression without models", "$request.body.kind", nil, `hello`, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := compile(t, api(row.selection, row.models), program.Env{})
			_, err := p.Select(nil).Run(t.Context(), message(row.body))
			shown, _ := errors.AsType[*gateway.Error](err)
			if row.right != (err == nil) || err != nil && (!errors.Is(err, gateway.ErrInvalid) || shown.Message != "Bad request body") {
				t.Errorf("got %v", err)
			}
		})
	}
	for name, schema := range map[string]string{
		"a type that there is not":   `{"type":"foo"}`,
		"another host":               `{"$ref":"http://127.0.0.1:1/x"}`,
		"a file":                     `{"$ref":"file:///etc/passwd"}`,
		"a model that there is not":  `{"$ref":"https://apigateway.amazonaws.com/restapis/abcdef1234/models/Gone"}`,
		"a pattern that is none":     `{"pattern":"("}`,
		"a minimum that is a string": `{"minimum":"2"}`,
	} {
		s := api("", gateway.Map{"$default": "Named"})
		s.Models[0].Schema = schema
		if _, err := program.Compile(s, program.Env{}); !errors.Is(err, gateway.ErrInvalid) || !strings.Contains(err.Error(), "model 'Named'") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
