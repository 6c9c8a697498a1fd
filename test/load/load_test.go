//go:build linux

package main_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	main "gangway/test/load"
)

// TestMain lets the command start itself from here.
func TestMain(m *testing.M) {
	if !main.IsPart(os.Args[1:]) {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := main.Run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		os.Exit(1)
	}
}

// saved is what a run leaves behind.
type saved struct {
	Results []struct {
		Work, Server string
		Runs         []struct {
			Ops, Lost int
			Values    map[string]float64
		}
	}
}

// measured makes a run too small for figures that mean anything.
func measured(t *testing.T, args ...string) (saved, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "samples.json")
	var out strings.Builder
	if err := main.Run(t.Context(), append(args, "-rounds", "1", "-scale", "0.01", "-out", path), &out); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all saved
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all, out.String()
}

// TestLoad has all that is built here do all that it can do, and nothing may be lost.
func TestLoad(t *testing.T) {
	all, out := measured(t, "-only", "mock,push,http,broadcast,burst,handshake,idle1k,tls,start,hold", "-servers", "gangway,limit,gorilla,gws,gobwas,coder")
	want := map[string]string{
		"gangway": "mock push http broadcast burst handshake idle1k tls start hold100k",
		"limit":   "mock push http broadcast burst handshake idle1k start hold100k",
		"gorilla": "mock push broadcast handshake idle1k",
		"gws":     "mock push broadcast handshake idle1k",
		"gobwas":  "mock handshake idle1k",
		"coder":   "mock handshake idle1k",
	}
	done := map[string]bool{}
	for _, r := range all.Results {
		run := r.Runs[0]
		if run.Lost != 0 || run.Ops == 0 && r.Work != "start" {
			t.Errorf("%s of %s: %d operations, %d lost", r.Work, r.Server, run.Ops, run.Lost)
		}
		if run.Ops != 0 && run.Values["cpu_us"] <= 0 {
			t.Errorf("%s of %s took no time of a processor", r.Work, r.Server)
		}
		if run.Values["peak_bytes"] == 0 {
			t.Errorf("%s of %s: no memory at all", r.Work, r.Server)
		}
		done[r.Server+" "+r.Work] = true
	}
	for server, works := range want {
		for work := range strings.FieldsSeq(works) {
			if !done[server+" "+work] {
				t.Errorf("%s of %s was not measured", work, server)
			}
		}
	}
	if !strings.Contains(out, "not judged: scaled") {
		t.Errorf("figures of a run that was scaled were judged:\n%s", out)
	}
}

// TestAbsent leaves out what is not installed.
func TestAbsent(t *testing.T) {
	t.Setenv("PATH", filepath.Join(os.Getenv("GOROOT"), "bin")+":"+os.Getenv("PATH"))
	all, out := measured(t, "-only", "handshake", "-servers", "limit,pushpin", "-peers", t.TempDir(), "-gateway", os.Args[0])
	if len(all.Results) != 1 || !strings.Contains(out, "pushpin is left out") {
		t.Errorf("%d results:\n%s", len(all.Results), out)
	}
}

// TestGrowth judges figures that were saved, each by three runs.
func TestGrowth(t *testing.T) {
	for _, row := range []struct {
		name  string
		ours  []float64 // of active1, active100, active10000
		limit []float64
		want  string
	}{
		{"less than a third more", []float64{5, 3, 3.8}, []float64{1, 1, 1}, "flat"},
		{"twice the least before", []float64{5, 3, 6}, []float64{1, 1, 1}, "GROWS"},
		{"as much as limit", []float64{5, 3, 6}, []float64{3, 2, 4}, "as limit"},
		{"without limit", []float64{5, 3, 6}, nil, "GROWS"},
		{"one figure", []float64{5}, nil, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			var all []map[string]any
			for server, figures := range map[string][]float64{"gangway": row.ours, "limit": row.limit} {
				for i, figure := range figures {
					run := map[string]any{"ops": 1, "values": map[string]float64{"cpu_us": figure}}
					all = append(all, map[string]any{"work": []string{"active1", "active100", "active10000"}[i], "server": server, "runs": []any{run, run, run}})
				}
			}
			text, err := json.Marshal(map[string]any{"scale": 1, "results": all})
			path := filepath.Join(t.TempDir(), "samples.json")
			var out strings.Builder
			if err := errors.Join(err, os.WriteFile(path, text, 0o600), main.Run(t.Context(), []string{"-in", path}, &out)); err != nil {
				t.Fatal(err)
			}
			_, growth, found := strings.Cut(out.String(), "growth of")
			if found != (row.want != "") || !strings.Contains(growth, row.want) {
				t.Errorf("no %q in\n%s", row.want, &out)
			}
		})
	}
}

// TestHelp is no failure.
func TestHelp(t *testing.T) {
	if err := main.Run(t.Context(), []string{"-h"}, io.Discard); err != nil {
		t.Error(err)
	}
}
