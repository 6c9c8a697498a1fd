//go:build linux

package peer

import (
	"context"
	"fmt"
	"io"

	"gangway/test/load/poll"
)

// loop is what limit and the backend have in common: one thread, one buffer, and what is unfinished of few connections.
type loop struct {
	poller *poll.Poller
	files  int // how many may be open: no descriptor is larger
	buffer []byte
	out    []byte
	rest   map[int32][]byte // what has come of something unfinished, by file descriptor
}

// The poller's number for the listener. Connections go by their descriptors.
const listening = -1

func newLoop() (*loop, error) {
	files, err := poll.MaxFiles()
	if err != nil {
		return nil, err
	}
	poller, err := poll.New()
	return &loop{poller: poller, files: min(files, 1<<20), buffer: make([]byte, 1<<18), rest: map[int32][]byte{}}, err
}

// serve listens and hands what comes to take, which returns what it could not use yet. It says first where it is.
func (l *loop) serve(ctx context.Context, out io.Writer, take func(fd int32, data []byte) []byte) error {
	listener, address, err := poll.Listen()
	if err != nil {
		return err
	}
	if err := l.poller.Add(listener, poll.Readable, listening); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, address); err != nil {
		return err
	}
	for ctx.Err() == nil {
		events, err := l.poller.Wait(1000)
		if err != nil {
			return err
		}
		for _, event := range events {
			if event.Fd == listening {
				l.accept(listener)
			} else {
				l.read(event.Fd, take)
			}
		}
	}
	return nil
}

// accept takes all connections that wait.
func (l *loop) accept(listener int) {
	for {
		fd, errno := poll.Accept(listener)
		if errno != 0 {
			return
		}
		l.add(int32(fd))
	}
}

// add waits for a connection. One that cannot be waited for is missed by whoever counts.
func (l *loop) add(fd int32) {
	poll.Prompt(int(fd))
	_ = l.poller.Add(int(fd), poll.Readable, fd)
}

func (l *loop) read(fd int32, take func(fd int32, data []byte) []byte) {
	begin := 0
	if len(l.rest) > 0 {
		begin = copy(l.buffer, l.rest[fd])
		delete(l.rest, fd)
	}
	n, errno := poll.Read(int(fd), l.buffer[begin:])
	switch {
	case errno == poll.ErrAgain:
		if begin > 0 {
			l.rest[fd] = append([]byte(nil), l.buffer[:begin]...)
		}
	case n == 0:
		poll.Close(int(fd))
		take(fd, nil)
	default:
		if data := take(fd, l.buffer[:begin+n]); len(data) > 0 {
			l.rest[fd] = append([]byte(nil), data...)
		}
	}
}

// write writes; what a socket does not take is lost, and the clients will say so.
func (l *loop) write(fd int32, data []byte) { _, _ = poll.Write(int(fd), data) }
