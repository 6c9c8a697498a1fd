package certificates

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// How long what is signed is good for, and when it is signed anew. Apple trusts no server certificate of more than 825 days,
// and no public one of more than 398.
const (
	authorityYears = 10
	leafLife       = 397 * 24 * time.Hour
	leafRest       = 30 * 24 * time.Hour
	clockSkew      = time.Hour
)

// maxLeaves is how many certificates are kept for the next client that asks for the same name.
const maxLeaves = 1024

// Authority signs certificates for names on this machine. Clients accept them once they trust its own, [Authority.File].
type Authority struct {
	// Now is the time; [time.Now] if it is nil. It must not change once the authority is in use.
	Now func() time.Time

	file string
	cert *x509.Certificate
	key  crypto.Signer

	mu     sync.Mutex                  // guards what follows
	leaves map[string]*tls.Certificate // by their names
}

// OpenAuthority opens the authority of a folder: ca.pem, for clients to trust, and ca.key. If they are not there, they are
// made, and so is the folder. Each is made whole or not at all; a key alone gets a certificate, as a crash may have kept it
// from having one. An error names the file that is wrong.
func OpenAuthority(folder string) (*Authority, error) {
	a, err := openAuthority(folder)
	if err != nil {
		return nil, fmt.Errorf("local CA: %w", err)
	}
	return a, nil
}

func openAuthority(folder string) (*Authority, error) {
	certFile, keyFile := filepath.Join(folder, "ca.pem"), filepath.Join(folder, "ca.key")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	certPEM, err := readFile(certFile)
	unmade := errors.Is(err, fs.ErrNotExist)
	if err != nil && !unmade {
		return nil, err
	}
	keyPEM, err := readSecret(keyFile)
	if errors.Is(err, fs.ErrNotExist) && unmade {
		keyPEM, err = makeKey(keyFile)
	} else if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s has lost its key %s: put it back, or remove the former to have both made anew", certFile, keyFile)
	}
	if err == nil && unmade {
		certPEM, err = makeRoot(certFile, keyFile, keyPEM)
	}
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return nil, fmt.Errorf("%s and %s are no pair: %w", certFile, keyFile, err)
	}
	signer, ok := pair.PrivateKey.(crypto.Signer)
	if !ok || !pair.Leaf.IsCA || pair.Leaf.KeyUsage&x509.KeyUsageCertSign == 0 {
		return nil, fmt.Errorf("%s is not a certificate that may sign others", certFile)
	}
	return &Authority{file: certFile, cert: pair.Leaf, key: signer, leaves: map[string]*tls.Certificate{}}, nil
}

// makeKey makes a key file, or reads the one that another process has just made.
func makeKey(path string) ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if err = place(path, text, 0o600); errors.Is(err, fs.ErrExist) {
		return readSecret(path)
	}
	return text, err
}

// makeRoot makes the certificate of a key, or reads the one that another process has just made.
func makeRoot(path, keyPath string, keyPEM []byte) ([]byte, error) {
	block, _ := pem.Decode(keyPEM)
	if block == nil {
		return nil, fmt.Errorf("%s holds no key", keyPath)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	key, ok := parsed.(crypto.Signer)
	if err != nil || !ok {
		return nil, fmt.Errorf("%s holds no key that %s could be made from", keyPath, path)
	}
	var name [3]byte
	_, _ = rand.Read(name[:]) // never fails
	now := time.Now()
	root := &x509.Certificate{
		Subject:   pkix.Name{CommonName: "Gangway local CA " + hex.EncodeToString(name[:])},
		NotBefore: now.Add(-clockSkew), NotAfter: now.AddDate(authorityYears, 0, 0),
		BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, root, root, key.Public(), key)
	if err != nil {
		return nil, err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err = place(path, text, 0o644); errors.Is(err, fs.ErrExist) {
		return readFile(path)
	}
	return text, err
}

// File is the file of the certificate that clients must trust, for variables such as NODE_EXTRA_CA_CERTS.
func (a *Authority) File() string { return a.file }

// Certificate is the certificate that clients must trust.
func (a *Authority) Certificate() *x509.Certificate { return a.cert }

// Issue is a certificate for names, each of a host or an address. It is the one issued before while that is good for
// another 30 days.
func (a *Authority) Issue(names ...string) (*tls.Certificate, error) {
	key, now := strings.Join(names, " "), clock(a.Now)
	a.mu.Lock()
	kept := a.leaves[key]
	a.mu.Unlock()
	if kept != nil && now.Add(leafRest).Before(kept.Leaf.NotAfter) {
		return kept, nil
	}
	leaf, err := a.sign(names, now)
	if err != nil {
		return nil, fmt.Errorf("local CA: %w", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for other := range a.leaves {
		if len(a.leaves) < maxLeaves {
			break
		}
		delete(a.leaves, other)
	}
	a.leaves[key] = leaf
	return leaf, nil
}

// sign makes a key and a certificate for it, as RFC 5280 and the servers' half of RFC 9525 want it.
func (a *Authority) sign(names []string, now time.Time) (*tls.Certificate, error) {
	if !now.Before(a.cert.NotAfter) {
		return nil, fmt.Errorf("%s has expired on %s: remove it to have it made anew", a.file, a.cert.NotAfter.Format(time.DateOnly))
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	spki, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return nil, err
	}
	id := sha256.Sum256(spki)
	leaf := &x509.Certificate{
		Subject:   pkix.Name{CommonName: "Gangway"},
		NotBefore: now.Add(-clockSkew), NotAfter: now.Add(leafLife),
		BasicConstraintsValid: true, SubjectKeyId: id[:20],
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if leaf.NotAfter.After(a.cert.NotAfter) {
		leaf.NotAfter = a.cert.NotAfter
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			leaf.IPAddresses = append(leaf.IPAddresses, ip)
		} else {
			leaf.DNSNames = append(leaf.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, a.cert, key.Public(), a.key)
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParseCertificate(der)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: parsed}, err
}

// clock is the time by a function, or by the machine.
func clock(now func() time.Time) time.Time {
	if now == nil {
		return time.Now()
	}
	return now()
}
