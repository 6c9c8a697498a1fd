package metrics_test

import (
	"context"
	"maps"
	"math"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/metrics"
)

// open are the connections of stages, as a node knows them.
type open struct {
	mu sync.Mutex
	by map[gateway.StageKey]int
}

func opened(by map[gateway.StageKey]int) *open { return &open{by: by} }

func (o *open) set(key gateway.StageKey, n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.by[key] = n
}

func (o *open) remove(key gateway.StageKey) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.by, key)
}

func (o *open) counts() map[gateway.StageKey]int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return maps.Clone(o.by)
}

// sampled has a Metrics sampled while something happens, which takes no time.
func sampled(t *testing.T, connections *open, happens func(m *metrics.Metrics)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		m := metrics.New(metrics.Config{Connections: connections.counts})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			m.Sample(ctx)
		}()
		happens(m)
		stop()
		<-ended
	})
}

// pass lets time go by, and a little more, so that what is due has been done.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// historyOf is that of the stage of the tests.
func historyOf(t *testing.T, m *metrics.Metrics) []metrics.Interval {
	t.Helper()
	stages := m.Stages(prod.API, prod.Stage)
	if len(stages) != 1 {
		t.Fatalf("%d stages", len(stages))
	}
	return stages[0].History
}

// TestHistory: a sample tells what happened since the one before, not since the start.
func TestHistory(t *testing.T) {
	connections := opened(map[gateway.StageKey]int{prod: 0})
	sampled(t, connections, func(m *metrics.Metrics) {
		began := time.Now()
		pass(time.Minute)
		if h := historyOf(t, m); len(h) > 0 {
			t.Errorf("a stage on which nothing has happened has %d samples", len(h))
		}
		m.Observe(connect(200, nil, &gateway.IntegrationRecord{Status: 200}))
		for range 3 {
			m.Observe(message(prod, "say"))
		}
		connections.set(prod, 1)
		pass(5 * time.Second)
		connections.set(prod, 0)
		failing := message(prod, "say")
		failing.Integration.Status = 500
		m.Observe(failing)
		pass(10 * time.Second)
		h := historyOf(t, m)
		if len(h) != 3 {
			t.Fatalf("%d samples, want 3", len(h))
		}
		for i, want := range []metrics.Interval{
			{Connections: 1, MessagesIn: 3, MessagesOut: 3, Connects: 1},
			{MessagesIn: 1, MessagesOut: 1, IntegrationErrors: 1},
			{},
		} {
			got := h[i]
			if at := began.Add(time.Minute + time.Duration(i+1)*5*time.Second); !got.Time.Equal(at) {
				t.Errorf("sample %d is of %s, want %s", i, got.Time, at)
			}
			if busy := i < 2; busy != (got.P50Millis > 0) || got.P50Millis > got.P99Millis || got.P99Millis > 50 {
				t.Errorf("sample %d: p50 %v ms, p99 %v ms", i, got.P50Millis, got.P99Millis)
			}
			got.Time, got.P50Millis, got.P99Millis = time.Time{}, 0, 0
			if got != want {
				t.Errorf("sample %d is %+v, want %+v", i, got, want)
			}
		}
	})
}

// TestHistoryEnds: it reaches back 15 minutes, goes with a stage that is gone, and where nothing happens any more.
func TestHistoryEnds(t *testing.T) {
	connections := opened(map[gateway.StageKey]int{prod: 2})
	sampled(t, connections, func(m *metrics.Metrics) {
		m.Observe(message(prod, "say"))
		pass(time.Hour)
		h := historyOf(t, m)
		if len(h) != 180 || h[0].MessagesIn > 0 || h[179].Time.Sub(h[0].Time) != 179*5*time.Second || h[179].Connections != 2 {
			t.Errorf("%d samples, from %+v to %+v", len(h), h[0], h[len(h)-1])
		}
		connections.set(prod, 0)
		pass(14 * time.Minute)
		if n := len(historyOf(t, m)); n != 180 {
			t.Errorf("%d samples while some tell of connections", n)
		}
		pass(2 * time.Minute)
		if n := len(historyOf(t, m)); n > 0 {
			t.Errorf("%d samples of a stage on which nothing happens", n)
		}
		m.Observe(message(prod, "say"))
		pass(5 * time.Second)
		if h := historyOf(t, m); len(h) != 1 || h[0].MessagesIn != 1 {
			t.Errorf("begun again: %+v", h)
		}
		m.Forget(prod)
		connections.remove(prod)
		pass(10 * time.Minute)
		if stages := m.Stages(prod.API, ""); len(stages) > 0 {
			t.Errorf("a stage that is gone: %+v", stages)
		}
		connections.set(prod, 0)
		if n := len(historyOf(t, m)); n > 0 {
			t.Errorf("another stage of the name has %d samples of the one before", n)
		}
	})
}

// TestHistories: there are 256, of the stages on which something happened last.
func TestHistories(t *testing.T) {
	connections := opened(map[gateway.StageKey]int{})
	stage := func(i int) gateway.StageKey { return gateway.StageKey{API: prod.API, Stage: strconv.Itoa(i)} }
	for i := range 300 {
		connections.set(stage(i), 0)
	}
	sampled(t, connections, func(m *metrics.Metrics) {
		for i := range 300 {
			m.Observe(message(stage(i), "say"))
			if i == 99 {
				pass(5 * time.Second)
			}
		}
		pass(5 * time.Second)
		for range 3 { // with so many, nobody's begins anew each time
			for i := range 300 {
				m.Observe(message(stage(i), "say"))
			}
			pass(5 * time.Second)
		}
		lengths := map[int]int{}
		for i := range 300 {
			lengths[len(m.Stages(prod.API, strconv.Itoa(i))[0].History)]++
		}
		if lengths[0] != 44 || lengths[4] != 200 || lengths[5] != 56 {
			t.Errorf("samples, and how many stages have so many: %v", lengths)
		}
	})
}

// TestQuantiles holds the quantiles of a route against those of what was observed: as near as the bucket that they fall into.
func TestQuantiles(t *testing.T) {
	m := metrics.New(metrics.Config{Connections: opened(map[gateway.StageKey]int{prod: 0}).counts})
	latency := func() metrics.Latency { return m.Stages(prod.API, "")[0].Routes[0].Latency }
	for i := range 1000 {
		r := message(prod, "say")
		r.Latency = time.Duration(i+1) * 100 * time.Microsecond // evenly up to 100 ms
		m.Observe(r)
	}
	l := latency()
	for _, q := range []struct{ got, want float64 }{{l.P50Millis, 50}, {l.P90Millis, 90}, {l.P99Millis, 99}} {
		if math.Abs(q.got-q.want) > q.want/100 {
			t.Errorf("got %v ms, want %v", q.got, q.want)
		}
	}
	if l.Count != 1000 {
		t.Errorf("%d events", l.Count)
	}
	for range 100_000 {
		r := message(prod, "say")
		r.Latency = time.Hour
		m.Observe(r)
	}
	if l := latency(); l.P50Millis != 30_000 || l.P99Millis != 30_000 {
		t.Errorf("beyond the last bound: %+v", l)
	}
}

// TestFigures: sums of an API are those of its stages; of other APIs nothing is in them.
func TestFigures(t *testing.T) {
	test, other := gateway.StageKey{API: prod.API, Stage: "test"}, gateway.StageKey{API: "z9y8x7", Stage: "prod"}
	m := metrics.New(metrics.Config{Connections: opened(map[gateway.StageKey]int{prod: 2, test: 1, other: 0}).counts})
	for range 5 {
		m.Observe(message(prod, "say"))
	}
	m.Observe(message(test, "say"))
	refused := message(test, "")
	refused.Status, refused.Integration, refused.Sent = 403, nil, 0
	m.Observe(refused)
	all := m.APIs()
	if want := (metrics.APIFigures{Connections: 3, MessagesIn: 7, MessagesOut: 6, Errors: 1}); len(all) != 2 || all[prod.API] != want || all[other.API] != (metrics.APIFigures{}) {
		t.Errorf("got %+v", all)
	}
	stages := m.Stages(prod.API, "")
	if len(stages) != 2 || stages[0].StageName != "prod" || stages[1].StageName != "test" || stages[1].Connections != 1 {
		t.Fatalf("got %+v", stages)
	}
	if r := stages[1].Routes; len(r) != 2 || r[0].RouteKey != "" || r[0].ClientErrors != 1 || r[1].MessagesOut != 1 || r[1].Latency.Count != 1 {
		t.Errorf("got %+v", r)
	}
	if routes := m.Stages(other.API, "")[0].Routes; routes == nil || len(routes) > 0 {
		t.Errorf("routes of a stage on which nothing has happened: %+v", routes)
	}
}

// BenchmarkSample: what sampling costs a node with as many label sets as there can be, each five seconds.
func BenchmarkSample(b *testing.B) {
	connections := opened(map[gateway.StageKey]int{})
	m := metrics.New(metrics.Config{Connections: connections.counts})
	for i := range 200 {
		key := gateway.StageKey{API: prod.API, Stage: strconv.Itoa(i)}
		connections.set(key, 1)
		for j := range 9 {
			m.Observe(message(key, strconv.Itoa(j)))
		}
	}
	m.SampleOnce()
	b.ReportAllocs()
	for b.Loop() {
		m.SampleOnce()
	}
}
