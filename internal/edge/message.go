package edge

import (
	"context"
	"fmt"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/websocket"
)

// callbacks is a server as the engine sees it.
type callbacks struct{ *Server }

var _ websocket.Handler = callbacks{}

// Open implements [websocket.Handler]: the client has been told 101.
func (s callbacks) Open(conn *websocket.Conn) {
	c := conn.User().(*session)
	c.told(conn)
	c.stage.open.Add(1)
	// Either this sees that the stage is gone or the server shuts down, or who does that sees the connection.
	if c.stage.removed.Load() {
		c.goAway()
	}
	if s.isDraining() {
		c.halt()
	}
}

// Message implements [websocket.Handler]. It must not block: it runs the message if that takes no time, else takes it and
// leaves.
func (s callbacks) Message(conn *websocket.Conn, _ websocket.Opcode, payload []byte) {
	s.hear(conn.User().(*session), payload)
}

// Close implements [websocket.Handler]: the connection has ended.
func (s callbacks) Close(conn *websocket.Conn, status websocket.Status, reason string) {
	c := conn.User().(*session)
	c.leave()
	c.stage.open.Add(-1)
	s.sayFarewell(s.calls(), c, status, reason)
}

// hear deals with a message, or tells the client why not.
func (s *Server) hear(c *session, payload []byte) {
	m := c.newMessage(payload, s.cfg.Now())
	taken, err := s.dispatch(m)
	if err != nil {
		s.refuseMessage(m, err)
	}
	if !taken {
		m.forget()
	}
}

// refuseMessage tells a client why its message is not run.
func (s *Server) refuseMessage(m *message, err error) {
	m.watch()
	s.tell(s.calls(), m, err)
}

// watch begins the record of a message, with what the route selection expression came to.
func (m *message) watch() {
	stage := m.session.stage
	stage.watch(&m.event)
	if m.watched != nil && m.watched.Detail != nil {
		m.watched.Detail.Selection = stage.program.Load().Selection(m.Body)
	}
}

// glance is how long a message is at most that is read for its route at once, whatever the route selection expression looks for.
const glance = 1 << 10

// dispatch has a message run: at once, or, if it was taken, when its turn comes. Where it may take long to find the route, that is
// done then, too.
func (s *Server) dispatch(m *message) (taken bool, err error) {
	c := m.session
	if len(m.Body) <= glance || c.stage.program.Load().Prompt() {
		if err := s.choose(m); err != nil {
			return false, err
		}
		if m.route.Prompt() && c.runsNow(m) {
			return false, nil
		}
	}
	err = c.take(m)
	return err == nil, err
}

// choose finds the route of a message.
func (s *Server) choose(m *message) (err error) {
	c := m.session
	defer func() {
		if what := recover(); what != nil {
			s.panicked(c, what)
			err = gateway.Errorf(gateway.ErrConfiguration, "")
		}
	}()
	program := c.stage.program.Load()
	route := program.Select(m.Body)
	if route == nil {
		if err := s.throttle(c.stage, &m.Event); err != nil {
			return err
		}
		return fmt.Errorf("no route has the key %.128q, and there is no $default: %w", program.Selection(m.Body),
			gateway.Errorf(gateway.ErrForbidden, "Forbidden"))
	}
	m.RouteKey = route.Key()
	if err := s.throttle(c.stage, &m.Event); err != nil {
		return err
	}
	m.watch()
	m.route = route
	return nil
}

// throttle takes a token for an event wherever one is needed, from the narrowest bucket to the widest: "Throttle requests to
// your WebSocket APIs" in the API Gateway developer guide. The error says which was empty.
func (s *Server) throttle(stage *Stage, e *gateway.Event) error {
	if of := stage.settings.Load().rates.refuses(e.RouteKey, e.Time); of != "" {
		return throttled(of)
	}
	if !s.cfg.Account.Allow(e.Time) {
		return throttled("the account")
	}
	return nil
}

func throttled(of string) error {
	return fmt.Errorf("throttled by the rate of %s: %w", of, gateway.Errorf(gateway.ErrTooMany, "Too Many Requests"))
}

// briefly is how long a message may wait without having waited.
const briefly = 10 * time.Millisecond

// begin runs a message that may have waited, and may have no route yet. What an integration may take begins when the message is there, not when its turn
// comes.
func (s *Server) begin(m *message) {
	if m.route == nil {
		if err := s.choose(m); err != nil {
			s.refuseMessage(m, err)
			return
		}
	}
	waited := s.cfg.Now().Sub(m.Time)
	if waited <= briefly {
		s.run(s.calls(), m)
		return
	}
	left := m.route.Timeout() - waited
	if left <= 0 && m.route.Timeout() > 0 {
		s.tell(s.calls(), m, gateway.Errorf(gateway.ErrTimeout, "Endpoint request timed out"))
		return
	}
	ctx, cancel := context.WithTimeout(s.calls(), max(left, briefly))
	defer cancel()
	s.run(ctx, m)
}

// run deals with a message from its route on.
func (s *Server) run(ctx context.Context, m *message) {
	defer func() {
		if what := recover(); what != nil {
			s.panicked(m.session, what)
			m.session.conn.Load().Close(websocket.StatusInternal, "")
		}
	}()
	reply, err := m.route.Watch(ctx, &m.Event, m.watched.record())
	if err != nil {
		s.tell(ctx, m, err)
		return
	}
	if reply != nil {
		op := websocket.Text
		if reply.Binary {
			op = websocket.Binary
		}
		if !s.post(m.session, op, reply.Body) {
			reply = nil // which the client does not get
		}
	}
	m.watched.done(s.cfg.Now, reply)
}

// tell sends the frame that tells a client what went wrong with its message.
func (s *Server) tell(ctx context.Context, m *message, err error) {
	f := s.report(ctx, m.session.stage, &m.Event, err)
	frame := frameOf(f, &m.Event)
	if s.post(m.session, websocket.Text, frame) && m.watched != nil {
		m.watched.Sent = len(frame)
		if m.watched.Detail != nil {
			m.watched.Detail.Reply = frame
		}
	}
	m.watched.failed(s.cfg.Now, &f, err)
}

// post sends without waiting. A client that does not take what is already there loses the reply: replies are at most
// once, and the engine drops a client that stands still.
func (s *Server) post(c *session, op websocket.Opcode, data []byte) (sent bool) {
	err := c.conn.Load().Send(op, data, nil)
	if err != nil {
		s.cfg.Log.Debug("reply dropped", "connectionId", string(c.id()), "error", err)
	}
	return err == nil
}

// report logs an error once, and returns what the client may see of it.
func (s *Server) report(ctx context.Context, stage *Stage, e *gateway.Event, err error) fault {
	f, level := faultOf(err)
	level = stage.level(level, s.cfg.Now())
	s.cfg.Log.Log(ctx, level, "event failed", "requestId", e.RequestID, "connectionId", string(e.Connection.ID),
		"api", e.Connection.API, "stage", e.Connection.Stage, "type", string(e.Type), "route", e.RouteKey, "error", discreet(e, err))
	return f
}
