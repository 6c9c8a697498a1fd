package conformance_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	management "github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	managementtypes "github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi/types"
)

// whoami is an API whose clients can ask for the id of their connection.
const whoami = `{"routes": {"$default": {"mock": "$context.connectionId", "reply": true}}}`

// newSpare starts the program with more flags, and makes an API.
func newSpare(t *testing.T, flags ...string) *place {
	t.Helper()
	p := newPlaceless(t)
	p.server = startProgram(t, t.TempDir(), flags...).server
	p.define(t, whoami)
	return p
}

// TestAccountThrottle has all there is share one bucket: handshakes and messages of all APIs, and calls of @connections, which the
// SDK takes for what the service says then. Source: "Throttle requests to your WebSocket APIs for better throughput in API
// Gateway" (account level) in the developer guide; LimitExceededException, 429, in the service model of the Management API of
// 2018-11-29. The text of the latter is a guess.
func TestAccountThrottle(t *testing.T) {
	p := newSpare(t, "--account-rate", "0.001", "--account-burst", "7")
	first := p.api
	p.api = nil
	p.define(t, whoami)
	c := p.open(t, "prod", nil) // 1
	id := wantReply(t, c, "who am I?", "…=")
	second := p.api
	p.api = first
	other := p.open(t, "prod", nil)              // 3
	wantReply(t, other, "and I?", "…=")          // 4
	pushes := p.managementSDK(second.id, "prod") // three operations
	push := &management.PostToConnectionInput{ConnectionId: &id, Data: []byte("hello")}
	_, err := pushes.PostToConnection(t.Context(), push) // 5
	must(t, err)
	wantItem(t, c, "hello")
	_, err = pushes.GetConnection(t.Context(), &management.GetConnectionInput{ConnectionId: &id}) // 6
	must(t, err)
	gone := aws.String("abcdefghijklmno=")
	_, err = pushes.PostToConnection(t.Context(), &management.PostToConnectionInput{ConnectionId: gone, Data: []byte("x")}) // 7
	wantError[*managementtypes.GoneException](t, err)

	_, err = pushes.PostToConnection(t.Context(), push)
	wantError[*managementtypes.LimitExceededException](t, err)
	_, err = pushes.GetConnection(t.Context(), &management.GetConnectionInput{ConnectionId: &id})
	wantError[*managementtypes.LimitExceededException](t, err)
	_, err = pushes.DeleteConnection(t.Context(), &management.DeleteConnectionInput{ConnectionId: &id})
	wantError[*managementtypes.LimitExceededException](t, err)
	p.wantManagement429(t, second.id, id)
	wantReply(t, c, "of this API", tooManyFrame)
	wantReply(t, other, "and of the other one", tooManyFrame)
	p.wantAttempt(t, "of this API", "prod", nil, tooMany)
	p.api = second
	p.wantAttempt(t, "and of the other one", "prod", nil, tooMany)
	p.set(t, "prod", `{"defaultRouteSettings":{"throttlingBurstLimit":1000,"throttlingRateLimit":1000}}`)
	wantReply(t, c, "a stage grants no more than the account", tooManyFrame)
}

// wantManagement429 looks at the answer of the Management API as it is sent.
func (p *place) wantManagement429(t *testing.T, api, id string) {
	t.Helper()
	got, err := p.do(t.Context(), request{method: post, url: p.connectionURL(api, "prod", id), body: []byte("x"), service: "execute-api"})
	must(t, err)
	var body map[string]string
	must(t, json.Unmarshal(got.body, &body))
	if got.status != http.StatusTooManyRequests || got.header.Get("X-Amzn-Errortype") != "LimitExceededException" || body["message"] != "Too Many Requests" {
		t.Errorf("the answer is %d %v %s", got.status, got.header, got.body)
	}
}

// TestNarrowThrottleFirst has what a route refuses take nothing from the account. Source: the order of "Throttle requests to your
// REST APIs for better throughput in API Gateway".
func TestNarrowThrottleFirst(t *testing.T) {
	p := newSpare(t, "--account-rate", "0.001", "--account-burst", "3")
	c := p.open(t, "prod", nil)
	p.set(t, "prod", `{"defaultRouteSettings":{"throttlingBurstLimit":0,"throttlingRateLimit":0}}`)
	for range 5 {
		wantReply(t, c, "refused by the stage", tooManyFrame)
	}
	p.set(t, "prod", `{"defaultRouteSettings":{"throttlingBurstLimit":9,"throttlingRateLimit":9}}`)
	for range 2 {
		wantReply(t, c, "what the account grants", "…=")
	}
	wantReply(t, c, "and no more", tooManyFrame)
}

// TestConnectRate has handshakes on all APIs share a rate, and nothing but handshakes. Source: "Amazon API Gateway quotas" (new
// connections per second per account across all WebSocket APIs per Region) in the developer guide.
func TestConnectRate(t *testing.T) {
	p := newSpare(t, "--connect-rate", "0.001")
	c := p.open(t, "prod", nil)
	p.wantAttempt(t, "the second", "prod", nil, tooMany)
	p.api = nil
	p.define(t, whoami)
	p.wantAttempt(t, "on another API", "prod", nil, tooMany)
	id := ""
	for range 5 {
		id = wantReply(t, c, "a message", "…=")
	}
	p.wantAttempt(t, "a stage that is not there", "lost", nil, forbidden)
	if id == "" {
		t.Error("there is no id")
	}
}

// TestNoRates has settings of zero be none.
func TestNoRates(t *testing.T) {
	p := newSpare(t, "--account-rate", "0", "--account-burst", "0", "--connect-rate", "0")
	for range 20 {
		p.wantAttempt(t, "one of many", "prod", nil, "101")
	}
}
