package control

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"gangway/internal/gateway"
	"gangway/internal/sigv4"
)

// fault is how a kind of error looks on the wire: "Errors" of each operation in the service model.
type fault struct {
	kind   error
	status int
	code   string
}

var faults = []fault{
	{gateway.ErrInvalid, http.StatusBadRequest, "BadRequestException"},
	{gateway.ErrForbidden, http.StatusForbidden, "AccessDeniedException"},
	{gateway.ErrNotFound, http.StatusNotFound, "NotFoundException"},
	{gateway.ErrConflict, http.StatusConflict, "ConflictException"},
	{gateway.ErrTooMany, http.StatusTooManyRequests, "TooManyRequestsException"},
	{gateway.ErrTooLarge, http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException"},
	{gateway.ErrUnavailable, http.StatusServiceUnavailable, "ServiceUnavailableException"},
}

// refuse answers with an error. What is not meant for a client is logged and shown without its text.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error, requestID string) {
	status, code, message := render(err)
	if status == http.StatusInternalServerError {
		s.Log.LogAttrs(r.Context(), slog.LevelError, "control plane call failed",
			slog.String("requestId", requestID), slog.String("method", r.Method), slog.Any("error", err))
	}
	w.Header().Set("X-Amzn-Errortype", code)
	answer(w, status, map[string]string{"message": message})
}

// render finds status, code and message of an error.
func render(err error) (status int, code, message string) {
	if denied, ok := errors.AsType[*sigv4.Error](err); ok {
		return denied.Status, denied.Code, denied.Message
	}
	if known, ok := errors.AsType[*gateway.Error](err); ok {
		for _, f := range faults {
			if errors.Is(known, f.kind) {
				return f.status, f.code, known.Message
			}
		}
	}
	return http.StatusInternalServerError, "InternalServerErrorException", "Internal server error"
}

// answer writes a JSON body, or none where result is nil.
func answer(w http.ResponseWriter, status int, result any) {
	w.Header().Set("Content-Type", "application/json")
	if result == nil {
		w.WriteHeader(status)
		return
	}
	body, err := json.Marshal(result)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"message":"Internal server error"}`)
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that has left misses its answer
}
