package jsonpath

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of a path. They bound what its compilation takes and every recursion over what it is compiled to.
const (
	maxPath  = 8192 // bytes
	maxSteps = maxDepth
	maxNest  = 16 // filters, parentheses, negations, arguments and literals inside each other
)

// A Path leads to places in a document. It is immutable and safe for concurrent use.
type Path struct {
	steps    []step
	plain    bool  // of keys and indexes from the start only
	units    int   // of work, if it is plain
	definite bool  // leads to one place at most
	relative bool  // begins with '@'
	before   *Path // in a filter, all steps but the last if only that one is not definite
}

// Definite says whether p leads to one value at most. If it does not, what it leads to is always an array.
func (p *Path) Definite() bool { return p.definite }

// stepKind is a construct of the path language.
type stepKind uint8

const (
	keyStep     stepKind = iota // into the member of an object
	indexStep                   // into the item of an array
	keysStep                    // into several members
	indexesStep                 // into several items
	sliceStep                   // into a run of items
	anyStep                     // into all members or items
	scanStep                    // into the value and all that it holds, for the step after it
	filterStep                  // into what fulfils a condition
	callStep                    // to the result of a function
)

// A step leads from a value into others. Of its fields, those of its kind are used.
type step struct {
	kind    stepKind
	key     string
	index   int // from the end if it is negative
	keys    []string
	indexes []int
	bounds  bounds
	filter  *condition
	call    *call
}

// bounds are the ends of a slice as written.
type bounds struct {
	from, to       int
	hasFrom, hasTo bool
}

// within is the run of indexes that a slice takes from an array. Like Jayway's it counts from the end only where one
// side is open; where both are given, a negative from stands for an item itself and a negative to for none.
func (b bounds) within(length int) (from, to int) {
	switch {
	case !b.hasTo:
		from, to = b.from, length
		if from < 0 {
			from = max(0, length+from)
		}
	case !b.hasFrom:
		to = b.to
		if to < 0 {
			to += length
		}
	default:
		from, to = max(b.from, -length), b.to
	}
	return from, min(to, length)
}

// Compile reads a path, which may have blanks around it. Its errors name the position, counted in bytes from 1, and what
// was expected there.
func Compile(path string) (*Path, error) {
	text := strings.TrimLeft(path, " ")
	p := parser{text: strings.TrimRight(text, " ")}
	if err := p.path(); err != nil {
		return nil, fmt.Errorf("json path %q: position %d: %w", clip(path), len(path)-len(text)+p.pos+1, err)
	}
	return newPath(p.steps), nil
}

// clip shortens a path for an error.
func clip(path string) string {
	const most = 256
	if len(path) <= most {
		return path
	}
	return strings.ToValidUTF8(path[:most], "") + "…"
}

// newPath is a path of steps, of which it finds the properties.
func newPath(steps []step) *Path {
	p := &Path{steps: callFirst(steps), plain: true, definite: true}
	for i := range p.steps {
		s := &p.steps[i]
		p.units += hopUnits + len(s.key)/countedBytes
		switch s.kind {
		case keyStep:
		case indexStep:
			p.plain = p.plain && s.index >= 0
		case keysStep: // At the end their values are put into one object.
			p.plain, p.definite = false, p.definite && i == len(p.steps)-1
		case callStep:
			p.plain = false
		default:
			p.plain, p.definite = false, false
		}
	}
	return p
}

// A parser reads a path from left to right. When a method fails, pos is where the mistake is.
type parser struct {
	text  string
	pos   int
	steps []step // of the path that is being read
	nest  int    // how deep the parser is in filters and the like

	inLiteral bool // of an array or object
}

// path reads the whole text.
func (p *parser) path() error {
	switch {
	case len(p.text) > maxPath:
		p.pos = maxPath
		return fmt.Errorf("expected at most %d bytes", maxPath)
	case !utf8.ValidString(p.text):
		return errors.New("expected UTF-8")
	}
	switch {
	case p.text == "$":
		return nil
	case p.text != "$." && strings.HasPrefix(p.text, "$."), strings.HasPrefix(p.text, "$["):
		p.pos++
	case p.take("$."), strings.HasPrefix(p.text, "["):
	case strings.HasPrefix(p.text, "$"):
		p.pos++
		return fmt.Errorf("expected '.' or '[' after '$', found %s", p.found())
	default: // The leading "$." may be left out.
		if err := p.name(); err != nil {
			return err
		}
	}
	for p.pos < len(p.text) || len(p.steps) == 0 {
		if err := p.step(); err != nil {
			return err
		}
	}
	return nil
}

// add notes a step that has been read.
func (p *parser) add(s step) error {
	if len(p.steps) == maxSteps {
		return fmt.Errorf("expected at most %d steps", maxSteps)
	}
	p.steps = append(p.steps, s)
	return nil
}

// step reads one step, with the dot before it.
func (p *parser) step() error {
	switch {
	case p.next() == '[':
		return p.bracket()
	case p.take(".."):
		if err := p.add(step{kind: scanStep}); err != nil {
			return err
		}
		if err := p.afterDot(); err != nil || p.steps[len(p.steps)-1].kind != callStep {
			return err
		}
		return errors.New("expected what the deep scan ('..') looks for before this function ends")
	case p.take("."):
		return p.afterDot()
	case len(p.steps) == 0:
		return p.name()
	}
	return fmt.Errorf("expected '.' or '[', found %s", p.found())
}

// afterDot reads what a dot leads to, which may also be a bracket.
func (p *parser) afterDot() error {
	if p.next() == '[' {
		return p.bracket()
	}
	return p.name()
}

// name reads a key that needs no quotes, a wildcard or a function.
func (p *parser) name() error {
	if p.take("*") {
		return p.add(step{kind: anyStep})
	}
	rest := p.text[p.pos:]
	length := strings.IndexFunc(rest, p.endsName)
	if length < 0 {
		length = len(rest)
	}
	if length == 0 {
		return fmt.Errorf("expected a key, found %s", p.found())
	}
	start := p.pos
	p.pos += length
	if p.next() == '(' {
		return p.call(rest[:length], start)
	}
	return p.add(step{kind: keyStep, key: rest[:length]})
}

// endsName says whether r cannot be part of a key without quotes. A filter goes on with operators.
func (p *parser) endsName(r rune) bool {
	return r <= ' ' || r == 0x7f || strings.ContainsRune(`.[]()*'"`, r) || p.nest > 0 && strings.ContainsRune(`=<>!~&|,`, r)
}

// nested reads something in which the like of it can be nested.
func (p *parser) nested(read func() error) error {
	if p.nest == maxNest {
		return fmt.Errorf("expected at most %d filters, parentheses, arguments or literals inside each other", maxNest)
	}
	p.nest++
	err := read()
	p.nest--
	return err
}

// next is the byte to be read next, or 0 at the end.
func (p *parser) next() byte {
	if p.pos < len(p.text) {
		return p.text[p.pos]
	}
	return 0
}

// blanks passes over blanks and is the byte behind them.
func (p *parser) blanks() byte {
	for c := p.next(); c == ' ' || c == '\t'; c = p.next() {
		p.pos++
	}
	return p.next()
}

// take reads prefix if it comes next.
func (p *parser) take(prefix string) bool {
	ok := strings.HasPrefix(p.text[p.pos:], prefix)
	if ok {
		p.pos += len(prefix)
	}
	return ok
}

// expect reads a byte that has to come next, but for blanks before it.
func (p *parser) expect(c byte) error {
	if p.blanks() != c {
		return fmt.Errorf("expected '%c', found %s", c, p.found())
	}
	p.pos++
	return nil
}

// found describes what comes next, for an error.
func (p *parser) found() string {
	if p.pos >= len(p.text) {
		return "the end"
	}
	r, _ := utf8.DecodeRuneInString(p.text[p.pos:])
	return strconv.QuoteRune(r)
}
