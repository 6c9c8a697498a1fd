package vtl

import (
	"encoding/json"
	"math/big"
	"strconv"
	"strings"
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

// NewMap is an empty map, printed as Java prints one.
func NewMap() Map { return &table{} }

// NewList is a list as templates make them, printed as Java prints one.
func NewList(items ...any) List { return &array{items: items} }

// NewArray is a list of a JSON document: it prints as JSON.
func NewArray(items ...any) List { return &array{items: items, kind: jsonArray} }

// A decimal is a number of a JSON document as somebody else keeps it: the text of it, and whether it is whole.
type decimal interface {
	IsInteger() bool
	String() string
}

// normal is a value as the package calculates with it: integers are int64 or *big.Int.
func normal(v any) any {
	switch v := v.(type) {
	case int:
		return int64(v)
	case json.Number:
		return parseNumber(string(v))
	case decimal:
		return parseNumber(v.String())
	default:
		return v
	}
}

// parseNumber reads a number: an integer of any size, or a Java double.
func parseNumber(text string) any {
	if strings.ContainsAny(text, ".eE") {
		return parseDouble(text)
	}
	return parseInteger(text)
}

// parseInteger is an int64 or, if it does not fit, a *big.Int.
func parseInteger(text string) any {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	n, ok := new(big.Int).SetString(text, 10)
	switch {
	case !ok:
		return nil
	case n.IsInt64():
		return n.Int64()
	default:
		return n
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
	a.items = append(a.items, nil)
	copy(a.items[i+1:], a.items[i:])
	a.items[i] = value
}

// Delete removes an element.
func (a *array) Delete(i int) {
	copy(a.items[i:], a.items[i+1:])
	a.items[len(a.items)-1] = nil
	a.items = a.items[:len(a.items)-1]
}
