package loop_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"runtime"
	"sync"
	"testing"

	"gangway/internal/loop"
)

// talk is how many bytes each side of a connection has to get before it may end.
const talk = 256

// tagged is the handler of one connection, which must get nothing but its tag.
type tagged struct {
	tb    testing.TB
	tag   byte
	heard chan struct{} // closed after talk bytes
	end   func(*loop.Socket)
	got   int
}

func (h *tagged) Ready(s *loop.Socket, buffer []byte, _ loop.Events) {
	n, err := s.Read(buffer)
	if strange := strangers(buffer[:n], h.tag); len(strange) > 0 {
		h.tb.Errorf("connection %d was sent what was for %d", h.tag, strange[0])
	}
	before := h.got
	h.got += n
	if before < talk && h.got >= talk {
		close(h.heard)
	}
	switch {
	case err == nil:
		s.Again()
	case !errors.Is(err, loop.ErrAgain):
		if h.got < talk {
			h.tb.Errorf("connection %d ended after %d bytes: %v", h.tag, h.got, err)
			close(h.heard)
		}
		h.end(s)
	}
}

// strangers are the bytes that begin with the first that is not a tag.
func strangers(b []byte, tag byte) []byte { return bytes.TrimLeft(b, string(rune(tag))) }

// TestHammerClose closes sockets while others use them and go on to use them, as new ones get their descriptors. Whatever is
// done to one that was closed must not reach those: each connection carries a tag, and has to live until its own end.
func TestHammerClose(t *testing.T) {
	const workers, lives = 3, 60
	l := start(t, 2)
	var all sync.WaitGroup
	for worker := range workers {
		all.Go(func() {
			ln := listen(t)
			var former *loop.Socket
			for life := range lives {
				former = live(t, l, ln, byte(1+worker+workers*(life%40)), life, former)
			}
		})
	}
	all.Wait()
}

// live lets a connection live and end in one of many ways, while somebody uses the former one.
func live(t *testing.T, l *loop.Loops, ln *net.TCPListener, tag byte, life int, former *loop.Socket) *loop.Socket {
	t.Helper()
	c, fd := connect(t, ln)
	h := &tagged{tb: t, tag: tag, heard: make(chan struct{}), end: func(s *loop.Socket) { _ = s.Close() }}
	s, err := l.Attach(fd, h)
	if err != nil {
		t.Error(err)
		return former
	}
	words := bytes.Repeat([]byte{tag}, talk)
	var users, client sync.WaitGroup
	stop := make(chan struct{})
	users.Go(func() {
		for former != nil {
			use(t, former)
			runtime.Gosched()
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	for range 2 {
		users.Go(func() { // writes until it has been closed
			var err error
			for err == nil || errors.Is(err, loop.ErrAgain) {
				_, err = s.Write(words)
				s.Again()
				runtime.Gosched()
			}
		})
	}
	answered := make(chan struct{})
	client.Go(func() { listenTo(t, c, tag, answered) })
	if _, err := c.Write(words); err != nil {
		t.Errorf("connection %d: %v", tag, err)
	}
	<-h.heard
	<-answered
	end(s, c, life)
	_ = s.Close() // at the latest now
	close(stop)
	users.Wait()
	_ = c.CloseWrite()
	client.Wait()
	_ = c.Close()
	return s
}

// end ends a connection in one way of several, or in two at once.
func end(s *loop.Socket, c *net.TCPConn, way int) {
	switch way % 5 {
	case 0:
		_ = s.Close()
	case 1:
		s.Reset()
	case 2:
		_ = s.Shutdown()
	case 3:
		_ = c.CloseWrite() // the handler closes it
	default:
		var both sync.WaitGroup
		both.Go(func() { _ = s.Close() })
		both.Go(func() { _ = s.Close() })
		both.Wait()
	}
}

// use uses a socket that was closed in every way there is.
func use(t *testing.T, s *loop.Socket) {
	t.Helper()
	_, wrote := s.Write([]byte{0})
	_, read := s.Read(make([]byte, 1))
	_, detached := s.Detach()
	s.Reset()
	s.Again()
	s.Hand(ignore)
	s.LimitUnacknowledged(1)
	for _, err := range []error{wrote, read, detached, s.AwaitWrite(), s.CloseWrite(), s.Shutdown(), s.Close()} {
		if !errors.Is(err, loop.ErrClosed) {
			t.Errorf("a closed socket: %v", err)
		}
	}
}

// listenTo reads until the end what a client gets: its tag, and nothing else.
func listenTo(t *testing.T, c io.Reader, tag byte, answered chan<- struct{}) {
	t.Helper()
	b := make([]byte, 64<<10)
	for sum := 0; ; {
		n, err := c.Read(b)
		if strange := strangers(b[:n], tag); len(strange) > 0 {
			t.Errorf("the client of connection %d got what was for %d", tag, strange[0])
		}
		before := sum
		sum += n
		if before < talk && (sum >= talk || err != nil) {
			close(answered)
		}
		if err != nil {
			if sum < talk {
				t.Errorf("the client of connection %d got %d bytes: %v", tag, sum, err)
			}
			return
		}
	}
}
