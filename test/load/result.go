//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// metric names a figure of a sample.
type metric string

const (
	cpu         metric = "cpu_us"       // of the server, per operation
	rate        metric = "ops_per_s"    //
	p50         metric = "p50_ms"       //
	p99         metric = "p99_ms"       //
	last        metric = "last_ms"      // to the last byte of a broadcast
	memory      metric = "bytes"        // of user memory, per idle connection
	kernelBytes metric = "kernel_bytes" // per connection, both ends
	peakMemory  metric = "peak_bytes"   // resident, of the whole server
	resident    metric = "rss_bytes"    // idle
	loaderCores metric = "loader_cores" //
	started     metric = "start_ms"     // to serving
	size        metric = "binary_bytes" //
	drops       metric = "drops"        //
	idleCores   metric = "idle_cores"   //
	total       metric = "total_bytes"  // of user memory, that all connections took
	base        metric = "base_bytes"   // of user memory, that the processes took before them
	collections metric = "collections"  // of garbage, during the run
	collection  metric = "gc_cpu_ms"    // processor time of one, the median
)

// sample is one run of one measurement.
type sample struct {
	Round int `json:"round"`
	Ops   int `json:"ops"`
	Lost  int `json:"lost"`
	// Connections is how many were open.
	Connections int                `json:"connections,omitempty"`
	Values      map[metric]float64 `json:"values"`

	cpu, elapsed, loader time.Duration // sums, from which the values are
}

// String is a line about the run.
func (s *sample) String() string {
	var parts []string
	for _, c := range columns {
		if value, ok := s.Values[c.of]; ok {
			parts = append(parts, c.name+" "+c.show(value))
		}
	}
	return strings.Join(parts, ", ")
}

// result are the runs of one measurement on one server.
type result struct {
	Work   string   `json:"work"`
	Title  string   `json:"title"`
	Server string   `json:"server"`
	Runs   []sample `json:"runs"`
}

// numbers are the figures of all runs in order of size.
func (r *result) numbers(of metric) []float64 {
	var all []float64
	for _, run := range r.Runs {
		if value, ok := run.Values[of]; ok {
			all = append(all, value)
		}
	}
	slices.Sort(all)
	return all
}

func median(sorted []float64) float64 { return sorted[len(sorted)/2] }

// spread is how far figures lie apart, as part of their median.
func spread(sorted []float64) float64 {
	middle := median(sorted)
	if middle == 0 {
		return 0
	}
	return (sorted[len(sorted)-1] - sorted[0]) / middle
}

// column is a figure in the table.
type column struct {
	name  string
	of    metric
	form  string
	scale float64 // that a figure is divided by
}

func (c *column) show(value float64) string {
	scale := c.scale
	if scale == 0 {
		scale = 1
	}
	return fmt.Sprintf(c.form, value/scale)
}

var columns = []column{
	{name: "µs CPU/op", of: cpu, form: "%.1f"},
	{name: "ops/s", of: rate, form: "%.0f"},
	{name: "p50 ms", of: p50, form: "%.2f"},
	{name: "p99 ms", of: p99, form: "%.2f"},
	{name: "last ms", of: last, form: "%.0f"},
	{name: "bytes/conn", of: memory, form: "%.0f"},
	{name: "peak MB", of: peakMemory, form: "%.0f", scale: 1 << 20},
	{name: "start ms", of: started, form: "%.0f"},
	{name: "rss MB", of: resident, form: "%.1f", scale: 1 << 20},
	{name: "binary MB", of: size, form: "%.1f", scale: 1 << 20},
	{name: "kernel B/conn", of: kernelBytes, form: "%.0f"},
	{name: "all conns MB", of: total, form: "%.0f", scale: 1 << 20},
	{name: "before MB", of: base, form: "%.0f", scale: 1 << 20},
	{name: "collections", of: collections, form: "%.0f"},
	{name: "CPU ms each", of: collection, form: "%.2f"},
	{name: "idle cores", of: idleCores, form: "%.4f"},
	{name: "drops", of: drops, form: "%.0f"},
	{name: "loader cores", of: loaderCores, form: "%.2f"},
}

// busy is how much of a core a loader may use before it, and not the server, sets the pace.
const busy = 0.9

// show prints medians, the range of the figure that counts, and what that is of limit's.
func (s *settings) show(out io.Writer, results []*result) {
	for _, work := range works(results) {
		s.showWork(out, work)
	}
}

// table prints rows, the first of which is the head.
func (s *settings) table(out io.Writer, rows [][]string) {
	if s.markdown {
		for i, row := range rows {
			_, _ = fmt.Fprintln(out, "| "+strings.Join(row, " | ")+" |")
			if i == 0 {
				_, _ = fmt.Fprintln(out, "|"+strings.Repeat(" --- |", len(row)))
			}
		}
		return
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		_, _ = fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	_ = w.Flush()
}

// works are results by measurement.
func works(results []*result) [][]*result {
	var groups [][]*result
	for _, r := range results {
		at := slices.IndexFunc(groups, func(g []*result) bool { return g[0].Work == r.Work })
		if at < 0 {
			groups = append(groups, nil)
			at = len(groups) - 1
		}
		groups[at] = append(groups[at], r)
	}
	return groups
}

// showWork prints the table of one measurement, with those columns that it has.
func (s *settings) showWork(out io.Writer, results []*result) {
	_, _ = fmt.Fprintf(out, "\n%s: %s\n\n", results[0].Work, results[0].Title)
	var has []column
	head := []string{"server"}
	for _, c := range columns {
		if !slices.ContainsFunc(results, func(r *result) bool { return len(r.numbers(c.of)) > 0 }) {
			continue
		}
		has = append(has, c)
		if head = append(head, c.name); c.of == cpu {
			head = append(head, "range", "× limit")
		}
	}
	rows := [][]string{append(head, "ops", "lost")}
	for _, r := range results {
		rows = append(rows, r.cells(has, find(results, r.Work, "limit")))
	}
	s.table(out, rows)
	for _, r := range results {
		if cores := r.numbers(loaderCores); len(cores) > 0 && median(cores) > busy {
			_, _ = fmt.Fprintf(out, "\n%s: the load generator was busy (%.2f of a core): the throughput is a floor.\n", r.Server, median(cores))
		}
	}
}

func (r *result) cells(has []column, limit *result) []string {
	cells := []string{r.Server}
	for _, c := range has {
		all := r.numbers(c.of)
		if len(all) == 0 {
			cells = append(cells, "-")
		} else {
			cells = append(cells, c.show(median(all)))
		}
		if c.of == cpu {
			cells = append(cells, rangeOf(&c, all), ratioTo(all, limit))
		}
	}
	ops, lost := 0, 0
	for _, run := range r.Runs {
		ops, lost = ops+run.Ops, lost+run.Lost
	}
	return append(cells, fmt.Sprint(ops), fmt.Sprint(lost))
}

func rangeOf(c *column, all []float64) string {
	if len(all) == 0 {
		return "-"
	}
	return c.show(all[0]) + "–" + c.show(all[len(all)-1])
}

func ratioTo(all []float64, limit *result) string {
	if len(all) == 0 || limit == nil {
		return "-"
	}
	floor := limit.numbers(cpu)
	if len(floor) == 0 || median(floor) == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", median(all)/median(floor))
}

// find is the result of a measurement on a server, if there is one.
func find(results []*result, work, server string) *result {
	for _, r := range results {
		if r.Work == work && r.Server == server {
			return r
		}
	}
	return nil
}

// record is what is saved of a run.
type record struct {
	Kernel  string    `json:"kernel"`
	Cores   int       `json:"cores"`
	Go      string    `json:"go"`
	When    time.Time `json:"when"`
	Scale   float64   `json:"scale"`
	Beside  []string  `json:"beside"`
	Results []*result `json:"results"`
}

// save writes all samples.
func save(set *settings, results []*result) error {
	text, err := json.MarshalIndent(record{kernel(), runtime.NumCPU(), runtime.Version(), time.Now().UTC(), set.scale, set.versions(), results}, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(set.out, append(text, '\n'), 0o600)
}

// load reads samples from all files that are named, as if they were of one run.
func load(set *settings) (*record, error) {
	var all record
	for path := range strings.SplitSeq(set.in, ",") {
		var one record
		text, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(text, &one)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		one.Results = append(all.Results, one.Results...)
		all = one
	}
	return &all, nil
}

// again prints the tables of runs that were saved.
func again(set *settings, out io.Writer) error {
	saved, err := load(set)
	if err != nil {
		return err
	}
	set.show(out, saved.Results)
	set.summary(out, saved.Results)
	set.grown(out, saved.Results, saved.Scale)
	set.judge(out, saved.Results, saved.Scale)
	return nil
}
