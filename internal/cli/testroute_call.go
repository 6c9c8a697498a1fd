package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"gangway/internal/gateway"
	"gangway/internal/integration"
	"gangway/internal/lambda"
	"gangway/internal/program"
)

// caller calls the backend of a route from this machine, through what a node calls backends through.
type caller struct {
	backendSettings

	plane    *plane
	borrowed bool // the access key in the environment is the one for the control plane
	link     vpcLink
}

// vpcLink is where the VPC link of an integration leads: host:port, or empty for where the URI says.
type vpcLink struct {
	id, address string
	asked       bool
	known       bool
	err         error // the control plane has not said
}

// compile makes a program that reaches the backend of one integration.
func (c *caller) compile(ctx context.Context, t *routeTest, integrationID string) (*program.Program, error) {
	env, err := c.env(ctx)
	if err != nil {
		return nil, err
	}
	env.Stage, env.Variables = t.key, t.stage.StageVariables
	compiled, err := program.Compile(t.straight(integrationID), env) //nolint:contextcheck // compiling waits for nothing
	if err != nil {
		return nil, fmt.Errorf("the API cannot run: %w", err)
	}
	return compiled, c.link.err
}

// env is how backends are reached. A function's ARN names its region, so the one of the client does not matter.
func (c *caller) env(ctx context.Context) (env program.Env, err error) {
	own, err := c.plane.addresses(ctx)
	if err != nil {
		return env, err
	}
	functions, err := lambda.New(ctx, lambda.Config{Region: c.plane.region, Endpoint: c.Lambda})
	if err != nil {
		return env, err
	}
	return program.Env{
		Lambda:   functions,
		HTTP:     integration.NewTransport(integration.TransportOptions{Own: own}),
		Upstream: c.upstream(ctx),
		Endpoint: func(service string) string { return c.Services[service] },
	}, nil
}

// addresses are where the control plane answers: no backend is there.
func (p *plane) addresses(ctx context.Context) ([]netip.AddrPort, error) {
	at, err := url.Parse(p.url)
	if err != nil {
		return nil, fmt.Errorf("control plane: %w", err)
	}
	service := at.Port()
	if service == "" {
		service = at.Scheme
	}
	port, err := net.DefaultResolver.LookupPort(ctx, "tcp", service)
	if err != nil {
		return nil, fmt.Errorf("control plane: %w", err)
	}
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", at.Hostname())
	if err != nil {
		return nil, fmt.Errorf("control plane: %w", err)
	}
	own := make([]netip.AddrPort, len(found))
	for i, address := range found {
		own[i] = netip.AddrPortFrom(address, uint16(port))
	}
	return own, nil
}

// upstream asks the control plane, once, where the one VPC link of the program leads.
func (c *caller) upstream(ctx context.Context) func(id string) (address string, known bool) {
	return func(id string) (string, bool) {
		if !c.link.asked {
			c.link = c.plane.vpcLink(ctx, id)
		}
		return c.link.address, c.link.known
	}
}

func (p *plane) vpcLink(ctx context.Context, id string) vpcLink {
	var found gateway.VPCLinkV1
	err := p.ask(ctx, request{operation: "GetVpcLink", method: http.MethodGet, path: "/vpclinks/" + url.PathEscape(id)}, &found)
	if refused, ok := errors.AsType[*refusedError](err); ok && refused.code == "NotFoundException" {
		return vpcLink{id: id, asked: true}
	}
	return vpcLink{id: id, address: found.Upstream(), asked: true, known: err == nil, err: err}
}

// errBorrowed keeps a call from going to AWS with a key that is not of AWS.
var errBorrowed = errors.New("the call would be signed for AWS with the access key of this control plane, which is in " +
	"AWS_ACCESS_KEY_ID: unset or replace it (and find the control plane with --data), or call another endpoint with " +
	"--lambda-endpoint or --service-endpoint")

// whom says who gets a request. The error says why nobody must.
func (c *caller) whom(got *http.Request) (string, error) {
	place, service := "", ""
	if functionOf(got) != "" {
		place, service = c.Lambda, "AWS Lambda"
	} else if name, ok := strings.CutSuffix(got.URL.Host, servicesDomain); ok {
		place, service = c.Services[name], "the service "+name+" of AWS"
	}
	address := got.URL.Scheme + "://" + got.URL.Host
	switch {
	case service != "" && place != "":
		return place + ", in place of " + service, nil
	case service != "" && c.borrowed:
		return "", errBorrowed
	case service != "":
		return service, nil
	case !c.link.asked:
		return address, nil
	case c.link.address == "":
		return address + ": its VPC link has no tag " + gateway.TagUpstream + ", so the URI says where it leads", nil
	default:
		return field(c.link.address) + ", where its VPC link leads, as " + address, nil
	}
}

// call calls the backend that would get a request, and tells what it answers.
func (r *routeReport) call(ctx context.Context, got *http.Request, def *gateway.DeployedIntegration) (*program.Trace, error) {
	compiled, err := r.caller.compile(ctx, r.routeTest, def.IntegrationID)
	if err != nil {
		return nil, err
	}
	whom, err := r.caller.whom(got)
	if err != nil {
		return nil, err
	}
	if link := r.caller.link; link.asked && !link.known {
		r.step("call", "none: there is no VPC link %s", field(link.id))
	} else {
		r.step("call", "%s (from this machine, for %s at most)", whom, def.Timeout())
	}
	if err := r.flush(); err != nil { // nobody is called of whom it was not said
		return nil, err
	}
	began := time.Now()
	trace := compiled.Route(r.event.RouteKey).Trace(ctx, r.event)
	r.answer(trace.Response, time.Since(began).Round(100*time.Microsecond))
	return trace, nil
}

// shownBody is how much of an answer is shown, in bytes. The reply is shown as a whole.
const shownBody = 4 << 10

// answer tells what the backend has answered.
func (r *routeReport) answer(response *integration.Response, took time.Duration) {
	if response == nil {
		r.step("answer", "none that is of use, after %s", took)
		return
	}
	switch {
	case response.Function && response.Failure != "":
		r.step("answer", "the function has failed, after %s: %s", took, oneLine(response.Failure))
	case response.Function:
		r.step("answer", "status %d of the function, after %s", response.Status, took)
	default:
		r.step("answer", "status %d, after %s", response.Status, took)
	}
	for _, name := range keysOf(response.Header) {
		r.headerField(name, response.Header[name])
	}
	if len(response.Body) == 0 {
		return
	}
	if len(response.Header) > 0 {
		r.text.WriteByte('\n')
	}
	shown := beginning(response.Body)
	r.indented(shown)
	if rest := len(response.Body) - len(shown); rest > 0 {
		r.indented([]byte("(and " + strconv.Itoa(rest) + " bytes more)"))
	}
}

// beginning is the part of a body that is shown, without half a character at its end.
func beginning(body []byte) []byte {
	if len(body) <= shownBody || !utf8.Valid(body) {
		return body
	}
	end := shownBody
	for !utf8.RuneStart(body[end]) {
		end--
	}
	return body[:end]
}
