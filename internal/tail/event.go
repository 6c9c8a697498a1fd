package tail

import (
	"encoding/base64"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"gangway/internal/gateway"
)

// Event is what a watcher sees of an event. Bodies that are longer than 4 KB are cut, with an ellipsis, unless the
// watcher wants them whole; those that are no text
// are in base64, with a note in front.
type Event struct {
	Time         time.Time `json:"time"`
	Type         string    `json:"type"` // CONNECT, MESSAGE, DISCONNECT, PUSH or LOG
	API          string    `json:"apiId"`
	Stage        string    `json:"stage"`
	Connection   string    `json:"connectionId"`
	RequestID    string    `json:"requestId"` // of a LOG: of the invocation
	RouteKey     string    `json:"routeKey,omitempty"`
	Selection    string    `json:"selection,omitempty"` // what the route selection expression came to
	Message      string    `json:"message,omitempty"`   // of a PUSH: what was pushed
	Status       int       `json:"status"`
	Millis       float64   `json:"latencyMillis"`
	Reply        string    `json:"reply,omitempty"`
	ErrorMessage string    `json:"errorMessage,omitempty"` // as the client is told it
	Error        string    `json:"error,omitempty"`
	Close        int       `json:"closeStatus,omitempty"`
	Reason       string    `json:"closeReason,omitempty"`
	Source       string    `json:"sourceIp,omitempty"`
	Function     string    `json:"functionName,omitempty"`   // of a LOG: who has written it
	Line         string    `json:"line,omitempty"`           // what
	Cause        string    `json:"eventRequestId,omitempty"` // the request id of the event that the function was called for
	Platform     bool      `json:"platform,omitempty"`       // that it was not the function, but what runs it: START, END, REPORT

	Authorizer  *Step `json:"authorizer,omitempty"`
	Integration *Step `json:"integration,omitempty"`
}

// Step is somebody who was asked on the way.
type Step struct {
	Method string `json:"method,omitempty"`
	// RequestID is what AWS, or what stands for it, calls the call: the LOG events of a function have it.
	RequestID string   `json:"requestId,omitempty"`
	URI       string   `json:"uri,omitempty"`
	Header    []string `json:"header,omitempty"`
	Body      string   `json:"body,omitempty"`
	Status    int      `json:"status,omitempty"`
	Response  string   `json:"response,omitempty"`
	Millis    float64  `json:"latencyMillis"`
	Error     string   `json:"error,omitempty"`
}

func (h *Hub) eventOf(r *gateway.Record, cut shorten) *Event {
	e := r.Event
	c := e.Connection
	text := func(err error) string {
		if err == nil {
			return ""
		}
		if h.Discreet == nil {
			return "an error"
		}
		return cut([]byte(h.Discreet(e, err)))
	}
	shown := &Event{
		Time: e.Time, Type: string(e.Type), API: c.API, Stage: c.Stage, Connection: string(c.ID), RequestID: e.RequestID,
		RouteKey: e.RouteKey, Message: cut(e.Body), Status: r.Status, Millis: millis(r.Latency), ErrorMessage: r.Message,
		Error: text(r.Err), Close: e.DisconnectStatus, Reason: e.DisconnectReason,
	}
	if e.Type == gateway.EventConnect {
		shown.Source = c.SourceIP
	}
	if a := r.Authorizer; a != nil {
		shown.Authorizer = &Step{Status: a.Status, Millis: millis(a.Latency), Error: text(a.Err)}
	}
	if i := r.Integration; i != nil {
		shown.Integration = &Step{RequestID: i.RequestID, Status: i.Status, Millis: millis(i.Latency), Error: text(i.Err)}
		if i.Mock {
			shown.Integration.Method = "MOCK"
		}
	}
	if d := r.Detail; d != nil {
		shown.Selection, shown.Reply = d.Selection, cut(d.Reply)
		if shown.Integration != nil {
			shown.Integration.wire(d, e, cut)
		}
	}
	return shown
}

// wire shows what went over the wire. With a handshake that is what the client has sent, tokens and all, and what backends make
// of that: of it only where it went. Later events carry the API key.
func (s *Step) wire(d *gateway.Detail, e *gateway.Event, cut shorten) {
	if d.Method != "" {
		s.Method = d.Method
	}
	if e.Type == gateway.EventConnect {
		s.URI, _, _ = strings.Cut(d.URI, "?")
		return
	}
	hide := func(text string) string { return text }
	if who := e.Connection.Identity; who != nil && who.APIKey != "" {
		hide = func(text string) string { return strings.ReplaceAll(text, who.APIKey, hidden) }
	}
	s.URI, s.Body, s.Response = hide(d.URI), hide(cut(d.Body)), hide(cut(d.Response))
	for _, field := range d.Header {
		s.Header = append(s.Header, field.Name+": "+hide(masked(field)))
	}
}

const hidden = "***"

// masked is the value of a field, but not that of one that proves who somebody is.
func masked(field gateway.Param) string {
	switch strings.ToLower(field.Name) {
	case "authorization", "cookie", "proxy-authorization", "x-amz-security-token", "x-api-key", "sec-websocket-protocol":
		return hidden
	}
	return field.Value
}

// Push is a call of @connections.
type Push struct {
	Stage      gateway.StageKey
	Connection gateway.ConnectionID
	RequestID  string
	Method     string
	Time       time.Time
	Latency    time.Duration
	Status     int
	Data       []byte
}

func pushOf(p *Push, cut shorten) *Event {
	shown := &Event{
		Time: p.Time, Type: "PUSH", API: p.Stage.API, Stage: p.Stage.Stage, Connection: string(p.Connection), RequestID: p.RequestID,
		RouteKey: p.Method + " @connections", Status: p.Status, Millis: millis(p.Latency), Message: cut(p.Data),
	}
	if p.Status >= http.StatusBadRequest {
		shown.ErrorMessage = http.StatusText(p.Status)
	}
	return shown
}

const longest = 4 << 10

// shorten makes a text of a body.
type shorten func(body []byte) string

// Binary is in front of a body that is no text, which follows in base64.
const Binary = "(base64) "

func wholly(body []byte) string {
	if !utf8.Valid(body) {
		return Binary + base64.StdEncoding.EncodeToString(body)
	}
	return string(body)
}

func briefly(body []byte) string {
	if !utf8.Valid(body) {
		return Binary + base64.StdEncoding.EncodeToString(body[:min(len(body), longest)])
	}
	if len(body) <= longest {
		return string(body)
	}
	return strings.ToValidUTF8(string(body[:longest]), "") + "…"
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
