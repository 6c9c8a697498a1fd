package cluster_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"gangway/internal/cluster"
)

func TestKeyFileIsMadeOnce(t *testing.T) {
	var keys [2]string
	for i := range keys {
		dir := t.TempDir()
		for range 3 {
			_ = open(t, dir).Close() // closed again by open
			text, err := os.ReadFile(filepath.Join(dir, "secret.key"))
			if err != nil {
				t.Fatal(err)
			}
			if keys[i] != "" && keys[i] != string(text) {
				t.Error("a start changed the key")
			}
			keys[i] = string(text)
		}
		info, err := os.Stat(filepath.Join(dir, "secret.key"))
		if err != nil || info.Mode().Perm() != 0o600 && runtime.GOOS != "windows" {
			t.Errorf("mode %v, %v", info.Mode(), err)
		}
		if left, err := filepath.Glob(filepath.Join(dir, ".*")); err != nil || len(left) > 0 {
			t.Errorf("left over: %v, %v", left, err)
		}
		if key, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(keys[i], "\n")); err != nil || len(key) != 32 {
			t.Errorf("%d bytes, %v", len(key), err)
		}
	}
	if keys[0] == keys[1] {
		t.Error("two folders have the same key")
	}
}

// Without its key, or with another, a folder is refused with what to do, and neither log nor key file is touched.
func TestKeyFileLostOrMixedUp(t *testing.T) {
	dir, other := sealed(t), sealed(t)
	file := filepath.Join(dir, "secret.key")
	key, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	wrong, err := os.ReadFile(filepath.Join(other, "secret.key"))
	if err != nil {
		t.Fatal(err)
	}
	id := strings.Split(string(records(t, dir)[1].Changes[0].Value), `"`)[7]
	otherID := strings.Split(string(records(t, other)[1].Changes[0].Value), `"`)[7]
	tests := []struct {
		name string
		key  []byte
		says []string
	}{
		{"missing", nil, []string{file + " is missing", id}},
		{"of another folder", wrong, []string{file + " holds the key with the id " + otherID, id}},
		{"empty", []byte{}, []string{file, "32 bytes"}},
		{"cut short", key[:30], []string{file, "32 bytes"}},
		{"two keys", append(bytes.Clone(key), wrong...), []string{file, "32 bytes"}},
		{"endless", bytes.Repeat(key, 1000), []string{file, "32 bytes"}},
		{"no base64", []byte("correct horse battery staple, but longer"), []string{file, "32 bytes"}},
	}
	for _, tt := range tests {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		if tt.key != nil {
			if err := os.WriteFile(file, tt.key, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		before := hash(t, dir)
		_, err := cluster.Open(t.Context(), cluster.Config{Dir: dir})
		if !errors.Is(err, cluster.ErrKey) {
			t.Fatalf("%s: got %v, want ErrKey", tt.name, err)
		}
		for _, says := range tt.says {
			if !strings.Contains(err.Error(), says) {
				t.Errorf("%s: the error lacks %q: %v", tt.name, says, err)
			}
		}
		if after, err := os.ReadFile(file); !bytes.Equal(after, tt.key) || (err == nil) != (tt.key != nil) {
			t.Errorf("%s: the key file was changed to %q, %v", tt.name, after, err)
		}
		if hash(t, dir) != before {
			t.Errorf("%s: the log was changed", tt.name)
		}
	}
	if err := os.WriteFile(file, key, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := list(open(t, dir).Objects(), "credentials"); got != "ann=hers " {
		t.Errorf("with its key again: %s", got)
	}
}

func TestKeyFileRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no modes")
	}
	for _, mode := range []fs.FileMode{0o640, 0o604, 0o644, 0o620, 0o601} {
		dir := sealed(t)
		file := filepath.Join(dir, "secret.key")
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		_, err := cluster.Open(t.Context(), cluster.Config{Dir: dir})
		if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), "chmod 600") {
			t.Errorf("mode %04o: got %v", mode, err)
		}
		if err := os.Chmod(file, 0o400); err != nil {
			t.Fatal(err)
		}
		_ = open(t, dir).Close() // closed again by open
	}
	for name, file := range map[string]string{"a folder": t.TempDir(), "below a folder that is not there": filepath.Join(t.TempDir(), "no", "key")} {
		dir := t.TempDir()
		_, err := cluster.Open(t.Context(), cluster.Config{Dir: dir, KeyFile: file})
		if err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: got %v, want an error that names %s", name, err, file)
		}
		if n := len(records(t, dir)); n != 0 {
			t.Errorf("%s: %d records were written", name, n)
		}
	}
}

// Many new folders with one key file between them: it is made once, and good for all.
func TestKeyFileForMany(t *testing.T) {
	root := t.TempDir()
	folder := func(i int) cluster.Config {
		return cluster.Config{Dir: filepath.Join(root, strconv.Itoa(i)), KeyFile: filepath.Join(root, "key")}
	}
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			c, err := cluster.Open(t.Context(), folder(i))
			if err == nil {
				err = c.Close()
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for i := range 8 {
		c, err := cluster.Open(t.Context(), folder(i)) // with what is in the file now
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}
