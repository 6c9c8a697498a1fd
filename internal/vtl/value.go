package vtl

import (
	"encoding/json"
)

// A Map is an ordered map, such as an object of a JSON document.
type Map interface {
	Len() int
	Get(key string) (value any, ok bool)
	Put(key string, value any)
	Delete(key string)
	Keys() []string
}

// A List is a list, such as an array of a JSON document.
type List interface {
	Len() int
	At(i int) any
	Set(i int, value any)
	Insert(i int, value any)
	Delete(i int)
}

// An Object is something of the caller's that has properties and methods. It prints by its String method, if it has
// one. Its methods are called with values as the package comment lists them.
type Object interface {
	Property(name string) (value any, ok bool)
	Call(method string, args []any) (any, error)
}

// Charged is an [Object] whose methods take time by what they are given, such as a search in a message. CallCharged is
// called in place of Call. It calls charge before it does work, as often as it likes: one step is a microsecond of CPU
// and stands for at most 64 bytes of what the call makes, so that Limits.Steps of 100,000 are a tenth of a second. Where
// charge fails, because no steps are left or Limits.Done is closed, the method has to end with that error. A call that
// takes less than a microsecond charges nothing: the call itself is a step. Strings that it returns are accounted for by
// their length here.
type Charged interface {
	Object
	CallCharged(method string, args []any, charge func(steps int) error) (any, error)
}

// NewMap is an empty map, printed as Java prints one.
func NewMap() Map { return &table{} }

// NewList is a list as templates make them, printed as Java prints one.
func NewList(items ...any) List { return &array{items: items} }

// NewArray is a list of a JSON document: it prints as JSON.
func NewArray(items ...any) List { return &array{items: items, kind: jsonArray} }

// normal is a value as the package calculates with it: integers are int64, *big.Int or *longNumber. It takes no longer for
// a long number than for others.
func normal(v any) any {
	switch v := v.(type) {
	case int:
		return int64(v)
	case *longNumber:
		return v
	case json.Number:
		return jsonNumber(string(v))
	case decimal:
		return javaNumber(v.String(), v.IsInteger())
	default:
		return v
	}
}

// array is a list of our own.
type array struct {
	items []any
	kind  arrayKind
}

// arrayKind is what a list is to Java.
type arrayKind byte

const (
	javaList   arrayKind = iota
	jsonArray            // it prints as JSON
	collection           // it has no places, such as the keys of a map
)

// Len is the number of elements.
func (a *array) Len() int { return len(a.items) }

// At is an element.
func (a *array) At(i int) any { return a.items[i] }

// Set replaces an element.
func (a *array) Set(i int, value any) { a.items[i] = value }

// Insert puts an element before another.
func (a *array) Insert(i int, value any) {
	a.items = append(grown(a.items), nil)
	copy(a.items[i+1:], a.items[i:])
	a.items[i] = value
}

// Delete removes an element.
func (a *array) Delete(i int) {
	copy(a.items[i:], a.items[i+1:])
	a.items[len(a.items)-1] = nil
	a.items = a.items[:len(a.items)-1]
}
