package jsonpath

import "math"

// length is the number of members or items, of the first argument if there is one; other values have none.
func length(_ *search, model any, arguments []any) (any, bool) {
	if len(arguments) > 0 {
		if l, ok := arguments[0].(list); ok {
			return int64(l.Len()), true
		}
	}
	if container, ok := model.(interface{ Len() int }); ok {
		return int64(container.Len()), true
	}
	return nil, true
}

// keys are the keys of an object; other values have none.
func keys(s *search, model any, _ []any) (any, bool) {
	m, ok := model.(mapping)
	if !ok {
		return nil, true
	}
	if !s.spend(keyUnits * m.Len()) {
		return nil, false
	}
	names := m.Keys()
	a := &Array{make([]any, len(names))}
	for i, key := range names {
		a.items[i] = key
	}
	return a, true
}

// concat joins the strings in an array, and what the arguments and the items of array arguments print as.
func concat(s *search, model any, arguments []any) (any, bool) {
	if s.text == nil {
		s.text = &writer{web: true}
	}
	w := s.text
	w.dst = w.dst[:0]
	if l, ok := model.(list); ok {
		for i := range l.Len() {
			item, ok := l.At(i).(string)
			if ok && s.spend(textUnits*len(item)) {
				w.dst = append(w.dst, item...)
			}
			if !s.spend(lookUnits) {
				return nil, false
			}
		}
	}
	for _, argument := range arguments {
		if l, ok := argument.(list); ok {
			for i := range l.Len() {
				s.print(w, l.At(i))
			}
			continue
		}
		s.print(w, argument)
	}
	return string(w.dst), !s.exhausted()
}

// print appends what a value prints as, until the search has spent all that it may.
func (s *search) print(w *writer, value any) {
	if value == nil || !s.spend(lookUnits) {
		return
	}
	if text, ok := value.(string); ok {
		if s.spend(textUnits * len(text)) {
			w.dst = append(w.dst, text...)
		}
		return
	}
	before := len(w.dst)
	w.limit, w.err = before+s.afford(textUnits), nil
	w.text(value, 0)
	s.spend(textUnits * (len(w.dst) - before))
}

// appended is an array with the arguments behind its items; other values stay what they are. Jayway changes the array
// itself, so that the next path finds another document; here it is a new one.
func appended(s *search, model any, arguments []any) (any, bool) {
	l, ok := model.(list)
	if !ok {
		return model, true
	}
	if !s.spend(itemBytes * (l.Len() + len(arguments))) {
		return nil, false
	}
	items := make([]any, l.Len(), l.Len()+len(arguments))
	for i := range items {
		items[i] = l.At(i)
	}
	return &Array{append(items, arguments...)}, true
}

func first(_ *search, model any, _ []any) (any, bool) { return itemOf(model, 0) }

func last(_ *search, model any, _ []any) (any, bool) { return itemOf(model, -1) }

func nth(_ *search, model any, arguments []any) (any, bool) {
	if len(arguments) == 0 {
		return nil, false
	}
	i, ok := arguments[0].(int64)
	if !ok || i != int64(int32(i)) {
		return nil, false
	}
	return itemOf(model, int(i))
}

// A tally is what is known of numbers that were counted.
type tally struct {
	n, sum, squares float64
	least, most     float64
}

// add counts a number, if value is one.
func (t *tally) add(s *search, value any) {
	var x float64
	s.spend(lookUnits)
	switch value := value.(type) {
	case int64:
		x = float64(value)
	case int:
		x = float64(value)
	case float64:
		x = value
	case *Decimal:
		if !s.spend(hopUnits + len(value.literal)/countedBytes) {
			return
		}
		x = value.Float64()
	default:
		return
	}
	if t.n == 0 {
		t.least, t.most = x, x
	}
	t.n++
	t.sum += x
	t.squares += x * x
	t.least, t.most = min(t.least, x), max(t.most, x)
}

// addAll counts the numbers in a list, or that the value is.
func (t *tally) addAll(s *search, value any) {
	l, ok := value.(list)
	if !ok {
		t.add(s, value)
		return
	}
	for i := 0; i < l.Len() && !s.exhausted(); i++ {
		t.add(s, l.At(i))
	}
}

// aggregate makes a function of the numbers in an array and in the arguments. Its result is a double. Without any
// number there is none.
func aggregate(of func(t *tally) float64) function {
	return func(s *search, model any, arguments []any) (any, bool) {
		var t tally
		if _, ok := model.(list); ok {
			t.addAll(s, model)
		}
		for _, argument := range arguments {
			t.addAll(s, argument)
		}
		if t.n == 0 || s.exhausted() {
			return nil, false
		}
		return decimalOf(of(&t))
	}
}

// deviation is the standard deviation of a whole population.
func deviation(t *tally) float64 {
	mean := t.sum / t.n
	return math.Sqrt(max(0, t.squares/t.n-mean*mean))
}
