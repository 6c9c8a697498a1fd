package integration

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"time"

	"gangway/internal/dial"
)

// certificate is a client certificate, and what tells it from others.
type certificate struct {
	*tls.Certificate
	fingerprint [sha256.Size]byte
}

func newCertificate(shown *tls.Certificate) *certificate {
	if shown == nil {
		return nil
	}
	c := &certificate{Certificate: shown}
	if len(shown.Certificate) > 0 {
		c.fingerprint = sha256.Sum256(shown.Certificate[0])
	}
	return c
}

// kind is what connections have in common that calls may share. Two links may lead to the same name in a URI and yet to
// different servers, and who a server takes the gateway for follows from the certificate it was shown: what is meant for one
// connection must not go over another.
type kind struct {
	link        string // empty: none
	certificate [sha256.Size]byte
}

// pool are connections of a kind. The address is where they lead in place of a URI's host; empty for that host.
type pool struct {
	*dial.Transport
	address string
	used    time.Time
}

// unused is how long after its last call a pool is kept: until its connections have ended by themselves.
const unused = 2 * time.Minute

// through is what calls of a kind go through. A link that leads elsewhere than before begins anew, with no connection of its
// past.
func (t *Transport) through(link, address string, shown *certificate) (http.RoundTripper, error) {
	if err := checkAddress(address); err != nil {
		return nil, fmt.Errorf("VPC link %q: %w", link, err)
	}
	key := kind{link: link}
	if shown != nil {
		key.certificate = shown.fingerprint
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	if p, ok := t.pools[key]; ok && p.address == address {
		p.used = now
		return p.Transport, nil
	}
	t.drop(func(other kind, p *pool) bool { return other == key || now.Sub(p.used) > unused })
	p := &pool{opening(t.dialTo(address), t.roots), address, now}
	if shown != nil {
		p.TLS.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return shown.Certificate, nil
		}
	}
	t.pools[key] = p
	return p.Transport, nil
}

// dialTo connects to an address whatever the URI says; if there is none, to the URI's.
func (t *Transport) dialTo(address string) dial.Func {
	if address == "" {
		return t.dialer.DialContext
	}
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		return t.dialer.DialContext(ctx, network, address)
	}
}

// forget closes the connections of a VPC link that is gone.
func (t *Transport) forget(link string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.drop(func(key kind, _ *pool) bool { return key.link == link })
}

func (t *Transport) drop(ended func(kind, *pool) bool) {
	for key, p := range t.pools {
		if ended(key, p) {
			p.CloseIdleConnections()
			delete(t.pools, key)
		}
	}
}

// CloseIdleConnections closes all connections that no call uses, of every kind.
func (t *Transport) CloseIdleConnections() {
	t.Transport.CloseIdleConnections()
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range t.pools {
		p.CloseIdleConnections()
	}
}
