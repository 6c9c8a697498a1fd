package store_test

import (
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gangway/internal/store"
)

// A writer is killed on the way into one of its system calls, whichever: so between any two of the steps of making a store,
// opening it and appending to it.
func TestKillAtSystemCalls(t *testing.T) {
	strace := findStrace(t)
	calls := map[string]int{"pwrite64": 80, "fsync": 40, "write": 30, "ftruncate": 2, "rename": 3, "renameat": 3, "unlink": 2, "unlinkat": 2}
	names := slices.Sorted(maps.Keys(calls))
	var v victim
	killed := 0
	for round := range rounds(48) {
		if round%4 == 0 {
			v.reset(filepath.Join(t.TempDir(), strconv.Itoa(round)))
		}
		call := names[round/2%len(names)]
		if round%2 == 1 {
			call = []string{"pwrite64", "fsync", "pwrite64", "write"}[round/2%4]
		}
		p := spawnUnder(t, "write some", v.dir, strace, "-f", "-qq", "-o", os.DevNull, "-e", "trace="+call,
			"-e", "inject="+call+":signal=KILL:when="+strconv.Itoa(1+rand.IntN(calls[call])))
		last, failure := p.drain() // to its end, which is its own if it does not make the call often enough
		if failure != "" {
			t.Fatalf("the writer failed: %s", failure)
		}
		if err := p.cmd.Wait(); err != nil {
			killed++
		}
		v.killed(last)
		v.verify(t)
	}
	if killed < 10 {
		t.Errorf("only %d of the writers were killed", killed)
	}
	t.Logf("%d kills; %s", killed, v.summary())
}

// findStrace skips the test if there is no strace, or none that may trace.
func findStrace(t *testing.T) string {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not there to disturb system calls")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), strace, "-f", "-qq", "-o", os.DevNull, self, "-test.list=^$").CombinedOutput(); err != nil {
		t.Skipf("strace cannot trace: %v: %s", err, out)
	}
	return strace
}

// Every fsync of a running writer fails from some moment on: it acknowledges nothing any more, and nothing is lost.
func TestFailingFsync(t *testing.T) {
	strace := findStrace(t)
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
