package integration

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"testing"
)

// The wire formats of AWS_PROXY, for benchmark and fuzzing.
var (
	AppendEvent = appendEvent
	DecodeReply = decodeReply
)

// Denies is the decision of a transport about an address.
func Denies(options TransportOptions, address string) bool {
	return newGuard(options).control("tcp", address, nil) != nil
}

// NewTransportAsking is NewTransport, but asks a resolver of the test's.
func NewTransportAsking(resolver *net.Resolver, options TransportOptions) *Transport {
	dialer := newDialer(options)
	dialer.Resolver = resolver
	return newTransport(dialer, nil)
}

// NewTransportTrusting is NewTransport, but trusts servers that the test has certified.
func NewTransportTrusting(roots *x509.CertPool) *Transport {
	return newTransport(newDialer(TransportOptions{}), roots)
}

// Pools is how many kinds of connections there are.
func (t *Transport) Pools() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.pools)
}

// Kind makes connections with a certificate possible, without making any.
func (t *Transport) Kind(tb testing.TB, shown *tls.Certificate) {
	tb.Helper()
	if _, err := t.through("", "", newCertificate(shown)); err != nil {
		tb.Fatal(err)
	}
}
