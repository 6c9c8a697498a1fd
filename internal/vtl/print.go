package vtl

import (
	"fmt"
	"math/big"
	"strconv"
)

// A printer appends values as Java's String.valueOf prints them.
type printer struct {
	out   []byte
	limit int // of out
	depth int // left
	run   *run
}

// print appends a value to the output. A nil prints as nothing: a reference to nothing is the empty string.
func (r *run) print(v any) error {
	switch v := v.(type) {
	case nil:
		return nil
	case string:
		return r.write(v)
	default:
		p := printer{out: r.out, limit: r.base + r.limits.Output, depth: r.limits.Depth, run: r}
		err := p.value(v)
		r.out = p.out
		return err
	}
}

// text is a value as a string.
func (r *run) text(v any) (string, error) {
	if s, ok := v.(string); ok {
		return s, nil
	}
	start := len(r.out)
	err := r.print(v)
	s := string(r.out[start:])
	r.out = r.out[:start]
	if err != nil {
		return s, err
	}
	return s, r.hold(len(s))
}

// more fails when the text is too long already, and counts the steps of what there is to print.
func (p *printer) more() error {
	if len(p.out) > p.limit {
		return limitError("more output than allowed")
	}
	if p.run == nil {
		return nil
	}
	return p.run.step()
}

// value appends any value; null has a text inside of others.
func (p *printer) value(v any) error {
	switch v := v.(type) {
	case nil:
		p.out = append(p.out, "null"...)
	case string:
		p.out = append(p.out, v[:min(len(v), max(p.limit+1-len(p.out), 0))]...)
	case List:
		return p.nested(func() error { return p.list(v) })
	case Map:
		return p.nested(func() error { return p.table(v) })
	case *block:
		return p.block(v)
	case *mapEntry:
		return p.nested(func() error { return v.print(p) })
	default:
		p.out = appendScalar(p.out, v)
	}
	return p.more()
}

// nested counts the levels of lists and maps in each other.
func (p *printer) nested(inner func() error) error {
	p.depth--
	if p.depth < 0 {
		return limitError("a value nested deeper than allowed")
	}
	err := inner()
	p.depth++
	if err == nil {
		err = p.more()
	}
	return err
}

// block renders a block where it is in a value.
func (p *printer) block(b *block) error {
	if p.run == nil {
		return nil
	}
	kept := p.run.out
	p.run.out = p.out
	_, err := p.run.open(b)
	p.out, p.run.out = p.run.out, kept
	return err
}

// table is java.util.AbstractMap.toString.
func (p *printer) table(m Map) error {
	p.out = append(p.out, '{')
	all, err := p.entriesOf(m)
	for i := 0; i < all.len() && err == nil; i++ {
		if i > 0 {
			p.out = append(p.out, ", "...)
		}
		if err = p.value(normal(all.key(i))); err != nil {
			return err
		}
		p.out = append(p.out, '=')
		v := all.value(i)
		if own, ok := v.(*table); ok && Map(own) == m {
			p.out = append(p.out, "(this Map)"...)
			continue
		}
		err = p.value(v)
	}
	if err != nil {
		return err
	}
	p.out = append(p.out, '}')
	return nil
}

// entriesOf lists the entries of a map within the budgets of the run.
func (p *printer) entriesOf(m Map) (entries, error) {
	if p.run == nil {
		return entriesOf(m), nil
	}
	return p.run.entriesOf(m)
}

// list is java.util.AbstractCollection.toString for the lists of templates.
func (p *printer) list(l List) error {
	own, ok := l.(*array)
	if !ok || own.kind == jsonArray {
		return p.jsonList(l)
	}
	p.out = append(p.out, '[')
	for i, item := range own.items {
		if i > 0 {
			p.out = append(p.out, ", "...)
		}
		if item, ok := item.(*array); ok && item == own {
			p.out = append(p.out, "(this Collection)"...)
			continue
		}
		if err := p.value(normal(item)); err != nil {
			return err
		}
	}
	p.out = append(p.out, ']')
	return nil
}

// appendScalar appends a value that holds no others.
func appendScalar(dst []byte, v any) []byte {
	switch v := v.(type) {
	case bool:
		return strconv.AppendBool(dst, v)
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case float64:
		return appendDouble(dst, v)
	case *big.Int:
		return v.Append(dst, 10)
	case *longNumber:
		return append(dst, v.text...)
	case fmt.Stringer:
		return append(dst, v.String()...)
	default:
		return dst
	}
}
