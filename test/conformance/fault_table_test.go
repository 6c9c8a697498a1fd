package conformance_test

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
)

// kinds of integration by what they call.
var (
	serverKinds   = []string{"HTTP_PROXY", "HTTP"}
	functionKinds = []string{"AWS_PROXY", "AWS"}
)

// sight is what clients see of a fault: one that sent a message, and one that wanted to connect.
type sight struct {
	item   string // internalText and timedOutText stand for a frame with that text
	status int    // 101: it is connected
	text   string // the message in the body of an answer that is not 101
}

var (
	unseen    = sight{} // such a fault there is not
	misled    = sight{internalText, 500, internalText}
	badReply  = sight{internalText, 502, internalText}
	unreached = sight{internalText, 504, "Network error communicating with endpoint"}
	late      = sight{timedOutText, 504, timedOutText}
	tooLarge  = sight{internalText, 101, ""} // nobody reads what a backend says to a handshake
)

// shown is a backend's own answer to a message, and its status in a handshake.
func shown(item string, status int, text string) sight { return sight{item, status, text} }

// fault is something that a backend does wrong, and what becomes of it.
type fault struct {
	name  string
	act   func(*visit) bool
	greet func(net.Conn) // instead of act, before there is a request
	https bool           // by this scheme the backend is called
	at    string         // where it is called, if nothing listens there
	kept  bool           // its connection is good for another request
	held  bool           // its connection may be held when the call has ended: TestAbandonedHandshake

	server    sight // of the kinds of [serverKinds]
	function  sight // of the kinds of [functionKinds]
	unproxied sight // of HTTP and AWS, if it is another than of the proxies
}

// sights are what clients see by the kind of integration.
func (f *fault) sights() map[string]sight {
	all := map[string]sight{"HTTP_PROXY": f.server, "HTTP": f.server, "AWS_PROXY": f.function, "AWS": f.function}
	for kind, s := range all {
		switch {
		case s == unseen:
			delete(all, kind)
		case f.unproxied != unseen && (kind == "HTTP" || kind == "AWS"):
			all[kind] = f.unproxied
		}
	}
	return all
}

// isLate says whether a backend would have to be waited for.
func (f *fault) isLate() bool { return f.server == late || f.function == late }

// isBefore says whether it goes wrong before there is a request.
func (f *fault) isBefore() bool { return f.greet != nil || f.at != "" }

const (
	okHead   = "HTTP/1.1 200 OK\r\n"
	chunked  = okHead + "Transfer-Encoding: chunked\r\n\r\n"
	gigabyte = okHead + "Content-Length: 1073741824\r\n\r\n"
	interim  = "HTTP/1.1 100 Continue\r\n\r\n"
	tlsAlert = "\x15\x03\x01\x00\x02\x02\x16"
)

// faults is everything that a backend may do wrong once it is called. The address of elsewhere is never to be called.
func faults(elsewhere string) []fault {
	moved := "Location: " + elsewhere + "/\r\n"
	bomb := bombed(32 << 20)
	mangled := strings.ToValidUTF8(bomb, "\uFFFD")
	huge := strings.Repeat("A: "+strings.Repeat("b", 1<<10)+"\r\n", 300)
	return []fault{
		// An answer is an answer, whatever its status; but Lambda's service has refused.
		{name: "answers 500", act: answers("500 Oops", "", "out of order"), kept: true, server: shown("out of order", 500, internalText), function: misled},
		{name: "answers 503", act: answers("503 Busy", "", "too busy"), kept: true, server: shown("too busy", 503, internalText), function: misled},
		{name: "answers 599", act: answers("599 Odd", "", "odd"), kept: true, server: shown("odd", 599, internalText), function: misled},
		{name: "answers 700", act: answers("700 Odder", "", "odder"), kept: true, server: shown("odder", 502, internalText), function: misled},
		{name: "answers 429", act: answers("429 Slow", "Retry-After: 1\r\n", "slow"), kept: true, server: shown("slow", 429, "Too Many Requests"), function: misled},
		// Nobody is called who was not to be.
		{name: "redirects 301", act: answers("301 Moved", moved, "moved"), kept: true, server: shown("moved", 301, "Moved Permanently"), function: misled},
		{name: "redirects 302", act: answers("302 Found", moved, "moved"), kept: true, server: shown("moved", 302, "Found"), function: misled},
		{name: "redirects 303", act: answers("303 See", moved, "moved"), kept: true, server: shown("moved", 303, "See Other"), function: misled},
		{name: "redirects 307", act: answers("307 Moved", moved, "moved"), kept: true, server: shown("moved", 307, "Temporary Redirect"), function: misled},
		{name: "redirects 308", act: answers("308 Moved", moved, "moved"), kept: true, server: shown("moved", 308, "Permanent Redirect"), function: misled},
		// It ends too early.
		{name: "resets without a word", act: resets(""), server: unreached, function: unreached},
		{name: "resets in the head", act: resets("HTTP/1.1 200 OK\r\nA: b"), server: unreached, function: unreached},
		{name: "resets in the body", act: resets(okHead + "Content-Length: 10\r\n\r\nabc"), server: badReply, function: unreached},
		{name: "hangs up without a word", act: hangsUp(""), server: unreached, function: unreached},
		{name: "hangs up in the head", act: hangsUp("HTTP/1.1 200 OK\r\nA: b"), server: unreached, function: unreached},
		{name: "half-closes without a word", act: halfCloses(""), server: unreached, function: unreached},
		{name: "half-closes in the body", act: halfCloses(okHead + "Content-Length: 10\r\n\r\nabc"), server: badReply, function: unreached},
		{name: "sends less than it promised", act: hangsUp(okHead + "Content-Length: 10\r\n\r\nabc"), server: badReply, function: unreached},
		{name: "ends in a chunk", act: hangsUp(chunked + "5\r\nab"), server: badReply, function: unreached},
		// It does not speak HTTP.
		{name: "speaks another protocol", act: says("220 mail.example.com ESMTP\r\n\r\n"), server: badReply, function: unreached},
		{name: "speaks TLS", act: says(tlsAlert + "\r\n\r\n"), server: badReply, function: unreached},
		{name: "has no status", act: says("HTTP/1.1 abc OK\r\n\r\n"), server: badReply, function: unreached},
		{name: "has two lengths", act: says(okHead + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"), server: badReply, function: unreached},
		{name: "has a negative length", act: says(okHead + "Content-Length: -1\r\n\r\n"), server: badReply, function: unreached},
		{name: "has a chunk of no size", act: says(chunked + "zz\r\nab\r\n0\r\n\r\n"), server: badReply, function: unreached},
		{name: "has a chunk of too much size", act: says(chunked + "fffffffffffffffff\r\nab\r\n"), server: badReply, function: unreached},
		{name: "has an unknown coding", act: says(okHead + "Transfer-Encoding: gzip\r\n\r\nab"), server: badReply, function: unreached},
		{name: "switches protocols", act: says("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"), server: badReply, function: unreached},
		// It says too much.
		{name: "has a huge body", act: floods(gigabyte, "0123456789"), server: tooLarge, function: badReply},
		{name: "has an endless body", act: floods(okHead+"\r\n", "0123456789"), server: tooLarge, function: badReply},
		{name: "has endless chunks", act: floods(chunked, "a\r\n0123456789\r\n"), server: tooLarge, function: badReply},
		{name: "has huge headers", act: says(okHead + huge + "Content-Length: 0\r\n\r\n"), server: badReply, function: unreached},
		{name: "has endless headers", act: floods(okHead, "A: b\r\n"), server: badReply, function: unreached},
		{name: "has an endless header", act: floods(okHead+"A: ", "bbbbbbbb"), server: badReply, function: unreached},
		{name: "has an endless status", act: floods("HTTP/1.1 200 ", "bbbbbbbb"), server: badReply, function: unreached},
		{name: "continues for ever", act: floods("", interim), server: badReply, function: unreached},
		{name: "hints for ever", act: floods("", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"), server: badReply, function: unreached},
		{
			name: "sends a bomb", act: answers("200 OK", "Content-Encoding: gzip\r\n", bomb), kept: true,
			server: shown("binary "+bomb, 101, ""), function: badReply, unproxied: shown(mangled, 101, ""),
		},
		// It takes its time.
		{name: "hangs", act: says(""), server: late, function: late},
		{name: "hangs in the head", act: says("HTTP/1.1 200 OK\r\nA: b"), server: late, function: late},
		{name: "hangs in the body", act: says(okHead + "Content-Length: 10\r\n\r\nabc"), server: late, function: late},
		{name: "hangs in a chunk", act: says(chunked + "5\r\nab"), server: late, function: late},
		{name: "continues and hangs", act: says(interim + interim), server: late, function: late},
		{name: "trickles its head", act: trickles(okHead, "A: b\r\n"), server: late, function: late},
		{name: "trickles its body", act: trickles(gigabyte, "x"), server: late, function: late},
		{name: "trickles chunks", act: trickles(chunked, "1\r\nx\r\n"), server: late, function: late},
	}
}

// unanswered is what goes wrong before a backend is told anything.
func unanswered() []fault {
	all := []fault{
		{name: "refuses connections", at: "127.0.0.1:1"},
		{name: "resets connections", greet: reset},
		{name: "hangs up on connections", greet: func(conn net.Conn) { _ = conn.Close() }},
		{name: "certifies itself", https: true, greet: certified()},
		{name: "expects no TLS", https: true, greet: func(conn net.Conn) {
			_, _ = io.ReadFull(conn, make([]byte, 1))
			_, _ = io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		}},
		{name: "ends the TLS handshake", https: true, greet: func(conn net.Conn) {
			_, _ = io.ReadFull(conn, make([]byte, 1))
			_, _ = io.WriteString(conn, tlsAlert)
			_ = conn.Close()
		}},
	}
	for i := range all {
		all[i].server, all[i].function = unreached, unreached
	}
	return append(all,
		fault{name: "does not begin TLS", https: true, held: true, greet: unanswering, server: late, function: late},
		fault{name: "greets", greet: func(conn net.Conn) {
			_, _ = io.WriteString(conn, "SSH-2.0-OpenSSH_9.9\r\n\r\n")
		}, server: badReply, function: unreached},
	)
}

// unanswering lets the other side wait.
func unanswering(net.Conn) {}

// certified begins TLS with a certificate that nobody has signed.
func certified() func(net.Conn) {
	secure := httptest.NewUnstartedServer(nil)
	secure.StartTLS()
	defer secure.Close()
	certificates := secure.TLS.Certificates
	return func(conn net.Conn) { _ = tls.Server(conn, &tls.Config{Certificates: certificates}).Handshake() }
}

// oddResults are those of functions that are no replies through AWS_PROXY. Through AWS any result is one.
func oddResults() []fault {
	var all []fault
	for name, result := range map[string]string{
		"not JSON": `statusCode`, "nothing": ``, "null": `null`, "a list": `[]`, "a text": `"hi"`, "a number": `200`,
		"half": `{"statusCode":200,"body":"h`, "two": `{"statusCode":200}{"statusCode":200}`, "no members": `{}`,
		"no status": `{"body":"hi"}`, "a null status": `{"statusCode":null}`, "a wordy status": `{"statusCode":"ok"}`,
		"a fractional status": `{"statusCode":200.5}`, "a low status": `{"statusCode":99}`, "a high status": `{"statusCode":600}`,
		"a negative status": `{"statusCode":-200}`, "a huge status": `{"statusCode":` + strings.Repeat("2", 10_000) + `}`,
		"two statuses": `{"statusCode":200,"statusCode":500}`, "a body that is an object": `{"statusCode":200,"body":{}}`,
		"a body that is no base64": `{"statusCode":200,"body":"%","isBase64Encoded":true}`,
		"a flag that is a text":    `{"statusCode":200,"isBase64Encoded":"true"}`, "headers that are a list": `{"statusCode":200,"headers":[]}`,
		"a header that is an object": `{"statusCode":200,"headers":{"a":{}}}`, "single headers where many are due": `{"statusCode":200,"multiValueHeaders":{"a":"b"}}`,
		"a member too many": `{"statusCode":200,"cookies":[]}`, "depth": `{"statusCode":` + strings.Repeat("[", 100_000),
	} {
		all = append(all, fault{
			name: "returns " + name, act: answers("200 OK", "", result), kept: true,
			function: badReply, unproxied: shown(result, 101, ""),
		})
	}
	failed := `{"errorMessage":"secret","errorType":"Error"}`
	return append(all,
		fault{
			name: "fails", act: answers("200 OK", "X-Amz-Function-Error: Unhandled\r\n", failed), kept: true,
			function: badReply, unproxied: shown(failed, 502, internalText),
		},
		fault{
			name: "returns status 503", act: answers("200 OK", "", `{"statusCode":503,"body":"busy"}`), kept: true,
			function: shown("busy", 503, internalText), unproxied: shown(`{"statusCode":503,"body":"busy"}`, 101, ""),
		},
		fault{
			name: "returns too much for a client", act: answers("200 OK", "", `{"statusCode":200,"body":"`+strings.Repeat("x", 1<<20)+`"}`), kept: true,
			function: tooLarge,
		},
		fault{
			name: "returns too much for Lambda", act: floods(gigabyte, "0123456789"),
			function: badReply,
		},
	)
}

var bombs sync.Map // by size

// bombed is a text in gzip that was so many zeros.
func bombed(size int64) string {
	if made, ok := bombs.Load(size); ok {
		return made.(string)
	}
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = io.CopyN(w, zeros{}, size)
	_ = w.Close()
	bombs.Store(size, out.String())
	return out.String()
}

type zeros struct{}

// Read implements io.Reader.
func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
