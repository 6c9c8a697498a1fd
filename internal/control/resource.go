package control

import (
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
	// limit is how many a parent may have: "Amazon API Gateway quotas" in the developer guide; 0 is no limit.
	limit int
	// id is the name that a client gives a new object itself, where it does; nil: we make an id.
	id func(P) (string, error)
	// taken words the conflict of an object with a sibling, or is nil.
	taken func(P, P) error
	// check holds an object against its surroundings, or is nil.
	check func(*cluster.Tx, gateway.Key, P) error
	// free says whether an object may be deleted; nil: always.
	free func(*cluster.Tx, gateway.Key) error
	// show fills in what is not stored; nil: nothing.
	show func(*Server, P)
}

// create adds an object to the collection that the path names.
func (r *resource[T, P]) create(c *call) (any, error) {
	p := P(new(T))
	err := c.update(func(tx *cluster.Tx) error {
		*p = *new(T)
		if err := c.exists(tx, c.key.Up()); err != nil {
			return err
		}
		if numbers, ok := any(p).(interface{ Preset() }); ok {
			numbers.Preset()
		}
		onto := []any{p.Settings()}
		if o, ok := any(p).(interface{ Origin() any }); ok {
			onto = append(onto, o.Origin())
		}
		if err := decode(c.body, onto...); err != nil {
			return err
		}
		siblings := tx.List(c.key)
		if r.limit > 0 && len(siblings) >= r.limit {
			return gateway.Errorf(gateway.ErrConflict,
				"Maximum number of %ss for this API has been reached: the limit is %d", r.noun, r.limit)
		}
		key, err := r.newKey(tx, c.key, p)
		if err != nil {
			return err
		}
		p.Locate(key, c.Now())
		return r.save(tx, key, p)
	})
	return r.shown(c, p), err
}

// newKey is where a new object will stand.
func (r *resource[T, P]) newKey(tx *cluster.Tx, collection gateway.Key, p P) (gateway.Key, error) {
	if r.id != nil {
		id, err := r.id(p)
		if err != nil {
			return "", err
		}
		key := collection + gateway.Key("/"+id)
		if _, exists := tx.Get(key); exists {
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
func (r *resource[T, P]) save(tx *cluster.Tx, key gateway.Key, p P) error {
	if err := p.Validate(); err != nil {
		return err
	}
	for _, reference := range p.References() {
		if _, exists := tx.Get(apiOf(key) + "/" + reference); !exists {
			return gateway.Errorf(gateway.ErrNotFound, "Invalid %s identifier specified %s", nouns[reference.Kind()], reference.ID())
		}
	}
	if r.taken != nil {
		for _, sibling := range tx.List(key.Up()) {
			other, err := r.decode(sibling)
			if err != nil {
				return err
			}
			if sibling.Key == key {
				continue
			}
			if err := r.taken(p, other); err != nil {
				return err
			}
		}
	}
	if r.check != nil {
		if err := r.check(tx, key, p); err != nil {
			return err
		}
	}
	return tx.Put(key, p)
}

// get is the object that the path names.
func (r *resource[T, P]) get(c *call) (any, error) {
	if err := c.exists(c.Objects, c.key); err != nil {
		return nil, err
	}
	stored, _ := c.Objects.Get(c.key)
	p, err := r.decode(stored)
	if err != nil {
		return nil, err
	}
	return r.shown(c, p), nil
}

// list are the objects of the collection that the path names.
func (r *resource[T, P]) list(c *call) (any, error) {
	if err := c.exists(c.Objects, c.key.Up()); err != nil {
		return nil, err
	}
	picked, nextToken, err := c.paginate(c.Objects.List(c.key))
	if err != nil {
		return nil, err
	}
	items := make([]any, len(picked))
	for i, stored := range picked {
		p, err := r.decode(stored)
		if err != nil {
			return nil, err
		}
		items[i] = r.shown(c, p)
	}
	return page{Items: items, NextToken: nextToken}, nil
}

// update merges the body into the object that the path names.
func (r *resource[T, P]) update(c *call) (any, error) {
	return r.modify(c, c.key, func(p P) error { return decode(c.body, p.Settings()) })
}

// modify changes one object.
func (r *resource[T, P]) modify(c *call, key gateway.Key, change func(P) error) (any, error) {
	var p P
	err := c.update(func(tx *cluster.Tx) error {
		if err := c.exists(tx, key); err != nil {
			return err
		}
		stored, _ := tx.Get(key)
		var err error
		if p, err = r.decode(stored); err != nil {
			return err
		}
		if err := change(p); err != nil {
			return err
		}
		p.Locate(key, c.Now())
		return r.save(tx, key, p)
	})
	if err != nil {
		return nil, err
	}
	return r.shown(c, p), nil
}

// remove deletes the object that the path names and what belongs to it.
func (r *resource[T, P]) remove(c *call) (any, error) {
	return nil, c.update(func(tx *cluster.Tx) error {
		if err := c.exists(tx, c.key); err != nil {
			return err
		}
		if r.free != nil {
			if err := r.free(tx, c.key); err != nil {
				return err
			}
		}
		tx.Delete(c.key)
		return nil
	})
}

func (r *resource[T, P]) decode(stored cluster.Object) (P, error) {
	p := P(new(T))
	return p, decodeStored(stored, p)
}

func (r *resource[T, P]) shown(c *call, p P) any {
	if r.show != nil {
		r.show(c.Server, p)
	}
	return p
}

// reader is what objects are looked up in: all of them, or a write in the making.
type reader interface {
	Get(key gateway.Key) (cluster.Object, bool)
}

// exists makes sure of an object and of every object above it, the topmost first.
func (c *call) exists(in reader, key gateway.Key) error {
	if key == "" {
		return nil
	}
	if err := c.exists(in, key.Parent()); err != nil {
		return err
	}
	if _, ok := in.Get(key); ok {
		return nil
	}
	switch key.Kind() {
	case "apis":
		return gateway.Errorf(gateway.ErrNotFound, "Invalid API identifier specified %s:%s", c.Names.Account, key.ID())
	case "stages":
		return gateway.Errorf(gateway.ErrNotFound, "Invalid stage identifier specified")
	default:
		return gateway.Errorf(gateway.ErrNotFound, "Invalid %s identifier specified %s", nouns[key.Kind()], key.ID())
	}
}

// apiOf is the key of the API that an object belongs to.
func apiOf(key gateway.Key) gateway.Key {
	for key.Kind() != "apis" {
		key = key.Parent()
	}
	return key
}
