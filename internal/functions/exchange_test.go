package functions_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"gangway/internal/functions"
)

// TestPlainRuntime: a runtime may be a few lines that know little of HTTP: it asks by HTTP/1.0, reads until the connection ends, expects to be
// told to go on, and sends chunks (RFC 9112, sections 7.1 and 9.6; RFC 9110, section 10.1.1). Events of any length come as they are.
func TestPlainRuntime(t *testing.T) {
	s := newStand(t, functions.Config{}, native(t, "plain", "plain"))
	for _, event := range []string{"1", `"` + strings.Repeat("x", 100_000) + `"`, "{}"} {
		if got := s.ok("plain", event); got != event {
			t.Errorf("an event of %d bytes has become one of %d", len(event), len(got))
		}
	}
	if line := s.line("202 Accepted", 1); !strings.Contains(line.Text, "Connection: close") || !strings.HasSuffix(line.Text, `{"status":"OK"}`) {
		t.Errorf("%+v", line)
	}
}

// runtimeAPI is where the function "environment", which tells its own, has its Runtime API.
func (s *stand) runtimeAPI() string {
	s.Helper()
	_, after, _ := strings.Cut(s.ok("environment", "{}"), "AWS_LAMBDA_RUNTIME_API=")
	address, _, _ := strings.Cut(after, `"`)
	return address
}

// told sends something to an address and reads until the other side has said all.
func told(t *testing.T, address, sent string) string {
	t.Helper()
	conn := dialled(t, address)
	if _, err := io.WriteString(conn, sent); err != nil {
		t.Error(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Error(err)
	}
	return string(answer)
}

func dialled(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{Timeout: patience}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// TestUnreadable: what is no request, or has a head without end, is answered before the connection ends.
func TestUnreadable(t *testing.T) {
	s := newStand(t, functions.Config{}, native(t, "environment", "environment"))
	address := s.runtimeAPI()
	head := "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: localhost\r\n"
	for sent, want := range map[string]string{
		"hello\r\n\r\n": "HTTP/1.1 400 Bad Request\r\n",
		"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n":                             "HTTP/1.1 400 Bad Request\r\n",
		head + "X: " + strings.Repeat("x", 100_000) + "\r\n\r\n":                   "HTTP/1.1 431 Request Header Fields Too Large\r\n",
		head + strings.Repeat("X: "+strings.Repeat("x", 90)+"\r\n", 1000) + "\r\n": "HTTP/1.1 431 Request Header Fields Too Large\r\n",
	} {
		got := told(t, address, sent)
		if !strings.HasPrefix(got, want) || !strings.Contains(got, "\r\nConnection: close\r\n") || !strings.Contains(got, `"errorType":"InvalidRequest"`) {
			t.Errorf("%.20q was answered with %q, not %q", sent, got, want)
		}
	}
	s.ok("environment", "{}")
}

// TestUnwantedBody: no body is waited for, nor room made for it, for an answer to nothing; a client that asks before it sends does not send
// (RFC 9110, section 10.1.1).
func TestUnwantedBody(t *testing.T) {
	s := newStand(t, functions.Config{}, native(t, "environment", "environment"))
	address := s.runtimeAPI()
	for path, want := range map[string]string{
		"invocation/nobody/response": "InvalidRequestID", "invocation/nobody/error": "InvalidRequestID", "init/error": "InvalidStateTransition", "nothing": "no such operation",
	} {
		head := "POST /2018-06-01/runtime/" + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6000000\r\n"
		conn := dialled(t, address)
		if _, err := io.WriteString(conn, head+"\r\nx"); err != nil {
			t.Fatal(err)
		}
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if body, err := io.ReadAll(answer.Body); err != nil || !strings.Contains(string(body), want) {
			t.Errorf("%s: %s %v", path, body, err)
		}
		if got := told(t, address, head+"Expect: 100-continue\r\n\r\n"); strings.Contains(got, " 100 ") || !strings.Contains(got, "\r\nConnection: close\r\n") {
			t.Errorf("%s: %s", path, got)
		}
	}
	s.ok("environment", "{}")
}

// TestManyConnections: a process has as many as it needs, and goes on with those it has.
func TestManyConnections(t *testing.T) {
	s := newStand(t, functions.Config{}, native(t, "environment", "environment"))
	address := s.runtimeAPI()
	var all []net.Conn
	for range 100 {
		all = append(all, dialled(t, address))
	}
	refused := 0
	for _, conn := range all { // each that is open answers
		if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			refused++
			continue
		}
		if _, err := conn.Read(make([]byte, 1)); err != nil {
			refused++
		}
	}
	if refused < 30 || refused > 50 {
		t.Errorf("%d connections of 100 were refused", refused)
	}
	s.ok("environment", "{}")
}

// TestOneBody: while an answer comes no other is taken.
func TestOneBody(t *testing.T) {
	s := newStand(t, functions.Config{}, native(t, "twofold", "twofold"))
	if got := s.ok("twofold", "{}"); got != `"the first"` {
		t.Errorf("got %s", got)
	}
	contains(t, s.line("second:", 1).Text, "403 Forbidden", "InvalidStateTransition")
	contains(t, s.line("first:", 1).Text, "202 Accepted")
}

// twofold begins an answer, tries to give another, and ends the first. That the first has begun is known because it is told to go on.
func twofold(c *client) {
	c.next()
	address := os.Getenv("AWS_LAMBDA_RUNTIME_API")
	first, err := net.Dial("tcp", address)
	if err != nil {
		os.Exit(3)
	}
	_, _ = io.WriteString(first, "POST "+c.path("invocation/"+c.id+"/response")+" HTTP/1.1\r\nHost: localhost\r\nContent-Length: 11\r\n"+
		"Expect: 100-continue\r\n\r\n")
	in := bufio.NewReader(first)
	_, _ = in.ReadString('\n')
	_, _ = in.ReadString('\n')
	status, said := c.answer(`"the second"`)
	write("second:", status, http.StatusText(status), said)
	_, _ = io.WriteString(first, `"the first"`)
	line, _ := in.ReadString('\n')
	write("first:", line)
	c.next()
}
