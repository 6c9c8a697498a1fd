package node

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"

	"gangway/internal/functions"
	"gangway/internal/lambda"
	"gangway/internal/registry"
	"gangway/internal/store"
	"gangway/internal/tail"
)

// Hosted are functions of a host in this process, for integrations to call them without HTTP. Until Set has been called there are
// none.
type Hosted struct {
	host atomic.Pointer[functions.Host]
}

var errNoHost = errors.New("the functions have not been started yet")

// Set says which host it is.
func (h *Hosted) Set(host *functions.Host) { h.host.Store(host) }

// Invoke implements [lambda.Local].
func (h *Hosted) Invoke(ctx context.Context, call *lambda.Call) (*lambda.Result, error) {
	host := h.host.Load()
	if host == nil {
		return nil, errNoHost
	}
	return host.Invoke(ctx, call)
}

// hosting is what a node has to do with functions that callers upload. The zero hosting has none.
type hosting struct {
	Hosted

	registry *registry.Server
}

// LambdaURL is where the Lambda API is that the node or its tools call in place of AWS's; empty: they call AWS.
func (n *Node) LambdaURL() string {
	if n.cfg.HostFunctions {
		return n.AdminURL()
	}
	return n.cfg.LambdaEndpoint
}

// prefer has integrations call the functions that the node hosts itself, unless it was said what else they call.
func (n *Node) prefer() {
	if n.cfg.HostFunctions && n.cfg.Functions == nil && n.cfg.LambdaEndpoint == "" {
		n.cfg.Functions = &n.hosting
	}
}

// host brings back the functions that callers have uploaded, if there may be any.
func (n *Node) host() error {
	if !n.cfg.HostFunctions {
		return nil
	}
	key, err := ReadCredentials(n.cfg.DataDir)
	if err != nil {
		return err
	}
	around := Surroundings{
		Data: n.cfg.DataDir, Admin: n.AdminURL(), Lambda: n.LambdaURL(), Key: key, Authority: n.Authority(), Environ: os.Environ(),
	}
	environment, err := around.Environment()
	if err != nil {
		return err
	}
	host := functions.New(functions.Config{
		Region: n.cfg.Region, Account: n.cfg.Account, Environment: environment, Log: n.functionLine,
		Poll: -1, // code is replaced, not edited
	})
	n.hosting.Set(host)
	n.hosting.registry, err = registry.Open(registry.Config{
		Dir: filepath.Join(n.cfg.DataDir, "functions"), Region: n.cfg.Region, Account: n.cfg.Account, Callers: n.callers,
		Host: host, Log: n.cfg.Log, Now: n.Now, Key: n.shared.Derive("functions"),
		Room: func(bytes uint64) bool { return store.Fits(n.cfg.DataDir, bytes) },
	})
	return err
}

// dismiss ends the functions.
func (n *Node) dismiss(ctx context.Context) error {
	if host := n.hosting.host.Load(); host != nil {
		return host.Close(ctx)
	}
	return nil
}

// lambdaAPI has the registry answer what is addressed to Lambda.
func (n *Node) lambdaAPI(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !registry.Addressed(r):
			next.ServeHTTP(w, r)
		case n.hosting.registry == nil:
			registry.Refuse(w, r)
		default:
			n.hosting.registry.ServeHTTP(w, r)
		}
	})
}

// functionLine takes a line of a function: it goes to the log of the node, and to who watches an API.
func (n *Node) functionLine(line functions.Line) {
	level := slog.LevelInfo
	switch {
	case line.Kind == functions.Platform && !line.Stderr:
		level = slog.LevelDebug // START, END, REPORT
	case line.Kind == functions.Notice && line.Stderr:
		level = slog.LevelWarn
	}
	n.cfg.Log.LogAttrs(context.Background(), level, line.Text,
		slog.String("function", cmp.Or(line.Function, "functions")), slog.String("requestId", line.RequestID))
	n.Logged(TailLine(&line))
}

// TailLine is a line of a function for who watches an API.
func TailLine(line *functions.Line) *tail.Line {
	return &tail.Line{
		Function: line.Function, RequestID: line.RequestID, Trace: line.Trace, Text: line.Text, Time: line.Time,
		Platform: line.Kind != functions.Output,
	}
}
