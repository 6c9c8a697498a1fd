package vtl_test

import (
	"testing"

	"gangway/internal/vtl"
)

// names are variables by name.
type names map[string]any

func (n names) Lookup(name string) (any, bool) {
	v, ok := n[name]
	return v, ok
}

// document is what $util.parseJson makes of a text, as variables.
func document(tb testing.TB, text string) names {
	tb.Helper()
	if text == "" {
		return nil
	}
	v, err := vtl.Util{}.Call("parseJson", []any{text})
	if err != nil {
		tb.Fatal(err)
	}
	m, ok := v.(vtl.Map)
	if !ok {
		tb.Fatalf("%s is no object", text)
	}
	vars := names{}
	for _, key := range m.Keys() {
		vars[key], _ = m.Get(key)
	}
	return vars
}
