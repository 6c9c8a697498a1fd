package program

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"gangway/internal/gateway"
	"gangway/internal/integration"
)

const subprotocolHeader = "Sec-Websocket-Protocol" // canonical, as in an http.Header

// response is an integration response: what becomes of one kind of answer.
type response struct {
	pattern     *regexp.Regexp // nil: $default
	templates   templates
	subprotocol func(*integration.Response) string // nil: not mapped
	broken      error                              // why it cannot be applied
}

// compileResponse reads an integration response. Its key matches the whole status, as in Java's String.matches.
func compileResponse(def *gateway.IntegrationResponseSettings) (r *response, err error) {
	r = &response{}
	if key := def.IntegrationResponseKey; key != gateway.RouteDefault {
		r.pattern, err = regexp.Compile(`\A(?:` + strings.TrimSuffix(strings.TrimPrefix(key, "/"), "/") + `)\z`)
		if err != nil {
			return r, fmt.Errorf("the key is not a regular expression of RE2's syntax: %w", err)
		}
	}
	if def.ContentHandlingStrategy == "CONVERT_TO_BINARY" {
		r.broken = unserved("contentHandlingStrategy CONVERT_TO_BINARY is not served yet: a reply that needs it fails")
	}
	if r.subprotocol, err = compileSubprotocol(def.ResponseParameters); err != nil {
		return r, err
	}
	r.templates, err = compileTemplates(def.TemplateSelectionExpression, def.ResponseTemplates, resolveResponse)
	return r, errors.Join(err, r.broken)
}

// compileSubprotocol reads the one response parameter that a client can see: there are no other headers on a socket.
func compileSubprotocol(parameters gateway.Map) (func(*integration.Response) string, error) {
	for _, key := range sortedKeys(parameters) {
		_, name, _ := strings.Cut(key, ".response.header.")
		if !strings.EqualFold(name, subprotocolHeader) {
			continue
		}
		if static, ok := unquote(parameters[key]); ok {
			return func(*integration.Response) string { return static }, nil
		}
		header, ok := strings.CutPrefix(parameters[key], "integration.response.header.")
		if !ok {
			return nil, fmt.Errorf("response parameter '%s': expected 'text' or integration.response.header.{name}", key)
		}
		return func(in *integration.Response) string { return in.Header.Get(header) }, nil
	}
	return nil, nil
}

// match finds the integration response for an answer: the first whose pattern is the status, else $default.
func match(responses []*response, status int) *response {
	var fallback *response
	text := strconv.Itoa(status)
	for _, r := range responses {
		if r.pattern == nil {
			fallback = r
		} else if r.pattern.MatchString(text) {
			return r
		}
	}
	return fallback
}

// handshake is the reply to a client that wants to connect.
func (b *backend) handshake(in *exchange) (*Reply, error) {
	reply := &Reply{Status: in.response.Status}
	subprotocol := in.response.Header.Get(subprotocolHeader)
	if len(b.responses) > 0 {
		chosen := match(b.responses, in.response.Status)
		if chosen == nil {
			return nil, unmatched(in.response.Status)
		}
		if chosen.subprotocol != nil {
			subprotocol = chosen.subprotocol(in.response)
		}
	}
	if reply.Status > 299 {
		return reply, nil
	}
	if !isToken(subprotocol) {
		return nil, failure(gateway.ErrBadReply, errors.New("the chosen Sec-WebSocket-Protocol is not a token"))
	}
	reply.Subprotocol = subprotocol
	return reply, nil
}

// answer is the reply to a message on a two-way route.
func (b *backend) answer(in *exchange) (*Reply, error) {
	body, err := b.transform(in)
	if err != nil {
		return nil, err
	}
	if len(body) >= integration.MaxBody {
		return nil, failure(gateway.ErrBadReply, errors.New("the reply is larger than 128 KB"))
	}
	return &Reply{Status: in.response.Status, Body: body, Binary: !utf8.Valid(body)}, nil
}

// transform is the backend's answer as the integration response for it wants it; a proxy's is left as it is.
func (b *backend) transform(in *exchange) ([]byte, error) {
	if !b.rendering {
		return in.response.Body, nil
	}
	chosen := match(b.responses, in.response.Status)
	switch {
	case chosen == nil:
		return nil, unmatched(in.response.Status)
	case chosen.broken != nil:
		return nil, failure(gateway.ErrConfiguration, chosen.broken)
	}
	t := chosen.templates.choose(in)
	if t == nil {
		return in.response.Body, nil
	}
	body, err := t(in)
	if err != nil {
		return nil, failure(gateway.ErrConfiguration, err)
	}
	return body, nil
}

func unmatched(status int) error {
	return failure(gateway.ErrConfiguration, fmt.Errorf("no integration response for status %d, and none is $default", status))
}

// failure is what a client may know of an error, and what the log should.
func failure(kind, cause error) error {
	return fmt.Errorf("program: %w: %w", gateway.Errorf(kind, "Internal server error"), cause)
}

// isToken says whether a text can be a subprotocol (RFC 6455 section 4.1: a token of HTTP), or is empty.
func isToken(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r)
	}) < 0
}
