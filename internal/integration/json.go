package integration

import (
	"strconv"
	"unicode/utf8"
)

// appendMember appends a member of an object and the comma behind it; the last comma becomes the brace of close.
func appendMember(dst []byte, name, value string) []byte {
	return append(appendString(appendName(dst, name), value), ',')
}

func appendName(dst []byte, name string) []byte { return append(appendString(dst, name), ':') }

func appendInt(dst []byte, name string, value int64) []byte {
	return append(strconv.AppendInt(appendName(dst, name), value, 10), ',')
}

// closeObject ends an object that has members, each with a comma behind it.
func closeObject(dst []byte) []byte {
	dst[len(dst)-1] = '}'
	return dst
}

// appendString appends a JSON string: what RFC 8259 section 7 wants escaped is, and nothing else; bytes that are not
// UTF-8, which a header field may have, become U+FFFD.
func appendString[T string | []byte](dst []byte, text T) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(text); {
		c := text[i]
		if c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\' {
			i++
			continue
		}
		size := 1
		if c >= utf8.RuneSelf {
			var r rune
			if r, size = utf8.DecodeRuneInString(string(text[i:min(len(text), i+utf8.UTFMax)])); r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
		}
		dst = append(dst, text[start:i]...)
		switch {
		case c >= utf8.RuneSelf:
			dst = append(dst, "\uFFFD"...)
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, '\\', 'n')
		case c == '\r':
			dst = append(dst, '\\', 'r')
		case c == '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i += size
		start = i
	}
	return append(append(dst, text[start:]...), '"')
}
