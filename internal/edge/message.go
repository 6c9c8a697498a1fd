package edge

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/program"
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

// Message implements [websocket.Handler]. It must not block: it takes the message and leaves.
func (s callbacks) Message(conn *websocket.Conn, _ websocket.Opcode, payload []byte) {
	c := conn.User().(*session)
	e := newEvent(gateway.EventMessage, &c.connection, s.cfg.Now())
	e.MessageID = gateway.NewMessageID()
	e.Body = bytes.Clone(payload)
	if err := s.dispatch(c, e); err != nil {
		s.tell(c, task{event: e, watched: c.watchMessage(e)}, err)
	}
}

// watchMessage begins the record of a message, with what the route selection expression came to.
func (s *session) watchMessage(e *gateway.Event) *watched {
	w := s.stage.watch(e)
	if w != nil && w.Detail != nil {
		w.Detail.Selection = s.stage.program.Load().Selection(e.Body)
	}
	return w
}

// dispatch finds the route of a message and has it run.
func (s *Server) dispatch(c *session, e *gateway.Event) (err error) {
	defer func() {
		if what := recover(); what != nil {
			s.panicked(c, what)
			err = gateway.Errorf(gateway.ErrConfiguration, "")
		}
	}()
	route := c.stage.program.Load().Select(e.Body)
	if route == nil {
		if err := s.throttle(c.stage, e); err != nil {
			return err
		}
		return fmt.Errorf("no route has the key %.128q, and there is no $default: %w", c.stage.program.Load().Selection(e.Body),
			gateway.Errorf(gateway.ErrForbidden, "Forbidden"))
	}
	e.RouteKey = route.Key()
	if err := s.throttle(c.stage, e); err != nil {
		return err
	}
	return c.take(task{e, route, c.watchMessage(e)})
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

// Close implements [websocket.Handler]: the connection has ended.
func (s callbacks) Close(conn *websocket.Conn, status websocket.Status, reason string) {
	c := conn.User().(*session)
	c.leave()
	c.stage.open.Add(-1)
	s.sayFarewell(s.calls(), c, status, reason)
}

// briefly is how long a message may wait without having waited.
const briefly = 10 * time.Millisecond

// run deals with a message from its route on.
func (s *Server) run(c *session, t task) {
	defer func() {
		if what := recover(); what != nil {
			s.panicked(c, what)
			c.conn.Load().Close(websocket.StatusInternal, "")
		}
	}()
	ctx := s.calls()
	// What an integration may take begins when the message is there, not when its turn comes.
	if waited := s.cfg.Now().Sub(t.event.Time); waited > briefly {
		left := t.route.Timeout() - waited
		if left <= 0 && t.route.Timeout() > 0 {
			s.tell(c, t, gateway.Errorf(gateway.ErrTimeout, "Endpoint request timed out"))
			return
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, max(left, briefly))
		defer cancel()
	}
	reply, err := t.route.Watch(ctx, t.event, t.watched.record())
	if err != nil {
		s.tell(c, t, err)
		return
	}
	if reply != nil {
		op := websocket.Text
		if reply.Binary {
			op = websocket.Binary
		}
		if !s.post(c, op, reply.Body) {
			reply = nil // which the client does not get
		}
	}
	t.watched.done(s.cfg.Now(), reply)
}

// tell sends the frame that tells a client what went wrong with its message.
func (s *Server) tell(c *session, t task, err error) {
	f := s.report(s.calls(), c, t.event, err)
	frame := frameOf(f, t.event)
	if s.post(c, websocket.Text, frame) && t.watched != nil {
		t.watched.Sent = len(frame)
	}
	t.watched.failed(s.cfg.Now(), &f, err)
}

// post sends without waiting. A client that does not take what is already there loses the reply: replies are at most
// once, and the engine drops a client that stands still.
func (s *Server) post(c *session, op websocket.Opcode, data []byte) (sent bool) {
	err := c.conn.Load().Send(op, data, nil)
	if err != nil {
		s.cfg.Log.Debug("reply dropped", "connectionId", string(c.connection.ID), "error", err)
	}
	return err == nil
}

// sayFarewell has $disconnect told that a connection has ended whose $connect had succeeded. It is called once for each.
func (s *Server) sayFarewell(ctx context.Context, c *session, status websocket.Status, reason string) {
	route := c.stage.program.Load().Disconnect()
	e := newEvent(gateway.EventDisconnect, &c.connection, s.cfg.Now())
	e.RouteKey = gateway.RouteDisconnect
	e.DisconnectStatus, e.DisconnectReason = c.farewell(status, reason)
	if route == nil {
		c.stage.watch(e).done(s.cfg.Now(), nil)
		return
	}
	c.part(func() { s.farewells.start(&c.stage.farewells, job{do: s.farewell(ctx, c, e, route)}) })
}

// farewell tells $disconnect.
func (s *Server) farewell(ctx context.Context, c *session, e *gateway.Event, route *program.Route) func() {
	return func() {
		defer func() {
			if what := recover(); what != nil {
				s.panicked(c, what)
			}
		}()
		w := c.stage.watch(e)
		if _, err := route.Watch(ctx, e, w.record()); err != nil {
			f := s.report(ctx, c, e, err)
			w.failed(s.cfg.Now(), &f, err)
			return
		}
		w.done(s.cfg.Now(), nil)
	}
}

// report logs an error once, and returns what the client may see of it.
func (s *Server) report(ctx context.Context, c *session, e *gateway.Event, err error) fault {
	f, level := faultOf(err)
	level = c.stage.level(level, s.cfg.Now())
	s.cfg.Log.Log(ctx, level, "event failed", "requestId", e.RequestID, "connectionId", string(e.Connection.ID),
		"api", e.Connection.API, "stage", e.Connection.Stage, "type", string(e.Type), "route", e.RouteKey, "error", discreet(e, err))
	return f
}
