package integration

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"gangway/internal/gateway"
	"gangway/internal/jsonpath"
)

// custom is a Lambda function that is given what the API's owner makes of an event: AWS with the URI of a function. "Set up
// Lambda custom integrations" in the API Gateway developer guide.
type custom struct {
	*Function

	errorMessage *jsonpath.Path
}

func newCustom(arn string, env Env) (Backend, error) {
	path, err := jsonpath.Compile("errorMessage")
	return &custom{&Function{arn, env.Lambda, env.Trace}, path}, err
}

// Call implements [Backend]. A function that ends with an error has answered.
func (c *custom) Call(ctx context.Context, req *Request) (*Response, error) {
	if c.client == nil {
		return nil, failure(gateway.ErrConfiguration, errNoTransport)
	}
	event := req.Body
	if len(event) == 0 {
		event = []byte("{}") // which is what Lambda makes of nothing
	}
	c.noteInvocation(req.Note, event)
	waits, err := invocation(req.Header)
	if err != nil {
		return nil, failure(gateway.ErrConfiguration, err)
	}
	if !waits {
		if err := c.client.Start(c.traced(ctx, req.Event), c.arn, event); err != nil {
			return nil, c.failed(ctx, err)
		}
		return &Response{Status: http.StatusAccepted, Function: true}, nil
	}
	result, err := c.Invoke(ctx, req.Event, event)
	if err != nil {
		return nil, err
	}
	response := &Response{
		Status: http.StatusOK, Body: result.Payload, Function: true, Failure: result.FunctionError, RequestID: result.RequestID,
	}
	if req.Note != nil {
		req.Note.Response = result.Payload
	}
	// The expression that selects the integration response looks at the result alone, however the function has ended.
	if value, err := c.errorMessage.Find(result.Payload); err == nil && value.Kind() != jsonpath.Missing {
		response.Failure = value.Text()
	}
	return response, nil
}

// invocation says whether a call waits for the function's result: "Set up asynchronous invocation of the backend Lambda
// function" in the API Gateway developer guide.
func invocation(header gateway.Params) (waits bool, err error) {
	switch kind, _ := header.Get("X-Amz-Invocation-Type"); kind {
	case "", "RequestResponse":
		return true, nil
	case "Event":
		return false, nil
	default:
		return false, errors.New("the header X-Amz-Invocation-Type: " + fmt.Sprintf("expected RequestResponse or Event, got %.40q", kind))
	}
}
