package edge

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"gangway/internal/gateway"
	"gangway/internal/journal"
	"gangway/internal/ledger"
	"gangway/internal/program"
	"gangway/internal/websocket"
)

// Ledger keeps which connections are owed a $disconnect, for longer than the process lives: [ledger.Ledger] does.
type Ledger interface {
	// Owe returns once it is certain that the $disconnect of a connection will be told. After an error the connection goes on
	// without that.
	Owe(ctx context.Context, owed *ledger.Entry) error
	// Settle ends what is owed to a connection. It does not wait.
	Settle(id gateway.ConnectionID)
	// Postpone takes on a $disconnect that could not be told. It does not wait.
	Postpone(owed *ledger.Entry)
}

var _ Ledger = (*ledger.Ledger)(nil)

// owe writes down that the connection is owed a $disconnect, before anybody is told that it is there: if the stage tells anybody of either.
func (h *handshake) owe(ctx context.Context) {
	book := h.server.cfg.Ledger
	if book == nil || h.route == nil && h.stage.program.Load().Disconnect() == nil {
		return
	}
	if book.Owe(ctx, h.entry()) != nil { // the ledger has counted and said it
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.state |= owed
}

// entry is the connection as a ledger has it.
func (s *session) entry() *ledger.Entry {
	connection := s.describe()
	return &ledger.Entry{Connection: connection, RequestID: gateway.FarewellID(connection.ID)}
}

// clear strikes out what is owed: $disconnect was told, or need not be.
func (s *session) clear() {
	s.mu.Lock()
	was := s.is(owed)
	s.state &^= owed
	s.mu.Unlock()
	if was {
		s.server.cfg.Ledger.Settle(s.id())
	}
}

// sayFarewell has $disconnect told that a connection has ended whose $connect had succeeded. It is called once for each.
func (s *Server) sayFarewell(ctx context.Context, c *session, status websocket.Status, reason string) {
	e := c.newEvent(gateway.EventDisconnect, s.cfg.Now())
	e.RouteKey, e.RequestID = gateway.RouteDisconnect, gateway.FarewellID(c.id())
	e.DisconnectStatus, e.DisconnectReason = c.farewell(status, reason)
	route := c.stage.program.Load().Disconnect()
	if route == nil {
		c.clear()
		c.stage.watch(e)
		e.watched.done(s.cfg.Now, nil)
		return
	}
	c.part(func() { s.farewells.start(&c.stage.farewells, errand(func() { s.farewell(ctx, c, e, route) })) })
}

// farewell tells $disconnect. If that fails and may not fail again, it is for the ledger to have it told later.
func (s *Server) farewell(ctx context.Context, c *session, e *event, route *program.Route) {
	why := s.tellFarewell(ctx, c.stage, e, route)
	if why == nil || s.cfg.Ledger == nil {
		c.clear()
		return
	}
	owed := c.entry()
	owed.Missed(e.Time, e.DisconnectStatus, e.DisconnectReason)
	if !errors.Is(why, ledger.ErrStopped) {
		owed.Attempts, owed.Cause = 1, why.Error()
	}
	s.cfg.Ledger.Postpone(owed)
}

// Remind tells $disconnect of a connection that this server has no more, or never had. The errors are [ledger.ErrGone],
// [ledger.ErrStopped] if ctx has ended, and why it should be tried again. It takes no place from messages and connections of the server.
func (s *Server) Remind(ctx context.Context, owed *ledger.Entry) error {
	stage := s.stages.find(owed.Stage())
	if stage == nil {
		return ledger.ErrGone
	}
	route := stage.program.Load().Disconnect()
	if route == nil {
		return nil
	}
	e := &event{connection: owed.Connection}
	e.Type, e.Connection, e.RequestID, e.RouteKey = gateway.EventDisconnect, &e.connection, owed.RequestID, gateway.RouteDisconnect
	e.Time, e.DisconnectStatus, e.DisconnectReason = s.cfg.Now(), owed.Status, owed.Reason
	return s.tellFarewell(ctx, stage, e, route)
}

// errPanicked is why an event came to nothing whose program has panicked.
var errPanicked = errors.New("a panic")

// tellFarewell tells $disconnect once, and returns why it should be told again; nil: it need not.
func (s *Server) tellFarewell(ctx context.Context, stage *Stage, e *event, route *program.Route) (why error) {
	defer func() {
		if what := recover(); what != nil {
			s.panicked(&session{cohort: &cohort{stage: stage}, text: string(e.Connection.ID)}, what)
			why = errPanicked
		}
	}()
	stage.watch(e)
	record := e.watched.record()
	if record == nil {
		record = &gateway.Record{Event: &e.Event}
	}
	_, err := route.Watch(ctx, &e.Event, record)
	if err == nil {
		why = again(record, nil)
		e.watched.done(s.cfg.Now, nil)
		return why
	}
	f := s.report(ctx, stage, &e.Event, err)
	why = again(record, err)
	e.watched.failed(s.cfg.Now, &f, err)
	if ctx.Err() != nil {
		return ledger.ErrStopped
	}
	return why
}

// statusError is an answer of a backend that another attempt may better.
type statusError int

// Error implements error.
func (s statusError) Error() string { return fmt.Sprintf("the integration has answered %d", int(s)) }

// again says why an event should be told once more: its integration was asked, and could not be reached, took too long, failed or had too much
// to do. nil: it should not; anything else would be the same the next time.
func again(record *gateway.Record, err error) error {
	called := record.Integration
	if called == nil || called.Mock {
		return nil
	}
	status := called.Status
	if err != nil {
		f, _ := faultOf(err)
		status = f.status
	}
	switch {
	case status < http.StatusInternalServerError && status != http.StatusTooManyRequests:
		return nil
	case err != nil:
		return errors.New(journal.Discreet(record.Event, err))
	default:
		return statusError(status)
	}
}
