package trial

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"gangway/internal/gateway"
)

// A Given is an event as its author writes it, in JSON: the members of $context, and what templates have besides. What is not
// there has a value that serves for a test.
type Given struct {
	ConnectionID, RouteKey, EventType, Stage, APIID, DomainName string
	SourceIP, UserAgent, User, RequestID, MessageID, Body       string
	ConnectedAt, RequestTimeEpoch                               int64 // milliseconds
	Headers, Query                                              map[string]Values
	DisconnectStatusCode                                        int
	DisconnectReason                                            string
}

// Values are those of a header or parameter: a string of JSON, or a list of strings.
type Values []string

// UnmarshalJSON implements [json.Unmarshaler].
func (v *Values) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*v = Values{one}
		return nil
	}
	var all []string
	if json.Unmarshal(text, &all) != nil {
		return errors.New("headers and query: expected a string or a list of strings for each name")
	}
	*v = all
	return nil
}

// Read decodes JSON into a Given or an Answer. A member that neither has is an error.
func Read(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

// An InputError is an event that cannot be.
type InputError struct {
	Member  string // event, body, routeKey or reply
	Message string
}

// Error implements error.
func (e *InputError) Error() string { return e.Member + ": " + e.Message }

func wrong(member, format string, args ...any) error {
	return &InputError{member, fmt.Sprintf(format, args...)}
}

// Event is the event, with the usual in place of what is not said, and a message, unless it is nil.
func (g *Given) Event(usual *Given, body []byte) (*gateway.Event, error) {
	if body == nil {
		body = []byte(g.Body)
	}
	now := time.Now().UnixMilli()
	kind := gateway.EventType(cmp.Or(g.EventType, usual.EventType, string(gateway.EventMessage)))
	at := time.UnixMilli(cmp.Or(g.RequestTimeEpoch, now))
	ev := &gateway.Event{
		Type:      kind,
		RequestID: cmp.Or(g.RequestID, "RequestId0Test0="), RouteKey: cmp.Or(g.RouteKey, usual.RouteKey, usualKeys[kind]),
		Time: at,
		Connection: &gateway.Connection{
			ID:  gateway.ConnectionID(cmp.Or(g.ConnectionID, "Connection0Test=")),
			API: cmp.Or(g.APIID, usual.APIID, "api1234567"), Stage: cmp.Or(g.Stage, usual.Stage, "test"),
			DomainName:  cmp.Or(g.DomainName, usual.DomainName, "localhost:8080"),
			ConnectedAt: time.UnixMilli(cmp.Or(g.ConnectedAt, at.UnixMilli())),
			SourceIP:    cmp.Or(g.SourceIP, "127.0.0.1"), UserAgent: g.UserAgent, Identity: g.identity(),
		},
	}
	return ev, g.complete(ev, body)
}

// identity is who the client is, if the event says.
func (g *Given) identity() *gateway.Identity {
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
func (g *Given) complete(ev *gateway.Event, body []byte) error {
	if len(g.Headers)+len(g.Query) > 0 && ev.Type != gateway.EventConnect {
		return wrong("event", "an event of type %s has no headers and no query, only CONNECT has", ev.Type)
	}
	if len(body) > 0 && ev.Type != gateway.EventMessage {
		return wrong("body", "an event of type %s has none, only MESSAGE has", ev.Type)
	}
	switch ev.Type {
	case gateway.EventConnect:
		ev.Header, ev.Query = paramsOf(g.Headers), paramsOf(g.Query)
	case gateway.EventMessage:
		ev.Body, ev.MessageID = body, cmp.Or(g.MessageID, "MessageId0Test0=")
	case gateway.EventDisconnect:
		ev.DisconnectStatus, ev.DisconnectReason = cmp.Or(g.DisconnectStatusCode, 1000), g.DisconnectReason
	default:
		return wrong("event", "eventType: expected CONNECT, MESSAGE or DISCONNECT, got %q", ev.Type)
	}
	return nil
}

func paramsOf(m map[string]Values) gateway.Params {
	params := make(gateway.Params, 0, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		for _, value := range m[name] {
			params = append(params, gateway.Param{Name: name, Value: value})
		}
	}
	return params
}
