package node_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gangway/internal/node"
)

// authority is a certificate that signs others, in PEM.
func authority(t *testing.T, name string) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	root := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, BasicConstraintsValid: true, IsCA: true}
	der, err := x509.CreateCertificate(rand.Reader, root, root, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// put puts a file in place of what is there.
func put(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path+".new", content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// Files of signers are followed within a second, read when they have changed, and never trusted when they cannot be used.
func TestTrust(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		path := filepath.Join(folder, "partners.ca")
		d := &diary{}
		in := node.Trust(folder, d.log())
		empty := x509.NewCertPool()
		untrusted := func(what, complaint string) {
			t.Helper()
			for range 3 {
				<-time.After(time.Second)
				if pool := in("partners"); pool == nil || !pool.Equal(empty) {
					t.Fatalf("%s: somebody is trusted", what)
				}
			}
			if logged := d.take(); strings.Count(logged, "level=ERROR") != 1 || !strings.Contains(logged, complaint) {
				t.Errorf("%s: want one complaint with %q: %s", what, complaint, logged)
			}
		}
		untrusted("no file", "no such file")
		put(t, path, authority(t, "a"))
		if pool := in("partners"); !pool.Equal(empty) {
			t.Error("a file is looked at more than once a second")
		}
		<-time.After(time.Second)
		first := in("partners")
		if first.Equal(empty) {
			t.Fatal("a file is not read")
		}
		<-time.After(time.Second)
		if in("partners") != first {
			t.Error("a file that has not changed is read again")
		}
		put(t, path, authority(t, "b"))
		<-time.After(time.Second)
		if second := in("partners"); second.Equal(first) || second.Equal(empty) {
			t.Error("a file that has changed is not read again")
		}
		put(t, path, []byte("nothing"))
		untrusted("no certificate", "no certificate in the file")
		put(t, path, append(authority(t, "c"), make([]byte, 1<<20)...))
		untrusted("a large file", "at most 1048576 bytes")
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		d.take()
		if pool := in("partners"); !pool.Equal(empty) || in("../partners") == nil {
			t.Error("a folder is trusted")
		}
		d.take()
		in = node.Trust("", d.log())
		untrusted("no folder of certificates", "--certificates")
	})
}
