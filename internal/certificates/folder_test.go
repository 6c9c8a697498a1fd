package certificates_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gangway/internal/certificates"
)

// What the log says of a certificate.
const (
	isRead    = `msg="certificate read"`
	isRefused = `msg="certificate refused"`
	isGone    = `msg="certificate removed"`
	isExpired = `msg="certificate has expired"`
)

// reload reads the folder and wants certain lines in the log, and no others.
func reload(t *testing.T, s *certificates.Store, d *diary, want ...string) {
	t.Helper()
	must(t, s.Reload())
	told := d.take()
	lines := strings.Count(told, "\n")
	for _, text := range want {
		if !strings.Contains(told, text) {
			t.Errorf("no %s in the log: %s", text, told)
		}
	}
	if (lines == 0) != (len(want) == 0) || strings.Contains(told, "PRIVATE") {
		t.Errorf("logged %s", told)
	}
}

// What happens to a certificate when its files change.
func TestHotReload(t *testing.T) {
	somebody, folder := newSigner(t), t.TempDir()
	var d diary
	chainFile, keyFile := filepath.Join(folder, "site.crt"), filepath.Join(folder, "site.key")
	cert, key := somebody.make(t, recipe{names: []string{"first.test"}})
	write(t, chainFile, cert, 0o644)
	write(t, keyFile, key, 0o600)
	s := open(t, certificates.Options{Folder: folder, Log: d.log()})
	config := s.TLSConfig()
	serves := func(names ...string) {
		t.Helper()
		for _, name := range names {
			if got := shake(t, config, asking(name)).shown(); got != name {
				t.Errorf("%s: got %s", name, got)
			}
		}
	}
	if told := d.take(); !strings.Contains(told, isRead) {
		t.Errorf("logged %s", told)
	}
	serves("first.test")
	reload(t, s, &d)

	second, secondKey := somebody.make(t, recipe{names: []string{"second.test"}})
	write(t, chainFile, second, 0o644) // the key is not there yet
	reload(t, s, &d, isRefused, "kept=true", "private key does not match public key")
	serves("first.test")
	reload(t, s, &d) // once
	write(t, keyFile, secondKey, 0o600)
	reload(t, s, &d, isRead, "second.test")
	serves("second.test")

	write(t, chainFile, second[:len(second)/2], 0o644)
	reload(t, s, &d, isRefused, "kept=true")
	serves("second.test")
	must(t, os.Remove(keyFile))
	reload(t, s, &d, isRefused, "site.key")
	serves("second.test")
	write(t, keyFile, secondKey, 0o600)
	write(t, chainFile, second, 0o644)
	reload(t, s, &d, isRead)

	// The same name as one file wins, as soon as it is good.
	write(t, filepath.Join(folder, "site.pem"), []byte("nothing"), 0o600)
	reload(t, s, &d, isRefused, "kept=true", "site.pem")
	serves("second.test")
	somebody.put(t, folder, "site", recipe{names: []string{"third.test"}})
	reload(t, s, &d, isRead, "third.test")
	serves("third.test")

	for _, file := range []string{"site.pem", "site.crt"} {
		must(t, os.Remove(filepath.Join(folder, file)))
	}
	reload(t, s, &d, isGone)
	if got := shake(t, config, asking("third.test")).shown(); got != "alert: unrecognized name" {
		t.Errorf("removed: got %s", got)
	}
}

// A folder that cannot be read leaves all as it was, and the log says so once.
func TestLostFolder(t *testing.T) {
	somebody, folder := newSigner(t), filepath.Join(t.TempDir(), "certificates")
	must(t, os.Mkdir(folder, 0o700))
	somebody.put(t, folder, "a", recipe{names: []string{"a.test"}})
	var d diary
	s := open(t, certificates.Options{Folder: folder, Log: d.log()})
	d.take()
	must(t, os.Rename(folder, folder+".away"))
	for range 2 {
		if err := s.Reload(); !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), "certificates: ") {
			t.Errorf("got %v", err)
		}
	}
	if told := d.take(); strings.Count(told, "\n") != 1 {
		t.Errorf("logged %s", told)
	}
	if got := shake(t, s.TLSConfig(), asking("a.test")).shown(); got != "a.test" {
		t.Errorf("got %s", got)
	}
	must(t, os.Rename(folder+".away", folder))
	reload(t, s, &d)
	if _, err := certificates.Open(certificates.Options{Folder: folder + ".away"}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// Files that are refused, and why. One that is good stands beside them.
func TestRefusedFiles(t *testing.T) {
	somebody := newSigner(t)
	cert, key := somebody.make(t, recipe{names: []string{"bad.test"}})
	_, other := somebody.make(t, recipe{names: []string{"other.test"}})
	both := bytes.Join([][]byte{cert, key}, nil)
	broken := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("?")})
	for name, c := range map[string]struct {
		file    string
		content []byte
		mode    os.FileMode
		want    string
	}{
		"group":       {"bad.pem", both, 0o640, "bad.pem is open to others (mode 0640), run chmod 600 on it"},
		"others":      {"bad.pem", both, 0o604, "(mode 0604)"},
		"no key":      {"bad.pem", cert, 0o600, "bad.pem: tls: "},
		"no chain":    {"bad.pem", key, 0o600, "bad.pem: tls: "},
		"other key":   {"bad.pem", append(bytes.Clone(cert), other...), 0o600, "private key does not match public key"},
		"bad link":    {"bad.pem", append(bytes.Clone(both), broken...), 0o600, "bad.pem: certificate 2: "},
		"empty":       {"bad.pem", nil, 0o600, "bad.pem: tls: "},
		"huge":        {"bad.pem", bytes.Repeat([]byte("x"), 1<<20+1), 0o600, "longer than 1048576 bytes"},
		"chain alone": {"bad.crt", cert, 0o644, "bad.key: no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS == "windows" && c.mode != 0o600 {
				t.Skip("no modes on Windows")
			}
			folder := t.TempDir()
			somebody.put(t, folder, "good", recipe{names: []string{"good.test"}})
			write(t, filepath.Join(folder, c.file), c.content, c.mode)
			var d diary
			s := open(t, certificates.Options{Folder: folder, Log: d.log()})
			told := d.take()
			if !strings.Contains(told, isRefused) || !strings.Contains(told, "kept=false") || !strings.Contains(told, c.want) {
				t.Errorf("want %s, logged %s", c.want, told)
			}
			for name, want := range map[string]string{"bad.test": "alert: unrecognized name", "good.test": "good.test"} {
				if got := shake(t, s.TLSConfig(), asking(name)).shown(); got != want {
					t.Errorf("%s: got %s", name, got)
				}
			}
			reload(t, s, &d) // once
			if strings.HasSuffix(c.file, ".pem") {
				write(t, filepath.Join(folder, c.file), both, 0o600)
				reload(t, s, &d, isRead)
			}
		})
	}
}

// A mode is seen without the file having been written: it has no part in the time of the last change.
func TestModeAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no modes on Windows")
	}
	somebody, folder := newSigner(t), t.TempDir()
	somebody.put(t, folder, "a", recipe{names: []string{"a.test"}})
	var d diary
	s := open(t, certificates.Options{Folder: folder, Log: d.log()})
	d.take()
	must(t, os.Chmod(filepath.Join(folder, "a.pem"), 0o644))
	reload(t, s, &d, isRefused, "kept=true")
	must(t, os.Chmod(filepath.Join(folder, "a.pem"), 0o600))
	reload(t, s, &d, isRead)
}

// What is no certificate of ours is left alone: folders, files half-written, other endings.
func TestOtherFiles(t *testing.T) {
	folder := t.TempDir()
	must(t, os.Mkdir(filepath.Join(folder, "sub"), 0o700))
	for _, name := range []string{".new.pem", ".pem", "readme.txt", "waiting.key", "..data"} {
		write(t, filepath.Join(folder, name), []byte("x"), 0o600)
	}
	var d diary
	s := open(t, certificates.Options{Folder: folder, Log: d.log()})
	if told := d.take(); told != "" || len(s.Expiring(1<<62)) != 0 {
		t.Errorf("logged %s", told)
	}
	must(t, os.Mkdir(filepath.Join(folder, "folder.pem"), 0o700))
	reload(t, s, &d, isRefused, "folder.pem is not a file")
}

// Watch reads the folder at intervals, and logs once when a certificate expires.
func TestWatch(t *testing.T) {
	somebody, folder := newSigner(t), t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		somebody.put(t, folder, "a", recipe{names: []string{"a.test"}, from: time.Now(), life: 10 * time.Second})
		var d diary
		s := open(t, certificates.Options{Folder: folder, Log: d.log()})
		d.take()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			s.Watch(ctx, time.Second)
			close(done)
		}()
		pass := func(span time.Duration) string {
			<-time.After(span + time.Millisecond)
			synctest.Wait()
			return d.take()
		}
		if told := pass(9 * time.Second); told != "" {
			t.Errorf("logged %s", told)
		}
		if told := pass(5 * time.Second); strings.Count(told, isExpired) != 1 || strings.Count(told, "\n") != 1 {
			t.Errorf("logged %s", told)
		}
		somebody.put(t, folder, "a", recipe{names: []string{"a.test"}, from: time.Now(), life: time.Hour})
		if told := pass(time.Second); strings.Count(told, isRead) != 1 || strings.Count(told, "\n") != 1 {
			t.Errorf("logged %s", told)
		}
		cancel()
		<-done
	})
}

// FuzzFolder: whatever the files hold, there is no panic, and what is served has its key.
func FuzzFolder(f *testing.F) {
	somebody := newSigner(f)
	cert, key := somebody.make(f, recipe{names: []string{"a.test", "127.0.0.1"}})
	f.Add([]byte("x"), []byte("y"))
	f.Add(cert, key)
	f.Add(append(bytes.Clone(cert), cert...), append(bytes.Clone(cert), key...))
	f.Add([]byte("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"), key)
	f.Fuzz(func(t *testing.T, chain, key []byte) {
		folder := t.TempDir()
		must(t, os.WriteFile(filepath.Join(folder, "two.crt"), chain, 0o600))
		must(t, os.WriteFile(filepath.Join(folder, "two.key"), key, 0o600))
		must(t, os.WriteFile(filepath.Join(folder, "one.pem"), append(bytes.Clone(chain), key...), 0o600))
		s, err := certificates.Open(certificates.Options{Folder: folder})
		must(t, err)
		files := map[string][2][]byte{"two": {chain, key}, "one": {append(bytes.Clone(chain), key...), append(bytes.Clone(chain), key...)}}
		for _, n := range s.Expiring(1<<63 - 1) {
			if _, err := tls.X509KeyPair(files[n.Name][0], files[n.Name][1]); err != nil {
				t.Errorf("%+v is served: %v", n, err)
			}
		}
	})
}
