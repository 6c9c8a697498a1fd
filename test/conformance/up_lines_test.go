package conformance_test

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gangway/internal/tail"
	"gangway/test/executable"
)

// TestUpLines: who watches an API sees what its functions write, each line with the invocation and the event that it was written for; a
// mistake in the code is told of when it is saved. Source: the fields awsRequestId and integration.requestId in "Setting up CloudWatch
// logging for WebSocket APIs", by which people join the logs of an API and of its functions.
func TestUpLines(t *testing.T) {
	tool(t, "node")
	a := up(t, testdata(t, "lines"))
	api := strings.Split(a.url, "/")[3]
	events := watch(t, a.server, a.key, "/gangway/apis/"+api+"/tail")
	silent := watch(t, a.server, a.key, "/gangway/apis/"+api+"/tail?lines=none")
	eyes := a.watching(t, api)
	c := a.enter(t)
	connect, lines := events.until(t, "CONNECT")
	wantLine(t, connect, "", lines, "somebody at the door")

	if got := c.ask(t, "hello"); got != "yes Root=" {
		t.Errorf("the function answers %q", got)
	}
	message, lines := events.until(t, "MESSAGE")
	if message.Integration == nil || message.Integration.RequestID == "" {
		t.Fatalf("the invocation has no id: %s", events.text)
	}
	wantLine(t, message, message.Integration.RequestID, lines, "heard hello")
	wantLine(t, message, message.Integration.RequestID, lines, "and thought")
	wantLine(t, message, "", lines, "loaded")
	for _, kind := range []string{"CONNECT", "MESSAGE"} {
		if e := silent.next(t); e.Type != kind {
			t.Errorf("who wants no lines got %s", silent.text)
		}
	}
	if !eventually(t, func() bool {
		_, below, _ := strings.Cut(eyes.String(), "MESSAGE ")
		return strings.Contains(below, message.Integration.RequestID+" | ") && strings.Contains(below, "heard hello")
	}) {
		t.Errorf("tail prints %s", eyes)
	}

	a.edit(t, "src/words.js", "'yes'", "'yes")
	a.awaitText(t, "words.js:1", "SyntaxError: Invalid or unexpected token")
	a.edit(t, "src/words.js", "'yes", "'aye'; //")
	a.awaitText(t, "the code is right again")
	c.awaitReply(t, "hello", "aye ")
}

// until is the next event of a kind, and the lines that came before it.
func (s *stream) until(t *testing.T, kind string) (found *tail.Event, lines []*tail.Event) {
	t.Helper()
	for {
		e := s.next(t)
		if e.Type == kind {
			return e, lines
		}
		if e.Type == tail.Log {
			lines = append(lines, e)
		}
	}
}

// wantLine wants a line among those of an event.
func wantLine(t *testing.T, of *tail.Event, invocation string, lines []*tail.Event, text string) {
	t.Helper()
	for _, line := range lines {
		if !strings.HasSuffix(line.Line, text) {
			continue
		}
		if line.API != of.API || line.Stage != "prod" || line.Connection != of.Connection || line.Cause != of.RequestID || line.Function == "" ||
			line.Platform || invocation != "" && line.RequestID != invocation {
			t.Errorf("the line of %+v is %+v", of, line)
		}
		return
	}
	t.Errorf("there is no line %q", text)
}

// watching is what `gangway tail` prints, from a moment when it watches.
func (a *app) watching(t *testing.T, api string) *executable.Screen {
	t.Helper()
	path, err := gangway()
	must(t, err)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	screen := executable.NewScreen()
	command := exec.CommandContext(ctx, path, "tail", api, "--data", filepath.Join(a.dir, ".gangway"))
	command.Stdout, command.Stderr = screen, screen
	must(t, command.Start())
	t.Cleanup(func() {
		stop()
		_ = command.Wait() // it was killed
	})
	if !eventually(t, func() bool { return strings.Contains(screen.String(), "watching ") }) {
		t.Fatalf("tail prints %s", screen)
	}
	return screen
}
