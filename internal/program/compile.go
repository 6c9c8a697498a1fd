package program

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"gangway/internal/expr"
	"gangway/internal/gateway"
	"gangway/internal/integration"
)

// Compile makes the program of a snapshot for a stage. Its error is one [gateway.Error] of kind [gateway.ErrInvalid] that
// says all that is wrong, as far as a client will read, each with its object. What is right and cannot work becomes part of
// the program's [Program.Notes]. Integrations that no route targets are not looked at: nothing can call them.
func Compile(s *gateway.Snapshot, env Env) (*Program, error) {
	s = guarded(s, env)
	c := compiler{env: env, snapshot: s, backends: map[string]*backend{}}
	p := &Program{messages: make(map[string]*Route, len(s.Routes)), executeAPI: !s.API.DisableExecuteAPIEndpoint}
	e, err := expr.Parse(s.API.RouteSelectionExpression)
	if err == nil {
		p.prompt = isPrompt(s.API.RouteSelectionExpression, e)
		err = p.bindSelection(e, s.Routes)
	}
	c.report("routeSelectionExpression", err)
	for i := range s.Routes {
		route := c.route(&s.Routes[i])
		if !p.add(route) {
			c.report("route '"+route.key+"'", errors.New("there are two routes with this key. Expected one"))
		}
	}
	if len(c.faults) > 0 {
		return nil, gateway.Errorf(gateway.ErrInvalid, "%s", strings.Join(bounded(c.faults), "; "))
	}
	for route := range p.all() {
		route.settle()
	}
	p.notes = bounded(c.notes)
	return p, nil
}

// all are the routes.
func (p *Program) all() iter.Seq[*Route] {
	return func(yield func(*Route) bool) {
		for _, route := range p.messages {
			if !yield(route) {
				return
			}
		}
		for _, route := range []*Route{p.connect, p.disconnect, p.fallback} {
			if route != nil && !yield(route) {
				return
			}
		}
	}
}

// add puts a route where it is found. Not ok: one with its key is there.
func (p *Program) add(route *Route) (ok bool) {
	place := map[string]**Route{
		gateway.RouteConnect: &p.connect, gateway.RouteDisconnect: &p.disconnect, gateway.RouteDefault: &p.fallback,
	}[route.key]
	if place == nil {
		_, taken := p.messages[route.key]
		p.messages[route.key] = route
		return !taken
	}
	taken := *place != nil
	*place = route
	return !taken
}

// A compiler remembers what has been compiled and what there is to say about it.
type compiler struct {
	env      Env
	snapshot *gateway.Snapshot
	backends map[string]*backend // by integration id; nil if it has faults
	schemas  *schemas            // nil: no route has asked for a model yet
	faults   []string            // what is wrong
	notes    []string            // what is right and cannot work
}

// backend is the compiled integration of an id; several routes may share it.
func (c *compiler) backend(id string) *backend {
	if b, ok := c.backends[id]; ok {
		return b
	}
	i := slices.IndexFunc(c.snapshot.Integrations, func(def gateway.DeployedIntegration) bool {
		return def.IntegrationID == id
	})
	object := "integration " + id
	if i < 0 {
		c.report(object, errors.New("a route targets it, but it does not exist"))
		c.backends[id] = nil
		return nil
	}
	def := &c.snapshot.Integrations[i]
	b := &backend{timeout: def.Timeout(), variables: c.env.Variables, content: contentOf(def), optional: def.IntegrationType == gateway.IntegrationMock}
	var err error
	b.call, err = integration.New(*def, integration.Env{
		Stage: c.env.Stage, Variables: c.env.Variables, Lambda: c.env.Lambda, HTTP: c.env.HTTP, Upstream: c.env.Upstream,
		Endpoint: c.env.Endpoint, Certificate: c.env.Certificate, Trace: c.env.Trace, Fault: c.env.faultOf(id),
	})
	c.report(object, err)
	c.parameters(b, object, def)
	if def.IntegrationType != gateway.IntegrationAWSProxy && def.IntegrationType != gateway.IntegrationHTTPProxy {
		c.templates(b, object, def)
	}
	c.backends[id] = b
	return b
}

// templates compiles what stands around a backend that is not a proxy.
func (c *compiler) templates(b *backend, object string, def *gateway.DeployedIntegration) {
	var err error
	b.request, err = compileTemplates(def.TemplateSelectionExpression, def.RequestTemplates, resolveRequest)
	c.report(object+": requestTemplates", err)
	b.rendering, b.passthrough, b.dynamic = true, def.PassthroughBehavior, !b.request.prompt
	for i := range def.Responses {
		settings := &def.Responses[i].IntegrationResponseSettings
		response, err := compileResponse(settings)
		c.report(fmt.Sprintf("%s: response '%s'", object, settings.IntegrationResponseKey), err)
		b.responses = append(b.responses, response)
		b.dynamic = b.dynamic || !response.templates.prompt
	}
}

// bindSelection binds the route selection expression, to choose among routes.
func (p *Program) bindSelection(e *expr.Expression, routes []gateway.DeployedRoute) (err error) {
	keys := func(yield func(string) bool) {
		for i := range routes {
			if !yield(routes[i].RouteKey) {
				return
			}
		}
	}
	resolveKey := func(variable string, flat bool) (*bodyValue, error) {
		find, err := resolveBody(variable, tellingLength(keys))
		find.flat = flat
		return &find, err
	}
	bind := func(flat bool) (*expr.Bound[[]byte], error) {
		return expr.Bind(e, func(variable string) (expr.Source[[]byte], error) {
			find, err := resolveKey(variable, flat)
			return find.append, err
		})
	}
	if p.shown, err = bind(false); err != nil {
		return err
	}
	if p.selection, err = bind(areFlat(keys)); err != nil {
		return err
	}
	if variable, ok := e.Variable(); ok {
		p.single, err = resolveKey(variable, areFlat(keys))
	}
	return err
}
