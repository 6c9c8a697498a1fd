package vtl

// items is the list that a method is called on.
func (c invocation) items() List { l, _ := c.self.(List); return l }

// collectionMethods are those of java.util.Collection that do not change it.
var collectionMethods = methods{
	"contains": {{"o", func(c invocation) (any, error) {
		i, err := c.r.indexIn(c.items(), c.args[0])
		return i >= 0, err
	}}},
	"containsAll": {{"l", func(c invocation) (any, error) {
		for i := range c.list(0).Len() {
			if at, err := c.r.indexIn(c.items(), normal(c.list(0).At(i))); at < 0 || err != nil {
				return false, err
			}
		}
		return true, nil
	}}},
	"count":    {{"", func(c invocation) (any, error) { return int64(c.items().Len()), nil }}},
	"isEmpty":  {{"", func(c invocation) (any, error) { return c.items().Len() == 0, nil }}},
	"iterator": {{"", func(c invocation) (any, error) { return &iterator{list: c.items()}, nil }}},
	"size":     {{"", func(c invocation) (any, error) { return int64(c.items().Len()), nil }}},
	"toArray":  {{"", func(c invocation) (any, error) { return c.copied(0, c.items().Len()) }}},
}

// listMethods are those of java.util.List besides.
var listMethods = methods{
	"add": {
		{"o", func(c invocation) (any, error) { return true, c.insert(c.items().Len(), c.args[0]) }},
		{"io", func(c invocation) (any, error) { return nil, c.insert(c.int(0), c.args[1]) }},
	},
	"addAll": {
		{"l", func(c invocation) (any, error) { return c.insertAll(c.items().Len(), c.list(0)) }},
		{"il", func(c invocation) (any, error) { return c.insertAll(c.int(0), c.list(1)) }},
	},
	"clear": {{"", func(c invocation) (any, error) {
		for l := c.items(); l.Len() > 0; {
			l.Delete(l.Len() - 1)
		}
		return nil, nil
	}}},
	"get": {{"i", func(c invocation) (any, error) {
		i, err := c.place(c.int(0), 0)
		if err != nil {
			return nil, err
		}
		return normal(c.items().At(i)), nil
	}}},
	"indexOf": {{"o", func(c invocation) (any, error) {
		i, err := c.r.indexIn(c.items(), c.args[0])
		return int64(i), err
	}}},
	"lastIndexOf": {{"o", func(c invocation) (any, error) {
		for i := c.items().Len() - 1; i >= 0; i-- {
			if same, err := c.r.equals(normal(c.items().At(i)), c.args[0], c.r.limits.Depth); same || err != nil {
				return int64(i), err
			}
		}
		return int64(-1), nil
	}}},
	"remove": {
		{"i", func(c invocation) (any, error) {
			i, err := c.place(c.int(0), 0)
			if err != nil {
				return nil, err
			}
			old := normal(c.items().At(i))
			return old, c.removeAt(i)
		}},
		{"o", func(c invocation) (any, error) {
			i, err := c.r.indexIn(c.items(), c.args[0])
			if i < 0 || err != nil {
				return false, err
			}
			return true, c.removeAt(i)
		}},
	},
	"removeAll": {{"l", func(c invocation) (any, error) { return c.keepOnly(false) }}},
	"retainAll": {{"l", func(c invocation) (any, error) { return c.keepOnly(true) }}},
	"set": {{"io", func(c invocation) (any, error) {
		i, err := c.place(c.int(0), 0)
		if err != nil {
			return nil, err
		}
		old := normal(c.items().At(i))
		c.items().Set(i, c.args[1])
		return old, nil
	}}},
	"subList": {{"ii", invocation.subList}},
}

// place is an index of the list, up to some places behind its end. Methods do not count from the end.
func (c invocation) place(i, beyond int) (int, error) {
	if n := c.items().Len(); i < 0 || i >= n+beyond {
		return 0, indexError(int64(i), n)
	}
	return i, nil
}

// insert puts an element at a place; what moves out of its way costs steps.
func (c invocation) insert(i int, v any) error {
	i, err := c.place(i, 1)
	if err != nil {
		return err
	}
	if err := c.r.work((c.items().Len() - i) / itemsPerStep); err != nil {
		return err
	}
	if err := c.r.hold(listItemBytes); err != nil {
		return err
	}
	c.items().Insert(i, v)
	return nil
}

// insertAll inserts one by one, so that each element counts against the budgets.
func (c invocation) insertAll(i int, from List) (any, error) {
	n := from.Len() // a list may be added to itself
	for k := range n {
		if err := c.r.step(); err != nil {
			return nil, err
		}
		if err := c.insert(i+k, normal(from.At(k))); err != nil {
			return nil, err
		}
	}
	return n > 0, nil
}

// removeAt deletes an element; what moves into its place costs steps.
func (c invocation) removeAt(i int) error {
	c.items().Delete(i)
	return c.r.work((c.items().Len() - i) / itemsPerStep)
}

// keepOnly keeps the elements that are in the argument, or that are not.
func (c invocation) keepOnly(inside bool) (any, error) {
	l, changed := c.items(), false
	for i := l.Len() - 1; i >= 0; i-- {
		at, err := c.r.indexIn(c.list(0), normal(l.At(i)))
		if err != nil {
			return nil, err
		}
		if at >= 0 == inside {
			continue
		}
		changed = true
		if err := c.removeAt(i); err != nil {
			return nil, err
		}
	}
	return changed, nil
}

// subList is a copy: a view, which Java returns, is not worth its cost.
func (c invocation) subList() (any, error) {
	from, to := c.int(0), c.int(1)
	if from < 0 || to > c.items().Len() || from > to {
		return nil, indexError(int64(from), c.items().Len())
	}
	return c.copied(from, to)
}

// copied is a part of the list as a new one.
func (c invocation) copied(from, to int) (any, error) {
	if err := c.r.work(to - from); err != nil {
		return nil, err
	}
	if err := c.r.hold(listItemBytes * (to - from + 1)); err != nil {
		return nil, err
	}
	items := make([]any, 0, to-from)
	for i := from; i < to; i++ {
		items = append(items, c.items().At(i))
	}
	return &array{items: items}, nil
}

// indexIn is where a list has a value, or -1.
func (r *run) indexIn(l List, v any) (int, error) {
	for i := range l.Len() {
		if same, err := r.equals(normal(l.At(i)), v, r.limits.Depth); same || err != nil {
			return i, err
		}
	}
	return -1, nil
}

// iterator is a java.util.Iterator over a list.
type iterator struct {
	list List
	next int
}

// Property has nothing.
func (*iterator) Property(string) (any, bool) { return nil, false }

// Call is hasNext or next.
func (it *iterator) Call(method string, args []any) (any, error) {
	switch {
	case method == "hasNext" && len(args) == 0:
		return it.next < it.list.Len(), nil
	case method != "next" || len(args) > 0:
		return nil, ErrNoMethod
	case it.next >= it.list.Len():
		return nil, indexError(int64(it.next), it.list.Len())
	}
	it.next++
	return it.list.At(it.next - 1), nil
}
