package conformance_test

import (
	"cmp"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"gangway/internal/control"
	"gangway/internal/node"
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
	Type       string
	Enum       []string
	Min, Max   *int
	Required   []string
	Members    map[string]member
	Member     *member // of a list
	Key, Value *member // of a map
	Payload    string  // the member that is the whole body
}

type member struct{ Shape, Location, LocationName string }

// wireName is what a member is called in JSON, in a path or in a query.
func (m member) wireName(name string) string { return cmp.Or(m.LocationName, name) }

// source is where service models come from.
type source struct {
	name   string
	models map[string]*model // by the service in our table of operations
}

// modelFiles are the folders of the service models, the same in all that AWS publishes.
var modelFiles = map[string]string{
	control.ServiceV2: "apigatewayv2/2018-11-29",
	control.ServiceV1: "apigateway/2015-07-09",
}

// pinned are the service models in the AWS SDK for Go v1, of mid 2025; they are always there.
func pinned(t *testing.T) source {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}} {{.Version}}", "github.com/aws/aws-sdk-go").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	dir, version, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	found := source{"aws-sdk-go " + version, map[string]*model{}}
	for service, folder := range modelFiles {
		found.models[service] = readModel(t, filepath.Join(dir, "models/apis", folder, "api-2.json"))
	}
	return found
}

// installed are the service models of botocore, as new as whoever works here has it; nothing, if it is not installed.
func installed(t *testing.T) (found source, ok bool) {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		return source{}, false
	}
	out, err := exec.CommandContext(t.Context(), python, "-c", "import botocore; print(botocore.__path__[0], botocore.__version__)").Output()
	if err != nil {
		return source{}, false
	}
	dir, version, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	found = source{"botocore " + version, map[string]*model{}}
	for service, folder := range modelFiles {
		found.models[service] = readModel(t, filepath.Join(dir, "data", folder, "service-2.json.gz"))
	}
	return found, true
}

func readModel(t *testing.T, file string) *model {
	t.Helper()
	packed, err := os.Open(file)
	must(t, err)
	defer func() { _ = packed.Close() }()
	var text io.Reader = packed
	if strings.HasSuffix(file, ".gz") {
		text, err = gzip.NewReader(packed)
		must(t, err)
	}
	m := &model{}
	must(t, json.NewDecoder(text).Decode(m))
	return m
}

// eachModel runs a test on every service model there is.
func eachModel(t *testing.T, test func(t *testing.T, service string, m *model, newest bool)) {
	t.Helper()
	sources := []source{pinned(t)}
	newest, ok := installed(t)
	if ok {
		sources = append(sources, newest)
	} else {
		t.Run("botocore", func(t *testing.T) {
			t.Skip("SKIPPED: botocore is not installed, so nothing is known about what is newer than the models of the AWS SDK for Go v1")
		})
	}
	for i, source := range sources {
		for _, service := range []string{control.ServiceV2, control.ServiceV1} {
			t.Run(source.name+" "+service, func(t *testing.T) { test(t, service, source.models[service], i > 0) })
		}
	}
}

// newer is what the pinned service models do not have yet, and when it came.
var newer = map[string]string{
	"apigatewayv2 CreateRoutingRule":        "routing rules came in 2025",
	"apigatewayv2 GetRoutingRule":           "routing rules came in 2025",
	"apigatewayv2 PutRoutingRule":           "routing rules came in 2025",
	"apigatewayv2 DeleteRoutingRule":        "routing rules came in 2025",
	"apigatewayv2 ListRoutingRules":         "routing rules came in 2025",
	"/v2/portals":                           "developer portals came in 2025",
	"/v2/portalproducts":                    "developer portals came in 2025",
	"/domainnameaccessassociations":         "private custom domain names came at the end of 2024",
	"/rejectdomainnameaccessassociations":   "private custom domain names came at the end of 2024",
	"Api.ipAddressType":                     "dual-stack endpoints came in 2025",
	"DomainName.routingMode":                "routing rules came in 2025",
	"DomainName.domainNameArn":              "came at the end of 2024",
	"DomainNameConfiguration.ipAddressType": "dual-stack endpoints came in 2025",
}

// TestModelOperations wants, of each operation of the service models, either a row with the same method, path and status, or a
// refusal of all that is below a path, with its reason.
func TestModelOperations(t *testing.T) {
	refused := map[string]bool{}
	eachModel(t, func(t *testing.T, service string, m *model, newest bool) {
		t.Helper()
		rows := rowsOf(service)
		for name, operation := range m.Operations {
			path, _, _ := strings.Cut(operation.HTTP.RequestURI, "?")
			refusal := refusalOf(path)
			row := rows[name]
			switch {
			case row == nil && refusal == nil:
				t.Errorf("%s %s: neither a row nor below a refused path", name, path)
			case row == nil:
				refused[refusal.Prefix] = true
			case refusal != nil:
				t.Errorf("%s has a row, and %s is refused", name, refusal.Prefix)
			default:
				wanted := fmt.Sprintf("%s %s %d", operation.HTTP.Method, operation.HTTP.RequestURI, cmp.Or(operation.HTTP.ResponseCode, http.StatusOK))
				if got := fmt.Sprintf("%s %s %d", row.Method, row.Path, row.Status); got != wanted {
					t.Errorf("%s: %s, the service model has %s", name, got, wanted)
				}
			}
		}
		for name := range rows {
			if _, known := m.Operations[name]; known == (newer[service+" "+name] != "") && !newest {
				t.Errorf("%s: in the service model: %v, listed as newer: %v", name, known, !known)
			}
		}
	})
	for _, refusal := range control.Refusals() {
		if !refused[refusal.Prefix] && newer[refusal.Prefix] == "" {
			t.Errorf("%s is refused, and no operation is there", refusal.Prefix)
		}
		if refusal.Excuse == "" {
			t.Errorf("%s is refused for no reason", refusal.Prefix)
		}
	}
}

// refusalOf is the refusal that a path falls under, or nil.
func refusalOf(path string) *control.Refusal {
	for _, refusal := range control.Refusals() {
		if path == refusal.Prefix || strings.HasPrefix(path, refusal.Prefix+"/") {
			return &refusal
		}
	}
	return nil
}

// TestTable wants rows that differ: no two for one request, no two of a name in one service.
func TestTable(t *testing.T) {
	names, calls := map[string]bool{}, map[string]string{}
	for _, row := range control.Operations() {
		name := row.Service + " " + row.Name
		call := row.Method + " " + placeholder.ReplaceAllString(row.Path, "{}")
		if names[name] {
			t.Errorf("%s: two rows", name)
		}
		if other := calls[call]; other != "" {
			t.Errorf("%s and %s are both %s", name, other, call)
		}
		names[name], calls[call] = true, name
	}
}

// TestModelRefusals asks a node for every operation that is not served: each is refused by name or by path, with the reason,
// and none is taken for another.
func TestModelRefusals(t *testing.T) {
	e := newEstate(startNode(t, node.Config{}), "a")
	eachModel(t, func(t *testing.T, service string, m *model, _ bool) {
		t.Helper()
		rows, asked := rowsOf(service), 0
		for name, operation := range m.Operations {
			row := rows[name]
			excuse := ""
			if refusal := refusalOf(operation.HTTP.RequestURI); refusal != nil {
				excuse = refusal.Excuse
			} else if row != nil {
				excuse = row.Excuse()
			}
			if excuse == "" {
				continue
			}
			asked++
			got, err := e.server.do(t.Context(), request{
				method: operation.HTTP.Method, url: e.admin + e.path(operation.HTTP.RequestURI), service: "apigateway", body: []byte("{}"),
			})
			must(t, err)
			for _, fault := range headFaults(http.StatusBadRequest, badRequest, got) {
				t.Errorf("%s: %s", name, fault)
			}
			if !strings.Contains(got.text("message"), excuse) {
				t.Errorf("%s: %s does not say why", name, got.body)
			}
		}
		t.Logf("%d operations refused", asked)
	})
}

const compatibilityFile = "../../docs/compatibility.md"

// TestCompatibility holds docs/compatibility.md against the table of operations; -update writes it.
func TestCompatibility(t *testing.T) {
	wanted := compatibility()
	if *update {
		must(t, os.WriteFile(compatibilityFile, []byte(wanted), 0o644))
	}
	have, err := os.ReadFile(compatibilityFile)
	must(t, err)
	if diff := gocmp.Diff(wanted, string(have)); diff != "" {
		t.Errorf("docs/compatibility.md is old; run the test with -update (- wanted, + there):\n%s", diff)
	}
}

// services are how the document calls them, in its order.
var services = []struct{ service, title string }{
	{control.ServiceV2, "Version 2: `apigatewayv2` (2018-11-29)"},
	{control.ServiceV1, "Version 1: `apigateway` (2015-07-09), as far as WebSocket APIs need it"},
	{control.ServiceOwn, "Our own, which AWS has no operation for"},
}

// compatibility is the matrix.
func compatibility() string {
	var out strings.Builder
	out.WriteString("# Which operations of Amazon API Gateway are served\n\n" +
		"<!-- Generated by `cd test && go test ./conformance -run TestCompatibility -update`. -->\n\n" +
		"The control plane, operation by operation; a test holds the table against the service models that AWS publishes. The\n" +
		"Management API (`PostToConnection`, `GetConnection`, `DeleteConnection`) is served in full, and of the Security Token\n" +
		"Service `GetCallerIdentity`. What is not served is answered with a `BadRequestException` that gives the reason below.\n")
	for _, s := range services {
		served, rows := 0, 0
		fmt.Fprintf(&out, "\n## %s\n\n| operation | request | served |\n|---|---|---|\n", s.title)
		for _, row := range control.Operations() {
			if row.Service != s.service {
				continue
			}
			says := "yes"
			if row.Excuse() != "" {
				says = "no: " + row.Excuse()
			} else {
				served++
			}
			rows++
			fmt.Fprintf(&out, "| %s | `%s %s` | %s |\n", row.Name, row.Method, row.Path, says)
		}
		fmt.Fprintf(&out, "\n%d served, %d not.\n", served, rows-served)
	}
	out.WriteString(functionOperations())
	out.WriteString("\n## Paths below which nothing is served\n\n| path | why |\n|---|---|\n")
	for _, refusal := range control.Refusals() {
		fmt.Fprintf(&out, "| `%s` | %s |\n", refusal.Prefix, refusal.Excuse)
	}
	return out.String()
}

// bodyOf is the shape of what travels in a body: its members by their names on the wire. A member that is the whole body has
// no name.
func (m *model) bodyOf(name string) map[string]member {
	members := map[string]member{}
	whole := m.Shapes[name]
	for name, one := range whole.Members {
		if one.Location == "" && name != whole.Payload {
			members[one.wireName(name)] = one
		}
	}
	return members
}

// at are the members of a shape that travel in a path or a query.
func (m *model) at(name string, locations ...string) map[string]member {
	members := map[string]member{}
	for name, one := range m.Shapes[name].Members {
		if slices.Contains(locations, one.Location) {
			members[one.wireName(name)] = one
		}
	}
	return members
}
