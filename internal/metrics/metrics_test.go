package metrics_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"gangway/internal/gateway"
	"gangway/internal/metrics"
)

func readAll(tb testing.TB, resp *http.Response) string {
	tb.Helper()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return string(body)
}

// TestErrors holds what counts as which error to the table of the package comment. Source: "Monitor WebSocket API execution with
// CloudWatch metrics" in the API Gateway developer guide, for what it says; the rest is ours.
func TestErrors(t *testing.T) {
	integration := func(status int, err error) *gateway.IntegrationRecord {
		return &gateway.IntegrationRecord{Status: status, Err: err}
	}
	authorizer := func(status int, err error) *gateway.AuthorizerRecord {
		return &gateway.AuthorizerRecord{ID: "abc", Status: status, Err: err}
	}
	tests := []struct {
		name   string
		record *gateway.Record
		want   string // of client, integration, execution
	}{
		{"all went well", connect(200, authorizer(200, nil), integration(200, nil)), ""},
		{"a redirect is none", connect(302, nil, integration(302, nil)), ""},
		{"a missing parameter", connect(400, nil, nil), "client"},
		{"an authorizer that says no", connect(403, authorizer(403, failed(gateway.ErrForbidden)), nil), "client"},
		{"no token", connect(401, authorizer(401, failed(gateway.ErrUnauthorized)), nil), "client"},
		{"an authorizer that fails", connect(500, authorizer(500, failed(gateway.ErrTimeout)), nil), ""},
		{"a limit", connect(429, nil, nil), "client"},
		{"going away", connect(503, nil, nil), ""},
		{"a backend that says no", connect(403, nil, integration(403, nil)), "integration"},
		{"a backend that fails", connect(500, nil, integration(500, nil)), "integration"},
		{"a backend that takes too long", connect(504, nil, integration(0, failed(gateway.ErrTimeout))), "execution"},
		{"nobody there", connect(504, nil, integration(0, failed(gateway.ErrUnreachable))), "execution"},
		{"a result that makes no sense", connect(502, nil, integration(0, failed(gateway.ErrBadReply))), "execution"},
		{"a template that fails", connect(500, nil, nil), "execution"},
		{"a reply that cannot be made", connect(500, nil, integration(200, nil)), "execution"},
		{"a client that left", connect(504, nil, integration(0, left())), ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := metrics.New(metrics.Config{})
			m.Observe(test.record)
			got := scrape(t, m)
			for _, name := range []string{"client", "integration", "execution"} {
				wanted := 0.0
				if name == test.want {
					wanted = 1
				}
				want(t, got, map[string]float64{
					"gangway_" + name + `_errors_total{api="a1b2c3",route="$connect",stage="prod"}`: wanted,
				})
			}
		})
	}
}

// TestCounts reads numbers of a little of everything.
func TestCounts(t *testing.T) {
	m := little(metrics.Config{Version: "1.2.3"})
	want(t, scrape(t, m), map[string]float64{
		`gangway_connections{api="a1b2c3",stage="prod"}`:                                                   3,
		`gangway_queue_running{queue="messages"}`:                                                          1,
		`gangway_queue_waiting{queue="messages"}`:                                                          2,
		`gangway_queue_waiting_bytes{queue="messages"}`:                                                    4096,
		`gangway_connects_total{api="a1b2c3",stage="prod"}`:                                                2,
		`gangway_handshakes_total{api="a1b2c3",stage="prod",status="101"}`:                                 1,
		`gangway_handshakes_total{api="a1b2c3",stage="prod",status="403"}`:                                 2,
		`gangway_handshakes_total{api="a1b2c3",stage="prod",status="500"}`:                                 1,
		`gangway_handshakes_total{api="a1b2c3",stage="prod",status="other"}`:                               1,
		`gangway_handshakes_total{api="",stage="",status="403"}`:                                           1,
		`gangway_disconnects_total{api="a1b2c3",code="1001",stage="prod"}`:                                 1,
		`gangway_disconnects_total{api="a1b2c3",code="1015",stage="prod"}`:                                 1,
		`gangway_disconnects_total{api="a1b2c3",code="3xxx",stage="prod"}`:                                 1,
		`gangway_disconnects_total{api="a1b2c3",code="4xxx",stage="prod"}`:                                 2,
		`gangway_disconnects_total{api="a1b2c3",code="other",stage="prod"}`:                                2,
		`gangway_authorizer_latency_seconds_count{api="a1b2c3",stage="prod"}`:                              2,
		`gangway_authorizer_latency_seconds_bucket{api="a1b2c3",stage="prod",le="0.0025"}`:                 1,
		`gangway_authorizer_errors_total{api="a1b2c3",stage="prod"}`:                                       1,
		`gangway_messages_total{api="a1b2c3",direction="in",route="say",stage="prod"}`:                     3,
		`gangway_messages_total{api="a1b2c3",direction="out",route="say",stage="prod"}`:                    2,
		`gangway_message_bytes_total{api="a1b2c3",direction="in",route="say",stage="prod"}`:                48,
		`gangway_message_bytes_total{api="a1b2c3",direction="out",route="say",stage="prod"}`:               10,
		`gangway_messages_total{api="a1b2c3",direction="out",route="@connections",stage="prod"}`:           1,
		`gangway_message_bytes_total{api="a1b2c3",direction="out",route="@connections",stage="prod"}`:      7,
		`gangway_throttled_total{api="a1b2c3",route="say",stage="prod"}`:                                   1,
		`gangway_client_errors_total{api="a1b2c3",route="say",stage="prod"}`:                               1,
		`gangway_pushes_total{api="a1b2c3",method="POST",stage="prod",status="200"}`:                       1,
		`gangway_pushes_total{api="a1b2c3",method="POST",stage="prod",status="410"}`:                       1,
		`gangway_pushes_total{api="a1b2c3",method="DELETE",stage="prod",status="204"}`:                     1,
		`gangway_push_latency_seconds_count{api="a1b2c3",stage="prod"}`:                                    3,
		`gangway_push_latency_seconds_sum{api="a1b2c3",stage="prod"}`:                                      0.006,
		`gangway_event_latency_seconds_count{api="a1b2c3",route="say",stage="prod"}`:                       3,
		`gangway_event_latency_seconds_bucket{api="a1b2c3",route="say",stage="prod",le="0.01"}`:            0,
		`gangway_event_latency_seconds_bucket{api="a1b2c3",route="say",stage="prod",le="0.025"}`:           3,
		`gangway_integration_latency_seconds_count{api="a1b2c3",route="say",stage="prod"}`:                 2,
		`gangway_integration_latency_seconds_sum{api="a1b2c3",route="say",stage="prod"}`:                   0.018,
		`gangway_integration_latency_seconds_count{api="a1b2c3",route="$connect",stage="prod"}`:            1,
		`gangway_integration_latency_seconds_bucket{api="a1b2c3",route="$connect",stage="prod",le="30"}`:   0,
		`gangway_integration_latency_seconds_bucket{api="a1b2c3",route="$connect",stage="prod",le="+Inf"}`: 1,
		`gangway_label_sets_limit`: 2000,
	})
}

// little is a Metrics that has counted a little of everything.
func little(cfg metrics.Config) *metrics.Metrics {
	cfg.Connections = func() map[gateway.StageKey]int { return map[gateway.StageKey]int{prod: 3} }
	cfg.Queues = func() []metrics.Queue {
		return []metrics.Queue{{Name: "messages", Running: 1, Waiting: 2, Bytes: 4096}}
	}
	m := metrics.New(cfg)
	m.Observe(connect(200, &gateway.AuthorizerRecord{ID: "abc", Status: 200, Latency: 2 * time.Millisecond}, &gateway.IntegrationRecord{
		Status: 200, Latency: time.Minute,
	}))
	m.Observe(connect(403, nil, &gateway.IntegrationRecord{Status: 403, Mock: true}))
	m.Observe(connect(500, &gateway.AuthorizerRecord{ID: "abc", Status: 500, Latency: time.Second, Err: failed(gateway.ErrTimeout)}, nil))
	m.Observe(connect(418, nil, nil))
	m.Refused(prod, 403)
	m.Refused(gateway.StageKey{}, 403)
	for _, code := range []int{1001, 1015, 3000, 4000, 4999, 0, 5000} {
		m.Observe(disconnect(code))
	}
	m.Observe(message(prod, "say"))
	m.Observe(message(prod, "say"))
	refused := message(prod, "say")
	refused.Status, refused.Integration, refused.Sent = 429, nil, 0
	m.Observe(refused)
	m.Push(post(200))
	m.Push(post(410))
	remove := post(204)
	remove.Method = http.MethodDelete
	m.Push(remove)
	return m
}

// TestExposition has what is served read and judged by the library's own reader of the text format.
func TestExposition(t *testing.T) {
	m := little(metrics.Config{Version: "1.2.3", Tracer: tracer(t, nil, metrics.TracerConfig{})})
	resp := get(t, m, "text/plain")
	defer func() { _ = resp.Body.Close() }()
	problems, err := promlint.New(resp.Body).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range problems {
		if strings.HasPrefix(problem.Metric, "gangway_") {
			t.Errorf("%s: %s", problem.Metric, problem.Text)
		}
	}
	open := get(t, m, "application/openmetrics-text; version=1.0.0")
	defer func() { _ = open.Body.Close() }()
	text := readAll(t, open)
	if kind := open.Header.Get("Content-Type"); !strings.HasPrefix(kind, "application/openmetrics-text") {
		t.Errorf("the type is %q", kind)
	}
	if !strings.HasSuffix(text, "# EOF\n") || !strings.Contains(text, `gangway_build_info{goversion="go`) ||
		!strings.Contains(text, "\ngo_goroutines ") || !strings.Contains(text, "\n# TYPE gangway_messages counter\n") {
		t.Errorf("not OpenMetrics, or something is missing:\n%s", text)
	}
}

// TestBound has more stages and routes than may be told apart. No event is lost: the rest is counted as other.
func TestBound(t *testing.T) {
	const limit = 20
	m := metrics.New(metrics.Config{LabelSets: limit})
	stages := 0.0
	for i := range 50 {
		stage := gateway.StageKey{API: fmt.Sprintf("api%d", i/10), Stage: "prod"}
		m.Observe(message(stage, fmt.Sprintf("route%d", i)))
		m.Observe(message(stage, "a route that has not been there"))
		stages++
	}
	got := scrape(t, m)
	if sets := got["gangway_label_sets"]; sets > limit+6 {
		t.Errorf("%v label sets; the limit is %v, and one more for each stage", sets, limit)
	}
	all, rest := 0.0, 0.0
	for name, n := range got {
		if strings.HasPrefix(name, "gangway_messages_total{") && strings.Contains(name, `direction="in"`) {
			all += n
			if strings.Contains(name, `route="other"`) {
				rest += n
			}
		}
	}
	if all != 100 || rest < 50 || got[`gangway_messages_total{api="other",direction="in",route="other",stage="other"}`] == 0 {
		t.Errorf("%v messages, %v of them of other routes, want 100 and most of them: %v", all, rest, got)
	}
}

// TestStrangeLabels has names of routes that are allowed, and some that are no text at all.
func TestStrangeLabels(t *testing.T) {
	m := metrics.New(metrics.Config{})
	for _, route := range []string{"", "\xff", "\xfe", "\ufffd", "a\"b\\c\nd", "other", "@connections"} {
		m.Observe(message(prod, route))
		m.Observe(message(prod, route))
	}
	m.Push(post(200))
	want(t, scrape(t, m), map[string]float64{
		`gangway_messages_total{api="a1b2c3",direction="in",route="",stage="prod"}`:                 2,
		`gangway_messages_total{api="a1b2c3",direction="in",route="` + "\ufffd" + `",stage="prod"}`: 6,
		`gangway_messages_total{api="a1b2c3",direction="in",route="a\"b\\c\nd",stage="prod"}`:       2,
		`gangway_messages_total{api="a1b2c3",direction="out",route="@connections",stage="prod"}`:    3,
	})
}

// TestForget counts the last events of a stage that is gone, and then drops it.
func TestForget(t *testing.T) {
	now := noon
	m := metrics.New(metrics.Config{Now: func() time.Time { return now }})
	const name = `gangway_disconnects_total{api="a1b2c3",code="1001",stage="prod"}`
	dev := gateway.StageKey{API: "a1b2c3", Stage: "dev"}
	m.Observe(message(dev, "say"))
	m.Observe(message(prod, "say"))
	m.Forget(prod)
	m.Forget(gateway.StageKey{API: "never", Stage: "seen"})
	m.Observe(disconnect(1001))
	now = now.Add(4 * time.Minute)
	got := scrape(t, m)
	want(t, got, map[string]float64{name: 1, "gangway_label_sets": 5})
	now = now.Add(time.Minute)
	got = scrape(t, m)
	if _, there := got[name]; there {
		t.Error("the stage is still there")
	}
	want(t, got, map[string]float64{
		"gangway_label_sets": 2, `gangway_messages_total{api="a1b2c3",direction="in",route="say",stage="dev"}`: 1,
	})
	m.Observe(message(prod, "say"))
	want(t, scrape(t, m), map[string]float64{`gangway_messages_total{api="a1b2c3",direction="in",route="say",stage="prod"}`: 1})
}

// TestOf counts as Observe does, also when stages come and go, and with no room for the stage.
func TestOf(t *testing.T) {
	now := noon
	m := metrics.New(metrics.Config{LabelSets: 4, Now: func() time.Time { return now }})
	of := m.Of(prod)
	in := func(api, stage string) string {
		return `gangway_messages_total{api="` + api + `",direction="in",route="say",stage="` + stage + `"}`
	}
	dev := gateway.StageKey{API: prod.API, Stage: "dev"}
	of.Observe(message(prod, "say"))
	m.Observe(message(dev, "say")) // another stage
	of.Observe(message(prod, "say"))
	m.Observe(message(prod, "say"))
	want(t, scrape(t, m), map[string]float64{in(prod.API, "prod"): 3, in(prod.API, "dev"): 1, "gangway_label_sets": 4})

	late := gateway.StageKey{API: prod.API, Stage: "late"}
	ofLate := m.Of(late)
	ofLate.Observe(message(late, "say"))
	ofLate.Observe(message(late, "say"))
	if _, there := scrape(t, m)[in(prod.API, "late")]; there {
		t.Error("there was room for one stage more")
	}
	m.Forget(prod)
	m.Forget(dev)
	now = now.Add(5 * time.Minute)
	want(t, scrape(t, m), map[string]float64{`gangway_messages_total{api="other",direction="in",route="other",stage="other"}`: 2})
	of.Observe(message(prod, "say"))
	want(t, scrape(t, m), map[string]float64{in(prod.API, "prod"): 1})
}

// TestNil has a Metrics that is off, and a Tracer.
func TestNil(t *testing.T) {
	var m *metrics.Metrics
	var tracer *metrics.Tracer
	r, c := message(prod, "say"), post(200)
	if n := testing.AllocsPerRun(100, func() {
		m.Observe(r)
		m.Of(prod).Observe(r)
		m.Push(c)
		m.Refused(prod, 403)
		m.Forget(prod)
		tracer.Observe(r)
		tracer.Push(c)
		tracer.Run(t.Context())
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestAllocations counts what is known already.
func TestAllocations(t *testing.T) {
	m := little(metrics.Config{})
	records := []*gateway.Record{message(prod, "say"), connect(403, nil, nil), disconnect(1001)}
	c := post(200)
	if n := testing.AllocsPerRun(100, func() {
		for _, r := range records {
			m.Observe(r)
		}
		m.Push(c)
		m.Refused(prod, 403)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
