package trial

import (
	"context"
	"net/http"
	"strings"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/program"
)

// A Call says how backends are really called.
type Call struct {
	// Env is how backends are reached; stage and variables are those of the subject.
	Env func(context.Context) (program.Env, error)
	// Lambda is where functions are called; empty: at AWS.
	Lambda string
	// Certificate says that the client certificate of the stage is shown, where it has one.
	Certificate bool
	// Admit may keep somebody from being called; nil: everybody may be.
	Admit func(*Callee) error
}

// A Callee is who gets a request.
type Callee struct {
	Who     string        `json:"who,omitempty"`
	Missing string        `json:"missingVpcLink,omitempty"` // the link leads nowhere, so nobody gets it
	AWS     bool          `json:"aws"`                      // a service of AWS itself
	Timeout time.Duration `json:"-"`
	Millis  int64         `json:"timeoutMillis"`
}

// link is where the VPC link of an integration leads: host:port, or empty for where the URI says.
type link struct {
	id, address  string
	asked, known bool
}

// called calls the backend, once it was told who that is.
func (p *passage) called(ctx context.Context, step Step, of *Request) error {
	compiled, callee, err := p.callee(ctx)
	if err == nil && p.Call.Admit != nil {
		err = p.Call.Admit(callee)
	}
	if err != nil {
		step.Error = FaultOf(err)
		_ = p.tell(step) // the first error is the one that counts
		return err
	}
	of.Called = callee
	if err := p.tell(step); err != nil { // nobody is called of whom it was not said
		return err
	}
	began := time.Now()
	p.trace = compiled.Route(p.Event.RouteKey).Trace(ctx, p.Event)
	p.took = time.Since(began).Round(100 * time.Microsecond)
	return nil
}

// callee makes a program that reaches the backend, and says who that is.
func (p *passage) callee(ctx context.Context) (*program.Program, *Callee, error) {
	env, err := p.Call.Env(ctx)
	if err != nil {
		return nil, nil, err
	}
	var to link
	upstream := env.Upstream
	env.Stage, env.Variables = p.Key, p.Stage.StageVariables
	env.Upstream = func(id string) (string, bool) {
		address, known := upstream(id)
		if !to.asked { // while it is compiled
			to = link{id, address, true, known}
		}
		return address, known
	}
	compiled, err := program.Compile(p.straight(p.integration.IntegrationID), env) //nolint:contextcheck // compiling waits for nothing
	if err != nil {
		return nil, nil, p.unfit(err)
	}
	callee := p.whom(env.Endpoint, to)
	return compiled, callee, nil
}

// whom says who gets the request.
func (p *passage) whom(endpoint func(service string) string, to link) *Callee {
	timeout := p.integration.Timeout()
	callee := &Callee{Timeout: timeout, Millis: timeout.Milliseconds()}
	place, service := p.service(p.got, endpoint)
	address := p.got.URL.Scheme + "://" + p.got.URL.Host
	switch {
	case to.asked && !to.known:
		callee.Missing = to.id
	case service != "" && place != "":
		callee.Who = place + ", in place of " + service
	case service != "":
		callee.Who, callee.AWS = service, true
	case !to.asked:
		callee.Who = address
	case to.address == "":
		callee.Who = address + ": its VPC link has no tag " + gateway.TagUpstream + ", so the URI says where it leads"
	default:
		callee.Who = quoted(to.address) + ", where its VPC link leads, as " + address
	}
	return callee
}

// service is what of AWS a request is for, and where that is called instead; empty: at AWS, or it is for none.
func (p *passage) service(got *http.Request, endpoint func(string) string) (place, service string) {
	if functionOf(got) != "" {
		return p.Call.Lambda, "AWS Lambda"
	}
	if name, ok := strings.CutSuffix(got.URL.Host, servicesDomain); ok {
		return endpoint(name), "the service " + name + " of AWS"
	}
	return "", ""
}
