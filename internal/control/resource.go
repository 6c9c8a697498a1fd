package control

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"gangway/internal/cluster"
	"gangway/internal/gateway"
)

// object is what the generic operations ask of *T.
type object[T any] interface {
	*T
	gateway.Object
	Settings() any                         // the part a client may write
	Locate(key gateway.Key, now time.Time) // writes the part that is ours, and the defaults
}

// resource is a kind of object, and what is its own about it. The rest is the same for all.
type resource[T any, P object[T]] struct {
	noun  string // as messages have it
	idLen int    // length of the ids we make
	v1    bool   // lists look as version 1 has them
	// quota names the limit of how many a parent may have; empty: none.
	quota string
	// admit says whether the caller may make an object that names another, before anything is looked up; nil: yes.
	admit func(c *call, collection gateway.Key, p P) error
	// id is the name that a client gives a new object itself, where it does; nil: we make an id.
	id func(P) (string, error)
	// exists is the refusal of a name that is taken; nil: a conflict.
	exists func(id string) error
	// unique is the text that no sibling may have too, and taken the refusal of one that a sibling has; nil: none.
	unique func(P) string
	taken  func(text string) string
	// check holds an object against its surroundings, or is nil.
	check func(*call, *cluster.Tx, gateway.Key, P) error
	// free says whether an object may be deleted; nil: always.
	free func(reader, gateway.Key, P) error
	// gone tidies up after an object that has been deleted, or is nil.
	gone func(*cluster.Tx, gateway.Key) error
	// show fills in what is not stored and takes out what is not shown; nil: nothing.
	show func(*call, gateway.Key, P) error
	// pick says whether a list that was asked for by a query holds an object; nil: it does.
	pick func(*call, gateway.Key, P) bool
	// empty is what a deletion answers with; nil: nothing.
	empty any
}

// body are the structs that the body of a creation is read onto.
func (r *resource[T, P]) body() []any { return r.onto(P(new(T))) }

// onto are the parts of an object that a creation may write.
func (r *resource[T, P]) onto(p P) []any {
	onto := []any{p.Settings()}
	if o, ok := any(p).(interface{ Origin() any }); ok {
		onto = append(onto, o.Origin())
	}
	return onto
}

// create adds an object to the collection that the path names.
func (r *resource[T, P]) create() action {
	return action{body: r.body, serve: func(c *call) (any, error) {
		p := P(new(T))
		malformed := r.read(c, p) // outside of the write: others need not wait for it
		var key gateway.Key
		err := c.update(func(tx *cluster.Tx) (err error) {
			if err := c.exists(tx, c.key.Up()); err != nil {
				return err
			}
			if malformed != nil {
				return malformed
			}
			key, err = r.add(c, tx, c.key, p)
			return err
		})
		if err != nil {
			return nil, err
		}
		return r.shown(c, key, p)
	}}
}

// read reads the body of a creation.
func (r *resource[T, P]) read(c *call, p P) error {
	if numbers, ok := any(p).(interface{ Preset() }); ok {
		numbers.Preset()
	}
	return decode(c.body, r.onto(p)...)
}

// add puts a new object into a collection, if there is room.
func (r *resource[T, P]) add(c *call, tx *cluster.Tx, collection gateway.Key, p P) (gateway.Key, error) {
	if r.admit != nil {
		if err := r.admit(c, collection, p); err != nil {
			return "", err
		}
	}
	key, err := r.newKey(tx, collection, p)
	if err != nil {
		return "", err
	}
	if limit := c.Quotas[r.quota]; limit > 0 && len(tx.List(collection)) >= limit {
		within := "account"
		if collection.Up() != "" {
			within = kinds[collection.Up().Kind()].noun
		}
		return "", gateway.Errorf(gateway.ErrConflict, "Maximum number of %ss for this %s has been reached: the limit is %d. The setting --quotas %s=… raises it",
			r.noun, within, limit, r.quota)
	}
	p.Locate(key, c.Now())
	return key, r.save(c, tx, key, p)
}

// newKey is where a new object will stand.
func (r *resource[T, P]) newKey(tx *cluster.Tx, collection gateway.Key, p P) (gateway.Key, error) {
	if r.id != nil {
		id, err := r.id(p)
		if err != nil {
			return "", err
		}
		key := collection.Up().Child(collection.ID(), id)
		_, taken := tx.Get(key)
		switch {
		case taken && r.exists != nil:
			return "", r.exists(id)
		case taken:
			return "", gateway.Errorf(gateway.ErrConflict, "%s already exists", r.noun)
		}
		return key, nil
	}
	for {
		key := collection + gateway.Key("/"+gateway.NewObjectID(r.idLen))
		if _, exists := tx.Get(key); !exists {
			return key, nil
		}
	}
}

// save checks an object and puts it in its place.
func (r *resource[T, P]) save(c *call, tx *cluster.Tx, key gateway.Key, p P) error {
	if err := p.Validate(); err != nil {
		return err
	}
	for _, reference := range p.References() {
		if _, exists := tx.Get(apiOf(key) + "/" + reference); !exists {
			return gateway.Errorf(gateway.ErrNotFound, "Invalid %s identifier specified %s", kinds[reference.Kind()].noun, reference.ID())
		}
	}
	if err := r.alone(tx, key, p); err != nil {
		return err
	}
	if r.check != nil {
		if err := r.check(c, tx, key, p); err != nil {
			return err
		}
	}
	return tx.Put(key, p)
}

// alone makes sure that no sibling has what only one may have. Of many siblings few are decoded: those whose JSON has the
// text in it at all.
func (r *resource[T, P]) alone(tx *cluster.Tx, key gateway.Key, p P) error {
	if r.unique == nil {
		return nil
	}
	text := r.unique(p)
	quoted, err := json.Marshal(text)
	if err != nil {
		return fmt.Errorf("encode %s: %w", key, err)
	}
	for _, sibling := range tx.List(key.Up()) {
		if sibling.Key == key || !bytes.Contains(sibling.Value, quoted) {
			continue
		}
		other, err := r.decode(sibling)
		if err != nil {
			return err
		}
		if r.unique(other) == text {
			return gateway.Errorf(gateway.ErrConflict, "%s", r.taken(text))
		}
	}
	return nil
}

// get is the object that the path names.
func (r *resource[T, P]) get(query ...string) action {
	return action{query: query, serve: func(c *call) (any, error) {
		if err := c.exists(c.Objects, c.key); err != nil {
			return nil, err
		}
		stored, _ := c.Objects.Get(c.key)
		p, err := r.decode(stored)
		if err != nil {
			return nil, err
		}
		return r.shown(c, c.key, p)
	}}
}

// list are the objects of the collection that the path names.
func (r *resource[T, P]) list(query ...string) action {
	paging := paginationV2
	if r.v1 {
		paging = paginationV1
	}
	return action{query: append(query, paging.size, paging.token), serve: func(c *call) (any, error) {
		if err := c.exists(c.Objects, c.key.Up()); err != nil {
			return nil, err
		}
		objects, err := r.picked(c)
		if err != nil {
			return nil, err
		}
		objects, next, err := paging.cut(c.query, objects)
		if err != nil {
			return nil, err
		}
		items := make([]any, len(objects))
		for i, stored := range objects {
			p, err := r.decode(stored)
			if err != nil {
				return nil, err
			}
			if items[i], err = r.shown(c, stored.Key, p); err != nil {
				return nil, err
			}
		}
		return paging.page(items, next), nil
	}}
}

// picked are the objects of a collection that the query asks for.
func (r *resource[T, P]) picked(c *call) ([]cluster.Object, error) {
	objects := c.Objects.List(c.key)
	if r.pick == nil {
		return objects, nil
	}
	var picked []cluster.Object
	for _, stored := range objects {
		p, err := r.decode(stored)
		if err != nil {
			return nil, err
		}
		if r.pick(c, stored.Key, p) {
			picked = append(picked, stored)
		}
	}
	return picked, nil
}

// update merges the body into the object that the path names.
func (r *resource[T, P]) update() action {
	body := func() []any { return []any{P(new(T)).Settings()} }
	return action{body: body, serve: func(c *call) (any, error) {
		return r.modify(c, c.key, func(p P) error { return decode(c.body, p.Settings()) })
	}}
}

// modify changes one object.
func (r *resource[T, P]) modify(c *call, key gateway.Key, change func(P) error) (any, error) {
	var p P
	err := c.update(func(tx *cluster.Tx) (err error) {
		if err := c.exists(tx, key); err != nil {
			return err
		}
		p, err = r.change(c, tx, key, change)
		return err
	})
	if err != nil {
		return nil, err
	}
	return r.shown(c, key, p)
}

// change changes an object that exists.
func (r *resource[T, P]) change(c *call, tx *cluster.Tx, key gateway.Key, change func(P) error) (P, error) {
	stored, _ := tx.Get(key)
	p, err := r.decode(stored)
	if err != nil {
		return nil, err
	}
	if err := change(p); err != nil {
		return nil, err
	}
	p.Locate(key, c.Now())
	return p, r.save(c, tx, key, p)
}

// remove deletes the object that the path names and what belongs to it.
func (r *resource[T, P]) remove() action {
	return action{serve: func(c *call) (any, error) {
		return r.empty, c.update(func(tx *cluster.Tx) error {
			if err := c.exists(tx, c.key); err != nil {
				return err
			}
			if r.free != nil {
				stored, _ := tx.Get(c.key)
				p, err := r.decode(stored)
				if err != nil {
					return err
				}
				if err := r.free(tx, c.key, p); err != nil {
					return err
				}
			}
			tx.Delete(c.key)
			if r.gone != nil {
				return r.gone(tx, c.key)
			}
			return nil
		})
	}}
}

func (r *resource[T, P]) decode(stored cluster.Object) (P, error) {
	p := P(new(T))
	return p, decodeStored(stored, p)
}

func (r *resource[T, P]) shown(c *call, key gateway.Key, p P) (any, error) {
	if r.show == nil {
		return p, nil
	}
	return p, r.show(c, key, p)
}
