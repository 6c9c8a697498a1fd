package jsonpath

import "errors"

// ErrNotJSON says that a body is not JSON, or is nested deeper than 128.
var ErrNotJSON = errors.New("json path: the body is not JSON")

// Find checks that body is JSON and returns the value that p leads to. A path that leads nowhere is no error but the
// missing value; a body that is not JSON is [ErrNotJSON], whether or not the value came before the mistake. A path of
// keys and indexes alone takes one pass and no memory. Any other decodes the body, and can be [ErrBudget] and
// [ErrTooLarge], too.
func (p *Path) Find(body []byte) (Value, error) {
	if !p.plain {
		return p.findInTree(body)
	}
	f := finder{body: body, steps: p.steps}
	end := f.walk(skipBlank(body, 0), 0)
	if end < 0 || skipBlank(body, end) != len(body) {
		return Value{}, ErrNotJSON
	}
	return f.found, nil
}

// findInTree finds a value by decoding the whole body, and writes it as JSON again.
func (p *Path) findInTree(body []byte) (Value, error) {
	root, err := Decode(body)
	if err != nil {
		return Value{}, err
	}
	found, ok, err := p.Select(root)
	if !ok || err != nil {
		return Value{}, err
	}
	raw, err := AppendJSON(nil, found)
	if err != nil {
		return Value{}, err
	}
	return Value{kindOf(raw[0]), raw}, nil
}

// A finder follows one path through one body. It recurses once a step at most, and Compile bounds the steps.
type finder struct {
	body  []byte
	steps []step
	found Value
}

// walk passes over the value at i, to which the first steps led, and looks inside for where the others lead.
func (f *finder) walk(i, taken int) int {
	if taken == len(f.steps) {
		end := scanValue(f.body, i, taken)
		if end >= 0 {
			f.found = Value{kindOf(f.body[i]), f.body[i:end]}
		}
		return end
	}
	want := &f.steps[taken]
	switch c := at(f.body, i); {
	case c == '{' && want.kind == keyStep:
		return f.object(i, taken)
	case c == '[' && want.kind == indexStep:
		return f.array(i, taken)
	}
	return scanValue(f.body, i, taken)
}

// object passes over the object at i and takes the next step at each member it names. Meeting the key again, what an
// earlier one led to is forgotten: the last wins, even if it leads nowhere.
func (f *finder) object(i, taken int) int {
	if i = skipBlank(f.body, i+1); at(f.body, i) == '}' {
		return i + 1
	}
	for more := true; more; {
		end, plain := scanString(f.body, i)
		if end < 0 {
			return -1
		}
		name := f.body[i+1 : end-1]
		i = scanColon(f.body, end)
		if f.steps[taken].names(name, plain) {
			f.found = Value{}
			i = f.walk(i, taken+1)
		} else {
			i = scanValue(f.body, i, taken+1)
		}
		i, more = scanComma(f.body, i, '}')
	}
	return i
}

// array passes over the array at i and takes the next step at the item it counts to.
func (f *finder) array(i, taken int) int {
	if i = skipBlank(f.body, i+1); at(f.body, i) == ']' {
		return i + 1
	}
	more := true
	for n := 0; more; n++ {
		if n == f.steps[taken].index {
			i = f.walk(i, taken+1)
		} else {
			i = scanValue(f.body, i, taken+1)
		}
		i, more = scanComma(f.body, i, ']')
	}
	return i
}

// names says whether s is the step to the member whose key is written so.
func (s *step) names(inner []byte, plain bool) bool {
	if plain {
		return string(inner) == s.key
	}
	return equalUnescaped(inner, s.key)
}
