package http1_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"gangway/internal/http1"
)

// answers are what handlers do, and what then is said, without Date.
var answers = []struct {
	name   string
	method string // GET
	handle func(w http.ResponseWriter)
	want   string
}{
	{"nothing", "", func(http.ResponseWriter) {}, "200 OK|Content-Length: 0|"},
	{"status", "", func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotFound) }, "404 Not Found|Content-Length: 0|"},
	{"status without a text", "", func(w http.ResponseWriter) { w.WriteHeader(599) }, "599 |Content-Length: 0|"},
	{"no content", "", func(w http.ResponseWriter) { w.WriteHeader(http.StatusNoContent) }, "204 No Content|"},
	{"not modified", "", func(w http.ResponseWriter) { w.Header().Set("Etag", "x"); w.WriteHeader(http.StatusNotModified) }, "304 Not Modified|Etag: x|"},
	{"body", "", func(w http.ResponseWriter) { _, _ = io.WriteString(w, "hello") }, "200 OK|Content-Length: 5||hello"},
	{"body in pieces", "", func(w http.ResponseWriter) {
		_, _ = w.Write([]byte("hel"))
		_, _ = io.WriteString(w, "lo")
	}, "200 OK|Content-Length: 5||hello"},
	{"HEAD", "HEAD", func(w http.ResponseWriter) { _, _ = io.WriteString(w, "hello") }, "200 OK|Content-Length: 5|"},
	{"HEAD, nothing", "HEAD", func(http.ResponseWriter) {}, "200 OK|"},
	{"HEAD, long", "HEAD", func(w http.ResponseWriter) { _, _ = w.Write(make([]byte, 10000)) }, "200 OK|Content-Length: 10000|"},
	{"length told", "", func(w http.ResponseWriter) {
		w.Header().Set("Content-Length", "5")
		_, _ = io.WriteString(w, "hello")
	}, "200 OK|Content-Length: 5||hello"},
	{"length told of a HEAD", "HEAD", func(w http.ResponseWriter) { w.Header().Set("Content-Length", "7") }, "200 OK|Content-Length: 7|"},
	{"wrong length", "", func(w http.ResponseWriter) {
		w.Header().Set("Content-Length", "x")
		_, _ = io.WriteString(w, "hello")
	}, "200 OK|Content-Length: 5||hello"},
	{"header in order", "", func(w http.ResponseWriter) {
		w.Header()["B"], w.Header()["A"] = []string{"2", "3"}, []string{"1"}
	}, "200 OK|A: 1|B: 2|B: 3|Content-Length: 0|"},
	{"header after the status", "", func(w http.ResponseWriter) {
		w.Header().Set("A", "1")
		w.WriteHeader(http.StatusOK)
		w.Header().Set("A", "2")
		w.Header().Set("B", "2")
	}, "200 OK|A: 1|Content-Length: 0|"},
	{"line ends in a header", "", func(w http.ResponseWriter) {
		w.Header()["A\r\nX"] = []string{"1"}
		w.Header()[""] = []string{"1"}
		w.Header()["B"] = []string{" a\r\nX: y\x00 "}
	}, "200 OK|B: a  X: y |Content-Length: 0|"},
	{"framing by the handler", "", func(w http.ResponseWriter) {
		w.Header()["transfer-encoding"], w.Header()["content-length"] = []string{"chunked"}, []string{"9"}
		w.Header()["Trailer"] = []string{"X"}
	}, "200 OK|Content-Length: 0|"},
	{"flushed", "", func(w http.ResponseWriter) {
		_, _ = io.WriteString(w, "hel")
		if err := http.NewResponseController(w).Flush(); err != nil {
			panic(err)
		}
		_, _ = io.WriteString(w, "lo")
	}, "200 OK|Transfer-Encoding: chunked||3|hel|2|lo|0||"},
	{"flushed, length told", "", func(w http.ResponseWriter) {
		w.Header().Set("Content-Length", "5")
		_, _ = io.WriteString(w, "hel")
		w.(http.Flusher).Flush()
		_, _ = io.WriteString(w, "lo")
	}, "200 OK|Content-Length: 5||hello"},
	{"flushed before anything", "", func(w http.ResponseWriter) { w.(http.Flusher).Flush() }, "200 OK|Transfer-Encoding: chunked||0||"},
	{"early hints", "", func(w http.ResponseWriter) {
		w.Header().Set("Link", "x")
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Del("Link")
	}, "103 Early Hints|Link: x||HTTP/1.1 200 OK|Content-Length: 0|"},
	{"upgrade required", "", func(w http.ResponseWriter) {
		w.Header()["Connection"] = []string{"close", "Upgrade"}
		w.Header().Set("Upgrade", "websocket")
		w.WriteHeader(http.StatusUpgradeRequired)
	}, "426 Upgrade Required|Connection: close|Connection: Upgrade|Upgrade: websocket|Content-Length: 0|"},
	{"status that is none", "", func(w http.ResponseWriter) { w.WriteHeader(42) }, "500 Internal Server Error|Content-Length: 0|"},
	{"switching without a take-over", "", func(w http.ResponseWriter) { w.WriteHeader(http.StatusSwitchingProtocols) }, "500 Internal Server Error|Content-Length: 0|"},
	{"two statuses", "", func(w http.ResponseWriter) { w.WriteHeader(http.StatusCreated); w.WriteHeader(http.StatusAccepted) }, "201 Created|Content-Length: 0|"},
	{"panic", "", func(w http.ResponseWriter) {
		_, _ = io.WriteString(w, "half")
		w.Header().Set("A", "1")
		panic("x")
	}, "500 Internal Server Error|Connection: close|Content-Length: 0|"},
	{"panic after a flush", "", func(w http.ResponseWriter) {
		_, _ = io.WriteString(w, "half")
		w.(http.Flusher).Flush()
		panic("x")
	}, "200 OK|Transfer-Encoding: chunked||4|half|"},
	{"too short", "", func(w http.ResponseWriter) {
		w.Header().Set("Content-Length", "5")
		_, _ = io.WriteString(w, "hel")
	}, "200 OK|Content-Length: 5||hel"},
	{"too long", "", func(w http.ResponseWriter) {
		w.Header().Set("Content-Length", "5")
		if n, err := io.WriteString(w, "hello!"); n != 0 || !errors.Is(err, http.ErrContentLength) {
			panic(err)
		}
		_, _ = io.WriteString(w, "hello")
	}, "200 OK|Content-Length: 5||hello"},
	{"body where none may be", "", func(w http.ResponseWriter) {
		w.WriteHeader(http.StatusNoContent)
		if n, err := w.Write([]byte("x")); n != 0 || !errors.Is(err, http.ErrBodyNotAllowed) {
			panic(err)
		}
	}, "204 No Content|"},
	{"date", "", func(w http.ResponseWriter) { w.Header()["Date"] = nil }, "200 OK|Content-Length: 0|"},
	{"long", "", func(w http.ResponseWriter) {
		_, _ = io.WriteString(w, times(3000, "a"))
		_, _ = w.Write(bytes.Repeat([]byte("b"), 3000))
	}, "200 OK|Transfer-Encoding: chunked||1770|" + times(3000, "a") + times(3000, "b") + "|0||"},
	{"long text", "", func(w http.ResponseWriter) { _, _ = io.WriteString(w, times(5000, "a")) }, "200 OK|Transfer-Encoding: chunked||1000|" + times(4096, "a") + "|388|" + times(904, "a") + "|0||"},
}

func TestAnswers(t *testing.T) {
	for name, s := range both(t) {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			s.Log = slog.New(slog.NewTextHandler(&log, nil))
			next := make(chan func(http.ResponseWriter), 1)
			address := serve(t, s, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { (<-next)(w) }))
			for _, c := range answers {
				t.Run(c.name, func(t *testing.T) {
					c.method = strings.TrimSpace(c.method + " ")
					if c.method == "" {
						c.method = http.MethodGet
					}
					k := dial(t, address)
					next <- c.handle
					k.say(c.method + " / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
					got := strings.ReplaceAll(dates.ReplaceAllString(k.rest(), ""), "\r\n", "|")
					got = strings.Replace(got, "Connection: close|", "", 1)
					want := "HTTP/1.1 " + strings.Replace(c.want, "Connection: close|", "", 1)
					if strings.HasSuffix(want, "|") && !strings.HasSuffix(want, "||") && !strings.Contains(want, "half|") {
						want += "|"
					}
					if got != want {
						t.Errorf("got  %.300q\nwant %.300q", got, want)
					}
				})
			}
			if got := strings.Count(log.String(), "panicked"); got != 2 {
				t.Errorf("logged %s", log.String())
			}
		})
	}
}

// Date is the time.
func TestDate(t *testing.T) {
	for name, s := range both(t) {
		t.Run(name, func(t *testing.T) {
			c := dial(t, serve(t, s, http.HandlerFunc(echo)))
			c.say(get())
			response, _ := c.hear("GET")
			date, err := http.ParseTime(response.Header.Get("Date"))
			if age := time.Since(date); err != nil || age < -time.Minute || age > 5*time.Minute {
				t.Errorf("got %v, %v", response.Header, err)
			}
		})
	}
}

// In HTTP/1.0 there are no chunks: the end of the connection is that of the body.
func TestOldAnswers(t *testing.T) {
	for name, s := range both(t) {
		t.Run(name, func(t *testing.T) {
			address := serve(t, s, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusEarlyHints)
				_, _ = io.WriteString(w, "hel")
				w.(http.Flusher).Flush()
				_, _ = io.WriteString(w, "lo")
			}))
			c := dial(t, address)
			c.say("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
			if got := dates.ReplaceAllString(c.rest(), ""); got != "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello" {
				t.Errorf("got %q", got)
			}
		})
	}
}

// What is long waits for a client that reads slowly, and comes whole.
func TestSlowReader(t *testing.T) {
	big := bytes.Repeat([]byte("0123456789abcdef"), 1<<20) // more than any socket takes
	for name, s := range both(t) {
		t.Run(name, func(t *testing.T) {
			wrote := make(chan error, 1)
			address := serve(t, s, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/limited" {
					must(t, http.NewResponseController(w).SetWriteDeadline(time.Now().Add(50*time.Millisecond)))
				}
				_, err := w.Write(big)
				wrote <- err
			}))
			c := dial(t, address)
			for range 2 {
				c.say(get())
				if _, err := c.r.Peek(1); err != nil { // the first bytes are there, the others wait
					t.Fatal(err)
				}
				if _, body := c.hear("GET"); body != string(big) {
					t.Errorf("got %d bytes", len(body))
				}
				must(t, <-wrote)
			}
			c.say(strings.Replace(get(), "/", "/limited", 1))
			if err := <-wrote; !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// Whoever keeps a ResponseWriter for too long meets nobody else's request.
func TestLateWrites(t *testing.T) {
	for name, s := range both(t) {
		t.Run(name, func(t *testing.T) {
			kept := make(chan http.ResponseWriter, 2)
			c := dial(t, serve(t, s, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { kept <- w })))
			c.say(get())
			c.hear("GET")
			w := <-kept
			w.WriteHeader(http.StatusTeapot)
			if _, err := w.Write([]byte("late")); err == nil {
				t.Error("written")
			}
			if _, err := io.WriteString(w, "late"); err == nil {
				t.Error("written")
			}
			if err := http.NewResponseController(w).Flush(); err == nil {
				t.Error("flushed")
			}
			if _, err := http1.TakeOver(w, nil); err == nil {
				t.Error("taken over")
			}
			c.say(get())
			if response, body := c.hear("GET"); response.StatusCode != http.StatusOK || body != "" {
				t.Errorf("got %v %q", response, body)
			}
			c.say(get("Connection: close"))
			if got := dates.ReplaceAllString(c.rest(), ""); got != "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" {
				t.Errorf("%q", got)
			}
		})
	}
}
