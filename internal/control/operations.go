package control

import (
	"net/http"
	"slices"
)

// The services whose operations are served, as AWS names them, and our own.
const (
	ServiceV2  = "apigatewayv2" // 2018-11-29: WebSocket APIs
	ServiceV1  = "apigateway"   // 2015-07-09: what WebSocket APIs need of it
	ServiceOwn = "gangway"      // what AWS has no operation for
)

// Operation is a row of the control plane: an operation of a service model, or one of ours.
type Operation struct {
	Name    string
	Method  string
	Path    string // with {parameters}, as the service model has it
	Status  int    // of success
	Service string

	action
}

// action is what an operation does.
type action struct {
	serve func(*call) (result any, err error)
	// body makes the structs that the request body is read onto; nil: no body.
	body func() []any
	// query are the query parameters that are looked at.
	query []string
	// excuse says why an operation is not served; empty if it is.
	excuse string
}

// Excuse says why an operation is not served; empty if it is.
func (o *Operation) Excuse() string { return o.excuse }

// refused is the action of an operation that is not served.
func refused(why string) action { return action{excuse: why} }

// Why an operation of the service model is not served.
const (
	httpOnly = "it exists for HTTP APIs only, and this is a gateway for WebSocket APIs"
	restOnly = "it exists for REST APIs only, and this is a gateway for WebSocket APIs"
	portals  = "developer portals describe REST APIs, and this is a gateway for WebSocket APIs"
)

const (
	get    = http.MethodGet
	post   = http.MethodPost
	put    = http.MethodPut
	patch  = http.MethodPatch
	remove = http.MethodDelete

	api         = "/v2/apis/{apiId}"
	route       = api + "/routes/{routeId}"
	integration = api + "/integrations/{integrationId}"
	authorizer  = api + "/authorizers/{authorizerId}"
	model       = api + "/models/{modelId}"
	deployment  = api + "/deployments/{deploymentId}"
	stage       = api + "/stages/{stageName}"
	domain      = "/v2/domainnames/{domainName}"
	tags        = "/v2/tags/{resource-arn}"
)

// operations is all of API Gateway's version 2.
var operations = []Operation{
	{"CreateApi", post, "/v2/apis", 201, ServiceV2, apis.create()},
	{"GetApi", get, api, 200, ServiceV2, apis.get()},
	{"UpdateApi", patch, api, 200, ServiceV2, apis.update()},
	{"DeleteApi", remove, api, 204, ServiceV2, apis.remove()},
	{"GetApis", get, "/v2/apis", 200, ServiceV2, apis.list()},
	{"ImportApi", put, "/v2/apis", 201, ServiceV2, refused(httpOnly)},
	{"ReimportApi", put, api, 201, ServiceV2, refused(httpOnly)},
	{"ExportApi", get, api + "/exports/{specification}", 200, ServiceV2, refused(httpOnly)},
	{"DeleteCorsConfiguration", remove, api + "/cors", 204, ServiceV2, action{serve: deleteCORS}},

	{"CreateRoute", post, api + "/routes", 201, ServiceV2, routes.create()},
	{"GetRoute", get, route, 200, ServiceV2, routes.get()},
	{"UpdateRoute", patch, route, 200, ServiceV2, routes.update()},
	{"DeleteRoute", remove, route, 204, ServiceV2, routes.remove()},
	{"GetRoutes", get, api + "/routes", 200, ServiceV2, routes.list()},
	{"DeleteRouteRequestParameter", remove, route + "/requestparameters/{requestParameterKey}", 204, ServiceV2, action{serve: deleteRequestParameter}},
	{"CreateRouteResponse", post, route + "/routeresponses", 201, ServiceV2, routeResponses.create()},
	{"GetRouteResponse", get, route + "/routeresponses/{routeResponseId}", 200, ServiceV2, routeResponses.get()},
	{"UpdateRouteResponse", patch, route + "/routeresponses/{routeResponseId}", 200, ServiceV2, routeResponses.update()},
	{"DeleteRouteResponse", remove, route + "/routeresponses/{routeResponseId}", 204, ServiceV2, routeResponses.remove()},
	{"GetRouteResponses", get, route + "/routeresponses", 200, ServiceV2, routeResponses.list()},

	{"CreateIntegration", post, api + "/integrations", 201, ServiceV2, integrations.create()},
	{"GetIntegration", get, integration, 200, ServiceV2, integrations.get()},
	{"UpdateIntegration", patch, integration, 200, ServiceV2, integrations.update()},
	{"DeleteIntegration", remove, integration, 204, ServiceV2, integrations.remove()},
	{"GetIntegrations", get, api + "/integrations", 200, ServiceV2, integrations.list()},
	{"CreateIntegrationResponse", post, integration + "/integrationresponses", 201, ServiceV2, integrationResponses.create()},
	{"GetIntegrationResponse", get, integration + "/integrationresponses/{integrationResponseId}", 200, ServiceV2, integrationResponses.get()},
	{"UpdateIntegrationResponse", patch, integration + "/integrationresponses/{integrationResponseId}", 200, ServiceV2, integrationResponses.update()},
	{"DeleteIntegrationResponse", remove, integration + "/integrationresponses/{integrationResponseId}", 204, ServiceV2, integrationResponses.remove()},
	{"GetIntegrationResponses", get, integration + "/integrationresponses", 200, ServiceV2, integrationResponses.list()},

	{"CreateAuthorizer", post, api + "/authorizers", 201, ServiceV2, authorizers.create()},
	{"GetAuthorizer", get, authorizer, 200, ServiceV2, authorizers.get()},
	{"UpdateAuthorizer", patch, authorizer, 200, ServiceV2, authorizers.update()},
	{"DeleteAuthorizer", remove, authorizer, 204, ServiceV2, authorizers.remove()},
	{"GetAuthorizers", get, api + "/authorizers", 200, ServiceV2, authorizers.list()},
	{"CreateModel", post, api + "/models", 201, ServiceV2, models.create()},
	{"GetModel", get, model, 200, ServiceV2, models.get()},
	{"UpdateModel", patch, model, 200, ServiceV2, models.update()},
	{"DeleteModel", remove, model, 204, ServiceV2, models.remove()},
	{"GetModels", get, api + "/models", 200, ServiceV2, models.list()},
	{"GetModelTemplate", get, model + "/template", 200, ServiceV2, action{serve: getModelTemplate}},

	{"CreateDeployment", post, api + "/deployments", 201, ServiceV2, action{serve: createDeployment, body: deploymentBody}},
	{"GetDeployment", get, deployment, 200, ServiceV2, deployments.get()},
	{"UpdateDeployment", patch, deployment, 200, ServiceV2, deployments.update()},
	{"DeleteDeployment", remove, deployment, 204, ServiceV2, deployments.remove()},
	{"GetDeployments", get, api + "/deployments", 200, ServiceV2, deployments.list()},

	{"CreateStage", post, api + "/stages", 201, ServiceV2, stages.create()},
	{"GetStage", get, stage, 200, ServiceV2, stages.get()},
	{"UpdateStage", patch, stage, 200, ServiceV2, stages.update()},
	{"DeleteStage", remove, stage, 204, ServiceV2, stages.remove()},
	{"GetStages", get, api + "/stages", 200, ServiceV2, stages.list()},
	{"DeleteRouteSettings", remove, stage + "/routesettings/{routeKey}", 204, ServiceV2, action{serve: deleteRouteSettings}},
	{"DeleteAccessLogSettings", remove, stage + "/accesslogsettings", 204, ServiceV2, action{serve: deleteAccessLogSettings}},
	{"ResetAuthorizersCache", remove, stage + "/cache/authorizers", 204, ServiceV2, action{serve: resetAuthorizersCache}},

	{"CreateDomainName", post, "/v2/domainnames", 201, ServiceV2, domains.create()},
	{"GetDomainName", get, domain, 200, ServiceV2, domains.get()},
	{"UpdateDomainName", patch, domain, 200, ServiceV2, domains.update()},
	{"DeleteDomainName", remove, domain, 204, ServiceV2, domains.remove()},
	{"GetDomainNames", get, "/v2/domainnames", 200, ServiceV2, domains.list()},
	{"CreateApiMapping", post, domain + "/apimappings", 201, ServiceV2, mappings.create()},
	{"GetApiMapping", get, domain + "/apimappings/{apiMappingId}", 200, ServiceV2, mappings.get()},
	{"UpdateApiMapping", patch, domain + "/apimappings/{apiMappingId}", 200, ServiceV2, mappings.update()},
	{"DeleteApiMapping", remove, domain + "/apimappings/{apiMappingId}", 204, ServiceV2, mappings.remove()},
	{"GetApiMappings", get, domain + "/apimappings", 200, ServiceV2, mappings.list()},
	{"CreateRoutingRule", post, domain + "/routingrules", 201, ServiceV2, refused(restOnly)},
	{"GetRoutingRule", get, domain + "/routingrules/{routingRuleId}", 200, ServiceV2, refused(restOnly)},
	{"PutRoutingRule", put, domain + "/routingrules/{routingRuleId}", 200, ServiceV2, refused(restOnly)},
	{"DeleteRoutingRule", remove, domain + "/routingrules/{routingRuleId}", 204, ServiceV2, refused(restOnly)},
	{"ListRoutingRules", get, domain + "/routingrules", 200, ServiceV2, action{serve: listRoutingRules}},
	{"CreateVpcLink", post, "/v2/vpclinks", 201, ServiceV2, links.create()},
	{"GetVpcLink", get, "/v2/vpclinks/{vpcLinkId}", 200, ServiceV2, links.get()},
	{"UpdateVpcLink", patch, "/v2/vpclinks/{vpcLinkId}", 200, ServiceV2, links.update()},
	{"DeleteVpcLink", remove, "/v2/vpclinks/{vpcLinkId}", 202, ServiceV2, links.remove()},
	{"GetVpcLinks", get, "/v2/vpclinks", 200, ServiceV2, links.list()},

	{"GetTags", get, tags, 200, ServiceV2, action{serve: getTags}},
	{"TagResource", post, tags, 201, ServiceV2, action{serve: tagResource, body: tagsBody}},
	{"UntagResource", remove, tags, 204, ServiceV2, action{serve: untagResource, query: []string{tagKeys}}},
}

// operationsV1 are those of API Gateway's version 1 that WebSocket APIs need: keys, plans, the account, certificates, links.
var operationsV1 = []Operation{
	{"ImportApiKeys", post, "/apikeys?mode=import", 201, ServiceV1, action{serve: importAPIKeys, query: []string{"format", "failonwarnings"}}},
	{"CreateApiKey", post, "/apikeys", 201, ServiceV1, apiKeys.create()},
	{"GetApiKey", get, "/apikeys/{api_Key}", 200, ServiceV1, apiKeys.get("includeValue")},
	{"GetApiKeys", get, "/apikeys", 200, ServiceV1, apiKeys.list("name", "customerId", "includeValues")},
	{"UpdateApiKey", patch, "/apikeys/{api_Key}", 200, ServiceV1, apiKeys.patch()},
	{"DeleteApiKey", remove, "/apikeys/{api_Key}", 202, ServiceV1, apiKeys.remove()},

	{"CreateUsagePlan", post, "/usageplans", 201, ServiceV1, plans.create()},
	{"GetUsagePlan", get, "/usageplans/{usageplanId}", 200, ServiceV1, plans.get()},
	{"GetUsagePlans", get, "/usageplans", 200, ServiceV1, plans.list("keyId")},
	{"UpdateUsagePlan", patch, "/usageplans/{usageplanId}", 200, ServiceV1, plans.patch()},
	{"DeleteUsagePlan", remove, "/usageplans/{usageplanId}", 202, ServiceV1, plans.remove()},
	{"CreateUsagePlanKey", post, "/usageplans/{usageplanId}/keys", 201, ServiceV1, planKeys.create()},
	{"GetUsagePlanKey", get, "/usageplans/{usageplanId}/keys/{keyId}", 200, ServiceV1, planKeys.get()},
	{"GetUsagePlanKeys", get, "/usageplans/{usageplanId}/keys", 200, ServiceV1, planKeys.list("name")},
	{"DeleteUsagePlanKey", remove, "/usageplans/{usageplanId}/keys/{keyId}", 202, ServiceV1, planKeys.remove()},
	{"GetUsage", get, "/usageplans/{usageplanId}/usage", 200, ServiceV1, action{serve: getUsage, query: []string{"startDate", "endDate", "keyId", "limit", "position"}}},
	{"UpdateUsage", patch, "/usageplans/{usageplanId}/keys/{keyId}/usage", 200, ServiceV1, action{serve: updateUsage, body: patchBody}},

	{"GetAccount", get, "/account", 200, ServiceV1, action{serve: getAccount}},
	{"UpdateAccount", patch, "/account", 200, ServiceV1, action{serve: updateAccount, body: patchBody}},

	{"GenerateClientCertificate", post, "/clientcertificates", 201, ServiceV1, certificates.create()},
	{"GetClientCertificate", get, "/clientcertificates/{clientcertificate_id}", 200, ServiceV1, certificates.get()},
	{"GetClientCertificates", get, "/clientcertificates", 200, ServiceV1, certificates.list()},
	{"UpdateClientCertificate", patch, "/clientcertificates/{clientcertificate_id}", 200, ServiceV1, certificates.patch()},
	{"DeleteClientCertificate", remove, "/clientcertificates/{clientcertificate_id}", 202, ServiceV1, certificates.remove()},

	{"CreateVpcLink", post, "/vpclinks", 202, ServiceV1, linksV1.create()},
	{"GetVpcLink", get, "/vpclinks/{vpclink_id}", 200, ServiceV1, linksV1.get()},
	{"GetVpcLinks", get, "/vpclinks", 200, ServiceV1, linksV1.list()},
	{"UpdateVpcLink", patch, "/vpclinks/{vpclink_id}", 200, ServiceV1, linksV1.patch()},
	{"DeleteVpcLink", remove, "/vpclinks/{vpclink_id}", 202, ServiceV1, linksV1.remove()},

	{"GetTags", get, "/tags/{resource_arn}", 200, ServiceV1, action{serve: getTags}},
	{"TagResource", put, "/tags/{resource_arn}", 204, ServiceV1, action{serve: tagResourceV1, body: tagsBody}},
	{"UntagResource", remove, "/tags/{resource_arn}", 204, ServiceV1, action{serve: untagResource, query: []string{tagKeys}}},
}

// operationsOwn are those that AWS has no operation for.
var operationsOwn = []Operation{
	{"GetSnapshot", get, api + "/snapshot", 200, ServiceOwn, action{serve: getSnapshot, query: []string{"stageName", "deploymentId"}}},
	{"Tail", get, "/gangway/apis/{apiId}/tail", 200, ServiceOwn, action{serve: tailAPI, query: []string{"stageName", "connectionId"}}},
	{"ListConnections", get, "/gangway/apis/{apiId}/connections", 200, ServiceOwn, action{serve: listConnections, query: []string{"stageName", "connectionId", "sourceIp", "maxResults", "nextToken"}}},
	{"GetMetrics", get, "/gangway/metrics", 200, ServiceOwn, action{serve: getMetrics}},
	{"GetApiMetrics", get, "/gangway/apis/{apiId}/metrics", 200, ServiceOwn, action{serve: getAPIMetrics, query: []string{"stageName"}}},
	{"ListNodes", get, "/gangway/nodes", 200, ServiceOwn, action{serve: listNodes}},
	{"ListDeadLetters", get, "/gangway/deadletters", 200, ServiceOwn, action{serve: listDeadLetters, query: []string{"maxResults", "nextToken"}}},
	{"RetryDeadLetter", post, "/gangway/deadletters/{connectionId}/retry", 202, ServiceOwn, action{serve: retryDeadLetter}},
	{"DeleteDeadLetter", remove, "/gangway/deadletters/{connectionId}", 204, ServiceOwn, action{serve: deleteDeadLetter}},
	{"CheckText", post, "/gangway/check", 200, ServiceOwn, action{serve: checkText, body: checkBody}},
	{"TestRoute", post, "/gangway/apis/{apiId}/test", 200, ServiceOwn, action{serve: testRoute, body: trialBodies}},
	{"RenderTemplate", post, "/gangway/render", 200, ServiceOwn, action{serve: renderTemplate, body: renderingBody}},
	{"ImportTemplate", post, "/gangway/templates", 200, ServiceOwn, action{serve: importTemplate, body: templateBody}},
	{"CreateCredentials", post, "/gangway/credentials", 201, ServiceOwn, action{serve: createCredentials, body: credentials.body}},
	{"ListCredentials", get, "/gangway/credentials", 200, ServiceOwn, action{serve: listCredentials}},
	{"RotateCredentials", post, "/gangway/credentials/{name}/rotation", 201, ServiceOwn, action{serve: rotateCredentials, body: rotationBody}},
	{"ListChanges", get, "/gangway/changes", 200, ServiceOwn, action{serve: listChanges, query: []string{"order", "maxResults", "nextToken"}}},
	{"DeleteCredentials", remove, "/gangway/credentials/{name}", 204, ServiceOwn, credentials.remove()},
}

// A Refusal is why no operation below a path is served.
type Refusal struct{ Prefix, Excuse string }

// refusals are the parts of the service models that have no row, because none of their operations concerns WebSocket APIs.
var refusals = []Refusal{
	{"/v2/portals", portals},
	{"/v2/portalproducts", portals},
	{"/restapis", restOnly},
	{"/sdktypes", restOnly},
	{"/domainnames", "domain names of WebSocket APIs are those of version 2: use apigatewayv2"},
	{"/domainnameaccessassociations", restOnly},
	{"/rejectdomainnameaccessassociations", restOnly},
}

// all is the whole control plane, in the order in which a request is held against it.
var all = slices.Concat(operations, operationsV1, operationsOwn)

// Operations is the table of the control plane.
func Operations() []Operation { return slices.Clone(all) }

// Refusals are the paths below which nothing is served.
func Refusals() []Refusal { return slices.Clone(refusals) }
