package jsonpath_test

import (
	"strings"
	"testing"

	"gangway/internal/jsonpath"
)

func TestCompileErrors(t *testing.T) {
	nested := func(open, inner, closed string) string {
		return strings.Repeat(open, 17) + inner + strings.Repeat(closed, 17)
	}
	tests := []struct{ path, want string }{
		{"", "position 1: expected a key, found the end"},
		{"$.", "position 3: expected a key, found the end"},
		{"$a", "position 2: expected '.' or '[' after '$', found 'a'"},
		{"$$", "position 2: expected '.' or '[' after '$', found '$'"},
		{"a.", "position 3: expected a key, found the end"},
		{".a", "position 1: expected a key, found '.'"},
		{"a..", "position 4: expected a key, found the end"},
		{"a...b", "position 4: expected a key, found '.'"},
		{"$..length()", "position 12: expected what the deep scan ('..') looks for before this function"},
		{"a b", "position 2: expected '.' or '[', found ' '"},
		{"  a b ", "position 4: expected '.' or '[', found ' '"},
		{"a]", "position 2: expected '.' or '[', found ']'"},
		{"a*", "position 2: expected '.' or '[', found '*'"},
		{"a.nope()", "position 3: expected a function that exists: length, "},
		{"a.sum(1", "position 8: expected ')', found the end"},
		{"a.sum(x)", "position 7: expected a path with '@' or '$', a string in quotes, "},
		{"a[(@.length-1)]", "position 3: a script is not part of this JSONPath"},
		{"a[?]", "position 4: expected a filter in parentheses after '?', found ']'"},
		{"a[?@.b]", "position 4: expected a filter in parentheses after '?', found '@'"},
		{"a[?(@.b]", "position 8: expected ==, !=, <, <=, >, >=, =~, in, nin, "},
		{"a[?(@.b)", "position 9: expected ']', found the end"},
		{"a[?(@.b = 1)]", "position 9: expected ==, !="},
		{"a[?(@.b ~ 1)]", "position 9: expected ==, !="},
		{"a[?(@.b within 1)]", "position 9: expected ==, !="},
		{"a[?(1)]", "position 5: expected a path: only its existence"},
		{"a[?(@.b == )]", "position 12: expected a path with '@' or '$'"},
		{"a[?(@.b == x)]", "position 12: expected a path with '@' or '$'"},
		{"a[?(@.b == 01)]", "position 13: expected ')', found '1'"},
		{"a[?(@.b == -)]", "position 12: expected a number as JSON writes it"},
		{"a[?(@.b == 'x)]", "position 12: expected a closing ' for this quote"},
		{"a[?(@.b in [1,)]", "position 15: expected a path with '@' or '$'"},
		{"a[?(@.b == {1})]", "position 14: expected ':', found '}'"},
		{"a[?(@.b =~ /x)]", "position 12: expected a closing / for this pattern"},
		{"a[?(@.b =~ /x/y)]", `position 15: expected the flags i, m, s and u only, found "y"`},
		{"a[?(@.b =~ /(?=x)/)]", "position 12: expected a pattern that RE2 knows: "},
		{"a[?(@.b =~ /x)(y/)]", "position 12: expected a pattern that RE2 knows: "},
		{"a[?(@.b =~ /" + strings.Repeat("x", 1025) + "/)]", "position 12: expected a pattern of at most 1024 bytes"},
		{"a[?(@.b == /x/)]", "position 9: expected a pattern like /a.*/i on one side of =~, and nowhere else"},
		{"a[?(@.b =~ 'x')]", "position 9: expected a pattern like"},
		{"a[?(@.b && )]", "position 12: expected a path with"},
		{"a[?" + nested("(", "@.b", ")") + "]", "position 20: expected at most 16 filters, parentheses"},
		{"a[?(" + nested("!", "@.b", "") + ")]", "expected at most 16 filters"},
		{nested("a[?(@.", "b", ")]"), "expected at most 16 filters"},
		{"a[?(@.b in " + nested("[", "", "]") + ")]", "expected at most 16 filters"},
		{nested("$.sum(", "1", ")"), "expected at most 16 filters"},
		{"a[:]", "position 4: expected an index on one side of ':' at least, found ']'"},
		{"a[0:1:2]", "position 6: expected ']', found ':'"},
		{"a[-]", "position 4: expected an index, found ']'"},
		{"a[0,]", "position 5: expected an index, found ']'"},
		{"a[0,'b']", "position 5: expected an index, found '\\''"},
		{"['a',]", "position 6: expected a quoted key, found ']'"},
		{"['a',0]", "position 6: expected a quoted key, found '0'"},
		{"a[", "position 3: expected an index, a quoted key, '*' or a filter, found the end"},
		{"a[]", "position 3: expected an index, a quoted key, '*' or a filter, found ']'"},
		{"a[b]", "position 3: expected an index, a quoted key, '*' or a filter, found 'b'"},
		{"a[0", "position 4: expected ']', found the end"},
		{"a[0x]", "position 4: expected ']', found 'x'"},
		{"a[99999999999999999999]", "position 3: expected a smaller index"},
		{"a[2147483648]", "position 3: expected a smaller index"},
		{"['a", "position 2: expected a closing ' for this quote"},
		{`["a']`, `position 2: expected a closing " for this quote`},
		{`['a\`, "position 2: expected a closing ' for this quote"},
		{`['a\u12']`, `position 5: expected four hexadecimal digits after '\u'`},
		{"['a'", "position 5: expected ']', found the end"},
		{"a[0]b", "position 5: expected '.' or '[', found 'b'"},
		{"\xff", "position 1: expected UTF-8"},
		{strings.Repeat("a.", 128) + "a", "expected at most 128 steps"},
		{"['" + strings.Repeat("a','", 4000) + "']", "position 8193: expected at most 8192 bytes"},
	}
	for _, tt := range tests {
		_, err := jsonpath.Compile(tt.path)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Compile(%q) = %v, want %q", tt.path, err, tt.want)
		}
	}
}
