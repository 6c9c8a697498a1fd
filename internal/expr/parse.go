package expr

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// An Expression is a selection expression that has been read. It is immutable.
type Expression struct {
	parts []part
}

// A part is literal text, or a variable's name.
type part struct {
	text     string
	variable bool
}

// longest is how many bytes an expression may have. API Gateway says of no limit; this is far beyond what selects anything.
const longest = 8 << 10

var errLong = fmt.Errorf("selection expression: expected at most %d bytes", longest)

// Parse reads an expression, in time proportional to its length. Its errors name the position, counted in bytes
// from 1, and what is wrong there.
func Parse(text string) (*Expression, error) {
	if len(text) > longest {
		return nil, errLong
	}
	p := parser{text: text}
	if err := p.expression(); err != nil {
		return nil, fmt.Errorf("selection expression %q: position %d: %w", text, p.pos+1, err)
	}
	return &Expression{parts: p.parts}, nil
}

// Text is the value of an expression without variables: the same for every message.
func (e *Expression) Text() (text string, ok bool) {
	for _, part := range e.parts {
		if part.variable {
			return "", false
		}
		text += part.text
	}
	return text, true
}

// Variable is the name of the variable that is the whole expression, such as "request.body.action".
func (e *Expression) Variable() (name string, ok bool) {
	if len(e.parts) != 1 || !e.parts[0].variable {
		return "", false
	}
	return e.parts[0].text, true
}

// Variables are the names of the variables in e, such as "request.body.action", in order and each once.
func (e *Expression) Variables() []string {
	var names []string
	seen := map[string]bool{}
	for _, part := range e.parts {
		if part.variable && !seen[part.text] {
			seen[part.text] = true
			names = append(names, part.text)
		}
	}
	return names
}

// A parser reads an expression from left to right. When a method fails, pos is where the mistake is.
type parser struct {
	text    string
	pos     int
	literal strings.Builder // read since the last variable
	parts   []part
}

// expression reads the whole text. Literal text is joined across \$, so no two literal parts are neighbours.
func (p *parser) expression() error {
	for p.pos < len(p.text) {
		rest := p.text[p.pos:]
		switch {
		case strings.HasPrefix(rest, `\$`):
			p.literal.WriteByte('$')
			p.pos += 2
		case rest[0] == '$':
			p.endLiteral()
			if err := p.variable(); err != nil {
				return err
			}
		default:
			p.literal.WriteByte(rest[0])
			p.pos++
		}
	}
	p.endLiteral()
	return nil
}

// endLiteral turns what literal text was read into a part.
func (p *parser) endLiteral() {
	if p.literal.Len() > 0 {
		p.parts = append(p.parts, part{text: p.literal.String()})
		p.literal.Reset()
	}
}

// variable reads a variable from its dollar on.
func (p *parser) variable() error {
	dollar := p.pos
	p.pos++
	wrapped := strings.HasPrefix(p.text[p.pos:], "{")
	if wrapped {
		p.pos++
	}
	start := p.pos
	if err := p.firstLetter(); err != nil {
		return err
	}
	if !wrapped {
		err := p.bare()
		p.parts = append(p.parts, part{p.text[start:p.pos], true})
		return err
	}
	closed, err := p.braces()
	if err != nil {
		return err
	}
	if !closed {
		p.pos = dollar
		return errors.New(`unclosed "${"`)
	}
	p.parts = append(p.parts, part{p.text[start:p.pos], true})
	p.pos++
	return nil
}

// firstLetter checks that a name begins here.
func (p *parser) firstLetter() error {
	switch c := p.next(); {
	case isLetter(c):
		return nil
	case p.pos == len(p.text):
		return errors.New("empty variable: expected a name, found the end")
	case c == '}':
		return errors.New("empty variable: expected a name, found '}'")
	}
	return fmt.Errorf(`illegal character: expected a name, found %s (a literal dollar is written "\$")`, p.found())
}

// bare reads the rest of a variable that has no braces.
func (p *parser) bare() error {
	for isBare(p.next()) {
		if err := p.character(); err != nil {
			return err
		}
	}
	return nil
}

// braces reads the rest of a variable up to the brace that closes it, if there is one.
func (p *parser) braces() (closed bool, err error) {
	for open := 1; p.pos < len(p.text); {
		switch c := p.next(); {
		case c == '{' && p.text[p.pos-1] == '$':
			return false, errors.New("illegal character: a variable inside a variable")
		case c == '{':
			open++
		case c == '}':
			open--
		case c < ' ' || c == 0x7f:
			return false, fmt.Errorf("illegal character: %s in a variable", p.found())
		}
		if open == 0 {
			return true, nil
		}
		if err := p.character(); err != nil {
			return false, err
		}
	}
	return false, nil
}

// character reads one byte of a variable, or a whole part in quotes.
func (p *parser) character() error {
	quote := p.text[p.pos]
	p.pos++
	if quote != '\'' && quote != '"' {
		return nil
	}
	opened := p.pos - 1
	for p.pos < len(p.text) {
		c := p.text[p.pos]
		p.pos++
		switch {
		case c == quote:
			return nil
		case c == '\\' && p.pos < len(p.text):
			p.pos++
		}
	}
	p.pos = opened
	return errors.New("unclosed quote in a variable")
}

// next is the byte to be read next, or 0 at the end.
func (p *parser) next() byte {
	if p.pos < len(p.text) {
		return p.text[p.pos]
	}
	return 0
}

// found describes what comes next, for an error.
func (p *parser) found() string {
	r, _ := utf8.DecodeRuneInString(p.text[p.pos:])
	return strconv.QuoteRune(r)
}

// isLetter says whether c is an ASCII letter.
func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// isBare says whether c may be part of a variable without braces.
func isBare(c byte) bool {
	return isLetter(c) || '0' <= c && c <= '9' || strings.IndexByte(`_.-[]()*?@'"`, c) >= 0
}
