package conformance_test

import (
	"fmt"
	"strings"
	"testing"
)

// nested is an object with an action whose depth is n.
func nested(n int, open, closed string) string {
	return `{"x":` + strings.Repeat(open, n-1) + "0" + strings.Repeat(closed, n-1) + `,"action":"taken"}`
}

// TestJSONBombs: what is large, deep, repeated or strange in a message has one meaning, and costs nobody else anything. Which
// meaning: package jsonpath, and "Choices" in the divergences.
func TestJSONBombs(t *testing.T) {
	t.Parallel()
	p := startProgram(t, t.TempDir(), "--max-message", "4194304", "--max-frame", "4194304")
	routes := map[string]route{"$default": mocked("default"), "whoami": mocked("$context.connectionId")}
	for _, key := range []string{"taken", "first", "last", "Infinity"} {
		routes[key] = mocked(key)
	}
	routes["path"] = mocked(`$input.path('$.n')`)
	routes["json"] = mocked(`$input.json('$.n')`)
	api, err := (&builder{p.server, ""}).apply(t.Context(), nil, definitionOf(t, routes))
	must(t, err)
	c := p.enter(t, api.id, api.stage)
	digits := strings.Repeat("1234567890", 1000)
	var keys strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&keys, `"k%d":%d,`, i, i)
	}
	for _, test := range []struct{ name, message, want string }{
		{"arrays 128 deep", nested(128, "[", "]"), "taken"},
		{"arrays 129 deep", nested(129, "[", "]"), "default"},
		{"objects 128 deep", nested(128, `{"a":`, "}"), "taken"},
		{"objects 129 deep", nested(129, `{"a":`, "}"), "default"},
		{"arrays a million deep", strings.Repeat("[", 1_000_000), "default"},
		{"objects a hundred thousand deep", strings.Repeat(`{"action":`, 100_000), "default"},
		{"a hundred thousand keys before", `{` + keys.String() + `"action":"taken"}`, "taken"},
		{"a hundred thousand keys after", `{"action":"taken",` + keys.String() + `"z":0}`, "taken"},
		{"a hundred thousand keys, and one of them", `{"action":"path",` + keys.String() + `"n":"found"}`, "found"},
		{"a hundred thousand times the same key", `{` + strings.Repeat(`"action":"first",`, 100_000) + `"action":"last"}`, "last"},
		{"a number of ten thousand digits", `{"action":"json","n":` + digits + `}`, digits},
		{"the same as text", `{"action":"path","n":` + digits + `}`, digits},
		{"the same as an action", `{"action":` + digits + `}`, "default"},
		{"ten thousand digits behind the point", `{"action":"taken","n":0.` + digits + `}`, "taken"},
		{"a huge exponent", `{"action":1e999999999}`, "Infinity"},
		{"a huge exponent in JSON", `{"action":"json","n":1e999999999}`, "null"},
		{"a huge negative exponent", `{"action":"path","n":1e-999999999}`, "0.0"},
		{"an exponent of ten thousand digits", `{"action":"taken","n":1e` + digits + `}`, "taken"},
		{"a leading zero", `{"action":"taken","n":01}`, "default"},
		{"a duplicate key", `{"action":"first","action":"last"}`, "last"},
		{"a duplicate key, escaped", `{"action":"first","\u0061ction":"last"}`, "last"},
		{"another case", `{"action":"first","Action":"last","ACTION":"last"}`, "first"},
		{"another case alone", `{"Action":"last"}`, "default"},
		{"duplicates in a template", `{"action":"path","n":"first","N":"other","n":"last"}`, "last"},
		{"a key in a place of its own", `{"x":{"action":"first"},"action":"last"}`, "last"},
		{"nothing behind", `{"action":"first"}{"action":"last"}`, "default"},
		{"no text", "{\"action\":\"\xff\"}", "close 1007"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if strings.HasPrefix(test.want, "close ") {
				own := p.enter(t, api.id, api.stage)
				if item := own.ask(t, test.message); !strings.HasPrefix(item, test.want) {
					t.Errorf("got %.200q, not %.200q", item, test.want)
				}
				return
			}
			if item := c.ask(t, test.message); item != test.want {
				t.Errorf("got %.200q, not %.200q", item, test.want)
			}
		})
	}
	p.wantHealthy(t)
}
