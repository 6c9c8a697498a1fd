package jsonpath_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"gangway/internal/jsonpath"
)

// manyKeys is an object of 100,000 members and one more.
func manyKeys() string {
	var b strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&b, `"k%d":%d,`, i, i)
	}
	return "{" + b.String() + `"a":{"b":1}}`
}

// No path costs more than the budget, whatever it is used on.
func TestSelectBudget(t *testing.T) {
	deep := strings.Repeat(`{"a":[1,`, 64) + "2" + strings.Repeat("]}", 64)
	wide := "[" + strings.Repeat("[0,{}],", 20_000) + "0]"
	strs := `{"l":["` + strings.Repeat(`x","`, 20_000) + `y"],"s":"` + strings.Repeat("ab", 32_000) + `"}`
	tests := []struct {
		name, path, doc string
		want            string // of the found JSON, "" for too much
	}{
		{"scan times scan", "$..*..*..*", wide, ""},
		{"scans on scans", "$..*..*..*..*..*", deep, ""},
		{"scans on scans of keys", "$" + strings.Repeat("..a", 63) + "..b", deep, ""},
		{"many keys, one", "$.k99999", manyKeys(), "99999"},
		{"many keys, two", "$['k5','k99999']", manyKeys(), `{"k5":5,"k99999":99999}`},
		{"many keys, counted", "$.length()", manyKeys(), "100001"},
		{"many keys, filtered", "$[?(@.a.b == 1)].k7", manyKeys(), "[7]"},
		{"the same over and over", "$['l','l'" + strings.Repeat(",'l'", 30) + "][*]", strs, ""},
		{"each in all", "$.l[?(@ in $.l && !(@ in $.l) || @ nin $.l)]", strings.ReplaceAll(strs, `"x"`, `"z"`), "[]"},
		{"none in all", "$.l[?('q' in $.l)]", strs, ""},
		{"a pattern on much text", "$.l[?($.s =~ /(a|b)*c/)]", strs, ""},
		{"a large pattern", "$.l[?($.s =~ /((a{0,30}){0,30}b?)*c/)]", strs, ""},
		{"a text in much text", "$.l[?($.s contains 'abb')]", strs, ""},
		{"much text is much text", "$.l[?($.s != $['s'])]", strs, ""},
		{"a large array equals itself", "$.l[?($.l == $['l'])]", strs, ""},
		{"a scan in a filter in a scan", "$..[?(@..[?(@..x)])]", deep, ""},
		{"many conditions", "$.l[?(" + strings.Repeat("@ == 'x' && ", 600) + "@ == 'y')]", strs, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			found, ok, err := mustCompile(t, tt.path).Select(mustDecode(t, tt.doc))
			if tt.want == "" {
				if !errors.Is(err, jsonpath.ErrBudget) || ok || found != nil {
					t.Errorf("found %t, %v", ok, err)
				}
				return
			}
			if err != nil || mustJSON(t, found) != tt.want {
				t.Errorf("got %v, %v", found, err)
			}
		})
	}
}

// Trees that templates make need not be trees.
func TestPrintKnots(t *testing.T) {
	loop := jsonpath.NewArray("x")
	loop.Insert(1, loop)
	object := new(jsonpath.Object)
	object.Put("a", object)
	double := any("x")
	for range 100 {
		double = jsonpath.NewArray(double, double)
	}
	shared := new(jsonpath.Object)
	for range 60 {
		outer := new(jsonpath.Object)
		outer.Put("l", shared)
		outer.Put("r", shared)
		shared = outer
	}
	for name, knot := range map[string]any{"array in itself": loop, "object in itself": object, "doubled": double, "shared": shared} {
		if _, err := jsonpath.AppendJSON(nil, knot); !errors.Is(err, jsonpath.ErrTooLarge) {
			t.Errorf("%s as JSON: %v", name, err)
		}
		if text := jsonpath.AppendText(nil, knot, 1000); len(text) > 1000 || len(text) == 0 {
			t.Errorf("%s: %d bytes of text", name, len(text))
		}
		for _, path := range []string{"$..*", "$..[?(@.a == @)]"} {
			if _, _, err := mustCompile(t, path).Select(knot); !errors.Is(err, jsonpath.ErrBudget) {
				t.Errorf("%s, %s: %v", name, path, err)
			}
		}
	}
}

// A large message is found in by any path, or refused, without more memory than is due to it.
func TestFindTooLarge(t *testing.T) {
	deep := strings.Repeat(`[`, 100) + `"` + strings.Repeat("x", 1<<18) + `"` + strings.Repeat("]", 100)
	if _, err := mustCompile(t, "$..*").Find([]byte(deep)); !errors.Is(err, jsonpath.ErrTooLarge) {
		t.Errorf("got %v", err)
	}
}

func BenchmarkBudget(b *testing.B) {
	root := mustDecode(b, "["+strings.Repeat("[0,{}],", 20_000)+"0]")
	p := mustCompile(b, "$..*..*")
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := p.Select(root); !errors.Is(err, jsonpath.ErrBudget) {
			b.Fatal(err)
		}
	}
}
