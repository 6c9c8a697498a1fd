package functions_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"gangway/internal/functions"
	"gangway/internal/lambda"
)

// TestCall: who is part of the same process invokes as others do, and knows the lines by the trace.
func TestCall(t *testing.T) {
	s := newStand(t, functions.Config{}, native(t, "echo", "echo"), native(t, "fails", "fail"))
	got, err := s.host.Invoke(t.Context(), &lambda.Call{Function: "arn:aws:lambda:us-east-1:000000000000:function:echo", Event: []byte(`{"a":1}`), Trace: "Root=1"})
	if err != nil || got.FunctionError != "" || !strings.Contains(string(got.Payload), `{"a":1}`) {
		t.Fatalf("%+v, %v", got, err)
	}
	if line := s.line("END RequestId: "+got.RequestID, 1); line.Trace != "Root=1" || line.RequestID != got.RequestID {
		t.Errorf("%+v", line)
	}
	if got, err := s.host.Invoke(t.Context(), &lambda.Call{Function: "fails"}); err != nil || got.FunctionError == "" || len(got.Payload) == 0 {
		t.Errorf("%+v, %v", got, err)
	}
	later, err := s.host.Invoke(t.Context(), &lambda.Call{Function: "echo", Event: []byte("2"), Trace: "Root=2", Async: true})
	if err != nil || len(later.Payload) > 0 {
		t.Errorf("%+v, %v", later, err)
	}
	if line := s.line("END RequestId: "+later.RequestID, 1); line.Trace != "Root=2" {
		t.Errorf("%+v", line)
	}
	for name, row := range map[string]struct {
		call   *lambda.Call
		status int
		code   string
	}{
		"nobody":    {&lambda.Call{Function: "nobody"}, 404, "ResourceNotFoundException"},
		"no name":   {&lambda.Call{Function: "a b"}, 400, "ValidationException"},
		"no JSON":   {&lambda.Call{Function: "echo", Event: []byte("{")}, 400, "InvalidRequestContentException"},
		"too large": {&lambda.Call{Function: "echo", Event: make([]byte, 1<<20+1), Async: true}, 413, "RequestTooLargeException"},
	} {
		_, err := s.host.Invoke(t.Context(), row.call)
		var refused interface {
			error
			HTTPStatusCode() int
			ErrorCode() string
			ErrorMessage() string
		}
		if !errors.As(err, &refused) || refused.HTTPStatusCode() != row.status || refused.ErrorCode() != row.code || refused.ErrorMessage() == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.host.Invoke(over, &lambda.Call{Function: "echo"}); !errors.Is(err, context.Canceled) {
		t.Errorf("of a caller who has left: %v", err)
	}
}
