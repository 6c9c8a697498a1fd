package lambda_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"gangway/internal/lambda"
)

// runner runs functions in this process.
type runner struct {
	last *lambda.Call
	err  error
}

func (r *runner) Invoke(_ context.Context, call *lambda.Call) (*lambda.Result, error) {
	r.last = call
	return &lambda.Result{Payload: call.Event, RequestID: "id"}, r.err
}

type refusedError struct{}

func (refusedError) Error() string        { return "refused" }
func (refusedError) HTTPStatusCode() int  { return 429 }
func (refusedError) ErrorCode() string    { return "TooManyRequestsException" }
func (refusedError) ErrorMessage() string { return "Rate Exceeded." }

// TestLocal: functions of this process are called without HTTP, and refuse as the service does.
func TestLocal(t *testing.T) {
	local := &runner{}
	client, err := lambda.New(t.Context(), lambda.Config{Region: "us-east-1", Endpoint: "http://127.0.0.1:1", Local: local})
	if err != nil {
		t.Fatal(err)
	}
	ctx := lambda.Traced(t.Context(), "Root=1")
	got, err := client.Invoke(ctx, "chat", []byte("1"))
	if err != nil || string(got.Payload) != "1" || got.RequestID != "id" || local.last.Function != "chat" || local.last.Trace != "Root=1" || local.last.Async {
		t.Errorf("got %+v, %v, called with %+v", got, err, local.last)
	}
	if err := client.Start(t.Context(), "chat", nil); err != nil || !local.last.Async || local.last.Trace != "" {
		t.Errorf("%v, called with %+v", err, local.last)
	}
	local.err = refusedError{}
	if _, err := client.Invoke(ctx, "chat", nil); *mustRefuse(t, err) != (lambda.Error{Status: 429, Code: "TooManyRequestsException", Message: "Rate Exceeded."}) {
		t.Errorf("got %v", err)
	}
	local.err = context.DeadlineExceeded
	if err := client.Start(ctx, "chat", nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func mustRefuse(t *testing.T, err error) *lambda.Error {
	t.Helper()
	refused, ok := errors.AsType[*lambda.Error](err)
	if !ok {
		t.Fatalf("got %v", err)
	}
	return refused
}

// TestTraced: a trace goes with a call, and with that call alone.
func TestTraced(t *testing.T) {
	url, calls, _ := newInvokeAPI(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("1")) })
	client, err := lambda.New(t.Context(), lambda.Config{Region: "us-east-1", Endpoint: url})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Root=1-0;Sampled=0", ""} {
		ctx := t.Context()
		if want != "" {
			ctx = lambda.Traced(ctx, want)
		}
		if _, err := client.Invoke(ctx, "chat", nil); err != nil {
			t.Fatal(err)
		}
		if got := (*calls)[len(*calls)-1].Header.Get("X-Amzn-Trace-Id"); got != want {
			t.Errorf("the trace is %q, not %q", got, want)
		}
	}
}
