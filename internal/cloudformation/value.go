package cloudformation

import (
	"strconv"
)

// kind says what a value is.
type kind uint8

const (
	broken  kind = iota // a mistake that is reported already: what is made of it is broken, too
	absent              // AWS::NoValue
	null                // only as read: a template must not have one
	text                // also what looks like a number and is none
	number              // with its digits as written
	boolean             // "true" or "false"
	list
	object
	call // a function; its name is the text, its argument the only item
)

// kindNames are the kinds in messages.
var kindNames = [...]string{"broken", "nothing", "null", "a string", "a number", "a boolean", "a list", "a map", "a function"}

// mark is a place in the text of the template.
type mark struct{ line, column int32 }

// value is a node of a template. It never changes once it is read, so that trees share nodes.
type value struct {
	kind    kind
	open    bool // depends on a resource: evaluated again when that exists
	at      mark
	text    string
	items   []*value
	members []member
}

type member struct {
	key   string
	at    mark
	value *value
}

// nothing is what is broken, anywhere.
var nothing = &value{kind: broken}

// get is a member of an object, or nil.
func (v *value) get(key string) *value {
	if v == nil || v.kind != object {
		return nil
	}
	for i := range v.members {
		if v.members[i].key == key {
			return v.members[i].value
		}
	}
	return nil
}

// scalar is the text of a string, number or boolean.
func (v *value) scalar() (string, bool) {
	if v == nil || v.kind != text && v.kind != number && v.kind != boolean {
		return "", false
	}
	return v.text, true
}

func newText(at mark, s string) *value { return &value{kind: text, at: at, text: s} }

func newBoolean(at mark, b bool) *value {
	return &value{kind: boolean, at: at, text: strconv.FormatBool(b)}
}

func newList(at mark, items ...*value) *value { return &value{kind: list, at: at, items: items} }

func newCall(at mark, name string, argument *value) *value {
	return &value{kind: call, at: at, text: name, items: []*value{argument}}
}

// newObject is an object of the members whose value is not nil.
func newObject(at mark, members ...member) *value {
	v := &value{kind: object, at: at}
	for _, m := range members {
		if m.value != nil {
			v.members = append(v.members, m)
		}
	}
	return v
}

// field is a member that stands where its value does; of nil, newObject makes nothing.
func field(key string, v *value) member {
	m := member{key: key, value: v}
	if v != nil {
		m.at = v.at
	}
	return m
}

// with is the object and one more member, which replaces that of the same name.
func (v *value) with(key string, added *value) *value {
	made := &value{kind: object, at: v.at, members: make([]member, 0, len(v.members)+1)}
	for _, m := range v.members {
		if m.key != key {
			made.members = append(made.members, m)
		}
	}
	made.members = append(made.members, field(key, added))
	return made
}

// equal compares as Fn::Equals does: a number or boolean is its text.
func equal(a, b *value) bool {
	left, plain := a.scalar()
	right, plainToo := b.scalar()
	if plain || plainToo {
		return plain && plainToo && left == right
	}
	if a.kind != b.kind || len(a.items) != len(b.items) || len(a.members) != len(b.members) {
		return false
	}
	for i := range a.items {
		if !equal(a.items[i], b.items[i]) {
			return false
		}
	}
	for _, m := range a.members {
		if other := b.get(m.key); other == nil || !equal(m.value, other) {
			return false
		}
	}
	return true
}
