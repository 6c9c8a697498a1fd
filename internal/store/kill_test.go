package store_test

import (
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// A writer is killed at random moments: while it makes the store, opens it, or appends. What it had acknowledged is there,
// at most one record more, and each record is whole.
func TestKill(t *testing.T) {
	var dir string
	var acked, slack uint64
	verified, total := 0, uint64(0)
	for round := range rounds(48) {
		if round%8 == 0 {
			dir, acked, slack = filepath.Join(t.TempDir(), strconv.Itoa(round)), 0, 0
		}
		last := runAndKill(t, dir, round%2 == 0)
		total += max(last, acked) - acked
		if last > acked {
			acked, slack = last, 0
		}
		// Each kill may leave one record that was not seen to be acknowledged.
		slack++
		// Every other time the next writer is the one to recover.
		if round%4 < 2 {
			continue
		}
		l := open(t, dir)
		if l.Revision() < acked || l.Revision() > acked+slack {
			t.Fatalf("round %d: revision %d after %d was acknowledged", round, l.Revision(), acked)
		}
		check(t, l)
		acked, slack = l.Revision(), 0
		closeLog(t, l)
		verified++
	}
	t.Logf("%d acknowledged records, none lost; %d stores verified", total, verified)
}

// runAndKill lets a writer live for a moment and returns the last revision it acknowledged.
func runAndKill(t *testing.T, dir string, wait bool) uint64 {
	t.Helper()
	p := spawn(t, "write", dir)
	var seen uint64
	// Some end after a few records, some before they have opened the store.
	for n := rand.IntN(40); wait && n > 0; n-- {
		if n, err := strconv.ParseUint(p.line(), 10, 64); err == nil {
			seen = n
		}
	}
	<-time.After(time.Duration(rand.Int64N(int64(20 * time.Millisecond))))
	last, failure := p.kill()
	if failure != "" {
		t.Fatalf("the writer failed: %s", failure)
	}
	return max(seen, last)
}
