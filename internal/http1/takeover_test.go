package http1_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gangway/internal/http1"
	"gangway/internal/loop"
)

const switching = "HTTP/1.1 101 Switching Protocols\r\n\r\n"

// wrapped hides a ResponseWriter behind two others.
type wrapped struct{ http.ResponseWriter }

func (w wrapped) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// parrot says on a socket what it has heard there.
type parrot struct{}

// Ready implements [loop.Handler].
func (parrot) Ready(s *loop.Socket, buffer []byte, _ loop.Events) {
	for {
		n, err := s.Read(buffer)
		if errors.Is(err, loop.ErrAgain) {
			return
		}
		if err != nil {
			_ = s.Close()
			return
		}
		_, _ = s.Write(buffer[:n]) // the client sees what is missing
	}
}

// repeat does the same with what was taken over.
func repeat(t http1.Taken) {
	if t.Socket != nil {
		_, _ = t.Socket.Write(t.Behind) // the client sees what is missing
		t.Socket.Hand(parrot{})
		return
	}
	go func() {
		defer func() { _ = t.Conn.Close() }()
		_, _ = t.Conn.Write(t.Behind)
		_, _ = io.Copy(t.Conn, t.Conn)
	}()
}

func TestTakeOver(t *testing.T) {
	for name, s := range both(t) {
		t.Run(name, func(t *testing.T) {
			address := serve(t, s, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				taken, err := http1.TakeOver(wrapped{wrapped{w}}, []byte(switching))
				if err != nil || (taken.Socket == nil) == (taken.Conn == nil) || (taken.Socket != nil) != (s.Loops != nil) {
					t.Errorf("got %+v, %v", taken, err)
					return
				}
				if _, err := w.Write([]byte("x")); !errors.Is(err, http.ErrHijacked) {
					t.Errorf("writing: got %v", err)
				}
				if _, err := http1.TakeOver(w, nil); !errors.Is(err, http.ErrHijacked) {
					t.Errorf("once more: got %v", err)
				}
				w.WriteHeader(http.StatusTeapot)
				repeat(taken)
			}))
			for name, behind := range map[string]string{
				"nothing": "", "something": "hello", "a request": forbidden, "much": times(3000, "a"), "more than is read at once": times(50000, "a"),
			} {
				for _, first := range []int{len(upgrade) + 2 + len(behind), len(upgrade) + 2, 1} {
					c := dial(t, address)
					text := upgrade + "\r\n" + behind
					c.say(text[:first])
					c.say(text[first:])
					c.say("the end")
					got := make([]byte, len(switching+behind+"the end"))
					if _, err := io.ReadFull(c.r, got); err != nil || string(got) != switching+behind+"the end" {
						t.Errorf("%s: got %.100q, %v", name, got, err)
					}
					must(t, c.Conn.(*net.TCPConn).CloseWrite())
					if rest := c.rest(); rest != "" {
						t.Errorf("%s: then %q", name, rest)
					}
				}
			}
		})
	}
}

// What was taken over is no concern of the server's, whatever becomes of it.
func TestTakenOutlives(t *testing.T) {
	for name, s := range both(t) {
		t.Run(name, func(t *testing.T) {
			returns := make(chan struct{})
			address := serve(t, s, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				taken, err := http1.TakeOver(w, []byte(switching))
				if err != nil {
					t.Error(err)
				}
				repeat(taken)
				<-returns
				panic("after all")
			}))
			c := dial(t, address)
			c.say(upgrade + "\r\n")
			if got := string(read(t, c, len(switching))); got != switching {
				t.Errorf("got %q", got)
			}
			must(t, s.Shutdown(t.Context()))
			close(returns)
			must(t, s.Close())
			c.say("hello")
			if got := string(read(t, c, 5)); got != "hello" {
				t.Errorf("got %q", got)
			}
		})
	}
}

func read(t *testing.T, c *client, n int) []byte {
	t.Helper()
	data := make([]byte, n)
	_, err := io.ReadFull(c.r, data)
	must(t, err)
	return data
}

func TestNotTakenOver(t *testing.T) {
	if _, err := http1.TakeOver(wrapped{httptest.NewRecorder()}, nil); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("of another server: got %v", err)
	}
	for name, s := range both(t) {
		t.Run(name, func(t *testing.T) {
			c := dial(t, serve(t, s, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/answered" {
					w.WriteHeader(http.StatusTeapot)
				}
				_, err := http1.TakeOver(w, []byte(switching))
				_, _ = fmt.Fprint(w, err != nil)
			})))
			c.say("GET /answered HTTP/1.1\r\nHost: a\r\n\r\n" + post("/body", "Content-Length: 5", "hello") + post("/body", "Transfer-Encoding: chunked", "0\r\n\r\n"))
			for range 3 {
				if response, body := c.hear("POST"); body != "true" {
					t.Errorf("got %v %q", response, body)
				}
			}
		})
	}
}

func TestHijack(t *testing.T) {
	for name, s := range both(t) {
		t.Run(name, func(t *testing.T) {
			address := serve(t, s, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				conn, buffered, err := http.NewResponseController(wrapped{w}).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				go func() {
					defer func() { _ = conn.Close() }()
					line, err := buffered.ReadString('\n')
					if err == nil && strings.HasPrefix(line, "hello") {
						_, _ = buffered.WriteString(line)
						_ = buffered.Flush()
					}
				}()
			}))
			for _, split := range []string{"hello\n|", "hel|lo\n", "|hello\n"} {
				first, second, _ := strings.Cut(split, "|")
				c := dial(t, address)
				c.say(upgrade + "\r\n" + first)
				c.say(second)
				if got := c.rest(); got != "hello\n" {
					t.Errorf("%q: got %q", split, got)
				}
			}
		})
	}
}

// The client can be gone when its connection is taken over.
func TestTakeOverOfTheGone(t *testing.T) {
	for name, s := range both(t) {
		t.Run(name, func(t *testing.T) {
			begun, ended := make(chan struct{}), make(chan struct{})
			address := serve(t, s, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				begun <- struct{}{}
				<-r.Context().Done()
				taken, err := http1.TakeOver(w, []byte(switching))
				if err == nil {
					repeat(taken)
				}
				ended <- struct{}{}
			}))
			c := dial(t, address)
			c.say(upgrade + "\r\n")
			<-begun
			must(t, c.Conn.(*net.TCPConn).SetLinger(0))
			_ = c.Close()
			<-ended

			c = dial(t, address) // who only sends nothing more is answered
			c.say(upgrade + "\r\n")
			<-begun
			must(t, c.Conn.(*net.TCPConn).CloseWrite())
			<-ended
			if got := c.rest(); got != switching {
				t.Errorf("got %q", got)
			}
		})
	}
}

// A ResponseController reaches what it needs.
func TestController(t *testing.T) {
	for name, s := range both(t) {
		t.Run(name, func(t *testing.T) {
			c := dial(t, serve(t, s, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				control := http.NewResponseController(wrapped{w})
				for _, err := range []error{control.SetReadDeadline(time.Now()), control.SetWriteDeadline(time.Now().Add(limit)), control.Flush()} {
					if err != nil {
						t.Error(err)
					}
				}
			})))
			for range 2 {
				c.say(get())
				if response, _ := c.hear("GET"); response.StatusCode != http.StatusOK {
					t.Errorf("got %v", response)
				}
			}
		})
	}
}
