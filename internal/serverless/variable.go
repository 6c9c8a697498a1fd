package serverless

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A template is a string with variables in it: pieces of text and variables in turns.
type template []piece

// piece is a text, or the sources of a variable.
type piece struct {
	text    string
	sources []source // tried in this order; nil for a text
	written string   // the variable as it was written, for errors
}

// source is one place to ask for a value: type(params):address, a value itself, or another variable.
type source struct {
	kind    string
	params  []template
	address template
	literal *literal
	within  template
}

// literal is a value that stands in a variable: its YAML tag and text.
type literal struct{ tag, value string }

var errUnclosed = errors.New("a variable has no closing brace")

// parseTemplate takes a string apart. What begins like a variable but has no source of ours is somebody else's, as
// ${AWS::Region} of Fn::Sub is, and stays text.
func parseTemplate(s string) (template, error) {
	p := &parser{s: s}
	return p.template("", 0)
}

// bare is the one variable that a template is made of, nil if it is more or less.
func (t template) bare() *piece {
	if len(t) == 1 && t[0].sources != nil {
		return &t[0]
	}
	return nil
}

type parser struct {
	s string
	i int
}

// rest is what is not read yet.
func (p *parser) rest() string { return p.s[p.i:] }

// spaces skips what may stand between the parts of a variable.
func (p *parser) spaces() {
	for p.i < len(p.s) && p.s[p.i] == ' ' {
		p.i++
	}
}

// wrong is a mistake at the character that is next.
func (p *parser) wrong(format string, args ...any) error {
	return fmt.Errorf("at character %d: %w", p.i+1, fmt.Errorf(format, args...))
}

// template reads until one of the characters in end, or the end of the string where there is none.
func (p *parser) template(end string, depth int) (template, error) {
	if depth > maxNesting {
		return nil, p.wrong("more than %d variables within each other", maxNesting)
	}
	var t template
	var literal strings.Builder
	flush := func() {
		if literal.Len() > 0 {
			t = append(t, piece{text: literal.String()})
			literal.Reset()
		}
	}
	for p.i < len(p.s) && !strings.ContainsRune(end, rune(p.s[p.i])) {
		switch {
		case strings.HasPrefix(p.rest(), `\${`):
			literal.WriteString("${")
			p.i += 3
		case p.opens():
			start := p.i
			p.i += 2
			sources, err := p.sources(depth)
			if err != nil {
				return nil, err
			}
			flush()
			t = append(t, piece{sources: sources, written: p.s[start:p.i]})
		default:
			literal.WriteByte(p.s[p.i])
			p.i++
		}
	}
	flush()
	return t, nil
}

// opens says whether a variable of ours begins here: "${" and a lower-case name, followed by ":" or "(" but not by "::".
func (p *parser) opens() bool {
	rest, found := strings.CutPrefix(p.rest(), "${")
	if !found || rest == "" || rest[0] < 'a' || rest[0] > 'z' {
		return false
	}
	after := strings.TrimLeftFunc(rest, isWord)
	return strings.HasPrefix(after, "(") || strings.HasPrefix(after, ":") && !strings.HasPrefix(after, "::")
}

// isWord says whether a character may be in the name of a source, or in a number.
func isWord(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '-'
}

// sources reads what stands between the braces, and the closing one.
func (p *parser) sources(depth int) ([]source, error) {
	var sources []source
	for {
		p.spaces()
		s, err := p.source(depth)
		if err != nil {
			return nil, err
		}
		sources = append(sources, s)
		p.spaces()
		switch {
		case p.i >= len(p.s):
			return nil, errUnclosed
		case p.s[p.i] == '}':
			p.i++
			return sources, nil
		case p.s[p.i] != ',':
			return nil, p.wrong("%q where \",\" or \"}\" should be", p.s[p.i])
		}
		p.i++
	}
}

// source reads one source: a text in quotes, a variable, a call or a plain word.
func (p *parser) source(depth int) (source, error) {
	switch {
	case p.i >= len(p.s):
		return source{}, errUnclosed
	case p.s[p.i] == '\'' || p.s[p.i] == '"':
		value, err := p.quoted()
		return source{literal: &literal{"!!str", value}}, err
	case p.opens():
		// A variable as a fallback is the way of version 2, which many files still have: ${opt:a, ${self:b}}.
		t, err := p.template(",}", depth+1)
		return source{within: t}, err
	}
	start := p.i
	for p.i < len(p.s) && isWord(rune(p.s[p.i])) {
		p.i++
	}
	word := p.s[start:p.i]
	if p.i < len(p.s) && (p.s[p.i] == ':' || p.s[p.i] == '(') {
		return p.call(word, depth)
	}
	known, ok := wordLiteral(word)
	if !ok {
		p.i = start
		return source{}, p.wrong("%q is neither a source nor a value; a text wants quotes", word)
	}
	return source{literal: &known}, nil
}

// wordLiteral is what a plain word means: a number, a truth or nothing. Anything else wants quotes.
func wordLiteral(word string) (literal, bool) {
	switch word {
	case "true", "false":
		return literal{"!!bool", word}, true
	case "null":
		return literal{"!!null", word}, true
	}
	if _, err := strconv.ParseInt(word, 10, 64); err == nil {
		return literal{"!!int", word}, true
	}
	_, err := strconv.ParseFloat(word, 64)
	return literal{"!!float", word}, err == nil && strings.ContainsAny(word, "0123456789")
}

// call reads the rest of type(params):address.
func (p *parser) call(kind string, depth int) (source, error) {
	s := source{kind: kind}
	var err error
	if p.s[p.i] == '(' {
		if s.params, err = p.params(depth); err != nil {
			return s, err
		}
		p.spaces()
	}
	if p.i < len(p.s) && p.s[p.i] == ':' {
		p.i++
		p.spaces()
		s.address, err = p.argument(",}", depth)
	}
	return s, err
}

// params reads what stands in parentheses, and the closing one.
func (p *parser) params(depth int) ([]template, error) {
	var params []template
	for p.s[p.i] != ')' {
		p.i++
		p.spaces()
		param, err := p.argument(",)}", depth)
		if err != nil {
			return nil, err
		}
		params = append(params, param)
		p.spaces()
		if p.i >= len(p.s) || p.s[p.i] == '}' {
			return nil, p.wrong("a parenthesis is not closed")
		}
		if p.s[p.i] != ',' && p.s[p.i] != ')' {
			return nil, p.wrong("%q where \",\" or \")\" should be", p.s[p.i])
		}
	}
	p.i++
	return params, nil
}

// argument is a quoted text, or whatever stands before one of the characters in end.
func (p *parser) argument(end string, depth int) (template, error) {
	if p.i < len(p.s) && (p.s[p.i] == '\'' || p.s[p.i] == '"') {
		value, err := p.quoted()
		return template{{text: value}}, err
	}
	t, err := p.template(end, depth+1)
	if n := len(t); n > 0 && t[n-1].sources == nil {
		t[n-1].text = strings.TrimRight(t[n-1].text, " ")
	}
	return t, err
}

// quoted reads 'as it is' or "with escapes".
func (p *parser) quoted() (string, error) {
	quote, start := p.s[p.i], p.i
	for p.i++; p.i < len(p.s); p.i++ {
		switch {
		case p.s[p.i] == '\\' && quote == '"':
			p.i++
		case p.s[p.i] == quote:
			p.i++
			return unquote(p.s[start:p.i])
		}
	}
	p.i = start
	return "", p.wrong("a quote is not closed")
}

// unquote takes the quotes off.
func unquote(s string) (string, error) {
	if s[0] == '\'' {
		return s[1 : len(s)-1], nil
	}
	value, err := strconv.Unquote(s)
	if err != nil {
		return "", fmt.Errorf("%s is no text in quotes", s)
	}
	return value, nil
}
