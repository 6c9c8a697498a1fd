package program

import (
	"context"
	"errors"
	"slices"

	"gangway/internal/expr"
	"gangway/internal/gateway"
	"gangway/internal/integration"
)

// A Trace is a run of a route, with what happened on the way: for who wants to know why. What is not reached is zero.
type Trace struct {
	Model    string                // the key of the request model that was chosen; empty: none
	Invalid  error                 // what that model finds wrong with the message
	Template string                // the key of the request template that was chosen; empty: none
	Request  *integration.Request  // as the backend was called, with what was mapped, rendered and overridden
	Response *integration.Response // as the backend answered
	// IntegrationResponse is which integration response takes the answer, counted from 1 in the order of the definition.
	IntegrationResponse int

	Reply *Reply // what [Route.Run] returns
	Err   error
}

// shownValue is how much of a variable [SelectionValue] shows, in bytes: twice as much as a route key may have.
const shownValue = 256

// SelectionValue is the value of the route selection expression of an API for a message, up to 256 bytes of each variable.
func SelectionValue(s *gateway.Snapshot, body []byte) (string, error) {
	e, err := expr.Parse(s.API.RouteSelectionExpression)
	if err != nil {
		return "", err
	}
	bound, err := expr.Bind(e, func(variable string) (expr.Source[[]byte], error) {
		find, err := resolveBody(variable, shownValue)
		return find.append, err
	})
	if err != nil {
		return "", err
	}
	value, err := bound.Append(nil, body)
	return string(value), err
}

// Trace is [Route.Run], and tells how it went.
func (r *Route) Trace(ctx context.Context, ev *gateway.Event) *Trace {
	in := &exchange{event: ev}
	t := &Trace{}
	if r.model != nil && ev.Type == gateway.EventMessage {
		t.Model, t.Invalid = r.model.chosen(in), r.model.validate(in)
	}
	traced := *r
	traced.settled = nil // else nothing would happen
	if r.backend != nil {
		b := *r.backend
		b.call = &recorder{next: b.call, into: t}
		traced.backend = &b
		if chosen := b.request.choose(in); chosen != nil {
			t.Template = chosen.key
		}
	}
	t.Reply, t.Err = traced.Run(ctx, ev)
	if errors.Is(t.Err, gateway.ErrInvalid) {
		t.Template = "" // it was not asked
	}
	read := ev.Type == gateway.EventConnect || ev.Type == gateway.EventMessage && r.twoWay
	if t.Response != nil && read && r.backend.rendering {
		if found, err := match(r.backend.responses, t.Response); err == nil {
			t.IntegrationResponse = slices.Index(r.backend.responses, found) + 1
		}
	}
	return t
}

// recorder notes what goes to a backend and what comes back.
type recorder struct {
	next integration.Backend
	into *Trace
}

// Call implements [integration.Backend]. What becomes of request and answer later is not noted.
func (r *recorder) Call(ctx context.Context, req *integration.Request) (*integration.Response, error) {
	called := *req
	called.Header, called.Query, called.Path = slices.Clone(req.Header), slices.Clone(req.Query), slices.Clone(req.Path)
	called.Body = slices.Clone(req.Body)
	r.into.Request = &called
	response, err := r.next.Call(ctx, req)
	if response != nil {
		noted := *response
		r.into.Response = &noted
	}
	return response, err
}

// Route is the route of a key, also of a reserved one; nil: there is none. Messages find theirs by [Program.Select].
func (p *Program) Route(key string) *Route {
	switch key {
	case gateway.RouteConnect:
		return p.connect
	case gateway.RouteDisconnect:
		return p.disconnect
	case gateway.RouteDefault:
		return p.fallback
	}
	return p.messages[key]
}
