//go:build linux

package loop_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"syscall"
	"testing"

	"gangway/internal/loop"
)

func TestEcho(t *testing.T) {
	const clients, size = 32, 1 << 20
	ended := make(chan error, clients)
	ln := serve(t, start(t, 0), func() loop.Handler { return &echo{tb: t, ended: ended} })
	var all sync.WaitGroup
	for i := range clients {
		c := dial(t, ln)
		sent := make([]byte, size)
		_, _ = rand.NewChaCha8([32]byte{byte(i)}).Read(sent)
		all.Go(func() {
			for rest := sent; len(rest) > 0; {
				n := min(len(rest), 1+rand.IntN(3*loop.BufferSize))
				if _, err := c.Write(rest[:n]); err != nil {
					t.Error(err)
				}
				rest = rest[n:]
			}
			if err := c.CloseWrite(); err != nil {
				t.Error(err)
			}
		})
		all.Go(func() {
			if got, err := io.ReadAll(c); err != nil || !bytes.Equal(got, sent) {
				t.Errorf("client %d: %d bytes of %d: %v", i, len(got), size, err)
			}
		})
	}
	all.Wait()
	for range clients {
		if err := <-ended; !errors.Is(err, io.EOF) {
			t.Error(err)
		}
	}
}

// TestReady is what a handler is told first, of what has happened before Attach.
func TestReady(t *testing.T) {
	cases := map[string]struct {
		before func(t *testing.T, c *net.TCPConn)
		await  uint32
		what   loop.Events
		data   string
		end    error
	}{
		"data": {
			func(t *testing.T, c *net.TCPConn) { t.Helper(); send(t, c, "hello") },
			syscall.EPOLLIN, loop.Readable, "hello", loop.ErrAgain,
		},
		"data and the end": {
			func(t *testing.T, c *net.TCPConn) { t.Helper(); send(t, c, "bye"); _ = c.CloseWrite() },
			rdhup, loop.Readable | loop.Ended, "bye", io.EOF,
		},
		"the end": {
			func(_ *testing.T, c *net.TCPConn) { _ = c.Close() },
			rdhup, loop.Readable | loop.Ended, "", io.EOF,
		},
		"a reset": {
			func(_ *testing.T, c *net.TCPConn) { _ = c.SetLinger(0); _ = c.Close() },
			syscall.EPOLLHUP, loop.Readable | loop.Ended, "", syscall.ECONNRESET,
		},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			l := start(t, 1)
			c, fd := connect(t, listen(t))
			test.before(t, c)
			await(t, fd, test.await)
			done := make(chan struct{})
			s, err := l.Attach(fd, ready(func(s *loop.Socket, buffer []byte, what loop.Events) {
				var data []byte
				var end error
				for end == nil {
					var n int
					n, end = s.Read(buffer)
					data = append(data, buffer[:n]...)
				}
				if what != test.what || string(data) != test.data || !errors.Is(end, test.end) {
					t.Errorf("told %b, read %q, then %v", what, data, end)
				}
				_ = s.Close()
				close(done)
			}))
			if err != nil {
				t.Fatal(err)
			}
			<-done
			if _, err := s.Read(make([]byte, 1)); !errors.Is(err, loop.ErrClosed) {
				t.Error(err)
			}
		})
	}
}

func TestReadByByte(t *testing.T) {
	const text = "what is left unread has to be asked for"
	got := make(chan byte, len(text))
	c, _ := attach(t, start(t, 1), ready(func(s *loop.Socket, buffer []byte, _ loop.Events) {
		if _, err := s.Read(buffer[:1]); err == nil {
			got <- buffer[0]
			s.Again()
		}
	}))
	send(t, c, text)
	for i := range len(text) {
		if b := <-got; b != text[i] {
			t.Fatalf("%q at %d", b, i)
		}
	}
}

// TestStuckHandler blocks a loop, which no handler should, and expects that of the others.
func TestStuckHandler(t *testing.T) {
	l := start(t, 2)
	free := block(t, l)
	second, _ := attach(t, l, &echo{tb: t})
	for range 100 {
		send(t, second, "hello")
		expect(t, second, "hello")
	}
	free()
}

// block has a handler block one of the loops, until the function that is returned is called.
func block(t *testing.T, l *loop.Loops) (free func()) {
	t.Helper()
	blocked, freed := make(chan struct{}), make(chan struct{})
	var once sync.Once
	c, _ := attach(t, l, ready(func(*loop.Socket, []byte, loop.Events) {
		once.Do(func() { close(blocked) })
		<-freed
	}))
	send(t, c, "x")
	<-blocked
	return func() { close(freed) }
}

// TestBatch has more happen than is told of at a time, while the loop is stuck; then nothing happens any more.
func TestBatch(t *testing.T) {
	const sockets = 600
	l := start(t, 1)
	ln := listen(t)
	free := block(t, l)
	told := make(chan struct{}, sockets)
	h := ready(func(s *loop.Socket, _ []byte, _ loop.Events) {
		_ = s.Close()
		told <- struct{}{}
	})
	for range sockets {
		c, fd := connect(t, ln)
		send(t, c, "x")
		await(t, fd, syscall.EPOLLIN)
		if _, err := l.Attach(fd, h); err != nil {
			t.Fatal(err)
		}
	}
	free()
	for range sockets {
		<-told
	}
}

// TestStaleEvent has a handler close a socket that the loop is about to tell of, and another one get its descriptor.
func TestStaleEvent(t *testing.T) {
	l := start(t, 1)
	ln := listen(t)
	free := block(t, l)
	formerClient, fd := connect(t, ln)
	former, err := l.Attach(fd, ignore)
	if err != nil {
		t.Fatal(err)
	}
	client, closer := connect(t, ln)
	_, latter := connect(t, ln)
	done := make(chan struct{})
	var once sync.Once
	replace := func() {
		_ = former.Close()
		if err := syscall.Dup3(latter, fd, syscall.O_CLOEXEC); err != nil {
			t.Error(err)
		}
		told := ready(func(*loop.Socket, []byte, loop.Events) { t.Error("told of the former") })
		if _, err := l.Attach(fd, told); err != nil {
			t.Error(err)
		}
		close(done)
	}
	if _, err := l.Attach(closer, ready(func(*loop.Socket, []byte, loop.Events) { once.Do(replace) })); err != nil {
		t.Fatal(err)
	}
	send(t, client, "x")
	await(t, closer, syscall.EPOLLIN)
	send(t, formerClient, "x")
	await(t, fd, syscall.EPOLLIN)
	free()
	<-done
	settle(t, l)
	l.Close() // before the clients go
	_ = syscall.Close(latter)
}

// TestEager has more sockets than are told of at a time, which always have something to say.
func TestEager(t *testing.T) {
	l := start(t, 1)
	ln := listen(t)
	eager := ready(func(s *loop.Socket, _ []byte, _ loop.Events) { s.Again() })
	for range 300 {
		c, fd := connect(t, ln)
		send(t, c, "x")
		s, err := l.Attach(fd, eager)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
	}
	c, _ := attach(t, l, &echo{tb: t})
	for range 20 {
		send(t, c, "hello")
		expect(t, c, "hello")
	}
	l.Close() // comes to its end, too
}

func TestPanic(t *testing.T) {
	l := start(t, 1)
	first, s := attach(t, l, ready(func(*loop.Socket, []byte, loop.Events) { panic("by a handler") }))
	second, _ := attach(t, l, &echo{tb: t})
	send(t, first, "x")
	if _, err := first.Read(make([]byte, 1)); err == nil {
		t.Error("the socket of a handler that panicked lives")
	}
	if err := s.Close(); !errors.Is(err, loop.ErrClosed) {
		t.Error(err)
	}
	send(t, second, "hello")
	expect(t, second, "hello")
}

func TestCloseLoops(t *testing.T) {
	l, err := loop.New(2)
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	c, s := attach(t, l, ready(func(*loop.Socket, []byte, loop.Events) { calls++ }))
	send(t, c, "x")
	l.Close()
	told := calls        // nobody else counts any more
	other := start(t, 2) // has the descriptors of the former
	send(t, c, "y")
	s.Again()
	s.Hand(ignore)
	if err := s.AwaitWrite(); !errors.Is(err, loop.ErrClosed) {
		t.Error(err)
	}
	_, fd := connect(t, listen(t))
	if _, err := l.Attach(fd, ignore); !errors.Is(err, loop.ErrClosed) {
		t.Error(err)
	}
	if err := syscall.Fstat(fd, new(syscall.Stat_t)); !errors.Is(err, syscall.EBADF) {
		t.Error("the descriptor was left open:", err)
	}
	if _, err := s.Write([]byte("still open")); err != nil {
		t.Error(err)
	}
	expect(t, c, "still open")
	l.Close()
	if calls != told {
		t.Error("a closed loop calls")
	}
	third, _ := attach(t, other, &echo{tb: t})
	send(t, third, "hello")
	expect(t, third, "hello")
}

func TestNothingAllocated(t *testing.T) {
	c, _ := attach(t, start(t, 1), &echo{tb: t})
	b := make([]byte, 64)
	if n := testing.AllocsPerRun(1000, func() {
		_, _ = c.Write(b)
		_, _ = io.ReadFull(c, b)
	}); n != 0 {
		t.Errorf("%v allocations for each message", n)
	}
}

// TestIdleSocket bounds what a socket that is idle costs of the heap: 48 bytes, and 8 in the table. There is room for what
// the rest of the program allocates meanwhile.
func TestIdleSocket(t *testing.T) {
	const count, most = 1000, 128
	l := start(t, 1)
	fds := make([]int, 0, 2*count)
	defer func() {
		for _, fd := range fds[:len(fds)/2] {
			_ = syscall.Close(fd)
		}
	}()
	for range count {
		pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		fds = append(fds, pair[0], pair[1])
	}
	sockets := make([]*loop.Socket, count)
	before := heap()
	for i := range sockets {
		s, err := l.Attach(fds[count+i], ignore)
		if err != nil {
			t.Fatal(err)
		}
		sockets[i] = s
	}
	if each := (heap() - before) / count; each > most {
		t.Errorf("%d bytes for a socket", each)
	}
	for _, s := range sockets {
		_ = s.Close()
	}
}

// heap is how many bytes are in use.
func heap() int64 {
	runtime.GC()
	runtime.GC() // what the first found to be finalized
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
