package edge

import (
	"bytes"
	"fmt"
	"slices"

	"gangway/internal/gateway"
)

// messageWeight is what a message costs besides its body.
const messageWeight = 1 << 10

// maxWaiting is how many messages of a connection wait for their turn before it is read no more.
const maxWaiting = 4

// runsNow runs a message where it was read, unless another has to come first; then it says no. Until it is done, who halts the
// session waits: so no reply is lost when the server shuts down.
func (s *session) runsNow(m *message) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.is(halted) || s.inFlight > 0 && (s.unbegun() > 0 || s.mostInFlight() == 1) {
		return false
	}
	s.server.run(s.server.calls(), m)
	return true
}

// take has a message run when its turn comes. While too many messages wait, and at the limit of those in flight, the
// connection is not read until one has ended. The errors are [gateway.ErrTooMany] and, after halt, [gateway.ErrUnavailable].
func (s *session) take(m *message) error {
	m.Body = bytes.Clone(m.Body) // which was the engine's
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.is(halted) {
		return gateway.Errorf(gateway.ErrUnavailable, "")
	}
	if m.route != nil { // those whose route is not known have a lane for themselves
		m.lane = m.route.Integration()
	}
	waits, ok := s.server.messages.offer(&s.stage.messages, m.lane, m)
	if !ok {
		return fmt.Errorf("too many messages are in flight to integration %q: %w", m.lane, gateway.Errorf(gateway.ErrTooMany, ""))
	}
	e := s.more()
	e.todo = append(e.todo, m)
	s.inFlight++
	if waits && len(e.todo) >= maxWaiting || int(s.inFlight) >= s.mostInFlight() {
		s.pause()
	}
	return nil
}

// weight implements job.
func (m *message) weight() int { return messageWeight + len(m.Body) }

// do implements job: it runs the message for the same integration that came first of those not begun. So they begin in order
// whichever goroutine runs first, and Go likes to run the newest.
func (m *message) do() {
	s := m.session
	defer s.ended()
	first, parting := s.next(m.lane)
	if parting != nil {
		defer parting()
	}
	s.server.begin(first)
}

// next takes the first message in a lane that has not begun, and with the last of all what is to be done after it.
func (s *session) next(lane string) (first *message, parting func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.extra
	i := slices.IndexFunc(e.todo, func(m *message) bool { return m.lane == lane })
	first = e.todo[i]
	e.todo = slices.Delete(e.todo, i, i+1)
	if len(e.todo) == 0 {
		parting, e.parting = e.parting, nil
		s.tidy()
	}
	return first, parting
}

// part does something once no message of the connection waits any more, and the last that did has been dealt with: a backend
// that was told of its end is told nothing of it any more that had to wait.
func (s *session) part(do func()) {
	s.mu.Lock()
	waits := s.unbegun() > 0
	if waits {
		s.extra.parting = do
	}
	s.mu.Unlock()
	if !waits {
		do()
	}
}

// unbegun is how many messages have not begun. It and what follows need mu.
func (s *session) unbegun() int {
	if s.extra == nil {
		return 0
	}
	return len(s.extra.todo)
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
	if s.is(paused) && !s.is(halted) && int(s.inFlight) < s.mostInFlight() {
		s.state &^= paused
		s.conn.Load().Resume()
	}
}
