//go:build linux

package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"
)

// growth is a figure of the gateway that must not become larger with the number of something.
type growth struct {
	what, by string
	of       metric
	works    []string // with less of it first
}

var growths = []growth{
	{"memory of a connection", "connections", memory, []string{"idle1k", "idle10k", "idle18k", "idle54k"}},
	{"message", "connections that talk at once", cpu, []string{"active1", "active10", "active100", "mock", "active10000"}},
	{"message", "routes", cpu, []string{"mock", "routes10", "routes100", "routes300"}},
	{"garbage collection", "connections", collection, []string{"gc1k", "gc18k"}},
}

// grown prints how far each figure is above the least of those with less.
func (s *settings) grown(out io.Writer, results []*result, scale float64) {
	rows := [][]string{{"growth of", "with", "figure", "medians", "× at most", "of limit", ""}}
	for _, g := range growths {
		if row := g.row(results, scale); row != nil {
			rows = append(rows, row)
		}
	}
	if len(rows) > 1 {
		_, _ = fmt.Fprintln(out)
		s.table(out, rows)
	}
}

// row is a row of the table; nil: there are no two figures.
func (g *growth) row(results []*result, scale float64) []string {
	mine := g.find(results, ours)
	if len(mine) < 2 {
		return nil
	}
	c := columnOf(g.of)
	var shown []string
	apart, rounds := 0.0, enough
	for _, r := range mine {
		all := r.numbers(g.of)
		shown = append(shown, r.Work+" "+c.show(median(all)))
		apart, rounds = max(apart, spread(all)), min(rounds, len(all))
	}
	most, floor := g.most(mine), g.most(g.find(results, "limit"))
	row := []string{g.what, g.by, c.name, strings.Join(shown, ", "), fmt.Sprintf("%.2f", most), ""}
	if floor > 0 {
		row[5] = fmt.Sprintf("%.2f", floor)
	}
	return append(row, cmp.Or(doubt(scale, rounds, apart), verdict(most, floor)))
}

// find are the results of a server that have the figure.
func (g *growth) find(results []*result, server string) []*result {
	var all []*result
	for _, work := range g.works {
		if r := find(results, work, server); r != nil && len(r.numbers(g.of)) > 0 {
			all = append(all, r)
		}
	}
	return all
}

// most is how many times a figure is the least of those with less; 0: there are no two.
func (g *growth) most(all []*result) float64 {
	most, least := 0.0, 0.0
	for i, r := range all {
		middle := median(r.numbers(g.of))
		if i == 0 {
			least = middle
			continue
		}
		most, least = max(most, middle/least), min(least, middle)
	}
	return most
}

// verdict takes for flat what does not grow by more than figures may lie apart. What grows for limit, too, the kernel does.
func verdict(most, floor float64) string {
	switch {
	case most <= 1+tooFar:
		return "flat"
	case most <= floor*(1+tooFar):
		return "as limit"
	default:
		return "GROWS"
	}
}

// doubt is why figures are not judged; empty: they can be.
func doubt(scale float64, rounds int, apart float64) string {
	switch {
	case scale != 1:
		return "not judged: scaled"
	case rounds < enough:
		return fmt.Sprintf("not judged: rounds %d of %d", rounds, enough)
	case apart > tooFar:
		return fmt.Sprintf("not judged: spread %.0f %%", apart*100)
	default:
		return ""
	}
}
