package conformance_test

import (
	"net/http"
	"strings"
	"testing"
)

// ordering is a custom integration of a function that knows nothing of API Gateway: templates make its events, and make of
// its results, and of its errors by their text, what a client gets.
const ordering = `{"routes": {
	"order": {"reply": true, "integration": {"integrationType": "AWS", "integrationMethod": "POST", "integrationUri": "FUNCTION",
		"requestTemplates": {"$default": "#set($in = $input.path('$')){\"Item\": \"$in.item\", \"Count\": $in.count, \"Connection\": \"$context.connectionId\"}"}},
		"responses": [
			{"integrationResponseKey": "$default", "responseTemplates": {"$default": "{\"total\": $input.path('$.total'), \"mine\": #if($input.path('$.for') == $context.connectionId)true#{else}false#end}"}},
			{"integrationResponseKey": "/unknown item: .*/", "responseTemplates": {"$default": "{\"error\": \"not found\", \"why\": $input.json('$.errorMessage')}"}},
			{"integrationResponseKey": "/\\d+ rooms .*/", "responseTemplates": {"$default": "{\"error\": \"$input.path('$.errorType')\"}"}},
			{"integrationResponseKey": "/.*negative.*/", "responseTemplates": {"$default": "#foreach($at in $input.path('$.stackTrace'))#if($at.label == 'takeOrder'){\"error\": \"a panic\"}#end#end"}}]},
	"plain": {"reply": true, "integration": {"integrationType": "AWS", "integrationUri": "FUNCTION"}, "responses": [{"integrationResponseKey": "$default"}]},
	"strict": {"reply": true, "integration": {"integrationType": "AWS", "integrationUri": "FUNCTION"}, "responses": [{"integrationResponseKey": "/nothing like it/"}]},
	"quiet": {"integration": {"integrationType": "AWS", "integrationUri": "FUNCTION"}, "responses": [{"integrationResponseKey": "$default"}]}}}`

// TestFunctionCustom takes messages through a custom integration and back.
// Source: "Set up Lambda custom integrations", "Handle custom Lambda errors" and "API Gateway WebSocket API selection
// expressions" in the API Gateway developer guide.
func TestFunctionCustom(t *testing.T) {
	s := newStand(t)
	s.create("order", &lambdaFunction{handler: "order"})
	s.define(t, strings.ReplaceAll(ordering, "FUNCTION", functionURI("order")))
	c := s.connect(t, "")
	for _, exchange := range []struct{ message, frame, event string }{
		{`{"action":"order","item":"tea","count":3}`, `{"total": 9, "mine": true}`, `{"Item": "tea", "Count": 3, "Connection": "…="}`},
		{`{"action":"order","item":"unicorn","count":1}`, `{"error": "not found", "why": "unknown item: unicorn"}`, ""},
		{`{"action":"order","item":"tea","count":10}`, `{"error": "roomsError"}`, ""},
		{`{"action":"order","item":"tea","count":-1}`, `{"error": "a panic"}`, ""},
		{`{"action":"order","item":"tea","count":"three"}`, failed, ""}, // the template makes no JSON, and Lambda refuses it
		{`{"action":"plain","Item":"tea","Count":2}`, `{"for":"","item":"tea","total":6}`, `{"action":"plain","Item":"tea","Count":2}`},
		{`{"action":"plain","Item":"unicorn"}`, `{"errorMessage":"unknown item: unicorn","errorType":"errorString"}`, ""},
		{`{"action":"plain","Item":""}`, `null`, ""},
		{`{"action":"plain","Item":7}`, `{"errorMessage":"json: cannot unmarshal number into Go …","errorType":"UnmarshalTypeError"}`, ""},
		{`{"action":"strict","Item":"tea"}`, failed, ""},
		{`{"action":"strict","Item":"unicorn"}`, failed, ""},
	} {
		c.say(t, exchange.message)
		c.wantMatch(t, exchange.frame)
		if strings.Contains(exchange.message, "three") {
			continue
		}
		if in := s.wantEnded(t); exchange.event != "" && !matches(exchange.event, string(in.event)) {
			t.Errorf("%s: the event is %s", exchange.message, in.event)
		}
	}
	c.say(t, `{"action":"quiet","Item":"unicorn"}`) // nothing comes back, whatever becomes of it
	if in := s.wantEnded(t); in.failure == "" {
		t.Errorf("the function has left %s", in.result)
	}
	c.say(t, `{"action":"plain","Item":"tea"}`)
	c.wantMatch(t, `{"for":"","item":"tea","total":0}`)
}

// pushing is an asynchronous invocation: the client is told that its wish is taken, and the rest by the function itself.
const pushing = `{"routes": {"remind": {"reply": true, "integration": {"integrationType": "AWS", "integrationMethod": "POST",
	"integrationUri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:push/invocations",
	"requestParameters": {"integration.request.header.X-Amz-Invocation-Type": "'Event'"},
	"requestTemplates": {"$default": "{\"Domain\": \"$context.domainName\", \"Stage\": \"$context.stage\", \"Connection\": \"$context.connectionId\", \"Text\": $input.json('$.text')}"}},
	"responses": [{"integrationResponseKey": "$default", "responseTemplates": {"$default": "{\"accepted\":true}"}}]},
	"dry": {"reply": true, "integration": {"integrationType": "AWS", "integrationUri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:push/invocations",
	"requestParameters": {"integration.request.header.X-Amz-Invocation-Type": "'DryRun'"}}, "responses": [{"integrationResponseKey": "$default"}]},
	"$connect": {"integration": {"integrationType": "AWS", "integrationMethod": "POST",
	"integrationUri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:order/invocations",
	"requestParameters": {"integration.request.header.X-Amz-Invocation-Type": "'Event'"}}, "responses": [{"integrationResponseKey": "$default"}]}}}`

// TestFunctionAsynchronous starts a function and does not wait for it.
// Source: "Set up asynchronous invocation of the backend Lambda function" in the API Gateway developer guide.
func TestFunctionAsynchronous(t *testing.T) {
	s := newStand(t)
	s.create("push", &lambdaFunction{handler: "push", env: []string{
		"AWS_ACCESS_KEY_ID=" + s.key.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + s.key.SecretAccessKey,
	}})
	s.create("order", &lambdaFunction{handler: "order"})
	s.define(t, pushing)
	c := s.connect(t, "") // 202 is enough
	if in := s.wantEnded(t); in.name != "order" || string(in.event) != "{}" {
		t.Errorf("%s was invoked with %s", in.name, in.event)
	}
	c.say(t, `{"action":"remind","text":"tea is ready"}`)
	got := map[string]bool{c.wantMatch(t, "…"): true, c.wantMatch(t, "…"): true} // whichever comes first
	if !got[`{"accepted":true}`] || !got["tea is ready"] {
		t.Errorf("the client got %v", got)
	}
	if in := s.wantEnded(t); in.kind != "Event" || in.failure != "" {
		t.Errorf("the function was invoked by %s and has ended %q: %s", in.kind, in.failure, in.result)
	}
	c.say(t, `{"action":"dry","text":"x"}`)
	c.wantMatch(t, failed)
	s.create("push", &lambdaFunction{handler: "push", stopped: true})
	c.say(t, `{"action":"remind","text":"tea"}`)
	c.wantMatch(t, failed)
}

// TestFunctionCustomConnect lets a custom integration decide who may connect.
func TestFunctionCustomConnect(t *testing.T) {
	s := newStand(t)
	s.create("order", &lambdaFunction{handler: "order"})
	s.define(t, strings.ReplaceAll(`{"routes": {"$connect": {"route": {"requestParameters": {"route.request.querystring.item": {"required": true}}},
		"integration": {"integrationType": "AWS", "integrationUri": "FUNCTION",
			"requestTemplates": {"$default": "{\"Item\": \"$input.params('item')\", \"Connection\": \"$context.connectionId\"}"}},
		"responses": [{"integrationResponseKey": "$default"}, {"integrationResponseKey": "/unknown item.*/"}]}}}`, "FUNCTION", functionURI("order")))
	wantHandshake(t, http.StatusSwitchingProtocols, s.url("prod")+"?item=tea")
	wantHandshake(t, http.StatusBadGateway, s.url("prod")+"?item=unicorn")
	wantHandshake(t, http.StatusBadRequest, s.url("prod"))
	for _, item := range []string{"tea", "unicorn"} {
		if in := s.wantEnded(t); !matches(`{"Item": "`+item+`", "Connection": "…="}`, string(in.event)) {
			t.Errorf("the event is %s", in.event)
		}
	}
}
