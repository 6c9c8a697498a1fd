//go:build linux

package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// target is what a figure of the gateway has to be: at most gate, at best goal, as a multiple of another server's or by itself.
type target struct {
	name    string
	work    string
	of      metric
	against string // a server; empty: the figure stands for itself
	gate    float64
	goal    float64 // 0: no more than the gate
	than    string  // the measurement that it is compared with, if it is another
}

// targets are those of the product, with everything on but logs.
var targets = []target{
	{name: "P1", work: "idle54k", of: memory, gate: 1000, goal: 579},
	{name: "P1", work: "idle54k", of: memory, against: "nchan", gate: 1.0 / 10},
	{name: "P2", work: "mock", of: cpu, against: "gorilla", gate: 0.8},
	{name: "P2", work: "mock", of: cpu, against: "limit", gate: 2, goal: 1.25},
	{name: "P2", work: "mock", of: cpu, against: "bun", goal: 1},
	{name: "P3", work: "push", of: cpu, against: "nchan", gate: 0.95, goal: 0.72},
	{name: "P4", work: "http", of: cpu, against: "baseline", gate: 0.6, goal: 0.4},
	{name: "P4", work: "http", of: cpu, against: "pushpin", gate: 1.0 / 15, goal: 1.0 / 30},
	{name: "P5", work: "broadcast", of: last, against: "nchan", gate: 1, goal: 0.8},
	{name: "P5", work: "burst", of: cpu, against: ours, than: "push", gate: 0.3, goal: 0.15},
	{name: "P6", work: "handshake", of: cpu, against: "gorilla", gate: 0.7},
	{name: "P6", work: "handshake", of: cpu, against: "nchan", goal: 1.2},
	{name: "P8", work: "hold100k", of: drops, gate: 0},
	{name: "P8", work: "hold1000k", of: drops, gate: 0},
	{name: "P8", work: "hold1000k", of: total, goal: 1e9},
	{name: "P8", work: "hold1000k", of: idleCores, goal: 0.01},
	{name: "P9", work: "start", of: started, gate: 150, goal: 50},
	{name: "P9", work: "start", of: resident, gate: 40 << 20, goal: 20 << 20},
	{name: "P9", work: "start", of: size, gate: 45 << 20, goal: 30 << 20},
	{name: "P10", work: "tls", of: cpu, against: "nginx", gate: 0.8, goal: 0.65},
	{name: "P10", work: "tlsidle", of: memory, against: "nginx", gate: 0.6, goal: 0.4},
}

// tooFar is how far apart the figures of the rounds may be, or the ratios that are judged, as part of their median. Beyond it nothing
// is judged.
const tooFar = 0.3

// enough is how many rounds there have to be.
const enough = 3

// judge prints what was met. Pushes through other nodes, P7, are not measured: there is one node so far.
func (s *settings) judge(out io.Writer, results []*result, scale float64) {
	rows := [][]string{{"target", "work", "figure", "ours", "against", "theirs", "ratio (range)", "gate", "", "goal", ""}}
	for _, t := range targets {
		mine := find(results, t.work, ours)
		if mine != nil && len(mine.numbers(t.of)) > 0 {
			rows = append(rows, t.row(mine, results, scale))
		}
	}
	_, _ = fmt.Fprintln(out)
	s.table(out, append(rows, []string{"P7", "push through another node", "", "", "", "", "", "one node only so far", "", "", ""}))
}

// row is a row of the table.
func (t *target) row(mine *result, results []*result, scale float64) []string {
	c := columnOf(t.of)
	own := mine.numbers(t.of)
	row := []string{t.name, t.work, c.name, c.show(median(own))}
	figures := own
	if t.against == "" {
		row = append(row, "", "", "")
	} else {
		work, versus := t.work, t.against
		if t.than != "" {
			work, versus = t.than, t.than+" of "+t.against
		}
		other := find(results, work, t.against)
		if other == nil || len(other.numbers(t.of)) == 0 {
			return append(row, versus, "-", "-", "not in this run", "", "", "")
		}
		figures = ratios(mine, other, t.of)
		row = append(row, versus, c.show(median(other.numbers(t.of))), fmt.Sprintf("%.3f (%.3f–%.3f)", median(figures), figures[0], figures[len(figures)-1]))
	}
	rounds := len(figures)
	if strings.HasPrefix(t.work, "hold") {
		rounds = enough // it is made once
	}
	if why := doubt(scale, rounds, spread(figures)); why != "" {
		return append(row, why, "", "", "")
	}
	return append(row, t.verdict(median(figures), c)...)
}

// ratios are of figures from the same round, which ran one after the other: what slows the machine down for longer than that
// is in both.
func ratios(mine, other *result, of metric) []float64 {
	var all []float64
	for _, run := range mine.Runs {
		at := slices.IndexFunc(other.Runs, func(s sample) bool { return s.Round == run.Round })
		if at >= 0 && other.Runs[at].Values[of] > 0 {
			all = append(all, run.Values[of]/other.Runs[at].Values[of])
		}
	}
	if len(all) == 0 {
		return []float64{math.NaN()}
	}
	slices.Sort(all)
	return all
}

// verdict are the last columns.
func (t *target) verdict(figure float64, c column) []string {
	one := func(limit float64) []string {
		text, said := "≤ "+c.show(limit), "met"
		if t.against != "" {
			text = fmt.Sprintf("≤ %.3g", limit)
		}
		if figure > limit {
			said = "MISSED"
		}
		return []string{text, said}
	}
	gate, goal := []string{"", ""}, []string{"", ""}
	if t.gate > 0 || t.of == drops {
		gate = one(t.gate)
	}
	if t.goal > 0 {
		goal = one(t.goal)
	}
	return append(gate, goal...)
}

func columnOf(of metric) column {
	for _, c := range columns {
		if c.of == of {
			return c
		}
	}
	return column{name: string(of), form: "%g"}
}
