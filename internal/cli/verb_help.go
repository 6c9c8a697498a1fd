package cli

import (
	"slices"
	"strings"

	"gangway/internal/control"
)

// The table of operations knows names and kinds. What follows is for the help alone; who decides is the control plane.

// enumerations are the values of members that take few, in the service models of API Gateway, as far as they are for
// WebSocket APIs.
var enumerations = map[string]string{
	"apiKeySelectionExpression": "$request.header.x-api-key or $context.authorizer.usageIdentifierKey",
	"authorizationType":         "NONE, AWS_IAM or CUSTOM",
	"authorizerType":            "REQUEST",
	"connectionType":            "INTERNET or VPC_LINK",
	"contentHandlingStrategy":   "CONVERT_TO_BINARY or CONVERT_TO_TEXT",
	"integrationMethod":         "ANY, DELETE, GET, HEAD, OPTIONS, PATCH, POST or PUT",
	"integrationType":           "AWS, AWS_PROXY, HTTP, HTTP_PROXY or MOCK",
	"ipAddressType":             "ipv4 or dualstack",
	"keyType":                   "API_KEY",
	"passthroughBehavior":       "WHEN_NO_MATCH, WHEN_NO_TEMPLATES or NEVER",
	"protocolType":              "WEBSOCKET",
	"routingMode":               "API_MAPPING_ONLY, ROUTING_RULE_ONLY or ROUTING_RULE_THEN_API_MAPPING",
}

// needed are the members that a body must have, by operation.
var needed = map[string][]string{
	"CreateApi":                 {"name", "protocolType", "routeSelectionExpression"},
	"CreateApiMapping":          {"apiId", "stage"},
	"CreateAuthorizer":          {"authorizerType", "authorizerUri", "name"},
	"CreateCredentials":         {"name", "policy"},
	"CreateDomainName":          {"domainName"},
	"CreateIntegration":         {"integrationType"},
	"CreateIntegrationResponse": {"integrationResponseKey"},
	"CreateModel":               {"name", "schema"},
	"CreateRoute":               {"routeKey"},
	"CreateRouteResponse":       {"routeResponseKey"},
	"CreateStage":               {"stageName"},
	"CreateUsagePlan":           {"name"},
	"CreateUsagePlanKey":        {"keyId", "keyType"},
}

// memberHelp is the help of a member's flag.
func memberHelp(operation string, m *control.Member) string {
	help := strings.ToUpper(m.Kind[:1]) + m.Kind[1:]
	switch m.Kind {
	case kindList:
		help += ": repeat the flag, or give a JSON list"
	case kindMap, kindObject:
		help += ": NAME=VALUE,... or a JSON object"
	}
	if values, few := enumerations[m.Name]; few {
		help += ": " + values
	}
	if m.Required || slices.Contains(needed[operation], m.Name) {
		help += ", required"
	}
	return help + "."
}
