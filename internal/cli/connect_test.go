package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gangway/internal/cli"
	"gangway/internal/sigv4"
	"gangway/internal/websocket"
)

// echo answers each message with itself, and "bye" with a close frame.
type echo struct{}

func (echo) Open(*websocket.Conn) {}

func (echo) Message(c *websocket.Conn, op websocket.Opcode, payload []byte) {
	switch string(payload) {
	case "bye":
		c.Close(websocket.StatusNormal, "see you")
	case "go":
		c.Close(websocket.StatusGoingAway, "Going\x1baway")
	case "binary":
		_ = c.Send(websocket.Binary, []byte{0, 1, 2}, nil)
	default:
		_ = c.Send(op, bytes.Clone(payload), nil)
	}
}

func (echo) Close(*websocket.Conn, websocket.Status, string) {}

// server accepts what may asks for, and returns its ws URL.
func server(t *testing.T, may func(http.ResponseWriter, *http.Request) bool) string {
	t.Helper()
	sockets := websocket.NewServer(echo{}, websocket.Options{})
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if may != nil && !may(w, r) {
			return
		}
		options := websocket.AcceptOptions{Subprotocol: r.Header.Get("Sec-WebSocket-Protocol")}
		if _, err := sockets.Accept(w, r, options); err != nil {
			t.Errorf("accept: %v", err)
		}
	}))
	t.Cleanup(func() { sockets.Close(); listener.Close() })
	return "ws" + strings.TrimPrefix(listener.URL, "http")
}

func TestConnect(t *testing.T) {
	url := server(t, nil)
	for _, c := range []struct {
		name, stdin string
		args        []string
		code        int
		stdout      string
		stderr      string
	}{
		{"lines", "one\n\n{\"a\": 1}\r\n", []string{"--wait", "2"}, 0, "one\n{\"a\": 1}\n", ""},
		{"messages and a reply", "", []string{"-m", "a,b", "-m", "c", "--wait", "2"}, 0, "a,b\nc\n", "connected to"},
		{"messages without waiting", "", []string{"-m", "hello"}, 0, "", ""},
		{"nothing to say", "", nil, 0, "", ""},
		{"another status", "go\n", []string{"--wait", "1"}, 4, "", `1001 Going\u001baway`},
		{"too few messages", "", []string{"-m", "one", "-m", "bye", "--wait", "3"}, 4, "one\n", "1000 see you"},
		{"not in time", "", []string{"--wait", "1", "--timeout", "10ms"}, 1, "", "0 of 1 messages came in time"},
		{"binary", "", []string{"-m", "binary", "-w", "1"}, 0, "(binary, 3 bytes, base64) AAEC\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := run(t, nil, c.stdin, append([]string{"connect", url}, c.args...)...)
			if got.code != c.code || !strings.Contains(got.stderr, c.stderr) {
				t.Errorf("code %d, stderr %q; want %d and %q", got.code, got.stderr, c.code, c.stderr)
			}
			// A reply may come before the end of what does not wait for it.
			waits := c.stdout != "" || c.code != 0
			if waits && got.stdout != c.stdout {
				t.Errorf("stdout %q, want %q", got.stdout, c.stdout)
			}
		})
	}
}

// terminal is a connect command whose standard input does not end.
type terminal struct {
	stdin  io.Writer
	stdout *bufio.Reader
	stderr bytes.Buffer // to be read after code
	code   chan int
}

func open(ctx context.Context, t *testing.T, args ...string) *terminal {
	t.Helper()
	in, stdin := io.Pipe()
	stdout, out := io.Pipe()
	term := &terminal{stdin: stdin, stdout: bufio.NewReader(stdout), code: make(chan int, 1)}
	go func() {
		term.code <- cli.Run(ctx, append([]string{"connect"}, args...), cli.Streams{
			Stdin: in, Stdout: out, Stderr: &term.stderr, Env: environment{}.lookup,
		})
		_ = out.Close()
	}()
	t.Cleanup(func() { _ = stdin.Close() })
	return term
}

// say types a line and returns what is printed next.
func (term *terminal) say(t *testing.T, line string) string {
	t.Helper()
	if _, err := io.WriteString(term.stdin, line+"\n"); err != nil {
		t.Fatal(err)
	}
	reply, err := term.stdout.ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	return reply
}

func TestConnectInterrupted(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	term := open(ctx, t, server(t, nil))
	if got := term.say(t, "hello"); got != "hello\n" {
		t.Errorf("got %q", got)
	}
	interrupt()
	if code := <-term.code; code != 0 {
		t.Errorf("code %d: %s", code, &term.stderr)
	}
}

func TestConnectUntilTheServerCloses(t *testing.T) {
	term := open(t.Context(), t, server(t, nil))
	if got := term.say(t, "one"); got != "one\n" {
		t.Errorf("got %q", got)
	}
	term.say(t, "bye")
	if code := <-term.code; code != 0 || !strings.Contains(term.stderr.String(), "closed by the server: 1000 see you\n") {
		t.Errorf("code %d: %s", code, &term.stderr)
	}
}

func TestConnectHandshake(t *testing.T) {
	var got *http.Request
	url := server(t, func(_ http.ResponseWriter, r *http.Request) bool {
		got = r.Clone(t.Context())
		r.Header.Set("Sec-WebSocket-Protocol", "v1") // the one the server chooses
		return true
	})
	run(t, nil, "", "connect", url+"/a1/prod?room=a%20b", "-m", "x",
		"-H", "X-Room: a, b", "--header", "Cookie:c=1", "--subprotocol", "v2,v1")
	for name, want := range map[string]string{"X-Room": "a, b", "Cookie": "c=1", "Sec-Websocket-Protocol": "v2, v1"} {
		if value := got.Header.Get(name); value != want {
			t.Errorf("%s: %q, want %q", name, value, want)
		}
	}
	if got.RequestURI != "/a1/prod?room=a%20b" {
		t.Errorf("asked for %s", got.RequestURI)
	}
}

func TestConnectRefused(t *testing.T) {
	url := server(t, func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("X-Amzn-Errortype", "ForbiddenException")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"message":"Forbidden"}`)
		return false
	})
	got := run(t, nil, "", "connect", url)
	if got.code != 3 || !strings.Contains(got.stderr, `403 Forbidden (ForbiddenException): {"message":"Forbidden"}`) {
		t.Errorf("got %+v", got)
	}
}

func TestConnectToNobody(t *testing.T) {
	listener := httptest.NewServer(http.NotFoundHandler())
	url := "ws" + strings.TrimPrefix(listener.URL, "http")
	listener.Close()
	got := run(t, nil, "", "connect", url)
	if got.code != 1 || strings.Count(got.stderr, "\n") != 1 {
		t.Errorf("got %+v", got)
	}
}

// TestConnectSigned holds both ways of signing, and both places of keys, against the verifier.
func TestConnectSigned(t *testing.T) {
	verifiers := map[string]sigv4.Key{
		"us-west-2": {ID: "AKIDEXAMPLE", Secret: "env-secret"},
		"eu-west-1": {ID: "GWRTEXAMPLE", Secret: "file-secret"},
	}
	env := environment{
		"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "env-secret", "AWS_REGION": "us-west-2",
	}
	dir := folder(t, "file-secret", nil)
	for _, c := range []struct{ region, args string }{
		{"us-west-2", "--sign"},
		{"us-west-2", "--presign"},
		{"eu-west-1", "--sign --data " + dir},
		{"eu-west-1", "--presign --data " + dir},
	} {
		url := server(t, func(w http.ResponseWriter, r *http.Request) bool {
			key := verifiers[c.region]
			verifier := &sigv4.Verifier{
				Region: c.region, Service: "execute-api",
				Keys: func(id string) (sigv4.Key, bool) { return key, id == key.ID },
			}
			if _, err := verifier.Verify(r, nil); err != nil {
				http.Error(w, err.Error(), http.StatusForbidden)
				return false
			}
			return true
		})
		got := run(t, env, "", append([]string{"connect", url + "/a1/prod?room=a+b", "-m", "hi", "-w", "1"}, strings.Fields(c.args)...)...)
		if got.code != 0 || got.stdout != "hi\n" {
			t.Errorf("%s: %+v", c.args, got)
		}
	}
}

func TestConnectWithoutKeys(t *testing.T) {
	got := run(t, nil, "", "connect", "ws://localhost/a1/prod", "--sign", "--data", t.TempDir())
	if got.code != 1 || !strings.Contains(got.stderr, "credentials") {
		t.Errorf("got %+v", got)
	}
}

func TestRender(t *testing.T) {
	for _, c := range []struct {
		name, text string
		colour     bool
		want       string
	}{
		{"plain text", "hello", true, "hello"},
		{"commands for the terminal", "a\x1b[2Jb\a", true, `a\u001b[2Jb\u0007`},
		{"JSON", `{"a":[1,{"b":null}],"c":"x:\"y"}`, false, "{\n  \"a\": [\n    1,\n    {\n      \"b\": null\n    }\n  ],\n  \"c\": \"x:\\\"y\"\n}"},
		{"broken JSON", `{"a":`, true, `{"a":`},
		{
			"colours", `{"a":"b","n":-1.5e3}`, true,
			"{\n  \x1b[34m\"a\"\x1b[0m: \x1b[32m\"b\"\x1b[0m,\n  \x1b[34m\"n\"\x1b[0m: \x1b[33m-1.5e3\x1b[0m\n}",
		},
		{"a command in JSON", "{\"a\":\"\u009b2J\"}", false, "{\n  \"a\": \"\\u009b2J\"\n}"},
	} {
		if got := cli.Render(c.text, c.colour); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
