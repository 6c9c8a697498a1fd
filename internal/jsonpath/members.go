package jsonpath

import (
	"bytes"
	"cmp"
	"hash/maphash"
	"math"
	"math/bits"
	"slices"
)

// A member is one of an object. Its offsets are into a message, which no limit lets near 4 GB.
type member struct {
	object, key uint32 // where its object and its key begin
	value       uint32 // where what is printed of it begins; 0 for a key that is there already
	end         uint32 // where its own value ends
}

// members are those of all objects in a text, in the order in which they are written.
type members []member

// find is the place of the member whose key begins at i.
func (m members) find(i int) int {
	place, _ := slices.BinarySearchFunc(m, uint32(i), func(m member, key uint32) int { return cmp.Compare(m.key, key) })
	return place
}

// An index gathers members in one pass. Where a key comes again its value takes the place of the first one's, so that
// printing neither looks ahead nor passes over anything twice, however deeply duplicates are nested in each other.
type index struct {
	raw     []byte
	members members
	slots   []uint32 // a hash table: places in members, counted from 1
	seed    maphash.Seed
	key     []byte // what a key with escapes means; to be used again
}

// membersOf finds the members of all objects in valid text.
func membersOf(raw []byte) members {
	const shortest = len(`"":0,`)
	most := min(bytes.Count(raw, []byte{':'}), len(raw)/shortest)
	if most == 0 {
		return nil
	}
	x := index{raw: raw, members: make(members, 0, most), seed: maphash.MakeSeed()}
	x.slots = make([]uint32, 1<<bits.Len(uint(most+most/2))) // a third to two thirds of them will be taken
	x.gather(0)
	return x.members
}

// gather passes over the value at i and notes all members in it. It recurses as deep as the text is nested.
func (x *index) gather(i int) int {
	opened, opener := i, x.raw[i]
	if opener != '{' && opener != '[' {
		return scanScalar(x.raw, i)
	}
	i, more := scanOpener(x.raw, i)
	for more {
		if opener == '{' {
			i = x.member(opened, i)
		} else {
			i = x.gather(i)
		}
		i, more = scanComma(x.raw, i, opener+2) // in ASCII, two after an opening bracket is the closing one
	}
	return i
}

// member notes the member of an object whose key begins at i, and passes over it.
func (x *index) member(object, i int) int {
	place := len(x.members)
	value := scanKey(x.raw, i)
	x.members = append(x.members, member{object: uint32(object), key: uint32(i), value: uint32(value)})
	if first := x.first(x.members[place]); first != place {
		x.members[first].value, x.members[place].value = uint32(value), 0
	}
	end := x.gather(value)
	x.members[place].end = uint32(end)
	return end
}

// first is the place of the first member with the object and key of m, which is the last one.
func (x *index) first(m member) int {
	key, plain := x.keyOf(m)
	means := key
	if !plain {
		x.key = appendUnescaped(x.key[:0], key, math.MaxInt)
		means = x.key
	}
	hash := maphash.Bytes(x.seed, means) ^ uint64(m.object)*0x9E3779B97F4A7C15 // the golden ratio, to spread offsets
	for slot := hash; ; slot++ {
		place := &x.slots[slot&uint64(len(x.slots)-1)]
		if *place == 0 {
			*place = uint32(len(x.members))
		}
		if other := x.members[*place-1]; other.object == m.object {
			if same, _ := x.keyOf(other); equalStrings(same, key) {
				return int(*place - 1)
			}
		}
	}
}

// keyOf is the key of m between its quotes.
func (x *index) keyOf(m member) (inner []byte, plain bool) {
	end, plain := scanString(x.raw, int(m.key))
	return x.raw[m.key+1 : end-1], plain
}
