package http1

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"gangway/internal/loop"
)

// A Server answers requests. Its fields must not change once it serves.
type Server struct {
	Handler http.Handler // must be set
	// TLS lets a connection whose first byte says so speak TLS, on the same port; nil: none may. An ALPN protocol besides
	// http/1.1 that is agreed on ends the connection after the handshake.
	TLS *tls.Config
	// MaxHead is what the request line and the header may have together, in bytes; 10240.
	MaxHead int
	// HeadTimeout is what a head may take, from the first moment of the connection, TLS included, or the first byte of a
	// later request; 10 s. All times are kept to a second.
	HeadTimeout time.Duration
	IdleTimeout time.Duration // between requests; 75 s
	MaxRequests int           // being answered at once; 8192
	// Prompt says which requests the handler answers without waiting, but for when it calls [Waits]. Such a request that was read
	// whole by a loop is answered there, if its body is short; nil: there are none.
	Prompt    func(*http.Request) bool
	Loops     *loop.Loops  // watch connections that speak plain text; nil: each has a goroutine
	Log       *slog.Logger // nowhere
	TLSFailed func(error)  // is told of handshakes that failed, and must not block; nil: nobody is

	maxHead                  int
	headTimeout, idleTimeout time.Duration
	clock                    clock
	requests                 atomic.Int64
	crew                     crew
	closing                  atomic.Bool // no request may follow another

	mu       sync.Mutex // guards what follows
	started  bool
	quiet    bool          // no connection is accepted any more
	stops    []func()      // end the accepting
	stopped  chan struct{} // closed when quiet
	first    *conn         // of all connections
	deserted chan struct{} // closed when closing, and there are no connections
}

// start makes a server ready, once.
func (s *Server) start() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.started {
		return
	}
	s.started = true
	s.maxHead = cmp.Or(s.MaxHead, 10240)
	s.headTimeout, s.idleTimeout = cmp.Or(s.HeadTimeout, 10*time.Second), cmp.Or(s.IdleTimeout, 75*time.Second)
	s.stopped, s.deserted = make(chan struct{}), make(chan struct{})
	s.clock.tick()
	go s.sweep()
}

// Serve answers the connections of a listener until the server is shut down, and closes it. Then the error is
// [http.ErrServerClosed]. It takes a [*net.TCPListener] to have its connections watched by Loops, which accept from a copy of
// it: to close the listener does not stop them, [Server.StopAccepting] does.
func (s *Server) Serve(l net.Listener) error {
	s.start()
	defer func() { _ = l.Close() }() // again, perhaps
	if tcp, ok := l.(*net.TCPListener); ok && s.Loops != nil {
		return s.serveLoops(tcp)
	}
	return s.serveStreams(l)
}

func (s *Server) serveLoops(l *net.TCPListener) error {
	acceptor, err := s.Loops.Accept(l, s.attach)
	if err != nil {
		return err
	}
	if s.onStop(acceptor.Close) {
		<-s.stopped
	}
	return http.ErrServerClosed
}

func (s *Server) serveStreams(l net.Listener) error {
	if !s.onStop(func() { _ = l.Close() }) {
		return http.ErrServerClosed
	}
	pause := time.Duration(0)
	for {
		stream, err := l.Accept()
		if err == nil {
			pause = 0
			s.run(&streamed{conn: conn{remote: stream.RemoteAddr().String()}, raw: stream}, s.clock.after(s.headTimeout))
			continue
		}
		select {
		case <-s.stopped:
			return http.ErrServerClosed
		default:
		}
		if passing, ok := errors.AsType[net.Error](err); !ok || !passing.Timeout() && !isTemporary(passing) {
			return err
		}
		pause = min(max(2*pause, 5*time.Millisecond), time.Second) // as net/http: descriptors may be given back
		select {
		case <-s.stopped:
		case <-time.After(pause):
		}
	}
}

// isTemporary says whether the error of accepting is one that passes, such as that of too many open files.
func isTemporary(err error) bool {
	temporary, ok := err.(interface{ Temporary() bool })
	return ok && temporary.Temporary()
}

// onStop has f called when no connection is to be accepted any more; if that is so already, at once.
func (s *Server) onStop(f func()) bool {
	s.mu.Lock()
	quiet := s.quiet
	if !quiet {
		s.stops = append(s.stops, f)
	}
	s.mu.Unlock()
	if quiet {
		f()
	}
	return !quiet
}

// attach takes a connection that a loop has accepted.
func (s *Server) attach(fd int, from netip.AddrPort) {
	c := &looped{conn: conn{server: s}}
	c.link = c
	c.remote = netip.AddrPortFrom(from.Addr().Unmap(), from.Port()).String()
	c.mu.Lock() // or it could be served before it is known
	defer c.mu.Unlock()
	socket, err := s.Loops.Attach(fd, c)
	if err != nil {
		s.log().Error("http1: a connection could not be watched", "error", err)
		return
	}
	c.socket = socket
	c.expires(s.headTimeout)
	if !s.add(&c.conn) {
		c.close()
	}
}

// run gives a connection a goroutine.
func (s *Server) run(c *streamed, deadline int64) {
	c.server, c.link, c.stream, c.turn.L = s, c, c.raw, &c.mu
	c.deadline.Store(deadline)
	if !s.add(&c.conn) {
		_ = c.raw.Close() // nothing was said
		return
	}
	go c.run()
}

// StopAccepting takes no more connections, and closes the listeners. The connections that are there are served on.
func (s *Server) StopAccepting() {
	s.start()
	s.mu.Lock()
	stops := s.stops
	s.stops = nil
	if !s.quiet {
		s.quiet = true
		close(s.stopped)
	}
	s.mu.Unlock()
	for _, stop := range stops {
		stop()
	}
}

// Shutdown takes no more connections, closes those on which nothing is being answered, and waits for the others; when ctx
// ends, they are cut off, and that is the error. Connections that were taken over are not its concern.
func (s *Server) Shutdown(ctx context.Context) error {
	s.StopAccepting()
	for _, c := range s.close() {
		c.hangUp()
	}
	select {
	case <-s.deserted:
		return nil
	case <-ctx.Done():
		return errors.Join(ctx.Err(), s.Close())
	}
}

// Close cuts all connections off.
func (s *Server) Close() error {
	s.StopAccepting()
	for _, c := range s.close() {
		c.cut()
	}
	return nil
}

// enter counts a request that is to be answered, unless there are too many: that bounds goroutines, and what is kept of
// requests.
func (s *Server) enter() bool {
	if s.requests.Add(1) <= int64(cmp.Or(s.MaxRequests, 8192)) {
		return true
	}
	s.leave()
	return false
}

func (s *Server) leave() { s.requests.Add(-1) }

func (s *Server) log() *slog.Logger { return cmp.Or(s.Log, silent) }

var silent = slog.New(slog.DiscardHandler)
