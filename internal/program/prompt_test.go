package program_test

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/program"
)

// change is what makes an API different from one of [mockAPI], whose only route is "join".
type change func(s *gateway.Snapshot, i *gateway.DeployedIntegration, response *gateway.IntegrationResponseSettings)

// prompts are routes whose messages may be run where nobody may be held up, and routes whose messages may not.
var prompts = []struct {
	name   string
	want   bool
	change change
}{
	{"text", true, func(*gateway.Snapshot, *gateway.DeployedIntegration, *gateway.IntegrationResponseSettings) {}},
	{"no target", true, func(s *gateway.Snapshot, _ *gateway.DeployedIntegration, _ *gateway.IntegrationResponseSettings) {
		s.Routes[0].Target = ""
	}},
	{"one way", true, func(s *gateway.Snapshot, _ *gateway.DeployedIntegration, _ *gateway.IntegrationResponseSettings) {
		s.Routes[0].Responses = nil
	}},
	{"no templates", true, func(_ *gateway.Snapshot, i *gateway.DeployedIntegration, r *gateway.IntegrationResponseSettings) {
		i.RequestTemplates, r.ResponseTemplates = nil, nil
	}},
	{"references", true, reply(`{"by":"$context.connectionId","said":$input.body,"in":"$stageVariables.table"}`)},
	{"a condition", true, reply(`#if($context.stage == 'prod')yes#{else}no#end`)},
	{"a text as expression", true, func(_ *gateway.Snapshot, i *gateway.DeployedIntegration, r *gateway.IntegrationResponseSettings) {
		i.TemplateSelectionExpression, r.TemplateSelectionExpression = `\$default`, "$default"
	}},
	{"a member as expression", true, selected("${request.body.action}/$request.body.of.what")},
	{"the whole message as expression", true, selected("$request.body")},
	{"a status as expression", true, selected("$integration.response.statuscode")},
	{"a pattern", true, pattern(`2\d\d|404`)},
	{"to binary", true, func(_ *gateway.Snapshot, _ *gateway.DeployedIntegration, r *gateway.IntegrationResponseSettings) {
		r.ContentHandlingStrategy, r.ResponseTemplates = "CONVERT_TO_BINARY", gateway.Map{"$default": "cG9uZw=="}
	}},

	{"a loop", false, reply(`#foreach($one in [1..9])$one#end`)},
	{"a loop in a request", false, func(_ *gateway.Snapshot, i *gateway.DeployedIntegration, _ *gateway.IntegrationResponseSettings) {
		i.RequestTemplates["$default"] = `#foreach($one in [1..9])#end{"statusCode":200}`
	}},
	{"a loop for others", false, func(_ *gateway.Snapshot, _ *gateway.DeployedIntegration, r *gateway.IntegrationResponseSettings) {
		r.ResponseTemplates["rare"] = `#foreach($one in [1..9])$one#end`
	}},
	{"a search", false, reply(`$input.path('$..a')`)},
	{"a member", false, reply(`$input.json('$.a')`)}, // the message becomes a tree
	{"a variable", false, reply(`#set($a = "b")$a`)},
	{"a macro", false, reply(`#macro(m)x#end#m()`)},
	{"a block", false, reply(`#define($a)x#end$a`)},
	{"a long template", false, reply("$context.stage" + strings.Repeat(" ", 5000))},
	{"an expression that reads often", false, selected(strings.Repeat("$request.body.action/", 4))},
	{"a search as expression", false, selected("$request.body..action")},
	{"an index as expression", false, selected("$request.body.action[-1]")},
	{"a filter as expression", false, selected("${request.body.a[?(@.b == 1)].c}")},
	{"a pattern that counts", false, pattern(`(?:a{0,9}|2)\d{2}`)},
	{"a mapped parameter", false, func(_ *gateway.Snapshot, i *gateway.DeployedIntegration, _ *gateway.IntegrationResponseSettings) {
		i.RequestParameters = gateway.Map{"integration.request.header.a": "route.request.body.a"}
	}},
	{"a model", false, func(s *gateway.Snapshot, _ *gateway.DeployedIntegration, _ *gateway.IntegrationResponseSettings) {
		s.Routes[0].ModelSelectionExpression, s.Routes[0].RequestModels = `\$default`, gateway.Map{"$default": "Any"}
		s.Models = []gateway.Model{{ModelSettings: gateway.ModelSettings{Name: "Any", Schema: `{}`}}}
	}},
	{"a model without a target", false, func(s *gateway.Snapshot, _ *gateway.DeployedIntegration, _ *gateway.IntegrationResponseSettings) {
		s.Routes[0].ModelSelectionExpression, s.Routes[0].RequestModels = `\$default`, gateway.Map{"$default": "Any"}
		s.Models = []gateway.Model{{ModelSettings: gateway.ModelSettings{Name: "Any", Schema: `{}`}}}
		s.Routes[0].Target = ""
	}},
	{"HTTP_PROXY", false, calls(gateway.IntegrationHTTPProxy, "http://backend/")},
	{"HTTP", false, calls(gateway.IntegrationHTTP, "http://backend/")},
	{"AWS", false, calls(gateway.IntegrationAWS, "arn:aws:apigateway:us-east-1:sqs:action/SendMessage")},
	{
		"AWS_PROXY", false,
		calls(gateway.IntegrationAWSProxy, "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:chat/invocations"),
	},
}

func reply(template string) change {
	return func(_ *gateway.Snapshot, _ *gateway.DeployedIntegration, r *gateway.IntegrationResponseSettings) {
		r.ResponseTemplates["$default"] = template
	}
}

func selected(expression string) change {
	return func(_ *gateway.Snapshot, _ *gateway.DeployedIntegration, r *gateway.IntegrationResponseSettings) {
		r.TemplateSelectionExpression = expression
	}
}

func pattern(key string) change {
	return func(_ *gateway.Snapshot, _ *gateway.DeployedIntegration, r *gateway.IntegrationResponseSettings) {
		r.IntegrationResponseKey = key
	}
}

func calls(kind, uri string) change {
	return func(_ *gateway.Snapshot, i *gateway.DeployedIntegration, _ *gateway.IntegrationResponseSettings) {
		i.IntegrationType, i.IntegrationURI, i.IntegrationMethod = gateway.Kept(kind), gateway.Kept(uri), "POST"
		i.TimeoutInMillis = int(time.Second.Milliseconds())
	}
}

// changed is an API with a change.
func changed(do change) *gateway.Snapshot {
	s := mockAPI("$request.body.action", "join")
	do(s, &s.Integrations[0], &s.Integrations[0].Responses[0].IntegrationResponseSettings)
	return s
}

func TestPrompt(t *testing.T) {
	for _, test := range prompts {
		p := compile(t, changed(test.change), program.Env{})
		if got := p.Route("join").Prompt(); got != test.want {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}

func TestPromptSelection(t *testing.T) {
	for selection, want := range map[string]bool{
		"$request.body.action": true, "${request.body.a.b}/${request.body.c-d}": true, "action": true, "$request.body": true,
		strings.Repeat("$request.body.a/", 3): true, strings.Repeat("$request.body.a/", 4): false,
		"$request.body..action": false, "$request.body.a[0]": false, "$request.body['a']": false, "$request.body.a.length()": false,
		"${request.body.action}/${request.body.to[*]}": false,
	} {
		if got := compile(t, mockAPI(selection, "join"), program.Env{}).Prompt(); got != want {
			t.Errorf("%s: got %v, want %v", selection, got, want)
		}
	}
}

// TestPromptRunsAsTraced: what is known before a message comes is what comes of it when every step is taken.
func TestPromptRunsAsTraced(t *testing.T) {
	for _, test := range prompts {
		if !test.want {
			continue
		}
		route := compile(t, changed(test.change), program.Env{Variables: map[string]string{"table": "t1"}}).Route("join")
		for _, ev := range []*gateway.Event{message(`{"action":"join"}`), message("not JSON"), {Type: gateway.EventDisconnect, Connection: message("").Connection}} {
			var record gateway.Record
			got, err := route.Watch(context.Background(), ev, &record)
			trace := route.Trace(context.Background(), ev)
			if !reflect.DeepEqual(got, trace.Reply) || (err == nil) != (trace.Err == nil) || err != nil && err.Error() != trace.Err.Error() {
				t.Errorf("%s, %s %s: got %+v, %v; traced %+v, %v", test.name, ev.Type, ev.Body, got, err, trace.Reply, trace.Err)
			}
			if (record.Integration == nil) != (trace.Response == nil) {
				t.Errorf("%s, %s %s: the call of the integration is recorded as %+v, and traced as %+v", test.name, ev.Type, ev.Body, record.Integration, trace.Response)
			}
			if called := record.Integration; called != nil && (!called.Mock || called.Status != trace.Response.Status) {
				t.Errorf("%s, %s %s: recorded as %+v", test.name, ev.Type, ev.Body, called)
			}
		}
	}
}
