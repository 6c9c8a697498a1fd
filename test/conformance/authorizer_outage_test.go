package conformance_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

// ill is a way in which a Lambda endpoint can be out of order.
type ill struct {
	name   string
	answer func(w http.ResponseWriter, r *http.Request)
}

// yes is an answer of a function that lets everybody in.
const yes = `{"principalId":"me","policyDocument":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}}`

// outages are ways in which an endpoint fails to bring an answer, each of which has one in it that would let everybody in, as far
// as it can have any.
func outages(elsewhere string) []ill {
	with := func(status int, name, value, body string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set(name, value)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body) // the caller has left if this fails
		}
	}
	all := []ill{
		{"it throws", with(http.StatusOK, "X-Amz-Function-Error", "Unhandled", yes)},
		{"it throws in an unknown way", with(http.StatusOK, "X-Amz-Function-Error", "Surprised", yes)},
		{"it redirects", with(http.StatusTemporaryRedirect, "Location", elsewhere, yes)},
		{"it redirects by 302", with(http.StatusFound, "Location", elsewhere, yes)},
		{"it has half an answer", with(http.StatusOK, "Content-Length", fmt.Sprint(len(yes)+1), yes)},
		{"it has compressed something", with(http.StatusOK, "Content-Encoding", "gzip", "\x1f\x8b\x08\x00"+yes)},
		{"it shows a page", with(http.StatusOK, "Content-Type", "text/html", "<html>"+yes)},
		{"it has two answers", with(http.StatusOK, "Content-Type", "application/json", yes+yes)},
		{"it says nothing", with(http.StatusOK, "Content-Type", "application/json", "")},
		{"it is another service", with(http.StatusNotFound, "Content-Type", "application/json", yes)},
		{"it has accepted", with(http.StatusAccepted, "Content-Type", "application/json", "")},
		{"it has no content", with(http.StatusNoContent, "Content-Type", "application/json", "")},
		{"it was told so", with(http.StatusForbidden, "X-Amzn-Errortype", "AccessDeniedException", yes)},
		{"it has had enough", with(http.StatusTooManyRequests, "X-Amzn-Errortype", "TooManyRequestsException", yes)},
		{"it is out of order", with(http.StatusInternalServerError, "X-Amzn-Errortype", "ServiceException", yes)},
		{"it hangs up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
	}
	return append(all, ill{"it has explicitDeny bytes", with(http.StatusOK, "Content-Type", "application/json", "\xef\xbb\xbf"+yes)})
}

// TestAuthorizerOutage has what should decide be out of order in every way. Nobody gets in, and no backend hears of anybody;
// who is in stays in; and as soon as it is in order again, clients get in.
// Source: 500: "Gateway response types" (AUTHORIZER_FAILURE) in the API Gateway developer guide, for REST APIs; else a guess.
func TestAuthorizerOutage(t *testing.T) {
	var away atomic.Pointer[ill]
	inOrder := ill{"in order", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, yes) }}
	away.Store(&inOrder)
	over := make(chan struct{})
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { away.Load().answer(w, r) }))
	t.Cleanup(endpoint.Close)
	t.Cleanup(func() { close(over) })
	var strayed atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		strayed.Add(1)
		_, _ = io.WriteString(w, yes)
	}))
	t.Cleanup(elsewhere.Close)
	ownEnvironment(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDLAMBDA")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "the-secret-of-the-gateway")
	t.Setenv("GANGWAY_LAMBDA_ENDPOINT", endpoint.URL)
	back := newBackend()
	t.Cleanup(back.stop)
	s := &stand{builder: &builder{startProgram(t, t.TempDir()).server, back.URL}}
	s.define(t, `{"routes": {"$connect": {"http": "/connect"}, "$default": {"mock": "still here", "reply": true}}, "deploy": "no"}`)
	s.ask(t, functionURI("guard"))
	early := s.connect(t, "")
	<-back.received
	for _, broken := range outages(elsewhere.URL) {
		away.Store(&broken)
		wantRefused(t, broken.name, alice(s.url("prod")), http.StatusInternalServerError, notDecided)
	}
	wantImpatient(t, s, &away, over)
	early.say(t, "anybody?")
	wantItem(t, early, "still here")
	if len(back.received) > 0 || strayed.Load() > 0 {
		t.Errorf("the backend was called %d times, and another endpoint %d times", len(back.received), strayed.Load())
	}
	away.Store(&inOrder)
	wantConnected(t, "in order again", alice(s.url("prod")))
	<-back.received
	endpoint.CloseClientConnections()
	must(t, endpoint.Listener.Close())
	wantRefused(t, "nobody listens", alice(s.url("prod")), http.StatusInternalServerError, notDecided)
	if len(back.received) > 0 {
		t.Error("the backend was called")
	}
}

// wantImpatient has clients leave while nobody decides about them: the endpoint is told that nobody waits any more.
func wantImpatient(t *testing.T, s *stand, away *atomic.Pointer[ill], over <-chan struct{}) {
	t.Helper()
	asked, left := make(chan struct{}), make(chan struct{})
	away.Store(&ill{"it is silent", func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // or net/http does not see that the caller leaves
		close(asked)
		select {
		case <-r.Context().Done():
			close(left)
		case <-over:
		}
	}})
	done := make(chan error, 1)
	in := alice(s.url("prod"))
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	go func() {
		_, _, err := dial(ctx, in)
		done <- err
	}()
	wantClosed(t, "the function was not asked", asked)
	leave()
	if err := <-done; err == nil {
		t.Error("the client is connected")
	}
	wantClosed(t, "the function is still asked", left)
}

// wantClosed waits for an event.
func wantClosed(t *testing.T, otherwise string, event <-chan struct{}) {
	t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-event:
	case <-late.C:
		t.Fatal(otherwise)
	}
}
