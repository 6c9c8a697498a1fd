package integration_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/integration"
	"gangway/internal/lambda"
)

const (
	functionARN = "arn:aws:lambda:eu-west-1:123456789012:function:chat:live"
	functionURI = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/" + functionARN + "/invocations"
)

var connection = &gateway.Connection{
	ID:          "eHrdFcnvvHcCE-w=",
	API:         "abcdef1234",
	Stage:       "prod",
	DomainName:  "abcdef1234.execute-api.us-east-1.amazonaws.com",
	ConnectedAt: time.UnixMilli(1708326702789),
	SourceIP:    "198.51.100.7",
	UserAgent:   "probe/1.0",
}

func connectEvent() *gateway.Event {
	return &gateway.Event{
		Type: gateway.EventConnect, Connection: connection, RequestID: "eHrdFF2VPHcFWMg=", RouteKey: "$connect",
		Time: time.UnixMilli(1708326702790),
		Header: gateway.Params{
			{Name: "Host", Value: connection.DomainName},
			{Name: "Connection", Value: "keep-alive, Upgrade, X-Hop"},
			{Name: "Upgrade", Value: "websocket"},
			{Name: "content-length", Value: "0"},
			{Name: "Origin", Value: "https://app.example"},
			{Name: "Sec-WebSocket-Extensions", Value: "permessage-deflate; client_max_window_bits"},
			{Name: "Sec-WebSocket-Key", Value: "9nq0Vn3OTzQGs9Y0u6oQVQ=="},
			{Name: "Sec-WebSocket-Protocol", Value: "myprotocol"},
			{Name: "Sec-WebSocket-Version", Value: "13"},
			{Name: "User-Agent", Value: "probe/1.0"},
			{Name: "X-Amzn-Trace-Id", Value: "Root=1-65d2ff6e-0123456789abcdef01234567"},
			{Name: "X-Forwarded-Port", Value: "443"},
			{Name: "X-Forwarded-Proto", Value: "https"},
		},
		Query: gateway.Params{{Name: "room", Value: "a"}, {Name: "room", Value: "b"}},
	}
}

func messageEvent(body string) *gateway.Event {
	return &gateway.Event{
		Type: gateway.EventMessage, Connection: connection, RequestID: "SOqIDEacoAMFaHQ=", MessageID: "SOqIDdzoSAMCEeg=",
		RouteKey: "$default", Time: time.UnixMilli(1708326702790), Body: []byte(body),
	}
}

func disconnectEvent() *gateway.Event {
	return &gateway.Event{
		Type: gateway.EventDisconnect, Connection: connection, RequestID: "SOqIDEacoAMFaHQ=", RouteKey: "$disconnect",
		Time: time.UnixMilli(1708326702790), DisconnectStatus: 1005, DisconnectReason: "Client-side close frame status not set",
	}
}

// seen is a request as a backend saw it.
type seen struct {
	method, target, host string
	header               http.Header
	body                 string
}

// recorder is a backend that remembers what it was sent and answers as it is told.
type recorder struct {
	*httptest.Server
	answer http.HandlerFunc

	mu       sync.Mutex
	requests []seen
}

func newRecorder(tb testing.TB, answer http.HandlerFunc) *recorder {
	tb.Helper()
	r := &recorder{answer: answer}
	r.Server = httptest.NewServer(http.HandlerFunc(r.serve))
	tb.Cleanup(r.Close)
	return r
}

func (r *recorder) serve(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	r.requests = append(r.requests, seen{req.Method, req.RequestURI, req.Host, req.Header, string(body)})
	r.mu.Unlock()
	if r.answer != nil {
		r.answer(w, req)
	}
}

func (r *recorder) only(tb testing.TB) seen {
	tb.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.requests) != 1 {
		tb.Fatalf("the backend saw %d requests, want 1", len(r.requests))
	}
	return r.requests[0]
}

func newLambda(tb testing.TB, endpoint string) *lambda.Client {
	tb.Helper()
	client, err := lambda.New(tb.Context(), lambda.Config{
		Region: "eu-west-1", Endpoint: endpoint,
	})
	if err != nil {
		tb.Fatal(err)
	}
	return client
}

func newBackend(tb testing.TB, def gateway.IntegrationSettings, env integration.Env) integration.Backend {
	tb.Helper()
	env.Stage = gateway.StageKey{API: connection.API, Stage: connection.Stage}
	backend, err := integration.New(gateway.DeployedIntegration{
		Integration: gateway.Integration{IntegrationSettings: def},
	}, env)
	if err != nil {
		tb.Fatal(err)
	}
	return backend
}

func newFunction(tb testing.TB, endpoint string, variables map[string]string) integration.Backend {
	tb.Helper()
	return newBackend(tb, gateway.IntegrationSettings{IntegrationType: gateway.IntegrationAWSProxy, IntegrationURI: functionURI},
		integration.Env{Lambda: newLambda(tb, endpoint), Variables: variables})
}

func newServer(tb testing.TB, uri, method string, parameters gateway.Map) integration.Backend {
	tb.Helper()
	transport := integration.NewTransport(integration.TransportOptions{})
	tb.Cleanup(transport.CloseIdleConnections)
	return newBackend(tb, gateway.IntegrationSettings{
		IntegrationType: gateway.IntegrationHTTPProxy, IntegrationURI: gateway.Kept(uri), IntegrationMethod: gateway.Kept(method),
		RequestParameters: parameters,
	}, integration.Env{HTTP: transport})
}
