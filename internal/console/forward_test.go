package console_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestForward(t *testing.T) {
	s := newStand(t, nil)
	cookie := s.signIn(t, rootKey)
	see := func(r *http.Request) sight {
		t.Helper()
		w := s.serve(r)
		var got sight
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusTeapot || w.Header().Get("X-Amzn-Errortype") != "SomeException" {
			t.Fatalf("%s %s: got %d %s", r.Method, r.URL, w.Code, w.Body)
		}
		return got
	}
	got := see(ask(http.MethodPost, "/console/api/v2/apis", `{"name":"ä"}`, cookie,
		"Content-Type", "application/json", "User-Agent", "browser",
		"Authorization", "Basic x", "X-Amz-Security-Token", "x", "X-Amz-Content-Sha256", "x", "Te", "trailers", "X-Forwarded-For", "1.2.3.4"))
	if got.Key != rootKey.ID || got.Method != http.MethodPost || got.Target != "/v2/apis" || got.Body != `{"name":"ä"}` ||
		got.Host != host || got.From != "127.0.0.1:40000" || got.Header.Get("User-Agent") != "browser" || got.Header.Get("Content-Type") != "application/json" {
		t.Errorf("the control plane has seen %+v", got)
	}
	for _, name := range []string{"Cookie", "Origin", "X-Gangway-Console", "Sec-Fetch-Site", "X-Amz-Security-Token", "X-Amz-Content-Sha256", "Te", "X-Forwarded-For"} {
		if _, there := got.Header[name]; there {
			t.Errorf("%s goes on", name)
		}
	}
	for _, target := range []string{
		"/v2/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Fapis%2Fx?tagKeys=a&tagKeys=b%20c", "/v2/apis?nextToken=a%3D%3D+b",
		"/gangway/apis/a/connections?connectionId=L0SM9cOFvHcCIhw%3D", "//double", "/", "/a/../b", "/a%2Fb", "/~x;y,z", "/%E2%82%AC",
	} {
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			if got := see(ask(method, "/console/api"+target, "", cookie)); got.Target != target || got.Method != method {
				t.Errorf("%s %s: seen as %s %s", method, target, got.Method, got.Target)
			}
		}
	}
	got = see(ask(http.MethodPost, "/console/connections/a1/prod/L0SM9cOFvHcCIhw%3D", "pushed", cookie, "Content-Type", "text/plain"))
	if got.Target != "/a1/prod/@connections/L0SM9cOFvHcCIhw%3D" || got.Host != "gateway.test:8080" || got.Body != "pushed" || got.Key != rootKey.ID {
		t.Errorf("the Management API has seen %+v", got)
	}
	temporary := s.mustKey("temporary", forever())
	if got := see(ask(http.MethodGet, "/console/api/v2/apis", "", s.signIn(t, temporary))); got.Key != temporary.ID {
		t.Errorf("a temporary key signs as %s", got.Key)
	}
}

func TestForwardRefuses(t *testing.T) {
	s := newStand(t, nil)
	cookie := s.signIn(t, rootKey)
	for label, test := range map[string]struct {
		request *http.Request
		status  int
	}{
		"no session":       {ask(http.MethodGet, "/console/api/v2/apis", "", ""), 401},
		"a wrong session":  {ask(http.MethodGet, "/console/api/v2/apis", "", cookie[1:]), 401},
		"no header":        {ask(http.MethodGet, "/console/api/v2/apis", "", cookie, "X-Gangway-Console", ""), 403},
		"a foreign site":   {ask(http.MethodGet, "/console/api/v2/apis", "", cookie, "Sec-Fetch-Site", "cross-site"), 403},
		"an old browser":   {ask(http.MethodPost, "/console/api/v2/apis", "", cookie, "Sec-Fetch-Site", ""), 418},
		"a foreign origin": {ask(http.MethodPost, "/console/api/v2/apis", "", cookie, "Origin", "http://evil.test"), 403},
		"another port":     {ask(http.MethodPost, "/console/api/v2/apis", "", cookie, "Origin", "http://localhost:8080"), 403},
		"no origin":        {ask(http.MethodDelete, "/console/api/v2/apis/a", "", cookie, "Origin", ""), 403},
		"a null origin":    {ask(http.MethodPost, "/console/api/v2/apis", "", cookie, "Origin", "null"), 403},
		"a strange origin": {ask(http.MethodPost, "/console/api/v2/apis", "", cookie, "Origin", "http://"+host+"/"), 403},
		"a file":           {ask(http.MethodPost, "/console/api/v2/apis", "", cookie, "Origin", "file://"+host), 403},
		"of another read":  {ask(http.MethodGet, "/console/api/v2/apis", "", cookie, "Origin", "http://evil.test"), 403},
		"too much":         {ask(http.MethodPost, "/console/api/v2/apis", strings.Repeat("x", 4<<20+1), cookie), 413},
		"a push":           {ask(http.MethodPost, "/console/connections/a/b/c", "", cookie, "Origin", "http://evil.test"), 403},
		"a push of nobody": {ask(http.MethodPost, "/console/connections/a/b/c", "", ""), 401},
	} {
		w := s.serve(test.request)
		if w.Code != test.status {
			t.Errorf("%s: got %d %s, want %d", label, w.Code, w.Body, test.status)
		}
		var said map[string]string
		if err := json.Unmarshal(w.Body.Bytes(), &said); test.status != 418 && (err != nil || said["message"] == "") {
			t.Errorf("%s: it says %s", label, w.Body)
		}
	}
}

// reading is a body that does something when it is read.
type reading func()

// Read implements [io.Reader].
func (do reading) Read([]byte) (int, error) {
	do()
	return 0, io.EOF
}

// TestSignedOutMeanwhile: a session that has ended while the body came signs nothing more.
func TestSignedOutMeanwhile(t *testing.T) {
	s := newStand(t, nil)
	cookie := s.signIn(t, rootKey)
	r := ask(http.MethodPost, "/console/api/v2/apis", "", cookie)
	r.ContentLength = -1
	r.Body = io.NopCloser(reading(func() { s.serve(ask(http.MethodDelete, "/console/session", "", cookie)) }))
	if w := s.serve(r); w.Code != http.StatusUnauthorized {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

// TestStream has an answer that goes on pass at once, and end with the session.
func TestStream(t *testing.T) {
	s := newStand(t, nil)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	open := func(ctx context.Context, cookie string) *bufio.Reader {
		t.Helper()
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/console/api/stream", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header = ask(http.MethodGet, "/", "", cookie).Header
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = response.Body.Close() })
		lines := bufio.NewReader(response.Body)
		if line, err := lines.ReadString('\n'); err != nil || line != ": here\n" || response.Header.Get("Content-Type") != "text/event-stream" {
			t.Fatalf("got %d %q, %v", response.StatusCode, line, err)
		}
		return lines
	}
	for label, end := range map[string]func(cookie string){
		"signed out": func(cookie string) { s.serve(ask(http.MethodDelete, "/console/session", "", cookie)) },
		"deleted":    func(string) { s.callers.Replace(nil) },
	} {
		cookie := s.signIn(t, s.mustKey("watcher", forever()))
		lines := open(t.Context(), cookie)
		end(cookie)
		if rest, err := io.ReadAll(lines); err != nil || string(rest) != "\n: over\n\n" {
			t.Errorf("%s: the rest is %q, %v", label, rest, err)
		}
	}
	lines := open(t.Context(), s.signIn(t, rootKey))
	s.Stop()
	if rest, err := io.ReadAll(lines); err != nil || string(rest) != "\n: over\n\n" {
		t.Errorf("stopped: the rest is %q, %v", rest, err)
	}
}
