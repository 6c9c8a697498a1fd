package edge

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"gangway/internal/authorizer"
	"gangway/internal/gateway"
	"gangway/internal/websocket"
)

// maxURL is the longest URL of a handshake: "Quotas for configuring and running a WebSocket API" in the API Gateway
// developer guide.
const maxURL = 4096

// ServeHTTP implements [http.Handler]: it takes a handshake, and returns when it was refused or the connection is open.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Amzn-Requestid", gateway.NewUUID())
	w.Header().Set("X-Amz-Apigw-Id", gateway.NewRequestID())
	if !s.enter() {
		s.refuse(w, r, nil, gateway.Errorf(gateway.ErrUnavailable, ""))
		return
	}
	defer s.handshakes.Done()
	c, err := s.meet(r)
	if err != nil {
		s.refuse(w, r, nil, err)
		return
	}
	defer s.gate.leave(c.stage, c.connection.SourceIP)
	defer c.settle()
	defer func() {
		if what := recover(); what != nil {
			s.panicked(c, what)
			refuse(w, internalFault)
		}
	}()
	if err := s.admit(w, r, c); err != nil {
		s.refuse(w, r, c.stage, err)
	}
}

// refuse tells a client what was wrong with its handshake. The stage is nil where none was entered.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, stage *Stage, err error) {
	f, level := faultOf(err)
	switch {
	case r.Context().Err() != nil:
		level = slog.LevelDebug // the client has left, and so ended what was under way
	case stage != nil:
		level = stage.level(level, s.cfg.Now())
	}
	facts := []any{"requestId", w.Header().Get("X-Amzn-Requestid"), "status", f.status, "error", discreet(err)}
	if stage != nil {
		facts = append(facts, "api", stage.key.API, "stage", stage.key.Stage)
	}
	s.cfg.Log.Log(r.Context(), level, "handshake refused", facts...)
	refuse(w, f)
}

// meet finds out where a client wants to go, and makes a session for it that is not open yet. First the name, then the
// upgrade: so a wrong name is Forbidden in any case, as on API Gateway. Who is met has entered the gate.
func (s *Server) meet(r *http.Request) (*session, error) {
	path, _, _ := strings.Cut(r.RequestURI, "?")
	address, ok := s.cfg.Names.Resolve(r.Host, path)
	stage := s.stages.open(address)
	if !ok || len(address.Path) > 0 || stage == nil {
		return nil, gateway.Errorf(gateway.ErrForbidden, "Forbidden")
	}
	if bad := websocket.CheckHandshake(r); bad != nil {
		return nil, bad
	}
	if len(r.RequestURI) > maxURL {
		return nil, &refusal{http.StatusRequestURITooLong}
	}
	source := sourceIP(r)
	// A stage whose farewells pile up takes nobody who would need one more: so they are bounded, and none is lost.
	if s.farewells.queued(&stage.farewells) >= 4*s.cfg.Workers || !s.gate.enter(stage, source) {
		return nil, gateway.Errorf(gateway.ErrTooMany, "")
	}
	c := &session{server: s, stage: stage}
	var id gateway.ConnectionID
	c.handle, id = s.newID()
	c.connection = gateway.Connection{
		ID: id, API: stage.key.API, Stage: stage.key.Stage, DomainName: address.DomainName,
		ConnectedAt: s.cfg.Now(), SourceIP: source, UserAgent: r.UserAgent(),
	}
	return c, nil
}

// newID takes a slot for a connection. No id of ours begins with a dash, which command lines take for an option.
func (s *Server) newID() (gateway.Handle, gateway.ConnectionID) {
	for {
		handle := gateway.Handle{Incarnation: s.cfg.Incarnation & tagMask}
		handle.Slot, handle.Tag = s.table.take()
		if id := s.cfg.Sealer.Seal(handle); id[0] != '-' {
			return handle, id
		}
		s.table.giveBack(handle)
	}
}

// admit asks who decides, and opens the connection if all agree. A client that leaves meanwhile cancels the question; a
// $connect that succeeded although the connection does not come about is followed by its $disconnect.
func (s *Server) admit(w http.ResponseWriter, r *http.Request, c *session) error {
	ctx, cancel := context.WithTimeout(r.Context(), s.cfg.HandshakeTimeout)
	defer cancel()
	defer s.whenStopped(cancel)()
	connected, subprotocol, err := s.connect(ctx, r, c)
	if err != nil {
		return err
	}
	socket := &hijacker{ResponseWriter: w}
	if err = s.open(socket, r, c, subprotocol); err == nil {
		return nil
	}
	if connected {
		s.sayFarewell(context.WithoutCancel(ctx), c, websocket.StatusAbnormal, "")
	}
	if socket.taken { // and lost: nobody is there to be told
		return nil
	}
	if errors.Is(err, websocket.ErrServerClosed) {
		return gateway.Errorf(gateway.ErrUnavailable, "")
	}
	return err
}

// open makes a session a connection, unless the server is shutting down.
func (s *Server) open(w http.ResponseWriter, r *http.Request, c *session, subprotocol string) error {
	if s.isDraining() {
		return websocket.ErrServerClosed
	}
	c.tell()
	_, err := s.sockets.Accept(w, r, websocket.AcceptOptions{Subprotocol: subprotocol, User: c})
	return err
}

// connect runs the $connect route. Connected says that there was one, and that it succeeded.
func (s *Server) connect(ctx context.Context, r *http.Request, c *session) (connected bool, subprotocol string, err error) {
	route := c.stage.program.Load().Connect()
	if route == nil {
		return false, "", nil
	}
	e := newEvent(gateway.EventConnect, &c.connection, s.cfg.Now())
	e.RouteKey, e.Header, e.Query = route.Key(), headerOf(r), queryOf(r.URL.RawQuery)
	decision, err := route.Authorize(ctx, &authorizer.Request{HTTP: r, Event: e})
	if err == nil && decision == nil {
		err = gateway.Errorf(gateway.ErrForbidden, "Forbidden")
	}
	if err != nil {
		return false, "", err
	}
	c.connection.Identity = decision.Identity
	reply, err := route.Run(ctx, e)
	if err != nil || reply == nil {
		return err == nil, "", err
	}
	if reply.Status < 200 || reply.Status > 299 {
		return false, "", &refusal{reply.Status}
	}
	return true, reply.Subprotocol, nil
}
