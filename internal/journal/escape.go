package journal

import (
	"unicode/utf8"
)

// style is how values are written into a line.
type style uint8

const (
	rawText   style = iota // only what would break or turn the line
	plainText              // as in a quoted field
	jsonText               // as in a JSON string
	xmlText
)

const hexDigits = "0123456789abcdef"

// plainASCII says of each style which ASCII characters stand for themselves.
var plainASCII = func() (plain [4][utf8.RuneSelf]bool) {
	for c := byte(' '); c < 0x7f; c++ {
		quoting := c == '"' || c == '\\'
		markup := c == '"' || c == '\'' || c == '&' || c == '<' || c == '>'
		plain[rawText][c], plain[plainText][c], plain[jsonText][c], plain[xmlText][c] = true, !quoting, !quoting, !markup
	}
	return plain
}()

// append writes a value.
func (s style) append(dst []byte, text string) []byte {
	plain := &plainASCII[s]
	done := 0
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			i++
			if !plain[c] {
				dst = s.appendEscaped(append(dst, text[done:i-1]...), rune(c))
				done = i
			}
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && size == 1 || unseen(r) {
			dst = s.appendEscaped(append(dst, text[done:i]...), r)
			done = i + size
		}
		i += size
	}
	return append(dst, text[done:]...)
}

// unseen says whether a character is one that terminals obey and eyes do not find: the second set of control characters, line
// and paragraph separators, the marks of Unicode Standard Annex 9 that turn the direction of text, and what is no character.
func unseen(r rune) bool {
	return r >= 0x80 && r <= 0x9f || r == 0x61c || r >= 0x200e && r <= 0x200f || r >= 0x2028 && r <= 0x202e ||
		r >= 0x2066 && r <= 0x2069 || r == 0xfeff || r == 0xfffe || r == 0xffff
}

func (s style) appendEscaped(dst []byte, r rune) []byte {
	if s == xmlText {
		return appendReference(dst, r)
	}
	switch r {
	case utf8.RuneError:
		return utf8.AppendRune(dst, r)
	case '"', '\\':
		return append(dst, '\\', byte(r))
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return appendUnicode(dst, r)
}

// appendUnicode writes an escape of four hexadecimal digits: nothing that is escaped needs more.
func appendUnicode(dst []byte, r rune) []byte {
	return append(dst, '\\', 'u', hexDigits[r>>12&0xf], hexDigits[r>>8&0xf], hexDigits[r>>4&0xf], hexDigits[r&0xf])
}

// appendReference writes a character reference. XML 1.0 (section 2.2) has no way to write most control characters.
func appendReference(dst []byte, r rune) []byte {
	switch {
	case r == utf8.RuneError, r == 0xfffe, r == 0xffff:
		return utf8.AppendRune(dst, utf8.RuneError)
	case r < ' ' && r != '\n' && r != '\r' && r != '\t':
		return appendUnicode(dst, r)
	}
	dst = append(dst, '&', '#', 'x')
	started := false
	for shift := 12; shift >= 0; shift -= 4 {
		digit := r >> shift & 0xf
		started = started || digit != 0
		if started {
			dst = append(dst, hexDigits[digit])
		}
	}
	return append(dst, ';')
}

// cut is as much of a text as fits into a number of bytes, whole characters.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}
