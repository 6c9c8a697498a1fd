package vtl

import "strings"

// hash reads a comment, a directive or text that only looks like one.
func (p *parser) hash(w *writer) ending {
	switch {
	case p.peek(1) == '#':
		p.lineComment()
		return endOfText
	case p.peek(1) == '*':
		p.comment()
		return endOfText
	case p.peek(1) == '[' && p.peek(2) == '[':
		p.unparsed(w)
		return endOfText
	}
	at := p.pos
	name, length, _ := p.directiveName()
	p.pos += length
	switch name {
	case "":
		p.pos++
		w.text = append(w.text, '#')
	case "end":
		p.restOfLine()
		return endOfBlock
	case "else":
		p.restOfLine()
		return endAtElse
	case "elseif":
		return endAtElseIf
	case "if":
		w.add(p.condition(at))
	case "set":
		p.set(w, at)
	default:
		p.directive(w, name, at)
	}
	return endOfText
}

// lineComment reads ## with its line end.
func (p *parser) lineComment() {
	n := strings.IndexAny(p.text[p.pos:], "\r\n")
	if n < 0 {
		p.pos = len(p.text)
		return
	}
	p.pos = p.lineEnd(p.pos + n)
}

// comment reads #* to *#, or to the end: Velocity 1.7 does not mind.
func (p *parser) comment() {
	n := strings.Index(p.text[p.pos+2:], "*#")
	if n < 0 {
		p.pos = len(p.text)
		return
	}
	p.pos += n + len("#**#")
}

// unparsed reads #[[ to ]]#, which is text as it is.
func (p *parser) unparsed(w *writer) {
	start := p.pos + len("#[[")
	n := strings.Index(p.text[start:], "]]#")
	if n < 0 {
		p.fail(p.pos, "#[[ without ]]#")
		return
	}
	w.text = append(w.text, p.text[start:start+n]...)
	p.pos = start + n + len("]]#")
}

// condition reads what is behind #if.
func (p *parser) condition(at int) node {
	p.counted()
	c := &condition{pos: p.at(at)}
	for p.failure == nil {
		p.space()
		p.expect('(', "behind #if or #elseif")
		when := p.expression()
		p.space()
		p.closeDirective()
		body, end, _ := p.block()
		c.branches = append(c.branches, branch{when, body})
		if end == endAtElseIf {
			continue
		}
		if end == endAtElse {
			c.otherwise, end, _ = p.block()
		}
		p.ended(end, at, "#if")
		break
	}
	return c
}

// closeDirective goes over the parenthesis that ends a directive, with the rest of the line if that is blank.
func (p *parser) closeDirective() {
	p.expect(')', "at the end of a directive")
	p.restOfLine()
}

// ended fails if a directive did not end as it should.
func (p *parser) ended(end ending, at int, name string) {
	switch end {
	case endOfBlock:
	case endOfText:
		p.fail(at, "%s without #end", name)
	default:
		p.fail(at, "%s has an #else or #elseif where it cannot have one", name)
	}
}

// set reads what is behind #set. Without a parenthesis it is text.
func (p *parser) set(w *writer, at int) {
	paren := p.blanks(p.pos)
	if paren == len(p.text) || p.text[paren] != '(' {
		if p.hasParenthesis() {
			p.fail(at, "#set and its parenthesis are not in one line")
		}
		w.text = append(w.text, p.text[at:p.pos]...)
		return
	}
	p.counted()
	p.pos = paren + 1
	p.space()
	s := &assignment{pos: p.at(at)}
	var ok bool
	if s.left, ok = p.reference(); !ok || s.left == nil {
		p.unexpected("a reference")
	}
	p.space()
	p.expect('=', "in #set")
	s.right = p.expression()
	p.space()
	p.closeDirective()
	w.add(s)
}

// hasParenthesis says whether the next byte that is no space is a parenthesis.
func (p *parser) hasParenthesis() bool {
	pos := p.pos
	for pos < len(p.text) && isSpace(p.text[pos]) {
		pos++
	}
	return pos < len(p.text) && p.text[pos] == '('
}

// bareWord is an argument of a directive such as the in of #foreach.
type bareWord struct {
	constant
	word string
}

// arguments reads the arguments of a directive: values or words, with blanks or commas between them.
func (p *parser) arguments() []expr {
	var args []expr
	p.space()
	p.expect('(', "behind a directive")
	for p.failure == nil {
		p.space()
		if p.peek(0) == ')' {
			break
		}
		if p.take(',') {
			p.space()
		}
		if c := p.peek(0); isLetter(c) || c == '_' {
			args = append(args, p.directiveWord())
			continue
		}
		args = append(args, p.operand())
	}
	p.closeDirective()
	return args
}

// directiveWord reads a word among the arguments of a directive.
func (p *parser) directiveWord() expr {
	p.counted()
	word := p.word()
	p.pos += len(word)
	if word == "true" || word == "false" {
		return boolean(word == "true")
	}
	return bareWord{word: word}
}

// directive reads what is behind the name of a directive that is not of the grammar itself.
func (p *parser) directive(w *writer, name string, at int) {
	p.counted()
	if name != "macro" && name != "foreach" && !p.hasParenthesis() {
		p.plain(w, name, at)
		return
	}
	args := p.arguments()
	switch name {
	case "foreach":
		w.add(p.foreach(args, at))
	case "macro":
		p.defineMacro(args, at)
	case "define":
		w.add(p.define(args, at))
	case "literal":
		p.literal(w, at)
	case "break", "stop":
		w.add(p.exit(name, args, at))
	case "evaluate", "include", "parse":
		p.fail(at, "#%s is not offered in mapping templates", name)
	default:
		p.call(w, name, args, at)
	}
}

// plain is a name without parentheses: a directive, the call of a macro or text.
func (p *parser) plain(w *writer, name string, at int) {
	switch name {
	case "break", "stop":
		w.add(p.exit(name, nil, at))
	case "define", "literal":
		p.fail(at, "'(' expected behind #%s", name)
	case "evaluate", "include", "parse":
		p.fail(at, "#%s is not offered in mapping templates", name)
	default:
		if name[0] == '@' {
			w.text = append(w.text, p.text[at:p.pos]...)
			return
		}
		w.add(&call{pos: p.at(at), macro: p.macro(name), literal: p.text[at:p.pos]})
	}
}

// exit makes a statement of #break or #stop.
func (p *parser) exit(name string, args []expr, at int) node {
	e := &exit{pos: p.at(at), how: errStop}
	if name == "break" {
		e.how = errBreak
		if len(args) > 0 {
			e.of = args[0]
		}
	}
	return e
}
