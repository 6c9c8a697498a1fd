//go:build linux

package functions_test

import (
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"gangway/internal/functions"
)

// asNobody does something with the sockets of another user, on a thread that is not used for anything else.
func asNobody(t *testing.T, do func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can be somebody else")
	}
	const nobody, same = 65534, ^uintptr(0)
	done := make(chan syscall.Errno)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		_, _, failed := syscall.RawSyscall(syscall.SYS_SETRESUID, same, nobody, same)
		if failed == 0 {
			do()
		}
		done <- failed
	}()
	if failed := <-done; failed != 0 {
		t.Fatal(failed)
	}
}

// TestStrangers: another user of the machine gets no event and gives no answer.
func TestStrangers(t *testing.T) {
	s := newStand(t, functions.Config{}, native(t, "environment", "environment"))
	address := s.runtimeAPI()
	asNobody(t, func() {
		for _, sent := range []string{"GET /2018-06-01/runtime/invocation/next", "POST /2018-06-01/runtime/invocation/x/response", "GET /"} {
			conn, err := net.DialTimeout("tcp", address, patience)
			if err != nil {
				t.Error(err)
				return
			}
			_ = conn.SetDeadline(time.Now().Add(patience))
			_, _ = io.WriteString(conn, sent+" HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
			if answer, _ := io.ReadAll(conn); len(answer) > 0 {
				t.Errorf("%s was answered: %s", sent, answer)
			}
			_ = conn.Close()
		}
	})
	if line := s.line("a connection by another user was refused", 1); line.Kind != functions.Notice || line.Function != "environment" {
		t.Errorf("%+v", line)
	}
	s.ok("environment", "{}")
}

// TestPeers: both ways to find whose a connection is see the same, of sockets of either family.
func TestPeers(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	ours := netip.MustParseAddrPort(listener.Addr().String())
	ends := func(conn net.Conn) (peer netip.AddrPort, accepted net.Conn) {
		accepted, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _, _ = conn.Close(), accepted.Close() })
		return netip.MustParseAddrPort(accepted.RemoteAddr().String()), accepted
	}
	own := map[string]net.Conn{"of four bytes": dialled(t, ours.String()), "of sixteen": mapped(t, ours)}
	for name, conn := range own {
		peer, accepted := ends(conn)
		for way, find := range map[string]func(_, _ netip.AddrPort) (int, error){"asked": functions.AskKernel, "looked up": functions.LookUp} {
			if uid, err := find(peer, ours); err != nil || uid != os.Geteuid() {
				t.Errorf("%s, %s: %d, %v", name, way, uid, err)
			}
			if uid, err := find(netip.AddrPortFrom(peer.Addr(), 1), ours); err == nil {
				t.Errorf("%s: %d has a socket that there is not", way, uid)
			}
		}
		if err := functions.Vouched(accepted); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	var theirs net.Conn
	asNobody(t, func() { theirs, err = net.DialTimeout("tcp", ours.String(), patience) })
	if err != nil {
		t.Fatal(err)
	}
	peer, accepted := ends(theirs)
	if uid, err := functions.LookUp(peer, ours); err != nil || uid != 65534 {
		t.Errorf("%d, %v", uid, err)
	}
	if err := functions.Vouched(accepted); err == nil || !strings.Contains(err.Error(), "another user") {
		t.Errorf("got %v", err)
	}
}

// mapped connects by a socket of IPv6, as runtimes do that know no other.
func mapped(t *testing.T, to netip.AddrPort) net.Conn {
	t.Helper()
	socket, err := syscall.Socket(syscall.AF_INET6, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Skip("there is no IPv6 here")
	}
	file := os.NewFile(uintptr(socket), "mapped")
	defer func() { _ = file.Close() }() // the connection has its own
	if err := syscall.Connect(socket, &syscall.SockaddrInet6{Port: int(to.Port()), Addr: netip.AddrFrom16(to.Addr().As16()).As16()}); err != nil {
		t.Fatal(err)
	}
	conn, err := net.FileConn(file)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// BenchmarkVouched is what a connection costs because it is asked about.
func BenchmarkVouched(b *testing.B) {
	listener, err := (&net.ListenConfig{}).Listen(b.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	accepted, err := listener.Accept()
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = accepted.Close() }()
	for b.Loop() {
		if err := functions.Vouched(accepted); err != nil {
			b.Fatal(err)
		}
	}
}
