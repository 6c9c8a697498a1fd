package dial_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"gangway/internal/dial"
)

const done = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

// written is a request as a server gets it.
func written(tb testing.TB, r *http.Request) (string, error) {
	tb.Helper()
	ours, theirs := net.Pipe()
	var text strings.Builder
	read := make(chan struct{})
	go func() {
		defer close(read)
		defer func() { _ = theirs.Close() }()
		got, err := http.ReadRequest(bufio.NewReader(io.TeeReader(theirs, &text)))
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, got.Body)
		_, _ = io.WriteString(theirs, done)
	}()
	transport := &dial.Transport{Dial: func(context.Context, string, string) (net.Conn, error) { return ours, nil }}
	response, err := transport.RoundTrip(r)
	if err == nil {
		err = response.Body.Close()
	}
	_ = ours.Close()
	<-read
	return text.String(), err
}

// TestRequests has requests as they are written: RFC 9112 sections 3, 5 and 6. Each says that it is the last on its connection.
func TestRequests(t *testing.T) {
	large := strings.Repeat("x", 100_000)
	for _, test := range []struct {
		name, method, url string
		change            func(*http.Request)
		body, want        string
	}{
		{"GET", "GET", "http://h", nil, "", "GET / HTTP/1.1\r\nHost: h\r\n-User-Agent: test\r\n\r\n"},
		{"message", "POST", "http://h:8080/a/b?c=d", nil, "hello", "POST /a/b?c=d HTTP/1.1\r\nHost: h:8080\r\nContent-Length: 5\r\n-User-Agent: test\r\n\r\nhello"},
		{"empty POST", "POST", "http://h/", nil, "", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n-User-Agent: test\r\n\r\n"},
		{"no body", "PUT", "http://h/", func(r *http.Request) { r.Body = http.NoBody }, "", "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n-User-Agent: test\r\n\r\n"},
		{"DELETE", "DELETE", "http://h/", nil, "", "DELETE / HTTP/1.1\r\nHost: h\r\n-User-Agent: test\r\n\r\n"},
		{"GET with a body", "GET", "http://h/", nil, "x", "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n-User-Agent: test\r\n\r\nx"},
		{"no method", "", "http://h/", nil, "", "GET / HTTP/1.1\r\nHost: h\r\n-User-Agent: test\r\n\r\n"},
		{"any method", "M-SEARCH", "http://h/?", nil, "", "M-SEARCH /? HTTP/1.1\r\nHost: h\r\n-User-Agent: test\r\n\r\n"},
		{"escapes", "GET", "http://h/a b/ä?q=%20&r=ä", nil, "", "GET /a%20b/%C3%A4?q=%20&r=ä HTTP/1.1\r\nHost: h\r\n-User-Agent: test\r\n\r\n"},
		{"escaped", "GET", "http://h/a%2Fb/%7e?q=%2F", nil, "", "GET /a%2Fb/%7e?q=%2F HTTP/1.1\r\nHost: h\r\n-User-Agent: test\r\n\r\n"},
		{"address", "GET", "http://[::1]:80/", nil, "", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n-User-Agent: test\r\n\r\n"},
		{"zone", "GET", "http://[fe80::1%25lo]/", nil, "", "GET / HTTP/1.1\r\nHost: [fe80::1]\r\n-User-Agent: test\r\n\r\n"},
		{"international", "GET", "http://bücher.example:81/", nil, "", "GET / HTTP/1.1\r\nHost: xn--bcher-kva.example:81\r\n-User-Agent: test\r\n\r\n"},
		{"another host", "GET", "http://h/", func(r *http.Request) { r.Host = "other:1" }, "", "GET / HTTP/1.1\r\nHost: other:1\r\n-User-Agent: test\r\n\r\n"},
		{"last", "GET", "http://h/", func(r *http.Request) { r.Header.Set("Connection", "x, close") }, "", "GET / HTTP/1.1\r\nHost: h\r\n-User-Agent: test\r\n\r\n"},
		{"no agent", "GET", "http://h/", func(r *http.Request) { r.Header.Set("User-Agent", "") }, "", "GET / HTTP/1.1\r\nHost: h\r\n-\r\n"},
		{"our agent", "GET", "http://h/", func(r *http.Request) { r.Header = nil }, "", "GET / HTTP/1.1\r\nHost: h\r\n-User-Agent: gangway\r\n\r\n"},
		{"fields", "GET", "http://h/", func(r *http.Request) {
			r.Header = http.Header{"user-AGENT": {"me"}, "b": {"1", "2"}, "A": {""}, "C_d": {"\t ä"}}
		}, "", "GET / HTTP/1.1\r\nHost: h\r\n-A: \r\nC_d: \t ä\r\nb: 1\r\nb: 2\r\nuser-AGENT: me\r\n\r\n"},
		{"fields that are not the caller's", "POST", "http://h/", func(r *http.Request) {
			for _, name := range []string{"host", "CONTENT-LENGTH", "transfer-Encoding", "trailer", "connection", "keep-alive", "Proxy-connection"} {
				r.Header[name] = []string{"no"}
			}
		}, "x", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n-User-Agent: test\r\n\r\nx"},
		{"unknown length", "POST", "http://h/", func(r *http.Request) { r.ContentLength = -1 }, "hello", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n-User-Agent: test\r\n\r\n5\r\nhello\r\n0\r\n\r\n"},
		{"nothing of unknown length", "POST", "http://h/", func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("")) }, "", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n-User-Agent: test\r\n\r\n0\r\n\r\n"},
		{"large", "POST", "http://h/", nil, large, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n-User-Agent: test\r\n\r\n" + large},
		{"longer than it says", "POST", "http://h/", func(r *http.Request) { r.ContentLength = 3 }, "hello", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n-User-Agent: test\r\n\r\nhel"},
	} {
		r := request(t, t.Context(), test.method, test.url, test.body)
		if test.change != nil {
			test.change(r)
		}
		got, err := written(t, r)
		if want := strings.Replace(test.want, "\r\n-", "\r\nConnection: close\r\n", 1); err != nil || got != want {
			t.Errorf("%s: got %.300q, %v, want %.300q", test.name, got, err, want)
		}
	}
}

// body is a body that says what becomes of it.
type body struct {
	io.Reader
	closed chan struct{}
}

func newBody(r io.Reader) *body { return &body{r, make(chan struct{}, 8)} }

// Close implements [io.Closer].
func (b *body) Close() error { b.closed <- struct{}{}; return nil }

// failing is a reader that fails after so many bytes.
type failing int

// Read implements [io.Reader].
func (f *failing) Read(p []byte) (int, error) {
	n := min(int(*f), len(p))
	*f -= failing(n)
	if n == 0 {
		return 0, errFailing
	}
	clear(p[:n])
	return n, nil
}

var errFailing = errors.New("the disk is on fire")

// TestRefusedRequests has what cannot be written, or would be read as something else. Nobody is called for it.
func TestRefusedRequests(t *testing.T) {
	for name, change := range map[string]func(*http.Request){
		"a method of two words": func(r *http.Request) { r.Method = "GET /" },
		"a method of two lines": func(r *http.Request) { r.Method = "GET\r\nA:" },
		"no URL":                func(r *http.Request) { r.URL = nil },
		"no host":               func(r *http.Request) { r.URL = &url.URL{Scheme: "http", Path: "/"} },
		"another scheme":        func(r *http.Request) { r.URL.Scheme = "ftp" },
		"a space in the query":  func(r *http.Request) { r.URL.RawQuery = "a b" },
		"a line in the query":   func(r *http.Request) { r.URL.RawQuery = "a\r\nb" },
		"a line in the path":    func(r *http.Request) { r.URL.Opaque = "/ HTTP/1.1\r\nA: b\r\n" },
		"a space in the host":   func(r *http.Request) { r.Host = "h h" },
		"a line in the host":    func(r *http.Request) { r.Host = "h\r\nA: b" },
		"no name":               func(r *http.Request) { r.Header[""] = []string{"b"} },
		"a space in a name":     func(r *http.Request) { r.Header["A b"] = []string{"c"} },
		"a colon in a name":     func(r *http.Request) { r.Header["A:"] = []string{"c"} },
		"a line in a value":     func(r *http.Request) { r.Header.Set("A", "b\r\nC: d") },
		"a CR in a value":       func(r *http.Request) { r.Header.Set("A", "b\rC: d") },
		"a zero in a value":     func(r *http.Request) { r.Header.Set("A", "b\x00") },
		"a body that is short":  func(r *http.Request) { r.ContentLength = 100 },
		"a body that fails":     func(r *http.Request) { r.Body, r.ContentLength = newBody(new(failing)), 5 },
	} {
		calls := 0
		transport := &dial.Transport{Dial: func(context.Context, string, string) (net.Conn, error) {
			calls++
			return nil, errors.New("somebody was called")
		}}
		r := request(t, t.Context(), "POST", "http://h/", "x")
		r.Body = newBody(r.Body)
		change(r)
		if _, err := transport.RoundTrip(r); err == nil || calls > 0 || errors.Is(err, dial.ErrNoConnection) {
			t.Errorf("%s: %d calls, %v", name, calls, err)
		}
		<-r.Body.(*body).closed
	}
}

// FuzzRequest: what is written is one request, and it is the one that was to be written, or none is.
func FuzzRequest(f *testing.F) {
	f.Add("POST", "/a?b=c", "Name", "value", "body")
	f.Add("GET", "//x\r\n", "na me", "\xff\n", "")
	f.Add("X", "?\x00", "hOst", "", "GET / HTTP/1.1\r\n\r\n")
	f.Fuzz(func(t *testing.T, method, target, name, value, body string) {
		u, err := url.Parse("http://h" + target)
		if err != nil || u.Host != "h" {
			return
		}
		r := &http.Request{Method: method, URL: u, Header: http.Header{name: {value}}, ContentLength: int64(len(body))}
		if body != "" {
			r.Body = io.NopCloser(strings.NewReader(body))
		}
		text, err := written(t, r)
		if err != nil {
			if text != "" {
				t.Errorf("%v, but %q was written", err, text)
			}
			return
		}
		reader := bufio.NewReader(strings.NewReader(text))
		got, err := http.ReadRequest(reader)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		sent, _ := io.ReadAll(got.Body)
		if method == "" {
			method = http.MethodGet
		}
		if got.Method != method || got.Host != "h" || got.RequestURI != u.RequestURI() || string(sent) != body || reader.Buffered() > 0 {
			t.Errorf("%q is another request", text)
		}
		key := http.CanonicalHeaderKey(name)
		ours := []string{"Host", "Content-Length", "Transfer-Encoding", "Trailer", "Connection", "Keep-Alive", "Proxy-Connection"}
		if want := strings.Trim(value, " \t"); !slices.Contains(ours, key) && got.Header.Get(key) != want {
			t.Errorf("%q has %q, not %q", text, got.Header.Get(key), want)
		}
	})
}
