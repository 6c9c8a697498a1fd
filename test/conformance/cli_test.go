package conformance_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gangway/internal/node"
)

// awsCLI runs the real AWS CLI.
type awsCLI struct {
	*testing.T
	path string
	env  []string
}

// run wants a command to succeed, and decodes what it prints.
func (c *awsCLI) run(line string) map[string]any {
	c.Helper()
	out, err := c.try(line)
	if err != nil {
		c.Fatalf("aws %s: %v: %s", line, err, out)
	}
	if strings.TrimSpace(out) == "" {
		return nil
	}
	var printed map[string]any
	if err := json.Unmarshal([]byte(out), &printed); err != nil {
		c.Fatalf("aws %s prints no JSON: %s", line, out)
	}
	return printed
}

func (c *awsCLI) try(line string) (string, error) {
	c.Helper()
	command := exec.CommandContext(c.Context(), c.path, words(line)...)
	command.Env, command.Dir = c.env, c.TempDir()
	out, err := command.CombinedOutput()
	return string(out), err
}

// want wants a command to print these members, among others; values as in the rows of the control plane.
func (c *awsCLI) want(line, members string) map[string]any {
	c.Helper()
	printed := c.run(line)
	var wanted any
	if err := json.Unmarshal([]byte(members), &wanted); err != nil {
		c.Fatal(err)
	}
	for _, difference := range differences("", wanted, any(printed)) {
		c.Errorf("aws %s: %s", line, difference)
	}
	return printed
}

// refused wants a command to fail, and to print this.
func (c *awsCLI) refused(line, text string) {
	c.Helper()
	out, err := c.try(line)
	if err == nil || !strings.Contains(out, text) {
		c.Errorf("aws %s: %v: %s; expected %q", line, err, out, text)
	}
}

func text(object map[string]any, member string) string {
	value, _ := object[member].(string)
	return value
}

// ask sends a message on a connection of its own and returns the answer.
func ask(t *testing.T, endpoint, stage string) string {
	t.Helper()
	c, _, err := dial(t.Context(), handshake{url: endpoint + "/" + stage})
	must(t, err)
	defer c.drop()
	must(t, sendMessage(t.Context(), c.ws, false, 0, "which version?"))
	answer, err := c.next()
	must(t, err)
	return answer
}

// TestCLIWalkthrough follows "Create a WebSocket API deployment" of the API Gateway developer guide to the letter, with the
// real AWS CLI: deploy, see a change wait for a deployment, roll out, promote and roll back.
// It is case 149.
func TestCLIWalkthrough(t *testing.T) {
	path := tool(t, "aws")
	s := startNode(t, node.Config{})
	c := &awsCLI{t, path, s.environment(t.TempDir())}

	api := c.want(`apigatewayv2 create-api --name chat --protocol-type WEBSOCKET --route-selection-expression '$request.body.action'`,
		`{"ApiId":"~^[a-z0-9]{10}$","ApiEndpoint":"~^ws","Name":"chat","ProtocolType":"WEBSOCKET","RouteSelectionExpression":"$request.body.action"}`)
	id, endpoint := text(api, "ApiId"), text(api, "ApiEndpoint")
	with := " --api-id " + id
	integration := c.mock(with, "version 1")
	route := text(c.want(`apigatewayv2 create-route`+with+` --route-key '$default' --target integrations/`+integration, `{"RouteKey":"$default","AuthorizationType":"NONE"}`), "RouteId")
	c.run(`apigatewayv2 create-route-response` + with + ` --route-id ` + route + ` --route-response-key '$default'`)

	first := text(c.want(`apigatewayv2 --region us-east-1 create-deployment`+with, `{"DeploymentId":"…","DeploymentStatus":"DEPLOYED","CreatedDate":"…"}`), "DeploymentId")
	c.want(`apigatewayv2 --region us-east-1 create-stage`+with+` --deployment-id `+first+` --stage-name test`,
		`{"StageName":"test","CreatedDate":"…","DeploymentId":"`+first+`","LastUpdatedDate":"…","StageVariables":{"=":true},"RouteSettings":{"=":true},
		"DefaultRouteSettings":{"DataTraceEnabled":false}}`)
	wantAnswer(t, endpoint, "test", "version 1")

	c.run(`apigatewayv2 update-route` + with + ` --route-id ` + route + ` --target integrations/` + c.mock(with, "version 2"))
	wantAnswer(t, endpoint, "test", "version 1")
	second := text(c.run(`apigatewayv2 create-deployment`+with+` --description second`), "DeploymentId")
	wantAnswer(t, endpoint, "test", "version 1")
	c.want(`apigatewayv2 update-stage --region us-east-1`+with+` --stage-name test --deployment-id `+second, `{"DeploymentId":"`+second+`"}`)
	wantAnswer(t, endpoint, "test", "version 2")

	c.run(`apigatewayv2 create-stage` + with + ` --deployment-id ` + first + ` --stage-name prod`)
	wantAnswer(t, endpoint, "prod", "version 1")
	c.run(`apigatewayv2 update-stage` + with + ` --stage-name prod --deployment-id ` + second)
	wantAnswer(t, endpoint, "prod", "version 2")
	c.run(`apigatewayv2 update-stage` + with + ` --stage-name prod --deployment-id ` + first)
	wantAnswer(t, endpoint, "prod", "version 1")
	wantAnswer(t, endpoint, "test", "version 2")

	c.refused(`apigatewayv2 get-api --api-id abcdef1234`, "An error occurred (NotFoundException) when calling the GetApi operation: Invalid API identifier specified")
	c.refused(`apigatewayv2 create-route`+with+` --route-key '$default'`, "(ConflictException)")
	c.refused(`apigatewayv2 delete-deployment`+with+` --deployment-id `+second, "(BadRequestException)")
}

func wantAnswer(t *testing.T, endpoint, stage, wanted string) {
	t.Helper()
	if got := ask(t, endpoint, stage); got != wanted {
		t.Errorf("stage %s answers %q, expected %q", stage, got, wanted)
	}
}

// mock makes an integration that answers with a text.
func (c *awsCLI) mock(with, answer string) string {
	c.Helper()
	id := text(c.run(`apigatewayv2 create-integration`+with+` --integration-type MOCK --template-selection-expression '\$default' --request-templates '{"$default":"{\"statusCode\":200}"}'`), "IntegrationId")
	c.run(`apigatewayv2 create-integration-response` + with + ` --integration-id ` + id +
		` --integration-response-key '$default' --template-selection-expression '\$default' --response-templates '{"$default":"` + answer + `"}'`)
	return id
}

// lambdaURI is how an integration or an authorizer names a function.
func lambdaURI(function string) string {
	return "arn:aws:apigateway:" + region + ":lambda:path/2015-03-31/functions/arn:aws:lambda:" + region + ":000000000000:function:" + function + "/invocations"
}

// TestCLIChat makes the chat of the developer guide's tutorial ("Create a WebSocket chat app with a WebSocket API, Lambda and
// DynamoDB") with the real AWS CLI: a function for each route, one route that answers, and a function that pushes.
func TestCLIChat(t *testing.T) {
	path := tool(t, "aws")
	away := newBackend()
	t.Cleanup(away.stop)
	s := startNode(t, node.Config{LambdaEndpoint: away.URL})
	c := &awsCLI{t, path, s.environment(t.TempDir())}
	api := c.run(`apigatewayv2 create-api --name chat --protocol-type WEBSOCKET --route-selection-expression '$request.body.action'`)
	with := " --api-id " + text(api, "ApiId")
	c.chatRoutes(with)

	deployment := text(c.want(`apigatewayv2 create-deployment`+with+` --description 'first version'`, `{"DeploymentId":"…","DeploymentStatus":"DEPLOYED",
		"CreatedDate":"…","AutoDeployed":false,"Description":"first version"}`), "DeploymentId")
	c.run(`apigatewayv2 create-stage` + with + ` --stage-name prod --deployment-id ` + deployment)
	c.want(`apigatewayv2 get-stage`+with+` --stage-name prod`, `{"StageName":"prod","DeploymentId":"`+deployment+`"}`)
	c.want(`apigatewayv2 get-deployments`+with, `{"Items":[{"DeploymentId":"`+deployment+`"}]}`)

	away.replies(func(c *call) reply {
		return reply{status: 200, body: `{"statusCode":200,"body":"` + c.function() + `"}`}
	})
	alice := connectTo(t, away, text(api, "ApiEndpoint")+"/prod")
	must(t, sendMessage(t.Context(), alice.ws, false, 0, `{"action":"sendmessage","message":"hello"}`))
	wantItem(t, alice, "send")
	id, _ := away.connectionID("alice")
	data := filepath.Join(t.TempDir(), "data")
	must(t, os.WriteFile(data, []byte("hello everybody"), 0o600))
	c.run(`apigatewaymanagementapi post-to-connection --endpoint-url ` + s.httpData() + `/` + text(api, "ApiId") + `/prod --connection-id=` + id + ` --data fileb://` + data)
	wantItem(t, alice, "hello everybody")
}

// chatRoutes makes a function for each route of a chat, and a way back for one.
func (c *awsCLI) chatRoutes(with string) {
	c.Helper()
	integrations := map[string]string{}
	for _, function := range []string{"connect", "disconnect", "default", "send"} {
		made := c.want(`apigatewayv2 create-integration`+with+` --integration-type AWS_PROXY --integration-method POST --integration-uri `+lambdaURI(function),
			`{"IntegrationId":"~^[a-z0-9]{7}$","IntegrationType":"AWS_PROXY","IntegrationMethod":"POST","ConnectionType":"INTERNET",
			"PayloadFormatVersion":"1.0","TimeoutInMillis":29000,"PassthroughBehavior":"WHEN_NO_MATCH","IntegrationUri":"`+lambdaURI(function)+`"}`)
		integrations[function] = text(made, "IntegrationId")
	}
	for key, function := range map[string]string{"$connect": "connect", "$disconnect": "disconnect", "$default": "default", "sendmessage": "send"} {
		route := c.want(`apigatewayv2 create-route`+with+` --route-key '`+key+`' --target integrations/`+integrations[function],
			`{"RouteId":"~^[a-z0-9]{7}$","RouteKey":"`+key+`","ApiKeyRequired":false,"AuthorizationType":"NONE","Target":"integrations/`+integrations[function]+`"}`)
		if key != "sendmessage" {
			continue
		}
		id := text(route, "RouteId")
		c.want(`apigatewayv2 update-route`+with+` --route-id `+id+` --route-response-selection-expression '$default'`, `{"RouteResponseSelectionExpression":"$default"}`)
		c.want(`apigatewayv2 create-route-response`+with+` --route-id `+id+` --route-response-key '$default'`,
			`{"RouteResponseId":"~^[a-z0-9]{6}$","RouteResponseKey":"$default"}`)
	}
	c.guard(with)
}

// guard puts an authorizer before $connect, and takes it off again.
func (c *awsCLI) guard(with string) {
	c.Helper()
	authorizer := text(c.want(`apigatewayv2 create-authorizer`+with+` --name guard --authorizer-type REQUEST --identity-source route.request.header.Auth --authorizer-uri `+lambdaURI("guard"),
		`{"AuthorizerId":"~^[a-z0-9]{6}$","AuthorizerType":"REQUEST","IdentitySource":["route.request.header.Auth"],"Name":"guard"}`), "AuthorizerId")
	var connect string
	items, _ := c.run(`apigatewayv2 get-routes` + with)["Items"].([]any)
	for _, item := range items {
		if route, _ := item.(map[string]any); text(route, "RouteKey") == "$connect" {
			connect = text(route, "RouteId")
		}
	}
	update := `apigatewayv2 update-route` + with + ` --route-id ` + connect
	c.want(update+` --authorization-type CUSTOM --authorizer-id `+authorizer, `{"AuthorizationType":"CUSTOM","AuthorizerId":"`+authorizer+`"}`)
	c.refused(`apigatewayv2 delete-authorizer`+with+` --authorizer-id `+authorizer, "(ConflictException)")
	c.want(update+` --authorization-type AWS_IAM --authorizer-id ''`, `{"AuthorizationType":"AWS_IAM","AuthorizerId":null}`)
	c.want(update+` --authorization-type NONE`, `{"AuthorizationType":"NONE"}`)
	c.run(`apigatewayv2 delete-authorizer` + with + ` --authorizer-id ` + authorizer)
}

// TestCLILists wants the CLI to page by itself, and to page when it is told.
func TestCLILists(t *testing.T) {
	path := tool(t, "aws")
	s := startNode(t, node.Config{})
	c := &awsCLI{t, path, s.environment(t.TempDir())}
	c.want(`apigatewayv2 get-apis`, `{"Items":[]}`)
	api := s.mustControl(t, post, "/v2/apis", `{"name":"a","protocolType":"WEBSOCKET","routeSelectionExpression":"x"}`).text("apiId")
	for _, key := range []string{"a", "b", "c", "d", "e"} {
		s.mustControl(t, post, "/v2/apis/"+api+"/routes", map[string]any{"routeKey": key})
	}
	all := `{"Items":[{"RouteKey":"a"},{"RouteKey":"b"},{"RouteKey":"c"},{"RouteKey":"d"},{"RouteKey":"e"}]}`
	c.want(`apigatewayv2 get-routes --api-id `+api, all)
	c.want(`apigatewayv2 get-routes --page-size 2 --api-id `+api, all)
	c.want(`apigatewayv2 get-routes --max-results 2 --api-id `+api, `{"Items":[{"RouteKey":"a"},{"RouteKey":"b"}],"NextToken":"…"}`)
	c.run(`apigatewayv2 create-stage --stage-name 'blue-green' --api-id ` + api)
	c.run(`apigatewayv2 tag-resource --resource-arn arn:aws:apigateway:us-east-1::/apis/` + api + ` --tags a=1,b=2`)
	c.run(`apigatewayv2 untag-resource --resource-arn arn:aws:apigateway:us-east-1::/apis/` + api + ` --tag-keys a`)
	c.want(`apigatewayv2 get-tags --resource-arn arn:aws:apigateway:us-east-1::/apis/`+api, `{"Tags":{"b":"2","=":true}}`)
}

// TestCLIManagement pushes, asks and disconnects with the real AWS CLI.
func TestCLIManagement(t *testing.T) {
	path := tool(t, "aws")
	away := newBackend()
	t.Cleanup(away.stop)
	s := startNode(t, node.Config{})
	api := sdkAPI(t, s.controlSDK(), away.URL)
	alice := connectTo(t, away, *api.ApiEndpoint+"/prod")
	id, _ := away.connectionID("alice")
	c := &awsCLI{t, path, s.environment(t.TempDir())}
	// Version 2 of the CLI wants base64 on the command line, version 1 does not; both take a file.
	data := filepath.Join(t.TempDir(), "data")
	must(t, os.WriteFile(data, []byte("hello"), 0o600))
	to := ` --endpoint-url ` + s.httpData() + `/` + *api.ApiId + `/prod --connection-id=` + id

	c.run(`apigatewaymanagementapi post-to-connection` + to + ` --data fileb://` + data)
	wantItem(t, alice, "hello")
	c.want(`apigatewaymanagementapi get-connection`+to, `{"ConnectedAt":"…","LastActiveAt":"…","Identity":{"SourceIp":"127.0.0.1","UserAgent":"alice"}}`)
	c.run(`apigatewaymanagementapi delete-connection` + to)
	wantItem(t, alice, "close 1000 ")
	c.refused(`apigatewaymanagementapi post-to-connection`+to+` --data fileb://`+data, "An error occurred (GoneException) when calling the PostToConnection operation")
	c.refused(`apigatewaymanagementapi get-connection`+to, "(GoneException)")
}
