package stack

import (
	"net/url"
	"slices"
	"strings"
)

// kind is a resource type whose objects the control plane keeps.
type kind struct {
	// collection is where its objects are; {Property} stands for the value of that property.
	collection string
	id         string // the member that identifies an object: what Ref gives
	query      string // of what is read, to show everything
	// natural are the members by which an object is found that nothing else leads to, and unique is set when no two of a
	// collection may have the same.
	natural []string
	unique  bool
	only    string // the path of the one object there is, which nobody makes or deletes
	owned   bool   // objects stand below no other, and have a tag that says whose they are
	frozen  bool   // objects are part of a deployment
	// patches are the changes of version 1 of the control plane; nil: version 2.
	patches    func([]difference) []patch
	always     []string // members that every update has to name
	properties []property
	attributes map[string][]string // of GetAtt: where in the object
}

// order is the kinds in an order in which nothing refers to what comes later; what is deleted, is deleted the other way round.
var order = []string{
	v1 + "Account", typeAPI, typeModel, v2 + "Authorizer", v2 + "VpcLink", v2 + "Integration", v2 + "IntegrationResponse", typeRoute,
	v2 + "RouteResponse", typeDeployment, typeStage, v1 + "ApiKey", v1 + "UsagePlan", v1 + "UsagePlanKey", v2 + "DomainName",
	v2 + "ApiMapping",
}

const (
	// Types of version 1 are those of REST APIs, and the keys and plans that WebSocket APIs share with them.
	v1 = "AWS::ApiGateway::"
	v2 = "AWS::ApiGatewayV2::"

	typeAPI        = v2 + "Api"
	typeModel      = v2 + "Model"
	typeRoute      = v2 + "Route"
	typeDeployment = v2 + "Deployment"
	typeStage      = v2 + "Stage"
)

// Members that several tables name, and collections.
const (
	apiID  = "apiId"
	tags   = "tags"
	ofAPI  = "/v2/apis/{ApiId}"
	apiRef = "ApiId"
)

var (
	apiProperty = property{name: apiRef, form: text, rule: required | fixed}
	description = property{name: "Description", form: text}
	tagMap      = property{name: "Tags", form: textMap, undo: byTagging}
	tagged      = property{name: "Tags", form: tagList, undo: byTagging}
	parameters  = mapOf(objectOf(property{name: "Required", form: flag}))
	content     = property{name: "ContentHandlingStrategy", form: oneOf("CONVERT_TO_BINARY", "CONVERT_TO_TEXT")}
	template    = property{name: "TemplateSelectionExpression", form: text}
	modelBy     = property{name: "ModelSelectionExpression", form: text}
)

// kinds are all resource types of API Gateway that Gangway serves, by their properties in the CloudFormation template
// reference.
var kinds = map[string]*kind{
	typeAPI: {
		collection: "/v2/apis", id: apiID, owned: true, frozen: true,
		attributes: map[string][]string{"ApiEndpoint": {"apiEndpoint"}},
		properties: []property{
			{name: "ProtocolType", form: text, rule: required | fixed},
			{name: "Name", form: text, rule: required},
			{name: "RouteSelectionExpression", form: text, rule: required},
			{name: "ApiKeySelectionExpression", form: text.or("$request.header.x-api-key")},
			description,
			{name: "DisableExecuteApiEndpoint", form: flag},
			{name: "DisableSchemaValidation", form: flag},
			{name: "IpAddressType", form: text.or("ipv4")},
			{name: "Version", form: text},
			tagMap,
			{name: "BasePath", rule: httpOnly},
			{name: "Body", rule: httpOnly},
			{name: "BodyS3Location", rule: httpOnly},
			{name: "CorsConfiguration", rule: httpOnly},
			{name: "CredentialsArn", rule: httpOnly},
			{name: "FailOnWarnings", rule: httpOnly},
			{name: "RouteKey", rule: httpOnly},
			{name: "Target", rule: httpOnly},
		},
	},
	typeModel: {
		collection: ofAPI + "/models", id: "modelId", natural: []string{"name"}, unique: true, frozen: true,
		properties: []property{
			apiProperty,
			// A model that routes name cannot be renamed: they are led to another first.
			{name: "Name", form: text, rule: required | fixed},
			{name: "Schema", form: schema, rule: required},
			{name: "ContentType", form: text},
			description,
		},
	},
	v2 + "Authorizer": {
		collection: ofAPI + "/authorizers", id: "authorizerId", natural: []string{"name"}, frozen: true,
		properties: []property{
			apiProperty,
			{name: "Name", form: text, rule: required},
			{name: "AuthorizerUri", form: text},
			{name: "AuthorizerType", form: oneOf("REQUEST", "JWT"), rule: required},
			{name: "AuthorizerCredentialsArn", form: text},
			{name: "IdentitySource", form: texts},
			{name: "IdentityValidationExpression", form: text},
			{name: "AuthorizerPayloadFormatVersion", rule: httpOnly},
			{name: "AuthorizerResultTtlInSeconds", rule: httpOnly},
			{name: "EnableSimpleResponses", rule: httpOnly},
			{name: "JwtConfiguration", rule: httpOnly},
		},
	},
	v2 + "VpcLink": {
		collection: "/v2/vpclinks", id: "vpcLinkId", owned: true,
		properties: []property{
			{name: "Name", form: text, rule: required},
			{name: "SubnetIds", form: texts, rule: required | fixed},
			{name: "SecurityGroupIds", form: texts, rule: fixed},
			tagMap,
		},
	},
	v2 + "Integration": {
		collection: ofAPI + "/integrations", id: "integrationId", frozen: true,
		natural: []string{"integrationType", "integrationUri", "description"},
		properties: []property{
			apiProperty,
			{name: "IntegrationType", form: oneOf("AWS", "AWS_PROXY", "HTTP", "HTTP_PROXY", "MOCK"), rule: required},
			{name: "IntegrationUri", form: text, undo: byRemaking},
			{name: "IntegrationMethod", form: text.or("POST")},
			{name: "ConnectionId", form: text},
			{name: "ConnectionType", form: oneOf("INTERNET", "VPC_LINK").or("INTERNET")},
			content,
			{name: "CredentialsArn", form: text},
			description, template,
			{name: "PassthroughBehavior", form: oneOf("WHEN_NO_MATCH", "NEVER", "WHEN_NO_TEMPLATES").or("WHEN_NO_MATCH")},
			{name: "PayloadFormatVersion", form: text.or("1.0")},
			{name: "TimeoutInMillis", form: whole.or(29000.0)},
			{name: "RequestParameters", form: textMap, undo: byEmpty},
			// A PATCH merges templates, and an empty one is a template.
			{name: "RequestTemplates", form: textMap, undo: byRemaking},
			{name: "IntegrationSubtype", rule: httpOnly},
			{name: "ResponseParameters", rule: httpOnly},
			{name: "TlsConfig", rule: httpOnly},
		},
	},
	v2 + "IntegrationResponse": {
		collection: ofAPI + "/integrations/{IntegrationId}/integrationresponses", id: "integrationResponseId",
		natural: []string{"integrationResponseKey"}, unique: true, frozen: true,
		properties: []property{
			apiProperty,
			{name: "IntegrationId", form: text, rule: required | fixed},
			{name: "IntegrationResponseKey", form: text, rule: required},
			content, template,
			{name: "ResponseParameters", form: textMap, undo: byRemaking},
			{name: "ResponseTemplates", form: textMap, undo: byRemaking},
		},
	},
	typeRoute: {
		collection: ofAPI + "/routes", id: "routeId", natural: []string{"routeKey"}, unique: true, frozen: true,
		properties: []property{
			apiProperty,
			{name: "RouteKey", form: text, rule: required},
			{name: "ApiKeyRequired", form: flag},
			{name: "AuthorizationScopes", form: texts},
			{name: "AuthorizerId", form: text},
			modelBy,
			{name: "AuthorizationType", form: oneOf("NONE", "AWS_IAM", "CUSTOM", "JWT").or("NONE")},
			{name: "OperationName", form: text},
			{name: "RequestModels", form: textMap, undo: byEmpty},
			{name: "RequestParameters", form: parameters, undo: byEntry},
			{name: "RouteResponseSelectionExpression", form: text},
			{name: "Target", form: text, undo: byRemaking},
		},
	},
	v2 + "RouteResponse": {
		collection: ofAPI + "/routes/{RouteId}/routeresponses", id: "routeResponseId",
		natural: []string{"routeResponseKey"}, unique: true, frozen: true,
		properties: []property{
			apiProperty,
			{name: "RouteId", form: text, rule: required | fixed},
			{name: "RouteResponseKey", form: text, rule: required},
			modelBy,
			{name: "ResponseModels", form: textMap, undo: byRemaking},
			{name: "ResponseParameters", form: parameters, undo: byRemaking},
		},
	},
	typeDeployment: {
		collection: ofAPI + "/deployments", id: "deploymentId", natural: []string{"description", "autoDeployed"},
		properties: []property{apiProperty, description, {name: "StageName", form: text, rule: once}},
	},
	typeStage: {
		collection: ofAPI + "/stages", id: "stageName", natural: []string{"stageName"}, unique: true,
		properties: []property{
			apiProperty,
			{name: "StageName", form: text, rule: required | fixed},
			{name: "AutoDeploy", form: flag},
			// Neither can be cleared, and to make the stage anew would close its connections.
			{name: "DeploymentId", form: text, undo: byLeaving},
			{name: "Description", form: text, undo: byLeaving},
			{name: "ClientCertificateId", form: text},
			{name: "StageVariables", form: textMap, undo: byEmpty},
			tagMap,
			{name: "AccessPolicyId", rule: httpOnly},
			{name: "AccessLogSettings", undo: byDeletion, form: objectOf(
				property{name: "DestinationArn", form: text}, property{name: "Format", form: text})},
			{name: "DefaultRouteSettings", form: objectOf(
				property{name: "LoggingLevel", form: level.or("OFF")}, property{name: "DataTraceEnabled", form: flag},
				property{name: "DetailedMetricsEnabled", form: flag}, burst, rate)},
			{name: "RouteSettings", undo: byEntry, form: mapOf(objectOf(
				property{name: "LoggingLevel", form: level.nothing()}, property{name: "DataTraceEnabled", form: flag.nothing()},
				property{name: "DetailedMetricsEnabled", form: flag.nothing()}, burst, rate))},
		},
	},
	v2 + "DomainName": {
		collection: "/v2/domainnames", id: "domainName", owned: true,
		attributes: map[string][]string{
			"DomainNameArn":        {"domainNameArn"},
			"RegionalDomainName":   {"domainNameConfigurations", "0", "apiGatewayDomainName"},
			"RegionalHostedZoneId": {"domainNameConfigurations", "0", "hostedZoneId"},
		},
		properties: []property{
			{name: "DomainName", form: text, rule: required | fixed},
			{name: "DomainNameConfigurations", rule: required, form: listOf(objectOf(
				property{name: "CertificateArn", form: text}, property{name: "CertificateName", form: text},
				property{name: "EndpointType", form: text.or("REGIONAL")}, property{name: "IpAddressType", form: text.or("ipv4")},
				property{name: "OwnershipVerificationCertificateArn", form: text},
				property{name: "SecurityPolicy", form: text.or("TLS_1_2")}))},
			{name: "MutualTlsAuthentication", form: objectOf(
				property{name: "TruststoreUri", form: text}, property{name: "TruststoreVersion", form: text})},
			{name: "RoutingMode", form: text.or("API_MAPPING_ONLY")},
			tagMap,
		},
	},
	v2 + "ApiMapping": {
		collection: "/v2/domainnames/{DomainName}/apimappings", id: "apiMappingId", always: []string{apiID}, natural: []string{"apiMappingKey"}, unique: true,
		properties: []property{
			{name: "DomainName", form: text, rule: required | fixed},
			{name: apiRef, form: text, rule: required},
			{name: "Stage", form: text, rule: required},
			{name: "ApiMappingKey", form: text},
		},
	},
	v1 + "Account": {
		only: "/account", id: "cloudwatchRoleArn", patches: patchesOfKey,
		properties: []property{{name: "CloudWatchRoleArn", member: "cloudwatchRoleArn", form: text}},
	},
	v1 + "ApiKey": {
		collection: "/apikeys", id: "id", query: "?includeValue=true&includeValues=true", owned: true, patches: patchesOfKey,
		attributes: map[string][]string{"APIKeyId": {"id"}},
		properties: []property{
			{name: "Name", form: text},
			description,
			{name: "Enabled", form: flag},
			{name: "CustomerId", form: text},
			{name: "Value", form: text, rule: fixed, undo: byLeaving},
			{name: "GenerateDistinctId", form: flag, rule: once},
			// Stages have API keys by usage plans; these are read for older templates.
			{name: "StageKeys", rule: once, form: listOf(objectOf(
				property{name: "RestApiId", form: text}, property{name: "StageName", form: text}))},
			tagged,
		},
	},
	v1 + "UsagePlan": {
		collection: "/usageplans", id: "id", owned: true, patches: patchesOfPlan,
		properties: []property{
			{name: "UsagePlanName", form: text, member: "name", undo: byLeaving},
			description, tagged,
			{name: "ApiStages", form: setOf(objectOf(
				property{name: apiRef, form: text, rule: required}, property{name: "Stage", form: text, rule: required}))},
			{name: "Quota", form: objectOf(property{name: "Limit", form: whole.or(0.0)},
				property{name: "Offset", form: whole.or(0.0)}, property{name: "Period", form: text}).nothing()},
			{name: "Throttle", form: objectOf(burstLimit, rateLimit).nothing()},
		},
	},
	v1 + "UsagePlanKey": {
		collection: "/usageplans/{UsagePlanId}/keys", id: "id", natural: []string{"id"}, unique: true, patches: patchesOfKey,
		properties: []property{
			{name: "UsagePlanId", form: text, rule: required | fixed},
			{name: "KeyId", form: text, rule: required | fixed, shown: "id"},
			{name: "KeyType", form: oneOf("API_KEY"), rule: required | fixed, shown: "type"},
		},
	},
}

var (
	level      = oneOf("OFF", "ERROR", "INFO")
	burst      = property{name: "ThrottlingBurstLimit", form: whole}
	rate       = property{name: "ThrottlingRateLimit", form: number}
	burstLimit = property{name: "BurstLimit", form: whole}
	rateLimit  = property{name: "RateLimit", form: number}
)

// parents are the properties that say below what an object stands.
func (k *kind) parents() []string {
	var all []string
	for rest := k.collection; ; {
		_, after, found := strings.Cut(rest, "{")
		if !found {
			return all
		}
		name, tail, _ := strings.Cut(after, "}")
		all, rest = append(all, name), tail
	}
}

// under is the collection that an object belongs in. Not known: what it stands below is yet to be made.
func (k *kind) under(wanted map[string]any) (collection string, known bool) {
	collection, known = k.collection, true
	for _, name := range k.parents() {
		p := k.properties[slices.IndexFunc(k.properties, func(p property) bool { return p.name == name })]
		value, _ := wanted[p.to()].(string)
		known = known && !isUnknown(value)
		collection = strings.ReplaceAll(collection, "{"+name+"}", url.PathEscape(value))
	}
	return collection, known
}

// body is what creates an object: what is wanted but for what the path says.
func (k *kind) body(wanted map[string]any) map[string]any {
	body := map[string]any{}
	parents := k.parents()
	for i := range k.properties {
		p := &k.properties[i]
		if value, named := wanted[p.to()]; named && !slices.Contains(parents, p.name) {
			body[p.to()] = value
		}
	}
	return body
}

// wanted is what an object is to have as a member of answers.
func (k *kind) wanted(wanted map[string]any, member string) any {
	for i := range k.properties {
		if k.properties[i].shown == member {
			return wanted[k.properties[i].to()]
		}
	}
	return wanted[member]
}

// alike says whether a live object is the one that is wanted, as far as its natural key tells.
func (k *kind) alike(wanted, live map[string]any) bool {
	for _, member := range k.natural {
		if !same(k.wanted(wanted, member), live[member]) {
			return false
		}
	}
	return len(k.natural) > 0
}

// rank is where a kind stands in [order].
func rank(kind string) int { return slices.Index(order, kind) }
