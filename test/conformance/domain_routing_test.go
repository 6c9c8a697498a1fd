package conformance_test

import (
	"maps"
	"net/http"
	"slices"
	"testing"
)

// TestDomainRouting connects by hosts and paths. Source: "Custom domain names for WebSocket APIs in API Gateway" and "Map API
// stages to a custom domain name for WebSocket APIs" in the API Gateway developer guide; the 403 where nothing is mapped is
// observed for @connections: dotnet aws/aws-sdk-net#1860, and a guess for handshakes.
func TestDomainRouting(t *testing.T) {
	s := openMirror(t)
	s.own(t, ground{name: "ws.example.test", stages: map[string]string{"": "blue", "v1": "green", "$-_.+!*'()": "red"}})
	s.own(t, ground{name: "*.example.test", stages: map[string]string{"": "red"}})
	s.own(t, ground{name: "keyed.example.test", stages: map[string]string{"v1": "green"}})
	s.own(t, ground{name: "bare.example.test"})
	for _, row := range []struct{ name, target, want string }{
		{"the empty key", "wss://ws.example.test", "ws.example.test blue"},
		{"and a slash", "wss://ws.example.test/", "ws.example.test blue"},
		{"and a query", "wss://ws.example.test?token=a%20b", "ws.example.test blue"},
		{"without TLS, beside it (a difference)", "ws://ws.example.test", "ws.example.test blue"},
		{"a key", "wss://ws.example.test/v1", "ws.example.test green"},
		{"a key and a slash", "wss://ws.example.test/v1/", "ws.example.test green"},
		{"a key and a query", "wss://ws.example.test/v1?a=b", "ws.example.test green"},
		{"a key of odd characters", "wss://ws.example.test/$-_.+!*'()", "ws.example.test red"},
		{"and encoded (guess)", "wss://ws.example.test/%24-_.%2B%21%2A%27%28%29", "ws.example.test red"},
		{"keys have a case (guess)", "wss://ws.example.test/V1", nothingThere},
		{"names have none, RFC 4343", "wss://WS.Example.Test/v1", "ws.example.test green"},
		{"a port of ours, which the name keeps so that it can be called", "wss://ws.example.test" + s.port() + "/v1", "ws.example.test" + s.port() + " green"},
		{"another port, which only the client knows of", "wss://ws.example.test:8443/v1", "ws.example.test green"},
		{"an unknown key", "wss://ws.example.test/v2", nothingThere},
		{"a stage in place of a key", "wss://ws.example.test/blue", nothingThere},
		{"a stage after a key", "wss://ws.example.test/v1/green", nothingThere},
		{"a path like that of localhost", "wss://ws.example.test/" + s.api.id + "/blue", nothingThere},
		{"an empty segment", "wss://ws.example.test//v1", nothingThere},
		{"no empty key", "wss://keyed.example.test", nothingThere},
		{"its key", "wss://keyed.example.test/v1", "keyed.example.test green"},
		{"an exact name wins over the wildcard, even with no mapping", "wss://bare.example.test", nothingThere},
		{"a wildcard", "wss://any.example.test", "any.example.test red"},
		{"no key of another name", "wss://any.example.test/v1", nothingThere},
		{"a wildcard is one label, RFC 9525 section 6.3", "ws://a.any.example.test", nothingThere},
		{"and not none", "ws://example.test", nothingThere},
		{"a name that is nobody's", "ws://ws.example.org", nothingThere},
		{"the names of the gateway go on", "wss://localhost" + s.port() + "/" + s.api.id + "/blue", "localhost" + s.port() + "/" + s.api.id + " blue"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s.want(t, row.target, row.want)
		})
	}
}

// TestDomainEvents wants a function to be told of the custom domain name in every event of a connection.
// Source: observed: serverless/serverless#6134, where functions push by requestContext.domainName.
func TestDomainEvents(t *testing.T) {
	ownEnvironment(t)
	away := newBackend()
	t.Cleanup(away.stop)
	s := openSite(t, siting{
		flags: []string{"--lambda-endpoint", away.URL}, backend: away.URL,
		env: []string{"AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret"},
	})
	s.define(t, `{"routes": {"$connect": {"lambda": "f"}, "$disconnect": {"lambda": "f"}, "$default": {"lambda": "f"}}}`)
	s.own(t, ground{name: "ws.example.test", stages: map[string]string{"chat": "prod"}})
	c := s.mustVisit(t, "wss://ws.example.test/chat?room=1")
	must(t, sendMessage(t.Context(), c.ws, false, 0, "hello"))
	for _, kind := range []string{"CONNECT", "MESSAGE", "DISCONNECT"} {
		event := (<-away.received).event()
		context, _ := event["requestContext"].(map[string]any)
		if context["eventType"] != kind || context["domainName"] != "ws.example.test" || context["stage"] != "prod" {
			t.Errorf("%s: the function sees %v", kind, context)
		}
		headers, _ := event["headers"].(map[string]any)
		if kind != "MESSAGE" && headers["Host"] != "ws.example.test" {
			t.Errorf("%s: the function sees the headers %v", kind, slices.Collect(maps.Keys(headers)))
		}
		if kind == "CONNECT" && headers["X-Forwarded-Proto"] != "https" {
			t.Errorf("the function sees the scheme %v", headers["X-Forwarded-Proto"])
		}
		if kind == "MESSAGE" {
			c.drop()
		}
	}
}

// TestDomainWithoutExecuteAPI shuts the names that the gateway gives to an API, and leaves its custom ones. Source: "Disable the
// default endpoint for WebSocket APIs" in the API Gateway developer guide, which wants a deployment; the 403 is observed for
// @connections: aws/aws-sdk-php#2379.
func TestDomainWithoutExecuteAPI(t *testing.T) {
	s := openMirror(t, "--domain", "aws.example.org")
	s.own(t, ground{name: "ws.example.test", stages: map[string]string{"": "blue"}})
	given := s.api.id + ".execute-api." + region + ".aws.example.org"
	s.want(t, "wss://"+given+"/blue", given+" blue")
	s.define(t, `{"settings": {"disableExecuteApiEndpoint": true}, "deploy": "no"}`)
	s.want(t, "wss://"+given+"/blue", given+" blue")
	s.define(t, `{"stage": {"stageName": "blue"}}`)
	s.want(t, "wss://"+given+"/blue", nothingThere)
	s.want(t, "wss://localhost"+s.port()+"/"+s.api.id+"/blue", nothingThere)
	s.want(t, "wss://ws.example.test", "ws.example.test blue")

	got, err := s.call(t, s.browser(), "https://"+given+"/blue/@connections/R0oXAdfD0kwCH6w%3D")
	must(t, err)
	if got.status != http.StatusForbidden || got.text("message") != "Forbidden" || got.header.Get("X-Amzn-Errortype") != "ForbiddenException" {
		t.Errorf("@connections by the name of the gateway: %d %s", got.status, got.body)
	}
	got, err = s.call(t, s.browser(), "https://ws.example.test/@connections/R0oXAdfD0kwCH6w%3D")
	must(t, err)
	if got.status != http.StatusGone {
		t.Errorf("@connections by the custom domain name: %d %s", got.status, got.body)
	}
}
