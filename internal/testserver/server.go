package testserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/node"
)

// Server is a node under test with its API.
type Server struct {
	node      *node.Node
	place     Place
	recording *recording
	faults    *faults
	server    *http.Server
	client    *http.Client // of the node
}

// Place is where a server is, and how to sign what is asked of its node.
type Place struct {
	Admin           string `json:"admin"` // URL of the control plane
	Data            string `json:"data"`  // URL of the data listener
	Test            string `json:"test"`  // URL of the API of this package
	AccessKeyID     string `json:"accessKeyId"`
	SecretAccessKey string `json:"secretAccessKey"`
	Region          string `json:"region"`
	Folder          string `json:"folder"`
}

// anyPort is an address of this machine that nobody has.
const anyPort = "127.0.0.1:0"

// Start starts a node with settings of which the addresses and the rehearsal are not looked at.
func Start(ctx context.Context, cfg node.Config) (*Server, error) {
	s := &Server{recording: newRecording(), faults: &faults{}, client: &http.Client{Transport: &http.Transport{}}}
	cfg.Listen, cfg.Admin, cfg.PublicURL = anyPort, anyPort, ""
	cfg.Rehearsal = node.Rehearsal{Record: s.recording.add, Fault: s.faults.find}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", anyPort)
	if err != nil {
		return nil, fmt.Errorf("test listener: %w", err)
	}
	if s.node, err = node.Start(ctx, cfg); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	if err := s.locate(cfg.DataDir, listener.Addr().String()); err != nil {
		return nil, errors.Join(err, listener.Close(), s.node.Shutdown(ctx))
	}
	s.server = &http.Server{Handler: guarded(s.routes()), ReadHeaderTimeout: requestTime, IdleTimeout: time.Minute}
	go func() { _ = s.server.Serve(listener) }() // ends when Close closes it
	return s, nil
}

// requestTime is what a request may take to be sent.
const requestTime = 10 * time.Second

// locate finds out where everything is.
func (s *Server) locate(folder, address string) error {
	key, err := node.ReadCredentials(folder)
	if err != nil {
		return err
	}
	running, err := node.ReadRunning(folder)
	if err != nil {
		return err
	}
	s.place = Place{
		Admin: running.Admin, Data: strings.Replace(running.Data, "localhost", "127.0.0.1", 1), Test: "http://" + address, AccessKeyID: key.ID, SecretAccessKey: key.Secret,
		Region: running.Region, Folder: folder,
	}
	return nil
}

// Place is where the server is.
func (s *Server) Place() Place { return s.place }

// Close takes the server down, and its node in order.
func (s *Server) Close(ctx context.Context) error {
	s.recording.close()
	defer s.client.CloseIdleConnections()
	return errors.Join(s.server.Close(), s.node.Shutdown(ctx))
}

// routes is the API.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	for pattern, do := range map[string]func(*http.Request) (any, error){
		"GET /ready":                   func(*http.Request) (any, error) { return s.place, nil },
		"GET /clock":                   func(*http.Request) (any, error) { return s.clock(), nil },
		"POST /clock":                  s.advance,
		"GET /events":                  s.events,
		"DELETE /events":               func(*http.Request) (any, error) { s.recording.clear(); return nil, nil },
		"GET /connections":             func(r *http.Request) (any, error) { return s.connections(r), nil },
		"POST /connections/{id}/fault": s.disrupt,
		"GET /faults":                  func(*http.Request) (any, error) { return s.faults.list(), nil },
		"POST /faults":                 s.addFault,
		"DELETE /faults":               func(*http.Request) (any, error) { s.faults.clear(); return nil, nil },
		"DELETE /faults/{id}":          s.removeFault,
		"POST /reset":                  s.reset,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			answer, err := do(r)
			write(w, answer, err)
		})
	}
	mux.HandleFunc("/v2/", s.define)
	for _, method := range []string{http.MethodPost, http.MethodGet, http.MethodDelete} {
		mux.HandleFunc(method+" /connections/{id}", s.push)
	}
	return mux
}

// guarded refuses what a page from elsewhere may have had a browser send: one that has its own name resolve to this machine sends
// that as Host, and any other its Origin.
func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin := r.Header.Get("Origin")
		from, err := url.Parse(origin)
		switch {
		case !gateway.IsLoopback(r.Host):
			answer(w, http.StatusMisdirectedRequest, said("this is a test server of this machine: ask for it as 127.0.0.1 or localhost"))
		case origin != "" && (err != nil || !gateway.IsLoopback(from.Host)):
			answer(w, http.StatusForbidden, said("pages from elsewhere have no say here"))
		default:
			r.Body = http.MaxBytesReader(w, r.Body, longestRequest)
			next.ServeHTTP(w, r)
		}
	})
}

// longestRequest is the most that is read of a body.
const longestRequest = 1 << 20

// statuses are those of errors; any other is 500.
var statuses = map[error]int{
	gateway.ErrInvalid: http.StatusBadRequest, gateway.ErrNotFound: http.StatusNotFound, gateway.ErrConflict: http.StatusConflict,
}

// write answers; nil and nil is 204.
func write(w http.ResponseWriter, result any, err error) {
	switch {
	case err != nil:
		status := http.StatusInternalServerError
		for kind, of := range statuses {
			if errors.Is(err, kind) {
				status = of
			}
		}
		answer(w, status, said(err.Error()))
	case result == nil:
		w.WriteHeader(http.StatusNoContent)
	default:
		answer(w, http.StatusOK, result)
	}
}

func said(text string) map[string]string { return map[string]string{"message": text} }

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client has left if this fails
}

// read reads the body of a request. What it has besides the members of into is refused: a misspelt fault would match everything.
func read(r *http.Request, into any) error {
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return gateway.Errorf(gateway.ErrInvalid, "the body: %v", err)
	}
	return nil
}

// resetTime is how long backends may take to hear of the connections that a reset closes.
const resetTime = 2 * time.Second

// reset makes room for the next test. What connections of before still have to tell after that time may be among its events.
func (s *Server) reset(r *http.Request) (any, error) {
	ctx, cancel := context.WithTimeout(r.Context(), resetTime)
	defer cancel()
	s.faults.clear()
	err := s.node.Reset(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = nil
	}
	s.recording.clear()
	return nil, err
}
