package vtl

// A macro is what #macro defines.
type macro struct {
	name    string
	params  []int32       // slots
	places  map[int32]int // of the params, if they are many
	body    []node
	content int32 // the slot of $bodyContent
	defined bool
}

// A frame is a macro being called. Arguments are evaluated each time they are referred to, where the call stands.
type frame struct {
	parent  *frame
	macro   *macro
	args    []expr
	content *block
	local   []any // parameters that were assigned to; nil: not
}

// find is a variable of a frame. Variables that are not parameters are those of where the call stands: scope is
// dynamic in Velocity.
func (f *frame) find(r *run, slot int32) (v any, found bool, err error) {
	if f.content != nil && slot == f.macro.content {
		return f.content, true, nil
	}
	switch i := f.macro.param(slot); {
	case i < 0:
	case f.local[i] != nil:
		return f.local[i], true, nil
	case i < len(f.args):
		here := r.frame
		r.frame = f.parent
		v, err = f.args[i].value(r)
		r.frame = here
		return v, true, err
	}
	return nil, false, nil
}

// manyParams is from how many on parameters are not found by looking at each.
const manyParams = 8

// index notes where the parameters are, once there are too many to look through. Of a name that is there twice it is the
// first.
func (m *macro) index() {
	if len(m.params) < manyParams {
		return
	}
	m.places = make(map[int32]int, len(m.params))
	for i, param := range m.params {
		if _, ok := m.places[param]; !ok {
			m.places[param] = i
		}
	}
}

// param is which parameter a variable is, or -1.
func (m *macro) param(slot int32) int {
	if m.places != nil {
		if i, ok := m.places[slot]; ok {
			return i
		}
		return -1
	}
	for i := range m.params {
		if m.params[i] == slot {
			return i
		}
	}
	return -1
}

// lookup is the value of a variable, or nil.
func (r *run) lookup(slot int32) (any, error) {
	for f := r.frame; f != nil; f = f.parent {
		if v, found, err := f.find(r, slot); found {
			return present(v), err
		}
	}
	v := r.globals[slot]
	if v != nil {
		return present(v), nil
	}
	if r.vars != nil {
		v, _ = r.vars.Lookup(r.template.names[slot])
	}
	r.keep(slot, normal(v))
	return present(r.globals[slot]), nil
}

// present tells a variable without a value from one with.
func present(v any) any {
	if _, ok := v.(absent); ok {
		return nil
	}
	return v
}

// keep sets a variable outside of macros. It never stores nil, which stands for what was not asked for.
func (r *run) keep(slot int32, v any) {
	if v == nil {
		v = absent{}
	}
	r.globals[slot] = v
}

// assign gives a variable a value in all frames: a parameter that is assigned to is also a variable outside.
func (r *run) assign(slot int32, v any) {
	r.keep(slot, v)
	for f := r.frame; f != nil; f = f.parent {
		if i := f.macro.param(slot); i >= 0 {
			f.local[i] = r.globals[slot]
		}
	}
}
