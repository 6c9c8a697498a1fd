package program

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"gangway/internal/gateway"
	"gangway/internal/jsonpath"
	"gangway/internal/vtl"
)

// scope is what one rendering of a template can see: "WebSocket API mapping template reference" in the API Gateway
// developer guide. It is made anew for each, so that what a template changes ends with it; but what a template changes in
// $input.path it also sees in $input.json.
type scope struct {
	in      *exchange
	body    []byte
	decoded bool // the body, into root
	root    any
	invalid bool    // the body is no JSON
	context vtl.Map // nil: not asked for yet
}

// newScope sees the answer of a backend, if there is one; after a MOCK, which answers nothing, the message.
func newScope(in *exchange) *scope {
	s := &scope{in: in, body: in.event.Body}
	if in.response != nil && !in.mock {
		s.body = in.response.Body
	}
	return s
}

// Lookup implements [vtl.Vars].
func (s *scope) Lookup(name string) (any, bool) {
	switch name {
	case "input":
		return s, true
	case "util":
		return vtl.Util{}, true
	case "context":
		if s.context == nil {
			s.context = s.variables()
		}
		return s.context, true
	case "stageVariables":
		return texts(s.in.variables), true
	}
	return nil, false
}

// texts is a map of texts as templates have it, in the order of its keys.
func texts(m map[string]string) vtl.Map {
	out := vtl.NewMap()
	for _, key := range slices.Sorted(maps.Keys(m)) {
		out.Put(key, m[key])
	}
	return out
}

// variables is $context. Times in milliseconds are numbers, to calculate with.
func (s *scope) variables() vtl.Map {
	context := vtl.NewMap()
	for _, name := range gateway.ContextVariables() {
		text := gateway.ContextVariable(name)(s.in.event)
		var value any = text
		if number, err := strconv.ParseInt(text, 10, 64); err == nil && numeric[name] {
			value = number
		}
		if text == "" {
			continue // an event that has no such value renders as nothing
		}
		outer, inner, nested := strings.Cut(name, ".")
		if !nested {
			context.Put(name, value)
			continue
		}
		group, _ := context.Get(outer)
		if group == nil {
			group = vtl.NewMap()
			context.Put(outer, group)
		}
		group.(vtl.Map).Put(inner, value) // no variable is both a value and a group
	}
	if who := s.in.event.Connection.Identity; who != nil && who.Authorizer != nil {
		context.Put("authorizer", authorization(who.Authorizer))
	}
	if s.in.response == nil {
		context.Put(overrideRequest, newOverride())
		return context
	}
	context.Put(overrideResponse, newOverride())
	context.Put("status", int64(s.in.response.Status))
	return context
}

// authorization is $context.authorizer. What an authorizer calls as the gateway calls its own is the gateway's.
func authorization(a *gateway.Authorization) vtl.Map {
	all := vtl.NewMap()
	for _, value := range a.Context {
		all.Put(value.Name, value.Value)
	}
	if a.PrincipalID != "" {
		all.Put("principalId", a.PrincipalID)
	}
	all.Put("integrationLatency", a.Latency.Milliseconds())
	return all
}

// numeric are the variables of $context that are numbers.
var numeric = map[string]bool{"connectedAt": true, "requestTimeEpoch": true, "disconnectStatusCode": true}

// Property implements [vtl.Object] for $input.
func (s *scope) Property(name string) (any, bool) {
	if name != "body" {
		return nil, false
	}
	if len(s.body) == 0 {
		return "{}", true
	}
	return string(s.body), true
}

// Call implements [vtl.Object] for $input.
func (s *scope) Call(method string, args []any) (any, error) {
	if method == "params" && len(args) == 0 {
		return s.params(), nil
	}
	if len(args) != 1 {
		return nil, fmt.Errorf("$input.%s: expected one argument, got %d", method, len(args))
	}
	text, ok := args[0].(string)
	if !ok {
		return nil, fmt.Errorf("$input.%s: expected a text", method)
	}
	switch method {
	case "params":
		return s.param(text), nil
	case "path":
		value, _, err := s.find(text)
		return value, err
	case "json":
		return s.json(text)
	}
	return nil, fmt.Errorf("$input has no method %s. Expected body, json(path), path(path) or params()", method)
}

// json is a value of the body as JSON: the empty text, as JSON has it, if there is none.
func (s *scope) json(path string) (any, error) {
	value, found, err := s.find(path)
	if err != nil {
		return nil, err
	}
	if !found {
		return `""`, nil
	}
	text, err := jsonpath.AppendJSON(nil, value)
	return string(text), err
}

// find finds a value in the body. In a body that is no JSON there is none.
func (s *scope) find(path string) (value any, found bool, err error) {
	compiled, err := jsonpath.Compile(path)
	if err != nil {
		return nil, false, err
	}
	if !s.decoded {
		s.decoded = true
		body := s.body
		if len(body) == 0 {
			body = []byte("{}")
		}
		s.root, err = jsonpath.Decode(body)
		s.invalid = err != nil
	}
	if s.invalid {
		return nil, false, nil
	}
	return compiled.Select(s.root)
}

// params are the parameters of a handshake: a map of path, querystring and header.
func (s *scope) params() vtl.Map {
	all := vtl.NewMap()
	all.Put("path", vtl.NewMap())
	all.Put("querystring", lastValues(s.in.event.Query))
	all.Put("header", lastValues(s.in.event.Header))
	return all
}

// lastValues is a map of parameters: of a name that is repeated it has the last value.
func lastValues(params gateway.Params) vtl.Map {
	values := vtl.NewMap()
	for _, param := range params {
		values.Put(param.Name, param.Value)
	}
	return values
}

// param is a parameter by name: of the query, else of the header; nothing, if there is none.
func (s *scope) param(name string) any {
	for _, place := range []string{"querystring", "header"} {
		if values := handshakeSources[place](s.in.event, name); len(values) > 0 {
			return values[0]
		}
	}
	return ""
}
