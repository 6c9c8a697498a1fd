package edge

import (
	"sync"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/program"
)

// event is an event with what belongs to it, in one object.
type event struct {
	gateway.Event

	connection gateway.Connection
	notes      watched
	// watched is the record of the event; nil: nobody wants it.
	watched *watched
}

// newEvent makes an event of a connection, without what only some types have.
func (s *session) newEvent(kind gateway.EventType, now time.Time) *event {
	e := new(event)
	s.begin(e, kind, now)
	e.RequestID = gateway.NewRequestID()
	return e
}

// begin fills in what all events have.
func (s *session) begin(e *event, kind gateway.EventType, now time.Time) {
	e.connection = s.describe()
	e.Type, e.Connection, e.Time = kind, &e.connection, now
}

// message is an event of a client that says something, and what is done about it.
type message struct {
	event

	session *session
	route   *program.Route // nil: not known yet, or there is none
	lane    string         // of the pool, in which it was taken
}

// messages are those that nobody has any more.
var messages = sync.Pool{New: func() any { return new(message) }}

// newMessage makes an event of a message. The payload is the engine's until [session.take].
func (s *session) newMessage(payload []byte, now time.Time) *message {
	m := messages.Get().(*message)
	m.session = s
	s.begin(&m.event, gateway.EventMessage, now)
	m.RequestID, m.MessageID = gateway.NewMessageIDs()
	m.Body = payload
	return m
}

// forget gives a message back that was dealt with. Whoever was told of it keeps nothing: see [Observer].
func (m *message) forget() {
	*m = message{}
	messages.Put(m)
}
