package certificates_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gangway/internal/certificates"
)

// guarded is a store whose domain closed.localhost wants certificates of its clients, and new.localhost TLS 1.3.
func guarded(t *testing.T) (*certificates.Store, *signer) {
	t.Helper()
	var o certificates.Options
	o.Authority, _ = openAuthority(t)
	clients := newSigner(t)
	o.ClientCAs = func(domain string) *x509.CertPool {
		if domain == "closed.localhost" {
			return clients.pool
		}
		return nil
	}
	o.Policy = func(domain string) uint16 {
		return map[string]uint16{"new.localhost": tls.VersionTLS13, "old.localhost": tls.VersionTLS10}[domain]
	}
	return open(t, o), clients
}

func TestClientCertificates(t *testing.T) {
	s, clients := guarded(t)
	config := s.TLSConfig()
	for name, c := range map[string]struct {
		certificate *recipe
		of          *signer
		want        string
	}{
		"none":            {nil, nil, "alert: certificate required"},
		"good":            {&recipe{client: true}, clients, "closed.localhost"},
		"of another":      {&recipe{client: true}, newSigner(t), "alert: unknown certificate authority"},
		"expired":         {&recipe{client: true, from: time.Now().AddDate(-1, 0, 0)}, clients, "alert: expired certificate"},
		"not for clients": {&recipe{}, clients, "alert: bad certificate"},
	} {
		client := asking("closed.localhost")
		if c.certificate != nil {
			pair := c.of.pair(t, *c.certificate)
			client.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
		}
		a := shake(t, config, client)
		if got := a.shown(); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
		if (a.serverErr == nil) != (c.want == "closed.localhost") {
			t.Errorf("%s: the server says %v", name, a.serverErr)
		}
		if err := s.Admits("closed.localhost", &a.server); a.serverErr == nil && err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if a := shake(t, config, asking("localhost")); a.clientErr != nil {
		t.Errorf("another domain: %v", a.clientErr)
	}
}

// A session of a domain that wants nothing is not resumed on one that does.
func TestNoResumptionElsewhere(t *testing.T) {
	s, _ := guarded(t)
	config := s.TLSConfig()
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		client := asking("localhost")
		client.MaxVersion, client.ClientSessionCache = version, everywhere{tls.NewLRUClientSessionCache(1)}
		shake(t, config, client)
		if a := shake(t, config, client); a.clientErr != nil || !a.client.DidResume {
			t.Errorf("%x: resumed %v, %v", version, a.client.DidResume, a.clientErr)
		}
		client.ServerName = "closed.localhost"
		if a := shake(t, config, client); a.serverErr == nil {
			t.Errorf("%x: resumed %v without a certificate", version, a.server.DidResume)
		}
	}
}

// everywhere resumes with any server what was begun with another.
type everywhere struct{ tls.ClientSessionCache }

func (e everywhere) Get(string) (*tls.ClientSessionState, bool) { return e.ClientSessionCache.Get("") }

func (e everywhere) Put(_ string, s *tls.ClientSessionState) {
	if s != nil {
		e.ClientSessionCache.Put("", s)
	}
}

func TestVersions(t *testing.T) {
	s, _ := guarded(t)
	config := s.TLSConfig()
	for _, c := range []struct {
		domain string
		offers uint16
		want   string
	}{
		{"localhost", tls.VersionTLS11, "alert: protocol version not supported"},
		{"old.localhost", tls.VersionTLS11, "alert: protocol version not supported"},
		{"old.localhost", tls.VersionTLS12, "old.localhost"},
		{"localhost", tls.VersionTLS12, "localhost"},
		{"localhost", tls.VersionTLS13, "localhost"},
		{"new.localhost", tls.VersionTLS12, "alert: protocol version not supported"},
		{"new.localhost", tls.VersionTLS13, "new.localhost"},
	} {
		client := asking(c.domain)
		client.MinVersion, client.MaxVersion = tls.VersionTLS10, c.offers
		if got := shake(t, config, client).shown(); got != c.want {
			t.Errorf("%s with %s: got %s", c.domain, tls.VersionName(c.offers), got)
		}
	}
}

// HTTP/2 is not offered, and neither is what ACME authorities ask for, without ACME.
func TestProtocols(t *testing.T) {
	s, _ := guarded(t)
	config := s.TLSConfig()
	for offers, want := range map[string]string{
		"h2 http/1.1": "http/1.1", "http/1.1": "http/1.1", "": "", "h2": "alert: no application protocol",
		"acme-tls/1": "alert: no application protocol",
	} {
		client := asking("localhost")
		client.NextProtos = strings.Fields(offers)
		a := shake(t, config, client)
		got := a.client.NegotiatedProtocol
		if a.clientErr != nil {
			got = a.shown()
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", offers, got, want)
		}
	}
}

// Who may ask for which host by which connection.
func TestAdmits(t *testing.T) {
	s, clients := guarded(t)
	config, lax := s.TLSConfig(), open(t, certificates.Options{})
	connection := func(name string) *tls.ConnectionState {
		client := asking(name)
		client.Certificates = []tls.Certificate{clients.pair(t, recipe{client: true})}
		a := shake(t, config, client)
		must(t, a.clientErr)
		return &a.server
	}
	plain, closed, modern := connection("localhost"), connection("CLOSED.localhost"), connection("new.localhost")
	unproven := *closed
	unproven.VerifiedChains = nil
	aged := *modern
	aged.Version = tls.VersionTLS12
	for name, c := range map[string]struct {
		host       string
		connection *tls.ConnectionState
		want       string
	}{
		"plain":               {"localhost", nil, ""},
		"plain, wants 1.3":    {"new.localhost", nil, ""},
		"plain, closed":       {"closed.localhost", nil, "closed.localhost wants TLS"},
		"another":             {"other.test", plain, ""},
		"the same":            {"Closed.localhost.", closed, ""},
		"fronted":             {"closed.localhost", plain, `closed.localhost by a connection for "localhost"`},
		"from the closed":     {"localhost", closed, ""},
		"not proven":          {"closed.localhost", &unproven, "has changed what it wants"},
		"fronted, new enough": {"new.localhost", plain, ""},
		"the same, old":       {"new.localhost", &aged, "has changed what it wants"},
		"fronted, not enough": {"new.localhost", &tls.ConnectionState{Version: tls.VersionTLS12}, "by a connection for"},
	} {
		err := s.Admits(c.host, c.connection)
		if (err == nil) != (c.want == "") || err != nil && (!errors.Is(err, certificates.ErrMisdirected) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	if err := lax.Admits("closed.localhost", nil); err != nil {
		t.Error(err)
	}
}

// A connection that was kept proves no more than its certificate would now.
func TestAdmitsAfterChanges(t *testing.T) {
	before, after := newSigner(t), newSigner(t)
	var signers atomic.Pointer[x509.CertPool]
	var now atomic.Pointer[time.Time]
	set := func(pool *x509.CertPool, at time.Time) {
		signers.Store(pool)
		now.Store(&at)
	}
	start := time.Now()
	set(before.pool, start)
	authority, _ := openAuthority(t)
	s := open(t, certificates.Options{
		Authority: authority, ClientCAs: func(string) *x509.CertPool { return signers.Load() }, Now: func() time.Time { return *now.Load() },
	})
	client := asking("closed.localhost")
	client.Certificates = []tls.Certificate{before.pair(t, recipe{client: true, life: 48 * time.Hour})}
	a := shake(t, s.TLSConfig(), client)
	must(t, a.clientErr)
	both := before.pool.Clone()
	both.AddCert(after.cert)
	server := recipe{names: []string{"closed.localhost"}}
	unfit := a.server
	unfit.PeerCertificates = []*x509.Certificate{before.pair(t, server).Leaf}
	for _, c := range []struct {
		name       string
		signers    *x509.CertPool
		at         time.Time
		connection *tls.ConnectionState
		want       bool
	}{
		{"as in the handshake", before.pool, start, &a.server, true},
		{"again", before.pool, start, &a.server, true},
		{"another authority", after.pool, start, &a.server, false},
		{"one more authority", both, start, &a.server, true},
		{"no authority", x509.NewCertPool(), start, &a.server, false},
		{"back again", before.pool, start, &a.server, true},
		{"expired", before.pool, start.Add(72 * time.Hour), &a.server, false},
		{"not for clients", before.pool, start, &unfit, false},
		{"open to all", nil, start, &a.server, true},
	} {
		set(c.signers, c.at)
		if err := s.Admits("closed.localhost", c.connection); (err == nil) != c.want || err != nil && !errors.Is(err, certificates.ErrMisdirected) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// What clients have proven is remembered, and not without end.
func TestProofs(t *testing.T) {
	s, clients := guarded(t)
	connection := func() *tls.ConnectionState {
		client := asking("closed.localhost")
		client.Certificates = []tls.Certificate{clients.pair(t, recipe{client: true})}
		a := shake(t, s.TLSConfig(), client)
		must(t, a.clientErr)
		return &a.server
	}
	kept := connection()
	must(t, s.Admits("closed.localhost", kept))
	if n := testing.AllocsPerRun(100, func() { must(t, s.Admits("closed.localhost", kept)) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
	leaf := *kept.PeerCertificates[0]
	for range certificates.MaxProofs {
		one, other := *kept, leaf
		one.PeerCertificates = []*x509.Certificate{&other}
		must(t, s.Admits("closed.localhost", &one))
	}
	if n := s.Proofs(); n != certificates.MaxProofs {
		t.Errorf("%d are kept", n)
	}
	must(t, s.Admits("closed.localhost", kept))
}
