package jsonpath

import (
	"math"
)

// length is the number of members or items, of the first argument if there is one; other values have none.
func length(model any, arguments []any) (any, bool) {
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
func keys(model any, _ []any) (any, bool) {
	m, ok := model.(mapping)
	if !ok {
		return nil, true
	}
	a := new(Array)
	for _, key := range m.Keys() {
		a.items = append(a.items, key)
	}
	return a, true
}

// concat joins the strings in an array, and what the arguments and the items of array arguments print as.
func concat(model any, arguments []any) (any, bool) {
	var text []byte
	for _, item := range itemsOf(model) {
		if s, ok := item.(string); ok {
			text = append(text, s...)
		}
	}
	for _, argument := range arguments {
		items := []any{argument}
		if _, ok := argument.(list); ok {
			items = itemsOf(argument)
		}
		for _, item := range items {
			if item != nil {
				text = AppendText(text, item, maxText-len(text))
			}
		}
	}
	return string(text), len(text) < maxText
}

// appended is an array with the arguments behind its items; other values stay what they are. Jayway changes the array
// itself, so that the next path finds another document; here it is a new one.
func appended(model any, arguments []any) (any, bool) {
	if _, ok := model.(list); !ok {
		return model, true
	}
	return &Array{append(itemsOf(model), arguments...)}, true
}

func first(model any, _ []any) (any, bool) { return itemOf(model, 0) }

func last(model any, _ []any) (any, bool) { return itemOf(model, -1) }

func nth(model any, arguments []any) (any, bool) {
	if len(arguments) == 0 {
		return nil, false
	}
	i, ok := arguments[0].(int64)
	if !ok || i != int64(int32(i)) {
		return nil, false
	}
	return itemOf(model, int(i))
}

// itemsOf are the items of an array, copied; other values have none.
func itemsOf(value any) []any {
	l, ok := value.(list)
	if !ok {
		return nil
	}
	items := make([]any, l.Len())
	for i := range items {
		items[i] = l.At(i)
	}
	return items
}

// aggregate makes a function of the numbers in an array and in the arguments. Its result is a double. Without any
// number there is none.
func aggregate(of func([]float64) float64) function {
	return func(model any, arguments []any) (any, bool) {
		values := itemsOf(model)
		for _, argument := range arguments {
			if _, ok := argument.(list); ok {
				values = append(values, itemsOf(argument)...)
			} else {
				values = append(values, argument)
			}
		}
		numbers := make([]float64, 0, len(values))
		for _, value := range values {
			if text, ok := numberText(value); ok {
				numbers = append(numbers, Decimal(text).Float64())
			}
		}
		if len(numbers) == 0 {
			return nil, false
		}
		return decimalOf(of(numbers))
	}
}

func sum(numbers []float64) float64 {
	total := 0.0
	for _, x := range numbers {
		total += x
	}
	return total
}

func average(numbers []float64) float64 { return sum(numbers) / float64(len(numbers)) }

// deviation is the standard deviation of a whole population.
func deviation(numbers []float64) float64 {
	squares := 0.0
	for _, x := range numbers {
		squares += x * x
	}
	mean := average(numbers)
	return math.Sqrt(max(0, squares/float64(len(numbers))-mean*mean))
}
