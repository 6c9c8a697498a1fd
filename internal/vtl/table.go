package vtl

// smallTable is the number of entries up to which a table is searched from its start.
const smallTable = 8

// A table is a map of our own. In Java keys have a type: 1 is not "1".
type table struct {
	entries []entry
	places  map[any]int // of the keys in entries; nil while small
}

// An entry is a key with its value; it is also what entrySet returns.
type entry struct{ key, value any }

// textKey stands for a key that Go cannot compare, such as a list.
type textKey string

// comparable is a key as places has it.
func comparableKey(key any) any {
	switch key.(type) {
	case string, int64, float64, bool, nil:
		return key
	default:
		p := printer{limit: defaultOutput, depth: defaultDepth}
		_ = p.value(key) // what does not fit is cut: such keys are the same
		return textKey(p.out)
	}
}

// place is where a key is in the entries.
func (t *table) place(key any) (int, bool) {
	key = comparableKey(key)
	if t.places != nil {
		i, ok := t.places[key]
		return i, ok
	}
	for i := range t.entries {
		if comparableKey(t.entries[i].key) == key {
			return i, true
		}
	}
	return 0, false
}

func (t *table) find(key any) (any, bool) {
	i, ok := t.place(key)
	if !ok {
		return nil, false
	}
	return t.entries[i].value, true
}

// put sets the value of a key of any type; a new one is the last.
func (t *table) put(key, value any) {
	if i, ok := t.place(key); ok {
		t.entries[i].value = value
		return
	}
	t.entries = append(t.entries, entry{key: key, value: value})
	switch {
	case t.places != nil:
		t.places[comparableKey(key)] = len(t.entries) - 1
	case len(t.entries) > smallTable:
		t.index()
	}
}

// index notes the place of each key, once there are too many to look through.
func (t *table) index() {
	t.places = make(map[any]int, 2*len(t.entries))
	for i := range t.entries {
		t.places[comparableKey(t.entries[i].key)] = i
	}
}

// remove deletes a key. The places of those behind it change, so they are noted anew.
func (t *table) remove(key any) {
	i, ok := t.place(key)
	if !ok {
		return
	}
	t.entries = append(t.entries[:i], t.entries[i+1:]...)
	if t.places != nil {
		t.index()
	}
}

// Len is the number of entries.
func (t *table) Len() int { return len(t.entries) }

// Get is the value of a key. It makes no interface of the key, which would be an allocation.
func (t *table) Get(key string) (any, bool) {
	if t.places != nil {
		return t.find(key)
	}
	for i := range t.entries {
		if own, ok := t.entries[i].key.(string); ok && own == key {
			return t.entries[i].value, true
		}
	}
	return nil, false
}

// Put sets the value of a key; a new key is the last.
func (t *table) Put(key string, value any) { t.put(key, value) }

// Delete removes a key.
func (t *table) Delete(key string) { t.remove(key) }

// Keys are the keys that are strings, in order.
func (t *table) Keys() []string {
	keys := make([]string, 0, len(t.entries))
	for i := range t.entries {
		if key, ok := t.entries[i].key.(string); ok {
			keys = append(keys, key)
		}
	}
	return keys
}

// entriesOf are the entries of any map, in order.
func entriesOf(m Map) []entry {
	if t, ok := m.(*table); ok {
		return t.entries
	}
	keys := m.Keys()
	entries := make([]entry, len(keys))
	for i, key := range keys {
		v, _ := m.Get(key)
		entries[i] = entry{key: key, value: normal(v)}
	}
	return entries
}

// get is the value of a key of any type in any map.
func get(m Map, key any) (any, bool) {
	if t, ok := m.(*table); ok {
		v, ok := t.find(key)
		return normal(v), ok
	}
	name, ok := key.(string)
	if !ok {
		return nil, false
	}
	v, ok := m.Get(name)
	if !ok {
		return nil, false
	}
	return normal(v), true
}

// getText is the value of a key that is a string, or nil.
func getText(m Map, key string) any {
	v, ok := m.Get(key)
	if !ok {
		return nil
	}
	return normal(v)
}

// put sets the value of a key of any type in any map; one that is not ours has only strings for keys.
func (r *run) put(m Map, key, value any) error {
	if err := r.hold(mapItemBytes); err != nil {
		return err
	}
	if t, ok := m.(*table); ok {
		t.put(key, value)
		return nil
	}
	name, err := r.text(key)
	if err == nil {
		m.Put(name, value)
	}
	return err
}
