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

	mu     sync.Mutex // held while accept is called, so that Close can wait for it; guards the rest
	closed bool
	paused bool // a timer runs
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
	err = conn.Control(func(original uintptr) { fd, failed = duplicate(int(original)) })
	if err := errors.Join(err, failed); err != nil {
		return nil, fmt.Errorf("loop: %w", err)
	}
	limit := Descriptors()
	a := &Acceptor{accept: accept, most: limit - min(reserve, limit/4)}
	a.mu.Lock() // until socket is there
	defer a.mu.Unlock()
	a.socket, err = l.Attach(fd, a)
	if err != nil {
		return nil, err
	}
	return a, nil
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
	if a.closed || a.paused || !s.use() {
		return false
	}
	defer s.done()
	if !a.room(int(s.fd)) {
		a.pause(s)
		return false
	}
	fd, from, err := syscall.Accept4(int(s.fd), syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC)
	switch {
	case err == nil:
		_ = syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1) // if that fails it has ended already
		a.give(fd, addressOf(from))
		return true
	case errors.Is(err, syscall.EAGAIN):
		return false
	case errors.Is(err, syscall.EINTR), errors.Is(err, syscall.ECONNABORTED):
		return true
	}
	a.pause(s)
	return false
}

// room tries whether the lowest descriptor that is free is ours to take. To take a connection and look then would lose one.
func (a *Acceptor) room(listener int) bool {
	fd, err := duplicate(listener)
	if err != nil {
		return false
	}
	_ = syscall.Close(fd) // it was open a moment ago
	return fd < a.most
}

// give calls accept. If that panics, its descriptor is lost: nobody can say whose it is by then.
func (a *Acceptor) give(fd int, from netip.AddrPort) {
	defer func() { _ = recover() }() // the listener is everybody's
	a.accept(fd, from)
}

// pause has nothing taken for a while, however many come meanwhile.
func (a *Acceptor) pause(s *Socket) {
	a.paused = true
	time.AfterFunc(acceptPause, func() {
		a.mu.Lock()
		a.paused = false
		a.mu.Unlock()
		s.Again()
	})
}

// Close takes no more connections. No call of accept begins after it has returned, and none is under way; it must not be called
// by accept.
func (a *Acceptor) Close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
	_ = a.socket.Close() // again, perhaps
}
