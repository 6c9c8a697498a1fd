package node_test

import (
	"fmt"
	"log/slog"
	"math"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"gangway/internal/node"
)

const mebi = 1 << 20

// A process that has little to do gives back what is not needed, once, and one that is busy goes on.
func TestMemoryIsGivenBackWhenCalm(t *testing.T) {
	busy := node.Reading{Kept: 20 * mebi, Spare: 10 * mebi, Allocated: 1000 * mebi}
	for _, row := range []struct {
		name string
		then node.Reading // a second after busy
		want string
	}{
		{"calm", node.Reading{Kept: 20 * mebi, Spare: 10 * mebi, Allocated: 1000*mebi + 100<<10}, "release"},
		{"busy", node.Reading{Kept: 20 * mebi, Spare: 10 * mebi, Allocated: 1001 * mebi}, ""},
		{"little to give", node.Reading{Kept: 10 * mebi, Spare: 3 * mebi, Allocated: 1000 * mebi}, ""},
		{"little of what is kept", node.Reading{Kept: 100 * mebi, Spare: 10 * mebi, Allocated: 1000 * mebi}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			m := node.NewMemory(0)
			m.Look(busy)
			if next := m.Look(row.then); next != time.Second || m.Did() != row.want {
				t.Errorf("did %q, looks again after %s", m.Did(), next)
			}
		})
	}
	m := node.NewMemory(0)
	m.Look(busy)
	for i := range 100 { // what is spare may stay so, as pages that are free in part do
		m.Look(node.Reading{Kept: 20 * mebi, Spare: 10 * mebi, Allocated: 1000*mebi + int64(i)*10<<10})
	}
	if m.Did() != "release" {
		t.Errorf("did %s", m.Did())
	}
	m.Look(node.Reading{Kept: 20 * mebi, Spare: 10 * mebi, Allocated: 1010 * mebi})
	m.Look(node.Reading{Kept: 20 * mebi, Spare: 10 * mebi, Allocated: 1010 * mebi})
	if m.Did() != "release, release" {
		t.Errorf("after more was allocated: did %s", m.Did())
	}
}

// The collector is not sent round for little garbage, and never for more than there is room for.
func TestMemoryPace(t *testing.T) {
	for _, row := range []struct {
		limit, live int64
		want        string
	}{
		{0, 0, ""}, // no cycle was made yet
		{0, 2 * mebi, "pace 400"},
		{0, 8 * mebi, "pace 300"},
		{0, 15 * mebi, "pace 150"},
		{0, 24 * mebi, ""},
		{0, 1 << 40, ""},
		{64 * mebi, 2 * mebi, ""},
		{1024 * mebi, 2 * mebi, "pace 400"},
	} {
		m := node.NewMemory(row.limit)
		m.Look(node.Reading{Live: row.live})
		m.Look(node.Reading{Live: row.live})
		if m.Did() != row.want {
			t.Errorf("with %d MB of %d MB in use: did %q, expected %q", row.live/mebi, row.limit/mebi, m.Did(), row.want)
		}
	}
	m := node.NewMemory(1024 * mebi)
	m.Look(node.Reading{Live: 2 * mebi})
	m.Look(node.Reading{Live: 2 * mebi, Taken: 700 * mebi})
	if m.Did() != "pace 400, pace 100" {
		t.Errorf("when much was taken: did %q", m.Did())
	}
}

// step is a look: how much is kept and taken, in MB of 1000, the cycles of the collector, and what is done then.
type step struct {
	kept, taken, cycles int64
	want                string
}

func TestMemoryPressure(t *testing.T) {
	for name, steps := range map[string][]step{
		"garbage is no pressure":    {{100, 990, 1, ""}, {300, 590, 2, ""}},
		"new clients":               {{790, 900, 1, ""}, {800, 900, 2, "1"}, {760, 900, 3, ""}, {740, 900, 4, "0"}},
		"what is kept once counts":  {{810, 900, 1, "1"}, {810, 500, 1, ""}},
		"large ones go once":        {{910, 950, 2, "2, relieve 60"}, {910, 950, 2, "collect, relieve 60"}, {910, 950, 4, "collect, relieve 60"}, {800, 950, 8, "1"}},
		"the collector sees enough": {{910, 950, 2, "2, relieve 60"}, {860, 950, 4, "1"}, {910, 950, 5, "2, relieve 60"}},
		"nobody":                    {{960, 970, 2, "3, relieve 110"}, {910, 970, 4, "relieve 60"}, {890, 970, 6, "1"}, {100, 500, 7, "0"}},
		"the collector is late":     {{300, 1060, 2, "3"}, {300, 900, 2, "0"}},
		"what is found is old":      append(append([]step{{810, 900, 1, "1"}}, slices.Repeat([]step{{810, 820, 1, ""}}, 19)...), step{810, 820, 1, "collect"}),
	} {
		t.Run(name, func(t *testing.T) {
			m := node.NewMemory(1000 * mebi)
			for i, step := range steps {
				before := m.Did()
				next := m.Look(node.Reading{Kept: step.kept * mebi, Taken: step.taken * mebi, Cycles: step.cycles})
				if did := strings.TrimPrefix(strings.TrimPrefix(m.Did(), before), ", "); did != step.want {
					t.Fatalf("step %d: did %q, want %q", i, did, step.want)
				}
				if next != 100*time.Millisecond && step.taken >= 600 {
					t.Errorf("step %d: looks again after %s", i, next)
				}
			}
		})
	}
}

// The collector is told what a node may have, unless the environment has told it.
func TestMemoryLimit(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(before)
	log := slog.New(slog.DiscardHandler)
	t.Setenv("GOMEMLIMIT", "1TiB")
	if node.LimitMemory(1000*mebi, log); debug.SetMemoryLimit(-1) != before {
		t.Errorf("GOMEMLIMIT does not come first")
	}
	t.Setenv("GOMEMLIMIT", "")
	if got := node.LimitMemory(1000*mebi, log); got != 900*mebi || debug.SetMemoryLimit(-1) != got {
		t.Errorf("the limit of 1000 MB is %d", got)
	}
	debug.SetMemoryLimit(math.MaxInt64)
	if got := node.LimitMemory(-1, log); got != 0 {
		t.Errorf("no limit is %d", got)
	}
}

// The reading of the process itself makes sense.
func TestReading(t *testing.T) {
	before := node.ReadMemory()
	keep := make([]byte, 32*mebi)
	now := node.ReadMemory()
	if now.Allocated-before.Allocated < int64(len(keep)) || now.Taken < int64(len(keep)) || now.Kept <= 0 || now.Kept+now.Spare > now.Taken+mebi {
		t.Errorf("before %+v, now %+v", before, now)
	}
	if fmt.Sprint(now) == fmt.Sprint(before) {
		t.Error("nothing has changed")
	}
}
