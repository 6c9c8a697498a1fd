package conformance_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gangway/internal/control"
	"gangway/internal/gateway"
)

var update = flag.Bool("update", false, "rewrite the documents that tests generate")

// model is what is read of an AWS service model.
type model struct {
	Operations map[string]struct {
		HTTP struct {
			Method, RequestURI string
			ResponseCode       int
		}
		Input, Output struct{ Shape string }
	}
	Shapes map[string]shape
}

type shape struct {
	Type     string
	Enum     []string
	Min, Max *int
	Members  map[string]member
	Member   *member // of a list
}

type member struct{ Shape, Location, LocationName string }

// readModel finds the service model of apigatewayv2 in the module cache.
func readModel(t *testing.T) *model {
	t.Helper()
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-sdk-go").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "models/apis/apigatewayv2/2018-11-29/api-2.json"))
	if err != nil {
		t.Fatal(err)
	}
	m := &model{}
	if err := json.Unmarshal(text, m); err != nil {
		t.Fatal(err)
	}
	return m
}

// bodyMembers are the members of a shape that travel in the body, by their names on the wire.
func (m *model) bodyMembers(name string) map[string]shape {
	members := map[string]shape{}
	for _, member := range m.Shapes[name].Members {
		if member.Location == "" {
			found := m.Shapes[member.Shape]
			members[member.LocationName] = found
		}
	}
	return members
}

// newer are rows that this service model, the last of the AWS SDK for Go v1, does not have yet.
var newer = map[string]string{
	"CreateRoutingRule": "routing rules came in 2025", "GetRoutingRule": "routing rules came in 2025", "PutRoutingRule": "routing rules came in 2025",
	"DeleteRoutingRule": "routing rules came in 2025", "ListRoutingRules": "routing rules came in 2025",
}

// TestModelOperations wants a row for each operation of the service model, and in it the same method, path and status.
func TestModelOperations(t *testing.T) {
	m := readModel(t)
	rows := map[string]control.Operation{}
	for _, row := range control.Operations() {
		if _, twice := rows[row.Name]; twice {
			t.Errorf("%s: two rows", row.Name)
		}
		rows[row.Name] = row
		if _, known := m.Operations[row.Name]; !known && newer[row.Name] == "" {
			t.Errorf("%s: the service model has no such operation", row.Name)
		}
	}
	for name, operation := range m.Operations {
		row, ok := rows[name]
		if !ok {
			t.Errorf("%s: neither served nor excused", name)
			continue
		}
		status := operation.HTTP.ResponseCode
		if status == 0 {
			status = 200
		}
		wanted := fmt.Sprintf("%s %s %d", operation.HTTP.Method, operation.HTTP.RequestURI, status)
		if got := fmt.Sprintf("%s %s %d", row.Method, row.Path, row.Status); got != wanted {
			t.Errorf("%s: %s, the service model has %s", name, got, wanted)
		}
	}
}

// settled is what every object of the control plane says of itself.
type settled interface {
	gateway.Object
	Settings() any
	Locate(key gateway.Key, now time.Time)
}

// objects are our types, by the noun in the names of operations.
var objects = map[string]func() settled{
	"Api":                 func() settled { return new(gateway.API) },
	"Route":               func() settled { return new(gateway.Route) },
	"RouteResponse":       func() settled { return new(gateway.RouteResponse) },
	"Integration":         func() settled { return new(gateway.Integration) },
	"IntegrationResponse": func() settled { return new(gateway.IntegrationResponse) },
	"Deployment":          func() settled { return new(gateway.Deployment) },
	"Stage":               func() settled { return new(gateway.Stage) },
}

// notOurs are members of the service model that our objects lack, and why.
var notOurs = map[string]string{
	"CreateDeployment.stageName":         "read by the operation itself, and not kept",
	"Api.apiGatewayManaged":              "set for what quick create makes, which is for HTTP APIs",
	"Api.importInfo":                     "set by imports, which are for HTTP APIs",
	"Api.warnings":                       "set by imports, which are for HTTP APIs",
	"Route.apiGatewayManaged":            "set for what quick create makes, which is for HTTP APIs",
	"Integration.apiGatewayManaged":      "set for what quick create makes, which is for HTTP APIs",
	"Stage.apiGatewayManaged":            "set for what quick create makes, which is for HTTP APIs",
	"Deployment.deploymentStatusMessage": "set for a deployment that failed; ours either exist or were refused",
	"Stage.lastDeploymentStatusMessage":  "set by autoDeploy, which is not served yet",
}

// TestModelMembers wants each member of a served operation's body among the members of our object, and of the same type;
// and no member of ours that the service model does not have.
func TestModelMembers(t *testing.T) {
	m := readModel(t)
	used := map[string]bool{}
	for noun, fresh := range objects {
		known := map[string]shape{}
		for _, verb := range []string{"Create", "Update", "Get"} {
			operation, ok := m.Operations[verb+noun]
			if !ok {
				t.Errorf("%s%s: not in the service model", verb, noun)
				continue
			}
			for name, shape := range m.bodyMembers(operation.Input.Shape) {
				known[name] = shape
				compareMember(t, verb+noun, noun, name, shape, writable(fresh(), verb), used)
			}
			for name, shape := range m.bodyMembers(operation.Output.Shape) {
				known[name] = shape
				compareMember(t, verb+noun, noun, name, shape, jsonMembers(reflect.TypeOf(fresh())), used)
			}
		}
		for name := range jsonMembers(reflect.TypeOf(fresh())) {
			newMember := noun == "Api" && name == "ipAddressType" // newer than this service model
			if _, ok := known[name]; !ok && !newMember {
				t.Errorf("%s.%s: the service model has no such member", noun, name)
			}
		}
	}
	for name := range notOurs {
		if !used[name] {
			t.Errorf("%s is listed as missing, but is not", name)
		}
	}
}

// writable are the members that a request can set.
func writable(object settled, verb string) map[string]reflect.Type {
	members := jsonMembers(reflect.TypeOf(object.Settings()))
	if origin, ok := object.(interface{ Origin() any }); ok && verb == "Create" {
		maps.Copy(members, jsonMembers(reflect.TypeOf(origin.Origin())))
	}
	return members
}

func compareMember(t *testing.T, operation, noun, name string, wanted shape, ours map[string]reflect.Type, used map[string]bool) {
	t.Helper()
	kind, ok := ours[name]
	if !ok {
		for _, excuse := range []string{operation + "." + name, noun + "." + name} {
			if notOurs[excuse] != "" {
				used[excuse] = true
				return
			}
		}
		t.Errorf("%s: member %s of the service model is missing", operation, name)
		return
	}
	if got := jsonType(kind); got != "" && got != wanted.Type {
		t.Errorf("%s: member %s is a %s, in the service model a %s", operation, name, got, wanted.Type)
	}
}

// jsonMembers are the members of a struct as JSON has them.
func jsonMembers(kind reflect.Type) map[string]reflect.Type {
	for kind.Kind() == reflect.Pointer {
		kind = kind.Elem()
	}
	members := map[string]reflect.Type{}
	for field := range kind.Fields() {
		if field.Anonymous {
			maps.Copy(members, jsonMembers(field.Type))
			continue
		}
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" && name != "-" {
			members[name] = field.Type
		}
	}
	return members
}

// jsonType is the service model's word for a type; empty for one that takes anything.
func jsonType(kind reflect.Type) string {
	for kind.Kind() == reflect.Pointer {
		kind = kind.Elem()
	}
	switch {
	case kind == reflect.TypeFor[time.Time]():
		return "timestamp"
	case kind.Kind() == reflect.Interface:
		return ""
	}
	return map[reflect.Kind]string{
		reflect.String: "string", reflect.Bool: "boolean", reflect.Int: "integer", reflect.Float64: "double",
		reflect.Map: "map", reflect.Slice: "list", reflect.Struct: "structure",
	}[kind.Kind()]
}

const compatibilityFile = "../../docs/compatibility.md"

// TestCompatibility holds docs/compatibility.md against the table of operations; -update writes it.
func TestCompatibility(t *testing.T) {
	var out strings.Builder
	served, unserved := 0, 0
	out.WriteString("# Which operations of Amazon API Gateway are served\n\n" +
		"<!-- Generated by `cd test && go test ./conformance -run TestCompatibility -update`. -->\n\n" +
		"The control plane, `apigatewayv2` (2018-11-29), operation by operation. The Management API\n" +
		"(`PostToConnection`, `GetConnection`, `DeleteConnection`) is served in full.\n\n| operation | served |\n|---|---|\n")
	for _, row := range control.Operations() {
		says := "yes"
		if row.Excuse != "" {
			says = "no: " + row.Excuse
			unserved++
			t.Logf("not served: %-24s %s", row.Name, row.Excuse)
		} else {
			served++
		}
		fmt.Fprintf(&out, "| %s | %s |\n", row.Name, says)
	}
	fmt.Fprintf(&out, "\n%d served, %d not.\n", served, unserved)
	if *update {
		if err := os.WriteFile(compatibilityFile, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(compatibilityFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(out.String(), string(have)); diff != "" {
		t.Errorf("docs/compatibility.md is old; run the test with -update (- wanted, + there):\n%s", diff)
	}
}
