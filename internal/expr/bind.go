package expr

import (
	"errors"
	"fmt"
)

// A Source appends the value of one variable, as it is in one message, to dst. It appends nothing if the message
// does not have it. An error means that the expression has no value.
type Source[T any] func(dst []byte, in T) ([]byte, error)

// A Bound expression knows where its variables come from. It is immutable; it is safe for concurrent use if its
// sources are.
type Bound[T any] struct {
	parts []boundPart[T]
}

// A boundPart is literal text, or the source of a variable.
type boundPart[T any] struct {
	text   string
	source Source[T] // nil: literal
}

// Bind asks resolve for the source of each variable in e, once each. It returns the errors of all of them, joined,
// each with the variable it is about.
func Bind[T any](e *Expression, resolve func(variable string) (Source[T], error)) (*Bound[T], error) {
	var errs []error
	sources := map[string]Source[T]{}
	for _, name := range e.Variables() {
		source, err := resolve(name)
		if err == nil && source == nil {
			err = errors.New("has no source")
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("selection expression: variable %q: %w", name, err))
		}
		sources[name] = source
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	b := &Bound[T]{parts: make([]boundPart[T], len(e.parts))}
	for i, part := range e.parts {
		b.parts[i].text = part.text
		if part.variable {
			b.parts[i].source = sources[part.text]
		}
	}
	return b, nil
}

// Append appends the value of the expression for one message to dst. If a source fails, it returns dst as it was
// and the source's error, unwrapped.
func (b *Bound[T]) Append(dst []byte, in T) ([]byte, error) {
	before := len(dst)
	for i := range b.parts {
		part := &b.parts[i]
		if part.source == nil {
			dst = append(dst, part.text...)
			continue
		}
		longer, err := part.source(dst, in)
		if err != nil {
			return dst[:before], err
		}
		dst = longer
	}
	return dst, nil
}
