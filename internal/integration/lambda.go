package integration

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"gangway/internal/gateway"
	"gangway/internal/lambda"
)

// function is a Lambda function that is given the event as it is: AWS_PROXY.
type function struct {
	arn       string
	client    *lambda.Client
	variables map[string]string
}

// functionURI is the form of the URI, with a function's ARN inside: "Set up Lambda proxy integrations" in the API Gateway
// developer guide.
var functionURI = regexp.MustCompile(`^arn:[a-z0-9-]+:apigateway:[a-z0-9-]+:lambda:path/2015-03-31/functions/` +
	`(arn:[a-z0-9-]+:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]+(?::[A-Za-z0-9_$-]+)?)/invocations$`)

var errFunctionURI = errors.New("integrationUri: expected arn:{partition}:apigateway:{region}:lambda:path/2015-03-31/functions/" +
	"arn:{partition}:lambda:{region}:{account}:function:{name}[:{version or alias}]/invocations")

func newFunction(def *gateway.DeployedIntegration, env Env) (Backend, error) {
	uri, onStage, err := expand("integrationUri", string(def.IntegrationURI), env.Variables)
	if err != nil {
		return orBroken(onStage, err)
	}
	match := functionURI.FindStringSubmatch(uri)
	if match == nil {
		return orBroken(onStage, errFunctionURI)
	}
	return &function{match[1], env.Lambda, env.Variables}, nil
}

// Call implements [Backend].
func (f *function) Call(ctx context.Context, req *Request) (*Response, error) {
	if f.client == nil {
		return nil, failure(gateway.ErrConfiguration, errNoTransport)
	}
	event := appendEvent(make([]byte, 0, 1024+len(req.Event.Body)), req.Event, f.variables)
	result, err := f.client.Invoke(ctx, f.arn, event)
	if err != nil {
		return nil, f.classify(ctx, err)
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
	return response, nil
}

// classify finds the kind of an error of the call. What the Lambda service refuses is for the API's owner to put right.
func (f *function) classify(ctx context.Context, err error) error {
	if late := ended(ctx, err); late != nil {
		return late
	}
	kind := gateway.ErrUnreachable
	if _, ok := errors.AsType[*lambda.Error](err); ok {
		kind = gateway.ErrConfiguration
	}
	if errors.Is(err, lambda.ErrTooLarge) {
		kind = gateway.ErrBadReply
	}
	return failure(kind, fmt.Errorf("%s: %w", f.arn, err))
}
