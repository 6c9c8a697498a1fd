package vtl

import "errors"

// A run is one rendering in progress.
type run struct {
	template *Template
	vars     Vars
	limits   Limits
	steps    int // left
	memory   int // left
	depth    int
	macros   int // macros being called

	out  []byte
	base int // where the output begins in out

	globals []any // by slot; nil: not asked for yet
	frame   *frame
	args    []any // a stack of the arguments of calls in progress

	breaking any // what errBreak ends; nil: the innermost
}

// absent is a variable known to have no value; nil in run.globals is one not asked for.
type absent struct{}

// A node is a statement.
type node interface {
	render(r *run) error
}

// An expr is an expression. It is true or not by itself, whatever its value: in Velocity 1.7 a literal string is not.
type expr interface {
	value(r *run) (any, error)
	truth(r *run) (bool, error)
}

// begin makes a run ready for a rendering.
func (r *run) begin(dst []byte, vars Vars, limits Limits) {
	r.out, r.base, r.vars, r.limits = dst, len(dst), vars, limits
	r.steps, r.memory = limits.Steps, limits.Memory
}

// end lets go of all that belongs to the caller.
func (r *run) end() {
	clear(r.globals)
	clear(r.args[:cap(r.args)])
	*r = run{template: r.template, globals: r.globals, args: r.args[:0]}
}

// all renders statements one after the other.
func (r *run) all(nodes []node) error {
	for _, n := range nodes {
		if err := n.render(r); err != nil {
			return err
		}
	}
	return nil
}

// at gives an error its place, if it has none.
func (r *run) at(pos int32, err error) error {
	if err == nil || isControl(err) {
		return err
	}
	if _, ok := errors.AsType[*RenderError](err); ok {
		return err
	}
	line, column := locate(r.template.source, pos)
	return &RenderError{Line: line, Column: column, Message: err.Error(), cause: err}
}

// isControl tells the ends that are no failures.
func isControl(err error) bool { return errors.Is(err, errBreak) || errors.Is(err, errStop) }

// literalText is text that stands for itself.
type literalText string

func (t literalText) render(r *run) error {
	if err := r.write(string(t)); err != nil {
		return r.at(0, err)
	}
	return nil
}

// capture renders statements to a string. It uses the end of the output for it.
func (r *run) capture(nodes []node) (string, error) {
	start := len(r.out)
	err := r.all(nodes)
	s := string(r.out[start:])
	r.out = r.out[:start]
	if err != nil {
		return s, err
	}
	return s, r.hold(len(s))
}
