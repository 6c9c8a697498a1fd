package program

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"gangway/internal/gateway"
	"gangway/internal/integration"
	"gangway/internal/jsonpath"
)

// A source appends a parameter of a name, with each of the values that it has in an event. None: the parameter is left out.
type source func(dst gateway.Params, name string, in *exchange) gateway.Params

// parameter is a mapped request parameter: "Set up data mapping for WebSocket APIs" in the API Gateway developer guide.
type parameter struct {
	name   string
	append source
}

// parameters are the mapped request parameters of an integration.
type parameters struct{ header, query, path []parameter }

// parameterName is what the guide allows; all of it may stand in the name of a header field (RFC 9110 section 5.6.2).
var parameterName = regexp.MustCompile(`^[a-zA-Z0-9._$-]+$`)

// unsettable are the fields by which a request is framed and routed.
var unsettable = []string{
	"Connection", "Content-Length", "Expect", "Host", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding",
	"Upgrade",
}

// signing are the fields of a signature, which requests to AWS have.
var signing = []string{"Authorization", "X-Amz-Content-Sha256", "X-Amz-Date", "X-Amz-Security-Token"}

// parameters compiles the request parameters of an integration into b.
func (c *compiler) parameters(b *backend, object string, def *gateway.DeployedIntegration) {
	b.reserved = unsettable
	if def.IntegrationType == gateway.IntegrationAWS {
		b.reserved = slices.Concat(unsettable, signing)
	}
	for _, target := range sortedKeys(def.RequestParameters) {
		values, err := compileSource(def.RequestParameters[target], c.env.Variables)
		if err == nil {
			err = b.parameters.add(target, values, b.reserved)
		}
		c.report(object+": request parameter '"+target+"'", err)
	}
}

// add puts a parameter where its target says, unless that is a header field that is reserved.
func (p *parameters) add(target string, values source, reserved []string) error {
	place, name, _ := strings.Cut(strings.TrimPrefix(target, "integration.request."), ".")
	if !strings.HasPrefix(target, "integration.request.") || !parameterName.MatchString(name) {
		return errors.New("expected integration.request.{header|querystring|path}.{name}, the name of A-Z a-z 0-9 . _ $ -")
	}
	added := parameter{name, values}
	switch {
	case place == "header" && slices.Contains(reserved, http.CanonicalHeaderKey(name)):
		return fmt.Errorf("the header %s is the gateway's to set", name)
	case place == "header":
		p.header = append(p.header, added)
	case place == "querystring":
		p.query = append(p.query, added)
	case place == "path":
		p.path = append(p.path, added)
	default:
		return fmt.Errorf("unknown place %q. Expected header, querystring or path", place)
	}
	return nil
}

// compileSource reads where a parameter comes from.
func compileSource(text string, variables map[string]string) (source, error) {
	if static, ok := unquote(text); ok {
		if !printable(static) {
			return nil, errors.New("the text has a control character")
		}
		return constant(static), nil
	}
	if name, ok := strings.CutPrefix(text, "stageVariables."); ok {
		if value, ok := variables[name]; ok {
			return constant(value), nil
		}
		return constant(), nil
	}
	if name, ok := strings.CutPrefix(text, "context."); ok {
		return contextSource(name)
	}
	if rest, ok := strings.CutPrefix(text, "route.request."); ok {
		return requestSource(rest)
	}
	return nil, fmt.Errorf("unknown source %q. Expected route.request.{header|querystring|multivalueheader|"+
		"multivaluequerystring}.{name}, route.request.body.{JSONPath}, stageVariables.{name}, context.{name} or 'text'", text)
}

// unquote reads a text between single quotes.
func unquote(text string) (static string, ok bool) {
	if len(text) < 2 || text[0] != '\'' || text[len(text)-1] != '\'' {
		return "", false
	}
	return text[1 : len(text)-1], true
}

// constant is a source of the same values for every event.
func constant(values ...string) source {
	return func(dst gateway.Params, name string, _ *exchange) gateway.Params {
		return appendAll(dst, name, values)
	}
}

func appendAll(dst gateway.Params, name string, values []string) gateway.Params {
	for _, value := range values {
		dst = append(dst, gateway.Param{Name: name, Value: value})
	}
	return dst
}

func contextSource(name string) (source, error) {
	if read := gateway.ContextVariable(name); read != nil {
		return present(read), nil
	}
	if slices.Contains(withoutValue, name) {
		return constant(), nil
	}
	return nil, fmt.Errorf("there is no variable context.%s", name)
}

// withoutValue are the variables of $context that API Gateway lists for templates and mappings and that have no value while
// a request is made: there is no error and no answer then, and nobody has signed in with Amazon Cognito here.
var withoutValue = []string{
	"error.messageString", "error.validationErrorString", "identity.cognitoAuthenticationProvider",
	"identity.cognitoAuthenticationType", "identity.cognitoIdentityId", "identity.cognitoIdentityPoolId", "status",
}

// present leaves out a value that is empty: that is how a variable reads that an event does not have.
func present(read func(*gateway.Event) string) source {
	return func(dst gateway.Params, name string, in *exchange) gateway.Params {
		if value := read(in.event); value != "" {
			return append(dst, gateway.Param{Name: name, Value: value})
		}
		return dst
	}
}

// requestSource reads what follows route.request.
func requestSource(rest string) (source, error) {
	if rest == "body" {
		return present(func(ev *gateway.Event) string { return string(ev.Body) }), nil
	}
	place, name, _ := strings.Cut(rest, ".")
	if place == "body" {
		return bodySource(name)
	}
	read, ok := handshakeSources[place]
	if !ok || !parameterName.MatchString(name) {
		return nil, fmt.Errorf("unknown source %q. Expected {header|querystring|multivalueheader|multivaluequerystring}.{name} "+
			"or body.{JSONPath} behind route.request., the name of A-Z a-z 0-9 . _ $ -", rest)
	}
	return func(dst gateway.Params, as string, in *exchange) gateway.Params {
		return appendAll(dst, as, read(in.event, name))
	}, nil
}

func bodySource(path string) (source, error) {
	compiled, err := jsonpath.Compile(pathBehind(path))
	if err != nil {
		return nil, err
	}
	return func(dst gateway.Params, name string, in *exchange) gateway.Params {
		value, err := compiled.Find(in.event.Body)
		if err != nil || value.Kind() == jsonpath.Missing {
			return dst
		}
		return append(dst, gateway.Param{Name: name, Value: string(value.AppendTextMax(in.text[:0], maxValue+1))})
	}, nil
}

// handshakeSources read the parameters of a handshake that the API may see, by place; later events have none.
var handshakeSources = map[string]func(ev *gateway.Event, name string) []string{
	"header":                func(ev *gateway.Event, name string) []string { return lastOf(headerValues(ev, name)) },
	"multivalueheader":      headerValues,
	"querystring":           func(ev *gateway.Event, name string) []string { return lastOf(queryValues(ev, name)) },
	"multivaluequerystring": queryValues,
}

// headerValues has none of a field that proves who signed the handshake.
func headerValues(ev *gateway.Event, name string) []string {
	if integration.HidesHeader(ev, name) {
		return nil
	}
	return ev.Header.All(name)
}

func lastOf(values []string) []string { return values[max(0, len(values)-1):] }

// queryValues compares names as written: a query, unlike a header, tells upper from lower case.
func queryValues(ev *gateway.Event, name string) []string {
	if integration.HidesQuery(ev, name) {
		return nil
	}
	return sentQuery(ev, name)
}

// sentQuery is all that the client sent, for who asks only whether it did.
func sentQuery(ev *gateway.Event, name string) []string {
	var values []string
	for _, param := range ev.Query {
		if param.Name == name {
			values = append(values, param.Value)
		}
	}
	return values
}

// apply writes the parameters of an event into a request. A value that could end a header field is an error, wherever it
// would go: no client may write more than values. It is the client's error: a deployed API has no such values of its own.
func (p *parameters) apply(in *exchange) error {
	header, err := resolve(in.params[:0], p.header, in)
	if err != nil {
		return err
	}
	query, err := resolve(header, p.query, in)
	if err != nil {
		return err
	}
	all, err := resolve(query, p.path, in)
	if err != nil {
		return err
	}
	// Clipped: what is appended to one must not be written into the next.
	h, q := len(header), len(query)
	in.request.Header, in.request.Query, in.request.Path = all[:h:h], all[h:q:q], all[q:]
	return nil
}

// maxValue is the longest value of a request parameter, in bytes: what API Gateway takes as header fields altogether.
const maxValue = 10240

// resolve appends the parameters of an event.
func resolve(dst gateway.Params, params []parameter, in *exchange) (gateway.Params, error) {
	for _, param := range params {
		old := len(dst)
		dst = param.append(dst, param.name, in)
		for _, added := range dst[old:] {
			if len(added.Value) > maxValue {
				return nil, gateway.Errorf(gateway.ErrInvalid, "The value for request parameter '%s' is longer than %d bytes", param.name, maxValue)
			}
			if !printable(added.Value) {
				return nil, gateway.Errorf(gateway.ErrInvalid, "The value for request parameter '%s' has a control character", param.name)
			}
		}
	}
	return dst, nil
}

// printable says that a text has no control character but the tab, as a field value must (RFC 9110 section 5.5).
func printable(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) < 0
}

// sortedKeys makes programs of equal snapshots equal, down to the order of their errors.
func sortedKeys(m gateway.Map) []string { return slices.Sorted(maps.Keys(m)) }
