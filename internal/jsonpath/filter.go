package jsonpath

// undefined is what a path in a filter leads to if it leads nowhere. It equals nothing, itself included.
type undefined struct{}

// holds says whether a value fulfils a condition. It recurses as deep as conditions are nested.
func (s *search) holds(c *condition, value any) bool {
	if !s.spend(1) {
		return false
	}
	switch c.kind {
	case all:
		for _, part := range c.parts {
			if !s.holds(part, value) {
				return false
			}
		}
		return true
	case one:
		for _, part := range c.parts {
			if s.holds(part, value) {
				return true
			}
		}
		return false
	case none:
		return !s.holds(c.parts[0], value)
	case exists:
		return s.exists(c.left.path, value)
	default:
		return s.relates(c, value)
	}
}

// exists says whether a path leads anywhere. Like Jayway's, one whose last step may lead to several values exists where
// that step can be taken, be it to nothing; one with such a step before has to lead to something.
func (s *search) exists(p *Path, value any) bool {
	if p.before == nil {
		found := s.follow(p, value)
		return found.found && (p.definite || found.value.(*Array).Len() > 0)
	}
	found := s.follow(p.before, value)
	_, isArray := found.value.(list)
	_, isObject := found.value.(mapping)
	switch p.steps[len(p.steps)-1].kind {
	case anyStep, filterStep:
		return isArray || isObject
	default:
		return isArray
	}
}

// follow follows a path in a filter. One from the root leads to the same for all values, and is followed once.
func (s *search) follow(p *Path, value any) answer {
	if p.relative {
		v, ok := s.evaluate(p, value)
		return answer{v, ok}
	}
	s.spend(lookUnits)
	if a, ok := s.roots[p]; ok {
		return a
	}
	v, ok := s.evaluate(p, s.root)
	if s.roots == nil {
		s.roots = make(map[*Path]answer)
	}
	s.roots[p] = answer{v, ok}
	return answer{v, ok}
}

// resolve is the value of an operand.
func (s *search) resolve(o *operand, value any) any {
	if o.path == nil {
		return o.value
	}
	if a := s.follow(o.path, value); a.found {
		return a.value
	}
	return undefined{}
}

// relates says whether the operands of a condition are related as it wants.
func (s *search) relates(c *condition, value any) bool {
	left, right := s.resolve(&c.left, value), s.resolve(&c.right, value)
	switch c.relation {
	case equal:
		return s.equal(left, right)
	case notEqual:
		return !s.equal(left, right)
	case same:
		return classOf(left) == classOf(right) && s.equal(left, right)
	case notSame:
		return classOf(left) != classOf(right) || !s.equal(left, right)
	case below, atMost, above, atLeast:
		order, ok := s.order(left, right)
		return ok && c.relation.accepts(order)
	case matches:
		if c.left.pattern != nil {
			return s.matches(c.left.pattern, right)
		}
		return s.matches(c.right.pattern, left)
	default:
		return s.contents(c.relation, left, right)
	}
}
