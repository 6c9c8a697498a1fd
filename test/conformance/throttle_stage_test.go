package conformance_test

import (
	"testing"

	"gangway/internal/node"
)

// Rates in these tests are so small that no bucket gets another token while a test runs, on whatever machine.
//
// What is throttled and in which order: "Throttle requests to your WebSocket APIs for better throughput in API Gateway" in the
// developer guide. That handshakes are answered with 429 and messages with a frame of these words is THROTTLED in "Gateway response
// types"; for frames it is a guess.

// throttled is an API with three routes, on two stages.
const throttled = `{"routes": {"$connect": {"mock": ""}, "$default": {"mock": "hello", "reply": true}, "other": {"mock": "other", "reply": true},
	"told": {"http": "/told"}, "$disconnect": {"http": "/bye"}}, "deploy": "one"}`

func newThrottled(t *testing.T, cfg node.Config) *place {
	t.Helper()
	p := newPlace(t, cfg, throttled)
	p.define(t, `{"deploy": "one", "stage": {"stageName": "other"}}`)
	return p
}

// TestStageThrottle has the routes of a stage share a bucket, $connect among them. What is refused reaches no backend; another
// stage of the same deployment is left alone; all changes act at once, on connections that are open.
func TestStageThrottle(t *testing.T) {
	p := newThrottled(t, node.Config{})
	before, elsewhere := p.open(t, "prod", nil), p.open(t, "other", nil)
	p.set(t, "prod", `{"defaultRouteSettings":{"throttlingBurstLimit":3,"throttlingRateLimit":0.001}}`)
	c := p.open(t, "prod", nil) // one token
	wantReply(t, c, "1", "hello")
	wantReply(t, before, `{"action":"other"}`, "other") // a connection from before, another route: the same bucket
	for range 2 {
		wantReply(t, c, "no token", tooManyFrame)
		wantReply(t, before, `{"action":"other"}`, tooManyFrame)
		wantReply(t, before, `{"action":"told"}`, tooManyFrame)
		p.wantAttempt(t, "no token", "prod", nil, tooMany)
	}
	for range 5 {
		wantReply(t, elsewhere, "another stage", "hello")
		p.wantAttempt(t, "another stage", "other", nil, "101")
	}
	p.set(t, "prod", `{"stageVariables":{"color":"blue"}}`)
	wantReply(t, c, "a change of something else fills no bucket", tooManyFrame)
	p.set(t, "prod", `{"defaultRouteSettings":{"throttlingBurstLimit":2}}`)
	wantReply(t, c, "another burst", "hello")
	wantReply(t, before, "another burst", "hello")
	wantReply(t, c, "no token", tooManyFrame)
	p.define(t, `{"routes": {"$default": {"mock": "deployed", "reply": true}}}`)
	wantReply(t, c, "a deployment fills no bucket", tooManyFrame)
	p.set(t, "prod", `{"defaultRouteSettings":{"throttlingBurstLimit":1000,"throttlingRateLimit":1000}}`)
	for range 5 {
		wantReply(t, c, "plenty", "deployed")
	}
	for len(p.away.received) > 0 {
		if got := <-p.away.received; got.uri != "/bye" {
			t.Errorf("the backend has seen %s, of a message that was refused", got.uri)
		}
	}
}

// TestRouteThrottle has routes with rates of their own. They neither take from the bucket of the stage nor from each other.
func TestRouteThrottle(t *testing.T) {
	p := newThrottled(t, node.Config{})
	c := p.open(t, "prod", nil)
	p.set(t, "prod", `{"defaultRouteSettings":{"throttlingBurstLimit":2,"throttlingRateLimit":0.001},
		"routeSettings":{"other":{"throttlingBurstLimit":3,"throttlingRateLimit":0.001},"$connect":{"throttlingBurstLimit":1,"throttlingRateLimit":0.001}}}`)
	p.wantAttempt(t, "the one token of $connect", "prod", nil, "101")
	p.wantAttempt(t, "and no more", "prod", nil, tooMany)
	for range 3 {
		wantReply(t, c, `{"action":"other"}`, "other")
	}
	wantReply(t, c, `{"action":"other"}`, tooManyFrame)
	for range 2 {
		wantReply(t, c, "of the stage", "hello")
	}
	wantReply(t, c, "of the stage", tooManyFrame)
	wantReply(t, c, `{"action":"other"}`, tooManyFrame)
	p.set(t, "prod", `{"routeSettings":{"other":{"throttlingBurstLimit":1}}}`) // at the rate of the stage: a member that is absent leaves it
	wantReply(t, c, `{"action":"other"}`, "other")
	wantReply(t, c, `{"action":"other"}`, tooManyFrame)
	wantReply(t, c, "of the stage", tooManyFrame)
	p.wantAttempt(t, "and still no more", "prod", nil, tooMany)
	p.mustControl(t, remove, "/v2/apis/"+p.api.id+"/stages/prod/routesettings/$connect", nil)
	p.wantAttempt(t, "from the bucket of the stage, which is empty", "prod", nil, tooMany)
	p.set(t, "prod", `{"routeSettings":{"$connect":{"throttlingBurstLimit":1000,"throttlingRateLimit":1000}}}`)
	for range 3 {
		p.wantAttempt(t, "plenty for $connect", "prod", nil, "101")
	}
	wantReply(t, c, "of the stage", tooManyFrame)
}

// TestThrottleZero has rates and bursts of zero let nothing through, be it on a stage or on a route. What happens of itself is not
// throttled: $disconnect is told. Source: a guess, from what users of API Gateway report of limits of zero.
func TestThrottleZero(t *testing.T) {
	p := newThrottled(t, node.Config{})
	c, leaving := p.open(t, "prod", nil), p.open(t, "prod", nil)
	for _, zero := range []string{
		`{"throttlingBurstLimit":0,"throttlingRateLimit":0}`, `{"throttlingBurstLimit":0,"throttlingRateLimit":1000}`,
		`{"throttlingBurstLimit":1000,"throttlingRateLimit":0}`,
	} {
		p.set(t, "prod", `{"defaultRouteSettings":`+zero+`}`)
		p.wantAttempt(t, zero, "prod", nil, tooMany)
		wantReply(t, c, zero, tooManyFrame)
		wantReply(t, c, `{"action":"told"}`, tooManyFrame)
		p.set(t, "prod", `{"defaultRouteSettings":{"throttlingBurstLimit":1000,"throttlingRateLimit":1000},"routeSettings":{"other":`+zero+`}}`)
		wantReply(t, c, `{"action":"other"}`, tooManyFrame)
		wantReply(t, c, "another route", "hello")
		p.wantAttempt(t, "another route", "prod", nil, "101")
	}
	p.set(t, "prod", `{"defaultRouteSettings":{"throttlingBurstLimit":0,"throttlingRateLimit":0}}`)
	leaving.drop()
	for range 3 + 1 { // of those that were let in above, and this one
		if got := <-p.away.received; got.uri != "/bye" {
			t.Errorf("the backend has seen %s, expected the end of a connection", got.uri)
		}
	}
}

// TestThrottledBeforeAsked has nobody asked about a client that is refused for the rate: neither authorizer nor backend, and no
// quota is used. Source: the order of "Throttle requests…", in which plans come first for REST APIs; that the handshake of a
// WebSocket API is throttled before its authorizer is a guess.
func TestThrottledBeforeAsked(t *testing.T) {
	wholeDay(t)
	p := newPlace(t, node.Config{}, keyed)
	id := p.apiKey(t, keyValue("a"))
	plan := p.plan(t, "prod", `,"quota":{"limit":9,"period":"MONTH"}`, id)
	p.guarded(t, allowed+`}`, "")
	p.define(t, `{"routes": {"$connect": {"lambda": "hear"}}}`)
	p.set(t, "prod", `{"routeSettings":{"$connect":{"throttlingBurstLimit":1,"throttlingRateLimit":0.001}}}`)
	p.wantAttempt(t, "the first", "prod", bearing(keyValue("a")), "101")
	for _, name := range []string{"guard", "hear"} {
		if got := (<-p.away.received).function(); got != name {
			t.Errorf("the function %s was asked, expected %s", got, name)
		}
	}
	p.wantAttempt(t, "the second", "prod", bearing(keyValue("a")), tooMany)
	p.wantUsage(t, plan, id, 1, 8)
	if len(p.away.received) > 0 {
		t.Errorf("the function %s was asked", (<-p.away.received).function())
	}
}
