package http1_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// forbidden is what an attacker would have answered, hidden behind something else.
const forbidden = "GET /forbidden HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

// length is its length.
var length = strconv.Itoa(len(forbidden))

// smuggled is what comes before it, and the statuses of the answers. Then the server must end the connection, unless the
// forbidden is a body, after which all is well.
type smuggled struct {
	name string
	text string
	want []int
	well bool
}

func post(path, framing, body string) string {
	return "POST " + path + " HTTP/1.1\r\nHost: a\r\n" + framing + "\r\n\r\n" + body
}

func chunked(body string) string { return post("/read", "Transfer-Encoding: chunked", body) }

const upgrade = "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"

// smuggling is every head that is refused, and what can be hidden in bodies, their framing and refused handshakes.
func smuggling() []smuggled {
	list := []smuggled{
		// What looks like a request is the body.
		{"request as body, read", post("/read", "Content-Length: "+length, ""), []int{200}, true},
		{"request as body, not read", post("/leave", "Content-Length: "+length, ""), []int{200}, true},
		{"request as body of GET", "GET /leave HTTP/1.1\r\nHost: a\r\nContent-Length: " + length + "\r\n\r\n", []int{200}, true},
		{"request as chunk, not read", post("/leave", "Transfer-Encoding: chunked", fmt.Sprintf("%x\r\n", len(forbidden))), []int{200}, true},
		{"body that is long, not read", post("/leave", "Content-Length: 1000000", ""), []int{200}, false},
		{"body that is never sent", post("/leave", "Content-Length: 10\r\nExpect: 100-continue", ""), []int{200}, false},
		{"length 0 that is a list", post("/read", "Content-Length: 0, "+length, ""), []int{400}, false},
		{"underscore for a dash", post("/read", "Transfer_Encoding: chunked\r\nContent-Length: "+length, ""), []int{200}, true},

		// Handshakes.
		{"refused", upgrade + "\r\n", []int{400}, false},
		{"refused, connection not closed by the handler", strings.Replace(upgrade, "/ws", "/leave", 1) + "\r\n", []int{200}, false},
		{"with a body", upgrade + "Content-Length: 55\r\n\r\n", []int{400}, false},
		{"with a body that is not read", strings.Replace(upgrade, "/ws", "/leave", 1) + "Content-Length: 55\r\n\r\n", []int{200}, false},
		{"with a chunked body", upgrade + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", []int{400}, false},
		{"with both", upgrade + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", []int{400}, false},
		{"in HTTP/1.0", strings.Replace(upgrade, "/1.1", "/1.0", 1) + "\r\n", []int{400}, false},
		{"to two protocols", strings.Replace(upgrade, ": websocket", ": h2c, WebSocket", 1) + "\r\n", []int{400}, false},

		// Ends of connections.
		{"close", get("Connection: close"), []int{200}, false},
		{"close in a list", get("Connection: foo , Close"), []int{200}, false},
		{"close in the second line", get("Connection: foo", "Connection: close"), []int{200}, false},
		{"HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", []int{200}, false},
		{"HTTP/1.0 that wants more", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", []int{200}, false},
		{"closed by the handler", "GET /close HTTP/1.1\r\nHost: a\r\n\r\n", []int{200}, false},
		{"panic", "GET /panic HTTP/1.1\r\nHost: a\r\n\r\n", []int{500}, false},
		{"good, then refused", get() + line("GET a HTTP/1.1"), []int{200, 400}, false},
		{"good, then a body, then refused", post("/read", "Content-Length: 2", "ab") + get("X: a", " b"), []int{200, 400}, false},
	}
	for name, body := range map[string]string{
		"no size":                         "\r\nhello\r\n0\r\n\r\n",
		"size with a prefix":              "0x5\r\nhello\r\n0\r\n\r\n",
		"plus sign":                       "+5\r\nhello\r\n0\r\n\r\n",
		"minus sign":                      "-5\r\nhello\r\n0\r\n\r\n",
		"space before the size":           " 5\r\nhello\r\n0\r\n\r\n",
		"space after the size":            "5 \r\nhello\r\n0\r\n\r\n",
		"tab after the size":              "5\t\r\nhello\r\n0\r\n\r\n",
		"underscore in the size":          "5_0\r\nhello\r\n0\r\n\r\n",
		"no hexadecimal":                  "g\r\nhello\r\n0\r\n\r\n",
		"16 digits":                       "0000000000000005\r\nhello\r\n0\r\n\r\n",
		"2^64":                            "10000000000000000\r\nhello\r\n0\r\n\r\n",
		"2^64+5":                          "10000000000000005\r\nhello\r\n0\r\n\r\n",
		"2^63":                            "8000000000000000\r\nhello\r\n0\r\n\r\n",
		"endless digits":                  times(1000, "0") + "5\r\nhello\r\n0\r\n\r\n",
		"bare LF after the size":          "5\nhello\r\n0\r\n\r\n",
		"bare CR after the size":          "5\rhello\r\n0\r\n\r\n",
		"bare LF after the data":          "5\r\nhello\n0\r\n\r\n",
		"no line end after the data":      "5\r\nhello0\r\n\r\n",
		"data longer than its size":       "5\r\nhello world\r\n0\r\n\r\n",
		"data shorter than its size":      "6\r\nhello\r\n0\r\n\r\n",
		"bare LF after the last chunk":    "5\r\nhello\r\n0\n\n",
		"bare LF at the end":              "5\r\nhello\r\n0\r\n\n",
		"space before the extension":      "5 ;a=b\r\nhello\r\n0\r\n\r\n",
		"bare LF in an extension":         "5;a=\nb\r\nhello\r\n0\r\n\r\n",
		"bare CR in an extension":         "5;a=\rb\r\nhello\r\n0\r\n\r\n",
		"quoted line end in an extension": "5;a=\"\r\nhello\r\n0\r\n\r\n\"\r\nhello\r\n0\r\n\r\n",
		"NUL in an extension":             "5;a=\x00\r\nhello\r\n0\r\n\r\n",
		"long extension":                  "5;" + times(600, "a") + "\r\nhello\r\n0\r\n\r\n",
		"many extensions":                 times(50, "1;"+times(400, "a")+"\r\nx\r\n") + "0\r\n\r\n",
		"folded trailer":                  "0\r\nX: a\r\n b\r\n\r\n",
		"trailer that is no field":        "0\r\nX\r\n\r\n",
		"space before a trailer's colon":  "0\r\nX : a\r\n\r\n",
		"bare LF in a trailer":            "0\r\nX: a\n\r\n",
		"long trailer":                    "0\r\nX: " + times(5000, "a") + "\r\n\r\n",
		"101 trailers":                    "0\r\n" + times(101, "X: a\r\n") + "\r\n",
		"request for a trailer":           "0\r\n",
	} {
		list = append(list, smuggled{"chunks: " + name, chunked(body), []int{400}, false})
	}
	for _, c := range heads {
		if c.status > 0 {
			list = append(list, smuggled{"head: " + c.name, c.text, []int{c.status}, false})
		}
	}
	return list
}

// gate is a handler that does what the path says, and remembers what it was asked for.
type gate struct {
	mu    sync.Mutex
	asked []string
}

// ServeHTTP implements [http.Handler].
func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	g.asked = append(g.asked, r.URL.Path)
	g.mu.Unlock()
	switch r.URL.Path {
	case "/panic":
		panic(http.ErrAbortHandler)
	case "/ws":
		w.Header().Set("Connection", "close")
		w.WriteHeader(http.StatusBadRequest)
	case "/close":
		w.Header()["Connection"] = []string{"foo", "bar, close"}
	case "/leave":
	default:
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
	}
}

// take returns what it was asked for since the last time.
func (g *gate) take() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	asked := g.asked
	g.asked = nil
	return asked
}

var dates = regexp.MustCompile(`Date: [^\r]*\r\n`)

// After a refusal nothing more is read, however it came and whatever it is.
func TestSmuggling(t *testing.T) {
	cases := smuggling()
	if len(cases) < 100 {
		t.Fatalf("there are only %d cases", len(cases))
	}
	for name, s := range both(t) {
		t.Run(name, func(t *testing.T) {
			g := new(gate)
			address := serve(t, s, g)
			for _, c := range cases {
				t.Run(c.name, func(t *testing.T) {
					whole := converse(t, address, &c, len(c.text+forbidden))
					if asked := g.take(); slices.Contains(asked, "/forbidden") {
						t.Errorf("asked for %q", asked)
					}
					if got := statuses(t, whole); !slices.Equal(got, c.want) {
						t.Errorf("got %d, want %d: %q", got, c.want, whole)
					}
					if got := converse(t, address, &c, 1); got != whole {
						t.Errorf("byte by byte %q, not %q", got, whole)
					}
					if asked := g.take(); slices.Contains(asked, "/forbidden") {
						t.Errorf("byte by byte, asked for %q", asked)
					}
				})
			}
		})
	}
}

// converse sends a case in pieces, and returns what is said until the other side ends the connection.
func converse(t *testing.T, address string, s *smuggled, size int) string {
	t.Helper()
	c := dial(t, address)
	said := make(chan string)
	go func() {
		data, _ := io.ReadAll(c.r) // what is missing is seen
		said <- string(data)
	}()
	for piece := range slices.Chunk([]byte(s.text+forbidden), size) {
		if _, err := c.Write(piece); err != nil {
			break // it may have ended already
		}
	}
	if s.well {
		_ = c.Conn.(*net.TCPConn).CloseWrite() // or nobody would end it
	}
	return dates.ReplaceAllString(<-said, "")
}
