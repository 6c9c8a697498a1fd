// Package node is a running Gangway: it builds the parts from the ground up, wires them, and has the data plane follow
// what the control plane writes. It is the one room that knows everybody; it decides nothing about what they do.
package node

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"gangway/internal/access"
	"gangway/internal/authorizer"
	"gangway/internal/certificates"
	"gangway/internal/cluster"
	"gangway/internal/console"
	"gangway/internal/control"
	"gangway/internal/edge"
	"gangway/internal/gateway"
	"gangway/internal/integration"
	"gangway/internal/journal"
	"gangway/internal/lambda"
	"gangway/internal/ledger"
	"gangway/internal/loop"
	"gangway/internal/management"
	"gangway/internal/metrics"
	"gangway/internal/program"
	"gangway/internal/sigv4"
	"gangway/internal/tail"
	"gangway/internal/usage"
	"gangway/internal/websocket"
)

// Config are the settings of a node. Every field but DataDir may be zero.
type Config struct {
	DataDir string // definitions and credentials; made if it is not there
	Listen  string // data listener: WebSocket clients and @connections; 127.0.0.1:8080
	Admin   string // admin listener: control plane and health; 127.0.0.1:8081

	PublicURL string   // how clients reach the data listener, scheme ws or wss and host; ws://localhost:PORT
	Hosts     []string // more hosts of the data listener, with port; none
	// TrustedProxies are believed, at both listeners, about where a client is and whether it came by TLS (X-Forwarded-For,
	// X-Forwarded-Proto); none.
	TrustedProxies []netip.Prefix
	Domain         string // parent of {apiId}.execute-api.{region} host names; none
	Region         string // us-east-1
	Account        string // 000000000000

	LambdaEndpoint   string            // URL of an Invoke API; AWS itself
	Functions        lambda.Local      // runs functions in this process, in place of that API; nobody does
	HostFunctions    bool              // take functions by Lambda's control API, and run them in place of AWS or of nobody
	ServiceEndpoints map[string]string // URLs of other AWS services, by name; AWS itself

	KeyFile string         // the key that seals secrets in the definitions; secret.key in DataDir
	Quotas  gateway.Quotas // in place of API Gateway's, by name; none

	// AccountRate is how many events a second all stages may have together, pushes by @connections included, and
	// AccountBurst how many of them at once; ConnectRate is how many handshakes. 10000, 5000 and 500; below zero: no limit.
	AccountRate, ConnectRate float64
	AccountBurst             int

	Farewells Farewells            // of connections whose $disconnect cannot be told at once; they are written down
	StageLogs journal.Config       // where stages write their logs; nowhere
	Traces    metrics.TracerConfig // where spans go; nowhere
	EMF       io.Writer            // gets a line of metrics of each stage a minute, in CloudWatch's embedded metric format; none
	Version   string               // of the program
	TLS       TLSConfig            // what the data listener does about TLS; nothing

	// Portable has connections carried by a goroutine for each, as on systems without event loops.
	Portable bool
	// MemoryLimit is how many bytes the process may have, unless GOMEMLIMIT says so; 0: as its cgroup says, and less than 0: as
	// many as there are.
	MemoryLimit     int64
	Limits          websocket.Options // of client connections; API Gateway's
	MaxTimeout      time.Duration     // what an integration may be given; 29 s
	ShutdownTimeout time.Duration     // what Shutdown takes at most; 25 s
	Log             *slog.Logger      // nowhere
	Rehearsal       Rehearsal         // of a test; nothing
}

// Node is a running node.
type Node struct {
	cfg      Config
	names    gateway.Names
	callers  *access.Callers
	shared   *cluster.Cluster
	stages   *edge.Stages
	plans    *usage.Plans
	account  *usage.Limit
	journal  *journal.Journal // nil: stages write no logs
	tail     tail.Hub
	metrics  *metrics.Metrics
	tracer   *metrics.Tracer                   // nil: nobody collects spans
	tls      *certificates.Store               // nil: the data listener takes plain text only
	hosting  hosting                           // of functions that callers upload
	trust    trust                             // who may sign certificates of clients
	asking   atomic.Pointer[map[string]string] // which custom domain names ask clients for a certificate, and by whom signed
	assigned map[string]bool                   // custom domain names to which it was told a certificate; only assign touches it
	staged   map[gateway.Key]staged            // what runs on the stages; only follow and what it watches touch these two
	told     map[gateway.Key][]string          // what the log says of them
	clients  *edge.Server
	ledger   *ledger.Ledger // nil: nobody writes down what connections are owed
	memory   *memory
	loops    *loop.Loops // nil: connections have goroutines
	data     *door
	guests   guests // at data, from the console
	admin    *door
	stop     context.CancelFunc // of what runs besides the listeners
	running  sync.WaitGroup     // the same
	env      program.Env        // of every stage, but for the stage itself
	stopping atomic.Bool
	serving  chan struct{} // closed once it does
	started  time.Time
	skipped  atomic.Int64 // of the clock, by Skip
}

// Start builds a node and returns once it serves. Its errors are meant for whoever started the program: an address that
// is taken, a folder that cannot be used, a store that is damaged ([store.DamagedError]).
func Start(ctx context.Context, cfg Config) (*Node, error) {
	n := &Node{cfg: cfg.withDefaults(), stages: edge.NewStages(), staged: map[gateway.Key]staged{}, account: cfg.account(), serving: make(chan struct{}), told: map[gateway.Key][]string{}}
	n.plans, n.started = usage.New(n.Now), n.Now()
	n.trust = trust{folder: n.cfg.TLS.Certificates, log: n.cfg.Log}
	n.memory = newMemory(limitMemory(n.cfg.MemoryLimit, n.cfg.Log), n.relieve, n.pressed)
	err := n.build(ctx)
	if err != nil {
		n.abandon(ctx)
		return nil, err
	}
	n.data.serve(n.cfg.Log)
	n.admin.serve(n.cfg.Log)
	close(n.serving)
	if err := n.announce(); err != nil {
		_ = n.Shutdown(ctx) // the first error is the one that counts
		return nil, err
	}
	return n, nil
}

// build makes the parts, lowest floor first.
func (n *Node) build(ctx context.Context) (err error) {
	if n.shared, err = cluster.Open(ctx, cluster.Config{Dir: n.cfg.DataDir, KeyFile: n.cfg.KeyFile}); err != nil {
		return err
	}
	root, err := openCredentials(n.cfg.DataDir)
	if err != nil {
		return err
	}
	n.callers = access.New(root, n.cfg.Account)
	if n.data, err = listen(ctx, "data", n.cfg.Listen); err != nil {
		return err
	}
	if n.admin, err = listen(ctx, "admin", n.cfg.Admin); err != nil {
		return err
	}
	n.names = n.cfg.names(n.data.port())
	n.names.Domains = &gateway.Domains{}
	n.prefer()
	if err := n.reach(ctx); err != nil {
		return err
	}
	if err := n.secure(); err != nil {
		return err
	}
	if err := n.host(); err != nil { //nolint:contextcheck // functions go on until the node stops
		return err
	}
	//nolint:contextcheck // who writes lines outlives the context of the start
	if n.journal, err = journal.Open(n.cfg.stageLogs(n.env.Lambda)); err != nil {
		return err
	}
	if err := n.record(ctx); err != nil {
		return err
	}
	limits := n.cfg.Limits
	limits.HeldBytes = cmp.Or(limits.HeldBytes, n.memory.part(queuesPart))
	//nolint:contextcheck // what runs for clients outlives the context of the start
	n.clients = edge.New(n.stages, edge.Config{
		Names: n.names, Sealer: n.shared.Sealer(), Incarnation: n.shared.Incarnation(), Limits: limits, Log: n.cfg.Log,
		Backlog:          n.memory.part(messagesPart),
		HandshakeTimeout: 2 * max(n.cfg.MaxTimeout, 30*time.Second), // an authorizer and $connect
		Now:              n.Now, Account: n.account, Connects: limit(n.cfg.ConnectRate, 0),
		Ledger:  n.book(),
		Refused: func(stage gateway.StageKey, status int) { n.metrics.Refused(stage, status) },
	})
	if err := n.measure(); err != nil {
		return err
	}
	if n.loops, err = openLoops(n.cfg.Portable); err != nil {
		return err
	}
	//nolint:contextcheck // programs do, too
	n.follow()
	//nolint:contextcheck // and so does what runs besides
	n.open()
	return nil
}

// reach prepares for calls to backends.
func (n *Node) reach(ctx context.Context) error {
	functions, err := lambda.New(ctx, lambda.Config{Region: n.cfg.Region, Endpoint: n.cfg.LambdaEndpoint, Local: n.cfg.Functions})
	if err != nil {
		return fmt.Errorf("lambda: %w", err)
	}
	own := []netip.AddrPort{n.admin.address()}
	n.env = program.Env{
		Lambda:   functions,
		Trace:    n.trace(),
		HTTP:     integration.NewTransport(integration.TransportOptions{Own: own}),
		Upstream: n.upstream,
		Endpoint: func(service string) string { return n.cfg.ServiceEndpoints[service] },
		Names:    n.names,
		KeySets:  authorizer.NewKeySets(integration.NewTransport(integration.TransportOptions{Own: own}), n.Now),
		Now:      n.Now,
		APIKey: func(stage gateway.StageKey, value string) (string, error) {
			holder, err := n.plans.Admit(stage, value)
			if err != nil {
				return "", err
			}
			return holder.KeyID, nil
		},
		IAM: authorizer.IAM{
			Verifier: n.verifier("execute-api"),
			Names:    n.names,
			Permit: func(accessKeyID string, r *http.Request, resource string) (*gateway.Identity, error) {
				return n.callers.Identify(accessKeyID), n.callers.Authorize(r, accessKeyID, "execute-api:Invoke", resource)
			},
		},
	}
	return nil
}

// open puts the handlers behind the listeners.
func (n *Node) open() {
	backends := management.New(n.clients, management.Config{
		Account: n.account, Observe: n.pushed, Now: n.Now,
		Names: n.names, Verifier: n.env.IAM.Verifier, Open: n.stages.Open, Log: n.cfg.Log,
		Authorize: func(r *http.Request, caller *sigv4.Identity, action, resource string) error {
			return n.callers.Authorize(r, caller.AccessKeyID, action, resource)
		},
	})
	n.data.server = n.front(n.shed(n.misdirected(n.both(backends))))
	if n.loops == nil {
		n.data.listener = reserveFrom(loop.Descriptors(), n.data.listener)
	}
	tries := &trials{n}
	controls := control.New(control.Config{
		Objects: n.shared.Objects(), Names: n.names, Callers: n.callers, Quotas: n.cfg.Quotas, Check: n.check, Log: n.cfg.Log,
		Usage: n.plans.History, Tail: &n.tail, Now: n.Now, MaxTimeout: n.cfg.MaxTimeout, Throttle: n.cfg.throttle(),
		Metrics: n.metrics, Connections: n.page, Nodes: n.nodes, DeadLetters: n.letters(), Test: tries.test, Render: tries.render,
	})
	pages := n.console(controls, backends)
	admin := newPrompt(edge.Proxied(n.cfg.TrustedProxies, n.health(pages, n.lambdaAPI(controls))), n.cfg.Log)
	admin.RegisterOnShutdown(controls.Stop)
	admin.RegisterOnShutdown(pages.Stop)
	n.admin.server = admin
	ctx, stop := context.WithCancel(context.Background())
	n.stop = stop
	n.running.Go(func() { controls.AutoDeploy(ctx) })
	n.running.Go(func() { pages.Run(ctx) })
	n.running.Go(func() { n.count(ctx) })
	n.running.Go(func() { n.metrics.Sample(ctx) })
	n.running.Go(func() { n.memory.watch(ctx) })
	if n.ledger != nil {
		n.running.Go(func() { n.redeem(ctx) })
	}
	if n.cfg.EMF != nil {
		n.running.Go(func() { n.metrics.Run(ctx, time.Minute, n.cfg.EMF) })
	}
	if n.tracer != nil {
		n.running.Go(func() { n.tracer.Run(ctx) })
	}
	if n.tls != nil {
		n.running.Go(func() { n.tls.Watch(ctx, reloaded) })
	}
}

// both has backends and clients answered at the data listener, each as coming from where it is.
func (n *Node) both(backends http.Handler) http.Handler {
	all := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if management.Addressed(r) {
			backends.ServeHTTP(w, r)
			return
		}
		n.clients.ServeHTTP(w, r)
	})
	return n.guests.admit(all, edge.Proxied(n.cfg.TrustedProxies, all))
}

// verifier checks signatures for one service.
func (n *Node) verifier(service string) *sigv4.Verifier {
	return &sigv4.Verifier{Region: n.cfg.Region, Service: service, Keys: n.callers.Key}
}

// health answers /healthz, /readyz and /metrics, and leaves the rest to the console or to the next handler, who asks for a
// signature.
func (n *Node) health(pages, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		own := r.URL.Path == "/readyz" || r.URL.Path == "/metrics" || r.URL.Path == "/healthz"
		switch {
		case own && n.isRebound(r.Host):
			http.Error(w, "Misdirected Request", http.StatusMisdirectedRequest)
		case r.URL.Path == "/readyz" && n.stopping.Load():
			http.Error(w, "stopping", http.StatusServiceUnavailable)
		case r.URL.Path == "/readyz" && n.shared.Objects().Broken() != nil:
			http.Error(w, "definitions cannot be written: "+n.shared.Objects().Broken().Error(), http.StatusServiceUnavailable)
		case r.URL.Path == "/metrics":
			n.metrics.Handler().ServeHTTP(w, r)
		case own:
			_, _ = w.Write([]byte("ok\n"))
		case r.Method == http.MethodGet && r.URL.Path == "/" && strings.Contains(r.Header.Get("Accept"), "text/html"): // a person
			http.Redirect(w, r, "/console/", http.StatusSeeOther)
		case console.Addressed(r):
			pages.ServeHTTP(w, r)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// isRebound says whether a host is somebody else's name on a listener that only this machine reaches: a page of theirs has its
// browser ask here, having had the name resolve to this machine. A probe that names no host comes from no browser.
func (n *Node) isRebound(host string) bool {
	return host != "" && n.admin.address().Addr().Unmap().IsLoopback() && !gateway.IsLoopback(host)
}

// Shutdown takes the node down in order: no new clients, the old ones told to leave with 1001 and their $disconnect
// integrations run, then the definitions closed. It is bounded by ctx and by the ShutdownTimeout.
func (n *Node) Shutdown(ctx context.Context) error {
	n.stopping.Store(true)
	ctx, cancel := context.WithTimeout(ctx, n.cfg.ShutdownTimeout)
	defer cancel()
	// Backends that are still being called may push, by new connections too; clients who come are refused.
	err := errors.Join(n.clients.Shutdown(ctx), n.data.close(), n.data.drain(ctx), n.admin.drain(ctx), n.dismiss(ctx))
	n.writeUsage(context.WithoutCancel(ctx)) // before anything that others can hold up
	n.stop()
	err = errors.Join(err, n.journal.Close(ctx), n.wait(ctx))
	n.closeLoops()
	n.retract()
	return errors.Join(err, n.closeLedger(), n.shared.Close())
}

// wait has what runs besides come to its end, or goes on without: a pipe that nobody reads takes no last line.
func (n *Node) wait(ctx context.Context) error {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		n.running.Wait()
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
	}
	select {
	case <-ended: // both
		return nil
	default:
		return fmt.Errorf("last metrics and spans are lost: %w", context.Cause(ctx))
	}
}

// abandon gives back what a failed start has taken.
func (n *Node) abandon(ctx context.Context) {
	for _, d := range []*door{n.data, n.admin} {
		if d != nil {
			_ = d.close() // nothing was served yet
		}
	}
	n.closeLoops()
	_ = n.dismiss(ctx)  // nobody has invoked any
	_ = n.closeLedger() // no connection was open
	if n.shared != nil {
		_ = n.shared.Close() // nothing was written that matters
	}
}

// DataURL is how clients reach this node: ws://localhost:8080.
func (n *Node) DataURL() string { return n.names.PublicURL }

// AdminURL is where the control plane answers: http://127.0.0.1:8081.
func (n *Node) AdminURL() string { return "http://" + n.admin.listener.Addr().String() }

func (c Config) withDefaults() Config {
	set := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	set(&c.Listen, "127.0.0.1:8080")
	set(&c.Admin, "127.0.0.1:8081")
	set(&c.Region, "us-east-1")
	set(&c.Account, "000000000000")
	c.ConnectRate = cmp.Or(c.ConnectRate, 500)
	quotas := gateway.DefaultQuotas()
	maps.Copy(quotas, c.Quotas)
	c.Quotas = quotas
	if c.ShutdownTimeout == 0 {
		c.ShutdownTimeout = 25 * time.Second
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// account is the limit of all events together.
func (c Config) account() *usage.Limit {
	return limit(cmp.Or(c.AccountRate, 10000), cmp.Or(c.AccountBurst, 5000))
}

// throttle is the same as the control plane shows it; an absent member is no limit.
func (c Config) throttle() (t gateway.Throttle) {
	rate, burst := cmp.Or(c.AccountRate, 10000), cmp.Or(c.AccountBurst, 5000)
	if rate > 0 {
		t.RateLimit = &rate
	}
	if burst > 0 {
		t.BurstLimit = &burst
	}
	return t
}

// limit is a bucket of a rate and a burst; below zero there is none, and a burst of zero is that of a second.
func limit(rate float64, burst int) *usage.Limit {
	l := &usage.Limit{}
	switch {
	case rate < 0 || burst < 0:
	case burst == 0:
		l.Set(&rate, nil)
	default:
		l.Set(&rate, &burst)
	}
	return l
}

func (c Config) names(port string) gateway.Names {
	url := strings.TrimSuffix(c.PublicURL, "/")
	if url == "" {
		url = "ws://" + net.JoinHostPort("localhost", port)
	}
	return gateway.Names{Region: c.Region, Account: c.Account, Domain: c.Domain, PublicURL: url, Hosts: c.Hosts}
}
