package console_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"gangway/internal/sigv4"
	"gangway/internal/websocket"
)

// tab is a page with a bridge.
type tab struct {
	conn   *websocket.Conn
	frames chan map[string]any
	closed chan websocket.Status
}

func (*tab) Open(*websocket.Conn) {}

func (p *tab) Message(_ *websocket.Conn, _ websocket.Opcode, payload []byte) {
	var frame map[string]any
	if err := json.Unmarshal(payload, &frame); err != nil {
		frame = map[string]any{"type": "no JSON", "message": string(payload)}
	}
	p.frames <- frame
}

func (p *tab) Close(_ *websocket.Conn, status websocket.Status, _ string) {
	close(p.frames)
	p.closed <- status
}

// say sends a frame.
func (p *tab) say(t *testing.T, frame string) {
	t.Helper()
	if err := p.conn.SendWait(t.Context(), websocket.Text, []byte(frame)); err != nil {
		t.Fatal(err)
	}
}

// next is the next frame; there must be one.
func (p *tab) next(t *testing.T) map[string]any {
	t.Helper()
	select {
	case frame, ok := <-p.frames:
		if !ok {
			t.Fatal("the bridge was closed")
		}
		return frame
	case <-t.Context().Done():
		t.Fatal("nothing comes")
		return nil
	}
}

// want compares the next frame with members as JSON.
func (p *tab) want(t *testing.T, members string) map[string]any {
	t.Helper()
	var want map[string]any
	if err := json.Unmarshal([]byte(members), &want); err != nil {
		t.Fatal(err)
	}
	got := p.next(t)
	for name, value := range want {
		if got[name] != value {
			t.Errorf("got %v, want %s", got, members)
		}
	}
	return got
}

// ended is how the bridge was closed, after frames that nobody has looked at.
func (p *tab) ended() websocket.Status {
	for range p.frames { // until it is closed
	}
	return <-p.closed
}

// span is a console with a data listener, served.
type span struct {
	*stand

	echo   *echo
	server *httptest.Server
}

func newSpan(t *testing.T) *span {
	t.Helper()
	e := newEcho()
	s := &span{stand: newStand(t, e), echo: e}
	s.server = httptest.NewServer(s.stand)
	t.Cleanup(s.server.Close)
	t.Cleanup(e.sockets.Close)
	return s
}

// bridge opens a bridge as a page does.
func (s *span) bridge(t *testing.T, cookie, query string, header ...string) (*tab, *http.Response, error) {
	t.Helper()
	p := &tab{frames: make(chan map[string]any, 100), closed: make(chan websocket.Status, 1)}
	host := s.server.Listener.Addr().String()
	id, token, _ := strings.Cut(cookie, ".")
	all := http.Header{"Origin": {"http://" + host}, "Cookie": {"gangway-console=" + id}, "User-Agent": {"browser"}}
	for i := 0; i < len(header); i += 2 {
		all.Set(header[i], header[i+1])
		if header[i+1] == "" {
			all.Del(header[i])
		}
	}
	conn, response, err := websocket.Dial(t.Context(), "ws://"+host+"/console/connect?"+query, p, websocket.DialOptions{
		Header: all, Subprotocols: []string{"gangway-console", "gangway-token." + token},
	})
	p.conn = conn
	return p, response, err
}

const toEcho = "apiId=a1&stage=echo"

func (s *span) mustBridge(t *testing.T, cookie, query string) *tab {
	t.Helper()
	p, _, err := s.bridge(t, cookie, query)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// connected is a bridge whose connection is open.
func (s *span) connected(t *testing.T, cookie string) *tab {
	t.Helper()
	p := s.mustBridge(t, cookie, toEcho)
	p.say(t, `{"type":"connect"}`)
	p.want(t, `{"type":"open"}`)
	return p
}

func TestBridge(t *testing.T) {
	s := newSpan(t)
	cookie := s.signIn(t, rootKey)
	p, response, err := s.bridge(t, cookie, toEcho)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range promised {
		if got := response.Header.Values(name); len(got) != 1 || got[0] != value {
			t.Errorf("%s of the handshake is %q", name, got)
		}
	}
	p.say(t, `{"type":"message","data":"too soon"}`)
	p.want(t, `{"type":"error","message":"there is no connection yet"}`)
	p.say(t, `{"type":"connect","path":"/more%2Fso?a=b%20c&d=+","headers":{"X-One":"1","Origin":"https://app.test"},"subprotocols":["chat","x"],"sign":false}`)
	open := p.want(t, `{"type":"open"}`)
	if headers := open["headers"].(map[string]any); headers["X-Said"] != "yes" || headers["Sec-Websocket-Protocol"] != "chat" {
		t.Errorf("the headers are %v", headers)
	}
	seen := <-s.echo.requests
	if seen.RequestURI != "/a1/echo/more%2Fso?a=b%20c&d=+" || seen.Host != "gateway.test:8080" || seen.Header.Get("X-One") != "1" ||
		seen.Header.Get("Origin") != "https://app.test" || seen.UserAgent() != "browser" || seen.Header.Get("Cookie") != "" || seen.Header.Get("Authorization") != "" {
		t.Errorf("the data listener has seen %s %s %v", seen.Host, seen.RequestURI, seen.Header)
	}
	for _, text := range []string{"hello", "", "ä€😀 <b>&\u2028\x00\"", strings.Repeat("\x01", 128<<10)} {
		frame, _ := json.Marshal(map[string]string{"type": "message", "data": text})
		p.say(t, string(frame))
		if got := p.next(t); got["type"] != "message" || got["data"] != text || got["binary"] != false {
			t.Errorf("sent %.20q, got %.100v", text, got)
		}
	}
	p.say(t, `{"type":"message","data":"binary"}`)
	p.want(t, `{"type":"message","data":"/wA=","binary":true}`)
	p.say(t, `{"type":"close","code":4001,"reason":"bye"}`)
	p.want(t, `{"type":"closed","code":4001,"reason":"bye"}`)
	if status := p.ended(); status != websocket.StatusNormal {
		t.Errorf("the bridge has ended with %d", status)
	}
	if got := <-s.echo.closed; got != "4001 bye" {
		t.Errorf("the data listener was told %s", got)
	}
}

func TestBridgeIsClosedByTheOtherEnd(t *testing.T) {
	s := newSpan(t)
	p := s.connected(t, s.signIn(t, rootKey))
	(<-s.echo.conns).Close(4002, "enough")
	p.want(t, `{"type":"closed","code":4002,"reason":"enough"}`)
	p.ended()
	p = s.connected(t, s.signIn(t, rootKey))
	<-s.echo.closed
	p.conn.Close(websocket.StatusGoingAway, "the tab was closed")
	if got := <-s.echo.closed; got != "1001" {
		t.Errorf("the data listener was told %s", got)
	}
}

func TestBridgeTellsOfRefusals(t *testing.T) {
	s := newSpan(t)
	cookie := s.signIn(t, rootKey)
	p := s.mustBridge(t, cookie, "apiId=a1&stage=other")
	p.say(t, `{"type":"connect"}`)
	got := p.want(t, `{"type":"refused","status":403,"body":"{\"message\":\"Forbidden\"}\ufffd"}`)
	if headers := got["headers"].(map[string]any); headers["X-Amzn-Errortype"] != "ForbiddenException" {
		t.Errorf("the headers are %v", headers)
	}
	p.ended()
	s.data.Close()
	p = s.mustBridge(t, cookie, toEcho)
	p.say(t, `{"type":"connect"}`)
	p.want(t, `{"type":"error"}`)
	p.ended()
}

func TestBridgeSigns(t *testing.T) {
	s := newSpan(t)
	key := s.mustKey("caller", forever())
	p := s.mustBridge(t, s.signIn(t, key), toEcho)
	p.say(t, `{"type":"connect","path":"?a=+b&c=%3D","headers":{"X-One":"1"},"sign":true}`)
	p.want(t, `{"type":"open"}`)
	verifier := &sigv4.Verifier{Region: region, Service: "execute-api", Keys: s.callers.Key}
	if who, err := verifier.Verify(<-s.echo.requests, nil); err != nil || who.AccessKeyID != key.ID {
		t.Errorf("signed by %v, %v", who, err)
	}
}

func TestBridgeRefusesPages(t *testing.T) {
	s := newSpan(t)
	cookie := s.signIn(t, rootKey)
	for label, test := range map[string]struct {
		cookie, query, name, value string
		status                     int
	}{
		"foreign origin": {cookie, toEcho, "Origin", "http://evil.test", 403},
		"no origin":      {cookie, toEcho, "Origin", "", 403},
		"null origin":    {cookie, toEcho, "Origin", "null", 403},
		"other port":     {cookie, toEcho, "Origin", "http://127.0.0.1:1", 403},
		"foreign site":   {cookie, toEcho, "Sec-Fetch-Site", "cross-site", 403},
		"other host":     {cookie, toEcho, "Host", "evil.test", 421},
		"no token":       {cookie[:44] + "1", toEcho, "X-A", "", 401},
		"no session":     {"x", toEcho, "X-A", "", 401},
		"no API":         {cookie, "stage=echo", "X-A", "", 400},
	} {
		_, response, err := s.bridge(t, test.cookie, test.query, test.name, test.value)
		if err == nil || response == nil || response.StatusCode != test.status {
			t.Errorf("%s: got %v, %v", label, response, err)
		}
	}
}

func TestBridgeRefusesFrames(t *testing.T) {
	s := newSpan(t)
	p := s.mustBridge(t, s.signIn(t, rootKey), toEcho)
	for _, frame := range []string{
		`x`, `[]`, `{}`, `{"type":"other"}`, `{"type":"connect","path":"a"}`, `{"type":"connect","path":"/a b"}`, `{"type":"connect","path":"/a#b"}`,
		`{"type":"connect","path":"/\r\nX: y"}`, `{"type":"connect","path":"/%zz"}`, `{"type":"connect","path":"/ä"}`,
		`{"type":"connect","headers":{"A B":"c"}}`, `{"type":"connect","headers":{"":"c"}}`, `{"type":"connect","headers":{"A":"b\r\nC: d"}}`,
		`{"type":"connect","headers":{"upgrade":"x"}}`, `{"type":"connect","headers":{"sec-websocket-key":"x"}}`,
		`{"type":"connect","headers":{"X-Forwarded-For":"192.0.2.9"}}`, `{"type":"connect","headers":{"x-forwarded-proto":"https"}}`,
		`{"type":"connect","headers":{"x-forwarded-host":"x"}}`, `{"type":"connect","headers":{"forwarded":"for=192.0.2.9"}}`,
		`{"type":"connect","headers":{"content-length":"5"}}`, `{"type":"connect","subprotocols":["a b"]}`, `{"type":"connect","subprotocols":["é"]}`,
		`{"type":"close","code":1006}`, `{"type":"close","code":99999}`, `{"type":"close","reason":"` + strings.Repeat("x", 124) + `"}`, `{"type":"close"}`,
	} {
		p.say(t, frame)
		p.want(t, `{"type":"error"}`)
	}
	p.say(t, `{"type":"connect"}`)
	p.want(t, `{"type":"open"}`)
	p.say(t, `{"type":"connect"}`)
	p.want(t, `{"type":"error","message":"there is a connection already, or there was one"}`)
	p.say(t, `{"type":"close"}`)
	p.want(t, `{"type":"closed","code":1000,"reason":""}`)
	p.ended()
	p = s.mustBridge(t, s.signIn(t, rootKey), toEcho)
	if err := p.conn.SendWait(t.Context(), websocket.Binary, []byte(`{"type":"connect"}`)); err != nil {
		t.Fatal(err)
	}
	if status := p.ended(); status != websocket.StatusUnsupported {
		t.Errorf("a binary frame: %d", status)
	}
}

// TestBridgePermission: who may not try an API, is told so and connects nowhere; who may, comes from where the page is.
func TestBridgePermission(t *testing.T) {
	s := newSpan(t)
	const here = `"arn:aws:gangway:` + region + ":" + account + `:apis/a1/connect"`
	for label, row := range map[string]struct {
		statement string
		allowed   bool
	}{
		"just that":        {`{"Effect":"Allow","Action":"gangway:Connect","Resource":` + here + `}`, true},
		"another API":      {`{"Effect":"Allow","Action":"gangway:Connect","Resource":"arn:aws:gangway:*:apis/b2/connect"}`, false},
		"everything else":  {`{"Effect":"Allow","NotAction":"gangway:Connect","Resource":"*"}`, false},
		"from here":        {`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"127.0.0.1"}}}`, true},
		"from elsewhere":   {`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}}`, false},
		"only by TLS":      {`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}`, false},
		"by this software": {`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:UserAgent":"browser"}}}`, true},
	} {
		p := s.mustBridge(t, s.signIn(t, s.mustKeyFor("who", forever(), row.statement)), toEcho)
		p.say(t, `{"type":"connect"}`)
		got := p.next(t)
		if row.allowed {
			if from := <-s.from; got["type"] != "open" || !strings.HasPrefix(from, "127.0.0.1:") {
				t.Errorf("%s: got %v, from %s", label, got, from)
			}
			continue
		}
		if text, _ := got["message"].(string); got["type"] != "error" || !strings.Contains(text, "is not authorized to perform: gangway:Connect on resource: ") || len(s.from) > 0 {
			t.Errorf("%s: got %v", label, got)
		}
	}
}

func TestBridgeEndsWithTheSession(t *testing.T) {
	s := newSpan(t)
	for label, end := range map[string]func(cookie string){
		"signed out": func(cookie string) { s.serve(ask(http.MethodDelete, "/console/session", "", cookie)) },
		"deleted":    func(string) { s.callers.Replace(nil) },
	} {
		cookie := s.signIn(t, s.mustKey("watcher", forever()))
		p := s.connected(t, cookie)
		end(cookie)
		p.want(t, `{"type":"error","message":"the session has ended"}`)
		if status := p.ended(); status != websocket.StatusPolicy {
			t.Errorf("%s: the bridge has ended with %d", label, status)
		}
		if got := <-s.echo.closed; got != "1001" {
			t.Errorf("%s: the data listener was told %s", label, got)
		}
	}
	// Who is deleted says nothing more, however soon.
	p := s.connected(t, s.signIn(t, s.mustKey("talker", forever())))
	s.callers.Replace(nil)
	p.say(t, `{"type":"message","data":"still here?"}`)
	for frame := range p.frames {
		if frame["type"] == "message" {
			t.Errorf("a message has passed: %v", frame)
		}
	}
}

// TestBridgeStops: when the console has stopped, nothing is under way any more, not even a handshake that nobody answers.
func TestBridgeStops(t *testing.T) {
	release := make(chan struct{})
	asked := make(chan struct{}, 1)
	slow := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		<-release
	})
	s := &span{stand: newStand(t, slow)}
	t.Cleanup(func() { close(release) }) // before the data listener is closed
	s.server = httptest.NewServer(s.stand)
	t.Cleanup(s.server.Close)
	p := s.mustBridge(t, s.signIn(t, rootKey), toEcho)
	p.say(t, `{"type":"connect"}`)
	<-asked
	s.end()
	if status := p.ended(); status != websocket.StatusPolicy && status != websocket.StatusGoingAway {
		t.Errorf("the bridge has ended with %d", status)
	}
}

func TestBridgesAreBounded(t *testing.T) {
	s := newSpan(t)
	cookie := s.signIn(t, rootKey)
	var all []*tab
	for range 100 {
		all = append(all, s.mustBridge(t, cookie, toEcho))
	}
	_, response, err := s.bridge(t, cookie, toEcho)
	if err == nil || response.StatusCode != http.StatusTooManyRequests {
		t.Errorf("one too many: %v, %v", response, err)
	}
	s.mustBridge(t, s.signIn(t, rootKey), toEcho)
	all[0].conn.Close(websocket.StatusNormal, "")
	all[0].ended()
	for err = errors.New("none yet"); err != nil && t.Context().Err() == nil; { // the other end learns of it a moment later
		_, _, err = s.bridge(t, cookie, toEcho)
	}
}

// TestBridgeHoldsBack: while the other side does not take messages, no more are read, so that a page that sends without end costs
// no more than one message and what the kernel holds; and of what was sent nothing is lost.
func TestBridgeHoldsBack(t *testing.T) {
	s := newSpan(t)
	p := s.connected(t, s.signIn(t, rootKey))
	conn := <-s.echo.conns
	conn.Pause()
	text := strings.Repeat("x", 30<<10)
	frame := []byte(`{"type":"message","data":"` + text + `"}`)
	const most = 1000 // 30 MB: more than the kernel holds
	sent := 0
	for blocked := false; !blocked; sent++ {
		if sent == most {
			t.Fatal("everything was taken, of a page that nobody listens to")
		}
		taken := make(chan error, 1)
		if err := p.conn.Send(websocket.Text, frame, func(err error) { taken <- err }); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-taken:
			if err != nil {
				t.Fatal(err)
			}
		case <-time.After(500 * time.Millisecond): // on a slow machine the test sees less
			blocked = true
		}
	}
	conn.Resume()
	t.Logf("%d messages were taken before", sent)
	for i := range sent {
		if got := p.next(t); got["type"] != "message" || got["data"] != text {
			t.Fatalf("message %d: got %.100v", i, got)
		}
	}
}

// TestBridgeOpensFirst: what a server says at once comes after the page has been told that there is a connection.
func TestBridgeOpensFirst(t *testing.T) {
	s := newSpan(t)
	s.echo.greets = true
	cookie := s.signIn(t, rootKey)
	for range 50 {
		p := s.connected(t, cookie)
		p.want(t, `{"type":"message","data":"welcome"}`)
		p.conn.Close(websocket.StatusNormal, "")
	}
}

// TestHammerBridges has bridges come and go from both sides.
func TestHammerBridges(t *testing.T) {
	s := newSpan(t)
	var all sync.WaitGroup
	for i := range 6 {
		cookie := s.signIn(t, rootKey)
		all.Go(func() {
			for round := range 10 {
				p, _, err := s.bridge(t, cookie, toEcho)
				if err != nil {
					t.Error(err)
					return
				}
				_ = p.conn.Send(websocket.Text, []byte(`{"type":"connect"}`), nil)
				if (i+round)%3 > 0 {
					<-p.frames
					_ = p.conn.Send(websocket.Text, []byte(`{"type":"message","data":"`+strconv.Itoa(round)+`"}`), nil)
					if got := <-p.frames; got["data"] != strconv.Itoa(round) {
						t.Errorf("got %v", got)
					}
				}
				if (i+round)%3 == 2 {
					_ = p.conn.Send(websocket.Text, []byte(`{"type":"close"}`), nil)
				} else {
					p.conn.Close(websocket.StatusNormal, "")
				}
				p.ended()
			}
		})
	}
	all.Wait()
	s.end()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := s.echo.sockets.Shutdown(ctx); err != nil {
		t.Error(fmt.Errorf("the data listener: %w", err))
	}
}
