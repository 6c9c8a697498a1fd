package certificates_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"gangway/internal/certificates"
)

// Which certificate a name gets, by the first name in it, or which alert.
func TestNames(t *testing.T) {
	somebody, folder := newSigner(t), t.TempDir()
	for name, r := range map[string]recipe{
		"exact":    {names: []string{"exact.test", "www.exact.test"}},
		"wild":     {names: []string{"*.wild.test", "x.localhost"}},
		"one":      {names: []string{"one.wild.test"}},
		"assigned": {names: []string{"assigned"}},
		"other":    {names: []string{"other"}},
		"old":      {names: []string{"old", "both.test"}, life: 2 * time.Hour},
		"long":     {names: []string{"long", "both.test"}, life: 100 * 24 * time.Hour},
		"future":   {names: []string{"future", "both.test"}, from: time.Now().Add(24 * time.Hour), life: 200 * 24 * time.Hour},
		"shouting": {names: []string{"SHOUTING.test"}},
	} {
		somebody.put(t, folder, name, r)
	}
	authority, _ := openAuthority(t)
	s := open(t, certificates.Options{
		Folder: folder, Authority: authority, Ours: func(name string) bool { return strings.HasSuffix(name, ".ours.test") },
	})
	for domain, name := range map[string]string{
		"Custom.test.": "assigned", "*.custom.test": "other", "exact.custom.test": "assigned", "www.exact.test": "other",
		"gone.test": "nobody", "one.exact.test": "nobody", "given.test": "assigned", "127.0.0.2": "assigned",
	} {
		s.Assign(domain, name)
	}
	s.Assign("given.TEST", "")
	const unrecognized = "alert: unrecognized name"
	config := s.TLSConfig()
	for name, want := range map[string]string{
		"exact.test": "exact.test", "EXACT.Test": "exact.test", "x.exact.test": unrecognized, "exact.test.evil": unrecognized,
		"a.wild.test": "*.wild.test", "one.wild.test": "one.wild.test", "a.b.wild.test": unrecognized, "wild.test": unrecognized,
		"custom.test": "assigned", "a.custom.test": "other", "exact.custom.test": "assigned", "a.b.custom.test": unrecognized,
		"www.exact.test": "other", "gone.test": unrecognized, "given.test": unrecognized, "both.test": "long",
		"shouting.test": "SHOUTING.test", "localhost": "localhost", "LOCALHOST": "localhost", "app.localhost": "app.localhost",
		"x.localhost": "*.wild.test", "a1.ours.test": "a1.ours.test", "ours.test": unrecognized, "nobody.test": unrecognized,
		"": "localhost",
	} {
		a := shake(t, config, asking(name))
		if got := a.shown(); got != want {
			t.Errorf("%q: got %s, want %s", name, got, want)
		}
	}
	somebody.put(t, folder, "default", recipe{names: []string{"fallback"}})
	must(t, s.Reload())
	for name, want := range map[string]string{
		"nobody.test": "fallback", "": "fallback", "localhost": "localhost", "exact.test": "exact.test",
	} {
		if got := shake(t, config, asking(name)).shown(); got != want {
			t.Errorf("with a default, %q: got %s, want %s", name, got, want)
		}
	}
}

// A client that connects by an address names no host.
func TestAddresses(t *testing.T) {
	authority, pool := openAuthority(t)
	byAddress := &tls.Config{RootCAs: pool, ServerName: "127.0.0.1"}
	a := shake(t, open(t, certificates.Options{Authority: authority}).TLSConfig(), byAddress)
	if a.clientErr != nil || a.server.ServerName != "" {
		t.Errorf("got %v, %q", a.clientErr, a.server.ServerName)
	}
	for _, name := range []string{"localhost", "127.0.0.1", "::1"} {
		must(t, a.client.PeerCertificates[0].VerifyHostname(name))
	}
	somebody, folder := newSigner(t), t.TempDir()
	somebody.put(t, folder, "box", recipe{names: []string{"127.0.0.1"}})
	a = shake(t, open(t, certificates.Options{Authority: authority, Folder: folder}).TLSConfig(), asking(""))
	if got := a.shown(); got != "127.0.0.1" {
		t.Errorf("got %s", got)
	}
	a = shake(t, open(t, certificates.Options{}).TLSConfig(), asking(""))
	if got := a.shown(); got != "alert: unrecognized name" {
		t.Errorf("got %s", got)
	}
}

// dialled is a connection to an address of this machine.
type dialled struct {
	net.Conn
	address string
}

func (d dialled) LocalAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(d.address), 443))
}

// The local authority certifies an address if it is of this machine alone, or one that is ours.
func TestDialledAddresses(t *testing.T) {
	authority, _ := openAuthority(t)
	config := open(t, certificates.Options{
		Authority: authority, Ours: func(name string) bool { return name == "192.0.2.7" || name == "2001:db8::7" },
	}).TLSConfig()
	for address, want := range map[string]bool{
		"127.0.0.1": true, "127.9.9.9": true, "::1": true, "192.0.2.7": true, "::ffff:192.0.2.7": true, "2001:db8::7": true,
		"192.0.2.8": false, "2001:db8::8": false, "fe80::1%eth0": false, "10.0.0.1": false,
	} {
		pair, err := config.GetCertificate(&tls.ClientHelloInfo{Conn: dialled{address: address}})
		must(t, err)
		ip, _, _ := strings.Cut(address, "%")
		if err := pair.Leaf.VerifyHostname(ip); (err == nil) != want {
			t.Errorf("%s: %v", address, err)
		}
		must(t, pair.Leaf.VerifyHostname("localhost"))
	}
}

// Old clients know RSA only; to others the certificate that lasts longer is shown.
func TestKeyTypes(t *testing.T) {
	somebody, folder := newSigner(t), t.TempDir()
	somebody.put(t, folder, "ecdsa", recipe{names: []string{"both.test"}, life: 80 * 24 * time.Hour})
	somebody.put(t, folder, "rsa", recipe{names: []string{"both.test"}, rsa: true, life: 70 * 24 * time.Hour})
	config := open(t, certificates.Options{Folder: folder}).TLSConfig()
	old := asking("both.test")
	old.MaxVersion, old.CipherSuites = tls.VersionTLS12, []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}
	for client, want := range map[*tls.Config]x509.PublicKeyAlgorithm{asking("both.test"): x509.ECDSA, old: x509.RSA} {
		a := shake(t, config, client)
		if a.clientErr != nil || a.client.PeerCertificates[0].PublicKeyAlgorithm != want {
			t.Errorf("want %v, got %v %s", want, a.clientErr, a.shown())
		}
	}
}

func TestExpiring(t *testing.T) {
	somebody, folder := newSigner(t), t.TempDir()
	somebody.put(t, folder, "old", recipe{names: []string{"old.test"}, life: 2 * time.Hour})
	somebody.put(t, folder, "soon", recipe{names: []string{"soon.test", "*.soon.test"}, life: 20 * 24 * time.Hour})
	somebody.put(t, folder, "later", recipe{names: []string{"later.test"}})
	authority, _ := openAuthority(t)
	s := open(t, certificates.Options{
		Folder: folder, Authority: authority, Now: func() time.Time { return time.Now().Add(3 * time.Hour) },
	})
	list := func(within time.Duration) string {
		var all []string
		for _, n := range s.Expiring(within) {
			if n.Expires.IsZero() {
				t.Errorf("%+v", n)
			}
			all = append(all, fmt.Sprint(n.Source, " ", n.Name, n.Domains))
		}
		return strings.Join(all, ", ")
	}
	file := authority.File()
	for days, want := range map[int]string{
		0: "folder old[old.test]", 30: "folder old[old.test], folder soon[soon.test *.soon.test]",
		4000: "folder old[old.test], folder soon[soon.test *.soon.test], folder later[later.test], authority " + file + "[]",
	} {
		if got := list(time.Duration(days) * 24 * time.Hour); got != want {
			t.Errorf("%d days: got %s, want %s", days, got, want)
		}
	}
}

// Handshakes, assignments and readings of the folder at once.
func TestHammerStore(t *testing.T) {
	somebody, folder := newSigner(t), t.TempDir()
	somebody.put(t, folder, "a", recipe{names: []string{"a.test"}})
	authority, _ := openAuthority(t)
	s := open(t, certificates.Options{Folder: folder, Authority: authority, Ours: func(string) bool { return true }})
	config := s.TLSConfig()
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for round := range 20 {
				s.Assign("assigned.test", []string{"a", ""}[round%2])
				s.Assign(fmt.Sprint(worker, round, ".test"), "a")
				for _, name := range []string{"a.test", "assigned.test", "b.test", fmt.Sprint(round, ".localhost")} {
					if a := shake(t, config, asking(name)); a.clientErr != nil {
						t.Errorf("%s: %v", name, a.clientErr)
					}
				}
				s.Expiring(time.Hour)
			}
		})
	}
	all.Go(func() {
		for range 20 {
			somebody.put(t, folder, "a", recipe{names: []string{"a.test"}})
			if err := s.Reload(); err != nil {
				t.Error(err)
			}
		}
	})
	all.Wait()
}
