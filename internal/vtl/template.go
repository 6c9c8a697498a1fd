package vtl

import "sync"

// MaxSource is how long a template may be: the quota of API Gateway, 300 KB.
const MaxSource = 300 << 10

// A Template is a parsed template. It is immutable.
type Template struct {
	source string
	names  []string // of variables, by slot
	body   []node
	loop   loopSlots
	pool   *sync.Pool // of *run
}

// Vars are the variables that a template begins with. Value is one of the kinds that the package comment lists.
type Vars interface {
	Lookup(name string) (value any, ok bool)
}

// Parse reads a template. The error is a *SyntaxError.
func Parse(source string) (*Template, error) {
	if len(source) > MaxSource {
		return nil, &SyntaxError{Line: 1, Column: 1, Message: "the template is longer than 300 KB"}
	}
	p := &parser{source: source, text: source, slots: map[string]int32{}, macros: map[string]*macro{}}
	body := p.template()
	if p.failure != nil {
		return nil, p.failure
	}
	t := &Template{source: source, names: p.names, body: body, loop: p.loopSlots(), pool: &sync.Pool{}}
	return t, nil
}

// Static is what the template always renders, if it has neither references nor directives.
func (t *Template) Static() (text string, ok bool) {
	switch len(t.body) {
	case 0:
		return "", true
	case 1:
		literal, ok := t.body[0].(literalText)
		return string(literal), ok
	default:
		return "", false
	}
}

// Append renders the template to dst. The error is a *RenderError; what was rendered until then is returned with it.
func (t *Template) Append(dst []byte, vars Vars, limits Limits) ([]byte, error) {
	r, _ := t.pool.Get().(*run)
	if r == nil {
		r = &run{template: t, globals: make([]any, len(t.names))}
	}
	r.begin(dst, vars, limits.withDefaults())
	err := r.all(t.body)
	out := r.out
	r.end()
	t.pool.Put(r)
	if isControl(err) {
		err = nil // a #break or #stop outside of everything ends the template
	}
	return out, err
}
