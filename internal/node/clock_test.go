package node_test

import (
	"testing"
	"testing/synctest"
	"time"

	"gangway/internal/node"
)

// TestClock: the clock shows what the one on the wall does, also between readings of that, and what was skipped besides.
func TestClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now, skip := node.NewClock()
		skipped := time.Duration(0)
		for i := range 20 {
			want := time.Now().Add(skipped)
			if got := now(); !got.Equal(want) || got.Round(0) != want.Round(0) || got.Sub(want) != 0 {
				t.Fatalf("round %d: %v, want %v", i, got, want)
			}
			if i == 10 {
				skip(time.Hour)
				skipped = time.Hour
				continue
			}
			<-time.After(time.Duration(i) * 7 * time.Millisecond)
		}
	})
}
