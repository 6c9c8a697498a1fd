package vtl

import (
	"math/big"
	"sync/atomic"
)

// An overload is a method by the kinds of its arguments, one letter each: s string, i integer, n number, b boolean,
// l list, m map, o anything.
type overload struct {
	params string
	run    func(c invocation) (any, error)
}

// methods are the methods of a kind of value by name.
type methods map[string][]overload

// An invocation is a method that is called.
type invocation struct {
	r    *run
	self any
	args []any
	memo *memo
}

// memo is what a place in a template keeps from one call to the next.
type memo struct{ pattern atomic.Pointer[pattern] }

// string and list are arguments that the parameters of the overload vouch for.
func (c invocation) string(i int) string { s, _ := c.args[i].(string); return s }
func (c invocation) list(i int) List     { l, _ := c.args[i].(List); return l }

// int is an argument as Java's int. What does not fit is out of any range.
func (c invocation) int(i int) int {
	n, _ := c.args[i].(int64)
	return int(max(min(n, maxInt), minInt))
}

// call calls a method. A method that there is not is null.
func (r *run) call(self any, name string, args []any, kept *memo) (any, error) {
	if err := r.step(); err != nil {
		return nil, err
	}
	c := invocation{r: r, self: self, args: args, memo: kept}
	switch self := self.(type) {
	case string:
		if err := r.work(len(self) / bytesPerStep); err != nil {
			return nil, err
		}
		return c.from(stringMethods, name)
	case List:
		if table := listMethods; hasPlaces(self) && table[name] != nil {
			return c.from(table, name)
		}
		return c.from(collectionMethods, name)
	case Map:
		return c.from(mapMethods, name)
	case bool:
		return c.from(booleanMethods, name)
	case *longNumber:
		if anyMethods[name] != nil {
			return c.from(anyMethods, name)
		}
		var err error
		if c.self, err = r.read(self); err != nil {
			return nil, err
		}
		return c.from(numberMethods, name)
	case int64, *big.Int, float64:
		return c.from(numberMethods, name)
	case Object:
		return c.foreign(self, name)
	default:
		return c.from(anyMethods, name)
	}
}

// foreign calls an object of the caller's. What it makes is its own matter, but for strings.
func (c invocation) foreign(self Object, name string) (any, error) {
	size := 0
	for _, arg := range c.args {
		if s, ok := arg.(string); ok {
			size += len(s)
		}
	}
	if err := c.r.work(size / bytesPerStep); err != nil {
		return nil, err
	}
	var v any
	var err error
	switch self := self.(type) {
	case Util:
		v, err = c.util(self, name)
	case Charged:
		v, err = self.CallCharged(name, c.args, c.r.work)
	default:
		v, err = self.Call(name, c.args)
	}
	switch {
	case isNoMethod(err):
		return c.from(anyMethods, name)
	case err != nil:
		return nil, err
	}
	if s, ok := v.(string); ok {
		return s, c.r.hold(len(s))
	}
	return normal(v), nil
}

// util calls $util, which takes texts: what is not one is printed within the budgets.
func (c invocation) util(u Util, name string) (any, error) {
	for i, arg := range c.args {
		if _, ok := arg.(string); ok || arg == nil {
			continue
		}
		text, err := c.r.text(arg)
		if err == nil {
			err = c.r.work(len(text) / bytesPerStep)
		}
		if err != nil {
			return nil, err
		}
		c.args[i] = text
	}
	return u.call(name, c.args, c.r.hold)
}

// from looks in a table, and then among what all objects of Java have.
func (c invocation) from(table methods, name string) (any, error) {
	for _, o := range table[name] {
		if c.fits(o.params) {
			return o.run(c)
		}
	}
	for _, o := range anyMethods[name] {
		if c.fits(o.params) {
			return o.run(c)
		}
	}
	return nil, nil
}

// fits says whether the arguments are of the kinds of an overload. Nothing is converted: "1" is no index.
func (c invocation) fits(params string) bool {
	if len(params) != len(c.args) {
		return false
	}
	for i := range params {
		if !isKind(params[i], c.args[i]) {
			return false
		}
	}
	return true
}

// isKind is the meaning of one letter of overload.params.
func isKind(kind byte, v any) bool {
	ok := true
	switch kind {
	case 's':
		_, ok = v.(string)
	case 'i':
		_, ok = v.(int64)
	case 'n':
		ok = isNumber(v)
	case 'b':
		_, ok = v.(bool)
	case 'l':
		_, ok = v.(List)
	case 'm':
		_, ok = v.(Map)
	}
	return ok
}
