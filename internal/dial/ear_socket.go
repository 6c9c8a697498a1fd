//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package dial

import (
	"net"
	"os"
	"syscall"
)

// An ear tells whether a connection is quiet, by asking its socket, and writes to it and reads from it in one go.
type ear struct {
	conn  net.Conn
	raw   syscall.RawConn // nil: it is no socket
	ask   func(fd uintptr)
	step  func(fd uintptr) (done bool)
	noise error // what asking has found; EAGAIN: nothing
	room  [1]byte
	talk
}

// A talk is a request that is written, and the response that is waited for.
type talk struct {
	out, in       []byte
	known, begun  bool
	written, read int
	failed        error
}

func (e *ear) listen(conn net.Conn) {
	socket, ok := conn.(syscall.Conn)
	if !ok {
		return
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return
	}
	e.conn, e.raw, e.ask, e.step = conn, raw, e.peek, e.speak
}

// peek finds the end, an error or something unasked; or nothing, which is what is hoped for.
func (e *ear) peek(fd uintptr) {
	_, _, e.noise = syscall.Recvfrom(int(fd), e.room[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
}

func (e *ear) quiet(w *wire) bool {
	if e.raw == nil {
		return waits(w)
	}
	e.noise = nil
	return e.raw.Control(e.ask) == nil && is(e.noise, syscall.EAGAIN)
}

// converse asks whether the connection is quiet, unless that is known, and if so writes a request, waits and reads what comes first.
// It may do less, and leave the rest to others: all of it, where there is no socket. The error is errNoise, or that of the system.
//
// A response is never there yet when its request has just been written, and to look all the same costs a system call. Here the
// goroutine waits without having looked. The poller has been told before the request is written, so what comes after that wakes
// it; and what came before that, peek has found.
func (e *ear) converse(out, in []byte, quiet bool) (written, read int, err error) {
	if e.raw == nil {
		return 0, 0, nil
	}
	e.talk = talk{out: out, in: in, known: quiet}
	_ = e.raw.Read(e.step) // a deadline: who goes on will run into it, too
	written, read, err = e.written, e.read, e.failed
	e.talk = talk{}
	return written, read, err
}

// speak is called by the poller: at once, and then whenever there may be something to read.
func (e *ear) speak(fd uintptr) (done bool) {
	if e.begun {
		n, err := syscall.Read(int(fd), e.in)
		for is(err, syscall.EINTR) {
			n, err = syscall.Read(int(fd), e.in)
		}
		if is(err, syscall.EAGAIN) {
			return false
		}
		e.read, e.failed = max(n, 0), e.wrapped("read", err)
		return true
	}
	e.begun = true
	if !e.known {
		if e.peek(fd); !is(e.noise, syscall.EAGAIN) {
			e.failed = errNoise
			return true
		}
	}
	n, err := syscall.Write(int(fd), e.out)
	if e.written = max(n, 0); !is(err, syscall.EAGAIN) && !is(err, syscall.EINTR) {
		e.failed = e.wrapped("write", err)
	}
	return e.written < len(e.out)
}

// wrapped is an error as package net has it.
func (e *ear) wrapped(call string, err error) error {
	if err == nil {
		return nil
	}
	return &net.OpError{
		Op: call, Net: "tcp", Source: e.conn.LocalAddr(), Addr: e.conn.RemoteAddr(), Err: os.NewSyscallError(call, err),
	}
}

// is compares what a system call has returned, which nobody has wrapped.
func is(err, errno error) bool { return err == errno } //nolint:errorlint // see there
