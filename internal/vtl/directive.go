package vtl

// assignment is #set.
type assignment struct {
	pos   int32
	left  *reference
	right expr
}

// render leaves the variable alone if there is no value.
func (s *assignment) render(r *run) error {
	if err := r.step(); err != nil {
		return r.at(s.pos, err)
	}
	v, err := s.right.value(r)
	if err != nil || v == nil { // directive.set.null.allowed is false
		return r.at(s.pos, err)
	}
	return r.at(s.pos, s.left.assign(r, v))
}

// condition is #if with its #elseif and #else.
type condition struct {
	pos       int32
	branches  []branch
	otherwise []node
}

// branch is one condition with what it guards.
type branch struct {
	when expr
	body []node
}

// render renders the first branch whose condition is true. The conditions behind it are not evaluated.
func (c *condition) render(r *run) error {
	if err := r.step(); err != nil {
		return r.at(c.pos, err)
	}
	for _, b := range c.branches {
		yes, err := b.when.truth(r)
		if err != nil {
			return r.at(c.pos, err)
		}
		if yes {
			return r.all(b.body)
		}
	}
	return r.all(c.otherwise)
}

// exit is #break or #stop.
type exit struct {
	pos int32
	how error
	of  expr // the scope that #break ends, or nil
}

// render returns how to end as an error, which the thing to be ended takes for its end.
func (e *exit) render(r *run) error {
	r.breaking = nil
	if e.of == nil {
		return e.how
	}
	v, err := e.of.value(r)
	if err != nil {
		return err
	}
	if _, ok := v.(*loop); !ok {
		return r.at(e.pos, errNoScope)
	}
	r.breaking = v
	return e.how
}
