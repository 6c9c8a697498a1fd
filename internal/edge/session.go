package edge

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/http1"
	"gangway/internal/websocket"
)

// session is what the edge remembers of a connection. There may be a million of them: 64 bytes, and one text.
type session struct {
	*cohort

	// text is the id, the address of the client, and its identity as [appendIdentity] writes it.
	text        string
	connectedAt int64 // Unix nanoseconds
	// conn is there as soon as the client has been told 101.
	conn atomic.Pointer[websocket.Conn]
	slot uint32 // in the table

	address  uint8  // how long the address in text is
	state    state  // guarded by mu, like what follows, and the calls of Pause and Resume
	inFlight uint16 // messages that have not ended
	mu       sync.Mutex
	extra    *extra // nil: nothing
}

// extra is what few sessions have, and none for long.
type extra struct {
	told    chan struct{} // somebody waits until the client has been told 101; closed then
	todo    []*message    // that have not begun
	parting func()        // what is to be done when none waits any more; nil: nothing

	room [maxWaiting]*message // for todo
}

// state is what is true of a session.
type state uint8

const (
	telling state = 1 << iota // the client is being told 101
	left                      // the slot has been given back: nobody finds the connection any more
	deleted                   // by a call of Close
	paused
	halted // for good
	owed   // a ledger has the connection
)

func (s *session) is(what state) bool { return s.state&what != 0 }

// idLength is how long ids of connections are.
const idLength = 16

// newSession makes a session that is not open yet. What is more than 255 bytes of an address is none.
func newSession(common *cohort, slot uint32, id gateway.ConnectionID, address string, now time.Time) *session {
	address = address[:min(len(address), 1<<8-1)]
	return &session{
		cohort: common, slot: slot, text: string(id) + address, address: uint8(len(address)), connectedAt: now.UnixNano(),
	}
}

func (s *session) id() gateway.ConnectionID { return gateway.ConnectionID(s.text[:idLength]) }

func (s *session) sourceIP() string { return s.text[idLength:][:s.address] }

// identify notes who the client is, before anybody can find the connection.
func (s *session) identify(who *gateway.Identity) {
	if who != nil {
		s.text = string(appendIdentity([]byte(s.text), who))
	}
}

// describe is the connection as events have it.
func (s *session) describe() gateway.Connection {
	return gateway.Connection{
		ID: s.id(), API: s.stage.key.API, Stage: s.stage.key.Stage, DomainName: s.domainName,
		ConnectedAt: time.Unix(0, s.connectedAt), SourceIP: s.sourceIP(), UserAgent: s.userAgent,
		Identity: readIdentity(s.text[idLength+int(s.address):]),
	}
}

// more is the extra part. It and tidy need mu.
func (s *session) more() *extra {
	if s.extra == nil {
		s.extra = new(extra)
		s.extra.todo = s.extra.room[:0]
	}
	return s.extra
}

// tidy drops the extra part once there is nothing in it.
func (s *session) tidy() {
	if e := s.extra; e != nil && e.told == nil && len(e.todo) == 0 && e.parting == nil {
		s.extra = nil
	}
}

// leave makes the id be gone, and says whether it was there until now.
func (s *session) leave() bool {
	s.mu.Lock()
	first := !s.is(left)
	s.state |= left
	s.mu.Unlock()
	if first {
		s.server.table.giveBack(s.slot)
	}
	return first
}

// tell makes the id be found, before the client is told 101. Who finds it waits for that, because a client that has read
// its 101 must not be reported gone.
func (s *session) tell() {
	s.mu.Lock()
	s.state |= telling
	s.mu.Unlock()
	s.server.table.open(s)
}

// told notes that the client has been told 101; nil: that it could not be told.
func (s *session) told(conn *websocket.Conn) {
	s.conn.Store(conn)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state &^= telling
	if s.extra != nil && s.extra.told != nil {
		close(s.extra.told)
		s.extra.told = nil
		s.tidy()
	}
}

// reach is the connection once the client has been told; nil: it could not be.
func (s *session) reach(ctx context.Context) (*websocket.Conn, error) {
	if conn := s.conn.Load(); conn != nil {
		return conn, nil
	}
	if told := s.whenTold(); told != nil {
		http1.Waits(ctx)
		select {
		case <-told:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return s.conn.Load(), nil
}

// whenTold is closed when the client has been told; nil: it was, or never will be.
func (s *session) whenTold() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.is(telling) {
		return nil
	}
	e := s.more()
	if e.told == nil {
		e.told = make(chan struct{})
	}
	return e.told
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

// halt reads no more from the connection. A message that is being read now is refused.
func (s *session) halt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state |= halted
	if s.conn.Load() != nil {
		s.pause()
	}
}

// pause needs mu.
func (s *session) pause() {
	if !s.is(paused) {
		s.state |= paused
		s.conn.Load().Pause()
	}
}

// delete notes that a backend ended the connection.
func (s *session) delete() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state |= deleted
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
	case status == websocket.StatusNormal && s.is(deleted):
		reason = "Connection Closed Normally"
	}
	return int(status), reason
}
