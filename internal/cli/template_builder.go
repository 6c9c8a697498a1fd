package cli

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// builder makes a template of a snapshot. What is wrong is kept until the end.
type builder struct {
	template
	taken        map[string]bool   // logical ids
	models       map[string]string // name -> logical id
	authorizers  map[string]string // id -> logical id
	integrations map[string]string // id -> logical id
	deployed     []string          // what a deployment has to wait for
	notLiteral   []string          // what CloudFormation would read as something else
	wrong        []error
}

const (
	apiID   = "Api"
	stageID = "Stage"
)

// newTemplate makes the template of what is deployed at a stage.
func newTemplate(s *snapshot, stage object) (template, error) {
	b := &builder{
		template: template{
			Version:     "2010-09-09",
			Description: fmt.Sprintf("WebSocket API %s, as deployed at stage %s.", s.API.text("name"), stage.text("stageName")),
		},
		taken:  map[string]bool{stageID: true},
		models: map[string]string{}, authorizers: map[string]string{}, integrations: map[string]string{},
	}
	b.add(apiID, "Api", s.API, nil)
	for _, model := range s.Models {
		b.addModel(model)
	}
	for _, authorizer := range s.Authorizers {
		id := b.name(authorizer.text("name"), "Authorizer")
		b.authorizers[authorizer.text("authorizerId")] = id
		b.add(id, "Authorizer", authorizer, nil)
	}
	users := s.users()
	for _, integration := range s.Integrations {
		b.addIntegration(integration, users[integration.text("integrationId")])
	}
	for _, route := range s.Routes {
		b.addRoute(route)
	}
	b.addStage(stage)
	b.Outputs = section{
		{"ApiId", map[string]any{"Description": "Id of the API.", "Value": ref(apiID)}},
		{"ApiEndpoint", map[string]any{
			"Description": "Where clients connect to, followed by a slash and the name of the stage.",
			"Value":       map[string]any{"Fn::GetAtt": []string{apiID, "ApiEndpoint"}},
		}},
	}
	return b.template, errors.Join(append(b.wrong, b.misread())...)
}

func ref(id string) map[string]any { return map[string]any{"Ref": id} }

// name is a logical id that says what it is about and that nothing else has.
func (b *builder) name(about, kind string) string {
	var name strings.Builder
	plain := func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' }
	for _, part := range strings.FieldsFunc(about, func(r rune) bool { return !plain(r) }) {
		name.WriteString(upperFirst(part))
	}
	name.WriteString(kind)
	id := name.String()
	for n := 2; b.taken[id]; n++ {
		id = fmt.Sprintf("%s%d", name.String(), n)
	}
	b.taken[id] = true
	return id
}

// add adds a resource of what an object says, and returns it for more to be said.
func (b *builder) add(id, kind string, from object, more map[string]any) *resource {
	values, err := propertiesOf(kind, from)
	if err != nil {
		b.wrong = append(b.wrong, err)
		return &resource{}
	}
	for _, property := range keysOf(values) {
		b.checkLiteral(kind, from, property, values[property])
	}
	b.taken[id] = true
	if kind != "Api" {
		values["ApiId"] = ref(apiID)
	}
	maps.Copy(values, more)
	made := &resource{Type: "AWS::ApiGatewayV2::" + kind, Properties: values}
	b.Resources = append(b.Resources, entry{id, made})
	return made
}

// addModel adds a model. Its schema is a text for API Gateway and an object for CloudFormation, which would stumble over
// a null in it, or take some names for functions of its own.
func (b *builder) addModel(model object) {
	id := b.name(model.text("name"), "Model")
	b.models[model.text("name")] = id
	var schema any = model.text("schema")
	var parsed map[string]any
	stumbles := slices.ContainsFunc([]string{"null", `"Ref"`, `"Fn::`}, func(part string) bool {
		return strings.Contains(model.text("schema"), part)
	})
	if !stumbles && decodeJSON([]byte(model.text("schema")), &parsed) == nil {
		schema = parsed
	}
	b.checkLiteral("Model", model, "Schema", schema)
	b.add(id, "Model", model, map[string]any{"Schema": schema})
}

// addIntegration adds an integration, named for the first route that uses it, and its responses.
func (b *builder) addIntegration(integration object, users []string) {
	about := "Unused"
	if len(users) > 0 {
		about = users[0]
	}
	id := b.name(about, "Integration")
	b.integrations[integration.text("integrationId")] = id
	more := map[string]any{}
	if link := integration.text("connectionId"); link != "" {
		b.checkLiteral("Integration", integration, "ConnectionId", link)
		more["ConnectionId"] = b.outside("VpcLink", link, "VPC link to a Network Load Balancer, by its id.")
	}
	b.add(id, "Integration", integration, more)
	for _, response := range integration.parts("responses", "integrationResponseKey") {
		responseID := b.name(id+" "+response.text("integrationResponseKey"), "Response")
		b.add(responseID, "IntegrationResponse", response, map[string]any{"IntegrationId": ref(id)})
		b.deployed = append(b.deployed, responseID)
	}
}

// addRoute adds a route and its responses.
func (b *builder) addRoute(route object) {
	id := b.name(route.text("routeKey"), "Route")
	more := map[string]any{}
	if target, ok := b.integrations[integrationOf(route)]; ok {
		more["Target"] = map[string]any{"Fn::Join": []any{"/", []any{"integrations", ref(target)}}}
	}
	if authorizer, ok := b.authorizers[route.text("authorizerId")]; ok {
		more["AuthorizerId"] = ref(authorizer)
	}
	b.add(id, "Route", route, more).DependsOn = b.named(route["requestModels"])
	b.deployed = append(b.deployed, id)
	for _, response := range route.parts("responses", "routeResponseKey") {
		responseID := b.name(id, "Response")
		made := b.add(responseID, "RouteResponse", response, map[string]any{"RouteId": ref(id)})
		made.DependsOn = b.named(response["responseModels"])
		b.deployed = append(b.deployed, responseID)
	}
}

// named are the models that a map of models names: it does so by name, in which CloudFormation sees no reference.
func (b *builder) named(models any) []string {
	members, _ := models.(map[string]any)
	var ids []string
	for _, key := range keysOf(members) {
		name, _ := members[key].(string)
		if id, ok := b.models[name]; ok && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// addStage adds the stage, and the deployment unless the stage deploys by itself. The deployment of CloudFormation is
// made once, when its resource is new: its name changes with what is deployed.
func (b *builder) addStage(stage object) {
	slices.Sort(b.deployed)
	more := map[string]any{}
	var waits []string
	if auto, _ := stage["autoDeploy"].(bool); auto {
		waits = b.deployed
	} else {
		mark, err := fingerprint(b.Resources)
		b.wrong = append(b.wrong, err)
		id := b.name("Deployment", mark)
		b.add(id, "Deployment", object{}, nil).DependsOn = b.deployed
		more["DeploymentId"] = ref(id)
	}
	if certificate := stage.text("clientCertificateId"); certificate != "" {
		b.checkLiteral("Stage", stage, "ClientCertificateId", certificate)
		more["ClientCertificateId"] = b.outside("ClientCertificate", certificate, "Client certificate of the stage, by its id.")
	}
	b.add(stageID, "Stage", stage, more).DependsOn = waits
}

// outside makes a parameter of what the template cannot make, with its name here as the default.
func (b *builder) outside(kind, value, description string) map[string]any {
	for _, known := range b.Parameters {
		if p, ok := known.value.(parameter); ok && p.Default == value && strings.HasPrefix(known.name, kind) {
			return ref(known.name)
		}
	}
	id := b.name("", kind)
	b.Parameters = append(b.Parameters, entry{id, parameter{Type: "String", Description: description, Default: value}})
	return ref(id)
}

type parameter struct{ Type, Description, Default string }
