package stack_test

import (
	"testing"

	"gangway/internal/stack"
)

// sam is a chat as the AWS Serverless Application Model has it.
const sam = `
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Runtime: python3.13, Handler: app.handler, CodeUri: src/, Timeout: 5}
Resources:
  Chat:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      RouteSelectionExpression: $request.body.action
      StageName: prod
      Routes:
        $connect: {FunctionArn: !GetAtt Room.Arn}
        $default: {FunctionArn: !GetAtt Room.Arn}
        say: {FunctionArn: !GetAtt Room.Arn, RouteResponseSelectionExpression: $default}
  Room:
    Type: AWS::Serverless::Function
    Properties:
      Environment: {Variables: {TABLE: !Ref People}}
      Events:
        Web: {Type: HttpApi}
  People: {Type: AWS::Serverless::SimpleTable}
`

// A SAM template is applied as what it becomes: a stage that deploys by itself, and functions.
func TestServerless(t *testing.T) {
	p := start(t)
	done := p.apply("sam", sam)
	if len(done.APIs) != 1 || len(done.APIs[0].Stages) != 1 || done.APIs[0].Stages[0] != "prod" {
		t.Fatalf("apis: %+v", done.APIs)
	}
	if f := done.Functions[0]; f.Code != "/app/src" || f.Environment["TABLE"] != "sam-People" || f.Timeout != 5 {
		t.Errorf("function: %+v", f)
	}
	foreign := map[string]stack.Foreign{}
	for _, f := range done.plan.Foreign {
		foreign[f.Type] = f
	}
	if foreign["AWS::DynamoDB::Table"].Variable != "AWS_ENDPOINT_URL_DYNAMODB" || foreign["AWS::Serverless::HttpApi"].Note == "" {
		t.Errorf("foreign: %+v", foreign)
	}
	p.steady("sam", sam)
	p.apply("sam", change(t, sam, "        $default: {FunctionArn: !GetAtt Room.Arn}\n", ""))
	if routes := p.all("/v2/apis/"+done.APIs[0].ID+"/routes", "routeKey"); len(routes) != 2 {
		t.Errorf("routes: %v", routes)
	}
	if err := p.open("sam").Remove(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	p.empty()
}
