package conformance_test

import (
	"crypto/tls"
	"encoding/pem"
	"net/http"
	"strings"
	"testing"
)

// openMutual is a mirror under names that ask clients for a certificate and one that does not, and who signs those.
func openMutual(t *testing.T) (s *site, clients *signer) {
	t.Helper()
	folder := t.TempDir()
	clients = newSigner(t)
	lay(t, folder, "partners.ca", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: clients.cert.Raw}))
	s = openSite(t, siting{flags: []string{"--certificates", folder}})
	s.certificates = folder
	s.define(t, mirrored)
	asking, stages := map[string]string{"gangway:client-ca": "partners"}, map[string]string{"": "blue"}
	s.own(t, ground{name: "partners.example.test", tags: asking, stages: stages})
	s.own(t, ground{name: "*.wild.example.test", tags: asking, stages: stages})
	s.own(t, ground{name: "lost.example.test", tags: map[string]string{"gangway:client-ca": "lost"}, stages: stages})
	s.own(t, ground{name: "open.example.test", stages: stages})
	return s, clients
}

// showing has a client show a certificate that somebody has signed.
func (s *signer) showing(t *testing.T) func(*tls.Config) {
	t.Helper()
	pair, err := tls.X509KeyPair(s.certify(t, 7, "a partner"))
	must(t, err)
	return func(c *tls.Config) { // whatever the server says whom it trusts
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	}
}

// TestMutualTLS wants a domain to let in whom its authority has certified, and nobody else. API Gateway has mutual TLS for REST
// and HTTP APIs only: "Configuring mutual TLS authentication for a REST API" in the developer guide.
func TestMutualTLS(t *testing.T) {
	s, clients := openMutual(t)
	right, wrong := s.browser(clients.showing(t)), s.browser(newSigner(t).showing(t))
	for _, host := range []string{"partners.example.test", "PARTNERS.example.test", "any.wild.example.test"} {
		t.Run(host, func(t *testing.T) {
			for _, port := range []string{"", s.port()} {
				if got, want := s.outcome(t, right, "wss://"+host+port), strings.ToLower(host)+port+" blue"; got != want {
					t.Errorf("the right certificate: %s; expected %s", got, want)
				}
			}
			if got := s.outcome(t, s.browser(), "wss://"+host); !strings.Contains(got, "tls: certificate required") {
				t.Errorf("no certificate: %s", got)
			}
			if got := s.outcome(t, wrong, "wss://"+host); !strings.Contains(got, "tls: unknown certificate authority") {
				t.Errorf("a certificate of somebody else: %s", got)
			}
			old := s.browser(func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 })
			if got := s.outcome(t, old, "wss://"+host); !strings.Contains(got, "remote error: tls:") {
				t.Errorf("no certificate in TLS 1.2: %s", got)
			}
		})
	}
	if got := s.outcome(t, right, "wss://lost.example.test"); !strings.Contains(got, "tls: unknown certificate authority") {
		t.Errorf("an authority that is not there trusts somebody: %s", got)
	}
	if got := s.outcome(t, wrong, "wss://open.example.test"); got != "open.example.test blue" {
		t.Errorf("a name that asks for nothing: %s", got)
	}
}

// TestMutualTLSAround looks for a way around: a connection for one name, or none, and a request for another. Source: RFC 9110
// section 15.5.20.
func TestMutualTLSAround(t *testing.T) {
	s, clients := openMutual(t)
	open, plain := "https://open.example.test", "http://partners.example.test"
	for _, row := range []struct{ name, by, host string }{
		{"by a connection for another name", open, "partners.example.test"},
		{"with a port", open, "partners.example.test:8443"},
		{"in capitals", open, "PARTNERS.example.test"},
		{"in brackets", open, "[partners.example.test]"},
		{"with a dot", open, "partners.example.test."},
		{"with a dot and a port", open, "partners.example.test.:8443"},
		{"below a wildcard", open, "any.wild.example.test"},
		{"below a wildcard, with a port", open, "any.wild.example.test:8443"},
		{"by a name of the gateway", "https://localhost", "partners.example.test"},
		{"by no name", "https://127.0.0.1", "partners.example.test"},
		{"without TLS", plain, "partners.example.test"},
		{"without TLS, with a port", plain, "partners.example.test" + s.port()},
		{"without TLS, below a wildcard", plain, "any.wild.example.test"},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, path := range []string{"/", "/@connections/R0oXAdfD0kwCH6w%3D"} {
				got, err := s.call(t, s.browser(clients.showing(t)), row.by+path, func(r *http.Request) { r.Host = row.host })
				must(t, err)
				want := http.StatusMisdirectedRequest
				if strings.HasPrefix(row.host, "[") { // in brackets there are addresses: RFC 3986 section 3.2.2
					want = http.StatusBadRequest
				}
				if got.status != want {
					t.Errorf("%s%s: %d %s; expected %d", row.host, path, got.status, got.body, want)
				}
			}
		})
	}
	got, err := s.call(t, s.browser(clients.showing(t)), "https://partners.example.test/@connections/R0oXAdfD0kwCH6w%3D")
	if err != nil || got.status != http.StatusGone {
		t.Errorf("@connections with the right certificate: %v, %v", got, err)
	}
	// A certificate for one name is none for another, should the two ask for the same.
	got, err = s.call(t, s.browser(clients.showing(t)), "https://partners.example.test/", func(r *http.Request) { r.Host = "any.wild.example.test" })
	if err != nil || got.status != http.StatusMisdirectedRequest {
		t.Errorf("a request for another name: %v, %v", got, err)
	}
}

// oneSession has a client resume, under whatever name, the session that it had last.
type oneSession struct{ last *tls.ClientSessionState }

// Get implements tls.ClientSessionCache.
func (o *oneSession) Get(string) (*tls.ClientSessionState, bool) { return o.last, o.last != nil }

// Put implements tls.ClientSessionCache.
func (o *oneSession) Put(_ string, state *tls.ClientSessionState) { o.last = state }

// TestMutualTLSResumption resumes at one name the session of another, which trusts somebody else: RFC 8446 section 4.6.1 leaves to
// the server whether that is right.
func TestMutualTLSResumption(t *testing.T) {
	s, clients := openMutual(t)
	others := newSigner(t)
	lay(t, s.certificates, "others.ca", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: others.cert.Raw}))
	s.own(t, ground{name: "others.example.test", tags: map[string]string{"gangway:client-ca": "others"}, stages: map[string]string{"": "blue"}})
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		sessions := &oneSession{}
		by := func(name string, show func(*tls.Config)) (tls.ConnectionState, error) {
			config := &tls.Config{ServerName: name, InsecureSkipVerify: true, ClientSessionCache: sessions, MinVersion: version, MaxVersion: version}
			show(config)
			return s.shake(t, config)
		}
		nothing := func(*tls.Config) {}
		if _, err := by("partners.example.test", clients.showing(t)); err != nil || sessions.last == nil {
			t.Fatalf("%s: a partner: %v", tls.VersionName(version), err)
		}
		if state, err := by("others.example.test", clients.showing(t)); err == nil {
			t.Errorf("%s: a partner's session is resumed at the others' name: %v", tls.VersionName(version), state.DidResume)
		}
		sessions.last = nil
		if _, err := by("open.example.test", nothing); err != nil || sessions.last == nil {
			t.Fatalf("%s: anybody: %v", tls.VersionName(version), err)
		}
		if _, err := by("partners.example.test", nothing); err == nil {
			t.Errorf("%s: anybody's session is resumed at the partners' name", tls.VersionName(version))
		}
	}
}

// TestMutualTLSOff wants a name that asks for certificates to be closed where there is no TLS to show them by.
// Source: guess; fail closed.
func TestMutualTLSOff(t *testing.T) {
	s := openMirror(t, "--no-tls")
	s.own(t, ground{name: "partners.example.test", tags: map[string]string{"gangway:client-ca": "partners"}, stages: map[string]string{"": "blue"}})
	s.want(t, "ws://partners.example.test", "421 Misdirected Request")
}
