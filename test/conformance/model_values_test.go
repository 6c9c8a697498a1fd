package conformance_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"gangway/internal/control"
	"gangway/internal/node"
)

// otherwise are the values of which the answer is not what the service model alone would have it, and why.
var otherwise = map[string]string{
	"CreateApi protocolType HTTP":                                        "HTTP APIs are not served here",
	"CreateApi target 2048":                                              "service model: for HTTP APIs",
	"CreateAuthorizer authorizerType JWT":                                "observed: REQUEST is the only one for a WebSocket API",
	"CreateAuthorizer authorizerResultTtlInSeconds 0":                    "observed: not for a WebSocket API",
	"CreateAuthorizer authorizerResultTtlInSeconds 3600":                 "observed: not for a WebSocket API",
	"CreateAuthorizer authorizerPayloadFormatVersion 64":                 "not for a WebSocket API",
	"CreateRoute authorizationType JWT":                                  "developer guide: for HTTP APIs",
	"CreateRoute target 128":                                             "observed: integrations/ and the id of one",
	"CreateRoute requestModels{} 128":                                    "the name of a model that exists",
	"CreateRouteResponse responseModels{} 128":                           "the name of a model that exists",
	"CreateIntegration timeoutInMillis 30000":                            "observed: 29000 is the most for a WebSocket API",
	"CreateIntegration integrationMethod 64":                             "one of the methods of HTTP, or ANY",
	"CreateIntegration payloadFormatVersion 64":                          "observed: 1.0 is the only one for a WebSocket API",
	"CreateIntegration integrationSubtype 128":                           "service model: for HTTP APIs",
	"CreateIntegration connectionId 1024":                                "the id of a VPC link that exists",
	"CreateDeployment stageName 128":                                     "the name of a stage that exists",
	"CreateStage accessLogSettings.format 1025":                          "quota page: a template has up to 3 KB",
	"CreateDomainName domainName 512":                                    "RFC 1035 section 2.3.4: names have up to 255 octets, in their written form 253",
	"CreateDomainName domainNameConfigurations[].endpointType EDGE":      "observed: refused by version 2",
	"CreateDomainName domainNameConfigurations[].securityPolicy TLS_1_0": "observed: refused by version 2",
	"CreateApiMapping stage 128":                                         "the name of a stage that exists",
}

// readOnly are members of requests that nobody can write: whatever is sent there is passed over.
var readOnly = regexp.MustCompile(`^CreateDomainName domainNameConfigurations\[\]\.(domainNameStatus|domainNameStatusMessage|apiGatewayDomainName|hostedZoneId|certificateUploadDate) `)

// probe is a body with one value that the service model has something to say about.
type probe struct {
	label   string
	body    map[string]any
	allowed bool
}

// TestModelValues tries each enumeration, range, length and type of the service model on a running node, in the creation of
// an object of each kind, member by member and nested as deep as it goes: what the model allows is accepted, and what it does
// not allow is refused.
func TestModelValues(t *testing.T) {
	newest, ok := installed(t)
	if !ok {
		newest = pinned(t)
	}
	e := newEstate(startNode(t, node.Config{}), "a")
	tried, used := 0, map[string]bool{}
	for _, d := range founding {
		row := operation(t, d.operation)
		input := newest.models[row.Service]
		if input != nil && row.Method == http.MethodPost && d.query == "" {
			var base map[string]any
			must(t, json.Unmarshal(e.request(row, d).body, &base))
			probes := &probes{model: input, operation: row.Name}
			probes.walk("", member{Shape: input.Operations[row.Name].Input.Shape}, base, func(v any) map[string]any { return v.(map[string]any) }, false)
			for _, p := range probes.all {
				e.try(t, row, d, p, used)
			}
			tried += len(probes.all)
		}
		e.do(t, d, nil)
	}
	for label := range otherwise {
		if !used[label] && ok {
			t.Errorf("%s is listed as answered otherwise, and is not tried", label)
		}
	}
	t.Logf("%d values tried, of %s", tried, newest.name)
}

// probes collects what is to be tried.
type probes struct {
	model     *model
	operation string
	all       []probe
}

// lengths are in the names of shapes.
var lengths = regexp.MustCompile(`^(?:String|Uri)WithLengthBetween(\d+)And(\d+)(K?)$`)

// walk tries the values of a member and of all below it. The value is that of the base body, put makes a body with another.
func (p *probes) walk(label string, one member, value any, put func(any) map[string]any, required bool) {
	shape := p.model.Shapes[one.Shape]
	add := func(what string, v any, allowed bool) {
		p.all = append(p.all, probe{p.operation + " " + label + " " + what, put(v), allowed})
	}
	if label != "" {
		add("wrong type", map[bool]any{true: 1, false: "x"}[shape.Type == "string" || shape.Type == "timestamp"], false)
	}
	switch within := value.(type) {
	case map[string]any:
		p.walkObject(label, one, within, put)
		return
	case []any:
		if len(within) > 0 {
			p.walk(label+"[]", *shape.Member, within[0], func(v any) map[string]any { return put([]any{v}) }, false)
		}
		return
	}
	bounds := lengths.FindStringSubmatch(one.Shape)
	switch {
	case len(shape.Enum) > 0:
		for _, allowed := range shape.Enum {
			add(allowed, allowed, true)
		}
		add("NO_SUCH_VALUE", "NO_SUCH_VALUE", false)
	case shape.Type == "integer" && shape.Min != nil:
		for n, allowed := range map[int]bool{*shape.Min: true, *shape.Min - 1: false, *shape.Max: true, *shape.Max + 1: false} {
			add(strconv.Itoa(n), n, allowed)
		}
	case bounds != nil:
		least, _ := strconv.Atoi(bounds[1])
		most, _ := strconv.Atoi(bounds[2])
		if bounds[3] == "K" {
			most <<= 10
		}
		text, _ := value.(string)
		add(strconv.Itoa(most), padded(text, most), true)
		add(strconv.Itoa(most+1), padded(text, most+1), false)
		if required && least > 0 {
			add("0", "", false)
		}
	}
}

func (p *probes) walkObject(label string, one member, object map[string]any, put func(any) map[string]any) {
	shape := p.model.Shapes[one.Shape]
	with := func(name string) func(any) map[string]any {
		return func(v any) map[string]any {
			changed := maps.Clone(object)
			changed[name] = v
			return put(changed)
		}
	}
	if shape.Type == "map" {
		for name, value := range object {
			p.walk(label+"{}", *shape.Value, value, with(name), false)
		}
		return
	}
	required := map[string]bool{}
	for _, name := range shape.Required {
		required[shape.Members[name].wireName(name)] = true
	}
	for name, inner := range p.model.bodyOf(one.Shape) {
		p.walk(strings.TrimPrefix(label+"."+name, "."), inner, object[name], with(name), required[name])
	}
}

// padded is a text of n characters that begins with another, and is JSON if that is.
func padded(text string, n int) string {
	if strings.HasPrefix(text, "{\"") {
		return text + strings.Repeat(" ", n-len(text))
	}
	return text + strings.Repeat("a", n-len(text))
}

// try makes an object, and takes it away again.
func (e *estate) try(t *testing.T, row *control.Operation, d deed, p probe, used map[string]bool) {
	t.Helper()
	// What one value of an enumeration needs of other members.
	switch kind := p.body["integrationType"]; kind {
	case "AWS", "AWS_PROXY":
		p.body["integrationUri"] = functionURI("f")
	}
	if kind, ok := p.body["authorizationType"]; ok && kind != "CUSTOM" {
		delete(p.body, "authorizerId")
	}
	text, err := json.Marshal(p.body)
	must(t, err)
	in := e.request(row, d)
	in.body = text
	got, err := e.server.do(t.Context(), in)
	must(t, err)
	used[p.label] = true
	if readOnly.MatchString(p.label) && !strings.HasSuffix(p.label, " wrong type") {
		p.allowed = true
	}
	if otherwise[p.label] != "" {
		p.allowed = !p.allowed
	}
	switch {
	case p.allowed && got.status != row.Status:
		t.Errorf("%s: expected %d: %d %.300s", p.label, row.Status, got.status, got.body)
	case !p.allowed && (got.status < 400 || got.status >= 500):
		t.Errorf("%s: expected a refusal: %d %.300s", p.label, got.status, got.body)
	}
	if got.status == row.Status {
		e.takeAway(t, row, d, got)
	}
}

// takeAway deletes what a creation has made, if there is an operation for that.
func (e *estate) takeAway(t *testing.T, row *control.Operation, d deed, made *answer) {
	t.Helper()
	for _, other := range control.Operations() {
		rest, ok := strings.CutPrefix(other.Path, row.Path+"/")
		if !ok || other.Method != http.MethodDelete || strings.Contains(rest, "/") || other.Service != row.Service {
			continue
		}
		parameter := strings.Trim(rest, "{}")
		id := made.text(parameter)
		if member := d.keep[parameter]; member != "" {
			id = made.text(member)
		}
		gone := &estate{e.server, maps.Clone(e.values)}
		if id != "" {
			gone.values[parameter] = id
		}
		if row.Name == "CreateUsagePlan" {
			gone.do(t, unmetered, nil)
		}
		gone.do(t, deed{operation: other.Service + " " + other.Name}, nil)
		return
	}
	if row.Name != "TagResource" {
		t.Fatalf("%s: nothing deletes what it makes", row.Name)
	}
}
