package conformance_test

import (
	"net/http"
	"strings"
	"testing"

	"gangway/internal/node"
)

// keyed is an API that asks its clients for API keys.
const keyed = `{"routes": {"$connect": {"mock": "", "route": {"apiKeyRequired": true}}, "$default": {"mock": "hello", "reply": true, "route": {"apiKeyRequired": true}}}, "deploy": "one"}`

// TestAPIKeys has clients with keys of all kinds. Who refuses says the same of all: a client cannot tell a key that is unknown
// from one that has no plan. Source: "Usage plans and API keys for REST APIs in API Gateway" and "Control and manage access to
// WebSocket APIs in API Gateway" in the developer guide; 403: INVALID_API_KEY in "Gateway response types".
func TestAPIKeys(t *testing.T) {
	p := newPlace(t, node.Config{}, keyed)
	p.define(t, `{"deploy": "one", "stage": {"stageName": "other"}}`)
	ids := map[string]string{}
	for _, name := range []string{"right", "planless", "elsewhere", "disabled", "disabled-planless"} {
		ids[name] = p.apiKey(t, keyValue(name))
	}
	plan := p.plan(t, "prod", "", ids["right"], ids["disabled"])
	p.plan(t, "other", "", ids["elsewhere"])
	for _, name := range []string{"disabled", "disabled-planless"} {
		p.mustControl(t, patch, "/apikeys/"+ids[name], oneOp("replace", "/enabled", "false"))
	}
	for _, row := range []struct{ key, stage, wanted string }{
		{"", "prod", forbidden},
		{"unknown", "prod", forbidden},
		{"planless", "prod", forbidden},
		{"elsewhere", "prod", forbidden},
		{"disabled", "prod", forbidden},
		{"disabled-planless", "prod", forbidden},
		{"right", "other", forbidden},
		{"elsewhere", "other", "101"},
		{"right", "prod", "101"},
	} {
		p.wantAttempt(t, "the key "+row.key, row.stage, bearing(keyValue(row.key)), row.wanted)
	}
	value := keyValue("right")
	p.wantAttempt(t, "the key in the query", "prod?x-api-key="+value, nil, forbidden)
	p.wantAttempt(t, "the name of the key", "prod", bearing(ids["right"]), forbidden)
	p.wantAttempt(t, "the key in other letters", "prod", bearing(strings.ToUpper(value)), forbidden)
	p.wantAttempt(t, "the key and more", "prod", bearing(value+"x"), forbidden)
	p.wantAttempt(t, "a part of the key", "prod", bearing(value[:len(value)-1]), forbidden)
	p.wantAttempt(t, "a header in other letters", "prod", http.Header{"x-API-KEY": {value}}, "101")
	wholeDay(t)
	p.wantUsage(t, plan, ids["right"], 2, 1<<63-1)
}

// keyValue is the value of a key that a test knows by a name.
func keyValue(name string) string {
	if name == "" {
		return ""
	}
	return "value-of-the-key-of-" + name
}

// TestAPIKeyChanges changes keys, plans and stages: each change holds for the next handshake, without a deployment, and none
// touches a connection that is open. Messages need no key, and are not counted: "API Key  authorized because route '…' does not
// require API Key. Request will not contribute to throttle or quota limits" in Stack Overflow question 67640010. That the changes
// hold at once is a guess: "Usage plans and API keys" has them take up to a few minutes.
func TestAPIKeyChanges(t *testing.T) {
	wholeDay(t)
	p := newPlace(t, node.Config{}, keyed)
	value := keyValue("a")
	id := p.apiKey(t, value)
	plan := p.plan(t, "prod", `,"quota":{"limit":100,"period":"DAY"}`, id)
	member := map[string]any{"keyId": id, "keyType": "API_KEY"}
	c := p.open(t, "prod", bearing(value))
	for _, row := range []struct {
		what, method, path string
		body               any
		wanted             string
	}{
		{"the key is disabled", patch, "/apikeys/" + id, oneOp("replace", "/enabled", "false"), forbidden},
		{"it is enabled", patch, "/apikeys/" + id, oneOp("replace", "/enabled", "true"), "101"},
		{"it leaves the plan", remove, "/usageplans/" + plan + "/keys/" + id, nil, forbidden},
		{"it enters the plan", post, "/usageplans/" + plan + "/keys", member, "101"},
		{"the stage leaves the plan", patch, "/usageplans/" + plan, oneOp("remove", "/apiStages", p.api.id+":prod"), forbidden},
		{"the stage enters the plan", patch, "/usageplans/" + plan, oneOp("add", "/apiStages", p.api.id+":prod"), "101"},
		{"the key is deleted", remove, "/apikeys/" + id, nil, forbidden},
	} {
		p.mustControl(t, row.method, row.path, row.body)
		p.wantAttempt(t, row.what, "prod", bearing(value), row.wanted)
		wantReply(t, c, "are you there?", "hello")
	}
	again := p.apiKey(t, value)
	p.wantAttempt(t, "the value is another key's", "prod", bearing(value), forbidden)
	p.mustControl(t, post, "/usageplans/"+plan+"/keys", map[string]any{"keyId": again, "keyType": "API_KEY"})
	p.wantAttempt(t, "which enters the plan", "prod", bearing(value), "101")
	wantReply(t, c, "are you there?", "hello")
	p.wantUsage(t, plan, again, 1, 99)
	p.define(t, `{"routes": {"$connect": {"route": {"apiKeyRequired": false}}}}`)
	p.wantAttempt(t, "no key is asked for", "prod", nil, "101")
}

// TestAPIKeyFromAuthorizer has the key come from the authorizer, and from nowhere else. A client that is not let in for another
// reason is not counted. Source: "Choose an API key source" and "Control access to WebSocket APIs with AWS Lambda REQUEST
// authorizers" in the developer guide.
func TestAPIKeyFromAuthorizer(t *testing.T) {
	wholeDay(t)
	p := newPlace(t, node.Config{}, keyed)
	value := keyValue("of-the-function")
	id := p.apiKey(t, value)
	plan := p.plan(t, "prod", "", id)
	p.define(t, `{"settings": {"apiKeySelectionExpression": "$context.authorizer.usageIdentifierKey"}}`)
	p.wantAttempt(t, "without an authorizer", "prod", bearing(value), forbidden)
	p.guarded(t, "", `"route.request.querystring.who"`)
	p.define(t, `{"settings": {"apiKeySelectionExpression": "$context.authorizer.usageIdentifierKey"}, "routes": {"$connect": {"lambda": "hear"}}}`)
	for _, row := range []struct{ what, answer, query, wanted string }{
		{"the right key", allowed + `,"usageIdentifierKey":"` + value + `"}`, "?who=me", "101"},
		{"no key", allowed + `}`, "?who=me", forbidden},
		{"another key", allowed + `,"usageIdentifierKey":"` + value + `x"}`, "?who=me", forbidden},
		{"an empty key", allowed + `,"usageIdentifierKey":""}`, "?who=me", forbidden},
		{"the key among others of the answer", allowed + `,"context":{"usageIdentifierKey":"` + value + `"}}`, "?who=me", forbidden},
		{"no identity", allowed + `,"usageIdentifierKey":"` + value + `"}`, "", `401 UnauthorizedException {"message":"Unauthorized"}`},
		{
			"no permission", strings.Replace(allowed, "Allow", "Deny", 1) + `,"usageIdentifierKey":"` + value + `"}`, "?who=me",
			`403 ForbiddenException {"Message":"User is not authorized to access this resource with an explicit deny"}`,
		},
	} {
		p.away.replies(func(c *call) reply {
			if c.function() == "guard" {
				return reply{status: http.StatusOK, body: row.answer}
			}
			return reply{status: http.StatusOK, body: `{"statusCode":200}`}
		})
		p.wantAttempt(t, row.what, "prod"+row.query, bearing(value), row.wanted)
	}
	p.wantUsage(t, plan, id, 1, 1<<63-1)
	p.wantIdentity(t, value, id)
}

// wantIdentity wants the one event that a function behind $connect has seen to name a key.
func (p *place) wantIdentity(t *testing.T, value, id string) {
	t.Helper()
	seen := 0
	for len(p.away.received) > 0 {
		c := <-p.away.received
		if c.function() != "hear" {
			continue
		}
		seen++
		context, _ := c.event()["requestContext"].(map[string]any)
		identity, _ := context["identity"].(map[string]any)
		if identity["apiKey"] != value || identity["apiKeyId"] != id {
			t.Errorf("the function has seen the identity %v", identity)
		}
	}
	if seen != 1 {
		t.Errorf("the function has seen %d clients, expected 1", seen)
	}
}

// TestAPIKeyIdentity has functions, templates and parameters see whose key it was: as long as the connection lasts. Source:
// identity.apiKey and identity.apiKeyId in "WebSocket API mapping template reference" and "Set up data mapping for WebSocket
// APIs"; that they are in events, too, is a guess.
func TestAPIKeyIdentity(t *testing.T) {
	p := newPlace(t, node.Config{}, `{"routes": {
		"$connect": {"lambda": "hear", "route": {"apiKeyRequired": true}},
		"mapped": {"http": "/mapped", "integration": {"requestParameters": {"integration.request.header.id": "context.identity.apiKeyId", "integration.request.header.key": "context.identity.apiKey"}}},
		"$default": {"mock": "$context.identity.apiKeyId $context.identity.apiKey", "reply": true}}}`)
	value := keyValue("a")
	id := p.apiKey(t, value)
	p.plan(t, "prod", "", id)
	c := p.open(t, "prod", bearing(value))
	p.wantIdentity(t, value, id)
	wantReply(t, c, "who am I?", id+" "+value)
	c.say(t, `{"action":"mapped"}`)
	if got := (<-p.away.received).header; got.Get("Id") != id || got.Get("Key") != value {
		t.Errorf("the backend has seen the header %v", got)
	}
}
