package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"gangway/internal/gateway"
)

// Limits of a line: how long a format may be, how much of a value is shown, and after how many bytes of a line values are hyphens.
// "Quotas for configuring and running a WebSocket API" has 3 KB for a format; these are characters here, as lengths are in the
// model of the service. An event of CloudWatch Logs has at most 256 KB.
const (
	maxFormat = 3072
	maxValue  = 2048
	maxLine   = 128 << 10
)

// A Format is an access log format that was compiled. It does not change, and may be used by several goroutines.
type Format struct {
	style style
	parts []part
	tail  string
}

// part is text and the variable behind it.
type part struct {
	before string
	variable
	bare bool // in JSON: the variable is a value itself, not a part of a string
}

var errFormatLength = fmt.Errorf("journal: an access log format has at most %d characters", maxFormat)

// CheckFormat says what is wrong with a format: the error of CompileFormat for it.
func CheckFormat(format string) error {
	_, err := CompileFormat(format)
	return err
}

// CompileFormat reads a format. It takes every text of up to 3,072 characters but the empty one; what it makes of it is said in the
// package comment.
func CompileFormat(format string) (*Format, error) {
	if strings.TrimSpace(format) == "" {
		return nil, errors.New("journal: the access log format is empty")
	}
	if utf8.RuneCountInString(format) > maxFormat {
		return nil, errFormatLength
	}
	f := &Format{}
	f.split(format)
	switch first := strings.TrimSpace(format)[0]; {
	case (first == '{' || first == '[') && f.isJSON():
		f.style = jsonText
		return f, nil
	case first == '<':
		f.style = xmlText
	default:
		f.style = plainText
	}
	for i := range f.parts {
		f.parts[i].bare = false
	}
	return f, nil
}

// split finds the variables of a format.
func (f *Format) split(format string) {
	const mark = "$context."
	inside, done, from := false, 0, 0
	for {
		at := strings.Index(format[from:], mark)
		if at < 0 {
			f.tail = oneLine(format[done:])
			return
		}
		at += from
		from = at + len(mark)
		name, v := nameAt(format[from:])
		if name == "" {
			continue
		}
		before := format[done:at]
		from += len(name)
		done = from
		inside = endsInString(before, inside)
		f.parts = append(f.parts, part{before: oneLine(before), variable: v, bare: !inside})
	}
}

// oneLine is text of a format without line breaks: a line has none, and "the log format cannot have any line breaks", the
// guide says.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 {
			return ' '
		}
		return r
	}, text)
}

// endsInString says whether JSON text ends inside of a string, if it begins inside or outside of one.
func endsInString(text string, inside bool) bool {
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '"':
			inside = !inside
		case text[i] == '\\' && inside:
			i++
		}
	}
	return inside
}

// isJSON says whether each line will be JSON: if it is with a number, and if it is with a string, in place of each bare
// variable, then no bare one is a name, or a part of something.
func (f *Format) isJSON() bool {
	return json.Valid(f.with("0")) && json.Valid(f.with(`"x"`))
}

func (f *Format) with(bare string) []byte {
	var line []byte
	for _, p := range f.parts {
		line = append(line, p.before...)
		if p.bare {
			line = append(line, bare...)
		} else {
			line = append(line, 'x')
		}
	}
	return append(line, f.tail...)
}

// JSON says whether each line will be a JSON text.
func (f *Format) JSON() bool { return f.style == jsonText }

// Append appends the line of a request, with its line break.
func (f *Format) Append(dst []byte, r *gateway.Record) []byte {
	start := len(dst)
	for i := range f.parts {
		p := &f.parts[i]
		dst = append(dst, p.before...)
		value := len(dst)
		if p.bare {
			dst = append(dst, '"')
		}
		first := len(dst)
		if first-start < maxLine {
			dst = p.append(dst, f.style, r)
		}
		if len(dst) == first {
			dst = append(dst, '-')
		}
		if p.bare {
			dst = append(dst, '"')
		}
		if p.bare && !p.quoted {
			dst = unquote(dst, value)
		}
	}
	return append(append(dst, f.tail...), '\n')
}

// append appends the value, or nothing if there is none.
func (p *part) append(dst []byte, s style, r *gateway.Record) []byte {
	if p.plain != nil {
		return p.plain(dst, r)
	}
	if p.text == nil {
		return dst
	}
	value := cut(p.text(r), maxValue)
	if !p.quoted || value == "" || p.bare { // a bare one gets its quotes anyway
		return s.append(dst, value)
	}
	quoted := append(jsonText.append([]byte{'"'}, value), '"')
	if s == plainText {
		return append(dst, quoted...)
	}
	return s.append(dst, string(quoted))
}

// unquote takes the quotes off the JSON string at the end of a line if what is inside is JSON itself.
func unquote(dst []byte, start int) []byte {
	value := dst[start+1 : len(dst)-1]
	if !isScalar(value) {
		return dst
	}
	copy(dst[start:], value)
	return dst[:len(dst)-2]
}

// isScalar says whether a value is an integer, a truth value or null.
func isScalar(value []byte) bool {
	switch string(value) {
	case "true", "false", "null", "0":
		return true
	}
	if len(value) > 0 && value[0] == '-' {
		value = value[1:]
	}
	if len(value) == 0 || len(value) > 19 || value[0] == '0' {
		return false
	}
	for _, c := range value {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
