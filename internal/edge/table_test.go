package edge_test

import (
	"strings"
	"testing"

	"gangway/internal/edge"
)

// Ids of connections that come and go one after the other are all different, and none looks like an option.
func TestIDsAreNotUsedAgain(t *testing.T) {
	s := edge.New(edge.NewStages(), edge.Config{})
	seen := map[string]bool{}
	for range 20_000 {
		id := string(s.ComeAndGo())
		if seen[id] || strings.HasPrefix(id, "-") {
			t.Fatalf("id %q after %d others", id, len(seen))
		}
		seen[id] = true
	}
}
