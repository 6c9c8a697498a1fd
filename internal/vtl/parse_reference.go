package vtl

// reference reads a reference that begins here with a $. If there is none, nothing is read. A reference to be hidden is
// nil.
func (p *parser) reference() (ref *reference, ok bool) {
	start := p.pos
	name := start + 1
	for name < len(p.text) && p.text[name] == '\\' {
		name++
	}
	escaped := name > start+1
	quiet := name < len(p.text) && p.text[name] == '!'
	switch {
	case quiet:
		name++
	case escaped:
		return nil, false
	}
	formal := name < len(p.text) && p.text[name] == '{'
	if formal {
		name++
	}
	if name >= len(p.text) || !isLetter(p.text[name]) && p.text[name] != '_' {
		return nil, false
	}
	p.pos = name
	ref = &reference{pos: p.at(start), quiet: quiet}
	p.variable(ref, 0)
	if formal && !p.take('}') {
		p.unexpected("'}' at the end of a reference")
	}
	if escaped {
		return nil, true
	}
	ref.literal = p.text[start:p.pos]
	return ref, true
}

// variable reads a name without its first bytes, and what follows it.
func (p *parser) variable(ref *reference, without int) {
	p.deeper()
	p.counted()
	name := p.identifier()
	if name == "true" || name == "false" {
		p.fail(p.pos-len(name), "$%s is not a reference: %s is a literal", name, name)
	}
	ref.slot = p.slot(name[min(without, len(name)):])
	for p.failure == nil {
		switch {
		case p.peek(0) == '[':
			ref.path = append(ref.path, p.index())
		case p.peek(0) == '.' && isLetter(p.peek(1)):
			p.pos++
			ref.path = append(ref.path, p.member())
		default:
			p.depth--
			return
		}
		p.counted()
	}
}

// identifier reads a name, which may have a minus sign in it: $a-1 is one name.
func (p *parser) identifier() string {
	start := p.pos
	for p.pos < len(p.text) {
		c := p.text[p.pos]
		if !isLetter(c) && c != '_' && (p.pos == start || !isDigit(c) && c != '-') {
			break
		}
		p.pos++
	}
	return p.text[start:p.pos]
}

// member reads a property or a method. A parenthesis at the very end of the text is text.
func (p *parser) member() access {
	name := p.identifier()
	if p.peek(0) != '(' || p.pos+1 == len(p.text) {
		return property(name)
	}
	p.pos++
	m := &method{name: name}
	if p.take(')') {
		return m
	}
	outside := p.bare
	p.bare = true
	for p.failure == nil {
		m.args = append(m.args, p.argument())
		if !p.take(',') {
			break
		}
	}
	p.bare = outside
	p.expect(')', "at the end of the arguments")
	return m
}

// argument reads what a method, list or map may hold: no calculation.
func (p *parser) argument() expr {
	p.space()
	e := p.operand()
	p.space()
	return e
}

// index reads [key], where a key is not just any expression.
func (p *parser) index() access {
	p.pos++
	p.space()
	var key expr
	switch c := p.peek(0); {
	case c == '"' || c == '\'' || c == '$' || isDigit(c) || c == '-':
		key = p.operand()
	case p.word() == "true" || p.word() == "false":
		key = p.operand()
	default:
		p.unexpected("an index")
	}
	p.space()
	p.expect(']', "at the end of an index")
	return index{key}
}

// word is the word that begins here.
func (p *parser) word() string {
	end := p.pos
	for end < len(p.text) && (isLetter(p.text[end]) || p.text[end] == '_' || end > p.pos && isDigit(p.text[end])) {
		end++
	}
	return p.text[p.pos:end]
}
