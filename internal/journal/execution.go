package journal

import (
	"bytes"
	"errors"
	"slices"
	"strconv"

	"gangway/internal/gateway"
)

// Level is how much of requests is in an execution log.
type Level uint8

// The levels.
const (
	LevelOff   Level = iota
	LevelError       // what failed
	LevelInfo        // everything
)

// LevelOf is the level of a loggingLevel. What is none is off.
func LevelOf(text string) Level {
	return Level(max(0, slices.Index([]string{"OFF", "ERROR", "INFO"}, text)))
}

// An Execution is what the execution log of a route has in it. The zero Execution has nothing.
type Execution struct {
	Level Level
	// Trace adds what goes to the backend and comes back, at [LevelInfo]. The records must have their details.
	Trace bool
	veil  *veil // nil: bare
}

// NewExecution makes an Execution for an API whose authorizers have these identity sources: their values are hidden, too.
func NewExecution(level Level, trace bool, identitySources ...string) Execution {
	return Execution{level, trace, newVeil(identitySources)}
}

// Lengths: a line has 1,024 bytes and the mark if there was more, without its prefix, as lines of the service show; more than the
// window is never looked at. A secret may be cut off at its end.
const (
	maxEvent  = 1024
	truncated = " [TRUNCATED]"
	window    = 3 << 10
)

// Append appends the lines of a request, each with its line break; none, if it has nothing to say at this level. The words are
// those of lines of the service that its users have published: Stack Overflow question 67640010 for a $connect, the article "How
// do I use API Gateway logs to troubleshoot API issues?" of re:Post for authorizers and usage plans.
func (x Execution) Append(dst []byte, r *gateway.Record) []byte {
	if x.Level == LevelOff {
		return dst
	}
	l := &lines{dst: dst, veil: x.veil, record: r}
	if l.veil == nil {
		l.veil = bare
	}
	if x.Level == LevelError {
		l.failure()
		return l.dst
	}
	l.line("Extended Request Id: ", r.Event.RequestID)
	if l.authorizer() && l.usagePlan() {
		l.execution(x.Trace)
	}
	l.end()
	return l.dst
}

// lines writes the lines of a request.
type lines struct {
	dst     []byte
	veil    *veil
	record  *gateway.Record
	secrets *sought // nil: not needed yet
	scratch []byte
}

// line writes a line of texts that are ours or ids.
func (l *lines) line(texts ...string) {
	l.scratch = l.scratch[:0]
	for _, text := range texts {
		l.scratch = append(l.scratch, cut(text, window)...)
	}
	l.flush()
}

// hidden writes a line of a text that is ours and one that may have secrets in it.
func (l *lines) hidden(title string, text []byte) {
	if l.secrets == nil {
		l.secrets = l.veil.secrets(l.record)
	}
	l.scratch = append(append(l.scratch[:0], title...), text[:min(len(text), window)]...)
	l.veil.hide(l.scratch[len(title):], l.secrets)
	l.flush()
}

func (l *lines) flush() {
	l.dst = append(append(append(l.dst, '('), l.record.Event.RequestID...), ") "...)
	start := len(l.dst)
	l.dst = rawText.append(l.dst, string(l.scratch))
	if text := l.dst[start:]; len(text) > maxEvent {
		l.dst = append(l.dst[:start+len(cut(string(text[:maxEvent+1]), maxEvent))], truncated...)
	}
	l.dst = append(l.dst, '\n')
}

// authorizer tells of the function that was asked, and whether the client was let in.
func (l *lines) authorizer() (ok bool) {
	a := l.record.Authorizer
	if a == nil {
		return true
	}
	if a.ID != "" {
		l.line("Starting authorizer: ", a.ID, " for request: ", l.record.Event.RequestID)
	}
	if a.Err == nil && a.ID != "" {
		l.line("Successfully completed authorizer execution")
	}
	return a.Err == nil
}

// usagePlan tells of the API key, and whether the client was let in. Only $connect may want a key.
func (l *lines) usagePlan() (ok bool) {
	e := l.record.Event
	if e.Type != gateway.EventConnect {
		return true
	}
	key := ""
	if e.Connection.Identity != nil {
		key = maskKey(e.Connection.Identity.APIKey)
	}
	stage := e.Connection.API + "/" + e.Connection.Stage
	l.line("Verifying Usage Plan for request: ", e.RequestID, ". API Key: ", key, " API Stage: ", stage)
	if l.record.Integration == nil && l.record.Err != nil && ofClient(l.record.Err) {
		return false // the key, or a limit
	}
	if key == "" {
		l.line("API Key  authorized because route '", e.RouteKey,
			"' does not require API Key. Request will not contribute to throttle or quota limits")
	}
	l.line("Usage Plan check succeeded for API Key ", key, " and API Stage ", stage)
	return true
}

// execution tells of the event and its backend.
func (l *lines) execution(trace bool) {
	e := l.record.Event
	l.line("Starting execution for request: ", e.RequestID)
	l.line("WebSocket Request Route: [", e.RouteKey, "]")
	switch e.Type {
	case gateway.EventConnect:
		agent := e.Connection.UserAgent
		if agent == "" {
			agent = "null"
		}
		l.line("Client [UserAgent: ", agent, ", SourceIp: ", e.Connection.SourceIP, "] is connecting to WebSocket API [", e.Connection.API, "].")
	case gateway.EventMessage:
		l.line("WebSocket API [", e.Connection.API, "] received message from client [Connection Id: ", string(e.Connection.ID), "].")
	case gateway.EventDisconnect:
		l.line("Client [Connection Id: ", string(e.Connection.ID), "] disconnected from WebSocket API [", e.Connection.API, "]. Status: ",
			strconv.Itoa(e.DisconnectStatus), ", reason: ", e.DisconnectReason)
	}
	detail := l.record.Detail
	if !trace || detail == nil {
		detail = &gateway.Detail{}
	}
	if trace && e.Type == gateway.EventMessage {
		l.hidden("Method request body before transformations: ", e.Body)
	}
	l.request(detail)
	l.response(detail)
}

// request tells what went to the backend.
func (l *lines) request(d *gateway.Detail) {
	if d.URI == "" {
		return
	}
	uri := []byte(d.URI)
	l.hidden("Endpoint request URI: ", uri)
	l.hidden("Endpoint request headers: ", l.header(d.Header))
	l.hidden("Endpoint request body after transformations: ", d.Body)
	l.hidden("Sending request to ", uri)
}

// response tells what came back.
func (l *lines) response(d *gateway.Detail) {
	called := l.record.Integration
	if called == nil {
		return
	}
	if called.Status != 0 {
		l.line("Received response. Status: ", strconv.Itoa(called.Status),
			", Integration latency: ", strconv.FormatInt(called.Latency.Milliseconds(), 10), " ms")
	}
	if d.URI != "" && called.Status != 0 {
		l.hidden("Endpoint response headers: ", l.header(d.ResponseHeader))
		l.hidden("Endpoint response body before transformations: ", d.Response)
	}
	if len(d.Reply) > 0 && l.record.Err == nil {
		l.hidden("Method response body after transformations: ", d.Reply)
	}
}

// header prints header fields as Java does a map.
func (l *lines) header(params gateway.Params) []byte {
	var out bytes.Buffer
	out.WriteByte('{')
	for i, p := range params {
		if out.Len() > window {
			break
		}
		if i > 0 {
			out.WriteString(", ")
		}
		out.WriteString(p.Name + "=")
		value := []byte(p.Value)
		if l.veil.hides(p.Name) {
			fill(value)
		}
		out.Write(value)
	}
	out.WriteByte('}')
	return out.Bytes()
}

// end tells how it ended.
func (l *lines) end() {
	r := l.record
	l.failure()
	if r.Err == nil && r.ResponseType == "" {
		l.line("Successfully completed execution")
	}
	if r.Status != 0 {
		l.line("Method completed with status: ", strconv.Itoa(r.Status))
	}
	if r.Integration != nil && r.Integration.RequestID != "" {
		l.line("AWS Integration Endpoint RequestId : ", r.Integration.RequestID)
	}
}

// failure tells what went wrong, if something did.
func (l *lines) failure() {
	r := l.record
	switch {
	case r.Authorizer != nil && r.Authorizer.Err != nil:
		l.refusal()
	case r.Invalid != "":
		l.hidden("Request body does not match model schema: ", []byte(r.Invalid))
	case r.Integration != nil && r.Integration.Err != nil:
		l.hidden("", []byte(failureText(r, r.Integration.Err)))
	case r.Err != nil && ofClient(r.Err):
		l.hidden("Execution failed: ", []byte(errorText(r, r.Err)))
	case r.Err != nil:
		l.hidden("", []byte(failureText(r, r.Err)))
	case r.ResponseType != "":
		l.hidden("Execution failed: ", []byte(discreet(r, r.Message)))
	}
}

// ofClient says whether an error is one of the client's, not of the backend or of the gateway.
func ofClient(err error) bool {
	return slices.ContainsFunc([]error{
		gateway.ErrInvalid, gateway.ErrUnauthorized, gateway.ErrForbidden, gateway.ErrTooMany, gateway.ErrTooLarge, gateway.ErrMediaType,
	}, func(kind error) bool { return errors.Is(err, kind) })
}

// refusal tells why an authorizer, or a signature, did not let the client in.
func (l *lines) refusal() {
	a := l.record.Authorizer
	title := "Execution failed due to an authorizer error: "
	switch {
	case errors.Is(a.Err, gateway.ErrUnauthorized):
		l.line("Unauthorized request: ", l.record.Event.RequestID)
		title = "Authorization failed: "
	case errors.Is(a.Err, gateway.ErrForbidden):
		title = "The client is not authorized to perform this operation: "
	}
	l.hidden(title, []byte(errorText(l.record, a.Err)))
}
