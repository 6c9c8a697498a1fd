package stack_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gangway/internal/stack"
)

// chat is the chat application of the developer guide's tutorial, in parts that tests change.
const chat = `
Resources:
  ChatApi:
    Type: AWS::ApiGatewayV2::Api
    Properties:
      Name: chat
      ProtocolType: WEBSOCKET
      RouteSelectionExpression: $request.body.action
      Description: talk
      Tags: {team: a}
  Table:
    Type: AWS::DynamoDB::Table
    Properties: {TableName: connections}
  Role:
    Type: AWS::IAM::Role
    Properties: {AssumeRolePolicyDocument: {}}
  Handler:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: nodejs20.x
      Handler: index.handler
      Role: !GetAtt Role.Arn
      Code: ./src
      Timeout: "10"
      Environment:
        Variables:
          TABLE: !Ref Table
          ENDPOINT: !Sub "${ChatApi.ApiEndpoint}/prod"
  Permission:
    Type: AWS::Lambda::Permission
    Properties: {Action: lambda:InvokeFunction, FunctionName: !Ref Handler, Principal: apigateway.amazonaws.com}
  Integration:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref ChatApi
      IntegrationType: AWS_PROXY
      IntegrationUri: !Sub "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Handler.Arn}/invocations"
  ConnectRoute:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref ChatApi, RouteKey: $connect, Target: !Join [/, [integrations, !Ref Integration]]}
  SendRoute:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref ChatApi, RouteKey: send, Target: !Sub "integrations/${Integration}"}
  DefaultRoute:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref ChatApi, RouteKey: $default, Target: !Sub "integrations/${Integration}"}
  Deployment:
    Type: AWS::ApiGatewayV2::Deployment
    DependsOn: [ConnectRoute]
    Properties: {ApiId: !Ref ChatApi}
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties:
      ApiId: !Ref ChatApi
      StageName: prod
      DeploymentId: !Ref Deployment
      StageVariables: {a: "1", b: "2"}
      DefaultRouteSettings: {ThrottlingBurstLimit: "100", ThrottlingRateLimit: 50, DataTraceEnabled: "false"}
Outputs:
  Url:
    Description: where to connect to
    Value: !Sub "${ChatApi.ApiEndpoint}/${Stage}"
`

// without takes a resource out of a template.
func without(t *testing.T, text, id string) string {
	t.Helper()
	before, rest, found := strings.Cut(text, "\n  "+id+":\n")
	if !found {
		t.Fatalf("there is no %s", id)
	}
	for line := range strings.Lines(rest) {
		if !strings.HasPrefix(line, "    ") {
			break
		}
		rest = rest[len(line):]
	}
	return before + "\n" + rest
}

// change replaces a text that has to be there, wherever it is.
func change(t *testing.T, text, old, fresh string) string {
	t.Helper()
	if !strings.Contains(text, old) {
		t.Fatalf("there is no %q", old)
	}
	return strings.ReplaceAll(text, old, fresh)
}

func TestChat(t *testing.T) {
	p := start(t)
	done := p.apply("chat", chat)
	want := "create ChatApi; create Integration; create ConnectRoute; create SendRoute; create DefaultRoute; create Deployment; create Stage"
	if got := changes(done.plan.Changes); got != want {
		t.Errorf("planned %s, want %s", got, want)
	}
	if len(done.APIs) != 1 || done.APIs[0].Name != "chat" || len(done.APIs[0].Stages) != 1 {
		t.Fatalf("apis: %+v", done.APIs)
	}
	api := done.APIs[0]
	if len(done.Outputs) != 1 || done.Outputs[0].Value != api.Endpoint+"/prod" || api.Endpoint == "" {
		t.Errorf("outputs: %+v", done.Outputs)
	}
	f := done.Functions[0]
	if f.Name != "chat-Handler" || f.Code != "/app/src" || f.Timeout != 10 || f.Memory != 128 ||
		f.Environment["TABLE"] != "connections" || f.Environment["ENDPOINT"] != api.Endpoint+"/prod" {
		t.Errorf("function: %+v", f)
	}
	if planned := done.plan.Functions[0].Environment["ENDPOINT"]; planned != "(known after apply)/prod" {
		t.Errorf("planned environment: %s", planned)
	}
	foreign := done.plan.Foreign
	if len(foreign) != 1 || foreign[0].Variable != "AWS_ENDPOINT_URL_DYNAMODB" || foreign[0].Endpoint == "" {
		t.Errorf("foreign: %+v", foreign)
	}
	routes := p.all("/v2/apis/"+api.ID+"/routes", "routeKey")
	if len(routes) != 3 || !strings.HasPrefix(routes["send"]["target"].(string), "integrations/") {
		t.Errorf("routes: %v", routes)
	}
	if uri := p.all("/v2/apis/"+api.ID+"/integrations", "integrationUri"); uri["arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/"+
		"functions/arn:aws:lambda:eu-west-1:111122223333:function:chat-Handler/invocations"] == nil {
		t.Errorf("integrations: %v", uri)
	}
	info, err := os.Stat(filepath.Join(p.dir, "chat.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("state file: %v, %v", info, err)
	}
	p.steady("chat", chat)
}

// TestEdits holds what a change of the template does against what it should, and that it is all that was to do.
func TestEdits(t *testing.T) {
	const redeployed = "; replace Deployment; update Stage DeploymentId"
	for _, test := range []struct {
		name, without string
		swap          []string // old and new, in turns
		want          string
	}{
		{"a route goes", "SendRoute", nil, "replace Deployment; update Stage DeploymentId; remove SendRoute"},
		{
			"an integration changes", "",
			[]string{"IntegrationType: AWS_PROXY", "IntegrationType: AWS_PROXY\n      TimeoutInMillis: \"5000\""},
			"update Integration TimeoutInMillis" + redeployed,
		},
		{"a stage gets another name", "", []string{"StageName: prod", "StageName: test"}, "replace Stage StageName"},
		{"a property goes", "", []string{"Description: talk", "Version: v2"}, "update ChatApi Description,Version" + redeployed},
		{"tags change", "", []string{"{team: a}", "{cost: b}"}, "update ChatApi Tags"},
		{
			"a stage's settings change", "",
			[]string{`{a: "1", b: "2"}`, `{b: 3}`, "ThrottlingRateLimit: 50, ", ""},
			"update Stage StageVariables,DefaultRouteSettings",
		},
		{
			"a target goes", "",
			[]string{`RouteKey: $default, Target: !Sub "integrations/${Integration}"`, "RouteKey: $default"},
			"replace DefaultRoute Target" + redeployed,
		},
		{
			"routes exchange their keys", "",
			[]string{"RouteKey: send", "RouteKey: other", "RouteKey: $default", "RouteKey: send", "RouteKey: other", "RouteKey: $default"},
			"update SendRoute RouteKey; update DefaultRoute RouteKey" + redeployed,
		},
		{"a route gets another id", "", []string{"SendRoute:", "TalkRoute:"}, ""},
		{
			"a route takes the key of one that goes", "SendRoute",
			[]string{"RouteKey: $default", "RouteKey: send"},
			"update DefaultRoute RouteKey" + redeployed + "; remove SendRoute",
		},
		{
			"the api is another", "",
			[]string{"ChatApi", "Api"},
			"create Api; replace Integration ApiId; replace ConnectRoute ApiId; replace SendRoute ApiId; replace DefaultRoute ApiId; " +
				"replace Deployment ApiId; replace Stage ApiId; remove ChatApi",
		},
		{
			"deployments become automatic", "Deployment",
			[]string{"DeploymentId: !Ref Deployment", "AutoDeploy: true"},
			"update Stage AutoDeploy; remove Deployment",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := start(t)
			before := p.apply("chat", chat).APIs[0].ID
			edited := chat
			if test.without != "" {
				edited = without(t, chat, test.without)
			}
			for i := 0; i < len(test.swap); i += 2 {
				edited = change(t, edited, test.swap[i], test.swap[i+1])
			}
			done := p.apply("chat", edited)
			if got := changes(done.plan.Changes); got != test.want {
				t.Errorf("planned %s, want %s", got, test.want)
			}
			p.steady("chat", edited)
			if apis := p.all("/v2/apis", "name"); len(apis) != 1 {
				t.Errorf("apis: %v", apis)
			}
			after := done.APIs[0].ID
			if deployments := p.all("/v2/apis/"+after+"/deployments", "deploymentId"); len(deployments) != 1 && !strings.Contains(edited, "AutoDeploy") {
				t.Errorf("deployments: %v", deployments)
			}
			if strings.Contains(edited, "ChatApi") && before != after {
				t.Errorf("the API was %s and is %s", before, after)
			}
			if err := p.open("chat").Remove(t.Context(), nil); err != nil {
				t.Error(err)
			}
			if apis := p.all("/v2/apis", "name"); len(apis) != 0 {
				t.Errorf("left: %v", apis)
			}
		})
	}
}

// What was changed or deleted by others is brought back; what they made is let alone.
func TestOthers(t *testing.T) {
	p := start(t)
	api := "/v2/apis/" + p.apply("chat", chat).APIs[0].ID
	routes := p.all(api+"/routes", "routeKey")
	id := func(key string) string { return routes[key]["routeId"].(string) }
	p.do(http.MethodDelete, api+"/routes/"+id("send"), nil)
	p.do(http.MethodPatch, api+"/routes/"+id("$connect"), map[string]any{"apiKeyRequired": true, "target": "integrations/" +
		p.do(http.MethodPost, api+"/integrations", map[string]any{"integrationType": "MOCK"})["integrationId"].(string)})
	p.do(http.MethodPost, api+"/routes", map[string]any{"routeKey": "theirs"})
	p.do(http.MethodPost, api+"/deployments", map[string]any{})
	done := p.apply("chat", chat)
	want := "update ConnectRoute Target; create SendRoute; replace Deployment; update Stage DeploymentId"
	if got := changes(done.plan.Changes); got != want {
		t.Errorf("planned %s, want %s", got, want)
	}
	p.steady("chat", chat)
	routes = p.all(api+"/routes", "routeKey")
	if n := len(p.all(api+"/deployments", "deploymentId")); n != 2 {
		t.Errorf("%d deployments, want ours and theirs", n)
	}
	if routes["theirs"] == nil || routes["send"] == nil || routes["$connect"]["apiKeyRequired"] != true {
		t.Errorf("routes: %v", routes)
	}
	p.do(http.MethodDelete, api, nil)
	if got := p.apply("chat", chat).told; len(got) != 7 || got[0].Action != stack.Create {
		t.Errorf("after all was deleted: %v", got)
	}
	p.steady("chat", chat)
}

// A stack that has lost its state finds what it has made, and deletes it.
func TestLostState(t *testing.T) {
	p := start(t)
	p.apply("chat", chat)
	p.forget("chat")
	done := p.apply("chat", chat)
	if len(done.writes) > 0 {
		t.Errorf("wrote %s", done.writes)
	}
	if err := p.open("chat").Remove(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if apis := p.all("/v2/apis", "name"); len(apis) != 0 {
		t.Errorf("left: %v", apis)
	}
}

// TestFailures lets each write of a creation and of a change fail once, or its answer get lost; the next attempt goes on.
func TestFailures(t *testing.T) {
	edited := change(t, without(t, chat, "SendRoute"), "IntegrationType: AWS_PROXY", "IntegrationType: AWS_PROXY\n      TimeoutInMillis: 5000")
	another := change(t, chat, "ChatApi", "Api")
	for _, test := range []struct {
		name, before, text string
		lost               bool
	}{
		{"creation, answer lost", "", chat, true},
		{"change", chat, edited, false},
		{"replacement", chat, another, false},
		{"replacement, answer lost", chat, another, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := start(t)
			for failing := range 30 {
				if test.before != "" {
					p.apply("chat", test.before)
				}
				n := 0
				count := func(string) bool { n++; return n == failing+1 }
				if p.refuse = count; test.lost {
					p.refuse, p.lose = nil, count
				}
				_, err := p.try("chat", test.text)
				p.refuse, p.lose = nil, nil
				if n <= failing {
					return // it has no more writes
				}
				if err == nil {
					t.Fatalf("write %d failed, and nobody said so", failing)
				}
				p.apply("chat", test.text)
				p.steady("chat", test.text)
				if err := p.open("chat").Remove(t.Context(), nil); err != nil {
					t.Fatal(err)
				}
				for _, leftover := range p.all("/v2/apis", "apiId") {
					t.Errorf("left after write %d failed: %v", failing, leftover)
				}
			}
			t.Error("the writes do not come to an end")
		})
	}
}

// Two stacks on one control plane know nothing of each other.
func TestTwoStacks(t *testing.T) {
	p := start(t)
	p.apply("one", chat)
	p.apply("two", chat)
	p.steady("one", chat)
	p.steady("two", chat)
	if err := p.open("one").Remove(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	p.steady("two", chat)
	if apis := p.all("/v2/apis", "apiId"); len(apis) != 1 {
		t.Errorf("apis: %v", apis)
	}
}
