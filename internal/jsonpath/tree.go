package jsonpath

// A node is a decoded value: what a document looks like to something that must see all of it, in order.
type node struct {
	Value
	members []member // of an array or object, in order
}

// A member is a node inside another, with its key if that is an object.
type member struct {
	key  string
	node node
}

// decode reads the valid value at i and returns the index after it. Its recursion is as deep as the document, which
// validation has bounded.
func decode(b []byte, i int) (tree node, end int) {
	kind := kindOf(b[i])
	if kind < Array {
		end = scanScalar(b, i)
		return node{Value: Value{kind, b[i:end]}}, end
	}
	var places index
	if kind == Object {
		places = index{}
	}
	for start := i; ; {
		i = skipBlank(b, i+1) // i was at the opening bracket, at a comma, or just before the closing bracket
		if b[i] == ']' || b[i] == '}' {
			tree.Value = Value{kind, b[start : i+1]}
			return tree, i + 1
		}
		var m member
		if kind == Object {
			end, _ := scanString(b, i)
			m.key = string(appendString(nil, b[i:end]))
			i = scanColon(b, end)
		}
		m.node, i = decode(b, i)
		if i = skipBlank(b, i); b[i] != ',' {
			i--
		}
		tree.members = places.put(tree.members, m)
	}
}

// An index finds the place of a key among the members of one object. It is nil for an array.
type index map[string]int

// put adds m to members, or in an object replaces the one of the same key in its place.
func (x index) put(members []member, m member) []member {
	if x == nil {
		return append(members, m)
	}
	if place, ok := x[m.key]; ok {
		members[place].node = m.node
		return members
	}
	x[m.key] = len(members)
	return append(members, m)
}

// appendText appends the node as Java prints a List, a Map or what they hold.
func (n *node) appendText(dst []byte) []byte {
	if n.kind < Array {
		return n.appendScalar(dst)
	}
	opener, closer := byte('['), byte(']')
	if n.kind == Object {
		opener, closer = '{', '}'
	}
	dst = append(dst, opener)
	for i := range n.members {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		if n.kind == Object {
			dst = append(append(dst, n.members[i].key...), '=')
		}
		dst = n.members[i].node.appendText(dst)
	}
	return append(dst, closer)
}
