//go:build linux

package loop_test

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"testing"

	"gangway/internal/loop"
)

// echo sends back what comes.
type echo struct{ ended chan error }

func (e *echo) Ready(s *loop.Socket, buffer []byte, what loop.Events) {
	for {
		n, err := s.Read(buffer)
		if errors.Is(err, loop.ErrAgain) {
			return
		}
		if err != nil {
			_ = s.Close()
			e.ended <- err
			return
		}
		if _, err := s.Write(buffer[:n]); err != nil {
			e.ended <- err
			return
		}
		if n < len(buffer) && what&loop.Ended == 0 {
			return
		}
	}
}

func TestEcho(t *testing.T) {
	loops, err := loop.New(0)
	if err != nil {
		t.Fatal(err)
	}
	defer loops.Close()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	e := &echo{make(chan error, 1)}
	acceptor, err := loops.Accept(ln.(*net.TCPListener), func(fd int, _ netip.AddrPort) {
		if _, err := loops.Attach(fd, e); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer acceptor.Close()
	for range 100 {
		c, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if _, err := io.WriteString(c, "hello"); err != nil {
				t.Fatal(err)
			}
			b := make([]byte, 5)
			if _, err := io.ReadFull(c, b); err != nil || string(b) != "hello" {
				t.Fatal(string(b), err)
			}
		}
		_ = c.Close()
		if err := <-e.ended; !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
	}
}

func BenchmarkEcho(b *testing.B) {
	loops, err := loop.New(0)
	if err != nil {
		b.Fatal(err)
	}
	defer loops.Close()
	ln, _ := net.Listen("tcp", "127.0.0.1:0")
	defer func() { _ = ln.Close() }()
	e := &echo{make(chan error, 1000)}
	acceptor, err := loops.Accept(ln.(*net.TCPListener), func(fd int, _ netip.AddrPort) { _, _ = loops.Attach(fd, e) })
	if err != nil {
		b.Fatal(err)
	}
	defer acceptor.Close()
	c, _ := net.Dial("tcp", ln.Addr().String())
	buf := make([]byte, 64)
	for b.Loop() {
		_, _ = c.Write(buf)
		_, _ = io.ReadFull(c, buf)
	}
	_ = c.Close()
}
