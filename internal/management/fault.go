package management

import (
	"encoding/json"
	"errors"
	"net/http"

	"gangway/internal/access"
	"gangway/internal/gateway"
	"gangway/internal/sigv4"
)

// errAccessDenied is the kind of error of a caller whose policy does not let it do what it asks for.
var errAccessDenied = errors.New("access denied")

// accessDenied is the error of a caller, in the words that the service has been seen to use. It shows of the account only
// its last digits, and nothing of the connection, so it is the same for all that there are and for those that are not.
func accessDenied(user, resource string) error {
	return gateway.Errorf(errAccessDenied, "User: %s is not authorized to perform: %s on resource: %s",
		user, manageConnections, access.Masked(resource))
}

// faults says what a backend sees of each kind of error: everything that is known about errors at this door. The names
// are those of the service model of 2018-11-29 where it has one.
var faults = []struct {
	kind   error
	status int
	name   string
}{
	{gateway.ErrInvalid, http.StatusBadRequest, "BadRequestException"},
	{gateway.ErrUnauthorized, http.StatusForbidden, "MissingAuthenticationTokenException"},
	{gateway.ErrForbidden, http.StatusForbidden, "ForbiddenException"},
	{errAccessDenied, http.StatusForbidden, "AccessDeniedException"},
	{gateway.ErrNotFound, http.StatusNotFound, "NotFoundException"},
	{gateway.ErrGone, http.StatusGone, "GoneException"},
	{gateway.ErrTooLarge, http.StatusRequestEntityTooLarge, "PayloadTooLargeException"},
	{gateway.ErrTooMany, http.StatusTooManyRequests, "LimitExceededException"},
	// What follows may pass: the SDKs retry 503 and 504. Never a 410 for a connection that may be alive.
	{gateway.ErrUnavailable, http.StatusServiceUnavailable, "ServiceUnavailableException"},
	{gateway.ErrTimeout, http.StatusGatewayTimeout, "ServiceUnavailableException"},
}

// fault is an error as it goes out.
type fault struct {
	status        int
	name, message string
}

// faultOf finds what to show of an error. What is not meant for clients shows as an internal error.
func faultOf(err error) fault {
	if signature, ok := errors.AsType[*sigv4.Error](err); ok {
		return fault{signature.Status, signature.Code, signature.Message}
	}
	if shown, ok := errors.AsType[*gateway.Error](err); ok {
		for _, f := range faults {
			if errors.Is(shown, f.kind) {
				return fault{f.status, f.name, shown.Message}
			}
		}
	}
	return fault{http.StatusInternalServerError, "InternalServerErrorException", "Internal server error"}
}

// write sends the error.
func (f fault) write(w http.ResponseWriter) {
	body, _ := json.Marshal(struct { // two texts always marshal
		Lower string `json:"message"`
		Upper string `json:"Message"`
	}{f.message, f.message})
	w.Header().Set("X-Amzn-Errortype", f.name)
	w.Header()["Content-Type"] = jsonType
	w.WriteHeader(f.status)
	_, _ = w.Write(body) // the client has left if this fails
}
