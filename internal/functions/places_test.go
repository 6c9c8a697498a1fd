//go:build unix

package functions_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gangway/internal/functions"
	"gangway/internal/lambda"
)

// TestProcessesOfAll: all functions together have no more processes than the host may, and who has nothing to do makes room.
func TestProcessesOfAll(t *testing.T) {
	first, second, busy := native(t, "first", "echo"), native(t, "second", "echo"), native(t, "busy", "marked")
	first.Concurrency = 1 // one of its own does not wait for long
	busy.Timeout = patience
	s := newStand(t, functions.Config{Processes: 1}, first, second, busy)
	for range 3 {
		s.ok("first", "1")
		s.ok("second", "2")
	}
	answers := make(chan string, 2)
	ask := func() { answers <- s.invoke("busy", `"x"`).body }
	go ask()
	s.line("begun", 1)
	changed := busy
	changed.Dir, changed.Memory = native(t, "busy", "marked").Dir, 2048
	s.set(first, second, changed)
	go ask()
	if got := s.invoke("first", "1"); got.status != 429 {
		t.Errorf("while another has the only place: %+v", got)
	}
	put(t, filepath.Join(changed.Dir, "go"), "")
	for _, line := range s.logged() {
		if strings.Contains(line.Text, "begun") && line.Function == "busy" && line != s.line("begun", 1) {
			t.Errorf("a process of the new code was started beside the old: %+v", line)
		}
	}
	put(t, filepath.Join(busy.Dir, "go"), "")
	for range 2 {
		if got := <-answers; got != `"x"` {
			t.Errorf("the answer is %s", got)
		}
	}
}

// TestOnRelease: code that was replaced is free as soon as nothing runs there, and not before.
func TestOnRelease(t *testing.T) {
	f := native(t, "marked", "marked")
	f.Timeout = patience
	s := newStand(t, functions.Config{Poll: -1})
	freed := make(chan string, 10)
	s.host.OnRelease(func(dir string) { freed <- dir })
	s.set(f)
	done := make(chan string, 1)
	go func() { done <- s.invoke("marked", "1").body }()
	s.line("begun", 1)
	for range 3 {
		next := f
		next.Dir = t.TempDir()
		s.set(next)
		if !s.host.Holds(next.Dir) || !s.host.Holds(f.Dir) {
			t.Error("a folder is not held that is needed")
		}
	}
	s.set()
	var first []string
	for range 3 { // nothing has run in the folders that came after
		first = append(first, <-freed)
	}
	if slices.Contains(first, f.Dir) || !s.host.Holds(f.Dir) {
		t.Error("the folder is free, and something runs there")
	}
	put(t, filepath.Join(f.Dir, "go"), "")
	if got := <-freed; got != f.Dir || s.host.Holds(f.Dir) {
		t.Errorf("%s is free, expected %s", got, f.Dir)
	}
	if got := <-done; got != "1" {
		t.Errorf("the answer is %s", got)
	}
}

// TestBacklogShare: one function does not fill the queue for the others.
func TestBacklogShare(t *testing.T) {
	busy, echo := native(t, "busy", "marked"), native(t, "echo", "echo")
	busy.Timeout, busy.Concurrency = patience, 1
	s := newStand(t, functions.Config{}, busy, echo)
	call := func(name string) error {
		_, err := s.host.Invoke(t.Context(), &lambda.Call{Function: name, Event: []byte("1"), Async: true})
		return err
	}
	taken := 0
	for ; call("busy") == nil; taken++ {
		if taken > 10_000 {
			t.Fatal("one function has filled the queue")
		}
	}
	if err := call("echo"); err != nil || taken < 1000 {
		t.Errorf("after %d of another: %v", taken, err)
	}
}

// TestBuildEnvironment: who builds gets none of our secrets.
func TestBuildEnvironment(t *testing.T) {
	tools := folder(t, "go", "#!/bin/sh\nenv | grep -E '(hunter|^GOFLAGS|^PATH)'\nexit 1\n")
	if err := os.Chmod(filepath.Join(tools, "go"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", tools+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv("DATABASE_PASSWORD", "hunter2")
	t.Setenv("GOOGLE_API_KEY", "hunter3")
	t.Setenv("GOFLAGS", "-mod=mod")
	f := functions.Function{Name: "source", Dir: folder(t, "main.go", "package main\n"), Built: filepath.Join(t.TempDir(), "built")}
	s := newStand(t, functions.Config{}, f)
	got := s.invoke("source", "{}").body
	contains(t, got, "GOFLAGS=-mod=mod", "PATH=")
	for _, secret := range []string{"hunter2", "hunter3"} {
		if strings.Contains(got, secret) {
			t.Errorf("the build has %s: %s", secret, got)
		}
	}
	if _, err := os.Stat(f.Built); err != nil {
		t.Errorf("it is not built where it should be: %v", err)
	}
}
