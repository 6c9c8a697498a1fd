package jsonpath

import (
	"errors"
	"fmt"
	"strings"
)

// literal reads a value in a filter or an argument: JSON, which may also have single quotes. Inside arrays and objects
// a word without quotes is a string.
func (p *parser) literal() (any, error) {
	switch c := p.blanks(); {
	case c == '\'' || c == '"':
		return p.quoted()
	case c == '[':
		return p.literalArray()
	case c == '{':
		return p.literalObject()
	case c == '-' || isDigit(c):
		return p.number()
	}
	word := p.word()
	if value, ok := constants[word]; ok {
		p.pos += len(word)
		return value, nil
	}
	if word != "" && p.inLiteral {
		p.pos += len(word)
		return word, nil
	}
	return nil, fmt.Errorf("expected a path with '@' or '$', a string in quotes, a number, true, false, null, an array or an object, found %s", p.found())
}

var constants = map[string]any{"true": true, "false": false, "null": nil}

// word is what comes next if it is a word without quotes.
func (p *parser) word() string {
	rest := p.text[p.pos:]
	length := strings.IndexFunc(rest, func(r rune) bool {
		return r <= ' ' || strings.ContainsRune(`,:[]{}()'"`, r) || !p.inLiteral && p.endsName(r)
	})
	if length < 0 {
		return rest
	}
	return rest[:length]
}

// number reads a JSON number.
func (p *parser) number() (any, error) {
	end := scanNumber([]byte(p.text), p.pos)
	if end < 0 {
		return nil, errors.New("expected a number as JSON writes it")
	}
	literal := p.text[p.pos:end]
	p.pos = end
	return numberOf(literal), nil
}

// inside reads an array or object.
func (p *parser) inside(read func() error) error {
	outer := p.inLiteral
	p.inLiteral = true
	err := p.nested(read)
	p.inLiteral = outer
	return err
}

func (p *parser) literalArray() (any, error) {
	a := new(Array)
	err := p.inside(func() error {
		return p.listed(']', func() error {
			item, err := p.literal()
			a.items = append(a.items, item)
			return err
		})
	})
	return a, err
}

func (p *parser) literalObject() (any, error) {
	o := new(Object)
	err := p.inside(func() error {
		return p.listed('}', func() error {
			key, err := p.literalKey()
			if err != nil {
				return err
			}
			if err := p.expect(':'); err != nil {
				return err
			}
			value, err := p.literal()
			o.Put(key, value)
			return err
		})
	})
	return o, err
}

// literalKey reads the key of an object's member.
func (p *parser) literalKey() (string, error) {
	if c := p.next(); c == '\'' || c == '"' {
		return p.quoted()
	}
	word := p.word()
	if word == "" {
		return "", fmt.Errorf("expected a key, found %s", p.found())
	}
	p.pos += len(word)
	return word, nil
}

// listed reads what stands between an opening bracket, which comes next, and a closing one, with commas between.
func (p *parser) listed(closer byte, read func() error) error {
	p.pos++
	if p.blanks() == closer {
		p.pos++
		return nil
	}
	for more := true; more; {
		p.blanks()
		if err := read(); err != nil {
			return err
		}
		p.blanks()
		more = p.take(",")
	}
	return p.expect(closer)
}
