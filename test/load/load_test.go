//go:build linux

package main_test

import (
	"context"
	"encoding/json"
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
		"gangway": "mock push http broadcast burst handshake idle1k tls start hold",
		"limit":   "mock push http broadcast burst handshake idle1k start hold",
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
