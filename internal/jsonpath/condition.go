package jsonpath

import (
	"errors"
	"fmt"
	"strings"
)

// A condition is what a filter asks of a value: several conditions together, or the relation of two operands.
type condition struct {
	kind        conditionKind
	parts       []*condition // of all, one and none
	relation    relation     // of compared
	left, right operand      // of compared; exists has only left
}

type conditionKind uint8

const (
	all      conditionKind = iota // && between the parts
	one                           // || between the parts
	none                          // ! before its only part
	exists                        // a path stands alone
	compared                      // an operator between operands
)

// An operand is a path, a pattern or a value.
type operand struct {
	path    *Path
	pattern *pattern
	value   any
}

// filter reads a filter from the question mark on.
func (p *parser) filter() error {
	p.pos++
	if c := p.blanks(); c != '(' {
		return fmt.Errorf("expected a filter in parentheses after '?', found %s", p.found())
	}
	c, err := p.group()
	if err != nil {
		return err
	}
	return p.close(step{kind: filterStep, filter: c})
}

// group reads conditions in parentheses.
func (p *parser) group() (c *condition, err error) {
	err = p.nested(func() error {
		p.pos++
		if c, err = p.anyOf(); err != nil {
			return err
		}
		return p.expect(')')
	})
	return c, err
}

// anyOf reads conditions with || between them.
func (p *parser) anyOf() (*condition, error) { return p.chain("||", one, p.allOf) }

// allOf reads conditions with && between them.
func (p *parser) allOf() (*condition, error) { return p.chain("&&", all, p.single) }

func (p *parser) chain(operator string, kind conditionKind, read func() (*condition, error)) (*condition, error) {
	var parts []*condition
	for more := true; more; {
		c, err := read()
		if err != nil {
			return nil, err
		}
		parts = append(parts, c)
		p.blanks()
		more = p.take(operator)
	}
	if len(parts) == 1 {
		return parts[0], nil
	}
	return &condition{kind: kind, parts: parts}, nil
}

// single reads a condition without && and || around it.
func (p *parser) single() (c *condition, err error) {
	switch p.blanks() {
	case '(':
		return p.group()
	case '!':
		err = p.nested(func() error {
			p.pos++
			c, err = p.single()
			return err
		})
		return &condition{kind: none, parts: []*condition{c}}, err
	}
	return p.comparison()
}

// comparison reads two operands with an operator between them, or a path alone.
func (p *parser) comparison() (*condition, error) {
	start := p.pos
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	if c := p.blanks(); c == ')' || c == '&' || c == '|' {
		if left.path == nil {
			p.pos = start
			return nil, errors.New("expected a path: only its existence is a condition without an operator")
		}
		return &condition{kind: exists, left: left}, nil
	}
	c := &condition{kind: compared, left: left}
	start = p.pos
	if c.relation, err = p.operator(); err != nil {
		return nil, err
	}
	p.blanks()
	if c.right, err = p.operand(); err != nil {
		return nil, err
	}
	patterns := left.pattern != nil || c.right.pattern != nil
	if patterns != (c.relation == matches) || left.pattern != nil && c.right.pattern != nil {
		p.pos = start
		return nil, errors.New("expected a pattern like /a.*/i on one side of =~, and nowhere else")
	}
	return c, nil
}

// signs are the operators that need no blanks around them; none comes after what it begins with.
var signs = []struct {
	text string
	relation
}{
	{"===", same}, {"!==", notSame}, {"==", equal}, {"!=", notEqual}, {"<=", atMost}, {">=", atLeast}, {"=~", matches}, {"<", below}, {">", above},
}

// words are the operators that are words, in lower case; either case will do.
var words = map[string]relation{
	"in": in, "nin": notIn, "subsetof": subsetOf, "anyof": anyOf, "noneof": noneOf, "contains": contains, "size": sized, "empty": empty,
}

// operator reads what relates two operands.
func (p *parser) operator() (relation, error) {
	for _, sign := range signs {
		if p.take(sign.text) {
			return sign.relation, nil
		}
	}
	rest := p.text[p.pos:]
	length := strings.IndexFunc(rest, func(r rune) bool { return r|0x20 < 'a' || r|0x20 > 'z' })
	if word, ok := words[strings.ToLower(rest[:max(length, 0)])]; ok {
		p.pos += length
		return word, nil
	}
	return 0, fmt.Errorf("expected ==, !=, <, <=, >, >=, =~, in, nin, subsetof, anyof, noneof, contains, size, empty, &&, || or ')', found %s", p.found())
}

// operand reads one side of a comparison.
func (p *parser) operand() (operand, error) {
	switch p.blanks() {
	case '@', '$':
		path, err := p.innerPath()
		return operand{path: path}, err
	case '/':
		compiled, err := p.pattern()
		return operand{pattern: compiled}, err
	}
	value, err := p.literal()
	return operand{value: value}, err
}

// innerPath reads a path inside a filter or a function, from its '@' or '$' on.
func (p *parser) innerPath() (*Path, error) {
	outer := p.steps
	p.steps = nil
	relative := p.next() == '@'
	p.pos++
	for c := p.next(); c == '.' || c == '['; c = p.next() {
		if err := p.step(); err != nil {
			return nil, err
		}
	}
	path := newPath(p.steps)
	path.relative = relative
	p.steps = outer
	if last := len(path.steps) - 1; !path.definite && path.steps[last].kind != callStep {
		if before := newPath(path.steps[:last]); before.definite {
			before.relative = relative
			path.before = before
		}
	}
	return path, nil
}
