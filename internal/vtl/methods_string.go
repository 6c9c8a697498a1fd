package vtl

import (
	"errors"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

var errIndex = errors.New("an index is outside of the string")

// text is the string that a method is called on.
func (c invocation) text() string { s, _ := c.self.(string); return s }

// stringMethods are those of java.lang.String.
var stringMethods = methods{
	"charAt": {{"i", func(c invocation) (any, error) { return c.substring(c.int(0), c.int(0)+1) }}},
	"codePointAt": {{"i", func(c invocation) (any, error) {
		at, split := byteOffset(c.text(), c.int(0))
		if at < 0 || at == len(c.text()) || split {
			return nil, errIndex
		}
		point, _ := utf8.DecodeRuneInString(c.text()[at:])
		return int64(point), nil
	}}},
	"compareTo":           {{"s", func(c invocation) (any, error) { return compareText(c.text(), c.string(0)), nil }}},
	"compareToIgnoreCase": {{"s", func(c invocation) (any, error) { return compareText(lower(c.text()), lower(c.string(0))), nil }}},
	"concat": {{"s", func(c invocation) (any, error) {
		return c.r.concatenate(c.text(), c.string(0))
	}}},
	"contains":         {{"s", func(c invocation) (any, error) { return strings.Contains(c.text(), c.string(0)), nil }}},
	"endsWith":         {{"s", func(c invocation) (any, error) { return strings.HasSuffix(c.text(), c.string(0)), nil }}},
	"equalsIgnoreCase": {{"s", func(c invocation) (any, error) { return strings.EqualFold(c.text(), c.string(0)), nil }}},
	"indexOf": {
		{"s", func(c invocation) (any, error) { return c.indexOf(c.string(0), 0), nil }},
		{"si", func(c invocation) (any, error) { return c.indexOf(c.string(0), c.int(1)), nil }},
		{"i", func(c invocation) (any, error) { return c.indexOf(string(rune(c.int(0))), 0), nil }},
		{"ii", func(c invocation) (any, error) { return c.indexOf(string(rune(c.int(0))), c.int(1)), nil }},
	},
	"isBlank": {{"", func(c invocation) (any, error) { return strings.TrimSpace(c.text()) == "", nil }}},
	"isEmpty": {{"", func(c invocation) (any, error) { return c.text() == "", nil }}},
	"join": {{"sl", func(c invocation) (any, error) {
		return c.join(c.string(0), c.list(1))
	}}},
	"lastIndexOf": {
		{"s", func(c invocation) (any, error) { return c.lastIndexOf(c.string(0), maxInt), nil }},
		{"si", func(c invocation) (any, error) { return c.lastIndexOf(c.string(0), c.int(1)), nil }},
		{"i", func(c invocation) (any, error) { return c.lastIndexOf(string(rune(c.int(0))), maxInt), nil }},
	},
	"length":     {{"", func(c invocation) (any, error) { return int64(unitsOf(c.text())), nil }}},
	"matches":    {{"s", invocation.matches}},
	"repeat":     {{"i", invocation.repeat}},
	"replace":    {{"ss", func(c invocation) (any, error) { return c.replace(c.string(0), c.string(1)) }}},
	"replaceAll": {{"ss", func(c invocation) (any, error) { return c.replacePattern(-1) }}},
	"replaceFirst": {{"ss", func(c invocation) (any, error) {
		return c.replacePattern(1)
	}}},
	"split": {
		{"s", func(c invocation) (any, error) { return c.split(0) }},
		{"si", func(c invocation) (any, error) { return c.split(c.int(1)) }},
	},
	"startsWith": {
		{"s", func(c invocation) (any, error) { return strings.HasPrefix(c.text(), c.string(0)), nil }},
		{"si", func(c invocation) (any, error) {
			at, split := byteOffset(c.text(), c.int(1))
			return at >= 0 && !split && strings.HasPrefix(c.text()[at:], c.string(0)), nil
		}},
	},
	"strip": {{"", func(c invocation) (any, error) { return strings.TrimSpace(c.text()), nil }}},
	"subSequence": {
		{"ii", func(c invocation) (any, error) { return c.substring(c.int(0), c.int(1)) }},
	},
	"substring": {
		{"i", func(c invocation) (any, error) { return c.substring(c.int(0), unitsOf(c.text())) }},
		{"ii", func(c invocation) (any, error) { return c.substring(c.int(0), c.int(1)) }},
	},
	"toCharArray": {{"", invocation.characters}},
	"toLowerCase": {{"", func(c invocation) (any, error) { return c.r.made(lower(c.text())) }}},
	"toUpperCase": {{"", func(c invocation) (any, error) { return c.r.made(upper(c.text())) }}},
	"trim": {{"", func(c invocation) (any, error) {
		return strings.TrimFunc(c.text(), func(point rune) bool { return point <= ' ' }), nil
	}}},
	"valueOf": {{"o", func(c invocation) (any, error) { return c.r.text(c.args[0]) }}},
}

// lower and upper are those of the root locale.
func lower(s string) string { return strings.ToLower(s) }

// upper is as Java has it for the letter that becomes two.
func upper(s string) string { return strings.ReplaceAll(strings.ToUpper(s), "ß", "SS") }

// unitsOf is the length of a string in UTF-16, in which Java counts.
func unitsOf(s string) int {
	n := 0
	for _, point := range s {
		n += max(utf16.RuneLen(point), 1)
	}
	return n
}

// byteOffset is where the UTF-16 unit of an index begins; split, if it is the second half of a character. It is -1
// outside of the string.
func byteOffset(s string, index int) (at int, split bool) {
	if index < 0 {
		return -1, false
	}
	for i, point := range s {
		if index <= 0 {
			return i, index < 0
		}
		index -= max(utf16.RuneLen(point), 1)
	}
	if index > 0 {
		return -1, false
	}
	return len(s), index < 0
}

// substring is what Java's is, in which half a character becomes U+FFFD.
func (c invocation) substring(from, to int) (any, error) {
	s := c.text()
	start, splitStart := byteOffset(s, from)
	end, splitEnd := byteOffset(s, to)
	if start < 0 || end < 0 || from > to {
		return nil, errIndex
	}
	if !splitStart && !splitEnd {
		return s[start:end], nil
	}
	if splitEnd {
		_, size := utf8.DecodeLastRuneInString(s[:end])
		end -= size
	}
	part := s[min(start, end):end]
	if splitStart {
		part = "\uFFFD" + part
	}
	if splitEnd {
		part += "\uFFFD"
	}
	return c.r.made(part)
}

// indexOf counts in UTF-16, and takes an index outside of the string for its nearest end.
func (c invocation) indexOf(part string, from int) int64 {
	s := c.text()
	at, _ := byteOffset(s, max(from, 0))
	if at < 0 {
		at = len(s)
	}
	i := strings.Index(s[at:], part)
	if i < 0 {
		return -1
	}
	return int64(unitsOf(s[:at+i]))
}

// lastIndexOf finds what begins at an index or before it.
func (c invocation) lastIndexOf(part string, from int) int64 {
	s := c.text()
	if at, _ := byteOffset(s, from); at >= 0 {
		s = s[:min(at+len(part), len(s))]
	} else if from < 0 {
		return -1
	}
	i := strings.LastIndex(s, part)
	if i < 0 {
		return -1
	}
	return int64(unitsOf(s[:i]))
}

// compareText is the difference of the first UTF-16 units that differ, or of the lengths.
func compareText(a, b string) int64 {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	for n > 0 && n < len(a) && !utf8.RuneStart(a[n]) {
		n--
	}
	x, y := utf16.Encode([]rune(head(a[n:]))), utf16.Encode([]rune(head(b[n:])))
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return int64(x[i]) - int64(y[i])
		}
	}
	return int64(unitsOf(a) - unitsOf(b))
}

// head is the first character of a string.
func head(s string) string {
	_, size := utf8.DecodeRuneInString(s)
	return s[:size]
}

// repeat checks what it would make before it makes it.
func (c invocation) repeat() (any, error) {
	s, n := c.text(), c.int(0)
	if n < 0 {
		return nil, errIndex
	}
	if len(s) > 0 && n > c.r.limits.Output/len(s) {
		return nil, limitError("a string longer than allowed")
	}
	return c.r.made(strings.Repeat(s, n))
}

// replace replaces a string by another wherever it stands.
func (c invocation) replace(from, to string) (any, error) {
	s := c.text()
	n := strings.Count(s, from)
	if n == 0 {
		return s, nil
	}
	if grown := len(to) - len(from); grown > 0 && n > (c.r.limits.Output-len(s))/grown {
		return nil, limitError("a string longer than allowed")
	}
	return c.r.made(strings.ReplaceAll(s, from, to))
}

// join is the static String.join.
func (c invocation) join(separator string, parts List) (any, error) {
	start := len(c.r.out)
	var err error
	for i := 0; i < parts.Len() && err == nil; i++ {
		if i > 0 {
			err = c.r.write(separator)
		}
		if err == nil {
			err = c.r.print(normal(parts.At(i)))
		}
	}
	s := string(c.r.out[start:])
	c.r.out = c.r.out[:start]
	if err != nil {
		return nil, err
	}
	return c.r.made(s)
}

// characters lists the characters as strings, since there is no type of their own for them.
func (c invocation) characters() (any, error) {
	s := c.text()
	if err := c.r.hold(listItemBytes * len(s)); err != nil {
		return nil, err
	}
	var items []any
	for i, point := range s {
		items = append(items, s[i:i+utf8.RuneLen(point)])
	}
	return &array{items: items}, nil
}
