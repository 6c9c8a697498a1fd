package jsonpath

import (
	"unicode/utf16"
	"unicode/utf8"
)

// appendUnescaped appends what a string means, given the valid JSON between its quotes, until dst has reached a limit.
func appendUnescaped(dst, inner []byte, limit int) []byte {
	for len(inner) > 0 && len(dst) < limit {
		r, size := decodeRune(inner)
		dst = utf8.AppendRune(dst, r)
		inner = inner[size:]
	}
	return dst
}

// equalUnescaped says whether the valid JSON between a string's quotes means text, without building it.
func equalUnescaped(inner []byte, text string) bool {
	for len(inner) > 0 {
		r, size := decodeRune(inner)
		want, width := utf8.DecodeRuneInString(text)
		if width == 0 || r != want {
			return false
		}
		inner, text = inner[size:], text[width:]
	}
	return text == ""
}

// equalStrings says whether two strings mean the same, given the valid JSON between their quotes.
func equalStrings(a, b []byte) bool {
	for len(a) > 0 && len(b) > 0 {
		r, size := decodeRune(a)
		other, width := decodeRune(b)
		if r != other {
			return false
		}
		a, b = a[size:], b[width:]
	}
	return len(a) == len(b)
}

// decodeRune reads the first character of the valid JSON inside a string, and how many bytes it took.
func decodeRune(inner []byte) (r rune, size int) {
	if inner[0] != '\\' {
		return utf8.DecodeRune(inner)
	}
	switch c := inner[1]; c {
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		return decodeUnit(inner)
	default:
		return rune(c), 2
	}
}

// decodeUnit reads \uXXXX, or two of them that are a surrogate pair (RFC 8259 section 7). Half a pair is U+FFFD.
func decodeUnit(inner []byte) (r rune, size int) {
	r = hex4(inner[2:])
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if len(inner) >= 12 && inner[6] == '\\' && inner[7] == 'u' {
		if pair := utf16.DecodeRune(r, hex4(inner[8:])); pair != utf8.RuneError {
			return pair, 12
		}
	}
	return utf8.RuneError, 6
}

// hex4 is the number that four hexadecimal digits write.
func hex4(b []byte) rune {
	var r rune
	for _, c := range b[:4] {
		digit, _ := hexDigit(c)
		r = r<<4 | digit
	}
	return r
}

// hexDigit is the worth of a hexadecimal digit in either case.
func hexDigit(c byte) (digit rune, ok bool) {
	switch {
	case isDigit(c):
		return rune(c - '0'), true
	case 'a' <= c && c <= 'f':
		return rune(c-'a') + 10, true
	case 'A' <= c && c <= 'F':
		return rune(c-'A') + 10, true
	}
	return 0, false
}
