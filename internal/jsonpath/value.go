package jsonpath

import (
	"math"
	"unicode/utf8"
)

// Kind is what sort of value stands in a document.
type Kind uint8

// The kinds of value. Missing is the zero Kind.
const (
	Missing Kind = iota
	Null
	Bool
	Number
	String
	ArrayKind
	ObjectKind
)

// kindOf is the kind of a valid value that begins with c.
func kindOf(c byte) Kind {
	switch c {
	case '{':
		return ObjectKind
	case '[':
		return ArrayKind
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
func (v Value) AppendText(dst []byte) []byte { return v.AppendTextMax(dst, math.MaxInt) }

// AppendTextMax is AppendText that stops after most bytes of the text, be it within a character. What is not printed
// costs nothing, but for one pass over an array or object that has objects in it.
func (v Value) AppendTextMax(dst []byte, most int) []byte {
	limit := len(dst) + min(max(most, 0), math.MaxInt-len(dst))
	switch v.kind {
	case Missing, Null:
		return dst
	case ArrayKind, ObjectKind:
		p := printer{raw: v.raw, limit: limit - len(dst), members: membersOf(v.raw)}
		p.value(0)
		dst = append(dst, p.dst...) // a printer would keep dst from the stack of who calls for a scalar
	default:
		dst = v.appendScalar(dst, limit)
	}
	return dst[:min(len(dst), limit)]
}

// appendScalar appends a value that holds no other until dst has reached a limit.
func (v Value) appendScalar(dst []byte, limit int) []byte {
	switch v.kind {
	case Number:
		return appendNumber(dst, v.raw)
	case String:
		return appendString(dst, v.raw, limit)
	default:
		return append(dst, v.raw...)
	}
}

// appendString appends what a valid JSON string means until dst has reached a limit.
func appendString(dst, quoted []byte, limit int) []byte {
	inner := quoted[1 : len(quoted)-1]
	wanted := inner[:min(len(inner), max(limit-len(dst), 0))]
	for i, c := range wanted {
		if c == '\\' || c >= utf8.RuneSelf {
			return appendUnescaped(append(dst, inner[:i]...), inner[i:], limit)
		}
	}
	return append(dst, wanted...)
}
