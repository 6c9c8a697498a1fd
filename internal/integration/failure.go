package integration

import (
	"context"
	"errors"
	"fmt"

	"gangway/internal/gateway"
)

// failure is an error of a backend: a [gateway.Error] with the words that API Gateway has for a client, and the cause for
// whoever reads the log.
func failure(kind, cause error) error {
	text := "Internal server error"
	if errors.Is(kind, gateway.ErrTimeout) {
		text = "Endpoint request timed out"
	}
	return fmt.Errorf("integration: %w: %w", gateway.Errorf(kind, "%s", text), cause)
}

// ended is the error of a call whose context has ended, or nil: then something else ended the call.
func ended(ctx context.Context, cause error) error {
	if ctx.Err() == nil {
		return nil
	}
	return failure(gateway.ErrTimeout, cause)
}

// errNoTransport is the cause when a backend is called that was made only to be checked.
var errNoTransport = errors.New("the backend was made without a way to reach it")

// broken is a backend that cannot be called as its stage stands.
type broken struct{ cause error }

// Call implements [Backend].
func (b broken) Call(context.Context, *Request) (*Response, error) {
	return nil, failure(gateway.ErrConfiguration, b.cause)
}
