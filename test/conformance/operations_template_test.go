package conformance_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gangway/internal/node"
)

// importedTemplate has an API with two routes and their stage, a function, and a table of another service.
const importedTemplate = `Parameters:
  Reply: {Type: String, Default: hello}
Resources:
  Chat:
    Type: AWS::ApiGatewayV2::Api
    Properties: {Name: chat, ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.action}
  Handler:
    Type: AWS::Lambda::Function
    Properties: {Runtime: nodejs22.x, Handler: index.handler, Code: ./src, Role: r, Environment: {Variables: {HOME: !Ref AWS::Region}}}
  Table:
    Type: AWS::DynamoDB::Table
    Properties: {TableName: t}
  Mock:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Chat
      IntegrationType: MOCK
      TemplateSelectionExpression: \$default
      RequestTemplates: {$default: '{"statusCode":200}'}
  Answer:
    Type: AWS::ApiGatewayV2::IntegrationResponse
    Properties: {ApiId: !Ref Chat, IntegrationId: !Ref Mock, IntegrationResponseKey: $default, TemplateSelectionExpression: \$default, ResponseTemplates: {$default: !Ref Reply}}
  Function:
    Type: AWS::ApiGatewayV2::Integration
    Properties: {ApiId: !Ref Chat, IntegrationType: AWS_PROXY, IntegrationUri: !Sub "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Handler.Arn}/invocations"}
  Say:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Chat, RouteKey: say, Target: !Sub "integrations/${Mock}", RouteResponseSelectionExpression: $default}
  Reply:
    Type: AWS::ApiGatewayV2::RouteResponse
    Properties: {ApiId: !Ref Chat, RouteId: !Ref Say, RouteResponseKey: $default}
  Call:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Chat, RouteKey: call, Target: !Sub "integrations/${Function}"}
  Deployment:
    Type: AWS::ApiGatewayV2::Deployment
    DependsOn: [Say, Call, Reply, Answer]
    Properties: {ApiId: !Ref Chat}
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties: {ApiId: !Ref Chat, StageName: prod, DeploymentId: !Ref Deployment}
Outputs:
  Url: {Value: !Sub "${Chat.ApiEndpoint}/prod"}
`

// imported is what ImportTemplate answers.
type imported struct {
	Changes        []struct{ Action, LogicalID, Type, Detail string }
	Outputs        map[string]string
	Notes, Foreign []string
	Errors         []struct {
		Message      string
		Line, Column int
		Resource     string
	}
}

// importing is a call of ImportTemplate.
func (s *server) importing(t *testing.T, members map[string]any) request {
	t.Helper()
	body, err := json.Marshal(members)
	must(t, err)
	return request{method: post, url: s.admin + "/gangway/templates", service: "apigateway", body: body}
}

func (s *server) imports(t *testing.T, as *principal, members map[string]any) *imported {
	t.Helper()
	in := s.importing(t, members)
	if as != nil {
		in.key = &as.key
	}
	got, err := s.do(t.Context(), in)
	must(t, err)
	if got.status != http.StatusOK {
		t.Fatalf("got %d %s", got.status, got.body)
	}
	var out imported
	must(t, json.Unmarshal(got.body, &out))
	for _, list := range []any{out.Changes, out.Notes, out.Foreign, out.Errors} {
		if text, _ := json.Marshal(list); string(text) == "null" {
			t.Errorf("a list is null: %s", got.body)
		}
	}
	if strings.Contains(string(got.body), os.TempDir()) || strings.Contains(string(got.body), "/src") {
		t.Errorf("the answer names a path: %s", got.body)
	}
	return &out
}

// actions are what an import has done, by logical id.
func (r *imported) actions() map[string]string {
	all := map[string]string{}
	for _, change := range r.Changes {
		all[change.LogicalID] = change.Action
	}
	return all
}

// TestImportTemplate plans, makes, and changes what a template says; what it made works.
func TestImportTemplate(t *testing.T) {
	dir := t.TempDir()
	s := startNode(t, node.Config{DataDir: dir})
	order := map[string]any{"name": "chat-app", "template": importedTemplate, "parameters": map[string]string{"Reply": "hi there"}, "dryRun": true}
	before := revision(t, dir)
	planned := s.imports(t, nil, order)
	if revision(t, dir) != before {
		t.Error("a dry run writes")
	}
	kinds := []string{"Answer", "Call", "Chat", "Deployment", "Function", "Mock", "Reply", "Say", "Stage"}
	for _, id := range kinds {
		if planned.actions()[id] != "create" {
			t.Errorf("%s: planned %q", id, planned.actions()[id])
		}
	}
	if len(planned.Errors) > 0 || len(planned.Changes) != len(kinds) || !slices.Equal(planned.Foreign, []string{"Table (AWS::DynamoDB::Table)"}) ||
		len(planned.Notes) != 1 || !strings.Contains(planned.Notes[0], "Handler is a function") {
		t.Errorf("got %+v", planned)
	}
	order["dryRun"] = false
	made := s.imports(t, nil, order)
	c, _, err := dial(t.Context(), handshake{url: made.Outputs["Url"]})
	must(t, err)
	t.Cleanup(c.drop)
	if reply := c.ask(t, `{"action":"say"}`); reply != "hi there" || len(made.Errors) > 0 || len(made.Changes) != len(kinds) {
		t.Errorf("the route replies %q; %+v", reply, made)
	}
	for id, action := range s.imports(t, nil, order).actions() {
		if action != "keep" {
			t.Errorf("again: %s is to %s", id, action)
		}
	}
	order["parameters"] = map[string]string{"Reply": "changed"}
	changed := s.imports(t, nil, order)
	if actions := changed.actions(); actions["Answer"] != "change" || actions["Deployment"] != "replace" || actions["Chat"] != "keep" {
		t.Errorf("got %+v", changed.Changes)
	}
	if reply := c.ask(t, `{"action":"say"}`); reply != "changed" {
		t.Errorf("the open connection hears %q", reply)
	}
}

// TestImportTemplateMistakes: what is wrong is told with its place, nothing is made, and nothing of this machine is read or told.
func TestImportTemplateMistakes(t *testing.T) {
	dir := t.TempDir()
	s := startNode(t, node.Config{DataDir: dir})
	secret := filepath.Join(t.TempDir(), "secret.yaml")
	must(t, os.WriteFile(secret, []byte("Resources: {Canary: {Type: 'AWS::SQS::Queue'}}"), 0o600))
	t.Setenv("AWS_ENDPOINT_URL_SQS", "http://canary:1")
	before := revision(t, dir)
	const api = "Resources:\n  A:\n    Type: AWS::ApiGatewayV2::Api\n    Properties: {Name: a, ProtocolType: WEBSOCKET, RouteSelectionExpression: x}\n"
	for name, test := range map[string]struct {
		template, message string
		line              int
		resource          string
	}{
		"no YAML":          {"Resources: [", "", 1, ""},
		"no template":      {"[]", "Resources", 1, ""},
		"unknown property": {api + "  R:\n    Type: AWS::ApiGatewayV2::Route\n    Properties: {ApiId: !Ref A, RouteKee: x}\n", "RouteKee", 5, "R"},
		"HTTP API":         {"Resources:\n  A:\n    Type: AWS::ApiGatewayV2::Api\n    Properties: {Name: a, ProtocolType: HTTP}\n", "WebSocket", 2, "A"},
		"unknown resource": {api + "  R:\n    Type: AWS::ApiGatewayV2::Route\n    Properties: {ApiId: !Ref B, RouteKey: x}\n", "B", 7, "R"},
		"an include":       {"Resources:\n  Fn::Transform: {Name: AWS::Include, Parameters: {Location: '" + secret + "'}}\n", "not a function", 1, ""},
		"a nested stack":   {"Resources:\n  N:\n    Type: AWS::CloudFormation::Stack\n    Properties: {TemplateURL: '" + secret + "'}\n", "no file is read here", 2, "N"},
		"a nested asset":   {"Resources:\n  N:\n    Type: AWS::CloudFormation::Stack\n    Metadata: {'aws:asset:path': '" + secret + "'}\n", "no file is read here", 2, "N"},
		"an application": {
			"Transform: AWS::Serverless-2016-10-31\nResources:\n  N:\n    Type: AWS::Serverless::Application\n    Properties: {Location: '" + secret + "'}\n",
			"no file is read here", 3, "N",
		},
		"a macro": {"Transform: Mine\n" + api, "Mine", 1, ""},
		"an include by name": {
			"Transform: {Name: AWS::Include, Parameters: {Location: '" + secret + "'}}\n" + api, "", 1, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := s.imports(t, nil, map[string]any{"name": "wrong", "template": test.template})
			text, _ := json.Marshal(got)
			if len(got.Errors) == 0 || !strings.Contains(got.Errors[0].Message, test.message) || got.Errors[0].Line != test.line || got.Errors[0].Resource != test.resource {
				t.Errorf("got %s", text)
			}
			if strings.Contains(string(text), "Canary") || strings.Contains(string(text), "canary") || len(got.Changes) > 0 {
				t.Errorf("got %s", text)
			}
		})
	}
	local := s.imports(t, nil, map[string]any{"name": "local", "dryRun": true, "template": "Transform: AWS::Serverless-2016-10-31\nResources:\n" +
		"  F:\n    Type: AWS::Serverless::Function\n    Properties: {CodeUri: '" + filepath.Dir(secret) + "', Handler: a.b, Runtime: nodejs22.x}\n" +
		"  L:\n    Type: AWS::Serverless::LayerVersion\n    Properties: {ContentUri: '" + secret + "'}\n" +
		"  Q:\n    Type: AWS::SQS::Queue\n" +
		"  N:\n    Type: AWS::CloudFormation::Stack\n    Properties: {TemplateURL: 'https://example.com/t.yaml'}\nOutputs:\n  Url: {Value: !Ref Q}\n"})
	if text, _ := json.Marshal(local); len(local.Errors) > 0 || strings.Contains(strings.ToLower(string(text)), "canary") || len(local.Foreign) != 2 {
		t.Errorf("got %s", text)
	}
	for name, body := range map[string]map[string]any{
		"no name":      {"template": api},
		"a path":       {"name": "../../etc", "template": api},
		"too long":     {"name": "a", "template": strings.Repeat("#", 1<<20+1)},
		"no parameter": {"name": "a", "template": api, "parameters": map[string]any{"A": 1}},
	} {
		got, err := s.do(t.Context(), s.importing(t, body))
		if err != nil || got.status != http.StatusBadRequest {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
	if revision(t, dir) != before {
		t.Error("something was written")
	}
}

// TestImportTemplateTenants: an import may do what its caller may, and no more; the audit log names the caller for each write.
func TestImportTemplateTenants(t *testing.T) {
	dir := t.TempDir()
	s := startNode(t, node.Config{DataDir: dir})
	order := map[string]any{"name": "app", "template": importedTemplate}
	s.imports(t, nil, order) // somebody else's, of the same name
	stranger := s.grant(t, "stranger", 0, `{"Effect":"Allow","Action":"apigateway:*","Resource":"*"}`)
	denied(t, "without the permission", stranger, s.as(t, stranger.key, s.importing(t, order)))
	const may = `{"Effect":"Allow","Action":"gangway:ImportTemplate","Resource":"arn:aws:gangway:us-east-1:000000000000:templates"}`
	reader := s.grant(t, "reader", 0, may)
	before := revision(t, dir)
	got := s.imports(t, reader, order)
	if len(got.Changes) > 0 || len(got.Errors) == 0 || !strings.Contains(got.Errors[0].Message, "user/reader is not authorized to perform: apigateway:GET") || got.Errors[0].Resource != "Chat" {
		t.Errorf("who may do nothing gets %+v", got)
	}
	if revision(t, dir) != before {
		t.Error("who may do nothing has written")
	}
	half := s.grant(t, "half", 0, may, `{"Effect":"Allow","Action":"apigateway:*","Resource":"*"}`, `{"Effect":"Deny","Action":"apigateway:POST","Resource":"*/stages"}`)
	got = s.imports(t, half, map[string]any{"name": "half", "template": importedTemplate})
	if actions := got.actions(); len(got.Errors) != 1 || got.Errors[0].Resource != "Stage" || actions["Deployment"] != "create" || actions["Stage"] != "" || got.Errors[0].Line == 0 {
		t.Errorf("who may make no stage gets %+v", got)
	}
	changes := s.mustControl(t, get, "/gangway/changes?maxResults=9&order=descending", nil).object()
	for _, item := range changes["items"].([]any)[:8] {
		change := item.(map[string]any)
		if !strings.HasPrefix(change["principal"].(string), half.arn+" ") || change["operation"] == "ImportTemplate" {
			t.Errorf("the audit log has %v", change)
		}
	}
	session := s.grant(t, "session", 900, may, `{"Effect":"Allow","Action":"apigateway:*","Resource":"*"}`)
	if got := s.imports(t, session, map[string]any{"name": "half", "template": importedTemplate}); len(got.Errors) > 0 || got.actions()["Stage"] != "create" || got.actions()["Chat"] != "keep" {
		t.Errorf("who goes on with a temporary key gets %+v", got)
	}
}
