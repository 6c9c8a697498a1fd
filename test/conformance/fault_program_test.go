package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// wantHealthy stops a program in good order. It must not have met what it did not expect: a panic, or an error of no kind.
func (p *program) wantHealthy(t *testing.T) {
	t.Helper()
	p.stop(t)
	if said := p.output.String(); strings.Contains(said, "panic") || strings.Contains(said, "level=ERROR") {
		t.Errorf("the program says:\n%.4000s", said)
	}
}

// onlyLinux leaves a test that looks at a process from outside.
func onlyLinux(t *testing.T) {
	t.Helper()
	if _, err := os.Stat("/proc/self/fd"); err != nil {
		t.Skipf("SKIPPED: there is no /proc, so nothing is known about processes here: %v", err)
	}
}

// files is how many files and sockets a program has open.
func (p *program) files(t *testing.T) int {
	t.Helper()
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.command.Process.Pid))
	must(t, err)
	return len(open)
}

// peak is the most memory that a program has had since forgetPeak, in bytes.
func (p *program) peak(t *testing.T) int64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	must(t, err)
	match := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	if match == nil {
		t.Fatalf("no VmHWM in %s", status)
	}
	kilobytes, err := strconv.ParseInt(string(match[1]), 10, 64)
	must(t, err)
	return kilobytes << 10
}

// forgetPeak makes what a program has now its peak: proc_pid_clear_refs(5).
func (p *program) forgetPeak(t *testing.T) {
	t.Helper()
	must(t, os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", p.command.Process.Pid), []byte("5"), 0))
}

// goroutines ends a program, and are the stacks that it had then.
func (p *program) goroutines(t *testing.T) []string {
	t.Helper()
	before := len(p.output.String())
	must(t, p.command.Process.Signal(syscall.SIGQUIT))
	_ = p.command.Wait() // fails: that is not how programs end
	var stacks []string
	for text := range strings.SplitSeq(p.output.String()[before:], "\n\n") {
		if strings.HasPrefix(text, "goroutine ") {
			stacks = append(stacks, text)
		}
	}
	if len(stacks) == 0 {
		t.Fatalf("no stacks in %q", p.output.String()[before:])
	}
	return stacks
}

// eventually waits until something holds that nothing announces.
func eventually(t *testing.T, holds func() bool) bool {
	t.Helper()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	end := time.Now().Add(patience)
	for !holds() {
		if time.Now().After(end) {
			return false
		}
		<-ticker.C
	}
	return true
}

// enter connects to a stage, until the test ends.
func (s *server) enter(t *testing.T, api, stage string) *client {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, _, err := dial(ctx, handshake{url: s.data + "/" + api + "/" + stage})
	if err != nil {
		t.Fatalf("%s: %v", stage, err)
	}
	t.Cleanup(c.drop)
	return c
}

// knock is how a handshake is answered: by a status, and unless that is 101 a message. A connection is ended again.
func (s *server) knock(t *testing.T, api, stage string) (status int, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, _, err := dial(ctx, handshake{url: s.data + "/" + api + "/" + stage, raw: true})
	refused, ok := errors.AsType[*refusal](err)
	switch {
	case ok:
		return refused.status, refused.text("message")
	case err != nil:
		t.Fatal(err)
	}
	c.drop()
	return http.StatusSwitchingProtocols, ""
}

// say sends a message in frames as large as they may be.
func (c *client) say(t *testing.T, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := sendMessage(ctx, c.ws, false, 32<<10, text); err != nil {
		t.Fatalf("%.80s: %v", text, err)
	}
}

// hear is the next item.
func (c *client) hear(t *testing.T) string {
	t.Helper()
	item, err := c.next()
	must(t, err)
	return item
}

// ask sends a message, and is what comes next.
func (c *client) ask(t *testing.T, text string) string {
	t.Helper()
	c.say(t, text)
	return c.hear(t)
}

// mocked is a two-way route whose replies are made by a template.
func mocked(text string) route { return route{Mock: &text, Reply: true} }

const (
	internalText = "Internal server error"
	timedOutText = "Endpoint request timed out"
)

// isFrame says whether an item is the frame by which a connection is told of an error, byte for byte as API Gateway spaces it.
func isFrame(item, text, connection string) bool {
	frame := regexp.QuoteMeta(`{"message": "`+text+`", "connectionId":"`+connection+`", "requestId":"`) + `[A-Za-z0-9_=-]{16}"}`
	return regexp.MustCompile(`\A` + frame + `\z`).MatchString(item)
}
