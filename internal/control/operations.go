package control

import (
	"net/http"
	"slices"
)

// Operation is a row of the control plane: an operation of the apigatewayv2 service model.
type Operation struct {
	Name   string
	Method string
	Path   string // with {parameters}, as the service model has it
	Status int    // of success
	// Excuse says why an operation is not served; empty if it is.
	Excuse string

	serve func(*call) (result any, err error)
}

// Why an operation of the service model is not served.
const (
	later = "it comes in a later version"
	http1 = "it exists for HTTP APIs only, and this is a gateway for WebSocket APIs"
	rest  = "routing rules act on REST APIs only, and this is a gateway for WebSocket APIs"
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
	stage       = api + "/stages/{stageName}"
	domain      = "/v2/domainnames/{domainName}"
)

// operations is the whole control plane.
var operations = []Operation{
	{"CreateApi", post, "/v2/apis", 201, "", apis.create},
	{"GetApi", get, api, 200, "", apis.get},
	{"UpdateApi", patch, api, 200, "", apis.update},
	{"DeleteApi", remove, api, 204, "", apis.remove},
	{"GetApis", get, "/v2/apis", 200, "", apis.list},
	{"ImportApi", put, "/v2/apis", 201, http1, nil},
	{"ReimportApi", put, api, 201, http1, nil},
	{"ExportApi", get, api + "/exports/{specification}", 200, http1, nil},
	{"DeleteCorsConfiguration", remove, api + "/cors", 204, "", deleteCORS},

	{"CreateRoute", post, api + "/routes", 201, "", routes.create},
	{"GetRoute", get, route, 200, "", routes.get},
	{"UpdateRoute", patch, route, 200, "", routes.update},
	{"DeleteRoute", remove, route, 204, "", routes.remove},
	{"GetRoutes", get, api + "/routes", 200, "", routes.list},
	{"DeleteRouteRequestParameter", remove, route + "/requestparameters/{requestParameterKey}", 204, "", deleteRequestParameter},
	{"CreateRouteResponse", post, route + "/routeresponses", 201, "", routeResponses.create},
	{"GetRouteResponse", get, route + "/routeresponses/{routeResponseId}", 200, "", routeResponses.get},
	{"UpdateRouteResponse", patch, route + "/routeresponses/{routeResponseId}", 200, "", routeResponses.update},
	{"DeleteRouteResponse", remove, route + "/routeresponses/{routeResponseId}", 204, "", routeResponses.remove},
	{"GetRouteResponses", get, route + "/routeresponses", 200, "", routeResponses.list},

	{"CreateIntegration", post, api + "/integrations", 201, "", integrations.create},
	{"GetIntegration", get, integration, 200, "", integrations.get},
	{"UpdateIntegration", patch, integration, 200, "", integrations.update},
	{"DeleteIntegration", remove, integration, 204, "", integrations.remove},
	{"GetIntegrations", get, api + "/integrations", 200, "", integrations.list},
	{"CreateIntegrationResponse", post, integration + "/integrationresponses", 201, "", integrationResponses.create},
	{"GetIntegrationResponse", get, integration + "/integrationresponses/{integrationResponseId}", 200, "", integrationResponses.get},
	{"UpdateIntegrationResponse", patch, integration + "/integrationresponses/{integrationResponseId}", 200, "", integrationResponses.update},
	{"DeleteIntegrationResponse", remove, integration + "/integrationresponses/{integrationResponseId}", 204, "", integrationResponses.remove},
	{"GetIntegrationResponses", get, integration + "/integrationresponses", 200, "", integrationResponses.list},

	{"CreateDeployment", post, api + "/deployments", 201, "", createDeployment},
	{"GetDeployment", get, api + "/deployments/{deploymentId}", 200, "", deployments.get},
	{"UpdateDeployment", patch, api + "/deployments/{deploymentId}", 200, "", deployments.update},
	{"DeleteDeployment", remove, api + "/deployments/{deploymentId}", 204, "", deployments.remove},
	{"GetDeployments", get, api + "/deployments", 200, "", deployments.list},

	{"CreateStage", post, api + "/stages", 201, "", stages.create},
	{"GetStage", get, stage, 200, "", stages.get},
	{"UpdateStage", patch, stage, 200, "", stages.update},
	{"DeleteStage", remove, stage, 204, "", stages.remove},
	{"GetStages", get, api + "/stages", 200, "", stages.list},
	{"DeleteRouteSettings", remove, stage + "/routesettings/{routeKey}", 204, "", deleteRouteSettings},
	{"DeleteAccessLogSettings", remove, stage + "/accesslogsettings", 204, "", deleteAccessLogSettings},
	{"ResetAuthorizersCache", remove, stage + "/cache/authorizers", 204, "", resetAuthorizersCache},

	{"GetTags", get, "/v2/tags/{resource-arn}", 200, "", getTags},
	{"TagResource", post, "/v2/tags/{resource-arn}", 201, "", tagResource},
	{"UntagResource", remove, "/v2/tags/{resource-arn}", 204, "", untagResource},

	{"CreateAuthorizer", post, api + "/authorizers", 201, later, nil},
	{"GetAuthorizer", get, api + "/authorizers/{authorizerId}", 200, later, nil},
	{"UpdateAuthorizer", patch, api + "/authorizers/{authorizerId}", 200, later, nil},
	{"DeleteAuthorizer", remove, api + "/authorizers/{authorizerId}", 204, later, nil},
	{"GetAuthorizers", get, api + "/authorizers", 200, later, nil},
	{"CreateModel", post, api + "/models", 201, later, nil},
	{"GetModel", get, api + "/models/{modelId}", 200, later, nil},
	{"UpdateModel", patch, api + "/models/{modelId}", 200, later, nil},
	{"DeleteModel", remove, api + "/models/{modelId}", 204, later, nil},
	{"GetModels", get, api + "/models", 200, later, nil},
	{"GetModelTemplate", get, api + "/models/{modelId}/template", 200, later, nil},

	{"CreateDomainName", post, "/v2/domainnames", 201, later, nil},
	{"GetDomainName", get, domain, 200, later, nil},
	{"UpdateDomainName", patch, domain, 200, later, nil},
	{"DeleteDomainName", remove, domain, 204, later, nil},
	{"GetDomainNames", get, "/v2/domainnames", 200, later, nil},
	{"CreateApiMapping", post, domain + "/apimappings", 201, later, nil},
	{"GetApiMapping", get, domain + "/apimappings/{apiMappingId}", 200, later, nil},
	{"UpdateApiMapping", patch, domain + "/apimappings/{apiMappingId}", 200, later, nil},
	{"DeleteApiMapping", remove, domain + "/apimappings/{apiMappingId}", 204, later, nil},
	{"GetApiMappings", get, domain + "/apimappings", 200, later, nil},
	{"CreateRoutingRule", post, domain + "/routingrules", 201, rest, nil},
	{"GetRoutingRule", get, domain + "/routingrules/{routingRuleId}", 200, rest, nil},
	{"PutRoutingRule", put, domain + "/routingrules/{routingRuleId}", 200, rest, nil},
	{"DeleteRoutingRule", remove, domain + "/routingrules/{routingRuleId}", 204, rest, nil},
	{"ListRoutingRules", get, domain + "/routingrules", 200, rest, nil},
	{"CreateVpcLink", post, "/v2/vpclinks", 201, later, nil},
	{"GetVpcLink", get, "/v2/vpclinks/{vpcLinkId}", 200, later, nil},
	{"UpdateVpcLink", patch, "/v2/vpclinks/{vpcLinkId}", 200, later, nil},
	{"DeleteVpcLink", remove, "/v2/vpclinks/{vpcLinkId}", 202, later, nil},
	{"GetVpcLinks", get, "/v2/vpclinks", 200, later, nil},
}

// Operations is the table of the control plane, in the order of the service model's documentation.
func Operations() []Operation { return slices.Clone(operations) }
