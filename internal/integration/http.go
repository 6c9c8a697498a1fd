package integration

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"gangway/internal/dial"
	"gangway/internal/gateway"
)

// server is an HTTP backend. One of type HTTP_PROXY is given the message, or the handshake, as it is; one of type HTTP only
// what is made for it.
type server struct {
	way    way
	proxy  bool
	method string
	target *target
	fixed  gateway.Params // header fields of every request
	mapped mapped
}

func newServer(def *gateway.DeployedIntegration, env Env) (Backend, error) {
	uri, onStage, err := expand("integrationUri", string(def.IntegrationURI), env.Variables)
	if err != nil {
		return orBroken(onStage, err)
	}
	names := mappedNames(def)
	target, err := newTarget(uri, names.path)
	if err != nil {
		return orBroken(onStage, err)
	}
	s := &server{
		way:    way{transport: env.HTTP, certificate: newCertificate(env.Certificate)},
		proxy:  def.IntegrationType == gateway.IntegrationHTTPProxy,
		method: string(def.IntegrationMethod),
		target: target,
		fixed:  signature(env.Stage),
		mapped: names,
	}
	if def.ConnectionType != connectionLink {
		return s, nil
	}
	id, onStage, err := expand("connectionId", def.ConnectionID, env.Variables)
	if err == nil && id == "" {
		err = errors.New("connectionId: expected the id of a VPC link")
	}
	if err != nil {
		return orBroken(onStage, err)
	}
	s.way.link = &link{id, env.Upstream}
	return s, s.way.link.check()
}

const (
	userAgent   = "User-Agent"
	contentType = "Content-Type"
)

// signature are the header fields by which a backend knows the gateway.
func signature(stage gateway.StageKey) gateway.Params {
	return gateway.Params{
		{Name: userAgent, Value: "AmazonAPIGateway_" + stage.API},
		{Name: "X-Amzn-Apigateway-Api-Id", Value: stage.API},
	}
}

// Call implements [Backend].
func (s *server) Call(ctx context.Context, req *Request) (*Response, error) {
	transport, err := s.way.through()
	if err != nil {
		return nil, failure(gateway.ErrConfiguration, err)
	}
	out, err := s.request(ctx, req)
	if err != nil {
		return nil, failure(gateway.ErrConfiguration, err)
	}
	return out.send(ctx, transport)
}

// request is the call with what goes to the backend.
func (s *server) request(ctx context.Context, req *Request) (*call, error) {
	c, trace, err := newCall(s.target, req)
	if err != nil {
		return nil, err
	}
	var room [8]gateway.Param // for what a message has
	header, query := append(gateway.Params(room[:0]), s.fixed...), req.Query
	switch {
	case !s.proxy:
		header = append(header, gateway.Param{Name: contentType, Value: mediaType(req.Body)},
			gateway.Param{Name: "Accept", Value: "application/json"})
	case req.Event.Type == gateway.EventConnect:
		query = override(handshakeQuery(req.Event).Without(s.mapped.hasQuery), req.Query, func(a, b string) bool { return a == b })
		header = override(forwarded(req.Event).Without(s.mapped.hasHeader), s.fixed, sameField)
	case req.Event.Type == gateway.EventMessage:
		header = append(header, gateway.Param{Name: contentType, Value: mediaType(req.Body)})
	}
	c.url.RawQuery = appendQuery(c.url.RawQuery, query)
	c.prepare(ctx, s.verb(req.Event), override(traced(header, trace), req.Header, sameField), req.Body)
	return c, nil
}

// traced is a header with an X-Amzn-Trace-Id: the one it has, or else that of the call.
func traced(header gateway.Params, id string) gateway.Params {
	if _, ok := header.Get(traceID); ok {
		return header
	}
	return append(header, gateway.Param{Name: traceID, Value: id})
}

// mediaType is what a message is called: API Gateway calls all of its own JSON, whatever they are, but takes no binary ones.
func mediaType(body []byte) string {
	if !utf8.Valid(body) {
		return "application/octet-stream"
	}
	return "application/json"
}

// verb is the method of the call. ANY has to mean something for what is not an HTTP request.
func (s *server) verb(ev *gateway.Event) string {
	switch {
	case s.method != "ANY":
		return s.method
	case ev.Type == gateway.EventMessage:
		return http.MethodPost
	default:
		return http.MethodGet
	}
}

// override is params with those of others in place of the ones with the same names. It writes into params, which are the
// caller's own.
func override(params, others gateway.Params, same func(a, b string) bool) gateway.Params {
	kept := slices.DeleteFunc(params, func(param gateway.Param) bool {
		return slices.ContainsFunc(others, func(other gateway.Param) bool { return same(param.Name, other.Name) })
	})
	return append(kept, others...)
}

// sameField compares names of header fields as the most forgiving of backends do: those that put fields into environment
// variables (RFC 3875 section 4.1.18) cannot tell a hyphen from an underscore, and must not take a client's field for ours.
func sameField(a, b string) bool {
	return strings.EqualFold(strings.ReplaceAll(a, "_", "-"), strings.ReplaceAll(b, "_", "-"))
}

// forwarded is the header of a handshake as it may go on to another server: without what names this one, or promises a
// body.
func forwarded(ev *gateway.Event) gateway.Params {
	return handshakeHeader(ev).Without(func(name string) bool {
		return strings.EqualFold(name, "Host") || strings.EqualFold(name, "Expect")
	})
}

// appendQuery appends parameters to a query.
func appendQuery(query string, params gateway.Params) string {
	if len(params) == 0 {
		return query
	}
	var b strings.Builder
	b.WriteString(query)
	for _, param := range params {
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(param.Name))
		b.WriteByte('=')
		b.WriteString(url.QueryEscape(param.Value))
	}
	return b.String()
}

// classify finds the kind of an error of a round trip.
func classify(ctx context.Context, err error) error {
	if late := ended(ctx, err); late != nil {
		return late
	}
	_, network := errors.AsType[*net.OpError](err)
	switch {
	case errors.Is(err, errDenied):
		return failure(gateway.ErrConfiguration, err)
	case network, errors.Is(err, dial.ErrNoConnection), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return failure(gateway.ErrUnreachable, err)
	default:
		return failure(gateway.ErrBadReply, err)
	}
}
