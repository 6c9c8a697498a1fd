package control

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"gangway/internal/cluster"
	"gangway/internal/gateway"
	"gangway/internal/sigv4"
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
	// Verifier knows the credentials that may call; its service is apigateway.
	Verifier *sigv4.Verifier
	// Check says whether a snapshot would run: nil, or all that is wrong with it.
	Check func(*gateway.Snapshot) error
	Log   *slog.Logger
	Now   func() time.Time // nil: time.Now
}

// Server answers the control plane's HTTP requests. It is safe for concurrent use.
type Server struct{ Config }

// New makes a server.
func New(cfg Config) *Server {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Server{cfg}
}

// call is one request for an operation.
type call struct {
	*Server
	ctx    context.Context //nolint:containedctx // a call lives exactly as long as its request
	author cluster.Author
	key    gateway.Key       // the object or collection that the path names, without what follows it
	param  map[string]string // path parameters, decoded
	query  url.Values
	body   []byte
}

// ServeHTTP implements http.Handler. The signature is checked before anything else is looked at, so that who may not
// call learns nothing, not even which operations exist.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	requestID := gateway.NewUUID()
	w.Header().Set("X-Amzn-Requestid", requestID)
	w.Header().Set("X-Amz-Apigw-Id", gateway.NewRequestID())
	operation, result, err := s.serve(w, r)
	if err != nil {
		s.refuse(w, r, err, requestID)
		return
	}
	answer(w, operation.Status, result)
}

// serve authenticates a request, finds its operation and runs it.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) (*Operation, any, error) {
	if err := s.Verifier.Check(r); err != nil {
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
	caller, err := s.Verifier.Verify(r, body)
	if err != nil {
		return nil, nil, err
	}
	operation, param, key, err := find(r.Method, r.URL.EscapedPath())
	if err != nil {
		return nil, nil, err
	}
	if operation.serve == nil {
		return nil, nil, gateway.Errorf(gateway.ErrInvalid, "%s is not served by Gangway: %s", operation.Name, operation.Excuse)
	}
	result, err := operation.serve(&call{
		Server: s,
		ctx:    r.Context(),
		author: cluster.Author{Principal: caller.AccessKeyID, Operation: operation.Name},
		key:    key,
		param:  param,
		query:  r.URL.Query(),
		body:   body,
	})
	return operation, result, err
}

// update runs a write on behalf of the caller.
func (c *call) update(fn func(*cluster.Tx) error) error {
	return c.Objects.Update(c.ctx, c.author, fn)
}
