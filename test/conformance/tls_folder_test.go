package conformance_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// signer is an authority of somebody's own.
type signer struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
}

func newSigner(t *testing.T) *signer {
	t.Helper()
	s := &signer{pool: x509.NewCertPool()}
	s.cert = &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "somebody's own"}, NotAfter: time.Now().Add(time.Hour),
		BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCertSign,
	}
	var err error
	s.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	der, err := x509.CreateCertificate(rand.Reader, s.cert, s.cert, s.key.Public(), s.key)
	must(t, err)
	s.cert, err = x509.ParseCertificate(der)
	must(t, err)
	s.pool.AddCert(s.cert)
	return s
}

// certify makes a certificate and its key, both PEM, for servers and clients.
func (s *signer) certify(t *testing.T, serial int64, names ...string) (chain, key []byte) {
	t.Helper()
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: names[0]}, DNSNames: names, NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	der, err := x509.CreateCertificate(rand.Reader, leaf, s.cert, private.Public(), s.key)
	must(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	must(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
}

// lay places a file as it should be done: whole, under another name, and then by its own.
func lay(t *testing.T, folder, name string, content []byte) {
	t.Helper()
	half := filepath.Join(folder, "."+name)
	must(t, os.WriteFile(half, content, 0o600))
	must(t, os.Rename(half, filepath.Join(folder, name)))
}

// shown is the serial number of the certificate for a name, and the error of a client that trusts these authorities.
func (s *site) shown(t *testing.T, pool *x509.CertPool, name string) (string, error) {
	t.Helper()
	state, err := s.shake(t, &tls.Config{RootCAs: pool, ServerName: name, MinVersion: tls.VersionTLS12})
	if err != nil {
		return "", err
	}
	return state.PeerCertificates[0].SerialNumber.String(), nil
}

// awaitSerial waits until the certificate for a name is another one. Every client on the way is served.
func (s *site) awaitSerial(t *testing.T, pool *x509.CertPool, name, serial string) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); ; <-tick.C {
		switch got, err := s.shown(t, pool, name); {
		case err != nil:
			t.Fatalf("%s: %v", name, err)
		case got == serial:
			return
		case time.Now().After(end):
			t.Fatalf("%s shows certificate %s still, expected %s", name, got, serial)
		}
	}
}

// TestCertificateFolder shows certificates of a folder by certificateArn and by name, and follows the folder. Source:
// "certificateArn" of DomainNameConfiguration in the API Gateway version 2 API reference; that files stand for it is ours.
func TestCertificateFolder(t *testing.T) {
	folder, authority := t.TempDir(), newSigner(t)
	pemFile := func(serial int64, names ...string) []byte {
		chain, key := authority.certify(t, serial, names...)
		return append(chain, key...)
	}
	lay(t, folder, "one.pem", pemFile(11, "one.example.test"))
	chain, key := authority.certify(t, 21, "*.example.test")
	lay(t, folder, "two.crt", chain)
	lay(t, folder, "two.key", key)
	lay(t, folder, "three.pem", pemFile(31, "one.example.test", "three.example.test"))
	lay(t, folder, "default.pem", pemFile(41, "default.example.org"))
	s := openSite(t, siting{flags: []string{"--certificates", folder}})
	s.define(t, mirrored)
	s.own(t, ground{name: "one.example.test", certificate: "one", stages: map[string]string{"": "blue"}})
	s.own(t, ground{name: "*.example.test", certificate: "two", stages: map[string]string{"": "blue"}})
	s.own(t, ground{name: "three.example.test", certificate: "three", stages: map[string]string{"": "blue"}})
	for name, want := range map[string]string{
		"one.example.test": "11", "any.example.test": "21", "three.example.test": "31", "default.example.org": "41",
	} {
		if got, err := s.shown(t, authority.pool, name); err != nil || got != want {
			t.Errorf("%s: certificate %s, %v; expected %s", name, got, err, want)
		}
	}
	if _, err := s.shown(t, s.roots, "localhost"); err != nil {
		t.Errorf("the names of the gateway are no longer certified by the local authority: %v", err)
	}
	if _, err := s.shown(t, authority.pool, "nobody.example.org"); err == nil || !strings.Contains(err.Error(), "default.example.org") {
		t.Errorf("a name of nobody's: %v", err)
	}

	open, err := s.visit(t, s.browser(func(c *tls.Config) { c.RootCAs = authority.pool }), "wss://one.example.test")
	must(t, err)
	lay(t, folder, "two.crt", []byte("no certificate"))
	lay(t, folder, "one.pem", pemFile(12, "one.example.test"))
	s.awaitSerial(t, authority.pool, "one.example.test", "12")
	if got, err := s.shown(t, authority.pool, "any.example.test"); err != nil || got != "21" {
		t.Errorf("a bad new file: certificate %s, %v; expected the old one", got, err)
	}
	if said := s.running.output.String(); strings.Count(said, "certificate refused") != 1 || !strings.Contains(said, "two.crt") {
		t.Errorf("the program says of a bad file %q", said)
	}
	if got := open.sends(t, "still here?"); got != "one.example.test blue" {
		t.Errorf("the connection that was open answers %q", got)
	}
	s.mustControl(t, http.MethodPatch, "/v2/domainnames/one.example.test", map[string]any{
		"domainNameConfigurations": []map[string]any{{"certificateArn": certificateARN("three")}},
	})
	if got, err := s.shown(t, authority.pool, "one.example.test"); err != nil || got != "31" {
		t.Errorf("another certificateArn: certificate %s, %v; expected 31", got, err)
	}
	s.mustControl(t, http.MethodDelete, "/v2/domainnames/one.example.test", nil)
	if got, err := s.shown(t, authority.pool, "one.example.test"); err != nil || got != "21" {
		t.Errorf("a name that is gone, below a wildcard: certificate %s, %v; expected that of the wildcard", got, err)
	}
}

// TestCertificateOfNobody wants a domain whose certificate is not in the folder to be certified by the local authority, and a key
// that others can read to be refused aloud.
func TestCertificateOfNobody(t *testing.T) {
	folder, authority := t.TempDir(), newSigner(t)
	chain, key := authority.certify(t, 11, "ws.example.test")
	must(t, os.WriteFile(filepath.Join(folder, "open.pem"), append(chain, key...), 0o600))
	must(t, os.Chmod(filepath.Join(folder, "open.pem"), 0o644))
	s := openSite(t, siting{flags: []string{"--certificates", folder}})
	s.define(t, mirrored)
	s.own(t, ground{name: "ws.example.test", certificate: "open", stages: map[string]string{"": "blue"}})
	s.want(t, "wss://ws.example.test", "ws.example.test blue")
	if said := s.running.output.String(); !strings.Contains(said, "open.pem is open to others") {
		t.Errorf("the program says %q", said)
	}
}
