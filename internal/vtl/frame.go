package vtl

// A macro is what #macro defines.
type macro struct {
	name    string
	params  []int32 // slots
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
	for i, param := range f.macro.params {
		switch {
		case param != slot:
		case f.local[i] != nil:
			return f.local[i], true, nil
		case i < len(f.args):
			here := r.frame
			r.frame = f.parent
			v, err = f.args[i].value(r)
			r.frame = here
			return v, true, err
		}
	}
	return nil, false, nil
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
		for i, param := range f.macro.params {
			if param == slot {
				f.local[i] = r.globals[slot]
			}
		}
	}
}
