package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"gangway/internal/store"
)

// childTest names the test that a process of its own runs.
const childTest = "GANGWAY_STORE_TEST_ALONE"

// alone has a test run in a process of its own, of which it says whether this is it.
func alone(t *testing.T, attr *syscall.SysProcAttr) bool {
	t.Helper()
	if os.Getenv(childTest) == t.Name() {
		return true
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), childTest+"="+t.Name())
	cmd.SysProcAttr = attr
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
	return false
}

// wide is the record of 50 kB at a revision.
func wide(n uint64) store.Record {
	value := fmt.Sprintf(`{"revision":%d,"filling":"%s"}`, n, strings.Repeat("x", 50_000))
	return store.Record{Operation: "Fill", Changes: []store.Change{{Key: "apis/a", Value: []byte(value)}}}
}

// appendWide appends one more of them.
func appendWide(t *testing.T, l *store.Log) error {
	t.Helper()
	_, err := l.Append(t.Context(), wide(l.Revision()+1))
	return err
}

// fill appends until the log refuses, and wants it to say that the disk is full, each time.
func fill(t *testing.T, l *store.Log) {
	t.Helper()
	before := l.Revision()
	for {
		if err := appendWide(t, l); err != nil {
			break
		}
	}
	full := l.Revision()
	for range 3 {
		if err := appendWide(t, l); !errors.Is(err, store.ErrFull) {
			t.Fatalf("got %v, want ErrFull", err)
		}
	}
	if l.Revision() != full {
		t.Fatalf("revision %d, %d before it was refused", l.Revision(), full)
	}
	t.Logf("full after %d records of 50 kB", full-before)
}

// checkWide wants all records up to the revision of the log, whole.
func checkWide(t *testing.T, l *store.Log) {
	t.Helper()
	n := uint64(0)
	for r, err := range l.Replay(context.Background()) {
		n++
		if err != nil || r.Revision != n || !bytes.Equal(r.Changes[0].Value, wide(n).Changes[0].Value) {
			t.Fatalf("record %d of %d: %v", n, l.Revision(), err)
		}
	}
	if n != l.Revision() {
		t.Fatalf("%d records, revision %d", n, l.Revision())
	}
}

// accepted wants a write to be accepted within five seconds, by the log as it is.
func accepted(t *testing.T, l *store.Log, when string) {
	t.Helper()
	begin := time.Now()
	err := appendWide(t, l)
	for err != nil && time.Since(begin) < 5*time.Second {
		<-time.After(50 * time.Millisecond)
		err = appendWide(t, l)
	}
	if err != nil {
		t.Fatalf("%s: %v", when, err)
	}
	t.Logf("%s, accepted after %v", when, time.Since(begin).Round(time.Millisecond))
}

// smallDisk is a file system of 6 MB, which only this process sees.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=6m,mode=0700"); err != nil {
		t.Skipf("the system does not let this user mount a file system: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func ownMounts() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
}

// free is what is left of a file system.
func free(t *testing.T, dir string) uint64 {
	t.Helper()
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		t.Fatal(err)
	}
	return s.Bavail * uint64(s.Bsize)
}

// stuff fills a file system with a file that is not ours, to the last byte.
func stuff(t *testing.T, file string) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// A disk of 6 MB fills up: the log refuses before the disk is full, so that neither a write nor a checkpoint nor the next
// start meets its end; it takes writes again as soon as there is space, without being opened again; and whatever it
// acknowledged is there.
func TestFullDisk(t *testing.T) {
	if !alone(t, ownMounts()) {
		return
	}
	dir := smallDisk(t)
	l := open(t, dir)
	accepted(t, l, "new")
	stuff(t, filepath.Join(dir, "foreign"))
	fill(t, l)
	if err := os.Remove(filepath.Join(dir, "foreign")); err != nil {
		t.Fatal(err)
	}
	accepted(t, l, "with the foreign file gone")

	fill(t, l)
	if left := free(t, dir); left < 100<<10 || l.Revision() < 80 {
		t.Errorf("%d bytes of 6 MB are free with %d records of 50 kB", left, l.Revision())
	}
	checkWide(t, l)
	closeLog(t, l)
	l = open(t, dir)
	checkWide(t, l)
	fill(t, l) // closing has freed the write-ahead log
	checkWide(t, l)

	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=40m"); err != nil {
		t.Fatal(err)
	}
	accepted(t, l, "with a larger disk")
	last := l.Revision()
	closeLog(t, l)
	l = open(t, dir)
	if l.Revision() != last {
		t.Errorf("revision is %d after opening again, want %d", l.Revision(), last)
	}
	checkWide(t, l)
	closeLog(t, l)
}

// Where the system does not tell how much is free, a full disk is found by a write that fails. That is as safe.
func TestFullDiskFoundByWriting(t *testing.T) {
	if !alone(t, ownMounts()) {
		return
	}
	dir := smallDisk(t)
	l, err := store.OpenWith(context.Background(), dir, store.Options{
		FreeSpace: func(string) (uint64, uint64, error) { return math.MaxUint64, math.MaxUint64, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	accepted(t, l, "new")
	stuff(t, filepath.Join(dir, "foreign"))
	fill(t, l)
	if err := os.Remove(filepath.Join(dir, "foreign")); err != nil {
		t.Fatal(err)
	}
	accepted(t, l, "with the foreign file gone")
	fill(t, l)
	checkWide(t, l)
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=40m"); err != nil {
		t.Fatal(err)
	}
	accepted(t, l, "with a larger disk")
	last := l.Revision()
	closeLog(t, l)
	l = open(t, dir)
	if l.Revision() != last {
		t.Errorf("revision is %d after opening again, want %d", l.Revision(), last)
	}
	checkWide(t, l)
	closeLog(t, l)
}

// The same without a file system of our own: a disk that is said to have 3 MB, and a system that lets no file grow beyond
// that. What is refused is refused before the files together reach the end; when the system says no all the same, the log is
// broken until it is opened again, and nothing that was acknowledged is lost.
func TestFullDiskImagined(t *testing.T) {
	if !alone(t, nil) {
		return
	}
	signal.Ignore(syscall.SIGXFSZ)
	const disk = 3 << 20
	dir, size := t.TempDir(), uint64(disk)
	largest := uint64(0)
	l, err := store.OpenWith(context.Background(), dir, store.Options{
		FreeSpace: func(dir string) (uint64, uint64, error) {
			used := used(t, dir)
			largest = max(largest, used)
			return max(size, used) - used, size, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	limitFiles(t, disk)
	fill(t, l)
	if largest = max(largest, used(t, dir)); largest > disk || largest < disk/2 {
		t.Errorf("the files have grown to %d bytes on a disk of %d", largest, disk)
	}
	checkWide(t, l)
	size = 64 << 20
	limitFiles(t, size)
	accepted(t, l, "with a larger disk")

	limitFiles(t, 256<<10) // and nobody knows
	acked := l.Revision()
	for err == nil {
		if err = appendWide(t, l); err == nil {
			acked = l.Revision()
		}
	}
	if !errors.Is(err, store.ErrBroken) || !errors.Is(appendWide(t, l), store.ErrBroken) {
		t.Errorf("with a limit that nobody knows of: %v, want ErrBroken", err)
	}
	limitFiles(t, size)
	if err := appendWide(t, l); !errors.Is(err, store.ErrBroken) {
		t.Errorf("once broken: %v, want ErrBroken", err)
	}
	closeLog(t, l)
	l = open(t, dir)
	if l.Revision() != acked {
		t.Errorf("revision is %d after opening again, want %d", l.Revision(), acked)
	}
	checkWide(t, l)
	accepted(t, l, "opened again")
}

// used is what the files in a folder take.
func used(t *testing.T, dir string) (sum uint64) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil { // else it is gone by now
			sum += uint64(info.Size())
		}
	}
	return sum
}

// limitFiles has the system refuse to let a file grow beyond a size.
func limitFiles(t *testing.T, size uint64) {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	limit.Cur = min(size, limit.Max)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
}
