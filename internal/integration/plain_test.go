package integration_test

import (
	"context"
	"io"
	"maps"
	"net/http"
	"reflect"
	"testing"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/integration"
)

// newPlain is a backend of type HTTP.
func newPlain(tb testing.TB, uri, method string, parameters gateway.Map) integration.Backend {
	tb.Helper()
	return newBackend(tb, gateway.IntegrationSettings{
		IntegrationType: gateway.IntegrationHTTP, IntegrationURI: gateway.Kept(uri), IntegrationMethod: gateway.Kept(method),
		RequestParameters: parameters,
	}, integration.Env{HTTP: newLinkTransport(tb, integration.TransportOptions{})})
}

// TestHTTP has the requests that HTTP backends see, which are no proxies: nothing of a client but what is mapped. The header
// as users of LocalStack and AWS have compared it (localstack#5851).
func TestHTTP(t *testing.T) {
	trace := "Root=1-65d2ff2e-f56d6b238ada59be6fe9c9bc"
	for _, test := range []struct {
		name, method string
		request      integration.Request
		want         seen // header: besides what every request has
	}{
		{
			name: "connect", method: "ANY", request: integration.Request{Event: connectEvent()},
			want: seen{method: "GET", target: "/chat?fixed=1"},
		},
		{
			name: "connect with a rendered body and mapped parameters", method: "PUT",
			request: integration.Request{
				Event: connectEvent(), Body: []byte(`{"id":1}`), Rendered: true,
				Header: gateway.Params{{Name: "origin", Value: "o"}, {Name: "ACCEPT", Value: "text/plain"}},
				Query:  gateway.Params{{Name: "a", Value: "1"}, {Name: "a", Value: "2"}},
			},
			want: seen{
				method: "PUT", target: "/chat?fixed=1&a=1&a=2", body: `{"id":1}`,
				header: http.Header{"Origin": {"o"}, "Accept": {"text/plain"}, "Content-Length": {"8"}},
			},
		},
		{
			name: "message", method: "ANY", request: integration.Request{Event: messageEvent("hi"), Body: []byte("hi")},
			want: seen{method: "POST", target: "/chat?fixed=1", body: "hi", header: http.Header{"Content-Length": {"2"}}},
		},
		{
			name: "bytes", method: "POST", request: integration.Request{Event: messageEvent("/w=="), Body: []byte{0xff}},
			want: seen{method: "POST", target: "/chat?fixed=1", body: "\xff", header: http.Header{
				"Content-Length": {"1"}, "Content-Type": {"application/octet-stream"},
			}},
		},
		{
			name: "disconnect", method: "DELETE", request: integration.Request{Event: disconnectEvent()},
			want: seen{method: "DELETE", target: "/chat?fixed=1"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			want := http.Header{
				"User-Agent": {"AmazonAPIGateway_abcdef1234"}, "X-Amzn-Apigateway-Api-Id": {"abcdef1234"},
				"Content-Type": {"application/json"}, "Accept": {"application/json"},
			}
			maps.Copy(want, test.want.header)
			backend := newRecorder(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Answer", "a")
				w.WriteHeader(http.StatusTeapot)
				_, _ = io.WriteString(w, "short and stout")
			})
			got, err := newPlain(t, backend.URL+"/chat?fixed=1", test.method, nil).Call(t.Context(), &test.request)
			if err != nil || got.Status != http.StatusTeapot || string(got.Body) != "short and stout" ||
				got.Header.Get("X-Answer") != "a" || got.Function {
				t.Fatalf("got %v, %v", got, err)
			}
			request := backend.only(t)
			if id := request.header.Get("X-Amzn-Trace-Id"); len(id) != len(trace) {
				t.Errorf("trace id %q", id)
			}
			request.header.Del("X-Amzn-Trace-Id")
			if !reflect.DeepEqual(request.header, want) {
				t.Errorf("header: got %v, want %v", request.header, want)
			}
			request.header, request.host, test.want.header = nil, "", nil
			if !reflect.DeepEqual(request, test.want) {
				t.Errorf("got %v, want %v", request, test.want)
			}
		})
	}
}

// TestMappedNamesAreTaken: what a client sends under the name of a mapped parameter never reaches a backend, also where there
// is nothing to map: the backend would take it for the gateway's word (GHSA-7r4p-vjf4-gxv4 is such a fault of another proxy).
func TestMappedNamesAreTaken(t *testing.T) {
	backend := newRecorder(t, nil)
	called := newServer(t, backend.URL, "GET", gateway.Map{
		"integration.request.header.X-User": "context.authorizer.user", "integration.request.querystring.user": "context.authorizer.user",
	})
	ev := connectEvent()
	ev.Header = gateway.Params{{Name: "x-user", Value: "root"}, {Name: "X_User", Value: "root"}, {Name: "x-other", Value: "1"}}
	ev.Query = gateway.Params{{Name: "user", Value: "root"}, {Name: "User", Value: "2"}}
	if _, err := called.Call(t.Context(), &integration.Request{Event: ev}); err != nil {
		t.Fatal(err)
	}
	got := backend.only(t)
	if got.target != "/?User=2" || got.header["X-User"] != nil || got.header["X_user"] != nil || got.header.Get("X-Other") != "1" {
		t.Errorf("got %s, %v", got.target, got.header)
	}
}

// TestPlainFaults: HTTP backends that are no proxies are held to the same rules. TestBackendFaults has them all.
func TestPlainFaults(t *testing.T) {
	for name, behave := range map[string]http.HandlerFunc{
		"hang up": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"hang":    func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	} {
		backend := newRecorder(t, behave)
		called := newPlain(t, backend.URL, "POST", nil)
		want, text, limit := gateway.ErrUnreachable, "Internal server error", time.Minute
		if name == "hang" {
			want, text, limit = gateway.ErrTimeout, "Endpoint request timed out", 50*time.Millisecond
		}
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		_, err := called.Call(ctx, &integration.Request{Event: messageEvent("x")})
		cancel()
		wantError(t, err, want, text)
		backend.only(t)
	}
}
