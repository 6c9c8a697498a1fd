package vtl

// table is the map that a method is called on.
func (c invocation) table() Map { m, _ := c.self.(Map); return m }

// mapMethods are those of java.util.Map.
var mapMethods = methods{
	"clear":         {{"", invocation.clearMap}},
	"containsKey":   {{"o", func(c invocation) (any, error) { _, ok, err := c.r.get(c.table(), c.args[0]); return ok, err }}},
	"containsValue": {{"o", invocation.containsValue}},
	"entrySet": {{"", func(c invocation) (any, error) {
		return c.each(func(all *entries, i int) any { return &mapEntry{entry: all.at(i), owner: c.table()} })
	}}},
	"get": {{"o", func(c invocation) (any, error) { v, _, err := c.r.get(c.table(), c.args[0]); return v, err }}},
	"getOrDefault": {{"oo", func(c invocation) (any, error) {
		if v, ok, err := c.r.get(c.table(), c.args[0]); ok || err != nil {
			return v, err
		}
		return c.args[1], nil
	}}},
	"isEmpty": {{"", func(c invocation) (any, error) { return c.table().Len() == 0, nil }}},
	"keySet":  {{"", func(c invocation) (any, error) { return c.each((*entries).key) }}},
	"put": {{"oo", func(c invocation) (any, error) {
		old, _, err := c.r.get(c.table(), c.args[0])
		if err != nil {
			return nil, err
		}
		return old, c.r.put(c.table(), c.args[0], c.args[1])
	}}},
	"putAll": {{"m", invocation.putAll}},
	"putIfAbsent": {{"oo", func(c invocation) (any, error) {
		if old, _, err := c.r.get(c.table(), c.args[0]); old != nil || err != nil {
			return old, err
		}
		return nil, c.r.put(c.table(), c.args[0], c.args[1])
	}}},
	"remove": {{"o", func(c invocation) (any, error) {
		old, _, err := c.r.get(c.table(), c.args[0])
		if err != nil {
			return nil, err
		}
		return old, c.removeKey(c.args[0])
	}}},
	"size":   {{"", func(c invocation) (any, error) { return int64(c.table().Len()), nil }}},
	"values": {{"", func(c invocation) (any, error) { return c.each((*entries).value) }}},
}

// clearMap removes all keys.
func (c invocation) clearMap() (any, error) {
	if own, ok := c.table().(*table); ok {
		own.entries, own.places = nil, nil
		return nil, nil
	}
	all, err := c.r.entriesOf(c.table())
	for i := 0; i < all.len() && err == nil; i++ {
		err = c.removeKey(all.key(i))
	}
	return nil, err
}

// containsValue looks at one value after the other.
func (c invocation) containsValue() (any, error) {
	all, err := c.r.entriesOf(c.table())
	for i := 0; i < all.len() && err == nil; i++ {
		var same bool
		if same, err = c.r.equals(all.value(i), c.args[0], c.r.limits.Depth); same {
			return true, err
		}
	}
	return false, err
}

// putAll takes over the entries of another map.
func (c invocation) putAll() (any, error) {
	from, _ := c.args[0].(Map)
	all, err := c.r.entriesOf(from)
	for i := 0; i < all.len() && err == nil; i++ {
		if err = c.r.step(); err == nil {
			err = c.r.put(c.table(), all.key(i), all.value(i))
		}
	}
	return nil, err
}

// removeKey deletes a key of any type; those that change their places cost steps.
func (c invocation) removeKey(key any) error {
	own, ok := c.table().(*table)
	if !ok {
		if name, ok := key.(string); ok {
			c.table().Delete(name)
		}
		return c.r.work(1 + c.table().Len()/itemsPerStep)
	}
	id, err := c.r.identify(key)
	if err != nil {
		return err
	}
	return c.r.work(1 + own.remove(id)/placesPerStep)
}

// each lists something of all entries.
func (c invocation) each(of func(all *entries, i int) any) (any, error) {
	all, err := c.r.entriesOf(c.table())
	if err != nil {
		return nil, err
	}
	if err := c.r.work(all.len()); err != nil {
		return nil, err
	}
	if err := c.r.hold(mapItemBytes * (all.len() + 1)); err != nil {
		return nil, err
	}
	items := make([]any, all.len())
	for i := range items {
		items[i] = of(&all, i)
	}
	return &array{items: items, kind: collection}, nil
}

// mapEntry is a java.util.Map.Entry.
type mapEntry struct {
	entry
	owner Map
}

// print prints key=value, as AbstractMap.SimpleEntry does.
func (e *mapEntry) print(p *printer) error {
	if err := p.value(normal(e.key)); err != nil {
		return err
	}
	p.out = append(p.out, '=')
	return p.value(normal(e.value))
}

// Property is the key or the value.
func (e *mapEntry) Property(name string) (any, bool) {
	switch name {
	case "key":
		return e.key, true
	case "value":
		return e.value, true
	default:
		return nil, false
	}
}

// Call is getKey, getValue or setValue.
func (e *mapEntry) Call(method string, args []any) (any, error) {
	switch {
	case method == "getKey" && len(args) == 0:
		return e.key, nil
	case method == "getValue" && len(args) == 0:
		return e.value, nil
	case method == "setValue" && len(args) == 1:
		old := e.value
		e.value = args[0]
		if own, ok := e.owner.(*table); ok {
			own.put(e.identity(), e.key, e.value)
		} else if name, ok := e.key.(string); ok {
			e.owner.Put(name, e.value)
		}
		return old, nil
	default:
		return nil, ErrNoMethod
	}
}
