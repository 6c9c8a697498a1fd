package vtl

import (
	"strconv"
	"strings"
)

// operand reads a value: a literal or a reference.
func (p *parser) operand() expr {
	if p.peek(0) != '$' { // a reference counts itself
		p.counted()
	}
	switch c := p.peek(0); {
	case c == '"' || c == '\'':
		return p.quoted()
	case c == '$':
		if ref, ok := p.reference(); ref != nil {
			return ref
		} else if ok {
			return hidden{}
		}
	case isDigit(c), c == '-', c == '.':
		return p.number()
	case c == '[':
		return p.listOrRange()
	case c == '{':
		return p.literalMap()
	case p.bare && (isLetter(c) || c == '_'), p.word() == "true", p.word() == "false":
		return p.bareWord()
	}
	p.unexpected("a value")
	return constant{}
}

// bareWord reads a word that is a value. In the arguments of a method, Velocity 1.7 takes a word for a reference and drops
// its first letter, as if that were the $.
func (p *parser) bareWord() expr {
	switch word := p.word(); word {
	case "true", "false":
		p.pos += len(word)
		return boolean(word == "true")
	default:
		ref := &reference{pos: p.at(p.pos)}
		p.variable(ref, 1)
		return ref
	}
}

// number reads an integer or a double. Two points behind an integer are those of a range.
func (p *parser) number() expr {
	start := p.pos
	p.take('-')
	p.digits()
	isDouble := false
	if p.peek(0) == '.' && p.peek(1) != '.' {
		isDouble = true
		p.pos++
		p.digits()
	}
	if c := p.peek(0); c == 'e' || c == 'E' {
		sign := 1
		if s := p.peek(1); s == '+' || s == '-' {
			sign = 2
		}
		if isDigit(p.peek(sign)) {
			isDouble = true
			p.pos += sign
			p.digits()
		}
	}
	text := p.text[start:p.pos]
	if isDouble {
		return p.numeric(parseDouble(text), start)
	}
	digits := strings.TrimPrefix(text, "-")
	if significant := strings.TrimLeft(digits, "0"); len(significant) > plainDigits {
		return p.numeric(javaNumber(text[:len(text)-len(digits)]+significant, true), start)
	}
	return p.numeric(parseInteger(text), start)
}

// numeric makes a constant of a number that could be read.
func (p *parser) numeric(v any, start int) expr {
	if v == nil {
		p.pos = start
		p.unexpected("a value")
	}
	return constant{v: v}
}

func (p *parser) digits() {
	for isDigit(p.peek(0)) {
		p.pos++
	}
}

// listOrRange reads [a, b] or [a..b]. A range is made of integers and references alone.
func (p *parser) listOrRange() expr {
	p.deeper()
	defer func() { p.depth-- }()
	l := &literalList{pos: p.at(p.pos)}
	p.pos++
	if p.take(']') {
		return l
	}
	for p.failure == nil {
		l.items = append(l.items, p.argument())
		if len(l.items) == 1 && p.peek(0) == '.' && p.peek(1) == '.' && isBound(l.items[0]) {
			p.pos += 2
			last := p.argument()
			if !isBound(last) {
				p.fail(p.pos, "a range ends with an integer or a reference")
			}
			p.expect(']', "at the end of a range")
			return &span{pos: l.pos, first: l.items[0], last: last}
		}
		if !p.take(',') {
			break
		}
	}
	p.expect(']', "at the end of a list")
	return l
}

// isBound says whether an expression may be an end of a range.
func isBound(e expr) bool {
	switch e := e.(type) {
	case *reference:
		return true
	case constant:
		_, ok := e.v.(string)
		_, double := e.v.(float64)
		return !ok && !double
	default:
		return false
	}
}

// literalMap reads {key: value}. Keys may be of any type, as in Java.
func (p *parser) literalMap() expr {
	p.deeper()
	defer func() { p.depth-- }()
	m := &literalMap{pos: p.at(p.pos)}
	p.pos++
	p.space()
	if p.take('}') {
		return m
	}
	for p.failure == nil {
		m.keys = append(m.keys, p.argument())
		p.expect(':', "after a key")
		m.values = append(m.values, p.argument())
		if !p.take(',') {
			break
		}
	}
	p.expect('}', "at the end of a map")
	return m
}

// quoted reads a string. A quote in it is written twice; other escapes are not, except \uXXXX in double quotes.
func (p *parser) quoted() expr {
	start, quote := p.pos, p.text[p.pos]
	end := p.endOfQuoted()
	if end < 0 {
		p.fail(start, "a string without an end")
		return constant{}
	}
	raw := p.text[start+1 : end]
	p.pos = end + 1
	text := strings.ReplaceAll(raw, string(quote)+string(quote), string(quote))
	if quote == '\'' {
		return constant{v: text}
	}
	live := strings.ContainsAny(raw, "$#")
	text, ok := unescapeUnicode(text)
	if !ok {
		p.fail(start, `\u without four hexadecimal digits in a string`)
	}
	if !live || p.failure != nil {
		return constant{v: text}
	}
	return p.interpolated(text, start)
}

// endOfQuoted is the offset of the quote that ends the string here, or -1. As with JavaCC, the longest string wins: if
// a doubled quote leads to no end, its first half is the end.
func (p *parser) endOfQuoted() int {
	quote, last := p.text[p.pos], -1
	for i := p.pos + 1; i < len(p.text); i++ {
		if p.text[i] != quote {
			continue
		}
		last = i
		if i+1 == len(p.text) || p.text[i+1] != quote {
			break
		}
		i++
	}
	return last
}

// unescapeUnicode replaces \uXXXX; it is not ok if there are not four digits.
func unescapeUnicode(s string) (string, bool) {
	if !strings.Contains(s, `\u`) {
		return s, true
	}
	var b strings.Builder
	for {
		i := strings.Index(s, `\u`)
		if i < 0 {
			b.WriteString(s)
			return b.String(), true
		}
		if len(s) < i+6 {
			return "", false
		}
		unit, err := strconv.ParseUint(s[i+2:i+6], 16, 16)
		if err != nil {
			return "", false
		}
		b.WriteString(s[:i])
		b.WriteRune(rune(unit))
		s = s[i+6:]
	}
}

// interpolated reads the inside of a string as a template.
func (p *parser) interpolated(text string, start int) expr {
	p.deeper()
	defer func() { p.depth-- }()
	if p.failure != nil {
		return constant{}
	}
	s := &interpolated{pos: p.at(start)}
	outer := *p
	p.text, p.pos, p.offset = text, 0, p.offset+start+1
	nodes, end, at := p.block()
	if end != endOfText {
		p.fail(at, "#end, #else or #elseif without a directive in a string")
	}
	p.text, p.pos, p.offset = outer.text, outer.pos, outer.offset
	if p.failure != nil {
		p.pos = len(p.text)
	}
	s.nodes = nodes
	if len(nodes) == 0 {
		return constant{v: ""}
	}
	if only, ok := nodes[0].(literalText); ok && len(nodes) == 1 {
		return constant{v: string(only)}
	}
	return s
}
