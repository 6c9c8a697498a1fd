package stack

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"gangway/internal/cloudformation"
)

// Foreign is a resource of another service: nothing of it is made here, but what refers to it gets the name or ARN that it
// would have.
type Foreign struct {
	ID, Type string
	Where    cloudformation.Position
	// Variable names where the SDKs look for the service's endpoint, such as AWS_ENDPOINT_URL_DYNAMODB, and Endpoint is what
	// is there now; empty: nothing is.
	Variable, Endpoint string
	// Note says what becomes of a resource that no service keeps, such as a nested stack; empty: nothing special.
	Note string
}

// Types that are taken and for which there is nothing to do: who may call what is for the gateway's own access rules to say.
var quiet = map[string]bool{
	"AWS::Lambda::Permission": true, "AWS::Lambda::Alias": true, "AWS::Lambda::Version": true, typeLayer: true,
	"AWS::IAM::Role": true, "AWS::IAM::Policy": true, "AWS::IAM::ManagedPolicy": true, "AWS::IAM::RolePolicy": true,
	"AWS::IAM::InstanceProfile": true, "AWS::Logs::LogGroup": true, "AWS::CloudFormation::WaitConditionHandle": true,
	"AWS::CloudFormation::WaitCondition": true, "AWS::CDK::Metadata": true,
}

// refusals are the types that cannot work here, by what they begin with, and why.
var refusals = []struct{ prefix, why string }{
	{v1, "REST APIs are not served here: Gangway is a gateway for WebSocket APIs"},
	{v2 + "ApiGatewayManagedOverrides", "it exists for HTTP APIs only, and Gangway is a gateway for WebSocket APIs"},
	{v2 + "RoutingRule", "it exists for REST APIs only, and Gangway is a gateway for WebSocket APIs"},
	{v2, "Gangway does not know this type of API Gateway"},
	{"AWS::Serverless::Function", untransformed},
	{"AWS::Serverless::WebSocketApi", untransformed},
}

const untransformed = "it needs the template to say Transform: AWS::Serverless-2016-10-31"

// endpoints are the names that SDKs give services where they differ from the one in resource types: "Service-specific
// endpoints" in the AWS SDKs and Tools reference guide.
var endpoints = map[string]string{
	"Cognito": "COGNITO_IDENTITY_PROVIDER", "Events": "EVENTBRIDGE", "Logs": "CLOUDWATCH_LOGS", "StepFunctions": "SFN",
	"SecretsManager": "SECRETS_MANAGER", "KinesisFirehose": "FIREHOSE", "OpenSearchService": "OPENSEARCH",
	"ElasticLoadBalancingV2": "ELASTIC_LOAD_BALANCING_V2", "CertificateManager": "ACM", "ApplicationAutoScaling": "APPLICATION_AUTO_SCALING",
	"Route53": "ROUTE_53", "SES": "SESV2", "Bedrock": "BEDROCK_RUNTIME", "IoT": "IOT",
}

// arns are the ARNs of types, with NAME, REGION and ACCOUNT to be filled in; those that are not here follow the usual form.
var arns = map[string]string{
	"AWS::DynamoDB::Table":                 "arn:aws:dynamodb:REGION:ACCOUNT:table/NAME",
	"AWS::DynamoDB::GlobalTable":           "arn:aws:dynamodb:REGION:ACCOUNT:table/NAME",
	"AWS::SQS::Queue":                      "arn:aws:sqs:REGION:ACCOUNT:NAME",
	"AWS::SNS::Topic":                      "arn:aws:sns:REGION:ACCOUNT:NAME",
	"AWS::S3::Bucket":                      "arn:aws:s3:::NAME",
	"AWS::Kinesis::Stream":                 "arn:aws:kinesis:REGION:ACCOUNT:stream/NAME",
	"AWS::KinesisFirehose::DeliveryStream": "arn:aws:firehose:REGION:ACCOUNT:deliverystream/NAME",
	"AWS::Events::EventBus":                "arn:aws:events:REGION:ACCOUNT:event-bus/NAME",
	"AWS::StepFunctions::StateMachine":     "arn:aws:states:REGION:ACCOUNT:stateMachine:NAME",
	"AWS::SecretsManager::Secret":          "arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME",
	"AWS::Cognito::UserPool":               "arn:aws:cognito-idp:REGION:ACCOUNT:userpool/NAME",
	"AWS::KMS::Key":                        "arn:aws:kms:REGION:ACCOUNT:key/NAME",
	"AWS::IAM::Role":                       "arn:aws:iam::ACCOUNT:role/NAME",
	"AWS::IAM::ManagedPolicy":              "arn:aws:iam::ACCOUNT:policy/NAME",
	"AWS::IAM::InstanceProfile":            "arn:aws:iam::ACCOUNT:instance-profile/NAME",
	"AWS::Logs::LogGroup":                  "arn:aws:logs:REGION:ACCOUNT:log-group:NAME:*",
	"AWS::CertificateManager::Certificate": "arn:aws:acm:REGION:ACCOUNT:certificate/NAME",
	typeLayer:                              "arn:aws:lambda:REGION:ACCOUNT:layer:NAME:1",
}

// byARN are the types whose Ref is their ARN.
var byARN = map[string]bool{
	"AWS::SNS::Topic": true, "AWS::StepFunctions::StateMachine": true, "AWS::SecretsManager::Secret": true,
	"AWS::IAM::ManagedPolicy": true, "AWS::CertificateManager::Certificate": true, typeLayer: true,
	"AWS::ElasticLoadBalancingV2::LoadBalancer": true, "AWS::ElasticLoadBalancingV2::TargetGroup": true,
}

// refusal is why a type cannot work here; empty if it can.
func refusal(kind string) string {
	if kinds[kind] != nil || quiet[kind] {
		return ""
	}
	for _, r := range refusals {
		if strings.HasPrefix(kind, r.prefix) {
			return r.why
		}
	}
	return misspelt(kind)
}

// misspelt is what is wrong with a type that is nearly one of those that matter here. To take it for one of another service would be
// to take the API of the template away.
func misspelt(kind string) string {
	known := slices.Concat(slices.Collect(maps.Keys(kinds)), slices.Collect(maps.Keys(quiet)),
		[]string{typeFunction, "AWS::Serverless::Function", "AWS::Serverless::WebSocketApi", "AWS::Serverless::HttpApi", "AWS::Serverless::Api"})
	slices.Sort(known)
	if slices.Contains(known, kind) {
		return ""
	}
	const near = 2 // letters
	nearest := slices.MinFunc(known, func(a, b string) int { return cloudformation.Distance(kind, a) - cloudformation.Distance(kind, b) })
	if cloudformation.Distance(kind, nearest) > near {
		return ""
	}
	return "there is no such type; the nearest is " + nearest
}

// service is the part of a type that names the service.
func service(kind string) string {
	parts := strings.Split(kind, "::")
	if len(parts) < 3 {
		return ""
	}
	return parts[1]
}

// last is the part of a type that names the resource.
func last(kind string) string { return kind[strings.LastIndex(kind, ":")+1:] }

// foreign describes a resource of another service.
func (s *Stack) foreign(r *cloudformation.Resource) Foreign {
	f := Foreign{ID: r.ID, Type: r.Type, Where: r.Where}
	switch {
	case r.Type == "AWS::CloudFormation::Stack":
		f.Note = "this nested stack is not made, for its template is not on this machine: apply that by itself"
	case strings.HasPrefix(r.Type, "Custom::") || r.Type == "AWS::CloudFormation::CustomResource":
		f.Note = "a custom resource is not made: its function is not called"
	case strings.HasPrefix(r.Type, "AWS::Serverless::"):
		// A function with events of an HTTP API brings one along; its WebSocket routes are to run all the same.
		f.Note = "this type of the Serverless Application Model is not made: Gangway is a gateway for WebSocket APIs"
	case service(r.Type) != "":
		name := service(r.Type)
		f.Variable = "AWS_ENDPOINT_URL_" + cmp.Or(endpoints[name], strings.ToUpper(name))
		f.Endpoint, _ = s.cfg.Environment(f.Variable)
	}
	return f
}

// nameOf is the name of a resource that is not made here: what its template says, or what CloudFormation might choose.
func (s *Stack) nameOf(r *cloudformation.Resource, properties map[string]any) string {
	for _, property := range []string{last(r.Type) + "Name", "Name"} {
		if name, ok := properties[property].(string); ok && name != "" {
			return name
		}
	}
	name := s.cfg.Name + "-" + r.ID
	if r.Type == "AWS::S3::Bucket" {
		return strings.ToLower(name)
	}
	return name
}

// arnOf is the ARN of a resource that is not made here.
func (s *Stack) arnOf(kind, name string) string {
	pattern := cmp.Or(arns[kind], "arn:aws:"+strings.ToLower(service(kind))+":REGION:ACCOUNT:"+strings.ToLower(last(kind))+"/NAME")
	return strings.NewReplacer("REGION", s.cfg.Region, "ACCOUNT", s.cfg.Account, "NAME", name).Replace(pattern)
}

// stranger is what a resource that is not made here gives.
func (s *Stack) stranger(r *cloudformation.Resource, properties map[string]any) value {
	name := s.nameOf(r, properties)
	arn := s.arnOf(r.Type, name)
	var ref any = name
	switch {
	case r.Type == "AWS::SQS::Queue":
		ref = s.queueURL(name)
	case byARN[r.Type]:
		ref = arn
	}
	return value{ref: ref, attributes: func(attribute string) (any, error) {
		return s.strange(r, attribute, name, arn), nil
	}}
}

// strange is an attribute of a resource that is not made here: a plausible one.
func (s *Stack) strange(r *cloudformation.Resource, attribute, name, arn string) string {
	switch {
	case attribute == "StreamArn":
		return arn + "/stream/2012-08-10"
	case strings.HasSuffix(attribute, "Arn"):
		return arn
	case attribute == last(r.Type)+"Name" || attribute == "Name":
		return name
	case attribute == "QueueUrl":
		return s.queueURL(name)
	case r.Type == "AWS::S3::Bucket":
		return name + ".s3.amazonaws.com"
	default:
		return name + "-" + attribute
	}
}

// queueURL is how SQS names a queue to its clients.
func (s *Stack) queueURL(name string) string {
	endpoint, set := s.cfg.Environment("AWS_ENDPOINT_URL_SQS")
	if !set {
		endpoint = "https://sqs." + s.cfg.Region + ".amazonaws.com"
	}
	return strings.TrimSuffix(endpoint, "/") + "/" + s.cfg.Account + "/" + name
}
