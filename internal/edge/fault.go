package edge

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"

	"gangway/internal/access"
	"gangway/internal/authorizer"
	"gangway/internal/gateway"
	"gangway/internal/journal"
	"gangway/internal/program"
	"gangway/internal/sigv4"
	"gangway/internal/usage"
	"gangway/internal/websocket"
)

// fault is what a client sees of one kind of error.
type fault struct {
	kind   error
	status int    // of a handshake
	name   string // of a handshake, in x-amzn-errortype
	text   string // if the error brings none of its own that clients may read
	fixed  bool   // the text is always ours
	frame  string // the text in a frame, if it is another
	header http.Header
	// response is the name among the gateway responses; see [gateway.Record].
	response string
	// denied says that the body names its text Message, as API Gateway does where a policy refuses.
	denied bool
}

const internalText = "Internal server error"

// faults is everything that is known about errors at this door. Statuses and names are those of API Gateway's gateway
// responses ("Gateway response types" in the developer guide); the texts in frames are what its clients report.
var faults = []fault{
	{kind: gateway.ErrInvalid, status: http.StatusBadRequest, name: "BadRequestException", text: "Bad request body", response: "BAD_REQUEST_PARAMETERS"},
	{kind: gateway.ErrUnauthorized, status: http.StatusUnauthorized, name: "UnauthorizedException", text: "Unauthorized", response: "UNAUTHORIZED"},
	{kind: gateway.ErrForbidden, status: http.StatusForbidden, name: "ForbiddenException", text: "Forbidden", response: "ACCESS_DENIED"},
	{kind: gateway.ErrMediaType, status: http.StatusUnsupportedMediaType, name: "UnsupportedMediaTypeException", text: "Unsupported Media Type", response: "UNSUPPORTED_MEDIA_TYPE"},
	{
		kind: gateway.ErrTooMany, status: http.StatusTooManyRequests, name: "TooManyRequestsException", text: "Too Many Requests",
		header: http.Header{"Retry-After": {"1"}}, response: "THROTTLED",
	},
	{kind: gateway.ErrConfiguration, status: http.StatusInternalServerError, name: internalName, text: internalText, fixed: true, response: "API_CONFIGURATION_ERROR"},
	{kind: gateway.ErrBadReply, status: http.StatusBadGateway, name: internalName, text: internalText, fixed: true, response: "INTEGRATION_FAILURE"},
	{kind: gateway.ErrUnavailable, status: http.StatusServiceUnavailable, name: "ServiceUnavailableException", text: "Service Unavailable", response: "DEFAULT_5XX"},
	{kind: gateway.ErrTimeout, status: http.StatusGatewayTimeout, name: "EndpointRequestTimedOutException", text: "Endpoint request timed out", fixed: true, response: "INTEGRATION_TIMEOUT"},
	{
		kind: gateway.ErrUnreachable, status: http.StatusGatewayTimeout, name: "IntegrationFailureException",
		text: "Network error communicating with endpoint", fixed: true, frame: internalText,
		response: "INTEGRATION_FAILURE",
	},
}

const internalName = "InternalServerErrorException"

// internalFault is what a client sees of everything that is not meant for it.
var internalFault = fault{status: http.StatusInternalServerError, name: internalName, text: internalText, response: "DEFAULT_5XX"}

// faultOf finds what to show of an error, its text filled in, and how loudly to log it: what is not meant for clients is
// ours to explain, what is shown in fixed words is the operator's, and the rest is the client's.
func faultOf(err error) (fault, slog.Level) {
	f, level := faultOfKind(err)
	f.response = cmp.Or(responseOf(err), f.response)
	return f, level
}

// responseOf is the gateway response of an error that has one of its own; empty: that of its kind.
func responseOf(err error) string {
	if refused, ok := errors.AsType[*authorizer.RefusalError](err); ok {
		return authorizerResponses[refused.Status]
	}
	if _, ok := errors.AsType[*program.ValidationError](err); ok {
		return "BAD_REQUEST_BODY"
	}
	if errors.Is(err, usage.ErrKey) {
		return "INVALID_API_KEY"
	}
	return ""
}

// authorizerResponses are the gateway responses to what an authorizer says, by status.
var authorizerResponses = map[int]string{
	http.StatusUnauthorized: "UNAUTHORIZED", http.StatusForbidden: "ACCESS_DENIED", http.StatusInternalServerError: "AUTHORIZER_FAILURE",
}

func faultOfKind(err error) (fault, slog.Level) {
	if refused, ok := errors.AsType[*authorizer.RefusalError](err); ok {
		f, level := faultOfShown(err)
		f.denied = refused.Denied
		if refused.Status == http.StatusInternalServerError {
			level = slog.LevelWarn
		}
		return f, level
	}
	if errors.Is(err, usage.ErrQuota) { // which a second later is no better
		return fault{
			status: http.StatusTooManyRequests, name: "LimitExceededException", text: "Limit Exceeded", response: "QUOTA_EXCEEDED",
		}, slog.LevelDebug
	}
	if denied, ok := errors.AsType[*access.DeniedError](err); ok {
		return fault{
			status: http.StatusForbidden, name: "AccessDeniedException", text: denied.Error(), response: "ACCESS_DENIED", denied: true,
		}, slog.LevelDebug
	}
	return faultOfShown(err)
}

func faultOfShown(err error) (fault, slog.Level) {
	if shown, ok := errors.AsType[*gateway.Error](err); ok {
		for _, f := range faults {
			if !errors.Is(shown, f.kind) {
				continue
			}
			if f.fixed {
				return f, slog.LevelWarn
			}
			f.text = cmp.Or(shown.Message, f.text)
			return f, slog.LevelDebug
		}
	}
	if unsigned, ok := errors.AsType[*sigv4.Error](err); ok {
		return fault{status: unsigned.Status, name: unsigned.Code, text: unsigned.Message, response: "INVALID_SIGNATURE"}, slog.LevelDebug
	}
	if bad, ok := errors.AsType[*websocket.HandshakeError](err); ok {
		return fault{status: bad.Status, text: bad.Message, header: bad.Header}, slog.LevelDebug
	}
	if refused, ok := errors.AsType[*refusal](err); ok {
		level := slog.LevelDebug
		if refused.status >= http.StatusInternalServerError {
			level = slog.LevelWarn // a backend that lets nobody in
		}
		return refusalOf(refused.status), level
	}
	return internalFault, slog.LevelError
}

// discreet is an error as it may stand in a log: what is wrong with a signature is told to the client with its whole
// request, header and query, where secrets are.
func discreet(e *gateway.Event, err error) any {
	if unsigned, ok := errors.AsType[*sigv4.Error](err); ok {
		return unsigned.Code
	}
	if e == nil { // nothing was read yet
		return err.Error()
	}
	return journal.Later(e, err)
}

// Frame is the frame by which a client would be told of an error of a message; byte for byte, but for the ids.
func Frame(err error, e *gateway.Event) []byte {
	f, _ := faultOf(err)
	return frameOf(f, e)
}

// RefusedWith is the error of a handshake whose $connect was answered with another status than 2xx.
func RefusedWith(status int) error { return &refusal{status} }

// Refusal is the status and the body by which a client would be told of an error of its handshake.
func Refusal(err error) (status int, body string) {
	f, _ := faultOf(err)
	return f.status, bodyOf(f)
}

// frameOf is the frame that tells a client of an error, byte for byte as API Gateway spaces it.
func frameOf(f fault, e *gateway.Event) []byte {
	return fmt.Appendf(nil, `{"message": %s, "connectionId":%s, "requestId":%s}`,
		quote(cmp.Or(f.frame, f.text)), quote(string(e.Connection.ID)), quote(e.RequestID))
}

// refuse answers a handshake that does not become a connection. The TCP connection is closed in any case: a proxy that has
// seen the wish to upgrade may take what follows for frames.
func refuse(w http.ResponseWriter, f fault) {
	h := w.Header()
	maps.Copy(h, f.header)
	h.Set("Content-Type", "application/json")
	h.Set("Connection", "close") // alone and first, or net/http does not close
	if h.Get("Upgrade") != "" {
		h.Add("Connection", "Upgrade") // RFC 9110 section 7.8
	}
	if f.name != "" {
		h.Set("X-Amzn-Errortype", f.name)
	}
	w.WriteHeader(f.status)
	_, _ = io.WriteString(w, bodyOf(f)) // the client has left if this fails
}

func bodyOf(f fault) string {
	if f.denied {
		return `{"Message":` + quote(f.text) + `}`
	}
	return `{"message":` + quote(f.text) + `}`
}

// refusal is a $connect integration that said something else than 2xx.
type refusal struct{ status int }

// Error implements error.
func (r *refusal) Error() string {
	return fmt.Sprintf("$connect was answered with status %d", r.status)
}

// refusalOf is the answer to a handshake that the integration refused: its status, and a body of ours, as on API Gateway. A
// status that is none, or that would not end the exchange, is a bad reply.
func refusalOf(status int) fault {
	switch {
	case status < 200 || status > 599:
		return fault{status: http.StatusBadGateway, name: internalName, text: internalText}
	case status >= 500:
		return fault{status: status, text: internalText}
	default:
		return fault{status: status, text: cmp.Or(http.StatusText(status), "Forbidden")}
	}
}

// quote makes a JSON string; bytes that are no UTF-8 become replacement characters.
func quote(text string) string {
	b, _ := json.Marshal(text) // a text always marshals
	return string(b)
}
