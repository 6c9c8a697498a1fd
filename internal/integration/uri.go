package integration

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"gangway/internal/gateway"
)

// reference is a stage variable in a URI or an id: "Setting up stage variables" in the API Gateway developer guide.
var reference = regexp.MustCompile(`\$\{[^}]*\}?`)

// expand puts the variables of a stage into a member of a definition, and says whether it has any. Where it does, whatever
// is wrong with the result may be the stage's fault; see orBroken.
func expand(member, definition string, variables map[string]string) (text string, onStage bool, err error) {
	var wrong, missing error
	text = reference.ReplaceAllStringFunc(definition, func(found string) string {
		onStage = true
		name, ok := strings.CutPrefix(strings.TrimSuffix(found, "}"), "${stageVariables.")
		if !ok || name == "" || !strings.HasSuffix(found, "}") {
			wrong = fmt.Errorf("%s: %s is not a reference. Expected ${stageVariables.NAME}", member, found)
			return ""
		}
		value, ok := variables[name]
		if !ok {
			missing = fmt.Errorf("%s: the stage has no variable %q", member, name)
		}
		return value
	})
	if wrong != nil {
		return "", false, wrong
	}
	return text, onStage, missing
}

// orBroken decides what becomes of a definition that is wrong: the deployment is refused, unless the fault may be the
// stage's.
func orBroken(onStage bool, err error) (Backend, error) {
	if onStage {
		return broken{err}, nil
	}
	return nil, gateway.Errorf(gateway.ErrInvalid, "%s", err)
}

// A target is the URL of an HTTP backend, with places in its path and query for parameters.
type target struct {
	fixed url.URL
	parts []part // path and query, if there are places in them
}

// part is a piece of a URL as written, or a place for a parameter.
type part struct {
	text, name string
	query      bool
}

// place is a parameter in a path or query.
var place = regexp.MustCompile(`\{([^{}]*)\}`)

// errURI is what is said of every URI that is no URL of a server; what url.Parse says may quote a password.
var errURI = errors.New("integrationUri: expected http:// or https://, a host, and a path, without user or fragment")

// newTarget reads the URI of an HTTP backend. The names are the path parameters that will be there.
func newTarget(uri string, names []string) (*target, error) {
	// The authority stands in the definition alone: no client can choose whom the gateway calls.
	scheme, rest, _ := strings.Cut(uri, "://")
	authority, tail, _ := strings.Cut(rest, "/")
	authority, _, _ = strings.Cut(authority, "?")
	if (scheme != "http" && scheme != "https") || strings.ContainsAny(authority, "{}@#") || strings.Contains(tail, "#") {
		return nil, errURI
	}
	parsed, err := url.Parse(place.ReplaceAllString(uri, "x"))
	if err != nil || parsed.Hostname() == "" || parsed.User != nil {
		return nil, errURI
	}
	t := &target{fixed: *parsed}
	return t, t.split(uri[len(scheme)+len("://")+len(authority):], names)
}

// split finds the places in the path and the query of a URI.
func (t *target) split(uri string, names []string) error {
	last := 0
	for _, at := range place.FindAllStringSubmatchIndex(uri, -1) {
		name := uri[at[2]:at[3]]
		if !slices.Contains(names, name) {
			return fmt.Errorf("integrationUri: {%s} has no value. Expected a request parameter integration.request.path.%s",
				name, name)
		}
		t.parts = append(t.parts, part{text: uri[last:at[0]]},
			part{name: name, query: strings.Contains(uri[:at[0]], "?")})
		last = at[1]
	}
	if t.parts != nil {
		t.parts = append(t.parts, part{text: uri[last:]})
	}
	return nil
}

// appendTail appends the path and the query of one call, if there are places in them.
func (t *target) appendTail(dst []byte, values gateway.Params) ([]byte, error) {
	for _, part := range t.parts {
		if part.name == "" {
			dst = append(dst, part.text...)
			continue
		}
		value := valueOf(values, part.name)
		switch {
		case part.query:
			dst = append(dst, url.QueryEscape(value)...)
		case value == "" || value == "." || value == "..":
			// A segment that is not there, or a dot segment (RFC 3986 section 5.2.4), would name another resource.
			return nil, fmt.Errorf("the path parameter %q has no value that can be part of a path", part.name)
		default:
			dst = append(dst, url.PathEscape(value)...)
		}
	}
	return dst, nil
}

// url is the URL of one call, given its tail.
func (t *target) url(tail string) (u url.URL, err error) {
	u = t.fixed
	if t.parts == nil {
		return u, nil
	}
	path, query, asked := strings.Cut(tail, "?")
	u.RawPath, u.RawQuery, u.ForceQuery = path, query, asked && query == ""
	u.Path, err = url.PathUnescape(path)
	return u, err
}

// valueOf is the last value under a name, which unlike that of a header field tells upper from lower case.
func valueOf(params gateway.Params, name string) string {
	for _, param := range slices.Backward(params) {
		if param.Name == name {
			return param.Value
		}
	}
	return ""
}
