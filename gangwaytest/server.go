package gangwaytest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Server is a Gangway that was started for tests. Its methods may be called from anywhere.
type Server struct {
	Admin           string `json:"admin"` // URL of the control plane
	Data            string `json:"data"`  // URL that clients connect to, without API and stage
	Test            string `json:"test"`  // URL of the API of this package's methods
	AccessKeyID     string `json:"accessKeyId"`
	SecretAccessKey string `json:"secretAccessKey"`
	Region          string `json:"region"`
	Folder          string `json:"folder"` // of its definitions

	tb      testing.TB // nil: it belongs to no test
	process *process
}

// Start starts a server that ends with the test.
func Start(tb testing.TB, o Options) *Server {
	tb.Helper()
	s, err := Open(context.Background(), o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
		if tb.Failed() {
			tb.Logf("gangway said:\n%s", s.process.said())
		}
	})
	return s.For(tb)
}

// For is the same server for a test, which fails if what it asks of the server cannot be done.
func (s *Server) For(tb testing.TB) *Server {
	tb.Helper()
	own := *s
	own.tb = tb
	return &own
}

// URL is where clients connect to a stage.
func (s *Server) URL(api, stage string) string { return s.Data + "/" + api + "/" + stage }

// Environment are the variables by which AWS SDKs and the AWS CLI find the server, for [os/exec.Cmd.Env] or [testing.T.Setenv].
// Clients of @connections are made with the endpoint that the events of the backend name.
func (s *Server) Environment() map[string]string {
	return map[string]string{
		"AWS_ENDPOINT_URL_APIGATEWAYV2": s.Admin, "AWS_ENDPOINT_URL_API_GATEWAY": s.Admin,
		"AWS_ACCESS_KEY_ID": s.AccessKeyID, "AWS_SECRET_ACCESS_KEY": s.SecretAccessKey,
		"AWS_REGION": s.Region, "AWS_DEFAULT_REGION": s.Region,
	}
}

// Advance moves the clock on at once. Connections that are too old, or too idle, by then have been closed when it returns.
func (s *Server) Advance(d time.Duration) {
	s.helper()
	s.must(http.MethodPost, "/clock", map[string]string{"advance": d.String()}, nil)
}

// Now is the time by the server's clock.
func (s *Server) Now() time.Time {
	s.helper()
	var clock struct{ Now time.Time }
	s.must(http.MethodGet, "/clock", nil, &clock)
	return clock.Now
}

// Reset makes room for another test: there are no APIs, connections, faults and events any more.
func (s *Server) Reset() {
	s.helper()
	s.must(http.MethodPost, "/reset", nil, nil)
}

// Control calls an operation of the control plane, such as POST /v2/apis, and returns what was answered: for tests without an SDK.
func (s *Server) Control(method, path string, body any) map[string]any {
	s.helper()
	var answer map[string]any
	s.must(method, path, body, &answer)
	return answer
}

// helper marks the caller as one of the methods that fail tests.
func (s *Server) helper() {
	if s.tb != nil {
		s.tb.Helper()
	}
}

// fail ends the test.
func (s *Server) fail(err error) {
	if s.tb == nil {
		panic(err)
	}
	s.tb.Helper()
	s.tb.Fatal(err)
}

// must is call for what must succeed.
func (s *Server) must(method, path string, body, into any) {
	s.helper()
	if err := s.call(method, path, body, into); err != nil {
		s.fail(err)
	}
}

// An Error is an answer other than 2xx.
type Error struct {
	Status int
	Body   string
}

// Error implements error.
func (e *Error) Error() string {
	return fmt.Sprintf("gangway: %d %s", e.Status, strings.TrimSpace(e.Body))
}

// callTime ends a call of a server that does not answer.
const callTime = 90 * time.Second

// call calls the API of the test server.
func (s *Server) call(method, path string, body, into any) (err error) {
	var text []byte
	switch body := body.(type) {
	case nil:
	case []byte:
		text = body
	default:
		if text, err = json.Marshal(body); err != nil {
			return fmt.Errorf("gangway: %w", err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), callTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, s.Test+path, bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("gangway: %w", err)
	}
	response, err := s.process.client.Do(request)
	if err != nil {
		return fmt.Errorf("gangway: %w", err)
	}
	answer, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return fmt.Errorf("gangway: %w", err)
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		return &Error{response.StatusCode, string(answer)}
	}
	if into != nil && len(answer) > 0 {
		if err := json.Unmarshal(answer, into); err != nil {
			return fmt.Errorf("gangway: %s %s: %w", method, path, err)
		}
	}
	return nil
}
