package functions

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"gangway/internal/gateway"
)

const (
	maxEvent      = 6 << 20 // of a synchronous invocation, "Lambda quotas"
	maxAsyncEvent = 1 << 20
	maxContext    = 3583 // bytes of X-Amz-Client-Context, "Invoke"
)

// operations are the Lambda API, as much of it as there is.
func (h *Host) operations() *http.ServeMux {
	const functions = "/2015-03-31/functions"
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+functions+"/{name}/invocations", h.answer(h.invoke))
	mux.HandleFunc("GET "+functions, h.answer(h.list))
	mux.HandleFunc("GET "+functions+"/{$}", h.answer(h.list))
	mux.HandleFunc("GET "+functions+"/{name}", h.answer(h.get))
	mux.HandleFunc("GET "+functions+"/{name}/configuration", h.answer(h.getConfiguration))
	mux.HandleFunc("/", h.answer(func(_ http.ResponseWriter, r *http.Request) error {
		return &fault{http.StatusNotFound, "UnknownOperationException", "no such operation: " + r.Method + " " + r.URL.Path, ""}
	}))
	return mux
}

// ServeHTTP implements http.Handler: it is the Lambda API, for programs of this machine. Signatures are not checked.
func (h *Host) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.routes.ServeHTTP(w, r) }

// answer renders what an operation returns as an error.
func (h *Host) answer(operation func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Amzn-Requestid", gateway.NewUUID())
		var err error = &fault{http.StatusForbidden, "AccessDeniedException", "this is not for web pages", ""}
		if local(r) && !fromBrowser(r) {
			err = operation(w, r)
		}
		if err == nil {
			return
		}
		f, ok := errors.AsType[*fault](err)
		if !ok {
			f = &fault{http.StatusInternalServerError, "ServiceException", "the invocation was given up", ""}
		}
		f.write(w)
	}
}

// local says that a program of this machine has made a request: its socket says so, and Host names the loopback interface: a page whose
// name has been made to mean this address (DNS rebinding) still sends the name.
func local(r *http.Request) bool {
	return gateway.IsLoopback(r.Host) && gateway.IsLoopback(r.RemoteAddr)
}

// fromBrowser says that a web page has made a request: any page could reach a loopback port, and nothing is signed.
func fromBrowser(r *http.Request) bool {
	return r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != ""
}

// functionName is FunctionName in the reference: a name, a partial ARN or an ARN, each with a version or alias or without.
var functionName = regexp.MustCompile(`^(?:(?:arn:aws[a-zA-Z-]*:lambda:[a-z0-9-]+:)?(?:\d{12}:)?function:|\d{12}:)?` +
	`([A-Za-z0-9_-]{1,64})(?::(\$LATEST|[A-Za-z0-9_-]{1,128}))?$`)

// maxName is how long such a name may be: "FunctionName" of Invoke.
const maxName = 170

// ParseName takes FunctionName apart; the name is empty where it is none.
func ParseName(text string) (name, qualifier string) {
	match := functionName.FindStringSubmatch(text)
	if match == nil || len(text) > maxName {
		return "", ""
	}
	return match[1], match[2]
}

// NamePattern is what FunctionName has to match, for who has to say so.
func NamePattern() string { return strings.Trim(functionName.String(), "^$") }

// named finds the function that a request is for.
func (h *Host) named(r *http.Request) (p *pool, arn string, err error) {
	return h.find(r.PathValue("name"), r.URL.Query().Get("Qualifier"))
}

// find finds a function by name or ARN.
func (h *Host) find(text, qualifier string) (p *pool, arn string, err error) {
	name, own := ParseName(text)
	if name == "" {
		return nil, "", &fault{
			http.StatusBadRequest, "ValidationException",
			"1 validation error detected: Value '" + text + "' at 'functionName' failed to satisfy constraint: " +
				"it is neither a name nor an ARN of a function", "",
		}
	}
	if own != "" && qualifier != "" && own != qualifier {
		return nil, "", invalid("The derived qualifier from the function name does not match the specified qualifier.")
	}
	qualifier = cmp.Or(own, qualifier)
	arn = h.arn(name)
	if qualifier != "" {
		arn += ":" + qualifier
	}
	p = h.pool(name)
	if p == nil {
		return nil, "", missing(arn)
	}
	return p, arn, nil
}

// invoke is the operation Invoke.
func (h *Host) invoke(w http.ResponseWriter, r *http.Request) error {
	p, arn, err := h.named(r)
	if err != nil {
		return err
	}
	kind := r.Header.Get("X-Amz-Invocation-Type")
	limit := maxEvent
	if kind == "Event" {
		limit = maxAsyncEvent
	}
	inv, err := readInvocation(w, r, arn, limit)
	if err != nil {
		return err
	}
	w.Header().Set("X-Amzn-Requestid", inv.id)
	switch kind {
	case "", "RequestResponse":
		return h.respond(w, r, p, inv)
	case "Event":
		if err := h.enqueue(p.fn, inv); err != nil {
			return err
		}
		w.WriteHeader(http.StatusAccepted)
	case "DryRun":
		w.WriteHeader(http.StatusNoContent)
	default:
		return invalid("no invocation type: " + kind)
	}
	return nil
}

// readInvocation reads what is asked for.
func readInvocation(w http.ResponseWriter, r *http.Request, arn string, limit int) (*invocation, error) {
	event, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(limit)))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, oversized(limit)
	}
	if err != nil {
		return nil, invalid("the request was cut short")
	}
	if len(event) == 0 {
		event = []byte("{}")
	}
	if !json.Valid(event) {
		return nil, errNotJSON
	}
	inv := newInvocation(arn, event, r.Header.Get("X-Amzn-Trace-Id"))
	return inv, inv.options(r.Header)
}

// options reads what headers say of an invocation.
func (inv *invocation) options(header http.Header) error {
	switch header.Get("X-Amz-Log-Type") {
	case "", "None":
	case "Tail":
		inv.tail = &tail{}
	default:
		return invalid("no type of log: " + header.Get("X-Amz-Log-Type"))
	}
	encoded := header.Get("X-Amz-Client-Context")
	if encoded == "" {
		return nil
	}
	client, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(encoded) > maxContext || !json.Valid(client) {
		return &fault{
			http.StatusBadRequest, "InvalidRequestContentException",
			"Client context must be a valid Base64-encoded JSON object.", "",
		}
	}
	inv.client = string(client)
	return nil
}

// respond waits for the outcome of a synchronous invocation. If its caller leaves, the function goes on, as on Lambda.
func (h *Host) respond(w http.ResponseWriter, r *http.Request, p *pool, inv *invocation) error {
	out, err := h.dispatch(r.Context(), p, inv, p.fn.bound())
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Content-Length", strconv.Itoa(len(out.body)))
	header.Set("X-Amz-Executed-Version", latest)
	header.Set("X-Amzn-Trace-Id", inv.trace)
	if out.failed {
		header.Set("X-Amz-Function-Error", unhandled)
	}
	if inv.tail != nil {
		header.Set("X-Amz-Log-Result", base64.StdEncoding.EncodeToString(inv.tail.bytes()))
	}
	_, _ = w.Write(out.body) // the caller has left if this fails
	return nil
}
