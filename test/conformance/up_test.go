package conformance_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"gangway/internal/node"
	"gangway/test/executable"
)

// app is a folder with a template, and the real program that runs it.
type app struct {
	*program
	dir string
	url string // of its stage
}

// up runs `gangway up` on a folder and waits until it says that the app is up.
func up(t *testing.T, dir string, flags ...string) *app {
	t.Helper()
	path, err := gangway()
	must(t, err)
	a := &app{dir: dir, program: &program{output: executable.NewScreen()}}
	a.command = exec.CommandContext(context.WithoutCancel(t.Context()), path, append([]string{
		"up", dir, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--functions", "127.0.0.1:0",
	}, flags...)...)
	a.command.Stdout, a.command.Stderr = a.output, a.output
	must(t, a.command.Start())
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(a.output)
		}
		if a.command.ProcessState == nil {
			a.stop(t)
		}
	})
	a.awaitText(t, " is up after ", "To stop: Ctrl-C")
	a.url = regexp.MustCompile(`ws://\S+`).FindString(a.output.String())
	data := filepath.Join(dir, ".gangway")
	running, err := node.ReadRunning(data)
	must(t, err)
	a.server, err = serverAt(running.Admin, running.Data, data)
	must(t, err)
	return a
}

// awaitText waits until the program has printed some texts.
func (a *app) awaitText(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !eventually(t, func() bool { return strings.Contains(a.output.String(), text) }) {
			t.Fatalf("%q was not printed:\n%s", text, a.output)
		}
	}
}

// enter connects to the app's stage, until the test ends.
func (a *app) enter(t *testing.T) *client {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, _, err := dial(ctx, handshake{url: a.url})
	must(t, err)
	t.Cleanup(c.drop)
	return c
}

// edit changes a file of the app.
func (a *app) edit(t *testing.T, file, before, after string) {
	t.Helper()
	path := filepath.Join(a.dir, file)
	text, err := os.ReadFile(path)
	must(t, err)
	if !strings.Contains(string(text), before) {
		t.Fatalf("%s has no %q", file, before)
	}
	must(t, os.WriteFile(path, []byte(strings.Replace(string(text), before, after, 1)), 0o600))
}

// awaitReply asks until the answer is the wanted one: when a change is taken up nobody tells a client.
func (c *client) awaitReply(t *testing.T, message, wanted string) {
	t.Helper()
	last := ""
	if !eventually(t, func() bool {
		last = c.ask(t, message)
		return strings.Contains(last, wanted)
	}) {
		t.Fatalf("the answer to %s is %q, not %q", message, last, wanted)
	}
}

// TestUp runs an app from its template as a developer does: connect, be pushed to by an unmodified handler, edit, break and mend the
// handler, break and mend the template, take a route away, stop, go on, and take it all away.
// Source: "AWS SAM template anatomy", "AWS::ApiGatewayV2 resource types" in the CloudFormation template reference.
func TestUp(t *testing.T) {
	tool(t, "node")
	pythonWith(t, "boto3")
	dir := t.TempDir()
	must(t, os.CopyFS(dir, os.DirFS(testdata(t, "up"))))
	a := up(t, dir)
	a.awaitText(t, "+ create  AWS::ApiGatewayV2::Stage Stage", "not ours  AWS::DynamoDB::Table Messages: set AWS_ENDPOINT_URL_DYNAMODB")
	c := a.enter(t)

	t.Run("functions", func(t *testing.T) {
		if got := c.ask(t, `{"action":"hello"}`); got != "first hello" {
			t.Errorf("the function answers %q", got)
		}
		if got := c.ask(t, `{"action":"push"}`); got != "pushed over TLS" {
			t.Errorf("the other function pushes %q", got)
		}
	})
	t.Run("edit", func(t *testing.T) {
		saved := time.Now()
		a.edit(t, "src/app.js", "first", "second")
		c.awaitReply(t, `{"action":"hello"}`, "second hello")
		t.Logf("a change of the code was seen by a client after %s", time.Since(saved).Round(time.Millisecond))
	})
	t.Run("broken handler", func(t *testing.T) {
		a.edit(t, "src/app.js", "body:", "body: ;")
		c.awaitReply(t, `{"action":"hello"}`, internalText)
		a.awaitText(t, "app.js:1", "SyntaxError")
		a.edit(t, "src/app.js", "body: ;", "body:")
		c.awaitReply(t, `{"action":"hello"}`, "second hello")
	})
	t.Run("broken template", func(t *testing.T) {
		a.edit(t, "template.yaml", "RouteKey: push", "RouteKy: push")
		a.awaitText(t, "template.yaml:3", "RouteKy", "the app runs on as it was")
		if got := c.ask(t, `{"action":"push"}`); got != "pushed over TLS" {
			t.Errorf("beside a broken template the app answers %q", got)
		}
		a.edit(t, "template.yaml", "RouteKy: push", "RouteKey: shove")
		c.awaitReply(t, `{"action":"shove"}`, "pushed over TLS")
		a.awaitText(t, "± replace AWS::ApiGatewayV2::Deployment Deployment", "open connections stay open")
	})
	t.Run("no code", func(t *testing.T) { // and something else that is right, which must wait for it
		a.edit(t, "template.yaml", "CodeUri: src/", "CodeUri: sources/")
		a.awaitText(t, "its code is not there")
		a.edit(t, "template.yaml", "CodeUri: sources/", "CodeUri: src/")
		if got := c.ask(t, `{"action":"hello"}`); got != "second hello" {
			t.Errorf("without code the app answers %q", got)
		}
	})
	a.kill() // what it leaves behind is no hindrance
	wantUpAgain(t, a, dir)
}

// wantUpAgain wants an app that was stopped to be the same when it is started again, to change no more than its template, and to leave
// nothing when it is taken away.
func wantUpAgain(t *testing.T, before *app, dir string) {
	t.Helper()
	a := up(t, dir)
	a.awaitText(t, "nothing to be made or changed")
	api := func(url string) string { return strings.Split(url, "/")[3] }
	if api(a.url) != api(before.url) {
		t.Errorf("the API was %s and is %s", before.url, a.url)
	}
	routes := func() int {
		items, _ := a.mustControl(t, get, "/v2/apis/"+api(a.url)+"/routes", nil).object()["items"].([]any)
		return len(items)
	}
	text, err := os.ReadFile(filepath.Join(dir, "template.yaml"))
	must(t, err)
	removed := regexp.MustCompile(`(?m)^  PushRoute:\n(    .*\n)+`).ReplaceAll(text, nil)
	must(t, os.WriteFile(filepath.Join(dir, "template.yaml"), removed, 0o600))
	if !eventually(t, func() bool { return routes() == 1 }) {
		t.Errorf("there are %d routes, expected one", routes())
	}
	path, err := gangway()
	must(t, err)
	if out, err := exec.CommandContext(t.Context(), path, "down", dir).CombinedOutput(); err == nil || !strings.Contains(string(out), "stop it first") {
		t.Errorf("down beside up: %v: %s", err, out)
	}
	a.edit(t, "template.yaml", "StageName: prod", "StageName: next")
	a.awaitText(t, "/next", "the app is here now")
	a.stop(t)
	out, err := exec.CommandContext(t.Context(), path, "down", dir).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "- remove  AWS::ApiGatewayV2::Api Chat") {
		t.Errorf("down: %v: %s", err, out)
	}
	p := startProgram(t, filepath.Join(dir, ".gangway"))
	if items, _ := p.mustControl(t, get, "/v2/apis", nil).object()["items"].([]any); len(items) != 0 {
		t.Errorf("down has left %v", items)
	}
}
