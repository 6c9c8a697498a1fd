package cli_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"gangway/internal/cli"
)

// TestDemo starts the demo and does what it says one can do, but for the AWS CLI.
func TestDemo(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	stdout, out := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- cli.Run(ctx, []string{"demo"}, cli.Streams{
			Stdin: strings.NewReader(""), Stdout: out, Stderr: t.Output(), Env: environment{}.lookup,
		})
		_ = out.Close()
	}()
	lines := bufio.NewReader(stdout)
	text := readUntil(t, lines, "post-to-connection")

	page := regexp.MustCompile(`http://127\S+/`).FindString(text)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, page, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		t.Errorf("GET %s: %s", page, response.Status)
	}

	url := regexp.MustCompile(`connect (ws://\S+)`).FindStringSubmatch(text)[1]
	got := run(t, nil, "", "connect", url, "--wait", "1", "-m", `{"action":"join","name":"ann"}`)
	const joined = `{"type":"joined","name":"ann"}`
	if got.code != 0 || got.stdout != joined+"\n" {
		t.Errorf("connect: %+v", got)
	}
	// The demo's own client is told, too. Both pushes may be under way at once: either may come first.
	const left = `{"type":"left","name":"ann"}`
	if told := readUntil(t, lines, joined); !strings.Contains(told, left) {
		readUntil(t, lines, left)
	}

	// The demo stays however long nothing comes: this ends when nothing has come for a while, and nobody else is told.
	for range 2 {
		if got := run(t, nil, "", "connect", url, "-m", `{"action":"who"}`); got.code != 0 {
			t.Errorf("connect: %+v", got)
		}
	}
	if got := run(t, nil, "", "connect", url, "--wait", "1", "-m", `{"action":"join","name":"bob"}`); got.code != 0 {
		t.Errorf("connect: %+v", got)
	}
	readUntil(t, lines, `{"type":"joined","name":"bob"}`)

	data := regexp.MustCompile(`env --data (\S+)\)`).FindStringSubmatch(text)[1]
	exports := run(t, nil, "", "env", "--data", data)
	endpoint := "APIGATEWAYMANAGEMENTAPI='http" + strings.TrimPrefix(url, "ws") + "'"
	if exports.code != 0 || !strings.Contains(exports.stdout, endpoint) {
		t.Errorf("env: no %s in %+v", endpoint, exports)
	}

	interrupt()
	go func() { _, _ = io.Copy(io.Discard, lines) }() // until the command has ended
	if c := <-code; c != 0 {
		t.Errorf("code %d", c)
	}
	if got := run(t, nil, "", "env", "--data", data); got.code != 1 {
		t.Errorf("the folder is still there: %+v", got)
	}
}

// TestDemoStays: no limit of time ends the connection that the demo itself waits on.
func TestDemoStays(t *testing.T) {
	if got := cli.DemoConfig().Limits; got.Idle >= 0 || got.Lifetime >= 0 {
		t.Errorf("idle timeout %s, connection duration %s; want none, which is negative", got.Idle, got.Lifetime)
	}
}

// readUntil reads lines up to one that holds a text, and returns them.
func readUntil(t *testing.T, lines *bufio.Reader, text string) string {
	t.Helper()
	var read strings.Builder
	for !strings.Contains(read.String(), text) {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("%v; before that:\n%s", err, &read)
		}
		read.WriteString(line)
	}
	return read.String()
}
