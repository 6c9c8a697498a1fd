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
	arn, err := functionOf(uri)
	if err != nil {
		return orBroken(onStage, err)
	}
	return &function{arn, env.Lambda, env.Variables}, nil
}

// functionOf is the ARN of the function in a URI.
func functionOf(uri string) (string, error) {
	match := functionURI.FindStringSubmatch(uri)
	if match == nil {
		return "", errFunctionURI
	}
	return match[1], nil
}

// Call implements [Backend].
func (f *function) Call(ctx context.Context, req *Request) (*Response, error) {
	if f.client == nil {
		return nil, failure(gateway.ErrConfiguration, errNoTransport)
	}
	event := appendEvent(make([]byte, 0, 1024+len(req.Event.Body)), req.Event, f.variables)
	result, err := f.client.Invoke(ctx, f.arn, event)
	if err != nil {
		return nil, f.failed(ctx, err)
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

// failed is the error of a call that left no result.
func (f *function) failed(ctx context.Context, err error) error {
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
