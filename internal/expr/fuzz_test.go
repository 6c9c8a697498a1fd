package expr_test

import (
	"regexp"
	"strings"
	"testing"

	"gangway/internal/expr"
)

// FuzzParse holds that no text panics, and that an expression is accepted and evaluated as the reference does it.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"", "action", "$request.body.action", "${a.b}/${c}", `\$default`, `\\$a`, "$", "${", "${}", "$$a", "${a${b}}", "${a{}}", "${a{}",
		"$a['b c'].d e", "${a['}']}", `$a["b\"c"]-x`, "$a['b", "${a'b}", "${a\nb}", "é$aé", "$a]b[c", "\xff$a\xff", "${a\xff}", "$a$b", "${a\x00}", "$a-b:c",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		want, ok := reference(text)
		e, err := expr.Parse(text)
		if (err == nil) != ok {
			t.Fatalf("Parse(%q) = %v, reference says %v", text, err, ok)
		}
		if err != nil {
			return
		}
		b, err := expr.Bind(e, func(variable string) (expr.Source[string], error) {
			return func(dst []byte, in string) ([]byte, error) { return append(dst, in+variable+in...), nil }, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := b.Append(nil, "\x00$"); err != nil || string(got) != want {
			t.Errorf("%q = %q, %v; want %q", text, got, err, want)
		}
	})
}

var (
	quotedPart = regexp.MustCompile(`(?s)'(\\.|[^'\\])*'|"(\\.|[^"\\])*"`)
	bareForm   = regexp.MustCompile(`(?s)^[A-Za-z]([A-Za-z0-9_.\[\]()*?@-]|'(\\.|[^'\\])*'|"(\\.|[^"\\])*")*`)
	letter     = regexp.MustCompile(`^[A-Za-z]`)
)

// reference evaluates text with each variable worth its name between marks, by slow and simple means: it tries the
// closing braces one after the other.
func reference(text string) (value string, ok bool) {
	const mark = "\x00$"
	for text != "" {
		switch {
		case strings.HasPrefix(text, `\$`):
			value, text = value+"$", text[2:]
		case strings.HasPrefix(text, "${"):
			name := bracedName(text[2:])
			if name == "" {
				return "", false
			}
			value, text = value+mark+name+mark, text[2+len(name)+1:]
		case text[0] == '$':
			name := bareForm.FindString(text[1:])
			rest := text[1+len(name):]
			if name == "" || strings.HasPrefix(rest, "'") || strings.HasPrefix(rest, `"`) { // the quote is not closed
				return "", false
			}
			value, text = value+mark+name+mark, rest
		default:
			value, text = value+text[:1], text[1:]
		}
	}
	return value, true
}

// bracedName is the shortest beginning of text, up to a brace, that is whole and legal; or "".
func bracedName(text string) string {
	if !letter.MatchString(text) {
		return ""
	}
	for end := range len(text) {
		if text[end] != '}' {
			continue
		}
		bare := quotedPart.ReplaceAllString(text[:end], "'")
		outside := strings.Count(bare, `'`) + strings.Count(bare, `"`) - len(quotedPart.FindAllString(text[:end], -1))
		if outside > 0 || strings.Count(bare, "{") != strings.Count(bare, "}") {
			continue
		}
		if strings.Contains(bare, "${") || strings.ContainsFunc(bare, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return ""
		}
		return text[:end]
	}
	return ""
}
