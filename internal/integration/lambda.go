package integration

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"gangway/internal/gateway"
	"gangway/internal/lambda"
)

// A Function is a Lambda function. It is safe for concurrent use.
type Function struct {
	arn    string
	client *lambda.Client
	trace  func(*gateway.Event) string // nil: there is none
}

// NewFunction finds the function of a URI, in which stage variables may stand; member is what the URI is called in errors.
// An error of kind [gateway.ErrConfiguration] is one that another value of a stage variable would put right.
func NewFunction(member, uri string, env Env) (*Function, error) {
	f, onStage, err := findFunction(member, uri, env)
	if err != nil && onStage {
		return nil, failure(gateway.ErrConfiguration, err)
	}
	return f, err
}

func findFunction(member, uri string, env Env) (f *Function, onStage bool, err error) {
	uri, onStage, err = expand(member, uri, env.Variables)
	if err != nil {
		return nil, onStage, err
	}
	arn, err := functionOf(uri)
	if err != nil {
		return nil, onStage, fmt.Errorf("%s: %w", member, err)
	}
	return &Function{arn, env.Lambda, env.Trace}, onStage, nil
}

// Invoke calls the function because of an event, with what is made of it, and waits for what it leaves: its result, or how it ended.
// The errors are those of [Backend].
func (f *Function) Invoke(ctx context.Context, cause *gateway.Event, event []byte) (*lambda.Result, error) {
	if f.client == nil {
		return nil, failure(gateway.ErrConfiguration, errNoTransport)
	}
	result, err := f.client.Invoke(f.traced(ctx, cause), f.arn, event)
	if err != nil {
		return nil, f.failed(ctx, err)
	}
	return result, nil
}

// traced lets it be known which event has caused a call.
func (f *Function) traced(ctx context.Context, cause *gateway.Event) context.Context {
	if f.trace == nil || cause == nil {
		return ctx
	}
	if trace := f.trace(cause); trace != "" {
		return lambda.Traced(ctx, trace)
	}
	return ctx
}

// function is a Lambda function that is given the event as it is: AWS_PROXY.
type function struct {
	*Function

	variables map[string]string
}

// functionURI is the form of the URI, with a function's ARN inside: "Set up Lambda proxy integrations" in the API Gateway
// developer guide.
var functionURI = regexp.MustCompile(`^arn:[a-z0-9-]+:apigateway:[a-z0-9-]+:lambda:path/2015-03-31/functions/` +
	`(arn:[a-z0-9-]+:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]+(?::[A-Za-z0-9_$-]+)?)/invocations$`)

var errFunctionURI = errors.New("expected arn:{partition}:apigateway:{region}:lambda:path/2015-03-31/functions/" +
	"arn:{partition}:lambda:{region}:{account}:function:{name}[:{version or alias}]/invocations")

// functionOf is the ARN of the function in a URI.
func functionOf(uri string) (string, error) {
	match := functionURI.FindStringSubmatch(uri)
	if match == nil {
		return "", errFunctionURI
	}
	return match[1], nil
}

func newFunction(def *gateway.DeployedIntegration, env Env) (Backend, error) {
	called, onStage, err := findFunction("integrationUri", string(def.IntegrationURI), env)
	if err != nil {
		return orBroken(onStage, err)
	}
	return &function{called, env.Variables}, nil
}

// Call implements [Backend].
func (f *function) Call(ctx context.Context, req *Request) (*Response, error) {
	event := appendEvent(make([]byte, 0, 1024+len(req.Event.Body)), req.Event, f.variables)
	f.noteInvocation(req.Note, event)
	result, err := f.Invoke(ctx, req.Event, event)
	if err != nil {
		return nil, err
	}
	if req.Note != nil {
		req.Note.Response = result.Payload
	}
	if result.FunctionError != "" {
		const shown = 1 << 10
		return nil, failure(gateway.ErrBadReply, fmt.Errorf("%s ended with an error (%s): %s",
			f.arn, result.FunctionError, result.Payload[:min(len(result.Payload), shown)]))
	}
	response, err := decodeReply(result.Payload)
	if err != nil {
		return nil, failure(gateway.ErrBadReply, fmt.Errorf("%s: %w", f.arn, err))
	}
	response.RequestID = result.RequestID
	return response, nil
}

// failed is the error of a call that left no result.
func (f *Function) failed(ctx context.Context, err error) error {
	if late := ended(ctx, err); late != nil {
		return late
	}
	kind := gateway.ErrUnreachable
	if _, ok := errors.AsType[*lambda.Error](err); ok {
		// What the Lambda service refuses is for the API's owner to put right.
		kind = gateway.ErrConfiguration
	}
	if errors.Is(err, lambda.ErrTooLarge) {
		kind = gateway.ErrBadReply
	}
	if errors.Is(err, lambda.ErrNoCredentials) {
		kind = gateway.ErrConfiguration
		err = fmt.Errorf("%s, or call functions elsewhere by --lambda-endpoint: %w", setCredentials, err)
	}
	return failure(kind, fmt.Errorf("%s: %w", f.arn, err))
}

// setCredentials is what to do where there are none.
const setCredentials = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, for the gateway"
