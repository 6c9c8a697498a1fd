package edge

import (
	"cmp"
	"context"
	"crypto/rand"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"gangway/internal/gateway"
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
	// InFlight is how many messages of one connection are in flight at most; 16.
	InFlight int
	// Workers is how many messages of all connections are in flight at most, and a quarter of it how many $disconnect;
	// 4096. Four times as many messages may wait for their turn; beyond that the client is told Too Many Requests.
	Workers int
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
	c.InFlight = cmp.Or(max(c.InFlight, 0), 16)
	c.Workers = cmp.Or(max(c.Workers, 0), 4096)
	c.HandshakeTimeout = cmp.Or(max(c.HandshakeTimeout, 0), time.Minute)
	c.SendTimeout = cmp.Or(max(c.SendTimeout, 0), 5*time.Second)
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
// session.mu, then those of the connection and of the table.
type Server struct {
	stages     *Stages
	cfg        Config
	sockets    *websocket.Server
	table      *table
	deliveries *deliveries
	messages   *crew
	farewells  *crew // $disconnect; it may wait as long as there were connections

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

// New makes a server for the stages.
func New(stages *Stages, cfg Config) *Server {
	cfg = cfg.withDefaults()
	base, stop := context.WithCancel(context.Background())
	s := &Server{
		stages: stages, cfg: cfg, table: newTable(), deliveries: newDeliveries(cfg.Now),
		messages:  &crew{atOnce: cfg.Workers, waitMax: 4 * cfg.Workers},
		farewells: &crew{atOnce: max(1, cfg.Workers/4), waitMax: -1},
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
}

// Shutdown closes all connections with 1001, and returns when every message in flight and every $disconnect has been
// dealt with. If ctx ends before, it cancels what still runs and returns the error of ctx.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.draining = true
	s.mu.Unlock()
	defer s.stop()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.sockets.Shutdown(ctx) // says only that ctx has ended
		// Handshakes that were under way find the engine closed, and have their $disconnect told before they return.
		s.handshakes.Wait()
		s.messages.wait()
		s.farewells.wait()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
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
	s.cfg.Log.Error("panic", "connectionId", string(c.connection.ID), "api", c.connection.API,
		"stage", c.connection.Stage, "panic", what, "stack", string(debug.Stack()))
}

// randomKey is the key of a sealer that nobody else shares.
func randomKey() (key [16]byte) {
	_, _ = rand.Read(key[:]) // never fails: crypto/rand ends the process instead
	return key
}
