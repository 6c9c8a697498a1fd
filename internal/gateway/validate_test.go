package gateway_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"gangway/internal/gateway"
)

// Parts of the objects of the table.
const (
	logGroup    = "arn:aws:logs:us-east-1:123456789012:log-group:chat"
	invocation  = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:f/invocations"
	certificate = "arn:aws:acm:us-east-1:123456789012:certificate/c"
	allowAll    = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
)

// today is when objects are made.
var today = time.Date(2026, 11, 22, 6, 30, 15, 999, time.UTC)

// authorizer is an authorizer that is right, and a member more.
func authorizer(member string) string {
	return `{"name":"a","authorizerType":"REQUEST","authorizerUri":"` + invocation + `",` + member + `}`
}

// domain is a domain whose configuration has one member.
func domain(member string) string {
	return `{"domainName":"a.b","domainNameConfigurations":[{` + member + `}]}`
}

// Each row is an object that is right but for one thing, and what is said of it. Messages are those that the service
// gives where they are known: the apigatewayv2 service model has the lengths and enumerations.
func TestValidate(t *testing.T) {
	long := strings.Repeat("x", 3000)
	rows := []struct {
		object  gateway.Object
		body    string
		message string
	}{
		{new(gateway.API), `{}`, "Invalid API name specified"},
		{new(gateway.API), `{"name":"` + long + `"}`, "expected 0 to 128 characters, got 3000"},
		{new(gateway.API), `{"name":"a","protocolType":"FTP"}`, "Must be one of [HTTP, WEBSOCKET]"},
		{new(gateway.API), `{"name":"a","protocolType":"HTTP"}`, "HTTP APIs are not served here"},
		{new(gateway.API), `{"name":"a","protocolType":"WEBSOCKET"}`, "Invalid routeSelectionExpression"},
		{new(gateway.API), `{"name":"a","protocolType":"WEBSOCKET","routeSelectionExpression":"$request.body.a","corsConfiguration":{}}`, "Cors is not supported for WEBSOCKET protocolType"},
		{new(gateway.API), `{"name":"a","protocolType":"WEBSOCKET","routeSelectionExpression":"$request.body.a","target":"x"}`, "Target is not supported"},
		{new(gateway.API), `{"name":"a","protocolType":"WEBSOCKET","routeSelectionExpression":"$request.body.a","tags":{"aws:x":"1"}}`, "reserved"},
		{new(gateway.API), `{"name":"a","protocolType":"WEBSOCKET","routeSelectionExpression":"$request.body.a","apiKeySelectionExpression":"x"}`, "is not one of [$request.header.x-api-key, $context.authorizer.usageIdentifierKey]"},
		{new(gateway.Route), `{}`, "Route key is required"},
		{new(gateway.Route), `{"routeKey":"$x"}`, "reserved"},
		{new(gateway.Route), `{"routeKey":"a","target":"i-1"}`, "Unexpected or malformed target in route. Correct format should be integrations/<integration_id>."},
		{new(gateway.Route), `{"routeKey":"a","authorizationType":"AWS_IAM"}`, "Currently, authorization is restricted to the $connect route only"},
		{new(gateway.Route), `{"routeKey":"$connect","authorizationType":"CUSTOM"}`, "requires a valid authorizer"},
		{new(gateway.Route), `{"routeKey":"$connect","authorizerId":"x"}`, "needs the authorization type CUSTOM"},
		{new(gateway.Route), `{"routeKey":"$connect","authorizationType":"JWT"}`, "JWT authorizer"},
		{new(gateway.Route), `{"routeKey":"a","authorizationScopes":["s"]}`, "Authorization Scopes are only valid for COGNITO_USER_POOLS and JWT authorization type"},
		{new(gateway.Route), `{"routeKey":"a","routeResponseSelectionExpression":"x"}`, "only $default"},
		{new(gateway.Route), `{"routeKey":"a","requestParameters":{"route.request.path.x":{}}}`, "Invalid parameter 'route.request.path.x'"},
		{new(gateway.RouteResponse), `{"routeResponseKey":"x"}`, "Currently, only $default is supported as a RouteResponseKey."},
		{new(gateway.Integration), `{}`, "IntegrationType is required"},
		{new(gateway.Integration), `{"integrationType":"X"}`, "is not one of [AWS, HTTP, MOCK, HTTP_PROXY, AWS_PROXY]"},
		{new(gateway.Integration), `{"integrationType":"MOCK","timeoutInMillis":0}`, "Timeout should be between 50 ms and 29000 ms"},
		{new(gateway.Integration), `{"integrationType":"MOCK","timeoutInMillis":49}`, "Timeout should be between 50 ms and 29000 ms"},
		{new(gateway.Integration), `{"integrationType":"MOCK","timeoutInMillis":900001}`, "Timeout should be between 50 ms and 29000 ms"},
		{new(gateway.Integration), `{"integrationType":"MOCK","payloadFormatVersion":"2.0"}`, "Unsupported PayloadFormatVersion: 2.0"},
		{new(gateway.Integration), `{"integrationType":"MOCK","connectionType":"VPC_LINK"}`, "ConnectionId must be set to vpcLinkId for ConnectionType VPC_LINK"},
		{new(gateway.Integration), `{"integrationType":"MOCK","tlsConfig":{}}`, "TlsConfig is not supported"},
		{new(gateway.Integration), `{"integrationType":"HTTP_PROXY","integrationUri":"http://x"}`, "HttpMethod must be non-empty"},
		{new(gateway.Integration), `{"integrationType":"HTTP_PROXY","integrationMethod":"POST","integrationUri":"ftp://x"}`, "Invalid HTTP endpoint specified for URI"},
		{new(gateway.Integration), `{"integrationType":"AWS_PROXY","integrationUri":"x"}`, "ARNs must start with 'arn:': x"},
		{new(gateway.Integration), `{"integrationType":"AWS_PROXY","integrationUri":"arn:aws:x"}`, "must contain path or action"},
		{new(gateway.IntegrationResponse), `{"integrationResponseKey":"200"}`, "Expected $default or a regular expression between slashes"},
		{new(gateway.Deployment), `{"description":"` + long + `"}`, "description"},
		{new(gateway.Stage), `{}`, "Stage name is required"},
		{new(gateway.Stage), `{"stageName":"bad stage"}`, "Stage name only allows a-zA-Z0-9_"},
		{new(gateway.Stage), `{"stageName":"a","stageVariables":{"a b":"1"}}`, "Invalid stage variable name 'a b'"},
		{new(gateway.Stage), `{"stageName":"a","stageVariables":{"a":"1;2"}}`, "Expected only the characters"},
		{new(gateway.Stage), `{"stageName":"a","defaultRouteSettings":{"loggingLevel":"ALL"}}`, "'ALL' is not one of [OFF, ERROR, INFO]"},
		{new(gateway.Stage), `{"stageName":"a","accessLogSettings":{"format":"x"}}`, "Access Log value missing. Expected destinationArn and format."},
		{new(gateway.Stage), `{"stageName":"a","accessLogSettings":{"destinationArn":"logs","format":"x"}}`, "Invalid ARN specified in the request. ARNs must start with 'arn:': logs"},
		{new(gateway.Stage), `{"stageName":"a","accessLogSettings":{"destinationArn":"arn:aws:s3:::bucket","format":"x"}}`, "Invalid ARN specified in the request. The ARN must be a valid CloudWatch Logs log group or Kinesis Data Firehose delivery stream ARN."},
		{new(gateway.Stage), `{"stageName":"a","accessLogSettings":{"destinationArn":"` + logGroup + `","format":"x"}}`, "Access Log format must include either $context.requestId or $context.extendedRequestId"},
		{new(gateway.Stage), accessLog(logGroup + ":a b"), "must be a valid CloudWatch Logs log group"},
		{new(gateway.Stage), accessLog(logGroup + "ü"), "must be a valid CloudWatch Logs log group"},
		{new(gateway.Stage), accessLog(logGroup + strings.Repeat("x", 509)), "must be a valid CloudWatch Logs log group"},
		{new(gateway.Stage), accessLog("arn:aws:logs:evil.example/:1:log-group:g"), "must be a valid CloudWatch Logs log group"},
		{new(gateway.Stage), accessLog("arn:aws:firehose:us-east-1:1:deliverystream/a/b"), "must be a valid CloudWatch Logs log group"},
		{new(gateway.Stage), `{"stageName":"a","accessLogSettings":{"destinationArn":"` + logGroup + `","format":"$context.requestId` + strings.Repeat("ü", 1530) + `"}}`, "expected at most 3072 bytes, got 3078"},
		{new(gateway.Authorizer), `{"authorizerType":"REQUEST"}`, "name: expected 1 to 128 characters"},
		{new(gateway.Authorizer), `{"name":"a","authorizerType":"JWT"}`, "Only REQUEST authorizer type is supported on WEBSOCKET protocol Apis."},
		{new(gateway.Authorizer), `{"name":"a","authorizerType":"REQUEST","authorizerResultTtlInSeconds":0}`, "AuthorizerResultTtlInSeconds cannot be set for WEBSOCKET protocol Apis."},
		{new(gateway.Authorizer), `{"name":"a","authorizerType":"REQUEST","authorizerPayloadFormatVersion":"2.0"}`, "AuthorizerPayloadFormatVersion cannot be set for WEBSOCKET protocol Apis."},
		{new(gateway.Authorizer), `{"name":"a","authorizerType":"REQUEST","enableSimpleResponses":false}`, "EnableSimpleResponses cannot be set for WEBSOCKET protocol Apis."},
		{new(gateway.Authorizer), `{"name":"a","authorizerType":"REQUEST","jwtConfiguration":{}}`, "JwtConfiguration cannot be set for WEBSOCKET protocol Apis."},
		{new(gateway.Authorizer), `{"name":"a","authorizerType":"REQUEST"}`, "Invalid authorizer URI"},
		{new(gateway.Authorizer), `{"name":"a","authorizerType":"REQUEST","authorizerUri":"arn:aws:lambda:us-east-1:123456789012:function:f"}`, "Invalid authorizer URI"},
		{new(gateway.Authorizer), authorizer(`"authorizerCredentialsArn":"arn:aws:iam::123456789012:user/u"`), "Invalid role ARN"},
		{new(gateway.Authorizer), authorizer(`"identitySource":["route.request.header.Auth","$request.header.Authorization"]`), "Invalid request identity source expression: $request.header.Authorization. The sources must be separated by comma, and each source must be either a request parameter, matching 'route.request.querystring|header.[a-zA-Z0-9._-]+', or a stage variable, matching 'stageVariables.[a-zA-Z0-9._-]+', or a context parameter, matching 'context.[a-zA-Z0-9._-]+'"},
		{new(gateway.Authorizer), authorizer(`"identitySource":["route.request.header.A",""]`), "Invalid request identity source expression: ."},
		{new(gateway.Authorizer), authorizer(`"identitySource":["route.request.header.A,route.request.header.B"]`), "Invalid request identity source expression"},
		{new(gateway.Authorizer), authorizer(`"identityValidationExpression":"` + long + `"`), "expected 0 to 1024 characters, got 3000"},
		{new(gateway.Model), `{"name":"a-b","schema":"{}"}`, "Model name must be alphanumeric: a-b"},
		{new(gateway.Model), `{"schema":"{}"}`, "Model name must be alphanumeric: "},
		{new(gateway.Model), `{"name":"a"}`, "Invalid model schema specified"},
		{new(gateway.Model), `{"name":"a","schema":"null"}`, "Invalid model schema specified"},
		{new(gateway.Model), `{"name":"a","schema":"[1]"}`, "Invalid model schema specified"},
		{new(gateway.Model), `{"name":"a","schema":"{"}`, "Invalid model schema specified"},
		{new(gateway.Model), `{"name":"a","schema":"` + strings.Repeat(" ", 32768) + `{}"}`, "expected 0 to 32768 characters, got 32770"},
		{new(gateway.DomainName), `{"domainName":"a.b"}`, "Invalid input. Expected one domain name configuration"},
		{new(gateway.DomainName), `{"domainName":"a.b","domainNameConfigurations":[{},{}]}`, "Invalid input. Expected one domain name configuration"},
		{new(gateway.DomainName), `{"domainName":"a_b.c"}`, "Domain names cannot contain an underscore character"},
		{new(gateway.DomainName), `{"domainName":"WS.example.com"}`, "cannot contain upper case characters: expected 'ws.example.com'"},
		{new(gateway.DomainName), `{"domainName":"a.*.c"}`, "Invalid domain name specified: 'a.*.c'"},
		{new(gateway.DomainName), `{"domainName":"a..c"}`, "Invalid domain name specified"},
		{new(gateway.DomainName), `{"domainName":"` + strings.Repeat("a.", 127) + `"}`, "expected 1 to 253 characters, got 254"},
		{new(gateway.DomainName), domain(`"endpointType":"EDGE"`), "EDGE endpoint type is not supported for APIGatewayV2 domainName"},
		{new(gateway.DomainName), domain(`"endpointType":"PRIVATE"`), "'PRIVATE' is not one of [REGIONAL]"},
		{new(gateway.DomainName), domain(`"securityPolicy":"TLS_1_0"`), "Only REGIONAL domain names with a security policy of TLS 1.2 can be managed through the API Gateway V2 API. For TLS 1.0 domain names, please use the API Gateway V1 API to upgrade"},
		{new(gateway.DomainName), domain(`"certificateArn":"x"`), "Invalid certificate ARN 'x'"},
		{new(gateway.DomainName), `{"domainName":"a.b","domainNameConfigurations":[{}]}`, "Invalid certificate ARN ''"},
		{new(gateway.DomainName), domain(`"certificateArn":"` + certificate + `"}],"routingMode":"NONE","x":[{"y":1`), "'NONE' is not one of [API_MAPPING_ONLY"},
		{new(gateway.DomainName), domain(`"certificateArn":"` + certificate + `"}],"tags":{"gangway:clientca":"partners"},"x":[{"y":1`), "Unknown tag 'gangway:clientca'. Of those that begin with gangway:, only gangway:client-ca is understood here"},
		{new(gateway.DomainName), domain(`"certificateArn":"` + certificate + `"}],"tags":{"gangway:client-ca":""},"x":[{"y":1`), "Invalid tag gangway:client-ca: ''"},
		{new(gateway.DomainName), domain(`"certificateArn":"` + certificate + `"}],"tags":{"gangway:client-ca":"../partners"},"x":[{"y":1`), "Expected the name of a file"},
		{new(gateway.APIMapping), `{"stage":"s"}`, "Invalid API identifier specified"},
		{new(gateway.APIMapping), `{"apiId":"a"}`, "Invalid stage identifier specified"},
		{new(gateway.APIMapping), `{"apiId":"a","stage":"s","apiMappingKey":"a b"}`, "An ApiMapping key may contain only letters, numbers and one of $-_.+!*'(),"},
		{new(gateway.APIMapping), `{"apiId":"a","stage":"s","apiMappingKey":"/a"}`, "API mapping key should not start with a '/' or have consecutive '/'s."},
		{new(gateway.APIMapping), `{"apiId":"a","stage":"s","apiMappingKey":"a//b"}`, "API mapping key should not start with a '/' or have consecutive '/'s."},
		{new(gateway.APIMapping), `{"apiId":"a","stage":"s","apiMappingKey":"a/"}`, "API mapping key should not end with a '/'."},
		{new(gateway.APIMapping), `{"apiId":"a","stage":"s","apiMappingKey":"` + long + `"}`, "expected 0 to 300 characters, got 3000"},
		{new(gateway.VPCLink), `{"name":"a","subnetIds":[]}`, "SubnetIds for a vpc link cannot be empty"},
		{new(gateway.VPCLink), `{"subnetIds":["s"]}`, "name: expected 1 to 128 characters"},
		{new(gateway.APIKey), `{"value":"1234567890123456789"}`, "API Key value should be at least 20 characters"},
		{new(gateway.APIKey), `{"value":"` + long + `"}`, "API Key value exceeds maximum size of 128 characters"},
		{new(gateway.APIKey), `{"name":"` + long + `"}`, "Invalid API Key name, can be at most 1024 characters."},
		{new(gateway.APIKey), `{"description":"` + long + `"}`, "Invalid API Key description specified."},
		{new(gateway.UsagePlan), `{}`, "Invalid Usage Plan name specified"},
		{new(gateway.UsagePlan), `{"name":"p","quota":{"limit":1,"period":"YEAR"}}`, "Invalid Usage Plan quota period specified. Must be one of [DAY, WEEK, MONTH]"},
		{new(gateway.UsagePlan), `{"name":"p","quota":{"limit":-1,"period":"DAY"}}`, "Usage Plan quota limit must be a non-negative numeric"},
		{new(gateway.UsagePlan), `{"name":"p","quota":{"limit":1,"period":"DAY","offset":1}}`, "Usage Plan quota offset must be between 0 and 0 inclusive in the DAY period"},
		{new(gateway.UsagePlan), `{"name":"p","quota":{"limit":1,"period":"WEEK","offset":7}}`, "Usage Plan quota offset must be between 0 and 6 inclusive in the WEEK period"},
		{new(gateway.UsagePlan), `{"name":"p","quota":{"limit":1,"period":"MONTH","offset":-1}}`, "Usage Plan quota offset must be between 0 and 27 inclusive in the MONTH period"},
		{new(gateway.UsagePlan), `{"name":"p","throttle":{"rateLimit":-1}}`, "must be non-negative"},
		{new(gateway.UsagePlan), `{"name":"p","apiStages":[{"apiId":"a"}]}`, "Invalid API Stage specified"},
		{new(gateway.UsagePlan), `{"name":"p","apiStages":[{"apiId":"a","stage":"s"},{"apiId":"a","stage":"s"}]}`, "API Stage {api: a, stage: s} is specified twice"},
		{new(gateway.UsagePlan), `{"name":"p","apiStages":[{"apiId":"a","stage":"s","throttle":{"/x/GET":{"burstLimit":-1}}}]}`, "must be non-negative"},
		{new(gateway.UsagePlanKey), `{"keyId":"k","keyType":"X"}`, "Must be one of [API_KEY]"},
		{new(gateway.UsagePlanKey), `{"keyType":"API_KEY"}`, "Invalid API Key identifier specified"},
		{new(gateway.Account), `{"cloudwatchRoleArn":"x"}`, "Invalid ARN specified in the request. ARNs must start with 'arn:': x"},
		{new(gateway.Account), `{"cloudwatchRoleArn":"arn:aws:iam::123456789012:user/u"}`, "Invalid ARN specified in the request. Expected the ARN of a role"},
		{new(gateway.ClientCertificate), `{"description":"` + long + `"}`, "description: expected 0 to 1024 characters"},
		{new(gateway.VPCLinkV1), `{"targetArns":["arn:aws:elasticloadbalancing:r:1:loadbalancer/net/x"]}`, "name: expected 1 to 1024 characters"},
		{new(gateway.VPCLinkV1), `{"name":"v"}`, "Invalid targetArns"},
		{new(gateway.VPCLinkV1), `{"name":"v","targetArns":["x"]}`, "Invalid targetArns"},
		{new(gateway.VPCLinkV1), `{"name":"v","targetArns":["arn:aws:elasticloadbalancing:r:1:loadbalancer/net/x"],"tags":{"gangway:upstream":"host"}}`, "Expected host:port"},
		{new(gateway.VPCLinkV1), `{"name":"v","targetArns":["arn:aws:elasticloadbalancing:r:1:loadbalancer/net/x"],"tags":{"gangway:up-stream":"host:1"}}`, "only gangway:upstream is understood here"},
		{new(gateway.Credential), `{"name":"a b","policy":{}}`, "Invalid credential name 'a b'"},
		{new(gateway.Credential), `{"name":"root","policy":{}}`, "Invalid credential name 'root'"},
		{new(gateway.Credential), `{"name":"a"}`, "policy is required"},
		{new(gateway.Credential), `{"name":"a","policy":{"Version":"2012-10-17"}}`, "Invalid policy: Statement is missing"},
		{new(gateway.Credential), `{"name":"a","durationSeconds":-1,"policy":` + allowAll + `}`, "Invalid value for durationSeconds"},
	}
	for _, row := range rows {
		t.Run(row.message, func(t *testing.T) {
			err := build(t, row.object, row.body).Validate()
			if !errors.Is(err, gateway.ErrInvalid) || !strings.Contains(err.Error(), row.message) {
				t.Errorf("%T %s: %v", row.object, row.body, err)
			}
		})
	}
}

// accessLog is a stage with an access log.
func accessLog(destination string) string {
	return `{"stageName":"a","accessLogSettings":{"destinationArn":"` + destination + `","format":"$context.requestId"}}`
}

// build makes an object as the control plane does: decoded, then located.
func build(t *testing.T, object gateway.Object, body string) gateway.Object {
	t.Helper()
	if numbers, ok := object.(interface{ Preset() }); ok {
		numbers.Preset()
	}
	if err := json.Unmarshal([]byte(body), object); err != nil {
		t.Fatal(err)
	}
	located, ok := object.(interface{ Locate(gateway.Key, time.Time) })
	if !ok {
		t.Fatalf("%T cannot be located", object)
	}
	id := "x1"
	switch o := object.(type) {
	case *gateway.Stage:
		id = o.StageName
	case *gateway.DomainName:
		id = o.DomainName
	case *gateway.UsagePlanKey:
		id = cmp.Or(o.KeyID, o.ID)
	case *gateway.Credential:
		id = o.Name
	}
	located.Locate(gateway.Key("things/"+id), today)
	return object
}

// The objects that the table of TestValidate varies are right by themselves, with the members that all clients send.
func TestRight(t *testing.T) {
	rows := []struct {
		object gateway.Object
		body   string
	}{
		{new(gateway.Stage), `{"stageName":"dev","autoDeploy":true,"clientCertificateId":"c","defaultRouteSettings":{"loggingLevel":"INFO"}}`},
		{new(gateway.Stage), `{"stageName":"dev","accessLogSettings":{"destinationArn":"` + logGroup + `","format":"$context.requestId"}}`},
		{new(gateway.Stage), `{"stageName":"dev","accessLogSettings":{"destinationArn":"arn:aws:firehose:us-east-1:123456789012:deliverystream/amazon-apigateway-x","format":"$context.extendedRequestId"}}`},
		{new(gateway.Authorizer), authorizer(`"identitySource":["route.request.header.Auth","route.request.querystring.q","stageVariables.v","context.accountId"]`)},
		{new(gateway.Authorizer), authorizer(`"identitySource":[""],"authorizerCredentialsArn":"arn:aws:iam::123456789012:role/r"`)},
		{new(gateway.Authorizer), `{"name":"a","authorizerType":"REQUEST","authorizerUri":"${stageVariables.uri}","authorizerCredentialsArn":""}`},
		{new(gateway.Model), `{"name":"Chat1","contentType":"application/json","schema":" { \"type\" : \"object\" } "}`},
		{new(gateway.DomainName), domain(`"certificateArn":"` + certificate + `","endpointType":"REGIONAL","securityPolicy":"TLS_1_2"`)},
		{new(gateway.DomainName), `{"domainName":"*.example.com","domainNameConfigurations":[{"certificateArn":"` + certificate + `"}],"mutualTlsAuthentication":{"truststoreUri":"s3://b/k"}}`},
		{new(gateway.APIMapping), `{"apiId":"a","stage":"s"}`},
		{new(gateway.APIMapping), `{"apiId":"a","stage":"s","apiMappingKey":"$context.domainName"}`},
		{new(gateway.APIMapping), `{"apiId":"a","stage":"s","apiMappingKey":"v1/chat"}`},
		{new(gateway.VPCLink), `{"name":"v","subnetIds":["s1"],"securityGroupIds":[]}`},
		{new(gateway.APIKey), `{}`},
		{new(gateway.APIKey), `{"name":"k","enabled":true,"value":"12345678901234567890","generateDistinctId":true,"stageKeys":[{"restApiId":"a","stageName":"s"}]}`},
		{new(gateway.UsagePlan), `{"name":"p","apiStages":[{"apiId":"a","stage":"s"},{"apiId":"a","stage":"t"}],"throttle":{"burstLimit":2,"rateLimit":1.5},"quota":{"limit":5,"offset":6,"period":"WEEK"}}`},
		{new(gateway.UsagePlanKey), `{"keyId":"k","keyType":"API_KEY"}`},
		{new(gateway.Account), `{}`},
		{new(gateway.Account), `{"cloudwatchRoleArn":"arn:aws:iam::123456789012:role/logs"}`},
		{new(gateway.ClientCertificate), `{"description":"d"}`},
		{new(gateway.VPCLinkV1), `{"name":"v","targetArns":["arn:aws:elasticloadbalancing:r:1:loadbalancer/net/x"],"tags":{"gangway:upstream":"[::1]:8080"}}`},
		{new(gateway.Credential), `{"name":"ci+bot@example.com","policy":` + allowAll + `,"durationSeconds":900}`},
	}
	for _, row := range rows {
		object := build(t, row.object, row.body)
		if err := object.Validate(); err != nil {
			t.Errorf("%T %s: %v", row.object, row.body, err)
		}
		if keys := object.References(); len(keys) != 0 {
			t.Errorf("%T refers to %v", row.object, keys)
		}
		// What is stored is read back as it was.
		text, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(build(t, object, string(text)))
		if err != nil || string(again) != string(text) {
			t.Errorf("%T %s was read back as %s, %v", object, text, again, err)
		}
	}
}
