package serverless

import (
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Limits of what variables may make of a service.
const (
	maxChain = 100      // variables that lead to one another
	maxMade  = 64 << 20 // bytes of all strings that were put together
)

// resolver knows what each value of a service stands for. It looks when it is asked, and once.
type resolver struct {
	file   string
	root   *yaml.Node
	read   func(path string) ([]byte, error)
	report func(error)
	o      *Options
	files  map[string]*yaml.Node // those of ${file(…)}, parsed

	opened map[*yaml.Node]opened // values that were looked at
	whole  map[*yaml.Node]whole  // trees without a variable
	busy   map[*yaml.Node]bool   // what is being looked at: to meet it again is a circle
	dotenv map[string]string
	made   int // bytes so far
}

type opened struct {
	node *yaml.Node
	err  error
}

type whole struct {
	node *yaml.Node
	size int
}

// missingError says that a source has no such value: reason to try the next.
type missingError struct{ text string }

// Error says what is not there.
func (e *missingError) Error() string { return e.text }

// missing says that there is no value, and why.
func missing(format string, args ...any) error { return &missingError{fmt.Sprintf(format, args...)} }

// newResolver is a resolver that has looked at nothing yet. Its read and report are for the caller to set.
func newResolver(file string, root *yaml.Node, o *Options) *resolver {
	return &resolver{
		file: file, root: root, o: o,
		files: map[string]*yaml.Node{}, opened: map[*yaml.Node]opened{},
		whole: map[*yaml.Node]whole{}, busy: map[*yaml.Node]bool{},
	}
}

// wrong is a mistake at a place of the service.
func (r *resolver) wrong(at *yaml.Node, format string, args ...any) error {
	return wrong(r.file, at, format, args...)
}

// open says what a node stands for, and leaves alone what is inside of that.
func (r *resolver) open(node *yaml.Node) (*yaml.Node, error) {
	if node == nil || node.Kind != yaml.ScalarNode || node.Tag != "!!str" || !strings.Contains(node.Value, "${") {
		return node, nil
	}
	if known, ok := r.opened[node]; ok {
		return known.node, known.err
	}
	if r.busy[node] {
		return nil, r.wrong(node, "%s leads back to itself", node.Value)
	}
	if len(r.busy) >= maxChain {
		return nil, r.wrong(node, "more than %d variables lead to one another", maxChain)
	}
	r.busy[node] = true
	defer delete(r.busy, node)
	made, err := r.fill(node)
	if err == nil {
		made, err = r.open(made)
	}
	r.opened[node] = opened{made, err}
	return made, err
}

// fill puts the values of the variables in their places.
func (r *resolver) fill(node *yaml.Node) (*yaml.Node, error) {
	t, err := parseTemplate(node.Value)
	if err != nil {
		return nil, r.wrong(node, "%q: %s", brief(node.Value), err)
	}
	if variable := t.bare(); variable != nil {
		return r.variable(variable, node)
	}
	value, err := r.text(t, node)
	if err != nil {
		return nil, err
	}
	made := text(node, value)
	r.opened[made] = opened{made, nil} // what looks like a variable now was escaped
	return made, nil
}

// text is a template with its variables in it, which must be words then.
func (r *resolver) text(t template, at *yaml.Node) (string, error) {
	var b strings.Builder
	for i := range t {
		word := t[i].text
		if t[i].sources != nil {
			var err error
			if word, err = r.word(&t[i], at); err != nil {
				return "", err
			}
		}
		if b.Len()+len(word) > maxString {
			return "", r.wrong(at, "a value of more than %d bytes", maxString)
		}
		b.WriteString(word)
	}
	if r.made += b.Len(); r.made > maxMade {
		return "", r.wrong(at, "the variables make more than %d bytes", maxMade)
	}
	return b.String(), nil
}

// word is the value of a variable that stands among other text.
func (r *resolver) word(variable *piece, at *yaml.Node) (string, error) {
	value, err := r.variable(variable, at)
	if err == nil {
		value, err = r.open(value)
	}
	if err != nil {
		return "", err
	}
	word, ok := plainText(value)
	if !ok {
		return "", r.wrong(at, "%s is %s, which cannot stand within a text", variable.written, kindOf(value))
	}
	return word, nil
}

// variable asks one source after the other.
func (r *resolver) variable(variable *piece, at *yaml.Node) (*yaml.Node, error) {
	var last error
	for i := range variable.sources {
		value, err := r.source(&variable.sources[i], at)
		if err == nil {
			return value, nil
		}
		if _, none := errors.AsType[*missingError](err); !none {
			return nil, err
		}
		last = err
	}
	return nil, r.wrong(at, "%s: %s", brief(variable.written), last)
}

// source is the value that one source has. An error that is no missingError has a place already.
func (r *resolver) source(s *source, at *yaml.Node) (*yaml.Node, error) {
	switch {
	case s.literal != nil:
		return r.constant(at, s.literal), nil
	case s.within != nil:
		return r.within(s.within, at)
	}
	q := query{kind: s.kind, at: at}
	for _, param := range s.params {
		word, err := r.text(param, at)
		if err != nil {
			return nil, err
		}
		q.params = append(q.params, word)
	}
	var err error
	if q.address, err = r.text(s.address, at); err != nil {
		return nil, err
	}
	value, err := r.ask(&q)
	if err == nil {
		value, err = r.open(value)
	}
	if err == nil && null(value) {
		err = missing("%s has no value", q.key())
	}
	return value, err
}

// constant is a value that stands in the variable itself. It is not looked into: quotes are the end of it.
func (r *resolver) constant(at *yaml.Node, l *literal) *yaml.Node {
	made := scalar(at, l.tag, l.value)
	r.opened[made] = opened{made, nil}
	return made
}

// within is a variable in the place of a source. If none of its sources has a value, the outer one goes on.
func (r *resolver) within(t template, at *yaml.Node) (*yaml.Node, error) {
	inner := t.bare()
	if inner == nil {
		word, err := r.text(t, at)
		return text(at, word), err
	}
	var last error
	for i := range inner.sources {
		value, err := r.source(&inner.sources[i], at)
		if _, none := errors.AsType[*missingError](err); !none {
			return value, err
		}
		last = err
	}
	return nil, last
}

// all resolves a node and everything in it. It tells of what is wrong itself, all of it, and gives nil then.
func (r *resolver) all(node *yaml.Node, depth int) (*yaml.Node, int) {
	node, err := r.open(node)
	if err != nil {
		r.report(err)
		return nil, 1
	}
	if node.Kind == yaml.ScalarNode {
		return node, 1
	}
	if known, ok := r.whole[node]; ok {
		return known.node, known.size
	}
	switch {
	case r.busy[node]:
		r.report(r.wrong(node, "a variable in here leads back to what it is part of"))
		return nil, 1
	case depth > maxDepth:
		r.report(r.wrong(node, "more than %d levels within each other", maxDepth))
		return nil, 1
	}
	r.busy[node] = true
	made, size := r.parts(node, depth)
	delete(r.busy, node)
	r.whole[node] = whole{made, size}
	return made, size
}

// parts resolves what is in a mapping or list.
func (r *resolver) parts(node *yaml.Node, depth int) (*yaml.Node, int) {
	made := &yaml.Node{Kind: node.Kind, Tag: node.Tag, Line: node.Line, Column: node.Column}
	size, right := 1, true
	for i, part := range node.Content {
		if node.Kind == yaml.MappingNode && i%2 == 0 {
			made.Content = append(made.Content, part)
			continue
		}
		value, n := r.all(part, depth+1)
		if size += n; size > maxNodes {
			r.report(r.wrong(part, "the variables make more than %d values", maxNodes))
			return nil, 1
		}
		right = right && value != nil
		made.Content = append(made.Content, value)
	}
	if !right {
		return nil, size
	}
	return made, size
}

// brief is the beginning of a text, for errors.
func brief(s string) string {
	if runes := []rune(s); len(runes) > 80 {
		return string(runes[:80]) + "…"
	}
	return s
}

// kindOf names what a node is, for errors.
func kindOf(node *yaml.Node) string {
	switch {
	case null(node):
		return "nothing"
	case node.Kind == yaml.MappingNode:
		return "a mapping"
	case node.Kind == yaml.SequenceNode:
		return "a list"
	}
	return "a value"
}
