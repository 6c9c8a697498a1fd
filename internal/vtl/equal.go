package vtl

import "math/big"

// equal is the == of Velocity 1.7: numbers by value, values of one class by equals, and others by their text.
func (r *run) equal(a, b any) (bool, error) {
	if a == nil || b == nil {
		return a == nil && b == nil, nil
	}
	if order, ok, err := r.compareNumbers(a, b); ok || err != nil {
		return order == 0, err
	}
	if sameClass(a, b) {
		return r.equals(a, b, r.limits.Depth)
	}
	first, err := r.text(a)
	if err != nil {
		return false, err
	}
	second, err := r.text(b)
	return first == second, err
}

// sameClass says whether equals of Java decides; lists of all kinds are one class, as JSONArray extends ArrayList.
func sameClass(a, b any) bool {
	switch a.(type) {
	case string:
		_, ok := b.(string)
		return ok
	case bool:
		_, ok := b.(bool)
		return ok
	case List:
		_, ok := b.(List)
		return ok
	case Map:
		_, ok := b.(Map)
		return ok
	default:
		return false
	}
}

// equals is the equals method of Java: values of different classes are never equal, not even 1 and 1.0.
func (r *run) equals(a, b any, depth int) (bool, error) {
	if err := r.step(); err != nil {
		return false, err
	}
	if depth == 0 {
		return false, limitError("a value nested deeper than allowed")
	}
	switch a := a.(type) {
	case List:
		if b, ok := b.(List); ok {
			return r.equalLists(a, b, depth)
		}
		return false, nil
	case Map:
		if b, ok := b.(Map); ok {
			return r.equalMaps(a, b, depth)
		}
		return false, nil
	case *big.Int, *longNumber:
		return r.equalNumbers(a, b)
	case string:
		b, ok := b.(string)
		return ok && a == b, r.work(len(a) / bytesPerStep)
	case nil, bool, int64, float64, *block:
		return a == b, nil
	default:
		return false, nil // of an Object nothing is known
	}
}

// equalNumbers is the equals of BigInteger and BigDecimal; the latter tells 1.0 from 1.00.
func (r *run) equalNumbers(a, b any) (bool, error) {
	if isWhole(a) && isWhole(b) {
		order, _, err := r.compareNumbers(a, b)
		return order == 0, err
	}
	x, xLong := a.(*longNumber)
	y, yLong := b.(*longNumber)
	return xLong && yLong && x.text == y.text, nil
}

// equalLists is java.util.AbstractList.equals: element by element.
func (r *run) equalLists(a, b List, depth int) (bool, error) {
	if a.Len() != b.Len() {
		return false, nil
	}
	for i := range a.Len() {
		if same, err := r.equals(normal(a.At(i)), normal(b.At(i)), depth-1); !same {
			return false, err
		}
	}
	return true, nil
}

// equalMaps is java.util.AbstractMap.equals: the order of keys does not count.
func (r *run) equalMaps(a, b Map, depth int) (bool, error) {
	if a.Len() != b.Len() {
		return false, nil
	}
	all, err := r.entriesOf(a)
	if err != nil {
		return false, err
	}
	for i := range all.len() {
		other, ok, err := r.get(b, all.key(i))
		if !ok || err != nil {
			return false, err
		}
		if same, err := r.equals(all.value(i), other, depth-1); !same {
			return false, err
		}
	}
	return true, nil
}
