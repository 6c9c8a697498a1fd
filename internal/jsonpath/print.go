package jsonpath

// A printer writes values straight from the valid text they stand in. It recurses as deep as that text is nested.
type printer struct {
	raw     []byte
	dst     []byte
	limit   int     // dst need not be longer, nor right from there on
	members members // of all objects in raw
	next    int     // the place among them that is probably wanted next
}

// full says that what follows is of no interest.
func (p *printer) full() bool { return len(p.dst) >= p.limit }

// value prints the value at i and returns the index after it, which means nothing once p is full.
func (p *printer) value(i int) int {
	switch p.raw[i] {
	case '[':
		return p.array(i)
	case '{':
		return p.object(i)
	}
	end := scanScalar(p.raw, i)
	p.dst = Value{kindOf(p.raw[i]), p.raw[i:end]}.appendScalar(p.dst, p.limit)
	return end
}

// array prints an array as Java prints a List.
func (p *printer) array(i int) int {
	p.dst = append(p.dst, '[')
	i, more := scanOpener(p.raw, i)
	for more && !p.full() {
		i = p.value(i)
		if i, more = scanComma(p.raw, i, ']'); more {
			p.dst = append(p.dst, ", "...)
		}
	}
	p.dst = append(p.dst, ']')
	return i
}

// object prints an object as Java prints a Map.
func (p *printer) object(i int) int {
	p.dst = append(p.dst, '{')
	i, more := scanOpener(p.raw, i)
	for first := true; more && !p.full(); {
		m := p.member(i)
		if m.value > 0 {
			if !first {
				p.dst = append(p.dst, ", "...)
			}
			first = false
			end, _ := scanString(p.raw, i)
			p.dst = append(appendString(p.dst, p.raw[i:end], p.limit), '=')
			p.value(int(m.value))
		}
		i, more = scanComma(p.raw, int(m.end), '}')
	}
	p.dst = append(p.dst, '}')
	return i
}

// member is the member whose key begins at i. Where no value has been put in another's place, it is the next one.
func (p *printer) member(i int) member {
	if p.next == len(p.members) || int(p.members[p.next].key) != i {
		p.next = p.members.find(i)
	}
	p.next++
	return p.members[p.next-1]
}
