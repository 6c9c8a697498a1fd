package vtl

import (
	"fmt"
	"slices"
)

// A reference is $name and what follows it.
type reference struct {
	slot    int32
	pos     int32
	quiet   bool
	literal string // as it is written
	path    []access
}

// An access is one step from a value to another.
type access interface {
	from(r *run, v any) (any, error)
	assign(r *run, v, to any) error
}

// endsInProperty says whether the last name of the reference is a property.
func (ref *reference) endsInProperty() bool {
	for _, access := range slices.Backward(ref.path) {
		switch access.(type) {
		case property:
			return true
		case *method:
			return false
		}
	}
	return false
}

// value is what the reference refers to. It is never nil: AWS makes an empty string of what is not there, at whatever
// step it is not.
func (ref *reference) value(r *run) (any, error) {
	if err := r.step(); err != nil {
		return nil, r.at(ref.pos, err)
	}
	v, err := r.lookup(ref.slot)
	for i := 0; i < len(ref.path) && v != nil && err == nil; i++ {
		v, err = ref.path[i].from(r, v)
	}
	if err != nil {
		return nil, r.at(ref.pos, err)
	}
	if v == nil {
		return "", nil
	}
	return v, nil
}

// truth is false for false alone.
func (ref *reference) truth(r *run) (bool, error) {
	v, err := ref.value(r)
	return v != false, err
}

// render prints the value. A block that is inside itself too often prints as the reference is written.
func (ref *reference) render(r *run) error {
	v, err := ref.value(r)
	if err != nil {
		return err
	}
	b, ok := v.(*block)
	if !ok {
		return r.at(ref.pos, r.print(v))
	}
	opened, err := r.open(b)
	if !opened && err == nil && !ref.quiet {
		err = r.write(ref.literal)
	}
	return r.at(ref.pos, err)
}

// assign makes the reference refer to a value, if it can.
func (ref *reference) assign(r *run, to any) error {
	if len(ref.path) == 0 {
		r.assign(ref.slot, to)
		return nil
	}
	v, err := r.lookup(ref.slot)
	last := len(ref.path) - 1
	for i := 0; i < last && v != nil && err == nil; i++ {
		v, err = ref.path[i].from(r, v)
	}
	if v == nil || err != nil {
		return r.at(ref.pos, err)
	}
	return r.at(ref.pos, ref.path[last].assign(r, v, to))
}

// property is .name.
type property string

// from asks maps for the key alone: a key that is named like a method wins.
func (p property) from(r *run, v any) (any, error) {
	if len(p) >= bytesPerStep {
		if err := r.work(len(p) / bytesPerStep); err != nil {
			return nil, err
		}
	}
	switch v := v.(type) {
	case Map:
		return getText(v, string(p)), r.step()
	case Object:
		return propertyOf(v, string(p)), r.step()
	default:
		if p == "empty" { // isEmpty of strings and lists is a property by the rules of JavaBeans
			return r.call(v, "isEmpty", nil, nil)
		}
		return nil, r.step()
	}
}

// propertyOf is a property of an object of the caller's, or nil.
func propertyOf(o Object, name string) any {
	v, ok := o.Property(name)
	if !ok {
		return nil
	}
	return normal(v)
}

// assign sets a key of a map. Nothing else has properties that a template can set.
func (p property) assign(r *run, v, to any) error {
	if m, ok := v.(Map); ok {
		return r.put(m, string(p), to)
	}
	return r.step()
}

// index is [key].
type index struct{ key expr }

// from is the get of lists and maps. A list fails outside of its bounds, as in Java.
func (x index) from(r *run, v any) (any, error) {
	key, err := x.key.value(r)
	if err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case Map:
		found, _, err := r.get(v, key)
		return found, err
	case List:
		i, ok := key.(int64)
		if !ok || !hasPlaces(v) {
			return nil, nil
		}
		at, err := place(v, i)
		if err != nil {
			return nil, err
		}
		return normal(v.At(at)), nil
	case Object:
		name, _ := key.(string)
		return propertyOf(v, name), nil
	default:
		return nil, nil
	}
}

// assign is the set of lists and the put of maps.
func (x index) assign(r *run, v, to any) error {
	key, err := x.key.value(r)
	if err != nil {
		return err
	}
	switch v := v.(type) {
	case Map:
		return r.put(v, key, to)
	case List:
		i, ok := key.(int64)
		if !ok || !hasPlaces(v) {
			return nil
		}
		at, err := place(v, i)
		if err == nil {
			v.Set(at, to)
		}
		return err
	default:
		return nil
	}
}

// hasPlaces says whether a list has indexes: the keys of a map have none.
func hasPlaces(l List) bool {
	own, ok := l.(*array)
	return !ok || own.kind != collection
}

// place is an index of a list; a negative one counts from the end.
func place(l List, i int64) (int, error) {
	n := int64(l.Len())
	if i < 0 {
		i += n
	}
	if i < 0 || i >= n {
		return 0, indexError(i, l.Len())
	}
	return int(i), nil
}

func indexError(i int64, n int) error { return fmt.Errorf("index %d is outside of a list of %d", i, n) }

// method is .name(arguments).
type method struct {
	name string
	args []expr
	memo memo
}

// from evaluates the arguments onto the stack of the run, which saves a slice for each call.
func (m *method) from(r *run, v any) (any, error) {
	start := len(r.args)
	for _, arg := range m.args {
		a, err := arg.value(r)
		if err != nil {
			r.args = r.args[:start]
			return nil, err
		}
		r.args = append(r.args, a)
	}
	result, err := r.call(v, m.name, r.args[start:], &m.memo)
	r.args = r.args[:start]
	return result, err
}

// assign does nothing: a call is not a place.
func (m *method) assign(r *run, _, _ any) error { return r.step() }

// hidden is a reference that renders as nothing: $\!a.
type hidden struct{ untrue }

func (hidden) render(r *run) error       { return r.step() }
func (hidden) value(r *run) (any, error) { return "", r.step() }
