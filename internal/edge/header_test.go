package edge_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gangway/internal/edge"
	"gangway/internal/http1"
)

// seen are the names under which a transport was asked for $connect.
func seen(t *testing.T, n *node, request string) http.Header {
	t.Helper()
	header := make(chan http.Header, 1)
	a := newAPI().route("$connect", proxy("http://backend.test/"))
	n.stages.Set(prod, a.compile(t, roundTripper(func(r *http.Request) (*http.Response, error) {
		header <- r.Header
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
	})), edge.Settings{})
	conn, r := n.raw(t, request)
	if r.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("got %s", r.Status)
	}
	lose(t, conn)
	return <-header
}

// Backends see header names as the client spelled them, and nothing that only the gateway can know from the client.
func TestHeaderSpelling(t *testing.T) {
	n := start(t, nil, edge.Config{})
	got := seen(t, n, "GET "+path+"?a=1 HTTP/1.1\r\nhost: localhost:8080\r\nX-userTOKEN: t\r\nx-twice: 1\r\nx-twice: 2\r\n"+
		"Connection: Upgrade, X-Hop\r\nX-Hop: 1\r\nTE: trailers\r\nX-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: gopher\r\n"+
		"X_Forwarded_Host: evil\r\nForwarded: for=6.6.6.6\r\n"+
		strings.Replace(upgrade, "Connection: Upgrade\r\n", "", 1)+"\r\n")
	_, port, _ := net.SplitHostPort(n.host) // and not what the client says
	for name, want := range map[string]string{
		"X-userTOKEN": "[t]", "x-twice": "[1 2]", "X-Forwarded-Port": "[" + port + "]", "X-Forwarded-Proto": "[http]",
		"X-Forwarded-For": "[127.0.0.1]",
	} {
		if fmt.Sprint(got[name]) != want {
			t.Errorf("%s: got %v, want %s", name, got[name], want)
		}
	}
	for _, name := range []string{"X-Hop", "TE", "X_Forwarded_Host", "Forwarded", "X-Usertoken", "X-Twice"} {
		if got[name] != nil {
			t.Errorf("%s: got %v, want nothing", name, got[name])
		}
	}
}

// spelled says whether a header has a name in exactly this spelling.
func spelled(h http.Header, name string) bool { return h[name] != nil }

// Behind the server of net/http, names are canonical.
func TestCanonicalHeader(t *testing.T) {
	stages := edge.NewStages()
	s := edge.New(stages, edge.Config{})
	web := httptest.NewServer(s)
	defer web.Close()
	got := seen(t, &node{Server: s, stages: stages, host: web.Listener.Addr().String()},
		"GET "+path+" HTTP/1.1\r\nHost: localhost\r\nx-userTOKEN: t\r\n"+upgrade+"\r\n")
	if got.Get("X-Usertoken") != "t" || spelled(got, "x-userTOKEN") {
		t.Errorf("got %v", got)
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

// A connection on which something else was asked before tells its own header, not that of the earlier request.
func TestHeaderAfterAnotherRequest(t *testing.T) {
	n := start(t, nil, edge.Config{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serve(t, l, &http1.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			n.ServeHTTP(w, r)
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
	})})
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	in := bufio.NewReader(conn)
	for i := range 3 {
		_, _ = io.WriteString(conn, "POST /x HTTP/1.1\r\nHost: h\r\nx-oLD: 1\r\nContent-Length: 20000\r\n\r\n"+strings.Repeat("x", 20000))
		if r, err := http.ReadResponse(in, nil); err != nil || r.StatusCode != http.StatusOK {
			t.Fatalf("request %d: %v", i, err)
		}
	}
	header := make(chan http.Header, 1)
	a := newAPI().route("$connect", proxy("http://backend.test/"))
	n.stages.Set(prod, a.compile(t, roundTripper(func(r *http.Request) (*http.Response, error) {
		header <- r.Header
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
	})), edge.Settings{})
	_, _ = io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: h\r\nx-nEW: 1\r\n"+upgrade+"\r\n")
	if r, err := http.ReadResponse(in, nil); err != nil || r.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("got %v, %v", r, err)
	}
	if got := <-header; !spelled(got, "x-nEW") || spelled(got, "x-oLD") {
		t.Errorf("got %v", got)
	}
	_ = conn.Close()
	if err := n.Shutdown(t.Context()); err != nil { // before the loops of this server, on which the connection is, are gone
		t.Error(err)
	}
}

// What is beneath must not matter: some of the tests once more, with a goroutine for each connection.
func TestWithoutLoops(t *testing.T) {
	for name, test := range map[string]func(*testing.T){
		"handshake": TestHandshakeRefusals, "header": TestHeaderSpelling, "replies": TestReplies, "limit": TestInFlight,
		"order": TestPromptInOrder, "leaving": TestLeavingDuringConnect, "pairing": TestPairing, "shutdown": TestShutdownLosesNoReply,
	} {
		t.Run(name, test)
	}
}
