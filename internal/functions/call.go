package functions

import (
	"context"
	"encoding/json"

	"gangway/internal/lambda"
)

// Invoke implements [lambda.Local]: it is the Invoke API without HTTP, for the process that the host is part of. If the context ends, the
// function goes on.
func (h *Host) Invoke(ctx context.Context, call *lambda.Call) (*lambda.Result, error) {
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
		return &lambda.Result{RequestID: inv.id}, h.enqueue(p.fn, inv) //nolint:contextcheck // nobody waits for what is queued
	}
	out, err := h.dispatch(ctx, p, inv, p.fn.bound())
	if err != nil {
		return nil, err
	}
	result := &lambda.Result{Payload: out.body, RequestID: inv.id}
	if out.failed {
		result.FunctionError = unhandled
	}
	return result, nil
}
