package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"gangway/internal/edge"
	"gangway/internal/gateway"
	"gangway/internal/program"
)

// routeReport tells how a message went: a line for each step, "step: what came of it", and what is longer indented below.
type routeReport struct {
	*routeTest

	env     program.Env
	backend *standIn
	caller  *caller // nil: the stand-in's answer counts
	out     *Streams
	text    strings.Builder // what is not printed yet
}

// flush prints what there is to say.
func (r *routeReport) flush() error {
	text := r.text.String()
	r.text.Reset()
	return r.out.printf("%s", printable(text))
}

func (r *routeReport) step(name, format string, args ...any) {
	fmt.Fprintf(&r.text, "%s: %s\n", name, fmt.Sprintf(format, args...))
}

// indented writes a text below a step.
func (r *routeReport) indented(body []byte) {
	if !utf8.Valid(body) {
		fmt.Fprintf(&r.text, "    (%d bytes that are no text)\n", len(body))
		return
	}
	for line := range strings.Lines(string(body)) {
		fmt.Fprintf(&r.text, "    %s\n", strings.TrimSuffix(line, "\n"))
	}
}

func (r *routeReport) headerField(name string, values []string) {
	fmt.Fprintf(&r.text, "    %s: %s\n", name, oneLine(strings.Join(values, ", ")))
}

// run runs the event. The error is what a client is not told, if it gets an error.
func (r *routeReport) run(ctx context.Context, compiled *program.Program) error {
	route := r.selected(compiled)
	if err := r.notes(route); err != nil { //nolint:contextcheck // compiling waits for nothing
		return err
	}
	switch {
	case route == nil && r.event.Type == gateway.EventMessage:
		r.step("reply", "an error frame")
		r.indented(edge.Frame(gateway.Errorf(gateway.ErrForbidden, "Forbidden"), r.event))
		return errors.New("no route takes the message, and there is no $default")
	case route == nil:
		r.step("reply", "the API has no such route: a client may come and go")
		return nil
	}
	r.event.RouteKey = route.Key()
	def := r.route(route.Key())
	r.admission(def)
	trace := route.Trace(ctx, r.event)
	r.way(def, trace)
	got, _ := r.backend.request()
	switch {
	case got != nil && r.caller != nil:
		var err error
		if trace, err = r.call(ctx, got, r.integration(def)); err != nil {
			return err
		}
	case got != nil && r.backend.silent:
		r.step("reply", "not known: give what the backend answers with --reply, or ask it with --call")
		return nil
	}
	return r.outcome(def, trace)
}

// notes say what of the route cannot work as things stand. What a program says about other routes is not asked for here.
func (r *routeReport) notes(route *program.Route) error {
	key := ""
	if route != nil {
		key = route.Key()
	}
	compiled, err := program.Compile(r.alone(key), r.env)
	if err != nil {
		return fmt.Errorf("the API cannot run: %w", err)
	}
	for _, note := range compiled.Notes() {
		r.step("note", "%s", oneLine(note))
	}
	switch id := r.stage.ClientCertificateID; {
	case id != "" && r.caller != nil:
		r.step("note", "the backend is not shown the client certificate %s here: its private key does not leave the gateway", id)
	case id != "":
		r.step("note", "the backend is shown the client certificate %s", id)
	}
	return nil
}

// selected finds the route, and says why it is that one.
func (r *routeReport) selected(compiled *program.Program) *program.Route {
	if r.named {
		r.step("route", "%s, as it was named", field(r.event.RouteKey))
		return compiled.Route(r.event.RouteKey)
	}
	expression := r.snapshot.API.RouteSelectionExpression
	value, err := program.SelectionValue(&r.snapshot, r.event.Body)
	why := fmt.Sprintf("%s is %s", expression, field(value))
	if err != nil {
		why = fmt.Sprintf("%s has no value: %v", expression, err)
	}
	route := compiled.Select(r.event.Body)
	if route == nil {
		r.step("route", "none (%s; the keys are %s)", why, fields(r.keys(), ", "))
		return nil
	}
	r.step("route", "%s (%s)", field(route.Key()), why)
	return route
}

// admission says what decides before the route runs, and is not asked here.
func (r *routeReport) admission(def *gateway.DeployedRoute) {
	if def.RouteKey == gateway.RouteConnect {
		r.step("authorization", "%s (nobody is asked in a test)", def.AuthorizationType)
	}
}

// way tells what led to the backend.
func (r *routeReport) way(def *gateway.DeployedRoute, trace *program.Trace) {
	switch {
	case r.event.Type != gateway.EventMessage || len(def.RequestModels) == 0 || def.ModelSelectionExpression == "":
	case trace.Model == "":
		r.step("model", "none is selected, and none is $default")
	case trace.Invalid != nil:
		r.step("model", "%s (key %s): the message is not valid%s", field(def.RequestModels[trace.Model]), field(trace.Model),
			details(trace.Invalid))
	default:
		r.step("model", "%s (key %s): the message is valid", field(def.RequestModels[trace.Model]), field(trace.Model))
	}
	if trace.Template != "" {
		r.step("request template", "%s", field(trace.Template))
	}
	backend := r.integration(def)
	if trace.Request == nil || backend == nil {
		return
	}
	r.mapped("header", trace.Request.Header)
	r.mapped("query", trace.Request.Query)
	r.mapped("path", trace.Request.Path)
	r.request(backend, trace)
}

// details are what a model finds wrong, behind a colon; empty if it does not say.
func details(err error) string {
	if wrong, ok := errors.AsType[*program.ValidationError](err); ok {
		return ": " + oneLine(wrong.Details)
	}
	return ""
}

func (r *routeReport) mapped(place string, params gateway.Params) {
	for _, param := range params {
		r.step("mapped "+place, "%s = %s", field(param.Name), field(param.Value))
	}
}

// request tells what the backend would get.
func (r *routeReport) request(def *gateway.DeployedIntegration, trace *program.Trace) {
	got, body := r.backend.request()
	name := fmt.Sprintf("integration %s, %s", def.IntegrationID, def.IntegrationType)
	switch {
	case got == nil && trace.Request.Rendered:
		r.step("request", "none (%s); the template made:", name)
		r.indented(trace.Request.Body)
		return
	case got == nil:
		r.step("request", "none (%s)", name)
		return
	}
	if def.ConnectionType == "VPC_LINK" {
		name += ", through VPC link " + def.ConnectionID
	}
	if arn := functionOf(got); arn != "" {
		if kind := got.Header.Get("X-Amz-Invocation-Type"); kind != "" {
			name += ", " + kind
		}
		r.step("request", "invoke %s (%s)", arn, name)
		var pretty bytes.Buffer
		if def.IntegrationType == gateway.IntegrationAWSProxy && json.Indent(&pretty, body, "", "  ") == nil {
			body = pretty.Bytes() // nobody has written it, so its spaces do not matter
		}
		r.indented(body)
		return
	}
	address := got.URL.String()
	service, signed := strings.CutSuffix(got.URL.Host, servicesDomain)
	if signed {
		address = got.URL.RequestURI()
		name += ", the service " + service + " of AWS, signed"
	}
	r.step("request", "%s %s (%s)", got.Method, printable(address), name)
	for _, field := range keysOf(got.Header) {
		if signed && slices.Contains(signature, http.CanonicalHeaderKey(field)) {
			continue
		}
		r.headerField(field, got.Header[field])
	}
	if len(body) > 0 {
		r.text.WriteByte('\n')
	}
	r.indented(body)
}

// signature are the header fields of a signature, which is of nobody in a test.
var signature = []string{"Authorization", "X-Amz-Date", "X-Amz-Content-Sha256", "X-Amz-Security-Token"}

// outcome tells what the client gets.
func (r *routeReport) outcome(def *gateway.DeployedRoute, trace *program.Trace) error {
	if backend := r.integration(def); backend != nil && trace.IntegrationResponse > 0 {
		r.step("integration response", "%s", oneLine(backend.Responses[trace.IntegrationResponse-1].IntegrationResponseKey))
	}
	if trace.Err != nil {
		return r.refusal(trace.Err)
	}
	switch {
	case r.event.Type == gateway.EventConnect && (trace.Reply.Status < 200 || trace.Reply.Status > 299):
		return r.refusal(edge.RefusedWith(trace.Reply.Status))
	case r.event.Type == gateway.EventConnect:
		r.step("reply", "101 Switching Protocols")
		if trace.Reply.Subprotocol != "" {
			r.step("subprotocol", "%s", trace.Reply.Subprotocol)
		}
	case r.event.Type == gateway.EventDisconnect:
		r.step("reply", "none: the client is gone")
	case trace.Reply == nil:
		r.step("reply", "none: the route has no route response")
	default:
		kind := "text"
		if trace.Reply.Binary {
			kind = "binary"
		}
		r.step("reply", "a %s message of %d bytes", kind, len(trace.Reply.Body))
		r.indented(trace.Reply.Body)
	}
	return nil
}

// refusal tells what a client is told of an error, and returns what it is not.
func (r *routeReport) refusal(err error) error {
	switch r.event.Type {
	case gateway.EventConnect:
		status, body := edge.Refusal(err)
		r.step("reply", "the handshake is refused: %d %s", status, body)
	case gateway.EventDisconnect:
		r.step("reply", "none: the client is gone")
	default:
		r.step("reply", "an error frame")
		r.indented(edge.Frame(err, r.event))
	}
	return err
}
