//go:build unix

package store_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"gangway/internal/store"
)

func TestTightModes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	l := open(t, dir)
	grow(t, l, 2)
	for name, want := range map[string]os.FileMode{
		"": 0o700, "gangway.db": 0o600, "gangway.db-wal": 0o600, "gangway.db-shm": 0o600, "head": 0o600, "lock": 0o600,
	} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%q has mode %04o, want %04o", name, got, want)
		}
	}
}

func TestLooseModes(t *testing.T) {
	tests := []struct {
		name string
		mode fs.FileMode
	}{
		{"gangway.db", 0o644}, {"gangway.db", 0o660}, {"head", 0o604}, {"", 0o770}, {"", 0o777}, {"gangway.db", 0o400},
	}
	for _, tt := range tests {
		dir := t.TempDir()
		closeLog(t, open(t, dir))
		path := filepath.Join(dir, tt.name)
		if err := os.Chmod(path, tt.mode); err != nil {
			t.Fatal(err)
		}
		_, err := store.Open(context.Background(), dir)
		if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), path) {
			t.Errorf("%q with mode %04o: got %v", tt.name, tt.mode, err)
		}
	}
}

// Another user opens the folder: root may do anything, so it cannot be tried in this process.
func TestOtherUser(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can become another user")
	}
	program := copySelf(t)
	tests := []struct {
		name string
		mode os.FileMode
		says string
	}{
		{"folder of another user", 0o755, "lock"},
		{"folder that may not be entered", 0o700, ""},
	}
	for _, tt := range tests {
		dir := filepath.Join(filepath.Dir(program), "store-"+tt.mode.String())
		closeLog(t, open(t, dir))
		if err := os.Chmod(dir, tt.mode); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), program)
		cmd.Env = []string{childRole + "=hold", childDir + "=" + dir}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		got := start(t, cmd).line()
		if !strings.Contains(got, dir) || !strings.Contains(got, "uid 65534") || !strings.Contains(got, "permission denied") ||
			!strings.Contains(got, tt.says) {
			t.Errorf("%s: it says %q", tt.name, got)
		}
	}
}

// copySelf puts the test binary where any user may run it.
func copySelf(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	from, err := os.Open(self)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = from.Close() }() // only read
	program := filepath.Join(dir, "program")
	to, err := os.OpenFile(program, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(to, from); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	return program
}
