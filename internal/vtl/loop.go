package vtl

import (
	"errors"
	"fmt"
)

// What is wrong in a loop.
var (
	errNoScope = errors.New("#break needs a $foreach, or nothing")
	errChanged = errors.New("the list or map of a #foreach was changed in it")
)

// foreach is #foreach.
type foreach struct {
	pos  int32
	slot int32
	over expr
	body []node
}

// loopSlots are the variables that a #foreach sets; -1 for one that the template does not mention.
type loopSlots struct{ foreach, count, hasNext int32 }

// A loop is a #foreach in progress: the $foreach of a template.
type loop struct {
	index  int
	items  sequence
	parent *loop
}

// sequence is what a #foreach goes through.
type sequence struct {
	list    List
	entries *entries // of a map, for which list is nil
	owner   Map
	size    int
}

// sequenceOf is empty for what cannot be gone through.
func (r *run) sequenceOf(v any) (sequence, error) {
	switch v := v.(type) {
	case List:
		return sequence{list: v, size: v.Len()}, nil
	case Map:
		entries, err := r.entriesOf(v)
		return sequence{entries: &entries, owner: v, size: entries.len()}, err
	default:
		return sequence{}, nil
	}
}

// has says whether there is an element, as ArrayList's iterator does.
func (s *sequence) has(i int) bool {
	if s.list != nil {
		return i != s.list.Len()
	}
	return i < s.entries.len()
}

// at is an element. As with the iterators of Java, what changed its size meanwhile cannot be gone through further.
func (s *sequence) at(i int) (any, error) {
	switch {
	case s.list != nil && s.list.Len() != s.size, s.owner != nil && s.owner.Len() != s.size:
		return nil, errChanged
	case s.list != nil:
		return normal(s.list.At(i)), nil
	default:
		return s.entries.value(i), nil
	}
}

// render hides the variables of the loop outside again, also when the body ended early.
func (f *foreach) render(r *run) error {
	if err := r.step(); err != nil {
		return r.at(f.pos, err)
	}
	over, err := f.over.value(r)
	if err != nil {
		return err
	}
	items, err := r.sequenceOf(over)
	if items.size == 0 || err != nil {
		return r.at(f.pos, err)
	}
	saved, err := r.save(f.slot)
	if err != nil {
		return r.at(f.pos, err)
	}
	l := &loop{items: items}
	l.parent, _ = saved[1].(*loop)
	err = f.turns(r, l)
	r.restore(f.slot, saved)
	if errors.Is(err, errBreak) && (r.breaking == nil || r.breaking == l) {
		r.breaking, err = nil, nil
	}
	return r.at(f.pos, err)
}

// turns renders the body for each element.
func (f *foreach) turns(r *run, l *loop) error {
	slots := &r.template.loop
	for ; l.items.has(l.index); l.index++ {
		if l.index >= r.limits.Iterations {
			return limitError(fmt.Sprintf("#foreach has more than %d iterations", r.limits.Iterations))
		}
		item, err := l.items.at(l.index)
		if err == nil {
			err = r.step()
		}
		if err != nil {
			return err
		}
		r.assign(f.slot, item)
		r.assignLoop(slots.foreach, l)
		r.assignLoop(slots.count, int64(l.index+1))
		r.assignLoop(slots.hasNext, l.items.has(l.index+1))
		if err := r.all(f.body); err != nil {
			return err
		}
	}
	return nil
}

// assignLoop sets a variable that the template mentions.
func (r *run) assignLoop(slot int32, v any) {
	if slot >= 0 {
		r.assign(slot, v)
	}
}

// save is what the variables of a loop are before it.
func (r *run) save(slot int32) (saved [4]any, err error) {
	slots := &r.template.loop
	for i, s := range [...]int32{slot, slots.foreach, slots.count, slots.hasNext} {
		if s < 0 || err != nil {
			continue
		}
		saved[i], err = r.lookup(s)
	}
	return saved, err
}

// restore undoes what the loop did to its variables; one that had no value has none again.
func (r *run) restore(slot int32, saved [4]any) {
	slots := &r.template.loop
	for i, s := range [...]int32{slot, slots.foreach, slots.count, slots.hasNext} {
		if s >= 0 {
			r.assign(s, saved[i])
		}
	}
}

// Property is what $foreach tells of its loop.
func (l *loop) Property(name string) (any, bool) {
	switch name {
	case "index":
		return int64(l.index), true
	case "count":
		return int64(l.index + 1), true
	case "hasNext":
		return l.items.has(l.index + 1), true
	case "first":
		return l.index == 0, true
	case "last":
		return !l.items.has(l.index + 1), true
	case "parent":
		if l.parent != nil {
			return l.parent, true
		}
	case "topmost":
		for l.parent != nil {
			l = l.parent
		}
		return l, true
	}
	return nil, false
}

// Call has the same by the names of Java's getters.
func (l *loop) Call(method string, args []any) (any, error) {
	getters := map[string]string{
		"getIndex": "index", "getCount": "count", "hasNext": "hasNext", "getHasNext": "hasNext", "isFirst": "first",
		"getFirst": "first", "isLast": "last", "getLast": "last", "getParent": "parent", "getTopmost": "topmost",
	}
	name, ok := getters[method]
	if !ok || len(args) > 0 {
		return nil, ErrNoMethod
	}
	v, _ := l.Property(name)
	return v, nil
}
