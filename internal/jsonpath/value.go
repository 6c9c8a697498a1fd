package jsonpath

import "unicode/utf8"

// Kind is what sort of value stands in a document.
type Kind uint8

// The kinds of value. Missing is the zero Kind.
const (
	Missing Kind = iota
	Null
	Bool
	Number
	String
	Array
	Object
)

// kindOf is the kind of a valid value that begins with c.
func kindOf(c byte) Kind {
	switch c {
	case '{':
		return Object
	case '[':
		return Array
	case '"':
		return String
	case 't', 'f':
		return Bool
	case 'n':
		return Null
	default:
		return Number
	}
}

// A Value is part of a valid JSON text. It refers to the body it was found in, which must not change while it is
// used. The zero Value is the missing one.
type Value struct {
	kind Kind
	raw  []byte // as written, without blanks around it
}

// Kind is what sort of value v is.
func (v Value) Kind() Kind { return v.kind }

// Text is v as Java prints it, or "" if v is missing or null.
func (v Value) Text() string { return string(v.AppendText(nil)) }

// AppendText appends [Value.Text] to dst. For a scalar it allocates nothing but room in dst.
func (v Value) AppendText(dst []byte) []byte {
	switch v.kind {
	case Missing, Null:
		return dst
	case Array, Object:
		tree, _ := decode(v.raw, 0)
		return tree.appendText(dst)
	default:
		return v.appendScalar(dst)
	}
}

// appendScalar appends a value that holds no other.
func (v Value) appendScalar(dst []byte) []byte {
	switch v.kind {
	case Number:
		return appendNumber(dst, v.raw)
	case String:
		return appendString(dst, v.raw)
	default:
		return append(dst, v.raw...)
	}
}

// appendString appends what a valid JSON string means.
func appendString(dst, quoted []byte) []byte {
	inner := quoted[1 : len(quoted)-1]
	for i, c := range inner {
		if c == '\\' || c >= utf8.RuneSelf {
			dst = append(dst, inner[:i]...)
			return appendUnescaped(dst, inner[i:])
		}
	}
	return append(dst, inner...)
}
