package conformance_test

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
	"github.com/miekg/dns"
)

// pebble is the ACME authority for tests of Let's Encrypt, in this process. It finds every domain on this machine.
type pebble struct {
	*httptest.Server
	resolver string         // address of the DNS that it asks
	roots    *x509.CertPool // of what it signs

	mu      sync.Mutex   // guards what follows
	answers http.Handler // nil: it is not open yet
	asked   []string     // paths of the requests that it has got
	proven  []string     // domains that it has looked for
	locked  bool         // see orSkip
}

// lockedUp is how long an answer of the authority takes, at least, that never comes.
const lockedUp = 10 * time.Second

// orSkip skips what the authority of the test itself has made impossible: it reads an order under a lock that it takes twice, and
// waits for itself if a certificate is issued in between.
func (p *pebble) orSkip(t *testing.T) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.locked {
		t.Skip("SKIPPED: the authority of this test has locked itself up")
	}
}

// answer has the authority answer, and gives up on an answer that never comes.
func (p *pebble) answer(answers http.Handler, w http.ResponseWriter, r *http.Request) {
	http.TimeoutHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		done := context.AfterFunc(r.Context(), func() {
			if time.Since(begun) >= lockedUp {
				p.mu.Lock()
				p.locked = true
				p.mu.Unlock()
			}
		})
		defer done()
		answers.ServeHTTP(w, r)
	}), lockedUp, "").ServeHTTP(w, r)
}

// startPebble starts an authority that answers nothing before it is opened.
func startPebble(t *testing.T) *pebble {
	t.Helper()
	t.Setenv("PEBBLE_VA_NOSLEEP", "1")      // or it would wait before it proves
	t.Setenv("PEBBLE_WFE_NONCEREJECT", "0") // and refuse what is right, for practice
	t.Setenv("PEBBLE_AUTHZREUSE", "0")      // each certificate is to be proven
	p := &pebble{}
	p.resolver = p.startDNS(t)
	p.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.asked = append(p.asked, r.URL.Path)
		answers := p.answers
		p.mu.Unlock()
		if answers == nil {
			http.Error(w, "not open yet", http.StatusServiceUnavailable)
			return
		}
		p.answer(answers, w, r)
	}))
	t.Cleanup(p.Close)
	return p
}

// open has the authority prove domains at the data listener of a site, and sign for a time.
func (p *pebble) open(t *testing.T, s *site, seconds uint64) {
	t.Helper()
	_, text, err := net.SplitHostPort(s.address)
	must(t, err)
	port, err := net.DefaultResolver.LookupPort(t.Context(), "tcp", text)
	must(t, err)
	log, store := slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo), db.NewMemoryStore()
	signs := ca.New(log, store, "", "ecdsa", 0, 1, map[string]ca.Profile{"default": {ValidityPeriod: seconds}})
	proves := va.New(log, 1, port, false, p.resolver, store)
	answers := wfe.New(log, store, proves, signs, []string{"pebble.letsencrypt.org"}, false, false, 1, 1)
	p.roots = x509.NewCertPool()
	p.roots.AddCert(signs.GetRootCert(0).Cert)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers = answers.Handler()
}

// startDNS answers every question with this machine.
func (p *pebble) startDNS(t *testing.T) (address string) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	server := &dns.Server{Listener: l, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, question *dns.Msg) {
		answer := new(dns.Msg).SetReply(question)
		if q := question.Question[0]; q.Qtype == dns.TypeA {
			p.mu.Lock()
			p.proven = append(p.proven, strings.TrimSuffix(q.Name, "."))
			p.mu.Unlock()
			answer.Answer = append(answer.Answer, &dns.A{Hdr: dns.RR_Header{Name: q.Name, Rrtype: q.Qtype, Class: q.Qclass}, A: net.IPv4(127, 0, 0, 1)})
		}
		_ = w.WriteMsg(answer) // who does not get it will say so
	})}
	go func() { _ = server.ActivateAndServe() }()
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String()
}

// count is how many requests there were for something.
func (p *pebble) count(path string) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, asked := range p.asked {
		if strings.HasPrefix(asked, path) {
			n++
		}
	}
	return n
}

// What is requested once for each order and for each certificate: RFC 8555 section 7.4.
const (
	newOrder = "/order-plz"
	finalize = "/finalize-order/"
)

// domains are those that the authority was asked to certify.
func (p *pebble) domains() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Compact(slices.Sorted(slices.Values(p.proven)))
}

// siting is how a program is started that gets its certificates here. That the authority's own door can be trusted it learns in
// the way of all programs that are written in Go.
func (p *pebble) siting(t *testing.T) siting {
	t.Helper()
	door := filepath.Join(t.TempDir(), "door.pem")
	must(t, os.WriteFile(door, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.Certificate().Raw}), 0o600))
	return siting{
		dir: t.TempDir(), env: []string{"SSL_CERT_FILE=" + door},
		flags: []string{"--acme", "--acme-email", "operator@acme.test", "--acme-directory", p.URL + wfe.DirectoryPath},
	}
}
