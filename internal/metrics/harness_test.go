package metrics_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/metrics"
)

var prod = gateway.StageKey{API: "a1b2c3", Stage: "prod"}

// connection is one of a stage.
func connection(stage gateway.StageKey) *gateway.Connection {
	return &gateway.Connection{
		ID: "eHrdFcnvvHcCE-w=", API: stage.API, Stage: stage.Stage, DomainName: "localhost:8080/" + stage.API,
		SourceIP: "192.0.2.7", UserAgent: "wscat/6",
	}
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// message is a record of one that has reached an integration, and of its reply.
func message(stage gateway.StageKey, route string) *gateway.Record {
	return &gateway.Record{
		Event: &gateway.Event{
			Type: gateway.EventMessage, Connection: connection(stage), RequestID: gateway.NewRequestID(), RouteKey: route,
			Time: noon, Body: []byte(`{"action":"say"}`),
		},
		Status: 200, Latency: 12 * time.Millisecond, Sent: 5,
		Integration: &gateway.IntegrationRecord{Status: 200, Latency: 9 * time.Millisecond},
	}
}

// connect is a record of a handshake.
func connect(status int, authorizer *gateway.AuthorizerRecord, integration *gateway.IntegrationRecord) *gateway.Record {
	return &gateway.Record{
		Event: &gateway.Event{
			Type: gateway.EventConnect, Connection: connection(prod), RequestID: gateway.NewRequestID(), RouteKey: "$connect", Time: noon,
		},
		Status: status, Latency: 40 * time.Millisecond, Authorizer: authorizer, Integration: integration,
	}
}

// disconnect is a record of the end of a connection.
func disconnect(code int) *gateway.Record {
	return &gateway.Record{
		Event: &gateway.Event{
			Type: gateway.EventDisconnect, Connection: connection(prod), RequestID: gateway.NewRequestID(), RouteKey: "$disconnect",
			Time: noon, DisconnectStatus: code,
		},
		Status: 200, Latency: 3 * time.Millisecond, Integration: &gateway.IntegrationRecord{Status: 200, Latency: time.Millisecond},
	}
}

// post is a call of @connections.
func post(status int) *metrics.Call {
	return &metrics.Call{
		Stage: prod, Connection: "eHrdFcnvvHcCE-w=", RequestID: gateway.NewUUID(), Method: http.MethodPost, Time: noon,
		Latency: 2 * time.Millisecond, Status: status, Bytes: 7,
	}
}

// get asks the handler.
func get(tb testing.TB, m *metrics.Metrics, accept string) *http.Response {
	tb.Helper()
	r := httptest.NewRequestWithContext(tb.Context(), http.MethodGet, "/metrics", nil)
	r.Header.Set("Accept", accept)
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		tb.Fatalf("status %d: %s", w.Code, w.Body)
	}
	return w.Result()
}

var sample = regexp.MustCompile(`^([a-z_]+)(\{.*\})? ([0-9.e+-]+|\+Inf|NaN)$`)

// scrape are the samples of ours as Prometheus would read them, by name and labels.
func scrape(tb testing.TB, m *metrics.Metrics) map[string]float64 {
	tb.Helper()
	resp := get(tb, m, "text/plain")
	defer func() { _ = resp.Body.Close() }()
	samples := map[string]float64{}
	for line := range strings.Lines(readAll(tb, resp)) {
		line = strings.TrimSuffix(line, "\n")
		if !strings.HasPrefix(line, "gangway_") {
			continue
		}
		parts := sample.FindStringSubmatch(line)
		if parts == nil {
			tb.Errorf("not a sample: %q", line)
			continue
		}
		value, err := strconv.ParseFloat(parts[3], 64)
		if err != nil {
			tb.Errorf("%q: %v", line, err)
		}
		if _, twice := samples[parts[1]+parts[2]]; twice {
			tb.Errorf("twice: %q", line)
		}
		samples[parts[1]+parts[2]] = value
	}
	return samples
}

// want compares samples, by name and labels.
func want(tb testing.TB, got, wanted map[string]float64) {
	tb.Helper()
	for name, value := range wanted {
		if got[name] != value {
			tb.Errorf("%s is %v, want %v", name, got[name], value)
		}
	}
}

// failed is an error as integrations and authorizers have it.
func failed(kind error) error {
	return fmt.Errorf("integration: %w: %w", gateway.Errorf(kind, "Internal server error"), errors.New("secret-of-the-backend"))
}

// left is the error of a call whose client has left.
func left() error {
	return fmt.Errorf("integration: %w: %w", gateway.Errorf(gateway.ErrTimeout, ""), context.Canceled)
}
