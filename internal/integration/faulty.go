package integration

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"gangway/internal/gateway"
)

// FaultKind is a way in which a backend fails, or answers, without being asked.
type FaultKind string

// The kinds of faults.
const (
	FaultRefuse  FaultKind = "refuse"  // nobody listens where it should be
	FaultDelay   FaultKind = "delay"   // it is called, late
	FaultTimeout FaultKind = "timeout" // it does not answer in time
	FaultError   FaultKind = "error"   // an HTTP server answers 500, or another status; a function ends with an error
	FaultAnswer  FaultKind = "answer"  // it answers what the fault says: a status, 200, and a body
)

// A Fault is what happens to a call in a test in place of calling the backend, or before it. What the program makes of it, and the
// client is told, is what it would be with a backend that does so.
type Fault struct {
	Kind   FaultKind
	Delay  time.Duration // before it happens; it counts towards the timeout of the integration
	Status int
	Body   []byte
}

// faulty is a backend that is called unless there is a fault.
type faulty struct {
	Backend

	fault    func(ev *gateway.Event) *Fault
	proxy    bool // the backend is a function that is given the event: AWS_PROXY
	function bool // it is another function
}

// Call implements [Backend].
func (f *faulty) Call(ctx context.Context, req *Request) (*Response, error) {
	fault := f.fault(req.Event)
	if fault == nil {
		return f.Backend.Call(ctx, req)
	}
	if err := pass(ctx, fault.Delay); err != nil {
		return nil, err
	}
	if fault.Kind == FaultDelay {
		return f.Backend.Call(ctx, req)
	}
	if req.Note != nil {
		req.Note.Body, req.Note.Response = req.Body, fault.Body
	}
	switch fault.Kind {
	case FaultRefuse:
		return nil, failure(gateway.ErrUnreachable, errors.New("connection refused, by a fault"))
	case FaultTimeout:
		return nil, failure(gateway.ErrTimeout, errors.New("no answer in time, by a fault"))
	case FaultError:
		if f.proxy {
			return nil, failure(gateway.ErrBadReply, errors.New("the function ended with an error, by a fault"))
		}
		return f.answer(fault, http.StatusInternalServerError), nil
	case FaultAnswer:
		return f.answer(fault, http.StatusOK), nil
	default:
		return nil, failure(gateway.ErrConfiguration, fmt.Errorf("there is no fault %q", fault.Kind))
	}
}

// answer is what the fault says, with a status unless it has one. What a function answers has no status but 200, however it ends.
func (f *faulty) answer(fault *Fault, status int) *Response {
	response := &Response{
		Status: cmp.Or(fault.Status, status), Header: http.Header{contentType: {mediaType(fault.Body)}}, Body: fault.Body,
	}
	if f.function {
		response.Status, response.Function = http.StatusOK, true
		if fault.Kind == FaultError {
			response.Failure = "Unhandled"
		}
	}
	return response
}

// pass lets time pass.
func pass(ctx context.Context, delay time.Duration) error {
	if delay <= 0 {
		return nil
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return failure(gateway.ErrTimeout, ctx.Err())
	}
}
