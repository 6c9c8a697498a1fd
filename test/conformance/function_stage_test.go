package conformance_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestFunctionStages has stages of one deployment with functions, versions and aliases of their own, by stage variables.
// Source: "Use stage variables" (functions as stage variables) in the API Gateway developer guide; "Lambda function aliases"
// and "Lambda function versions" in the Lambda developer guide.
func TestFunctionStages(t *testing.T) {
	s := newStand(t)
	s.create("chat-test", &lambdaFunction{handler: "self"})
	s.create("chat-prod", &lambdaFunction{
		handler: "self", versions: map[string]string{"1": "self", "2": "self"}, aliases: map[string]string{"live": "1", "next": "2"},
	})
	const definition = `{"routes": {"$default": {"lambda": "${stageVariables.fn}", "reply": true}, "part": {"lambda": "chat-${stageVariables.part}:${stageVariables.alias}", "reply": true}}`
	s.define(t, definition+`, "deploy": "one", "stage": {"stageName": "test", "stageVariables": {"fn": "chat-test"}}}`)
	stage := func(name, variables string) {
		t.Helper()
		s.define(t, `{"deploy": "one", "stage": {"stageName": "`+name+`", "stageVariables": {`+variables+`}}}`)
	}
	stage("prod", `"fn": "chat-prod:live", "part": "prod", "alias": "next"`)
	stage("pinned", `"fn": "chat-prod:2", "part": "prod", "alias": "1"`)
	stage("lost", `"fn": "chat-lost", "part": "prod", "alias": "none"`)
	stage("wrong", `"fn": "chat/../lost", "part": "test"`)
	stage("bare", ``)
	for name, wanted := range map[string][2]string{
		"test": {"chat-test $LATEST", failed}, "prod": {"chat-prod 1", "chat-prod 2"}, "pinned": {"chat-prod 2", "chat-prod 1"},
		"lost": {failed, failed}, "wrong": {failed, failed}, "bare": {failed, failed},
	} {
		c := s.connectTo(t, s.url(name))
		c.say(t, "hello")
		c.wantMatch(t, wanted[0])
		c.say(t, `{"action":"part"}`)
		c.wantMatch(t, wanted[1])
	}

	c := s.connectTo(t, s.url("prod"))
	stage("prod", `"fn": "chat-test"`) // needs no deployment
	c.say(t, "hello")
	c.wantMatch(t, "chat-test $LATEST")
	s.create("chat-test", &lambdaFunction{handler: "self", private: true})
	c.say(t, "hello")
	c.wantMatch(t, failed)
	s.create("chat-test", &lambdaFunction{handler: "self", stopped: true})
	c.say(t, "hello")
	c.wantMatch(t, failed)
	s.create("chat-test", &lambdaFunction{handler: "self"})
	c.say(t, "hello")
	c.wantMatch(t, "chat-test $LATEST")
}

// TestFunctionRefusals has a $connect whose function Lambda itself does not let be invoked.
// Source: the errors of "Invoke" in the AWS Lambda API reference.
func TestFunctionRefusals(t *testing.T) {
	s := newStand(t)
	s.define(t, `{"routes": {"$connect": {"lambda": "door"}}}`)
	wantHandshake(t, http.StatusInternalServerError, s.url("prod")) // ResourceNotFoundException
	s.create("door", &lambdaFunction{handler: "self", stopped: true})
	wantHandshake(t, http.StatusInternalServerError, s.url("prod")) // TooManyRequestsException
	s.create("door", &lambdaFunction{handler: "self", private: true})
	wantHandshake(t, http.StatusInternalServerError, s.url("prod")) // AccessDeniedException
	s.create("door", &lambdaFunction{handler: "results", handled: true})
	wantHandshake(t, http.StatusBadGateway, s.url("prod")+"?as=error") // Handled, as by old runtimes
	wantHandshake(t, http.StatusSwitchingProtocols, s.url("prod")+"?as=fine")
}

// TestFunctionKeys has the gateway sign with a key that the functions' owner does not know, and not at all where its
// environment has none.
func TestFunctionKeys(t *testing.T) {
	s := newStand(t)
	s.create("door", &lambdaFunction{handler: "self"})
	const definition = `{"routes": {"$connect": {"lambda": "door"}, "far": {"reply": true, "integration": {"integrationType": "AWS_PROXY",
		"integrationUri": "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:000000000000:function:door/invocations"}}}}`
	s.define(t, definition)
	c := s.connect(t, "")
	s.wantEnded(t)
	c.say(t, `{"action":"far"}`)
	c.wantMatch(t, "door $LATEST")
	if in := s.wantEnded(t); !strings.Contains(in.header.Get("Authorization"), "/eu-west-1/lambda/aws4_request") {
		t.Errorf("the call was signed by %s", in.header.Get("Authorization"))
	}
	for key, status := range map[string]int{"": http.StatusInternalServerError, "AKIDSTRANGER": http.StatusInternalServerError, s.caller.AccessKeyID: 101} {
		t.Setenv("AWS_ACCESS_KEY_ID", key)
		other := &stand{builder: &builder{startProgram(t, t.TempDir()).server, ""}, lambdaAPI: s.lambdaAPI}
		other.define(t, definition)
		wantHandshake(t, status, other.url("prod"))
	}
}
