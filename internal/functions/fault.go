package functions

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// A fault is an answer of the Lambda API itself, as "Common errors" and "Invoke" in its reference have them.
type fault struct {
	status        int
	kind, message string
	reason        string
}

// Error implements error.
func (f *fault) Error() string { return f.kind + ": " + f.message }

// HTTPStatusCode, ErrorCode and ErrorMessage are what SDKs ask errors of services for.
func (f *fault) HTTPStatusCode() int { return f.status }

// ErrorCode is the name of the error in the reference.
func (f *fault) ErrorCode() string { return f.kind }

// ErrorMessage is what is said of it.
func (f *fault) ErrorMessage() string { return f.message }

func missing(arn string) *fault {
	return &fault{http.StatusNotFound, "ResourceNotFoundException", "Function not found: " + arn, ""}
}

// A Refusal is an error of the Lambda API, which knows how it is answered.
type Refusal interface {
	error
	HTTPStatusCode() int
	ErrorCode() string
	ErrorMessage() string
}

// Oversized is the refusal of an invocation whose event is larger than so many bytes.
func Oversized(limit int) Refusal { return oversized(limit) }

func oversized(limit int) *fault {
	return &fault{
		http.StatusRequestEntityTooLarge, "RequestTooLargeException",
		fmt.Sprintf("Request must be smaller than %d bytes for the InvokeFunction operation", limit), "",
	}
}

// errNotJSON is of an event that is none.
var errNotJSON = &fault{
	http.StatusBadRequest, "InvalidRequestContentException", "Could not parse request body into json: it is not JSON", "",
}

func invalid(message string) *fault {
	return &fault{http.StatusBadRequest, "InvalidParameterValueException", message, ""}
}

func (f *fault) write(w http.ResponseWriter) {
	w.Header().Set("X-Amzn-Errortype", f.kind)
	body := map[string]string{"Type": "User", "message": f.message, "Message": f.message}
	if f.status >= http.StatusInternalServerError {
		body["Type"] = "Service"
	}
	if f.reason != "" {
		body["Reason"] = f.reason
	}
	write(w, f.status, body)
}

// write answers with JSON.
func write(w http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil { // only values of ours, which encode
		status, body = http.StatusInternalServerError, nil
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the caller has left if this fails
}
