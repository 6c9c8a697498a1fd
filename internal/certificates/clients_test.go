package certificates_test

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"gangway/internal/certificates"
)

// Programs that people call us with accept what the local authority signs once they trust it, and not before. In each
// script HOST, PORT and ROOT stand for what they say.
var clientPrograms = []struct {
	name, program    string
	trusting, others []string
	env              []string
}{
	{
		"curl", "curl",
		[]string{"-sS", "--noproxy", "*", "--cacert", "ROOT", "--connect-to", "::127.0.0.1:", "https://HOST:PORT/"},
		[]string{"-sS", "--noproxy", "*", "--connect-to", "::127.0.0.1:", "https://HOST:PORT/"},
		nil,
	},
	{
		"openssl", "openssl",
		[]string{"s_client", "-quiet", "-connect", "127.0.0.1:PORT", "-servername", "HOST", "-verify_hostname", "HOST", "-verify_return_error", "-x509_strict", "-CAfile", "ROOT"},
		[]string{"s_client", "-quiet", "-connect", "127.0.0.1:PORT", "-servername", "HOST", "-verify_return_error"},
		nil,
	},
	{"python", "python3", []string{"-c", pythonClient, "HOST", "PORT", "ROOT"}, []string{"-c", pythonClient, "HOST", "PORT", ""}, nil},
	{"node", "node", []string{"-e", nodeClient, "HOST", "PORT"}, []string{"-e", nodeClient, "HOST", "PORT"}, []string{"NODE_EXTRA_CA_CERTS=ROOT"}},
}

const pythonClient = `
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[3] or None)
context.verify_flags |= ssl.VERIFY_X509_STRICT
with context.wrap_socket(socket.create_connection(("127.0.0.1", int(sys.argv[2]))), server_hostname=sys.argv[1]) as s:
    s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    print(b"".join(iter(lambda: s.recv(4096), b"")).decode())
`

const nodeClient = `
const [host, port] = process.argv.slice(-2)
require("https").get({host: "127.0.0.1", port, servername: host, path: "/"}, r => r.pipe(process.stdout))
`

func TestClients(t *testing.T) {
	authority, pool := openAuthority(t)
	s := open(t, certificates.Options{Authority: authority, Ours: func(name string) bool { return name == "api.ours.test" }})
	l, _ := serve(t, s.TLSConfig())
	_, port, err := net.SplitHostPort(l.Addr().String())
	must(t, err)
	for _, host := range []string{"localhost", "api.ours.test"} {
		fill := strings.NewReplacer("HOST", host, "PORT", port, "ROOT", authority.File())
		for _, c := range clientPrograms {
			t.Run(c.name+" "+host, func(t *testing.T) {
				if _, err := exec.LookPath(c.program); err != nil {
					t.Skipf("there is no %s", c.program)
				}
				if out, err := call(t, c.program, c.trusting, c.env, fill); err != nil || !strings.Contains(out, "tls "+host) {
					t.Errorf("trusting: %v: %s", err, out)
				}
				if out, err := call(t, c.program, c.others, nil, fill); err == nil || strings.Contains(out, "tls "+host) {
					t.Errorf("not trusting: %v: %s", err, out)
				}
			})
		}
	}
	for _, host := range []string{"localhost", "127.0.0.1"} {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
		r, err := (&http.Client{Transport: transport}).Get("https://" + net.JoinHostPort(host, port))
		must(t, err)
		body, err := io.ReadAll(r.Body)
		_ = r.Body.Close()
		if got := strings.TrimPrefix(string(body), "tls "); err != nil || got != strings.TrimPrefix(host, "127.0.0.1") {
			t.Errorf("Go, %s: got %q, %v", host, body, err)
		}
		transport.CloseIdleConnections()
	}
}

// call runs a program as it is called in clientPrograms.
func call(t *testing.T, program string, args, env []string, fill *strings.Replacer) (string, error) {
	t.Helper()
	filled := make([]string, len(args))
	for i, arg := range args {
		filled[i] = arg
		if len(arg) < 100 { // no script
			filled[i] = fill.Replace(arg)
		}
	}
	cmd := exec.CommandContext(t.Context(), program, filled...)
	cmd.Stdin = strings.NewReader("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	cmd.Env = cmd.Environ()
	for _, v := range env {
		cmd.Env = append(cmd.Env, fill.Replace(v))
	}
	out, err := cmd.CombinedOutput()
	return string(out), err
}
