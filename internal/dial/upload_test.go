package dial_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// TestUploads: bodies of any size arrive as they are, of known and unknown length, and the connection is kept.
func TestUploads(t *testing.T) {
	for _, secure := range []bool{false, true} {
		s := serve(t, secure, func(p *peer, r *http.Request) bool {
			got, err := io.ReadAll(r.Body)
			if err != nil {
				return false
			}
			text := fmt.Sprintf("%d %t", len(got), strings.Trim(string(got), "x") == "")
			p.say(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(text), text))
			return true
		})
		transport := s.transport(t)
		for _, size := range []int{1, 4 << 10, 32 << 10, 32<<10 + 1, 1 << 20, 5 << 20} {
			for _, known := range []bool{true, false} {
				r := request(t, t.Context(), "POST", s.url, strings.Repeat("x", size))
				b := newBody(r.Body)
				if r.Body = b; !known {
					r.ContentLength = -1
				}
				response, err := transport.RoundTrip(r)
				if err != nil {
					t.Fatalf("%d bytes: %v", size, err)
				}
				got, err := io.ReadAll(response.Body)
				_ = response.Body.Close()
				if want := fmt.Sprintf("%d true", size); string(got) != want || err != nil {
					t.Errorf("%d bytes, known %v: the server got %s, %v", size, known, got, err)
				}
				<-b.closed
			}
		}
		if n := s.conns.Load(); n != 1 {
			t.Errorf("TLS %v: %d connections", secure, n)
		}
	}
}

// TestEarlyAnswers: a server that answers before it has read a request is heard, be it that it hangs up, or only stops reading; and
// then its connection is of no more use.
func TestEarlyAnswers(t *testing.T) {
	const refused = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno"
	for _, secure := range []bool{false, true} {
		for name, behave := range map[string]func(p *peer){
			"stops reading": func(p *peer) { p.say(refused) },
			"hangs up":      func(p *peer) { p.say(refused); _ = p.raw.CloseWrite() },
			"closes":        func(p *peer) { p.say(refused); _ = p.raw.Close() },
		} {
			for _, known := range []bool{true, false} {
				s := serve(t, secure, func(p *peer, _ *http.Request) bool {
					behave(p)
					<-t.Context().Done() // it reads no more
					return false
				})
				transport := s.transport(t)
				r := request(t, t.Context(), "POST", s.url, strings.Repeat("x", 16<<20))
				b := newBody(r.Body)
				if r.Body = b; !known {
					r.ContentLength = -1
				}
				response, err := transport.RoundTrip(r)
				if err != nil {
					t.Fatalf("%s, TLS %v: %v", name, secure, err)
				}
				got, err := io.ReadAll(response.Body)
				_ = response.Body.Close()
				if response.StatusCode != http.StatusRequestEntityTooLarge || string(got) != "no" || err != nil {
					t.Errorf("%s, TLS %v: got %v, %q, %v", name, secure, response, got, err)
				}
				<-b.closed // the upload has ended
				if transport.Idle() > 0 {
					t.Errorf("%s, TLS %v: the connection was kept", name, secure)
				}
			}
		}
	}
}

// TestLostUploads: a server that hangs up in the middle of a request fails the call, whatever there is left to write.
func TestLostUploads(t *testing.T) {
	for name, fault := range map[string]func(p *peer){
		"hangs up": func(p *peer) { _ = p.raw.Close() }, "resets": func(p *peer) { p.reset() },
	} {
		for _, known := range []bool{true, false} {
			s := serve(t, false, func(p *peer, _ *http.Request) bool { fault(p); return false })
			transport := s.transport(t)
			r := request(t, t.Context(), "POST", s.url, strings.Repeat("x", 16<<20))
			b := newBody(r.Body)
			if r.Body = b; !known {
				r.ContentLength = -1
			}
			if response, err := transport.RoundTrip(r); err == nil {
				t.Errorf("%s: got %v", name, response)
			}
			<-b.closed
			if n := s.requests.Load(); n != 1 {
				t.Errorf("%s: %d requests", name, n)
			}
			transport.none(t)
		}
	}
}

// TestBrokenBodies: of a body that cannot be read to its end, no server gets what could be taken for all of it.
func TestBrokenBodies(t *testing.T) {
	for name, length := range map[string]int64{"known": 1 << 20, "unknown": -1} {
		for _, size := range []int{10, 100_000} {
			if length > 0 && size < 1<<15 {
				continue // see TestRefusedRequests
			}
			outcomes := make(chan error, 1)
			s := serve(t, false, func(_ *peer, r *http.Request) bool {
				_, err := io.Copy(io.Discard, r.Body)
				outcomes <- err
				return false
			})
			transport := s.transport(t)
			r := request(t, t.Context(), "POST", s.url, "")
			from := failing(size)
			b := newBody(&from)
			r.Body, r.ContentLength = b, length
			if _, err := transport.RoundTrip(r); !errors.Is(err, errFailing) {
				t.Errorf("%s, %d bytes: got %v", name, size, err)
			}
			if err := <-outcomes; err == nil {
				t.Errorf("%s, %d bytes: the server took it for all", name, size)
			}
			<-b.closed
			transport.none(t)
		}
	}
	outcomes := make(chan error, 1)
	s := serve(t, false, func(_ *peer, r *http.Request) bool {
		_, err := io.Copy(io.Discard, r.Body)
		outcomes <- err
		return false
	})
	r := request(t, t.Context(), "POST", s.url, strings.Repeat("x", 100_000))
	r.ContentLength++
	if _, err := s.transport(t).RoundTrip(r); err == nil || <-outcomes == nil {
		t.Errorf("a body that is shorter than it was said to be: %v", err)
	}
}

// closing is a body as the AWS SDK has them: closed, it reads as ended, and its WriteTo makes an error of that.
type closing struct {
	mu     sync.Mutex
	from   io.Reader
	closed bool
}

// Read implements [io.Reader].
func (c *closing) Read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return 0, io.EOF
	}
	return c.from.Read(p)
}

// WriteTo implements [io.WriterTo].
func (c *closing) WriteTo(io.Writer) (int64, error) { return 0, errors.New("WriteTo was called") }

// Close implements [io.Closer].
func (c *closing) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	return nil
}

// TestClosedBodies: the AWS SDK closes the body of a request when the response begins. That is no error of the connection, on
// which the response is still being read.
func TestClosedBodies(t *testing.T) {
	for _, size := range []int{10, 100_000} {
		s := serve(t, false, func(p *peer, r *http.Request) bool {
			_, _ = io.Copy(io.Discard, r.Body)
			p.say(two)
			p.say("ok")
			return true
		})
		transport := s.transport(t)
		for range 10 {
			r := request(t, t.Context(), "POST", s.url, strings.Repeat("x", size))
			r.Body = &closing{from: r.Body}
			response, err := transport.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = r.Body.Close()
			if got, err := io.ReadAll(response.Body); string(got) != "ok" || err != nil {
				t.Errorf("%d bytes: got %q, %v", size, got, err)
			}
			_ = response.Body.Close()
		}
		if n := s.conns.Load(); n != 1 {
			t.Errorf("%d bytes: %d connections", size, n)
		}
	}
}
