package certificates_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gangway/internal/certificates"
	"gangway/internal/http1"
)

// diary is a log that tests read.
type diary struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (d *diary) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.Write(p)
}

func (d *diary) log() *slog.Logger { return slog.New(slog.NewTextHandler(d, nil)) }

// take returns what was logged since the last time.
func (d *diary) take() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	defer d.text.Reset()
	return d.text.String()
}

// recipe is a certificate to be made.
type recipe struct {
	names  []string
	from   time.Time     // an hour ago
	life   time.Duration // 90 days
	rsa    bool
	client bool
}

// signer makes certificates as somebody else's authority does.
type signer struct {
	cert *x509.Certificate
	key  crypto.Signer
	pool *x509.CertPool
}

func newSigner(tb testing.TB) *signer {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(tb, err)
	now := time.Now()
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "somebody"}, NotBefore: now.AddDate(-9, 0, 0),
		NotAfter: now.AddDate(9, 0, 0), BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, root, root, key.Public(), key)
	must(tb, err)
	cert, err := x509.ParseCertificate(der)
	must(tb, err)
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return &signer{cert, key, pool}
}

// make returns a certificate and its key, in PEM.
func (s *signer) make(tb testing.TB, r recipe) (cert, key []byte) {
	tb.Helper()
	var pair crypto.Signer
	var err error
	if pair, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); r.rsa {
		pair, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	must(tb, err)
	if r.from.IsZero() {
		r.from = time.Now().Add(-time.Hour)
	}
	if r.life == 0 {
		r.life = 90 * 24 * time.Hour
	}
	leaf := &x509.Certificate{
		NotBefore: r.from, NotAfter: r.from.Add(r.life), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if r.client {
		leaf.ExtKeyUsage[0] = x509.ExtKeyUsageClientAuth
	}
	for _, name := range r.names {
		if ip := net.ParseIP(name); ip != nil {
			leaf.IPAddresses = append(leaf.IPAddresses, ip)
		} else {
			leaf.DNSNames = append(leaf.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, s.cert, pair.Public(), s.key)
	must(tb, err)
	secret, err := x509.MarshalPKCS8PrivateKey(pair)
	must(tb, err)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
}

// pair is a certificate for use.
func (s *signer) pair(tb testing.TB, r recipe) tls.Certificate {
	tb.Helper()
	pair, err := tls.X509KeyPair(s.make(tb, r))
	must(tb, err)
	return pair
}

// put makes {name}.pem in a folder.
func (s *signer) put(tb testing.TB, folder, name string, r recipe) {
	tb.Helper()
	cert, key := s.make(tb, r)
	write(tb, filepath.Join(folder, name+".pem"), append(cert, key...), 0o600)
}

// write puts a file in place of what is there.
func write(tb testing.TB, path string, content []byte, mode os.FileMode) {
	tb.Helper()
	must(tb, os.WriteFile(path+".new", content, mode))
	must(tb, os.Chmod(path+".new", mode))
	must(tb, os.Rename(path+".new", path))
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func open(tb testing.TB, o certificates.Options) *certificates.Store {
	tb.Helper()
	s, err := certificates.Open(o)
	must(tb, err)
	return s
}

func openAuthority(tb testing.TB) (*certificates.Authority, *x509.CertPool) {
	tb.Helper()
	a, err := certificates.OpenAuthority(tb.TempDir())
	must(tb, err)
	pool := x509.NewCertPool()
	pool.AddCert(a.Certificate())
	return a, pool
}

func tcp(tb testing.TB) net.Listener {
	tb.Helper()
	l, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	must(tb, err)
	tb.Cleanup(func() { _ = l.Close() })
	return l
}

func dial(tb testing.TB, l net.Listener) net.Conn {
	tb.Helper()
	c, err := new(net.Dialer).DialContext(context.Background(), "tcp", l.Addr().String())
	must(tb, err)
	tb.Cleanup(func() { _ = c.Close() })
	return c
}

// agreement is how a handshake ended.
type agreement struct {
	client, server tls.ConnectionState
	clientErr      error
	serverErr      error
}

// shown is the first name in the certificate that the server showed, or its address, or what the alert said.
func (a *agreement) shown() string {
	if a.clientErr != nil {
		_, alert, _ := strings.Cut(a.clientErr.Error(), "remote error: tls: ")
		return "alert: " + alert
	}
	leaf := a.client.PeerCertificates[0]
	if len(leaf.DNSNames) > 0 {
		return leaf.DNSNames[0]
	}
	return leaf.IPAddresses[0].String()
}

// shake does a handshake on the loopback interface, and one exchange, for in TLS 1.3 a client learns only then whether the
// server liked its certificate.
func shake(tb testing.TB, server, client *tls.Config) *agreement {
	tb.Helper()
	l := tcp(tb)
	c := dial(tb, l)
	accepted, err := l.Accept()
	must(tb, err)
	ours, theirs := tls.Server(accepted, server), tls.Client(c, client)
	defer func() { _ = accepted.Close() }()
	deadline := time.Now().Add(time.Minute)
	must(tb, accepted.SetDeadline(deadline))
	must(tb, c.SetDeadline(deadline))
	a := new(agreement)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if a.serverErr = ours.HandshakeContext(context.Background()); a.serverErr == nil {
			_, a.serverErr = ours.Write([]byte{1})
		}
	}()
	if _, err := theirs.Read(make([]byte, 1)); err != nil {
		a.clientErr = err
	}
	<-done
	a.client, a.server = theirs.ConnectionState(), ours.ConnectionState()
	return a
}

// asking is a client that trusts anybody and wants a name.
func asking(name string) *tls.Config {
	return &tls.Config{ServerName: name, InsecureSkipVerify: true}
}

// serve answers every request with the TLS name of its connection, as the gateway does; failures are told to the diary.
func serve(tb testing.TB, config *tls.Config) (net.Listener, *diary) {
	tb.Helper()
	failures := new(diary)
	server := &http1.Server{
		TLS:       config,
		TLSFailed: func(err error) { _, _ = failures.Write([]byte(err.Error() + "\n")) },
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "tls "+r.TLS.ServerName)
		}),
	}
	l := tcp(tb)
	done := make(chan error)
	go func() { done <- server.Serve(l) }()
	tb.Cleanup(func() {
		_ = server.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			tb.Error(err)
		}
	})
	return l, failures
}

// pipe is both ends of a connection in a bubble of synctest, the first with TLS.
func pipe(config *tls.Config) (accepted, client net.Conn) {
	ours, theirs := net.Pipe()
	return tls.Server(ours, config), theirs
}
