package stack_test

import (
	"strings"
	"testing"
)

// everything has a resource of each type, and most of their properties.
const everything = `
Resources:
  Account:
    Type: AWS::ApiGateway::Account
    Properties: {CloudWatchRoleArn: "arn:aws:iam::111122223333:role/logs"}
  Logs:
    Type: AWS::Logs::LogGroup
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: {Name: all, ProtocolType: WEBSOCKET, RouteSelectionExpression: "$request.body.action", DisableSchemaValidation: "true"}
  Authorizer:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Api
      Name: gate
      AuthorizerType: REQUEST
      AuthorizerUri: arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:gate/invocations
      IdentitySource: [route.request.header.Auth]
  Integration:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: HTTP
      IntegrationMethod: POST
      IntegrationUri: http://127.0.0.1:1/
      RequestParameters: {integration.request.header.A: "'1'", integration.request.header.B: "'2'"}
      RequestTemplates: {$default: "{}", other: "[]"}
      TemplateSelectionExpression: $default
  Answer:
    Type: AWS::ApiGatewayV2::IntegrationResponse
    Properties:
      ApiId: !Ref Api
      IntegrationId: !Ref Integration
      IntegrationResponseKey: $default
      ResponseTemplates: {$default: "{}", other: "[]"}
  Connect:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref Api
      RouteKey: $connect
      Target: !Sub integrations/${Integration}
      AuthorizationType: CUSTOM
      AuthorizerId: !Ref Authorizer
      ApiKeyRequired: "true"
      RequestParameters: {route.request.querystring.a: {Required: true}, route.request.querystring.b: {Required: false}}
  Say:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref Api
      RouteKey: say
      Target: !Sub integrations/${Integration}
      ModelSelectionExpression: $default
      RequestModels: {$default: Said}
      RouteResponseSelectionExpression: $default
  Reply:
    Type: AWS::ApiGatewayV2::RouteResponse
    Properties: {ApiId: !Ref Api, RouteId: !Ref Say, RouteResponseKey: $default}
  Said:
    Type: AWS::ApiGatewayV2::Model
    Properties:
      ApiId: !Ref Api
      Name: Said
      ContentType: application/json
      Schema: {type: object, properties: {text: {type: string}}}
  Deployment:
    Type: AWS::ApiGatewayV2::Deployment
    Properties: {ApiId: !Ref Api, Description: all}
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties:
      ApiId: !Ref Api
      StageName: live
      DeploymentId: !GetAtt Deployment.DeploymentId
      AccessLogSettings: {DestinationArn: !GetAtt Logs.Arn, Format: $context.requestId}
      RouteSettings: {say: {ThrottlingRateLimit: 1, ThrottlingBurstLimit: 1}, $connect: {LoggingLevel: INFO}}
      Tags: {a: b}
  Key:
    Type: AWS::ApiGateway::ApiKey
    Properties: {Name: guest, Enabled: true, Value: 12345678901234567890, Tags: [{Key: a, Value: b}]}
  Plan:
    Type: AWS::ApiGateway::UsagePlan
    Properties:
      UsagePlanName: guests
      ApiStages: [{ApiId: !Ref Api, Stage: !Ref Stage}]
      Quota: {Limit: 10, Period: DAY}
      Throttle: {RateLimit: 1.5, BurstLimit: 2}
  Holder:
    Type: AWS::ApiGateway::UsagePlanKey
    Properties: {KeyId: !Ref Key, KeyType: API_KEY, UsagePlanId: !Ref Plan}
  Domain:
    Type: AWS::ApiGatewayV2::DomainName
    Properties:
      DomainName: ws.example.com
      DomainNameConfigurations: [{CertificateArn: "arn:aws:acm:eu-west-1:111122223333:certificate/1", EndpointType: REGIONAL}]
  Mapping:
    Type: AWS::ApiGatewayV2::ApiMapping
    Properties: {ApiId: !Ref Api, DomainName: !Ref Domain, Stage: !Ref Stage, ApiMappingKey: chat}
  Link:
    Type: AWS::ApiGatewayV2::VpcLink
    Properties: {Name: link, SubnetIds: [subnet-1]}
Outputs:
  Domain:
    Value: !GetAtt Domain.RegionalDomainName
  Arn:
    Value: !GetAtt Domain.DomainNameArn
`

// roots are the collections that a stack may leave something in.
var roots = []string{"/v2/apis", "/v2/domainnames", "/v2/vpclinks", "/apikeys", "/usageplans"}

func (p *plane) empty() {
	p.t.Helper()
	for _, root := range roots {
		if left := p.all(root, "name"); len(left) > 0 {
			p.t.Errorf("left in %s: %v", root, left)
		}
	}
}

// TestEverything changes each type in each way that a change can be made.
func TestEverything(t *testing.T) {
	const redeployed = "; replace Deployment; update Stage DeploymentId"
	for _, test := range []struct{ name, old, fresh, want string }{
		{"nothing", "", "", ""},
		{
			"a model is renamed", "Said}|Name: Said\n      ContentType: application/json", "Said2}|Name: Said2",
			"replace Said Name,ContentType; update Say RequestModels" + redeployed,
		},
		{"a schema", "{text: {type: string}}", "{}", "update Said Schema" + redeployed},
		{
			"an authorizer goes", "AuthorizationType: CUSTOM\n      AuthorizerId: !Ref Authorizer", "OperationName: open",
			"update Connect AuthorizerId,AuthorizationType,OperationName" + redeployed,
		},
		{"an identity source", "[route.request.header.Auth]", "[]", "update Authorizer IdentitySource" + redeployed},
		{
			"request parameters of a route", ", route.request.querystring.b: {Required: false}", "",
			"update Connect RequestParameters" + redeployed,
		},
		{
			"request parameters of an integration", "integration.request.header.A: \"'1'\", ", "",
			"update Integration RequestParameters" + redeployed,
		},
		{
			"a request template goes", `RequestTemplates: {$default: "{}", other: "[]"}`, `RequestTemplates: {$default: "{}"}`,
			"replace Integration RequestTemplates; replace Answer ApiId,IntegrationId; update Connect Target; update Say Target" + redeployed,
		},
		{
			"a response template goes", `ResponseTemplates: {$default: "{}", other: "[]"}`, "TemplateSelectionExpression: $default",
			"replace Answer TemplateSelectionExpression,ResponseTemplates" + redeployed,
		},
		{"a route setting goes", ", $connect: {LoggingLevel: INFO}", "", "update Stage RouteSettings"},
		{
			"access logs go", "AccessLogSettings: {DestinationArn: !GetAtt Logs.Arn, Format: $context.requestId}\n", "AutoDeploy: false\n",
			"update Stage AccessLogSettings",
		},
		{"a deployment's description", "Description: all", "Description: some", "update Deployment Description"},
		{"a key", "Name: guest, Enabled: true", "Name: host, CustomerId: c", "update Key Name,Enabled,CustomerId"},
		{"a key's tags", "{Key: a, Value: b}", "{Key: c, Value: d}", "update Key Tags"},
		{"a key's value", "12345678901234567890", "12345678901234567891", "replace Key Value; replace Holder KeyId"},
		{"a quota", "Quota: {Limit: 10, Period: DAY}", "Quota: {Limit: 20, Offset: 1, Period: WEEK}", "update Plan Quota"},
		{"a throttle goes", "Throttle: {RateLimit: 1.5, BurstLimit: 2}", "Description: free", "update Plan Description,Throttle"},
		{"a stage of a plan goes", "ApiStages: [{ApiId: !Ref Api, Stage: !Ref Stage}]", "ApiStages: []", "update Plan ApiStages"},
		{"a mapping", "ApiMappingKey: chat", "ApiMappingKey: talk", "update Mapping ApiMappingKey"},
		{"a mapping's key goes", ", ApiMappingKey: chat", "", "update Mapping ApiMappingKey"},
		{"a certificate", "certificate/1", "certificate/2", "update Domain DomainNameConfigurations"},
		{"a domain's name", "ws.example.com", "chat.example.com", "replace Domain DomainName; replace Mapping DomainName"},
		{"a stage's name", "StageName: live", "StageName: prod", "replace Stage StageName; update Plan ApiStages; update Mapping Stage"},
		{"a link", "Name: link, SubnetIds: [subnet-1]", "Name: other, SubnetIds: [subnet-2]", "replace Link Name,SubnetIds"},
		{"the account", "role/logs", "role/other", "update Account CloudWatchRoleArn"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := start(t)
			made := p.apply("all", everything)
			if len(made.Outputs) != 2 || !strings.HasSuffix(made.Outputs[0].Value, ".execute-api.eu-west-1.amazonaws.com") {
				t.Errorf("outputs: %v", made.Outputs)
			}
			p.steady("all", everything)
			edited := everything
			fresh := strings.Split(test.fresh, "|")
			for i, old := range strings.Split(test.old, "|") {
				if old == "" {
					continue
				}
				edited = change(t, edited, old, fresh[i])
			}
			done := p.apply("all", edited)
			if got := changes(done.plan.Changes); !sameChanges(got, test.want) {
				t.Errorf("planned %s, want %s", got, test.want)
			}
			p.steady("all", edited)
			if err := p.open("all").Remove(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			p.empty()
		})
	}
}

// sameChanges compares changes whatever their order.
func sameChanges(got, want string) bool {
	a, b := strings.Split(strings.TrimPrefix(got, "; "), "; "), strings.Split(strings.TrimPrefix(want, "; "), "; ")
	count := map[string]int{}
	for _, line := range a {
		count[line]++
	}
	for _, line := range b {
		count[line]--
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}

// A usage plan is found by its tag, and so is a domain; a domain of somebody else's is not taken.
func TestLostRoots(t *testing.T) {
	p := start(t)
	p.apply("all", everything)
	p.forget("all")
	if done := p.apply("all", everything); len(done.writes) > 0 {
		t.Errorf("wrote %s", done.writes)
	}
	p.forget("all")
	_, err := p.try("other", change(t, everything, ", Value: 12345678901234567890", ""))
	if err == nil || !strings.Contains(err.Error(), "Domain (AWS::ApiGatewayV2::DomainName): conflict: /v2/domainnames/ws.example.com exists already with this domainName") {
		t.Errorf("another stack has the same domain: %v", err)
	}
}
