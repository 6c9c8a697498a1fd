package vtl

import (
	"math"
	"unicode/utf8"
)

// jsonList appends a list as the json-smart library prints an array, which is what Jayway JsonPath makes of one.
func (p *printer) jsonList(l List) error {
	p.out = append(p.out, '[')
	for i := range l.Len() {
		if i > 0 {
			p.out = append(p.out, ',')
		}
		if err := p.jsonValue(normal(l.At(i))); err != nil {
			return err
		}
	}
	p.out = append(p.out, ']')
	return nil
}

// jsonMap appends an object within an array; alone, a map prints as Java has it.
func (p *printer) jsonMap(m Map) error {
	p.out = append(p.out, '{')
	all, err := p.entriesOf(m)
	for i := 0; i < all.len() && err == nil; i++ {
		if i > 0 {
			p.out = append(p.out, ',')
		}
		key, ok := all.key(i).(string)
		if !ok {
			key = string(appendScalar(nil, all.key(i)))
		}
		p.out = append(appendJSONString(p.out, key), ':')
		err = p.jsonValue(all.value(i))
	}
	if err != nil {
		return err
	}
	p.out = append(p.out, '}')
	return nil
}

// jsonValue appends a value within an array. JSON has no text for what is not finite.
func (p *printer) jsonValue(v any) error {
	switch v := v.(type) {
	case List:
		return p.nested(func() error { return p.jsonList(v) })
	case Map:
		return p.nested(func() error { return p.jsonMap(v) })
	case string:
		p.out = appendJSONString(p.out, v)
		return p.more()
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return p.value(nil)
		}
	}
	return p.value(v)
}

// appendJSONString quotes a string with the escapes of json-smart: also the slash, DEL and what is near it, and
// U+2000 to U+20FF.
func appendJSONString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		c, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case c == '"' || c == '\\' || c == '/':
			dst = append(dst, '\\', byte(c))
		case c < ' ' && shortEscape(c) != 0:
			dst = append(dst, '\\', shortEscape(c))
		case c < ' ' || c >= 0x7f && c <= 0x9f || c >= 0x2000 && c <= 0x20ff:
			dst = appendUnicodeEscape(dst, uint16(c))
		default:
			dst = append(dst, s[i:i+size]...)
		}
		i += size
	}
	return append(dst, '"')
}

// shortEscape is the letter that escapes a control character, or 0.
func shortEscape(c rune) byte {
	switch c {
	case '\b':
		return 'b'
	case '\t':
		return 't'
	case '\n':
		return 'n'
	case '\f':
		return 'f'
	case '\r':
		return 'r'
	default:
		return 0
	}
}

// appendUnicodeEscape appends a backslash, u and four digits for a unit of UTF-16.
func appendUnicodeEscape(dst []byte, unit uint16) []byte {
	const digits = "0123456789ABCDEF"
	return append(dst, '\\', 'u', digits[unit>>12], digits[unit>>8&15], digits[unit>>4&15], digits[unit&15])
}
