package cloudformation_test

import (
	"strings"
	"testing"

	"gangway/internal/cloudformation"
)

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"", "abc", 3},
		{"abc", "", 3},
		{"Api", "API", 0},
		{"Lamda", "Lambda", 1},
		{"kitten", "sitting", 3},
		{"été", "ete", 2},
		{strings.Repeat("a", 100), strings.Repeat("a", 64), 0},
	} {
		if got := cloudformation.Distance(tt.a, tt.b); got != tt.want {
			t.Errorf("from %q to %q: %d, expected %d", tt.a, tt.b, got, tt.want)
		}
	}
}
