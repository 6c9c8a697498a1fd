package http1_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"gangway/internal/http1"
)

// identity is a certificate for a.test, and a client that trusts it.
func identity(t *testing.T) (server, trusting *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"a.test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(t, err)
	leaf, err := x509.ParseCertificate(der)
	must(t, err)
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return &tls.Config{
			Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, NextProtos: []string{"http/1.1", "other"},
			MinVersion: tls.VersionTLS12,
		},
		&tls.Config{RootCAs: pool, ServerName: "a.test", NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12}
}

// told is what a server tells of failed handshakes.
type told struct {
	mu   sync.Mutex
	errs []error
	some chan struct{}
}

func (f *told) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.errs = append(f.errs, err)
	f.some <- struct{}{}
}

func secured(t *testing.T, address string, config *tls.Config) (*client, *tls.Conn) {
	t.Helper()
	c := dial(t, address)
	over := tls.Client(c.Conn, config)
	return &client{over, t, c.r}, over
}

// One port takes both.
func TestTLS(t *testing.T) {
	for name, s := range both(t) {
		t.Run(name, func(t *testing.T) {
			server, trusting := identity(t)
			failed := &told{some: make(chan struct{}, 10)}
			s.TLS, s.TLSFailed = server, failed.fail
			address := serve(t, s, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch {
				case r.URL.Path == "/ws":
					taken, err := http1.TakeOver(w, []byte(switching))
					if _, ok := taken.Conn.(*tls.Conn); err != nil || !ok {
						t.Errorf("got %+v, %v", taken, err)
						return
					}
					repeat(taken)
				case r.TLS != nil:
					_, _ = io.WriteString(w, r.TLS.ServerName+r.RemoteAddr)
				default:
					_, _ = io.WriteString(w, "plain")
				}
			}))
			plain := dial(t, address)
			plain.say(get())
			if _, body := plain.hear("GET"); body != "plain" {
				t.Errorf("got %q", body)
			}
			c, over := secured(t, address, trusting)
			must(t, over.HandshakeContext(t.Context()))
			transport := &http.Transport{DialTLSContext: func(context.Context, string, string) (net.Conn, error) { return over, nil }}
			for range 3 {
				response, err := (&http.Client{Transport: transport}).Get("https://a.test/")
				must(t, err)
				body, err := io.ReadAll(response.Body)
				must(t, err)
				if want := "a.test" + c.LocalAddr().String(); string(body) != want {
					t.Errorf("got %q, want %q", body, want)
				}
			}
			_, over = secured(t, address, trusting)
			_, err := io.WriteString(over, upgrade+"\r\nhello")
			must(t, err)
			got := make([]byte, len(switching+"hello"))
			if _, err := io.ReadFull(over, got); err != nil || string(got) != switching+"hello" {
				t.Errorf("got %q, %v", got, err)
			}
			_, over = secured(t, address, trusting)
			_, err = io.WriteString(over, get("Connection: close")+forbidden)
			must(t, err)
			if data, err := io.ReadAll(over); err != nil || !slices.Equal(statuses(t, string(data)), []int{200}) {
				t.Errorf("got %q, %v", data, err) // a proper end, and not only one of the socket
			}
			untrusting := trusting.Clone()
			untrusting.RootCAs = nil
			_, over = secured(t, address, untrusting)
			if err := over.HandshakeContext(t.Context()); err == nil {
				t.Error("trusted")
			}
			<-failed.some
		})
	}
}

// RFC 8737 section 3: what agrees on another protocol gets nothing more, not even an answer.
func TestOtherProtocol(t *testing.T) {
	for name, s := range both(t) {
		t.Run(name, func(t *testing.T) {
			server, trusting := identity(t)
			s.TLS = server
			address := serve(t, s, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("asked") }))
			trusting.NextProtos = []string{"other"}
			_, over := secured(t, address, trusting)
			must(t, over.HandshakeContext(t.Context()))
			_, _ = io.WriteString(over, get())
			if data, _ := io.ReadAll(over); len(data) > 0 {
				t.Errorf("got %q", data)
			}
		})
	}
}

// Without a configuration nobody speaks TLS, and is told so at once.
func TestNoTLS(t *testing.T) {
	for name, s := range both(t) {
		t.Run(name, func(t *testing.T) {
			_, trusting := identity(t)
			_, over := secured(t, serve(t, s, http.HandlerFunc(echo)), trusting)
			if err := over.HandshakeContext(t.Context()); err == nil {
				t.Error("done")
			}
		})
	}
}

// A handshake that comes byte by byte is one all the same.
func TestSplitHandshake(t *testing.T) {
	for name, s := range both(t) {
		t.Run(name, func(t *testing.T) {
			server, trusting := identity(t)
			s.TLS = server
			c := dial(t, serve(t, s, http.HandlerFunc(echo)))
			over := tls.Client(crumbs{c.Conn}, trusting)
			_, err := io.WriteString(over, get("Connection: close"))
			must(t, err)
			if data, err := io.ReadAll(over); err != nil || !slices.Equal(statuses(t, string(data)), []int{200}) {
				t.Errorf("got %q, %v", data, err)
			}
		})
	}
}

// crumbs writes byte by byte.
type crumbs struct{ net.Conn }

// Write implements [net.Conn].
func (c crumbs) Write(p []byte) (int, error) {
	for i := range p {
		if _, err := c.Conn.Write(p[i : i+1]); err != nil {
			return i, err
		}
	}
	return len(p), nil
}
