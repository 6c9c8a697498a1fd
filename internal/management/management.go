package management

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"gangway/internal/access"
	"gangway/internal/gateway"
	"gangway/internal/metrics"
	"gangway/internal/sigv4"
	"gangway/internal/usage"
)

// MaxData is the most that one message to a client can hold: "Quotas for configuring and running a WebSocket API" in the
// API Gateway developer guide.
const MaxData = 128 << 10

// Config says what the door needs to know. The zero value refuses every request.
type Config struct {
	Names gateway.Names
	// Verifier checks signatures; its service must be "execute-api".
	Verifier *sigv4.Verifier
	// Authorize says whether who signed a request may do what it asks for; nil: nobody may do anything. The resource is
	// the ARN of "Control access to WebSocket APIs with IAM authorization" in the API Gateway developer guide.
	Authorize func(r *http.Request, caller *sigv4.Identity, action, resource string) error
	// Account is how many events there may be, on all stages; nil: no limit.
	Account *usage.Limit
	// Observe is told of every call, and keeps nothing of it but copies; nil: nobody is.
	Observe func(*metrics.Call)
	// Open says whether a stage is deployed and may be reached by this name.
	Open func(gateway.Address) bool
	// Now is the clock of rates; nil: time.Now. Signatures go by the real one.
	Now func() time.Time
	// Log takes what goes wrong inside; nil: nowhere.
	Log *slog.Logger
}

// New makes the handler of all requests for which [Addressed] holds.
func New(connections gateway.Connections, cfg Config) http.Handler {
	if cfg.Verifier == nil {
		cfg.Verifier = new(sigv4.Verifier)
	}
	if cfg.Authorize == nil {
		cfg.Authorize = func(*http.Request, *sigv4.Identity, string, string) error {
			return gateway.Errorf(gateway.ErrForbidden, "Forbidden")
		}
	}
	if cfg.Open == nil {
		cfg.Open = func(gateway.Address) bool { return false }
	}
	if cfg.Account == nil {
		cfg.Account = &usage.Limit{}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &door{connections: connections, cfg: cfg}
}

type door struct {
	connections gateway.Connections
	cfg         Config
	observers   sync.Pool // of *observer, to be used again
}

// call is a request that has been let in.
type call struct {
	stage    gateway.StageKey
	id       gateway.ConnectionID
	data     []byte
	identity *sigv4.Identity
	header   http.Header
}

// operations are the methods of the service model of 2018-11-29. Each answers a call, or returns why not.
var operations = map[string]func(*door, context.Context, http.ResponseWriter, call) error{
	http.MethodPost:   (*door).post,
	http.MethodGet:    (*door).get,
	http.MethodDelete: (*door).remove,
}

// ServeHTTP implements [http.Handler].
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	ids := &[2]string{gateway.NewUUID(), gateway.NewRequestID()}
	header := w.Header()
	header["X-Amzn-Requestid"], header["X-Amz-Apigw-Id"] = ids[0:1:1], ids[1:2:2]
	if d.cfg.Observe != nil {
		observed := d.observe(w, metrics.Call{
			RequestID: ids[0], Method: r.Method, Header: r.Header, Time: start, Status: http.StatusOK,
		})
		defer d.tell(observed)
		w = observed
	}
	err := d.serve(w, r, start)
	if err == nil {
		return
	}
	f := faultOf(err)
	if f.status == http.StatusInternalServerError {
		d.cfg.Log.ErrorContext(r.Context(), "call of @connections failed", "requestId", ids[0], "error", err)
	}
	f.write(w)
}

// serve answers a request that is right in every way, and else returns the first thing wrong with it.
func (d *door) serve(w http.ResponseWriter, r *http.Request, start time.Time) error {
	address, ok := d.cfg.Names.Resolve(r.Host, rawPath(r))
	if !ok {
		return gateway.Errorf(gateway.ErrInvalid, "Bad Request")
	}
	operation, ok := operations[r.Method]
	if !ok {
		return gateway.Errorf(gateway.ErrUnauthorized, "Missing Authentication Token")
	}
	data, identity, err := d.authenticate(w, r, start)
	if err != nil {
		return err
	}
	if !address.Known && !gateway.IsLoopback(r.Host) {
		// A signature for another host must not work here: it may have been made for somebody else.
		return gateway.Errorf(gateway.ErrForbidden, "Host %q is not a name of this gateway: start it with --hosts %[1]s, or with that host in --public-url", r.Host)
	}
	text, ok := idOf(address)
	if !ok {
		return gateway.Errorf(gateway.ErrForbidden, "Forbidden")
	}
	// Nothing has been looked up so far: who may not ask is not told what is there.
	if err := d.authorize(r, identity, address.Stage, text); err != nil {
		return err
	}
	if !d.cfg.Account.Allow(d.cfg.Now()) {
		return gateway.Errorf(gateway.ErrTooMany, "Too Many Requests")
	}
	if !d.cfg.Open(address) {
		return gateway.Errorf(gateway.ErrForbidden, "Forbidden")
	}
	id, err := gateway.ParseConnectionID(text)
	if err != nil {
		return gateway.Errorf(gateway.ErrNotFound, "%v", err)
	}
	if observed, ok := w.(*observer); ok { // and not before: whoever may not ask could have any name counted
		observed.call.Stage, observed.call.Connection, observed.call.Data = address.Stage, id, data
		observed.call.Bytes = len(data)
	}
	return operation(d, r.Context(), w, call{address.Stage, id, data, identity, r.Header})
}

// manageConnections is the action of all operations.
const manageConnections = "execute-api:ManageConnections"

// authorize says whether a caller may do what it asks for with a connection, if there is one of that name.
func (d *door) authorize(r *http.Request, caller *sigv4.Identity, stage gateway.StageKey, id string) error {
	resource := "arn:aws:execute-api:" + d.cfg.Names.Region + ":" + d.cfg.Names.Account + ":" + stage.API + "/" + stage.Stage +
		"/" + r.Method + "/@connections/" + id
	err := d.cfg.Authorize(r, caller, manageConnections, resource)
	if denied, ok := errors.AsType[*access.DeniedError](err); ok {
		return accessDenied(denied.User, strings.TrimSuffix(resource, id)+"{connectionId}")
	}
	return err
}

// first is h.Get of a name that is in canonical form, and so need not be brought into it.
func first(h http.Header, name string) string {
	if values := h[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// bodyTimeout is what a backend may take to send the body of a request.
const bodyTimeout = 10 * time.Second

// worthAsking is the size from which a body is not read before the cheap half of authentication has passed.
const worthAsking = 4 << 10

// authenticate reads the body and says who signed it. A request that cannot pass is refused before a large body is read, or
// one that the client holds back until it is asked for (RFC 9110 section 10.1.1).
func (d *door) authenticate(w http.ResponseWriter, r *http.Request, start time.Time) ([]byte, *sigv4.Identity, error) {
	if r.ContentLength < 0 || r.ContentLength > worthAsking || first(r.Header, "Expect") != "" {
		if err := d.cfg.Verifier.Check(r); err != nil {
			w.Header().Set("Connection", "close") // or net/http would read the body before it answers
			return nil, nil, err
		}
	}
	if r.ContentLength != 0 {
		_ = http.NewResponseController(w).SetReadDeadline(start.Add(bodyTimeout)) // if it fails, so will the reading
	}
	data, err := readData(w, r)
	if err != nil {
		return nil, nil, err
	}
	identity, err := d.cfg.Verifier.Verify(r, data)
	return data, identity, err
}

// readData reads a body of at most [MaxData], and no more than that of any other.
func readData(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength > MaxData {
		return nil, tooLarge(w)
	}
	if r.ContentLength >= 0 {
		data := make([]byte, r.ContentLength)
		_, err := io.ReadFull(r.Body, data)
		return data, unreadable(err)
	}
	data, err := io.ReadAll(io.LimitReader(r.Body, MaxData+1))
	if len(data) > MaxData {
		return nil, tooLarge(w)
	}
	return data, unreadable(err)
}

// tooLarge is the error of a body that nobody is going to read.
func tooLarge(w http.ResponseWriter) error {
	w.Header().Set("Connection", "close")
	return gateway.Errorf(gateway.ErrTooLarge, "Message too long: expected at most %d bytes", MaxData)
}

// unreadable is the error of a body that ended too soon, which is the client's fault.
func unreadable(err error) error {
	if err == nil {
		return nil
	}
	return gateway.Errorf(gateway.ErrInvalid, "The request body could not be read")
}

// jsonType is the value of Content-Type in all answers. It is shared, and so nobody may change it.
var jsonType = []string{"application/json"}

func (d *door) post(ctx context.Context, w http.ResponseWriter, c call) error {
	push := gateway.Push{Stage: c.stage, To: c.id, Data: c.data}
	// An SDK keeps this id when it retries a call. Another key's call is another call.
	if invocation := first(c.header, "Amz-Sdk-Invocation-Id"); invocation != "" {
		push.Invocation = c.identity.AccessKeyID + "/" + invocation
	}
	if err := d.connections.Send(ctx, push); err != nil {
		return err
	}
	w.Header()["Content-Type"] = jsonType
	w.WriteHeader(http.StatusOK)
	return nil
}

func (d *door) get(ctx context.Context, w http.ResponseWriter, c call) error {
	info, err := d.connections.Info(ctx, c.stage, c.id)
	if err != nil {
		return err
	}
	w.Header()["Content-Type"] = jsonType
	_, _ = w.Write(appendInfo(nil, info)) // the client has left if this fails
	return nil
}

func (d *door) remove(ctx context.Context, w http.ResponseWriter, c call) error {
	if err := d.connections.Close(ctx, c.stage, c.id); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// Addressed says whether a request to the data listener is for this door, and not for that of the clients.
func Addressed(r *http.Request) bool {
	path := rawPath(r)
	return strings.Contains(path, "/@connections") || strings.Contains(path, "/%40connections")
}

// rawPath is the path as sent. A target that is not a path ("http://…", "*") does not resolve.
func rawPath(r *http.Request) string {
	path, _, _ := strings.Cut(r.RequestURI, "?")
	return path
}

// idOf is what stands in the place of the id.
func idOf(a gateway.Address) (text string, ok bool) {
	if len(a.Path) != 2 || a.Path[0] != "@connections" {
		return "", false
	}
	return a.Path[1], true
}
