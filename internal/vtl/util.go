package vtl

import (
	"encoding/base64"
	"errors"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Util is $util of API Gateway: see "Mapping template and access logging variable reference" in its developer guide.
type Util struct{}

var errNotText = errors.New("the text cannot be decoded")

// utilFunctions make a text of a text.
var utilFunctions = map[string]func(text string) (any, error){
	"escapeJavaScript": func(text string) (any, error) { return escapeJavaScript(text), nil },
	"urlEncode":        func(text string) (any, error) { return urlEncode(text), nil },
	"urlDecode":        urlDecode,
	"base64Encode":     func(text string) (any, error) { return base64.StdEncoding.EncodeToString([]byte(text)), nil },
	"base64Decode":     base64Decode,
}

// Property has nothing.
func (Util) Property(string) (any, bool) { return nil, false }

// Call calls a function by its name. What is not a string is taken for its text; nothing escapes as null.
func (u Util) Call(method string, args []any) (any, error) {
	return u.call(method, args, func(int) error { return nil })
}

// call accounts for values with hold.
func (Util) call(method string, args []any, hold func(bytes int) error) (any, error) {
	f, ok := utilFunctions[method]
	if !ok && method != "parseJson" || len(args) != 1 {
		return nil, ErrNoMethod
	}
	text, ok := args[0].(string)
	if !ok {
		p := printer{limit: defaultOutput, depth: defaultDepth}
		if err := p.value(normal(args[0])); err != nil {
			return nil, err
		}
		text = string(p.out)
	}
	if args[0] == nil && method != "escapeJavaScript" {
		return nil, nil
	}
	if f == nil {
		return parseJSON(text, hold)
	}
	return f(text)
}

// escapeJavaScript is StringEscapeUtils.escapeJavaScript of Apache Commons Lang, with its \' that JSON does not know:
// the developer guide tells to replace it afterwards.
func escapeJavaScript(s string) string {
	plain := func(c byte) bool {
		return c >= ' ' && c < 0x7f && c != '\'' && c != '"' && c != '\\' && c != '/'
	}
	start, size := len(s), 0
	for i := range len(s) {
		if plain(s[i]) {
			size++
			continue
		}
		start, size = min(start, i), size+longestEscape(s[i])
	}
	if start == len(s) {
		return s
	}
	var b strings.Builder
	var buffer [12]byte
	b.Grow(size)
	b.WriteString(s[:start])
	for _, c := range s[start:] {
		escape := buffer[:0]
		switch {
		case c == '\'' || c == '"' || c == '\\' || c == '/':
			escape = append(escape, '\\', byte(c))
		case c < ' ' && shortEscape(c) != 0:
			escape = append(escape, '\\', shortEscape(c))
		case c >= ' ' && c <= 0x7f:
			escape = append(escape, byte(c))
		default:
			if high, low := utf16.EncodeRune(c); high != utf8.RuneError {
				escape, c = appendUnicodeEscape(escape, uint16(high)), low
			}
			escape = appendUnicodeEscape(escape, uint16(c))
		}
		b.Write(escape)
	}
	return b.String()
}

// longestEscape is how much a byte takes at most: a character of two bytes takes six, one of four twelve.
func longestEscape(c byte) int {
	switch {
	case c >= ' ' && c < utf8.RuneSelf:
		return len(`\'`)
	case c < ' ':
		return len(`\u0000`)
	default:
		return len(`\u0000`) / 2
	}
}

// urlEncode is java.net.URLEncoder.encode with UTF-8: form encoding that leaves letters, digits and .-*_ alone.
func urlEncode(s string) string {
	const digits = "0123456789ABCDEF"
	plain := func(c byte) bool { return isLetter(c) || isDigit(c) || strings.IndexByte(".-*_ ", c) >= 0 }
	size := len(s)
	for i := range len(s) {
		if !plain(s[i]) {
			size += len("%00") - 1
		}
	}
	var b strings.Builder
	b.Grow(size)
	for i := range len(s) {
		switch c := s[i]; {
		case c != ' ' && plain(c):
			b.WriteByte(c)
		case c == ' ':
			b.WriteByte('+')
		default:
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
		}
	}
	return b.String()
}

// urlDecode is java.net.URLDecoder.decode with UTF-8: what is not UTF-8 becomes U+FFFD, and a % without two digits is an
// error.
func urlDecode(s string) (any, error) {
	dst := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '+':
			dst = append(dst, ' ')
		case '%':
			if i+2 >= len(s) || unhex(s[i+1]) < 0 || unhex(s[i+2]) < 0 {
				return nil, errNotText
			}
			dst = append(dst, byte(unhex(s[i+1])<<4|unhex(s[i+2])))
			i += 2
		default:
			dst = append(dst, s[i])
		}
	}
	return toValidUTF8(dst), nil
}

// unhex is the value of a hexadecimal digit, or -1.
func unhex(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	default:
		return -1
	}
}

// base64Decode takes the standard and the URL-safe alphabet, with or without padding and line ends, as the codec of
// Apache Commons does.
func base64Decode(s string) (any, error) {
	s = strings.NewReplacer("-", "+", "_", "/", "\r", "", "\n", "", " ", "", "\t", "").Replace(s)
	decoded, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(s, "="))
	if err != nil {
		return nil, errNotText
	}
	return toValidUTF8(decoded), nil
}

// toValidUTF8 is a text as Java decodes it.
func toValidUTF8(text []byte) string {
	if utf8.Valid(text) {
		return string(text)
	}
	return strings.ToValidUTF8(string(text), "\uFFFD")
}
