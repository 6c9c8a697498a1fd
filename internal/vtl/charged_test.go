package vtl_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"gangway/internal/vtl"
)

// worker is an object whose method takes the steps that it is told to take.
type worker struct{ charged *int }

func (worker) Property(string) (any, bool) { return nil, false }

func (worker) Call(string, []any) (any, error) { return nil, errors.New("not charged") }

func (w worker) CallCharged(method string, args []any, charge func(steps int) error) (any, error) {
	n, ok := args[0].(int64)
	if method != "work" || !ok {
		return nil, vtl.ErrNoMethod
	}
	if err := charge(int(n)); err != nil {
		return nil, err
	}
	if w.charged != nil {
		*w.charged += int(n)
	}
	return "done", nil
}

// TestCharged: what an object charges for is part of the budget.
func TestCharged(t *testing.T) {
	charged := 0
	vars := names{"c": worker{&charged}}
	if out, err := mustParse(t, `$c.work(500)$c.none(1)$c.work(400)`).Append(nil, vars, vtl.Limits{Steps: 1000}); string(out) != "donedone" || err != nil || charged != 900 {
		t.Errorf("%q, %v, %d steps", out, err, charged)
	}
	out, err := mustParse(t, `$c.work(500)$c.work(500)`).Append(nil, vars, vtl.Limits{Steps: 1000})
	if failure, ok := errors.AsType[*vtl.RenderError](err); !ok || !errors.Is(err, vtl.ErrLimit) || failure.Column != 13 || string(out) != "done" {
		t.Errorf("%q, %v", out, err)
	}
	done := make(chan struct{})
	close(done)
	if _, err := mustParse(t, `$c.work(5000)`).Append(nil, vars, vtl.Limits{Done: done}); !errors.Is(err, vtl.ErrCanceled) {
		t.Error(err)
	}
}

// keyed is a map that is not ours, with many keys.
type keyed struct {
	keys   []string
	values map[string]any
}

func newKeyed(n int) *keyed {
	k := &keyed{values: map[string]any{}}
	for i := range n {
		k.Put(fmt.Sprintf("k%d", i), i)
	}
	return k
}

func (k *keyed) Len() int { return len(k.keys) }

func (k *keyed) Get(key string) (any, bool) {
	v, ok := k.values[key]
	return v, ok
}

func (k *keyed) Put(key string, value any) {
	if _, ok := k.values[key]; !ok {
		k.keys = append(k.keys, key)
	}
	k.values[key] = value
}

func (k *keyed) Delete(key string) {
	delete(k.values, key)
	k.keys = slices.DeleteFunc(k.keys, func(own string) bool { return own == key })
}

func (k *keyed) Keys() []string { return slices.Clone(k.keys) }
