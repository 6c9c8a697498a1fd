package conformance_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"gangway/internal/node"
)

// consolePolicy is the Content-Security-Policy of the console, to the letter.
const consolePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// consolePage is a page of the console in a browser, as far as the server can tell: what a browser sends by itself, and a
// cookie; and the token that the page keeps.
type consolePage struct {
	*server

	cookie, token string

	header http.Header // in place of what a browser sends; empty values: not sent
}

// ask sends a request. Redirects are not followed.
func (p *consolePage) ask(t *testing.T, method, path, body string) *answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, method, p.admin+path, strings.NewReader(body))
	must(t, err)
	r.Header.Set("X-Gangway-Console", cmp.Or(p.token, "1"))
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if method != get {
		r.Header.Set("Origin", p.admin)
	}
	if p.cookie != "" {
		r.Header.Set("Cookie", "gangway-console="+p.cookie)
	}
	for name, values := range p.header {
		switch {
		case name == "Host":
			r.Host = values[0]
		case values[0] == "":
			r.Header.Del(name)
		default:
			r.Header[name] = values
		}
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	must(t, err)
	defer func() { _ = response.Body.Close() }()
	if response.Header.Get("Content-Type") == "text/event-stream" {
		return &answer{response.StatusCode, response.Header, nil}
	}
	text, err := io.ReadAll(response.Body)
	must(t, err)
	return &answer{response.StatusCode, response.Header, text}
}

// with is the same page, for which a browser sends something else.
func (p *consolePage) with(name, value string) *consolePage {
	return &consolePage{p.server, p.cookie, p.token, http.Header{name: {value}}}
}

// signIn opens a session by an access key.
func (p *consolePage) signIn(t *testing.T, key aws.Credentials) *answer {
	t.Helper()
	body, err := json.Marshal(map[string]string{"accessKeyId": key.AccessKeyID, "secretAccessKey": key.SecretAccessKey, "sessionToken": key.SessionToken})
	must(t, err)
	return p.ask(t, post, "/console/session", string(body))
}

// consoleAs is a page of who has signed in with a key.
func (s *server) consoleAs(t *testing.T, key aws.Credentials) *consolePage {
	t.Helper()
	p := &consolePage{server: s}
	got := p.signIn(t, key)
	if got.status != http.StatusOK {
		t.Fatalf("signing in: %d %s", got.status, got.body)
	}
	line, _, _ := strings.Cut(got.header.Get("Set-Cookie"), ";")
	p.cookie, p.token = strings.TrimPrefix(line, "gangway-console="), got.text("token")
	return p
}

// bridge is where a page connects to try an API.
func (p *consolePage) bridge(ctx context.Context, query string) (*client, http.Header, error) {
	header := http.Header{"Origin": {p.admin}, "Cookie": {"gangway-console=" + p.cookie}, "Sec-Websocket-Protocol": {"gangway-console", "gangway-token." + p.token}}
	maps.Copy(header, p.header)
	return dial(ctx, handshake{url: "ws" + strings.TrimPrefix(p.admin, "http") + "/console/connect?" + query, header: header})
}

// TestConsoleHeaders: whatever the console answers, a browser lets its pages have nothing from elsewhere, and nobody frame them.
func TestConsoleHeaders(t *testing.T) {
	s := startNode(t, node.Config{})
	p := s.consoleAs(t, s.key)
	nobody := &consolePage{server: s}
	for label, test := range map[string]struct {
		got    *answer
		status int
	}{
		"index":          {nobody.ask(t, get, "/console/", ""), 200},
		"redirect":       {nobody.ask(t, get, "/console", ""), 308},
		"no such file":   {nobody.ask(t, get, "/console/nothing", ""), 404},
		"nobody":         {nobody.ask(t, get, "/console/session", ""), 401},
		"wrong key":      {nobody.ask(t, post, "/console/session", `{"accessKeyId":"x","secretAccessKey":"x"}`), 401},
		"session":        {p.ask(t, get, "/console/session", ""), 200},
		"control plane":  {p.ask(t, get, "/console/api/v2/apis", ""), 200},
		"its refusal":    {p.ask(t, get, "/console/api/v2/apis/nosuchapi0", ""), 404},
		"connections":    {p.ask(t, get, "/console/connections/nosuchapi0/prod/L0SM9cOFvHcCIhw%3D", ""), 403},
		"foreign origin": {p.with("Origin", "http://evil.test").ask(t, post, "/console/api/v2/apis", `{}`), 403},
		"other host":     {p.with("Host", "evil.test").ask(t, get, "/console/", ""), 421},
	} {
		if test.got.status != test.status {
			t.Errorf("%s: got %d %s, want %d", label, test.got.status, test.got.body, test.status)
		}
		for name, want := range map[string]string{
			"Content-Security-Policy": consolePolicy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
		} {
			if got := test.got.header.Values(name); len(got) != 1 || got[0] != want {
				t.Errorf("%s: %s is %q", label, name, got)
			}
		}
	}
}

// TestConsoleOrigins: what other sites have a browser send does nothing, although the browser attaches the cookie.
func TestConsoleOrigins(t *testing.T) {
	s := startNode(t, node.Config{})
	p := s.consoleAs(t, s.key)
	const body = `{"name":"planted","protocolType":"WEBSOCKET","routeSelectionExpression":"$request.body.action"}`
	port := p.admin[strings.LastIndexByte(p.admin, ':'):]
	for _, test := range []struct {
		name, value string
		status      int
	}{
		{"Origin", "http://evil.test", 403},
		{"Origin", "https://evil.test" + port, 403},
		{"Origin", "null", 403},
		{"Origin", "", 403},
		{"Origin", "http://127.0.0.1:3000", 403},
		{"Origin", "http://127.0.0.1", 403},
		{"Origin", "http://localhost" + port, 403},
		{"Sec-Fetch-Site", "cross-site", 403},
		{"Sec-Fetch-Site", "same-site", 403},
		{"Sec-Fetch-Site", "none", 403},
		{"X-Gangway-Console", "", 403},
		{"Host", "evil.test", 421},
		{"Host", "evil.test" + port, 421},
		{"Host", "localhost.evil.test", 421},
		{"Cookie", "", 401},
		{"Cookie", "gangway-console=", 401},
		{"Cookie", "gangway-console=" + strings.Repeat("A", 43), 401},
	} {
		for _, method := range []string{post, http.MethodPut, http.MethodPatch, remove} {
			if got := p.with(test.name, test.value).ask(t, method, "/console/api/v2/apis", body); got.status != test.status {
				t.Errorf("%s with %s %q: got %d %s", method, test.name, test.value, got.status, got.body)
			}
		}
		if test.status == http.StatusUnauthorized {
			continue
		}
		if got := p.with(test.name, test.value).signIn(t, s.key); got.status != test.status || got.header.Get("Set-Cookie") != "" {
			t.Errorf("signing in with %s %q: got %d %s", test.name, test.value, got.status, got.body)
		}
		if got := p.with(test.name, test.value).ask(t, remove, "/console/session", ""); got.status != test.status {
			t.Errorf("signing out with %s %q: got %d %s", test.name, test.value, got.status, got.body)
		}
		if test.name == "X-Gangway-Console" { // which no page can send with a WebSocket
			continue
		}
		_, _, err := p.with(test.name, test.value).bridge(t.Context(), "apiId=a&stage=b")
		if refused, ok := errors.AsType[*refusal](err); !ok || refused.status != test.status {
			t.Errorf("a WebSocket with %s %q: got %v", test.name, test.value, err)
		}
	}
	if got := p.ask(t, get, "/console/api/v2/apis", ""); got.status != 200 || bytes.Contains(got.body, []byte("planted")) {
		t.Errorf("afterwards: %d %s", got.status, got.body)
	}
	if got := p.ask(t, post, "/console/api/v2/apis", body); got.status != 201 {
		t.Errorf("the page itself: %d %s", got.status, got.body)
	}
}

// TestConsoleBehindProxy: a proxy on this machine, which does TLS, passes on a name that the node was told of.
func TestConsoleBehindProxy(t *testing.T) {
	s := startNode(t, node.Config{Hosts: []string{"gateway.example.test"}})
	for host, status := range map[string]int{"gateway.example.test": 200, "other.example.test": 421} {
		for scheme, status := range map[string]int{"https": status, "http": max(status, 403)} {
			p := &consolePage{server: s, header: http.Header{"Host": {host}, "Origin": {scheme + "://" + host}}}
			if got := p.signIn(t, s.key); got.status != status {
				t.Errorf("signing in at %s://%s: got %d %s", scheme, host, got.status, got.body)
			}
		}
	}
}

// TestConsoleSession: what a session is, who gets one, and when it ends.
func TestConsoleSession(t *testing.T) {
	s := startNode(t, node.Config{Version: "9.8.7"})
	got := (&consolePage{server: s}).signIn(t, s.key)
	line := got.header.Get("Set-Cookie")
	if _, attributes, _ := strings.Cut(line, "; "); attributes != "Path=/console/; HttpOnly; Secure; SameSite=Strict" {
		t.Errorf("the cookie is %q", line)
	}
	for member, want := range map[string]string{
		"accessKeyId": s.key.AccessKeyID, "arn": "arn:aws:iam::000000000000:root", "user": "root", "account": "000000000000",
		"region": region, "dataUrl": s.data, "version": "9.8.7",
	} {
		if got.text(member) != want {
			t.Errorf("%s is %q", member, got.text(member))
		}
	}
	wantEnd := func(label string, p *consolePage) {
		t.Helper()
		for _, path := range []string{"/console/session", "/console/api/v2/apis", "/console/connections/a/b/c"} {
			if got := p.ask(t, get, path, ""); got.status != http.StatusUnauthorized || got.text("message") == "" {
				t.Errorf("%s: %s answers %d %s", label, path, got.status, got.body)
			}
		}
	}
	p := s.consoleAs(t, s.key)
	if got := p.ask(t, remove, "/console/session", ""); got.status != http.StatusNoContent {
		t.Errorf("signing out: %d", got.status)
	}
	wantEnd("signed out", p)

	deleted := s.consoleAs(t, s.grant(t, "deleted", 0, anything).key)
	s.mustControl(t, remove, "/gangway/credentials/deleted", nil)
	wantEnd("deleted", deleted)

	rotated := s.consoleAs(t, s.grant(t, "rotated", 0, anything).key)
	next := keyOf(s.mustControl(t, post, "/gangway/credentials/rotated/rotation", `{"graceSeconds":3600}`))
	if got := rotated.ask(t, get, "/console/session", ""); got.status != http.StatusOK {
		t.Errorf("while the old key is good: %d", got.status)
	}
	s.mustControl(t, post, "/gangway/credentials/rotated/rotation", `{}`)
	wantEnd("rotated away", rotated)
	if got := (&consolePage{server: s}).signIn(t, next); got.status != http.StatusUnauthorized {
		t.Errorf("signing in with a key that was rotated away: %d", got.status)
	}
}

// TestConsoleExpiry moves the clock on.
func TestConsoleExpiry(t *testing.T) {
	dir := t.TempDir()
	running, err := node.Start(context.Background(), node.Config{DataDir: dir, Listen: "127.0.0.1:0", Admin: "127.0.0.1:0"})
	must(t, err)
	t.Cleanup(func() { _ = running.Shutdown(context.WithoutCancel(t.Context())) })
	s, err := serverAt(running.AdminURL(), running.DataURL(), dir)
	must(t, err)
	status := func(p *consolePage) int { return p.ask(t, get, "/console/session", "").status }
	temporary, lasting := s.consoleAs(t, s.grant(t, "temporary", 900, anything).key), s.consoleAs(t, s.key)
	running.Skip(14 * time.Minute)
	if status(temporary) != 200 || status(lasting) != 200 {
		t.Error("a session has ended before its time")
	}
	running.Skip(2 * time.Minute)
	if status(temporary) != 401 || status(lasting) != 200 {
		t.Error("a session outlives its key, or ends with another one's")
	}
	running.Skip(31 * time.Minute)
	if status(lasting) != 401 {
		t.Error("a session is there after half an hour in which nobody has used it")
	}
	lasting = s.consoleAs(t, s.key)
	for range 24 {
		running.Skip(29 * time.Minute)
		if status(lasting) != 200 {
			t.Fatal("a session that is used has ended before its time")
		}
	}
	running.Skip(25 * time.Minute)
	if status(lasting) != 401 {
		t.Error("a session is there after more than twelve hours")
	}
}

// TestConsoleFailures: who guesses is told to wait, and who knows is not.
func TestConsoleFailures(t *testing.T) {
	s := startNode(t, node.Config{})
	p := &consolePage{server: s}
	wrong, nobody := s.key, aws.Credentials{AccessKeyID: "GWAKNOBODY0000000000", SecretAccessKey: s.key.SecretAccessKey}
	wrong.SecretAccessKey = strings.Repeat("x", len(s.key.SecretAccessKey))
	known, unknown := p.signIn(t, wrong), p.signIn(t, nobody)
	if known.status != http.StatusUnauthorized || unknown.status != known.status || !bytes.Equal(known.body, unknown.body) {
		t.Errorf("a wrong secret: %d %s, a wrong id: %d %s", known.status, known.body, unknown.status, unknown.body)
	}
	for i := range 8 {
		if got := p.signIn(t, wrong); got.status != http.StatusUnauthorized {
			t.Fatalf("failure %d: %d", i+3, got.status)
		}
	}
	for range 5 {
		got := p.signIn(t, nobody)
		wait, err := strconv.Atoi(got.header.Get("Retry-After"))
		if got.status != http.StatusTooManyRequests || err != nil || wait < 1 || wait > 60 || got.text("message") == "" {
			t.Errorf("after ten failures: %d %s, Retry-After %q", got.status, got.body, got.header.Get("Retry-After"))
		}
	}
	if got := p.signIn(t, s.key); got.status != http.StatusOK {
		t.Errorf("the right key after failures: %d %s", got.status, got.body)
	}
}

// TestConsoleIsAClient: who signs in may do what the key may do, and the log says who it was.
func TestConsoleIsAClient(t *testing.T) {
	s := startNode(t, node.Config{})
	reader := s.grant(t, "reader", 0, `{"Effect":"Allow","Action":"apigateway:GET","Resource":"*"}`)
	p := s.consoleAs(t, reader.key)
	const body = `{"name":"chat","protocolType":"WEBSOCKET","routeSelectionExpression":"$request.body.action"}`
	if got := p.ask(t, get, "/console/api/v2/apis", ""); got.status != 200 {
		t.Errorf("a reader: %d %s", got.status, got.body)
	}
	denied(t, "a reader who writes", reader, p.ask(t, post, "/console/api/v2/apis", body))
	writer := s.grant(t, "writer", 0, anything)
	made := s.consoleAs(t, writer.key).ask(t, post, "/console/api/v2/apis", body)
	changes := s.mustControl(t, get, "/gangway/changes", nil)
	if made.status != 201 || !strings.Contains(string(changes.body), writer.arn+" "+writer.key.AccessKeyID) {
		t.Errorf("made with %d; the log is %s", made.status, changes.body)
	}
	tags := "/console/api/v2/tags/arn%3Aaws%3Aapigateway%3A" + region + "%3A%3A%2Fapis%2F" + made.text("apiId")
	if got := s.consoleAs(t, s.key).ask(t, get, tags, ""); got.status != 200 {
		t.Errorf("tags of an ARN: %d %s", got.status, got.body)
	}
}

// TestConsoleBridge tries an API from a page: messages, a push, a watcher, a refusal, and the end of all when the session ends.
func TestConsoleBridge(t *testing.T) {
	backend := newBackend()
	t.Cleanup(backend.stop)
	backend.reply = func(*call) reply { return reply{status: http.StatusOK, body: "pong"} }
	s := startNode(t, node.Config{})
	b := &builder{s, backend.URL}
	made, err := b.apply(t.Context(), nil, []byte(`{"routeSelectionExpression": "$request.body.action", "routes": {
		"ping": {"http": "/ping", "reply": true}, "$default": {"mock": "{}"}}}`))
	must(t, err)
	p := s.consoleAs(t, s.grant(t, "tester", 0, anything).key)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	ws, header, err := p.bridge(ctx, "apiId="+made.id+"&stage=prod")
	must(t, err)
	t.Cleanup(ws.drop)
	if got := header.Get("Content-Security-Policy"); got != consolePolicy {
		t.Errorf("the policy of the handshake is %q", got)
	}
	say := func(frame string) { t.Helper(); must(t, sendMessage(ctx, ws.ws, false, 0, frame)) }
	want := func(frame string) {
		t.Helper()
		if got := <-ws.items; got != frame {
			t.Fatalf("got %s, want %s", got, frame)
		}
	}
	events := watch(t, s, s.key, "/gangway/apis/"+made.id+"/tail")
	say(`{"type":"connect","path":"?a=b","headers":{"X-A":"b"},"sign":true}`)
	if got := <-ws.items; !strings.HasPrefix(got, `{"type":"open","headers":{`) {
		t.Fatalf("got %s", got)
	}
	id := events.next(t).Connection
	say(`{"type":"message","data":"{\"action\":\"ping\"}"}`)
	want(`{"type":"message","data":"pong","binary":false}`)
	at := fmt.Sprintf("/console/connections/%s/prod/%s", made.id, strings.ReplaceAll(id, "=", "%3D"))
	if got := p.ask(t, get, at, ""); got.status != 200 || got.text("connectedAt") == "" {
		t.Errorf("the connection: %d %s", got.status, got.body)
	}
	if got := p.ask(t, post, at, "pushed"); got.status != 200 {
		t.Errorf("a push: %d %s", got.status, got.body)
	}
	want(`{"type":"message","data":"pushed","binary":false}`)
	if got := p.ask(t, remove, at, ""); got.status != http.StatusNoContent {
		t.Errorf("a disconnect: %d %s", got.status, got.body)
	}
	if got := <-ws.items; !strings.HasPrefix(got, `{"type":"closed","code":`) {
		t.Errorf("got %s", got)
	}
	if got := p.ask(t, get, at, ""); got.status != http.StatusGone {
		t.Errorf("afterwards: %d %s", got.status, got.body)
	}

	if ws, _, err = p.bridge(ctx, "apiId="+made.id+"&stage=nosuch"); err != nil {
		t.Fatal(err)
	}
	say(`{"type":"connect"}`)
	if got := <-ws.items; !strings.HasPrefix(got, `{"type":"refused","status":403,"headers":{`) || !strings.Contains(got, `Forbidden`) {
		t.Errorf("got %s", got)
	}
	ws.drop()

	if ws, _, err = p.bridge(ctx, "apiId="+made.id+"&stage=prod"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ws.drop)
	say(`{"type":"connect"}`)
	if got := <-ws.items; !strings.HasPrefix(got, `{"type":"open"`) {
		t.Fatalf("got %s", got)
	}
	s.mustControl(t, remove, "/gangway/credentials/tester", nil)
	want(`{"type":"error","message":"the session has ended"}`)
	want(closing(1008, "session ended"))
}

// TestConsoleCookieAlone: a program on another port of the host is sent the cookie by a browser, and can send what it likes with it;
// nothing comes of that without the token, which only pages of the console have.
func TestConsoleCookieAlone(t *testing.T) {
	s := startNode(t, node.Config{})
	p := s.consoleAs(t, s.key)
	other := s.consoleAs(t, s.grant(t, "other", 0, anything).key)
	for label, token := range map[string]string{"none": "", "the cookie": p.cookie, "of another session": other.token, "longer": p.token + "A"} {
		thief := &consolePage{server: s, cookie: p.cookie, token: token}
		for _, path := range []string{"/console/session", "/console/api/v2/apis", "/console/connections/a/b/c"} {
			if got := thief.ask(t, get, path, ""); got.status != http.StatusUnauthorized {
				t.Errorf("token %s: %s answers %d %s", label, path, got.status, got.body)
			}
		}
		if got := thief.ask(t, get, "/console/session?quiet", ""); got.status != http.StatusNoContent || len(got.body) > 0 {
			t.Errorf("token %s: asked quietly: %d %s", label, got.status, got.body)
		}
		_, _, err := thief.bridge(t.Context(), "apiId=a&stage=b")
		if refused, ok := errors.AsType[*refusal](err); !ok || refused.status != http.StatusUnauthorized {
			t.Errorf("token %s: a WebSocket: got %v", label, err)
		}
		thief.ask(t, remove, "/console/session", "")
	}
	// Cookies of others before the right one change neither that there is a session, nor whose it is.
	tossed := &consolePage{server: s, cookie: other.cookie + strings.Repeat("; gangway-console=x", 20) + "; gangway-console=" + p.cookie, token: p.token}
	if got := tossed.ask(t, get, "/console/session", ""); got.status != http.StatusOK || got.text("user") != "root" {
		t.Errorf("among other cookies: %d %s", got.status, got.body)
	}
}

// TestConsoleTellsWhereFrom: behind a proxy that is trusted, policies see the person and not the proxy, at the admin listener, too; and so
// do APIs that are tried from a page, which can make up no address.
func TestConsoleTellsWhereFrom(t *testing.T) {
	s := startNode(t, node.Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	b := &builder{s, "http://127.0.0.1:9"}
	made, err := b.apply(t.Context(), nil, []byte(`{"routeSelectionExpression": "x", "routes": {"$default": {"mock": "{}"}}}`))
	must(t, err)
	key := s.grant(t, "near", 0, `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"},"Bool":{"aws:SecureTransport":"true"}}}`).key
	for _, row := range []struct {
		from, scheme string
		status       int
	}{{"203.0.113.5", "https", 200}, {"203.0.113.5", "http", 403}, {"198.51.100.5", "https", 403}, {"", "", 403}} {
		in := s.getAPIs()
		in.header = http.Header{}
		if row.from != "" {
			in.header = http.Header{"X-Forwarded-For": {row.from}, "X-Forwarded-Proto": {row.scheme}}
		}
		if got := s.as(t, key, in); got.status != row.status {
			t.Errorf("signed, from %s by %s: got %d %s", row.from, row.scheme, got.status, got.body)
		}
		p := s.consoleAs(t, key)
		p.header = in.header
		if got := p.ask(t, get, "/console/api/v2/apis", ""); got.status != row.status {
			t.Errorf("by the console, from %s by %s: got %d %s", row.from, row.scheme, got.status, got.body)
		}
	}
	p := s.consoleAs(t, key)
	p.header = http.Header{"X-Forwarded-For": {"203.0.113.5"}, "X-Forwarded-Proto": {"https"}}
	ws, _, err := p.bridge(t.Context(), "apiId="+made.id+"&stage=prod")
	must(t, err)
	t.Cleanup(ws.drop)
	for _, frame := range []string{`{"type":"connect","headers":{"X-Forwarded-For":"192.0.2.1"}}`, `{"type":"connect","headers":{"Forwarded":"for=192.0.2.1"}}`} {
		must(t, sendMessage(t.Context(), ws.ws, false, 0, frame))
		if got := <-ws.items; !strings.Contains(got, `"type":"error"`) {
			t.Errorf("%s: got %s", frame, got)
		}
	}
	must(t, sendMessage(t.Context(), ws.ws, false, 0, `{"type":"connect"}`))
	if got := <-ws.items; !strings.HasPrefix(got, `{"type":"open"`) {
		t.Fatalf("got %s", got)
	}
	all := s.mustControl(t, get, "/gangway/apis/"+made.id+"/connections", nil)
	if !strings.Contains(string(all.body), `"sourceIp":"203.0.113.5"`) {
		t.Errorf("connected is %s", all.body)
	}
}

// TestConsoleShutdown: what pages have open does not hold up the end of a node, and hears of it.
func TestConsoleShutdown(t *testing.T) {
	s, stop, err := newServer(node.Config{DataDir: t.TempDir()})
	must(t, err)
	b := &builder{s, "http://127.0.0.1:9"}
	made, err := b.apply(t.Context(), nil, []byte(`{"routeSelectionExpression": "x", "routes": {"$default": {"mock": "{}"}}}`))
	must(t, err)
	p := s.consoleAs(t, s.key)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	connected, _, err := p.bridge(ctx, "apiId="+made.id+"&stage=prod")
	must(t, err)
	t.Cleanup(connected.drop)
	must(t, sendMessage(ctx, connected.ws, false, 0, `{"type":"connect"}`))
	if got := <-connected.items; !strings.HasPrefix(got, `{"type":"open"`) {
		t.Fatalf("got %s", got)
	}
	silent, _, err := p.bridge(ctx, "apiId="+made.id+"&stage=prod")
	must(t, err)
	t.Cleanup(silent.drop)
	begun := time.Now()
	must(t, stop())
	t.Logf("the node has stopped after %s", time.Since(begun))
	if got := <-connected.items; !strings.HasPrefix(got, `{"type":"closed","code":1001`) {
		t.Errorf("who was connected got %s", got)
	}
	for _, ws := range []*client{connected, silent} {
		last := ""
		for item := range ws.items {
			last = item
		}
		if !strings.HasPrefix(last, "close ") {
			t.Errorf("the last that came is %s", last)
		}
	}
}
