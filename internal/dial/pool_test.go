package dial_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gangway/internal/dial"
)

// crowd makes calls that go on until they are told to end, and so need a connection each.
type crowd struct {
	*dial.Transport

	conns  []*script
	bodies []io.Closer
}

func newCrowd() *crowd {
	c := &crowd{}
	c.Transport = &dial.Transport{Keep: time.Minute, Dial: func(context.Context, string, string) (net.Conn, error) {
		conn := &script{answer: two + "ok", piece: len(two), hangs: true}
		c.conns = append(c.conns, conn)
		return conn, nil
	}}
	return c
}

func (c *crowd) come(t *testing.T, host string, calls int) {
	t.Helper()
	for range calls {
		response, err := c.RoundTrip(request(t, t.Context(), "GET", host, ""))
		if err != nil {
			t.Fatal(err)
		}
		c.bodies = append(c.bodies, response.Body)
	}
}

// go ends the calls, in their order.
func (c *crowd) leave(t *testing.T) {
	t.Helper()
	for _, body := range c.bodies {
		if got, err := io.ReadAll(body.(io.Reader)); string(got) != "ok" || err != nil {
			t.Fatalf("got %q, %v", got, err)
		}
	}
	c.bodies = nil
}

func (c *crowd) open() (n int) {
	for _, conn := range c.conns {
		if !conn.closed {
			n++
		}
	}
	return n
}

// TestBounds: 256 connections are kept for one host, and 1024 in all; of those, the ones that were used last.
func TestBounds(t *testing.T) {
	c := newCrowd()
	c.come(t, "http://a/", 300)
	c.leave(t)
	if c.Idle() != 256 || c.open() != 256 {
		t.Errorf("%d connections are kept for one host, %d are open", c.Idle(), c.open())
	}
	for host := range 4 {
		c.come(t, fmt.Sprintf("http://b%d/", host), 250)
		c.leave(t)
	}
	if c.Idle() != 1024 || c.open() != 1024 {
		t.Errorf("%d connections are kept in all, %d are open", c.Idle(), c.open())
	}
	if n := len(c.conns); c.conns[n-1].closed || !c.conns[0].closed {
		t.Error("others were closed than the first")
	}
	c.CloseIdleConnections()
	if c.Idle() != 0 || c.open() != 0 {
		t.Errorf("%d connections are kept, %d are open", c.Idle(), c.open())
	}
}

// TestLastFirst: the connection that was used last is used first, and only for its own scheme and host.
func TestLastFirst(t *testing.T) {
	c := newCrowd()
	c.come(t, "http://a/", 3)
	c.leave(t)
	for range 5 {
		c.come(t, "http://a/", 1)
		c.leave(t)
	}
	if n := []int{len(c.conns[0].requests), len(c.conns[1].requests), len(c.conns[2].requests)}; n[0] != 1 || n[1] != 1 || n[2] != 6 {
		t.Errorf("the connections have had %v requests", n)
	}
	c.come(t, "http://a:80/", 1)
	c.come(t, "http://b/", 1)
	c.leave(t)
	if len(c.conns) != 5 {
		t.Errorf("%d connections", len(c.conns))
	}
	if _, err := c.RoundTrip(request(t, t.Context(), "GET", "https://a/", "")); err == nil || len(c.conns) != 6 {
		t.Errorf("%d connections, %v", len(c.conns), err)
	}
	c.CloseIdleConnections()
}

// TestClosedWhileUsed: what is in use when idle connections are closed is not kept, unless there is another call.
func TestClosedWhileUsed(t *testing.T) {
	c := newCrowd()
	c.come(t, "http://a/", 2)
	c.CloseIdleConnections()
	c.leave(t)
	if c.open() != 0 {
		t.Errorf("%d connections are open", c.open())
	}
	c.come(t, "http://a/", 2)
	c.leave(t)
	if c.open() != 2 {
		t.Errorf("%d connections are open", c.open())
	}
	c.CloseIdleConnections()
}

// TestHammer: calls of all sizes, some given up at any time, to a server that ends connections when it likes. No request arrives
// twice, each that is answered has its own answer, and nothing is left open.
func TestHammer(t *testing.T) {
	for _, secure := range []bool{false, true} {
		var seen sync.Map
		s := serve(t, secure, func(p *peer, r *http.Request) bool {
			id := r.Header.Get("Id")
			count, _ := seen.LoadOrStore(id, new(atomic.Int32))
			count.(*atomic.Int32).Add(1)
			switch rand.IntN(12) {
			case 0:
				p.reset()
			case 1:
				_ = p.Close()
			case 2:
				p.say(two[:rand.IntN(len(two))])
				_ = p.Close()
			case 3:
				p.say("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + id)
				_ = p.Close()
			case 4, 5:
				_, _ = io.Copy(io.Discard, r.Body)
				p.say(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(id), id))
				if rand.IntN(2) == 0 {
					p.reset()
				}
				_ = p.Close()
			default:
				_, _ = io.Copy(io.Discard, r.Body)
				p.say(fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", len(id), id))
				p.say("0\r\n\r\n")
				return true
			}
			return false
		})
		transport := s.transport(t)
		var all sync.WaitGroup
		var answered atomic.Int32
		for worker := range 8 {
			all.Go(func() {
				for i := range 100 {
					id := fmt.Sprintf("%d-%d", worker, i)
					ctx, cancel := context.WithCancel(t.Context())
					switch i % 5 {
					case 0:
						ctx, cancel = context.WithTimeout(ctx, time.Duration(rand.IntN(3000))*time.Microsecond)
					case 1:
						time.AfterFunc(time.Duration(rand.IntN(3000))*time.Microsecond, cancel)
					}
					r := request(t, ctx, []string{"POST", "GET"}[i%2], s.url, strings.Repeat("x", i%3*i*1000))
					r.Header.Set("Id", id)
					response, err := transport.RoundTrip(r)
					if err == nil {
						var got []byte
						got, err = io.ReadAll(response.Body)
						_ = response.Body.Close()
						if err == nil {
							answered.Add(1)
							if string(got) != id {
								t.Errorf("%s got the answer %q", id, got)
							}
						}
					}
					if err == nil {
						if _, ok := seen.Load(id); !ok {
							t.Errorf("%s was answered and had not arrived", id)
						}
					}
					if i%50 == 0 {
						transport.CloseIdleConnections()
					}
					cancel()
				}
			})
		}
		all.Wait()
		seen.Range(func(id, count any) bool {
			if n := count.(*atomic.Int32).Load(); n > 1 {
				t.Errorf("%s arrived %d times", id, n)
			}
			return true
		})
		if n := answered.Load(); n == 0 || n == 800 {
			t.Errorf("%d of 800 were answered: the server is not hostile, or too much so", n)
		}
		transport.none(t)
	}
}
