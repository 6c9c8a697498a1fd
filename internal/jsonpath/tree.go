package jsonpath

import (
	"iter"
	"slices"
)

// An Object is a JSON object whose members can change. It keeps them in the order in which their keys were first put, as
// a Java LinkedHashMap does; a key that is put again has its value replaced and stays where it is. Keys are
// case-sensitive. The zero Object is empty. It is not safe for concurrent use.
type Object struct {
	entries []entry
	places  map[string]int // where the key of each entry stands, once there are many
	gone    int            // entries that were deleted and leave a gap
}

// An entry is a member of an [Object], or the gap it left.
type entry struct {
	key   string
	value any
	gone  bool
}

// few entries are found sooner by looking at each than by hashing.
const few = 12

// Len is the number of members.
func (o *Object) Len() int { return len(o.entries) - o.gone }

// Get is the value of a member, and whether there is one.
func (o *Object) Get(key string) (any, bool) {
	if i := o.place(key); i >= 0 {
		return o.entries[i].value, true
	}
	return nil, false
}

// Put replaces the value of a member, or adds one behind all others.
func (o *Object) Put(key string, value any) {
	if i := o.place(key); i >= 0 {
		o.entries[i].value = value
		return
	}
	o.entries = append(o.entries, entry{key: key, value: value})
	switch {
	case o.places != nil:
		o.places[key] = len(o.entries) - 1
	case len(o.entries) > few:
		o.close()
	}
}

// Delete removes a member, if there is one.
func (o *Object) Delete(key string) {
	i := o.place(key)
	if i < 0 {
		return
	}
	if o.places == nil {
		o.entries = slices.Delete(o.entries, i, i+1)
		return
	}
	o.entries[i] = entry{gone: true}
	o.gone++
	delete(o.places, key)
	if o.gone > len(o.entries)/2 {
		o.close()
	}
}

// Keys are the keys of all members, in order.
func (o *Object) Keys() []string {
	keys := make([]string, 0, o.Len())
	for key := range o.all {
		keys = append(keys, key)
	}
	return keys
}

// String is o as Java prints a map: see [AppendText].
func (o *Object) String() string { return string(AppendText(nil, o, maxText)) }

// all yields the members in order.
func (o *Object) all(yield func(string, any) bool) {
	for i := range o.entries {
		if e := &o.entries[i]; !e.gone && !yield(e.key, e.value) {
			return
		}
	}
}

// place is where the entry of a key stands, or -1.
func (o *Object) place(key string) int {
	if o.places == nil {
		return slices.IndexFunc(o.entries, func(e entry) bool { return e.key == key })
	}
	if i, ok := o.places[key]; ok {
		return i
	}
	return -1
}

// close closes the gaps and notes anew where the keys stand.
func (o *Object) close() {
	o.entries = slices.DeleteFunc(o.entries, func(e entry) bool { return e.gone })
	o.places, o.gone = make(map[string]int, len(o.entries)), 0
	for i := range o.entries {
		o.places[o.entries[i].key] = i
	}
}

// An Array is a JSON array whose items can change. The zero Array is empty. It is not safe for concurrent use.
type Array struct{ items []any }

// NewArray is an array of the items given, which it takes over.
func NewArray(items ...any) *Array { return &Array{items} }

// Len is the number of items.
func (a *Array) Len() int { return len(a.items) }

// At is the item i, or nil if there is none.
func (a *Array) At(i int) any {
	if uint(i) >= uint(len(a.items)) {
		return nil
	}
	return a.items[i]
}

// Set replaces the item i, if there is one.
func (a *Array) Set(i int, value any) {
	if uint(i) < uint(len(a.items)) {
		a.items[i] = value
	}
}

// Insert puts an item before the item i, or behind the last if i is [Array.Len]; anywhere else it does nothing.
func (a *Array) Insert(i int, value any) {
	if uint(i) <= uint(len(a.items)) {
		a.items = slices.Insert(a.items, i, value)
	}
}

// Delete removes the item i, if there is one.
func (a *Array) Delete(i int) {
	if uint(i) < uint(len(a.items)) {
		a.items = slices.Delete(a.items, i, i+1)
	}
}

// String is a as API Gateway prints a list: see [AppendText].
func (a *Array) String() string { return string(AppendText(nil, a, maxText)) }

// A mapping is an object of whatever package: [Object] is one.
type mapping interface {
	Len() int
	Get(key string) (any, bool)
	Keys() []string
}

// A list is an array of whatever package: [Array] is one.
type list interface {
	Len() int
	At(i int) any
}

// membersIn yields the members of an object in order.
func membersIn(m mapping) iter.Seq2[string, any] {
	if o, ok := m.(*Object); ok {
		return o.all
	}
	return func(yield func(string, any) bool) {
		for _, key := range m.Keys() {
			if value, ok := m.Get(key); ok && !yield(key, value) {
				return
			}
		}
	}
}
