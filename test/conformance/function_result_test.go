package conformance_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// failed is the frame of a function that has left nothing to send.
const failed = `{"message": "Internal server error", "connectionId":"…", "requestId":"…"}`

// ending is how a function ends, and what of it reaches a client.
type ending struct {
	as      string // what the handler is told
	status  int    // of a handshake
	frame   string // of a message on a route that answers; empty: none, on any route
	log     string // in the result for the gateway
	failure bool   // X-Amz-Function-Error is there
}

// endings of functions of aws-lambda-go. Whatever is wrong, a client is told the same.
var endings = []ending{
	{as: "fine", status: 101, frame: "fine"},
	{as: "status 200", status: 101, frame: "fine"},
	{as: "status 201", status: 101, frame: "fine"},
	{as: "status 400", status: 400, frame: "fine"},
	{as: "status 403", status: 403, frame: "fine"},
	{as: "status 500", status: 500, frame: "fine"},
	{as: "status 700", status: 502, frame: failed},
	{as: "text status", status: 101, frame: "fine"},
	{as: "raw", status: 101, frame: "fine"},
	{as: "headers", status: 101, frame: "fine"},
	{as: "base64", status: 101, frame: "hé"},
	{as: "bytes", status: 101, frame: "binary \x00\xff\xfe"},
	{as: "no base64", status: 502, frame: failed},
	{as: "128 KB", status: 101, frame: strings.Repeat("x", 128<<10)},
	{as: "more", status: 101, frame: failed},
	{as: "6 MB", status: 502, frame: failed, failure: true, log: "Function.ResponseSizeTooLarge"},
	{as: "nothing", status: 502, frame: failed, log: "null"},
	{as: "text", status: 502, frame: failed, log: `"fine"`},
	{as: "number", status: 502, frame: failed},
	{as: "list", status: 502, frame: failed},
	{as: "zero", status: 502, frame: failed, log: `"statusCode":0`},
	{as: "no status", status: 502, frame: failed},
	{as: "object body", status: 502, frame: failed},
	{as: "extra", status: 502, frame: failed},
	{as: "http api", status: 502, frame: failed, log: `"cookies":null`},
	{as: "function url", status: 502, frame: failed, log: `"cookies":null`},
	{as: "load balancer", status: 502, frame: failed, log: `"statusDescription":""`},
	{as: "streaming", status: 502, frame: failed},
	{as: "errorMessage", status: 502, frame: failed},
	{as: "error", status: 502, frame: failed, failure: true, log: `{"errorMessage":"secret: the table is on fire","errorType":"errorString"}`},
	{as: "own error", status: 502, frame: failed, failure: true, log: `{"errorMessage":"9 rooms are too many","errorType":"roomsError"}`},
	{as: "runtime error", status: 502, frame: failed, failure: true, log: `{"errorMessage":"secret","errorType":"Own.Type"}`},
	{as: "panic", status: 502, frame: failed, failure: true, log: `"stackTrace":[{"path":`},
	{as: "nil map", status: 502, frame: failed, failure: true, log: `"errorMessage":"assignment to entry in nil map"`},
	{as: "exit", status: 502, frame: failed, failure: true, log: "Runtime.ExitError"},
}

// TestFunctionResults takes each ending of a function through $connect, a route that answers and one that does not.
// Source: "Output format of a Lambda function for proxy integration" and "Routes for WebSocket APIs" in the API Gateway
// developer guide; the frame and 502 as reported by users; what aws-lambda-go makes of errors is its own.
func TestFunctionResults(t *testing.T) {
	s := newStand(t)
	s.create("results", &lambdaFunction{handler: "results"})
	s.define(t, `{"routes": {"$connect": {"lambda": "results"}, "$default": {"lambda": "results", "reply": true}, "quiet": {"lambda": "results"}}}`)
	c := s.connect(t, "?as=fine")
	s.wantEnded(t)
	for _, e := range endings {
		t.Run(e.as, func(t *testing.T) {
			wantHandshake(t, e.status, s.url("prod")+"?as="+url.QueryEscape(e.as))
			e.wantLeft(t, s.wantEnded(t))
			c.say(t, `{"as":"`+e.as+`"}`)
			e.wantLeft(t, s.wantEnded(t))
			if e.frame == failed {
				c.wantMatch(t, failed)
			} else {
				wantItem(t, c, e.frame)
			}
			c.say(t, `{"action":"quiet","as":"`+e.as+`"}`)
			s.wantEnded(t)
			if e.status > 299 && e.frame == failed {
				c.wantMatch(t, failed)
			}
		})
	}
}

// wantLeft wants a function to have ended so.
func (e ending) wantLeft(t *testing.T, in *invoked) {
	t.Helper()
	if (in.failure != "") != e.failure || !strings.Contains(string(in.result), e.log) {
		t.Errorf("the function has left %q, %.300s", in.failure, in.result)
	}
}

// wantHandshake wants a handshake to be answered with a status, and to tell nothing of why.
func wantHandshake(t *testing.T, status int, url string) {
	t.Helper()
	c, _, err := dial(t.Context(), handshake{url: url, header: http.Header{"Sec-WebSocket-Protocol": {"chat"}}})
	if err == nil {
		c.drop()
		if status != http.StatusSwitchingProtocols {
			t.Errorf("the client is connected, expected %d", status)
		}
		return
	}
	refused, ok := errors.AsType[*refusal](err)
	switch {
	case !ok || refused.status != status:
		t.Errorf("the client is told %v, expected %d", err, status)
	case matches("…secret…", string(refused.body)) || matches("…fine…", string(refused.body)):
		t.Errorf("the client is told %s", refused.body)
	case refused.text("message") == "":
		t.Errorf("the client is told nothing: %s", refused.body)
	}
}

// TestFunctionTimeouts has functions that do not end: one whose own time is over first, and one whose integration's is.
// Source: "Configure Lambda function timeout" in the Lambda developer guide; timeoutInMillis in the reference of the API
// Gateway version 2 API.
func TestFunctionTimeouts(t *testing.T) {
	s := newStand(t)
	s.create("short", &lambdaFunction{handler: "results", timeout: 100 * time.Millisecond})
	s.create("long", &lambdaFunction{handler: "results"})
	s.define(t, `{"routes": {"$connect": {"lambda": "short"}, "short": {"lambda": "short"},
		"long": {"lambda": "long", "integration": {"timeoutInMillis": 50}}}}`)
	const late = `{"message": "Endpoint request timed out", "connectionId":"…", "requestId":"…"}`
	wantHandshake(t, http.StatusBadGateway, s.url("prod")+"?as=wait")
	if in := s.wantEnded(t); !strings.Contains(string(in.result), "Task timed out after 0.10 seconds") {
		t.Errorf("the function has left %s", in.result)
	}
	c := s.connect(t, "?as=fine")
	c.say(t, `{"action":"short","as":"wait"}`)
	c.wantMatch(t, failed)
	c.say(t, `{"action":"long","as":"wait"}`)
	c.wantMatch(t, late)
	c.say(t, `{"action":"long","as":"wait"}`) // in a sandbox of its own: the first is still at work
	c.wantMatch(t, late)
}

// TestFunctionSubprotocol has a function choose the subprotocol of a connection.
// Source: "Set up a $connect route that requires a WebSocket subprotocol" in the API Gateway developer guide.
func TestFunctionSubprotocol(t *testing.T) {
	s := newStand(t)
	s.create("results", &lambdaFunction{handler: "results"})
	s.define(t, `{"routes": {"$connect": {"lambda": "results"}}}`)
	c, header, err := dial(t.Context(), handshake{url: s.url("prod") + "?as=headers", header: http.Header{"Sec-WebSocket-Protocol": {"other", "chat"}}})
	must(t, err)
	t.Cleanup(c.drop)
	if got := header.Get("Sec-Websocket-Protocol"); got != "chat" || header.Get("X-Own") != "" {
		t.Errorf("the handshake was answered with %v", header)
	}
}
