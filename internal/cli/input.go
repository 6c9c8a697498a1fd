package cli

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"time"

	"gangway/internal/gateway"
)

// inputSettings say what is put into a template or a route.
type inputSettings struct {
	Body  string `placeholder:"FILE|TEXT" help:"The message: a file, - for standard input, or the text itself."`
	Event string `placeholder:"FILE" help:"JSON with what else an event has: connectionId, routeKey, eventType, stage, apiId, domainName, sourceIp, userAgent, user, requestId, messageId, connectedAt, requestTimeEpoch, headers and query (a name has a text or a list of texts), body, disconnectStatusCode, disconnectReason. What is not there has a value that serves for a test."`
}

// givenEvent is an event as a user writes it: the members of $context, and what templates have besides.
type givenEvent struct {
	ConnectionID, RouteKey, EventType, Stage, APIID, DomainName string
	SourceIP, UserAgent, User, RequestID, MessageID, Body       string
	ConnectedAt, RequestTimeEpoch                               int64 // milliseconds
	Headers, Query                                              map[string]eventValues
	DisconnectStatusCode                                        int
	DisconnectReason                                            string
}

// eventValues are the values of a header or parameter: a string of JSON, or a list of strings.
type eventValues []string

// UnmarshalJSON implements [json.Unmarshaler].
func (v *eventValues) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*v = eventValues{one}
		return nil
	}
	var all []string
	if json.Unmarshal(text, &all) != nil {
		return errors.New("headers and query: expected a string or a list of strings for each name")
	}
	*v = all
	return nil
}

// event is what the settings say, with the given in place of what is not said.
func (c *inputSettings) event(s *Streams, otherwise givenEvent) (*gateway.Event, error) {
	given, err := c.given(s)
	if err != nil {
		return nil, err
	}
	body := []byte(given.Body)
	if c.Body != "" {
		if body, err = s.message(c.Body); err != nil {
			return nil, err
		}
	}
	now := time.Now().UnixMilli()
	kind := gateway.EventType(cmp.Or(given.EventType, otherwise.EventType, string(gateway.EventMessage)))
	at := time.UnixMilli(cmp.Or(given.RequestTimeEpoch, now))
	ev := &gateway.Event{
		Type:      kind,
		RequestID: cmp.Or(given.RequestID, "RequestId0Test0="), RouteKey: cmp.Or(given.RouteKey, otherwise.RouteKey, usualKeys[kind]),
		Time: at,
		Connection: &gateway.Connection{
			ID:  gateway.ConnectionID(cmp.Or(given.ConnectionID, "Connection0Test=")),
			API: cmp.Or(given.APIID, otherwise.APIID, "api1234567"), Stage: cmp.Or(given.Stage, otherwise.Stage, "test"),
			DomainName:  cmp.Or(given.DomainName, otherwise.DomainName, "localhost:8080"),
			ConnectedAt: time.UnixMilli(cmp.Or(given.ConnectedAt, at.UnixMilli())),
			SourceIP:    cmp.Or(given.SourceIP, "127.0.0.1"), UserAgent: given.UserAgent, Identity: given.identity(),
		},
	}
	return ev, given.complete(ev, body)
}

// identity is who the client is, if the event says.
func (g *givenEvent) identity() *gateway.Identity {
	if g.User == "" {
		return nil
	}
	return &gateway.Identity{User: g.User}
}

// usualKeys are the keys of the routes that take the events of a type.
var usualKeys = map[gateway.EventType]string{
	gateway.EventConnect: gateway.RouteConnect, gateway.EventMessage: gateway.RouteDefault,
	gateway.EventDisconnect: gateway.RouteDisconnect,
}

// complete adds what only events of one type have, and refuses what this one cannot have: a template that is tried with
// it would find it missing later.
func (g *givenEvent) complete(ev *gateway.Event, body []byte) error {
	if len(g.Headers)+len(g.Query) > 0 && ev.Type != gateway.EventConnect {
		return usagef("--event: an event of type %s has no headers and no query, only CONNECT has", ev.Type)
	}
	if len(body) > 0 && ev.Type != gateway.EventMessage {
		return usagef("--body: an event of type %s has none, only MESSAGE has", ev.Type)
	}
	switch ev.Type {
	case gateway.EventConnect:
		ev.Header, ev.Query = paramsOf(g.Headers), paramsOf(g.Query)
	case gateway.EventMessage:
		ev.Body, ev.MessageID = body, cmp.Or(g.MessageID, "MessageId0Test0=")
	case gateway.EventDisconnect:
		ev.DisconnectStatus, ev.DisconnectReason = cmp.Or(g.DisconnectStatusCode, 1000), g.DisconnectReason
	default:
		return usagef("--event: eventType: expected CONNECT, MESSAGE or DISCONNECT, got %q", ev.Type)
	}
	return nil
}

// given reads the file of --event, if there is one.
func (c *inputSettings) given(s *Streams) (given givenEvent, err error) {
	if c.Event == "" {
		return given, nil
	}
	if c.Event == standardStream && c.Body == standardStream {
		return given, errStdin
	}
	text, err := s.readFile(c.Event)
	if err != nil {
		return given, err
	}
	if err := checkObject(c.Event, text); err != nil {
		return given, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&given); err != nil {
		return given, fmt.Errorf("--event: %s: %w", c.Event, err)
	}
	return given, nil
}

// errStdin is a command line that wants standard input twice.
var errStdin = usagef("only one of the files can be - (standard input)")

func paramsOf(m map[string]eventValues) gateway.Params {
	params := make(gateway.Params, 0, len(m))
	for _, name := range keysOf(m) {
		for _, value := range m[name] {
			params = append(params, gateway.Param{Name: name, Value: value})
		}
	}
	return params
}

// fileName is a text that is rather the name of a file, which may be misspelled, than a message.
var fileName = regexp.MustCompile(`^[\w./~-]+\.\w+$|^[./~]+/\S+$`)

// message is what a file has, without the line feed at its end, or else the text itself.
func (s *Streams) message(fileOrText string) ([]byte, error) {
	text, err := s.readFile(fileOrText)
	if err == nil {
		return bytes.TrimSuffix(text, []byte("\n")), nil
	}
	if !fileName.MatchString(fileOrText) {
		return []byte(fileOrText), nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no file %s", field(fileOrText))
	}
	return nil, err
}

// stageVariables reads NAME=VALUE.
func stageVariables(pairs []string) (map[string]string, error) {
	variables := make(map[string]string, len(pairs))
	for _, pair := range pairs {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return nil, usagef("--stage-variable: expected NAME=VALUE, got %q", pair)
		}
		variables[name] = value
	}
	// The control plane says what a stage may have.
	stage := gateway.Stage{StageSettings: gateway.StageSettings{StageVariables: variables}, StageOrigin: gateway.StageOrigin{StageName: "test"}}
	if err := stage.Validate(); err != nil {
		return nil, usagef("--stage-variable: %w", err)
	}
	return variables, nil
}
