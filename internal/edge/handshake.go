package edge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

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
	if !s.enter() {
		s.cfg.Refused(gateway.StageKey{}, s.refuse(w, r, nil, gateway.Errorf(gateway.ErrUnavailable, "")).status)
		return
	}
	defer s.handshakes.Done()
	h, stage, err := s.meet(r)
	if err != nil {
		s.cfg.Refused(stage, s.refuse(w, r, nil, err).status)
		return
	}
	defer h.leaveGate()
	defer h.settle()
	defer func() {
		if what := recover(); what != nil {
			s.panicked(h.session, what)
			if !h.connected {
				h.clear()
			}
			mark(w, gateway.NewRequestID())
			refuse(w, internalFault)
		}
	}()
	h.greet(r)
	if err := s.admit(w, r, h); err != nil {
		f := s.refuse(w, r, h, err)
		h.event.watched.failed(s.cfg.Now, &f, err)
		return
	}
	h.event.watched.done(s.cfg.Now, nil)
}

// handshake is a client that is being decided about.
type handshake struct {
	*session

	source    netip.Addr // see sourceOf
	begun     time.Time
	event     *event
	route     *program.Route // $connect; nil: there is none
	decision  *authorizer.Decision
	connected bool // there was a $connect, and it succeeded
	protocol  string
}

// greet makes the event of a handshake. Header and query are there for those who want them.
func (h *handshake) greet(r *http.Request) {
	e := h.newEvent(gateway.EventConnect, h.begun)
	e.RouteKey = gateway.RouteConnect
	h.stage.watch(e)
	if h.route != nil || e.watched != nil {
		e.Header, e.Query = headerOf(r, h.domainName), queryOf(r.URL.RawQuery)
	}
	if h.route != nil && e.watched != nil {
		e.watched.authorizer = h.route.Authorizer()
	}
	h.event = e
}

// refuse tells a client what was wrong with its handshake. The handshake is nil where no stage was entered.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, h *handshake, err error) fault {
	f, level := faultOf(err)
	gone := r.Context().Err() != nil // the client has left, and so ended what was under way
	if gone {
		level = slog.LevelDebug
	}
	var facts []any
	if h == nil {
		facts = []any{"requestId", mark(w, gateway.NewRequestID()), "status", f.status, "error", discreet(nil, err)}
	} else {
		if !gone {
			level = h.stage.level(level, s.cfg.Now())
		}
		facts = []any{
			"requestId", mark(w, h.event.RequestID), "status", f.status, "error", discreet(&h.event.Event, err),
			"extendedRequestId", h.event.RequestID, "api", h.stage.key.API, "stage", h.stage.key.Stage,
		}
	}
	s.cfg.Log.Log(r.Context(), level, "handshake refused", facts...)
	refuse(w, f)
	return f
}

// mark gives a refusal the ids by which logs know it: one of the request, and an extended one, which logs of the stage know.
func mark(w http.ResponseWriter, extended string) (request string) {
	request = gateway.NewUUID()
	w.Header().Set("X-Amzn-Requestid", request)
	w.Header().Set("X-Amz-Apigw-Id", extended)
	return request
}

// meet finds out where a client wants to go, and makes a session for it that is not open yet. First the name, then the
// upgrade: so a wrong name is Forbidden in any case, as on API Gateway. Who is met and has somebody to decide about it has
// entered the gate.
func (s *Server) meet(r *http.Request) (h *handshake, key gateway.StageKey, err error) {
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
	h = &handshake{route: stage.program.Load().Connect(), begun: s.cfg.Now()}
	client, source := sourceOf(r.RemoteAddr)
	// A stage whose farewells pile up takes nobody who would need one more: so they are bounded, and none is lost.
	if s.farewells.queued(&stage.farewells) >= 4*s.cfg.Workers || h.route != nil && !s.gate.enter(stage, source) {
		return nil, stage.key, fmt.Errorf("too many handshakes are under way, of the stage, from this address or in all: %w", gateway.Errorf(gateway.ErrTooMany, ""))
	}
	h.source = source
	slot, id := s.newID()
	common := s.cohorts.of(cohort{server: s, stage: stage, domainName: address.DomainName, userAgent: r.UserAgent()})
	h.session = newSession(common, slot, id, client, h.begun)
	return h, stage.key, nil
}

// leaveGate ends the decision, if there was one.
func (h *handshake) leaveGate() {
	if h.route != nil {
		h.server.gate.leave(h.stage, h.source)
	}
}

// newID takes a slot for a connection. No id of ours begins with a dash, which command lines take for an option.
func (s *Server) newID() (slot uint32, id gateway.ConnectionID) {
	for {
		handle := gateway.Handle{Incarnation: s.cfg.Incarnation & tagMask}
		handle.Slot, handle.Tag = s.table.take()
		if id := s.cfg.Sealer.Seal(handle); id[0] != '-' {
			return handle.Slot, id
		}
		s.table.giveBack(handle.Slot)
	}
}

// admit asks who decides, and opens the connection if all agree. A client that leaves meanwhile cancels the question; a
// $connect that succeeded although the connection does not come about is followed by its $disconnect.
func (s *Server) admit(w http.ResponseWriter, r *http.Request, h *handshake) error {
	if err := s.connect(r, h); err != nil {
		h.clear()
		return err
	}
	taking := &attempt{ResponseWriter: w}
	err := s.open(taking, r, h)
	if err == nil {
		return nil
	}
	if h.connected {
		s.sayFarewell(context.WithoutCancel(r.Context()), h.session, websocket.StatusAbnormal, "")
	} else {
		h.clear()
	}
	switch {
	case errors.Is(err, websocket.ErrServerClosed):
		return gateway.Errorf(gateway.ErrUnavailable, "")
	case taking.begun && !errors.Is(err, errors.ErrUnsupported): // the client is lost
		return nil
	default:
		return err
	}
}

// attempt notes that the engine has begun to take a connection over: if that fails, nobody is left to be told.
type attempt struct {
	http.ResponseWriter

	begun bool
}

// Unwrap is how the engine finds what it takes over.
func (a *attempt) Unwrap() http.ResponseWriter {
	a.begun = true
	return a.ResponseWriter
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
func (s *Server) connect(r *http.Request, h *handshake) error {
	if closed := h.stage.settings.Load().Closed; closed != nil {
		return fmt.Errorf("the stage cannot be run as it is: %w: %w", gateway.Errorf(gateway.ErrConfiguration, ""), closed)
	}
	if err := s.throttle(h.stage, &h.event.Event); err != nil {
		return err
	}
	if !s.cfg.Connects.Allow(h.event.Time) {
		return throttled("new connections of the account")
	}
	if origin := r.Header.Get("Origin"); !h.stage.settings.Load().Options.AllowsOrigin(origin) {
		return fmt.Errorf("the origin %.80q is not allowed: %w", origin, gateway.Errorf(gateway.ErrForbidden, "Forbidden"))
	}
	if h.route == nil {
		h.owe(r.Context())
		return nil
	}
	ctx, cancel := context.WithTimeout(r.Context(), s.cfg.HandshakeTimeout)
	defer cancel()
	defer s.whenStopped(cancel)()
	return h.ask(ctx, r)
}

// ask asks the authorizer of $connect and its integration.
func (h *handshake) ask(ctx context.Context, r *http.Request) (err error) {
	h.decision, err = h.route.Authorize(ctx, &authorizer.Request{HTTP: r, Event: &h.event.Event})
	if err == nil && h.decision == nil {
		err = gateway.Errorf(gateway.ErrForbidden, "Forbidden")
	}
	if err != nil {
		return err
	}
	h.identify(h.decision.Identity)
	h.event.connection.Identity = h.decision.Identity
	h.event.watched.authorized(h)
	h.owe(ctx)
	reply, err := h.route.Watch(ctx, &h.event.Event, h.event.watched.record())
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
