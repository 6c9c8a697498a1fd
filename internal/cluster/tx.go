package cluster

import (
	"encoding/json"
	"fmt"
	"slices"

	"gangway/internal/gateway"
	"gangway/internal/store"
)

// Tx is a write in the making. It reads what it has itself put and deleted. Only the function given to [Objects.Update]
// uses it, and only until it returns.
type Tx struct {
	objects *Objects
	changes []store.Change
	pending map[gateway.Key]int // where in changes a key is
	paths   tree                // to the keys that were put
}

// Get is the object under a key.
func (tx *Tx) Get(key gateway.Key) (Object, bool) {
	object, ok := tx.objects.Get(key)
	if i, changed := tx.pending[key]; changed {
		object.Key, object.Value = key, tx.changes[i].Value
		ok = object.Value != nil
	}
	return object, ok
}

// List are the members of a collection, in order of creation.
func (tx *Tx) List(collection gateway.Key) []Object {
	list := tx.objects.List(collection)
	if len(tx.changes) == 0 {
		return list
	}
	kept := list[:0]
	for _, object := range list {
		if i, ok := tx.pending[object.Key]; ok {
			object.Value = tx.changes[i].Value
		}
		if object.Value != nil {
			kept = append(kept, object)
		}
	}
	return append(kept, tx.created(collection)...)
}

// created are the members of a collection that are not there but for this write.
func (tx *Tx) created(collection gateway.Key) []Object {
	var places []int
	for key := range tx.paths[collection] {
		if i, ok := tx.pending[key]; ok && tx.changes[i].Value != nil {
			places = append(places, i)
		}
	}
	slices.Sort(places)
	var list []Object
	for _, i := range places {
		change := tx.changes[i]
		if _, ok := tx.objects.Get(change.Key); !ok {
			list = append(list, Object{Key: change.Key, Value: change.Value})
		}
	}
	return list
}

// Put creates or replaces an object.
func (tx *Tx) Put(key gateway.Key, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode %s: %w", key, err)
	}
	tx.change(store.Change{Key: key, Value: text})
	tx.paths.add(key)
	return nil
}

// Delete removes an object, if it is there, and all that stands below it.
func (tx *Tx) Delete(key gateway.Key) {
	below := append(tx.objects.below(key), tx.paths.below(key)...)
	slices.Sort(below) // so that the same write is the same record
	slices.Reverse(below)
	for _, k := range append(slices.Compact(below), key) {
		if _, ok := tx.Get(k); ok {
			tx.change(store.Change{Key: k})
		}
	}
}

// change notes a change, in place of an earlier one of the same key.
func (tx *Tx) change(change store.Change) {
	if i, ok := tx.pending[change.Key]; ok {
		tx.changes[i] = change
		return
	}
	tx.pending[change.Key] = len(tx.changes)
	tx.changes = append(tx.changes, change)
}
