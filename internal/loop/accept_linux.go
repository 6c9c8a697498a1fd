package loop

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

const (
	// acceptBatch is how many connections are taken before other sockets of the loop have their turn.
	acceptBatch = 64
	// reserve is how many descriptors of the process are left to others: to files, to connections to backends, to operators.
	reserve = 64
	// acceptPause is how long no connection is taken after one could not be: until then others may have ended.
	acceptPause = 50 * time.Millisecond
)

// An Acceptor takes the connections of a listener.
type Acceptor struct {
	socket *Socket
	accept func(fd int, from netip.AddrPort)
	most   int // descriptors below are ours to take

	mu     sync.Mutex // held while accept is called, so that Close can wait for it; guards closed
	closed bool
}

// Accept has accept called, on a loop, for each new connection: its descriptor does not block, is not inherited by other
// programs and sends without delay (TCP_NODELAY). It must not block; what it does not attach it has to close. The listener
// must not be used any more, but to ask for its address and to be closed. Where the process runs out of descriptors, the
// last 64 are not touched, and who wants to connect waits.
func (l *Loops) Accept(ln *net.TCPListener, accept func(fd int, from netip.AddrPort)) (*Acceptor, error) {
	conn, err := ln.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("loop: %w", err)
	}
	var fd int
	var failed error
	err = conn.Control(func(original uintptr) {
		// What is set on a listener, its connections have from the start.
		failed = syscall.SetsockoptInt(int(original), syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1)
		if failed == nil {
			fd, failed = duplicate(int(original))
		}
	})
	if err := errors.Join(err, failed); err != nil {
		return nil, fmt.Errorf("loop: %w", err)
	}
	a := &Acceptor{accept: accept, most: limitOfDescriptors() - reserve}
	a.mu.Lock() // until socket is there
	defer a.mu.Unlock()
	a.socket, err = l.Attach(fd, a)
	if err != nil {
		return nil, err
	}
	return a, nil
}

// limitOfDescriptors is RLIMIT_NOFILE.
func limitOfDescriptors() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur > 1<<30 {
		return 1 << 30
	}
	return int(limit.Cur)
}

// Ready implements [Handler].
func (a *Acceptor) Ready(s *Socket, _ []byte, _ Events) {
	for range acceptBatch {
		if !a.next(s) {
			return
		}
	}
	s.Again()
}

// next takes a connection and reports whether there may be more to take now.
func (a *Acceptor) next(s *Socket) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed || !s.use() {
		return false
	}
	defer s.done()
	fd, from, err := syscall.Accept4(int(s.fd), syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC)
	switch {
	case err == nil && fd < a.most:
		a.accept(fd, addressOf(from))
		return true
	case err == nil:
		_ = syscall.Close(fd) // nothing was said
	case errors.Is(err, syscall.EAGAIN):
		return false
	case errors.Is(err, syscall.EINTR), errors.Is(err, syscall.ECONNABORTED):
		return true
	}
	time.AfterFunc(acceptPause, s.Again)
	return false
}

// Close takes no more connections. No call of accept begins after it has returned, and none is under way; it must not be called
// by accept.
func (a *Acceptor) Close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
	_ = a.socket.Close() // again, perhaps
}
