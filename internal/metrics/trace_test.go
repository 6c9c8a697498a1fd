package metrics_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gangway/internal/gateway"
	"gangway/internal/metrics"
)

// run runs a Tracer in a bubble until do returns, and then until its last spans are sent, which takes five seconds at most.
func run(t *testing.T, c *receiver, cfg metrics.TracerConfig, do func(*metrics.Tracer)) *metrics.Metrics {
	t.Helper()
	var m *metrics.Metrics
	synctest.Test(t, func(t *testing.T) {
		tracer := tracer(t, c, cfg)
		m = metrics.New(metrics.Config{Tracer: tracer})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			tracer.Run(ctx)
		}()
		do(tracer)
		cancel()
		end := time.Now()
		<-ended
		if took := time.Since(end); took > 5*time.Second {
			t.Errorf("it has taken %v to end", took)
		}
	})
	return m
}

// TestSpans has the spans of a little of everything read by a strict receiver.
func TestSpans(t *testing.T) {
	c := &receiver{t: t}
	opened := connect(200, &gateway.AuthorizerRecord{ID: "auth1", Status: 200, Latency: 10 * time.Millisecond}, &gateway.IntegrationRecord{
		Status: 200, Latency: 20 * time.Millisecond, RequestID: "aws-request",
	})
	said := message(prod, "say")
	said.Status, said.Err, said.ResponseType = 504, failed(gateway.ErrTimeout), "INTEGRATION_TIMEOUT"
	said.Integration.Status, said.Integration.Err = 0, said.Err
	mock := message(prod, "mock")
	mock.Integration.Mock = true
	closed := disconnect(1001)
	closed.Integration = nil
	pushed := post(410)
	m := run(t, c, metrics.TracerConfig{
		Ratio: 1, Service: "chat", Version: "1.2.3", Node: "node-1",
		TraceID: func(e *gateway.Event) string {
			return "Root=1-5759e988-" + hex.EncodeToString([]byte(e.RequestID))[:24]
		},
	}, func(tracer *metrics.Tracer) {
		for _, r := range []*gateway.Record{opened, said, mock, closed} {
			tracer.Observe(r)
		}
		tracer.Push(pushed)
	})
	if diff := cmp.Diff(map[string]any{"service.name": "chat", "service.version": "1.2.3", "service.instance.id": "node-1"}, c.resource); diff != "" {
		t.Error(diff)
	}
	common := func(r *gateway.Record, more map[string]any) map[string]any {
		all := map[string]any{
			"gangway.api": "a1b2c3", "gangway.stage": "prod", "gangway.connection_id": "eHrdFcnvvHcCE-w=", "gangway.request_id": r.Event.RequestID,
		}
		maps.Copy(all, more)
		return all
	}
	server, ms := c.named("connect"), int64(time.Millisecond)
	trace := "5759e988" + hex.EncodeToString([]byte(opened.Event.RequestID))[:24]
	at := noon.UnixNano()
	integrations := 0
	for _, test := range []struct {
		got  span
		want span
	}{
		{server, span{trace, idOf(opened, 12), "", "connect", 2, 0, at, at + 40*ms, common(opened, map[string]any{
			"gangway.route": "$connect", "client.address": "192.0.2.7", "user_agent.original": "wscat/6", "server.address": "localhost:8080",
			"network.protocol.name": "http", "http.request.method": "GET", "http.response.status_code": 101,
		})}},
		{c.named("authorizer"), span{trace, idOf(opened, 24), server.id, "authorizer", 3, 0, at, at + 10*ms, common(opened, map[string]any{
			"gangway.authorizer_id": "auth1", "gangway.status": 200,
		})}},
		{c.named("message say"), span{c.named("message say").trace, idOf(said, 12), "", "message say", 2, 2, at, at + 12*ms, common(said, map[string]any{
			"gangway.route": "say", "client.address": "192.0.2.7", "network.protocol.name": "websocket", "gangway.status": 504,
			"gangway.message.size": 16, "gangway.reply.size": 5, "gangway.response_type": "INTEGRATION_TIMEOUT", "error.type": "timeout",
		})}},
		{c.named("disconnect"), span{c.named("disconnect").trace, idOf(closed, 12), "", "disconnect", 2, 0, at, at + 3*ms, common(closed, map[string]any{
			"gangway.route": "$disconnect", "client.address": "192.0.2.7", "network.protocol.name": "websocket", "gangway.close_code": 1001,
		})}},
		{c.named("push"), span{c.named("push").trace, c.named("push").id, "", "push", 2, 0, at, at + 2*ms, map[string]any{
			"gangway.api": "a1b2c3", "gangway.stage": "prod", "gangway.connection_id": "eHrdFcnvvHcCE-w=",
			"gangway.request_id": pushed.RequestID, "http.route": "/@connections/{connection_id}", "http.request.method": "POST",
			"http.response.status_code": 410, "http.request.body.size": 7,
		}}},
	} {
		if diff := cmp.Diff(test.want, test.got, cmp.AllowUnexported(span{})); diff != "" {
			t.Errorf("%s: %s", test.want.name, diff)
		}
	}
	for _, s := range c.spans {
		if s.name != "integration" {
			continue
		}
		integrations++
		wanted := span{trace, idOf(opened, 20), server.id, s.name, 3, 0, at + 20*ms, at + 40*ms, common(opened, map[string]any{
			"gangway.route": "$connect", "aws.request_id": "aws-request", "http.response.status_code": 200,
		})}
		if s.parent != server.id {
			wanted = span{c.named("message say").trace, idOf(said, 20), c.named("message say").id, s.name, 3, 2, at + 3*ms, at + 12*ms, common(said, map[string]any{
				"gangway.route": "say", "error.type": "timeout",
			})}
		}
		if diff := cmp.Diff(wanted, s, cmp.AllowUnexported(span{})); diff != "" {
			t.Error(diff)
		}
	}
	if integrations != 2 || len(c.spans) != 8 {
		t.Errorf("%d spans, %d of integrations, want 8 and 2: MOCK has none", len(c.spans), integrations)
	}
	want(t, scrape(t, m), map[string]float64{
		`gangway_spans_total{result="exported"}`: 8, `gangway_spans_total{result="dropped"}`: 0, `gangway_spans_total{result="failed"}`: 0,
	})
	if text := fmt.Sprintf("%+v", c.spans); strings.Contains(text, "secret") || strings.Contains(text, "action") {
		t.Errorf("a span tells too much: %s", text)
	}
}

// idOf is the id of a span of an event: eight bytes of the hash of its request id, from somewhere on.
func idOf(r *gateway.Record, from int) string {
	sum := sha256.Sum256([]byte(r.Event.RequestID))
	return hex.EncodeToString(sum[from : from+8])
}

// TestParents has handshakes and calls that belong to traces already. Sources: "Tracing header" in the AWS X-Ray developer guide,
// and sections 3.2 and 4 of W3C Trace Context, whose example this is.
func TestParents(t *testing.T) {
	const (
		amazon, amazonTrace = "Root=1-5759e988-bd862e3fe1be46a994272793", "5759e988bd862e3fe1be46a994272793"
		w3c, w3cTrace       = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0", "4bf92f3577b34da6a3ce929d0e0e4736"
		later               = "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0"
		byAmazon, byW3C     = "53995c3f42cd8ad8", "00f067aa0ba902b7"
	)
	tests := []struct {
		name, amazon, w3c string
		ratio             float64
		trace, parent     string // empty trace: not recorded; "-": one of its own
	}{
		{"nobody", "", "", 1, "-", ""},
		{"nobody, and nothing is recorded", "", "", 0, "", ""},
		{"asked for", amazon + ";Parent=" + byAmazon + ";Sampled=1", "", 0, amazonTrace, byAmazon},
		{"asked not to", amazon + ";Parent=" + byAmazon + ";Sampled=0", "", 1, "", ""},
		{"ours to decide: yes", amazon + ";Parent=" + byAmazon + ";Sampled=?", "", 1, amazonTrace, byAmazon},
		{"ours to decide: no", amazon + ";Sampled=?", "", 0, "", ""},
		{"a root alone", amazon, "", 1, amazonTrace, ""},
		{"in another order, with more", "Self=1-x;Sampled=1; Parent=" + byAmazon + ";Lineage=a:1;" + amazon, "", 0, amazonTrace, byAmazon},
		{"a parent that is none", amazon + ";Parent=xyz;Sampled=1", "", 0, amazonTrace, ""},
		{"a root of another version", "Root=2-5759e988-bd862e3fe1be46a994272793;Sampled=1", "", 1, "-", ""},
		{"a root that is too short", "Root=1-5759e988-bd862e3fe1be46a99427279;Sampled=1", "", 1, "-", ""},
		{"a root with its dash elsewhere", "Root=1-5759e98-8bd862e3fe1be46a994272793;Sampled=1", "", 1, "-", ""},
		{"a root of zeros", "Root=1-00000000-000000000000000000000000;Sampled=1", "", 1, "-", ""},
		{"no root", "Parent=" + byAmazon + ";Sampled=1", "", 0, "", ""},
		{"w3c, recorded", "", w3c + "1", 0, w3cTrace, byW3C},
		{"w3c, not recorded", "", w3c + "0", 1, "", ""},
		{"w3c, other flags", "", w3c + "3", 0, w3cTrace, byW3C},
		{"w3c, a later version", "", later + "1-more", 0, w3cTrace, byW3C},
		{"w3c, a later version without its dash", "", later + "1more", 1, "-", ""},
		{"w3c, more than version 00 has", "", w3c + "1-more", 1, "-", ""},
		{"w3c, no version", "", "ff" + w3c[2:] + "1", 1, "-", ""},
		{"w3c, capitals", "", strings.ToUpper(w3c) + "1", 1, "-", ""},
		{"w3c, no trace", "", "00-00000000000000000000000000000000-00f067aa0ba902b7-01", 1, "-", ""},
		{"w3c, no parent", "", "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", 1, "-", ""},
		{"w3c, five parts", "", "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902-b-01-", 1, "-", ""},
		{"both", amazon + ";Sampled=1", w3c + "0", 0, amazonTrace, ""},
		{"both, but one is none", "Root=x", w3c + "1", 0, w3cTrace, byW3C},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := &receiver{t: t}
			r, call := connect(403, nil, nil), post(200)
			r.Event.Header = gateway.Params{{Name: "x-amzn-trace-id", Value: test.amazon}, {Name: "traceparent", Value: test.w3c}}
			call.Header = http.Header{"X-Amzn-Trace-Id": {test.amazon}, "Traceparent": {test.w3c}}
			run(t, c, metrics.TracerConfig{Ratio: test.ratio}, func(tracer *metrics.Tracer) {
				tracer.Observe(r)
				tracer.Push(call)
			})
			if test.trace == "" {
				if len(c.spans) > 0 {
					t.Errorf("recorded: %v", c.spans)
				}
				return
			}
			for name, request := range map[string]string{"connect": r.Event.RequestID, "push": call.RequestID} {
				sum := sha256.Sum256([]byte(request))
				wanted := strings.ReplaceAll(test.trace, "-", hex.EncodeToString(sum[:16]))
				if got := c.named(name); got.trace != wanted || got.parent != test.parent {
					t.Errorf("%s is in trace %s below %q, want %s below %q", name, got.trace, got.parent, wanted, test.parent)
				}
			}
		})
	}
}

// TestRatio records as many as it is told, and the same ones whoever decides.
func TestRatio(t *testing.T) {
	const events = 4000
	recorded := func(ratio float64) map[string]bool {
		c := &receiver{t: t}
		run(t, c, metrics.TracerConfig{Ratio: ratio, Queue: events}, func(tracer *metrics.Tracer) {
			for i := range events {
				r := message(prod, "say")
				r.Event.RequestID = fmt.Sprint("request", i)
				tracer.Observe(r)
			}
		})
		traces := map[string]bool{}
		for _, s := range c.spans {
			traces[s.trace] = true
		}
		return traces
	}
	tenth, half := recorded(0.1), recorded(0.5)
	if len(tenth) < 300 || len(tenth) > 500 || len(half) < 1800 || len(half) > 2200 {
		t.Errorf("%d and %d of %d are recorded, want a tenth and a half", len(tenth), len(half), events)
	}
	for trace := range tenth {
		if !half[trace] {
			t.Errorf("%s is in a tenth and not in a half of all", trace)
		}
	}
}

// TestBatches has spans sent when there are enough, or after a second, and what waits at the end.
func TestBatches(t *testing.T) {
	c := &receiver{t: t}
	run(t, c, metrics.TracerConfig{Ratio: 1}, func(tracer *metrics.Tracer) {
		tracer.Observe(message(prod, "say"))
		synctest.Wait()
		if c.requests.Load() > 0 {
			t.Error("one span is sent at once")
		}
		<-time.After(time.Second)
		synctest.Wait()
		for range 600 { // of two spans each
			tracer.Observe(message(prod, "say"))
		}
		synctest.Wait()
		for range 5 {
			tracer.Push(post(200))
		}
	})
	if len(c.batches) < 4 || !cmp.Equal([]int{2, 510, 510}, c.batches[:3]) || len(c.spans) != 1207 {
		t.Errorf("%d spans in batches of %v, want 1207 in 2, 510, 510, and the rest", len(c.spans), c.batches)
	}
}

// TestDropped has more events than there is room for. Nobody waits.
func TestDropped(t *testing.T) {
	tracer := tracer(t, nil, metrics.TracerConfig{Ratio: 1, Queue: 10})
	for range 15 {
		tracer.Observe(message(prod, "say"))
	}
	m := metrics.New(metrics.Config{Tracer: tracer})
	want(t, scrape(t, m), map[string]float64{`gangway_spans_total{result="dropped"}`: 10, `gangway_spans_total{result="exported"}`: 0})
}

// TestAnswers has a collector that does not take everything. Source: "OTLP/HTTP Response" in the OpenTelemetry Protocol
// Specification.
func TestAnswers(t *testing.T) {
	status := func(codes ...int) func(http.ResponseWriter, int) {
		return func(w http.ResponseWriter, n int) {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(codes[min(n, len(codes)-1)])
		}
	}
	body := func(text string) func(http.ResponseWriter, int) {
		return func(w http.ResponseWriter, _ int) { _, _ = w.Write([]byte(text)) }
	}
	header := func(value string) func(http.ResponseWriter, int) {
		return func(w http.ResponseWriter, n int) {
			w.Header().Set("Retry-After", value)
			w.WriteHeader([]int{503, 200}[min(n, 1)])
		}
	}
	tests := []struct {
		name             string
		answer           func(http.ResponseWriter, int)
		requests         int
		exported, failed float64
		after            time.Duration // it is sent
	}{
		{"taken", status(200), 1, 2, 0, 0},
		{"one rejected", body(`{"partialSuccess":{"rejectedSpans":"1","errorMessage":"too old"}}`), 1, 1, 1, 0},
		{"one rejected, as a number", body(`{"partialSuccess":{"rejectedSpans":1}}`), 1, 1, 1, 0},
		{"more rejected than sent", body(`{"partialSuccess":{"rejectedSpans":"99"}}`), 1, 0, 2, 0},
		{"a warning", body(`{"partialSuccess":{"errorMessage":"slow down"}}`), 1, 2, 0, 0},
		{"nonsense", body(`<html>`), 1, 2, 0, 0},
		{"busy once", status(503, 200), 2, 2, 0, 7 * time.Second},
		{"limited once", status(429, 200), 2, 2, 0, 7 * time.Second},
		{"busy", status(503), 2, 0, 2, 7 * time.Second},
		{"bad data", status(400), 1, 0, 2, 0},
		{"failed", status(500), 1, 0, 2, 0},
		{"a redirect", status(307), 1, 0, 2, 0},
		{"away once", status(noConnection, 200), 2, 2, 0, time.Second},
		{"away", status(noConnection), 2, 0, 2, time.Second},
		{"until a date", header(time.Date(2000, 1, 1, 0, 0, 11, 0, time.UTC).Format(http.TimeFormat)), 2, 2, 0, 10 * time.Second},
		{"for ever", header("86400"), 2, 2, 0, 30 * time.Second},
		{"not said", header("soon"), 2, 2, 0, time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := &receiver{t: t, answer: test.answer}
			var took time.Duration
			m := run(t, c, metrics.TracerConfig{Ratio: 1}, func(tracer *metrics.Tracer) {
				tracer.Observe(message(prod, "say"))
				<-time.After(time.Second)
				synctest.Wait()
				for took < test.after {
					if int(c.requests.Load()) == test.requests {
						t.Errorf("sent again after %v, want %v", took, test.after)
					}
					<-time.After(time.Second)
					synctest.Wait()
					took += time.Second
				}
				if int(c.requests.Load()) != test.requests {
					t.Errorf("%d requests after %v, want %d", int(c.requests.Load()), took, test.requests)
				}
			})
			if int(c.requests.Load()) != test.requests {
				t.Errorf("%d requests, want %d", int(c.requests.Load()), test.requests)
			}
			want(t, scrape(t, m), map[string]float64{
				`gangway_spans_total{result="exported"}`: test.exported, `gangway_spans_total{result="failed"}`: test.failed,
			})
		})
	}
}

// TestStuck ends while a collector does not answer at all.
func TestStuck(t *testing.T) {
	client := &http.Client{Transport: trip(func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	})}
	m := run(t, nil, metrics.TracerConfig{Ratio: 1, Client: client}, func(tracer *metrics.Tracer) {
		for range 1000 {
			tracer.Observe(message(prod, "say"))
		}
		synctest.Wait()
	})
	want(t, scrape(t, m), map[string]float64{`gangway_spans_total{result="failed"}`: 2000})
}

type trip func(*http.Request) (*http.Response, error)

func (f trip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestNetwork sends over a real one, to an endpoint that is used as it is.
func TestNetwork(t *testing.T) {
	c := &receiver{t: t}
	server := httptest.NewServer(c)
	defer server.Close()
	for _, cfg := range []metrics.TracerConfig{{Endpoint: server.URL + "/"}, {Endpoint: "http://else", TracesEndpoint: server.URL + "/v1/traces"}} {
		cfg.Ratio = 1
		tracer := tracer(t, nil, cfg)
		ctx, cancel := context.WithCancel(t.Context())
		tracer.Observe(message(prod, "say"))
		cancel()
		tracer.Run(ctx)
	}
	if len(c.spans) != 4 {
		t.Errorf("%d spans, want 4", len(c.spans))
	}
}

// TestTracerConfig has settings that cannot work, and one that turns tracing off.
func TestTracerConfig(t *testing.T) {
	off, err := metrics.NewTracer(metrics.TracerConfig{Ratio: 1})
	if off != nil || err != nil {
		t.Errorf("without an endpoint: %v, %v", off, err)
	}
	for _, cfg := range []metrics.TracerConfig{
		{Endpoint: "localhost:4318"},
		{Endpoint: "grpc://localhost:4317"},
		{Endpoint: "http://"},
		{Endpoint: "http://a b"},
		{Endpoint: "http://localhost:4318", Ratio: 1.5},
		{Endpoint: "http://localhost:4318", Ratio: -0.1},
	} {
		if _, err := metrics.NewTracer(cfg); err == nil || !strings.HasPrefix(err.Error(), "metrics: ") {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
}

// TestHeaders reads headers as environment variables have them. Source: "Specifying headers via environment variables" in
// "OpenTelemetry Protocol Exporter".
func TestHeaders(t *testing.T) {
	for text, wanted := range map[string]http.Header{
		"":            {},
		"api-key=abc": {"Api-Key": {"abc"}},
		" a = b , Authorization=Bearer%20x%3D%3D,": {"A": {"b"}, "Authorization": {"Bearer x=="}},
		"a=b=c":   {"A": {"b=c"}},
		"a+b=1+1": {"A+b": {"1+1"}},
	} {
		if got, err := metrics.ParseHeaders(text); err != nil || !cmp.Equal(got, wanted) {
			t.Errorf("%q: %v, %v, want %v", text, got, err, wanted)
		}
	}
	for _, text := range []string{"secret", "=secret", "a b=secret", "a=%zzsecret", "a=secret%0d%0ab", "a:b=secret"} {
		if _, err := metrics.ParseHeaders(text); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// FuzzParents has handshakes say anything of their trace. Whatever is recorded is right for a strict receiver.
func FuzzParents(f *testing.F) {
	f.Add("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1", "", "wscat")
	f.Add("", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "\xff\u2028")
	f.Add("Root=1--;;=;Sampled=", "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-", strings.Repeat("é", 300))
	f.Fuzz(func(t *testing.T, amazon, w3c, agent string) {
		c := &receiver{t: t}
		tracer := tracer(t, c, metrics.TracerConfig{Ratio: 0.5})
		r := connect(200, nil, nil)
		r.Event.Header = gateway.Params{{Name: "X-Amzn-Trace-Id", Value: amazon}, {Name: "traceparent", Value: w3c}}
		r.Event.Connection.UserAgent = agent
		tracer.Observe(r)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		tracer.Run(ctx)
		if len(c.spans) > 1 {
			t.Errorf("one handshake gives %v", c.spans)
		}
	})
}

// TestTracerHammer observes from everywhere while spans are sent. Each is sent or counted as dropped.
func TestTracerHammer(t *testing.T) {
	const goroutines, each = 8, 500
	c := &receiver{t: t}
	m := run(t, c, metrics.TracerConfig{Ratio: 1, Queue: 64}, func(tracer *metrics.Tracer) {
		var all sync.WaitGroup
		for range goroutines {
			all.Go(func() {
				for range each {
					tracer.Observe(message(prod, "say"))
				}
			})
		}
		all.Wait()
	})
	got := scrape(t, m)
	sent, dropped := got[`gangway_spans_total{result="exported"}`], got[`gangway_spans_total{result="dropped"}`]
	if sent+dropped != 2*goroutines*each || int(sent) != len(c.spans) || sent == 0 {
		t.Errorf("%v spans sent, %d of them received, and %v dropped, want %d", sent, len(c.spans), dropped, 2*goroutines*each)
	}
}
