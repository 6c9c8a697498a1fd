package program

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"gangway/internal/gateway"
	"gangway/internal/integration"
	"gangway/internal/vtl"
)

// Where a template writes what it overrides: "Use $context.requestOverride and $context.responseOverride" under "Override
// your API's request and response parameters and status codes" in the API Gateway developer guide.
const (
	overrideRequest  = "requestOverride"
	overrideResponse = "responseOverride"
)

// overrides are what templates have in place of what was mapped.
type overrides struct {
	header, query, path gateway.Params
	status              int // of a response; 0: none
	subprotocol         string
}

// override notes what a template has overridden, once it is rendered. A value that cannot be what it is for is an error.
func (in *exchange) override(s *scope) error {
	if s.context == nil {
		return nil
	}
	if in.response != nil {
		return in.overrideResponse(s.context)
	}
	wanted, ok := member(s.context, overrideRequest).(vtl.Map)
	if !ok {
		return nil
	}
	if err := checkOnce(wanted); err != nil {
		return err
	}
	header, err := overridden(wanted, "header")
	if err != nil {
		return err
	}
	for _, param := range header {
		if slices.Contains(in.reserved, http.CanonicalHeaderKey(param.Name)) {
			return fmt.Errorf("requestOverride: the header %s is the gateway's to set", param.Name)
		}
	}
	query, err := overridden(wanted, "querystring")
	if err != nil {
		return err
	}
	path, err := overridden(wanted, "path")
	in.overrides.header, in.overrides.query, in.overrides.path = header, query, path
	return err
}

// overrideResponse takes the status, which on $connect decides, and the subprotocol: no other header reaches a client.
func (in *exchange) overrideResponse(context vtl.Map) error {
	wanted, ok := member(context, overrideResponse).(vtl.Map)
	if !ok {
		return nil
	}
	if err := checkOnce(wanted); err != nil {
		return err
	}
	if status := member(wanted, "status"); status != nil {
		written, err := text(status)
		if err != nil {
			return fmt.Errorf("responseOverride: the status: %w", err)
		}
		code, err := strconv.Atoi(written)
		if err != nil || code < 100 || code > 599 {
			return fmt.Errorf("responseOverride: expected a status of 100 to 599, got '%.200s'", written)
		}
		in.overrides.status = code
	}
	header, err := overridden(wanted, "header")
	for _, param := range header {
		if http.CanonicalHeaderKey(param.Name) == subprotocolHeader {
			in.overrides.subprotocol = param.Value
		}
	}
	return err
}

// once is a map that knows which key a template has written twice. API Gateway takes an override of each target once, and
// names no winner among several.
type once struct {
	vtl.Map
	fields  bool // the keys are names of header fields
	written map[string]bool
	twice   string
}

// newOverride is what a template sees of an override that it has not written yet.
func newOverride() vtl.Map {
	all := &once{Map: vtl.NewMap()}
	for _, place := range []string{"header", "path", "querystring"} {
		all.Map.Put(place, &once{Map: vtl.NewMap(), fields: place == "header"})
	}
	return all
}

// Put implements [vtl.Map].
func (o *once) Put(key string, value any) {
	name := key
	if o.fields {
		name = strings.ToLower(key)
	}
	if o.written[name] {
		o.twice = key
	}
	if o.written == nil {
		o.written = map[string]bool{}
	}
	o.written[name] = true
	o.Map.Put(key, value)
}

// checkOnce is an error if something in a map of overrides was written twice.
func checkOnce(m vtl.Map) error {
	if o, ok := m.(*once); ok && o.twice != "" {
		return fmt.Errorf("'%s' is overridden twice. Expected once: use #set with a variable of the template's own before", o.twice)
	}
	return nil
}

func member(m vtl.Map, key string) any {
	value, _ := m.Get(key)
	return value
}

// overridden reads one place of an override.
func overridden(wanted vtl.Map, place string) (gateway.Params, error) {
	values, ok := member(wanted, place).(vtl.Map)
	if !ok {
		return nil, nil
	}
	if err := checkOnce(values); err != nil {
		return nil, err
	}
	if values.Len() > maxOverrides {
		return nil, fmt.Errorf("override of %s: expected %d at most, got %d", place, maxOverrides, values.Len())
	}
	var params gateway.Params
	for _, name := range values.Keys() {
		value, err := text(member(values, name))
		if err != nil {
			return nil, fmt.Errorf("override of %s '%s': %w", place, name, err)
		}
		if !parameterName.MatchString(name) || !printable(value) {
			return nil, fmt.Errorf("override of %s '%s': expected a name of A-Z a-z 0-9 . _ $ -, and a value without control characters", place, name)
		}
		params = append(params, gateway.Param{Name: name, Value: value})
	}
	return params, nil
}

// maxOverrides is how many values a template may override in one place: more than any server takes.
const maxOverrides = 1000

// apply puts what a request template has overridden in the place of what was mapped.
func (o *overrides) apply(req *integration.Request) {
	replace := func(params, by gateway.Params) gateway.Params {
		if len(by) == 0 {
			return params
		}
		kept := params.Without(func(name string) bool {
			_, replaced := by.Get(name)
			return replaced
		})
		return append(kept, by...)
	}
	req.Header, req.Query = replace(req.Header, o.header), replace(req.Query, o.query)
	if len(o.path) > 0 {
		kept := req.Path.Without(func(name string) bool {
			return slices.ContainsFunc(o.path, func(param gateway.Param) bool { return param.Name == name })
		})
		req.Path = append(kept, o.path...)
	}
}
