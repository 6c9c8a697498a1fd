package websocket_test

import (
	"bufio"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gangway/internal/websocket"
)

// door is an HTTP server that refuses as the error says and else accepts.
func door(s *websocket.Server, o websocket.AcceptOptions) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if bad := websocket.CheckHandshake(r); bad != nil {
			maps.Copy(w.Header(), bad.Header)
			http.Error(w, bad.Message, bad.Status)
			return
		}
		if _, err := s.Accept(w, r, o); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}
}

func TestHandshake(t *testing.T) {
	s := websocket.NewServer(newRecorder(), websocket.Options{})
	server := httptest.NewServer(door(s, websocket.AcceptOptions{}))
	t.Cleanup(server.Close)
	t.Cleanup(s.Close)
	for _, test := range []struct {
		name, from, to string
		status         int
		header         string // of the answer, "Name: value"
	}{
		{name: "good", status: 101, header: "Sec-Websocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="},
		{name: "other case", from: "Upgrade: WebSocket", to: "uPGRADE: wEBSOCKET", status: 101},
		{name: "other upgrades, too", from: "Upgrade: WebSocket", to: "Upgrade: h2c, websocket", status: 101},
		{name: "Connection twice", from: "Connection: keep-alive, Upgrade", to: "Connection: keep-alive\r\nConnection: upgrade", status: 101},
		{name: "extension offered", from: "\r\n\r\n", to: "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n", status: 101, header: "Sec-Websocket-Extensions: "},
		{name: "subprotocol offered", from: "\r\n\r\n", to: "\r\nSec-WebSocket-Protocol: a, b\r\n\r\n", status: 101, header: "Sec-Websocket-Protocol: "},
		{name: "Content-Length 0", from: "\r\n\r\n", to: "\r\nContent-Length: 0\r\n\r\n", status: 101},
		{name: "Origin", from: "\r\n\r\n", to: "\r\nOrigin: http://evil.example\r\n\r\n", status: 101},
		{name: "no upgrade", from: "Upgrade: WebSocket\r\n", to: "", status: 426, header: "Upgrade: websocket"},
		{name: "another upgrade", from: "Upgrade: WebSocket", to: "Upgrade: h2c", status: 426},
		{name: "part of a token", from: "Upgrade: WebSocket", to: "Upgrade: websocket2", status: 426},
		{name: "HTTP/1.0", from: "HTTP/1.1", to: "HTTP/1.0", status: 426},
		{name: "POST", from: "GET", to: "POST", status: 405, header: "Allow: GET"},
		{name: "HEAD", from: "GET", to: "HEAD", status: 405},
		{name: "body", from: "\r\n\r\n", to: "\r\nContent-Length: 5\r\n\r\nhello", status: 400},
		{name: "chunked", from: "\r\n\r\n", to: "\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", status: 400},
		{name: "no Connection", from: "Connection: keep-alive, Upgrade\r\n", to: "", status: 400},
		{name: "Connection without the token", from: ", Upgrade", to: ", upgraded", status: 400},
		{name: "no version", from: "Sec-WebSocket-Version: 13\r\n", to: "", status: 426, header: "Sec-Websocket-Version: 13"},
		{name: "old version", from: "Version: 13", to: "Version: 8", status: 426, header: "Sec-Websocket-Version: 13"},
		{name: "two versions", from: "Version: 13", to: "Version: 13, 8", status: 426},
		{name: "version twice", from: "Sec-WebSocket-Version: 13", to: "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 13", status: 426},
		{name: "no key", from: "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", to: "", status: 400},
		{name: "key of 15 bytes", from: "dGhlIHNhbXBsZSBub25jZQ==", to: "dGhlIHNhbXBsZSBub25j", status: 400},
		{name: "key of 17 bytes", from: "dGhlIHNhbXBsZSBub25jZQ==", to: "dGhlIHNhbXBsZSBub25jZWE=", status: 400},
		{name: "key not base64", from: "dGhlIHNhbXBsZSBub25jZQ==", to: "dGhlIHNhbXBsZSBub25j*Q==", status: 400},
		{name: "key with loose bits", from: "dGhlIHNhbXBsZSBub25jZQ==", to: "dGhlIHNhbXBsZSBub25jZR==", status: 400},
		{name: "key without padding", from: "dGhlIHNhbXBsZSBub25jZQ==", to: "dGhlIHNhbXBsZSBub25jZQ", status: 400},
		{name: "two keys", from: "Sec-WebSocket-Key", to: "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Key", status: 400},
	} {
		t.Run(test.name, func(t *testing.T) {
			raw := request
			if test.from != "" {
				raw = strings.Replace(request, test.from, test.to, 1)
			}
			conn, err := net.Dial("tcp", server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			_ = conn.SetDeadline(time.Now().Add(patience))
			if _, err := io.WriteString(conn, raw); err != nil {
				t.Fatal(err)
			}
			in := bufio.NewReader(conn)
			answer, err := http.ReadResponse(in, &http.Request{Method: strings.SplitN(raw, " ", 2)[0]})
			if err != nil {
				t.Fatal(err)
			}
			if answer.StatusCode != test.status {
				t.Errorf("answer %s, want %d", answer.Status, test.status)
			}
			if name, want, ok := strings.Cut(test.header, ": "); ok && answer.Header.Get(name) != want {
				t.Errorf("%s: %q, want %q", name, answer.Header.Get(name), want)
			}
			if test.status == http.StatusSwitchingProtocols {
				return
			}
			if _, err = io.Copy(io.Discard, answer.Body); err == nil {
				_, err = io.Copy(io.Discard, in) // a refused connection ends
			}
			if err != nil || !answer.Close {
				t.Errorf("close announced: %t; then %v", answer.Close, err)
			}
		})
	}
}

// What is put into the answer cannot become anything but that.
func TestAcceptOptions(t *testing.T) {
	for _, test := range []struct {
		name string
		o    websocket.AcceptOptions
		want string // "Name: value", or "": refused
	}{
		{"subprotocol", websocket.AcceptOptions{Subprotocol: "graphql-ws"}, "Sec-Websocket-Protocol: graphql-ws"},
		{"header", websocket.AcceptOptions{Header: http.Header{"X-Amzn-Requestid": {"Fq8sBHbqIAMFq4g="}}}, "X-Amzn-Requestid: Fq8sBHbqIAMFq4g="},
		{"two subprotocols", websocket.AcceptOptions{Subprotocol: "a, b"}, ""},
		{"subprotocol with a line", websocket.AcceptOptions{Subprotocol: "a\r\nSet-Cookie: b"}, ""},
		{"value with a line", websocket.AcceptOptions{Header: http.Header{"X": {"a\r\nSet-Cookie: b"}}}, ""},
		{"value with a line feed", websocket.AcceptOptions{Header: http.Header{"X": {"a\nb"}}}, ""},
		{"name with a line", websocket.AcceptOptions{Header: http.Header{"X: a\r\nY": {"b"}}}, ""},
		{"name without a letter", websocket.AcceptOptions{Header: http.Header{"": {"b"}}}, ""},
		{"extension", websocket.AcceptOptions{Header: http.Header{"sec-websocket-extensions": {"permessage-deflate"}}}, ""},
		{"Connection", websocket.AcceptOptions{Header: http.Header{"connection": {"close"}}}, ""},
		{"Content-Length", websocket.AcceptOptions{Header: http.Header{"Content-Length": {"5"}}}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := websocket.NewServer(newRecorder(), websocket.Options{})
			defer s.Close()
			server := httptest.NewServer(door(s, test.o))
			defer server.Close()
			conn, err := net.Dial("tcp", server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			_, _ = io.WriteString(conn, request)
			answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			if (answer.StatusCode == http.StatusSwitchingProtocols) != (test.want != "") {
				t.Fatalf("answer %s", answer.Status)
			}
			if name, want, ok := strings.Cut(test.want, ": "); ok && answer.Header.Get(name) != want {
				t.Errorf("%s: %q, want %q", name, answer.Header.Get(name), want)
			}
		})
	}
}

// Accept judges the handshake by itself, and cannot take over what is no connection.
func TestAcceptRefuses(t *testing.T) {
	s := websocket.NewServer(newRecorder(), websocket.Options{})
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
	if _, err := s.Accept(w, r, websocket.AcceptOptions{}); err == nil || err.Error() != "websocket: handshake: Upgrade Required" {
		t.Errorf("no handshake: %v", err)
	}
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(request)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Accept(w, r, websocket.AcceptOptions{}); err == nil || !strings.Contains(err.Error(), "not supported") {
		t.Errorf("no connection: %v", err)
	}
	s.Close()
}
