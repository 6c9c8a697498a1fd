package jsonpath

// Select finds what p leads to in a tree. A definite path finds one value or none; nil is a value. Any other path always
// finds an array, be it empty. What is found is part of the tree, not a copy of it, but for new arrays and for the objects
// that unions of keys make. The error is [ErrBudget].
func (p *Path) Select(root any) (value any, found bool, err error) {
	if p.plain { // which costs little, however long the path is
		value, found = descend(p.steps, root)
		return value, found, nil
	}
	return p.SelectCharged(root, nil)
}

// SelectCharged is Select for a caller who counts the work of many searches together. It calls charge with the steps of
// work that were done since it last called, at most 64 of them unless it is about one long text: a step is a microsecond
// of CPU, or 64 bytes of memory. Every search is one step at least, and 100,000 at most. When charge fails, the search
// ends with that error.
func (p *Path) SelectCharged(root any, charge func(steps int) error) (value any, found bool, err error) {
	s := newSearch(root, charge)
	s.spend(lookUnits)
	value, found = s.evaluate(p, root)
	if err := s.end(); err != nil {
		return nil, false, err
	}
	return value, found, nil
}

// evaluate finds what p leads to from a value.
func (s *search) evaluate(p *Path, from any) (any, bool) {
	if p.plain {
		if !s.spend(p.units) {
			return nil, false
		}
		return descend(p.steps, from)
	}
	w := walk{search: s, steps: p.steps}
	s.spend(walkUnits)
	w.push(from, 0)
	for len(w.stack) > 0 && !s.exhausted() {
		w.next()
	}
	if !p.definite {
		return &Array{w.found}, true
	}
	if len(w.found) == 0 {
		return nil, false
	}
	return w.found[0], true
}

// descend follows a path of single keys and indexes.
func descend(steps []step, value any) (any, bool) {
	for i := range steps {
		var ok bool
		if steps[i].kind == keyStep {
			value, ok = memberOf(value, steps[i].key)
		} else {
			value, ok = itemOf(value, steps[i].index)
		}
		if !ok {
			return nil, false
		}
	}
	return value, true
}

// memberOf is a member of a value, if it has any.
func memberOf(value any, key string) (any, bool) {
	if m, ok := value.(mapping); ok {
		return m.Get(key)
	}
	return nil, false
}

// itemOf is an item of a value, if it has any. A negative index counts from the end.
func itemOf(value any, i int) (any, bool) {
	l, ok := value.(list)
	if !ok {
		return nil, false
	}
	if i < 0 {
		i += l.Len()
	}
	if i < 0 || i >= l.Len() {
		return nil, false
	}
	return l.At(i), true
}
