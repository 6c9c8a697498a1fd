package conformance_test

import (
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gangway/internal/control"
)

// deed is a call of an operation that succeeds on an [estate], with every member that can be set at once.
type deed struct {
	operation string // service and name: two services may have an operation of one name
	query     string
	body      string            // {name} stands for a value of the estate
	keep      map[string]string // values of the estate that are members of the answer
}

// founding makes one object of each kind, each with every member that a WebSocket API can have.
var founding = []deed{
	{operation: "apigateway UpdateAccount", body: `{"patchOperations":[{"op":"replace","path":"/cloudwatchRoleArn","value":"arn:aws:iam::000000000000:role/logs"}]}`},
	{operation: "apigatewayv2 CreateApi", body: `{"name":"{label}","protocolType":"WEBSOCKET","routeSelectionExpression":"$request.body.action","description":"d",
		"version":"1","apiKeySelectionExpression":"$request.header.x-api-key","disableExecuteApiEndpoint":false,"disableSchemaValidation":true,
		"ipAddressType":"ipv4","tags":{"owner":"{label}"}}`, keep: keeps("apiId")},
	{operation: "apigatewayv2 CreateModel", body: `{"name":"{label}Model","contentType":"application/json","description":"d","schema":"{\"type\":\"object\"}"}`, keep: keeps("modelId")},
	{operation: "apigatewayv2 CreateAuthorizer", body: `{"name":"a","authorizerType":"REQUEST","identitySource":["route.request.header.Auth"],"authorizerUri":"{functionUri}",
		"authorizerCredentialsArn":"arn:aws:iam::000000000000:role/a","identityValidationExpression":"."}`, keep: keeps("authorizerId")},
	{operation: "apigateway CreateVpcLink", body: `{"name":"n","description":"d","targetArns":["arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/n/1"],
		"tags":{"owner":"{label}"}}`, keep: map[string]string{"vpclink_id": "id"}},
	{operation: "apigatewayv2 CreateIntegration", body: `{"integrationType":"HTTP","integrationMethod":"POST","integrationUri":"http://127.0.0.1:1/","description":"d","connectionType":"VPC_LINK",
		"connectionId":"{vpclink_id}","contentHandlingStrategy":"CONVERT_TO_TEXT","credentialsArn":"arn:aws:iam::000000000000:role/a","passthroughBehavior":"WHEN_NO_MATCH",
		"payloadFormatVersion":"1.0","requestParameters":{"integration.request.header.a":"context.connectionId"},"requestTemplates":{"$default":"{}"},
		"templateSelectionExpression":"\\$default","timeoutInMillis":1000}`, keep: keeps("integrationId")},
	{operation: "apigatewayv2 CreateIntegrationResponse", body: `{"integrationResponseKey":"$default","contentHandlingStrategy":"CONVERT_TO_TEXT","responseParameters":{"route.response.header.a":"'b'"},
		"responseTemplates":{"$default":"{}"},"templateSelectionExpression":"\\$default"}`, keep: keeps("integrationResponseId")},
	{operation: "apigatewayv2 CreateRoute", body: `{"routeKey":"$connect","apiKeyRequired":false,"authorizationType":"CUSTOM","authorizerId":"{authorizerId}","modelSelectionExpression":"$default",
		"operationName":"o","requestModels":{"$default":"{label}Model"},"requestParameters":{"route.request.header.a":{"required":false},"route.request.querystring.b":{"required":false}},
		"routeResponseSelectionExpression":"$default","target":"integrations/{integrationId}"}`, keep: keeps("routeId")},
	{operation: "apigatewayv2 CreateRouteResponse", body: `{"routeResponseKey":"$default","modelSelectionExpression":"$default","responseModels":{"$default":"{label}Model"},
		"responseParameters":{"route.response.header.a":{"required":false}}}`, keep: keeps("routeResponseId")},
	{operation: "apigatewayv2 CreateDeployment", body: `{"description":"d"}`, keep: keeps("deploymentId")},
	{operation: "apigateway GenerateClientCertificate", body: `{"description":"d","tags":{"owner":"{label}"}}`, keep: map[string]string{"clientcertificate_id": "clientCertificateId"}},
	{operation: "apigatewayv2 CreateStage", body: `{"stageName":"{stageName}","deploymentId":"{deploymentId}","description":"d","autoDeploy":false,"clientCertificateId":"{clientcertificate_id}",
		"accessLogSettings":{"destinationArn":"arn:aws:logs:us-east-1:000000000000:log-group:g","format":"$context.requestId"},"stageVariables":{"a":"b"},"tags":{"owner":"{label}"},
		"defaultRouteSettings":{"dataTraceEnabled":true,"detailedMetricsEnabled":true,"loggingLevel":"INFO","throttlingBurstLimit":100,"throttlingRateLimit":50.5},
		"routeSettings":{"$connect":{"dataTraceEnabled":true,"detailedMetricsEnabled":true,"loggingLevel":"INFO","throttlingBurstLimit":100,"throttlingRateLimit":50.5}}}`},
	{operation: "apigatewayv2 CreateDomainName", body: `{"domainName":"{domainName}","domainNameConfigurations":[{"certificateArn":"arn:aws:acm:us-east-1:000000000000:certificate/c","certificateName":"c",
		"endpointType":"REGIONAL","ipAddressType":"ipv4","ownershipVerificationCertificateArn":"arn:aws:acm:us-east-1:000000000000:certificate/o","securityPolicy":"TLS_1_2"}],
		"mutualTlsAuthentication":{"truststoreUri":"s3://bucket/key","truststoreVersion":"1"},"routingMode":"API_MAPPING_ONLY","tags":{"owner":"{label}"}}`},
	{operation: "apigatewayv2 CreateApiMapping", body: `{"apiId":"{apiId}","stage":"{stageName}","apiMappingKey":"{label}"}`, keep: keeps("apiMappingId")},
	{operation: "apigatewayv2 CreateVpcLink", body: `{"name":"n","subnetIds":["subnet-1"],"securityGroupIds":["sg-1"],"tags":{"owner":"{label}"}}`, keep: keeps("vpcLinkId")},
	{operation: "apigateway CreateApiKey", body: `{"name":"{label}","customerId":"c","description":"d","enabled":true,"generateDistinctId":true,"stageKeys":[],"tags":{"owner":"{label}"},
		"value":"value-of-the-key-of-{label}"}`, keep: map[string]string{"api_Key": "id", "keyId": "id"}},
	{operation: "apigateway ImportApiKeys", query: "format=csv&failonwarnings=true", body: "Name,key,description,Enabled,usageplanIds\nimported,the-imported-key-of-{label},d,true,\n"},
	{operation: "apigateway CreateUsagePlan", body: `{"name":"{label}","description":"d","apiStages":[{"apiId":"{apiId}","stage":"{stageName}","throttle":{"/a/GET":{"burstLimit":1,"rateLimit":1.5}}}],
		"quota":{"limit":10,"offset":0,"period":"DAY"},"throttle":{"burstLimit":1,"rateLimit":1.5},"tags":{"owner":"{label}"}}`, keep: map[string]string{"usageplanId": "id"}},
	{operation: "apigateway CreateUsagePlanKey", body: `{"keyId":"{keyId}","keyType":"API_KEY"}`},
	{operation: "apigatewayv2 TagResource", body: `{"tags":{"a":"b","c":"d"}}`},
	{operation: "apigateway TagResource", body: `{"tags":{"e":"f"}}`},
	{operation: "gangway CreateCredentials", body: `{"name":"{name}","durationSeconds":3600,"policy":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"apigateway:GET","Resource":"*"}]}}`},
}

// running changes what was founded.
var running = []deed{
	{operation: "apigatewayv2 UpdateApi", body: `{"description":"e"}`},
	{operation: "apigatewayv2 UpdateModel", body: `{"description":"e"}`},
	{operation: "apigatewayv2 UpdateAuthorizer", body: `{"name":"b"}`},
	{operation: "apigatewayv2 UpdateIntegration", body: `{"timeoutInMillis":2000}`},
	{operation: "apigatewayv2 UpdateIntegrationResponse", body: `{"contentHandlingStrategy":"CONVERT_TO_BINARY"}`},
	{operation: "apigatewayv2 UpdateRoute", body: `{"operationName":"p"}`},
	{operation: "apigatewayv2 UpdateRouteResponse", body: `{"modelSelectionExpression":"x"}`},
	{operation: "apigatewayv2 UpdateDeployment", body: `{"description":"e"}`},
	{operation: "apigatewayv2 UpdateStage", body: `{"stageVariables":{"a":"c"}}`},
	{operation: "apigatewayv2 UpdateDomainName", body: `{"routingMode":"API_MAPPING_ONLY"}`},
	{operation: "apigatewayv2 UpdateApiMapping", body: `{"apiId":"{apiId}","apiMappingKey":""}`},
	{operation: "apigatewayv2 UpdateVpcLink", body: `{"name":"m"}`},
	{operation: "apigateway UpdateVpcLink", body: `{"patchOperations":[{"op":"replace","path":"/name","value":"m"}]}`},
	{operation: "apigateway UpdateApiKey", body: `{"patchOperations":[{"op":"replace","path":"/enabled","value":"false"}]}`},
	{operation: "apigateway UpdateUsagePlan", body: `{"patchOperations":[{"op":"replace","path":"/quota/limit","value":"20"}]}`},
	{operation: "apigateway UpdateUsage", body: `{"patchOperations":[{"op":"replace","path":"/remaining","value":"5"}]}`},
	{operation: "apigateway UpdateClientCertificate", body: `{"patchOperations":[{"op":"replace","path":"/description","value":"e"}]}`},
	{operation: "apigatewayv2 DeleteRouteRequestParameter"},
	{operation: "apigatewayv2 DeleteRouteSettings"},
	{operation: "apigatewayv2 DeleteAccessLogSettings"},
	{operation: "apigatewayv2 DeleteCorsConfiguration"},
	{operation: "apigatewayv2 ResetAuthorizersCache"},
	{operation: "apigatewayv2 UntagResource", query: "tagKeys=a&tagKeys=e"},
	{operation: "apigateway UntagResource", query: "tagKeys=c"},
	{operation: "gangway RotateCredentials", body: `{"graceSeconds":60}`},
}

// asking are the questions that need more than a path; the others are asked as they are.
var asking = []deed{
	{operation: "apigateway GetUsage", query: "startDate=2026-01-01&endDate=2026-01-02"},
	{operation: "apigateway GetApiKey", query: "includeValue=true"},
	{operation: "gangway TestRoute", body: `{"stageName":"{stageName}","draft":true,"body":"{}"}`},
	{operation: "gangway RenderTemplate", body: `{"template":"x"}`},
	{operation: "gangway CheckText", body: `{"kind":"json","text":"{}"}`},
	{operation: "gangway ImportTemplate", body: `{"name":"a","dryRun":true,"template":"Resources: {}"}`},
}

// unmetered takes the stage out of the usage plan, which cannot be deleted before.
var unmetered = deed{
	operation: "apigateway UpdateUsagePlan", body: `{"patchOperations":[{"op":"remove","path":"/apiStages","value":"{apiId}:{stageName}"}]}`,
}

// clearing deletes it all.
var clearing = []deed{
	{operation: "gangway DeleteCredentials"},
	{operation: "apigatewayv2 DeleteApiMapping"},
	{operation: "apigatewayv2 DeleteDomainName"},
	{operation: "apigateway DeleteUsagePlanKey"},
	unmetered,
	{operation: "apigateway DeleteUsagePlan"},
	{operation: "apigateway DeleteApiKey"},
	{operation: "apigatewayv2 DeleteStage"},
	{operation: "apigatewayv2 DeleteDeployment"},
	{operation: "apigatewayv2 DeleteRouteResponse"},
	{operation: "apigatewayv2 DeleteRoute"},
	{operation: "apigatewayv2 DeleteIntegrationResponse"},
	{operation: "apigatewayv2 DeleteIntegration"},
	{operation: "apigatewayv2 DeleteAuthorizer"},
	{operation: "apigatewayv2 DeleteModel"},
	{operation: "apigateway DeleteClientCertificate"},
	{operation: "apigateway DeleteVpcLink"},
	{operation: "apigatewayv2 DeleteVpcLink"},
	{operation: "apigatewayv2 DeleteApi"},
}

func keeps(member string) map[string]string { return map[string]string{member: member} }

// estate is one object of each kind on a node, and what calls of every operation on them look like.
type estate struct {
	*server
	values map[string]string // of the parameters of paths, and of what else deeds name
}

// newEstate knows what an estate is called; there is none yet.
func newEstate(s *server, label string) *estate {
	return &estate{s, map[string]string{
		"label": label, "stageName": "stage_" + label, "domainName": label + ".example.com", "name": label, "functionUri": functionURI("f"),
		"requestParameterKey": "route.request.header.a", "routeKey": "$connect", "specification": "OAS30", "routingRuleId": "r",
	}}
}

// found makes the estate, and gives each answer to a function that may be nil.
func (e *estate) found(t *testing.T, see func(*control.Operation, *answer)) *estate {
	t.Helper()
	for _, d := range founding {
		e.do(t, d, see)
	}
	return e
}

// do does a deed, which has to succeed.
func (e *estate) do(t *testing.T, d deed, see func(*control.Operation, *answer)) {
	t.Helper()
	row := operation(t, d.operation)
	got, err := e.server.do(t.Context(), e.request(row, d))
	must(t, err)
	if got.status != row.Status {
		t.Fatalf("%s: %d %s, expected %d", d.operation, got.status, got.body, row.Status)
	}
	for value, member := range d.keep {
		e.values[value] = got.text(member)
	}
	if arn := "arn:aws:apigateway:" + region + "::/apis/" + e.values["apiId"]; e.values["apiId"] != "" {
		e.values["resource-arn"], e.values["resource_arn"] = arn, arn
	}
	if see != nil {
		see(row, got)
	}
}

// request is the call of an operation.
func (e *estate) request(row *control.Operation, d deed) request {
	path := e.path(row.Path)
	if d.query != "" {
		if strings.Contains(path, "?") {
			path += "&" + d.query
		} else {
			path += "?" + d.query
		}
	}
	in := request{method: row.Method, url: e.admin + path, service: "apigateway"}
	if d.body != "" {
		in.body = []byte(e.fill(d.body, func(text string) string { return text }))
		in.header = http.Header{"Content-Type": {"application/json"}}
	}
	return in
}

var placeholder = regexp.MustCompile(`\{[A-Za-z_-]+\}`)

// fill puts values in their places. What is not known stays as it is.
func (e *estate) fill(text string, escape func(string) string) string {
	return placeholder.ReplaceAllStringFunc(text, func(name string) string {
		if value, known := e.values[strings.Trim(name, "{}")]; known {
			return escape(value)
		}
		return name
	})
}

// path is a path of the service model with the estate's own in the places of its parameters.
func (e *estate) path(pattern string) string {
	return strings.NewReplacer("{", "%7B", "}", "%7D").Replace(e.fill(pattern, url.PathEscape))
}

// missing is an estate of which nothing is there, with names of the same form.
func (e *estate) missing() *estate {
	lost := &estate{e.server, maps.Clone(e.values)}
	for name, value := range lost.values {
		if name == "functionUri" || strings.HasPrefix(value, "arn:") {
			continue
		}
		lost.values[name] = "zz" + value[min(2, len(value)-1):]
	}
	for _, name := range []string{"resource-arn", "resource_arn"} {
		lost.values[name] = strings.Replace(e.values[name], e.values["apiId"], lost.values["apiId"], 1)
	}
	return lost
}

// rowsOf are the rows of a service by name.
func rowsOf(service string) map[string]*control.Operation {
	rows := map[string]*control.Operation{}
	for _, row := range control.Operations() {
		if row.Service == service {
			rows[row.Name] = &row
		}
	}
	return rows
}

// operation is a row by service and name.
func operation(t *testing.T, name string) *control.Operation {
	t.Helper()
	service, operation, _ := strings.Cut(name, " ")
	row := rowsOf(service)[operation]
	if row == nil {
		t.Fatalf("there is no row %s", name)
	}
	return row
}

// deeds are calls of every operation, in an order in which all of them succeed once the estate is founded: changes,
// questions, deletions. What an operation needs besides its path is found above; what is not there and needs nothing is
// called as it is, so that a new row needs a line here only if it has a body or takes something away.
func deeds() []deed {
	known := map[string]deed{}
	for _, d := range slices.Concat(founding, running, asking, clearing) {
		known[d.operation] = d
	}
	all := slices.Clone(running)
	for _, row := range control.Operations() {
		name := row.Service + " " + row.Name
		d, listed := known[name]
		switch {
		case row.Excuse() != "" || strings.HasSuffix(row.Name, "DeadLetter"): // there is none: see TestDeadLetters
			continue
		case row.Method == http.MethodGet && !listed:
			all = append(all, deed{operation: name})
		case row.Method == http.MethodGet, slices.ContainsFunc(asking, func(question deed) bool { return question.operation == name }):
			all = append(all, d)
		case !listed:
			all = append(all, deed{operation: name, body: "{}"})
		}
	}
	return append(all, clearing...)
}

// everyCall is the call of each row, refused ones too, in the order of the table.
func everyCall() map[string]deed {
	calls := map[string]deed{}
	for _, row := range control.Operations() {
		calls[row.Service+" "+row.Name] = deed{operation: row.Service + " " + row.Name}
	}
	for _, d := range slices.Concat(clearing, asking, running, founding) {
		calls[d.operation] = d
	}
	return calls
}
