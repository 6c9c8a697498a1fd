package vtl

import "strings"

// A writer collects the statements of a block. Text next to text is one statement.
type writer struct {
	nodes []node
	text  []byte
}

// add appends a statement behind the text that is before it; nil is none.
func (w *writer) add(n node) {
	if len(w.text) > 0 {
		w.nodes = append(w.nodes, literalText(w.text))
		w.text = w.text[:0]
	}
	if n != nil {
		w.nodes = append(w.nodes, n)
	}
}

// block reads statements up to an #end, #else or #elseif that belongs to none of them, or the end of the text. It says
// where that is.
func (p *parser) block() (nodes []node, end ending, at int) {
	p.deeper()
	outside := p.bare
	p.bare = false
	var w writer
	for end == endOfText && p.pos < len(p.text) {
		p.hideBlanks()
		at = p.pos
		switch p.text[p.pos] {
		case '$':
			p.dollar(&w)
		case '#':
			end = p.hash(&w)
		case '\\':
			p.backslashes(&w)
		default:
			n := strings.IndexAny(p.text[p.pos:], `$#\`)
			if n < 0 {
				n = len(p.text) - p.pos
			}
			w.text = append(w.text, p.text[p.pos:p.pos+n]...)
			p.pos += n
		}
	}
	w.add(nil)
	p.bare = outside
	p.depth--
	return w.nodes, end, at
}

// hideBlanks goes over blanks before a #set. It does so only where a token ends: in the middle of text, the blanks are
// text by the lexer of Velocity 1.7.
func (p *parser) hideBlanks() {
	pos := p.blanks(p.pos)
	rest := p.text[pos:]
	for _, name := range [...]string{"#set", "#{set}"} {
		if after := pos + len(name); strings.HasPrefix(rest, name) {
			if paren := p.blanks(after); paren < len(p.text) && p.text[paren] == '(' {
				p.pos = pos
			}
		}
	}
}

// dollar reads a reference, or text that only looks like one.
func (p *parser) dollar(w *writer) {
	start := p.pos
	ref, isReference := p.reference()
	switch {
	case ref != nil:
		w.add(ref)
		p.afterReference(w, ref, start)
	case isReference:
		w.add(hidden{})
	case p.peek(1) == '!' && p.peek(2) == '.' && isLetter(p.peek(3)):
		p.pos += 2 // both are lost in Velocity 1.7, too
	case p.peek(1) == '!' && p.peek(2) == '#':
		p.loneDollar(w)
	case p.peek(1) == '!' && p.pos+2 < len(p.text) && strings.IndexByte("{}$", p.peek(2)) < 0:
		w.text = append(w.text, '$') // the ! is lost
		p.pos = start + 2
	case p.peek(1) == '!' && p.peek(2) == '$':
		w.text = append(w.text, "$!"...)
		p.pos = start + 2
	case p.peek(1) == '!' || p.peek(1) == '{':
		w.text = append(w.text, p.text[start:start+2]...)
		p.pos = start + 2
	default:
		p.loneDollar(w)
	}
}

// afterReference reads what the lexer of Velocity 1.7 takes for part of a reference in text: a brace that ends none is a
// token of its own, and ## right behind a property begins no comment.
func (p *parser) afterReference(w *writer, ref *reference, start int) {
	if p.text[p.pos-1] == '}' && strings.HasPrefix(strings.TrimPrefix(p.text[start+1:], "!"), "{") {
		return
	}
	switch {
	case p.peek(0) == '}':
		w.text = append(w.text, '}')
		p.pos++
	case p.peek(0) == '#' && p.peek(1) == '#' && ref.endsInProperty():
		w.text = append(w.text, "##"...)
		p.pos += 2
	}
}

// loneDollar reads a $ that begins no reference. Before a directive of the grammar, #set or a comment the lexer of
// Velocity 1.7 loses it; before any other it makes the whole call text.
func (p *parser) loneDollar(w *writer) {
	start := p.pos
	for p.peek(0) == '$' {
		p.pos++
	}
	if p.peek(0) == '!' && p.peek(1) == '#' {
		p.pos++
	}
	name, length, _ := p.directiveName()
	switch {
	case p.peek(0) != '#':
		p.pos = start + 1
		w.text = append(w.text, '$')
	case isBranch(name), name == "set", p.peek(1) == '*':
	case name == "":
		w.text = append(w.text, p.text[start:p.pos]...)
	default:
		p.pos += length
		if p.hasParenthesis() {
			p.arguments()
		}
		w.text = append(w.text, p.text[start:p.pos]...)
	}
}

// backslashes reads a run of them. They escape a reference or a directive behind them, in pairs themselves.
func (p *parser) backslashes(w *writer) {
	start := p.pos
	for p.peek(0) == '\\' {
		p.pos++
	}
	n := p.pos - start
	run := p.text[start:p.pos]
	switch p.peek(0) {
	case '$':
		dollar := p.pos
		ref, isReference := p.reference()
		switch {
		case !isReference:
			w.text = append(w.text, run...)
		case n%2 == 1 && ref != nil:
			w.text = append(append(w.text, run[:n/2]...), p.text[dollar:p.pos]...)
			p.afterReference(w, ref, dollar)
		case ref != nil:
			w.text = append(w.text, run[:n/2]...)
			w.add(ref)
			p.afterReference(w, ref, dollar)
		}
	case '#':
		p.escapedHash(w, run)
	default:
		w.text = append(w.text, run...)
	}
}

// escapedHash reads a # behind backslashes: they count only before a directive or macro that is known by now.
func (p *parser) escapedHash(w *writer, run string) {
	n := len(run)
	name, length, bracketed := p.directiveName()
	known := name != "" && p.isKnown(name)
	switch {
	case n%2 == 0 && known && name != "set" && (!bracketed || isBranch(name)):
		w.text = append(w.text, run[:n/2]...)
	case n%2 == 1 && known:
		w.text = append(append(w.text, run[:n/2]...), p.text[p.pos:p.pos+length]...)
		p.pos += length
	case n%2 == 1:
		w.text = append(append(w.text, run...), p.text[p.pos:p.pos+length]...)
		p.pos += length
	default:
		w.text = append(w.text, run...)
	}
}

// isKnown says whether a backslash before the name has a meaning.
func (p *parser) isKnown(name string) bool {
	switch name {
	case "set", "foreach", "macro", "define", "break", "stop", "literal", "include", "parse", "evaluate":
		return true
	}
	m := p.macros[name]
	return isBranch(name) || m != nil && m.defined
}

// isBranch says whether the name is of the grammar itself.
func isBranch(name string) bool {
	return name == "if" || name == "else" || name == "elseif" || name == "end"
}

// directiveName is the name behind a # here, as #name or #{name}, and the length of both. Without a name all are zero.
func (p *parser) directiveName() (name string, length int, bracketed bool) {
	start := p.pos + 1
	bracketed = p.peek(1) == '{'
	if bracketed {
		start++
	}
	end := start
	for end < len(p.text) {
		c, first := p.text[end], end == start
		if !isLetter(c) && c != '_' && (c != '@' || bracketed && first) && (!isDigit(c) || first) {
			break
		}
		end++
	}
	switch {
	case end == start:
		return "", 0, false
	case !bracketed:
		return p.text[start:end], end - p.pos, false
	case end < len(p.text) && p.text[end] == '}':
		return p.text[start:end], end + 1 - p.pos, true
	default:
		return "", 0, false
	}
}
