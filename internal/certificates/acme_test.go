package certificates_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gangway/internal/certificates"
)

// world is an ACME authority as HTTP clients see it.
type world func(*http.Request) (*http.Response, error)

func (w world) RoundTrip(r *http.Request) (*http.Response, error) { return w(r) }

// ordering is a store that asks such an authority for certificates of *.acme.test.
func ordering(t *testing.T, folder string, w world, d *diary) *certificates.Store {
	t.Helper()
	authority, _ := openAuthority(t)
	return open(t, certificates.Options{
		Authority: authority, Log: d.log(), Ours: func(name string) bool { return strings.HasSuffix(name, ".test") },
		ACME: &certificates.ACME{
			Directory: "https://authority.test/directory", Folder: folder, HTTP: &http.Client{Transport: w},
			Domains: func(domain string) bool { return strings.HasSuffix(domain, ".acme.test") },
		},
	})
}

// unreachable fails the test if the authority is asked.
func unreachable(t *testing.T) world {
	t.Helper()
	return func(r *http.Request) (*http.Response, error) {
		t.Errorf("asked for %s", r.URL)
		return nil, errors.ErrUnsupported
	}
}

// keep puts a certificate where an earlier run would have kept it.
func keep(t *testing.T, folder, as string, r recipe) {
	t.Helper()
	cert, key := newSigner(t).make(t, r)
	write(t, filepath.Join(folder, as), bytes.Join([][]byte{key, cert}, nil), 0o600)
}

func TestKeptOrders(t *testing.T) {
	folder := t.TempDir()
	must(t, os.Chmod(folder, 0o700))
	keep(t, folder, "a.acme.test", recipe{names: []string{"a.acme.test"}})
	s := ordering(t, folder, unreachable(t), new(diary))
	config := s.TLSConfig()
	for name, want := range map[string]string{"a.acme.test": "a.acme.test", "A.acme.TEST": "a.acme.test", "b.test": "b.test", "": "localhost"} {
		a := shake(t, config, asking(name))
		if got := a.shown(); got != want {
			t.Errorf("%q: got %s, want %s", name, got, want)
		}
		local := a.clientErr == nil && strings.HasPrefix(a.client.PeerCertificates[0].Issuer.CommonName, "Gangway")
		if local != (want != "a.acme.test") {
			t.Errorf("%q: signed by %s", name, a.client.PeerCertificates[0].Issuer)
		}
	}
	if got := fmt.Sprint(s.Expiring(100 * 24 * time.Hour)); !strings.HasPrefix(got, "[{acme a.acme.test [a.acme.test]") {
		t.Errorf("got %s", got)
	}
}

// RFC 8737 section 3: the authority gets its proof and nothing else, not even an answer to a request.
func TestChallenge(t *testing.T) {
	folder := t.TempDir()
	must(t, os.Chmod(folder, 0o700))
	keep(t, folder, "a.acme.test+token", recipe{names: []string{"a.acme.test"}})
	keep(t, folder, "b.test+token", recipe{names: []string{"b.test"}})
	config := ordering(t, folder, unreachable(t), new(diary)).TLSConfig()
	l, failures := serve(t, config)
	client := asking("a.acme.test")
	client.NextProtos = []string{"acme-tls/1"}
	c := tls.Client(dial(t, l), client)
	must(t, c.SetDeadline(time.Now().Add(time.Minute)))
	must(t, c.HandshakeContext(t.Context()))
	if state := c.ConnectionState(); state.NegotiatedProtocol != "acme-tls/1" || state.PeerCertificates[0].DNSNames[0] != "a.acme.test" {
		t.Errorf("got %+v", state)
	}
	_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	if answer, _ := io.ReadAll(c); len(answer) > 0 {
		t.Errorf("answered %q", answer)
	}
	if told := failures.take(); told != "" {
		t.Errorf("told of %s", told)
	}
	for name, want := range map[string]string{"c.acme.test": "alert: internal error", "b.test": "alert: unrecognized name"} {
		client.ServerName = name
		if got := shake(t, config, client).shown(); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

// Whoever can name another protocol gets past no demand for a certificate.
func TestChallengeIsNoWayIn(t *testing.T) {
	folder := t.TempDir()
	must(t, os.Chmod(folder, 0o700))
	keep(t, folder, "a.acme.test", recipe{names: []string{"a.acme.test"}})
	config := ordering(t, folder, unreachable(t), new(diary)).TLSConfig()
	l, _ := serve(t, config)
	client := asking("a.acme.test")
	client.NextProtos = []string{"acme-tls/1", "h2"}
	c := tls.Client(dial(t, l), client)
	must(t, c.SetDeadline(time.Now().Add(time.Minute)))
	_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	if answer, _ := io.ReadAll(c); len(answer) > 0 {
		t.Errorf("answered %q", answer)
	}
}

// While the authority is silent, handshakes end when they must, and other domains are served.
func TestSilentAuthority(t *testing.T) {
	folder := t.TempDir()
	must(t, os.Chmod(folder, 0o700))
	keep(t, folder, "b.acme.test", recipe{names: []string{"b.acme.test"}})
	asked, release := make(chan struct{}, 1000), make(chan struct{})
	config := ordering(t, folder, func(*http.Request) (*http.Response, error) {
		asked <- struct{}{}
		<-release
		return nil, errors.New("too late")
	}, new(diary)).TLSConfig()
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for range 40 {
		l := tcp(t)
		c := dial(t, l)
		accepted, err := l.Accept()
		must(t, err)
		all.Go(func() { _ = tls.Client(c, asking("a.acme.test")).HandshakeContext(ctx) })
		all.Go(func() {
			if err := tls.Server(accepted, config).HandshakeContext(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
			_ = accepted.Close()
		})
	}
	<-asked
	if got := shake(t, config, asking("b.acme.test")).shown(); got != "b.acme.test" {
		t.Errorf("another domain: got %s", got)
	}
	cancel()
	all.Wait()
	close(release)
	if len(asked) > 0 {
		t.Errorf("asked %d times more", len(asked))
	}
}

// What goes wrong is logged with its reason, and not for each client.
func TestFailedOrders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := filepath.Join(t.TempDir(), "made", "acme")
		var d diary
		config := ordering(t, folder, func(*http.Request) (*http.Response, error) {
			return nil, errors.New("the authority is on holiday")
		}, &d).TLSConfig()
		if err := os.Chmod(folder, 0o700); err != nil {
			t.Error(err)
		}
		for minute := range 2 {
			for range 5 {
				accepted, c := pipe(config)
				alert := make(chan error)
				go func() { alert <- tls.Client(c, asking("a.acme.test")).HandshakeContext(context.Background()) }()
				if _, err := accepted.Read(make([]byte, 1)); err == nil {
					t.Error("no error")
				}
				if err := <-alert; err == nil || !strings.Contains(err.Error(), "internal error") {
					t.Errorf("alert: %v", err)
				}
				_ = accepted.Close()
			}
			if told := d.take(); strings.Count(told, "\n") != 1 || !strings.Contains(told, "on holiday") {
				t.Errorf("minute %d: logged %s", minute, told)
			}
			<-time.After(61 * time.Second)
		}
	})
}

func TestACMERefused(t *testing.T) {
	loose := t.TempDir()
	must(t, os.Chmod(loose, 0o755))
	for name, c := range map[string]struct {
		acme certificates.ACME
		want string
		kind error
	}{
		"no folder":    {certificates.ACME{}, "certificates: ACME: there is no folder", nil},
		"loose folder": {certificates.ACME{Folder: loose}, "is open to others (mode 0755), run chmod 700 on it", fs.ErrPermission},
	} {
		if runtime.GOOS == "windows" && c.kind != nil {
			continue
		}
		_, err := certificates.Open(certificates.Options{ACME: &c.acme})
		if err == nil || !strings.Contains(err.Error(), c.want) || c.kind != nil && !errors.Is(err, c.kind) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	s := open(t, certificates.Options{ACME: &certificates.ACME{Folder: filepath.Join(t.TempDir(), "new")}})
	if got := shake(t, s.TLSConfig(), asking("any.test")).shown(); got != "alert: unrecognized name" {
		t.Errorf("no domains: got %s", got)
	}
}
