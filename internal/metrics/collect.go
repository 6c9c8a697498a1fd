package metrics

import (
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Descriptions of what is counted, by their labels. What counts what is in the package comment.
var (
	buildInfo   = of("build_info", "The program; always 1.", "version", "goversion")
	connections = of("connections", "Open connections.", "api", "stage")
	running     = of("queue_running", "Jobs that run.", "queue")
	waiting     = of("queue_waiting", "Jobs that wait.", "queue")
	weight      = of("queue_waiting_bytes", "Bytes of jobs that wait.", "queue")
	labelSets   = of("label_sets", "Stages and routes with numbers of their own.")
	labelLimit  = of("label_sets_limit", "How many of them there can be; what is more counts as other.")
	spans       = of("spans_total", "Spans, by what became of them.", "result")

	connects         = of("connects_total", "Calls of $connect integrations (ConnectCount).", "api", "stage")
	handshakes       = of("handshakes_total", "Handshakes, by the status they were answered with.", "api", "stage", "status")
	disconnects      = of("disconnects_total", "Connections that have ended, by close code.", "api", "stage", "code")
	authorizerTime   = of("authorizer_latency_seconds", "Time to decide who may connect.", "api", "stage")
	authorizerErrors = of("authorizer_errors_total", "Authorizers that failed.", "api", "stage")
	pushes           = of("pushes_total", "Calls of @connections, by method and status.", "api", "stage", "method", "status")
	pushTime         = of("push_latency_seconds", "Time to answer a call of @connections.", "api", "stage")

	messages          = of("messages_total", "Messages from and to clients (MessageCount).", "api", "stage", "route", "direction")
	messageBytes      = of("message_bytes_total", "Bytes of messages from and to clients.", "api", "stage", "route", "direction")
	clientErrors      = of("client_errors_total", "4xx without a call of an integration (ClientError).", "api", "stage", "route")
	integrationErrors = of("integration_errors_total", "4xx and 5xx of integrations (IntegrationError).", "api", "stage", "route")
	executionErrors   = of("execution_errors_total", "Failed calls of integrations (ExecutionError).", "api", "stage", "route")
	throttles         = of("throttled_total", "429 of the gateway itself.", "api", "stage", "route")
	eventTime         = of("event_latency_seconds", "Time from an event to being done with it.", "api", "stage", "route")
	integrationTime   = of("integration_latency_seconds", "Time to an answer of an integration (IntegrationLatency).", "api", "stage", "route")
)

func of(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("gangway_"+name, help, labels, nil)
}

// counters are the counters of a route. An error that there was none of is shown, too, so that the first is seen as one more.
var counters = []struct {
	what      *prometheus.Desc
	direction string
	read      func(*route) *atomic.Uint64
	always    bool
}{
	{messages, "in", func(r *route) *atomic.Uint64 { return &r.in }, false},
	{messages, "out", func(r *route) *atomic.Uint64 { return &r.out }, false},
	{messageBytes, "in", func(r *route) *atomic.Uint64 { return &r.inBytes }, false},
	{messageBytes, "out", func(r *route) *atomic.Uint64 { return &r.outBytes }, false},
	{clientErrors, "", func(r *route) *atomic.Uint64 { return &r.clientErrors }, true},
	{integrationErrors, "", func(r *route) *atomic.Uint64 { return &r.integrationErrors }, true},
	{executionErrors, "", func(r *route) *atomic.Uint64 { return &r.executionErrors }, true},
	{throttles, "", func(r *route) *atomic.Uint64 { return &r.throttled }, true},
}

// collector is a Metrics as the registry sees it.
type collector struct{ m *Metrics }

var _ prometheus.Collector = collector{}

// Describe implements [prometheus.Collector]. What there is depends on what has happened, so nothing is promised.
func (c collector) Describe(chan<- *prometheus.Desc) {}

// Collect implements [prometheus.Collector].
func (c collector) Collect(ch chan<- prometheus.Metric) {
	out := output(ch)
	out.gauge(buildInfo, 1, label(c.m.cfg.Version), runtime.Version())
	c.m.collectNow(out)
	stages := c.m.all()
	c.m.mu.Lock()
	out.gauge(labelSets, c.m.sets)
	c.m.mu.Unlock()
	out.gauge(labelLimit, c.m.cfg.LabelSets)
	for _, s := range stages {
		s.collect(out)
	}
}

// collectNow collects what others know.
func (m *Metrics) collectNow(out output) {
	if m.cfg.Connections != nil {
		for key, n := range m.cfg.Connections() {
			out.gauge(connections, n, label(key.API), label(key.Stage))
		}
	}
	if m.cfg.Queues != nil {
		for _, q := range m.cfg.Queues() {
			out.gauge(running, q.Running, q.Name)
			out.gauge(waiting, q.Waiting, q.Name)
			out.gauge(weight, q.Bytes, q.Name)
		}
	}
	if m.cfg.Sessions != nil {
		m.cfg.Sessions().collect(out)
	}
	if t := m.cfg.Tracer; t != nil {
		out.counter(spans, t.exported.Load(), "exported")
		out.counter(spans, t.dropped.Load(), "dropped")
		out.counter(spans, t.failed.Load(), "failed")
	}
}

func (s *stage) collect(out output) {
	api, name := s.key.API, s.key.Stage
	for i := range s.handshakes {
		out.some(handshakes, s.handshakes[i].Load(), api, name, statusName(i))
	}
	for i := range s.closes {
		out.some(disconnects, s.closes[i].Load(), api, name, codeName(i))
	}
	for i := range s.pushes {
		for j := range s.pushes[i] {
			out.some(pushes, s.pushes[i][j].Load(), api, name, methods[i], statusName(j))
		}
	}
	out.histogram(pushTime, &s.pushing, api, name)
	out.histogram(authorizerTime, &s.authorizing, api, name)
	out.counter(authorizerErrors, s.authorizerErrors.Load(), api, name)
	connected := uint64(0)
	for key, r := range *s.routes.Load() {
		r.collect(out, api, name, key)
		connected += r.connects.Load()
	}
	out.counter(connects, connected, api, name)
}

func (t *route) collect(out output, labels ...string) {
	for _, c := range counters {
		n := c.read(t).Load()
		if c.always {
			out.counter(c.what, n, labels...)
		} else {
			out.some(c.what, n, append(slices.Clip(labels), c.direction)...)
		}
	}
	out.histogram(eventTime, &t.latency, labels...)
	out.histogram(integrationTime, &t.calling, labels...)
}

// output takes what is collected.
type output chan<- prometheus.Metric

func (o output) gauge(what *prometheus.Desc, n int, labels ...string) {
	o.send(what)(prometheus.NewConstMetric(what, prometheus.GaugeValue, float64(n), labels...))
}

func (o output) counter(what *prometheus.Desc, n uint64, labels ...string) {
	o.send(what)(prometheus.NewConstMetric(what, prometheus.CounterValue, float64(n), labels...))
}

func (o output) seconds(what *prometheus.Desc, d time.Duration) {
	o.send(what)(prometheus.NewConstMetric(what, prometheus.CounterValue, d.Seconds()))
}

// some is a counter that is not shown until it has counted something: there are too many of them.
func (o output) some(what *prometheus.Desc, n uint64, labels ...string) {
	if n > 0 {
		o.counter(what, n, labels...)
	}
}

func (o output) histogram(what *prometheus.Desc, h *histogram, labels ...string) {
	d := h.load()
	n := d.count()
	if n == 0 {
		return
	}
	o.send(what)(prometheus.NewConstHistogram(what, n, time.Duration(d.nanos).Seconds(), d.cumulative(), labels...))
}

func (o output) send(what *prometheus.Desc) func(prometheus.Metric, error) {
	return func(m prometheus.Metric, err error) {
		if err != nil {
			m = prometheus.NewInvalidMetric(what, err)
		}
		o <- m
	}
}
