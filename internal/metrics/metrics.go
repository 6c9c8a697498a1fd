package metrics

import (
	"cmp"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"gangway/internal/gateway"
)

// Config is what a Metrics may be told. The zero value works.
type Config struct {
	Version string // of the program
	// LabelSets is how many stages and routes have numbers of their own; 2000. A route comes to about 50 series.
	LabelSets int
	// Connections are the open connections of each stage; nil: nobody knows. It and Queues are called for each scrape.
	Connections func() map[gateway.StageKey]int
	// Queues are the jobs of the node; nil: nobody knows.
	Queues func() []Queue
	// Sessions are the numbers of the records of connections; nil, or a result of nil: there are none.
	Sessions func() *Sessions
	// Tracer, if it is not nil, has its spans counted.
	Tracer *Tracer
	// Namespace is that of EMF; "Gangway".
	Namespace string
	// Detailed is detailedMetricsEnabled of a route of a stage; nil: it is never enabled. Only EMF asks for it.
	Detailed func(stage gateway.StageKey, route string) bool
	// Now is the clock by which what is forgotten goes; nil: time.Now.
	Now func() time.Time
	// Log takes what goes wrong with a writer of EMF; nil: nowhere.
	Log *slog.Logger
}

// Queue is how many jobs of a kind there are.
type Queue struct {
	Name    string
	Running int
	Waiting int
	Bytes   int // that those who wait take
}

// Metrics are the numbers of a node. A nil Metrics counts nothing. All methods may be called concurrently.
type Metrics struct {
	cfg      Config
	registry *prometheus.Registry
	stages   atomic.Pointer[map[gateway.StageKey]*stage] // a map never changes once it is here
	full     atomic.Bool                                 // there are as many label sets as may be

	mu   sync.Mutex // one writer of stages and of the routes of each at a time; guards what follows
	sets int

	telling sync.Mutex // one AppendEMF at a time; taken before mu
	history history    // its lock is taken by itself
}

// New makes a Metrics that has counted nothing.
func New(cfg Config) *Metrics {
	cfg.LabelSets = cmp.Or(max(cfg.LabelSets, 0), 2000)
	cfg.Namespace = cmp.Or(cfg.Namespace, "Gangway")
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	m := &Metrics{cfg: cfg, registry: prometheus.NewRegistry()}
	m.stages.Store(&map[gateway.StageKey]*stage{})
	m.registry.MustRegister(
		collector{m}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler serves the numbers to a scraper, in the text format of Prometheus or as OpenMetrics. Two scrapers at a time are
// served, others are told 503, as is one for whom it takes more than ten seconds. Who may ask is for the caller to decide.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, EnableOpenMetrics: true, MaxRequestsInFlight: 2, Timeout: 10 * time.Second,
	})
}

// Observe counts an event. It keeps nothing of the record.
func (m *Metrics) Observe(r *gateway.Record) {
	if m == nil {
		return
	}
	c := r.Event.Connection
	m.observe(m.stage(gateway.StageKey{API: c.API, Stage: c.Stage}), r)
}

// observe counts an event of a stage.
func (m *Metrics) observe(s *stage, r *gateway.Record) {
	m.route(s, r.Event.RouteKey).observe(r)
	if r.Event.Type != gateway.EventMessage {
		s.observe(r)
	}
}

// Of observes the events of one stage. Unlike [Metrics.Observe] it need not look for it each time. nil counts nothing.
func (m *Metrics) Of(key gateway.StageKey) *StageMetrics {
	if m == nil {
		return nil
	}
	return &StageMetrics{metrics: m, key: key}
}

// Refused counts a handshake that did not even become an event. The stage is zero if the client has named none that there is.
func (m *Metrics) Refused(key gateway.StageKey, status int) {
	if m != nil {
		m.stage(key).handshakes[statusIndex(status)].Add(1)
	}
}

// A Call is what became of a call of @connections.
type Call struct {
	Stage      gateway.StageKey // zero: not one that there is, or the caller may not know
	Connection gateway.ConnectionID
	RequestID  string
	Method     string
	Header     http.Header // of the request; only a Tracer reads it
	Time       time.Time   // when it was taken up
	Latency    time.Duration
	Status     int    // that was answered
	Bytes      int    // of data for the client
	Data       []byte // the same, for who shows it
}

// Push counts a call of @connections. It keeps nothing of it.
func (m *Metrics) Push(c *Call) {
	if m == nil {
		return
	}
	s := m.stage(c.Stage)
	s.pushes[methodIndex(c.Method)][statusIndex(c.Status)].Add(1)
	s.pushing.observe(c.Latency)
	if c.Method == http.MethodPost && c.Status == http.StatusOK {
		m.route(s, routeOfPushes).send(c.Bytes)
	}
}

// routeOfPushes is the label of messages that backends have sent by themselves.
const routeOfPushes = "@connections"

// Forget drops the numbers of a stage that is gone, five minutes later: by then its last $disconnect have been counted, and the
// numbers been scraped. If there is a stage of that name again by then, it begins from zero.
func (m *Metrics) Forget(key gateway.StageKey) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if s := (*m.stages.Load())[labels(key)]; s != nil && s.gone.IsZero() {
		s.gone = m.cfg.Now()
	}
	m.sweep()
}
