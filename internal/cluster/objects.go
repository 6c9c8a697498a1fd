package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/store"
)

// Object is a definition as it is stored.
type Object struct {
	Key   gateway.Key
	Value json.RawMessage
	// Order says when the object was created, relative to all others; lists are in this order, and it never changes.
	Order uint64
}

// Author is who asked for a write, and by which operation; both go into the log.
type Author struct{ Principal, Operation string }

// Objects are all definitions, in memory as the log says they are. Reads see every write that has returned. It is safe
// for concurrent use.
type Objects struct {
	log *store.Log
	now func() time.Time

	write sync.Mutex // held over a whole write; taken before mu

	mu       sync.RWMutex // guards what follows
	byKey    map[gateway.Key]Object
	byParent map[gateway.Key][]gateway.Key // collection -> members, in order of creation
	next     uint64                        // the Order of the next object

	broken atomic.Pointer[error] // why the log refuses writes for good

	watchers []func(changed []gateway.Key) // fixed before the first write
}

// load builds the state from the log.
func load(ctx context.Context, log *store.Log) (*Objects, error) {
	o := &Objects{log: log, now: time.Now, byKey: map[gateway.Key]Object{}, byParent: map[gateway.Key][]gateway.Key{}}
	for record, err := range log.Replay(ctx) {
		if err != nil {
			return nil, fmt.Errorf("read definitions: %w", err)
		}
		o.apply(record.Changes)
	}
	return o, nil
}

// Watch has a function called with the keys of each write, one write after the other, before the write returns. All
// watchers are registered before the first write.
func (o *Objects) Watch(changed func(keys []gateway.Key)) { o.watchers = append(o.watchers, changed) }

// Get is the object under a key.
func (o *Objects) Get(key gateway.Key) (Object, bool) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	object, ok := o.byKey[key]
	return object, ok
}

// List are the members of a collection ("apis/a1/routes") in order of creation.
func (o *Objects) List(collection gateway.Key) []Object {
	o.mu.RLock()
	defer o.mu.RUnlock()
	members := o.byParent[collection]
	list := make([]Object, len(members))
	for i, key := range members {
		list[i] = o.byKey[key]
	}
	return list
}

// Update runs fn and writes what it has put and deleted: all of it, durably, before Update returns, or nothing if fn or
// the log returns an error. Writes run one at a time. A fn that changes nothing writes nothing.
func (o *Objects) Update(ctx context.Context, author Author, fn func(*Tx) error) error {
	o.write.Lock()
	defer o.write.Unlock()
	tx := &Tx{objects: o, pending: map[gateway.Key]int{}}
	if err := fn(tx); err != nil {
		return err
	}
	if len(tx.changes) == 0 {
		return nil
	}
	record := store.Record{
		Time: o.now().UTC(), Principal: author.Principal, Operation: author.Operation, Changes: tx.changes,
	}
	if _, err := o.log.Append(ctx, record); err != nil {
		return o.refuse(err)
	}
	o.mu.Lock()
	o.apply(tx.changes)
	o.mu.Unlock()
	keys := make([]gateway.Key, len(tx.changes))
	for i, change := range tx.changes {
		keys[i] = change.Key
	}
	for _, changed := range o.watchers {
		changed(keys)
	}
	return nil
}

// refuse words an error of the log. A broken log stays broken until the node starts again.
func (o *Objects) refuse(err error) error {
	switch {
	case errors.Is(err, store.ErrBroken):
		o.broken.Store(&err)
		return gateway.Errorf(gateway.ErrUnavailable, "Definitions cannot be written until the node is started again: %v", err)
	case errors.Is(err, store.ErrFull), errors.Is(err, store.ErrLocked), errors.Is(err, store.ErrClosed):
		return gateway.Errorf(gateway.ErrUnavailable, "Definitions cannot be written now: %v", err)
	case errors.Is(err, store.ErrInvalid):
		return gateway.Errorf(gateway.ErrTooLarge, "The change cannot be stored: %v", err)
	default:
		return fmt.Errorf("write definitions: %w", err)
	}
}

// Broken is why nothing can be written any more; nil if writing works.
func (o *Objects) Broken() error {
	if err := o.broken.Load(); err != nil {
		return *err
	}
	return nil
}

// apply makes the state follow a record. The caller holds mu, or is alone.
func (o *Objects) apply(changes []store.Change) {
	for _, change := range changes {
		collection := change.Key.Up()
		old, exists := o.byKey[change.Key]
		switch {
		case change.Value == nil:
			delete(o.byKey, change.Key)
			o.byParent[collection] = slices.DeleteFunc(o.byParent[collection],
				func(key gateway.Key) bool { return key == change.Key })
			if len(o.byParent[collection]) == 0 {
				delete(o.byParent, collection)
			}
		case exists:
			o.byKey[change.Key] = Object{Key: change.Key, Value: change.Value, Order: old.Order}
		default:
			o.next++
			o.byKey[change.Key] = Object{Key: change.Key, Value: change.Value, Order: o.next}
			o.byParent[collection] = append(o.byParent[collection], change.Key)
		}
	}
}
