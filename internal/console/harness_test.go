package console_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gangway/internal/access"
	"gangway/internal/console"
	"gangway/internal/gateway"
	"gangway/internal/sigv4"
	"gangway/internal/websocket"
)

const region, account = "eu-west-1", "123456789012"

var rootKey = sigv4.Key{ID: "GWRTROOT", Secret: "the secret of the root"}

// stand is a console with a control plane and a data listener behind it that tell what they see.
type stand struct {
	*console.Console

	callers *access.Callers
	data    *httptest.Server
	from    chan string // where the person is for whom the data listener was called
	stop    context.CancelFunc
	stopped chan struct{}
}

// newStand makes a console that runs. There is a data listener if it is given.
func newStand(tb testing.TB, data http.Handler) *stand {
	tb.Helper()
	s := &stand{callers: access.New(rootKey, account), stopped: make(chan struct{}), from: make(chan string, 1)}
	cfg := console.Config{
		Callers: s.callers, Region: region, Account: account, Version: "1.2.3", DataURL: "ws://gateway.test:8080",
		Admin: s.mirror("apigateway"), Management: s.mirror("execute-api"),
		Misdirected: func(host string) bool { return host == "evil.test" },
	}
	if data != nil {
		s.data = httptest.NewServer(data)
		tb.Cleanup(s.data.Close)
		cfg.Dial = func(ctx context.Context, remote string, _ bool) (net.Conn, error) {
			select {
			case s.from <- remote:
			default: // nobody looks
			}
			return narrow(ctx, s.data.Listener.Addr())
		}
	}
	s.Console = console.New(cfg)
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	go func() {
		defer close(s.stopped)
		s.Run(ctx)
	}()
	tb.Cleanup(s.end)
	return s
}

// narrow connects in such a way that the kernel takes little of what is sent before the other end reads it.
func narrow(ctx context.Context, to net.Addr) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", to.String())
	if tcp, ok := conn.(*net.TCPConn); ok {
		err = tcp.SetWriteBuffer(4 << 10)
	}
	return conn, err
}

// end stops the console, and returns when nothing is under way any more.
func (s *stand) end() {
	s.stop()
	<-s.stopped
}

// sight is what a mirror has seen.
type sight struct {
	Key, Method, Target, Host, From string
	Header                          http.Header
	Body                            string
}

// mirror answers who has signed for a service with what it has seen; below /stream, again and again until the request ends.
func (s *stand) mirror(service string) http.Handler {
	verifier := &sigv4.Verifier{Region: region, Service: service, Keys: s.callers.Key}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		who, err := verifier.Verify(r, body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		if strings.HasPrefix(r.URL.Path, "/stream") {
			stream(w, r)
			return
		}
		w.Header().Set("X-Amzn-Errortype", "SomeException")
		w.WriteHeader(http.StatusTeapot)
		_ = json.NewEncoder(w).Encode(sight{who.AccessKeyID, r.Method, r.RequestURI, r.Host, r.RemoteAddr, r.Header, string(body)})
	})
}

func stream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	_, _ = io.WriteString(w, ": here\n\n")
	_ = http.NewResponseController(w).Flush()
	<-r.Context().Done()
	_, _ = io.WriteString(w, ": over\n\n")
}

// mustKey adds a credential that may do everything, in place of others, and returns its key.
func (s *stand) mustKey(name string, expires time.Time) sigv4.Key {
	return s.mustKeyFor(name, expires, `{"Effect":"Allow","Action":"*","Resource":"*"}`)
}

// mustKeyFor adds a credential that may do what a statement says.
func (s *stand) mustKeyFor(name string, expires time.Time, statement string) sigv4.Key {
	key := gateway.AccessKey{AccessKeyID: "GWAK" + strings.ToUpper(name), SecretAccessKey: "the secret of " + name, Expiration: expires}
	if !expires.IsZero() {
		key.SessionToken = "the token of " + name
	}
	credential := gateway.Credential{AccessKey: key}
	credential.Name, credential.Policy = name, []byte(`{"Version":"2012-10-17","Statement":`+statement+`}`)
	s.callers.Replace([]gateway.Credential{credential})
	return sigv4.Key{ID: key.AccessKeyID, Secret: key.SecretAccessKey, SessionToken: key.SessionToken, Expires: expires}
}

const host = "localhost:8081"

// ask is a request as a page sends it, with what signIn has returned.
func ask(method, path, body, cookie string, header ...string) *http.Request {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Host = host
	r.RemoteAddr = "127.0.0.1:40000"
	r.Header.Set("X-Gangway-Console", "1")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if method != http.MethodGet {
		r.Header.Set("Origin", "http://"+host)
	}
	if id, token, ok := strings.Cut(cookie, "."); ok {
		r.Header.Set("Cookie", "other=1; gangway-console="+id)
		r.Header.Set("X-Gangway-Console", token)
		r.Header.Set("Sec-Websocket-Protocol", "gangway-console, gangway-token."+token)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Del(header[i])
		if header[i+1] != "" {
			r.Header.Set(header[i], header[i+1])
		}
	}
	return r
}

// serve has a request answered.
func (s *stand) serve(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func typed(key sigv4.Key) string {
	text, _ := json.Marshal(map[string]string{"accessKeyId": key.ID, "secretAccessKey": key.Secret, "sessionToken": key.SessionToken})
	return string(text)
}

// signIn is the cookie of a new session and, behind a dot, its token.
func (s *stand) signIn(tb testing.TB, key sigv4.Key) string {
	tb.Helper()
	w := s.serve(ask(http.MethodPost, "/console/session", typed(key), ""))
	if w.Code != http.StatusOK {
		tb.Fatalf("signing in: %d %s", w.Code, w.Body)
	}
	return signedIn(tb, w)
}

// signedIn is what an answer to who has signed in has of the session.
func signedIn(tb testing.TB, w *httptest.ResponseRecorder) string {
	tb.Helper()
	var said struct{ Token string }
	if err := json.Unmarshal(w.Body.Bytes(), &said); err != nil || len(said.Token) != 43 {
		tb.Fatalf("the token is %q, %v", said.Token, err)
	}
	return w.Result().Cookies()[0].Value + "." + said.Token
}

// status is that of asking who is signed in.
func (s *stand) status(cookie string, header ...string) int {
	return s.serve(ask(http.MethodGet, "/console/session", "", cookie, header...)).Code
}

// echo is a data listener: at /a1/echo it answers with what it is sent, at /a1/close/... it closes, all else it refuses.
type echo struct {
	sockets  *websocket.Server
	requests chan *http.Request
	conns    chan *websocket.Conn
	closed   chan string
	greets   bool // whoever connects
}

func newEcho() *echo {
	e := &echo{requests: make(chan *http.Request, 1000), conns: make(chan *websocket.Conn, 1000), closed: make(chan string, 1000)}
	e.sockets = websocket.NewServer(e, websocket.Options{Binary: true})
	return e
}

func (e *echo) Open(c *websocket.Conn) {
	if e.greets {
		_ = c.Send(websocket.Text, []byte("welcome"), nil)
	}
	e.conns <- c
}

func (e *echo) Message(c *websocket.Conn, op websocket.Opcode, payload []byte) {
	if string(payload) == "binary" {
		op, payload = websocket.Binary, []byte{0xFF, 0}
	}
	_ = c.Send(op, append([]byte(nil), payload...), nil)
}

func (e *echo) Close(_ *websocket.Conn, status websocket.Status, reason string) {
	e.closed <- strings.TrimSpace(string(encodeStatus(status)) + " " + reason)
}

func encodeStatus(status websocket.Status) []byte {
	text, _ := json.Marshal(status)
	return text
}

func (e *echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.requests <- r
	if !strings.HasPrefix(r.URL.Path, "/a1/echo") {
		w.Header().Set("X-Amzn-Errortype", "ForbiddenException")
		w.Header().Set("Connection", "close")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"message":"Forbidden"}`+"\xFF")
		return
	}
	o := websocket.AcceptOptions{Header: http.Header{"X-Said": {"yes"}}}
	if offered := r.Header.Get("Sec-WebSocket-Protocol"); offered != "" {
		o.Subprotocol, _, _ = strings.Cut(offered, ",")
	}
	_, _ = e.sockets.Accept(w, r, o)
}

// forever is when a key expires that is temporary.
func forever() time.Time { return time.Now().Add(24 * time.Hour) }
