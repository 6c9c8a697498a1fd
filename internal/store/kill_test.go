package store_test

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"gangway/internal/store"
)

// A writer is killed at 60 random moments while it appends, and at 20 more while it makes the store or opens it. What it had
// acknowledged is there, at most one record more for each kill, every record is whole, and the store opens within two seconds.
func TestKill(t *testing.T) {
	var v victim
	writing := 0
	for round := range rounds(80) {
		if round%8 == 0 {
			v.reset(filepath.Join(t.TempDir(), strconv.Itoa(round)))
		}
		early := round%4 == 0
		last, failure := runAndKill(t, v.dir, early)
		if failure != "" {
			t.Fatalf("the writer failed: %s", failure)
		}
		v.killed(last)
		if !early {
			writing++
		}
		// Every other time the next writer is the one to recover.
		if round%4 >= 2 {
			v.verify(t)
		}
	}
	t.Logf("%d kills while appending; %s", writing, v.summary())
}

// runAndKill lets a writer live for a moment and returns the last revision it acknowledged. Unless it is killed early, it has
// appended and is still at it.
func runAndKill(t *testing.T, dir string, early bool) (uint64, string) {
	t.Helper()
	p := spawn(t, "write", dir)
	var seen uint64
	moment := 20 * time.Millisecond
	if !early {
		moment = 2 * time.Millisecond
		p.line() // open
		for range 1 + rand.IntN(40) {
			seen = max(seen, revision(p.line()))
		}
	}
	<-time.After(time.Duration(rand.Int64N(int64(moment))))
	last, failure := p.kill()
	return max(seen, last), failure
}

// victim is a store whose writers are killed.
type victim struct {
	dir   string
	acked uint64 // the last revision that was acknowledged
	slack uint64 // records that may be there without that

	fresh, slowest time.Duration // what opening takes: a new store, and at most
	total          uint64        // acknowledged records of all stores
	verified       int
}

func (v *victim) reset(dir string) { v.dir, v.acked, v.slack = dir, 0, 0 }

// killed notes the last revision that a writer acknowledged before it was killed, 0 for none.
func (v *victim) killed(last uint64) {
	if last > v.acked {
		v.total += last - v.acked
		v.acked, v.slack = last, 0
	}
	v.slack++ // the kill may have left one record that was not seen to be acknowledged
}

func (v *victim) verify(t *testing.T) {
	t.Helper()
	if v.fresh == 0 {
		v.fresh = timeToOpen(t, t.TempDir())
	}
	v.slowest = max(v.slowest, timeToOpen(t, v.dir))
	// On a machine on which all is slow, so is this.
	if limit := max(2*time.Second, 20*v.fresh); v.slowest > limit {
		t.Errorf("opening took %v, the limit is %v", v.slowest, limit)
	}
	l := open(t, v.dir)
	if l.Revision() < v.acked || l.Revision() > v.acked+v.slack {
		t.Fatalf("revision %d after %d was acknowledged", l.Revision(), v.acked)
	}
	check(t, l)
	v.acked, v.slack = l.Revision(), 0
	closeLog(t, l)
	v.verified++
}

func timeToOpen(t *testing.T, dir string) time.Duration {
	t.Helper()
	begin := time.Now()
	l, err := store.Open(context.Background(), dir)
	took := time.Since(begin)
	if err != nil {
		t.Fatal(err)
	}
	closeLog(t, l)
	return took
}

func (v *victim) summary() string {
	return strconv.FormatUint(v.total, 10) + " acknowledged records, none lost; " + strconv.Itoa(v.verified) +
		" stores verified, the slowest opened in " + v.slowest.String()
}

// revision is the number a writer said, 0 if it said something else.
func revision(line string) uint64 {
	n, err := strconv.ParseUint(line, 10, 64)
	if err != nil {
		return 0
	}
	return n
}
