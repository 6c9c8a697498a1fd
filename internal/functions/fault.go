package functions

import (
	"encoding/json"
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

func missing(arn string) *fault {
	return &fault{http.StatusNotFound, "ResourceNotFoundException", "Function not found: " + arn, ""}
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
