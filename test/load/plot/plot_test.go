package plot_test

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"gangway/test/load/plot"
)

// elements counts those of an SVG by name, and so reads it as XML.
func elements(t *testing.T, charts ...plot.Chart) map[string]int {
	t.Helper()
	var out strings.Builder
	if err := plot.Write(&out, charts...); err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for d := xml.NewDecoder(strings.NewReader(out.String())); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return count
		}
		if err != nil {
			t.Fatalf("%v:\n%s", err, &out)
		}
		if start, ok := token.(xml.StartElement); ok {
			count[start.Name.Local]++
		}
	}
}

func TestWrite(t *testing.T) {
	count := elements(t, plot.Chart{
		Title: "a < b", X: "x & y", Y: "y",
		Lines: []plot.Series{
			{Name: "one", Strong: true, Points: []plot.Point{{1, 3}, {10, 3}, {54_000, 3.1}}},
			{Name: "two", Points: []plot.Point{{1, 200}, {10_000, 0.5}}},
		},
	})
	if count["polyline"] != 2 || count["circle"] != 5 || count["text"] < 10 {
		t.Errorf("unexpected elements: %v", count)
	}
}

func TestWriteLittle(t *testing.T) {
	for name, lines := range map[string][]plot.Series{
		"nothing":   nil,
		"one point": {{Name: "one", Points: []plot.Point{{1000, 1000}}}},
	} {
		if count := elements(t, plot.Chart{Title: name, Lines: lines}); count["polyline"] != len(lines) {
			t.Errorf("%s: unexpected elements: %v", name, count)
		}
	}
}
