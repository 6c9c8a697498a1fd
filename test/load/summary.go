//go:build linux

package main

import (
	"fmt"
	"io"
	"slices"
)

// heads are the columns of the summary: the one figure of each measurement that counts.
var heads = []struct {
	work  string
	of    metric
	title string
}{
	{"idle54k", memory, "idle, bytes"},
	{"mock", cpu, "message, µs"},
	{"http", cpu, "to HTTP backend, µs"},
	{"push", cpu, "push, µs"},
	{"burst", cpu, "push, ten at once, µs"},
	{"broadcast", last, "broadcast to 10,000, ms"},
	{"handshake", cpu, "handshake, µs"},
	{"tls", cpu, "TLS handshake, µs"},
	{"tlsidle", memory, "idle over TLS, bytes"},
}

// summary prints medians of all servers side by side. Those in brackets come from figures too far apart to be judged.
func (s *settings) summary(out io.Writer, results []*result) {
	var names []string
	for _, c := range contenders() {
		if slices.ContainsFunc(results, func(r *result) bool { return r.Server == c.name }) {
			names = append(names, c.name)
		}
	}
	rows := [][]string{{"server"}}
	for _, name := range names {
		rows = append(rows, []string{name})
	}
	for _, h := range heads {
		if !slices.ContainsFunc(results, func(r *result) bool { return r.Work == h.work }) {
			continue
		}
		rows[0] = append(rows[0], h.title)
		for i, name := range names {
			rows[i+1] = append(rows[i+1], cell(find(results, h.work, name), h.of))
		}
	}
	if len(rows[0]) > 1 {
		_, _ = fmt.Fprintln(out)
		s.table(out, rows)
	}
}

func cell(r *result, of metric) string {
	if r == nil || len(r.numbers(of)) == 0 {
		return ""
	}
	c := columnOf(of)
	all := r.numbers(of)
	if spread(all) > tooFar {
		return "(" + c.show(median(all)) + ")"
	}
	return c.show(median(all))
}
