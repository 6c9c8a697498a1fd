package dial_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

// TestResponses has responses as they should be: RFC 9112 sections 4 to 7 and 9.
func TestResponses(t *testing.T) {
	for _, test := range []struct {
		name, method, answer string
		status               int
		body                 string
		kept                 bool
	}{
		{"length", "POST", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "ok", true},
		{"one length twice", "POST", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok", 200, "ok", true},
		{"length of nothing", "POST", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 404, "", true},
		{"no reason", "POST", "HTTP/1.1 200 \r\ncontent-length:2\r\n\r\nok", 200, "ok", true},
		{"no reason and no space", "POST", "HTTP/1.1 200\r\nContent-Length: \t 2\t \r\n\r\nok", 200, "ok", true},
		{"lines without CR", "POST", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", 200, "ok", true},
		{"chunks", "POST", "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\no\r\n001 \r\nk\r\n0\r\n\r\n", 200, "ok", true},
		{"extensions and trailer", "POST", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: A\r\n\r\nA;a=\"b\"\r\n0123456789\r\n0\r\nA: b\r\nC: d\r\n\r\n", 200, "0123456789", true},
		{"no chunk", "POST", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 200, "", true},
		{"to the end", "POST", "HTTP/1.1 200 OK\r\n\r\nok\r\n\r\n", 200, "ok\r\n\r\n", false},
		{"nothing to the end", "POST", "HTTP/1.1 200 OK\r\n\r\n", 200, "", false},
		{"no content", "POST", "HTTP/1.1 204 No Content\r\n\r\n", 204, "", true},
		{"not modified", "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n", 304, "", true},
		{"HEAD", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", 200, "", true},
		{"HEAD of chunks", "HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 200, "", true},
		{"close", "POST", "HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 2\r\n\r\nok", 200, "ok", false},
		{"HTTP/1.0", "POST", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "ok", false},
		{"HTTP/1.0 kept", "POST", "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nok", 200, "ok", true},
		{"informational", "POST", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "ok", true},
		{"sixteen informational", "POST", strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 16) + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "ok", true},
		{"more than there should be", "POST", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno", 200, "ok", false},
		{"more than no content", "POST", "HTTP/1.1 204 No Content\r\n\r\nok", 204, "", false},
		{"more after chunks", "POST", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n\r\n", 200, "", false},
		{"many fields", "POST", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + strings.Repeat("A: b\r\n", 900) + "\r\nok", 200, "ok", true},
		{"large header", "POST", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nA: " + strings.Repeat("b", 255<<10) + "\r\n\r\nok", 200, "ok", true},
		{"strange status", "POST", "HTTP/1.1 999 Go Away\r\nContent-Length: 2\r\n\r\nok", 999, "ok", true},
		{"no waiting", "POST", "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=4\r\nContent-Length: 2\r\n\r\nok", 200, "ok", false},
		{"enough waiting", "POST", "HTTP/1.1 200 OK\r\nKeep-Alive: max=3, timeout=5\r\nContent-Length: 2\r\n\r\nok", 200, "ok", true},
	} {
		for _, piece := range []int{1, 7, 1 << 20} {
			if len(test.answer) > 10_000 && piece < 1000 {
				continue
			}
			p := play(test.answer, piece, test.kept)
			for range 2 {
				response, body, err := get(t, p, test.method, "http://h/", "x")
				if err != nil || response.StatusCode != test.status || body != test.body {
					t.Fatalf("%s by %d: got %v, %q, %v", test.name, piece, response, body, err)
				}
				if response.Header["Transfer-Encoding"] != nil || response.Header["Trailer"] != nil {
					t.Errorf("%s: got the header %v", test.name, response.Header)
				}
			}
			if kept := len(p.conns) == 1; kept != test.kept {
				t.Errorf("%s by %d: two calls over %d connections", test.name, piece, len(p.conns))
			}
			p.CloseIdleConnections()
			for _, c := range p.conns {
				if !c.closed {
					t.Errorf("%s: a connection is left open", test.name)
				}
			}
		}
	}
}

// TestMalformed has responses as they should not be. None is taken for something else, and no connection is used again.
func TestMalformed(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	for name, answer := range map[string]string{
		"nothing":                   "",
		"garbage":                   "SSH-2.0-OpenSSH_9.9\r\n",
		"another version":           "HTTP/2.0 200 OK\r\n\r\n",
		"an old version":            "HTTP/0.9 200 OK\r\n\r\n",
		"a version in lower case":   "http/1.1 200 OK\r\n\r\n",
		"a long version":            "HTTP/1.10 200 OK\r\n\r\n",
		"an empty line first":       "\r\nHTTP/1.1 200 OK\r\n\r\n",
		"no status":                 "HTTP/1.1\r\n\r\n",
		"half a status":             "HTTP/1.1 20 OK\r\n\r\n",
		"a long status":             "HTTP/1.1 2000 OK\r\n\r\n",
		"a signed status":           "HTTP/1.1 +20 OK\r\n\r\n",
		"a small status":            "HTTP/1.1 099 OK\r\n\r\n",
		"a status in words":         "HTTP/1.1 abc OK\r\n\r\n",
		"two spaces":                "HTTP/1.1  200 OK\r\n\r\n",
		"a reason with a zero":      "HTTP/1.1 200 O\x00K\r\n\r\n",
		"half a head":               ok + "A: b\r\n",
		"no colon":                  ok + "A\r\n\r\n",
		"no name":                   ok + ": a\r\n\r\n",
		"a space before the colon":  ok + "Content-Length : 2\r\n\r\nok",
		"a space in the name":       ok + "A B: c\r\n\r\n",
		"a folded line":             ok + "A: b\r\n c\r\n\r\n",
		"a folded line at once":     ok + " A: b\r\n\r\n",
		"a CR in a value":           ok + "A: b\rc\r\n\r\n",
		"two CR":                    ok + "A: b\r\r\n\r\n",
		"a zero in a value":         ok + "A: b\x00c\r\n\r\n",
		"a switch":                  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
		"seventeen informational":   strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 17) + ok + "\r\n",
		"nothing but informational": "HTTP/1.1 100 Continue\r\n\r\n",
		"large informational":       strings.Repeat("HTTP/1.1 103 Early Hints\r\nA: "+strings.Repeat("b", 30<<10)+"\r\n\r\n", 10) + ok + "\r\n",
		"a large header":            ok + "A: " + strings.Repeat("b", 257<<10) + "\r\n\r\n",
		"many fields":               ok + strings.Repeat("A: b\r\n", 1001) + "\r\n",
		"a negative length":         ok + "Content-Length: -2\r\n\r\nok",
		"a signed length":           ok + "Content-Length: +2\r\n\r\nok",
		"an empty length":           ok + "Content-Length:\r\n\r\nok",
		"a hexadecimal length":      ok + "Content-Length: 0x2\r\n\r\nok",
		"a list of lengths":         ok + "Content-Length: 2, 2\r\n\r\nok",
		"a huge length":             ok + "Content-Length: 9223372036854775808\r\n\r\nok",
		"two lengths":               ok + "Content-Length: 2\r\nContent-Length: 3\r\n\r\noka",
		"length and chunks":         ok + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"chunks and length":         ok + "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n",
		"chunks twice":              ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"chunks and more":           ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
		"identity":                  ok + "Transfer-Encoding: identity\r\n\r\nok",
		"chunks in HTTP/1.0":        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"a short body":              ok + "Content-Length: 3\r\n\r\nok",
		"a short chunk":             ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nok",
		"no last chunk":             ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n",
		"no end of the trailer":     ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nA: b\r\n",
		"a long trailer":            ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + strings.Repeat("A: b\r\n", 4000) + "\r\n",
		"a trailer of what":         ok + "Transfer-Encoding: chunked\r\n\r\n0\r\nA\r\n\r\n",
		"a chunk without a size":    ok + "Transfer-Encoding: chunked\r\n\r\n\r\nok\r\n0\r\n\r\n",
		"a chunk of what size":      ok + "Transfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n0\r\n\r\n",
		"a chunk of signed size":    ok + "Transfer-Encoding: chunked\r\n\r\n+2\r\nok\r\n0\r\n\r\n",
		"a chunk of huge size":      ok + "Transfer-Encoding: chunked\r\n\r\n8000000000000000\r\nok\r\n0\r\n\r\n",
		"a chunk with a prefix":     ok + "Transfer-Encoding: chunked\r\n\r\n0x2\r\nok\r\n0\r\n\r\n",
		"a chunk that is longer":    ok + "Transfer-Encoding: chunked\r\n\r\n1\r\nok\r\n0\r\n\r\n",
		"a size without CR":         ok + "Transfer-Encoding: chunked\r\n\r\n2\nok\r\n0\r\n\r\n",
		"data without CR":           ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nok\n0\r\n\r\n",
		"a CR in an extension":      ok + "Transfer-Encoding: chunked\r\n\r\n2;a\rb\r\nok\r\n0\r\n\r\n",
		"a long extension":          ok + "Transfer-Encoding: chunked\r\n\r\n2;" + strings.Repeat("a", 300) + "\r\nok\r\n0\r\n\r\n",
	} {
		for _, piece := range []int{1, 1 << 20} {
			if len(answer) > 10_000 && piece == 1 {
				continue
			}
			p := play(answer, piece, false)
			for range 2 {
				if response, body, err := get(t, p, "POST", "http://h/", "x"); err == nil {
					t.Errorf("%s by %d: got %v, %q", name, piece, response, body)
				}
			}
			p.CloseIdleConnections()
			if len(p.conns) != 2 || !p.conns[0].closed || !p.conns[1].closed {
				t.Errorf("%s by %d: a connection was used again or left open", name, piece)
			}
			if n := len(p.conns[0].requests); n != 1 {
				t.Errorf("%s: %d requests", name, n)
			}
		}
	}
}

// TestHeader: names are as Go has them, whatever their case, and fields of one name are together.
func TestHeader(t *testing.T) {
	p := play("HTTP/1.1 200 Fine by me\r\ncontent-LENGTH: 0\r\nX-A:1\r\nx-a: 2 \r\nx-B:\r\nset-cookie: a=b; c\r\nX-a: \t3, 4\r\nx_c: \xe4\r\n\r\n", 5, true)
	response, _, err := get(t, p, "GET", "http://h/", "")
	if err != nil {
		t.Fatal(err)
	}
	want := http.Header{"Content-Length": {"0"}, "X-A": {"1", "2", "3, 4"}, "X-B": {""}, "Set-Cookie": {"a=b; c"}, "X_c": {"\xe4"}}
	if !reflect.DeepEqual(response.Header, want) || response.Status != "200 Fine by me" || response.Proto != "HTTP/1.1" {
		t.Errorf("got %v", response)
	}
	response.Header["X-A"] = append(response.Header["X-A"], "more") // one value is not another's room
	if response.Header.Get("X-B") != "" {
		t.Errorf("got %v", response.Header)
	}
}

// FuzzResponse: what is taken for a response, net/http takes for the same one; and how it comes in pieces does not matter.
func FuzzResponse(f *testing.F) {
	for _, seed := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a\r\nok\r\n0\r\nA: b\r\n\r\n",
		"HTTP/1.0 404\nA: b\nA: c\n\nok", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
		"HTTP/1.1 304 x\r\nContent-Length: 1\r\n\r\n",
	} {
		f.Add([]byte(seed), 3)
	}
	f.Fuzz(func(t *testing.T, text []byte, piece int) {
		first, body, err := get(t, play(string(text), len(text)+1, false), "GET", "http://h/", "")
		_, again, err2 := get(t, play(string(text), piece&15+1, false), "GET", "http://h/", "")
		if (err == nil) != (err2 == nil) || body != again {
			t.Fatalf("at once %q, %v, in pieces %q, %v", body, err, again, err2)
		}
		if err != nil {
			return
		}
		theirs, read, err := readAsNetHTTP(text)
		if err != nil {
			t.Fatalf("net/http does not take it: %v", err)
		}
		if theirs.StatusCode != first.StatusCode || read != body || theirs.ContentLength != first.ContentLength {
			t.Errorf("net/http has %d %q of %d, not %d %q of %d", theirs.StatusCode, read, theirs.ContentLength, first.StatusCode, body, first.ContentLength)
		}
		theirs.Header.Del("Trailer")
		if !reflect.DeepEqual(theirs.Header, first.Header) {
			t.Errorf("net/http has the header %q, not %q", theirs.Header, first.Header)
		}
	})
}

func readAsNetHTTP(text []byte) (*http.Response, string, error) {
	reader := bufio.NewReader(strings.NewReader(string(text)))
	for {
		response, err := http.ReadResponse(reader, nil)
		if err != nil {
			return nil, "", err
		}
		if response.StatusCode < 200 {
			continue
		}
		body, err := io.ReadAll(response.Body)
		if err != nil {
			return nil, "", fmt.Errorf("the body: %w", err)
		}
		return response, string(body), response.Body.Close()
	}
}
