package program

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"gangway/internal/authorizer"
	"gangway/internal/gateway"
	"gangway/internal/integration"
)

// A Route is a route of a [Program]: it never changes and is safe for concurrent use.
type Route struct {
	key         string
	integration string                // the id of its target; empty: it has none
	authorizer  authorizer.Authorizer // nil: nobody passes
	keys        *keys                 // nil: no API key is required

	authorizerID string // of a Lambda authorizer
	required     []required
	model        *model   // nil: any message is right
	backend      *backend // nil: the route has no target
	twoWay       bool

	prompt  bool
	settled *settled // nil: messages have to be run to know
}

// required is a request parameter that a client must send to connect.
type required struct {
	name   string
	values func(ev *gateway.Event, name string) []string
}

// backend is an integration with what leads to it and back.
type backend struct {
	call       integration.Backend
	timeout    time.Duration
	parameters parameters
	content    content           // of the request
	reserved   []string          // header fields that are the gateway's to set
	variables  map[string]string // of the stage

	// Not of proxies.
	optional    bool // MOCK: a handshake needs no response
	rendering   bool
	dynamic     bool // a template, of the request or of a response, takes time
	request     templates
	passthrough string
	responses   []*response
}

// Reply is what the backend of a route had to say. It may be that of many messages, and must not be changed.
type Reply struct {
	// Status is the integration's; for CONNECT it decides the handshake.
	Status int
	// Subprotocol is what the integration chose of those a client offered; CONNECT only, empty for none.
	Subprotocol string
	// Body is for the client, Binary if it cannot be text; MESSAGE of a two-way route only.
	Body   []byte
	Binary bool
}

// Key is the route key.
func (r *Route) Key() string { return r.key }

// Timeout is how long the route's integration may take; 0: it has none.
func (r *Route) Timeout() time.Duration {
	if r.backend == nil {
		return 0
	}
	return r.backend.timeout
}

// Integration is the id of the integration that the route targets, empty if it has no target.
func (r *Route) Integration() string { return r.integration }

// Run calls the route's backend with an event and makes a reply of its answer. nil, nil: there is nothing to say to the
// client. The backend may take as long as its integration says, and no longer than ctx. Besides the kinds of
// [integration.Backend], errors are of kind [gateway.ErrInvalid] for a handshake without a required parameter and for a
// value that cannot be a request parameter, and [gateway.ErrMediaType] for a message that no template takes. One for a
// message that does not follow its model has a [ValidationError] in it.
func (r *Route) Run(ctx context.Context, ev *gateway.Event) (*Reply, error) {
	return r.Watch(ctx, ev, nil)
}

// Watch is [Route.Run], and notes in a record what it learns: the integration, and into the Detail, if there is one, what went
// over the wire.
//
//nolint:contextcheck // patience is derived from ctx
func (r *Route) Watch(ctx context.Context, ev *gateway.Event, record *gateway.Record) (*Reply, error) {
	if r.settled != nil && ev.Type == gateway.EventMessage {
		return r.settled.tell(record), nil
	}
	if err := r.check(ev); err != nil {
		return nil, err
	}
	if r.backend.takesTime() {
		p := newPatience(ctx, r.backend.timeout)
		defer p.stop()
		ctx = p
	}
	in := &exchange{event: ev, record: record}
	if r.model != nil && ev.Type == gateway.EventMessage {
		if err := r.model.validate(in); err != nil {
			return nil, err
		}
	}
	if r.backend == nil {
		if ev.Type == gateway.EventConnect {
			return &Reply{Status: http.StatusOK}, nil
		}
		return nil, failure(gateway.ErrConfiguration, errors.New("the route has no target"))
	}
	if err := r.backend.run(ctx, in); err != nil {
		return nil, err
	}
	switch {
	case ev.Type == gateway.EventConnect:
		return r.backend.handshake(in)
	case ev.Type == gateway.EventMessage && r.twoWay:
		return r.backend.answer(in)
	default:
		return nil, nil
	}
}

// check refuses a handshake that lacks a parameter.
func (r *Route) check(ev *gateway.Event) error {
	var missing []string
	for _, param := range r.required {
		if values := param.values(ev, param.name); len(values) == 0 {
			missing = append(missing, param.name)
		}
	}
	if len(missing) > 0 {
		return gateway.Errorf(gateway.ErrInvalid, "Missing required request parameters: [%s]", strings.Join(missing, ", "))
	}
	return nil
}

// takesTime says whether a run can: one of MOCK, but for templates that are more than [vtl.Template.Quick], ends at once.
func (b *backend) takesTime() bool { return b != nil && (!b.optional || b.dynamic) }

// run calls the backend and leaves its answer in the exchange.
func (b *backend) run(ctx context.Context, in *exchange) (err error) {
	in.mock, in.variables, in.reserved = b.optional, b.variables, b.reserved
	if b.dynamic {
		in.done = ctx.Done()
	}
	req := &in.request
	req.Event, req.Body = in.event, in.event.Body
	if err := b.parameters.apply(in); err != nil {
		return err
	}
	if b.rendering {
		if err := b.render(req, in); err != nil {
			return err
		}
	}
	if req.Body, err = b.content.convert(req.Body); err != nil {
		return err
	}
	if in.record == nil {
		in.response, err = b.call.Call(ctx, req)
		return err
	}
	return b.watched(ctx, in)
}

// watched calls the backend, and notes how that went.
func (b *backend) watched(ctx context.Context, in *exchange) (err error) {
	in.request.Note = in.record.Detail
	begun := time.Now()
	in.response, err = b.call.Call(ctx, &in.request)
	in.called = gateway.IntegrationRecord{Latency: time.Since(begun), Err: err, Mock: b.optional}
	if in.response != nil {
		in.called.Status, in.called.RequestID = in.response.Status, in.response.RequestID
	}
	in.record.Integration = &in.called
	return err
}

// render makes the body of a request by a template, or decides what to do without one: "Integration passthrough
// behaviors" in the API Gateway developer guide.
func (b *backend) render(req *integration.Request, in *exchange) error {
	t := b.request.choose(in)
	if t == nil {
		passes := b.passthrough == gateway.PassWhenNoMatch ||
			b.passthrough == gateway.PassWhenNoTemplates && len(b.request.byKey) == 0
		if !passes {
			return gateway.Errorf(gateway.ErrMediaType, "Unsupported Media Type")
		}
		return nil
	}
	body, err := t.render(in)
	if err != nil {
		return unrendered(err)
	}
	req.Body, req.Rendered = body, true
	in.overrides.apply(req)
	return nil
}

// route compiles a route.
func (c *compiler) route(def *gateway.DeployedRoute) *Route {
	object := "route '" + def.RouteKey + "'"
	r := &Route{key: def.RouteKey, authorizerID: def.AuthorizerID}
	r.twoWay = slices.ContainsFunc(def.Responses, func(response gateway.RouteResponse) bool {
		return response.RouteResponseKey == gateway.RouteDefault
	})
	var err error
	r.authorizer, r.keys, err = c.admission(def)
	c.report(object, err)
	r.model = c.model(object, def)
	for _, key := range slices.Sorted(maps.Keys(def.RequestParameters)) {
		if !def.RequestParameters[key].Required {
			continue
		}
		param, err := compileRequired(def.RouteKey, key)
		c.report(object+": request parameter '"+key+"'", err)
		r.required = append(r.required, param)
	}
	if id, ok := def.Integration(); ok {
		r.integration, r.backend = id, c.backend(id)
	} else if def.Target != "" {
		c.report(object, errors.New("the target is malformed. Expected integrations/{integrationId}"))
	}
	return r
}

// compileRequired reads the name of a required parameter. Only a handshake has parameters.
func compileRequired(routeKey, key string) (required, error) {
	place, name, _ := strings.Cut(strings.TrimPrefix(key, "route.request."), ".")
	values := map[string]func(*gateway.Event, string) []string{
		"header":      func(ev *gateway.Event, name string) []string { return ev.Header.All(name) },
		"querystring": sentQuery,
	}[strings.TrimPrefix(place, "multivalue")]
	if values == nil || name == "" {
		return required{}, errors.New("expected route.request.{header|querystring}.{name}")
	}
	if routeKey != gateway.RouteConnect {
		return required{}, errors.New("a message has no headers and no query. Require parameters of $connect only")
	}
	return required{name, values}, nil
}
