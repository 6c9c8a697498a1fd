package vtl

// smallTable is the number of entries up to which a table is searched from its start.
const smallTable = 8

// A table is a map of our own. In Java keys have a type: 1 is not "1".
type table struct {
	entries []entry
	places  map[any]int // of the identities in entries; nil while small
}

// An entry is a key with its value; it is also what entrySet returns.
type entry struct {
	key, value any
	text       any // a textKey for a key that Go cannot compare, else nil
}

// textKey stands for a key that Go cannot compare, such as a list: it is what the key prints as when it is put.
type textKey string

// identity is what tells a key from others.
func (e *entry) identity() any {
	if e.text != nil {
		return e.text
	}
	return e.key
}

// identify is what tells a key from others. A list or map is printed for it, and a long string is read.
func (r *run) identify(key any) (any, error) {
	switch key := key.(type) {
	case int64, float64, bool, nil:
		return key, nil
	case string:
		if len(key) < bytesPerStep {
			return key, nil
		}
		return key, r.work(len(key) / bytesPerStep)
	default:
		text, err := r.text(key)
		return textKey(text), err
	}
}

// place is where the key of an identity is in the entries.
func (t *table) place(id any) (int, bool) {
	if t.places != nil {
		i, ok := t.places[id]
		return i, ok
	}
	for i := range t.entries {
		if t.entries[i].identity() == id {
			return i, true
		}
	}
	return 0, false
}

func (t *table) find(id any) (any, bool) {
	i, ok := t.place(id)
	if !ok {
		return nil, false
	}
	return t.entries[i].value, true
}

// put sets the value of a key of any type; a new one is the last.
func (t *table) put(id, key, value any) {
	if i, ok := t.place(id); ok {
		t.entries[i].value = value
		return
	}
	e := entry{key: key, value: value}
	if text, ok := id.(textKey); ok {
		e.text = text
	}
	t.entries = append(grown(t.entries), e)
	switch {
	case t.places != nil:
		t.places[id] = len(t.entries) - 1
	case len(t.entries) > smallTable:
		t.places = make(map[any]int, 2*len(t.entries))
		for i := range t.entries {
			t.places[t.entries[i].identity()] = i
		}
	}
}

// remove deletes a key. The places of those behind it change; how many did is what it returns.
func (t *table) remove(id any) (moved int) {
	i, ok := t.place(id)
	if !ok {
		return 0
	}
	copy(t.entries[i:], t.entries[i+1:])
	t.entries[len(t.entries)-1] = entry{}
	t.entries = t.entries[:len(t.entries)-1]
	if t.places != nil {
		delete(t.places, id)
		for k := i; k < len(t.entries); k++ {
			t.places[t.entries[k].identity()] = k
		}
	}
	return len(t.entries) - i
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
func (t *table) Put(key string, value any) { t.put(key, key, value) }

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

// entries are those of any map, in order. Of a map that is not ours only the keys are listed; values are asked for one
// by one.
type entries struct {
	own  []entry
	keys []string // of from
	from Map
}

// entriesOf lists the entries of a map.
func entriesOf(m Map) entries {
	if t, ok := m.(*table); ok {
		return entries{own: t.entries}
	}
	return entries{keys: m.Keys(), from: m}
}

// entriesOf lists the entries of a map within the budgets.
func (r *run) entriesOf(m Map) (entries, error) {
	if _, own := m.(*table); !own {
		if err := r.work(m.Len() / keysPerStep); err != nil {
			return entries{}, err
		}
		if err := r.hold(keyBytes * m.Len()); err != nil {
			return entries{}, err
		}
	}
	return entriesOf(m), nil
}

func (e *entries) len() int { return len(e.own) + len(e.keys) }

func (e *entries) key(i int) any {
	if e.from == nil {
		return e.own[i].key
	}
	return e.keys[i]
}

func (e *entries) value(i int) any {
	if e.from == nil {
		return normal(e.own[i].value)
	}
	v, _ := e.from.Get(e.keys[i])
	return normal(v)
}

// at is an entry as entrySet has it.
func (e *entries) at(i int) entry {
	if e.from == nil {
		return e.own[i]
	}
	return entry{key: e.key(i), value: e.value(i)}
}

// get is the value of a key of any type in any map.
func (r *run) get(m Map, key any) (v any, ok bool, err error) {
	id, err := r.identify(key)
	if err != nil {
		return nil, false, err
	}
	if t, own := m.(*table); own {
		v, ok = t.find(id)
	} else if name, isText := key.(string); isText {
		v, ok = m.Get(name)
	}
	return normal(v), ok, nil
}

// getText is the value of a key that is a string, or nil.
func getText(m Map, key string) any {
	v, ok := m.Get(key)
	if !ok {
		return nil
	}
	return normal(v)
}

// put sets the value of a key of any type in any map; one that is not ours has only strings for keys, and may take more
// for each.
func (r *run) put(m Map, key, value any) error {
	t, own := m.(*table)
	if own {
		id, err := r.identify(key)
		if err == nil {
			err = r.hold(mapItemBytes)
		}
		if err == nil {
			t.put(id, key, value)
		}
		return err
	}
	name, err := r.text(key)
	if err == nil {
		err = r.work(1 + len(name)/bytesPerStep)
	}
	if err == nil {
		err = r.hold(foreignItemBytes)
	}
	if err == nil {
		m.Put(name, value)
	}
	return err
}

// grown makes room for one more item. append alone would copy more often.
func grown[T any](items []T) []T {
	if len(items) < cap(items) {
		return items
	}
	return append(make([]T, 0, max(2, 2*len(items))), items...)
}
