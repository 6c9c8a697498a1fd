//go:build linux

package main

import (
	"context"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"gangway/test/load/client"
)

// starts is how often a server is started for one figure.
const starts = 5

// startUp notes how long the server takes to serve, and what it takes when it has nothing to do.
func startUp(ctx context.Context, r *running) error {
	s := r.servers[0]
	times := []float64{s.started.Seconds() * 1000}
	for range starts - 1 {
		another, err := r.start(ctx, r.bench, r.measurement)
		if err != nil {
			return err
		}
		times = append(times, another.started.Seconds()*1000)
		another.stop()
	}
	slices.Sort(times)
	if _, err := s.Settled(ctx, r.while(settleTime)); err != nil {
		return err
	}
	rss, err := s.Resident()
	if err != nil {
		return err
	}
	info, err := os.Stat(s.program)
	if err != nil {
		return err
	}
	r.sample.Values[started], r.sample.Values[resident], r.sample.Values[size] = median(times), float64(rss), float64(info.Size())
	return nil
}

// collect holds connections, makes garbage by messages on some, and notes what the Go runtime says that each collection took.
func collect(connections int) func(context.Context, *running) error {
	return func(ctx context.Context, r *running) error {
		if _, err := r.dial(ctx, r.fitting(connections)); err != nil {
			return err
		}
		r.trace.reset()
		_, err := r.timed(ctx, func(*server) client.Order {
			return client.Order{Do: "talk", Text: message("mock"), Count: forwarding, Ops: 10 * opsAtMost, Time: r.while(5 * time.Second)}
		})
		if err != nil {
			return err
		}
		cycles := r.trace.cycles()
		r.sample.Values[collections] = float64(len(cycles))
		if len(cycles) > 0 {
			r.sample.Values[collection] = median(cycles)
		}
		return nil
	}
}

// trace takes what the Go runtime of a server says of its collections.
type trace struct {
	mu   sync.Mutex
	text []byte
}

// Write implements io.Writer.
func (t *trace) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	return len(p), nil
}

func (t *trace) reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = nil
}

// cycle is a line that GODEBUG=gctrace=1 has written (package runtime, "Environment Variables"); the part is what it says of
// processor time: sweep termination, assist/background/idle of marking, and mark termination, in milliseconds.
var collected = regexp.MustCompile(`(?m)^gc \d+ .* ms clock, ([0-9.+/]+) ms cpu,`)

// cycles are the processor times of all collections in milliseconds, in order of size. Marking with processors that had nothing
// else to do counts, too: it is what keeps them busy.
func (t *trace) cycles() []float64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []float64
	for _, match := range collected.FindAllSubmatch(t.text, -1) {
		sum := 0.0
		for part := range strings.FieldsFuncSeq(string(match[1]), func(c rune) bool { return c == '+' || c == '/' }) {
			if value, err := strconv.ParseFloat(part, 64); err == nil {
				sum += value
			}
		}
		all = append(all, sum)
	}
	slices.Sort(all)
	return all
}
