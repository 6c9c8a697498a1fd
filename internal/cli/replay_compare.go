package cli

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
)

// masking makes messages of two runs comparable: what is new in each run is not looked at.
type masking struct{ ignored []string }

// What is new in each run, in texts: ids of connections and requests, UUIDs, and instants.
var changing = []struct {
	of   *regexp.Regexp
	name string
}{
	{regexp.MustCompile(`[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}`), "<uuid>"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?`), "<time>"},
	{regexp.MustCompile(`[A-Za-z0-9_-]{15}=`), "<id>"},
	{regexp.MustCompile(`\b1[5-9]\d{8}(?:\d{3})?\b`), "<time>"}, // seconds, or milliseconds, since 1970
}

// text masks a text.
func (*masking) text(text string) string {
	for _, c := range changing {
		text = c.of.ReplaceAllString(text, c.name)
	}
	return text
}

// deepest is how deep a message is compared member by member.
const deepest = 200

// value masks a value of JSON.
func (k *masking) value(v any, depth int) any {
	switch v := v.(type) {
	case string:
		return k.text(v)
	case float64:
		if text := fmt.Sprintf("%.0f", v); v == math.Trunc(v) && k.text(text) == "<time>" {
			return "<time>"
		}
	case []any:
		if depth > 0 {
			for i := range v {
				v[i] = k.value(v[i], depth-1)
			}
		}
	case map[string]any:
		for name, member := range v {
			switch {
			case slices.Contains(k.ignored, name):
				delete(v, name)
			case depth > 0:
				v[name] = k.value(member, depth-1)
			}
		}
	}
	return v
}

// read is a body, masked: as a value of JSON if it is that, else as a text.
func (k *masking) read(body string) any {
	var v any
	if json.Unmarshal([]byte(body), &v) != nil {
		return k.text(body)
	}
	return k.value(v, deepest)
}

// same says whether two bodies say the same.
func (k *masking) same(a, b string) bool { return reflect.DeepEqual(k.read(a), k.read(b)) }

// where is the first place at which two bodies of JSON differ: " at $.a[2]". Empty: they have not that in common.
func (k *masking) where(want, got string) string {
	path := place(k.read(want), k.read(got), deepest)
	if path == "" {
		return ""
	}
	return " at $" + path
}

// place is the path to the first difference.
func place(want, got any, depth int) string {
	if depth == 0 {
		return ""
	}
	switch want := want.(type) {
	case map[string]any:
		got, ok := got.(map[string]any)
		if !ok {
			return ""
		}
		for _, name := range slices.Concat(keysOf(want), keysOf(got)) {
			if !reflect.DeepEqual(want[name], got[name]) {
				return "." + name + place(want[name], got[name], depth-1)
			}
		}
	case []any:
		got, ok := got.([]any)
		if !ok {
			return ""
		}
		for i := range min(len(want), len(got)) {
			if !reflect.DeepEqual(want[i], got[i]) {
				return fmt.Sprintf("[%d]", i) + place(want[i], got[i], depth-1)
			}
		}
	}
	return ""
}
