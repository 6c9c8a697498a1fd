package vtl

// An operator as it is written, with its number.
type operator struct {
	text string
	op   byte
}

// The levels of operators, the weakest first, as in the grammar of Velocity 1.7. A longer text comes before its prefix.
var (
	orOperators       = []operator{{"||", 0}, {"or", 0}}
	andOperators      = []operator{{"&&", 0}, {"and", 0}}
	equalityOperators = []operator{{"==", opEqual}, {"eq", opEqual}, {"!=", opNotEqual}, {"ne", opNotEqual}}
	orderOperators    = []operator{
		{"<=", opLessOrEqual},
		{"le", opLessOrEqual},
		{"<", opLess},
		{"lt", opLess},
		{">=", opGreaterOrEqual},
		{"ge", opGreaterOrEqual},
		{">", opGreater},
		{"gt", opGreater},
	}
	sumOperators     = []operator{{"+", opAdd}, {"-", opSubtract}}
	productOperators = []operator{{"*", opMultiply}, {"/", opDivide}, {"%", opModulo}}
)

// operator reads one of some operators. A minus before a digit is the sign of a number, never an operator.
func (p *parser) operator(among []operator) (op byte, ok bool) {
	p.space()
	word := p.word()
	for _, o := range among {
		switch {
		case word != "":
			if word != o.text {
				continue
			}
		case len(p.text)-p.pos < len(o.text) || p.text[p.pos:p.pos+len(o.text)] != o.text:
			continue
		case o.text == "-" && (isDigit(p.peek(1)) || p.peek(1) == '.' && isDigit(p.peek(2))):
			continue
		}
		p.pos += len(o.text)
		return o.op, true
	}
	return 0, false
}

// expression reads an expression of any kind.
func (p *parser) expression() expr {
	p.deeper()
	defer func() { p.depth-- }()
	return p.logic(orOperators, true, func() expr {
		return p.logic(andOperators, false, p.equality)
	})
}

// logic reads a chain of || or &&. Chains are flat, so that a long one is not a deep one.
func (p *parser) logic(among []operator, end bool, operand func() expr) expr {
	first := operand()
	if _, ok := p.operator(among); !ok {
		return first
	}
	l := &logic{terms: []expr{first, operand()}, end: end}
	for p.failure == nil {
		if _, ok := p.operator(among); !ok {
			break
		}
		l.terms = append(l.terms, operand())
	}
	return l
}

// equality, order, sum and product are the levels of the grammar, each made of the next.
func (p *parser) equality() expr {
	first, rest := p.chain(equalityOperators, p.order)
	if rest == nil {
		return first
	}
	return &comparison{first, rest}
}

func (p *parser) order() expr {
	first, rest := p.chain(orderOperators, p.sum)
	if rest == nil {
		return first
	}
	return &comparison{first, rest}
}

func (p *parser) sum() expr {
	first, rest := p.chain(sumOperators, p.product)
	if rest == nil {
		return first
	}
	return &sum{first: first, rest: rest}
}

func (p *parser) product() expr {
	first, rest := p.chain(productOperators, p.unary)
	if rest == nil {
		return first
	}
	return &sum{first: first, rest: rest}
}

// chain reads operands with operators between them.
func (p *parser) chain(among []operator, operand func() expr) (first expr, rest []link) {
	first = operand()
	for p.failure == nil {
		p.space()
		at := p.pos
		op, ok := p.operator(among)
		if !ok {
			break
		}
		rest = append(rest, link{op: op, pos: p.at(at), right: operand()})
	}
	return first, rest
}

// unary reads an operand with any number of ! before it.
func (p *parser) unary() expr {
	n := 0
	for p.failure == nil {
		p.space()
		if p.word() == "not" {
			p.pos += len("not")
		} else if p.peek(0) != '!' || p.peek(1) == '=' {
			break
		} else {
			p.pos++
		}
		n++
	}
	e := p.primary()
	switch {
	case n == 0:
		return e
	case n%2 == 1:
		return negation{e}
	default:
		return affirmation{e}
	}
}

// primary reads a value or an expression in parentheses. Words are operators or nothing here.
func (p *parser) primary() expr {
	p.space()
	var e expr
	switch c := p.peek(0); {
	case c == '(':
		p.pos++
		e = p.expression()
		p.space()
		p.expect(')', "to close a parenthesis")
	case isLetter(c) && p.word() != "true" && p.word() != "false":
		p.unexpected("a value")
		e = constant{}
	default:
		e = p.operand()
	}
	p.space()
	return e
}
