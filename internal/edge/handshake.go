package edge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"gangway/internal/authorizer"
	"gangway/internal/gateway"
	"gangway/internal/program"
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
		s.cfg.Refused(gateway.StageKey{}, s.refuse(w, r, nil, gateway.Errorf(gateway.ErrUnavailable, "")).status)
		return
	}
	defer s.handshakes.Done()
	c, stage, err := s.meet(r)
	if err != nil {
		s.cfg.Refused(stage, s.refuse(w, r, nil, err).status)
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
	h := s.greet(r, c)
	w.Header().Set("X-Amz-Apigw-Id", h.event.RequestID) // by which logs of the stage know it
	if err := s.admit(w, r, h); err != nil {
		f := s.refuse(w, r, h, err)
		h.watched.failed(s.cfg.Now(), &f, err)
		return
	}
	h.watched.done(s.cfg.Now(), nil)
}

// handshake is a client that is being decided about.
type handshake struct {
	*session

	event     *gateway.Event
	route     *program.Route // $connect; nil: there is none
	watched   *watched
	decision  *authorizer.Decision
	connected bool // there was a $connect, and it succeeded
	protocol  string
}

// greet makes the event of a handshake.
func (s *Server) greet(r *http.Request, c *session) *handshake {
	e := newEvent(gateway.EventConnect, &c.connection, s.cfg.Now())
	e.RouteKey, e.Header, e.Query = gateway.RouteConnect, headerOf(r, c.connection.DomainName), queryOf(r.URL.RawQuery)
	h := &handshake{session: c, event: e, route: c.stage.program.Load().Connect(), watched: c.stage.watch(e)}
	if h.watched != nil && h.route != nil {
		h.watched.authorizer = h.route.Authorizer()
	}
	return h
}

// refuse tells a client what was wrong with its handshake. The handshake is nil where no stage was entered.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, h *handshake, err error) fault {
	f, level := faultOf(err)
	var stage *Stage
	var event *gateway.Event
	if h != nil {
		stage, event = h.stage, h.event
	}
	switch {
	case r.Context().Err() != nil:
		level = slog.LevelDebug // the client has left, and so ended what was under way
	case stage != nil:
		level = stage.level(level, s.cfg.Now())
	}
	facts := []any{"requestId", w.Header().Get("X-Amzn-Requestid"), "status", f.status, "error", discreet(event, err)}
	if stage != nil {
		facts = append(facts, "extendedRequestId", event.RequestID, "api", stage.key.API, "stage", stage.key.Stage)
	}
	s.cfg.Log.Log(r.Context(), level, "handshake refused", facts...)
	refuse(w, f)
	return f
}

// meet finds out where a client wants to go, and makes a session for it that is not open yet. First the name, then the
// upgrade: so a wrong name is Forbidden in any case, as on API Gateway. Who is met has entered the gate.
func (s *Server) meet(r *http.Request) (c *session, key gateway.StageKey, err error) {
	path, _, _ := strings.Cut(r.RequestURI, "?")
	address, ok := s.cfg.Names.Resolve(r.Host, path)
	stage := s.stages.open(address)
	if !ok || len(address.Path) > 0 || stage == nil {
		return nil, key, fmt.Errorf("%s (host %.100q, path %.200q): %w", s.stages.missing(address, ok), r.Host, path,
			gateway.Errorf(gateway.ErrForbidden, "Forbidden"))
	}
	if bad := websocket.CheckHandshake(r); bad != nil {
		return nil, stage.key, bad
	}
	if len(r.RequestURI) > maxURL {
		return nil, stage.key, &refusal{http.StatusRequestURITooLong}
	}
	source := sourceIP(r)
	// A stage whose farewells pile up takes nobody who would need one more: so they are bounded, and none is lost.
	if s.farewells.queued(&stage.farewells) >= 4*s.cfg.Workers || !s.gate.enter(stage, source) {
		return nil, stage.key, fmt.Errorf("too many handshakes are under way, of the stage, from this address or in all: %w", gateway.Errorf(gateway.ErrTooMany, ""))
	}
	c = &session{server: s, stage: stage}
	var id gateway.ConnectionID
	c.handle, id = s.newID()
	c.connection = gateway.Connection{
		ID: id, API: stage.key.API, Stage: stage.key.Stage, DomainName: address.DomainName,
		ConnectedAt: s.cfg.Now(), SourceIP: source, UserAgent: r.UserAgent(),
	}
	return c, stage.key, nil
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
func (s *Server) admit(w http.ResponseWriter, r *http.Request, h *handshake) error {
	ctx, cancel := context.WithTimeout(r.Context(), s.cfg.HandshakeTimeout)
	defer cancel()
	defer s.whenStopped(cancel)()
	if err := s.connect(ctx, r, h); err != nil {
		return err
	}
	socket := &hijacker{ResponseWriter: w}
	err := s.open(socket, r, h)
	if err == nil {
		return nil
	}
	if h.connected {
		s.sayFarewell(context.WithoutCancel(ctx), h.session, websocket.StatusAbnormal, "")
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
func (s *Server) open(w http.ResponseWriter, r *http.Request, h *handshake) error {
	if s.isDraining() {
		return websocket.ErrServerClosed
	}
	h.tell()
	conn, err := s.sockets.Accept(w, r, websocket.AcceptOptions{
		Subprotocol: h.protocol, User: h.session, Options: h.stage.settings.Load().limitsOn(&s.cfg.Limits),
	})
	if err == nil && h.decision != nil && !h.decision.Expires.IsZero() {
		conn.CloseAt(h.decision.Expires, websocket.StatusPolicy, "Authorization expired")
	}
	return err
}

// connect decides about a client in the order of API Gateway: rates, who it is, and what $connect says.
func (s *Server) connect(ctx context.Context, r *http.Request, h *handshake) (err error) {
	if closed := h.stage.settings.Load().Closed; closed != nil {
		return fmt.Errorf("the stage cannot be run as it is: %w: %w", gateway.Errorf(gateway.ErrConfiguration, ""), closed)
	}
	if err := s.throttle(h.stage, h.event); err != nil {
		return err
	}
	if !s.cfg.Connects.Allow(h.event.Time) {
		return throttled("new connections of the account")
	}
	if origin := r.Header.Get("Origin"); !h.stage.settings.Load().Options.AllowsOrigin(origin) {
		return fmt.Errorf("the origin %.80q is not allowed: %w", origin, gateway.Errorf(gateway.ErrForbidden, "Forbidden"))
	}
	if h.route == nil {
		return nil
	}
	h.decision, err = h.route.Authorize(ctx, &authorizer.Request{HTTP: r, Event: h.event})
	if err == nil && h.decision == nil {
		err = gateway.Errorf(gateway.ErrForbidden, "Forbidden")
	}
	if err != nil {
		return err
	}
	h.connection.Identity = h.decision.Identity
	h.watched.authorized(h)
	reply, err := h.route.Watch(ctx, h.event, h.watched.record())
	if err != nil || reply == nil {
		h.connected = err == nil
		return err
	}
	if reply.Status < 200 || reply.Status > 299 {
		return &refusal{reply.Status}
	}
	h.connected, h.protocol = true, h.choose(r, reply.Subprotocol)
	return nil
}

// choose is the subprotocol that a client is told: what $connect has chosen, but never one that carries a token. Where a token
// was among those offered, a browser wants another of them chosen; $connect need not have done that.
func (h *handshake) choose(r *http.Request, chosen string) string {
	hidden := h.decision.Hidden
	if len(hidden) == 0 || chosen != "" && !slices.Contains(hidden, chosen) {
		return chosen
	}
	for _, line := range r.Header.Values("Sec-Websocket-Protocol") {
		for offered := range strings.SplitSeq(line, ",") {
			if offered = strings.TrimSpace(offered); offered != "" && !slices.Contains(hidden, offered) {
				return offered
			}
		}
	}
	return ""
}
