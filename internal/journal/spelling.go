package journal

import (
	"bytes"
	"encoding/hex"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A view is what a text says to those who undo its escapes.
type view struct {
	text []byte
	at   []int // where each byte comes from, and the end; nil: from where it is
}

func (v *view) origin(i int) int {
	if v.at == nil {
		return i
	}
	return v.at[i]
}

// views are what a text may say: as it is, in JSON, and in the path and the query of a URL. Undoing the escapes of a text once
// costs less than to look for a secret in all of its spellings.
func views(text []byte) []view {
	all := []view{{text: text}}
	if bytes.IndexByte(text, '\\') >= 0 {
		all = append(all, unescape(text, '\\', unescapeJSON))
	}
	if bytes.IndexByte(text, '%') >= 0 {
		all = append(all, unescape(text, '%', unescapeURL))
	}
	if bytes.IndexByte(text, '+') >= 0 {
		all = append(all, unescape(bytes.ReplaceAll(text, []byte{'+'}, []byte{' '}), '%', unescapeURL))
	}
	return all
}

// unescape undoes the escapes that begin with a mark. A function appends what an escape stands for and returns how long the escape
// is: 0, if it is none, and -1 if the text ends in it, as one does that was cut.
func unescape(text []byte, mark byte, undo func(dst, escape []byte) ([]byte, int)) view {
	v := view{make([]byte, 0, len(text)), make([]int, 0, len(text)+1)}
	for i := 0; i < len(text); {
		size := 0
		if text[i] == mark {
			v.text, size = undo(v.text, text[i:])
		}
		if size < 0 {
			v.at = append(v.at, i)
			return v
		}
		if size == 0 {
			v.text, size = append(v.text, text[i]), 1
		}
		for len(v.at) < len(v.text) {
			v.at = append(v.at, i)
		}
		i += size
	}
	v.at = append(v.at, len(text))
	return v
}

// unescapeURL knows the escapes of RFC 3986 section 2.1.
func unescapeURL(dst, escape []byte) ([]byte, int) {
	const size = 3
	if len(escape) < size {
		return dst, -1
	}
	var c [1]byte
	if _, err := hex.Decode(c[:], escape[1:size]); err != nil {
		return dst, 0
	}
	return append(dst, c[0]), size
}

// unescapeJSON knows the escapes of RFC 8259 section 7.
func unescapeJSON(dst, escape []byte) ([]byte, int) {
	const letters, stand = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	if len(escape) < 2 {
		return dst, -1
	}
	if i := strings.IndexByte(letters, escape[1]); i >= 0 {
		return append(dst, stand[i]), 2
	}
	if escape[1] == 'u' {
		return unescapeUnicode(dst, escape)
	}
	return dst, 0
}

// unescapeUnicode knows \uXXXX, of which two make one character beyond U+FFFF.
func unescapeUnicode(dst, escape []byte) ([]byte, int) {
	const size = 6
	if len(escape) < size {
		return dst, -1
	}
	first, ok := codeUnit(escape)
	if !ok {
		return dst, 0
	}
	if !utf16.IsSurrogate(first) {
		return utf8.AppendRune(dst, first), size
	}
	rest := escape[size:]
	if len(rest) < size && bytes.HasPrefix([]byte(`\u`), rest[:min(len(rest), 2)]) {
		return dst, -1
	}
	second, ok := codeUnit(rest)
	if !ok {
		return utf8.AppendRune(dst, utf8.RuneError), size
	}
	return utf8.AppendRune(dst, utf16.DecodeRune(first, second)), 2 * size
}

func codeUnit(escape []byte) (rune, bool) {
	const start = `\u`
	var b [2]byte
	if !bytes.HasPrefix(escape, []byte(start)) || len(escape) < len(start)+hex.EncodedLen(len(b)) {
		return 0, false
	}
	_, err := hex.Decode(b[:], escape[len(start):len(start)+hex.EncodedLen(len(b))])
	return rune(b[0])<<8 | rune(b[1]), err == nil
}
