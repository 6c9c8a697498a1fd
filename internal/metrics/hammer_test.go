package metrics_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"gangway/internal/gateway"
	"gangway/internal/metrics"
)

// TestHammer counts from everywhere while stages are scraped, told and forgotten. No count is lost.
func TestHammer(t *testing.T) {
	const goroutines, each = 8, 2000
	m := metrics.New(metrics.Config{LabelSets: 60, Detailed: func(gateway.StageKey, string) bool { return true }})
	var counting, around sync.WaitGroup
	done := make(chan struct{})
	again := func(f func(round int)) {
		around.Go(func() {
			for round := 0; ; round++ {
				select {
				case <-done:
					return
				default:
					f(round)
				}
			}
		})
	}
	again(func(int) { scrape(t, m) })
	again(func(int) { m.AppendEMF(nil, noon) })
	again(func(round int) { m.Forget(gateway.StageKey{API: fmt.Sprint("api", round%5), Stage: "dev"}) })
	type observer interface{ Observe(record *gateway.Record) }
	var kept sync.Map // of one stage, by its key
	observers := []func(gateway.StageKey) observer{
		func(gateway.StageKey) observer { return m },
		func(key gateway.StageKey) observer {
			of, _ := kept.LoadOrStore(key, m.Of(key))
			return of.(*metrics.StageMetrics)
		},
	}
	for g := range goroutines {
		counting.Go(func() {
			for i := range each {
				stage := gateway.StageKey{API: fmt.Sprint("api", i%5), Stage: "prod"}
				observers[(g+i)%2](stage).Observe(message(stage, fmt.Sprint("route", (g+i)%31)))
				m.Push(post(200))
				m.Refused(gateway.StageKey{API: fmt.Sprint("api", i%50), Stage: "dev"}, 403)
			}
		})
	}
	counting.Wait()
	close(done)
	around.Wait()
	counted := map[string]float64{}
	for name, n := range scrape(t, m) {
		for _, prefix := range []string{"gangway_messages_total", "gangway_pushes_total", "gangway_handshakes_total"} {
			if strings.HasPrefix(name, prefix) && !strings.Contains(name, `"out"`) {
				counted[prefix] += n
			}
		}
	}
	want(t, counted, map[string]float64{
		"gangway_messages_total": goroutines * each, "gangway_pushes_total": goroutines * each,
		"gangway_handshakes_total": goroutines * each,
	})
}

// TestHammerHistory samples and reads while events are counted and stages come and go.
func TestHammerHistory(t *testing.T) {
	m := metrics.New(metrics.Config{LabelSets: 20, Connections: opened(map[gateway.StageKey]int{prod: 1}).counts})
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			key := gateway.StageKey{API: prod.API, Stage: strconv.Itoa(i)}
			for ctx.Err() == nil {
				m.Observe(message(prod, "say"))
				m.Observe(message(key, "say"))
				m.Forget(key)
			}
		})
	}
	counted := uint64(0)
	for range 300 {
		m.SampleOnce()
		for _, s := range m.Stages(prod.API, "") {
			if len(s.History) > 180 {
				t.Errorf("%d samples", len(s.History))
			}
		}
		counted = m.APIs()[prod.API].MessagesIn
	}
	stop()
	all.Wait()
	m.SampleOnce()
	if total := m.APIs()[prod.API].MessagesIn; total < counted {
		t.Errorf("%d messages, and %d before", total, counted)
	}
}
