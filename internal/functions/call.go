package functions

import (
	"context"
	"encoding/json"
)

// A Call is an invocation by the process that the host is part of: what Invoke is without HTTP.
type Call struct {
	Function string // name or ARN
	Event    []byte // JSON; it must not be changed any more
	Trace    string // X-Amzn-Trace-Id; "" is a new one
	Async    bool   // nobody waits for the result
}

// A Result is what became of a call.
type Result struct {
	Payload   []byte // of an asynchronous call there is none
	Failed    bool   // the function ended with an error, which the payload describes
	RequestID string
}

// Call invokes a function. Its errors have the methods HTTPStatusCode, ErrorCode and ErrorMessage, as those that the Invoke API answers
// with, unless the context has ended; then the function goes on.
func (h *Host) Call(ctx context.Context, call Call) (*Result, error) {
	p, arn, err := h.find(call.Function, "")
	if err != nil {
		return nil, err
	}
	event := call.Event
	limit := maxEvent
	if call.Async {
		limit = maxAsyncEvent
	}
	switch {
	case len(event) > limit:
		return nil, oversized(limit)
	case len(event) == 0:
		event = []byte("{}")
	case !json.Valid(event):
		return nil, errNotJSON
	}
	inv := newInvocation(arn, event, call.Trace)
	if call.Async {
		return &Result{RequestID: inv.id}, h.enqueue(p.fn, inv) //nolint:contextcheck // nobody waits for what is queued
	}
	out, err := h.dispatch(ctx, p, inv, p.fn.bound())
	if err != nil {
		return nil, err
	}
	return &Result{Payload: out.body, Failed: out.failed, RequestID: inv.id}, nil
}
