package registry

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
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
	// Key seals the environment of functions on disk; nil: it is in the clear.
	Key []byte
	// Room says whether so many bytes can be written to the folder; nil: they can.
	Room func(bytes uint64) bool
}

// A Server answers Lambda's control API, and its Invoke API for callers whose signature it has checked. It is safe for concurrent use.
type Server struct {
	cfg      Config
	verifier sigv4.Verifier
	shelf    shelf
	uploads  *uploads

	writing sync.Mutex   // held by operations that change something, from what they read until all of it is done
	mu      sync.RWMutex // guards what follows
	all     map[string]*function
	damaged map[string]error // functions that could not be read, and why
}

// Open makes a server of the functions in a folder, and has the host run them.
func Open(cfg Config) (*Server, error) {
	cfg.Log = cmp.Or(cfg.Log, slog.New(slog.DiscardHandler))
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Room == nil {
		cfg.Room = func(uint64) bool { return true }
	}
	s := &Server{cfg: cfg, shelf: shelf{dir: cfg.Dir, room: cfg.Room}, uploads: newUploads()}
	s.verifier.Region, s.verifier.Service, s.verifier.Keys = cfg.Region, "lambda", cfg.Callers.Key
	err := s.shelf.unlock(cfg.Key)
	if err == nil {
		err = s.load()
	}
	if err != nil {
		return nil, fmt.Errorf("registry: %w", err)
	}
	return s, nil
}

// load brings back all functions. One that is damaged is not served, which is said, and keeps none of the others from it.
func (s *Server) load() error {
	all, damaged, err := s.shelf.load()
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(damaged)) {
		s.cfg.Log.Warn("a function cannot be used: upload it again, after DeleteFunction", "function", name, "error", damaged[name])
	}
	s.damaged = damaged
	s.cfg.Host.OnRelease(s.released)
	return s.activate(all)
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
		if _, err = c.current(); err == nil {
			s.invoke(w, r, c)
			return
		}
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

	body    []byte                     // of an invocation; of other operations it has been taken apart
	request map[string]json.RawMessage // what the body says, without the code
	parts   map[string]json.RawMessage // what is said of the code
	code    json.RawMessage            // ZipFile
	tags    map[string]string          // in the request
}

// admit authenticates a request, finds its operation and makes sure that the caller may have it. Who has no key learns nothing.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) (*call, error) {
	if err := s.verifier.Check(r); err != nil {
		w.Header().Set("Connection", "close") // the body of a stranger is not waited for
		return nil, err
	}
	c := &call{Server: s, ctx: r.Context(), query: r.URL.Query()}
	c.operation, c.arguments = find(r.Method, r.URL.EscapedPath(), c.query)
	identity, err := s.verifier.Prove(r)
	if err == nil && identity != nil && !c.operation.judgedByBody() {
		err = c.identify(r, identity) // the body of who may not is not read
	}
	if err != nil {
		w.Header().Set("Connection", "close")
		return nil, err
	}
	if identity, err = s.read(w, r, c, identity != nil); err != nil {
		return nil, err
	}
	if c.operation == nil {
		return nil, faultf(http.StatusNotFound, "UnknownOperationException", "no such operation: %s %s", r.Method, r.URL.Path)
	}
	if c.operation.Name != invokeOperation {
		if err := c.understand(); err != nil {
			return nil, err
		}
	}
	return c, c.identify(r, identity)
}

// identify makes sure that who has signed a request may have what it asks for.
func (c *call) identify(r *http.Request, identity *sigv4.Identity) (err error) {
	var known bool
	if c.caller, known = c.cfg.Callers.Caller(identity.AccessKeyID); !known {
		return gateway.Errorf(gateway.ErrForbidden, "The security token included in the request is invalid.")
	}
	c.facts = access.Facts(r, c.cfg.Now())
	return c.authorize()
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
		c.name, c.qualifier = functions.ParseName(text)
		resource = c.arn(c.name)
	}
	c.addTags()
	if err := c.caller.Authorize(c.operation.Action(), resource, c.facts); err != nil {
		return err
	}
	if named && c.name == "" {
		return unfit("functionName", text, "Member must satisfy regular expression pattern: "+functions.NamePattern())
	}
	return nil
}

// broken is why a function cannot be served; nil: it can, or there is none.
func (s *Server) broken(name string) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.damaged[name]
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
	case c.broken(c.name) != nil:
		return nil, faultf(http.StatusServiceUnavailable, "ServiceException", "The function %s cannot be used: %v", c.name, c.broken(c.name))
	case f == nil && qualifier == "", f != nil && qualifier != "" && qualifier != latest:
		return nil, missing("Function not found: %s", strings.TrimSuffix(c.arn(c.name)+":"+qualifier, ":"))
	case f == nil:
		return nil, missing("Function not found: %s:%s", c.arn(c.name), qualifier)
	}
	c.qualifier = qualifier
	return f, nil
}
