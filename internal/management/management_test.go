package management_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/management"
	"gangway/internal/sigv4"
)

const (
	host   = "abcdef1234.execute-api.us-east-1.amazonaws.com"
	region = "us-east-1"
	open   = gateway.ConnectionID("R0oXAdfD0kwCH6w=")
	closed = gateway.ConnectionID("SOqGjdZioAMCEeg=")
)

var (
	key  = sigv4.Key{ID: "AKIDEXAMPLE", Secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
	prod = gateway.StageKey{API: "abcdef1234", Stage: "prod"}
	dev  = gateway.StageKey{API: "abcdef1234", Stage: "dev"}
	now  = time.Date(2024, 2, 19, 7, 11, 42, 0, time.UTC)
)

// room is a gateway.Connections of one stage, which notes what it is asked.
type room struct {
	mu     sync.Mutex
	open   map[gateway.ConnectionID]gateway.ConnectionInfo
	pushes []gateway.Push
	fail   error // what Send answers
}

func (r *room) find(stage gateway.StageKey, id gateway.ConnectionID) (gateway.ConnectionInfo, error) {
	info, ok := r.open[id]
	if !ok || stage != prod {
		return info, gateway.Errorf(gateway.ErrGone, "gone")
	}
	return info, nil
}

func (r *room) Send(_ context.Context, push gateway.Push) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, err := r.find(push.Stage, push.To); err != nil {
		return err
	}
	if r.fail != nil {
		return r.fail
	}
	r.pushes = append(r.pushes, push)
	return nil
}

func (r *room) Info(_ context.Context, stage gateway.StageKey, id gateway.ConnectionID) (gateway.ConnectionInfo, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.find(stage, id)
}

func (r *room) Close(_ context.Context, stage gateway.StageKey, id gateway.ConnectionID) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, err := r.find(stage, id)
	delete(r.open, id)
	return err
}

var info = gateway.ConnectionInfo{
	API: prod.API, Stage: prod.Stage, SourceIP: "198.51.100.7", UserAgent: `curl/8 "x"`,
	ConnectedAt: time.Date(2020, 11, 15, 12, 23, 14, 726_999_000, time.UTC), LastActiveAt: now,
}

func newRoom() *room {
	return &room{open: map[gateway.ConnectionID]gateway.ConnectionInfo{open: info}}
}

// newDoor makes the handler under test; two stages are deployed.
func newDoor(connections gateway.Connections) http.Handler {
	return management.New(connections, management.Config{
		Names: gateway.Names{Region: region, Domain: "amazonaws.com", PublicURL: "ws://localhost:8080"},
		Verifier: &sigv4.Verifier{
			Region: region, Service: "execute-api", Now: func() time.Time { return now },
			Keys: func(id string) (sigv4.Key, bool) { return key, id == key.ID },
		},
		Authorize: permit,
		Open:      func(a gateway.Address) bool { return a.Stage == prod || a.Stage == dev },
	})
}

// permit lets everybody do everything.
func permit(*http.Request, *sigv4.Identity, string, string) error { return nil }

// call is a request to the door, signed unless it says how not.
type call struct {
	method, path string
	body         string
	header       http.Header
	sign         func(*http.Request, []byte)
}

func (c call) do(tb testing.TB, door http.Handler) *http.Response {
	tb.Helper()
	r := httptest.NewRequestWithContext(tb.Context(), c.method, "/", strings.NewReader(c.body))
	r.RequestURI, r.Host = c.path, host
	r.URL.Path, r.URL.Opaque = "", ""
	maps.Copy(r.Header, c.header)
	if c.sign == nil {
		c.sign = func(r *http.Request, body []byte) { sigv4.Sign(r, body, key, region, "execute-api", now) }
	}
	c.sign(r, []byte(c.body))
	w := httptest.NewRecorder()
	door.ServeHTTP(w, r)
	return w.Result()
}

func unsigned(*http.Request, []byte) {}

func read(tb testing.TB, r *http.Response) string {
	tb.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return string(b)
}

// wantFault checks an error answer: status, name, and a body that SDKs and people can read.
func wantFault(tb testing.TB, r *http.Response, status int, name, message string) {
	tb.Helper()
	body := read(tb, r)
	if r.StatusCode != status || r.Header.Get("X-Amzn-ErrorType") != name {
		tb.Fatalf("got %d %s %s, want %d %s", r.StatusCode, r.Header.Get("X-Amzn-ErrorType"), body, status, name)
	}
	if got := r.Header.Get("Content-Type"); got != "application/json" {
		tb.Errorf("got content type %q", got)
	}
	var texts map[string]string
	if err := json.Unmarshal([]byte(body), &texts); err != nil {
		tb.Fatalf("body %q: %v", body, err)
	}
	if len(texts) != 2 || texts["message"] != texts["Message"] || message != "" && texts["message"] != message {
		tb.Errorf("got body %q, want message %q", body, message)
	}
}

const (
	forbidden = "ForbiddenException"
	gone      = "GoneException"
	notFound  = "NotFoundException"
	noToken   = "MissingAuthenticationTokenException"
	badSign   = "InvalidSignatureException"
	bad       = "BadRequestException"
)

// Paths and errors: "@connections" in the API Gateway developer guide, and what the service has been seen to answer.
func TestAnswers(t *testing.T) {
	ok := func(path string) string { return path + "R0oXAdfD0kwCH6w%3D" }
	for _, test := range []struct {
		name    string
		call    call
		status  int
		fault   string
		message string
	}{
		{"post", call{method: "POST", path: ok("/prod/@connections/"), body: "hi"}, 200, "", ""},
		{"post to an escaped at", call{method: "POST", path: ok("/prod/%40connections/"), body: "hi"}, 200, "", ""},
		{"lower-case escape", call{method: "POST", path: "/prod/@connections/R0oXAdfD0kwCH6w%3d", body: "hi"}, 200, "", ""},
		{"bare equals sign", call{method: "POST", path: "/prod/@connections/R0oXAdfD0kwCH6w=", body: "hi"}, 200, "", ""},
		{"slash at the end", call{method: "GET", path: ok("/prod/@connections/") + "/"}, 200, "", ""},
		{"query", call{method: "GET", path: ok("/prod/@connections/") + "?x=1"}, 200, "", ""},
		{"empty message", call{method: "POST", path: ok("/prod/@connections/")}, 200, "", ""},
		{"get", call{method: "GET", path: ok("/prod/@connections/")}, 200, "", ""},
		{"delete", call{method: "DELETE", path: ok("/prod/@connections/")}, 204, "", ""},

		{"closed", call{method: "POST", path: "/prod/@connections/" + string(closed)}, 410, gone, ""},
		{"get closed", call{method: "GET", path: "/prod/@connections/" + string(closed)}, 410, gone, ""},
		{"delete closed", call{method: "DELETE", path: "/prod/@connections/" + string(closed)}, 410, gone, ""},
		{"other stage", call{method: "GET", path: ok("/dev/@connections/")}, 410, gone, ""},
		{"no id: too long", call{method: "POST", path: "/prod/@connections/WDGT8fY4joECJrQ=test"}, 404, notFound, "Invalid connectionId: WDGT8fY4joECJrQ=test"},
		{"no id: alphabet", call{method: "GET", path: "/prod/@connections/R0oXAdfD0kwCH6!="}, 404, notFound, ""},
		{"no id: no padding", call{method: "GET", path: "/prod/@connections/R0oXAdfD0kwCH6w"}, 404, notFound, ""},
		{"escaped twice", call{method: "GET", path: "/prod/@connections/R0oXAdfD0kwCH6w%253D"}, 404, notFound, "Invalid connectionId: R0oXAdfD0kwCH6w%3D"},

		{"unknown stage", call{method: "POST", path: ok("/none/@connections/")}, 403, forbidden, "Forbidden"},
		{"no stage", call{method: "POST", path: ok("/@connections/")}, 403, forbidden, "Forbidden"},
		{"no id", call{method: "POST", path: "/prod/@connections"}, 403, forbidden, "Forbidden"},
		{"below the id", call{method: "POST", path: ok("/prod/@connections/") + "/x"}, 403, forbidden, "Forbidden"},
		{"another collection", call{method: "POST", path: ok("/prod/@Connections/")}, 403, forbidden, "Forbidden"},
		{"put", call{method: "PUT", path: ok("/prod/@connections/")}, 403, noToken, "Missing Authentication Token"},
		{"head", call{method: "HEAD", path: ok("/prod/@connections/")}, 403, noToken, "Missing Authentication Token"},

		{"two slashes", call{method: "POST", path: ok("/prod//@connections/")}, 400, bad, ""},
		{"dots", call{method: "POST", path: ok("/prod/../prod/@connections/")}, 400, bad, ""},
		{"escaped dots", call{method: "POST", path: ok("/prod/%2e%2e/@connections/")}, 400, bad, ""},
		{"escaped slash", call{method: "POST", path: ok("/prod/@connections%2F")}, 400, bad, ""},
		{"nul", call{method: "POST", path: "/prod/@connections/R0oXAdfD0kwCH6w%00"}, 400, bad, ""},
		{"backslash", call{method: "POST", path: `/prod/@connections\R0oXAdfD0kwCH6w=`}, 400, bad, ""},
		{"half an escape", call{method: "POST", path: "/prod/@connections/R0oXAdfD0kwCH6w%3"}, 400, bad, ""},
		{"absolute target", call{method: "POST", path: "http://" + host + ok("/prod/@connections/")}, 400, bad, ""},

		{"too large", call{method: "POST", path: ok("/prod/@connections/"), body: strings.Repeat("x", management.MaxData+1)}, 413, "PayloadTooLargeException", ""},
		{"largest", call{method: "POST", path: ok("/prod/@connections/"), body: strings.Repeat("x", management.MaxData)}, 200, "", ""},
		{"unsigned", call{method: "POST", path: ok("/prod/@connections/"), sign: unsigned}, 403, noToken, "Missing Authentication Token"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := test.call.do(t, newDoor(newRoom()))
			wantIDs(t, r)
			if test.fault != "" {
				wantFault(t, r, test.status, test.fault, test.message)
				return
			}
			if r.StatusCode != test.status || r.Header.Get("X-Amzn-ErrorType") != "" {
				t.Fatalf("got %d %s %s", r.StatusCode, r.Header.Get("X-Amzn-ErrorType"), read(t, r))
			}
		})
	}
}

var (
	uuid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	xid  = regexp.MustCompile(`^[A-Za-z0-9_-]{15}=$`)
)

func wantIDs(tb testing.TB, r *http.Response) {
	tb.Helper()
	if got := r.Header["X-Amzn-Requestid"]; len(got) != 1 || !uuid.MatchString(got[0]) {
		tb.Errorf("got request id %q, want a UUID", got)
	}
	if got := r.Header["X-Amz-Apigw-Id"]; len(got) != 1 || !xid.MatchString(got[0]) {
		tb.Errorf("got x-amz-apigw-id %q", got)
	}
}

func TestPostSendsTheBytes(t *testing.T) {
	connections := newRoom()
	door := newDoor(connections)
	body := "\x00\xff { \"a\":1 }\r\n"
	header := http.Header{"Amz-Sdk-Invocation-Id": {"5f2c"}}
	r := call{method: "POST", path: "/prod/@connections/" + string(open), body: body, header: header}.do(t, door)
	if got := read(t, r); got != "" || r.Header.Get("Content-Type") != "application/json" {
		t.Errorf("got body %q of type %q, want an empty one of application/json", got, r.Header.Get("Content-Type"))
	}
	call{method: "POST", path: "/prod/@connections/" + string(open), body: body}.do(t, door)
	want := []gateway.Push{
		{Stage: prod, To: open, Data: []byte(body), Invocation: "AKIDEXAMPLE/5f2c"},
		{Stage: prod, To: open, Data: []byte(body)},
	}
	if got := fmt.Sprint(connections.pushes); got != fmt.Sprint(want) {
		t.Errorf("got pushes %v, want %v", got, want)
	}
}

func TestGetShowsTheConnection(t *testing.T) {
	const want = `{
  "identity" : {
    "sourceIp" : "198.51.100.7",
    "userAgent" : "curl/8 \"x\""
  },
  "connectedAt" : "2020-11-15T12:23:14.726Z",
  "lastActiveAt" : "2024-02-19T07:11:42.000Z",
  "Identity" : {
    "SourceIp" : "198.51.100.7",
    "UserAgent" : "curl/8 \"x\""
  },
  "ConnectedAt" : "2020-11-15T12:23:14.726Z",
  "LastActiveAt" : "2024-02-19T07:11:42.000Z"
}`
	connections := newRoom()
	get := call{method: "GET", path: "/prod/@connections/" + string(open)}
	if got := read(t, get.do(t, newDoor(connections))); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	silent := info
	silent.UserAgent = ""
	connections.open[open] = silent
	got := read(t, get.do(t, newDoor(connections)))
	if !strings.Contains(got, `"userAgent" : null`) || strings.Contains(got, "UserAgent") || !json.Valid([]byte(got)) {
		t.Errorf("without a User-Agent: got %s", got)
	}
}

func TestErrorsOfConnections(t *testing.T) {
	for _, test := range []struct {
		err     error
		status  int
		name    string
		message string
	}{
		{gateway.Errorf(gateway.ErrTooMany, "slow"), 429, "LimitExceededException", "slow"},
		{fmt.Errorf("cluster: %w", gateway.Errorf(gateway.ErrUnavailable, "try again")), 503, "ServiceUnavailableException", "try again"},
		{gateway.Errorf(gateway.ErrTimeout, "no answer"), 504, "ServiceUnavailableException", "no answer"},
		{fmt.Errorf("disk on fire at 10.0.0.7"), 500, "InternalServerErrorException", "Internal server error"},
		{gateway.Errorf(gateway.ErrConfiguration, "secret"), 500, "InternalServerErrorException", "Internal server error"},
	} {
		connections := newRoom()
		connections.fail = test.err
		r := call{method: "POST", path: "/prod/@connections/" + string(open)}.do(t, newDoor(connections))
		wantFault(t, r, test.status, test.name, test.message)
	}
}

// Without permission, whether an id or a stage exists must not show.
func TestStrangersLearnNothing(t *testing.T) {
	wrong := func(r *http.Request, body []byte) {
		sigv4.Sign(r, body, sigv4.Key{ID: key.ID, Secret: "guess"}, region, "execute-api", now)
	}
	for name, sign := range map[string]func(*http.Request, []byte){
		noToken: unsigned,
		badSign: wrong,
		"UnrecognizedClientException": func(r *http.Request, body []byte) {
			sigv4.Sign(r, body, sigv4.Key{ID: "AKIDOTHER", Secret: "x"}, region, "execute-api", now)
		},
	} {
		for _, path := range []string{
			"/prod/@connections/" + string(open), "/prod/@connections/" + string(closed), "/prod/@connections/x",
			"/none/@connections/" + string(open), "/prod/@connections",
		} {
			for _, method := range []string{"GET", "POST", "DELETE"} {
				connections := newRoom()
				wantFault(t, call{method: method, path: path, sign: sign}.do(t, newDoor(connections)), 403, name, "")
				if len(connections.open) != 1 || len(connections.pushes) != 0 {
					t.Fatal("an unauthenticated request had an effect")
				}
			}
		}
	}
}

// unreadBody fails the test if somebody reads it.
type unreadBody struct{ t *testing.T }

func (b unreadBody) Read([]byte) (int, error) {
	b.t.Error("the body was read")
	return 0, io.EOF
}

func TestNoBodyIsReadInVain(t *testing.T) {
	for _, test := range []struct {
		name   string
		length int64
		expect string
		sign   bool
		status int
	}{
		{"too large", management.MaxData + 1, "", true, 413},
		{"large and unsigned", 1 << 16, "", false, 403},
		{"unsigned and held back", 5, "100-continue", false, 403},
		{"unsigned and of unknown length", -1, "", false, 403},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), "POST", "/prod/@connections/"+string(open), unreadBody{t})
			r.Host = host
			r.ContentLength = test.length
			if test.expect != "" {
				r.Header.Set("Expect", test.expect)
			}
			if test.sign {
				sigv4.Sign(r, nil, key, region, "execute-api", now)
			}
			w := httptest.NewRecorder()
			newDoor(newRoom()).ServeHTTP(w, r)
			if w.Code != test.status {
				t.Errorf("got %d, want %d", w.Code, test.status)
			}
		})
	}
}

// A body without a length is read up to one byte more than may be.
func TestChunkedBody(t *testing.T) {
	for size, status := range map[int]int{management.MaxData: 200, management.MaxData + 1: 413, 4 << 20: 413} {
		body := bytes.Repeat([]byte("x"), size)
		source := bytes.NewReader(body)
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/prod/@connections/"+string(open), io.MultiReader(source))
		r.Host = host
		r.ContentLength = -1
		sigv4.Sign(r, body, key, region, "execute-api", now)
		w := httptest.NewRecorder()
		newDoor(newRoom()).ServeHTTP(w, r)
		if w.Code != status {
			t.Errorf("%d bytes: got %d, want %d", size, w.Code, status)
		}
		if left := w.Header().Get("Connection") == "close"; left != (status == 413) {
			t.Errorf("%d bytes: the connection is closed: %v", size, left)
		}
		if read := size - source.Len(); read > management.MaxData+1 {
			t.Errorf("%d bytes: %d were read", size, read)
		}
	}
}

func TestZeroConfigLetsNobodyIn(t *testing.T) {
	r := call{method: "GET", path: "/prod/@connections/" + string(open)}.do(t, management.New(newRoom(), management.Config{}))
	if r.StatusCode != http.StatusForbidden {
		t.Errorf("got %d, want 403", r.StatusCode)
	}
}

func TestAddressed(t *testing.T) {
	for target, want := range map[string]bool{
		"/prod/@connections/x": true, "/a/prod/%40connections/x": true, "/prod": false, "/prod?x=/@connections/": false,
	} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", target, nil)
		if got := management.Addressed(r); got != want {
			t.Errorf("%s: got %v, want %v", target, got, want)
		}
	}
}

// A signature for a host that is not ours was made for somebody else.
func TestStrangeHost(t *testing.T) {
	connections := newRoom()
	for host, want := range map[string]int{"localhost:8080": 200, "127.0.0.1:1": 200, "evil.example": 403, "abcdef1234.execute-api.us-east-1.evil.example": 403} {
		sign := func(r *http.Request, body []byte) {
			r.Host = host
			sigv4.Sign(r, body, key, region, "execute-api", now)
		}
		r := call{method: "POST", path: "/abcdef1234/prod/@connections/" + string(open), body: "x", sign: sign}.do(t, newDoor(connections))
		if r.StatusCode != want {
			t.Errorf("%s: got %d, want %d", host, r.StatusCode, want)
		}
	}
}
