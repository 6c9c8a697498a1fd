package console

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// Furnish makes something to be seen: an API with routes, two stages, keys, plans, a domain, and connections that say something. leave
// ends the connections.
func (s *Stand) Furnish(ctx context.Context) (api string, leave func(), err error) {
	var made struct{ APIID string }
	must := func(method, path string, body map[string]any, result any) {
		if err == nil {
			err = s.Ask(ctx, method, path, body, result)
		}
	}
	must("POST", "/v2/apis", map[string]any{"name": "chat", "protocolType": "WEBSOCKET", "routeSelectionExpression": "$request.body.action", "description": "Rooms in which people talk"}, &made)
	for i := range 12 {
		must("POST", "/v2/apis", map[string]any{"name": fmt.Sprintf("service-%02d", i+1), "protocolType": "WEBSOCKET", "routeSelectionExpression": "$request.body.action"}, nil)
	}
	at := "/v2/apis/" + made.APIID
	for _, key := range []string{"$connect", "$disconnect", "$default", "join", "say", "leave", "history"} {
		var integration struct{ IntegrationID string }
		must("POST", at+"/integrations", map[string]any{
			"integrationType": "MOCK", "templateSelectionExpression": "200", "requestTemplates": map[string]string{"200": `{"statusCode": 200}`},
		}, &integration)
		must("POST", at+"/integrations/"+integration.IntegrationID+"/integrationresponses", map[string]any{
			"integrationResponseKey": "$default", "templateSelectionExpression": "200",
			"responseTemplates": map[string]string{"200": "#set($who = $context.connectionId)\n{\"said\": \"$who\", \"at\": $context.requestTimeEpoch}"},
		}, nil)
		var route struct{ RouteID string }
		must("POST", at+"/routes", map[string]any{"routeKey": key, "target": "integrations/" + integration.IntegrationID, "routeResponseSelectionExpression": "$default"}, &route)
		if key != "$connect" && key != "$disconnect" {
			must("POST", at+"/routes/"+route.RouteID+"/routeresponses", map[string]any{"routeResponseKey": "$default"}, nil)
		}
	}
	must("POST", at+"/models", map[string]any{"name": "Message", "contentType": "application/json", "schema": `{"type": "object", "required": ["action", "text"], "properties": {"text": {"type": "string", "maxLength": 500}}}`}, nil)
	must("POST", at+"/authorizers", map[string]any{
		"name": "members", "authorizerType": "REQUEST", "identitySource": []string{"route.request.querystring.token"},
		"authorizerUri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:members/invocations",
	}, nil)
	var first struct{ DeploymentID string }
	must("POST", at+"/deployments", map[string]any{"description": "The first"}, &first)
	must("POST", at+"/stages", map[string]any{"stageName": "prod", "deploymentId": first.DeploymentID, "description": "What everybody uses", "stageVariables": map[string]string{"table": "rooms-prod"}, "defaultRouteSettings": map[string]any{"throttlingRateLimit": 500, "throttlingBurstLimit": 200}}, nil)
	must("POST", at+"/routes", map[string]any{"routeKey": "typing"}, nil)
	must("POST", at+"/stages", map[string]any{"stageName": "test"}, nil)
	must("POST", at+"/deployments", map[string]any{"description": "Who is typing", "stageName": "test"}, nil)
	must("POST", "/v2/domainnames", map[string]any{"domainName": "ws.example.com", "domainNameConfigurations": []any{map[string]any{"endpointType": "REGIONAL", "certificateArn": "arn:aws:acm:us-east-1:000000000000:certificate/gangway"}}}, nil)
	var plan, key struct{ ID string }
	must("POST", "/usageplans", map[string]any{"name": "basic", "throttle": map[string]any{"rateLimit": 10, "burstLimit": 20}, "quota": map[string]any{"limit": 100000, "period": "MONTH"}}, &plan)
	must("POST", "/apikeys", map[string]any{"name": "mobile app", "enabled": true}, &key)
	must("POST", "/usageplans/"+plan.ID+"/keys", map[string]any{"keyId": key.ID, "keyType": "API_KEY"}, nil)
	must("POST", "/gangway/credentials", map[string]any{"name": "backend", "policy": map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{"Effect": "Allow", "Action": "execute-api:ManageConnections", "Resource": "*"}}}}, nil)
	if err != nil {
		return "", func() {}, err
	}
	leave, err = s.talk(ctx, made.APIID)
	return made.APIID, leave, err
}

// talk opens some connections that say something every now and then, until they leave.
func (s *Stand) talk(ctx context.Context, api string) (leave func(), err error) {
	var all []*websocket.Conn
	ctx, cancel := context.WithCancel(ctx)
	var talking sync.WaitGroup
	leave = func() {
		cancel()
		talking.Wait()
		for _, c := range all {
			_ = c.CloseNow() // they have said what they had to say
		}
	}
	address, err := url.JoinPath(s.Data, api, "prod")
	if err != nil {
		return leave, err
	}
	for i := range 8 {
		c, _, err := websocket.Dial(ctx, address, &websocket.DialOptions{HTTPHeader: map[string][]string{"User-Agent": {"chat/1.4"}}}) //nolint:bodyclose // a connection has none
		if err != nil {
			return leave, err
		}
		all = append(all, c)
		if err := say(ctx, c, `{"action":"join","room":"blue"}`); err != nil {
			return leave, err
		}
		talking.Go(func() { chatter(ctx, c, time.Duration(i+2)*100*time.Millisecond) })
	}
	return leave, nil
}

// chatter says something again and again.
func chatter(ctx context.Context, c *websocket.Conn, pause time.Duration) {
	texts := []string{`{"action":"say","text":"hello"}`, `{"action":"history"}`, `{"action":"say","text":"who is here?"}`, `{"action":"typing"}`, `no JSON`}
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if say(ctx, c, texts[i%len(texts)]) != nil {
			return
		}
	}
}

func say(ctx context.Context, c *websocket.Conn, text string) error {
	if err := c.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
		return err
	}
	_, _, err := c.Read(ctx)
	return err
}
