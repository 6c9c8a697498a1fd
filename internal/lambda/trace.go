package lambda

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/smithy-go/transport/http"
)

type traceKey struct{}

// Traced gives the calls that are made with a context a trace: the header X-Amzn-Trace-Id, which functions know as _X_AMZN_TRACE_ID.
func Traced(ctx context.Context, trace string) context.Context {
	return context.WithValue(ctx, traceKey{}, trace)
}

func traceOf(ctx context.Context) string {
	trace, _ := ctx.Value(traceKey{}).(string)
	return trace
}

// traced sends the trace of a context, if it has one.
func traced(ctx context.Context) func(*lambda.Options) {
	return func(o *lambda.Options) {
		if trace := traceOf(ctx); trace != "" {
			o.APIOptions = append(o.APIOptions, http.SetHeaderValue("X-Amzn-Trace-Id", trace))
		}
	}
}
