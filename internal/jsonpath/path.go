package jsonpath

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Path leads to one place in a document. It is immutable and safe for concurrent use.
type Path struct {
	steps []step
}

// stepKind is a construct of the path language.
type stepKind uint8

const (
	keyStep   stepKind = iota // into the member of an object
	indexStep                 // into the item of an array
)

// A step leads from a value into one that it holds.
type step struct {
	kind  stepKind
	key   string
	index int
}

// Compile reads a path. Its errors name the position, counted in bytes from 1, and what was expected there.
func Compile(path string) (*Path, error) {
	p := parser{text: path}
	if err := p.path(); err != nil {
		return nil, fmt.Errorf("json path %q: position %d: %w", path, p.pos+1, err)
	}
	return &Path{steps: p.steps}, nil
}

// A parser reads a path from left to right. When a method fails, pos is where the mistake is.
type parser struct {
	text  string
	pos   int
	steps []step
}

// path reads the whole text.
func (p *parser) path() error {
	if !utf8.ValidString(p.text) {
		return errors.New("expected UTF-8")
	}
	switch {
	case p.text == "$":
		return nil
	case p.take("$."), strings.HasPrefix(p.text, "["), p.take("$") && p.next() == '[':
	case p.pos > 0:
		return fmt.Errorf("expected '.' or '[' after '$', found %s", p.found())
	}
	for first := true; first || p.pos < len(p.text); first = false {
		if err := p.step(first); err != nil {
			return err
		}
		if len(p.steps) > maxDepth {
			return fmt.Errorf("expected at most %d steps", maxDepth)
		}
	}
	return nil
}

// step reads one step, with the dot before it unless it is the first.
func (p *parser) step(first bool) error {
	switch {
	case p.next() == '[':
		return p.bracket()
	case first || p.take("."):
		return p.bareKey()
	}
	return fmt.Errorf("expected '.' or '[', found %s", p.found())
}

// bareKey reads a key that needs no quotes.
func (p *parser) bareKey() error {
	switch {
	case p.next() == '.':
		return notSupported("a deep scan ('..')")
	case p.next() == '*':
		return notSupported("a wildcard ('*')")
	}
	rest := p.text[p.pos:]
	length := strings.IndexFunc(rest, endsBareKey)
	if length < 0 {
		length = len(rest)
	}
	p.pos += length
	switch {
	case p.next() == '(':
		return notSupported("a function")
	case length == 0:
		return fmt.Errorf("expected a key, found %s", p.found())
	}
	p.steps = append(p.steps, step{kind: keyStep, key: rest[:length]})
	return nil
}

// endsBareKey says whether r cannot be part of a key without quotes.
func endsBareKey(r rune) bool {
	return r <= ' ' || r == 0x7f || strings.ContainsRune(`.[]()*'"`, r)
}

// bracket reads a quoted key or an index, with its brackets.
func (p *parser) bracket() error {
	p.pos++
	var err error
	switch c := p.next(); {
	case c == '\'' || c == '"':
		err = p.quotedKey(c)
	case isDigit(c):
		err = p.number()
	case c == '*':
		return notSupported("a wildcard ('*')")
	case c == '?':
		return notSupported("a filter ('?')")
	case c == '(':
		return notSupported("a script")
	case c == ':':
		return notSupported("a slice (':')")
	case c == '-':
		return notSupported("an index from the end or a slice ('-')")
	default:
		return fmt.Errorf("expected an index or a quoted key, found %s", p.found())
	}
	if err != nil {
		return err
	}
	return p.closeBracket()
}

// closeBracket reads the end of a bracket, or says what else would be there.
func (p *parser) closeBracket() error {
	switch p.next() {
	case ']':
		p.pos++
		return nil
	case ',':
		return notSupported("a union (',')")
	case ':':
		return notSupported("a slice (':')")
	}
	return fmt.Errorf("expected ']', found %s", p.found())
}

// quotedKey reads a key between quotes, in which a backslash makes a quote or a backslash part of the key.
func (p *parser) quotedKey(quote byte) error {
	opened := p.pos
	var key strings.Builder
	for p.pos++; p.pos < len(p.text); p.pos++ {
		c := p.text[p.pos]
		if c == quote {
			p.pos++
			p.steps = append(p.steps, step{kind: keyStep, key: key.String()})
			return nil
		}
		if c == '\\' {
			p.pos++
			if c = p.next(); c != '\'' && c != '"' && c != '\\' {
				return fmt.Errorf("expected a quote or '\\' after '\\', found %s", p.found())
			}
		}
		key.WriteByte(c)
	}
	p.pos = opened
	return fmt.Errorf("expected a closing %c for this quote", quote)
}

// number reads an index.
func (p *parser) number() error {
	start := p.pos
	for isDigit(p.next()) {
		p.pos++
	}
	n, err := strconv.Atoi(p.text[start:p.pos])
	if err != nil {
		p.pos = start
		return errors.New("expected a smaller index")
	}
	p.steps = append(p.steps, step{kind: indexStep, index: n})
	return nil
}

// next is the byte to be read next, or 0 at the end.
func (p *parser) next() byte {
	if p.pos < len(p.text) {
		return p.text[p.pos]
	}
	return 0
}

// take reads prefix if it comes next.
func (p *parser) take(prefix string) bool {
	ok := strings.HasPrefix(p.text[p.pos:], prefix)
	if ok {
		p.pos += len(prefix)
	}
	return ok
}

// found describes what comes next, for an error.
func (p *parser) found() string {
	if p.pos == len(p.text) {
		return "the end"
	}
	r, _ := utf8.DecodeRuneInString(p.text[p.pos:])
	return strconv.QuoteRune(r)
}

// notSupported is the error for a construct of the language that is still to come.
func notSupported(construct string) error {
	return fmt.Errorf("%s is not supported: expected a key or an index", construct)
}
