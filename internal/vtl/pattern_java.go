package vtl

import (
	"errors"
	"strconv"
	"strings"
)

// What Java writes in another way than Go, outside of [ ] and in it.
const (
	javaDot   = `[^\n\r\x{85}\x{2028}\x{2029}]`
	javaSpace = ` \t\n\x0B\f\r`
	javaBlank = ` \t\x{A0}\x{1680}\x{180E}\x{2000}-\x{200A}\x{202F}\x{205F}\x{3000}`
	javaBreak = `\n\x0B\f\r\x{85}\x{2028}\x{2029}`
)

// posixClasses are the names of \p{...} for ASCII.
var posixClasses = map[string]string{
	"Lower": "[:lower:]", "Upper": "[:upper:]", "ASCII": "[:ascii:]", "Alpha": "[:alpha:]", "Digit": "[:digit:]",
	"Alnum": "[:alnum:]", "Punct": "[:punct:]", "Graph": "[:graph:]", "Print": "[:print:]", "Blank": "[:blank:]",
	"Cntrl": "[:cntrl:]", "XDigit": "[:xdigit:]", "Space": `\s\x0B`,
}

var errPattern = errors.New("regular expression: nested classes, intersections and look-around are not supported")

// translatePattern writes a pattern of Java as one of Go. What has another meaning in Go and no translation is an error,
// here or in Go.
func translatePattern(source string) (string, error) {
	var b strings.Builder
	dotAll := strings.Contains(source, "(?s") || strings.Contains(source, "(?is") || strings.Contains(source, "(?ms")
	inClass := false
	for i := 0; i < len(source); {
		c := source[i]
		switch {
		case c == '\\' && i+1 < len(source):
			text, size := translateEscape(source[i:], inClass)
			b.WriteString(text)
			i += size
			continue
		case inClass && (c == '[' || strings.HasPrefix(source[i:], "&&")):
			return "", errPattern
		case c == '[':
			inClass = true
			if strings.HasPrefix(source[i:], "[^") {
				b.WriteByte('[')
				c = '^'
				i++
			}
		case c == ']':
			inClass = false
		case c == '.' && !inClass && !dotAll:
			b.WriteString(javaDot)
			i++
			continue
		}
		b.WriteByte(c)
		i++
	}
	return b.String(), nil
}

// translateEscape writes the escape that a text begins with, which is size bytes long.
func translateEscape(text string, inClass bool) (escape string, size int) {
	class := func(content string) (string, int) {
		if inClass {
			return content, 2
		}
		return "[" + content + "]", 2
	}
	switch c := text[1]; {
	case c == 's':
		return class(javaSpace)
	case c == 'h':
		return class(javaBlank)
	case c == 'v':
		return class(javaBreak)
	case c == 'S' && !inClass:
		return "[^" + javaSpace + "]", 2
	case c == 'R' && !inClass:
		return `(?:\r\n|[` + javaBreak + `])`, 2
	case c == 'e':
		return `\x1B`, 2
	case c == 'u' && len(text) >= 6:
		return `\x{` + text[2:6] + `}`, 6
	case c == 'Q':
		return quotedPart(text)
	case c == 'p' || c == 'P':
		return translateProperty(text, inClass)
	default:
		return text[:2], 2
	}
}

// quotedPart escapes what is between \Q and \E.
func quotedPart(text string) (escape string, size int) {
	part, _, ended := strings.Cut(text[2:], `\E`)
	size = 2 + len(part)
	if ended {
		size += 2
	}
	var b strings.Builder
	for _, point := range part {
		b.WriteString(`\x{` + strconv.FormatInt(int64(point), 16) + `}`)
	}
	return b.String(), size
}

// translateProperty writes \p{Name}: the POSIX classes of Java, or a script or category that Go has, too.
func translateProperty(text string, inClass bool) (escape string, size int) {
	end := strings.IndexByte(text, '}')
	if end < 0 || text[2] != '{' {
		return text[:2], 2
	}
	name := strings.TrimPrefix(text[3:end], "Is")
	posix, ok := posixClasses[name]
	switch {
	case !ok:
		return text[:2] + "{" + name + "}", end + 1
	case text[1] == 'P' && inClass:
		return text[:end+1], end + 1 // an error of Go
	case text[1] == 'P':
		return "[^" + posix + "]", end + 1
	case inClass:
		return posix, end + 1
	default:
		return "[" + posix + "]", end + 1
	}
}
