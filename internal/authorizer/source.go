package authorizer

import (
	"fmt"
	"regexp"
	"strings"

	"gangway/internal/gateway"
)

// A Source is where a client shows who it is, compiled.
type Source struct {
	place place
	name  string
	read  func(*gateway.Event) string // of a variable of $context
}

// A place is a part of a handshake.
type place string

// The places.
const (
	inHeader      place = "route.request.header"
	inQuery       place = "route.request.querystring"
	inSubprotocol place = "route.request.subprotocol"
	inVariables   place = "stageVariables"
	inContext     place = "context"
)

// What a source may be: "Create an API Gateway REQUEST Lambda authorizer" in the developer guide, and of a token. HTTP APIs
// write $request for route.request.
var (
	sources      = regexp.MustCompile(`^(route\.request\.header|route\.request\.querystring|stageVariables|context)\.([a-zA-Z0-9._-]+)$`)
	tokenSources = regexp.MustCompile(`^(?:route\.|\$)request\.(header|querystring|subprotocol)\.([a-zA-Z0-9._-]+)$`)
)

// CompileSources reads the identity sources of a Lambda authorizer. The error names the first that is none.
func CompileSources(identitySource []string) ([]Source, error) {
	compiled := make([]Source, 0, len(identitySource))
	for _, text := range identitySource {
		match := sources.FindStringSubmatch(text)
		if match == nil {
			return nil, fmt.Errorf("authorizer: identity source %q: expected route.request.{header|querystring}.{name}, "+
				"stageVariables.{name} or context.{name}", text)
		}
		source := Source{place: place(match[1]), name: match[2]}
		if source.place == inContext {
			if source.read = gateway.ContextVariable(source.name); source.read == nil {
				return nil, fmt.Errorf("authorizer: identity source %q: there is no such variable of $context", text)
			}
		}
		compiled = append(compiled, source)
	}
	return compiled, nil
}

// CompileTokenSources reads where a [JWT] looks for a token. The error names the first that is no such place.
func CompileTokenSources(identitySource []string) ([]Source, error) {
	compiled := make([]Source, 0, len(identitySource))
	for _, text := range identitySource {
		match := tokenSources.FindStringSubmatch(text)
		if match == nil {
			return nil, fmt.Errorf("authorizer: identity source %q: expected "+
				"route.request.{header|querystring|subprotocol}.{name}", text)
		}
		compiled = append(compiled, Source{place: place("route.request." + match[1]), name: match[2]})
	}
	return compiled, nil
}

// value is what a client shows here, empty if that is nothing. Names of header fields are compared as HTTP does, others as they are
// written; of several values under one name the last counts, as in the event that the function sees.
func (s *Source) value(ev *gateway.Event, variables map[string]string) string {
	switch s.place {
	case inVariables:
		return variables[s.name]
	case inContext:
		return s.read(ev)
	default:
		all := s.values(ev)
		if len(all) == 0 {
			return ""
		}
		return all[len(all)-1]
	}
}

// values are all that a client shows at a place that it fills itself.
func (s *Source) values(ev *gateway.Event) []string {
	switch s.place {
	case inHeader:
		return ev.Header.All(s.name)
	case inQuery:
		var all []string
		for _, param := range ev.Query {
			if param.Name == s.name {
				all = append(all, param.Value)
			}
		}
		return all
	case inSubprotocol:
		var all []string
		for _, offered := range s.offered(ev) {
			all = append(all, strings.TrimPrefix(offered, s.name+"."))
		}
		return all
	default:
		return nil
	}
}

// offered are the subprotocols that have a token behind the name.
func (s *Source) offered(ev *gateway.Event) []string {
	if s.place != inSubprotocol {
		return nil
	}
	var all []string
	for _, line := range ev.Header.All("Sec-WebSocket-Protocol") {
		for protocol := range strings.SplitSeq(line, ",") {
			if protocol = strings.TrimSpace(protocol); strings.HasPrefix(protocol, s.name+".") {
				all = append(all, protocol)
			}
		}
	}
	return all
}
