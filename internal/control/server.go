package control

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"gangway/internal/access"
	"gangway/internal/cluster"
	"gangway/internal/gateway"
	"gangway/internal/metrics"
	"gangway/internal/sigv4"
	"gangway/internal/tail"
	"gangway/internal/usage"
)

// maxBody is the most that a request may hold, in bytes: API Gateway's payload limit for its own control plane calls is
// not documented; its largest members are templates of 32 KB each.
const maxBody = 4 << 20

// bodyTimeout is what a client may take to send the body of a request.
const bodyTimeout = 30 * time.Second

// Config is what a [Server] needs.
type Config struct {
	Objects *cluster.Objects
	Names   gateway.Names
	// Callers are those who may call, and what each may do.
	Callers *access.Callers
	// Quotas are how many objects of a kind there may be.
	Quotas gateway.Quotas
	// Check says whether a snapshot would run: an error with all that is wrong, or notes on what would run but refuse,
	// because this version does not serve it yet.
	Check func(*gateway.Snapshot) (notes []string, err error)
	Log   *slog.Logger
	Now   func() time.Time // nil: time.Now
	// MaxTimeout is how long an integration may be given; zero: API Gateway's 29 s.
	MaxTimeout time.Duration
	// Throttle is how many events the account may have; zero: what API Gateway says.
	Throttle gateway.Throttle
	// Tail has what happens; nil: nobody can watch.
	Tail *tail.Hub
	// Usage is what a key has used under a plan, both by id, until now; nil: what is stored.
	Usage func(plan, key string) usage.History
	// Test runs a trial, and Render a template; the results are JSON. nil: nothing can be tried.
	Test   func(context.Context, *Trial) (any, error)
	Render func(context.Context, *Rendering) (any, error)
	// Metrics has what was counted; nil: nothing was.
	Metrics *metrics.Metrics
	// Connections has the open connections that are asked for, and the position of the next; 0: there is none. nil: there are none.
	Connections func(context.Context, ConnectionQuery) (page []Connection, next uint32, err error)
	// DeadLetters are the $disconnect that could not be told.
	DeadLetters DeadLetters
	// Nodes are those that share the definitions, this one included; nil: nobody knows.
	Nodes func() []Node
}

// Server answers the control plane's HTTP requests. It is safe for concurrent use.
type Server struct {
	Config
	verifier *sigv4.Verifier // of API Gateway's requests
	tokens   *sigv4.Verifier // of the Security Token Service's
	due      *due            // APIs that may want an automatic deployment
	started  time.Time

	whole     http.Handler // this server: operations that call others go through it
	importing sync.Map     // stacks that a template is being brought to, by caller and name
	bounds    bounds

	ended chan struct{} // closed by Stop
	stop  sync.Once
}

// Stop ends the answers that go on.
func (s *Server) Stop() { s.stop.Do(func() { close(s.ended) }) }

// New makes a server.
func New(cfg Config) *Server {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Connections == nil {
		cfg.Connections = noConnections
	}
	if cfg.Nodes == nil {
		cfg.Nodes = noNodes
	}
	cfg.MaxTimeout = cmp.Or(cfg.MaxTimeout, gateway.MaxTimeout*time.Millisecond)
	verifier := func(service string) *sigv4.Verifier {
		return &sigv4.Verifier{Region: cfg.Names.Region, Service: service, Keys: cfg.Callers.Key}
	}
	s := &Server{Config: cfg, verifier: verifier("apigateway"), tokens: verifier("sts"), due: newDue(), started: cfg.Now(), ended: make(chan struct{}), bounds: newBounds()}
	s.whole = s
	cfg.Objects.Watch(s.due.note)
	return s
}

// call is one request for an operation.
type call struct {
	*Server
	ctx       context.Context //nolint:containedctx // a call lives exactly as long as its request
	request   *http.Request   // its body is read
	caller    *access.Caller
	facts     map[string][]string // about the request, for conditions of policies
	operation *Operation
	key       gateway.Key       // the object or collection that the path names, without what follows it
	param     map[string]string // path parameters, decoded
	query     url.Values
	body      []byte
}

// ServeHTTP implements http.Handler. The signature is checked before anything else is looked at, so that who may not
// call learns nothing, not even which operations exist.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	requestID := gateway.NewUUID()
	w.Header().Set("X-Amzn-Requestid", requestID)
	w.Header().Set("X-Amz-Apigw-Id", gateway.NewRequestID())
	if r.Method == http.MethodPost && r.URL.Path == "/" {
		s.answerIdentity(w, r, requestID)
		return
	}
	c, err := s.admit(w, r)
	var result any
	if err == nil {
		result, err = c.serve()
	}
	if err != nil {
		s.refuse(w, r, err, requestID)
		return
	}
	if goesOn, ok := result.(stream); ok {
		_ = goesOn(r.Context(), w) // the client has left, or the node stops
		return
	}
	answer(w, c.operation.Status, result)
}

// admit authenticates a request, finds its operation and makes sure that the caller may have it.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) (*call, error) {
	caller, body, err := s.authenticate(w, r, s.verifier)
	if err != nil {
		return nil, err
	}
	query := r.URL.Query()
	found, err := find(r.Method, r.URL.EscapedPath(), query)
	if err != nil {
		return nil, err
	}
	c := &call{
		Server: s, ctx: r.Context(), request: r, caller: caller, facts: access.Facts(r, s.Now()),
		operation: found.operation, key: found.key, param: found.param, query: query, body: body,
	}
	return c, c.authorize()
}

// serve runs the operation.
func (c *call) serve() (any, error) {
	if c.operation.excuse != "" {
		return nil, gateway.Errorf(gateway.ErrInvalid, "%s is not served by Gangway: %s", c.operation.Name, c.operation.excuse)
	}
	return c.operation.serve(c)
}

// authenticate reads a request and says who signed it.
func (s *Server) authenticate(w http.ResponseWriter, r *http.Request, verifier *sigv4.Verifier) (*access.Caller, []byte, error) {
	if err := verifier.Check(r); err != nil {
		// The body of a stranger is not waited for: without this, net/http would read it before it answers.
		w.Header().Set("Connection", "close")
		return nil, nil, err
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout)) // if it fails, so will the reading
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, nil, gateway.Errorf(gateway.ErrTooLarge, "Request body must be at most %d bytes", maxBody)
	}
	if err != nil {
		return nil, nil, gateway.Errorf(gateway.ErrInvalid, "Request body cannot be read: it must come whole, within %s", bodyTimeout)
	}
	identity, err := verifier.Verify(r, body)
	if err != nil {
		return nil, nil, err
	}
	caller, ok := s.Callers.Caller(identity.AccessKeyID)
	if !ok {
		return nil, nil, errUnknownCaller
	}
	return caller, body, nil
}

// update runs a write on behalf of the caller, if the caller is still known when its turn comes.
func (c *call) update(fn func(*cluster.Tx) error) error {
	principal := c.caller.ARN + " " + c.caller.AccessKeyID
	author := cluster.Author{Principal: principal, Operation: c.operation.Name}
	return c.Objects.Update(c.ctx, author, func(tx *cluster.Tx) error {
		if _, known := c.Callers.Caller(c.caller.AccessKeyID); !known {
			return errUnknownCaller
		}
		return fn(tx)
	})
}

// errUnknownCaller is said to whom was deleted after the signature was checked.
var errUnknownCaller = gateway.Errorf(gateway.ErrForbidden, "The security token included in the request is invalid.")
