package cluster

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/store"
)

// Author is who asked for a write, and by which operation; both go into the log.
type Author struct{ Principal, Operation string }

// Objects are all definitions, in memory as the log says they are. Reads see every write that has returned. It is safe
// for concurrent use.
type Objects struct {
	log   *store.Log
	vault *vault // used while write is held
	now   func() time.Time

	write    sync.Mutex // held over a whole write; taken before mu
	watchers []func(changed []gateway.Key)

	mu    sync.RWMutex // guards state, which only changes while write is held too
	state state

	broken atomic.Pointer[error] // why the log refuses writes for good
}

// load builds the state from the log.
func load(ctx context.Context, log *store.Log, vault *vault) (*Objects, error) {
	o := &Objects{log: log, vault: vault, now: time.Now, state: newState()}
	for record, err := range log.Replay(ctx) {
		if err == nil {
			err = vault.open(&record)
		}
		if err != nil {
			return nil, fmt.Errorf("read definitions: %w", err)
		}
		o.state.apply(record.Revision, record.Changes)
	}
	return o, nil
}

// Watch has a function called with the keys of each write from now on, one write after the other, before the write returns.
// The function may read objects, and must not write any.
func (o *Objects) Watch(changed func(keys []gateway.Key)) {
	o.write.Lock()
	defer o.write.Unlock()
	o.watchers = append(o.watchers, changed)
}

// Get is the object under a key.
func (o *Objects) Get(key gateway.Key) (Object, bool) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.state.get(key)
}

// List are the members of a collection ("apis/a1/routes") in order of creation.
func (o *Objects) List(collection gateway.Key) []Object {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.state.list(collection)
}

// Revision is how many writes there have been: the revision, in the log, of the last one that Get and List show.
func (o *Objects) Revision() uint64 {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.state.revision
}

// below are the keys of all objects that stand below a key.
func (o *Objects) below(key gateway.Key) []gateway.Key {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.state.paths.below(key)
}

// Update runs fn and writes what it has put and deleted: all of it, durably, before Update returns, or nothing if fn or
// the log returns an error. Writes run one at a time. A fn that changes nothing writes nothing.
func (o *Objects) Update(ctx context.Context, author Author, fn func(*Tx) error) error {
	o.write.Lock()
	defer o.write.Unlock()
	tx := &Tx{objects: o, pending: map[gateway.Key]int{}, paths: tree{}}
	if err := fn(tx); err != nil {
		return err
	}
	if len(tx.changes) == 0 {
		return nil
	}
	if err := o.commit(ctx, author, tx.changes); err != nil {
		return err
	}
	keys := make([]gateway.Key, len(tx.changes))
	for i, change := range tx.changes {
		keys[i] = change.Key
	}
	for _, changed := range o.watchers {
		changed(keys)
	}
	return nil
}

// commit brings changes into the log and then into the state.
func (o *Objects) commit(ctx context.Context, author Author, changes []store.Change) error {
	sealed, err := o.vault.seal(changes)
	if err != nil {
		return err
	}
	record, err := o.log.Append(ctx, store.Record{
		Time: o.now().UTC(), Principal: author.Principal, Operation: author.Operation, Changes: sealed,
	})
	if err != nil {
		return o.refuse(err)
	}
	o.vault.passed(&record)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.state.apply(record.Revision, changes)
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
