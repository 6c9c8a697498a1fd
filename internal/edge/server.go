package edge

import (
	"cmp"
	"context"
	"crypto/rand"
	"log/slog"
	"net/netip"
	"runtime/debug"
	"sync"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/usage"
	"gangway/internal/websocket"
)

// Config is what a server may be told. The zero value works.
type Config struct {
	Names gateway.Names
	// Sealer makes connection ids; nil: one of this server's own, whose ids no other node can read.
	Sealer *gateway.Sealer
	// Incarnation is the number of this start of this node, which no other start of any node has.
	Incarnation uint32
	// Limits are those of connections.
	Limits websocket.Options
	// InFlight is how many messages of one connection are in flight at most; 16, and never more than 32768.
	InFlight int
	// Workers is how many messages of all connections are in flight at most, and a quarter of it how many $disconnect;
	// 4096. One stage takes no more of them than are left: at most half; and one integration of it no more than would be
	// left if its stage took as many again: at most a third. Each integration has a 512th of its own besides, so whoever else
	// has messages finds some free, however long those take. If four times as many $disconnect of a stage wait, it takes no new connections.
	Workers int
	// Backlog is how many bytes messages in flight may have, on all connections, a KiB for each included; 256 MiB. It is shared
	// as Workers are. Beyond that the client is told Too Many Requests.
	Backlog int
	// Handshakes is how many $connect may be under way, authorization included; 2048. One stage takes no more of them than
	// are left. Beyond that the client is told 429.
	Handshakes int
	// SourceHandshakes is how many of them may come from one IPv4 address or IPv6 /64 network; 256. Behind a proxy all
	// clients have one address.
	SourceHandshakes int
	// Account is how many events there may be, on all stages, and Connects how many handshakes; nil: no limit.
	Account, Connects *usage.Limit
	// Refused is told the status of each handshake that has not come as far as having an event, and of which stage, if that is
	// known; nil: nobody is.
	Refused func(stage gateway.StageKey, status int)
	// Ledger keeps which connections are owed a $disconnect; nil: nobody does, and one that fails is not told again.
	Ledger Ledger
	// HandshakeTimeout is how long authorization and $connect may take together; 60 s.
	HandshakeTimeout time.Duration
	// SendTimeout is how long Send waits for a slow client; 5 s.
	SendTimeout time.Duration
	// Now is the clock of events; nil: time.Now.
	Now func() time.Time
	// Log takes what goes wrong inside; nil: nowhere.
	Log *slog.Logger
}

// withDefaults is c with every default filled in.
func (c Config) withDefaults() Config {
	if c.Sealer == nil {
		c.Sealer = gateway.NewSealer(randomKey())
	}
	c.InFlight = min(cmp.Or(max(c.InFlight, 0), 16), 1<<15)
	c.Workers = cmp.Or(max(c.Workers, 0), 4096)
	c.Backlog = cmp.Or(max(c.Backlog, 0), 256<<20)
	c.Handshakes = cmp.Or(max(c.Handshakes, 0), 2048)
	c.SourceHandshakes = cmp.Or(max(c.SourceHandshakes, 0), 256)
	c.HandshakeTimeout = cmp.Or(max(c.HandshakeTimeout, 0), time.Minute)
	c.SendTimeout = cmp.Or(max(c.SendTimeout, 0), 5*time.Second)
	if c.Account == nil {
		c.Account = &usage.Limit{}
	}
	if c.Refused == nil {
		c.Refused = func(gateway.StageKey, int) {}
	}
	if c.Connects == nil {
		c.Connects = &usage.Limit{}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Limits.Logger == nil {
		c.Limits.Logger = c.Log
	}
	return c
}

// Server holds the client connections of a node.
//
// Locks are taken in this order, and none is held while a program, a client or a backend is waited for: Stages.mu, then
// session.mu or gate.mu, then those of the connection, of the table and of the pools.
type Server struct {
	stages     *Stages
	cfg        Config
	sockets    *websocket.Server
	table      *table
	cohorts    *cohorts
	deliveries *deliveries
	gate       *gate
	messages   *pool
	farewells  *pool // $disconnect

	// calls is the context of what runs for a connection and for no request; it ends when Shutdown has lost its patience.
	calls func() context.Context
	stop  context.CancelFunc
	// whenStopped calls do at that end, unless cancel is called before.
	whenStopped func(do func()) (cancel func() bool)

	mu         sync.Mutex // guards what follows
	draining   bool
	handshakes sync.WaitGroup // is added to only under mu and before draining
}

var _ gateway.Connections = (*Server)(nil)

// New makes a server for the stages, which must not be another's.
func New(stages *Stages, cfg Config) *Server {
	cfg = cfg.withDefaults()
	base, stop := context.WithCancel(context.Background())
	s := &Server{
		stages: stages, cfg: cfg, table: newTable(), cohorts: newCohorts(), deliveries: newDeliveries(cfg.Now),
		gate: &gate{
			decisions: pool{places: cfg.Handshakes}, perSource: cfg.SourceHandshakes, sources: make(map[netip.Addr]int),
		},
		messages:  &pool{places: cfg.Workers, room: cfg.Backlog},
		farewells: &pool{places: max(1, cfg.Workers/4)},
		calls:     func() context.Context { return base }, stop: stop,
		whenStopped: func(do func()) func() bool { return context.AfterFunc(base, do) },
	}
	s.sockets = websocket.NewServer(callbacks{s}, cfg.Limits)
	stages.whenGone(s.closeStage)
	return s
}

// closeStage ends the connections of a stage that is gone.
func (s *Server) closeStage(stage *Stage) {
	s.table.each(func(c *session) {
		if c.stage == stage {
			c.goAway()
		}
	})
	s.cohorts.forget(stage)
}

// Queue is what runs and waits of one kind. A message that is run where it was read is never in one.
type Queue struct {
	Name                    string
	Running, Waiting, Bytes int // Bytes: that those who wait take
}

// Queues are what the node has to do: messages, farewells ($disconnect) and handshakes.
func (s *Server) Queues() []Queue {
	return []Queue{s.messages.queue("messages"), s.farewells.queue("farewells"), s.gate.decisions.queue("handshakes")}
}

// Open is how many connections there are, with those that are being decided about.
func (s *Server) Open() int { return s.table.taken() }

// Relieve drops connections, those first that hold most of what waits to be sent to them or has come in part only, until as many
// bytes are free as are wanted, and says how many connections that took.
func (s *Server) Relieve(bytes int) (dropped int) { return s.sockets.Relieve(bytes) }

// Shutdown reads no more, waits for the messages in flight so that replies reach their clients, closes all connections
// with 1001, and returns when every $disconnect has been dealt with. The first wait takes half of what ctx leaves at most;
// messages that take longer lose their replies, but are waited for. If ctx ends before, Shutdown cancels what still runs
// and returns the error of ctx.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.draining = true
	s.mu.Unlock()
	defer s.stop()
	s.table.each((*session).halt)
	s.awaitReplies(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.sockets.Shutdown(ctx) // says only that ctx has ended
		// Handshakes that were under way find the engine closed, and have their $disconnect told before they return.
		s.handshakes.Wait()
		<-s.messages.whenQuiet()
		<-s.farewells.whenQuiet()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// awaitReplies waits for the messages in flight, for half of the time that is left.
func (s *Server) awaitReplies(ctx context.Context) {
	if end, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(end)/2)
		defer cancel()
	}
	select {
	case <-s.messages.whenQuiet():
	case <-ctx.Done():
	}
}

// isDraining says that the server is shutting down.
func (s *Server) isDraining() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.draining
}

// enter counts a handshake, unless the server is shutting down.
func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.draining {
		s.handshakes.Add(1)
	}
	return !s.draining
}

// panicked logs a panic, with the stack of whoever calls it while panicking.
func (s *Server) panicked(c *session, what any) {
	s.cfg.Log.Error("panic", "connectionId", string(c.id()), "api", c.stage.key.API,
		"stage", c.stage.key.Stage, "panic", what, "stack", string(debug.Stack()))
}

// randomKey is the key of a sealer that nobody else shares.
func randomKey() (key [16]byte) {
	_, _ = rand.Read(key[:]) // never fails: crypto/rand ends the process instead
	return key
}
