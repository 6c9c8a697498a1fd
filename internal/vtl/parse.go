package vtl

import "fmt"

// What a template may hold. Both keep hostile text from costing a multiple of its length.
const (
	maxParseDepth = 64     // of blocks, expressions and literals in each other
	maxNodes      = 20_000 // of a template: more than 32 KB of it can hold
)

// A parser reads a template in one pass. After a failure it is at the end of the text, so that all that reads stops.
type parser struct {
	source  string // the whole template
	text    string // what is being read: source, or a string in it
	pos     int    // in text
	offset  int    // of text in source
	failure *SyntaxError
	depth   int
	nodes   int
	names   []string
	slots   map[string]int32
	macros  map[string]*macro
	calls   []*call // that have a bare word for an argument
	bare    bool    // words may be values here: in the arguments of a method
}

// ending is what ends a block.
type ending byte

// The endings of a block.
const (
	endOfText ending = iota
	endOfBlock
	endAtElse
	endAtElseIf
)

// template reads all of the text.
func (p *parser) template() []node {
	nodes, end, at := p.block()
	switch end {
	case endOfText:
	case endOfBlock:
		p.fail(at, "#end without a directive to end")
	default:
		p.fail(at, "#else or #elseif without #if")
	}
	for _, c := range p.calls {
		if c.macro.defined {
			p.fail(int(c.pos)-p.offset, "an argument of #%s is a bare word: quote it", c.macro.name)
		}
	}
	return nodes
}

// fail notes the first failure and goes to the end of the text.
func (p *parser) fail(at int, format string, args ...any) {
	if p.failure == nil {
		line, column := locate(p.source, p.at(at))
		p.failure = &SyntaxError{Line: line, Column: column, Message: fmt.Sprintf(format, args...)}
	}
	p.pos = len(p.text)
}

// at is the offset in the source of an offset in the text.
func (p *parser) at(pos int) int32 { return int32(min(p.offset+pos, len(p.source))) }

// deeper counts a level of nesting; undo it with p.depth--.
func (p *parser) deeper() {
	p.depth++
	if p.depth > maxParseDepth {
		p.fail(p.pos, "nested deeper than %d levels", maxParseDepth)
	}
}

// counted counts a node of the tree.
func (p *parser) counted() {
	p.nodes++
	if p.nodes > maxNodes {
		p.fail(p.pos, "more than %d references, directives and literals", maxNodes)
	}
}

// slot is the number of a variable.
func (p *parser) slot(name string) int32 {
	slot, ok := p.slots[name]
	if !ok {
		slot = int32(len(p.names))
		p.names = append(p.names, name)
		p.slots[name] = slot
	}
	return slot
}

// loopSlots finds the variables of #foreach among those that the template mentions.
func (p *parser) loopSlots() loopSlots {
	find := func(name string) int32 {
		if slot, ok := p.slots[name]; ok {
			return slot
		}
		return -1
	}
	return loopSlots{foreach: find("foreach"), count: find("velocityCount"), hasNext: find("velocityHasNext")}
}

// macro is the macro of a name, defined by now or not.
func (p *parser) macro(name string) *macro {
	m, ok := p.macros[name]
	if !ok {
		m = &macro{name: name, content: -1}
		p.macros[name] = m
	}
	return m
}

// peek is the byte at an offset from here, or 0 at the end.
func (p *parser) peek(offset int) byte {
	if p.pos+offset >= len(p.text) {
		return 0
	}
	return p.text[p.pos+offset]
}

// take goes over a byte if it is next.
func (p *parser) take(c byte) bool {
	if p.pos >= len(p.text) || p.text[p.pos] != c {
		return false
	}
	p.pos++
	return true
}

// expect goes over a byte that has to be next.
func (p *parser) expect(c byte, where string) {
	if !p.take(c) {
		p.unexpected("'" + string(c) + "' " + where)
	}
}

// unexpected fails with what is next instead of what was wanted.
func (p *parser) unexpected(wanted string) {
	if p.pos >= len(p.text) {
		p.fail(p.pos, "%s expected, found the end", wanted)
		return
	}
	found := []rune(p.text[p.pos:min(p.pos+4, len(p.text))])[0]
	p.fail(p.pos, "%s expected, found %q", wanted, found)
}

// space goes over blanks and line ends.
func (p *parser) space() {
	for p.pos < len(p.text) && isSpace(p.text[p.pos]) {
		p.pos++
	}
}

// blanks is the offset behind blanks from an offset of the text.
func (p *parser) blanks(pos int) int {
	for pos < len(p.text) && (p.text[pos] == ' ' || p.text[pos] == '\t') {
		pos++
	}
	return pos
}

// restOfLine goes over blanks up to and with a line end, if nothing else is in the way.
func (p *parser) restOfLine() {
	if end := p.lineEnd(p.blanks(p.pos)); end > 0 {
		p.pos = end
	}
}

// lineEnd is the offset behind a line end at an offset, or 0.
func (p *parser) lineEnd(pos int) int {
	switch {
	case pos >= len(p.text):
		return 0
	case p.text[pos] == '\n':
		return pos + 1
	case p.text[pos] != '\r':
		return 0
	case pos+1 < len(p.text) && p.text[pos+1] == '\n':
		return pos + 2
	default:
		return pos + 1
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
