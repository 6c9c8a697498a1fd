package vtl

// A link is an operator with what stands to its right.
type link struct {
	op    byte
	pos   int32
	right expr
}

// sum is a chain of operators of calculation with the same precedence.
type sum struct {
	untrue
	first expr
	rest  []link
}

// value calculates from left to right. It goes on with null, which no operator makes anything of.
func (s *sum) value(r *run) (any, error) {
	v, err := s.first.value(r)
	if err != nil {
		return nil, err
	}
	for _, link := range s.rest {
		right, err := link.right.value(r)
		if err != nil {
			return nil, err
		}
		if v, err = r.calculate(link.op, v, right); err != nil {
			return nil, r.at(link.pos, err)
		}
	}
	return v, nil
}

// Operators of comparison.
const (
	opEqual byte = iota
	opNotEqual
	opLess
	opGreater
	opLessOrEqual
	opGreaterOrEqual
)

// comparison is a chain of comparisons with the same precedence: the result of one is the left of the next.
type comparison struct {
	first expr
	rest  []link
}

// value compares from left to right: in 1 < 2 == true, it is a boolean that is compared last.
func (c *comparison) value(r *run) (any, error) {
	v, err := c.first.value(r)
	if err != nil {
		return nil, err
	}
	for _, link := range c.rest {
		right, err := link.right.value(r)
		if err != nil {
			return nil, err
		}
		if v, err = r.compare(link.op, v, right); err != nil {
			return nil, r.at(link.pos, err)
		}
	}
	return v, nil
}

// truth is the value itself.
func (c *comparison) truth(r *run) (bool, error) {
	v, err := c.value(r)
	return v == true, err
}

// compare is a op b. What is not a number is neither less nor more than anything.
func (r *run) compare(op byte, a, b any) (bool, error) {
	if op == opEqual || op == opNotEqual {
		same, err := r.equal(a, b)
		return same == (op == opEqual), err
	}
	order, ok, err := r.compareNumbers(a, b)
	if err != nil {
		return false, err
	}
	if !ok {
		return false, r.step() // only numbers are ordered
	}
	switch op {
	case opLess:
		return order < 0, nil
	case opGreater:
		return order > 0, nil
	case opLessOrEqual:
		return order <= 0, nil
	default:
		return order >= 0, nil
	}
}

// logic is a chain of && or of ||, which ends as soon as the result is known.
type logic struct {
	terms []expr
	end   bool // the truth that ends the chain: true for ||
}

// truth asks the terms in turn, and no further than it must.
func (l *logic) truth(r *run) (bool, error) {
	for _, term := range l.terms {
		if v, err := term.truth(r); err != nil || v == l.end {
			return v, err
		}
	}
	return !l.end, nil
}

func (l *logic) value(r *run) (any, error) { return boxed(l.truth(r)) }

// negation is an odd number of !.
type negation struct{ of expr }

func (n negation) truth(r *run) (bool, error) {
	v, err := n.of.truth(r)
	return !v, err
}

func (n negation) value(r *run) (any, error) { return boxed(n.truth(r)) }

// affirmation is an even number of !: a boolean, unlike what it is of.
type affirmation struct{ of expr }

func (a affirmation) truth(r *run) (bool, error) { return a.of.truth(r) }

func (a affirmation) value(r *run) (any, error) { return boxed(a.truth(r)) }

// boxed makes a value of a truth and its error.
func boxed(v bool, err error) (any, error) { return v, err }
