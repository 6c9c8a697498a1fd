package cloudformation_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"gangway/internal/cloudformation"
)

// made stands for resources that exist: what they are says which they are.
type made struct{}

func (made) Ref(id string) (any, error) { return "ref-" + id, nil }

func (made) GetAtt(id, attribute string) (any, error) {
	if attribute == "List" {
		return []any{"one-" + id, "two-" + id}, nil
	}
	return id + "/" + attribute, nil
}

func read(t *testing.T, text string, o cloudformation.Options) *cloudformation.Template {
	t.Helper()
	template, err := cloudformation.Read("template.yaml", "app", []byte(text), o)
	if err != nil {
		t.Fatalf("Read: %v", err)
	}
	return template
}

func properties(t *testing.T, template *cloudformation.Template, id string) map[string]any {
	t.Helper()
	r := template.Resource(id)
	if r == nil {
		t.Fatalf("there is no resource %s among %s", id, ids(template))
	}
	got, err := r.Properties(made{})
	if err != nil {
		t.Fatalf("Properties of %s: %v", id, err)
	}
	return got
}

func ids(template *cloudformation.Template) string {
	var names []string
	for _, r := range template.Resources {
		names = append(names, r.ID)
	}
	return strings.Join(names, " ")
}

// chat is an application in the way of the "simple WebSocket chat" samples: resources written out one by one.
const chat = `
AWSTemplateFormatVersion: 2010-09-09
Transform: AWS::Serverless-2016-10-31
Description: rooms
Parameters:
  TableName: {Type: String, Default: rooms, MinLength: 3, AllowedPattern: '^[a-z]+$'}
Resources:
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties: {StageName: Prod, DeploymentId: !Ref Deployment, ApiId: !Ref Api}
  Deployment:
    Type: AWS::ApiGatewayV2::Deployment
    DependsOn: [ConnectRoute]
    Properties: {ApiId: !Ref Api}
  ConnectRoute:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref Api
      RouteKey: $connect
      AuthorizationType: NONE
      Target: !Join ['/', [integrations, !Ref ConnectInteg]]
  ConnectInteg:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationUri:
        Fn::Sub: arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Connect.Arn}/invocations
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: {Name: chat, ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.action}
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: !Ref TableName
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
  Connect:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: connect/
      Handler: app.handler
      Runtime: nodejs22.x
      MemorySize: 256
      Environment: {Variables: {TABLE: !Ref TableName, ACCOUNT: 000123456789}}
      Policies: [{DynamoDBCrudPolicy: {TableName: !Ref TableName}}]
  ConnectPermission:
    Type: AWS::Lambda::Permission
    DependsOn: [Api]
    Properties: {Action: 'lambda:InvokeFunction', FunctionName: !Ref Connect, Principal: apigateway.amazonaws.com}
Outputs:
  Url:
    Description: where to connect
    Value: !Sub 'wss://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/${Stage}'
    Export: {Name: !Sub '${AWS::StackName}-url'}
`

func TestChat(t *testing.T) {
	template := read(t, chat, cloudformation.Options{StackName: "chat", Region: "eu-west-1"})
	want := "Api ConnectRole Connect ConnectInteg ConnectRoute Deployment Stage Table ConnectPermission"
	if got := ids(template); got != want {
		t.Errorf("the order is\n%s, expected\n%s", got, want)
	}
	for id, want := range map[string]map[string]any{
		"Stage":        {"StageName": "Prod", "DeploymentId": "ref-Deployment", "ApiId": "ref-Api"},
		"ConnectRoute": {"ApiId": "ref-Api", "RouteKey": "$connect", "AuthorizationType": "NONE", "Target": "integrations/ref-ConnectInteg"},
		"ConnectInteg": {
			"ApiId": "ref-Api", "IntegrationType": "AWS_PROXY",
			"IntegrationUri": "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/Connect/Arn/invocations",
		},
		"Connect": {
			"Code": "connect/", "Handler": "app.handler", "Runtime": "nodejs22.x", "MemorySize": int64(256), "Role": "ConnectRole/Arn",
			"Environment": map[string]any{"Variables": map[string]any{"TABLE": "rooms", "ACCOUNT": "000123456789"}},
			"Tags":        []any{map[string]any{"Key": "lambda:createdBy", "Value": "SAM"}},
		},
	} {
		if diff := cmp.Diff(want, properties(t, template, id)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
	out := template.Outputs[0]
	got, err := out.Value(made{})
	if want := "wss://ref-Api.execute-api.eu-west-1.amazonaws.com/ref-Stage"; got != want || err != nil {
		t.Errorf("the output is %v, %v; expected %s", got, err, want)
	}
	if out.Export != "chat-url" || out.Description != "where to connect" || template.Description != "rooms" {
		t.Errorf("output %+v, template %q", out, template.Description)
	}
	line := 1 + strings.Count(chat[:strings.Index(chat, "  Connect:\n")], "\n")
	if where := template.Resource("Connect").Where.String(); where != fmt.Sprintf("template.yaml:%d:3", line) {
		t.Errorf("Connect is at %s", where)
	}
	connect := template.Resource("Connect")
	for _, c := range []struct {
		path []string
		line string
	}{
		{nil, "  Connect:\n"},
		{[]string{"Runtime"}, "      Runtime: "},
		{[]string{"Environment", "Variables", "Nobody"}, "      Environment: "},
		{[]string{"Layers"}, "  Connect:\n"},
	} {
		want := 1 + strings.Count(chat[:strings.Index(chat, c.line)], "\n")
		if got := connect.At(c.path...); got.Line != want {
			t.Errorf("%v is at %s, expected line %d", c.path, got, want)
		}
	}
	if got := fmt.Sprint(template.Resource("Stage").References()); got != "[Deployment Api]" {
		t.Errorf("the stage refers to %s", got)
	}
}

// TestReadNode reads what is made elsewhere: the lines are those of the nodes, and strings are what is tagged so.
func TestReadNode(t *testing.T) {
	var document yaml.Node
	const text = "Resources:\n  A:\n    Type: B\n    Properties: {X: !Sub '${AWS::Region}', Y: yes, Z: 12, N: 13}\n"
	if err := yaml.Unmarshal([]byte(text), &document); err != nil {
		t.Fatal(err)
	}
	values := document.Content[0].Content[1].Content[1].Content[3]
	number := values.Content[len(values.Content)-1]
	number.Tag, number.Style = "!!str", 0
	for _, root := range []*yaml.Node{&document, document.Content[0]} {
		template, err := cloudformation.ReadNode("made.yml", "", root, cloudformation.Options{})
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]any{"X": "us-east-1", "Y": "yes", "Z": int64(12), "N": "13"}
		if diff := cmp.Diff(want, properties(t, template, "A")); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if where := template.Resource("A").Where.String(); where != "made.yml:2:3" {
			t.Errorf("the resource is at %s", where)
		}
	}
	for want, root := range map[string]*yaml.Node{
		"made.yml: the template is empty":                        nil,
		"made.yml: this cannot stand in a template":              {Kind: yaml.AliasNode},
		"made.yml: a template is a map with Resources, not null": {Kind: yaml.ScalarNode},
	} {
		if _, err := cloudformation.ReadNode("made.yml", "", root, cloudformation.Options{}); err == nil || err.Error() != want {
			t.Errorf("the error is %v, expected %s", err, want)
		}
	}
}

// TestConcurrentUse is for the race detector: properties are evaluated by any number of goroutines.
func TestConcurrentUse(t *testing.T) {
	template := read(t, chat, cloudformation.Options{})
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for _, r := range template.Resources {
				if _, err := r.Properties(made{}); err != nil {
					t.Error(err)
				}
				if r.At("Name").Line == 0 || len(r.References()) > 9 {
					t.Errorf("%s is at %s and refers to %v", r.ID, r.At("Name"), r.References())
				}
			}
		})
	}
	workers.Wait()
}
