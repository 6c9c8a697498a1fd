package conformance_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"gangway/internal/control"
	"gangway/internal/gateway"
	"gangway/internal/node"
)

// unread are members of requests in the service models that no row has, and why.
var unread = map[string]string{
	"ListRoutingRules.domainNameId": "names a private domain, of which there are none for WebSocket APIs",
	"ListRoutingRules.maxResults":   "the list is always empty",
	"ListRoutingRules.nextToken":    "the list is always empty",
	"GetTags.limit":                 "service model: not currently supported",
	"GetTags.position":              "service model: not currently supported",
}

// typeWords are the types of the service models as a [control.Member] has them.
var typeWords = map[string]string{
	"structure": "object", "list": "list", "map": "map", "string": "string", "timestamp": "string", "boolean": "boolean",
	"integer": "integer", "long": "integer", "double": "number",
}

// TestModelRequests wants a row to read what the service model's request may say, in path, query and body, and no more.
func TestModelRequests(t *testing.T) {
	used := map[string]bool{}
	eachModel(t, func(t *testing.T, service string, m *model, newest bool) {
		t.Helper()
		for name, row := range rowsOf(service) {
			operation, known := m.Operations[name]
			if !known || row.Excuse() != "" {
				continue
			}
			input := operation.Input.Shape
			wanted := map[string]map[string]member{"path": m.at(input, "uri"), "query": m.at(input, "querystring"), "body": m.bodyOf(input)}
			read := map[string]bool{}
			for _, got := range row.Members() {
				read[got.In+" "+got.Name] = true
				in, known := wanted[got.In][got.Name]
				switch {
				case !known && (newest || newer[nounOf(name)+"."+got.Name] == ""):
					t.Errorf("%s: the service model has no %s in the %s", name, got.Name, got.In)
				case known && got.In == "body" && got.Kind != "object" && got.Kind != typeWords[m.Shapes[in.Shape].Type]:
					t.Errorf("%s: %s is a %s, in the service model a %s", name, got.Name, got.Kind, m.Shapes[in.Shape].Type)
				}
			}
			for place, members := range wanted {
				for member := range members {
					used[name+"."+member] = true
					if !read[place+" "+member] && unread[name+"."+member] == "" {
						t.Errorf("%s: %s of the service model is missing in the %s", name, member, place)
					}
				}
			}
		}
	})
	for name := range unread {
		operation, _, _ := strings.Cut(name, ".")
		if _, ok := installed(t); !used[name] && (ok || newer["apigatewayv2 "+operation] == "") {
			t.Errorf("%s is listed as not read, and no service model has it", name)
		}
	}
}

// nounOf is what an operation is about.
func nounOf(operation string) string {
	for _, verb := range []string{"Create", "Update", "Get", "Generate"} {
		if noun, ok := strings.CutPrefix(operation, verb); ok {
			return noun
		}
	}
	return operation
}

// settled is what every object of the control plane says of itself.
type settled interface {
	gateway.Object
	Settings() any
	Locate(key gateway.Key, now time.Time)
}

// objects are our types, by service and the noun in the names of operations.
var objects = map[string]settled{
	"apigatewayv2 Api":                 new(gateway.API),
	"apigatewayv2 ApiMapping":          new(gateway.APIMapping),
	"apigatewayv2 Authorizer":          new(gateway.Authorizer),
	"apigatewayv2 Deployment":          new(gateway.Deployment),
	"apigatewayv2 DomainName":          new(gateway.DomainName),
	"apigatewayv2 Integration":         new(gateway.Integration),
	"apigatewayv2 IntegrationResponse": new(gateway.IntegrationResponse),
	"apigatewayv2 Model":               new(gateway.Model),
	"apigatewayv2 Route":               new(gateway.Route),
	"apigatewayv2 RouteResponse":       new(gateway.RouteResponse),
	"apigatewayv2 Stage":               new(gateway.Stage),
	"apigatewayv2 VpcLink":             new(gateway.VPCLink),
	"apigateway Account":               new(gateway.Account),
	"apigateway ApiKey":                new(gateway.APIKey),
	"apigateway ClientCertificate":     new(gateway.ClientCertificate),
	"apigateway UsagePlan":             new(gateway.UsagePlan),
	"apigateway UsagePlanKey":          new(gateway.UsagePlanKey),
	"apigateway VpcLink":               new(gateway.VPCLinkV1),
}

// notOurs are members of answers in the service models that our objects lack, and why.
var notOurs = map[string]string{
	"Api.apiGatewayManaged":                         "set for what quick create makes, which is for HTTP APIs",
	"Api.importInfo":                                "set by imports, which are for HTTP APIs",
	"Api.warnings":                                  "set by imports, which are for HTTP APIs",
	"Route.apiGatewayManaged":                       "set for what quick create makes, which is for HTTP APIs",
	"Integration.apiGatewayManaged":                 "set for what quick create makes, which is for HTTP APIs",
	"Stage.apiGatewayManaged":                       "set for what quick create makes, which is for HTTP APIs",
	"MutualTlsAuthentication.truststoreWarnings":    "the truststore is kept and does nothing",
	"DomainNameConfiguration.certificateUploadDate": "a text that is never set, in place of a time",
}

// onlyOurs are members of our objects that no service model has, and why.
var onlyOurs = map[string]string{
	"ClientCertificate.privateKey": "stored, and never shown",
	"UsagePlanKey.keyId":           "of the request; never shown",
	"UsagePlanKey.keyType":         "of the request; never shown",
	"ApiKey.generateDistinctId":    "of the request; never shown",
	"Api.credentialsArn":           "of the request; read in order to be refused",
	"Api.routeKey":                 "of the request; read in order to be refused",
	"Api.target":                   "of the request; read in order to be refused",
}

// comparison holds the types of one service against its model.
type comparison struct {
	*testing.T
	model *model
	used  map[string]bool // excuses that were needed
	known map[reflect.Type]map[string]string
}

// TestModelMembers wants each member that the service model has of an object, in answers and nested as deep as it goes, among
// the members of ours, and of the same type; and no member of ours that the service model does not have.
func TestModelMembers(t *testing.T) {
	used := map[string]bool{}
	eachModel(t, func(t *testing.T, service string, m *model, newest bool) {
		t.Helper()
		c := &comparison{t, m, used, map[reflect.Type]map[string]string{}}
		for name, object := range objects {
			of, noun, _ := strings.Cut(name, " ")
			if of != service {
				continue
			}
			answer := m.Operations["Get"+noun].Output.Shape
			if answer == "" {
				t.Fatalf("Get%s: not in the service model", noun)
			}
			c.structure(noun, answer, reflect.TypeOf(object).Elem())
			for _, verb := range []string{"Create", "Generate", "Update"} {
				c.request(noun, m.Operations[verb+noun].Input.Shape, object)
			}
		}
		if service == control.ServiceV1 {
			c.structure("PatchOperation", "PatchOperation", reflect.TypeFor[gateway.Patch]())
		}
		c.strangers(newest)
	})
	for name := range notOurs {
		if !used[name] {
			t.Errorf("%s is listed as missing, and is not", name)
		}
	}
}

// request holds what a client may write against the shape of a request.
func (c *comparison) request(noun, shape string, object settled) {
	c.Helper()
	types := []reflect.Type{reflect.TypeOf(object.Settings()).Elem()}
	if origin, ok := object.(interface{ Origin() any }); ok {
		types = append(types, reflect.TypeOf(origin.Origin()).Elem())
	}
	for _, kind := range types {
		members := c.model.bodyOf(shape)
		for name, ours := range jsonMembers(kind) {
			if one, known := members[name]; known {
				c.value(noun+"."+name, one.Shape, ours)
			}
		}
	}
}

// structure holds a struct of ours against a shape.
func (c *comparison) structure(owner, shape string, kind reflect.Type) {
	c.Helper()
	ours := jsonMembers(kind)
	if c.known[kind] == nil {
		c.known[kind] = map[string]string{}
	}
	for name, one := range c.model.bodyOf(shape) {
		label := owner + "." + name
		c.known[kind][name] = label
		got, ok := ours[name]
		if notOurs[label] != "" {
			c.used[label] = true
			continue
		}
		if !ok {
			c.Errorf("%s: the service model has it, and we do not", label)
			continue
		}
		c.value(label, one.Shape, got)
	}
	for name := range ours {
		if _, known := c.known[kind][name]; !known {
			c.known[kind][name] = "?" + owner + "." + name
		}
	}
}

// strangers are members of ours that no shape has.
func (c *comparison) strangers(newest bool) {
	for _, members := range c.known {
		for _, label := range members {
			label, unknown := strings.CutPrefix(label, "?")
			if unknown && onlyOurs[label] == "" && (newest || newer[label] == "") {
				c.Errorf("%s: the service model has no such member", label)
			}
		}
	}
}

// value holds a type of ours against a shape.
func (c *comparison) value(label, shape string, kind reflect.Type) {
	c.Helper()
	for kind.Kind() == reflect.Pointer {
		kind = kind.Elem()
	}
	wanted := c.model.Shapes[shape]
	got := jsonType(kind)
	if got == "integer" && wanted.Type == "long" {
		return
	}
	if got != "" && got != wanted.Type {
		c.Errorf("%s is a %s, in the service model a %s", label, got, wanted.Type)
		return
	}
	switch {
	case jsonType(kind) == "":
		// Read in order to be refused, whatever it is.
	case wanted.Type == "structure":
		c.structure(strings.TrimSuffix(shape, "Input"), shape, kind)
	case wanted.Type == "list":
		c.value(label+"[]", wanted.Member.Shape, kind.Elem())
	case wanted.Type == "map":
		c.value(label+"{}", wanted.Value.Shape, kind.Elem())
	}
}

// jsonMembers are the members of a struct as JSON has them.
func jsonMembers(kind reflect.Type) map[string]reflect.Type {
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
	switch {
	case kind == reflect.TypeFor[time.Time]() || kind == reflect.TypeFor[gateway.Epoch]():
		return "timestamp"
	case kind.Kind() == reflect.Interface, kind == reflect.TypeFor[gateway.KeyedStage](): // an object in requests, a text in answers
		return ""
	}
	return map[reflect.Kind]string{
		reflect.String: "string", reflect.Bool: "boolean", reflect.Int: "integer", reflect.Int64: "long", reflect.Float64: "double",
		reflect.Map: "map", reflect.Slice: "list", reflect.Struct: "structure",
	}[kind.Kind()]
}

// seen is an answer of a node to an operation.
type seen struct {
	row  *control.Operation
	body any
}

// TestModelAnswers calls every operation that is served on a node, and wants of each the status of its row, and of each answer
// that it is what the service model says: no member that is not there, all of the right type, and of an enumeration one of
// its values.
func TestModelAnswers(t *testing.T) {
	s := startNode(t, node.Config{})
	var all []seen
	note := func(row *control.Operation, got *answer) {
		for _, fault := range headFaults(row.Status, "", got) {
			t.Errorf("%s: %s", row.Name, fault)
		}
		one := seen{row: row}
		if len(got.body) > 0 {
			must(t, json.Unmarshal(got.body, &one.body))
		}
		all = append(all, one)
	}
	e := newEstate(s, "a").found(t, note)
	for _, d := range deeds() {
		e.do(t, d, note)
	}
	called := map[string]bool{}
	eachModel(t, func(t *testing.T, service string, m *model, newest bool) {
		t.Helper()
		for _, one := range all {
			called[one.row.Service+" "+one.row.Name] = true
			operation, known := m.Operations[one.row.Name]
			if one.row.Service != service || !known {
				continue
			}
			for _, fault := range m.misfits(one.row.Name, operation.Output.Shape, one.body) {
				if owner, _, _ := strings.Cut(fault, ": "); newest || newer[owner] == "" {
					t.Errorf("%s: %s", one.row.Name, fault)
				}
			}
		}
	})
	for _, row := range control.Operations() {
		if name := row.Service + " " + row.Name; row.Excuse() == "" && !called[name] && !strings.HasSuffix(row.Name, "DeadLetter") {
			t.Errorf("%s is not called", name)
		}
	}
}

// misfits says where a value is not what a shape asks for. A fault begins with the place, such as "Api.name".
func (m *model) misfits(at, name string, value any) (faults []string) {
	shape := m.Shapes[name]
	var ok bool
	switch value := value.(type) {
	case nil:
		return nil // an answer without a body
	case string:
		ok = shape.Type == "string" || shape.Type == "timestamp"
		if len(shape.Enum) > 0 && !slices.Contains(shape.Enum, value) {
			faults = append(faults, fmt.Sprintf("%s: %s is none of %v", at, value, shape.Enum))
		}
		if _, err := time.Parse(time.RFC3339, value); shape.Type == "timestamp" && err != nil {
			faults = append(faults, fmt.Sprintf("%s: %v", at, err))
		}
	case bool:
		ok = shape.Type == "boolean"
	case float64:
		ok = slices.Contains([]string{"double", "integer", "long", "timestamp"}, shape.Type)
	case []any:
		ok = shape.Type == "list"
		for i, element := range value {
			if ok {
				faults = append(faults, m.misfits(fmt.Sprintf("%s[%d]", at, i), shape.Member.Shape, element)...)
			}
		}
	case map[string]any:
		ok = shape.Type == "structure" || shape.Type == "map"
		members := m.bodyOf(name)
		for key, element := range value {
			one, known := members[key]
			switch {
			case shape.Type == "map":
				faults = append(faults, m.misfits(at+"{}", shape.Value.Shape, element)...)
			case !known:
				faults = append(faults, fmt.Sprintf("%s.%s: the service model has no such member", owner(name), key))
			default:
				faults = append(faults, m.misfits(at+"."+key, one.Shape, element)...)
			}
		}
	}
	if !ok {
		faults = append(faults, fmt.Sprintf("%s: %v, expected a %s", at, value, shape.Type))
	}
	return faults
}

// owner is what the shape of an answer is about: the answers of several operations have the members of one object.
func owner(shape string) string { return nounOf(strings.TrimSuffix(shape, "Response")) }
