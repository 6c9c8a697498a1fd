package control

import (
	"net/url"
	"strings"

	"gangway/internal/gateway"
)

// errUnknownOperation is what API Gateway's front end says of a path it does not know.
var errUnknownOperation = gateway.Errorf(gateway.ErrNotFound, "Unknown operation: no operation of apigatewayv2 has this method and path")

// find is the operation of a method and a path as sent, its path parameters, and the key of what the path names.
func find(method, rawPath string) (op *Operation, param map[string]string, key gateway.Key, err error) {
	segments := strings.Split(strings.Trim(rawPath, "/"), "/")
	for i, raw := range segments {
		// One decoding for one segment: an encoded slash inside an ARN or a route key does not end it.
		if segments[i], err = url.PathUnescape(raw); err != nil {
			return nil, nil, "", gateway.Errorf(gateway.ErrInvalid, "Invalid percent-encoding in path segment '%s'", raw)
		}
	}
	for i := range operations {
		if operations[i].Method != method {
			continue
		}
		if param, ok := match(operations[i].Path, segments); ok {
			return &operations[i], param, keyOf(segments), nil
		}
	}
	return nil, nil, "", errUnknownOperation
}

// match holds a path against a pattern such as /v2/apis/{apiId}. The ARN of a tags path may come with raw slashes.
func match(pattern string, segments []string) (map[string]string, bool) {
	parts := strings.Split(strings.Trim(pattern, "/"), "/")
	if parts[len(parts)-1] == "{resource-arn}" && len(segments) > len(parts) {
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

// keyOf is the key that a path names: what follows /v2. An id with a slash in it names nothing, and is kept from
// looking like two.
func keyOf(segments []string) gateway.Key {
	var key strings.Builder
	for i, segment := range segments[1:] {
		if i > 0 {
			key.WriteByte('/')
		}
		key.WriteString(strings.ReplaceAll(segment, "/", "%2F"))
	}
	return gateway.Key(key.String())
}
