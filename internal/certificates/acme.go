package certificates

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// ACME says where to get certificates that the world trusts. To use it is to agree to the terms of that authority.
type ACME struct {
	Directory string                   // URL of the authority; Let's Encrypt's
	Email     string                   // where the authority may write to; nowhere
	Domains   func(domain string) bool // what to ask certificates for: names that are known, never all names; nothing

	// Folder keeps the account and the certificates, with their keys; it is made if it is not there. Nodes that share their
	// domains must share what is kept, or the authority would ask one for the proof that another has: then Cache is where,
	// in place of the folder.
	Folder string
	Cache  autocert.Cache

	HTTP *http.Client // calls the authority; http.DefaultClient
}

// A client that waits longer than its handshake may take comes again; what it waited for goes on. So many may wait for one
// domain, and that often is a failure logged.
const (
	maxWaiting   = 16
	quietFailure = time.Minute
)

// orders asks an ACME authority for certificates.
type orders struct {
	autocert.Manager

	domains func(domain string) bool
	log     *slog.Logger

	mu     sync.Mutex        // guards what follows
	orders map[string]*order // by domain
}

// order is what is known of one domain.
type order struct {
	waiting chan struct{} // full if maxWaiting do

	leaf   *x509.Certificate // orders.mu guards it, and what follows
	failed time.Time         // when that was last logged
}

func newOrders(o *ACME, log *slog.Logger) (*orders, error) {
	a := &orders{domains: o.Domains, log: log, orders: map[string]*order{}}
	a.Prompt, a.Email, a.Cache = autocert.AcceptTOS, o.Email, o.Cache
	a.Client = &acme.Client{DirectoryURL: o.Directory, HTTPClient: o.HTTP, UserAgent: "gangway"}
	if o.Directory == "" {
		a.Client.DirectoryURL = autocert.DefaultACMEDirectory
	}
	a.HostPolicy = func(_ context.Context, domain string) error {
		if !a.covers(domain) {
			return fmt.Errorf("%s is no domain of ours", domain)
		}
		return nil
	}
	if o.Cache != nil {
		return a, nil
	}
	if o.Folder == "" {
		return nil, errors.New("there is no folder to keep certificates in")
	}
	a.Cache = autocert.DirCache(o.Folder)
	return a, errors.Join(os.MkdirAll(o.Folder, 0o700), checkMode(o.Folder, 0o700))
}

// isChallenge says whether it is the authority that calls: RFC 8737 section 3.
func isChallenge(hello *tls.ClientHelloInfo) bool {
	return slices.Equal(hello.SupportedProtos, []string{acme.ALPNProto})
}

func (a *orders) covers(domain string) bool { return a.domains != nil && a.domains(domain) }

// challenge is the certificate that proves to the authority that the domain is ours, or nil if it does not ask.
func (a *orders) challenge(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if !a.covers(normal(hello.ServerName)) {
		return nil, nil
	}
	return a.GetCertificate(hello)
}

// certificate waits for one as long as the handshake may take. It goes on in a goroutine of its own, for autocert takes its
// time and knows no context.
func (a *orders) certificate(hello *tls.ClientHelloInfo, domain string) (*tls.Certificate, error) {
	type result struct {
		pair *tls.Certificate
		err  error
	}
	o, done, ctx := a.order(domain), make(chan result, 1), hello.Context()
	select {
	case o.waiting <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	go func() {
		defer func() { <-o.waiting }()
		pair, err := a.GetCertificate(hello)
		a.note(o, domain, pair, err)
		done <- result{pair, err}
	}()
	select {
	case r := <-done:
		return r.pair, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (a *orders) order(domain string) *order {
	a.mu.Lock()
	defer a.mu.Unlock()
	o := a.orders[domain]
	if o == nil {
		o = &order{waiting: make(chan struct{}, maxWaiting)}
		a.orders[domain] = o
	}
	return o
}

// note remembers what came of an order.
func (a *orders) note(o *order, domain string, pair *tls.Certificate, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err == nil {
		o.leaf = pair.Leaf
		return
	}
	if time.Since(o.failed) > quietFailure {
		o.failed = time.Now()
		a.log.Error("no certificate from the ACME authority", "domain", domain, "error", err)
	}
}

// leaves are the certificates that clients were shown.
func (a *orders) leaves() map[string]*x509.Certificate {
	a.mu.Lock()
	defer a.mu.Unlock()
	leaves := map[string]*x509.Certificate{}
	for domain, o := range a.orders {
		if o.leaf != nil {
			leaves[domain] = o.leaf
		}
	}
	return leaves
}
