//go:build linux

package main

import (
	"bytes"
	"cmp"
	"errors"
	"os"
	"slices"
	"strings"

	"gangway/test/load/plot"
)

// draw makes a picture of a run that was saved: what an idle connection takes, and what a message costs, by how many there are.
func draw(set *settings) error {
	if set.in == "" {
		return errors.New("-plot needs -in, files that -out has made of -only idle,active,mock")
	}
	run, err := load(set)
	if err != nil {
		return err
	}
	var svg bytes.Buffer
	err = plot.Write(&svg,
		plot.Chart{Title: "Memory of the server for an idle connection", X: "connections", Y: "bytes each", Lines: lines(run.Results, memory, "idle")},
		plot.Chart{Title: "Processor time of the server for a message and its reply", X: "connections that talk at once", Y: "µs each", Lines: lines(run.Results, cpu, "active", "mock")})
	if err != nil {
		return err
	}
	return os.WriteFile(set.plot, svg.Bytes(), 0o644)
}

// lines are the medians of some measurements, by server, in the order of the connections. A server with one figure is no line.
func lines(results []*result, of metric, families ...string) []plot.Series {
	var all []plot.Series
	for _, r := range results {
		m := measurement{name: r.Work}
		figures := r.numbers(of)
		if !slices.Contains(families, m.family()) || len(figures) == 0 || median(figures) <= 0 {
			continue
		}
		at := slices.IndexFunc(all, func(s plot.Series) bool { return s.Name == r.Server })
		if at < 0 {
			all = append(all, plot.Series{Name: r.Server, Strong: r.Server == ours})
			at = len(all) - 1
		}
		all[at].Points = append(all[at].Points, plot.Point{X: float64(max(1, r.Runs[0].Connections)), Y: median(figures)})
	}
	all = slices.DeleteFunc(all, func(s plot.Series) bool { return len(s.Points) < 2 })
	for _, s := range all {
		slices.SortFunc(s.Points, func(a, b plot.Point) int { return cmp.Compare(a.X, b.X) })
	}
	// In the order of the contenders, so that a server has the same colour in every picture.
	slices.SortStableFunc(all, func(a, b plot.Series) int { return place(a.Name) - place(b.Name) })
	return all
}

func place(name string) int {
	return slices.IndexFunc(contenders(), func(c contender) bool { return strings.EqualFold(c.name, name) })
}
