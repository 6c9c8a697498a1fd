package conformance_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// openDomain is a mirror under a custom domain name as well, with the part of its URL that follows a host and port.
func openDomain(t *testing.T) (s *site, path string) {
	t.Helper()
	s = openMirror(t)
	s.own(t, ground{name: "ws.example.test", stages: map[string]string{"": "blue"}})
	return s, "/" + s.api.id + "/blue"
}

// TestTLSCurl verifies the local authority's certificates with curl, and has it refuse them where it does not know them.
func TestTLSCurl(t *testing.T) {
	path := tool(t, "curl")
	s, at := openDomain(t)
	bare := []string{"--silent", "--show-error", "--noproxy", "*", "--resolve", "ws.example.test" + s.port() + ":127.0.0.1", "--write-out", "%{http_code} %{ssl_verify_result}", "--output", "-"}
	trusting := append([]string{"--cacert", s.authority()}, bare...)
	for _, row := range []struct {
		name string
		args []string
		want string
	}{
		{"localhost", append(trusting, "https://localhost"+s.port()+at), `{"message":"Upgrade Required"}426 0`},
		{"an address", append(trusting, "https://"+s.address+at), `{"message":"Upgrade Required"}426 0`},
		{"a custom domain name", append(trusting, "https://ws.example.test"+s.port()), `{"message":"Upgrade Required"}426 0`},
		{"plain text", append(trusting, "http://ws.example.test"+s.port()), `{"message":"Upgrade Required"}426 0`},
		{"TLS 1.2", append(trusting, "--tls-max", "1.2", "https://localhost"+s.port()+at), `{"message":"Upgrade Required"}426 0`},
		{"TLS 1.1", append(trusting, "--tls-max", "1.1", "https://localhost"+s.port()+at), "exit status 35"},
		{"a stranger to the authority", append(bare, "https://localhost"+s.port()+at), "exit status 60"},
	} {
		t.Run(row.name, func(t *testing.T) {
			out, err := exec.CommandContext(t.Context(), path, row.args...).CombinedOutput()
			if got := string(out); got != row.want && (err == nil || err.Error() != row.want) {
				t.Errorf("curl: %v: %s; expected %s", err, got, row.want)
			}
		})
	}
}

// pythonSession is a program of a user of Python without a library for WebSocket: TLS by the module ssl, and frames by hand.
const pythonSession = `
import base64, os, socket, ssl, struct, sys

port, path, authority = int(sys.argv[1]), sys.argv[2], sys.argv[3]
trusting = ssl.create_default_context(cafile=authority)

def ask(name, path, context):
    with socket.create_connection(("127.0.0.1", port), timeout=60) as plain, context.wrap_socket(plain, server_hostname=name) as c:
        key = base64.b64encode(os.urandom(16)).decode()
        c.sendall(("GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                   "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n" % (path, name, key)).encode())
        f = c.makefile("rb")
        status = f.readline().split()[1]
        while f.readline().strip():
            pass
        assert status == b"101", status
        text, mask = b"where am I?", os.urandom(4)
        c.sendall(bytes([0x81, 0x80 | len(text)]) + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(text)))
        head = f.read(2)
        assert head[0] == 0x81 and head[1] < 126, head
        return c.version(), f.read(head[1]).decode()

print(*ask("localhost", path, trusting))
print(*ask("ws.example.test", "/", trusting))
trusting.maximum_version = ssl.TLSVersion.TLSv1_2
print(*ask("ws.example.test", "/", trusting))
for context, name in ((ssl.create_default_context(), "localhost"), (trusting, "ws.example.org")):
    try:
        ask(name, "/", context)
        raise SystemExit("connected to %s" % name)
    except ssl.SSLError as caught:
        print(caught.reason)
`

// TestTLSPython connects with the module ssl of Python.
func TestTLSPython(t *testing.T) {
	python := tool(t, "python3")
	s, at := openDomain(t)
	file := filepath.Join(t.TempDir(), "session.py")
	must(t, os.WriteFile(file, []byte(pythonSession), 0o600))
	want := "TLSv1.3 localhost/" + s.api.id + " blue\nTLSv1.3 ws.example.test blue\nTLSv1.2 ws.example.test blue\nCERTIFICATE_VERIFY_FAILED\nTLSV1_UNRECOGNIZED_NAME\n"
	// A Host without the port is none that the gateway knows: events name its public URL.
	want = strings.Replace(want, "localhost/", "localhost"+s.port()+"/", 1)
	if out, err := exec.CommandContext(t.Context(), python, file, s.port()[1:], at, s.authority()).CombinedOutput(); err != nil || string(out) != want {
		t.Errorf("python: %v: %s; expected %s", err, out, want)
	}
}

// nodeSession is a program of a user of Node.js. Names that only DNS would know lead to this machine.
const nodeSession = `
const dns = require("node:dns");
dns.lookup = (name, options, done) => {
	done = done ?? options;
	options.all ? done(null, [{address: "127.0.0.1", family: 4}]) : done(null, "127.0.0.1", 4);
};
(async () => {
	for (const url of process.argv.slice(2)) {
		console.log(await new Promise(done => {
			const c = new WebSocket(url);
			c.onopen = () => c.send("where am I?");
			c.onmessage = e => { done(e.data); c.close(); };
			c.onerror = e => done("refused");
		}));
	}
})();
`

// TestTLSNode connects with the WebSocket of Node.js, which trusts the local authority by what `gangway env` exports.
func TestTLSNode(t *testing.T) {
	path := tool(t, "node")
	if out, err := exec.CommandContext(t.Context(), path, "--experimental-websocket", "-e", "new WebSocket('ws://127.0.0.1:9').onerror=()=>{}").CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: this Node.js has no WebSocket, so nothing is known about it here: %s", out)
	}
	s, at := openDomain(t)
	file := filepath.Join(t.TempDir(), "session.cjs")
	must(t, os.WriteFile(file, []byte(nodeSession), 0o600))
	run := func(script, want string) {
		t.Helper()
		command := exec.CommandContext(t.Context(), "sh", "-ec", script, path, file, "wss://localhost"+s.port()+at, "wss://ws.example.test"+s.port(), "ws://ws.example.test"+s.port())
		command.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}
		if out, err := command.CombinedOutput(); err != nil || string(out) != want {
			t.Errorf("node: %v: %s; expected %s", err, out, want)
		}
	}
	binary, err := gangway()
	must(t, err)
	const start = `"$0" --no-warnings --experimental-websocket "$@"`
	run(start, strings.Repeat("refused\n", 2)+"ws.example.test"+s.port()+" blue\n")
	run(`assignments=$('`+binary+`' env --data '`+s.dir+`' --api `+s.api.id+` --stage blue); eval "$assignments"; `+start,
		"localhost"+s.port()+"/"+s.api.id+" blue\nws.example.test"+s.port()+" blue\nws.example.test"+s.port()+" blue\n")
}
