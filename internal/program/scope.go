package program

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gangway/internal/gateway"
	"gangway/internal/integration"
	"gangway/internal/jsonpath"
	"gangway/internal/vtl"
)

// scope is what one rendering of a template can see: "WebSocket API mapping template reference" in the API Gateway
// developer guide. It is made anew for each, so that what a template changes ends with it; but what a template changes in
// $input.path it also sees in $input.json.
type scope struct {
	in      *exchange
	body    []byte
	text    string // the body; empty: not asked for yet
	decoded bool   // the body, into root
	root    any
	invalid bool                      // the body is no JSON
	paths   map[string]*jsonpath.Path // those asked for, by text
	context vtl.Map                   // nil: not asked for yet
}

// A charge asks for the steps that work takes, of a microsecond each; an error is the end of the work.
type charge func(steps int) error

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
		if text == "" {
			continue // an event that has no such value renders as nothing
		}
		var value any = text
		if numeric[name] {
			if number, err := strconv.ParseInt(text, 10, 64); err == nil {
				value = number
			}
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
	if s.text == "" {
		s.text = string(s.body)
	}
	return s.text, true
}

// Call implements [vtl.Object] for $input.
func (s *scope) Call(method string, args []any) (any, error) {
	return s.CallCharged(method, args, func(int) error { return nil })
}

// CallCharged implements [vtl.Charged]: what a search costs is for the message to say.
func (s *scope) CallCharged(method string, args []any, pay func(steps int) error) (any, error) {
	if method == "params" && len(args) == 0 {
		return s.params(pay)
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
		return s.param(text, pay)
	case "path":
		value, _, err := s.find(text, pay)
		return value, err
	case "json":
		return s.json(text, pay)
	}
	return nil, fmt.Errorf("$input has no method %s. Expected body, json(path), path(path) or params()", method)
}

// json is a value of the body as JSON: the empty text, as JSON has it, if there is none.
func (s *scope) json(path string, pay charge) (any, error) {
	value, found, err := s.find(path, pay)
	if err != nil {
		return nil, err
	}
	if !found {
		return `""`, nil
	}
	text, err := jsonpath.AppendJSON(nil, value)
	if err != nil {
		return nil, err
	}
	return string(text), pay(len(text) / bytesPerCharge)
}

// bytesPerCharge is how much text is read or made in a microsecond.
const bytesPerCharge = 64

// find finds a value in the body. In a body that is no JSON there is none.
func (s *scope) find(path string, pay charge) (value any, found bool, err error) {
	compiled, err := s.path(path, pay)
	if err != nil {
		return nil, false, err
	}
	if !s.decoded {
		s.decoded = true
		body := s.body
		if len(body) == 0 {
			body = []byte("{}")
		}
		if err := pay(len(body) / bytesPerCharge); err != nil {
			return nil, false, err
		}
		s.root, err = jsonpath.Decode(body)
		s.invalid = err != nil
	}
	if s.invalid {
		return nil, false, nil
	}
	return compiled.SelectCharged(s.root, pay)
}

// path compiles a path, once.
func (s *scope) path(text string, pay charge) (*jsonpath.Path, error) {
	if known := s.paths[text]; known != nil {
		return known, nil
	}
	if err := pay(len(text) + patternSteps(text)); err != nil {
		return nil, err
	}
	compiled, err := jsonpath.Compile(text)
	if err != nil {
		return nil, err
	}
	if s.paths == nil {
		s.paths = map[string]*jsonpath.Path{}
	}
	s.paths[text] = compiled
	return compiled, nil
}

// repetition is how often a pattern repeats something.
var repetition = regexp.MustCompile(`\{(?:\d+,)?(\d+)`)

// patternSteps is what the patterns of a path take to compile: they may be short and stand for much. Go's limit for repetitions
// within repetitions is 1000.
func patternSteps(path string) int {
	patterns := strings.Count(path, "=~")
	if patterns == 0 {
		return 0
	}
	times := 1
	for _, found := range repetition.FindAllStringSubmatch(path, -1) {
		n, _ := strconv.Atoi(found[1])
		times = min(times*max(n, 1), 1000)
	}
	return patterns * (100 + 20*times)
}

// params are the parameters of a handshake: a map of path, querystring and header. What a backend is not shown of them, it is
// not shown by a template.
func (s *scope) params(pay charge) (any, error) {
	ev := s.in.event
	if err := pay(len(ev.Query) + len(ev.Header)); err != nil {
		return nil, err
	}
	all := vtl.NewMap()
	all.Put("path", vtl.NewMap())
	all.Put("querystring", lastValues(ev.Query.Without(func(name string) bool { return integration.HidesQuery(ev, name) })))
	all.Put("header", lastValues(ev.Header.Without(func(name string) bool { return integration.HidesHeader(ev, name) })))
	return all, nil
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
func (s *scope) param(name string, pay charge) (any, error) {
	ev := s.in.event
	if err := pay((len(ev.Query) + len(ev.Header)) / parametersPerCharge); err != nil {
		return nil, err
	}
	for _, place := range []string{"querystring", "header"} {
		if values := handshakeSources[place](ev, name); len(values) > 0 {
			return values[0], nil
		}
	}
	return "", nil
}

// parametersPerCharge is how many names are looked at in a microsecond.
const parametersPerCharge = 16
