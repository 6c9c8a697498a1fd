package authorizer

import (
	"net/http"
	"time"

	"gangway/internal/gateway"
)

// A RefusalError is why a [Function] or a [JWT] did not let a client in. Its text is for who operates the API
// ($context.authorizer.error) and has no secret of the client in it; what the client is told is the [*gateway.Error] that it
// wraps.
type RefusalError struct {
	// Status is $context.authorizer.status: 401, 403, or 500 if the authorizer has not come to a decision. 200 is a
	// [Decision].
	Status int
	// Denied says that a policy document has refused. API Gateway tells the client so under the name "Message", and under
	// "message" whatever else it refuses.
	Denied bool
	// Latency is how long the authorizer took.
	Latency time.Duration

	shown, cause error
}

// Error implements error.
func (e *RefusalError) Error() string { return "authorizer: " + e.cause.Error() }

// Unwrap has what the client is told first, then what went wrong.
func (e *RefusalError) Unwrap() []error { return []error{e.shown, e.cause} }

// unauthorized is a client that has not shown who it is.
func unauthorized(cause error) *RefusalError {
	return &RefusalError{
		Status: http.StatusUnauthorized, shown: gateway.Errorf(gateway.ErrUnauthorized, "Unauthorized"), cause: cause,
	}
}

// failed is an authorizer that cannot decide: AUTHORIZER_CONFIGURATION_ERROR and AUTHORIZER_FAILURE in "Gateway response
// types" in the developer guide.
func failed(cause error) *RefusalError {
	return &RefusalError{
		Status: http.StatusInternalServerError, cause: cause,
		shown: gateway.Errorf(gateway.ErrConfiguration, "Internal server error"),
	}
}

// unavailable is an authorizer that may be able to decide later.
func unavailable(cause error) *RefusalError {
	return &RefusalError{
		Status: http.StatusInternalServerError, cause: cause,
		shown: gateway.Errorf(gateway.ErrUnavailable, "Service Unavailable"),
	}
}

// forbidden is a client that is known and may not connect.
func forbidden(message string, cause error) *RefusalError {
	return &RefusalError{Status: http.StatusForbidden, shown: gateway.Errorf(gateway.ErrForbidden, "%s", message), cause: cause}
}
