package jsonpath

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// bracket reads what stands in brackets, with them.
func (p *parser) bracket() error {
	p.pos++
	switch c := p.blanks(); {
	case c == '\'' || c == '"':
		return p.keys()
	case c == '-', c == ':', isDigit(c):
		return p.indexes()
	case c == '*':
		p.pos++
		return p.close(step{kind: anyStep})
	case c == '?':
		return p.filter()
	case c == '(':
		return errors.New("a script is not part of this JSONPath: expected an index, a quoted key, '*' or a filter")
	}
	return fmt.Errorf("expected an index, a quoted key, '*' or a filter, found %s", p.found())
}

// close reads the end of a bracket, which was the step s.
func (p *parser) close(s step) error {
	if err := p.expect(']'); err != nil {
		return err
	}
	return p.add(s)
}

// keys reads one quoted key or several.
func (p *parser) keys() error {
	var keys []string
	for more := true; more; {
		if c := p.blanks(); c != '\'' && c != '"' {
			return fmt.Errorf("expected a quoted key, found %s", p.found())
		}
		key, err := p.quoted()
		if err != nil {
			return err
		}
		keys = append(keys, key)
		p.blanks()
		more = p.take(",")
	}
	if len(keys) == 1 {
		return p.close(step{kind: keyStep, key: keys[0]})
	}
	return p.close(step{kind: keysStep, keys: keys})
}

// escapes are what letters mean after a backslash, as in Java's strings.
var escapes = map[byte]byte{'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// quoted reads a text between quotes. A backslash gives the letters of JSON's escapes their meaning and makes any other
// character, quotes among them, part of the text.
func (p *parser) quoted() (string, error) {
	opened, quote := p.pos, p.next()
	var text strings.Builder
	for p.pos++; p.pos < len(p.text); p.pos++ {
		c := p.text[p.pos]
		switch {
		case c == quote:
			p.pos++
			return text.String(), nil
		case c != '\\':
			text.WriteByte(c)
			continue
		}
		p.pos++
		c = p.next()
		if c == 'u' {
			if err := p.unicode(&text); err != nil {
				return "", err
			}
			continue
		}
		if control, ok := escapes[c]; ok {
			c = control
		}
		if p.pos < len(p.text) {
			text.WriteByte(c)
		}
	}
	p.pos = opened
	return "", fmt.Errorf("expected a closing %c for this quote", quote)
}

// unicode reads the four hexadecimal digits after \u, or two such escapes that are a surrogate pair, and stays on the
// last digit.
func (p *parser) unicode(text *strings.Builder) error {
	start := p.pos - 1
	end := scanEscape([]byte(p.text), p.pos)
	if end < 0 {
		return errors.New("expected four hexadecimal digits after '\\u'")
	}
	inner := []byte(p.text[start:])
	if second := len(`\u0000`); len(inner) >= 2*second && inner[second+1] == 'u' && scanEscape(inner, second+1) < 0 {
		inner = inner[:second] // What follows only looks like the other half of a pair.
	}
	r, size := decodeUnit(inner)
	text.WriteRune(r)
	p.pos = start + size - 1
	return nil
}

// indexes reads one index, several, or a slice.
func (p *parser) indexes() error {
	var s step
	if p.next() != ':' {
		n, err := p.index()
		if err != nil {
			return err
		}
		s.bounds.from, s.bounds.hasFrom = n, true
	}
	switch p.blanks() {
	case ':':
		return p.slice(s)
	case ',':
		return p.indexList(s.bounds.from)
	}
	return p.close(step{kind: indexStep, index: s.bounds.from})
}

// slice reads the rest of a slice from the colon on.
func (p *parser) slice(s step) error {
	s.kind = sliceStep
	p.pos++
	if c := p.blanks(); c == '-' || isDigit(c) {
		n, err := p.index()
		if err != nil {
			return err
		}
		s.bounds.to, s.bounds.hasTo = n, true
	}
	if !s.bounds.hasFrom && !s.bounds.hasTo {
		return fmt.Errorf("expected an index on one side of ':' at least, found %s", p.found())
	}
	return p.close(s)
}

// indexList reads the rest of several indexes from the comma on.
func (p *parser) indexList(first int) error {
	indexes := []int{first}
	for p.take(",") {
		p.blanks()
		n, err := p.index()
		if err != nil {
			return err
		}
		indexes = append(indexes, n)
		p.blanks()
	}
	return p.close(step{kind: indexesStep, indexes: indexes})
}

// index reads a whole number.
func (p *parser) index() (int, error) {
	start := p.pos
	p.take("-")
	if !isDigit(p.next()) {
		return 0, fmt.Errorf("expected an index, found %s", p.found())
	}
	for isDigit(p.next()) {
		p.pos++
	}
	n, err := strconv.ParseInt(p.text[start:p.pos], 10, 32) // as Java's int
	if err != nil {
		p.pos = start
		return 0, errors.New("expected a smaller index")
	}
	return int(n), nil
}
