package console

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"strings"
	"time"

	"gangway/internal/access"
)

// Config is what a [Console] needs.
type Config struct {
	Admin      http.Handler // the control plane
	Management http.Handler // the Management API
	// Callers are those who may sign in.
	Callers *access.Callers
	// Dial connects to the data listener, without TLS; the handshake ends with ctx. What is asked over the connection is asked by
	// who is at the address remote, and is there by TLS if secure.
	Dial func(ctx context.Context, remote string, secure bool) (net.Conn, error)
	// DataURL is how clients reach the data listener: scheme ws or wss, and host.
	DataURL string
	// Misdirected says whether a request for a host is not for us; nil: it never is.
	Misdirected func(host string) bool

	Region, Account, Version string

	Now func() time.Time // the clock of sessions; nil: time.Now
	Log *slog.Logger     // nil: nowhere
}

// Console is the door of the console: an [http.Handler] of all requests for which [Addressed] holds. It is safe for concurrent
// use.
type Console struct {
	cfg      Config
	pages    map[string]*page
	sessions *sessions
	failures *failures
	bridges  *bridges
}

// New makes a console. It needs [Console.Run].
func New(cfg Config) *Console {
	if cfg.Misdirected == nil {
		cfg.Misdirected = func(string) bool { return false }
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	cfg.Log = cmp.Or(cfg.Log, slog.New(slog.DiscardHandler))
	c := &Console{cfg: cfg, pages: pages(static), sessions: newSessions(cfg.Callers, cfg.Now), failures: newFailures(cfg.Now)}
	c.bridges = newBridges(c)
	return c
}

const (
	root     = "/console"
	sweeping = time.Second     // how soon it is found out that a session has ended of which nobody asks for anything
	parting  = 5 * time.Second // what the other ends of WebSockets may take to say goodbye
)

// Run ends sessions whose time has come, until ctx ends; then it ends all and returns when nothing is under way any more.
func (c *Console) Run(ctx context.Context) {
	tick := time.NewTicker(sweeping)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			c.sessions.sweep()
			continue
		case <-ctx.Done():
		}
		c.Stop()
		c.bridges.wait(context.WithoutCancel(ctx))
		return
	}
}

// Stop ends all sessions, with the answers and the WebSockets that go on, and lets nobody sign in any more.
func (c *Console) Stop() { c.sessions.stop() }

// Addressed says whether a request to the admin listener is for this door.
func Addressed(r *http.Request) bool {
	return r.URL.Path == root || strings.HasPrefix(r.URL.Path, root+"/")
}

// protections are header fields of every answer. The policy lets pages have what comes from here, and nothing in their text that
// is run or styled: https://www.w3.org/TR/CSP3/.
var protections = map[string][]string{
	"Content-Security-Policy": {"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
		"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"},
	"X-Content-Type-Options":       {"nosniff"},
	"Referrer-Policy":              {"no-referrer"},
	"X-Frame-Options":              {"DENY"},
	"Cross-Origin-Opener-Policy":   {"same-origin"},
	"Cross-Origin-Resource-Policy": {"same-origin"},
}

// ServeHTTP implements [http.Handler].
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	maps.Copy(w.Header(), protections)
	err := c.serve(w, r)
	if err == nil {
		return
	}
	refused, ok := errors.AsType[*refusal](err)
	if !ok {
		c.cfg.Log.ErrorContext(r.Context(), "console: request failed", "method", r.Method, "error", err)
		refused = refuse(http.StatusInternalServerError, "Internal server error")
	}
	refused.write(w)
}

// serve answers a request, or returns why it does not.
func (c *Console) serve(w http.ResponseWriter, r *http.Request) error {
	if c.cfg.Misdirected(r.Host) {
		return refuse(http.StatusMisdirectedRequest, "This host is not a name of this node. If it is that of a proxy in front of it, start "+
			"the node with --hosts and that name")
	}
	path, below := strings.CutPrefix(r.URL.EscapedPath(), root+"/")
	if !below && path == root {
		w.Header().Set("Cache-Control", "no-cache")
		http.Redirect(w, r, root+"/", http.StatusPermanentRedirect)
		return nil
	}
	first, rest, deeper := strings.Cut(path, "/")
	switch {
	case !below:
		return errNotFound
	case first == "session" && !deeper:
		return c.serveSession(w, r)
	case first == "connect" && !deeper:
		return c.serveConnect(w, r)
	case first == "api" && deeper:
		return c.serveAPI(w, r, rest)
	case first == "connections" && deeper:
		return c.serveConnections(w, r, rest)
	default:
		return c.servePage(w, r, path)
	}
}

// A refusal is an error that the browser is told of.
type refusal struct {
	status  int
	message string
	header  http.Header
}

// Error implements error.
func (r *refusal) Error() string { return "console: " + r.message }

func refuse(status int, message string, header ...string) *refusal {
	r := &refusal{status: status, message: message, header: http.Header{}}
	for i := 0; i < len(header); i += 2 {
		r.header.Add(header[i], header[i+1])
	}
	return r
}

func (r *refusal) write(w http.ResponseWriter) {
	maps.Copy(w.Header(), r.header)
	w.Header().Set("Cache-Control", "no-store")
	tell(w, r.status, map[string]string{"message": r.message})
}

// tell answers with JSON.
func tell(w http.ResponseWriter, status int, what any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(what) // a browser that has left misses its answer
}

var (
	errNotFound = refuse(http.StatusNotFound, "There is nothing here")
	errNobody   = refuse(http.StatusUnauthorized, "Nobody is signed in, or the session has ended")
)
