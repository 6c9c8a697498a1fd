package edge

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"gangway/internal/gateway"
	"gangway/internal/program"
	"gangway/internal/websocket"
)

// session is what the edge remembers of a connection.
type session struct {
	server     *Server
	stage      *Stage
	handle     gateway.Handle
	connection gateway.Connection
	// conn is there as soon as the client has been told 101.
	conn atomic.Pointer[websocket.Conn]

	mu       sync.Mutex    // guards what follows, and the calls of Pause and Resume
	telling  chan struct{} // not nil while the client is being told 101, then closed
	left     bool          // the slot has been given back: nobody finds the connection any more
	deleted  bool          // by a call of Close
	paused   bool
	halted   bool   // for good
	todo     []task // messages that have not begun
	inFlight int    // messages that have not ended
	parting  func() // what is to be done when all messages have begun; nil: nothing
}

// leave makes the id be gone, and says whether it was there until now.
func (s *session) leave() bool {
	s.mu.Lock()
	first := !s.left
	s.left = true
	s.mu.Unlock()
	if first {
		s.server.table.giveBack(s.handle)
	}
	return first
}

// tell makes the id be found, before the client is told 101. Who finds it waits for that, because a client that has read
// its 101 must not be reported gone.
func (s *session) tell() {
	s.mu.Lock()
	s.telling = make(chan struct{})
	s.mu.Unlock()
	s.server.table.open(s)
}

// told notes that the client has been told 101; nil: that it could not be told.
func (s *session) told(conn *websocket.Conn) {
	s.conn.Store(conn)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.telling != nil {
		close(s.telling)
		s.telling = nil
	}
}

// reach is the connection once the client has been told; nil: it could not be.
func (s *session) reach(ctx context.Context) (*websocket.Conn, error) {
	if conn := s.conn.Load(); conn != nil {
		return conn, nil
	}
	s.mu.Lock()
	telling := s.telling
	s.mu.Unlock()
	if telling != nil {
		select {
		case <-telling:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return s.conn.Load(), nil
}

// settle gives the slot back after a handshake that did not become a connection.
func (s *session) settle() {
	if s.conn.Load() == nil {
		s.leave()
		s.told(nil)
	}
}

// goAway closes the connection for a reason of ours. One that is not open yet finds the reason when it is.
func (s *session) goAway() {
	if conn := s.conn.Load(); conn != nil {
		s.leave()
		conn.Close(websocket.StatusGoingAway, "Going away")
	}
}

// messageWeight is what a message costs besides its body while it waits.
const messageWeight = 1 << 10

// task is a message with the route that takes it.
type task struct {
	event   *gateway.Event
	route   *program.Route
	watched *watched
}

// maxWaiting is how many messages of a connection wait for their turn before it is read no more.
const maxWaiting = 4

// take has a message run when its turn comes. While too many messages wait, and at the limit of those in flight, the
// connection is not read until one has ended. The errors are [gateway.ErrTooMany] and, after halt, [gateway.ErrUnavailable].
func (s *session) take(t task) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.halted {
		return gateway.Errorf(gateway.ErrUnavailable, "")
	}
	lane := t.route.Integration()
	j := job{func() { s.work(lane) }, messageWeight + len(t.event.Body)}
	waits, ok := s.server.messages.offer(&s.stage.messages, lane, j)
	if !ok {
		return fmt.Errorf("too many messages wait for integration %q: %w", lane, gateway.Errorf(gateway.ErrTooMany, ""))
	}
	s.todo = append(s.todo, t)
	s.inFlight++
	if waits && len(s.todo) >= maxWaiting || s.inFlight >= s.mostInFlight() {
		s.pause()
	}
	return nil
}

// work runs the message for an integration that came first of those not begun. So they begin in order whichever goroutine
// runs first, and Go likes to run the newest.
func (s *session) work(lane string) {
	defer s.ended()
	s.mu.Lock()
	i := slices.IndexFunc(s.todo, func(t task) bool { return t.route.Integration() == lane })
	t := s.todo[i]
	s.todo = slices.Delete(s.todo, i, i+1)
	var parting func()
	if len(s.todo) == 0 {
		s.todo = nil
		parting, s.parting = s.parting, nil
	}
	s.mu.Unlock()
	if parting != nil {
		defer parting()
	}
	s.server.run(s, t)
}

// part does something once every message of the connection has begun: a backend that was told of its end is told nothing of
// it any more that had to wait.
func (s *session) part(do func()) {
	s.mu.Lock()
	waits := len(s.todo) > 0
	if waits {
		s.parting = do
	}
	s.mu.Unlock()
	if !waits {
		do()
	}
}

// mostInFlight is how many messages of the connection may be in flight.
func (s *session) mostInFlight() int {
	if s.stage.settings.Load().Options.Ordered {
		return 1
	}
	return s.server.cfg.InFlight
}

// ended counts one message less.
func (s *session) ended() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight--
	if s.paused && !s.halted && s.inFlight < s.mostInFlight() {
		s.paused = false
		s.conn.Load().Resume()
	}
}

// halt reads no more from the connection. A message that is being read now is refused.
func (s *session) halt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.halted = true
	if s.conn.Load() != nil {
		s.pause()
	}
}

func (s *session) pause() {
	if !s.paused {
		s.paused = true
		s.conn.Load().Pause()
	}
}

// delete notes that a backend ended the connection.
func (s *session) delete() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deleted = true
}

// farewell is what $disconnect is told of the end of a connection: the table of close codes under "Disconnect" as API
// Gateway's own events show them.
func (s *session) farewell(status websocket.Status, reason string) (int, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case reason != "":
	case status == websocket.StatusNoStatus:
		reason = "Client-side close frame status not set"
	case status == websocket.StatusAbnormal:
		reason = "Connection Closed Abnormally"
	case status == websocket.StatusNormal && s.deleted:
		reason = "Connection Closed Normally"
	}
	return int(status), reason
}
