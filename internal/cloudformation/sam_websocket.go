package cloudformation

import (
	"crypto/sha1"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
)

// webSocketProperties are all of AWS::Serverless::WebSocketApi.
var webSocketProperties = []string{
	"AccessLogSettings", "ApiKeySelectionExpression", "Auth", "DefaultRouteSettings", "Description", "DisableExecuteApiEndpoint",
	"DisableSchemaValidation", "Domain", "FailOnWarnings", "IpAddressType", "Name", "PropagateTags",
	"RouteSelectionExpression", "RouteSettings", "Routes", "StageName", "StageVariables", "Tags",
}

// routeProperties are those that AWS::ApiGatewayV2::Route has under the same name.
var routeProperties = []string{
	"ApiKeyRequired", "ModelSelectionExpression", "OperationName", "RequestModels", "RequestParameters",
	"RouteResponseSelectionExpression",
}

const (
	createdBy     = "websocketapi:createdBy"
	invocationURI = "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Function}/invocations"
	executionARN  = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:"
)

// webSocket makes an API with routes, integrations, an authorizer, a stage that deploys itself, a domain and the
// permissions to invoke the functions. Source: "AWS::Serverless::WebSocketApi".
func (m *model) webSocket() {
	if !m.known(webSocketProperties, "RouteSelectionExpression", "Routes") {
		return
	}
	routes := m.property("Routes")
	if routes.kind != object || len(routes.members) == 0 {
		m.fail(routes.at, "an API needs at least one route, by its key")
		return
	}
	d := m.source
	stage := m.property("StageName")
	if stage == nil {
		stage = m.text("default")
	}
	name := m.property("Name")
	if name == nil {
		name = m.text(d.id)
	}
	members := append(
		m.passed("ApiKeySelectionExpression", "Description", "DisableExecuteApiEndpoint", "DisableSchemaValidation",
			"IpAddressType", "RouteSelectionExpression"),
		field("Name", name), field("ProtocolType", m.text("WEBSOCKET")), field("Tags", m.webSocketTags(true)),
	)
	m.main("AWS::ApiGatewayV2::Api", newObject(d.at, members...))
	var ids []string
	for _, route := range routes.members {
		m.path = []string{"Properties", "Routes", route.key}
		ids = append(ids, m.route(route, stage))
	}
	m.path = []string{"Properties"}
	stageID := m.stage(stage, ids)
	m.aliases[d.id+".Stage"] = m.refTo(stageID)
	m.authorizer(routes)
	m.domain(stageID)
}

// webSocketTags are the tag that SAM adds and, for the API, or for all where PropagateTags says so, those of the template.
func (m *model) webSocketTags(all bool) *value {
	made := newObject(m.source.at)
	propagate, _ := m.settled("PropagateTags").scalar()
	if tags := m.settled("Tags"); tags != nil && (all || propagate == "true") {
		made.members = slices.Clone(tags.members)
	}
	return made.with(createdBy, m.text("SAM"))
}

// sub is Fn::Sub of a text with one variable.
func (m *model) sub(template, variable string, v *value) *value {
	at := m.source.at
	return newCall(at, "Fn::Sub", newList(at, m.text(template), newObject(at, field(variable, v))))
}

var routeKeyPattern = regexp.MustCompile(`^(\$(connect|disconnect|default)|[\p{L}\p{N}]+)$`)

// route makes a route with its integration and the permission to invoke it, and gives the id of the route.
func (m *model) route(written member, stage *value) string {
	function := written.value.get("FunctionArn")
	switch {
	case !routeKeyPattern.MatchString(written.key):
		m.fail(written.at, "the key of a route is $connect, $disconnect, $default or of letters and digits")
		return ""
	case function == nil:
		m.fail(written.at, "the route has no FunctionArn")
		return ""
	case written.key != "$connect" && written.value.get("RequestParameters") != nil:
		m.fail(written.at, "only the route $connect has RequestParameters")
		return ""
	}
	for _, one := range written.value.members {
		if one.key != "FunctionArn" && one.key != "IntegrationTimeout" && !slices.Contains(routeProperties, one.key) {
			m.fail(one.at, "a route has no property %s", one.key)
		}
	}
	word := strings.TrimPrefix(written.key, "$")
	base := m.source.id + strings.ToUpper(word[:1]) + strings.ToLower(word[1:])
	at := m.source.at
	target := newCall(at, "Fn::Join", newList(at, m.text("/"), newList(at, m.text("integrations"), m.refTo(base+"Integration"))))
	members := []member{
		field("ApiId", m.refTo(m.source.id)), field("RouteKey", m.text(written.key)), field("Target", target),
	}
	for _, name := range routeProperties {
		members = append(members, field(name, written.value.get(name)))
	}
	if written.key == "$connect" {
		members = append(members, m.authorization()...)
	}
	m.extra(base+"Route", "AWS::ApiGatewayV2::Route", members...)
	m.extra(
		base+"Integration", "AWS::ApiGatewayV2::Integration", field("ApiId", m.refTo(m.source.id)),
		field("IntegrationType", m.text("AWS_PROXY")), field("IntegrationUri", m.sub(invocationURI, "Function", function)),
		field("TimeoutInMillis", written.value.get("IntegrationTimeout")),
	)
	m.permission(base+"Permission", function, m.sub(executionARN+"${"+m.source.id+".ApiId}/${Stage}/"+escape(written.key), "Stage", stage))
	return base + "Route"
}

// escape keeps Fn::Sub from taking a text for a variable.
func escape(s string) string { return strings.ReplaceAll(s, "${", "${!") }

// permission lets API Gateway invoke a function. Here that is for a reader of the plan: Gangway invokes what it runs.
func (m *model) permission(id string, function, source *value) {
	m.extra(
		id, "AWS::Lambda::Permission", field("Action", m.text("lambda:InvokeFunction")), field("FunctionName", function),
		field("Principal", m.text("apigateway.amazonaws.com")), field("SourceArn", source),
	)
}

// stage makes the stage and gives its id, which has the stage's name in it where that is written out.
func (m *model) stage(name *value, routes []string) string {
	id := m.source.id + "Stage"
	switch written, plain := name.scalar(); {
	case plain && written == "$default":
		m.fail(name.at, "the stage of a WebSocket API cannot be named $default")
	case plain && written == "default":
		id = m.source.id + "DefaultStage"
	case plain:
		id = m.source.id + written + "Stage"
	}
	members := append(
		m.passed("AccessLogSettings", "DefaultRouteSettings", "RouteSettings", "StageVariables"),
		field("ApiId", m.refTo(m.source.id)), field("AutoDeploy", newBoolean(m.source.at, true)), field("StageName", name),
		field("Tags", m.webSocketTags(false)),
	)
	made := m.extra(id, "AWS::ApiGatewayV2::Stage", members...)
	if m.property("RouteSettings") != nil {
		made.dependsOn = routes
	}
	return id
}

// authorization is what the route $connect says about who may connect.
func (m *model) authorization() []member {
	kind, _ := m.settled("Auth").get("AuthType").scalar()
	kind = strings.ToUpper(kind)
	if kind == "" {
		return nil
	}
	members := []member{field("AuthorizationType", m.text(kind))}
	if kind == "CUSTOM" {
		members = append(members, field("AuthorizerId", m.refTo(m.source.id+"ConnectAuthorizer")))
	}
	return members
}

// authorizer makes the authorizer of $connect, if Auth asks for one.
func (m *model) authorizer(routes *value) {
	auth := m.settled("Auth")
	if auth == nil {
		return
	}
	m.path = append(m.path, "Auth")
	kind, _ := auth.get("AuthType").scalar()
	function := auth.get("AuthArn")
	switch kind = strings.ToUpper(kind); {
	case routes.get("$connect") == nil:
		m.fail(auth.at, "only an API with a route $connect can have an authorizer")
	case kind != "NONE" && kind != "AWS_IAM" && kind != "CUSTOM":
		m.fail(auth.at, "AuthType must be NONE, AWS_IAM or CUSTOM")
	case kind == "CUSTOM" && function == nil:
		m.fail(auth.at, "AuthType CUSTOM needs an AuthArn")
	case kind != "CUSTOM" && len(auth.members) > 1:
		m.fail(auth.at, "AuthType %s goes alone", kind)
	case kind == "CUSTOM":
		m.custom(auth)
	}
	m.path = m.path[:len(m.path)-1]
}

// custom makes an authorizer that is a function. Without a role to invoke it with, it needs a permission.
func (m *model) custom(auth *value) {
	function := auth.get("AuthArn")
	id := m.source.id + "ConnectAuthorizer"
	name := auth.get("Name")
	if name == nil {
		name = m.text(id)
	}
	m.extra(
		id, "AWS::ApiGatewayV2::Authorizer", field("ApiId", m.refTo(m.source.id)), field("AuthorizerType", m.text("REQUEST")),
		field("AuthorizerUri", m.sub(invocationURI, "Function", function)), field("Name", name),
		field("AuthorizerCredentialsArn", auth.get("InvokeRole")), field("IdentitySource", auth.get("IdentitySource")),
	)
	if auth.get("InvokeRole") == nil {
		source := m.sub(executionARN+"${Api}/authorizers/*", "Api", m.refTo(m.source.id))
		m.permission(m.source.id+"AuthorizerPermission", function, source)
	}
}

// domain makes a custom domain and what maps it to the stage.
func (m *model) domain(stage string) {
	domain := m.settled("Domain")
	if domain == nil {
		return
	}
	m.path = append(m.path, "Domain")
	defer func() { m.path = m.path[:len(m.path)-1] }()
	endpoint, _ := domain.get("EndpointConfiguration").scalar()
	switch {
	case domain.get("DomainName") == nil || domain.get("CertificateArn") == nil:
		m.fail(domain.at, "a domain needs DomainName and CertificateArn")
		return
	case domain.get("MutualTlsAuthentication") != nil:
		m.fail(domain.at, "a WebSocket API has no MutualTlsAuthentication")
		return
	case endpoint != "" && endpoint != "REGIONAL":
		m.fail(domain.at, "EndpointConfiguration must be REGIONAL")
		return
	}
	name := domain.get("DomainName")
	// The hash is SAM's, so that the logical id is: it protects nothing.
	sum := sha1.Sum(appendName(name))
	id := "ApiGatewayDomainNameV2" + hex.EncodeToString(sum[:])[:10]
	settings := newObject(
		domain.at, field("CertificateArn", domain.get("CertificateArn")), field("EndpointType", m.text("REGIONAL")),
		field("OwnershipVerificationCertificateArn", domain.get("OwnershipVerificationCertificateArn")),
		field("SecurityPolicy", domain.get("SecurityPolicy")),
	)
	m.extra(
		id, "AWS::ApiGatewayV2::DomainName", field("DomainName", name),
		field("DomainNameConfigurations", newList(domain.at, settings)), field("Tags", m.webSocketTags(false)),
	)
	m.aliases[m.source.id+".DomainName"] = m.refTo(id)
	if record := domain.get("Route53"); record != nil {
		m.note(record.at, "API %s: records in Route 53 are not made by Gangway", m.source.id)
	}
	m.apiMappings(domain.get("BasePath"), id, stage)
}

// appendName is what SAM hashes of a name: the text, or the JSON of what is not known before resources are made.
func appendName(name *value) []byte {
	if plain, ok := name.scalar(); ok {
		return []byte(plain)
	}
	return appendJSON(nil, name)
}

var basePathPattern = regexp.MustCompile(`^[0-9a-zA-Z/_-]+$`)

// apiMappings makes one mapping for each base path, or one for the whole domain.
func (m *model) apiMappings(paths *value, domain, stage string) {
	add := func(suffix string, key *value) {
		m.extra(
			m.source.id+suffix+"ApiMapping", "AWS::ApiGatewayV2::ApiMapping", field("ApiId", m.refTo(m.source.id)),
			field("ApiMappingKey", key), field("DomainName", m.refTo(domain)), field("Stage", m.refTo(stage)),
		)
	}
	if paths == nil {
		add("", nil)
		return
	}
	items := []*value{paths}
	if paths.kind == list {
		items = paths.items
	}
	for _, item := range items {
		path, ok := item.scalar()
		if !ok || !basePathPattern.MatchString(path) {
			m.fail(item.at, "a base path has letters, digits, '/', '-' and '_' only")
			continue
		}
		add(strings.NewReplacer("-", "", "_", "", "/", "").Replace(path), newText(item.at, strings.Trim(path, "/")))
	}
}
