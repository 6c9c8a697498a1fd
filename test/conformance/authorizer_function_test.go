package conformance_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// ask has a function decide about $connect, for whom shows these sources, and deploys that. It returns the authorizer's id.
func (s *stand) ask(t *testing.T, uri string, sources ...string) string {
	t.Helper()
	body := map[string]any{"name": "guard", "authorizerType": "REQUEST", "authorizerUri": uri}
	if len(sources) > 0 {
		body["identitySource"] = sources
	}
	id := s.mustControl(t, post, "/v2/apis/"+s.api.id+"/authorizers", body).text("authorizerId")
	s.define(t, fmt.Sprintf(`{"routes": {"$connect": {"route": {"authorizationType": "CUSTOM", "authorizerId": %q}}}}`, id))
	return id
}

// arnOf is what the client of a stage asks for.
func (s *stand) arnOf(stage string) string {
	return "arn:aws:execute-api:" + region + ":" + account + ":" + s.api.id + "/" + stage + "/$connect"
}

// wantRefused wants a handshake to be refused with a status and a body, byte for byte.
func wantRefused(t *testing.T, label string, in handshake, status int, body string) {
	t.Helper()
	c, _, err := dial(t.Context(), in)
	refused, isRefusal := errors.AsType[*refusal](err)
	switch {
	case err == nil:
		c.drop()
		t.Errorf("%s: connected, expected %d", label, status)
	case !isRefusal:
		t.Errorf("%s: %v", label, err)
	case refused.status != status || string(refused.body) != body:
		t.Errorf("%s: %d %s, expected %d %s", label, refused.status, refused.body, status, body)
	case status == http.StatusInternalServerError && refused.header.Get("X-Amzn-Errortype") != "InternalServerErrorException":
		t.Errorf("%s: the error is called %q", label, refused.header.Get("X-Amzn-Errortype"))
	}
}

// wantConnected wants a handshake to succeed, and leaves.
func wantConnected(t *testing.T, label string, in handshake) {
	t.Helper()
	c, _, err := dial(t.Context(), in)
	if err != nil {
		t.Errorf("%s: %v", label, err)
		return
	}
	c.drop()
}

// alice is a client's handshake.
func alice(url string) handshake {
	return handshake{url: url, header: http.Header{"User-Agent": {"alice"}}}
}

// TestAuthorizerVerdicts has a function answer in every way, and wants each client to see the status for that, to get in only
// where the guide says so, and to read nothing of what the function has said. Then Lambda itself refuses.
// Source: "Create an API Gateway REQUEST Lambda authorizer" and "Output from an API Gateway Lambda authorizer" in the API
// Gateway developer guide; 500 and the bodies: "Gateway response types" there, for REST APIs; for WebSocket APIs a guess.
func TestAuthorizerVerdicts(t *testing.T) {
	s := newStand(t)
	s.create("guard", &lambdaFunction{handler: "guard"})
	s.create("hurried", &lambdaFunction{handler: "guard", timeout: time.Second})
	s.create("door", &lambdaFunction{handler: "self"})
	s.define(t, `{"routes": {"$connect": {"lambda": "door"}}, "deploy": "no"}`)
	s.ask(t, functionURI("${stageVariables.guard}"))
	s.define(t, `{"stage": {"stageVariables": {"guard": "guard"}}}`)
	for _, v := range verdicts() {
		if v.name == "wait" {
			s.define(t, `{"stage": {"stageVariables": {"guard": "hurried"}}}`)
		}
		in := alice(s.url("prod") + "?as=" + url.QueryEscape(v.name))
		if v.status == connected {
			wantConnected(t, v.name, in)
		} else {
			wantRefused(t, v.name, in, v.status, v.body)
		}
		s.wantEnds(t, v.name, v.status == connected)
	}
	for _, f := range []*lambdaFunction{
		{handler: "guard", private: true}, {handler: "guard", stopped: true}, {handler: "guard", handled: true},
	} {
		s.create("hurried", f)
		label := fmt.Sprintf("private %t, stopped %t, handled %t", f.private, f.stopped, f.handled)
		wantRefused(t, label, alice(s.url("prod")+"?as=error"), http.StatusInternalServerError, notDecided)
	}
	wantRefused(t, "handled", alice(s.url("prod")+"?as=unauthorized"), http.StatusUnauthorized, notKnown)
	s.define(t, `{"stage": {"stageVariables": {"guard": "lost"}}}`)
	wantRefused(t, "a function that is not there", alice(s.url("prod")), http.StatusInternalServerError, notDecided)
	s.define(t, `{"stage": {"stageVariables": {"guard": "guard"}}}`)
	wantConnected(t, "after all that", alice(s.url("prod")))
}

// wantEnds wants the authorizer to have been asked once, and $connect only after it let the client in.
func (s *stand) wantEnds(t *testing.T, label string, in bool) {
	t.Helper()
	var names []string
	for len(s.ended) > 0 {
		names = append(names, s.wantEnded(t).name)
	}
	ran := strings.Join(names, " ")
	if in && ran != "guard door" || !in && ran != "guard" && ran != "hurried" {
		t.Errorf("%s: these functions ran: %s", label, ran)
	}
}

// TestAuthorizerSources wants the function not to be called for a client that does not show all that it is to show.
// Source: "Create an API Gateway REQUEST Lambda authorizer" in the API Gateway developer guide: "If a specified identity source
// is missing, null, or empty, API Gateway returns a 401 Unauthorized response without calling the Lambda function". That names of
// header fields may come in any case, and that of several values the last counts, is a guess.
func TestAuthorizerSources(t *testing.T) {
	s := newStand(t)
	s.create("guard", &lambdaFunction{handler: "guard"})
	s.define(t, `{"routes": {"$connect": {"mock": ""}}, "deploy": "no"}`)
	id := s.ask(t, functionURI("guard"))
	s.define(t, `{"stage": {"stageVariables": {"color": "blue", "none": ""}}}`)
	for _, row := range []struct {
		sources []string
		header  string
		query   string
		in      bool
	}{
		{nil, "", "", true},
		{[]string{"route.request.header.X-Token"}, "X-Token: a", "", true},
		{[]string{"route.request.header.X-Token"}, "x-tOKEN: a", "", true},
		{[]string{"route.request.header.x-token"}, "X-Token: a", "", true},
		{[]string{"route.request.header.X-Token"}, "", "", false},
		{[]string{"route.request.header.X-Token"}, "X-Token:", "", false},
		{[]string{"route.request.header.X-Token"}, "X-Tokens: a", "?X-Token=a", false},
		{[]string{"route.request.querystring.token"}, "", "?token=a", true},
		{[]string{"route.request.querystring.token"}, "", "?token=&token=a", true},
		{[]string{"route.request.querystring.token"}, "", "?token=a&token=", false},
		{[]string{"route.request.querystring.token"}, "", "?token=", false},
		{[]string{"route.request.querystring.token"}, "", "?token", false},
		{[]string{"route.request.querystring.token"}, "Token: a", "?Token=a", false},
		{[]string{"stageVariables.color"}, "", "", true},
		{[]string{"stageVariables.none"}, "", "", false},
		{[]string{"stageVariables.size"}, "", "", false},
		{[]string{"context.identity.sourceIp"}, "", "", true},
		{[]string{"context.connectionId", "context.routeKey"}, "", "", true},
		{[]string{"context.messageId"}, "", "", false},
		{[]string{"route.request.header.X-Token", "route.request.querystring.token", "stageVariables.color"}, "X-Token: a", "?token=a", true},
		{[]string{"route.request.header.X-Token", "route.request.querystring.token", "stageVariables.color"}, "X-Token: a", "", false},
		{[]string{"route.request.header.X-Token", "route.request.querystring.token", "stageVariables.color"}, "", "?token=a", false},
		{[]string{"route.request.header.X-Token", "route.request.querystring.token", "stageVariables.size"}, "X-Token: a", "?token=a", false},
	} {
		if row.sources != nil {
			s.mustControl(t, patch, "/v2/apis/"+s.api.id+"/authorizers/"+id, map[string]any{"identitySource": row.sources})
			s.define(t, `{}`)
		}
		label := fmt.Sprintf("%s with %q %q", row.sources, row.header, row.query)
		in := alice(s.url("prod") + row.query)
		if name, value, ok := strings.Cut(row.header, ":"); ok {
			in.header[name] = []string{strings.TrimSpace(value)}
		}
		if row.in {
			wantConnected(t, label, in)
		} else {
			wantRefused(t, label, in, http.StatusUnauthorized, notKnown)
		}
		if calls := len(s.ended); calls > 1 || calls == 1 != row.in {
			t.Errorf("%s: the function was called %d times", label, calls)
		}
		for len(s.ended) > 0 {
			s.wantEnded(t)
		}
	}
}

// TestAuthorizerChanges has an API change who decides. Nothing changes for clients until it is deployed, and never for those that
// are connected: they keep their connection and what was said of them.
// Source: "Control access to WebSocket APIs with AWS Lambda REQUEST authorizers" and "Use stage variables" in the API Gateway
// developer guide. A function that cannot be named for want of a stage variable lets nobody in: a guess.
func TestAuthorizerChanges(t *testing.T) {
	s := newStand(t)
	aliases := map[string]string{"live": "1"}
	s.create("guard", &lambdaFunction{handler: "guard", versions: map[string]string{"1": "guard"}, aliases: aliases})
	s.create("shut", &lambdaFunction{handler: "self", versions: map[string]string{"1": "self"}, aliases: aliases}) // whose answer is no policy
	const who = `"mock": "$context.authorizer.principalId of $context.authorizer.tenant$context.authorizer.nothing", "reply": true`
	s.define(t, `{"routes": {"$default": {`+who+`}}}`)
	free := s.connect(t, "")
	free.say(t, "who?")
	wantItem(t, free, " of ")
	wantConnected(t, "without $connect", alice(s.url("prod")+"?as=deny"))

	s.define(t, `{"routes": {"$connect": {}}, "deploy": "no"}`)
	id := s.ask(t, functionURI("guard"))
	free.say(t, "who?") // nobody has been asked about this client
	wantItem(t, free, " of ")
	c := s.connect(t, "")
	wantRefused(t, "with an authorizer", alice(s.url("prod")+"?as=deny"), http.StatusForbidden, explicitDeny)

	s.mustControl(t, patch, "/v2/apis/"+s.api.id+"/authorizers/"+id, map[string]any{"authorizerUri": functionURI("shut")})
	wantConnected(t, "changed, not deployed", alice(s.url("prod")))
	s.define(t, `{}`)
	wantRefused(t, "changed and deployed", alice(s.url("prod")), http.StatusInternalServerError, notDecided)
	c.say(t, "who?")
	wantItem(t, c, "me of t-1")

	s.mustControl(t, patch, "/v2/apis/"+s.api.id+"/authorizers/"+id, map[string]any{"authorizerUri": functionURI("${stageVariables.guard}:${stageVariables.alias}")})
	s.define(t, `{"deploy": "by stage", "stage": {"stageVariables": {"guard": "guard", "alias": "live"}}}`)
	s.define(t, `{"deploy": "by stage", "stage": {"stageName": "shut", "stageVariables": {"guard": "shut", "alias": "live"}}}`)
	s.define(t, `{"deploy": "by stage", "stage": {"stageName": "bare", "stageVariables": {"guard": "guard"}}}`)
	s.define(t, `{"deploy": "by stage", "stage": {"stageName": "odd", "stageVariables": {"guard": "guard/../shut", "alias": "live"}}}`)
	wantConnected(t, "by a stage variable", alice(s.url("prod")))
	for _, stage := range []string{"shut", "bare", "odd"} {
		wantRefused(t, stage, alice(s.url(stage)), http.StatusInternalServerError, notDecided)
	}
	s.define(t, `{"deploy": "by stage", "stage": {"stageName": "bare", "stageVariables": {"guard": "guard", "alias": "1"}}}`)
	wantConnected(t, "with the variable, and without a deployment", alice(s.url("bare")))
	s.define(t, `{"routes": {"$connect": {"route": {"authorizationType": "NONE", "authorizerId": ""}}}}`)
	wantConnected(t, "open again", alice(s.url("prod")+"?as=deny"))
	c.say(t, "who?")
	wantItem(t, c, "me of t-1")
}

// TestAuthorizerKeys has clients bring an API key, and then the authorizer name it. Without a key that a usage plan has for the stage
// nobody gets in, whatever the policy says, and with one nobody whom the policy denies.
// Source: "Choose an API key source" and "Output from an API Gateway Lambda authorizer" (usageIdentifierKey) in the API Gateway
// developer guide; the body: "Gateway response types" there (INVALID_API_KEY), for REST APIs.
func TestAuthorizerKeys(t *testing.T) {
	s := newStand(t)
	s.create("guard", &lambdaFunction{handler: "guard"})
	s.create("mirror", &lambdaFunction{handler: "mirror"})
	s.define(t, `{"routes": {"$connect": {"lambda": "mirror", "route": {"apiKeyRequired": true}}}}`)
	const value, other, none = "0123456789abcdefghij", "9876543210abcdefghij", `{"message":"Forbidden"}`
	key := s.mustControl(t, post, "/apikeys", `{"name":"k","enabled":true,"value":"`+value+`"}`).text("id")
	plan := s.mustControl(t, post, "/usageplans", fmt.Sprintf(`{"name":"p","apiStages":[{"apiId":%q,"stage":"prod"}]}`, s.api.id)).text("id")
	s.mustControl(t, post, "/usageplans/"+plan+"/keys", fmt.Sprintf(`{"keyId":%q,"keyType":"API_KEY"}`, key))
	in := alice(s.url("prod"))
	wantRefused(t, "no key", in, http.StatusForbidden, none)
	in.header["X-Api-Key"] = []string{other}
	wantRefused(t, "another key", in, http.StatusForbidden, none)
	in.header["X-Api-Key"] = []string{value}
	wantConnected(t, "the key", in)
	s.wantKey(t, value, key)

	s.define(t, `{"settings": {"apiKeySelectionExpression": "$context.authorizer.usageIdentifierKey"}, "deploy": "no"}`)
	s.ask(t, functionURI("guard"))
	for name, key := range map[string]string{"no": "", "another": other} {
		in.url = s.url("prod") + "?key=" + key
		wantRefused(t, "the client has the key, and the authorizer names "+name+" key", in, http.StatusForbidden, none)
		s.wantEnded(t)
	}
	wantConnected(t, "the authorizer names the key", alice(s.url("prod")+"?key="+value))
	s.wantEnded(t)
	s.wantKey(t, value, key)
	wantRefused(t, "the key, and a policy that denies", alice(s.url("prod")+"?as=deny&key="+value), http.StatusForbidden, explicitDeny)
}

// wantKey wants the next event to name an API key.
func (s *stand) wantKey(t *testing.T, value, id string) {
	t.Helper()
	var event struct {
		RequestContext struct{ Identity map[string]string }
	}
	must(t, json.Unmarshal(s.wantEnded(t).event, &event))
	if got := event.RequestContext.Identity; got["apiKey"] != value || got["apiKeyId"] != id {
		t.Errorf("the function sees the identity %v", got)
	}
}
