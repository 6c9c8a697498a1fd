package functions_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"gangway/internal/functions"
)

// TestBabble: a function that prints without end does not fill the log; how much is not there is told, and the end of an invocation's log is
// whole.
func TestBabble(t *testing.T) {
	s := newStand(t, functions.Config{}, native(t, "babble", "babble"), native(t, "talk", "talk"))
	got := s.invoke("babble", "1", "X-Amz-Log-Type", "Tail")
	end, err := base64.StdEncoding.DecodeString(got.header.Get("X-Amz-Log-Result"))
	if err != nil || !strings.Contains(string(end), "the end of it\n") || !strings.Contains(string(end), "REPORT RequestId: ") {
		t.Errorf("the log ends with %q, %v", end, err)
	}
	s.line("REPORT", 1)
	written, lost := 0, 0
	for _, line := range s.logged() {
		var more int
		if _, err := fmt.Sscanf(line.Text, "%d lines were left out", &more); err == nil && line.Kind == functions.Notice && line.Function == "babble" {
			lost += more
		}
		if line.Kind == functions.Output {
			written++
		}
	}
	if written < 10_000 || written > 25_000 || written+lost != 30_001 {
		t.Errorf("%d lines were written, and %d left out", written, lost)
	}
	s.ok("talk", "1")
	s.line("out 1", 1) // another function has room of its own
}
