package program

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gangway/internal/authorizer"
	"gangway/internal/gateway"
	"gangway/internal/integration"
)

// Authorize decides whether a client may connect: the authorizer of the route, then its API key. Whatever is not a decision
// is an error: that of the authorizer, of kind [gateway.ErrForbidden] or [gateway.ErrTooMany] for an API key, or of kind
// [gateway.ErrConfiguration] if it cannot be known who may. "Control and manage access to WebSocket APIs in API Gateway" in
// the developer guide.
func (r *Route) Authorize(ctx context.Context, req *authorizer.Request) (*authorizer.Decision, error) {
	if r.authorizer == nil {
		return nil, gateway.Errorf(gateway.ErrForbidden, "Forbidden")
	}
	decision, err := r.authorizer.Authorize(ctx, req)
	if err != nil || decision == nil || r.keys == nil {
		return decision, err
	}
	return r.keys.admit(req.Event, decision)
}

// Authorizer is the id of the authorizer of the route; empty: it has none.
func (r *Route) Authorizer() string { return r.authorizerID }

// keys ask for an API key: "Usage plans and API keys" in the developer guide.
type keys struct {
	stage          gateway.StageKey
	fromAuthorizer bool // rather than from the header x-api-key
	ask            func(stage gateway.StageKey, value string) (id string, err error)
}

// admit adds the key of a client to the decision about it.
func (k *keys) admit(ev *gateway.Event, decision *authorizer.Decision) (*authorizer.Decision, error) {
	value := decision.UsageKey
	if !k.fromAuthorizer {
		value, _ = ev.Header.Get("X-Api-Key")
	}
	id, err := k.ask(k.stage, value)
	if err != nil {
		return nil, err
	}
	keyed := *decision
	keyed.Identity = &gateway.Identity{}
	if decision.Identity != nil {
		*keyed.Identity = *decision.Identity
	}
	keyed.Identity.APIKey, keyed.Identity.APIKeyID = value, id
	return &keyed, nil
}

// admission is who decides about clients of a route. Only $connect has clients; an API key that another route requires has no
// effect.
func (c *compiler) admission(def *gateway.DeployedRoute) (authorizer.Authorizer, *keys, error) {
	decides, err := c.authorization(def)
	if def.RouteKey != gateway.RouteConnect || !def.APIKeyRequired {
		return decides, nil, err
	}
	k := &keys{
		stage: c.env.Stage, ask: c.env.APIKey,
		fromAuthorizer: c.snapshot.API.APIKeySelectionExpression == gateway.KeyFromAuthorizer,
	}
	if k.ask == nil {
		k.ask = func(gateway.StageKey, string) (string, error) {
			return "", failure(gateway.ErrConfiguration, errors.New("nobody knows API keys here"))
		}
	}
	return decides, k, err
}

func (c *compiler) authorization(def *gateway.DeployedRoute) (authorizer.Authorizer, error) {
	kind := def.AuthorizationType
	if def.RouteKey != gateway.RouteConnect {
		if kind != gateway.AuthorizationNone {
			return nil, errors.New("authorization is restricted to the $connect route")
		}
		return authorizer.None{}, nil
	}
	if c.env.JWT != nil && kind != gateway.AuthorizationNone {
		cause := unserved("authorizationType %s and the tag gangway:jwt-issuer cannot both decide: nobody can connect", kind)
		return closed{cause}, cause
	}
	switch kind {
	case gateway.AuthorizationNone:
		if c.env.JWT != nil {
			return c.token(c.env.JWT)
		}
		return authorizer.None{}, nil
	case gateway.AuthorizationIAM:
		iam := c.env.IAM
		iam.Stage = c.env.Stage
		return iam, nil
	case gateway.AuthorizationCustom:
		i := slices.IndexFunc(c.snapshot.Authorizers, func(a gateway.Authorizer) bool { return a.AuthorizerID == def.AuthorizerID })
		if i < 0 {
			return nil, fmt.Errorf("there is no authorizer '%s'", def.AuthorizerID)
		}
		decides, err := c.function(&c.snapshot.Authorizers[i])
		switch {
		case errors.Is(err, gateway.ErrConfiguration): // for want of a stage variable, and a deployment has no stage yet
			return closed{err}, nil
		case err != nil:
			return nil, fmt.Errorf("authorizer %s: %w", def.AuthorizerID, err)
		}
		return decides, nil
	default:
		return nil, fmt.Errorf("authorizationType '%s' is not one of NONE, AWS_IAM and CUSTOM", kind)
	}
}

// function compiles a REQUEST authorizer: "Create an API Gateway REQUEST Lambda authorizer" in the developer guide.
func (c *compiler) function(def *gateway.Authorizer) (authorizer.Authorizer, error) {
	sources, err := authorizer.CompileSources(def.IdentitySource)
	if err != nil {
		return nil, err
	}
	called, err := integration.NewFunction("authorizerUri", def.AuthorizerURI, integration.Env{Variables: c.env.Variables, Lambda: c.env.Lambda, Trace: c.env.Trace})
	if err != nil {
		return nil, err
	}
	variables := c.env.Variables
	return &authorizer.Function{
		Sources: sources, Names: c.env.Names, Stage: c.env.Stage, Variables: variables, Now: c.env.Now,
		Call: func(ctx context.Context, ev *gateway.Event, arn string) (payload []byte, failed bool, err error) {
			result, err := called.Invoke(ctx, ev, integration.AppendRequestEvent(nil, ev, variables, arn))
			if err != nil {
				return nil, false, err
			}
			return result.Payload, result.FunctionError != "", nil
		},
	}, nil
}

// leeway is how far the clocks of an issuer of tokens and ours may be apart.
const leeway = 30 * time.Second

// token compiles what tags ask of clients.
func (c *compiler) token(asked *gateway.JWTOptions) (authorizer.Authorizer, error) {
	places := asked.Sources
	if len(places) == 0 {
		places = []string{"route.request.header.Authorization"}
	}
	sources, err := authorizer.CompileTokenSources(places)
	if err == nil {
		var decides *authorizer.JWT
		decides, err = authorizer.NewJWT(authorizer.JWTConfig{
			Issuer: asked.Issuer, Audience: asked.Audience, Sources: sources, JWKSURI: asked.JWKSURI, Scopes: asked.Scopes, Leeway: leeway,
		}, c.env.KeySets)
		if err == nil {
			return decides, nil
		}
	}
	cause := unserved("the tags gangway:jwt-…: %v: nobody can connect", err)
	return closed{cause}, cause
}

// guarded is a snapshot that has a $connect route if tokens are asked for: whom nobody meets, nobody can ask.
func guarded(s *gateway.Snapshot, env Env) *gateway.Snapshot {
	has := slices.ContainsFunc(s.Routes, func(r gateway.DeployedRoute) bool { return r.RouteKey == gateway.RouteConnect })
	if env.JWT == nil || has {
		return s
	}
	with := *s
	met := gateway.DeployedRoute{}
	met.RouteKey, met.AuthorizationType = gateway.RouteConnect, gateway.AuthorizationNone
	with.Routes = append(slices.Clone(s.Routes), met)
	return &with
}

// closed lets nobody in, because it cannot be known who may.
type closed struct{ cause error }

// Authorize implements [authorizer.Authorizer].
func (a closed) Authorize(context.Context, *authorizer.Request) (*authorizer.Decision, error) {
	return nil, failure(gateway.ErrConfiguration, a.cause)
}
