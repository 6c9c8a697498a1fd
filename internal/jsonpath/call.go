package jsonpath

import (
	"fmt"
	"slices"
)

// A call is a function with its arguments.
type call struct {
	function  function
	counts    bool // what is in its argument, like length()
	arguments []argument
}

// An argument is a path or a value.
type argument struct {
	path  *Path
	value any
}

// A function makes a value of another and of arguments, or says that it cannot.
// It spends what it takes.
type function func(s *search, model any, arguments []any) (any, bool)

// functions are Jayway's.
var functions = map[string]function{
	"length": length, "size": length, "keys": keys, "concat": concat, "append": appended,
	"first": first, "last": last, "index": nth,
	"min":    aggregate(func(t *tally) float64 { return t.least }),
	"max":    aggregate(func(t *tally) float64 { return t.most }),
	"sum":    aggregate(func(t *tally) float64 { return t.sum }),
	"avg":    aggregate(func(t *tally) float64 { return t.sum / t.n }),
	"stddev": aggregate(deviation),
}

// call reads the arguments of a function, whose name begins at start, from the parenthesis on.
func (p *parser) call(name string, start int) error {
	f, ok := functions[name]
	if !ok {
		p.pos = start
		return fmt.Errorf("expected a function that exists: length, size, min, max, avg, sum, stddev, keys, concat, append, first, last or index, found %q", name)
	}
	c := &call{function: f, counts: name == "length" || name == "size"}
	err := p.nested(func() error {
		return p.listed(')', func() error {
			a, err := p.argument()
			if a.path != nil && c.counts {
				a.path = within(a.path)
			}
			c.arguments = append(c.arguments, a)
			return err
		})
	})
	if err != nil {
		return err
	}
	return p.add(step{kind: callStep, call: c})
}

// argument reads one argument of a function.
func (p *parser) argument() (argument, error) {
	if c := p.next(); c == '@' || c == '$' {
		path, err := p.innerPath()
		if path != nil {
			path.relative = false // Jayway, too, follows it from the root.
		}
		return argument{path: path}, err
	}
	value, err := p.literal()
	return argument{value: value}, err
}

// within is a path to all that is in the values that p leads to: their number is what length() of p is.
func within(p *Path) *Path {
	if slices.ContainsFunc(p.steps, func(s step) bool { return s.kind == callStep }) {
		return p
	}
	deeper := newPath(append(slices.Clone(p.steps), step{kind: anyStep}))
	deeper.relative = p.relative
	return deeper
}

// callFirst turns a path that begins with a deep scan and calls a function on what it finds into a call whose argument
// is the path before it: $..a.sum() is $.sum($..a).
func callFirst(steps []step) []step {
	i := slices.IndexFunc(steps, func(s step) bool { return s.kind == callStep })
	if i < 0 || steps[0].kind != scanStep {
		return steps
	}
	scan := newPath(steps[:i:i])
	scan.relative = true
	c := steps[i].call
	if c.counts {
		scan = within(scan)
	}
	turned := step{kind: callStep, call: &call{function: c.function, arguments: []argument{{path: scan}}}}
	return append([]step{turned}, steps[i+1:]...)
}

// run calls the function on a value. An argument that leads nowhere leaves no result.
func (c *call) run(s *search, model any) (any, bool) {
	if !s.spend(callUnits + itemBytes*len(c.arguments)) {
		return nil, false
	}
	arguments := make([]any, len(c.arguments))
	for i := range c.arguments {
		a := &c.arguments[i]
		arguments[i] = a.value
		if a.path == nil {
			continue
		}
		found := s.follow(a.path, model)
		if !found.found {
			return nil, false
		}
		arguments[i] = found.value
	}
	return c.function(s, model, arguments)
}
