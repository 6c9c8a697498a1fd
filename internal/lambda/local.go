package lambda

import (
	"context"
	"errors"
)

// Local runs functions in this process.
type Local interface {
	// Invoke does what the Invoke API does. An error that has the methods HTTPStatusCode, ErrorCode and ErrorMessage is a refusal.
	Invoke(ctx context.Context, call *Call) (*Result, error)
}

// A Call is an invocation by name or ARN.
type Call struct {
	Function string
	Event    []byte // it must not be changed any more
	Trace    string // X-Amzn-Trace-Id; empty: none
	Async    bool   // nobody waits for the result
}

// run has a function run in this process.
func (c *Client) run(ctx context.Context, call *Call) (*Result, error) {
	call.Trace = traceOf(ctx)
	result, err := c.local.Invoke(ctx, call)
	if err == nil {
		return result, nil
	}
	var refused interface {
		HTTPStatusCode() int
		ErrorCode() string
		ErrorMessage() string
	}
	if errors.As(err, &refused) {
		return nil, &Error{Status: refused.HTTPStatusCode(), Code: refused.ErrorCode(), Message: refused.ErrorMessage()}
	}
	return nil, wrap(err)
}
