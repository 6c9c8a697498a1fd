package loop

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// watched is what a socket is watched for: always the same, so that nothing has to be changed while it lives, but for the
// moments in which it takes no bytes.
const watched = syscall.EPOLLIN | syscall.EPOLLRDHUP | edgeTriggered

// edgeTriggered is EPOLLET, which package syscall has as a negative number.
const edgeTriggered = 1 << 31

// batch is how many events are taken from the kernel at a time.
const batch = 256

// batches is how often that is done in a row before other goroutines have their turn.
const batches = 4

// Loops are event loops that share a table of sockets. They are safe for concurrent use.
type Loops struct {
	loops []*one
	turn  atomic.Uint32 // whose turn it is to take a socket
	table table
	ended sync.WaitGroup
}

// one is a loop.
type one struct {
	all  *Loops
	poll *os.File // epoll

	mu     sync.RWMutex // held while others than the loop use fd, which may be another file's once closed is set
	fd     int          // of poll
	closed bool

	// What follows is for the goroutine alone whose shift it is.
	shift       *shift
	busy        int // how often in a row there were events
	next, count int // of events: which is told next, and how many there are
	events      [batch]syscall.EpollEvent
	buffer      [BufferSize]byte
}

// A shift is the time in which a goroutine is a loop.
type shift struct{ over bool }

// New starts so many loops; 0: one for each processor that Go uses now. If that changes later they are as many, and no worse
// off than other goroutines.
func New(count int) (*Loops, error) {
	if count <= 0 {
		count = runtime.GOMAXPROCS(0)
	}
	l := new(Loops)
	for range count {
		next, err := l.open()
		if err != nil {
			l.Close()
			return nil, err
		}
		l.loops = append(l.loops, next)
		l.ended.Add(1)
		go next.run()
	}
	return l, nil
}

func (l *Loops) open() (*one, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("loop: %w", os.NewSyscallError("epoll_create1", err))
	}
	// Go waits only for files that do not block. For this one that says nothing else: see epoll_wait(2).
	if err := syscall.SetNonblock(fd, true); err != nil {
		_ = syscall.Close(fd)
		return nil, fmt.Errorf("loop: %w", os.NewSyscallError("fcntl", err))
	}
	poll := os.NewFile(uintptr(fd), "epoll")
	// NewFile keeps to itself whether Go can wait for the file; only then it has a deadline.
	if err := poll.SetReadDeadline(time.Time{}); err != nil {
		return nil, fmt.Errorf("loop: %w", errors.Join(err, poll.Close()))
	}
	return &one{all: l, poll: poll, fd: fd}, nil
}

// Close ends the loops and returns when no handler is called any more. Sockets that are still there have nobody to watch them,
// but stay open. It must not be called by a handler.
func (l *Loops) Close() {
	for _, o := range l.loops {
		o.mu.Lock()
		o.closed = true
		o.mu.Unlock()
		_ = o.poll.Close() // what can go wrong with it went wrong when it was opened
	}
	l.ended.Wait()
}

// run tells handlers what has happened, until the loop is closed or a handler has departed: then another goroutine does so.
func (o *one) run() {
	mine := new(shift)
	o.shift = mine
	conn, err := o.poll.SyscallConn()
	look := o.look // bound once: a method value would be allocated for every call
	for err == nil {
		for o.next < o.count {
			o.next++
			if o.tell(&o.events[o.next-1]); mine.over {
				return
			}
		}
		if o.busy >= batches {
			o.busy = 0
			runtime.Gosched() // a loop that always has work would keep a processor from those it gives work to
		}
		err = conn.Read(look)
	}
	o.all.ended.Done()
}

// look takes events from the kernel, and says whether there are any. If not, the goroutine of the loop waits; Go remembers what
// happens until then, because this call is part of the wait.
func (o *one) look(uintptr) (some bool) {
	o.next, o.count = 0, epollNow(o.fd, o.events[:])
	o.busy++
	if o.count == 0 {
		o.busy = 0
	}
	return o.count > 0
}

// tell calls the handler of the socket that an event is for.
func (o *one) tell(e *syscall.EpollEvent) {
	s := o.all.table.at(e.Fd)
	if s == nil || s.generation != e.Pad {
		return
	}
	var what Events
	if e.Events&syscall.EPOLLIN != 0 {
		what |= Readable
	}
	if e.Events&syscall.EPOLLOUT != 0 {
		what |= Writable
	}
	if e.Events&(syscall.EPOLLRDHUP|syscall.EPOLLHUP|syscall.EPOLLERR) != 0 {
		what |= Ended
	}
	s.mu.Lock()
	h := s.handler
	s.awaited &^= e.Events
	s.mu.Unlock()
	defer func() {
		if recover() != nil {
			_ = s.Close() // by the handler, perhaps, before it panicked
		}
	}()
	h.Ready(s, o.buffer[:], what)
}

// Attach takes a descriptor of a socket over, which must not block, and has a loop watch it. If there is something to read,
// Ready is called for it, perhaps before Attach returns. The descriptor is closed if that fails.
func (l *Loops) Attach(fd int, h Handler) (*Socket, error) {
	o := l.loops[l.turn.Add(1)%uint32(len(l.loops))]
	s := &Socket{loop: o, fd: int32(fd), handler: h}
	l.table.put(s)
	if err := o.control(syscall.EPOLL_CTL_ADD, s, watched); err != nil {
		l.table.remove(s)
		_ = syscall.Close(fd)
		return nil, err
	}
	return s, nil
}

// control has the kernel begin, change or end to watch a socket.
func (o *one) control(operation int, s *Socket, events uint32) error {
	o.mu.RLock()
	defer o.mu.RUnlock()
	if o.closed {
		return ErrClosed
	}
	err := syscall.EpollCtl(o.fd, operation, int(s.fd), &syscall.EpollEvent{Events: events, Fd: s.fd, Pad: s.generation})
	if err != nil {
		return fmt.Errorf("loop: %w", os.NewSyscallError("epoll_ctl", err))
	}
	return nil
}
