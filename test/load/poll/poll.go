//go:build linux

// Package poll is the thinnest layer over epoll and non-blocking sockets: loopback, IPv4, nothing but what a load generator and
// the barest of servers need. It knows nothing of WebSockets or HTTP.
//
// Reads and writes never block, so they go to the kernel without telling Go's scheduler. That, and records without pointers in
// the packages above, is what keeps a connection cheaper here than in any server that is measured.
package poll

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"unsafe"
)

// Events that can be waited for.
const (
	Readable = syscall.EPOLLIN
	Writable = syscall.EPOLLOUT
)

// Event says that something can be done with a file. Its Fd is the number that was given to Add, which need not be the file's.
type Event = syscall.EpollEvent

// Poller waits for files.
type Poller struct {
	fd     int
	events [256]Event
}

// New makes a poller.
func New() (*Poller, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	return &Poller{fd: fd}, nil
}

// Add has the poller wait for events of a file, to be told by number.
func (p *Poller) Add(fd int, events uint32, number int32) error {
	return syscall.EpollCtl(p.fd, syscall.EPOLL_CTL_ADD, fd, &Event{Events: events, Fd: number})
}

// Change has it wait for other events of a file.
func (p *Poller) Change(fd int, events uint32, number int32) error {
	return syscall.EpollCtl(p.fd, syscall.EPOLL_CTL_MOD, fd, &Event{Events: events, Fd: number})
}

// Remove forgets a file.
func (p *Poller) Remove(fd int) error { return syscall.EpollCtl(p.fd, syscall.EPOLL_CTL_DEL, fd, nil) }

// Wait waits for events, for so many milliseconds or, if negative, without end. What it returns holds until it is called again.
func (p *Poller) Wait(milliseconds int) ([]Event, error) {
	// Under load something is always there: then the scheduler need not hear of it.
	n, _, errno := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(p.fd), uintptr(unsafe.Pointer(&p.events[0])), uintptr(len(p.events)), 0, 0, 0)
	if errno == 0 && n > 0 || milliseconds == 0 {
		return p.events[:int(n)], nil
	}
	some, err := syscall.EpollWait(p.fd, p.events[:], milliseconds)
	if err != nil && !errors.Is(err, syscall.EINTR) {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	return p.events[:max(0, some)], nil
}

// Read reads what is there. ErrAgain: nothing is.
func Read(fd int, into []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall(syscall.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(into))), uintptr(len(into)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}

// Write writes what the socket takes. ErrAgain: it takes nothing.
func Write(fd int, from []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(from))), uintptr(len(from)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}

// ErrAgain is the error of a file that is not ready.
const ErrAgain = syscall.EAGAIN

// backlog is as many connections as the kernel keeps for a listener, where net.core.somaxconn allows it.
const backlog = 4096

// Listen listens on a port of 127.0.0.1 that the kernel chooses, and returns the address.
func Listen() (fd int, address string, err error) {
	fd, err = socket()
	if err != nil {
		return 0, "", err
	}
	err = errors.Join(syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), syscall.Listen(fd, backlog))
	if err != nil {
		return 0, "", errors.Join(fmt.Errorf("listen: %w", err), syscall.Close(fd))
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		return 0, "", errors.Join(err, syscall.Close(fd))
	}
	at, _ := name.(*syscall.SockaddrInet4)
	return fd, net.JoinHostPort("127.0.0.1", fmt.Sprint(at.Port)), nil
}

// Accept takes a connection. ErrAgain: there is none.
func Accept(listener int) (int, syscall.Errno) {
	fd, _, errno := syscall.RawSyscall6(syscall.SYS_ACCEPT4, uintptr(listener), 0, 0, syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(fd), 0
}

// Resolve reads an address of digits.
func Resolve(address string) (*syscall.SockaddrInet4, error) {
	a, err := net.ResolveTCPAddr("tcp4", address)
	if err != nil || a.IP.To4() == nil {
		return nil, fmt.Errorf("%s is not an address: %w", address, err)
	}
	return &syscall.SockaddrInet4{Port: a.Port, Addr: [4]byte(a.IP.To4())}, nil
}

// bindAddressNoPort is IP_BIND_ADDRESS_NO_PORT of ip(7): the port is chosen when the other end is known, so that one is free as
// long as the pair of addresses has one.
const bindAddressNoPort = 24

// Dial begins a connection from an address. On loopback it is made when this returns, unless the listener's queue is full.
func Dial(from [4]byte, to *syscall.SockaddrInet4) (int, error) {
	fd, err := socket()
	if err != nil {
		return 0, err
	}
	_ = syscall.SetsockoptInt(fd, syscall.SOL_IP, bindAddressNoPort, 1) // without it there are fewer ports
	err = syscall.Bind(fd, &syscall.SockaddrInet4{Addr: from})
	if err == nil {
		err = syscall.Connect(fd, to)
	}
	if err == nil || errors.Is(err, syscall.EINPROGRESS) {
		return fd, nil
	}
	return 0, errors.Join(fmt.Errorf("dial: %w", err), syscall.Close(fd))
}

// DialNow makes a connection, and waits until it is made.
func DialNow(to *syscall.SockaddrInet4) (int, error) {
	fd, err := socket()
	if err != nil {
		return 0, err
	}
	err = syscall.SetNonblock(fd, false)
	if err == nil {
		err = syscall.Connect(fd, to)
	}
	if err == nil {
		err = syscall.SetNonblock(fd, true)
	}
	if err != nil {
		return 0, errors.Join(fmt.Errorf("dial: %w", err), syscall.Close(fd))
	}
	return fd, nil
}

func socket() (int, error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("socket: %w", err)
	}
	return fd, nil
}

// Prompt has a socket send what is written at once.
func Prompt(fd int) { _ = syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1) }

// Close ends a connection.
func Close(fd int) { _ = syscall.Close(fd) }

// Abort ends a connection by a reset, which leaves no port waiting.
func Abort(fd int) {
	_ = syscall.SetsockoptLinger(fd, syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1})
	Close(fd)
}

// MaxFiles raises the number of files that this process may have open as far as it may, and returns it.
func MaxFiles() (int, error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, os.NewSyscallError("getrlimit", err)
	}
	limit.Cur = limit.Max
	return int(limit.Cur), os.NewSyscallError("setrlimit", syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit))
}
