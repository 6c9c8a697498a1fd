package http1_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"gangway/internal/http1"
)

// pipes is a listener whose connections are pipes.
type pipes struct {
	conns chan net.Conn
	over  chan struct{}
}

func newPipes() *pipes { return &pipes{make(chan net.Conn), make(chan struct{})} }

// Accept implements [net.Listener].
func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.over:
		return nil, net.ErrClosed
	}
}

// Close implements [net.Listener].
func (p *pipes) Close() error {
	select {
	case <-p.over:
	default:
		close(p.over)
	}
	return nil
}

// Addr implements [net.Listener].
func (*pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial() net.Conn {
	ours, theirs := net.Pipe()
	p.conns <- theirs
	return ours
}

// lifeOf is how long a connection lives that says something and then waits.
func lifeOf(p *pipes, says ...string) time.Duration {
	c := p.dial()
	for _, text := range says {
		if _, err := io.WriteString(c, text); err != nil {
			return 0
		}
	}
	since := time.Now()
	_, _ = io.Copy(io.Discard, c) // until it is ended
	return time.Since(since)
}

// Times are kept to a second.
func TestTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPipes()
		s := &http1.Server{Handler: http.HandlerFunc(echo), TLS: nil, HeadTimeout: 10 * time.Second, IdleTimeout: 75 * time.Second}
		served := make(chan error)
		go func() { served <- s.Serve(p) }()
		<-time.After(300 * time.Millisecond) // no test begins with a tick
		for name, c := range map[string]struct {
			says []string
			want time.Duration
		}{
			"silent":              {nil, 10 * time.Second},
			"half a request":      {[]string{get()[:20]}, 10 * time.Second},
			"half a line end":     {[]string{"\r"}, 10 * time.Second},
			"idle":                {[]string{get()}, 75 * time.Second},
			"half of another":     {[]string{get(), get()[:20]}, 10 * time.Second},
			"half of it at once":  {[]string{get() + get()[:20]}, 10 * time.Second},
			"empty line":          {[]string{get(), "\r\n"}, 10 * time.Second},
			"body without end":    {[]string{post("/", "Content-Length: 5", "hell")}, 30 * time.Second},
			"chunks without end":  {[]string{chunked("5\r\nhello\r\n")}, 30 * time.Second},
			"refused and waiting": {[]string{line("GET a HTTP/1.1")}, 0},
		} {
			if got := lifeOf(p, c.says...); got < c.want || got > c.want+2*time.Second {
				t.Errorf("%s: lived %v, want %v", name, got, c.want)
			}
		}
		must(t, s.Shutdown(t.Context()))
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
}

// Bytes that come one by one buy no time.
func TestSlowHead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPipes()
		s := &http1.Server{Handler: http.HandlerFunc(echo)}
		go func() { _ = s.Serve(p) }()
		c := p.dial()
		since := time.Now()
		for i := 0; ; i++ {
			if _, err := c.Write([]byte(get()[i%16:][:1])); err != nil {
				break
			}
			<-time.After(time.Second)
		}
		if got := time.Since(since); got < 10*time.Second || got > 12*time.Second {
			t.Errorf("lived %v", got)
		}
		must(t, s.Shutdown(t.Context()))
	})
}

// Who does not read its answer is given up after half a minute.
func TestNobodyReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPipes()
		wrote := make(chan error)
		s := &http1.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, err := w.Write(make([]byte, 10000))
			wrote <- err
		})}
		go func() { _ = s.Serve(p) }()
		c := p.dial()
		_, err := io.WriteString(c, get())
		must(t, err)
		since := time.Now()
		err = <-wrote
		if got := time.Since(since); err == nil || got < 30*time.Second || got > 32*time.Second {
			t.Errorf("after %v: %v", got, err)
		}
		must(t, s.Shutdown(t.Context()))
	})
}

// A client that has to be asked to go goes after two seconds, and what it says until then is not read.
func TestLingering(t *testing.T) {
	for name, s := range both(t) {
		t.Run(name, func(t *testing.T) {
			c := dial(t, serve(t, s, http.HandlerFunc(echo)))
			c.say(line("GET a HTTP/1.1"))
			if got := statuses(t, c.rest()); len(got) != 1 || got[0] != 400 {
				t.Errorf("got %d", got)
			}
			for { // until it is gone, or has heard enough
				if _, err := c.Write(make([]byte, 64<<10)); err != nil {
					break
				}
			}
		})
	}
}

// Many connections that begin a request and do not go on cost little, keep nobody else waiting, and are ended.
func TestSlowloris(t *testing.T) {
	const many = 500
	for name, s := range both(t) {
		t.Run(name, func(t *testing.T) {
			s.HeadTimeout = time.Second
			address := serve(t, s, http.HandlerFunc(echo))
			before := memory()
			goroutines := runtime.NumGoroutine()
			var slow []*client
			for range many {
				c := dial(t, address)
				c.say(get()[:len(get())-2])
				slow = append(slow, c)
			}
			honest := dial(t, address)
			honest.say(get())
			if response, _ := honest.hear("GET"); response.StatusCode != http.StatusOK {
				t.Errorf("got %v", response)
			}
			if each := (memory() - before) / many; s.Loops != nil && each > 12<<10 { // client included, which has a buffer of 4 KB
				t.Errorf("%d bytes each", each)
			}
			if more := runtime.NumGoroutine() - goroutines; s.Loops != nil && more > 20 {
				t.Errorf("%d goroutines more", more)
			}
			for _, c := range slow {
				if rest := c.rest(); rest != "" {
					t.Fatalf("got %q", rest)
				}
			}
		})
	}
}

func memory() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}
