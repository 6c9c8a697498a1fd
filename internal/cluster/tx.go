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
}

// Get is the object under a key.
func (tx *Tx) Get(key gateway.Key) (Object, bool) {
	if i, ok := tx.pending[key]; ok {
		change := tx.changes[i]
		return Object{Key: key, Value: change.Value}, change.Value != nil
	}
	return tx.objects.Get(key)
}

// List are the members of a collection, in order of creation.
func (tx *Tx) List(collection gateway.Key) []Object {
	var list []Object
	listed := map[gateway.Key]bool{}
	for _, object := range tx.objects.List(collection) {
		listed[object.Key] = true
		if i, ok := tx.pending[object.Key]; ok {
			object.Value = tx.changes[i].Value
		}
		if object.Value != nil {
			list = append(list, object)
		}
	}
	for _, change := range tx.changes {
		if change.Value != nil && change.Key.Up() == collection && !listed[change.Key] {
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
	return nil
}

// Delete removes an object and all that stands below it.
func (tx *Tx) Delete(key gateway.Key) {
	tx.objects.mu.RLock()
	var below []gateway.Key
	for candidate := range tx.objects.byKey {
		if candidate != key && candidate.Within(key) {
			below = append(below, candidate)
		}
	}
	tx.objects.mu.RUnlock()
	slices.Sort(below) // so that the same write is the same record
	slices.Reverse(below)
	for _, k := range append(below, key) {
		tx.change(store.Change{Key: k})
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
