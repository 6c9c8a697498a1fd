package conformance_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"
)

// TestFunctionEvents lets a function in Go tell what it has seen in the types of aws-lambda-go, for each type of event.
// Source: "Set up Lambda proxy integrations for WebSocket APIs" in the API Gateway developer guide; the types
// APIGatewayWebsocketProxyRequest and LambdaContext of github.com/aws/aws-lambda-go.
func TestFunctionEvents(t *testing.T) {
	s := newStand(t)
	s.create("mirror", &lambdaFunction{handler: "mirror", versions: map[string]string{"7": "mirror"}, aliases: map[string]string{"live": "7"}})
	s.define(t, `{"routes": {"$connect": {"lambda": "mirror:live"}, "$disconnect": {"lambda": "mirror:7"}, "$default": {"lambda": "mirror"}, "say": {"lambda": "mirror", "reply": true}},
		"stage": {"stageName": "prod", "stageVariables": {"color": "blue", "size": "9"}}}`)
	before := time.Now()
	c, _, err := dial(t.Context(), handshake{url: s.url("prod") + "?room=a&room=b%20c&empty=", raw: true, header: http.Header{
		"User-Agent": {"alice"}, "Origin": {"https://app.example"}, "X-Several": {"one", "two"}, "Sec-Websocket-Protocol": {"chat, more"},
	}})
	must(t, err)
	t.Cleanup(c.drop)

	connect := s.reflected(t, before)
	wantConnect(t, s, connect)
	const text = `{"action":"say", "text":"\u00e9é \"<&>"}`
	must(t, ws.WriteFrame(c.raw, ws.MaskFrame(ws.NewTextFrame([]byte(text)))))
	said := s.reflected(t, before)
	wantMessage(t, connect, said, text)
	c.wantMatch(t, "text of … bytes") // what the function has seen, which goes back on this route
	must(t, ws.WriteFrame(c.raw, ws.MaskFrame(ws.NewTextFrame([]byte("no JSON")))))
	wantMessage(t, connect, s.reflected(t, before), "no JSON")
	must(t, ws.WriteFrame(c.raw, ws.MaskFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(4001, "see you")))))
	wantDisconnect(t, s, connect, s.reflected(t, before))
}

// reflected is what a function has seen of the next event. The types must have a place for all that was in it.
func (s *stand) reflected(t *testing.T, before time.Time) *reflection {
	t.Helper()
	in := s.wantEnded(t)
	strict := json.NewDecoder(bytes.NewReader(in.event))
	strict.DisallowUnknownFields()
	var typed events.APIGatewayWebsocketProxyRequest
	if err := strict.Decode(&typed); err != nil {
		t.Errorf("the event has what its type has not: %v: %s", err, in.event)
	}
	seen := &reflection{}
	must(t, json.Unmarshal([]byte(in.body(t)), seen))
	if diff := cmp.Diff(typed, seen.Event); diff != "" {
		t.Errorf("the function has seen another event (- sent, + seen):\n%s", diff)
	}
	if seen.Function != in.arn() || seen.Version != in.version || seen.Request != in.id {
		t.Errorf("the function has seen %s, version %s, request %s of %+v", seen.Function, seen.Version, seen.Request, in)
	}
	wantTimes(t, before, &seen.Event.RequestContext)
	return seen
}

// wantTimes looks at what is another in each event: ids and times.
func wantTimes(t *testing.T, before time.Time, of *events.APIGatewayWebsocketProxyRequestContext) {
	t.Helper()
	const layout = "02/Jan/2006:15:04:05 -0700" // CLF, as $context.requestTime is documented
	at, err := time.Parse(layout, of.RequestTime)
	if err != nil || at.Unix() != of.RequestTimeEpoch/1000 || !strings.HasSuffix(of.RequestTime, "+0000") {
		t.Errorf("the request is of %s and %d: %v", of.RequestTime, of.RequestTimeEpoch, err)
	}
	first, last := before.UnixMilli(), time.Now().UnixMilli()
	if of.ConnectedAt < first || of.RequestTimeEpoch < of.ConnectedAt || of.RequestTimeEpoch > last {
		t.Errorf("connected at %d, requested at %d, not between %d and %d", of.ConnectedAt, of.RequestTimeEpoch, first, last)
	}
	id := regexp.MustCompile(`^[A-Za-z0-9_-]{15}=$`)
	if !id.MatchString(of.RequestID) || of.ExtendedRequestID != of.RequestID || !id.MatchString(of.ConnectionID) || of.ConnectionID == of.RequestID {
		t.Errorf("ids are %s, %s and %s", of.RequestID, of.ExtendedRequestID, of.ConnectionID)
	}
}

// wantConnect wants every member of the event of a handshake, and no other. Of ids and times, see wantTimes.
func wantConnect(t *testing.T, s *stand, seen *reflection) {
	t.Helper()
	got := &seen.Event.RequestContext
	host, port, _ := strings.Cut(strings.TrimPrefix(s.data, "ws://"), ":")
	several := map[string][]string{
		"Host": {host + ":" + port}, "User-Agent": {"alice"}, "Origin": {"https://app.example"}, "X-Several": {"one", "two"},
		"Sec-Websocket-Protocol": {"chat, more"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {sampleKey},
		"X-Forwarded-For": {"127.0.0.1"}, "X-Forwarded-Port": {port}, "X-Forwarded-Proto": {"http"},
		"X-Amzn-Trace-Id": {seen.Event.Headers["X-Amzn-Trace-Id"]},
	}
	single := map[string]string{}
	for name, values := range several {
		single[name] = values[len(values)-1]
	}
	wanted := events.APIGatewayWebsocketProxyRequest{
		Headers: single, MultiValueHeaders: several,
		QueryStringParameters:           map[string]string{"room": "b c", "empty": ""},
		MultiValueQueryStringParameters: map[string][]string{"room": {"a", "b c"}, "empty": {""}},
		StageVariables:                  map[string]string{"color": "blue", "size": "9"},
		RequestContext: events.APIGatewayWebsocketProxyRequestContext{
			Stage: "prod", APIID: s.api.id, DomainName: host + ":" + port + "/" + s.api.id,
			RouteKey: "$connect", EventType: "CONNECT", MessageDirection: "IN", Identity: events.APIGatewayRequestIdentity{SourceIP: "127.0.0.1", UserAgent: "alice"},
			RequestID: got.RequestID, ExtendedRequestID: got.RequestID, ConnectionID: got.ConnectionID,
			ConnectedAt: got.ConnectedAt, RequestTime: got.RequestTime, RequestTimeEpoch: got.RequestTimeEpoch,
		},
	}
	if diff := cmp.Diff(wanted, seen.Event); diff != "" {
		t.Errorf("CONNECT is another (- wanted, + got):\n%s", diff)
	}
	if seen.Version != "7" || !strings.HasSuffix(seen.Function, ":function:mirror:live") {
		t.Errorf("CONNECT went to %s, version %s", seen.Function, seen.Version)
	}
	if trace := seen.Event.Headers["X-Amzn-Trace-Id"]; !regexp.MustCompile(`^Root=1-[0-9a-f]{8}-[0-9a-f]{24}`).MatchString(trace) {
		t.Errorf("the trace is %q", trace)
	}
}

// wantMessage wants an event of the connection with a message and without headers.
func wantMessage(t *testing.T, connect, seen *reflection, text string) {
	t.Helper()
	wanted := events.APIGatewayWebsocketProxyRequest{StageVariables: connect.Event.StageVariables, RequestContext: connect.Event.RequestContext, Body: text}
	same, got := &wanted.RequestContext, &seen.Event.RequestContext
	same.RouteKey, same.EventType = "$default", "MESSAGE"
	if strings.Contains(text, "say") {
		same.RouteKey = "say"
	}
	same.RequestID, same.ExtendedRequestID, same.MessageID = got.RequestID, got.RequestID, got.MessageID
	same.RequestTime, same.RequestTimeEpoch = got.RequestTime, got.RequestTimeEpoch
	if diff := cmp.Diff(wanted, seen.Event); diff != "" {
		t.Errorf("MESSAGE is another (- wanted, + got):\n%s", diff)
	}
	if id, ok := got.MessageID.(string); !ok || id == "" || got.RequestID == connect.Event.RequestContext.RequestID {
		t.Errorf("the message has the id %v, and the request id %s", got.MessageID, got.RequestID)
	}
	if seen.Version != "$LATEST" || !strings.HasSuffix(seen.Function, ":function:mirror") {
		t.Errorf("MESSAGE went to %s, version %s", seen.Function, seen.Version)
	}
}

// wantDisconnect wants the event of the end, with the client's own words.
func wantDisconnect(t *testing.T, s *stand, connect, seen *reflection) {
	t.Helper()
	host, _, _ := strings.Cut(strings.TrimPrefix(s.data, "ws://"), "/")
	wanted := events.APIGatewayWebsocketProxyRequest{
		Headers:           map[string]string{"Host": host, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""},
		MultiValueHeaders: map[string][]string{"Host": {host}, "x-api-key": {""}, "X-Forwarded-For": {""}, "x-restapi": {""}},
		StageVariables:    connect.Event.StageVariables, RequestContext: connect.Event.RequestContext,
	}
	same, got, reason := &wanted.RequestContext, &seen.Event.RequestContext, "see you"
	same.RouteKey, same.EventType, same.DisconnectStatusCode, same.DisconnectReason = "$disconnect", "DISCONNECT", 4001, &reason
	same.RequestID, same.ExtendedRequestID = got.RequestID, got.RequestID
	same.RequestTime, same.RequestTimeEpoch = got.RequestTime, got.RequestTimeEpoch
	if diff := cmp.Diff(wanted, seen.Event); diff != "" {
		t.Errorf("DISCONNECT is another (- wanted, + got):\n%s", diff)
	}
	if seen.Version != "7" || !strings.HasSuffix(seen.Function, ":function:mirror:7") {
		t.Errorf("DISCONNECT went to %s, version %s", seen.Function, seen.Version)
	}
}
