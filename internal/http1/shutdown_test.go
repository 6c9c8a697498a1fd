package http1_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"gangway/internal/http1"
)

// A shutdown waits for what is being answered, and for nothing else.
func TestShutdown(t *testing.T) {
	for name, s := range both(t) {
		t.Run(name, func(t *testing.T) {
			begun, release := make(chan struct{}), make(chan struct{})
			address := serve(t, s, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/wait" {
					begun <- struct{}{}
					<-release
				}
			}))
			silent, half, idle, busy := dial(t, address), dial(t, address), dial(t, address), dial(t, address)
			half.say(get()[:10])
			idle.say(get())
			idle.hear("GET")
			busy.say("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n" + get())
			<-begun
			ended := make(chan error)
			go func() { ended <- s.Shutdown(t.Context()) }()
			for name, c := range map[string]*client{"silent": silent, "half": half, "idle": idle} {
				if _, err := c.r.ReadByte(); err == nil {
					t.Errorf("%s: got an answer", name)
				}
			}
			if c, err := net.Dial("tcp", address); err == nil {
				if _, err := c.Read(make([]byte, 1)); err == nil {
					t.Error("accepted")
				}
				_ = c.Close()
			}
			select {
			case err := <-ended:
				t.Errorf("over too soon: %v", err)
			default:
			}
			close(release)
			if response, _ := busy.hear("GET"); response.StatusCode != http.StatusOK || !response.Close {
				t.Errorf("got %v", response)
			}
			if rest := busy.rest(); rest != "" {
				t.Errorf("then %q", rest)
			}
			must(t, <-ended)
			if l, err := net.Listen("tcp", "127.0.0.1:0"); err != nil || !errors.Is(s.Serve(l), http.ErrServerClosed) {
				t.Error("serves again")
			}
		})
	}
}

// When the time is over, what is being answered is cut off.
func TestShutdownCut(t *testing.T) {
	for name, s := range both(t) {
		t.Run(name, func(t *testing.T) {
			begun, ended := make(chan struct{}), make(chan error, 2)
			address := serve(t, s, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				begun <- struct{}{}
				if r.ContentLength > 0 {
					_, err := r.Body.Read(make([]byte, 1))
					ended <- err
					return
				}
				<-r.Context().Done()
				_, err := w.Write(make([]byte, 10000))
				ended <- err
			}))
			waiting, unread := dial(t, address), dial(t, address)
			waiting.say(get())
			unread.say(post("/", "Content-Length: 5", ""))
			<-begun
			<-begun
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := s.Shutdown(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
			for range 2 {
				if err := <-ended; err == nil {
					t.Error("went on")
				}
			}
			for _, c := range []*client{waiting, unread} {
				if _, err := c.r.ReadByte(); err == nil {
					t.Error("got an answer")
				}
			}
		})
	}
}

// To take no more connections is not to end those that are there.
func TestStopAccepting(t *testing.T) {
	for name, s := range both(t) {
		t.Run(name, func(t *testing.T) {
			var answered atomic.Int32
			address := serve(t, s, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				answered.Add(1)
				echo(w, r)
			}))
			c := dial(t, address)
			c.say(get())
			c.hear("GET")
			s.StopAccepting()
			s.StopAccepting()
			if c, err := net.Dial("tcp", address); err == nil { // somebody else may have got the port
				must(t, c.SetDeadline(time.Now().Add(time.Second)))
				_, _ = io.WriteString(c, get())
				_, _ = io.Copy(io.Discard, c)
				_ = c.Close()
			}
			if n := answered.Load(); n != 1 {
				t.Errorf("%d requests were answered", n)
			}
			c.say(get())
			if response, _ := c.hear("GET"); response.StatusCode != http.StatusOK || response.Close {
				t.Errorf("got %v", response)
			}
		})
	}
}

// A server need not have served.
func TestShutdownUnused(t *testing.T) {
	s := new(http1.Server)
	must(t, s.Shutdown(t.Context()))
	must(t, s.Close())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		t.Errorf("got %v", err)
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("still listens: %v", err)
	}
}
