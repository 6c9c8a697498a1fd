package trial

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/lambda"
	"gangway/internal/program"
)

// standIn takes the place of every backend: it notes what one would get, and answers what it was told to.
type standIn struct {
	answer *Answer // nil: there is nothing to answer

	mu   sync.Mutex // guards got and body
	got  *http.Request
	body []byte
}

// errNoAnswer is what a program sees of a backend that is not called.
var errNoAnswer = errors.New("the backend was not called")

// servicesDomain is where services of AWS are, for a program that must not reach them. RFC 2606 section 2 keeps it free.
const servicesDomain = ".aws.invalid"

// RoundTrip implements [http.RoundTripper] for HTTP backends and services of AWS.
func (b *standIn) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := b.note(r); err != nil {
		return nil, err
	}
	if b.answer == nil {
		return nil, errNoAnswer
	}
	return &http.Response{
		StatusCode: b.answer.Status, Header: b.answer.header(), Request: r, ContentLength: int64(len(b.answer.Body)),
		Body: io.NopCloser(strings.NewReader(b.answer.Body)),
	}, nil
}

// ServeHTTP is the Invoke operation of AWS Lambda, for functions.
func (b *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := b.note(r); err != nil || b.answer == nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(b.answer.Status)
	_, _ = io.WriteString(w, b.answer.Body) // who asked is this program
}

func (b *standIn) note(r *http.Request) error {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.got, b.body = r, body
	return nil
}

// request is what a backend would have got; nil: nothing.
func (b *standIn) request() (r *http.Request, body []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.got, bytes.Clone(b.body)
}

// env is the world of a program whose every backend is the stand-in, until stop is called.
func (b *standIn) env(ctx context.Context, s *Subject) (env program.Env, stop func(), err error) {
	env = program.Env{
		Stage: s.Key, Variables: s.Stage.StageVariables, HTTP: b,
		Endpoint: func(service string) string { return "https://" + service + servicesDomain },
	}
	isAWS := func(def gateway.DeployedIntegration) bool {
		return def.IntegrationType == gateway.IntegrationAWS || def.IntegrationType == gateway.IntegrationAWSProxy
	}
	if !slices.ContainsFunc(s.Snapshot.Integrations, isAWS) {
		return env, func() {}, nil
	}
	env.Lambda, stop, err = b.functions(ctx)
	return env, stop, err
}

// functions are called by the SDK of AWS, which wants an address: one of loopback, with a path that nobody else knows.
func (b *standIn) functions(ctx context.Context) (functions *lambda.Client, stop func(), err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, fmt.Errorf("stand-in of functions: %w", err)
	}
	path := "/" + gateway.NewUUID()
	server := &http.Server{Handler: http.StripPrefix(path, b), ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }() // until it is closed
	stop = func() { _ = server.Close() }
	functions, err = lambda.New(ctx, lambda.Config{Region: "us-east-1", Endpoint: "http://" + listener.Addr().String() + path})
	if err != nil {
		stop()
		return nil, nil, err
	}
	return functions, stop, nil
}

// functionOf is the ARN of the function that a request invokes; empty if it is none.
func functionOf(r *http.Request) string {
	path, ok := strings.CutPrefix(r.URL.Path, "/2015-03-31/functions/")
	if !ok || r.RequestURI == "" { // only what was served has a RequestURI
		return ""
	}
	return strings.TrimSuffix(path, "/invocations")
}
