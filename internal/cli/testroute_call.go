package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"

	"gangway/internal/gateway"
	"gangway/internal/integration"
	"gangway/internal/lambda"
	"gangway/internal/program"
	"gangway/internal/trial"
)

// caller says how the backend of a route is called from this machine: through what a node calls backends through.
type caller struct {
	backendSettings

	plane    *plane
	borrowed bool // the access key in the environment is the one for the control plane
	link     vpcLink
}

// vpcLink is where the VPC link of an integration leads: host:port, or empty for where the URI says.
type vpcLink struct {
	address string
	asked   bool
	known   bool
	err     error // the control plane has not said
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
		return vpcLink{asked: true}
	}
	return vpcLink{address: found.Upstream(), asked: true, known: err == nil, err: err}
}

// errBorrowed keeps a call from going to AWS with a key that is not of AWS.
var errBorrowed = errors.New("the call would be signed for AWS with the access key of this control plane, which is in " +
	"AWS_ACCESS_KEY_ID: unset or replace it (and find the control plane with --data), or call another endpoint with " +
	"--lambda-endpoint or --service-endpoint")

// admit says why somebody must not be called.
func (c *caller) admit(callee *trial.Callee) error {
	if c.link.err == nil && callee.AWS && c.borrowed {
		return errBorrowed
	}
	return c.link.err
}
