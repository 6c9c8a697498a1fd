package dial_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"gangway/internal/dial"
)

// TestAbandoned: a server that accepts and never begins TLS loses the connection when the call ends.
func TestAbandoned(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	transport := &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}
	dial.Within(transport, new(net.Dialer).DialContext)
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() {
		r := (&http.Request{Method: http.MethodGet, Header: http.Header{}, URL: urlOf(t, "https://"+l.Addr().String())}).WithContext(&dial.Call{Context: ctx}) //nolint:contextcheck // it is ctx, which it holds
		_, err := transport.RoundTrip(r)
		failed <- err
	}()
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, make([]byte, 5)); err != nil { // the client has begun TLS
		t.Fatal(err)
	}
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("the call ended with %v", err)
	}
	_, _ = io.Copy(io.Discard, c) // until the client hangs up: far less than the ten seconds, or the test's own limit
}

func urlOf(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// TestTLS: connections are made, trusted and kept as net/http would.
func TestTLS(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.RemoteAddr) }))
	defer server.Close()
	trusting := server.Client().Transport.(*http.Transport).TLSClientConfig
	for name, trust := range map[string]*tls.Config{"trusted": trusting, "not trusted": {MinVersion: tls.VersionTLS12}} {
		transport := &http.Transport{TLSClientConfig: trust}
		dial.Within(transport, new(net.Dialer).DialContext)
		seen := map[string]bool{}
		for range 3 {
			r := (&http.Request{Method: http.MethodGet, Header: http.Header{}, URL: urlOf(t, server.URL)}).WithContext(&dial.Call{Context: t.Context()})
			response, err := transport.RoundTrip(r)
			if (err == nil) != (name == "trusted") {
				t.Fatalf("%s: got %v", name, err)
			}
			if err != nil {
				continue
			}
			from, _ := io.ReadAll(response.Body)
			_ = response.Body.Close()
			seen[string(from)] = true
		}
		if name == "trusted" && len(seen) != 1 {
			t.Errorf("three calls took %d connections", len(seen))
		}
		transport.CloseIdleConnections()
	}
}
