package store_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"gangway/internal/store"
)

// A disk of 6 MB fills up, and is then enlarged under the running log.
func TestFullDisk(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can mount a small file system")
	}
	unlimited := func(string) (uint64, uint64, error) { return math.MaxUint64, math.MaxUint64, nil }
	for name, o := range map[string]store.Options{
		"refused in time": {}, "found when writing": {FreeSpace: unlimited},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=6m,mode=0700"); err != nil {
				t.Skipf("cannot mount: %v", err)
			}
			t.Cleanup(func() {
				if err := syscall.Unmount(dir, 0); err != nil {
					t.Error(err)
				}
			})
			l, err := store.OpenWith(context.Background(), dir, o)
			if err != nil {
				t.Fatal(err)
			}
			big := store.Record{Changes: []store.Change{{Key: "apis/a", Value: bytes.Repeat([]byte("7"), 50_000)}}}
			for err == nil {
				_, err = l.Append(t.Context(), big)
			}
			full := l.Revision()
			for range 3 {
				if _, err := l.Append(t.Context(), big); !errors.Is(err, store.ErrFull) {
					t.Fatalf("got %v, want ErrFull", err)
				}
			}
			if full < 20 {
				t.Fatalf("full after %d records of 50 kB on 6 MB", full)
			}
			replayOnce(t, l)
			if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=40m"); err != nil {
				t.Fatal(err)
			}
			if _, err := l.Append(t.Context(), big); err != nil {
				t.Fatalf("with space again: %v", err)
			}
			closeLog(t, l)
			again := open(t, dir)
			if again.Revision() != full+1 {
				t.Errorf("revision is %d, want %d", again.Revision(), full+1)
			}
			replayOnce(t, again)
			closeLog(t, again)
		})
	}
}

// Every fsync of a running writer fails from some moment on: it acknowledges nothing any more, and nothing is lost.
func TestFailingFsync(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not there to make fsync fail")
	}
	dir := t.TempDir()
	p := spawn(t, "insist", dir)
	acked := uint64(0)
	for acked < 5 {
		acked = max(acked, revision(p.line()))
	}
	tracer := exec.CommandContext(t.Context(), strace, "-f", "-qq", "-o", filepath.Join(t.TempDir(), "calls"),
		"-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO", "-p", strconv.Itoa(p.cmd.Process.Pid))
	if err := tracer.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- tracer.Wait() }()
	line := p.line()
	for revision(line) > 0 && len(ended) == 0 {
		acked, line = revision(line), p.line()
	}
	if revision(line) > 0 {
		t.Skipf("strace cannot attach: %v", <-ended)
	}
	if !strings.Contains(line, store.ErrBroken.Error()) {
		t.Fatalf("the writer says %q, want it broken", line)
	}
	for line = p.line(); line != ""; line = p.line() {
		if !strings.HasPrefix(line, "error: ") {
			t.Fatalf("the writer says %q", line)
		}
	}
	p.kill()
	if err := <-ended; err != nil {
		t.Logf("strace: %v", err) // it ends as the writer does
	}
	l := open(t, dir)
	if l.Revision() < acked || l.Revision() > acked+1 {
		t.Fatalf("revision %d, %d was acknowledged", l.Revision(), acked)
	}
	check(t, l)
	grow(t, l, l.Revision()+2)
}

// revision is the number a writer said, 0 if it said something else.
func revision(line string) uint64 {
	n, err := strconv.ParseUint(line, 10, 64)
	if err != nil {
		return 0
	}
	return n
}
