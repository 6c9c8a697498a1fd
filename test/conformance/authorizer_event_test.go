package conformance_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"
)

// guardedRoutes have a function, a template, and parameters that are mapped, all of which see what the authorizer has said.
const guardedRoutes = `{"routes": {"$connect": {"lambda": "mirror"}, "$disconnect": {"lambda": "mirror"}, "$default": {"lambda": "mirror"},
"template": {"reply": true, "mock": "$context.authorizer.principalId|$context.authorizer.tenant|$context.authorizer.number|$context.authorizer.yes|$context.authorizer.empty|$context.authorizer.nothing|"},
"mapping": {"http": "/mapped", "integration": {"requestParameters": {
	"integration.request.header.tenant": "context.authorizer.tenant", "integration.request.header.who": "context.authorizer.principalId",
	"integration.request.querystring.ratio": "context.authorizer.ratio", "integration.request.header.latency": "context.authorizer.integrationLatency"}}}},
"deploy": "no"}`

// said is what later events carry of what [permit] has said, but for the latency.
var said = map[string]any{
	"tenant": "t-1", "number": "123", "ratio": "1.5", "yes": "true", "no": "false", "empty": "", "é \"x\"": "é \"y\"", "principalId": "me",
}

// TestAuthorizerEvents looks at all that a function is told of a client that wants to connect, and at what the backends of the API
// are told of the function's answer, in every type of event and wherever $context can be read.
// Source: "Create an API Gateway REQUEST Lambda authorizer" (the event) and "Output from an API Gateway Lambda authorizer" (values
// are texts later) in the API Gateway developer guide; in all events, and the latency a number: observed, serverless-offline 1379.
// Values under principalId and integrationLatency are not documented; that they have no effect is a guess.
func TestAuthorizerEvents(t *testing.T) {
	away := newBackend()
	t.Cleanup(away.stop)
	s := newStand(t)
	s.backend = away.URL
	s.create("guard", &lambdaFunction{handler: "guard"})
	s.create("mirror", &lambdaFunction{handler: "mirror"})
	s.define(t, guardedRoutes)
	s.ask(t, functionURI("guard"), "route.request.header.X-Token", "route.request.querystring.room", "stageVariables.color")
	s.define(t, `{"stage": {"stageVariables": {"color": "blue", "size": "9"}}}`)
	before := time.Now()
	c, _, err := dial(t.Context(), handshake{url: s.url("prod") + "?room=a&room=b%20c&empty=", raw: true, header: http.Header{
		"User-Agent": {"alice"}, "Origin": {"https://app.example"}, "X-Several": {"one", "two"}, "X-Token": {"secret"}, "Sec-Websocket-Protocol": {"chat, more"},
	}})
	must(t, err)
	t.Cleanup(c.drop)
	wantSay := func(text string) { must(t, ws.WriteFrame(c.raw, ws.MaskFrame(ws.NewTextFrame([]byte(text))))) }

	connect := wantQuestion(t, s, s.wantEnded(t), before)
	latency := wantSaid(t, connect, s.reflected(t, before), -1)
	wantSay("hello")
	wantSaid(t, connect, s.reflected(t, before), latency)
	wantSay(`{"action":"template"}`)
	wantItem(t, c, `text me|t-1|123|true|||`)
	wantSay(`{"action":"mapping"}`)
	mapped := <-away.received
	if mapped.uri != "/mapped?ratio=1.5" || mapped.header.Get("Tenant") != "t-1" || mapped.header.Get("Who") != "me" || mapped.header.Values("Latency") == nil {
		t.Errorf("the backend received %s with %v", mapped.uri, mapped.header)
	}
	must(t, ws.WriteFrame(c.raw, ws.MaskFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(4001, "see you")))))
	wantSaid(t, connect, s.reflected(t, before), latency)

	_, _, err = dial(t.Context(), handshake{url: s.url("prod") + "?as=deny&room=a", header: http.Header{"X-Token": {"secret"}}})
	if s.wantEnded(t); err == nil || len(s.ended) > 0 {
		t.Errorf("a client that was denied: %v, and %d more functions ran", err, len(s.ended))
	}
}

// TestAuthorizerEventBare has a client without a query reach a stage without variables: the maps are there and are empty.
// Source: the event in "Create an API Gateway REQUEST Lambda authorizer"; for the query a guess, as in REST APIs.
func TestAuthorizerEventBare(t *testing.T) {
	s := newStand(t)
	s.create("guard", &lambdaFunction{handler: "guard"})
	s.define(t, `{"routes": {"$connect": {}}, "deploy": "no"}`)
	s.ask(t, functionURI("guard"))
	wantConnected(t, "bare", handshake{url: s.url("prod")})
	var event map[string]any
	must(t, json.Unmarshal(s.wantEnded(t).event, &event))
	for _, name := range []string{"queryStringParameters", "multiValueQueryStringParameters", "stageVariables"} {
		if value, ok := event[name].(map[string]any); !ok || len(value) > 0 {
			t.Errorf("%s is %v", name, event[name])
		}
	}
	if _, there := event["isBase64Encoded"]; there {
		t.Error("isBase64Encoded is there")
	}
}

// wantQuestion wants every member of the event of an authorizer, and no other. It returns the context of the request.
func wantQuestion(t *testing.T, s *stand, in *invoked, before time.Time) *events.APIGatewayWebsocketProxyRequestContext {
	t.Helper()
	var typed struct {
		Headers        map[string]string
		RequestContext events.APIGatewayWebsocketProxyRequestContext
	}
	must(t, json.Unmarshal(in.event, &typed))
	of := &typed.RequestContext
	wantTimes(t, before, of)
	host, _, _ := strings.Cut(strings.TrimPrefix(s.data, "ws://"), "/")
	_, port, _ := strings.Cut(host, ":")
	several := map[string][]string{
		"Host": {host}, "User-Agent": {"alice"}, "Origin": {"https://app.example"}, "X-Several": {"one", "two"}, "X-Token": {"secret"},
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "content-length": {"0"},
		"Sec-Websocket-Protocol": {"chat, more"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {sampleKey},
		"X-Forwarded-For": {"127.0.0.1"}, "X-Forwarded-Port": {port}, "X-Forwarded-Proto": {"http"}, "X-Amzn-Trace-Id": {typed.Headers["X-Amzn-Trace-Id"]},
	}
	single := map[string]string{}
	for name, values := range several {
		single[name] = values[len(values)-1]
	}
	wanted, err := json.Marshal(map[string]any{
		"type": "REQUEST", "methodArn": s.arnOf("prod"), "headers": single, "multiValueHeaders": several,
		"queryStringParameters": map[string]string{"room": "b c", "empty": ""}, "multiValueQueryStringParameters": map[string][]string{"room": {"a", "b c"}, "empty": {""}},
		"stageVariables": map[string]string{"color": "blue", "size": "9"},
		"requestContext": map[string]any{
			"routeKey": "$connect", "eventType": "CONNECT", "messageDirection": "IN", "stage": "prod", "apiId": s.api.id,
			"identity": map[string]string{"sourceIp": "127.0.0.1", "userAgent": "alice"}, "domainName": host + "/" + s.api.id,
			"requestId": of.RequestID, "extendedRequestId": of.RequestID, "connectionId": of.ConnectionID,
			"connectedAt": of.ConnectedAt, "requestTime": of.RequestTime, "requestTimeEpoch": of.RequestTimeEpoch,
		},
	})
	must(t, err)
	if diff := cmp.Diff(decoded(t, wanted), decoded(t, in.event)); diff != "" {
		t.Errorf("the authorizer is asked another question (- wanted, + got):\n%s", diff)
	}
	if in.name != "guard" {
		t.Errorf("%s was asked", in.name)
	}
	return of
}

func decoded(t *testing.T, text []byte) (value any) {
	t.Helper()
	must(t, json.Unmarshal(text, &value))
	return value
}

// wantSaid wants an event of the connection to carry what the authorizer has said, with its latency, or any if that is negative.
// It returns the latency.
func wantSaid(t *testing.T, connect *events.APIGatewayWebsocketProxyRequestContext, seen *reflection, latency float64) float64 {
	t.Helper()
	of := &seen.Event.RequestContext
	if of.ConnectionID != connect.ConnectionID || of.ConnectedAt != connect.ConnectedAt || of.EventType == "CONNECT" && of.RequestID != connect.RequestID {
		t.Errorf("%s is of %s, request %s, and the authorizer was asked about %s, %s", of.EventType, of.ConnectionID, of.RequestID, connect.ConnectionID, connect.RequestID)
	}
	got, _ := of.Authorizer.(map[string]any)
	took, isNumber := got["integrationLatency"].(float64)
	if !isNumber || took < 0 || took > patience.Seconds()*1000 || latency >= 0 && took != latency {
		t.Errorf("%s: the authorizer took %v, expected %v", of.EventType, got["integrationLatency"], latency)
	}
	delete(got, "integrationLatency")
	if diff := cmp.Diff(said, got); diff != "" {
		t.Errorf("%s has another authorizer (- wanted, + got):\n%s", of.EventType, diff)
	}
	return took
}
