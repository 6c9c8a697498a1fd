package conformance_test

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"gangway/internal/node"
)

// otherwise are the values of the service model that a WebSocket API refuses all the same, and why.
var otherwise = map[string]string{
	"CreateApi protocolType HTTP":               "HTTP APIs are not served here",
	"CreateApi target 2048":                     "service model: for HTTP APIs",
	"CreateRoute authorizationType CUSTOM":      "needs an authorizer",
	"CreateRoute authorizationType JWT":         "developer guide: for HTTP APIs",
	"CreateRoute target 128":                    "observed: integrations/ and the id of one",
	"CreateStage loggingLevel ERROR":            "observed: needs the account's CloudWatch role",
	"CreateStage loggingLevel INFO":             "observed: needs the account's CloudWatch role",
	"CreateIntegration timeoutInMillis 30000":   "observed: 29000 is the most for a WebSocket API",
	"CreateIntegration integrationMethod 64":    "one of the methods of HTTP, or ANY",
	"CreateIntegration payloadFormatVersion 64": "observed: 1.0 is the only one for a WebSocket API",
	"CreateIntegration integrationSubtype 128":  "service model: for HTTP APIs",
}

// untried are members of which no value can be tried alone, and why.
var untried = map[string]string{
	"CreateDeployment stageName": "the name of a stage that exists",
}

// creation is how an object of a kind is made, so that one member of it can be tried.
type creation struct {
	operation, path string
	base            map[string]any
}

// TestModelValues tries each enumeration, range and length of the service model on a running node: what the model allows
// is accepted, and what it does not allow is refused.
func TestModelValues(t *testing.T) {
	m := readModel(t)
	s := startNode(t, node.Config{})
	api := s.mustControl(t, post, "/v2/apis", `{"name":"a","protocolType":"WEBSOCKET","routeSelectionExpression":"x"}`).text("apiId")
	integration := s.mustControl(t, post, "/v2/apis/"+api+"/integrations", `{"integrationType":"MOCK"}`).text("integrationId")
	s.mustControl(t, post, "/v2/apis/"+api+"/routes", `{"routeKey":"$default"}`)
	base := "/v2/apis/" + api
	tried := 0
	for _, c := range []creation{
		{"CreateApi", "/v2/apis", map[string]any{"name": "a", "protocolType": "WEBSOCKET", "routeSelectionExpression": "x"}},
		{"CreateRoute", base + "/routes", map[string]any{"routeKey": "$connect"}},
		{"CreateIntegration", base + "/integrations", map[string]any{
			"integrationType": "HTTP_PROXY", "integrationMethod": "POST", "integrationUri": "http://a", "connectionId": "abc",
		}},
		{"CreateIntegrationResponse", base + "/integrations/" + integration + "/integrationresponses", map[string]any{"integrationResponseKey": "$default"}},
		{"CreateDeployment", base + "/deployments", map[string]any{}},
		{"CreateStage", base + "/stages", map[string]any{"stageName": "s"}},
	} {
		for name, member := range m.members(c.operation) {
			if untried[c.operation+" "+name] != "" {
				continue
			}
			tried += c.try(t, s, m, name, member)
		}
		if c.operation == "CreateStage" {
			tried += c.tryEnum(t, s, "loggingLevel", m.Shapes["LoggingLevel"].Enum, func(body map[string]any, value string) {
				body["defaultRouteSettings"] = map[string]any{"loggingLevel": value}
			})
		}
	}
	t.Logf("%d values tried", tried)
}

// members are those of an operation's body, by their names on the wire.
func (m *model) members(operation string) map[string]member {
	found := map[string]member{}
	for _, member := range m.Shapes[m.Operations[operation].Input.Shape].Members {
		if member.Location == "" {
			found[member.LocationName] = member
		}
	}
	return found
}

var lengthShape = regexp.MustCompile(`^(?:String|Uri)WithLengthBetween(\d+)And(\d+)$`)

// try tries the values of one member.
func (c creation) try(t *testing.T, s *server, m *model, name string, member member) int {
	t.Helper()
	shape := m.Shapes[member.Shape]
	set := func(body map[string]any, value string) { body[name] = value }
	switch {
	case len(shape.Enum) > 0:
		return c.tryEnum(t, s, name, shape.Enum, set)
	case shape.Type == "integer" && shape.Min != nil:
		for value, allowed := range map[int]bool{*shape.Min: true, *shape.Min - 1: false, *shape.Max: true, *shape.Max + 1: false} {
			body := maps.Clone(c.base)
			body[name] = value
			c.check(t, s, fmt.Sprintf("%s %d", name, value), body, allowed)
		}
		return 4
	}
	bounds := lengthShape.FindStringSubmatch(member.Shape)
	if bounds == nil {
		return 0
	}
	most, err := strconv.Atoi(bounds[2])
	if err != nil {
		t.Fatal(err)
	}
	for n, allowed := range map[int]bool{most: true, most + 1: false} {
		body := maps.Clone(c.base)
		prefix, _ := body[name].(string)
		if name == "integrationMethod" || name == "payloadFormatVersion" {
			prefix = ""
		}
		body[name] = prefix + strings.Repeat("a", n-len(prefix))
		c.check(t, s, fmt.Sprintf("%s %d", name, n), body, allowed)
	}
	return 2
}

func (c creation) tryEnum(t *testing.T, s *server, name string, values []string, set func(map[string]any, string)) int {
	t.Helper()
	for _, value := range append([]string{"NO_SUCH_VALUE"}, values...) {
		body := maps.Clone(c.base)
		set(body, value)
		if value == "AWS" || value == "AWS_PROXY" {
			body["integrationUri"] = functionURI("f")
		}
		c.check(t, s, name+" "+value, body, value != "NO_SUCH_VALUE")
	}
	return 1 + len(values)
}

// check makes an object, and takes it away again.
func (c creation) check(t *testing.T, s *server, label string, body map[string]any, allowed bool) {
	t.Helper()
	got, err := s.control(t.Context(), http.MethodPost, c.path, body)
	if err != nil {
		t.Fatal(err)
	}
	if otherwise[c.operation+" "+label] != "" {
		if !allowed {
			t.Errorf("%s %s: listed as refused, and refused by the service model, too", c.operation, label)
		}
		allowed = false
	}
	switch {
	case allowed && got.status != http.StatusCreated:
		t.Errorf("%s %s: the service model allows it: %d %s", c.operation, label, got.status, got.body)
	case !allowed && got.status != http.StatusBadRequest:
		t.Errorf("%s %s: expected 400: %d %s", c.operation, label, got.status, got.body)
	}
	if got.status != http.StatusCreated {
		return
	}
	for _, id := range []string{"apiId", "integrationResponseId", "routeId", "integrationId", "deploymentId", "stageName"} {
		if got.text(id) != "" {
			s.mustControl(t, http.MethodDelete, c.path+"/"+got.text(id), nil)
			return
		}
	}
}
