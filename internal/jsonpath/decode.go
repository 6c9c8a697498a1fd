package jsonpath

import (
	"errors"
	"math"
	"slices"
	"strconv"
)

// What a tree may take: enough for the longest answer that a Lambda function can give, 6 MB.
const (
	maxSource = 8 << 20 // bytes of JSON
	maxValues = 1 << 20 // values in it
)

// ErrTooLarge says that a JSON text is too long, or that a value would be too long or too deep as a text.
var ErrTooLarge = errors.New("json path: too large")

// Decode reads a JSON text into a tree of nil, bool, int64, [*Decimal], string, [*Array] and [*Object]. Of duplicate keys
// the last one's value takes the place of the first. The errors are [ErrNotJSON], also for what is nested deeper than 128,
// and [ErrTooLarge].
func Decode(data []byte) (any, error) {
	if len(data) > maxSource {
		return nil, ErrTooLarge
	}
	d := decoder{data: data, text: string(data), left: maxValues}
	value, end := d.value(skipBlank(data, 0), 0)
	switch {
	case d.left < 0:
		return nil, ErrTooLarge
	case end < 0 || skipBlank(data, end) != len(data):
		return nil, ErrNotJSON
	}
	return value, nil
}

// A decoder builds the tree for a text. Its strings share the text's memory. Its methods take the index at which
// something begins and return the index after it, or -1 where the grammar is broken.
type decoder struct {
	data []byte
	text string // data again
	left int    // values that may still come
	key  []byte // room for a string with escapes
}

// value reads the value at i, which stands inside depth containers. It recurses as deep as the text is nested, which is
// maxDepth at most.
func (d *decoder) value(i, depth int) (any, int) {
	if d.left--; d.left < 0 {
		return nil, -1
	}
	switch c := at(d.data, i); c {
	case '{', '[':
		if depth == maxDepth {
			return nil, -1
		}
		if c == '{' {
			return d.object(i, depth+1)
		}
		return d.array(i, depth+1)
	case '"':
		return d.string(i)
	case 't':
		return true, scanScalar(d.data, i)
	case 'f':
		return false, scanScalar(d.data, i)
	case 'n':
		return nil, scanScalar(d.data, i)
	}
	return d.number(i)
}

func (d *decoder) object(i, depth int) (any, int) {
	o := new(Object)
	if i = skipBlank(d.data, i+1); at(d.data, i) == '}' {
		return o, i + 1
	}
	for more := true; more; {
		key, end := d.string(i)
		if end < 0 {
			return nil, -1
		}
		var value any
		if value, i = d.value(scanColon(d.data, end), depth); i < 0 {
			return nil, -1
		}
		o.Put(key, value)
		i, more = scanComma(d.data, i, '}')
	}
	return o, i
}

func (d *decoder) array(i, depth int) (any, int) {
	a := new(Array)
	if i = skipBlank(d.data, i+1); at(d.data, i) == ']' {
		return a, i + 1
	}
	for more := true; more; {
		var value any
		if value, i = d.value(i, depth); i < 0 {
			return nil, -1
		}
		if len(a.items) == cap(a.items) {
			a.items = slices.Grow(a.items, max(4, len(a.items))) // append alone would copy more often
		}
		a.items = append(a.items, value)
		i, more = scanComma(d.data, i, ']')
	}
	return a, i
}

func (d *decoder) string(i int) (string, int) {
	end, plain := scanString(d.data, i)
	switch {
	case end < 0:
		return "", -1
	case plain:
		return d.text[i+1 : end-1], end
	}
	d.key = appendUnescaped(d.key[:0], d.data[i+1:end-1], math.MaxInt)
	return string(d.key), end
}

func (d *decoder) number(i int) (any, int) {
	end := scanScalar(d.data, i)
	if end < 0 {
		return nil, -1
	}
	return numberOf(d.text[i:end]), end
}

// numberOf is the value of a valid JSON number.
func numberOf(literal string) any {
	if n, err := strconv.ParseInt(literal, 10, 64); err == nil {
		return n
	}
	return NewDecimal(literal)
}
