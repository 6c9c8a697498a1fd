package cli_test

import (
	"testing"
	"testing/synctest"
	"time"

	"gangway/internal/cli"
)

// TestLinesWait: each line of a function waits for its event as long as any other, whatever has been printed meanwhile.
func TestLinesWait(t *testing.T) {
	const patience = 400 * time.Millisecond
	synctest.Test(t, func(t *testing.T) {
		var b cli.Below
		begun := time.Now()
		b.Keep("a", "of a\n")
		<-time.After(patience - time.Millisecond)
		b.Keep("b", "of b\n")
		b.Keep("c", "of c\n")
		if got := b.Of("a"); got != "of a\n" {
			t.Errorf("got %q", got)
		}
		b.Keep("d", "of d\n")
		if got, at := b.Due(); got != "of b\nof c\nof d\n" || at.Sub(begun) < 2*patience-time.Millisecond {
			t.Errorf("got %q after %v", got, at.Sub(begun))
		}
		b.Keep("e", "of e\n")
		<-time.After(patience / 2)
		b.Keep("f", "of f\n")
		if got, _ := b.Due(); got != "of e\n" {
			t.Errorf("got %q", got)
		}
		if got := b.Of("f"); got != "of f\n" {
			t.Errorf("got %q", got)
		}
	})
}
