package conformance_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestTLSBeside has clients with and without TLS on one port at one time. That there is a port without TLS at all is a
// difference from API Gateway, which has none.
func TestTLSBeside(t *testing.T) {
	s := openMirror(t)
	s.own(t, ground{name: "ws.example.test", stages: map[string]string{"": "blue"}})
	path := "/" + s.api.id + "/blue"
	var clients []*client
	targets := []string{"wss://localhost" + s.port() + path, "ws://localhost" + s.port() + path, "wss://" + s.address + path, "ws://" + s.address + path, "wss://ws.example.test", "ws://ws.example.test"}
	for range 3 {
		for _, target := range targets {
			clients = append(clients, s.mustVisit(t, target))
		}
	}
	long := strings.Repeat("x", 32<<10)
	for i, c := range clients {
		_, host, _ := strings.Cut(targets[i%len(targets)], "://")
		if got := c.sends(t, long); got != strings.TrimSuffix(host, "/blue")+" blue" {
			t.Errorf("%s is answered %q", targets[i%len(targets)], got)
		}
	}
	stranger := s.browser(func(c *tls.Config) { c.RootCAs = x509.NewCertPool() })
	if got := s.outcome(t, stranger, "wss://localhost"+s.port()+path); !strings.Contains(got, "certificate signed by unknown authority") {
		t.Errorf("a client that does not trust the local authority: %s", got)
	}
	// A plain request is served as such; there is no "HTTP request to an HTTPS server".
	for _, scheme := range []string{"http", "https"} {
		got, err := s.call(t, s.browser(), scheme+"://localhost"+s.port()+path)
		must(t, err)
		if got.status != http.StatusUpgradeRequired {
			t.Errorf("%s: %d %s", scheme, got.status, got.body)
		}
	}
}

// TestTLSVersions tries each version. Source: "Choose a security policy for your custom domain in API Gateway" in the developer
// guide: TLS 1.2 and 1.3.
func TestTLSVersions(t *testing.T) {
	s := openMirror(t)
	s.own(t, ground{name: "ws.example.test", stages: map[string]string{"": "blue"}})
	for _, name := range []string{"localhost", "ws.example.test"} {
		for version, want := range map[uint16]string{
			tls.VersionTLS10: "protocol version not supported", tls.VersionTLS11: "protocol version not supported", tls.VersionTLS12: "", tls.VersionTLS13: "",
		} {
			state, err := s.shake(t, &tls.Config{RootCAs: s.roots, ServerName: name, MinVersion: version, MaxVersion: version})
			switch {
			case want == "" && (err != nil || state.Version != version):
				t.Errorf("%s, %s: %v", name, tls.VersionName(version), err)
			case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
				t.Errorf("%s, %s: got %v, expected %q", name, tls.VersionName(version), err, want)
			}
		}
	}
	// A browser offers both; WebSocket wants the second, RFC 6455 section 1.7.
	state, err := s.shake(t, &tls.Config{RootCAs: s.roots, ServerName: "localhost", NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS12})
	if err != nil || state.NegotiatedProtocol != "http/1.1" {
		t.Errorf("of h2 and http/1.1, %q is chosen, %v", state.NegotiatedProtocol, err)
	}
	if _, err = s.shake(t, &tls.Config{RootCAs: s.roots, ServerName: "localhost", NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS12}); err == nil {
		t.Error("a client that speaks HTTP/2 alone is let in")
	}
}

// shake does a handshake, and reads until there is nothing more or the server waits: in TLS 1.3 a client that is refused is told
// after its half of the handshake.
func (s *site) shake(t *testing.T, config *tls.Config) (tls.ConnectionState, error) {
	t.Helper()
	plain, err := new(net.Dialer).DialContext(t.Context(), "tcp", s.address)
	must(t, err)
	defer func() { _ = plain.Close() }()
	must(t, plain.SetDeadline(time.Now().Add(patience)))
	c := tls.Client(plain, config)
	if err := c.HandshakeContext(t.Context()); err != nil {
		return tls.ConnectionState{}, err
	}
	host := config.ServerName
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: "+host+"\r\nConnection: close\r\n\r\n"); err != nil {
		return c.ConnectionState(), err
	}
	_, err = io.Copy(io.Discard, c)
	return c.ConnectionState(), err
}

// TestTLSNoise sends what is no TLS and no HTTP, or nothing. Each such connection ends, and the listener goes on.
func TestTLSNoise(t *testing.T) {
	s := openMirror(t)
	silent, err := new(net.Dialer).DialContext(t.Context(), "tcp", s.address)
	must(t, err)
	t.Cleanup(func() { _ = silent.Close() })
	for _, noise := range []string{
		"\x16", "\x16\x03\x01\x00\x05hello", "\x16\x03\x01\xff\xff" + strings.Repeat("a", 1<<10), "\x15\x03\x01\x00\x02\x01\x00", "\x80\x2e\x01\x00\x02",
		"\x00", "SSH-2.0-x\r\n", "GET / HTTP/1.1\r\nHost: \x00\r\n\r\n",
	} {
		c, err := new(net.Dialer).DialContext(t.Context(), "tcp", s.address)
		must(t, err)
		must(t, c.SetDeadline(time.Now().Add(patience)))
		_, err = io.WriteString(c, noise)
		must(t, err)
		must(t, c.(*net.TCPConn).CloseWrite())
		if got, err := io.ReadAll(bufio.NewReader(c)); err != nil && !strings.Contains(err.Error(), "reset") || bytes.Contains(got, []byte(" 101 ")) {
			t.Errorf("%.20q is answered %.100q, %v", noise, got, err)
		}
		_ = c.Close()
	}
	s.want(t, "wss://localhost"+s.port()+"/"+s.api.id+"/blue", "localhost"+s.port()+"/"+s.api.id+" blue")
	if said := s.running.output.String(); strings.Contains(said, "level=ERROR") || strings.Contains(said, "panic") {
		t.Errorf("the program says %s", said)
	}
}

// TestTLSOff takes plain text alone where that is wished.
func TestTLSOff(t *testing.T) {
	s := openMirror(t, "--no-tls")
	path := "localhost" + s.port() + "/" + s.api.id
	s.want(t, "ws://"+path+"/blue", path+" blue")
	if got := s.outcome(t, s.browser(), "wss://"+path+"/blue"); !strings.Contains(got, "HTTP response to HTTPS client") || s.roots != nil {
		t.Errorf("TLS is spoken: %s", got)
	}
}

// secured is the statement of a policy that wants TLS: "AWS global condition context keys" in the IAM user guide.
const secured = `{"Effect":"Allow","Action":"execute-api:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}`

// TestSecureTransport wants policies to know whether a request came by TLS: those of callers, and those that authorizers return.
func TestSecureTransport(t *testing.T) {
	ownEnvironment(t)
	away := newBackend()
	t.Cleanup(away.stop)
	away.replies(func(*call) reply {
		return reply{status: http.StatusOK, body: `{"principalId":"p","policyDocument":{"Version":"2012-10-17","Statement":[` + secured + `]}}`}
	})
	s := openSite(t, siting{
		flags: []string{"--lambda-endpoint", away.URL}, backend: away.URL,
		env: []string{"AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret"},
	})
	s.define(t, mirrored)
	guard := s.mustControl(t, post, "/v2/apis/"+s.api.id+"/authorizers", map[string]any{
		"name": "guard", "authorizerType": "REQUEST", "identitySource": []string{}, "authorizerUri": functionURI("guard"),
	}).text("authorizerId")
	s.define(t, `{"routes": {"$connect": {"mock": "", "route": {"authorizationType": "CUSTOM", "authorizerId": "`+guard+`"}}}, "stage": {"stageName": "blue"}}`)
	s.own(t, ground{name: "ws.example.test", stages: map[string]string{"": "blue"}})
	s.want(t, "wss://ws.example.test", "ws.example.test blue")
	if got := s.outcome(t, s.browser(), "ws://ws.example.test"); !strings.HasPrefix(got, "403 ") {
		t.Errorf("without TLS: %s", got)
	}
	s.key = s.grant(t, "backend", 0, secured).key
	for scheme, want := range map[string]int{"https": http.StatusGone, "http": http.StatusForbidden} {
		got, err := s.call(t, s.browser(), scheme+"://ws.example.test/@connections/R0oXAdfD0kwCH6w%3D", func(r *http.Request) {
			r.Header.Set("X-Forwarded-Proto", "https") // says who may not be believed
		})
		must(t, err)
		if got.status != want {
			t.Errorf("@connections by %s: %d %s", scheme, got.status, got.body)
		}
	}
}
