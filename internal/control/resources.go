package control

import (
	"gangway/internal/gateway"
)

// The resources of version 2, with what is their own. Lengths of ids are as seen in the examples of the developer guide.
var (
	apis = &resource[gateway.API, *gateway.API]{
		noun: "API", idLen: 10, quota: "apis", free: apiFree, gone: forgetStages,
		show: func(c *call, _ gateway.Key, api *gateway.API) error {
			api.APIEndpoint = c.Names.Endpoint(api.APIID)
			return nil
		},
	}
	routes = &resource[gateway.Route, *gateway.Route]{
		noun: "Route", idLen: 7, quota: "routes", check: checkRoute,
		unique: func(r *gateway.Route) string { return r.RouteKey },
		taken:  func(key string) string { return "Route with key " + key + " already exists for this API" },
	}
	routeResponses = &resource[gateway.RouteResponse, *gateway.RouteResponse]{
		noun: "RouteResponse", idLen: 6, check: checkRouteResponse,
		unique: func(r *gateway.RouteResponse) string { return r.RouteResponseKey },
		taken:  func(key string) string { return "RouteResponse with key " + key + " already exists for this Route" },
	}
	integrations = &resource[gateway.Integration, *gateway.Integration]{
		noun: "Integration", idLen: 7, quota: "integrations", check: checkIntegration, free: integrationFree,
	}
	integrationResponses = &resource[gateway.IntegrationResponse, *gateway.IntegrationResponse]{
		noun: "IntegrationResponse", idLen: 7, quota: "integrationresponses",
		unique: func(r *gateway.IntegrationResponse) string { return r.IntegrationResponseKey },
		taken: func(key string) string {
			return "IntegrationResponse with key " + key + " already exists for this Integration"
		},
	}
	authorizers = &resource[gateway.Authorizer, *gateway.Authorizer]{
		noun: "Authorizer", idLen: 6, quota: "authorizers", free: authorizerFree,
	}
	models = &resource[gateway.Model, *gateway.Model]{
		noun: "Model", idLen: 6, quota: "models", check: checkModel,
		unique: func(m *gateway.Model) string { return m.Name },
		taken:  func(name string) string { return "Model with name " + name + " already exists for this API" },
		free:   func(in reader, key gateway.Key, m *gateway.Model) error { return modelFree(in, key, m.Name, "delete") },
	}
	deployments = &resource[gateway.Deployment, *gateway.Deployment]{
		noun: "Deployment", idLen: 6, quota: "deployments", free: deploymentFree,
	}
	stages = &resource[gateway.Stage, *gateway.Stage]{
		noun: "Stage", quota: "stages", check: checkStage, free: stageFree, gone: forgetStages,
		id: func(s *gateway.Stage) (string, error) { return s.StageName, gateway.CheckStageName(s.StageName) },
	}
	domains = &resource[gateway.DomainName, *gateway.DomainName]{
		noun: "domain name", quota: "domainnames",
		id: func(d *gateway.DomainName) (string, error) {
			return d.DomainName, gateway.CheckDomainName(d.DomainName)
		},
		exists: func(string) error {
			return gateway.Errorf(gateway.ErrInvalid, "The domain name you provided already exists.")
		},
		show: func(c *call, _ gateway.Key, d *gateway.DomainName) error {
			d.Show(c.Names.Region)
			return nil
		},
	}
	mappings = &resource[gateway.APIMapping, *gateway.APIMapping]{
		noun: "ApiMapping", idLen: 6, quota: "apimappings", check: checkMapping,
		unique: func(m *gateway.APIMapping) string { return m.APIMappingKey },
		taken:  func(string) string { return "ApiMapping key already exists for this domain name" },
	}
	links = &resource[gateway.VPCLink, *gateway.VPCLink]{
		noun: "VpcLink", idLen: 6, quota: "vpclinks", empty: struct{}{},
	}
)
