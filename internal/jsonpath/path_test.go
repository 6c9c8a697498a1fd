package jsonpath_test

import (
	"strings"
	"testing"

	"gangway/internal/jsonpath"
)

func TestCompileErrors(t *testing.T) {
	tests := []struct{ path, want string }{
		{"", "position 1: expected a key, found the end"},
		{"$.", "position 3: expected a key, found the end"},
		{"$a", "position 2: expected '.' or '[' after '$', found 'a'"},
		{"$$", "position 2: expected '.' or '[' after '$', found '$'"},
		{"a.", "position 3: expected a key, found the end"},
		{".a", "position 1: a deep scan ('..') is not supported"},
		{"a..b", "position 3: a deep scan ('..') is not supported"},
		{"$..a", "position 3: a deep scan ('..') is not supported"},
		{"a b", "position 2: expected '.' or '[', found ' '"},
		{"a]", "position 2: expected '.' or '[', found ']'"},
		{"a*", "position 2: expected '.' or '[', found '*'"},
		{"a.*", "position 3: a wildcard ('*') is not supported"},
		{"a[*]", "position 3: a wildcard ('*') is not supported"},
		{"a.length()", "position 9: a function is not supported"},
		{"a[?(@.b)]", "position 3: a filter ('?') is not supported"},
		{"a[(@.length-1)]", "position 3: a script is not supported"},
		{"a[-1]", "position 3: an index from the end or a slice ('-') is not supported"},
		{"a[:2]", "position 3: a slice (':') is not supported"},
		{"a[1:2]", "position 4: a slice (':') is not supported"},
		{"a[0,1]", "position 4: a union (',') is not supported"},
		{"['a','b']", "position 5: a union (',') is not supported"},
		{"a[", "position 3: expected an index or a quoted key, found the end"},
		{"a[]", "position 3: expected an index or a quoted key, found ']'"},
		{"a[b]", "position 3: expected an index or a quoted key, found 'b'"},
		{"a[0", "position 4: expected ']', found the end"},
		{"a[0x]", "position 4: expected ']', found 'x'"},
		{"a[99999999999999999999]", "position 3: expected a smaller index"},
		{"['a", "position 2: expected a closing ' for this quote"},
		{`["a']`, `position 2: expected a closing " for this quote`},
		{`['a\n']`, `position 5: expected a quote or '\' after '\', found 'n'`},
		{"['a'", "position 5: expected ']', found the end"},
		{"a[0]b", "position 5: expected '.' or '[', found 'b'"},
		{"\xff", "position 1: expected UTF-8"},
		{strings.Repeat("a.", 128) + "a", "expected at most 128 steps"},
	}
	for _, tt := range tests {
		_, err := jsonpath.Compile(tt.path)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Compile(%q) = %v, want %q", tt.path, err, tt.want)
		}
	}
}

// FuzzCompile holds that no path panics, that one which compiles can be run, and that errors name a position in it.
func FuzzCompile(f *testing.F) {
	for _, path := range []string{"$", "a.b", "$.a[0].b", "['a b'].c", `["a\"b"]`, "a..b", "a[?(@.b)]", "a[99999999999999999999]"} {
		f.Add(path)
	}
	body := []byte(`{"a":{"b":[1,{"c":2}]},"a b":{"c":3}}`)
	f.Fuzz(func(t *testing.T, path string) {
		p, err := jsonpath.Compile(path)
		if err != nil {
			if !strings.Contains(err.Error(), "position ") {
				t.Errorf("error without a position: %v", err)
			}
			return
		}
		if _, err := p.Find(body); err != nil {
			t.Errorf("Find by %q: %v", path, err)
		}
	})
}
