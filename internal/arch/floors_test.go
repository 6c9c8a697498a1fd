package arch_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// floors is the whole product, highest floor first. A package imports only what stands on a lower line; those of the
// lowest import nothing of ours. A new package finds its place here first. The example that `gangway demo` runs is part of
// the product, but knows it only over the network, as a user's
// program does; so does the package that users' tests start it with.
var floors = []string{
	"cmd/gangway",
	"cli",
	"testserver",
	"node",
	"control management edge console local trial registry",
	"program cluster",
	"integration authorizer store ledger access usage journal metrics tail functions",
	"gateway lambda websocket http1 stack serverless",
	"loop vtl expr jsonpath sigv4 policy dial certificates cloudformation examples/chat ./gangwaytest",
}

// Limits of the shape.
const (
	maxFloors       = 9
	maxPackages     = 38  // below internal, this one included
	maxAverageEdges = 3.0 // imports among our packages, without those of node and cli, which know everyone by design
)

// floorOf is the height of each package, counted from the ground.
func floorOf() map[string]int {
	height := map[string]int{}
	for i, floor := range floors {
		for name := range strings.FieldsSeq(floor) {
			if name, _ = strings.CutPrefix(name, "./"); !strings.Contains(name, "/") && !slices.Contains(outside, name) {
				name = "internal/" + name
			}
			height[name] = len(floors) - 1 - i
		}
	}
	return height
}

// edges are the imports among our packages: from, to, and a file that has it.
func edges(files []*source) map[[2]string]string {
	found := map[[2]string]string{}
	for _, s := range files {
		for _, path := range s.imports() {
			if to, ours := strings.CutPrefix(path, module); ours {
				found[[2]string{s.folder(), to}] = s.path
			}
		}
	}
	return found
}

func TestImportsPointDown(t *testing.T) {
	height := floorOf()
	if len(floors) > maxFloors {
		t.Errorf("%d floors, the limit is %d", len(floors), maxFloors)
	}
	files := product(t)
	for _, s := range files {
		if _, known := height[s.folder()]; !known {
			t.Errorf("%s: package %s is on no floor: give it a place in the table of this test", s.path, s.folder())
		}
	}
	for edge, file := range edges(files) {
		from, to := edge[0], edge[1]
		lower, known := height[to]
		switch {
		case !known:
			t.Errorf("%s: imports %s, which is on no floor", file, to)
		case lower >= height[from]:
			t.Errorf("%s: %s (floor %d) imports %s (floor %d): only lower floors may be imported",
				file, from, height[from], to, lower)
		}
	}
}

func TestNATSLivesInClusterOnly(t *testing.T) {
	for _, s := range goFiles(t) {
		inside := s.folder() == "internal/cluster" || strings.HasPrefix(s.path, "test/")
		for _, path := range s.imports() {
			if strings.HasPrefix(path, "github.com/nats-io/") && !inside {
				t.Errorf("%s: imports %s: only internal/cluster speaks NATS", s.path, path)
			}
		}
	}
}

func TestPackages(t *testing.T) {
	packages := map[string]bool{"internal/arch": true}
	files := product(t)
	for _, s := range files {
		packages[s.folder()] = true
	}
	delete(packages, "cmd/gangway")
	for _, folder := range outside {
		delete(packages, folder)
	}
	if n := len(packages); n > maxPackages {
		t.Errorf("%d packages below internal, the limit is %d: %v", n, maxPackages, slices.Sorted(maps.Keys(packages)))
	}
	delete(packages, "internal/node")
	delete(packages, "internal/cli")
	count := map[string]int{}
	total := 0
	for edge := range edges(files) {
		if packages[edge[0]] {
			count[edge[0]]++
			total++
		}
	}
	average := float64(total) / float64(len(packages))
	t.Logf("%d imports among %d packages without node and cli: %.2f each", total, len(packages), average)
	if average > maxAverageEdges {
		t.Errorf("%.2f imports among our packages on average, the limit is %.1f: %v", average, maxAverageEdges, count)
	}
}
