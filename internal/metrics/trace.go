package metrics

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"gangway/internal/gateway"
)

// TracerConfig is what a [Tracer] may be told.
type TracerConfig struct {
	// Endpoint is where spans go, as OTEL_EXPORTER_OTLP_ENDPOINT: "/v1/traces" is put behind it. TracesEndpoint, as
	// OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, is used as it is, and instead. If both are empty, there is no Tracer.
	Endpoint, TracesEndpoint string
	// Header are fields of each request, such as [ParseHeaders] reads.
	Header http.Header
	// Ratio is how many of the traces that begin here are recorded, from 0 to 1. 0: only those that somebody else has begun
	// and records.
	Ratio float64
	// Service is service.name; "gangway". Version is service.version, and Node is service.instance.id; empty: not told.
	Service, Version, Node string
	// TraceID is X-Amzn-Trace-Id, "Root=1-{8 digits}-{24 digits}", as backends see it of an event that brings none; nil, or if it
	// has no such root: made from the request id.
	TraceID func(*gateway.Event) string
	// Queue is how many events may wait; 2048.
	Queue int
	// Client sends; nil: one that follows no redirects, which would take the header along.
	Client *http.Client
	// Log takes what goes wrong, once in ten seconds at most; nil: nowhere.
	Log *slog.Logger
}

// Tracer sends spans to a collector: OTLP/HTTP with JSON, "OpenTelemetry Protocol Specification". A nil Tracer does nothing, and
// takes no time for it. All methods may be called concurrently, but Run only once.
type Tracer struct {
	cfg      TracerConfig
	url      string
	resource resource
	queue    chan work
	reported time.Time // when something was last said; only Run uses it

	exported, dropped, failed atomic.Uint64 // spans
}

// NewTracer makes a Tracer, or none if there is no endpoint.
func NewTracer(cfg TracerConfig) (*Tracer, error) {
	target := cmp.Or(cfg.TracesEndpoint, cfg.Endpoint)
	if target == "" {
		return nil, nil
	}
	parsed, err := url.Parse(target)
	if err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https" {
		return nil, fmt.Errorf("metrics: the endpoint of traces is no http or https URL: %q", target)
	}
	if math.IsNaN(cfg.Ratio) || cfg.Ratio < 0 || cfg.Ratio > 1 {
		return nil, fmt.Errorf("metrics: the ratio of traces is not from 0 to 1: %v", cfg.Ratio)
	}
	if cfg.TracesEndpoint == "" {
		parsed = parsed.JoinPath("v1", "traces")
	}
	if cfg.Client == nil {
		cfg.Client = &http.Client{
			Transport:     http.DefaultTransport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	cfg.Service = cmp.Or(cfg.Service, "gangway")
	return &Tracer{
		cfg: cfg, url: parsed.String(), resource: newResource(&cfg),
		queue: make(chan work, cmp.Or(max(cfg.Queue, 0), 2048)),
	}, nil
}

// ParseHeaders reads OTEL_EXPORTER_OTLP_HEADERS: name=value, comma, and so on, with values percent-encoded ("OpenTelemetry
// Protocol Exporter", after W3C Baggage).
func ParseHeaders(text string) (http.Header, error) {
	header := http.Header{}
	for pair := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		name, value, ok := strings.Cut(pair, "=")
		name = strings.TrimSpace(name)
		decoded, err := url.PathUnescape(strings.TrimSpace(value))
		if !ok || !isToken(name) || err != nil || strings.ContainsAny(decoded, "\r\n\x00") {
			return nil, errors.New("metrics: headers of traces: expected name=value, with a percent-encoded value, between commas") // they are secrets
		}
		header.Add(name, decoded)
	}
	return header, nil
}

// isToken says whether a text can be the name of a header field (RFC 9110 section 5.6.2).
func isToken(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

// Observe makes spans of an event, if its trace is recorded. It keeps texts of the record, and none of its bytes.
func (t *Tracer) Observe(r *gateway.Record) {
	if t == nil {
		return
	}
	e := r.Event
	var of trace
	if e.Type == gateway.EventConnect {
		of = traceOf(func(name string) string {
			value, _ := e.Header.Get(name)
			return value
		})
	}
	if t.records(&of, func() trace { return t.begin(e) }) {
		t.put(workOf(r, of))
	}
}

// Push makes a span of a call of @connections, if its trace is recorded.
func (t *Tracer) Push(c *Call) {
	if t == nil {
		return
	}
	of := traceOf(c.Header.Get)
	if t.records(&of, func() trace { return trace{id: traceFrom(c.RequestID)} }) {
		t.put(work{trace: of, call: *c})
	}
}

// records says whether a trace is recorded: as its parent says, or else by the ratio, if need be of one that begins here.
func (t *Tracer) records(of *trace, begin func() trace) bool {
	if of.decided {
		return of.sampled
	}
	if t.cfg.Ratio == 0 {
		return false
	}
	if of.id == (traceID{}) {
		*of = begin()
	}
	return of.id.within(t.cfg.Ratio)
}

// begin is the trace that begins with an event.
func (t *Tracer) begin(e *gateway.Event) trace {
	if t.cfg.TraceID != nil {
		if of := parseAmazon(t.cfg.TraceID(e)); of.id != (traceID{}) {
			return trace{id: of.id}
		}
	}
	return trace{id: traceFrom(e.RequestID)}
}

// put has spans made and sent, unless too many wait for that.
func (t *Tracer) put(w work) {
	select {
	case t.queue <- w:
	default:
		t.dropped.Add(uint64(w.spans()))
	}
}

// Batches.
const (
	maxBatch  = 512
	batchTime = time.Second
	lastWords = 5 * time.Second // for what waits when ctx ends
)

// Run sends spans until ctx ends, then those that wait, for five seconds at most.
func (t *Tracer) Run(ctx context.Context) {
	if t == nil {
		return
	}
	sending, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(lastWords, cancel) })()
	for ctx.Err() == nil {
		if batch := t.gather(ctx); len(batch) > 0 {
			t.export(sending, batch, ctx.Done())
		}
	}
	for batch := t.rest(); len(batch) > 0; batch = t.rest() {
		t.export(sending, batch, ctx.Done())
	}
}

// gather waits for the first span, and from then on until there are enough or a second has passed.
func (t *Tracer) gather(ctx context.Context) (batch []span) {
	select {
	case w := <-t.queue:
		batch = w.append(batch)
	case <-ctx.Done():
		return nil
	}
	timer := time.NewTimer(batchTime)
	defer timer.Stop()
	for len(batch)+maxSpans <= maxBatch {
		select {
		case w := <-t.queue:
			batch = w.append(batch)
		case <-timer.C:
			return batch
		case <-ctx.Done():
			return batch
		}
	}
	return batch
}

// rest is a batch of what waits.
func (t *Tracer) rest() (batch []span) {
	for len(batch)+maxSpans <= maxBatch {
		select {
		case w := <-t.queue:
			batch = w.append(batch)
		default:
			return batch
		}
	}
	return batch
}
