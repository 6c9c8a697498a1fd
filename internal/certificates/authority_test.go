package certificates_test

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"gangway/internal/certificates"
)

func TestAuthority(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "data", "tls")
	a, err := certificates.OpenAuthority(folder)
	must(t, err)
	again, err := certificates.OpenAuthority(folder)
	must(t, err)
	root := a.Certificate()
	if !root.Equal(again.Certificate()) || a.File() != filepath.Join(folder, "ca.pem") {
		t.Errorf("opened again: got %v of %s", again.Certificate().Subject, again.File())
	}
	if !regexp.MustCompile(`^Gangway local CA [0-9a-f]{6}$`).MatchString(root.Subject.CommonName) {
		t.Errorf("got %s", root.Subject)
	}
	if !root.IsCA || !root.MaxPathLenZero || root.KeyUsage&x509.KeyUsageCertSign == 0 || len(root.SubjectKeyId) == 0 ||
		root.NotAfter.Before(time.Now().AddDate(10, 0, -1)) {
		t.Errorf("got %+v", root)
	}
	names := map[string]fs.FileMode{}
	entries, err := os.ReadDir(folder)
	must(t, err)
	for _, entry := range entries {
		info, err := entry.Info()
		must(t, err)
		names[entry.Name()] = info.Mode()
	}
	if len(names) != 2 || runtime.GOOS != "windows" && (names["ca.pem"] != 0o644 || names["ca.key"] != 0o600) {
		t.Errorf("got %v", names)
	}
}

// What is signed is what strict clients want: RFC 5280 sections 4.2.1 and 4.2.2, and Apple's limit of days.
func TestIssue(t *testing.T) {
	a, pool := openAuthority(t)
	pair, err := a.Issue("localhost", "a.localhost", "127.0.0.1", "::1")
	must(t, err)
	leaf := pair.Leaf
	for _, name := range []string{"localhost", "a.localhost", "127.0.0.1", "::1"} {
		if _, err := leaf.Verify(x509.VerifyOptions{Roots: pool, DNSName: name}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if days := leaf.NotAfter.Sub(leaf.NotBefore).Hours() / 24; days < 397 || days > 398 {
		t.Errorf("good for %v days", days)
	}
	if leaf.IsCA || !leaf.BasicConstraintsValid || len(leaf.SubjectKeyId) == 0 ||
		string(leaf.AuthorityKeyId) != string(a.Certificate().SubjectKeyId) || leaf.KeyUsage != x509.KeyUsageDigitalSignature ||
		len(leaf.ExtKeyUsage) != 1 || leaf.ExtKeyUsage[0] != x509.ExtKeyUsageServerAuth || leaf.SerialNumber.Sign() <= 0 {
		t.Errorf("got %+v", leaf)
	}
	if _, err := a.Issue("no\u00efve.test"); err == nil || !strings.HasPrefix(err.Error(), "local CA: ") {
		t.Errorf("a name that is not ASCII: got %v", err)
	}
}

// A certificate is signed anew 30 days before its end; the authority's own end is the end.
func TestReissue(t *testing.T) {
	a, _ := openAuthority(t)
	now := time.Now()
	a.Now = func() time.Time { return now }
	issue := func() *x509.Certificate {
		t.Helper()
		pair, err := a.Issue("localhost")
		must(t, err)
		return pair.Leaf
	}
	first := issue()
	now = now.AddDate(0, 0, 366)
	if !issue().Equal(first) {
		t.Error("signed anew with 31 days left")
	}
	now = now.AddDate(0, 0, 2)
	if second := issue(); second.Equal(first) || second.NotAfter.Sub(now).Hours() < 390*24 {
		t.Error("not signed anew with 29 days left")
	}
	end := a.Certificate().NotAfter
	now = end.AddDate(0, 0, -100)
	if last := issue(); !last.NotAfter.Equal(end) {
		t.Errorf("outlives the authority: until %v", last.NotAfter)
	}
	now = end
	if _, err := a.Issue("localhost"); err == nil || !strings.Contains(err.Error(), "has expired on") {
		t.Errorf("got %v", err)
	}
}

// However many names clients ask for, memory is bounded, and they all get what they want.
func TestManyNames(t *testing.T) {
	a, _ := openAuthority(t)
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for i := range 400 {
				name := fmt.Sprintf("%d-%d.localhost", worker, i)
				pair, err := a.Issue(name)
				if err != nil || pair.Leaf.VerifyHostname(name) != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
	all.Wait()
	if n := a.Kept(); n != 1024 {
		t.Errorf("keeps %d", n)
	}
}

func TestAuthorityRefused(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(folder string) error
		want  string
		kind  error
	}{
		"mode": {
			func(folder string) error { return os.Chmod(filepath.Join(folder, "ca.key"), 0o640) },
			"ca.key is open to others (mode 0640), run chmod 600 on it", fs.ErrPermission,
		},
		"no key": {
			func(folder string) error { return os.Remove(filepath.Join(folder, "ca.key")) }, "ca.pem has lost its key", nil,
		},
		"other key": {
			func(folder string) error {
				_, err := certificates.OpenAuthority(filepath.Join(folder, "other"))
				return errors.Join(err, os.Rename(filepath.Join(folder, "other", "ca.key"), filepath.Join(folder, "ca.key")))
			}, "are no pair: tls: private key does not match public key", nil,
		},
		"half a certificate": {
			func(folder string) error { return os.Truncate(filepath.Join(folder, "ca.pem"), 100) }, "are no pair", nil,
		},
		"half a key": {
			func(folder string) error { return os.Truncate(filepath.Join(folder, "ca.key"), 100) }, "are no pair", nil,
		},
		"half a key alone": {
			func(folder string) error {
				return errors.Join(os.Truncate(filepath.Join(folder, "ca.key"), 100), os.Remove(filepath.Join(folder, "ca.pem")))
			}, "ca.key holds no key", nil,
		},
		"a folder for a file": {
			func(folder string) error {
				return errors.Join(os.Remove(filepath.Join(folder, "ca.pem")), os.Mkdir(filepath.Join(folder, "ca.pem"), 0o700))
			}, "ca.pem is not a file", fs.ErrInvalid,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS == "windows" && name == "mode" {
				t.Skip("no modes on Windows")
			}
			folder := t.TempDir()
			_, err := certificates.OpenAuthority(folder)
			must(t, errors.Join(err, c.spoil(folder)))
			_, err = certificates.OpenAuthority(folder)
			if err == nil || !strings.HasPrefix(err.Error(), "local CA: ") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("want %s, got %v", c.want, err)
			}
			if c.kind != nil && !errors.Is(err, c.kind) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A certificate that may not sign is none of an authority.
func TestLeafIsNoAuthority(t *testing.T) {
	folder := t.TempDir()
	cert, key := newSigner(t).make(t, recipe{names: []string{"a.test"}})
	write(t, filepath.Join(folder, "ca.pem"), cert, 0o644)
	write(t, filepath.Join(folder, "ca.key"), key, 0o600)
	if _, err := certificates.OpenAuthority(folder); err == nil || !strings.Contains(err.Error(), "ca.pem is not a certificate that may sign others") {
		t.Errorf("got %v", err)
	}
}

// A crash after the key was made leaves no certificate; it is made the next time.
func TestHalfMadeAuthority(t *testing.T) {
	folder := t.TempDir()
	_, err := certificates.OpenAuthority(folder)
	must(t, errors.Join(err, os.Remove(filepath.Join(folder, "ca.pem"))))
	write(t, filepath.Join(folder, ".new-123"), []byte("half"), 0o600)
	key, err := os.ReadFile(filepath.Join(folder, "ca.key"))
	must(t, err)
	a, err := certificates.OpenAuthority(folder)
	must(t, err)
	if same, err := os.ReadFile(filepath.Join(folder, "ca.key")); err != nil || string(same) != string(key) {
		t.Errorf("another key: %v", err)
	}
	if _, err := a.Issue("localhost"); err != nil {
		t.Error(err)
	}
}

// Processes that start at once have one authority.
func TestHammerAuthority(t *testing.T) {
	for range 20 {
		folder := t.TempDir()
		var all sync.WaitGroup
		made := make([]*certificates.Authority, 8)
		for i := range made {
			all.Go(func() {
				var err error
				if made[i], err = certificates.OpenAuthority(folder); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		for _, a := range made {
			if a != nil && made[0] != nil && !a.Certificate().Equal(made[0].Certificate()) {
				t.Error("more than one")
			}
		}
	}
}

func BenchmarkIssue(b *testing.B) {
	a, _ := openAuthority(b)
	for i := 0; b.Loop(); i++ {
		if _, err := a.Issue(fmt.Sprint(i, ".localhost")); err != nil {
			b.Fatal(err)
		}
	}
}
