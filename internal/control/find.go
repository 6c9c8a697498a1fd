package control

import (
	"net/url"
	"strings"

	"gangway/internal/gateway"
)

// errUnknownOperation is what API Gateway's front end says of a path it does not know.
var errUnknownOperation = gateway.Errorf(gateway.ErrNotFound, "Unknown operation: no operation of apigatewayv2 or apigateway has this method and path")

// found is the operation that a request asks for.
type found struct {
	operation *Operation
	param     map[string]string // path parameters, decoded
	key       gateway.Key       // of what the path names
}

// find is the operation of a method, a path as sent and a query. A path that ends with a slash is another one, or none: it may be what
// a client has made of a name such as .. that it took for a step up (RFC 3986 section 5.2.4), and had no mind to ask of the object above.
func find(method, rawPath string, query url.Values) (found, error) {
	segments := strings.Split(strings.TrimPrefix(rawPath, "/"), "/")
	for i, raw := range segments {
		// One decoding for one segment: an encoded slash inside an ARN or a route key does not end it.
		segment, err := url.PathUnescape(raw)
		if err != nil {
			return found{}, gateway.Errorf(gateway.ErrInvalid, "Invalid percent-encoding in path segment '%s'", raw)
		}
		segments[i] = segment
	}
	for i := range all {
		if all[i].Method != method {
			continue
		}
		if param, ok := match(all[i].Path, segments, query); ok {
			return found{&all[i], param, keyOf(segments)}, nil
		}
	}
	for _, refusal := range refusals {
		if path := "/" + strings.Join(segments, "/"); path == refusal.Prefix || strings.HasPrefix(path, refusal.Prefix+"/") {
			return found{}, gateway.Errorf(gateway.ErrInvalid, "%s %s is not served by Gangway: %s", method, refusal.Prefix, refusal.Excuse)
		}
	}
	return found{}, errUnknownOperation
}

// match holds a path against a pattern such as /v2/apis/{apiId}. The ARN of a tags path may come with raw slashes. A
// pattern that ends with a query wants that query parameter.
func match(pattern string, segments []string, query url.Values) (map[string]string, bool) {
	pattern, wanted, hasQuery := strings.Cut(pattern, "?")
	if name, value, _ := strings.Cut(wanted, "="); hasQuery && query.Get(name) != value {
		return nil, false
	}
	parts := strings.Split(strings.Trim(pattern, "/"), "/")
	last := parts[len(parts)-1]
	if (last == "{resource-arn}" || last == "{resource_arn}") && len(segments) > len(parts) {
		rest := strings.Join(segments[len(parts)-1:], "/")
		segments = append(append([]string{}, segments[:len(parts)-1]...), rest)
	}
	if len(parts) != len(segments) {
		return nil, false
	}
	param := map[string]string{}
	for i, part := range parts {
		name, isParam := strings.CutPrefix(part, "{")
		switch {
		case isParam && segments[i] != "":
			param[strings.TrimSuffix(name, "}")] = segments[i]
		case part != segments[i]:
			return nil, false
		}
	}
	return param, true
}

// keyOf is the key that a path names: what follows /v2 or /gangway. An id with a slash in it names nothing, and is kept
// from looking like two. Both versions of the service have a path /vpclinks, and objects of their own behind it.
func keyOf(segments []string) gateway.Key {
	if segments[0] == "v2" || segments[0] == "gangway" {
		return joined(segments[1:])
	}
	if segments[0] == "vpclinks" {
		return joined(append([]string{"vpclinksv1"}, segments[1:]...))
	}
	return joined(segments)
}

func joined(segments []string) gateway.Key {
	var key strings.Builder
	for i, segment := range segments {
		if i > 0 {
			key.WriteByte('/')
		}
		key.WriteString(strings.ReplaceAll(segment, "/", "%2F"))
	}
	return gateway.Key(key.String())
}
