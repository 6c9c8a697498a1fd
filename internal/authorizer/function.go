package authorizer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/policy"
)

// Function asks a Lambda function who may connect: "Create an API Gateway REQUEST Lambda authorizer" in the developer guide. It
// asks for every handshake; API Gateway keeps answers for other kinds of API only. The zero value lets nobody in.
type Function struct {
	// Call invokes the function with the event of a client and returns its payload, and whether the function ended with an error.
	Call func(ctx context.Context, ev *gateway.Event, methodARN string) (payload []byte, failed bool, err error)
	// Sources are what a client has to show before the function is called.
	Sources []Source
	// Names has the region and the account of the ARN that the policy is about, Stage the rest of it.
	Names gateway.Names
	Stage gateway.StageKey
	// Variables are those of the stage.
	Variables map[string]string
	Now       func() time.Time // nil: time.Now
}

// action is what a client does by connecting: "Control access to WebSocket APIs with AWS Lambda REQUEST authorizers" in the
// developer guide.
const action = "execute-api:Invoke"

// What a client is told that a policy refuses.
const (
	denied         = "User is not authorized to access this resource"
	explicitDenied = denied + " with an explicit deny"
)

// Authorize implements [Authorizer]. Its errors are [*RefusalError]: of kind [gateway.ErrUnauthorized] if a source is missing
// or the function says so, [gateway.ErrForbidden] if its policy does not allow $connect, else [gateway.ErrConfiguration].
func (f *Function) Authorize(ctx context.Context, req *Request) (*Decision, error) {
	if f.Call == nil || req == nil || req.Event == nil || req.Event.Connection == nil {
		return nil, failed(errors.New("there is nobody to ask"))
	}
	for i := range f.Sources {
		if source := &f.Sources[i]; source.value(req.Event, f.Variables) == "" {
			return nil, unauthorized(fmt.Errorf("the identity source %s.%s is missing or empty", source.place, source.name))
		}
	}
	now := f.Now
	if now == nil {
		now = time.Now
	}
	start := now()
	resource := f.Names.RouteARN(f.Stage, gateway.RouteConnect)
	payload, ended, err := f.Call(ctx, req.Event, resource)
	end := now()
	latency := end.Sub(start)
	answer, refused := answerOf(payload, ended, err)
	if refused == nil {
		refused = f.judge(answer, req, resource, end)
	}
	if refused != nil {
		refused.Latency = latency
		return nil, refused
	}
	return &Decision{
		Identity: &gateway.Identity{
			Authorizer: &gateway.Authorization{PrincipalID: answer.principal, Context: answer.context, Latency: latency},
		},
		UsageKey: answer.usageKey,
	}, nil
}

// answerOf reads what a call has left.
func answerOf(payload []byte, ended bool, err error) (*answer, *RefusalError) {
	if err != nil {
		return nil, failed(err)
	}
	if ended {
		return nil, endOf(payload)
	}
	a, err := readAnswer(payload)
	if err != nil {
		return nil, failed(fmt.Errorf("the function's answer: %w", err))
	}
	return a, nil
}

// endOf is what a function means that ended with an error: "Unauthorized", exactly, is how it says that it does not know the
// client.
func endOf(payload []byte) *RefusalError {
	const most = 256 << 10
	if len(payload) > most {
		return failed(errors.New("the function ended with an error"))
	}
	description, err := members(payload)
	message, ok := textOf(description["errorMessage"])
	if err != nil || !ok {
		return failed(errors.New("the function ended with an error that it does not describe"))
	}
	cause := fmt.Errorf("the function ended with the error %s", quote(message))
	if message == "Unauthorized" {
		return unauthorized(cause)
	}
	return failed(cause)
}

// judge is nil if the policy of an answer allows a client to connect.
func (f *Function) judge(a *answer, req *Request, resource string, now time.Time) *RefusalError {
	asked := policy.Request{Action: action, Resource: resource}
	if a.policy.Asks() {
		facts := factsOf(req, now)
		if key := facts.unknown(a.document); key != "" {
			return deny(denied, fmt.Errorf("the policy has a condition on %s, of which nothing is known here", quote(key)))
		}
		asked.Context = facts
	}
	switch a.policy.Evaluate(&asked) {
	case policy.Allow:
		return nil
	case policy.ExplicitDeny:
		return deny(explicitDenied, errors.New("the policy denies "+action+" on "+resource))
	default:
		return deny(denied, errors.New("the policy does not allow "+action+" on "+resource))
	}
}

func deny(message string, cause error) *RefusalError {
	refused := forbidden(message, cause)
	refused.Denied = true
	return refused
}
