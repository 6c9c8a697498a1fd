package policy

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// A template is a text with variables. Without any, parts is nil and fixed is the text.
type template struct {
	fixed string
	parts []part
}

// A part is a piece of text, or a variable: then key is set.
type part struct {
	text       string // the text, or the variable's default
	key        string // in lower case
	hasDefault bool
}

// A form says how a document's text is compiled.
type form struct {
	wildcards bool // * and ? are wildcards
	variables bool // the Version has variables
}

// compile reads the variables of a text ("IAM policy elements: Variables and tags").
func (f form) compile(text string) (template, error) {
	var t template
	var plain strings.Builder
	for {
		before, rest, found := strings.Cut(text, "${")
		plain.WriteString(f.plain(before))
		if !found {
			break
		}
		if !f.variables {
			return t, fmt.Errorf("%s has a variable, which needs \"Version\": %q in the document", quote(text), current)
		}
		if literal, after, ok := escaped(rest); ok {
			plain.WriteByte(literal)
			text = after
			continue
		}
		p, after, err := variable(rest)
		if err != nil {
			return t, err
		}
		if plain.Len() > 0 {
			t.parts = append(t.parts, part{text: plain.String()})
			plain.Reset()
		}
		t.parts = append(t.parts, p)
		text = after
	}
	if t.parts == nil {
		t.fixed = plain.String()
	} else if plain.Len() > 0 {
		t.parts = append(t.parts, part{text: plain.String()})
	}
	return t, nil
}

func (f form) plain(text string) string {
	if f.wildcards {
		return wildcards.Replace(text)
	}
	return text
}

// escaped reads what follows "${" in ${*}, ${?} and ${$}.
func escaped(rest string) (literal byte, after string, ok bool) {
	if len(rest) < 2 || rest[1] != '}' || !strings.ContainsRune("*?$", rune(rest[0])) {
		return 0, "", false
	}
	return rest[0], rest[2:], true
}

// variable reads what follows "${" up to its "}": a key, or a key and a default in single quotes.
func variable(rest string) (p part, after string, err error) {
	end := strings.IndexAny(rest, ",}")
	if end < 0 {
		return p, "", fmt.Errorf(`the variable %s has no end: write it as "${aws:username}"`, quote("${"+rest))
	}
	p.key = strings.ToLower(rest[:end])
	if !isKey(p.key) || strings.ContainsAny(p.key, "${'*?") {
		return p, "", fmt.Errorf(`%s names no variable: write a condition key, as in "${aws:username}"`, quote("${"+rest))
	}
	if rest[end] == '}' {
		return p, rest[end+1:], nil
	}
	quoted, ok := strings.CutPrefix(strings.TrimLeft(rest[end+1:], " "), "'")
	text, after, closed := strings.Cut(quoted, "'}")
	if !ok || !closed || strings.ContainsAny(text, "'*?") || strings.Contains(text, "${") {
		return p, "", errors.New(`the default of a variable is plain text in single quotes, as in "${aws:username, 'nobody'}"`)
	}
	p.text, p.hasDefault = text, true
	return p, after, nil
}

// isKey says whether this is the name of a condition key: a prefix, a colon, and more.
func isKey(name string) bool {
	prefix, rest, found := strings.Cut(name, ":")
	return found && prefix != "" && rest != "" && strings.TrimSpace(name) == name
}

// expand fills the variables in. If not all are known, the text has a wildcard in place of the others.
func (t *template) expand(context map[string][]string) (text string, known bool) {
	if t.parts == nil {
		return t.fixed, true
	}
	known = true
	var b strings.Builder
	for i := range t.parts {
		value, ok := t.parts[i].value(context)
		if !ok {
			known = false
			b.WriteByte(anyRun)
			continue
		}
		b.WriteString(value)
	}
	return b.String(), known
}

// value is the text of a part. A key with several values cannot be a variable ("Single-valued vs. multivalued context
// keys"), and an empty value is none.
func (p *part) value(context map[string][]string) (string, bool) {
	if p.key == "" {
		return p.text, true
	}
	switch values := context[p.key]; {
	case len(values) == 0 || len(values) == 1 && values[0] == "":
		return p.text, p.hasDefault
	case len(values) > 1 || !utf8.ValidString(values[0]):
		return "", false
	default:
		return values[0], true
	}
}
