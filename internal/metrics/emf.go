package metrics

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"slices"
	"time"

	"gangway/internal/gateway"
)

// Run writes EMF every interval, a minute if it is 0, and once more when ctx ends; then it returns. What cannot be written is
// lost. There must be no other Run, nor another caller of [Metrics.AppendEMF], or each would tell a part.
func (m *Metrics) Run(ctx context.Context, interval time.Duration, w io.Writer) {
	ticker := time.NewTicker(cmp.Or(max(interval, 0), time.Minute))
	defer ticker.Stop()
	for last := false; !last; {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			last = true
		}
		lines := m.AppendEMF(nil, m.cfg.Now())
		if len(lines) == 0 {
			continue
		}
		if _, err := w.Write(lines); err != nil {
			m.cfg.Log.Error("metrics: counts for CloudWatch are lost", "bytes", len(lines), "error", err)
		}
	}
}

// AppendEMF appends what has been counted since the last time, in CloudWatch's embedded metric format: "Specification: Embedded
// metric format" in the CloudWatch user guide. Each stage on which something happened is a line, with the dimension sets ApiId and
// ApiId, Stage; each of its routes with detailed metrics is another, with ApiId, Stage, Route. Counts are for the statistic Sum.
// A latency has a value for each bucket, and how many are in it, as AWS's own exporter for OpenTelemetry writes histograms.
func (m *Metrics) AppendEMF(dst []byte, now time.Time) []byte {
	m.telling.Lock()
	defer m.telling.Unlock()
	stages := m.all()
	for _, key := range sorted(stages, compareStages) {
		all := tally{}
		var detailed []byte
		routes := *stages[key].routes.Load()
		for _, name := range sorted(routes, cmp.Compare[string]) {
			counted := routes[name].tally()
			since := counted.minus(&routes[name].told)
			routes[name].told = counted
			all.add(&since)
			if name != "" && m.cfg.Detailed != nil && m.cfg.Detailed(key, name) {
				detailed = m.appendLine(detailed, &since, now, key, name)
			}
		}
		dst = append(m.appendLine(dst, &all, now, key, ""), detailed...)
	}
	return dst
}

func sorted[K comparable, V any](all map[K]V, compare func(a, b K) int) []K {
	keys := make([]K, 0, len(all))
	for key := range all {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, compare)
	return keys
}

func compareStages(a, b gateway.StageKey) int {
	return cmp.Or(cmp.Compare(a.API, b.API), cmp.Compare(a.Stage, b.Stage))
}

// An EMF document is an object of its dimensions and metrics by name, and under _aws what is which.
type (
	emfMetadata struct {
		Timestamp         int64
		CloudWatchMetrics []emfDirective
	}
	emfDirective struct {
		Namespace  string
		Dimensions [][]string
		Metrics    []emfMetric
	}
	emfMetric    struct{ Name, Unit string }
	emfHistogram struct {
		Values   []float64
		Counts   []uint64
		Min, Max float64
		Count    uint64
		Sum      float64
	}
)

// appendLine appends the line of a stage or, if it is not empty, of a route; nothing if nothing has happened.
func (m *Metrics) appendLine(dst []byte, counted *tally, now time.Time, stage gateway.StageKey, route string) []byte {
	if *counted == (tally{}) {
		return dst
	}
	line := map[string]any{"ApiId": stage.API, "Stage": stage.Stage}
	directive := emfDirective{Namespace: m.cfg.Namespace, Dimensions: [][]string{{"ApiId"}, {"ApiId", "Stage"}}}
	if route != "" {
		line["Route"] = route
		directive.Dimensions = [][]string{{"ApiId", "Stage", "Route"}}
	}
	add := func(name, unit string, value any) {
		line[name] = value
		directive.Metrics = append(directive.Metrics, emfMetric{name, unit})
	}
	add("ConnectCount", "Count", counted.connects)
	add("MessageCount", "Count", counted.messages)
	add("IntegrationError", "Count", counted.integrationErrors)
	add("ClientError", "Count", counted.clientErrors)
	add("ExecutionError", "Count", counted.executionErrors)
	if counted.latency.count() > 0 {
		add("IntegrationLatency", "Milliseconds", counted.latency.emf())
	}
	line["_aws"] = emfMetadata{now.UnixMilli(), []emfDirective{directive}}
	document, _ := json.Marshal(line) // texts and numbers always marshal
	return append(append(dst, document...), '\n')
}

// emf has the buckets that have something in them. The value of a bucket is its middle, in milliseconds; what is beyond the last
// bound counts as that.
func (d *distribution) emf() *emfHistogram {
	h := &emfHistogram{Count: d.count(), Sum: milliseconds(time.Duration(d.nanos))}
	for i, n := range d.buckets {
		if n == 0 {
			continue
		}
		middle := bounds[min(i, len(bounds)-1)]
		if i == 0 {
			middle /= 2
		} else {
			middle = (bounds[i-1] + middle) / 2
		}
		h.Values, h.Counts = append(h.Values, milliseconds(middle)), append(h.Counts, n)
	}
	h.Min, h.Max = h.Values[0], h.Values[len(h.Values)-1]
	return h
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
