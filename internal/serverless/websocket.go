package serverless

import (
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// event is a route of a function.
type event struct {
	function   *function
	at         *yaml.Node
	route      string
	response   *yaml.Node // the route response selection expression
	authorizer *authorizer
}

// authorizer is the function that a route asks first.
type authorizer struct {
	at, name *yaml.Node
	target   *yaml.Node // its ARN
	function *function  // nil if it is not one of the service
	sources  *yaml.Node
}

const (
	websocketsAPI  = "WebsocketsApi"
	websocketStage = "WebsocketsDeploymentStage"
)

// routeID is how the framework makes a logical id of a route key.
func routeID(key string) string {
	return strings.NewReplacer("$", "S", "/", "Slash", "-", "Dash", "_", "Underscore", ".", "Period").Replace(key) +
		"WebsocketsRoute"
}

// events are those of the kind websocket, of all functions. Others are noted, once a kind.
func (r *reader) events() []*event {
	var found []*event
	seen := map[string]*event{}
	for _, f := range r.functions {
		all := r.get(f.settings, "events")
		if all != nil && all.Kind != yaml.SequenceNode {
			r.wrong(all, "\"events\" of function %q is %s, not a list", f.key, kindOf(all))
			continue
		}
		for _, e := range r.eventsOf(f, all) {
			if other := seen[e.route]; other != nil {
				r.note(e.at, "route %q is that of function %q, too: the last one has it", e.route, other.function.key)
			}
			if seen[e.route] = e; len(found) == maxFunctions {
				r.wrong(e.at, "more than %d events", maxFunctions)
				return nil
			}
			found = append(found, e)
		}
	}
	return found
}

// eventsOf reads the events of one function. Only those of the kind websocket are looked into.
func (r *reader) eventsOf(f *function, all *yaml.Node) []*event {
	if all == nil {
		return nil
	}
	var found []*event
	noted := map[string]bool{}
	for _, one := range all.Content {
		opened, err := r.variables.open(one)
		if err != nil {
			r.add(err)
			continue
		}
		for key := range members(opened) {
			if key.Value == "websocket" {
				if e := r.event(f, key, r.full(opened, "websocket")); e != nil {
					found = append(found, e)
				}
				continue
			}
			if meant := hint(key.Value, []string{"websocket"}); meant != "" { // to ignore it would be to take a route away
				r.wrong(key, "there are no events of the kind %q%s", key.Value, meant)
				continue
			}
			if !noted[key.Value] {
				noted[key.Value] = true
				r.note(key, "events of the kind %q of function %q are ignored", key.Value, f.key)
			}
		}
	}
	return found
}

// event reads one, as a text or as a mapping.
func (r *reader) event(f *function, at, settings *yaml.Node) *event {
	e := &event{function: f, at: at}
	switch {
	case settings == nil:
		r.wrong(at, "a websocket event wants a route, as in \"websocket: $connect\"")
		return nil
	case settings.Kind == yaml.MappingNode:
		r.closed(settings, "a websocket event", "route", "routeResponseSelectionExpression", "authorizer")
		e.route = r.word(settings, "route")
		if e.response = member(settings, "routeResponseSelectionExpression"); e.response != nil && e.response.Value != "$default" {
			r.wrong(e.response, "routeResponseSelectionExpression can be $default only")
		}
		if given := r.get(settings, "authorizer"); given != nil {
			if e.authorizer = r.authorizer(given); e.route != "$connect" {
				r.wrong(given, "only the route $connect can have an authorizer, %q cannot", brief(e.route))
			}
		}
	default:
		e.route, _ = plainText(settings)
	}
	switch {
	case e.route == "":
		r.wrong(settings, "a websocket event wants a route")
		return nil
	case !logicalID.MatchString(routeID(e.route)):
		r.wrong(settings, "route %q: the framework makes a logical id of it, and has none for all of its characters",
			brief(e.route))
		return nil
	}
	return e
}

// authorizer reads a name, an ARN, or a mapping that has one of them.
func (r *reader) authorizer(given *yaml.Node) *authorizer {
	a := &authorizer{at: given, sources: list(given, "route.request.header.Auth")}
	target := given
	if given.Kind == yaml.MappingNode {
		r.closed(given, "an authorizer", "name", "arn", "identitySource")
		a.name = r.get(given, "name")
		if target = r.get(given, "arn"); target == nil {
			target = a.name
		}
		if sources := member(given, "identitySource"); !null(sources) {
			a.sources = list(sources)
			a.sources.Content = items(sources)
		}
	}
	switch {
	case target == nil:
		r.wrong(given, "an authorizer wants the name or the arn of a function")
		return nil
	case target.Kind == yaml.SequenceNode:
		r.wrong(target, "an authorizer is a function, not a list")
		return nil
	case target.Kind == yaml.MappingNode && a.name == nil:
		r.wrong(given, "an authorizer whose arn is not a text wants a name as well")
		return nil
	case target.Kind == yaml.MappingNode:
		a.target = target
	case strings.Contains(target.Value, ":"):
		a.target = target
		a.name = text(target, target.Value[strings.LastIndex(target.Value, ":")+1:])
	default:
		return r.ownAuthorizer(a, target)
	}
	return a
}

// ownAuthorizer finds the function of the service that is meant.
func (r *reader) ownAuthorizer(a *authorizer, name *yaml.Node) *authorizer {
	if a.function = r.function(name.Value); a.function == nil {
		r.wrong(name, "there is no function %q%s", brief(name.Value), hint(name.Value, r.functionKeys()))
		return nil
	}
	a.name, a.target = name, a.function.arn(name)
	return a
}

// closed refuses settings that the framework refuses.
func (r *reader) closed(section *yaml.Node, what string, known ...string) {
	for key := range members(section) {
		if !contains(known, key.Value) {
			r.wrong(key, "%s has no setting %q%s", what, brief(key.Value), hint(key.Value, known))
		}
	}
}

// websocket makes all resources of the API, in the framework's order: what a deployment is called depends on it.
func (r *reader) websocket(events []*event) {
	r.api()
	for _, e := range events {
		r.resource(e.at, normal(e.function.key)+"WebsocketsIntegration", object(e.at,
			"Type", "AWS::ApiGatewayV2::Integration", "Properties", object(e.at,
				"ApiId", ref(e.at, websocketsAPI), "IntegrationType", "AWS_PROXY",
				"IntegrationUri", invocation(e.at, e.function.arn(e.at)))))
	}
	for _, e := range events {
		if e.response != nil {
			r.resource(e.at, routeID(e.route)+"Response", object(e.at,
				"Type", "AWS::ApiGatewayV2::RouteResponse", "Properties", object(e.at,
					"ApiId", ref(e.at, websocketsAPI), "RouteId", ref(e.at, routeID(e.route)), "RouteResponseKey", "$default")))
		}
	}
	for _, e := range events {
		r.authorizerOf(e)
	}
	for _, e := range events {
		r.permissions(e)
	}
	for _, e := range events {
		r.route(e)
	}
	stage := r.stageResource()
	r.deployment(events, stage)
}

// api makes the API.
func (r *reader) api() {
	at := r.provider
	name, selection := r.word(at, "websocketsApiName"), r.word(at, "websocketsApiRouteSelectionExpression")
	if name == "" {
		name = r.stage + "-" + r.name + "-websockets"
	}
	if selection == "" {
		selection = "$request.body.action"
	}
	var tags *yaml.Node
	if given := r.full(at, "tags"); given != nil {
		tags = object(given)
		for key, value := range members(given) {
			set(tags, key, asText(value))
		}
	}
	r.resource(at, websocketsAPI, object(at, "Type", "AWS::ApiGatewayV2::Api", "Properties", object(at,
		"Name", name, "RouteSelectionExpression", selection, "Description", r.description(), "ProtocolType", "WEBSOCKET",
		"Tags", tags)))
}

// description is what API, stage and deployment are described by.
func (r *reader) description() string {
	if given := r.word(r.provider, "websocketsDescription"); given != "" {
		return given
	}
	return "Serverless Websockets"
}

// invocation is the URI by which API Gateway calls a function.
func invocation(at, arn *yaml.Node) *yaml.Node {
	return join(at, "", "arn:", ref(at, "AWS::Partition"), ":apigateway:", ref(at, "AWS::Region"),
		":lambda:path/2015-03-31/functions/", arn, "/invocations")
}

// authorizerID is the logical id: routes that name the same function share its authorizer.
func authorizerID(a *authorizer) string { return normal(a.name.Value) + "WebsocketsAuthorizer" }

// authorizerOf makes the authorizer of a route, if it has one.
func (r *reader) authorizerOf(e *event) {
	a := e.authorizer
	if a == nil {
		return
	}
	if !logicalID.MatchString(authorizerID(a)) {
		r.wrong(a.at, "the name %q of an authorizer is letters, digits, hyphens and underscores", brief(a.name.Value))
	}
	r.resource(a.at, authorizerID(a), object(a.at, "Type", "AWS::ApiGatewayV2::Authorizer", "Properties", object(a.at,
		"ApiId", ref(a.at, websocketsAPI), "Name", a.name, "AuthorizerType", "REQUEST",
		"AuthorizerUri", invocation(a.at, a.target), "IdentitySource", a.sources)))
}

// permissions let API Gateway call the function of a route, and its authorizer.
func (r *reader) permissions(e *event) {
	r.resource(e.at, normal(e.function.key)+"LambdaPermissionWebsockets", object(e.at, "Type", "AWS::Lambda::Permission",
		"DependsOn", list(e.at, websocketsAPI, e.function.id()),
		"Properties", object(e.at, "FunctionName", e.function.arn(e.at),
			"Action", "lambda:InvokeFunction", "Principal", "apigateway.amazonaws.com")))
	a := e.authorizer
	if a == nil {
		return
	}
	needed := list(a.at, websocketsAPI)
	if a.function != nil {
		needed = list(a.at, websocketsAPI, a.function.id())
	}
	r.resource(a.at, normal(a.name.Value)+"LambdaPermissionWebsockets", object(a.at, "Type", "AWS::Lambda::Permission",
		"DependsOn", needed,
		"Properties", object(a.at, "Action", "lambda:InvokeFunction", "Principal", "apigateway.amazonaws.com",
			"FunctionName", a.target)))
}

// route makes the route.
func (r *reader) route(e *event) {
	properties := object(e.at, "ApiId", ref(e.at, websocketsAPI), "RouteKey", e.route, "AuthorizationType", "NONE",
		"Target", join(e.at, "/", "integrations", ref(e.at, normal(e.function.key)+"WebsocketsIntegration")),
		"RouteResponseSelectionExpression", e.response)
	if e.authorizer != nil {
		set(properties, text(e.at, "AuthorizationType"), text(e.at, "CUSTOM"))
		set(properties, text(e.at, "AuthorizerId"), ref(e.at, authorizerID(e.authorizer)))
	}
	r.resource(e.at, routeID(e.route), object(e.at, "Type", "AWS::ApiGatewayV2::Route", "Properties", properties))
}

// defaultLogFormat is the framework's format of access logs.
const defaultLogFormat = "$context.identity.sourceIp $context.identity.caller $context.identity.user " +
	"[$context.requestTime] \"$context.eventType $context.routeKey $context.connectionId\" $context.requestId"

// stageResource makes the stage, all but its deployment, and gives its properties.
func (r *reader) stageResource() *yaml.Node {
	at := r.provider
	properties := object(at, "ApiId", ref(at, websocketsAPI), "StageName", r.stage, "Description", r.description())
	r.resource(at, websocketStage, object(at, "Type", "AWS::ApiGatewayV2::Stage", "Properties", properties))
	logs := r.full(r.mapping(at, "logs"), "websocket")
	if logs == nil || logs.Kind == yaml.ScalarNode && logs.Value != "true" {
		return properties
	}
	r.unknown(logs, "\"provider.logs.websocket\"", logKeys)
	off := func(key string) bool { return r.word(logs, key) == "false" }
	level := r.word(logs, "level")
	switch {
	case off("executionLogging"):
		level = "OFF"
	case level == "":
		level = "INFO"
	case level != "INFO" && level != "ERROR":
		r.wrong(member(logs, "level"), "the level of logs is INFO or ERROR, not %q", brief(level))
	}
	set(properties, text(logs, "DefaultRouteSettings"),
		object(logs, "DataTraceEnabled", !off("fullExecutionData"), "LoggingLevel", level))
	if !off("accessLogging") {
		format := r.word(logs, "format")
		if format == "" {
			format = defaultLogFormat
		}
		set(properties, text(logs, "AccessLogSettings"), object(logs, "DestinationArn", object(logs, "Fn::Sub",
			"arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${WebsocketsLogGroup}"), "Format", format))
	}
	r.resource(logs, "WebsocketsLogGroup", object(logs, "Type", "AWS::Logs::LogGroup",
		"Properties", object(logs, "LogGroupName", "/aws/websocket/"+r.name+"-"+r.stage)))
	return properties
}

var notInIDs = regexp.MustCompile(`[^0-9A-Za-z]`)

// deployment is called by a hash of all it is made of, so that a change makes another one.
func (r *reader) deployment(events []*event, stage *yaml.Node) {
	at := r.provider
	needed := list(at)
	for _, e := range events {
		if e.response != nil {
			needed.Content = append(needed.Content, text(e.at, routeID(e.route)+"Response"))
		}
		needed.Content = append(needed.Content, text(e.at, routeID(e.route)))
	}
	deployed := object(at)
	for id, resource := range members(r.resources) {
		if id.Value == websocketsAPI || ofAPI(resource) {
			deployed.Content = append(deployed.Content, id, resource)
		}
	}
	sum := sha256.Sum256(appendJSON(nil, deployed))
	id := "WebsocketsDeployment" + notInIDs.ReplaceAllString(base64.StdEncoding.EncodeToString(sum[:]), "")
	r.resource(at, id, object(at, "Type", "AWS::ApiGatewayV2::Deployment", "DependsOn", needed,
		"Properties", object(at, "ApiId", ref(at, websocketsAPI), "Description", r.description())))
	set(stage, text(at, "DeploymentId"), ref(at, id))
	set(r.outputs, text(at, "ServiceEndpointWebsocket"), object(at, "Description", "URL of the service endpoint",
		"Value", join(at, "", "wss://", ref(at, websocketsAPI), ".execute-api.", ref(at, "AWS::Region"), ".",
			ref(at, "AWS::URLSuffix"), "/"+r.stage),
		"Export", object(at, "Name", "sls-"+r.name+"-"+r.stage+"-ServiceEndpointWebsocket")))
}

// ofAPI says whether a resource belongs to the API, by its property or by what it waits for.
func ofAPI(resource *yaml.Node) bool {
	if id := member(member(member(resource, "Properties"), "ApiId"), "Ref"); id != nil && id.Value == websocketsAPI {
		return true
	}
	if needed := member(resource, "DependsOn"); needed != nil {
		for _, id := range items(needed) {
			if id.Value == websocketsAPI {
				return true
			}
		}
	}
	return false
}
