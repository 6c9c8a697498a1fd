package loop_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"

	"gangway/internal/loop"
)

// TestAcceptBatch has more connections wait than are taken at a time.
func TestAcceptBatch(t *testing.T) {
	const clients = 200
	l := start(t, 2)
	ln := listen(t)
	waiting := make([]*net.TCPConn, clients)
	for i := range waiting {
		waiting[i] = dial(t, ln)
		send(t, waiting[i], "hello")
	}
	acceptor, err := l.Accept(ln, func(fd int, _ netip.AddrPort) {
		if delay, err := syscall.GetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY); delay == 0 || err != nil {
			t.Error("a connection sends with delay:", err)
		}
		if _, err := l.Attach(fd, &echo{tb: t}); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer acceptor.Close()
	for _, c := range waiting {
		expect(t, c, "hello")
	}
}

func TestAcceptPanic(t *testing.T) {
	l := start(t, 1)
	ln := listen(t)
	calls := 0
	var lost int
	acceptor, err := l.Accept(ln, func(fd int, _ netip.AddrPort) {
		if calls++; calls == 1 {
			lost = fd
			panic("by accept")
		}
		if _, err := l.Attach(fd, &echo{tb: t}); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	_ = dial(t, ln)
	c := dial(t, ln)
	send(t, c, "hello")
	expect(t, c, "hello")
	acceptor.Close()
	_ = syscall.Close(lost)
}

// TestHammerAccept closes acceptors while clients connect. What accept counts is guarded by nothing but the promise of Close.
func TestHammerAccept(t *testing.T) {
	l := start(t, 2)
	ln := listen(t)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
			}
			if c, err := net.Dial("tcp", ln.Addr().String()); err == nil {
				_ = c.Close()
			}
		}
	}()
	for range 100 {
		count := 0
		first := make(chan struct{})
		acceptor, err := l.Accept(ln, func(fd int, _ netip.AddrPort) {
			if count++; count == 1 {
				close(first)
			}
			_ = syscall.Close(fd)
		})
		if err != nil {
			t.Fatal(err)
		}
		<-first
		acceptor.Close()
		acceptor.Close()
		count = -1
	}
	close(stop)
	<-stopped
}

// few has this program serve with few descriptors, for TestFewDescriptors.
const few = "LOOP_TEST_FEW_DESCRIPTORS"

func TestMain(m *testing.M) {
	if limit, err := strconv.Atoi(os.Getenv(few)); err == nil {
		if err := serveWithFew(uint64(limit)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// serveWithFew echoes, until its standard input ends. To "?" the answer is how many descriptors are free.
func serveWithFew(limit uint64) error {
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
		return err
	}
	l, err := loop.New(2)
	if err != nil {
		return err
	}
	defer l.Close()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	acceptor, err := l.Accept(ln.(*net.TCPListener), func(fd int, _ netip.AddrPort) { _, _ = l.Attach(fd, ready(answer)) })
	if err != nil {
		return err
	}
	defer acceptor.Close()
	if _, err := fmt.Fprintln(os.Stdout, ln.Addr()); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

func answer(s *loop.Socket, buffer []byte, _ loop.Events) {
	for {
		n, err := s.Read(buffer)
		switch {
		case errors.Is(err, loop.ErrAgain):
			return
		case err != nil:
			_ = s.Close()
			return
		case buffer[0] == '?':
			_, _ = s.Write([]byte{byte(free())})
		default:
			_, _ = s.Write(buffer[:n])
		}
	}
}

// free is how many descriptors this process can still have.
func free() int {
	var got []int
	for {
		fd, err := syscall.Dup(0)
		if err != nil {
			break
		}
		got = append(got, fd)
	}
	for _, fd := range got {
		_ = syscall.Close(fd)
	}
	return len(got)
}

// TestFewDescriptors has more clients than the server has descriptors. Nobody must be dropped: who comes late is served when
// others have left, and some descriptors are left to the rest of the program.
func TestFewDescriptors(t *testing.T) {
	const limit, reserve, clients = 256, 64, 300
	addr := startWithFew(t, limit)
	var all []net.Conn
	for range clients {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		send(t, c, "x")
		all = append(all, c)
	}
	expect(t, all[0], "x")
	free := make([]byte, 1)
	for free[0] = 255; free[0] > reserve; { // until the server has taken all that it can
		send(t, all[0], "?")
		if _, err := io.ReadFull(all[0], free); err != nil {
			t.Fatal(err)
		}
	}
	if free[0] < reserve/2 { // one is tried at times, and asking how many there are got in between at others
		t.Errorf("%d descriptors are left", free[0])
	}
	_ = all[0].Close()
	for i, c := range all[1:] {
		got := make([]byte, 1)
		if _, err := io.ReadFull(c, got); err != nil {
			t.Fatalf("client %d: %v", i, err)
		}
		_ = c.Close()
	}
}

// startWithFew starts serveWithFew in another process, and returns its address.
func startWithFew(t *testing.T, limit int) string {
	t.Helper()
	server := exec.CommandContext(t.Context(), os.Args[0])
	server.Env = append(os.Environ(), few+"="+strconv.Itoa(limit))
	server.Stderr = os.Stderr
	in, err := server.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = in.Close(), server.Wait() })
	addr, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return addr[:len(addr)-1]
}
