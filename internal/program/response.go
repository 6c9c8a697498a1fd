package program

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"gangway/internal/gateway"
	"gangway/internal/integration"
	"gangway/internal/jsonpath"
	"gangway/internal/vtl"
)

const subprotocolHeader = "Sec-Websocket-Protocol" // canonical, as in an http.Header

// response is an integration response: what becomes of one kind of answer.
type response struct {
	pattern     *regexp.Regexp // nil: $default
	templates   templates
	subprotocol func(*integration.Response) string // nil: not mapped
	content     content
}

// longestPattern is as long as the text of a pattern may be, in bytes.
const longestPattern = 1 << 10

// compileResponse reads an integration response. Its key matches the whole text it is held against, as in Java's
// String.matches; the dot is not a newline.
func compileResponse(def *gateway.IntegrationResponseSettings) (r *response, err error) {
	r = &response{content: content(def.ContentHandlingStrategy)}
	if key := def.IntegrationResponseKey; key != gateway.RouteDefault {
		if len(key) > longestPattern {
			return r, fmt.Errorf("the key is longer than %d bytes", longestPattern)
		}
		r.pattern, err = regexp.Compile(`\A(?:` + strings.TrimSuffix(strings.TrimPrefix(key, "/"), "/") + `)\z`)
		if err != nil {
			return r, fmt.Errorf("the key is not a regular expression of RE2's syntax: %w", err)
		}
	}
	if r.subprotocol, err = compileSubprotocol(def.ResponseParameters); err != nil {
		return r, err
	}
	r.templates, err = compileTemplates(def.TemplateSelectionExpression, def.ResponseTemplates, resolveResponse)
	return r, err
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
		read, err := compileAnswer(parameters[key])
		if err != nil {
			return nil, fmt.Errorf("response parameter '%s': %w", key, err)
		}
		return read, nil
	}
	return nil, nil
}

// compileAnswer reads what a response parameter takes of an answer.
func compileAnswer(text string) (func(*integration.Response) string, error) {
	if name, ok := strings.CutPrefix(text, "integration.response.header."); ok {
		return func(in *integration.Response) string { return in.Header.Get(name) }, nil
	}
	path, ok := strings.CutPrefix(text, "integration.response.body.")
	if !ok {
		return nil, errors.New("expected 'text', integration.response.header.{name} or integration.response.body.{JSONPath}")
	}
	compiled, err := jsonpath.Compile(path)
	return func(in *integration.Response) string {
		value, err := compiled.Find(in.Body)
		if err != nil {
			return ""
		}
		return string(value.AppendTextMax(nil, maxValue))
	}, err
}

// outcome is what the keys of integration responses are held against: "integrationResponseSelectionExpression" in "API
// Gateway WebSocket API selection expressions". What is not there reads as the empty text.
func outcome(in *integration.Response) string {
	if in.Function {
		return in.Failure
	}
	return strconv.Itoa(in.Status)
}

// match finds the integration response for an answer: the first whose pattern is the outcome, else $default.
func match(responses []*response, in *integration.Response) (*response, error) {
	if len(responses) == 1 && responses[0].pattern == nil {
		return responses[0], nil // whatever the outcome
	}
	var fallback *response
	text := outcome(in)
	for _, r := range responses {
		if r.pattern == nil {
			fallback = r
		} else if r.pattern.MatchString(text) {
			return r, nil
		}
	}
	if fallback == nil {
		return nil, failure(gateway.ErrConfiguration,
			fmt.Errorf("no integration response for %.200q of status %d, and none is $default", text, in.Status))
	}
	return fallback, nil
}

// handshake is the reply to a client that wants to connect. A function that failed lets nobody in, whatever its integration
// response: one of a WebSocket API has no status of its own.
func (b *backend) handshake(in *exchange) (*Reply, error) {
	reply := &Reply{Status: in.response.Status}
	if in.response.Failure != "" {
		reply.Status = http.StatusBadGateway
	}
	subprotocol, err := b.subprotocol(in)
	if err != nil {
		return nil, err
	}
	reply.Status = cmp.Or(in.overrides.status, reply.Status)
	subprotocol = cmp.Or(in.overrides.subprotocol, subprotocol)
	if reply.Status > 299 {
		return reply, nil
	}
	if !isToken(subprotocol) {
		return nil, failure(gateway.ErrBadReply, errors.New("the chosen Sec-WebSocket-Protocol is not a token"))
	}
	reply.Subprotocol = subprotocol
	return reply, nil
}

// subprotocol is what a backend chose: by the header itself if it is a proxy's, else by a response parameter. The template
// of the integration response makes nothing that anybody reads here, but it may override.
func (b *backend) subprotocol(in *exchange) (string, error) {
	switch {
	case !b.rendering:
		return in.response.Header.Get(subprotocolHeader), nil
	case len(b.responses) == 0 && b.optional:
		return "", nil
	}
	chosen, err := match(b.responses, in.response)
	if err != nil {
		return "", err
	}
	if chosen.templates.choose(in) != nil {
		if _, err := chosen.transform(in); err != nil {
			return "", err
		}
	}
	if chosen.subprotocol == nil {
		return "", nil
	}
	return chosen.subprotocol(in.response), nil
}

// answer is the reply to a message on a two-way route.
func (b *backend) answer(in *exchange) (*Reply, error) {
	if !b.rendering {
		return newReply(in, in.response.Body, false)
	}
	chosen, err := match(b.responses, in.response)
	if err != nil {
		return nil, err
	}
	body, err := chosen.transform(in)
	if err != nil {
		return nil, err
	}
	return newReply(in, body, chosen.content == toBinary)
}

// newReply is a body for the client; one that is not text is binary anyway.
func newReply(in *exchange, body []byte, binary bool) (*Reply, error) {
	if len(body) >= integration.MaxBody {
		return nil, errTooLarge
	}
	in.reply = Reply{Status: in.response.Status, Body: body, Binary: binary || !utf8.Valid(body)}
	return &in.reply, nil
}

var errTooLarge = failure(gateway.ErrBadReply, errors.New("the reply is larger than 128 KB"))

// transform is the backend's answer as an integration response wants it.
func (r *response) transform(in *exchange) (body []byte, err error) {
	if !in.response.Function && len(in.response.Body) >= integration.MaxBody {
		return nil, errTooLarge // what a template would see is not all
	}
	if in.response.Body, err = r.content.read(in.response.Body); err != nil {
		return nil, err
	}
	body = in.response.Body
	if t := r.templates.choose(in); t != nil {
		if body, err = t.render(in); err != nil {
			return nil, unrendered(err)
		}
	}
	if r.content == toBinary {
		return r.content.convert(body)
	}
	return body, nil
}

// failure is what a client may know of an error, and what the log should.
func failure(kind, cause error) error {
	return fmt.Errorf("program: %w: %w", gateway.Errorf(kind, "Internal server error"), cause)
}

// unrendered is the error of a template: that of its API, unless the time of the integration was over.
func unrendered(cause error) error {
	if errors.Is(cause, vtl.ErrCanceled) {
		return fmt.Errorf("program: %w: %w", gateway.Errorf(gateway.ErrTimeout, "Endpoint request timed out"), cause)
	}
	return failure(gateway.ErrConfiguration, cause)
}

// isToken says whether a text can be a subprotocol (RFC 6455 section 4.1: a token of HTTP), or is empty.
func isToken(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r)
	}) < 0
}
