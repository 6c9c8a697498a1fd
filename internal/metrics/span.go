package metrics

import (
	"context"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"gangway/internal/gateway"
)

// work is an event, or a call, of which spans are to be made.
type work struct {
	trace trace
	call  Call // if there is no type

	kind                       gateway.EventType
	stage                      gateway.StageKey
	route, connection, request string
	domain, address, agent     string
	start                      time.Time
	latency                    time.Duration
	status                     int
	received, sent, code       int
	response, failure          string // ResponseType, error.type
	authorized, called         bool
	authorizer, integration    step
}

// step is a call that somebody else has to answer.
type step struct {
	id      string // of the authorizer; of the request, as the service that was called knows it
	status  int
	latency time.Duration
	failure string // error.type
}

// maxSpans is how many spans an event has at most.
const maxSpans = 3

// workOf copies what is needed of a record.
func workOf(r *gateway.Record, of trace) work {
	e, c := r.Event, r.Event.Connection
	w := work{
		trace: of, kind: e.Type, stage: gateway.StageKey{API: c.API, Stage: c.Stage},
		route: e.RouteKey, connection: string(c.ID), request: e.RequestID,
		domain: c.DomainName, address: c.SourceIP, agent: c.UserAgent,
		start: e.Time, latency: r.Latency, status: r.Status, received: len(e.Body), sent: r.Sent, code: e.DisconnectStatus,
		response: r.ResponseType, failure: kindOf(r.Err),
	}
	if a := r.Authorizer; a != nil {
		w.authorized, w.authorizer = true, step{a.ID, a.Status, a.Latency, kindOf(a.Err)}
	}
	if i := r.Integration; i != nil && !i.Mock {
		w.called, w.integration = true, step{i.RequestID, i.Status, i.Latency, kindOf(i.Err)}
	}
	return w
}

// kinds are the values of error.type, which says little on purpose: it is not to have many values, nor secrets.
var kinds = []struct {
	of   error
	name string
}{
	{context.Canceled, "canceled"},
	{gateway.ErrTimeout, "timeout"},
	{gateway.ErrUnreachable, "unreachable"},
	{gateway.ErrBadReply, "bad_reply"},
	{gateway.ErrConfiguration, "configuration"},
	{gateway.ErrUnavailable, "unavailable"},
	{gateway.ErrTooMany, "too_many"},
	{gateway.ErrTooLarge, "too_large"},
	{gateway.ErrInvalid, "invalid"},
	{gateway.ErrUnauthorized, "unauthorized"},
	{gateway.ErrForbidden, "forbidden"},
	{gateway.ErrMediaType, "media_type"},
}

func kindOf(err error) string {
	if err == nil {
		return ""
	}
	for _, k := range kinds {
		if errors.Is(err, k.of) {
			return k.name
		}
	}
	return "_OTHER" // as the semantic conventions call what has no name
}

// spans is how many spans the work comes to.
func (w *work) spans() int {
	n := 1
	if w.authorized {
		n++
	}
	if w.called {
		n++
	}
	return n
}

// append appends the spans of an event. Of an authorizer and an integration only is known how long they took: the one is the
// first thing that happens, the other the last.
func (w *work) append(batch []span) []span {
	if w.kind == "" {
		return append(batch, w.push())
	}
	server, integration, authorizer := spanIDs(w.request)
	end := w.start.Add(w.latency)
	batch = append(batch, w.server(server, end))
	if w.authorized {
		s := w.span(authorizer, server, "authorizer", w.start, w.start.Add(w.authorizer.latency))
		s.Kind = kindInternal // a signature, which nobody has to be asked about
		if w.authorizer.id != "" {
			s.Kind = kindClient
		}
		s.text("gangway.authorizer_id", w.authorizer.id)
		s.number("gangway.status", w.authorizer.status)
		s.fail(w.authorizer.failure, w.authorizer.status, 500)
		batch = append(batch, s)
	}
	if w.called {
		s := w.span(integration, server, "integration", end.Add(-w.integration.latency), end)
		s.Kind = kindClient
		s.text("gangway.route", w.route)
		s.text("aws.request_id", w.integration.id)
		s.number("http.response.status_code", w.integration.status)
		s.fail(w.integration.failure, w.integration.status, 400)
		batch = append(batch, s)
	}
	return batch
}

// server is the span of the event itself.
func (w *work) server(id spanID, end time.Time) span {
	name := strings.ToLower(string(w.kind))
	if w.kind == gateway.EventMessage && w.route != "" {
		name += " " + w.route
	}
	s := w.span(id, w.trace.parent, name, w.start, end)
	s.text("gangway.route", w.route)
	s.text("client.address", w.address)
	switch w.kind {
	case gateway.EventConnect:
		status := w.status
		if status == http.StatusOK {
			status = switched
		}
		authority, _, _ := strings.Cut(w.domain, "/")
		s.text("network.protocol.name", "http")
		s.text("http.request.method", http.MethodGet)
		s.number("http.response.status_code", status)
		s.text("server.address", authority)
		s.text("user_agent.original", w.agent)
	case gateway.EventMessage:
		s.text("network.protocol.name", "websocket")
		s.number("gangway.status", w.status)
		s.number("gangway.message.size", w.received)
		s.number("gangway.reply.size", w.sent)
	case gateway.EventDisconnect:
		s.text("network.protocol.name", "websocket")
		s.number("gangway.close_code", w.code)
	}
	s.text("gangway.response_type", w.response)
	s.fail(w.failure, w.status, 500)
	return s
}

// push is the span of a call of @connections.
func (w *work) push() span {
	c := &w.call
	w.stage, w.connection, w.request = c.Stage, string(c.Connection), c.RequestID
	id, _, _ := spanIDs(c.RequestID)
	s := w.span(id, w.trace.parent, "push", c.Time, c.Time.Add(c.Latency))
	s.text("http.route", "/@connections/{connection_id}")
	s.text("http.request.method", c.Method)
	s.number("http.response.status_code", c.Status)
	s.number("http.request.body.size", c.Bytes)
	s.fail("", c.Status, 500)
	return s
}

// span is a span with what all of them have.
func (w *work) span(id, parent spanID, name string, start, end time.Time) span {
	s := span{
		TraceID: hex.EncodeToString(w.trace.id[:]), SpanID: hex.EncodeToString(id[:]), Flags: 1, Name: name, Kind: kindServer,
		StartTimeUnixNano: strconv.FormatInt(start.UnixNano(), 10),
		EndTimeUnixNano:   strconv.FormatInt(max(end.UnixNano(), start.UnixNano()), 10),
	}
	if parent != (spanID{}) {
		s.ParentSpanID = hex.EncodeToString(parent[:])
	}
	s.text("gangway.api", w.stage.API)
	s.text("gangway.stage", w.stage.Stage)
	s.text("gangway.connection_id", w.connection)
	s.text("gangway.request_id", w.request)
	return s
}
