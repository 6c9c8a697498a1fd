package certificates

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// Options say where certificates come from. Names are given to functions in lower case and without a dot at the end, and
// never empty. Functions must be fast and safe for concurrent use.
type Options struct {
	Folder    string                 // of PEM files; none
	ACME      *ACME                  // the authority that signs for the world; none
	Authority *Authority             // the authority that signs for this machine; none
	Ours      func(name string) bool // what Authority signs for besides localhost and loopback addresses, also addresses; nothing

	// Policy is the lowest TLS version for a domain, of the constants in crypto/tls; TLS 1.2. What is lower counts as that:
	// so does the policy TLS_1_0, which API Gateway has for REST APIs only.
	Policy func(domain string) uint16
	// ClientCAs signs the certificates that clients of a domain must show; nil: they show none. What it has returned must not
	// change: other signers are another pool.
	ClientCAs func(domain string) *x509.CertPool

	Log *slog.Logger     // nowhere
	Now func() time.Time // time.Now
}

// Store finds certificates. It is safe for concurrent use.
type Store struct {
	o      Options
	acme   *orders // nil: no ACME
	proofs proofs

	looking sync.Mutex // held while folder is used; before mu
	folder  *folder    // nil: none

	mu       sync.RWMutex // guards what follows
	index    *index
	assigned map[string]string // domain to the name of a certificate
}

// Open makes a store and reads its folder. One that cannot be read is an error; a file in it that is no good is only
// logged, so that it takes down no other domain.
func Open(o Options) (*Store, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Store{o: o, index: &index{}, assigned: map[string]string{}}
	if o.ACME != nil {
		acme, err := newOrders(o.ACME, o.Log)
		if err != nil {
			return nil, fmt.Errorf("certificates: ACME: %w", err)
		}
		s.acme = acme
	}
	if o.Folder != "" {
		s.folder = &folder{path: o.Folder, log: o.Log, files: map[string]*source{}}
		if err := s.Reload(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Reload reads what has changed in the folder. An error says that the folder cannot be read; then all stays as it was.
func (s *Store) Reload() error {
	if s.folder == nil {
		return nil
	}
	s.looking.Lock()
	defer s.looking.Unlock()
	index, err := s.folder.look(clock(s.o.Now))
	if err != nil {
		return fmt.Errorf("certificates: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.index = index
	return nil
}

// Watch calls Reload at intervals until ctx ends.
func (s *Store) Watch(ctx context.Context, interval time.Duration) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			_ = s.Reload() // which has logged it
		}
	}
}

// Assign has a domain, which may be a wildcard such as *.example.com, answered with the certificate of that name in the
// folder, whatever domains the certificate is for. While there is none of the name, it is as if nothing was assigned. The
// name "" takes an assignment back.
func (s *Store) Assign(domain, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if name == "" {
		delete(s.assigned, normal(domain))
		return
	}
	s.assigned[normal(domain)] = name
}

// certificate is for the field GetCertificate of a [tls.Config]. Nil without an error becomes the alert unrecognized_name,
// an error becomes internal_error.
func (s *Store) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if s.acme != nil && isChallenge(hello) {
		return s.acme.challenge(hello)
	}
	name := normal(hello.ServerName)
	if name == "" {
		return s.unnamed(hello)
	}
	if pair := s.stored(hello, name); pair != nil {
		return pair, nil
	}
	if s.acme != nil && s.acme.covers(name) {
		return s.acme.certificate(hello, name)
	}
	if s.o.Authority != nil && s.isLocal(name) {
		return s.o.Authority.Issue(name)
	}
	return s.fallback(), nil
}

// unnamed is the certificate for a client that names no host. Clients that connect by an address do not (RFC 6066 section
// 3); the one they used may be a machine's before us, which is not ours to know. Our end of the connection is certified only if
// it is an address that would be by its name: what a network has given to this machine today, it may give to another tomorrow.
func (s *Store) unnamed(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	names := []string{"localhost", "127.0.0.1", "::1"}
	if address, ok := hello.Conn.LocalAddr().(*net.TCPAddr); ok {
		ip := address.AddrPort().Addr().Unmap().WithZone("")
		if pair := s.stored(hello, ip.String()); pair != nil {
			return pair, nil
		}
		if !slices.Contains(names, ip.String()) && s.isLocal(ip.String()) {
			names = append(names, ip.String())
		}
	}
	if pair := s.fallback(); pair != nil || s.o.Authority == nil {
		return pair, nil
	}
	return s.o.Authority.Issue(names...)
}

// stored is the certificate in the folder for a name.
func (s *Store) stored(hello *tls.ClientHelloInfo, name string) *tls.Certificate {
	s.mu.RLock()
	defer s.mu.RUnlock()
	names := []string{name}
	if _, parent, ok := strings.Cut(name, "."); ok && !isAddress(name) {
		names = append(names, "*."+parent) // for one label, RFC 9525 section 6.3
	}
	for _, domain := range names {
		if pair := s.index.byName[s.assigned[domain]]; pair != nil {
			return pair
		}
	}
	for _, domain := range names {
		if pairs := s.index.byDomain[domain]; len(pairs) > 0 {
			return choose(hello, pairs)
		}
	}
	return nil
}

// choose prefers a certificate that the client can check: some know RSA only.
func choose(hello *tls.ClientHelloInfo, pairs []*tls.Certificate) *tls.Certificate {
	if len(pairs) > 1 {
		for _, pair := range pairs {
			if hello.SupportsCertificate(pair) == nil {
				return pair
			}
		}
	}
	return pairs[0]
}

// fallback is for names that nobody knows.
func (s *Store) fallback() *tls.Certificate {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.index.byName["default"]
}

// isLocal says whether the local authority signs for a name. All of .localhost is this machine: RFC 6761 section 6.3.
func (s *Store) isLocal(name string) bool {
	if s.o.Ours != nil && s.o.Ours(name) {
		return true
	}
	if address, err := netip.ParseAddr(name); err == nil {
		return address.IsLoopback()
	}
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}

func isAddress(name string) bool {
	_, err := netip.ParseAddr(name)
	return err == nil
}

// normal is the one spelling of a name.
func normal(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }
