package cluster

import (
	"cmp"
	"encoding/json"
	"slices"

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

// state is what the log says, in memory. Whoever has it sees to it that it is not read while it changes.
type state struct {
	byKey    map[gateway.Key]*Object
	members  map[gateway.Key][]*Object // collection -> its objects, in order of creation
	paths    tree
	next     uint64 // the Order of the next object
	revision uint64 // of the last record
}

func newState() state {
	return state{byKey: map[gateway.Key]*Object{}, members: map[gateway.Key][]*Object{}, paths: tree{}}
}

func (s *state) get(key gateway.Key) (Object, bool) {
	object, ok := s.byKey[key]
	if !ok {
		return Object{}, false
	}
	return *object, true
}

func (s *state) list(collection gateway.Key) []Object {
	members := s.members[collection]
	list := make([]Object, len(members))
	for i, object := range members {
		list[i] = *object
	}
	return list
}

// apply makes the state follow a record.
func (s *state) apply(revision uint64, changes []store.Change) {
	for _, change := range changes {
		if change.Value == nil {
			s.remove(change.Key)
		} else {
			s.put(change.Key, change.Value)
		}
	}
	s.revision = revision
}

func (s *state) put(key gateway.Key, value json.RawMessage) {
	if object, ok := s.byKey[key]; ok {
		object.Value = value
		return
	}
	s.next++
	object := &Object{Key: key, Value: value, Order: s.next}
	s.byKey[key] = object
	s.members[key.Up()] = append(s.members[key.Up()], object)
	s.paths.add(key)
}

func (s *state) remove(key gateway.Key) {
	object, ok := s.byKey[key]
	if !ok {
		return
	}
	delete(s.byKey, key)
	collection := key.Up()
	members := s.members[collection]
	at, _ := slices.BinarySearchFunc(members, object.Order, func(o *Object, order uint64) int { return cmp.Compare(o.Order, order) })
	if members = slices.Delete(members, at, at+1); len(members) == 0 {
		delete(s.members, collection)
	} else {
		s.members[collection] = members
	}
	s.paths.remove(key, func(path gateway.Key) bool { return s.byKey[path] != nil })
}

// tree finds what stands below a key without a look at all there is. It has every path that is an object or leads to one:
// path -> the paths that are one part longer.
type tree map[gateway.Key]map[gateway.Key]struct{}

func (t tree) add(key gateway.Key) {
	for key != "" {
		up := key.Up()
		if _, known := t[up][key]; known {
			return // and so are all above it
		}
		if t[up] == nil {
			t[up] = map[gateway.Key]struct{}{}
		}
		t[up][key] = struct{}{}
		key = up
	}
}

// remove forgets a path and those above it that now lead nowhere.
func (t tree) remove(key gateway.Key, stands func(path gateway.Key) bool) {
	for key != "" && len(t[key]) == 0 && !stands(key) {
		up := key.Up()
		delete(t[up], key)
		if len(t[up]) == 0 {
			delete(t, up)
		}
		key = up
	}
}

// below are all paths under a key, those that only lead to objects too.
func (t tree) below(key gateway.Key) []gateway.Key {
	var found []gateway.Key
	for path := range t[key] {
		found = append(found, path)
	}
	for i := 0; i < len(found); i++ { // found grows meanwhile
		for path := range t[found[i]] {
			found = append(found, path)
		}
	}
	return found
}
