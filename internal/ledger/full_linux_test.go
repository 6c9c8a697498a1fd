package ledger_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"gangway/internal/ledger"
)

// alone says that this is the process of its own in which a test runs.
const alone = "GANGWAY_LEDGER_TEST_ALONE"

// A disk of 2 MB fills up, which nobody sees coming: entries are refused and nothing that was acknowledged is lost; with space they
// are taken again, by the ledger as it is.
func TestFullDisk(t *testing.T) {
	if os.Getenv(alone) == "" {
		runAlone(t)
		return
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2m,mode=0700"); err != nil {
		t.Skipf("the system does not let this user mount a file system: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) }) // it is this process's own
	b := open(t, config(dir))
	foreign := filepath.Join(dir, "foreign")
	if err := os.WriteFile(foreign, make([]byte, 512<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	n := 0
	var err error
	for ; err == nil; n++ {
		e := entry(n)
		e.Connection.UserAgent = string(make([]byte, 2000))
		err = b.Owe(t.Context(), e)
	}
	if !errors.Is(err, ledger.ErrFull) {
		t.Fatal(err)
	}
	written := n - 1
	for i := range 50 {
		if err := b.Owe(t.Context(), entry(100_000+i)); err == nil {
			written++ // small ones may find room
		}
	}
	if b.log.count("level=ERROR") != 1 {
		t.Errorf("%d lines", b.log.count("level=ERROR"))
	}
	if err := os.Remove(foreign); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	for err = b.Owe(t.Context(), entry(200_000)); err != nil && time.Since(begun) < time.Minute; err = b.Owe(t.Context(), entry(200_000)) {
		<-time.After(10 * time.Millisecond)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d entries on a disk of 2 MB; taken again after %v", written, time.Since(begun).Round(time.Millisecond))
	b.close(t)
	b = open(t, config(dir))
	if f := b.Figures(); f.Owed != int64(written)+1 || f.Damaged != 0 {
		t.Errorf("%d entries were acknowledged: %+v\n%s", written+1, f, b.log.text.String())
	}
}

// runAlone runs a test in a process with mounts of its own.
func runAlone(t *testing.T) {
	t.Helper()
	cmd := command(t, []string{"-test.run=^" + t.Name() + "$", "-test.v"}, alone+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS, UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	switch _, ended := errors.AsType[*exec.ExitError](err); {
	case ended:
		t.Fatalf("%v:\n%s", err, out)
	case err != nil:
		t.Skipf("the system does not let this user have a mount namespace: %v", err)
	case bytes.Contains(out, []byte("--- SKIP")):
		t.Skipf("%s", out)
	}
	t.Logf("%s", out)
}
