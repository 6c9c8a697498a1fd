package vtl

// untrue is the truth of expressions that have none in Velocity 1.7, such as literals and sums.
type untrue struct{}

func (untrue) truth(*run) (bool, error) { return false, nil }

// constant is a literal that is always the same.
type constant struct {
	untrue
	v any
}

func (c constant) value(r *run) (any, error) { return c.v, r.step() }

// boolean is true or false.
type boolean bool

func (b boolean) value(r *run) (any, error)  { return bool(b), r.step() }
func (b boolean) truth(r *run) (bool, error) { return bool(b), r.step() }

// interpolated is a string in double quotes with references or directives in it.
type interpolated struct {
	untrue
	pos   int32
	nodes []node
}

// value renders the inside of the string as if it stood in the template.
func (s *interpolated) value(r *run) (any, error) {
	if err := r.step(); err != nil {
		return nil, r.at(s.pos, err)
	}
	text, err := r.capture(s.nodes)
	return text, r.at(s.pos, err)
}

// literalList is [a, b].
type literalList struct {
	untrue
	pos   int32
	items []expr
}

// value is a new list at each evaluation: a template may change it.
func (l *literalList) value(r *run) (any, error) {
	if err := r.hold(listItemBytes * (len(l.items) + 1)); err != nil {
		return nil, r.at(l.pos, err)
	}
	items := make([]any, len(l.items))
	for i, item := range l.items {
		v, err := item.value(r)
		if err != nil {
			return nil, r.at(l.pos, err)
		}
		items[i] = v
	}
	return &array{items: items}, nil
}

// literalMap is {a: b}.
type literalMap struct {
	untrue
	pos          int32
	keys, values []expr
}

// value is a new map at each evaluation. Of keys that are written twice the last wins.
func (m *literalMap) value(r *run) (any, error) {
	if err := r.hold(mapItemBytes * (len(m.keys) + 1)); err != nil {
		return nil, r.at(m.pos, err)
	}
	t := &table{entries: make([]entry, 0, len(m.keys))}
	for i := range m.keys {
		key, err := m.keys[i].value(r)
		if err != nil {
			return nil, r.at(m.pos, err)
		}
		v, err := m.values[i].value(r)
		if err != nil {
			return nil, r.at(m.pos, err)
		}
		id, err := r.identify(key)
		if err != nil {
			return nil, r.at(m.pos, err)
		}
		t.put(id, key, v)
	}
	return t, nil
}

// span is [a..b].
type span struct {
	untrue
	pos         int32
	first, last expr
}

// value is null unless both ends are integers: #foreach then has nothing to go through.
func (s *span) value(r *run) (any, error) {
	first, err := s.first.value(r)
	if err != nil {
		return nil, err
	}
	last, err := s.last.value(r)
	if err != nil {
		return nil, err
	}
	from, fromOK := first.(int64)
	to, toOK := last.(int64)
	if !fromOK || !toOK {
		return nil, nil
	}
	items, err := r.count(from, to)
	if err != nil {
		return nil, r.at(s.pos, err)
	}
	return &array{items: items}, nil
}

// count lists the integers between two, up or down.
func (r *run) count(from, to int64) ([]any, error) {
	step, distance := int64(1), uint64(to)-uint64(from)
	if to < from {
		step, distance = -1, uint64(from)-uint64(to)
	}
	if distance >= uint64(r.steps) {
		return nil, limitError("a range longer than allowed")
	}
	n := int(distance) + 1
	if err := r.work(n); err != nil {
		return nil, err
	}
	if err := r.hold(listItemBytes * n); err != nil {
		return nil, err
	}
	items := make([]any, n)
	for i := range items {
		items[i] = from + step*int64(i)
	}
	return items, nil
}
