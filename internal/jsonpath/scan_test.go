package jsonpath_test

import (
	"encoding/json"
	"strings"
	"testing"

	"gangway/internal/jsonpath"
)

// seeds are texts near the edges of RFC 8259: each is a case of TestGrammar and a seed for the fuzz targets.
var seeds = []string{
	"", " ", "{}", "[]", " [ ] ", "null", "nul", "nulll", "true", "false", "tru", "0", "-0", "-", "01", "+1", ".5", "1.", "1.0",
	"1e3", "1E+3", "1e-3", "1e", "1e+", "1.5.2", "0x1", "NaN", "Infinity", `""`, `"`, `"a`, `"\"`, `"\\"`, `"\x"`, `"\u12"`,
	`"\u12g4"`, `"\u00e9"`, `"\ud83d\ude00"`, `"\ud83d"`, `"\ude00\ud83d"`, `"\ud83d\u0041"`, `"\ud83dA"`, "\"\t\"", "\"\x7f\"",
	"\"\x00\"", "\"\xff\"", "\"\xe2\x82\"", "\"\xed\xa0\x80\"", "\xef\xbb\xbf{}", "'a'", "[1,]", "[,1]", "[1 2]", "[1,2", "[1}", "{]",
	`{"a"}`, `{"a":}`, `{"a":1,}`, `{,"a":1}`, `{"a" 1}`, `{a:1}`, `{1:1}`, `{"a":1 "b":2}`, `{"a":1}}`, `[[[]],{"a":{}}]`, "1 2", "[]]", "/**/1",
	"{\"a\"\n:\t1\r,\"b\" : [ 1 , 2 ] } ", `{"a":1,"a":2,"A":3}`, `{"a":{"b":1},"a":{}}`, `{"\u0061":"\u0062"}`, `{"é":"\\é"}`, "{\"\xff\":1}",
	`{"a":[1,2.50,1e3,-1E-7,12345678901234567890,1e400,"x",true,null,{"b":null}]}`, `[{"a":1,"b":[2,{"c":3}],"a":[4]},[]]`,
	"\v1", "\u00a01", "1\x00", "\x00",
}

// TestGrammar holds that Find takes what the standard library takes.
func TestGrammar(t *testing.T) {
	whole := mustCompile(t, "$")
	for _, text := range seeds {
		if _, err := whole.Find([]byte(text)); (err == nil) != json.Valid([]byte(text)) {
			t.Errorf("Find in %q: %v", text, err)
		}
	}
}

func TestDepthLimit(t *testing.T) {
	nested := func(open, inner, closed string, depth int) string {
		return strings.Repeat(open, depth) + inner + strings.Repeat(closed, depth)
	}
	tests := []struct {
		name, text string
		want       bool
	}{
		{"128 arrays", nested("[", "1", "]", 128), true},
		{"129 arrays", nested("[", "1", "]", 129), false},
		{"129 arrays, empty", nested("[", "", "]", 129), false},
		{"128 objects", nested(`{"a":`, "1", "}", 128), true},
		{"129 objects", nested(`{"a":`, "1", "}", 129), false},
		{"129 objects, empty", nested(`{"a":`, "{}", "}", 128), false},
		{"64 of each", nested(`[{"a":`, "1", "}]", 64), true},
		{"65 of each", nested(`[{"a":`, "1", "}]", 65), false},
		{"a bomb", strings.Repeat("[", 1<<20), false},
		{"wide, not deep", "[" + strings.Repeat("[],", 1000) + "{}]", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			// A path into the depths meets the same limit as a scan past them.
			for _, path := range []string{"$", "x", "[0][0][0]", "a.a.a", strings.Repeat("[0]", 128)} {
				if _, err := mustCompile(t, path).Find([]byte(tt.text)); (err == nil) != tt.want {
					t.Errorf("Find by %q: %v", path, err)
				}
			}
		})
	}
}

// depth is how deep the valid text b is nested.
func depth(b []byte) int {
	open, deepest, inString := 0, 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case !inString && (c == '[' || c == '{'):
			open++
			deepest = max(deepest, open)
		case !inString && (c == ']' || c == '}'):
			open--
		}
	}
	return deepest
}

func mustCompile(tb testing.TB, path string) *jsonpath.Path {
	tb.Helper()
	p, err := jsonpath.Compile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}
