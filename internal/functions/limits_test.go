//go:build unix

package functions_test

import (
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"gangway/internal/functions"
)

// unreserved is the limit where no concurrency is reserved.
const unreserved = 20

// TestBurst: callers wait where nothing is reserved.
func TestBurst(t *testing.T) {
	f := native(t, "marked", "marked")
	f.Timeout = patience
	s := newStand(t, functions.Config{}, f)
	var group sync.WaitGroup
	for i := range unreserved + 5 {
		group.Go(func() {
			if got := s.invoke("marked", itoa(i)); got.body != itoa(i) {
				t.Errorf("%d: %+v", i, got)
			}
		})
	}
	s.line("begun", unreserved)
	put(t, filepath.Join(f.Dir, "go"), "")
	group.Wait()
}

// TestBurstIsBounded: they wait no longer than the function may take.
func TestBurstIsBounded(t *testing.T) {
	f := functions.Function{Name: "sleepy", Dir: folder(t, "bootstrap", "#!/bin/sh\necho begun\nexec sleep 600\n"), Retries: -1}
	f.Timeout = 200 * time.Millisecond // the start may take 10 s
	if err := os.Chmod(filepath.Join(f.Dir, "bootstrap"), 0o700); err != nil {
		t.Fatal(err)
	}
	s := newStand(t, functions.Config{}, f)
	for range unreserved {
		s.invoke("sleepy", "{}", "X-Amz-Invocation-Type", "Event")
	}
	s.line("begun", unreserved)
	began := time.Now()
	got := s.invoke("sleepy", "{}")
	if got.status != http.StatusTooManyRequests || time.Since(began) < f.Timeout {
		t.Errorf("after %v: %+v", time.Since(began), got)
	}
	contains(t, got.body, `"Reason":"ConcurrentInvocationLimitExceeded"`)
}

// TestThrottled: a reserved concurrency of 0 stops a function.
func TestThrottled(t *testing.T) {
	f := native(t, "echo", "echo")
	f.Concurrency = -1
	s := newStand(t, functions.Config{}, f)
	got := s.invoke("echo", "1")
	if got.status != http.StatusTooManyRequests {
		t.Errorf("%+v", got)
	}
	contains(t, got.body, `"Reason":"ReservedFunctionConcurrentInvocationLimitExceeded"`)
	if got := s.invoke("echo", "1", "X-Amz-Invocation-Type", "Event"); got.status != http.StatusAccepted {
		t.Errorf("%+v", got)
	}
	s.line("the asynchronous invocation was dropped: TooManyRequestsException", 1)
}

// TestBreaksOff: a process that does not ask for what it was given is timed out, and its place is free again.
func TestBreaksOff(t *testing.T) {
	f := native(t, "cut", "cut")
	f.Concurrency, f.Timeout = 1, 2*time.Second
	s := newStand(t, functions.Config{}, f)
	for try := 1; try <= 2; try++ {
		if got := s.ok("cut", "{}"); got != `"done"` {
			t.Errorf("%s", got)
		}
		s.line("cut", try)
		if got := s.invoke("cut", "{}"); got.said().ErrorType != "Sandbox.Timedout" {
			t.Errorf("%+v", got)
		}
		s.line("Task timed out after 2.00 seconds", try)
	}
}
