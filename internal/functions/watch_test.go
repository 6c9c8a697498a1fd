//go:build unix

package functions_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gangway/internal/functions"
)

// TestNotWatched: what lies beside the code and is none changes without a reload.
func TestNotWatched(t *testing.T) {
	f := native(t, "echo", "echo")
	s := newStand(t, functions.Config{Poll: time.Millisecond}, f, native(t, "other", "echo"))
	first := pid(t, s.ok("echo", "1"))
	for _, name := range []string{
		".gangway/data.db", ".git/index", ".aws-sam/build/x", ".serverless/x", ".venv/x", "cdk.out/x", "node_modules/x/x", "sub/__pycache__/x",
		"template.yaml", "template.yml", "template.json", "serverless.yml", "sub/debug.log",
	} {
		put(t, filepath.Join(f.Dir, name), name)
	}
	s.ok("other", "1")
	for i := range 3 { // a poll that has begun before this and one that begins after it: both have looked at the first function
		other := native(t, "other", "echo")
		s.set(f, other)
		s.ok("other", "1")
		put(t, filepath.Join(other.Dir, "edited.js"), "")
		s.line("reloaded", i+1)
	}
	if again := pid(t, s.ok("echo", "1")); again != first {
		t.Errorf("it was reloaded: %v", s.logged())
	}
	put(t, filepath.Join(f.Dir, ".env"), "") // a file that code reads
	if line := s.line("reloaded", 4); line.Function != "echo" {
		t.Errorf("%+v", line)
	}
}

// TestManyFiles: that not all is watched is said, once.
func TestManyFiles(t *testing.T) {
	f := native(t, "echo", "echo")
	for i := range 5001 {
		put(t, filepath.Join(f.Dir, "files", itoa(i)), "")
	}
	s := newStand(t, functions.Config{Poll: time.Millisecond}, f)
	s.ok("echo", "1")
	if line := s.line("there are more than 5000 files with the code", 1); line.Kind != functions.Notice || line.Function != "echo" {
		t.Errorf("%+v", line)
	}
	put(t, filepath.Join(f.Dir, "a.js"), "")
	s.line("reloaded", 1)
	s.ok("echo", "1")
	s.close()
	said := 0
	for _, line := range s.logged() {
		if strings.HasPrefix(line.Text, "there are more than") {
			said++
		}
	}
	if said != 1 {
		t.Errorf("said %d times", said)
	}
}

// TestOwnFiles: what a function writes beside its code is none: it goes on with the process it has, and is told once. An edit of code while it
// runs is one.
func TestOwnFiles(t *testing.T) {
	f := native(t, "diary", "diary")
	s := newStand(t, functions.Config{Poll: time.Millisecond}, f)
	first := pid(t, s.ok("diary", "0"))
	line := s.line("has written "+f.Dir, 1)
	if line.Kind != functions.Notice || line.Function != "diary" {
		t.Errorf("%+v", line)
	}
	for i := range 20 {
		if got := pid(t, s.ok("diary", itoa(i))); got != first {
			t.Fatalf("it was reloaded: %v", s.logged())
		}
		other := native(t, "other", "echo")
		s.set(f, other)
		s.ok("other", "1")
		put(t, filepath.Join(other.Dir, "edited.js"), "") // a look that has begun after this one has seen the diary
		s.line("reloaded", i+1)
	}
	put(t, filepath.Join(f.Dir, "app.js"), "")
	s.line("reloaded", 21)
	if got := pid(t, s.ok("diary", "1")); got == first {
		t.Error("an edit was not seen")
	}
	said := 0
	for _, line := range s.logged() {
		if strings.HasPrefix(line.Text, "has written ") {
			said++
		}
	}
	if said != 1 {
		t.Errorf("said %d times", said)
	}
}
