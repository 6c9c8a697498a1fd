package integration_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/integration"
)

// newCertificate is a client certificate as API Gateway makes them: signed by itself.
func newCertificate(t *testing.T, name string) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// newAsking starts a server that asks for a certificate and answers with the name in it.
func newAsking(t *testing.T, ask tls.ClientAuthType) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := "nobody"
		if shown := r.TLS.PeerCertificates; len(shown) > 0 {
			name = shown[0].Subject.CommonName
		}
		_, _ = io.WriteString(w, name)
	}))
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.TLS = &tls.Config{ClientAuth: ask, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

func trusting(t *testing.T, server *httptest.Server) *integration.Transport {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	transport := integration.NewTransportTrusting(roots)
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

// TestCertificates: each stage shows its own certificate, and no connection that was made with one serves calls with another
// or with none. "Generate and configure an SSL certificate for backend authentication" in the API Gateway developer guide.
func TestCertificates(t *testing.T) {
	server := newAsking(t, tls.RequestClientCert)
	transport := trusting(t, server)
	red, blue := newCertificate(t, "red"), newCertificate(t, "blue")
	again := *red // as it would be read from a definition once more
	upstream := func(string) (string, bool) { return "", true }
	for range 2 { // the second time over connections that were kept
		for _, test := range []struct {
			want, link string
			shown      *tls.Certificate
		}{
			{"nobody", "", nil}, {"red", "", red}, {"blue", "", blue}, {"red", "", &again}, {"blue", "l1", blue}, {"nobody", "l1", nil},
		} {
			got := ask(t, newBackend(t, behind(test.link, server.URL), integration.Env{
				HTTP: transport, Certificate: test.shown, Upstream: upstream,
			}))
			if got != test.want {
				t.Errorf("link %q: the server saw %q, want %q", test.link, got, test.want)
			}
		}
	}
	if n := transport.Pools(); n != 4 {
		t.Errorf("%d kinds of connections, want 4", n)
	}
}

// TestCertificateOnly: a server that wants a certificate is reached with one only, and a gateway that cannot show its own calls
// nobody. A service of AWS never sees it.
func TestCertificateOnly(t *testing.T) {
	server := newAsking(t, tls.RequireAnyClientCert)
	transport := trusting(t, server)
	def := behind("", server.URL)
	if got := ask(t, newBackend(t, def, integration.Env{HTTP: transport, Certificate: newCertificate(t, "red")})); got != "red" {
		t.Errorf("got %q", got)
	}
	_, err := newBackend(t, def, integration.Env{HTTP: transport}).Call(t.Context(), &integration.Request{Event: messageEvent("x")})
	wantError(t, err, gateway.ErrUnreachable, "Internal server error")

	other := &captured{}
	_, err = newBackend(t, def, integration.Env{HTTP: other, Certificate: newCertificate(t, "red")}).
		Call(t.Context(), &integration.Request{Event: messageEvent("x")})
	wantError(t, err, gateway.ErrConfiguration, "Internal server error")
	if other.last != nil {
		t.Error("the backend was called without the certificate")
	}

	aws := newAsking(t, tls.RequestClientCert)
	got := ask(t, newBackend(t, gateway.IntegrationSettings{
		IntegrationType: gateway.IntegrationAWS, IntegrationURI: "arn:aws:apigateway:eu-west-1:events:action/PutEvents",
	}, integration.Env{
		HTTP: trusting(t, aws), Lambda: newLambda(t, ""), Certificate: newCertificate(t, "red"),
		Endpoint: func(string) string { return aws.URL },
	}))
	if got != "nobody" {
		t.Errorf("a service saw %q", got)
	}
}

// TestPoolsEnd: certificates come and go, and leave nothing behind.
func TestPoolsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		transport := integration.NewTransport(integration.TransportOptions{})
		for _, name := range []string{"a", "b", "c"} {
			transport.Kind(t, newCertificate(t, name))
		}
		<-time.After(time.Hour)
		transport.Kind(t, newCertificate(t, "d"))
		if n := transport.Pools(); n != 1 {
			t.Errorf("%d kinds of connections are kept", n)
		}
	})
}

// TestHammerPools: stages with certificates of their own share a transport.
func TestHammerPools(t *testing.T) {
	server := newAsking(t, tls.RequestClientCert)
	transport := trusting(t, server)
	var wait sync.WaitGroup
	for _, name := range []string{"red", "green", "blue"} {
		backend := newBackend(t, behind("", server.URL), integration.Env{HTTP: transport, Certificate: newCertificate(t, name)})
		for range 4 {
			wait.Go(func() {
				got, err := backend.Call(t.Context(), &integration.Request{Event: messageEvent("x")})
				if err != nil || string(got.Body) != name {
					t.Errorf("%s: got %v, %v", name, got, err)
				}
			})
		}
	}
	wait.Wait()
}
