package metrics_test

import (
	"fmt"
	"testing"

	"gangway/internal/gateway"
	"gangway/internal/metrics"
)

// BenchmarkObserve counts a message that has reached an integration: alone, on all processors at once on one route, and on
// routes of their own.
func BenchmarkObserve(b *testing.B) {
	b.Run("alone", func(b *testing.B) {
		m, r := full(), message(prod, "route7")
		b.ReportAllocs()
		for b.Loop() {
			m.Observe(r)
		}
	})
	b.Run("contended", func(b *testing.B) {
		m := full()
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			r := message(prod, "route7")
			for pb.Next() {
				m.Observe(r)
			}
		})
	})
	b.Run("apart", func(b *testing.B) {
		m := full()
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			r := message(prod, "route"+gateway.NewRequestID()[:1])
			for pb.Next() {
				m.Observe(r)
			}
		})
	})
	b.Run("beyond the limit", func(b *testing.B) {
		m := metrics.New(metrics.Config{LabelSets: 1})
		r := message(prod, "route7")
		m.Observe(r)
		b.ReportAllocs()
		for b.Loop() {
			m.Observe(r)
		}
	})
}

// BenchmarkPush counts a call of @connections.
func BenchmarkPush(b *testing.B) {
	m, c := full(), post(200)
	b.ReportAllocs()
	for b.Loop() {
		m.Push(c)
	}
}

// BenchmarkScrape serves a node with a thousand routes.
func BenchmarkScrape(b *testing.B) {
	m := full()
	for i := range 1000 {
		m.Observe(message(gateway.StageKey{API: fmt.Sprint("api", i/10), Stage: "prod"}, fmt.Sprint("route", i)))
	}
	b.ReportAllocs()
	for b.Loop() {
		resp := get(b, m, "text/plain")
		b.ReportMetric(float64(len(readAll(b, resp))), "B/scrape")
		_ = resp.Body.Close()
	}
}

// BenchmarkTrace makes the work of a span of a message, which the queue is full for; and finds that it is not to be recorded.
func BenchmarkTrace(b *testing.B) {
	for _, ratio := range []float64{0, 0.01, 1} {
		b.Run(fmt.Sprint("ratio ", ratio), func(b *testing.B) {
			t, r := tracer(b, nil, metrics.TracerConfig{Ratio: ratio}), message(prod, "route7")
			b.ReportAllocs()
			for b.Loop() {
				t.Observe(r)
			}
		})
	}
}

// full is a Metrics that knows fifty stages and a hundred routes of one of them.
func full() *metrics.Metrics {
	m := metrics.New(metrics.Config{})
	for i := range 50 {
		m.Observe(message(gateway.StageKey{API: fmt.Sprint("api", i), Stage: "prod"}, "$default"))
	}
	for i := range 100 {
		m.Observe(message(prod, fmt.Sprint("route", i)))
	}
	return m
}
