package http1_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"gangway/internal/http1"
)

// A headCase is a head, and the status of its refusal; 0: it is good; -1: it is not complete.
type headCase struct {
	name   string
	text   string
	status int
}

// get is a request with more lines.
func get(lines ...string) string {
	return "GET / HTTP/1.1\r\nHost: a\r\n" + strings.Join(append(lines, "", ""), "\r\n")
}

// line is a request with another request line.
func line(first string) string { return first + "\r\nHost: a\r\n\r\n" }

// host is a request to a host.
func host(name string) string { return "GET / HTTP/1.1\r\nHost: " + name + "\r\n\r\n" }

func times(n int, text string) string { return strings.Repeat(text, n) }

// heads are by RFC 9112 if nothing else is said.
var heads = []headCase{
	// Section 2.2: lines.
	{"good", get(), 0},
	{"not complete", "GET / HTTP/1.1\r\nHost: a\r\n", -1},
	{"nothing", "", -1},
	{"half a line end", "GET / HTTP/1.1\r\nHost: a\r\n\r", -1},
	{"empty line before", "\r\n" + get(), 0},
	{"half an empty line before", "\r", -1},
	{"two empty lines before", "\r\n\r\n" + get(), 400},
	{"bare LF before", "\n" + get(), 400},
	{"bare CR before", "\r" + get(), 400},
	{"bare LF everywhere", "GET / HTTP/1.1\nHost: a\n\n", 400},
	{"bare LF after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400},
	{"bare LF after a field", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400},
	{"bare LF at the end", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400},
	{"bare CR in a value", get("X: a\rb"), 400},
	{"two CR before LF", "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", 400},
	{"bare CR as line end", "GET / HTTP/1.1\rHost: a\r\n\r\n", 400},
	{"TLS", "\x16\x03\x01\x02\x00\x01\x00", 400},
	{"a zero byte", "\x00", 400},
	{"white space before", " " + get(), 400},

	// Section 3: the request line.
	{"any token", line("M-SEARCH!#$%&'*+.^_`|~1 / HTTP/1.1"), 0},
	{"lower case is another method", line("get / HTTP/1.1"), 0},
	{"no method", line(" / HTTP/1.1"), 400},
	{"no token", line("G(T / HTTP/1.1"), 400},
	{"method beyond ASCII", line("G\xc3\x89T / HTTP/1.1"), 400},
	{"no target", line("GET HTTP/1.1"), 400},
	{"empty target", line("GET  HTTP/1.1"), 400},
	{"no version", line("GET /"), 400},
	{"HTTP/0.9", "GET /\r\n\r\n", 400},
	{"two spaces before the target", line("GET  / HTTP/1.1"), 400},
	{"two spaces after the target", line("GET /  HTTP/1.1"), 400},
	{"space at the end", line("GET / HTTP/1.1 "), 400},
	{"tabs for spaces", line("GET\t/\tHTTP/1.1"), 400},
	{"space in the target", line("GET /a b HTTP/1.1"), 400},
	{"tab in the target", line("GET /a\tb HTTP/1.1"), 400},
	{"form feed in the target", line("GET /a\fb HTTP/1.1"), 400},
	{"NUL in the target", line("GET /a\x00b HTTP/1.1"), 400},
	{"DEL in the target", line("GET /a\x7fb HTTP/1.1"), 400},
	{"fragment", line("GET /a#b HTTP/1.1"), 400},
	{"bad escape in the path", line("GET /%zz HTTP/1.1"), 400},
	{"escape cut short", line("GET /a%2 HTTP/1.1"), 400},
	{"bad escape in the query", line("GET /?%zz HTTP/1.1"), 0},
	{"absolute form", line("GET http://a/ HTTP/1.1"), 400},
	{"absolute form, another host", line("GET http://b/ HTTP/1.1"), 400},
	{"authority form", line("CONNECT a:80 HTTP/1.1"), 400},
	{"asterisk form", line("OPTIONS * HTTP/1.1"), 400},
	{"no slash", line("GET a HTTP/1.1"), 400},
	{"only a query", line("GET ?a HTTP/1.1"), 400},
	{"two slashes", line("GET //b/c HTTP/1.1"), 0},
	{"braces and quotes", line(`GET /{a}|"<>\^?{"b":1} HTTP/1.1`), 0},
	{"beyond ASCII", line("GET /\xc3\xa9?\xff HTTP/1.1"), 0},
	{"empty query", line("GET /a? HTTP/1.1"), 0},
	{"two question marks", line("GET /a?? HTTP/1.1"), 0},
	{"escaped slash", line("GET /a%2Fb%20c HTTP/1.1"), 0},
	{"needless escape", line("GET /%61 HTTP/1.1"), 0},
	{"target of 8192", line("GET /" + times(8191, "a") + " HTTP/1.1"), 0},
	{"target of 8193", line("GET /" + times(8192, "a") + " HTTP/1.1"), 414},
	{"target without end", "GET /" + times(20000, "a"), 414},
	{"method without end", times(20000, "A"), 431},

	// Section 2.3: the version.
	{"HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", 0},
	{"HTTP/1.0 with Host", line("GET / HTTP/1.0"), 0},
	{"HTTP/1.2", line("GET / HTTP/1.2"), 505},
	{"HTTP/2.0", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
	{"HTTP/0.9 by name", line("GET / HTTP/0.9"), 505},
	{"lower case", line("GET / http/1.1"), 400},
	{"another protocol", line("GET / ICE/1.0"), 400},
	{"leading zero", line("GET / HTTP/01.1"), 400},
	{"two digits", line("GET / HTTP/1.10"), 400},
	{"no minor", line("GET / HTTP/1"), 400},
	{"plus", line("GET / HTTP/+1.1"), 400},

	// Section 5: fields.
	{"no value", get("X:"), 0},
	{"white space around a value", get("X: \t a \t "), 0},
	{"tab in a value", get("X: a\tb"), 0},
	{"beyond ASCII in a value", get("X: \xc3\xa9\xff"), 0},
	{"underscore in a name", get("X_Y: a"), 0},
	{"no name", get(": a"), 400},
	{"no colon", get("X"), 400},
	{"space before the colon", get("X : a"), 400},
	{"tab before the colon", get("X\t: a"), 400},
	{"space in a name", get("X Y: a"), 400},
	{"name beyond ASCII", get("X\xc3\xa9: a"), 400},
	{"NUL in a name", get("X\x00: a"), 400},
	{"NUL in a value", get("X: a\x00b"), 400},
	{"escape in a value", get("X: a\x1bb"), 400},
	{"DEL in a value", get("X: a\x7fb"), 400},
	{"vertical tab in a value", get("X: \va"), 400},
	{"folded", get("X: a", " b"), 400},
	{"folded with a tab", get("X: a", "\tb"), 400},
	{"folded, first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
	{"folded, empty", get("X: a", " "), 400},
	{"100 fields", get(strings.Split(times(98, "X: y,")+"X: y", ",")...), 0},
	{"101 fields", get(strings.Split(times(99, "X: y,")+"X: y", ",")...), 431},
	{"10240 bytes", get("X: " + times(most-len(get("X: ")), "a")), 0},
	{"10241 bytes", get("X: " + times(most+1-len(get("X: ")), "a")), 431},
	{"header without end", "GET / HTTP/1.1\r\n" + times(5000, "X: y\r\n"), 431},
	{"value without end", "GET / HTTP/1.1\r\nX: " + times(20000, "a"), 431},

	// Section 3.2: Host.
	{"no Host", "GET / HTTP/1.1\r\n\r\n", 400},
	{"two Hosts", get("Host: a"), 400},
	{"two Hosts that differ", get("host: b"), 400},
	{"two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400},
	{"empty Host", host(""), 400},
	{"port alone", host(":80"), 400},
	{"port", host("a.b:8080"), 0},
	{"empty port", host("a:"), 0},
	{"long port", host("a:808080"), 400},
	{"port is no number", host("a:http"), 400},
	{"two ports", host("a:1:2"), 400},
	{"IPv4", host("127.0.0.1:80"), 0},
	{"IPv6", host("[::1]:80"), 0},
	{"IPv6 without a port", host("[::1]"), 0},
	{"IPv6 with a zone", host("[fe80::1%25eth0]"), 400},
	{"IPv6 not closed", host("[::1"), 400},
	{"IPv6 without brackets", host("::1"), 400},
	{"IPv4 in brackets", host("[127.0.0.1]"), 400},
	{"behind brackets", host("[::1]a"), 400},
	{"underscore in Host", host("a_b"), 0},
	{"escape in Host", host("a%2Db"), 0},
	{"bad escape in Host", host("a%2"), 400},
	{"user in Host", host("u@a"), 400},
	{"path in Host", host("a/b"), 400},
	{"scheme in Host", host("http://a"), 400},
	{"list in Host", host("a, b"), 400},
	{"space in Host", host("a b"), 400},
	{"backslash in Host", host(`a\b`), 400},
	{"query in Host", host("a?b"), 400},
	{"fragment in Host", host("a#b"), 400},
	{"beyond ASCII in Host", host("\xc3\xa9"), 400},

	// Section 6: where the body ends.
	{"length", get("Content-Length: 5"), 0},
	{"length 0", get("Content-Length: 0"), 0},
	{"leading zeros", get("Content-Length: 005"), 0},
	{"18 digits", get("Content-Length: 999999999999999999"), 0},
	{"19 digits", get("Content-Length: 1999999999999999999"), 400},
	{"2^64", get("Content-Length: 18446744073709551616"), 400},
	{"empty length", get("Content-Length:"), 400},
	{"negative", get("Content-Length: -1"), 400},
	{"plus sign", get("Content-Length: +5"), 400},
	{"hexadecimal", get("Content-Length: 0x5"), 400},
	{"fraction", get("Content-Length: 5.0"), 400},
	{"space inside", get("Content-Length: 5 5"), 400},
	{"underscore inside", get("Content-Length: 1_000"), 400},
	{"list of lengths", get("Content-Length: 5, 5"), 400},
	{"two lengths", get("Content-Length: 5", "Content-Length: 5"), 400},
	{"two lengths that differ", get("Content-Length: 5", "content-length: 6"), 400},
	{"chunked", get("Transfer-Encoding: chunked"), 0},
	{"Chunked", get("transfer-encoding: Chunked"), 0},
	{"chunked and a length", get("Transfer-Encoding: chunked", "Content-Length: 5"), 400},
	{"a length and chunked", get("Content-Length: 5", "Transfer-Encoding: chunked"), 400},
	{"chunked twice", get("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"), 400},
	{"chunked twice in a list", get("Transfer-Encoding: chunked, chunked"), 501},
	{"chunked, identity", get("Transfer-Encoding: chunked, identity"), 501},
	{"identity, chunked", get("Transfer-Encoding: identity, chunked"), 501},
	{"identity", get("Transfer-Encoding: identity"), 501},
	{"gzip, chunked", get("Transfer-Encoding: gzip, chunked"), 501},
	{"xchunked", get("Transfer-Encoding: xchunked"), 501},
	{"chunked with a parameter", get("Transfer-Encoding: chunked;a=b"), 501},
	{"chunked in quotes", get(`Transfer-Encoding: "chunked"`), 501},
	{"empty coding", get("Transfer-Encoding:"), 501},
	{"identity and a length", get("Transfer-Encoding: identity", "Content-Length: 5"), 400},
	{"chunked in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
	{"space before the colon of the coding", get("Transfer-Encoding : chunked"), 400},
	{"vertical tab before chunked", get("Transfer-Encoding: \vchunked"), 400},
	{"underscore for a dash", get("Transfer_Encoding: chunked", "Content-Length: 5"), 0},
	{"trailer announced", get("Transfer-Encoding: chunked", "Trailer: X-A, X-B"), 0},
	{"trailer of framing", get("Transfer-Encoding: chunked", "Trailer: X, content-length"), 400},

	// RFC 9110 section 10.1.1: expectations.
	{"100-continue", get("Content-Length: 5", "Expect: 100-Continue"), 0},
	{"another expectation", get("Expect: 200-ok"), 417},
	{"two expectations", get("Expect: 100-continue", "Expect: 100-continue"), 417},
	{"list of expectations", get("Expect: 100-continue, 100-continue"), 417},
	{"expectation in HTTP/1.0", "GET / HTTP/1.0\r\nExpect: x\r\n\r\n", 0},
	{"Pragma", get("Pragma: no-cache"), 0},
}

func TestHeads(t *testing.T) {
	for _, c := range heads {
		t.Run(c.name, func(t *testing.T) {
			for _, pieces := range [][][]byte{
				{[]byte(c.text)}, {[]byte(c.text + "GET")}, slices.Collect(slices.Chunk([]byte(c.text), 1)),
			} {
				r, length, status := http1.ReadHead(most, pieces...)
				if c.status == -1 && len(pieces) > 0 && len(pieces[0]) > len(c.text) {
					continue // it is another head then
				}
				if r == nil && status == 0 {
					status = -1
				}
				if status != c.status {
					t.Fatalf("got %d, want %d", status, c.status)
				}
				if r == nil {
					continue
				}
				if length != len(c.text) {
					t.Errorf("got a head of %d bytes, want %d", length, len(c.text))
				}
				compare(t, []byte(c.text), r)
			}
		})
	}
}

func TestNames(t *testing.T) {
	names := []string{
		"host-name", "SEC-WEBSOCKET-KEY", "x-AMZ-date", "--", "a--b", "Content-Type", "content-typE", "x_y-z", "é",
		times(50, "a-"), "X-" + times(60, "B"), "1a-1B", "!a",
	}
	for _, name := range names {
		r, _, status := http1.ReadHead(most, []byte(get(name+": v")))
		if name == "é" {
			if status != http.StatusBadRequest {
				t.Errorf("%q: got %d", name, status)
			}
			continue
		}
		if got := fmt.Sprint(r.Header); got != fmt.Sprint(http.Header{http.CanonicalHeaderKey(name): {"v"}}) {
			t.Errorf("%q: got %s", name, got)
		}
	}
}
