package registry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"gangway/internal/access"
	"gangway/internal/functions"
	"gangway/internal/gateway"
	"gangway/internal/sigv4"
)

// Config is what a [Server] needs. Without Log nothing is logged.
type Config struct {
	Dir             string // of the functions; made if it is not there
	Region, Account string // in ARNs and signatures
	Callers         *access.Callers
	Host            *functions.Host // all of its functions are set by the server
	Log             *slog.Logger
	Now             func() time.Time // nil: time.Now
}

// A Server answers Lambda's control API, and its Invoke API for callers whose signature it has checked. It is safe for concurrent use.
type Server struct {
	cfg      Config
	verifier sigv4.Verifier
	shelf    shelf
	uploads  chan struct{} // has room for large requests, which have code in them

	writing sync.Mutex   // held by operations that change something, from what they read until all of it is done
	mu      sync.RWMutex // guards what follows
	all     map[string]*function
}

// maxUploads is how many large requests there are at a time: each can take some 200 MB.
const maxUploads = 2

// Open makes a server of the functions in a folder, and has the host run them.
func Open(cfg Config) (*Server, error) {
	cfg.Log = cmp.Or(cfg.Log, slog.New(slog.DiscardHandler))
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	s := &Server{cfg: cfg, shelf: shelf{cfg.Dir}, uploads: make(chan struct{}, maxUploads)}
	s.verifier.Region, s.verifier.Service, s.verifier.Keys = cfg.Region, "lambda", cfg.Callers.Key
	all, err := s.shelf.load()
	if err == nil {
		err = s.activate(all)
	}
	if err != nil {
		return nil, fmt.Errorf("registry: %w", err)
	}
	return s, nil
}

// activate has the host run these functions and no others, and the server know them.
func (s *Server) activate(all map[string]*function) error {
	hosted := make([]functions.Function, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		hosted = append(hosted, s.hosted(all[name]))
	}
	if err := s.cfg.Host.Set(hosted); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = all
	return nil
}

// now are the functions as they stand. The map is never changed.
func (s *Server) now() map[string]*function {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.all
}

// dated is how a path of the Lambda API begins: with the version of the API that an operation came with.
var dated = regexp.MustCompile(`^/20\d\d-\d\d-\d\d/`)

// Addressed says whether a request is for the Lambda API, by its path.
func Addressed(r *http.Request) bool { return dated.MatchString(r.URL.Path) }

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	requestID := gateway.NewUUID()
	w.Header().Set("X-Amzn-Requestid", requestID)
	c, err := s.admit(w, r)
	var result any
	if err == nil && c.operation.Name == invokeOperation {
		s.invoke(w, r, c)
		return
	}
	if err == nil {
		result, err = c.operation.serve(c)
	}
	if err == nil {
		answer(w, c.operation.Status, result)
		return
	}
	f := render(err)
	if f == nil {
		s.cfg.Log.LogAttrs(r.Context(), slog.LevelError, "call of the Lambda API failed",
			slog.String("requestId", requestID), slog.String("method", r.Method), slog.Any("error", err))
		f = faultf(http.StatusInternalServerError, "ServiceException", "The function could not be kept or read here.")
	}
	f.write(w)
}

// call is one request for an operation, whose caller may have it.
type call struct {
	*Server
	ctx       context.Context //nolint:containedctx // a call lives exactly as long as its request
	operation *Operation
	caller    *access.Caller
	facts     map[string][]string
	name      string // of the function; "" where the operation is about none, or the name is none
	qualifier string
	arguments map[string]string // what the path has in place of {…}
	query     map[string][]string
	body      []byte
}

const (
	maxUpload     = 70167211 // bytes of a request with code: as Lambda says in its refusal
	maxInvocation = 6 << 20
	maxRequest    = 1 << 20
	bodyTimeout   = 30 * time.Second
	uploadTimeout = 5 * time.Minute
)

// admit authenticates a request, finds its operation and makes sure that the caller may have it. Who has no key learns nothing.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) (*call, error) {
	if err := s.verifier.Check(r); err != nil {
		w.Header().Set("Connection", "close") // the body of a stranger is not waited for
		return nil, err
	}
	operation, arguments := find(r.Method, r.URL.EscapedPath(), r.URL.Query())
	body, identity, err := s.read(w, r, operation)
	if err != nil {
		return nil, err
	}
	caller, known := s.cfg.Callers.Caller(identity.AccessKeyID)
	switch {
	case !known:
		return nil, gateway.Errorf(gateway.ErrForbidden, "The security token included in the request is invalid.")
	case operation == nil:
		return nil, faultf(http.StatusNotFound, "UnknownOperationException", "no such operation: %s %s", r.Method, r.URL.Path)
	}
	c := &call{
		Server: s, ctx: r.Context(), operation: operation, caller: caller, facts: access.Facts(r, s.cfg.Now()),
		arguments: arguments, query: r.URL.Query(), body: body,
	}
	return c, c.authorize()
}

// read reads a request and says who signed it.
func (s *Server) read(w http.ResponseWriter, r *http.Request, operation *Operation) ([]byte, *sigv4.Identity, error) {
	limit, timeout := maxRequest, bodyTimeout
	switch {
	case operation == nil:
	case operation.Name == invokeOperation:
		limit = maxInvocation
	case operation.code && (r.ContentLength < 0 || r.ContentLength > maxRequest):
		limit, timeout = maxUpload, uploadTimeout
		if err := s.queue(r.Context()); err != nil {
			w.Header().Set("Connection", "close")
			return nil, nil, err
		}
	}
	connection := http.NewResponseController(w)
	_ = connection.SetReadDeadline(time.Now().Add(timeout)) // if it fails, so will the reading
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(limit)))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, nil, tooLarge("Request", limit)
	}
	if err != nil {
		return nil, nil, faultf(http.StatusBadRequest, "InvalidRequestContentException", "The request must come whole, within %s", timeout)
	}
	_ = connection.SetReadDeadline(time.Time{}) // an invocation may take longer
	identity, err := s.verifier.Verify(r, body)
	return body, identity, err
}

// queue waits for its turn to read a large request. The turn is over with the request.
func (s *Server) queue(request context.Context) error {
	ctx, stop := context.WithTimeout(request, bodyTimeout)
	defer stop()
	select {
	case s.uploads <- struct{}{}:
		context.AfterFunc(request, func() { <-s.uploads })
		return nil
	case <-ctx.Done():
		return faultf(http.StatusTooManyRequests, "TooManyRequestsException", "Rate exceeded")
	}
}

func tooLarge(what string, limit int) *fault {
	return faultf(http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException", "%s must be smaller than %d bytes", what, limit)
}

// functionName is FunctionName in the reference: a name, a partial ARN or an ARN, each with a version or alias or without.
var functionName = regexp.MustCompile(`^(?:(?:arn:aws[a-zA-Z-]*:lambda:[a-z0-9-]+:)?(?:\d{12}:)?function:|\d{12}:)?` +
	`([A-Za-z0-9_-]{1,64})(?::(\$LATEST|[A-Za-z0-9_-]{1,128}))?$`)

const maxName = 140

// parseName reads the name of a function; "" where it is none.
func parseName(text string) (name, qualifier string) {
	match := functionName.FindStringSubmatch(text)
	if match == nil || len(text) > maxName {
		return "", ""
	}
	return match[1], match[2]
}

// authorize finds the function that a call is about, and makes sure that the caller may do that to it. A qualifier does not
// matter: there is one version, and who is denied that is denied it under any name.
func (c *call) authorize() error {
	resource := "*"
	text, named := c.arguments["FunctionName"]
	if arn, tagged := c.arguments["ARN"]; tagged {
		text, named = arn, true
	}
	if c.operation.Name == "CreateFunction" {
		text, named = c.sentName(), true
	}
	if named {
		c.name, c.qualifier = parseName(text)
		resource = c.arn(c.name)
	}
	c.addTags()
	if err := c.caller.Authorize(c.operation.action(), resource, c.facts); err != nil {
		return err
	}
	if named && c.name == "" {
		return unfit("functionName", text, "Member must satisfy regular expression pattern: "+strings.Trim(functionName.String(), "^$"))
	}
	return nil
}

// current is the function that a call is about.
func (c *call) current() (*function, error) {
	qualifier := c.qualifier
	if sent := c.query["Qualifier"]; len(sent) > 0 && sent[0] != "" {
		if qualifier != "" && qualifier != sent[0] {
			return nil, invalid("The derived qualifier from the function name does not match the specified qualifier.")
		}
		qualifier = sent[0]
	}
	f := c.now()[c.name]
	switch {
	case f == nil && qualifier == "", f != nil && qualifier != "" && qualifier != latest:
		return nil, missing("Function not found: %s", strings.TrimSuffix(c.arn(c.name)+":"+qualifier, ":"))
	case f == nil:
		return nil, missing("Function not found: %s:%s", c.arn(c.name), qualifier)
	}
	c.qualifier = qualifier
	return f, nil
}
