package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// sample is one run of one measurement.
type sample struct {
	ops       int
	lost      int
	cpu       time.Duration // of the server
	loader    time.Duration // CPU of this process: near a core and more, it is the loader that sets the pace
	elapsed   time.Duration
	latencies []time.Duration
	bytes     int // of memory, in all; idle connections only
}

// result are the runs of one measurement on one server.
type result struct {
	work, server string
	runs         []sample
}

func (r *result) lost() int {
	lost := 0
	for _, run := range r.runs {
		lost += run.lost
	}
	return lost
}

// show prints medians, and the range of the figure that counts.
func show(out io.Writer, results []*result) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "\nwork\tserver\tops\tµs CPU/op\trange\tops/s\tp50\tp99\tbytes/connection\tloader cores\tlost")
	for _, r := range results {
		_, _ = fmt.Fprintln(w, strings.Join(r.cells(), "\t"))
	}
	_ = w.Flush()
}

func (r *result) cells() []string {
	ops := r.runs[0].ops
	cpu := r.numbers(func(s sample) float64 { return float64(s.cpu.Nanoseconds()) / 1000 / float64(s.ops) })
	rate := r.numbers(func(s sample) float64 { return float64(s.ops) / s.elapsed.Seconds() })
	cells := []string{
		r.work, r.server, fmt.Sprint(ops), figure("%.1f", median(cpu)),
		fmt.Sprintf("%.1f–%.1f", cpu[0], cpu[len(cpu)-1]), figure("%.0f", median(rate)), "-", "-", "-",
		figure("%.1f", median(r.numbers(func(s sample) float64 { return s.loader.Seconds() / s.elapsed.Seconds() }))), fmt.Sprint(r.lost()),
	}
	if len(r.runs[0].latencies) > 0 {
		cells[6] = r.percentile(50).Round(time.Microsecond).String()
		cells[7] = r.percentile(99).Round(time.Microsecond).String()
	}
	if r.runs[0].bytes > 0 {
		cells[8] = figure("%.0f", median(r.numbers(func(s sample) float64 { return float64(s.bytes) / float64(s.ops) })))
	}
	return cells
}

func figure(format string, value float64) string { return fmt.Sprintf(format, value) }

// numbers are the figures of all runs in order of size.
func (r *result) numbers(of func(sample) float64) []float64 {
	all := make([]float64, len(r.runs))
	for i, run := range r.runs {
		all[i] = of(run)
	}
	slices.Sort(all)
	return all
}

func median(sorted []float64) float64 { return sorted[len(sorted)/2] }

// percentile is over all runs.
func (r *result) percentile(p int) time.Duration {
	var all []time.Duration
	for _, run := range r.runs {
		all = append(all, run.latencies...)
	}
	slices.Sort(all)
	return all[min(len(all)-1, len(all)*p/100)]
}
