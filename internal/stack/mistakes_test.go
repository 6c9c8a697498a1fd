package stack_test

import (
	"errors"
	"strings"
	"testing"

	"gangway/internal/stack"
)

// TestMistakes plans templates that cannot be applied; each says where it is wrong and what would be right, all at once, and
// changes nothing.
func TestMistakes(t *testing.T) {
	const api = "Resources:\n  Api:\n    Type: AWS::ApiGatewayV2::Api\n" +
		"    Properties: {Name: a, ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.action}\n"
	p := start(t)
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{
			"an HTTP API", "Resources:\n  Api:\n    Type: AWS::ApiGatewayV2::Api\n    Properties: {Name: a, ProtocolType: HTTP}\n",
			[]string{`chat.yaml:2:3: Api (AWS::ApiGatewayV2::Api): ProtocolType "HTTP" is not served here`},
		},
		{
			"a REST API", "Resources:\n  Api:\n    Type: AWS::ApiGateway::RestApi\n    Properties: {Name: a}\n",
			[]string{"chat.yaml:2:3: Api (AWS::ApiGateway::RestApi): REST APIs are not served here"},
		},
		{"an unknown type", "Resources:\n  Api:\n    Type: AWS::ApiGatewayV2::Rute\n", []string{"Gangway does not know this type"}},
		{
			"types with a letter wrong", "Resources:\n  A:\n    Type: AWS::Serverless::WebSocketAPI\n  B:\n    Type: AWS::Lamda::Function\n  C:\n    Type: AWS::ApiGatewyV2::Api\n",
			[]string{
				"chat.yaml:2:3: A (AWS::Serverless::WebSocketAPI): there is no such type; the nearest is AWS::Serverless::WebSocketApi",
				"the nearest is AWS::Lambda::Function", "the nearest is AWS::ApiGatewayV2::Api",
			},
		},
		{
			"several", api +
				"  R:\n    Type: AWS::ApiGatewayV2::Route\n    Properties: {ApiId: !Ref Api, RoutKey: x, ApiKeyRequired: 7}\n" +
				"  S:\n    Type: AWS::ApiGatewayV2::Stage\n    Properties: {ApiId: !Ref Api, StageName: s, DefaultRouteSettings: {ThrottlingRatLimit: 1}}\n" +
				"  I:\n    Type: AWS::ApiGatewayV2::Integration\n    Properties: {ApiId: !Ref Api, IntegrationType: LAMBDA, TimeoutInMillis: soon, TlsConfig: {}}\n",
			[]string{
				`chat.yaml:5:3: R (AWS::ApiGatewayV2::Route): ApiKeyRequired: expected true or false, got 7`,
				`unknown property "RoutKey"; the nearest is RouteKey`, "property RouteKey is required",
				`unknown property "ThrottlingRatLimit"; the nearest is ThrottlingRateLimit`,
				`expected one of AWS, AWS_PROXY, HTTP, HTTP_PROXY, MOCK, got "LAMBDA"`,
				`TimeoutInMillis: expected a whole number, got "soon"`, "TlsConfig exists for HTTP APIs only",
			},
		},
		{
			"two of one route", api +
				"  A:\n    Type: AWS::ApiGatewayV2::Route\n    Properties: {ApiId: !Ref Api, RouteKey: x}\n" +
				"  B:\n    Type: AWS::ApiGatewayV2::Route\n    Properties: {ApiId: !Ref Api, RouteKey: x}\n",
			[]string{"B (AWS::ApiGatewayV2::Route): it is the same as A: only one can have this routeKey"},
		},
		{
			"an attribute that there is not", api + "Outputs:\n  O:\n    Value: !GetAtt Api.Endpoint\n",
			[]string{`unknown attribute "Endpoint"; the nearest is ApiEndpoint`},
		},
		{
			"a function without code", "Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties: {Timeout: long}\n",
			[]string{`chat.yaml:2:3: F (AWS::Lambda::Function): Timeout: expected a whole number, got "long"`, "property Code is required"},
		},
		{
			"a function with a letter wrong", "Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties: {Code: src, Role: r, MemorySiz: 128, Tagz: []}\n",
			[]string{
				`chat.yaml:2:3: F (AWS::Lambda::Function): unknown property "MemorySiz"; the nearest is MemorySize`,
				`unknown property "Tagz"; the nearest is Tags`,
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := p.try("chat", test.text)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %v\nwant %s", err, want)
				}
			}
		})
	}
	p.empty()
}

// What only the control plane finds says which resource it was, and what it said.
func TestRefusedByControlPlane(t *testing.T) {
	p := start(t)
	_, err := p.try("chat", change(t, chat, "RouteKey: send", "RouteKey: $send"))
	at, ok := errors.AsType[*stack.ResourceError](err)
	if !ok || at.ID != "SendRoute" || at.Where.Line == 0 || !strings.Contains(err.Error(), "reserved") {
		t.Errorf("got %v", err)
	}
	refused, ok := errors.AsType[*stack.APIError](err)
	if !ok || refused.Status != 400 || refused.Type != "BadRequestException" {
		t.Errorf("got %+v", refused)
	}
}

// TestStrangers holds what other services' resources give against what a template expects of them.
func TestStrangers(t *testing.T) {
	p := start(t)
	done := p.apply("s", `
Resources:
  Table: {Type: "AWS::DynamoDB::Table"}
  Queue: {Type: "AWS::SQS::Queue", Properties: {QueueName: jobs}}
  Topic: {Type: "AWS::SNS::Topic"}
  Bucket: {Type: "AWS::S3::Bucket"}
  Role: {Type: "AWS::IAM::Role"}
  Nested: {Type: "AWS::CloudFormation::Stack", Properties: {TemplateURL: "https://example.com/t.yaml"}}
  Own: {Type: "Custom::Thing", Properties: {ServiceToken: x}}
  Bus: {Type: "AWS::Events::EventBus", Properties: {Name: bus}}
  Layer: {Type: "AWS::Lambda::LayerVersion", Properties: {Content: layer}}
  F: {Type: "AWS::Lambda::Function", Properties: {FunctionName: f, Code: {ZipFile: "x"}, Layers: [!Ref Layer]}}
  G: {Type: "AWS::Lambda::Function", Properties: {Code: {S3Bucket: b, S3Key: k.zip}}}
  Live: {Type: "AWS::Lambda::Alias", Properties: {FunctionName: !Ref F, Name: live, FunctionVersion: "1"}}
Outputs:
  Table: {Value: !Ref Table}
  TableArn: {Value: !GetAtt Table.Arn}
  Stream: {Value: !GetAtt Table.StreamArn}
  Queue: {Value: !Ref Queue}
  QueueArn: {Value: !GetAtt Queue.Arn}
  QueueName: {Value: !GetAtt Queue.QueueName}
  Topic: {Value: !Ref Topic}
  Bucket: {Value: !GetAtt Bucket.Arn}
  Role: {Value: !GetAtt Role.Arn}
  Bus: {Value: !GetAtt Bus.Arn}
  Live: {Value: !Ref Live}
  F: {Value: !GetAtt F.Arn}
`)
	want := map[string]string{
		"Table": "s-Table", "TableArn": "arn:aws:dynamodb:eu-west-1:111122223333:table/s-Table",
		"Stream": "arn:aws:dynamodb:eu-west-1:111122223333:table/s-Table/stream/2012-08-10",
		"Queue":  "https://sqs.eu-west-1.amazonaws.com/111122223333/jobs", "QueueArn": "arn:aws:sqs:eu-west-1:111122223333:jobs",
		"QueueName": "jobs", "Topic": "arn:aws:sns:eu-west-1:111122223333:s-Topic", "Bucket": "arn:aws:s3:::s-bucket",
		"Role": "arn:aws:iam::111122223333:role/s-Role", "Bus": "arn:aws:events:eu-west-1:111122223333:event-bus/bus",
		"Live": "arn:aws:lambda:eu-west-1:111122223333:function:f:live", "F": "arn:aws:lambda:eu-west-1:111122223333:function:f",
	}
	for _, output := range done.Outputs {
		if output.Value != want[output.Name] {
			t.Errorf("%s is %s, want %s", output.Name, output.Value, want[output.Name])
		}
	}
	if len(done.Outputs) != len(want) || len(done.writes) > 0 {
		t.Errorf("%d outputs; wrote %s", len(done.Outputs), done.writes)
	}
	var notes, variables []string
	for _, f := range done.plan.Foreign {
		if f.Note != "" {
			notes = append(notes, f.ID)
		} else {
			variables = append(variables, strings.TrimPrefix(f.Variable, "AWS_ENDPOINT_URL_"))
		}
	}
	if got := strings.Join(variables, " ") + "; " + strings.Join(notes, " "); got != "DYNAMODB SQS SNS S3 EVENTBRIDGE; Nested Own" {
		t.Errorf("foreign: %s", got)
	}
	f, g := done.Functions[0], done.Functions[1]
	if f.Inline != "x" || len(f.Layers) != 1 || f.Layers[0] != "/app/layer" || g.Code != "" || g.Note != "its code is elsewhere: k.zip" {
		t.Errorf("functions: %+v", done.Functions)
	}
}
