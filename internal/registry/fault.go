package registry

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"gangway/internal/functions"
	"gangway/internal/gateway"
	"gangway/internal/sigv4"
)

// A fault is an error of the Lambda API as its callers see it: "Errors" of each operation in the reference.
type fault struct {
	status  int
	code    string
	message string
}

// Error implements error.
func (f *fault) Error() string { return "registry: " + f.code + ": " + f.message }

func faultf(status int, code, format string, args ...any) *fault {
	return &fault{status, code, fmt.Sprintf(format, args...)}
}

func invalid(format string, args ...any) *fault {
	return faultf(http.StatusBadRequest, "InvalidParameterValueException", format, args...)
}

func missing(format string, args ...any) *fault {
	return faultf(http.StatusNotFound, "ResourceNotFoundException", format, args...)
}

func conflict(format string, args ...any) *fault {
	return faultf(http.StatusConflict, "ResourceConflictException", format, args...)
}

// unfit is how Lambda says that a member of a request is not what the service model wants.
func unfit(member, value, constraint string) *fault {
	return faultf(http.StatusBadRequest, "ValidationException",
		"1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: %s", value, member, constraint)
}

// render finds out what a caller is told of an error; nil: nothing, it is ours.
func render(err error) *fault {
	if f, ok := errors.AsType[*fault](err); ok {
		return f
	}
	if denied, ok := errors.AsType[*sigv4.Error](err); ok {
		return &fault{denied.Status, denied.Code, denied.Message}
	}
	if wrong, ok := errors.AsType[*functions.ArchiveError](err); ok {
		return invalid("%s", wrong.Message)
	}
	if refused, ok := errors.AsType[functions.Refusal](err); ok {
		return &fault{refused.HTTPStatusCode(), refused.ErrorCode(), refused.ErrorMessage()}
	}
	if denied, ok := errors.AsType[*gateway.Error](err); ok && errors.Is(denied, gateway.ErrForbidden) {
		return &fault{http.StatusForbidden, "AccessDeniedException", denied.Message}
	}
	return nil
}

// write answers with the fault. Of the operations, some name the text Message and others message in the service model.
func (f *fault) write(w http.ResponseWriter) {
	w.Header().Set("X-Amzn-Errortype", f.code)
	kind := "User"
	if f.status >= http.StatusInternalServerError {
		kind = "Service"
	}
	answer(w, f.status, map[string]string{"Type": kind, "message": f.message, "Message": f.message})
}

// answer writes a JSON body, or none where there is no result.
func answer(w http.ResponseWriter, status int, result any) {
	if result == nil {
		w.WriteHeader(status)
		return
	}
	body, err := json.Marshal(result)
	if err != nil { // only values of ours, which encode
		status, body = http.StatusInternalServerError, []byte("{}")
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that has left misses its answer
}
