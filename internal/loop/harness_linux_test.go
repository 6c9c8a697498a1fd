package loop_test

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
	"testing"

	"gangway/internal/loop"
)

// rdhup is EPOLLRDHUP: the other side has closed or half-closed.
const rdhup = syscall.EPOLLRDHUP

// ready is a handler that is a function.
type ready func(s *loop.Socket, buffer []byte, what loop.Events)

func (f ready) Ready(s *loop.Socket, buffer []byte, what loop.Events) { f(s, buffer, what) }

// ignore is a handler that does nothing.
var ignore = ready(func(*loop.Socket, []byte, loop.Events) {})

// start starts loops that end with the test.
func start(tb testing.TB, count int) *loop.Loops {
	tb.Helper()
	l, err := loop.New(count)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(l.Close)
	return l
}

// listen listens until the test is over.
func listen(tb testing.TB) *net.TCPListener {
	tb.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = ln.Close() })
	return ln.(*net.TCPListener)
}

// dial connects a client, until the test is over.
func dial(tb testing.TB, ln net.Listener) *net.TCPConn {
	tb.Helper()
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = c.Close() })
	return c.(*net.TCPConn)
}

// serve accepts connections, each with a handler of its own, until the test is over.
func serve(tb testing.TB, l *loop.Loops, handler func() loop.Handler) *net.TCPListener {
	tb.Helper()
	ln := listen(tb)
	acceptor, err := l.Accept(ln, func(fd int, _ netip.AddrPort) {
		if _, err := l.Attach(fd, handler()); err != nil {
			tb.Error(err)
		}
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(acceptor.Close)
	return ln
}

// connect returns both ends of a connection: a client, and a descriptor of our side that nothing else refers to.
func connect(tb testing.TB, ln *net.TCPListener) (client *net.TCPConn, fd int) {
	tb.Helper()
	client = dial(tb, ln)
	conn, err := ln.AcceptTCP()
	if err != nil {
		tb.Fatal(err)
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		tb.Fatal(err)
	}
	var failed error
	err = raw.Control(func(original uintptr) { fd, failed = syscall.Dup(int(original)) })
	if err := errors.Join(err, failed, conn.Close()); err != nil {
		tb.Fatal(err)
	}
	return client, fd
}

// attach returns a client and the socket at the other end.
func attach(tb testing.TB, l *loop.Loops, h loop.Handler) (*net.TCPConn, *loop.Socket) {
	tb.Helper()
	client, fd := connect(tb, listen(tb))
	s, err := l.Attach(fd, h)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	return client, s
}

// await waits until the kernel says of a descriptor what we wait for.
func await(tb testing.TB, fd int, what uint32) {
	tb.Helper()
	poll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = syscall.Close(poll) }()
	if err := syscall.EpollCtl(poll, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{Events: what}); err != nil {
		tb.Fatal(err)
	}
	events := make([]syscall.EpollEvent, 1)
	for events[0].Events&what == 0 {
		if _, err := syscall.EpollWait(poll, events, -1); err != nil && !errors.Is(err, syscall.EINTR) {
			tb.Fatal(err)
		}
	}
}

// expect reads what a client is to get.
func expect(tb testing.TB, c io.Reader, want string) {
	tb.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(c, got); err != nil || string(got) != want {
		tb.Fatalf("%q %v, want %q", got[:n], err, want)
	}
}

// send writes what a client has to say.
func send(tb testing.TB, c io.Writer, what string) {
	tb.Helper()
	if _, err := io.WriteString(c, what); err != nil {
		tb.Fatal(err)
	}
}

// echo sends back what comes. It reads no more while the client does not take what was sent.
type echo struct {
	tb      testing.TB
	busy    atomic.Bool
	pending []byte
	ended   chan error // how each came to its end; nil: nobody asks
}

func (e *echo) Ready(s *loop.Socket, buffer []byte, _ loop.Events) {
	if e.busy.Swap(true) {
		e.tb.Error("two calls at once")
	}
	defer e.busy.Store(false)
	for range 4 {
		switch err := e.step(s, buffer); {
		case errors.Is(err, loop.ErrAgain):
			return
		case err != nil:
			_ = s.Close()
			if e.ended != nil {
				e.ended <- err
			}
			return
		}
	}
	s.Again() // others have their turn
}

// step writes what is left, or else reads once and writes it.
func (e *echo) step(s *loop.Socket, buffer []byte) error {
	out := e.pending
	if len(out) == 0 {
		n, err := s.Read(buffer)
		if err != nil {
			return err
		}
		out = buffer[:n]
	}
	n, err := s.Write(out)
	e.pending = nil
	if errors.Is(err, loop.ErrAgain) {
		e.pending = append([]byte(nil), out[n:]...)
		return errors.Join(err, s.AwaitWrite())
	}
	return err
}
