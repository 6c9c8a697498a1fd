package loop_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gangway/internal/loop"
)

// TestEnd ends connections from our side, in every state that they can be in. The handler has to be told, always.
func TestEnd(t *testing.T) {
	reset := (*loop.Socket).Reset
	shutdown := func(s *loop.Socket) { _ = s.Shutdown() }
	nothing := func(*testing.T, *net.TCPConn, *loop.Socket) {}
	cases := map[string]struct {
		before func(t *testing.T, c *net.TCPConn, s *loop.Socket)
		await  uint32
		end    func(*loop.Socket)
		client error // what it reads: io.EOF also where that came before the reset; nil: it is gone
	}{
		"reset":                           {nothing, 0, reset, syscall.ECONNRESET},
		"reset with bytes unread":         {unread, syscall.EPOLLIN, reset, syscall.ECONNRESET},
		"reset with bytes unsent":         {unsent, 0, reset, syscall.ECONNRESET},
		"reset half-closed by the client": {halfClosed, rdhup, reset, syscall.ECONNRESET},
		"reset half-closed by us":         {halfClosedByUs, 0, reset, io.EOF},
		"reset closed by the client":      {closedByClient, rdhup, reset, nil},
		"reset closed by both":            {closedByBoth, rdhup, reset, nil},
		"reset after the client did":      {resetByClient, syscall.EPOLLHUP, reset, nil},
		"reset twice":                     {resetByUs, 0, reset, syscall.ECONNRESET},
		"reset after shutdown":            {shutDown, 0, reset, io.EOF},
		"shutdown":                        {nothing, 0, shutdown, io.EOF},
		"shutdown with bytes unread":      {unread, syscall.EPOLLIN, shutdown, io.EOF},
		"shutdown closed by the client":   {closedByClient, rdhup, shutdown, nil},
		"shutdown after the client reset": {resetByClient, syscall.EPOLLHUP, shutdown, nil},
		"shutdown after reset":            {resetByUs, 0, shutdown, syscall.ECONNRESET},
		"shutdown twice":                  {shutDown, 0, shutdown, io.EOF},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			l := start(t, 1)
			c, fd := connect(t, listen(t))
			s, err := l.Attach(fd, ignore)
			if err != nil {
				t.Fatal(err)
			}
			test.before(t, c, s)
			if test.await != 0 {
				await(t, fd, test.await)
			}
			settle(t, l)
			told := make(chan error, 100)
			s.Hand(ready(func(s *loop.Socket, buffer []byte, what loop.Events) { told <- drain(s, buffer, what) }))
			settle(t, l) // of what is so already it has been told now
			for len(told) > 0 {
				if err := <-told; err == nil {
					t.Error("read without end")
				}
			}
			test.end(s)
			if err := <-told; err == nil || errors.Is(err, loop.ErrAgain) {
				t.Errorf("the handler finds no end: %v", err)
			}
			if test.client != nil {
				if err := endOf(c); !errors.Is(err, test.client) {
					t.Errorf("the client finds %v", err)
				}
			}
			_ = s.Close()
		})
	}
}

func unread(t *testing.T, c *net.TCPConn, _ *loop.Socket)     { t.Helper(); send(t, c, "hello") }
func unsent(t *testing.T, _ *net.TCPConn, s *loop.Socket)     { t.Helper(); fill(t, s) }
func halfClosed(_ *testing.T, c *net.TCPConn, _ *loop.Socket) { _ = c.CloseWrite() }
func halfClosedByUs(_ *testing.T, _ *net.TCPConn, s *loop.Socket) {
	_ = s.CloseWrite()
}
func closedByClient(_ *testing.T, c *net.TCPConn, _ *loop.Socket) { _ = c.Close() }
func closedByBoth(_ *testing.T, c *net.TCPConn, s *loop.Socket)   { _ = s.CloseWrite(); _ = c.Close() }

func resetByClient(_ *testing.T, c *net.TCPConn, _ *loop.Socket) {
	_ = c.SetLinger(0)
	_ = c.Close()
}
func resetByUs(_ *testing.T, _ *net.TCPConn, s *loop.Socket) { s.Reset() }
func shutDown(_ *testing.T, _ *net.TCPConn, s *loop.Socket)  { _ = s.Shutdown() }

// endOf reads until the end, and says what that was.
func endOf(c io.Reader) error {
	b := make([]byte, 4096)
	for {
		if _, err := c.Read(b); err != nil {
			return err
		}
	}
}

// drain reads what there is.
func drain(s *loop.Socket, buffer []byte, what loop.Events) error {
	for {
		if _, err := s.Read(buffer); err != nil {
			if what&loop.Ended == 0 && !errors.Is(err, loop.ErrAgain) {
				return errors.Join(err, errors.New("not told of the end"))
			}
			return err
		}
	}
}

// fill writes until the socket takes no more, and returns how many bytes that was.
func fill(t *testing.T, s *loop.Socket) int64 {
	t.Helper()
	chunk := bytes.Repeat([]byte{'x'}, 1<<20)
	for sum := int64(0); ; {
		n, err := s.Write(chunk)
		sum += int64(n)
		if errors.Is(err, loop.ErrAgain) {
			return sum
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// settle returns when a single loop has told of everything that had happened before: it asks for an event of another socket
// twice, the second in a round that began after the call.
func settle(t *testing.T, l *loop.Loops) {
	t.Helper()
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Close(pair[1]) }()
	told := make(chan struct{}, 10)
	s, err := l.Attach(pair[0], ready(func(*loop.Socket, []byte, loop.Events) { told <- struct{}{} }))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	for range 2 {
		if err := s.AwaitWrite(); err != nil {
			t.Fatal(err)
		}
		<-told
	}
}

// TestAwaitWrite has a client that does not read, and then does. What else is asked for meanwhile must not end the wait.
func TestAwaitWrite(t *testing.T) {
	cases := map[string]func(s *loop.Socket, h loop.Handler){
		"alone":          func(*loop.Socket, loop.Handler) {},
		"and Again":      func(s *loop.Socket, _ loop.Handler) { s.Again() },
		"and Hand":       func(s *loop.Socket, h loop.Handler) { s.Hand(h) },
		"and AwaitWrite": func(s *loop.Socket, _ loop.Handler) { _ = s.AwaitWrite() },
		"Again in another place": func(s *loop.Socket, _ loop.Handler) {
			done := make(chan bool)
			go func() { s.Again(); close(done) }()
			<-done
		},
	}
	for name, meanwhile := range cases {
		t.Run(name, func(t *testing.T) {
			writable := make(chan struct{}, 1)
			h := ready(func(_ *loop.Socket, _ []byte, what loop.Events) {
				if what&loop.Writable != 0 {
					select {
					case writable <- struct{}{}:
					default:
					}
				}
			})
			c, s := attach(t, start(t, 1), h)
			for range 3 { // the wait can be had again
				sum := fill(t, s)
				if err := s.AwaitWrite(); err != nil {
					t.Fatal(err)
				}
				meanwhile(s, h)
				if _, err := io.CopyN(io.Discard, c, sum); err != nil {
					t.Fatal(err)
				}
				<-writable
			}
		})
	}
}

func TestAwaitWriteNow(t *testing.T) {
	told := make(chan loop.Events, 10)
	c, s := attach(t, start(t, 1), ready(func(_ *loop.Socket, _ []byte, what loop.Events) { told <- what }))
	if err := s.AwaitWrite(); err != nil {
		t.Fatal(err)
	}
	if what := <-told; what != loop.Writable {
		t.Errorf("told %b", what)
	}
	s.Again() // waits for nothing but to read now
	send(t, c, "x")
	if what := <-told; what != loop.Readable {
		t.Errorf("told %b", what)
	}
}

// hander hands the socket on after every byte.
type hander struct {
	got  *bytes.Buffer
	to   *hander
	done chan error
}

func (h *hander) Ready(s *loop.Socket, buffer []byte, _ loop.Events) {
	n, err := s.Read(buffer[:1])
	if errors.Is(err, loop.ErrClosed) { // somebody was using it still when it was closed
		return
	}
	h.got.Write(buffer[:n])
	if err != nil && !errors.Is(err, loop.ErrAgain) {
		_ = s.Close()
		h.done <- err
		return
	}
	s.Hand(h.to)
}

// TestHand hands a socket on in the middle of what it is sent; nothing must be lost, also if others hand it on as well.
func TestHand(t *testing.T) {
	for _, others := range []int{0, 2} {
		t.Run(fmt.Sprint(others), func(t *testing.T) {
			sent := strings.Repeat("0123456789abcdef", 500)
			got, done := new(bytes.Buffer), make(chan error, 1)
			first, second := &hander{got: got, done: done}, &hander{got: got, done: done}
			first.to, second.to = second, first
			c, s := attach(t, start(t, 1), first)
			var all sync.WaitGroup
			for range others {
				all.Go(func() {
					for !errors.Is(s.AwaitWrite(), loop.ErrClosed) {
						s.Hand(first)
						runtime.Gosched()
						s.Hand(second)
					}
				})
			}
			send(t, c, sent)
			_ = c.CloseWrite()
			if err := <-done; !errors.Is(err, io.EOF) || got.String() != sent {
				t.Errorf("%d bytes of %d: %v", got.Len(), len(sent), err)
			}
			all.Wait()
		})
	}
}

func TestDetach(t *testing.T) {
	conns := make(chan net.Conn, 1)
	c, fd := connect(t, listen(t))
	send(t, c, "unread")
	await(t, fd, syscall.EPOLLIN)
	s, err := start(t, 1).Attach(fd, ready(func(s *loop.Socket, buffer []byte, _ loop.Events) {
		if _, err := s.Read(buffer[:2]); err != nil {
			t.Error(err)
		}
		conn, err := s.Detach()
		if err != nil {
			t.Error(err)
		}
		conns <- conn
	}))
	if err != nil {
		t.Fatal(err)
	}
	conn := <-conns
	defer func() { _ = conn.Close() }()
	if _, err := s.Read(make([]byte, 1)); !errors.Is(err, loop.ErrClosed) {
		t.Error(err)
	}
	expect(t, conn, "read")
	send(t, c, "hello")
	expect(t, conn, "hello")
	_ = conn.SetReadDeadline(time.Unix(1, 0))
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("it does not wait as others do:", err)
	}
	_ = conn.Close()
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Error("somebody keeps it open:", err)
	}
	if _, err := s.Detach(); !errors.Is(err, loop.ErrClosed) {
		t.Error(err)
	}
}

func TestCloseWrite(t *testing.T) {
	c, s := attach(t, start(t, 1), &echo{tb: t})
	if err := s.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
	if _, err := s.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
		t.Error(err)
	}
}

func TestRemoteAddr(t *testing.T) {
	l := start(t, 1)
	for _, at := range []string{"127.0.0.1:0", "[::1]:0", "[::]:0"} {
		ln, err := net.Listen("tcp", at)
		if err != nil {
			t.Logf("no %s here: %v", at, err)
			continue
		}
		froms, sockets := make(chan netip.AddrPort, 1), make(chan *loop.Socket, 1)
		acceptor, err := l.Accept(ln.(*net.TCPListener), func(fd int, from netip.AddrPort) {
			s, err := l.Attach(fd, ignore)
			if err != nil {
				t.Error(err)
			}
			froms <- from
			sockets <- s
		})
		if err != nil {
			t.Fatal(err)
		}
		to := "127.0.0.1"
		if at == "[::1]:0" {
			to = "::1"
		}
		_, port, _ := net.SplitHostPort(ln.Addr().String())
		c, err := net.Dial("tcp", net.JoinHostPort(to, port))
		if err != nil {
			t.Fatal(err)
		}
		want := netip.MustParseAddrPort(c.LocalAddr().String())
		s := <-sockets
		if from := <-froms; from != want || s.RemoteAddr() != want {
			t.Errorf("%s: %v, %v, want %v", at, from, s.RemoteAddr(), want)
		}
		_ = s.Close()
		if s.RemoteAddr().IsValid() {
			t.Error("a closed socket has an address")
		}
		_, _ = c.Close(), ln.Close()
		acceptor.Close()
	}
}

func TestLimitUnacknowledged(t *testing.T) {
	c, fd := connect(t, listen(t))
	s, err := start(t, 1).Attach(fd, ignore)
	if err != nil {
		t.Fatal(err)
	}
	s.LimitUnacknowledged(12_345)
	const tcpUserTimeout = 0x12
	if got, err := syscall.GetsockoptInt(fd, syscall.IPPROTO_TCP, tcpUserTimeout); got != 12_345 || err != nil {
		t.Error(got, err)
	}
	_, _ = s.Close(), c.Close()
}
