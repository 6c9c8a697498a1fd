package http1_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"gangway/internal/http1"
)

// echo answers with what it has read.
func echo(w http.ResponseWriter, r *http.Request) {
	data, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	_, _ = fmt.Fprintf(w, "%s %s %s", r.Method, r.RequestURI, data)
}

func TestKeepAlive(t *testing.T) {
	for name, s := range both(t) {
		t.Run(name, func(t *testing.T) {
			c := dial(t, serve(t, s, http.HandlerFunc(echo)))
			for i := range 3 {
				c.say(fmt.Sprintf("POST /%d HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", i))
				response, body := c.hear("POST")
				if want := fmt.Sprintf("POST /%d hello", i); response.StatusCode != http.StatusOK || body != want || response.Close {
					t.Errorf("got %v %q", response, body)
				}
			}
			c.say("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\n")
			if response, body := c.hear("GET"); !response.Close || body != "GET / " {
				t.Errorf("got %v %q", response, body)
			}
			if rest := c.rest(); rest != "" {
				t.Errorf("then %q", rest)
			}
		})
	}
}

// Requests behind one another are answered in order, one at a time, whatever their bodies.
func TestPipelining(t *testing.T) {
	for name, s := range both(t) {
		t.Run(name, func(t *testing.T) {
			under := make(chan struct{}, 1)
			c := dial(t, serve(t, s, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				select {
				case under <- struct{}{}:
				default:
					t.Error("two at a time")
				}
				echo(w, r)
				<-under
			})))
			var said, want strings.Builder
			for i := range 100 {
				body := times(i*i, "x")
				switch i % 3 {
				case 0:
					_, _ = fmt.Fprintf(&said, "GET /%d HTTP/1.1\r\nHost: a\r\n\r\n", i)
					body = ""
				case 1:
					_, _ = fmt.Fprintf(&said, "POST /%d HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s", i, len(body), body)
				case 2:
					_, _ = fmt.Fprintf(&said, "POST /%d HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n%x;a\r\n%s\r\n0\r\nX: y\r\n\r\n", i, len(body), body)
				}
				_, _ = fmt.Fprintf(&want, "%s /%d %s\n", map[bool]string{true: "GET", false: "POST"}[i%3 == 0], i, body)
			}
			go func() { _, _ = io.WriteString(c.Conn, said.String()) }() // what is missing is seen
			var got strings.Builder
			for range 100 {
				_, body := c.hear("POST")
				got.WriteString(body + "\n")
			}
			if got.String() != want.String() {
				t.Errorf("got %d bytes, want %d", got.Len(), want.Len())
			}
		})
	}
}

func TestExpect(t *testing.T) {
	for name, s := range both(t) {
		t.Run(name, func(t *testing.T) {
			address := serve(t, s, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/unread" {
					w.WriteHeader(http.StatusForbidden)
					return
				}
				echo(w, r)
			}))
			for name, framing := range map[string]string{"length": "Content-Length: 5", "chunks": "Transfer-Encoding: chunked"} {
				c := dial(t, address)
				for range 2 {
					c.say(post("/", "Expect: 100-continue\r\n"+framing, ""))
					if response, _ := c.hear("POST"); response.StatusCode != http.StatusContinue {
						t.Fatalf("%s: got %v", name, response)
					}
					c.say(map[string]string{"length": "hello", "chunks": "5\r\nhello\r\n0\r\n\r\n"}[name])
					if response, body := c.hear("POST"); body != "POST / hello" || response.Close {
						t.Errorf("%s: got %v %q", name, response, body)
					}
				}
				c.say(post("/unread", "Expect: 100-continue\r\n"+framing, ""))
				if response, _ := c.hear("POST"); response.StatusCode != http.StatusForbidden || !response.Close {
					t.Errorf("%s, not read: got %v", name, response)
				}
				if rest := c.rest(); rest != "" {
					t.Errorf("%s: then %q", name, rest)
				}
			}
		})
	}
}

// A request is what net/http makes of it, and the header can be had as it was spelled.
func TestRequest(t *testing.T) {
	for name, s := range both(t) {
		t.Run(name, func(t *testing.T) {
			c := dial(t, serve(t, s, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				derived := r.WithContext(context.WithValue(r.Context(), http.ServerContextKey, 1))
				fields := http1.Fields(derived)
				_, _ = fmt.Fprintln(w, r.Method, r.Proto, r.URL.Path, r.URL.RawPath, r.URL.RawQuery, r.Host, r.Header, r.ContentLength,
					r.RemoteAddr, r.TLS == nil, r.Body == http.NoBody, r.Close, fields)
			})))
			c.say("GET /a%2Fb?c=%41 HTTP/1.1\r\nhost: A.b:1\r\nx-One: 1\r\nX-oNE:  2 \r\nCONNECTION: x\r\n\r\n")
			_, got := c.hear("GET")
			want := fmt.Sprintln("GET", "HTTP/1.1", "/a/b", "/a%2Fb", "c=%41", "A.b:1",
				http.Header{"Connection": {"x"}, "X-One": {"1", "2"}}, int64(0), c.LocalAddr(), true, true, false,
				[]http1.Field{{"host", "A.b:1"}, {"x-One", "1"}, {"X-oNE", "2"}, {"CONNECTION", "x"}})
			if got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	must(t, err)
	if fields := http1.Fields(r); fields != nil {
		t.Errorf("got %v of another request", fields)
	}
}

// A handler gets a body while it comes, and may leave what it does not want.
func TestBody(t *testing.T) {
	big := bytes.Repeat([]byte("0123456789abcdef"), 10<<10)
	for name, s := range both(t) {
		t.Run(name, func(t *testing.T) {
			begun := make(chan struct{}, 1)
			c := dial(t, serve(t, s, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch r.URL.Path {
				case "/first":
					var first [1]byte
					_, err := io.ReadFull(r.Body, first[:])
					begun <- struct{}{}
					rest, err2 := io.ReadAll(r.Body)
					_, _ = fmt.Fprint(w, string(first[:]), len(rest), err, err2)
				case "/slow":
					must(t, http.NewResponseController(w).SetReadDeadline(time.Now().Add(10*time.Millisecond)))
					_, err := io.ReadAll(r.Body)
					_, _ = fmt.Fprint(w, errors.Is(err, os.ErrDeadlineExceeded))
				case "/closed":
					_ = r.Body.Close()
					_, err := r.Body.Read(make([]byte, 1))
					_, _ = fmt.Fprint(w, errors.Is(err, http.ErrBodyReadAfterClose))
				}
			})))
			for _, framing := range []string{fmt.Sprintf("Content-Length: %d", len(big)), "Transfer-Encoding: chunked"} {
				head, tail := "", ""
				if framing[0] == 'T' {
					head, tail = fmt.Sprintf("%x\r\n", len(big)), "\r\n0\r\n\r\n"
				}
				c.say(post("/first", framing, head+string(big[:1])))
				<-begun
				c.say(string(big[1:]) + tail)
				if _, got := c.hear("POST"); got != fmt.Sprint("0", len(big)-1, nil, nil) {
					t.Errorf("%s: got %q", framing, got)
				}
				c.say(post("/closed", framing, head+string(big)+tail))
				if response, got := c.hear("POST"); got != "true" || response.Close {
					t.Errorf("%s: closed by the handler: got %v %q", framing, response, got)
				}
			}
			c.say(post("/slow", "Content-Length: 2", "x"))
			if _, got := c.hear("POST"); got != "true" {
				t.Errorf("slow: got %q", got)
			}
		})
	}
}

// A request whose body comes only after the one before it was answered is read in order all the same.
func TestBodyBehind(t *testing.T) {
	for name, s := range both(t) {
		t.Run(name, func(t *testing.T) {
			begun, release := make(chan struct{}), make(chan struct{})
			address := serve(t, s, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				begun <- struct{}{}
				<-release
				if r.URL.Path == "/slow" {
					must(t, http.NewResponseController(w).SetReadDeadline(time.Now().Add(10*time.Millisecond)))
					_, err := io.ReadAll(r.Body)
					_, _ = fmt.Fprint(w, errors.Is(err, os.ErrDeadlineExceeded))
					return
				}
				echo(w, r)
			}))
			for _, text := range []string{
				post("/", "Content-Length: 10", "01234|56789") + get(), post("/", "Content-Length: 10", "|0123456789") + get(),
				post("/", "Transfer-Encoding: chunked", "5\r\n012|34\r\n5\r\n56789\r\n0\r\n\r\n") + get(),
				post("/", "Transfer-Encoding: chunked", "5\r\n01234\r\n5\r\n56789\r\n0\r\n|\r\n"+get()),
			} {
				first, second, _ := strings.Cut(text, "|")
				c := dial(t, address)
				c.say(get() + first)
				for i, want := range []string{"GET / ", "POST / 0123456789", "GET / "} {
					<-begun
					if i == 1 {
						go func() { _, _ = io.WriteString(c.Conn, second) }() // what is missing is seen
					}
					release <- struct{}{}
					if _, body := c.hear("POST"); body != want {
						t.Errorf("%q: got %q, want %q", text, body, want)
					}
				}
			}
			c := dial(t, address)
			c.say(get() + post("/slow", "Content-Length: 10", "01234"))
			for _, want := range []string{"GET / ", "true"} {
				<-begun
				release <- struct{}{}
				if _, body := c.hear("POST"); body != want {
					t.Errorf("slow: got %q, want %q", body, want)
				}
			}
		})
	}
}

// Too many requests at once are refused, and no others.
func TestMaxRequests(t *testing.T) {
	for name, s := range both(t) {
		t.Run(name, func(t *testing.T) {
			begun, release := make(chan struct{}), make(chan struct{})
			s.MaxRequests = 2
			address := serve(t, s, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
				begun <- struct{}{}
				<-release
			}))
			first, second := dial(t, address), dial(t, address)
			for _, c := range []*client{first, second} {
				c.say(get())
				<-begun
			}
			third := dial(t, address)
			third.say(get() + get())
			if got := statuses(t, third.rest()); fmt.Sprint(got) != "[503]" {
				t.Errorf("got %d", got)
			}
			close(release)
			for _, c := range []*client{first, second} {
				if response, _ := c.hear("GET"); response.StatusCode != http.StatusOK {
					t.Errorf("got %v", response)
				}
				c.say(get())
				<-begun
				if response, _ := c.hear("GET"); response.StatusCode != http.StatusOK || response.Close {
					t.Errorf("then %v", response)
				}
			}
		})
	}
}

// A client that leaves ends the context of its request, and what was derived from it.
func TestClientLeaves(t *testing.T) {
	for name, s := range both(t) {
		t.Run(name, func(t *testing.T) {
			begun, ended := make(chan struct{}), make(chan error)
			address := serve(t, s, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				ctx, cancel := context.WithCancel(r.Context())
				defer cancel()
				begun <- struct{}{}
				<-ctx.Done()
				<-r.Context().Done()
				ended <- r.Context().Err()
			}))
			for name, text := range map[string]string{
				"without a body": get(), "with a body": post("/", "Content-Length: 5", "hello"), "with chunks": chunked("5\r\nhello\r\n0\r\n\r\n"),
			} {
				for _, whole := range []bool{true, false} {
					c := dial(t, address)
					if whole {
						c.say(text)
					} else {
						c.say(text[:len(text)-2])
						c.say(text[len(text)-2:])
					}
					<-begun
					_ = c.Close()
					if err := <-ended; !errors.Is(err, context.Canceled) {
						t.Errorf("%s: got %v", name, err)
					}
				}
			}
			c := dial(t, address)
			_, err := io.WriteString(c, get())
			must(t, err)
			_ = c.Close() // at once
			<-begun
			if err := <-ended; !errors.Is(err, context.Canceled) {
				t.Errorf("left at once: got %v", err)
			}
		})
	}
}

// The context ends with the handler, and calls whom it was told to call.
func TestContextEnds(t *testing.T) {
	for name, s := range both(t) {
		t.Run(name, func(t *testing.T) {
			contexts, called := make(chan context.Context, 1), make(chan string, 3)
			c := dial(t, serve(t, s, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				ctx := r.Context()
				context.AfterFunc(ctx, func() { called <- "after" })
				if stop := context.AfterFunc(ctx, func() { called <- "stopped" }); !stop() || stop() {
					t.Error("could not stop, or twice")
				}
				if _, ok := ctx.Deadline(); ok || ctx.Err() != nil || ctx.Value(1) != nil {
					t.Error("a context that has more to say than its end")
				}
				contexts <- ctx
			})))
			c.say(get())
			c.hear("GET")
			ctx := <-contexts
			<-ctx.Done()
			context.AfterFunc(ctx, func() { called <- "after" })
			for range 2 {
				if got := <-called; got != "after" {
					t.Errorf("called %s", got)
				}
			}
			if !errors.Is(ctx.Err(), context.Canceled) {
				t.Errorf("got %v", ctx.Err())
			}
		})
	}
}

// ailing is a listener that fails before each connection, and at the end for good.
type ailing struct {
	net.Listener

	conns chan net.Conn
	ill   bool
}

// passing is an error as that of too many open files.
type passing struct{ error }

// Timeout implements [net.Error].
func (passing) Timeout() bool { return false }

// Temporary implements [net.Error].
func (passing) Temporary() bool { return true }

var errAiling = errors.New("ailing")

// Accept implements [net.Listener].
func (a *ailing) Accept() (net.Conn, error) {
	if a.ill = !a.ill; a.ill {
		return nil, passing{errAiling}
	}
	if c, ok := <-a.conns; ok {
		return c, nil
	}
	return nil, errAiling
}

// A listener may fail for a while.
func TestAilingListener(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	a := &ailing{Listener: l, conns: make(chan net.Conn)}
	s := &http1.Server{Handler: http.HandlerFunc(echo)}
	served := make(chan error)
	go func() { served <- s.Serve(a) }()
	for range 3 {
		ours, theirs := net.Pipe()
		a.conns <- theirs
		c := &client{ours, t, bufio.NewReader(ours)}
		c.say(get())
		if response, _ := c.hear("GET"); response.StatusCode != http.StatusOK {
			t.Errorf("got %v", response)
		}
		_ = ours.Close()
	}
	close(a.conns)
	if err := <-served; !errors.Is(err, errAiling) {
		t.Errorf("got %v", err)
	}
	must(t, s.Shutdown(t.Context()))
}
