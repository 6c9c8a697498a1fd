package vtl

// table is the map that a method is called on.
func (c invocation) table() Map { m, _ := c.self.(Map); return m }

// mapMethods are those of java.util.Map.
var mapMethods = methods{
	"clear": {{"", func(c invocation) (any, error) {
		for _, e := range append([]entry(nil), entriesOf(c.table())...) {
			if err := c.removeKey(e.key); err != nil {
				return nil, err
			}
		}
		return nil, nil
	}}},
	"containsKey": {{"o", func(c invocation) (any, error) {
		_, ok := get(c.table(), c.args[0])
		return ok, nil
	}}},
	"containsValue": {{"o", func(c invocation) (any, error) {
		for _, e := range entriesOf(c.table()) {
			if same, err := c.r.equals(normal(e.value), c.args[0], c.r.limits.Depth); same || err != nil {
				return same, err
			}
		}
		return false, nil
	}}},
	"entrySet": {{"", func(c invocation) (any, error) {
		return c.each(func(e entry) any { return &mapEntry{entry: e, owner: c.table()} })
	}}},
	"get": {{"o", func(c invocation) (any, error) {
		v, _ := get(c.table(), c.args[0])
		return v, nil
	}}},
	"getOrDefault": {{"oo", func(c invocation) (any, error) {
		if v, ok := get(c.table(), c.args[0]); ok {
			return v, nil
		}
		return c.args[1], nil
	}}},
	"isEmpty": {{"", func(c invocation) (any, error) { return c.table().Len() == 0, nil }}},
	"keySet":  {{"", func(c invocation) (any, error) { return c.each(func(e entry) any { return e.key }) }}},
	"put": {{"oo", func(c invocation) (any, error) {
		old, _ := get(c.table(), c.args[0])
		return old, c.r.put(c.table(), c.args[0], c.args[1])
	}}},
	"putAll": {{"m", func(c invocation) (any, error) {
		from, _ := c.args[0].(Map)
		for _, e := range entriesOf(from) {
			if err := c.r.step(); err != nil {
				return nil, err
			}
			if err := c.r.put(c.table(), e.key, normal(e.value)); err != nil {
				return nil, err
			}
		}
		return nil, nil
	}}},
	"putIfAbsent": {{"oo", func(c invocation) (any, error) {
		if old, _ := get(c.table(), c.args[0]); old != nil {
			return old, nil
		}
		return nil, c.r.put(c.table(), c.args[0], c.args[1])
	}}},
	"remove": {{"o", func(c invocation) (any, error) {
		old, _ := get(c.table(), c.args[0])
		return old, c.removeKey(c.args[0])
	}}},
	"size":   {{"", func(c invocation) (any, error) { return int64(c.table().Len()), nil }}},
	"values": {{"", func(c invocation) (any, error) { return c.each(func(e entry) any { return e.value }) }}},
}

// removeKey deletes a key of any type.
func (c invocation) removeKey(key any) error {
	if err := c.r.work(c.table().Len()/itemsPerStep + 1); err != nil {
		return err
	}
	if own, ok := c.table().(*table); ok {
		own.remove(key)
	} else if name, ok := key.(string); ok {
		c.table().Delete(name)
	}
	return nil
}

// each lists something of all entries.
func (c invocation) each(of func(e entry) any) (any, error) {
	entries := entriesOf(c.table())
	if err := c.r.work(len(entries)); err != nil {
		return nil, err
	}
	if err := c.r.hold(mapItemBytes * (len(entries) + 1)); err != nil {
		return nil, err
	}
	items := make([]any, len(entries))
	for i, e := range entries {
		items[i] = of(e)
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
			own.put(e.key, e.value)
		} else if name, ok := e.key.(string); ok {
			e.owner.Put(name, e.value)
		}
		return old, nil
	default:
		return nil, ErrNoMethod
	}
}
