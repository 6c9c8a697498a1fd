package certificates

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"

	"golang.org/x/crypto/acme"
)

// TLSConfig is for a server of HTTP/1.1 that takes its certificates from s. With ACME, the
// server must end connections that have agreed on acme-tls/1: RFC 8737 section 3 has nothing follow their handshake.
func (s *Store) TLSConfig() *tls.Config {
	config := &tls.Config{
		MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS13,
		NextProtos:     []string{"http/1.1"},
		GetCertificate: s.certificate,
		Time:           s.o.Now,
	}
	if s.acme != nil {
		config.NextProtos = append(config.NextProtos, acme.ALPNProto)
	}
	plain := config.Clone()
	config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		if s.acme != nil && isChallenge(hello) {
			return nil, nil // an authority shows no certificate
		}
		return s.configFor(plain, normal(hello.ServerName)), nil
	}
	return config
}

// configFor is what a domain asks for, or nil if that is nothing out of the ordinary.
func (s *Store) configFor(plain *tls.Config, domain string) *tls.Config {
	lowest, signers := s.policy(domain), s.clientCAs(domain)
	if lowest == plain.MinVersion && signers == nil {
		return nil
	}
	config := plain.Clone()
	config.MinVersion = lowest
	if signers != nil {
		config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, signers
	}
	return config
}

func (s *Store) policy(domain string) uint16 {
	if s.o.Policy == nil || domain == "" {
		return tls.VersionTLS12
	}
	return min(max(s.o.Policy(domain), tls.VersionTLS12), tls.VersionTLS13)
}

func (s *Store) clientCAs(domain string) *x509.CertPool {
	if s.o.ClientCAs == nil || domain == "" {
		return nil
	}
	return s.o.ClientCAs(domain)
}

// ErrMisdirected says that a request is for another domain than its connection, and one that asks more of its clients.
// RFC 9110 section 15.5.20 has status 421 for it.
var ErrMisdirected = errors.New("certificates: misdirected request")

// Admits says whether a request for a host, without its port, may come by a connection, nil if that is plain. Without this
// question a client would name one domain in its handshake and another in its request, and show no certificate for it, or go on
// by a connection after those who signed its certificate are trusted no more, or after it has expired. It returns nil or
// ErrMisdirected.
func (s *Store) Admits(host string, connection *tls.ConnectionState) error {
	domain := normal(host)
	lowest, signers := s.policy(domain), s.clientCAs(domain)
	switch {
	case signers == nil && (connection == nil || lowest <= connection.Version):
		return nil
	case connection == nil:
		return fmt.Errorf("%w: %s wants TLS", ErrMisdirected, domain)
	case normal(connection.ServerName) != domain:
		return fmt.Errorf("%w: %s by a connection for %q", ErrMisdirected, domain, connection.ServerName)
	case connection.Version < lowest || signers != nil && !s.isProven(connection, signers):
		return fmt.Errorf("%w: %s has changed what it wants since", ErrMisdirected, domain)
	}
	return nil
}

// isProven says whether the client of a connection was asked for its certificate, and one of the signers has signed it.
func (s *Store) isProven(connection *tls.ConnectionState, signers *x509.CertPool) bool {
	return len(connection.VerifiedChains) > 0 && s.proofs.good(connection.PeerCertificates, signers, clock(s.o.Now))
}
