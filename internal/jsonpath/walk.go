package jsonpath

import "slices"

// A walk goes from a value to all that a path leads to, in the order in which Jayway finds it. It does not recurse: what
// is still to be looked at is on a stack.
type walk struct {
	*search
	steps []step
	stack []place
	found []any
}

// A place is a value and how many steps led to it.
type place struct {
	value any
	taken int
}

// push notes that a value has to be looked at, or that it is found. Values come in the order in which they are found as
// long as those of the last step and others are not pushed together.
func (w *walk) push(value any, taken int) bool {
	if taken == len(w.steps) {
		if len(w.found) == cap(w.found) {
			w.found = room(w.search, w.found, 1, itemBytes)
		}
		if !w.spend(pushUnits) {
			return false
		}
		w.found = append(w.found, value)
		return true
	}
	if len(w.stack) == cap(w.stack) {
		w.stack = room(w.search, w.stack, 1, placeBytes)
	}
	if !w.spend(pushUnits) {
		return false
	}
	w.stack = append(w.stack, place{value, taken})
	return true
}

// next looks at the value on top of the stack and puts in its place what the next step leads to.
func (w *walk) next() {
	top := len(w.stack) - 1
	at := w.stack[top]
	w.stack = w.stack[:top]
	if s := &w.steps[at.taken]; s.kind == scanStep {
		w.scan(at)
	} else {
		w.step(s, at.value, at.taken+1)
	}
	slices.Reverse(w.stack[top:]) // so that the first comes first
}

// step pushes what a step leads to. A way that ends is no mistake.
func (w *walk) step(s *step, value any, taken int) {
	switch s.kind {
	case keyStep:
		w.spend(len(s.key) / countedBytes)
		if v, ok := memberOf(value, s.key); ok {
			w.push(v, taken)
		}
	case keysStep:
		w.keys(s.keys, value, taken)
	case anyStep:
		w.any(value, taken)
	case filterStep:
		w.filter(s.filter, value, taken)
	case callStep:
		if v, ok := s.call.run(w.search, value); ok {
			w.push(v, taken)
		}
	default:
		w.items(s, value, taken)
	}
}

// keys pushes several members of an object. Where the path ends they become one new object.
func (w *walk) keys(keys []string, value any, taken int) {
	m, ok := value.(mapping)
	if !ok {
		return
	}
	union := new(Object)
	for _, key := range keys {
		v, ok := m.Get(key)
		if !w.spend(hopUnits + len(key)/countedBytes) {
			return
		}
		switch {
		case !ok:
		case taken == len(w.steps):
			w.spend(keyUnits)
			union.Put(key, v)
		default:
			w.push(v, taken)
		}
	}
	if taken == len(w.steps) {
		w.push(union, taken)
	}
}

// items pushes the items of an array that a step names.
func (w *walk) items(s *step, value any, taken int) {
	l, ok := value.(list)
	if !ok {
		return
	}
	if s.kind == indexStep {
		w.item(l, s.index, taken)
		return
	}
	for _, i := range s.indexes {
		if !w.spend(lookUnits) {
			return
		}
		w.item(l, i, taken)
	}
	if s.kind == sliceStep {
		for i, end := s.bounds.within(l.Len()); i < end && w.spend(lookUnits); i++ {
			w.item(l, i, taken)
		}
	}
}

// item pushes the item of an array that an index names, if any does.
func (w *walk) item(l list, i, taken int) {
	if v, ok := itemOf(l, i); ok {
		w.push(v, taken)
	}
}

// any pushes all members or items.
func (w *walk) any(value any, taken int) {
	switch value := value.(type) {
	case mapping:
		w.spend(memberUnits)
		for _, v := range membersIn(value) {
			if !w.push(v, taken) {
				return
			}
		}
	case list:
		if taken == len(w.steps) {
			w.found = room(w.search, w.found, value.Len(), itemBytes)
		}
		for i := range value.Len() {
			if !w.push(value.At(i), taken) {
				return
			}
		}
	}
}

// filter pushes the items of an array that fulfil a condition, or an object that does.
func (w *walk) filter(c *condition, value any, taken int) {
	switch value := value.(type) {
	case mapping:
		if w.holds(c, value) {
			w.push(value, taken)
		}
	case list:
		for i := range value.Len() {
			if !w.spend(lookUnits) {
				return
			}
			if v := value.At(i); w.holds(c, v) {
				w.push(v, taken)
			}
		}
	}
}

// scan applies the step after a deep scan to a value, and pushes what the value holds to be scanned. Like Jayway's it
// looks at objects and arrays only, and where more steps follow it takes all items of an array that the step fits, not
// those that the step names.
func (w *walk) scan(at place) {
	next := &w.steps[at.taken+1]
	_, isArray := at.value.(list)
	switch leaf := at.taken+2 == len(w.steps); {
	case !w.fits(next, at.value, leaf):
	case isArray && !leaf:
		w.any(at.value, at.taken+2)
	default:
		w.push(at.value, at.taken+1)
	}
	w.inner(at.value, at.taken)
}

// inner pushes the objects and arrays in a value: a deep scan has nothing to look for in others.
func (w *walk) inner(value any, taken int) {
	switch value := value.(type) {
	case mapping:
		w.spend(memberUnits)
		for _, v := range membersIn(value) {
			if !w.spend(lookUnits) || isContainer(v) && !w.push(v, taken) {
				return
			}
		}
	case list:
		for i := range value.Len() {
			if v := value.At(i); !w.spend(lookUnits) || isContainer(v) && !w.push(v, taken) {
				return
			}
		}
	}
}

// isContainer tells objects and arrays from values that hold no others.
func isContainer(value any) bool {
	switch value.(type) {
	case nil, string, bool, int64, *Decimal:
		return false
	case mapping, list:
		return true
	}
	return false
}

// fits says whether a deep scan applies the step after it to a value.
func (w *walk) fits(s *step, value any, leaf bool) bool {
	m, isObject := value.(mapping)
	_, isArray := value.(list)
	switch s.kind {
	case keyStep:
		_, ok := memberOf(value, s.key)
		return ok
	case keysStep:
		return isObject && (!leaf || !slices.ContainsFunc(s.keys, func(key string) bool {
			_, ok := m.Get(key)
			return !ok
		}))
	case anyStep:
		return isObject || isArray
	case filterStep:
		return (isObject || isArray) && w.holds(s.filter, value)
	default:
		return isArray
	}
}
