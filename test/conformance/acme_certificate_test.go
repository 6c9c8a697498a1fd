package conformance_test

import (
	"crypto/tls"
	"crypto/x509"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// trusting has a client trust what an authority signs, and nobody else.
func (p *pebble) trusting(c *tls.Config) { c.RootCAs = p.roots }

// trustingLate is trusting for certificates that may have run out, on a slow machine, before a client looks at them.
func (p *pebble) trustingLate(c *tls.Config) {
	c.InsecureSkipVerify = true // by the clock; the rest follows
	c.VerifyConnection = func(state tls.ConnectionState) error {
		leaf, between := state.PeerCertificates[0], x509.NewCertPool()
		for _, cert := range state.PeerCertificates[1:] {
			between.AddCert(cert)
		}
		_, err := leaf.Verify(x509.VerifyOptions{Roots: p.roots, Intermediates: between, DNSName: state.ServerName, CurrentTime: leaf.NotBefore})
		return err
	}
}

// TestACME gets a certificate for a custom domain name from an ACME authority, proves the name on the data listener, and keeps
// the certificate. Source: RFC 8555 section 7 and RFC 8737; on API Gateway, certificates come from AWS Certificate Manager.
func TestACME(t *testing.T) {
	p := startPebble(t)
	how := p.siting(t)
	s := openSite(t, how)
	p.open(t, s, uint64((90 * 24 * time.Hour).Seconds()))
	s.define(t, mirrored)
	s.own(t, ground{name: "ws.acme.test", stages: map[string]string{"": "blue"}})
	for name, want := range map[string]string{"nobody.acme.test": "unrecognized name", "sub.ws.acme.test": "unrecognized name", "ws.acme.test.example.org": "unrecognized name", "localhost": "", "": ""} {
		roots := s.browser(func(c *tls.Config) { c.ServerName = name })
		if name == "" {
			name = "127.0.0.1"
		}
		if got := s.outcome(t, roots, "wss://"+name+s.port()); want != "" && !strings.Contains(got, want) || want == "" && got != nothingThere {
			t.Errorf("%s: %s", name, got)
		}
	}
	if n := p.count("/"); n > 0 {
		t.Errorf("the authority has got %d requests for names that are no custom domain names", n)
	}

	by := s.browser(p.trusting)
	if got := s.outcome(t, by, "wss://ws.acme.test"); got != "ws.acme.test blue" {
		p.orSkip(t)
		t.Fatalf("%s: %s", got, s.running.output)
	}
	first, err := s.shown(t, p.roots, "ws.acme.test")
	must(t, err)
	if got := p.domains(); !slices.Equal(got, []string{"ws.acme.test"}) || p.count(newOrder) != 1 || p.count(finalize) != 1 {
		t.Errorf("the authority has certified %v, with %d orders", got, p.count(newOrder))
	}
	// Whoever speaks like the authority gets nothing while it does not ask, and never gets to a stage.
	if _, err := s.shake(t, &tls.Config{InsecureSkipVerify: true, ServerName: "ws.acme.test", NextProtos: []string{"acme-tls/1"}}); err == nil {
		t.Error("somebody who speaks like the authority is served")
	}

	s.running.stop(t)
	p.Close()
	wantPrivate(t, filepath.Join(s.dir, "acme"))
	how.dir, how.backend = s.dir, s.backend
	again := openSite(t, how)
	if got, err := again.shown(t, p.roots, "ws.acme.test"); err != nil || got != first {
		t.Errorf("after a restart, with the authority away: certificate %s, %v; expected %s", got, err, first)
	}
	again.mustControl(t, http.MethodDelete, "/v2/domainnames/ws.acme.test", nil)
	if _, err := again.shown(t, p.roots, "ws.acme.test"); err == nil || !strings.Contains(err.Error(), "unrecognized name") {
		t.Errorf("a name that is gone: %v", err)
	}
}

// wantPrivate wants a folder and all in it to be its owner's alone.
func wantPrivate(t *testing.T, folder string) {
	t.Helper()
	files := 0
	must(t, filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := os.Stat(path)
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %o", path, info.Mode().Perm())
		}
		if !entry.IsDir() {
			files++
		}
		return err
	}))
	if files < 2 {
		t.Errorf("there are %d files, expected an account and a certificate", files)
	}
}

// TestACMERenewal renews a certificate in time, without a client that asks and without an end to what is open. It is one of a few
// seconds: a third of its life before its end is when it is renewed.
func TestACMERenewal(t *testing.T) {
	p := startPebble(t)
	s := openSite(t, p.siting(t))
	p.open(t, s, 8)
	s.define(t, mirrored)
	s.own(t, ground{name: "ws.acme.test", stages: map[string]string{"": "blue"}})
	open, err := s.visit(t, s.browser(p.trustingLate), "wss://ws.acme.test")
	if err != nil {
		p.orSkip(t)
		t.Fatal(err)
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); p.count(finalize) < 2; <-tick.C {
		if time.Now().After(end) {
			p.orSkip(t)
			t.Fatalf("nothing was renewed: %s", s.running.output)
		}
	}
	if got := s.outcome(t, s.browser(p.trustingLate), "wss://ws.acme.test"); got != "ws.acme.test blue" {
		t.Errorf("after the renewal: %s", got)
	}
	if got := open.sends(t, "still here?"); got != "ws.acme.test blue" {
		t.Errorf("the connection that was open answers %q", got)
	}
}

// TestACMEAway serves the other names while the authority does not answer, and says once what is wrong.
func TestACMEAway(t *testing.T) {
	p := startPebble(t)
	s := openSite(t, p.siting(t))
	s.define(t, mirrored)
	s.own(t, ground{name: "ws.acme.test", stages: map[string]string{"": "blue"}})
	p.Close()
	for range 3 {
		if _, err := s.shown(t, p.roots, "ws.acme.test"); err == nil {
			t.Error("there is a certificate that nobody has signed")
		}
	}
	s.want(t, "ws://ws.acme.test", "ws.acme.test blue")
	s.want(t, "wss://localhost"+s.port()+"/"+s.api.id+"/blue", "localhost"+s.port()+"/"+s.api.id+" blue")
	if said := s.running.output.String(); strings.Count(said, "no certificate from the ACME authority") != 1 {
		t.Errorf("the program says %q", said)
	}
}
