package gateway

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// EventType is what happened on a connection.
type EventType string

// The three things that can happen on a connection.
const (
	EventConnect    EventType = "CONNECT"
	EventMessage    EventType = "MESSAGE"
	EventDisconnect EventType = "DISCONNECT"
)

// An Event is something that happened on a connection and that a route may be waiting for. It is not changed once it
// runs, and so may be read by several goroutines.
type Event struct {
	Type       EventType
	Connection *Connection
	RequestID  string    // new for every event; 16 characters, see [NewRequestID]
	MessageID  string    // of a MESSAGE, else empty
	RouteKey   string    // of the route that was selected
	Time       time.Time // when the gateway took it up

	Header Params // of the handshake, with the client's own spelling of names; CONNECT only
	Query  Params // of the handshake, decoded; CONNECT only
	Body   []byte // of a MESSAGE

	DisconnectStatus int // of a DISCONNECT: the RFC 6455 section 7.4 code
	DisconnectReason string
}

// Connection is what stays the same for every event of a connection.
type Connection struct {
	ID          ConnectionID
	API         string
	Stage       string
	DomainName  string // the authority by which this client reached the API, and "/{apiId}" where the path names the API
	ConnectedAt time.Time
	SourceIP    string
	UserAgent   string // empty if the client sent none
	// Identity is who the client is; nil: nobody asked.
	Identity *Identity
}

// Param is a header field or a query parameter.
type Param struct{ Name, Value string }

// Params are header fields or query parameters in the order in which they came.
type Params []Param

// Get is the last value under a name, compared as HTTP compares header names; API Gateway's single-value maps keep the
// last one, too.
func (p Params) Get(name string) (value string, ok bool) {
	for _, param := range slices.Backward(p) {
		if strings.EqualFold(param.Name, name) {
			return param.Value, true
		}
	}
	return "", false
}

// All are the values under a name, in order.
func (p Params) All(name string) []string {
	var all []string
	for _, param := range p {
		if strings.EqualFold(param.Name, name) {
			all = append(all, param.Value)
		}
	}
	return all
}

// Without is p without the parameters for which drop holds.
func (p Params) Without(drop func(name string) bool) Params {
	kept := make(Params, 0, len(p))
	for _, param := range p {
		if !drop(param.Name) {
			kept = append(kept, param)
		}
	}
	return kept
}

// RequestTime is the time of the event as API Gateway prints it: Common Log Format, UTC.
func (e *Event) RequestTime() string { return e.Time.UTC().Format("02/Jan/2006:15:04:05 +0000") }

// contextVariables are the variables of $context that exist for every WebSocket API: "WebSocket API mapping template
// reference" in the API Gateway developer guide. Their names are compared as written.
var contextVariables = map[string]func(*Event) string{
	"apiId":              func(e *Event) string { return e.Connection.API },
	"connectedAt":        func(e *Event) string { return milliseconds(e.Connection.ConnectedAt) },
	"connectionId":       func(e *Event) string { return string(e.Connection.ID) },
	"domainName":         func(e *Event) string { return e.Connection.DomainName },
	"eventType":          func(e *Event) string { return string(e.Type) },
	"extendedRequestId":  func(e *Event) string { return e.RequestID },
	"identity.accessKey": func(e *Event) string { return e.identified().AccessKey },
	"identity.accountId": func(e *Event) string { return e.identified().AccountID },
	"identity.apiKey":    func(e *Event) string { return e.identified().APIKey },
	"identity.apiKeyId":  func(e *Event) string { return e.identified().APIKeyID },
	"identity.caller":    func(e *Event) string { return e.identified().Caller },
	"identity.sourceIp":  func(e *Event) string { return e.Connection.SourceIP },
	"identity.user":      func(e *Event) string { return e.identified().User },
	"identity.userAgent": func(e *Event) string { return e.Connection.UserAgent },
	"identity.userArn":   func(e *Event) string { return e.identified().UserARN },
	"messageId":          func(e *Event) string { return e.MessageID },
	"requestId":          func(e *Event) string { return e.RequestID },
	"requestTime":        (*Event).RequestTime,
	"requestTimeEpoch":   func(e *Event) string { return milliseconds(e.Time) },
	"routeKey":           func(e *Event) string { return e.RouteKey },
	"stage":              func(e *Event) string { return e.Connection.Stage },
	// API Gateway documents no variable for why a connection ended; these two are ours.
	"disconnectReason":     func(e *Event) string { return e.DisconnectReason },
	"disconnectStatusCode": func(e *Event) string { return number(e.DisconnectStatus) },
}

// ContextVariable is the function that reads a variable of $context off an event, or nil if there is none of that name.
// A variable that has no value in some event reads as the empty text. What an authorizer says has the name that it gives.
func ContextVariable(name string) func(*Event) string {
	if read := contextVariables[name]; read != nil {
		return read
	}
	return authorizerVariable(name)
}

// ContextVariables are the names of all variables of $context but those of an authorizer, in order.
func ContextVariables() []string { return contextNames }

var contextNames = slices.Sorted(maps.Keys(contextVariables))

func milliseconds(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
