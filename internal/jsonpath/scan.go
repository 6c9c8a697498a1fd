package jsonpath

import (
	"encoding/binary"
	"math/bits"
)

// maxDepth is how many arrays and objects may be open at once. It bounds every recursion of this package.
const maxDepth = 128

// The scanners below take the index at which something begins and return the index after it, or -1 where the
// grammar is broken. They accept -1 and pass it on, so that a caller checks once.

// at is the byte at i, or 0, which JSON allows nowhere outside a string and there only to be refused.
func at(b []byte, i int) byte {
	if uint(i) < uint(len(b)) {
		return b[i]
	}
	return 0
}

// skipBlank passes over insignificant whitespace (RFC 8259 section 2).
func skipBlank(b []byte, i int) int {
	for uint(i) < uint(len(b)) && b[i] <= ' ' && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

// nest remembers which of the open containers are objects, one bit each.
type nest struct {
	objects [maxDepth / 64]uint64
	depth   int
}

// push opens a container, or says that it would be too deep.
func (n *nest) push(object uint64) bool {
	if n.depth >= maxDepth {
		return false
	}
	word, bit := n.depth/64, n.depth%64
	n.objects[word] = n.objects[word]&^(1<<bit) | object<<bit
	n.depth++
	return true
}

// inObject says whether the innermost container is an object.
func (n *nest) inObject() bool {
	top := n.depth - 1
	return n.objects[top/64]>>(top%64)&1 == 1
}

// scanValue passes over the value at i, which stands inside depth containers. It does not recurse.
func scanValue(b []byte, i, depth int) int {
	if c := at(b, i); c != '{' && c != '[' {
		return scanScalar(b, i)
	}
	n := nest{depth: depth}
	for more := true; more; {
		if i = n.descend(b, i); i < 0 {
			return -1
		}
		i, more = n.ascend(b, i, depth)
	}
	return i
}

// descend opens containers from the value at i until one is empty or holds a scalar first, and passes over that.
func (n *nest) descend(b []byte, i int) int {
	for {
		switch at(b, i) {
		case '{':
			if !n.push(1) {
				return -1
			}
			if i = skipBlank(b, i+1); at(b, i) == '}' {
				n.depth--
				return i + 1
			}
			i = scanKey(b, i)
		case '[':
			if !n.push(0) {
				return -1
			}
			if i = skipBlank(b, i+1); at(b, i) == ']' {
				n.depth--
				return i + 1
			}
		default:
			return scanScalar(b, i)
		}
	}
}

// ascend closes the containers that end after the value before i, down to depth, or stops at their next value.
func (n *nest) ascend(b []byte, i, depth int) (next int, more bool) {
	for n.depth > depth {
		closer := byte(']')
		if n.inObject() {
			closer = '}'
		}
		if i, more = scanComma(b, i, closer); !more {
			n.depth--
			continue
		}
		if closer == '}' {
			i = scanKey(b, i)
		}
		return i, true
	}
	return i, false
}

// scanOpener passes over the bracket at i that opens a container of valid text, and over its end if it is empty.
func scanOpener(b []byte, i int) (next int, more bool) {
	closer := b[i] + 2
	if i = skipBlank(b, i+1); b[i] == closer {
		return i + 1, false
	}
	return i, true
}

// scanComma passes over what follows a value in a container: a comma, after which there is more, or its end.
func scanComma(b []byte, i int, closer byte) (next int, more bool) {
	i = skipBlank(b, i)
	switch at(b, i) {
	case ',':
		return skipBlank(b, i+1), true
	case closer:
		return i + 1, false
	}
	return -1, false
}

// scanKey passes over a member's name and colon, to its value.
func scanKey(b []byte, i int) int {
	end, _ := scanString(b, i)
	return scanColon(b, end)
}

// scanColon passes over the colon between name and value.
func scanColon(b []byte, i int) int {
	if i = skipBlank(b, i); at(b, i) != ':' {
		return -1
	}
	return skipBlank(b, i+1)
}

// scanScalar passes over a string, number or literal name.
func scanScalar(b []byte, i int) int {
	switch c := at(b, i); c {
	case '"':
		end, _ := scanString(b, i)
		return end
	case 't':
		return scanLiteral(b, i, "true")
	case 'f':
		return scanLiteral(b, i, "false")
	case 'n':
		return scanLiteral(b, i, "null")
	default:
		if c == '-' || isDigit(c) {
			return scanNumber(b, i)
		}
	}
	return -1
}

// scanLiteral passes over one of the three literal names (RFC 8259 section 3).
func scanLiteral(b []byte, i int, name string) int {
	end := i + len(name)
	if end > len(b) || string(b[i:end]) != name {
		return -1
	}
	return end
}

// scanString passes over a string (RFC 8259 section 7). It is plain if its bytes are what it means: printable ASCII
// without escapes.
func scanString(b []byte, i int) (end int, plain bool) {
	if at(b, i) != '"' {
		return -1, false
	}
	plain = true
	for i++; ; i++ {
		i = scanPlain(b, i)
		for at(b, i) >= 0x80 {
			plain = false
			i++
		}
		switch c := at(b, i); {
		case c == '"':
			return i + 1, plain
		case c < ' ': // or the end
			return -1, false
		case c == '\\':
			plain = false
			if i = scanEscape(b, i+1); i < 0 {
				return -1, false
			}
		}
	}
}

// ones is one in each byte of a word; times a byte it is that byte in each.
const ones = 0x0101_0101_0101_0101

// scanPlain passes over bytes of a string that mean themselves, eight at a time: up to one that is not ASCII, or ends the string,
// begins an escape or is refused, or to the last seven of b.
//
// Such a byte has its highest bit set, or a subtraction borrows from it. That may say too much of bytes behind the first that is
// found, but nothing of those before.
func scanPlain(b []byte, i int) int {
	for rest := b[i:]; len(rest) >= 8; rest = rest[8:] {
		word := binary.LittleEndian.Uint64(rest)
		quote, escape := word^'"'*ones, word^'\\'*ones
		if found := (word | (word - ' '*ones) | (quote - ones) | (escape - ones)) & (0x80 * ones); found != 0 {
			return len(b) - len(rest) + bits.TrailingZeros64(found)/8
		}
		i += 8
	}
	return i
}

// scanEscape stops on the last byte of the escape whose backslash is before i.
func scanEscape(b []byte, i int) int {
	switch at(b, i) {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i
	case 'u':
		for range 4 {
			i++
			if _, ok := hexDigit(at(b, i)); !ok {
				return -1
			}
		}
		return i
	}
	return -1
}

// scanNumber passes over a number (RFC 8259 section 6).
func scanNumber(b []byte, i int) int {
	if at(b, i) == '-' {
		i++
	}
	if at(b, i) == '0' {
		i++
	} else {
		i = scanDigits(b, i)
	}
	if at(b, i) == '.' {
		i = scanDigits(b, i+1)
	}
	if c := at(b, i); c == 'e' || c == 'E' {
		i++
		if sign := at(b, i); sign == '+' || sign == '-' {
			i++
		}
		i = scanDigits(b, i)
	}
	return i
}

// scanDigits passes over one digit or more.
func scanDigits(b []byte, i int) int {
	if !isDigit(at(b, i)) {
		return -1
	}
	for isDigit(at(b, i)) {
		i++
	}
	return i
}

// isDigit says whether c is an ASCII digit.
func isDigit(c byte) bool { return '0' <= c && c <= '9' }
