package conformance_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"text/template"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"gangway/test/executable"
)

// smuggled is what an attacker sends before a marker: a push that is signed, and a handshake that calls a backend, neither of
// which may ever be understood as a request. In the text, PROD and DENIED are paths of stages, HOST is the gateway, LENGTH and HEX
// are how long the marker is.
type smuggled struct {
	name string
	text string
	want string // what the gateway says: statuses, and how it closes a connection for messages
	// waits: more is awaited after the marker, so that the attacker has to end the connection.
	waits bool
}

// shaken is a handshake with more lines, or with some of its own changed: pairs of what is there and what is put in its place.
func shaken(lines string, changes ...string) string {
	return strings.NewReplacer(changes...).Replace("GET PROD HTTP/1.1\r\nHost: HOST\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "+sampleKey+"\r\n") + lines + "\r\n"
}

// posted is a push that is signed, but for its body and what is said of that.
func posted(lines, body string) string { return "SIGNED" + lines + "\r\n\r\n" + body }

func smuggling() []smuggled {
	const chunked = "Transfer-Encoding: chunked"
	return []smuggled{
		// Handshakes that are refused. RFC 6455 section 4.2.1, and what is known of proxies that go by the wish to upgrade.
		{"another version", shaken("", "13", "12"), "426", false},
		{"no version", shaken("", "Sec-WebSocket-Version: 13\r\n", ""), "426", false},
		{"no key", shaken("", "Sec-WebSocket-Key: "+sampleKey+"\r\n", ""), "400", false},
		{"short key", shaken("", sampleKey, "AAAA"), "400", false},
		{"two keys", shaken("Sec-WebSocket-Key: " + sampleKey + "\r\n"), "400", false},
		{"by POST", shaken("", "GET", "POST"), "405", false},
		{"by HEAD", shaken("", "GET", "HEAD"), "405", false},
		{"HTTP/1.0", shaken("", "HTTP/1.1", "HTTP/1.0"), "426", false},
		{"no Connection", shaken("", "Connection: Upgrade\r\n", ""), "400", false},
		{"Connection: close", shaken("", ": Upgrade", ": close"), "400", false},
		{"key named by Connection", shaken("", ": Upgrade", ": Upgrade, Sec-WebSocket-Key"), "101 1002", false},
		{"h2c", shaken("HTTP2-Settings: AAMAAABkAAQAAP__\r\n", "websocket", "h2c"), "426", false},
		{"two protocols", shaken("", "websocket", "h2c, websocket"), "101 1002", false},
		{"no such stage", shaken("", "PROD", "PROD2"), "403", false},
		{"no such API", shaken("", "PROD", "/none/prod"), "403", false},
		{"no path", shaken("", "PROD", "/"), "403", false},
		{"refused by the backend", shaken("User-Agent: refuse\r\n"), "403", false},
		{"backend that switches protocols", shaken("User-Agent: switch\r\n"), "502", false},
		{"expecting to go on", shaken("Expect: 100-continue\r\n"), "101 1002", false},
		{"accepted", shaken(""), "101 1002", false},
		{"accepted, length 0", shaken("Content-Length: 0\r\n"), "101 1002", false},

		// Handshakes with a body.
		{"body", shaken("Content-Length: 5\r\n") + "hello", "400", false},
		{"marker as body", shaken("Content-Length: LENGTH\r\n"), "400", false},
		{"body that never comes", shaken("Content-Length: 100000\r\n"), "400", true},
		{"chunks", shaken(chunked+"\r\n") + "0\r\n\r\n", "400", false},
		{"marker as a chunk", shaken(chunked+"\r\n") + "HEX\r\n", "400", true},
		{"chunks and a length", shaken(chunked+"\r\nContent-Length: 5\r\n") + "0\r\n\r\n", "400", false},
		{"chunks under another name", shaken("Transfer_Encoding: chunked\r\n") + "0\r\n\r\n", "101 1002", false},

		// Lines of a head. RFC 9112 sections 2.2, 3 and 5.
		{"bare LF", shaken("", "\r\n", "\n"), "400", false},
		{"bare LF after one line", shaken("", "HOST\r\n", "HOST\n"), "400", false},
		{"bare CR", shaken("X: a\rGET DENIED HTTP/1.1\r\n"), "400", false},
		{"folded", shaken("", "Upgrade: websocket", "Upgrade:\r\n websocket"), "400", false},
		{"space before the colon", shaken("", "Upgrade: websocket", "Upgrade : websocket"), "400", false},
		{"NUL in a value", shaken("X: a\x00b\r\n"), "400", false},
		{"NUL in the path", shaken("", "PROD", "PROD\x00"), "400", false},
		{"absolute form", shaken("", "PROD", "http://HOSTPROD"), "400", false},
		{"absolute form, another host", shaken("", "PROD", "http://other.testPROD"), "400", false},
		{"two Hosts", shaken("Host: other.test\r\n"), "400", false},
		{"no Host", shaken("", "Host: HOST\r\n", ""), "400", false},
		{"authority form", shaken("", "GET PROD", "CONNECT HOST"), "400", false},
		{"HTTP/1.2", shaken("", "HTTP/1.1", "HTTP/1.2"), "505", false},
		{"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505", false},
		{"request line within the path", shaken("", "PROD", "PROD HTTP/1.1\r\nX:"), "101 1002", false},
		{"empty line, then white space", "\r\n " + shaken(""), "400", false},
		{"many lines", shaken(strings.Repeat("X: y\r\n", 101)), "431", false},

		// Bodies. RFC 9112 sections 6 and 7.
		{"length and chunks", posted("Content-Length: 5\r\n"+chunked, "0\r\n\r\n"), "400", false},
		{"chunks and length", posted(chunked+"\r\nContent-Length: LENGTH", "0\r\n\r\n"), "400", false},
		{"two lengths", posted("Content-Length: 0\r\nContent-Length: LENGTH", ""), "400", false},
		{"two equal lengths", posted("Content-Length: 0\r\nContent-Length: 0", ""), "400", false},
		{"list of lengths", posted("Content-Length: 0, LENGTH", ""), "400", false},
		{"length with a sign", posted("Content-Length: +0", ""), "400", false},
		{"length in hexadecimal", posted("Content-Length: 0xHEX", ""), "400", false},
		{"xchunked", posted("Transfer-Encoding: xchunked\r\nContent-Length: LENGTH", "0\r\n\r\n"), "400", false},
		{"chunked twice", posted(chunked+"\r\n"+chunked, "0\r\n\r\n"), "400", false},
		{"identity", posted("Transfer-Encoding: identity", ""), "501", false},
		{"vertical tab before chunked", posted("Transfer-Encoding: \vchunked\r\nContent-Length: LENGTH", "0\r\n\r\n"), "400", false},
		{"folded chunked", posted("Transfer-Encoding:\r\n chunked\r\nContent-Length: LENGTH", "0\r\n\r\n"), "400", false},
		{"marker as body of a push", posted("Content-Length: LENGTH", ""), "403", true},
		{"marker as body of GET", "GET PROD HTTP/1.1\r\nHost: HOST\r\nContent-Length: LENGTH\r\n\r\n", "426", false},
		{"marker as chunk of a push", posted(chunked, "HEX\r\n"), "400", true},
		{"chunk size with a prefix", posted(chunked, "0x0\r\n\r\n"), "400", false},
		{"chunk size of 2^64", posted(chunked, "10000000000000000\r\n\r\n"), "400", false},
		{"bare LF after a chunk size", posted(chunked, "0\n\r\n"), "400", false},
		{"bare LF in an extension", posted(chunked, "1;a\nb\r\nx\r\n0\r\n\r\n"), "400", false},
		{"chunk longer than its size", posted(chunked, "1\r\nhello\r\n0\r\n\r\n"), "400", false},
		{"folded trailer", posted(chunked, "0\r\nX: a\r\n b\r\n\r\n"), "400", false},
		{"bare LF in a trailer", posted(chunked, "0\r\nX: a\n\r\n"), "400", false},
	}
}

// reach is the paths by which the stage that is denied to the outside may be meant, and the management of the victim's connection, VICTIM.
func reach() (stages, pushes []string) {
	stages = []string{
		"DENIED", "DENIED/", "//DENIED", "//HOSTDENIED", "/.DENIED", "/..DENIED", "/x/..DENIED", "/x%2f..DENIED", "/x?/..DENIED", "/x%3f/..DENIED",
		"PROD/../denied", "PROD/%2e%2e/denied", "PROD/..%2fdenied", "PROD/..;/denied", "PROD/%252e%252e/denied", `PROD\..\denied`,
		"/API/%64enied", "/API/%2564enied", "/API%2fdenied", "/API%252fdenied", "/API//denied", "/API/./denied", "/API/DENIED", `/API\denied`,
		"/API/denied;x=y", "/API/denied%00", "/API/denied%20", "/API/denied%0d%0aX:y", "/API/prod#/../denied", "/API/prod%23/../denied",
		"http://HOSTDENIED", "http://other.testDENIED", "HTTP://HOST/API/%64enied",
	}
	pushes = []string{
		managed, "PROD/%40connections/VICTIM", "PROD/%2540connections/VICTIM", "PROD//@connections/VICTIM", "PROD%2f@connections/VICTIM",
		"PROD/./@connections/VICTIM", "PROD/x/../@connections/VICTIM", "PROD/@connections;x/VICTIM", "PROD/@CONNECTIONS/VICTIM", "PROD/@connections%2fVICTIM",
		"PROD/%252fconnections/VICTIM", "PROD/@connection%73/VICTIM",
	}
	return stages, pushes
}

// documented is nginx as "WebSocket proxying" of its documentation has it, and a second server that keeps its connections to the
// gateway. Both deny to the outside what is not for it.
const documented = `daemon off;
pid {{.Folder}}/pid;
error_log stderr emerg;
events {}
http {
	access_log off;
	{{range $kind := .Kinds}}{{$kind}}_temp_path {{$.Folder}}/{{$kind}};
	{{end}}
	map $http_upgrade $or_close { default upgrade; '' close; }
	map $http_upgrade $or_keep { default upgrade; '' ''; }
	upstream gangway { server {{.Gateway}}; keepalive 1; }
	{{range .Servers}}
	server {
		listen {{.Address}};
		location ~* /(@connections|denied) { deny all; }
		location / {
			proxy_pass http://{{.Upstream}};
			proxy_http_version 1.1;
			proxy_set_header Host $http_host;
			proxy_set_header Upgrade $http_upgrade;
			proxy_set_header Connection ${{.Connection}};
		}
	}
	{{end}}
}
`

// front is a server of nginx's.
type front struct{ Address, Upstream, Connection string }

// nginx finds nginx, or skips the test: GANGWAY_NGINX names one, and peers.sh of the load generator installs one.
func nginx(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	must(t, err)
	for _, path := range []string{os.Getenv("GANGWAY_NGINX"), "nginx", "/usr/sbin/nginx", filepath.Join(cache, "gangway-peers/deb/usr/sbin/nginx")} {
		if found, err := exec.LookPath(path); err == nil {
			return found
		}
	}
	t.Skip("SKIPPED: there is no nginx (PATH, GANGWAY_NGINX), so nothing is known about it here")
	return ""
}

// fronts runs nginx before a gateway until the test ends, and returns the addresses of its servers. They are open before it starts, as
// where nginx hands them over to a newer version of itself, so that nobody need wait for it.
func fronts(t *testing.T, gateway string) (once, keeping string) {
	t.Helper()
	path, folder := nginx(t), t.TempDir()
	command := exec.CommandContext(context.WithoutCancel(t.Context()), path, "-p", folder, "-c", filepath.Join(folder, "nginx.conf"), "-e", "stderr")
	var listeners [2]*net.TCPListener
	for i := range listeners {
		listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		must(t, err)
		listeners[i], _ = listener.(*net.TCPListener)
		file, err := listeners[i].File()
		must(t, err)
		command.ExtraFiles = append(command.ExtraFiles, file)
	}
	once, keeping = listeners[0].Addr().String(), listeners[1].Addr().String()
	file, err := os.Create(filepath.Join(folder, "nginx.conf"))
	must(t, err)
	must(t, template.Must(template.New("").Parse(documented)).Execute(file, map[string]any{
		"Folder": folder, "Gateway": gateway, "Kinds": []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"},
		"Servers": []front{{once, gateway, "or_close"}, {keeping, "gangway", "or_keep"}},
	}))
	must(t, file.Close())
	command.Env = append(os.Environ(), "NGINX=3;4;")
	output := executable.NewScreen()
	command.Stdout, command.Stderr = output, output
	must(t, command.Start())
	t.Cleanup(func() {
		must(t, command.Process.Signal(syscall.SIGTERM))
		if err := command.Wait(); err != nil {
			t.Errorf("nginx: %v: %s", err, output)
		}
	})
	for i, listener := range listeners {
		connection, err := listener.SyscallConn()
		must(t, err)
		must(t, connection.Control(func(fd uintptr) { err = syscall.SetNonblock(int(fd), true) })) // nginx takes it to be
		must(t, err)
		must(t, listener.Close())
		must(t, command.ExtraFiles[i].Close())
	}
	return once, keeping
}

// managed is where the victim's connection is managed.
const managed = "PROD/@connections/VICTIM"

// lair is a gateway with what an attacker is after.
type lair struct {
	*program
	away   *backend
	api    *deployed
	victim *client // whom pushes would reach
	id     string  // its connection
}

func newLair(t *testing.T, engine string) *lair {
	t.Helper()
	l := &lair{away: newBackend()}
	t.Cleanup(l.away.stop)
	l.away.replies(func(c *call) reply {
		switch c.header.Get("Client") {
		case "refuse":
			return reply{status: http.StatusForbidden}
		case "switch":
			return reply{status: http.StatusSwitchingProtocols}
		}
		return reply{status: http.StatusOK}
	})
	l.program = startProgram(t, t.TempDir(), "--engine", engine, "--account-rate", "0", "--connect-rate", "0")
	b := &builder{l.server, l.away.URL}
	for _, text := range []string{`{"routes": {"$connect": {"http": "/"}}}`, `{"stage": {"stageName": "denied"}}`} {
		made, err := b.apply(t.Context(), l.api, []byte(text))
		must(t, err)
		l.api = made
	}
	l.victim = connectTo(t, l.away, l.data+"/"+l.api.id+"/prod")
	l.id, _ = l.away.connectionID("alice")
	return l
}

// host is the gateway, as requests name it.
func (l *lair) host() string { return strings.TrimPrefix(l.data, "ws://") }

// address is where it is.
func (l *lair) address() string { return strings.Replace(l.host(), "localhost", "127.0.0.1", 1) }

// marker is two requests whose effects tell a name: one pushes it to the victim, the other has the backend hear of it.
func (l *lair) marker(t *testing.T, name string) string {
	t.Helper()
	return l.push(t, managed, name) + l.fill(t, shaken("User-Agent: "+name+"\r\n", "PROD", "DENIED"), "")
}

// push is a signed request that sends something to the victim.
func (l *lair) push(t *testing.T, path, text string) string {
	t.Helper()
	path = strings.NewReplacer("PROD", "/"+l.api.id+"/prod", "VICTIM", strings.ReplaceAll(l.id, "=", "%3D")).Replace(path)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, l.httpData()+path, http.NoBody)
	must(t, err)
	hash := sha256.Sum256([]byte(text))
	must(t, v4.NewSigner().SignHTTP(t.Context(), l.key, r, hex.EncodeToString(hash[:]), "execute-api", region, time.Now()))
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nX-Amz-Date: %s\r\nAuthorization: %s\r\nContent-Length: %d\r\n\r\n%s",
		path, r.Host, r.Header.Get("X-Amz-Date"), r.Header.Get("Authorization"), len(text), text)
}

// signed is a push of nothing up to what is said of its body.
func (l *lair) signed(t *testing.T) string {
	t.Helper()
	push, _, _ := strings.Cut(l.push(t, managed, ""), "Content-Length: 0\r\n")
	return push
}

// fill puts in what a text of an attacker leaves open.
func (l *lair) fill(t *testing.T, text, marker string) string {
	t.Helper()
	api := "/" + l.api.id
	return strings.NewReplacer("SIGNED", l.signed(t), "PROD", api+"/prod", "DENIED", api+"/denied", "/API", api, "HOST", l.host(),
		"LENGTH", strconv.Itoa(len(marker)), "HEX", strconv.FormatInt(int64(len(marker)), 16)).Replace(text)
}

// converse says something to an address and returns what is answered until the other side ends the connection. What comes later is
// said after the first answer.
func converse(t *testing.T, address, text, later string, end bool) []string {
	t.Helper()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	must(t, err)
	defer func() { _ = c.Close() }()
	must(t, c.SetDeadline(time.Now().Add(patience)))
	_, _ = io.WriteString(c, text) // it may be refused before all of it was sent
	if end {
		_ = c.(*net.TCPConn).CloseWrite()
	}
	in := bufio.NewReader(c)
	method, _, _ := strings.Cut(text, " ")
	asked := &http.Request{Method: method} // an answer to HEAD has no body
	var said []string
	for {
		response, err := http.ReadResponse(in, asked)
		if err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error("the connection is not ended")
			}
			return said
		}
		said = append(said, strconv.Itoa(response.StatusCode))
		if response.StatusCode != http.StatusSwitchingProtocols {
			_, _ = io.Copy(io.Discard, response.Body)
		}
		_, _ = io.WriteString(c, later)
		later, asked = "", nil
		if response.StatusCode == http.StatusSwitchingProtocols {
			return append(said, closeFrame(in)...)
		}
	}
}

// closeFrame is the status in the frame that ends a conversation by messages, if that is all that comes.
func closeFrame(in io.Reader) []string {
	frame, _ := io.ReadAll(in) // what is missing is seen
	if len(frame) < 4 || frame[0] != 0x88 || len(frame) != 2+int(frame[1]) {
		return []string{fmt.Sprintf("%.40q", frame)}
	}
	return []string{strconv.Itoa(int(binary.BigEndian.Uint16(frame[2:])))}
}

// TestSmuggling hides requests behind, and in, what a gateway should refuse, and wants nothing of them to be done: of the gateway
// itself, and of one behind nginx, which denies to the outside what the requests are for. After a handshake that was refused
// nothing more is read.
func TestSmuggling(t *testing.T) {
	for _, engine := range []string{"loop", "portable"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			l := newLair(t, engine)
			l.wantMarker(t)
			t.Run("gateway", l.direct)
			t.Run("nginx", l.behind)
			l.wantUntouched(t)
		})
	}
}

// wantMarker proves that a marker does what it should where it is a request, even behind another one.
func (l *lair) wantMarker(t *testing.T) {
	t.Helper()
	said := converse(t, l.address(), l.marker(t, "seen")+l.marker(t, "unseen"), "", false)
	wantHeard(t, said, "200 101 1002")
	wantItem(t, l.victim, "seen")
	if _, ok := l.away.connectionID("seen"); !ok {
		t.Fatal("the backend has not heard of the marker")
	}
}

func wantHeard(t *testing.T, said []string, want string) {
	t.Helper()
	if got := strings.Join(said, " "); got != want {
		t.Errorf("said %s, expected %s", got, want)
	}
}

// direct has every case at the gateway itself: with the marker at once, and after the answer.
func (l *lair) direct(t *testing.T) {
	for _, c := range smuggling() {
		t.Run(c.name, func(t *testing.T) {
			marker := l.marker(t, "marker of "+c.name)
			text := l.fill(t, c.text, marker)
			wantHeard(t, converse(t, l.address(), text+marker, "", c.waits), c.want)
			if !c.waits {
				wantHeard(t, converse(t, l.address(), text, marker, false), c.want)
			}
		})
	}
}

// behind has every case, and every path, at nginx.
func (l *lair) behind(t *testing.T) {
	once, keeping := fronts(t, l.address())
	for _, front := range []string{once, keeping} {
		l.wantDenied(t, front)
		for _, c := range smuggling() {
			marker := l.marker(t, "marker of "+c.name)
			text, later := l.fill(t, c.text, marker), marker+l.honest(t)
			l.wantNone(t, c.name, front, converse(t, front, text+later, "", c.waits))
			if !c.waits && !strings.Contains(c.text, "LENGTH") { // which nginx awaits before it does anything
				l.wantNone(t, c.name+", then the marker", front, converse(t, front, text, later, false))
			}
		}
		stages, pushes := reach()
		for _, path := range stages {
			text := l.fill(t, shaken("User-Agent: marker at "+path+"\r\n", "PROD", path), "")
			l.wantNone(t, path, front, converse(t, front, text+l.honest(t), "", false))
		}
		for _, path := range pushes {
			l.wantNone(t, path, front, converse(t, front, l.push(t, path, "marker at "+path)+l.honest(t), "", false))
		}
	}
}

// honest is a request that the gateway answers with 426, the last of a connection.
func (l *lair) honest(t *testing.T) string {
	t.Helper()
	return l.fill(t, "GET PROD HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n", "")
}

// wantDenied proves that nginx passes on what it should, and keeps a marker out.
func (l *lair) wantDenied(t *testing.T, front string) {
	t.Helper()
	wantHeard(t, converse(t, front, l.fill(t, shaken(""), "")+l.marker(t, "marker of nobody"), "", false), "101 1002")
	wantHeard(t, converse(t, front, l.marker(t, "marker of nobody")+l.honest(t), "", false), "403 403 426")
}

// wantNone wants nothing to have been answered as a marker would be, and nothing to lie in the way of the next who asks.
func (l *lair) wantNone(t *testing.T, name, front string, said []string) {
	t.Helper()
	if slices.Contains(said, "200") || slices.Contains(said[min(2, len(said)):], "101") {
		t.Errorf("%s: said %s", name, said)
	}
	if next := converse(t, front, l.honest(t), "", false); !slices.Equal(next, []string{"426"}) {
		t.Errorf("%s: who asks next is told %s", name, next)
	}
}

// wantUntouched ends the gateway in good order, after which all that it has begun is done: and that was none of the markers.
func (l *lair) wantUntouched(t *testing.T) {
	t.Helper()
	l.stop(t)
	wantItem(t, l.victim, "close 1001 Going away")
	l.away.mu.Lock()
	defer l.away.mu.Unlock()
	for name := range l.away.idOf {
		if strings.HasPrefix(name, "marker") {
			t.Errorf("the backend has heard of the %s", name)
		}
	}
}
