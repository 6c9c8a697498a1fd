package websocket

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// The errors of this package that a caller may want to tell apart.
var (
	ErrClosed       = errors.New("websocket: connection closed")
	ErrQueueFull    = errors.New("websocket: send queue full")
	ErrSlow         = errors.New("websocket: not sent in time")
	ErrServerClosed = errors.New("websocket: server closed")
)

// A Handler is told what happens on connections. Calls for one connection never overlap and must not block.
// A panic closes the connection with 1011.
type Handler interface {
	// Open is called when the client has been told 101, before anything else.
	Open(c *Conn)
	// Message is called for every message. The payload is the handler's until it returns.
	Message(c *Conn, op Opcode, payload []byte)
	// Close is called once for each Open, after the last Message, with what ended the connection.
	Close(c *Conn, status Status, reason string)
}

// A Server holds the accepting ends of connections.
type Server struct {
	handler Handler
	limits  *Options
	epoch   time.Time    // connections keep time as what has passed since
	skipped atomic.Int64 // by Skip
	wheel   wheel
	codec   *codec
	hoard   hoard

	reads, writes     sync.Pool // *[readSize]byte, *[writeSize]byte
	inboxes, outboxes sync.Pool // *inbox, *outbox

	mu     sync.Mutex // guards closed, and open against a Wait that has begun
	closed bool
	open   sync.WaitGroup
}

// NewServer returns a server whose connections call h. It needs no Close unless connections may be left.
func NewServer(h Handler, o Options) *Server {
	return newServer(h, o.WithDefaults())
}

func newServer(h Handler, limits *Options) *Server {
	s := &Server{handler: h, limits: limits, epoch: time.Now(), codec: newCodec(), hoard: hoard{most: limits.HeldBytes}}
	s.wheel.now = s.now
	s.reads.New = func() any { return new([readSize]byte) }
	s.writes.New = func() any { return new([writeSize]byte) }
	s.inboxes.New = func() any { return new(inbox) }
	s.outboxes.New = func() any { return new(outbox) }
	return s
}

// now is the time that connections keep; unlike the clock on the wall it never jumps.
func (s *Server) now() time.Duration { return time.Since(s.epoch) }

// enter counts one more connection, unless the server is closed.
func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.open.Add(1)
	}
	return !s.closed
}

func (s *Server) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// Shutdown accepts no more connections, closes the open ones with 1001 "Going away" and returns when the last callback
// has. If ctx ends before, the rest is dropped and the error of ctx returned. A callback must not call it.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	for _, c := range s.wheel.all() {
		c.Close(StatusGoingAway, goingAway)
	}
	done := make(chan struct{})
	go func() {
		s.open.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	for _, c := range s.wheel.all() {
		c.drop(StatusGoingAway, goingAway, hangUp)
	}
	<-done
	return ctx.Err()
}

// Close drops every connection and returns when the last callback has. A callback must not call it.
func (s *Server) Close() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = s.Shutdown(ctx) // only says that ctx has ended
}

// goingAway is the reason API Gateway gives when it closes an idle connection.
const goingAway = "Going away"
