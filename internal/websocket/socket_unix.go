//go:build unix

package websocket

import (
	"errors"
	"io"
	"net"
	"syscall"
	"time"
)

// A rawSocket reads and writes a socket only when it is ready, so that waiting holds no buffer and a write that would wait
// can be left. Its functions run under the lock of one direction of the descriptor: one reader and one writer at a time.
type rawSocket struct {
	w      *waiting
	stream net.Conn
	conn   syscall.RawConn
	pull   func(fd uintptr) bool // bound once: a method value would be allocated for every call
	push   func(fd uintptr) bool

	n       int // the reader's
	readErr error

	wait     bool // the writer's
	writeErr error
}

// newRawSocket returns nil if the stream is not a plain socket.
func newRawSocket(w *waiting, stream net.Conn) *rawSocket {
	stream = unwrap(stream)
	var conn syscall.RawConn
	var err error
	switch t := stream.(type) {
	case *net.TCPConn:
		conn, err = t.SyscallConn()
	case *net.UnixConn:
		conn, err = t.SyscallConn()
	default:
		return nil
	}
	if err != nil {
		return nil
	}
	s := &rawSocket{w: w, stream: stream, conn: conn}
	s.pull, s.push = s.pullFrom, s.pushTo
	return s
}

// read waits for bytes and borrows a buffer for them.
func (s *rawSocket) read() ([]byte, error) {
	s.n, s.readErr = 0, nil
	if err := s.conn.Read(s.pull); err != nil {
		return nil, err
	}
	if s.readErr != nil {
		return nil, s.readErr
	}
	return s.w.chunk[:s.n], nil
}

// pullFrom borrows a buffer only for the moment of reading: while it waits, it has none.
func (s *rawSocket) pullFrom(fd uintptr) (done bool) {
	in := s.w
	in.chunk = in.c.server.reads.Get().(*[readSize]byte)
	for {
		s.n, s.readErr = syscall.Read(int(fd), in.chunk[:])
		if !errors.Is(s.readErr, syscall.EINTR) {
			break
		}
	}
	if s.n > 0 {
		return true
	}
	in.release()
	if errors.Is(s.readErr, syscall.EAGAIN) {
		s.readErr = nil
		return false
	}
	if s.readErr == nil {
		s.readErr = io.EOF
	}
	return true
}

// writeOnce writes what the socket takes now.
func (s *rawSocket) writeOnce() error { return s.writeReady(false) }

// write waits until the socket takes something.
func (s *rawSocket) write(stall time.Duration) error {
	_ = s.stream.SetWriteDeadline(time.Now().Add(stall)) // if it fails, so does writing
	defer func() { _ = s.stream.SetWriteDeadline(time.Time{}) }()
	return s.writeReady(true)
}

func (s *rawSocket) writeReady(wait bool) error {
	s.wait, s.writeErr = wait, nil
	if err := s.conn.Write(s.push); err != nil {
		return err
	}
	return s.writeErr
}

// pushTo encodes again what did not leave the last time: meanwhile it stays in the queue, where it can be withdrawn.
func (s *rawSocket) pushTo(fd uintptr) (done bool) {
	c := s.w.c
	buf := c.server.writes.Get().(*[writeSize]byte)
	defer c.server.writes.Put(buf)
	batch := c.beginWrite(buf)
	n, err := 0, error(nil)
	for len(batch) > 0 {
		n, err = syscall.Write(int(fd), batch)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	c.endWrite(max(n, 0))
	if errors.Is(err, syscall.EAGAIN) {
		return !s.wait
	}
	s.writeErr = err
	return true
}
