// Package loop watches many sockets with a few goroutines: event loops over epoll(7), on Linux.
//
// A socket that has nothing to say costs an entry in a table and nothing else: no goroutine, no buffer, no timer. What it has
// to say is told to its [Handler] on the goroutine of its loop, together with a buffer that all sockets of the loop share. So
// a handler must not block: all sockets of its loop would wait. One that seldom has to may do so after [Socket.Depart].
//
// Sockets are watched edge-triggered: Ready is called once for what has come, however much of it is read then. A handler
// that leaves something unread has to ask for another call, by [Socket.Again], when it wants to go on. So nobody has to be
// told to be quiet, and an idle socket costs no system call.
//
// A descriptor can be another socket's a moment after it was closed. What the kernel had to say of the former is told apart
// by a number of the generation, which it carries; and as every call may come without cause, the rest does no harm.
//
// A handler that reads on and on, or that works for long, keeps others waiting as well: it should read a few times at most, and
// then ask for another call. A handler that panics loses its socket: it is closed, and the loop goes on. Nothing is logged, so
// who wants to know has to recover by itself.
//
// The loops themselves wait as any goroutine does that reads a socket: an epoll descriptor can be waited for as well, and so
// no thread is held up in the kernel while there is nothing to do.
//
// It knows nothing of what is said on sockets, and sets no limit of time. On other systems [New] fails with
// [errors.ErrUnsupported], and a goroutine for each connection does the same work.
package loop

import "errors"

// ErrAgain says that a socket has nothing to read, or takes no bytes, at the moment.
var ErrAgain = errors.New("loop: not now")

// ErrClosed says that the loops, or the socket, have been closed.
var ErrClosed = errors.New("loop: closed")

// Events are what may have happened to a socket.
type Events uint8

// The events. Ended is that the other side has closed, half-closed or reset the connection, or that we have shut it down:
// reading leads to the end.
const (
	Readable Events = 1 << iota
	Writable
	Ended
)

// A Handler is told what happens to a socket.
type Handler interface {
	// Ready is called on a loop when there may be something to read, when the end has come, or, after AwaitWrite, when the
	// socket takes bytes again. Calls for one socket never overlap but with those that have departed, may come without cause,
	// and must not block. The buffer is the loop's, of [BufferSize] bytes, and the handler's until Ready returns.
	Ready(s *Socket, buffer []byte, what Events)
}

// BufferSize is the size of the buffer that a handler is given.
const BufferSize = 64 << 10
