package cli

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
)

// properties of each resource type of AWS::ApiGatewayV2 that hold what a member of the object holds; a member has the
// name of its property but for the first letter. Properties that refer to other resources are made in [builder].
var properties = map[string]string{
	"Api":                 "ApiKeySelectionExpression Description DisableExecuteApiEndpoint DisableSchemaValidation IpAddressType Name ProtocolType RouteSelectionExpression Tags Version",
	"Model":               "ContentType Description Name",
	"Authorizer":          "AuthorizerCredentialsArn AuthorizerType AuthorizerUri IdentitySource IdentityValidationExpression Name",
	"Integration":         "ConnectionType ContentHandlingStrategy CredentialsArn Description IntegrationMethod IntegrationType IntegrationUri PassthroughBehavior RequestParameters RequestTemplates TemplateSelectionExpression TimeoutInMillis",
	"IntegrationResponse": "ContentHandlingStrategy IntegrationResponseKey ResponseParameters ResponseTemplates TemplateSelectionExpression",
	"Route":               "ApiKeyRequired AuthorizationType ModelSelectionExpression OperationName RequestModels RequestParameters RouteKey RouteResponseSelectionExpression",
	"RouteResponse":       "ModelSelectionExpression ResponseModels ResponseParameters RouteResponseKey",
	"Stage":               "AccessLogSettings AutoDeploy DefaultRouteSettings Description RouteSettings StageName StageVariables Tags",
}

// unsaid are values that need not be said: those of the service where nothing was said.
var unsaid = map[string]string{
	"ApiKeySelectionExpression": `"$request.header.x-api-key"`,
	"ConnectionType":            `"INTERNET"`,
	"DefaultRouteSettings":      `{"DataTraceEnabled":false,"DetailedMetricsEnabled":false,"LoggingLevel":"OFF"}`,
	"IpAddressType":             `"ipv4"`,
	"PassthroughBehavior":       `"WHEN_NO_MATCH"`,
	"TimeoutInMillis":           `29000`,
}

// structured are the properties whose inner members have names of CloudFormation's, too. In all others the inner names
// are the user's.
var structured = map[string]bool{
	"AccessLogSettings": true, "DefaultRouteSettings": true, "RouteSettings": true,
}

// propertiesOf are the properties of a resource type that an object has something to say about.
func propertiesOf(kind string, from object) (map[string]any, error) {
	found := map[string]any{}
	for name := range strings.FieldsSeq(properties[kind]) {
		value := from[lowerFirst(name)]
		constraints := name == "RequestParameters" && kind == "Route" || name == "ResponseParameters" && kind == "RouteResponse"
		if structured[name] || constraints {
			value = upperNames(value, constraints || name == "RouteSettings")
		}
		text, err := json.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("export: %w", err)
		}
		switch string(text) {
		case "null", `""`, "false", "{}", "[]", unsaid[name]:
		default:
			found[name] = value
		}
	}
	return found, nil
}

// upperNames gives the members of a structure names as CloudFormation has them; of a map of structures, those of each.
func upperNames(value any, inMap bool) any {
	members, ok := value.(map[string]any)
	if !ok {
		return value
	}
	named := make(map[string]any, len(members))
	for name, member := range members {
		if inMap {
			named[name] = upperNames(member, false)
		} else {
			named[upperFirst(name)] = member
		}
	}
	return named
}

// lowerFirst and upperFirst change the first letter of a name of AWS; whatever does not begin with one stays.
func lowerFirst(name string) string {
	if name != "" && name[0] >= 'A' && name[0] <= 'Z' {
		return strings.ToLower(name[:1]) + name[1:]
	}
	return name
}

func upperFirst(name string) string {
	if name != "" && name[0] >= 'a' && name[0] <= 'z' {
		return strings.ToUpper(name[:1]) + name[1:]
	}
	return name
}

// template is one of CloudFormation.
type template struct {
	Version     string `json:"AWSTemplateFormatVersion"`
	Description string
	Parameters  section `json:",omitempty"`
	Resources   section
	Outputs     section
}

// section is a part of a template: a map in the order in which people read it.
type section []entry

type entry struct {
	name  string
	value any
}

type resource struct {
	Type       string
	DependsOn  []string `json:",omitempty"`
	Properties map[string]any
}

// MarshalJSON implements [json.Marshaler].
func (s section) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	out.WriteByte('{')
	for i, e := range s {
		if i > 0 {
			out.WriteByte(',')
		}
		for _, part := range []any{e.name, e.value} {
			text, err := encode(part, "")
			if err != nil {
				return nil, err
			}
			out.Write(text)
			out.WriteByte(':')
		}
		out.Truncate(out.Len() - 1)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// fingerprint is a short name for what is in a section.
func fingerprint(of section) (string, error) {
	text, err := encode(of, "")
	if err != nil {
		return "", fmt.Errorf("export: %w", err)
	}
	return fmt.Sprintf("%X", sha256.Sum256(text))[:8], nil
}
