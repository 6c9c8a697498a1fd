package jsonpath_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// A naiveStep is a step of a path as it is written, and what it does to a value of naiveDecode.
type naiveStep struct {
	text string
	into func(value any) []any
}

// naiveItem is an item of an array, or none.
func naiveItem(value any, i int) []any {
	if items, ok := value.([]any); ok && i < len(items) && i >= -len(items) {
		return []any{items[(i+len(items))%len(items)]}
	}
	return nil
}

// naiveMember is a member of an object, or none.
func naiveMember(value any, key string) []any {
	members, _ := value.([]pair)
	for _, p := range members {
		if p.key == key {
			return []any{p.value}
		}
	}
	return nil
}

// naiveAll are all members and items.
func naiveAll(value any) []any {
	switch value := value.(type) {
	case []any:
		return value
	case []pair:
		all := make([]any, len(value))
		for i := range value {
			all[i] = value[i].value
		}
		return all
	}
	return nil
}

// naiveSlice is a slice with an open end.
func naiveSlice(value any, from, to int) []any {
	items, _ := value.([]any)
	if from < 0 {
		from = max(0, from+len(items))
	}
	if to < 0 {
		to += len(items)
	}
	if to = min(to, len(items)); from >= to {
		return nil
	}
	return items[from:to]
}

// naiveScan is a value and all below it that step leads into, parents first.
func naiveScan(value any, into func(any) []any) []any {
	found := into(value)
	for _, below := range naiveAll(value) {
		found = append(found, naiveScan(below, into)...)
	}
	return found
}

// randomStep is one step; after a deep scan only some mean what they mean elsewhere.
func randomStep(random *rand.Rand) naiveStep {
	key := []string{"a", "b", "c"}[random.IntN(3)]
	i, j := random.IntN(4), random.IntN(4)
	steps := []naiveStep{
		{"." + key, func(v any) []any { return naiveMember(v, key) }},
		{"['" + key + "']", func(v any) []any { return naiveMember(v, key) }},
		{fmt.Sprintf("[%d]", i), func(v any) []any { return naiveItem(v, i) }},
		{fmt.Sprintf("[%d]", -i-1), func(v any) []any { return naiveItem(v, -i-1) }},
		{fmt.Sprintf("[%d, %d]", i, -j-1), func(v any) []any { return append(naiveItem(v, i), naiveItem(v, -j-1)...) }},
		{fmt.Sprintf("[%d:]", i-2), func(v any) []any { return naiveSlice(v, i-2, 1000) }},
		{fmt.Sprintf("[:%d]", j-2), func(v any) []any { return naiveSlice(v, 0, j-2) }},
		{fmt.Sprintf("[%d:%d]", i, i+j), func(v any) []any { return naiveSlice(v, i, i+j) }},
		{".*", naiveAll},
		{"[*]", naiveAll},
		{"..*", func(v any) []any { return naiveScan(v, naiveAll) }},
		{".." + key, func(v any) []any { return naiveScan(v, func(v any) []any { return naiveMember(v, key) }) }},
	}
	return steps[random.IntN(len(steps))]
}

// randomDocument is a small JSON text whose keys come from a few.
func randomDocument(random *rand.Rand, depth int, nulls bool) string {
	scalars := []string{"1", "2.5", "7", "-3", `"x"`, `"y/z"`, `"7"`, `"é €"`, "true", "false", "1e10", "12345678901234567890", "null"}
	if !nulls {
		scalars = scalars[:len(scalars)-1]
	}
	if depth == 0 || random.IntN(4) == 0 {
		return scalars[random.IntN(len(scalars))]
	}
	items := make([]string, random.IntN(5))
	for i := range items {
		items[i] = randomDocument(random, depth-1, nulls)
	}
	if random.IntN(2) == 0 {
		return "[" + strings.Join(items, ",") + "]"
	}
	keys := []string{"c", "a", "d e", "b", "f"}
	random.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	for i := range items {
		items[i] = fmt.Sprintf("%q:%s", keys[i], items[i])
	}
	return "{" + strings.Join(items, ",") + "}"
}

// naiveJSON is the JSON of a value of naiveDecode.
func naiveJSON(value any) string {
	switch value := value.(type) {
	case []any:
		items := make([]string, len(value))
		for i := range value {
			items[i] = naiveJSON(value[i])
		}
		return "[" + strings.Join(items, ",") + "]"
	case []pair:
		items := make([]string, len(value))
		for i, p := range value {
			items[i] = naiveJSON(p.key) + ":" + naiveJSON(p.value)
		}
		return "{" + strings.Join(items, ",") + "}"
	case json.Number:
		return naiveNumber(value.String())
	case string:
		return strings.ReplaceAll(fmt.Sprintf("%q", value), "€", `\u20AC`)
	}
	return strings.ReplaceAll(fmt.Sprint(value), "<nil>", "null")
}

// TestSelectRandom holds that Select finds what a naive evaluator finds, in the same order.
func TestSelectRandom(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	found := 0
	for range 20_000 {
		doc := randomDocument(random, 4, true)
		path, values := "$", []any{naiveFind([]byte(doc), nil)}
		for range random.IntN(5) {
			step := randomStep(random)
			path += step.text
			var next []any
			for _, value := range values {
				next = append(next, step.into(value)...)
			}
			values = next
		}
		want := naiveJSON(slices.Clip(values))
		if p := mustCompile(t, path); p.Definite() {
			if want = missingText; len(values) > 0 {
				want = naiveJSON(values[0])
			}
		}
		if len(values) > 0 {
			found++
		}
		checkSelect(t, path, doc, want)
	}
	if found < 5000 {
		t.Errorf("only %d paths led anywhere", found)
	}
}
