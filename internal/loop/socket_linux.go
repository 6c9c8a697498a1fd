package loop

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
)

// A Socket is a connection that a loop watches. Its methods may be called from anywhere at any time, also by its handler; what
// is done after Close fails with [ErrClosed], and never reaches a later socket with the same descriptor.
type Socket struct {
	loop       *one
	fd         int32
	generation int32
	// uses counts who uses the descriptor, and has the bit closed once nobody may any more: the last one closes it.
	uses atomic.Uint32

	mu      sync.Mutex // guards the rest, and is held while the kernel is told of awaited
	awaited uint32     // what the socket is watched for besides: EPOLLOUT or nothing
	handler Handler
}

const closed = 1 << 31

// use keeps the descriptor open until done, or says that it is not.
func (s *Socket) use() bool {
	if s.uses.Add(1)&closed == 0 {
		return true
	}
	s.done()
	return false
}

// done ends a use.
func (s *Socket) done() {
	if s.uses.Add(^uint32(0)) == closed {
		s.release()
	}
}

// release closes the descriptor. With it the kernel would forget that it was watched, but only if that was the last one of the
// socket: a listener has others, and so has everything while another program is being started.
func (s *Socket) release() {
	// Whoever uses a closed socket in vain passes the count of none again.
	if !s.uses.CompareAndSwap(closed, closed|closed>>1) {
		return
	}
	_ = s.loop.control(syscall.EPOLL_CTL_DEL, s, 0) // a loop that is closed watches nothing
	s.loop.all.table.remove(s)
	_ = syscall.Close(int(s.fd)) // there is nobody to be told
}

// Close closes the socket, once those who are using it in this moment have done so. Nobody is told: a call of Ready that is
// under way goes on, and may be followed by one more.
func (s *Socket) Close() error {
	for {
		uses := s.uses.Load()
		if uses&closed != 0 {
			return ErrClosed
		}
		if s.uses.CompareAndSwap(uses, uses|closed) {
			if uses == 0 {
				s.release()
			}
			return nil
		}
	}
}

// Read reads what is there, without waiting. The error is [ErrAgain] if that is nothing, and [io.EOF] at the end. Less than
// p has room for means that nothing more is there, unless Ready has told of the end. (Urgent data divides what is read, too: who
// sends it may have to send more before all is told of.)
func (s *Socket) Read(p []byte) (int, error) {
	if !s.use() {
		return 0, ErrClosed
	}
	defer s.done()
	for {
		n, err := readNow(int(s.fd), p)
		switch {
		case n > 0:
			return n, nil
		case err == 0:
			return 0, io.EOF
		case err == syscall.EAGAIN:
			return 0, ErrAgain
		case err != syscall.EINTR:
			return 0, os.NewSyscallError("read", err)
		}
	}
}

// Write writes what the socket takes, without waiting. The error is [ErrAgain] if that is not all.
func (s *Socket) Write(p []byte) (n int, err error) {
	if !s.use() {
		return 0, ErrClosed
	}
	defer s.done()
	for n < len(p) {
		wrote, err := writeNow(int(s.fd), p[n:])
		switch {
		case wrote > 0:
			n += wrote
		case err == syscall.EAGAIN:
			return n, ErrAgain
		case err != syscall.EINTR:
			return n, os.NewSyscallError("write", err)
		}
	}
	return n, nil
}

// Again has Ready called if there is something to read, or the end has come. Who waits to write goes on waiting.
func (s *Socket) Again() { _ = s.watch(0) } // it fails only when nobody is to be told any more

// AwaitWrite has Ready called, with [Writable], once the socket takes bytes.
func (s *Socket) AwaitWrite() error { return s.watch(syscall.EPOLLOUT) }

// watch has the kernel look at the socket anew, and tell what is so already.
func (s *Socket) watch(also uint32) error {
	if !s.use() {
		return ErrClosed
	}
	defer s.done()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.awaited |= also
	return s.loop.control(syscall.EPOLL_CTL_MOD, s, watched|s.awaited)
}

// Hand has another handler told from now on. A call of the former may be under way; what it has not read, the other finds.
func (s *Socket) Hand(to Handler) {
	s.mu.Lock()
	s.handler = to
	s.mu.Unlock()
	s.Again()
}

// Depart is for a handler that has to wait: another goroutine goes on with the loop, while this call of Ready becomes nobody's
// concern. It is called on the goroutine of that call and once at most; the buffer is not the handler's any more.
func (s *Socket) Depart() {
	s.loop.shift.over = true
	go s.loop.run()
}

// CloseWrite tells the other side that nothing more will come.
func (s *Socket) CloseWrite() error { return s.shut(syscall.SHUT_WR) }

// Shutdown ends the connection both ways. The handler finds the end.
func (s *Socket) Shutdown() error { return s.shut(syscall.SHUT_RDWR) }

func (s *Socket) shut(how int) error {
	if !s.use() {
		return ErrClosed
	}
	defer s.done()
	return os.NewSyscallError("shutdown", syscall.Shutdown(int(s.fd), how))
}

// Reset ends the connection so that the other side finds it broken, and the kernel keeps nothing that was not sent. The handler
// finds the end.
func (s *Socket) Reset() {
	if !s.use() {
		return
	}
	defer s.done()
	if disconnect(int(s.fd)) != 0 {
		_ = syscall.Shutdown(int(s.fd), syscall.SHUT_RDWR)
	}
}

// LimitUnacknowledged ends the connection when bytes sent stay unacknowledged for so many milliseconds: TCP_USER_TIMEOUT.
func (s *Socket) LimitUnacknowledged(milliseconds int) {
	if !s.use() {
		return
	}
	defer s.done()
	const tcpUserTimeout = 0x12                                                             // tcp(7); package syscall lacks it
	_ = syscall.SetsockoptInt(int(s.fd), syscall.IPPROTO_TCP, tcpUserTimeout, milliseconds) // on a Unix-domain socket it fails, and means nothing
}

// RemoteAddr is the address of the other end; the zero one if it is not known any more.
func (s *Socket) RemoteAddr() netip.AddrPort {
	if !s.use() {
		return netip.AddrPort{}
	}
	defer s.done()
	peer, err := syscall.Getpeername(int(s.fd))
	if err != nil {
		return netip.AddrPort{}
	}
	return addressOf(peer)
}

// Detach takes the socket out of its loop and gives it to who rather waits. Nobody else must be using it: what is read
// meanwhile, by the handler for example, is lost to the connection. If it fails, the socket is closed.
func (s *Socket) Detach() (net.Conn, error) {
	if !s.use() {
		return nil, ErrClosed
	}
	copied, err := duplicate(int(s.fd))
	s.done()
	_ = s.Close() // it is open
	if err != nil {
		return nil, fmt.Errorf("loop: %w", os.NewSyscallError("fcntl", err))
	}
	file := os.NewFile(uintptr(copied), "")
	conn, err := net.FileConn(file)
	return conn, errors.Join(err, file.Close())
}

// addressOf is an address of the kernel's; the zero one for those of other networks than IP. What came by IPv4 to a socket of
// IPv6 is an address of IPv4.
func addressOf(address syscall.Sockaddr) netip.AddrPort {
	switch a := address.(type) {
	case *syscall.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *syscall.SockaddrInet6:
		ip := netip.AddrFrom16(a.Addr).Unmap()
		if a.ZoneId != 0 {
			ip = ip.WithZone(strconv.Itoa(int(a.ZoneId))) // to ask for its name could take a while
		}
		return netip.AddrPortFrom(ip, uint16(a.Port))
	default:
		return netip.AddrPort{}
	}
}
