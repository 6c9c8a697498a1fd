package program

import (
	"errors"
	"iter"
	"net/textproto"
	"strconv"
	"strings"

	"gangway/internal/expr"
	"gangway/internal/gateway"
	"gangway/internal/integration"
	"gangway/internal/jsonpath"
)

// exchange is what expressions and templates can see: an event, and what its backend answered, once it has. What is made on
// the way is in it as well, so that all of a run is one piece of memory: it is made for one run and never used again.
type exchange struct {
	event     *gateway.Event
	request   integration.Request
	response  *integration.Response
	reply     Reply
	params    [4]gateway.Param  // room for those of the request
	text      [64]byte          // room for a value
	mock      bool              // the backend answers nothing of its own
	variables map[string]string // of the stage
	reserved  []string          // header fields that no template may override
	done      <-chan struct{}   // closed when the time of the integration is over; nil: no template takes time

	overrides overrides       // what templates asked for
	record    *gateway.Record // where to note how the backend was called; nil: nowhere
	called    gateway.IntegrationRecord
}

// bodyValue finds a value in a message that will be compared with keys.
type bodyValue struct {
	path *jsonpath.Path
	most int  // bytes of it that are needed to tell
	flat bool // no key has a bracket
}

func (v *bodyValue) append(dst, body []byte) ([]byte, error) {
	value, err := v.path.Find(body)
	if err != nil {
		return dst, err
	}
	if kind := value.Kind(); v.flat && (kind == jsonpath.ArrayKind || kind == jsonpath.ObjectKind) {
		return append(dst, '['), nil // whatever is in it, it is no key
	}
	return value.AppendTextMax(dst, v.most), nil
}

// areFlat says that no array or object of a message can be part of what is one of some keys: their texts begin with brackets.
func areFlat(keys iter.Seq[string]) bool {
	for key := range keys {
		if strings.ContainsAny(key, "[{") {
			return false
		}
	}
	return true
}

// tellingLength is how much of a text shows which of the keys it is, if any.
func tellingLength(keys iter.Seq[string]) int {
	longest := 0
	for key := range keys {
		longest = max(longest, len(key))
	}
	return longest + 1
}

// resolveBody reads the variable request.body or request.body.{JSONPath}.
func resolveBody(variable string, most int) (bodyValue, error) {
	rest, ok := strings.CutPrefix(variable, "request.body")
	path := "$"
	switch {
	case !ok || rest != "" && rest[0] != '.' && rest[0] != '[':
		return bodyValue{}, errors.New("expected request.body.{JSONPath}, the only variable of this expression")
	case rest != "":
		path = pathBehind(strings.TrimPrefix(rest, "."))
	}
	compiled, err := jsonpath.Compile(path)
	return bodyValue{path: compiled, most: most}, err
}

// pathBehind is the path that follows the dot behind body: a second dot is the beginning of a path that goes deep.
func pathBehind(text string) string {
	if strings.HasPrefix(text, ".") {
		return "$." + text
	}
	return text
}

// A resolver finds the source of a variable whose value has to be told from others by most bytes.
type resolver func(variable string, most int) (expr.Source[*exchange], error)

// resolveRequest resolves the variables of a route's model selection expression and of an integration's template selection
// expression. Many write $default there, unescaped, and mean the key.
func resolveRequest(variable string, most int) (expr.Source[*exchange], error) {
	if variable == "default" {
		return func(dst []byte, _ *exchange) ([]byte, error) { return append(dst, gateway.RouteDefault...), nil }, nil
	}
	value, err := resolveBody(variable, most)
	if err != nil {
		return nil, err
	}
	return func(dst []byte, in *exchange) ([]byte, error) { return value.append(dst, in.event.Body) }, nil
}

// always is the value of an expression that chooses among templates, where that is the same for every message.
func always(e *expr.Expression) (key string, ok bool) {
	if name, _ := e.Variable(); name == "default" {
		return gateway.RouteDefault, true
	}
	return e.Text()
}

// resolveResponse resolves the variables of an integration response's: those of the request, and those that API Gateway
// lists in "API Gateway WebSocket API selection expressions".
func resolveResponse(variable string, most int) (expr.Source[*exchange], error) {
	rest, ok := strings.CutPrefix(variable, "integration.response.")
	if !ok {
		return resolveRequest(variable, most)
	}
	if rest == "statuscode" {
		return func(dst []byte, in *exchange) ([]byte, error) {
			return strconv.AppendInt(dst, int64(in.response.Status), 10), nil
		}, nil
	}
	place, name, _ := strings.Cut(rest, ".")
	name = textproto.CanonicalMIMEHeaderKey(name)
	switch {
	case place == "header" && name != "":
		return func(dst []byte, in *exchange) ([]byte, error) {
			return append(dst, last(in.response.Header[name])...), nil
		}, nil
	case place == "multivalueheader" && name != "":
		return func(dst []byte, in *exchange) ([]byte, error) {
			return append(dst, strings.Join(in.response.Header[name], ",")...), nil
		}, nil
	}
	return nil, errors.New("expected request.body.{JSONPath}, integration.response.statuscode, " +
		"integration.response.header.{NAME} or integration.response.multivalueheader.{NAME}")
}

// last is the value that API Gateway's single-value maps keep.
func last(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[len(values)-1]
}
