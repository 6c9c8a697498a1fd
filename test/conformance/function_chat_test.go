package conformance_test

import (
	"errors"
	"net/http"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
)

// chatroom makes the chat with the AWS SDK: one function that may manage connections and nothing else, five routes.
func chatroom(t *testing.T, s *stand, there room) {
	t.Helper()
	backend := s.grant(t, "chat", 0, `{"Effect":"Allow","Action":"execute-api:ManageConnections","Resource":"*"}`)
	s.create("chat", &lambdaFunction{handler: "chat", env: []string{
		"ROOM=" + string(there), "AWS_ACCESS_KEY_ID=" + backend.key.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + backend.key.SecretAccessKey,
	}})
	ctx, c := t.Context(), s.controlSDK()
	api, err := c.CreateApi(ctx, &apigatewayv2.CreateApiInput{
		Name: aws.String("chat"), ProtocolType: types.ProtocolTypeWebsocket, RouteSelectionExpression: aws.String("$request.body.action"),
	})
	must(t, err)
	integration, err := c.CreateIntegration(ctx, &apigatewayv2.CreateIntegrationInput{
		ApiId: api.ApiId, IntegrationType: types.IntegrationTypeAwsProxy, IntegrationMethod: aws.String("POST"), IntegrationUri: aws.String(functionURI("chat")),
	})
	must(t, err)
	for key, answers := range map[string]bool{"$connect": false, "$disconnect": false, "$default": true, "say": true, "kick": true} {
		route, err := c.CreateRoute(ctx, &apigatewayv2.CreateRouteInput{
			ApiId: api.ApiId, RouteKey: &key, Target: aws.String("integrations/" + *integration.IntegrationId),
		})
		must(t, err)
		if !answers {
			continue
		}
		_, err = c.CreateRouteResponse(ctx, &apigatewayv2.CreateRouteResponseInput{
			ApiId: api.ApiId, RouteId: route.RouteId, RouteResponseKey: aws.String("$default"),
		})
		must(t, err)
	}
	_, err = c.CreateStage(ctx, &apigatewayv2.CreateStageInput{ApiId: api.ApiId, StageName: aws.String("prod")})
	must(t, err)
	_, err = c.CreateDeployment(ctx, &apigatewayv2.CreateDeploymentInput{ApiId: api.ApiId, StageName: aws.String("prod")})
	must(t, err)
	s.api = &deployed{id: *api.ApiId, stage: "prod"}
}

// TestFunctionChat is the chat of the developer guide's tutorial, with its function in Go, which calls the Management API
// back as AWS's samples do: at the domain name and the stage of the event.
// Source: "Tutorial: Create a WebSocket chat app with a WebSocket API, Lambda and DynamoDB" and "Use @connections commands in
// your backend service" in the API Gateway developer guide.
func TestFunctionChat(t *testing.T) {
	s, there := newStand(t), room(t.TempDir())
	chatroom(t, s, there)
	_, _, err := dial(t.Context(), handshake{url: s.url("prod")})
	if refused, ok := errors.AsType[*refusal](err); !ok || refused.status != http.StatusForbidden {
		t.Errorf("a client without a name: %v, expected 403", err)
	}
	guests := map[string]*client{}
	for _, name := range []string{"ann", "bob", "carol"} {
		guests[name] = s.connect(t, "?name="+name)
	}
	ids, err := there.connections()
	must(t, err)
	if len(ids) != len(guests) {
		t.Fatalf("there are %v", ids)
	}

	guests["ann"].say(t, `{"action":"say","text":"hello \u00e9 all"}`)
	wantItem(t, guests["bob"], "hello é all")
	wantItem(t, guests["carol"], "hello é all")
	wantItem(t, guests["ann"], "hello é all")
	wantItem(t, guests["ann"], "sent to ann bob carol, gone ")
	guests["bob"].say(t, "what?")
	wantItem(t, guests["bob"], "no such action")

	guests["bob"].say(t, `{"action":"kick","to":"carol"}`)
	wantItem(t, guests["carol"], "close 1000 ")
	wantItem(t, guests["bob"], "kicked")
	s.wantLeft(t, "carol", there)
	guests["ann"].drop()
	s.wantLeft(t, "ann", there)

	// The table still has one who left, as when no $disconnect was delivered: 410 tells the function.
	must(t, os.WriteFile(there.file(ids["ann"]), []byte("ann"), 0o600))
	guests["bob"].say(t, `{"action":"say","text":"who is here?"}`)
	wantItem(t, guests["bob"], "who is here?")
	wantItem(t, guests["bob"], "sent to bob, gone ann")
	if left, err := there.connections(); err != nil || len(left) != 1 || left["bob"] != ids["bob"] {
		t.Errorf("there are %v, %v, expected bob alone", left, err)
	}
}

// wantLeft waits until the function has heard that a guest has left.
func (s *stand) wantLeft(t *testing.T, name string, there room) {
	t.Helper()
	for {
		ids, err := there.connections()
		must(t, err)
		if _, here := ids[name]; !here {
			return
		}
		s.wantEnded(t) // the room is another only when a function has ended
	}
}

// TestFunctionPermission has a function that may not do what it wants: its key is good for another stage.
func TestFunctionPermission(t *testing.T) {
	s := newStand(t)
	backend := s.grant(t, "other", 0, `{"Effect":"Allow","Action":"execute-api:ManageConnections","Resource":"arn:aws:execute-api:*:*:*/other/*"}`)
	s.create("push", &lambdaFunction{handler: "push", env: []string{
		"AWS_ACCESS_KEY_ID=" + backend.key.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + backend.key.SecretAccessKey,
	}})
	s.create("order", &lambdaFunction{handler: "order"})
	s.define(t, pushing)
	c := s.connect(t, "")
	s.wantEnded(t)
	c.say(t, `{"action":"remind","text":"tea"}`)
	wantItem(t, c, `{"accepted":true}`)
	if in := s.wantEnded(t); in.failure != "Unhandled" || !matches("…StatusCode: 403…AccessDenied…", string(in.result)) {
		t.Errorf("the function has ended %q: %s", in.failure, in.result)
	}
}
