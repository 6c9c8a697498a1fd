package conformance_test

import (
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// What an access log can show: "Variables for access logging for API Gateway" and "Set up logging for WebSocket APIs in API
// Gateway" in the developer guide. That a variable without a value is a hyphen users of API Gateway have seen.

// outcome is a format that shows how an event has ended.
const outcome = `$context.eventType|$context.routeKey|$context.status|$context.error.responseType|$context.error.message|` +
	`$context.error.validationErrorString|$context.authorizer.status|$context.integration.status|$context.integration.error|$context.requestId`

// watcher compares the lines of an access log one by one as they come.
type watcher struct {
	folder, group string
	seen          int
}

// want wants one more line, and no more than that. The id of the request is looked at, too.
func (w *watcher) want(t *testing.T, what, wanted string) {
	t.Helper()
	w.seen++
	lines := accessLines(t, w.folder, w.group, w.seen)
	wantLines(t, what, lines[w.seen-1:], wanted+"|…=")
}

// TestAccessLog has each kind of event leave one line: what the client is told is what is logged, and why beside it. The type of
// the answer to a message without a route is not documented.
func TestAccessLog(t *testing.T) {
	p, folder := newLogging(t, `{"routes": {
		"$connect": {"http": "/connect"}, "$disconnect": {"http": "/bye"},
		"told": {"http": "/told"}, "fails": {"http": "/fails"},
		"slow": {"http": "/slow", "integration": {"timeoutInMillis": 50}},
		"gone": {"integration": {"integrationType": "HTTP_PROXY", "integrationMethod": "POST", "integrationUri": "http://127.0.0.1:9/"}},
		"wrong": {"lambda": "wrong", "reply": true},
		"checked": {"mock": "fine", "reply": true}}, "deploy": "no"}`)
	p.mustControl(t, post, "/v2/apis/"+p.api.id+"/models", `{"name":"Named","contentType":"application/json","schema":"{\"type\":\"object\",\"required\":[\"name\"]}"}`)
	p.define(t, `{"routes": {"checked": {"route": {"modelSelectionExpression": "$default", "requestModels": {"$default": "Named"}}}}}`)
	p.logs(t, "prod", "outcome", outcome)
	w := &watcher{folder, "outcome", 0}
	asked := make(chan struct{})
	defer close(asked)
	p.away.replies(func(c *call) reply {
		switch {
		case c.uri == "/fails":
			return reply{status: http.StatusTeapot}
		case c.uri == "/slow":
			<-asked
		case c.function() == "wrong":
			return reply{status: http.StatusOK, body: `"fine"`}
		case c.uri == "/connect" && c.header.Get("Client") == "mallory":
			return reply{status: http.StatusTeapot}
		}
		return reply{status: http.StatusOK}
	})
	c := p.open(t, "prod", nil)
	w.want(t, "a client", "CONNECT|$connect|200|-|-|-|-|200|-")
	c.say(t, `{"action":"told"}`)
	w.want(t, "a message", "MESSAGE|told|200|-|-|-|-|200|-")
	c.say(t, `{"action":"fails"}`)
	w.want(t, "a backend that says no to a message nobody waits for", "MESSAGE|fails|200|-|-|-|-|418|-")
	wantReply(t, c, `{"action":"nowhere"}`, `{"message": "Forbidden"…`)
	w.want(t, "no route", "MESSAGE|-|403|…|Forbidden|-|-|-|-")
	wantReply(t, c, `{"action":"checked"}`, `{"message": "Bad request body"…`)
	w.want(t, "a message of another model", `MESSAGE|checked|400|BAD_REQUEST_BODY|Bad request body|[object has missing required properties ([\"name\"])]|-|-|-`)
	wantReply(t, c, `{"action":"checked","name":"ann"}`, "fine")
	w.want(t, "a message of the model", "MESSAGE|checked|200|-|-|-|-|200|-")
	wantReply(t, c, `{"action":"slow"}`, `{"message": "Endpoint request timed out"…`)
	w.want(t, "a backend that takes too long", "MESSAGE|slow|504|INTEGRATION_TIMEOUT|Endpoint request timed out|-|-|-|…timeout…")
	wantReply(t, c, `{"action":"gone"}`, failed)
	w.want(t, "a backend that is not there", "MESSAGE|gone|504|INTEGRATION_FAILURE|Network error communicating with endpoint|-|-|-|…network error…")
	wantReply(t, c, `{"action":"wrong"}`, failed)
	w.want(t, "a function that returns something else", "MESSAGE|wrong|502|…|Internal server error|-|-|…|…")
	p.set(t, "prod", `{"routeSettings":{"told":{"throttlingBurstLimit":0,"throttlingRateLimit":0}}}`)
	wantReply(t, c, `{"action":"told"}`, tooManyFrame)
	w.want(t, "a message too many", "MESSAGE|told|429|THROTTLED|Too Many Requests|-|-|-|-")
	must(t, c.ws.Close(websocket.StatusNormalClosure, ""))
	w.want(t, "the end", "DISCONNECT|$disconnect|200|-|-|-|-|200|-")
	p.wantAttempt(t, "refused by the backend", "prod", http.Header{"User-Agent": {"mallory"}}, `418  {"message":"I'm a teapot"}`)
	w.want(t, "refused by the backend", "CONNECT|$connect|418|-|…|-|-|418|-")
}

// TestAccessLogRefusals has clients refused before any backend hears of them. Source of the types: "Gateway response types for API Gateway".
func TestAccessLogRefusals(t *testing.T) {
	p, folder := newLogging(t, keyed)
	id := p.apiKey(t, keyValue("a"))
	plan := p.plan(t, "prod", `,"quota":{"limit":1,"period":"MONTH"}`, id)
	p.logs(t, "prod", "refused", outcome)
	w := &watcher{folder, "refused", 0}
	attempt := func(what, query, key, status, line string) {
		t.Helper()
		if got := p.attempt(t, "prod"+query, bearing(keyValue(key))); !strings.HasPrefix(got, status) {
			t.Errorf("%s: the client is told %s", what, got)
		}
		w.want(t, what, line)
	}
	come := func(what, query, key, line string) {
		t.Helper()
		c := p.open(t, "prod"+query, bearing(keyValue(key)))
		w.want(t, what, line)
		c.drop()
		w.want(t, what+" leaves", "DISCONNECT|$disconnect|200|-|-|-|-|-|-")
	}
	come("a key", "", "a", "CONNECT|$connect|200|-|-|-|-|200|-")
	attempt("no key", "", "", "403", "CONNECT|$connect|403|INVALID_API_KEY|Forbidden|-|-|-|-")
	attempt("a key that is used up", "", "a", "429", "CONNECT|$connect|429|QUOTA_EXCEEDED|Limit Exceeded|-|-|-|-")
	p.mustControl(t, patch, "/usageplans/"+plan, `{"patchOperations":[{"op":"remove","path":"/quota"},{"op":"replace","path":"/throttle/burstLimit","value":"0"}]}`)
	attempt("a key that comes too often", "", "a", "429", "CONNECT|$connect|429|THROTTLED|Too Many Requests|-|-|-|-")
	p.set(t, "prod", `{"routeSettings":{"$connect":{"throttlingBurstLimit":0,"throttlingRateLimit":0}}}`)
	attempt("a route of no clients", "", "a", "429", "CONNECT|$connect|429|THROTTLED|Too Many Requests|-|-|-|-")
	p.mustControl(t, remove, "/v2/apis/"+p.api.id+"/stages/prod/routesettings/$connect", nil)

	p.guarded(t, "", `"route.request.querystring.who"`)
	attempt("no identity", "", "a", "401", "CONNECT|$connect|401|UNAUTHORIZED|Unauthorized|-|…|-|-")
	for _, row := range []struct{ what, answer, status, line string }{
		{
			"denied", strings.Replace(allowed, "Allow", "Deny", 1) + `}`, "403",
			"CONNECT|$connect|403|ACCESS_DENIED|User is not authorized to access this resource with an explicit deny|-|403|-|-",
		},
		{"no answer", `"?"`, "500", "CONNECT|$connect|500|AUTHORIZER_FAILURE|Internal server error|-|500|-|-"},
		{"allowed, but with a key that comes too often", allowed + `}`, "429", "CONNECT|$connect|429|THROTTLED|Too Many Requests|-|…|-|-"},
	} {
		p.away.replies(func(*call) reply { return reply{status: http.StatusOK, body: row.answer} })
		attempt(row.what, "?who=me", "a", row.status, row.line)
	}
	p.set(t, "prod", `{"defaultRouteSettings":{"throttlingBurstLimit":9,"throttlingRateLimit":9}}`)
	p.define(t, `{"routes": {"$connect": {"route": {"apiKeyRequired": false}}}}`)
	come("allowed", "?who=me", "", "CONNECT|$connect|200|-|-|-|200|200|-")
	p.wantAttempt(t, "a stage that is not there leaves no line", "lost", nil, forbidden)
	come("allowed again", "?who=me", "", "CONNECT|$connect|200|-|-|-|200|200|-")
}

// The formats that the console offers, with what a WebSocket API has in place of method, path and protocol: "Set up CloudWatch logging
// for REST APIs in API Gateway" (access log formats) in the developer guide.
const (
	stockCLF = `$context.identity.sourceIp $context.identity.caller $context.identity.user [$context.requestTime] "$context.eventType $context.routeKey $context.connectionId" $context.status $context.requestId`
	stockCSV = `$context.identity.sourceIp,$context.identity.caller,$context.identity.user,$context.requestTime,$context.eventType,$context.routeKey,$context.status,$context.requestId`
	stockXML = `<request id="$context.requestId"> <ip>$context.identity.sourceIp</ip> <caller>$context.identity.caller</caller> <user>$context.identity.user</user> ` +
		`<requestTime>$context.requestTime</requestTime> <eventType>$context.eventType</eventType> <routeKey>$context.routeKey</routeKey> <status>$context.status</status> </request>`
	stockJSON = `{ "requestId":"$context.requestId", "ip": "$context.identity.sourceIp", "caller":"$context.identity.caller", "user":"$context.identity.user", ` +
		`"requestTime":"$context.requestTime", "eventType":"$context.eventType", "routeKey":"$context.routeKey", "status":"$context.status" }`
)

// TestAccessLogFormats changes from one stock format to the next, to another log group, and to none: without a deployment, and on
// one connection. A route key that is full of quotes and brackets breaks no format.
func TestAccessLogFormats(t *testing.T) {
	p, folder := newLogging(t, `{"routes": {"$default": {"mock": "hello", "reply": true}, "a <\"b\">, & c": {"mock": "c", "reply": true}}}`)
	c := p.open(t, "prod", nil)
	for name, format := range map[string]string{"clf": stockCLF, "csv": stockCSV, "xml": stockXML, "json": stockJSON} {
		p.logs(t, "prod", name, format)
		wantReply(t, c, "1", "hello")
		accessLines(t, folder, name, 1) // messages are in no order but that in which they end
		wantReply(t, c, `{"action":"a <\"b\">, & c"}`, "c")
		accessLines(t, folder, name, 2)
	}
	p.mustControl(t, remove, "/v2/apis/"+p.api.id+"/stages/prod/accesslogsettings", nil)
	wantReply(t, c, "2", "hello")
	p.logs(t, "prod", "last", "$context.requestId $context.stage")
	wantReply(t, c, "3", "hello")
	wantLines(t, "last", accessLines(t, folder, "last", 1), "…= prod")

	wantLines(t, "CLF", accessLines(t, folder, "clf", 2), `127.0.0.1 - - […/…/…:…:…:… +0000] "MESSAGE $default …=" 200 …=`, `127.0.0.1 - - […] "MESSAGE a <\"b\">, & c …=" 200 …=`)
	wantLines(t, "CSV", accessLines(t, folder, "csv", 2), `127.0.0.1,-,-,…/…/…:…:…:… +0000,MESSAGE,$default,200,…=`, `127.0.0.1,-,-,…,MESSAGE,a <\"b\">, & c,200,…=`)
	if record, err := csv.NewReader(strings.NewReader(accessLines(t, folder, "csv", 2)[0])).Read(); err != nil || len(record) != 8 {
		t.Errorf("CSV reads as %q, %v", record, err)
	}
	for i, key := range []string{"$default", `a <"b">, & c`} {
		var element struct {
			ID       string `xml:"id,attr"`
			RouteKey string `xml:"routeKey"`
			Status   int    `xml:"status"`
		}
		line := accessLines(t, folder, "xml", 2)[i]
		if err := xml.Unmarshal([]byte(line), &element); err != nil || element.RouteKey != key || element.Status != 200 || element.ID == "" {
			t.Errorf("XML reads as %+v, %v: %s", element, err, line)
		}
		var object map[string]string
		line = accessLines(t, folder, "json", 2)[i]
		if err := json.Unmarshal([]byte(line), &object); err != nil || object["routeKey"] != key || object["status"] != "200" || len(object) != 8 {
			t.Errorf("JSON reads as %v, %v: %s", object, err, line)
		}
	}
}

// TestAccessLogVariables has a line tell of the connection and of the event what a backend is told: the same ids and times.
func TestAccessLogVariables(t *testing.T) {
	p, folder := newLogging(t, `{"routes": {"$connect": {"lambda": "hear"}, "$default": {"lambda": "hear"}}, "stage": {"stageName": "prod"}}`)
	p.guarded(t, allowed+`,"context":{"tier":"gold","seats":3,"x-y":true}}`, "")
	p.logs(t, "prod", "all", `{"requestId":"$context.requestId","extendedRequestId":"$context.extendedRequestId","requestTime":"$context.requestTime","requestTimeEpoch":$context.requestTimeEpoch,
		"connectedAt":$context.connectedAt,"connectionId":"$context.connectionId","apiId":"$context.apiId","stage":"$context.stage","domainName":"$context.domainName","eventType":"$context.eventType",
		"routeKey":"$context.routeKey","sourceIp":"$context.identity.sourceIp","userAgent":"$context.identity.userAgent","messageId":"$context.messageId",
		"tier":"$context.authorizer.tier","seats":$context.authorizer.seats,"x-y":$context.authorizer.x-y,"principalId":"$context.authorizer.principalId",
		"integrationStatus":$context.integrationStatus,"latency":$context.integrationLatency,"none":"$context.waf.status","unknown":$context.nothing}`)
	c := p.open(t, "prod", http.Header{"User-Agent": {"alice \"a\""}})
	accessLines(t, folder, "all", 1)
	c.say(t, "hello")
	var events []map[string]any
	for len(events) < 2 {
		if got := <-p.away.received; got.function() == "hear" {
			context, _ := got.event()["requestContext"].(map[string]any)
			events = append(events, context)
		}
	}
	for i, line := range accessLines(t, folder, "all", 2) {
		var logged map[string]any
		must(t, json.Unmarshal([]byte(line), &logged))
		event := events[i]
		identity, _ := event["identity"].(map[string]any)
		authorizer, _ := event["authorizer"].(map[string]any)
		for _, name := range []string{"requestId", "extendedRequestId", "requestTime", "requestTimeEpoch", "connectedAt", "connectionId", "apiId", "stage", "domainName", "eventType", "routeKey"} {
			if logged[name] != event[name] || logged[name] == nil {
				t.Errorf("%s is logged as %v, the event has %v", name, logged[name], event[name])
			}
		}
		if logged["sourceIp"] != identity["sourceIp"] || logged["userAgent"] != identity["userAgent"] || logged["tier"] != "gold" || logged["tier"] != authorizer["tier"] ||
			logged["seats"] != 3.0 || logged["x-y"] != true || logged["principalId"] != "me" || logged["integrationStatus"] != 200.0 || logged["none"] != "-" || logged["unknown"] != "-" {
			t.Errorf("the line is %s, the event %v", line, event)
		}
		if id, isMessage := event["messageId"]; isMessage && logged["messageId"] != id || !isMessage && logged["messageId"] != "-" {
			t.Errorf("the message is logged as %v, the event has %v", logged["messageId"], event["messageId"])
		}
	}
}
