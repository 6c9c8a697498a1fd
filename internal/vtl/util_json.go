package vtl

import (
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"
)

// maxJSONDepth is how deep a document for parseJson may be nested.
const maxJSONDepth = 128

var errNotJSON = errors.New("the text is not JSON")

// parseJSON reads a document with its keys in their order. Of duplicate keys the last wins, at the place of the first.
// Each value is accounted for before it is made.
func parseJSON(text string, hold func(bytes int) error) (any, error) {
	if err := hold(len(text)); err != nil {
		return nil, err
	}
	if !json.Valid([]byte(text)) {
		return nil, errNotJSON
	}
	most := strings.Count(text, ",") + maxJSONDepth // items in lists that are open at once
	if err := hold(itemBytes * most); err != nil {
		return nil, err
	}
	j := jsonText{rest: text, hold: hold, items: make([]any, 0, most)}
	return j.value(maxJSONDepth)
}

// jsonText is what is left of a text that is valid JSON.
type jsonText struct {
	rest  string
	hold  func(bytes int) error
	items []any // of the lists that are open
}

// next goes over blanks and one byte.
func (j *jsonText) next() byte {
	j.rest = strings.TrimLeft(j.rest, " \t\r\n")
	c := j.rest[0]
	j.rest = j.rest[1:]
	return c
}

// value reads a value with the blanks before it.
func (j *jsonText) value(depth int) (any, error) {
	if err := j.hold(itemBytes); err != nil {
		return nil, err
	}
	if depth == 0 {
		return nil, limitError("the JSON is nested deeper than allowed")
	}
	j.rest = strings.TrimLeft(j.rest, " \t\r\n")
	if end := strings.IndexFunc(j.rest, notOfNumber); end != 0 {
		number := j.rest
		if end > 0 {
			number = j.rest[:end]
		}
		j.rest = j.rest[len(number):]
		return jsonNumber(number), nil
	}
	switch j.next() {
	case '{':
		return j.object(depth)
	case '[':
		return j.array(depth)
	case '"':
		return j.text()
	case 't':
		j.rest = j.rest[len("true")-1:]
		return true, nil
	case 'f':
		j.rest = j.rest[len("false")-1:]
		return false, nil
	case 'n':
		j.rest = j.rest[len("null")-1:]
		return nil, nil
	default:
		return nil, errNotJSON
	}
}

// array reads what is behind a bracket, object what is behind a brace.
func (j *jsonText) array(depth int) (any, error) {
	start := len(j.items)
	for more := !j.ended(']'); more; more = j.next() == ',' {
		v, err := j.value(depth - 1)
		if err != nil {
			return nil, err
		}
		j.items = append(j.items, v)
	}
	items := j.items[start:]
	j.items = j.items[:start]
	if err := j.hold(listBytes + itemBytes*len(items)); err != nil {
		return nil, err
	}
	return &array{kind: jsonArray, items: append(make([]any, 0, len(items)), items...)}, nil
}

func (j *jsonText) object(depth int) (any, error) {
	t := &table{}
	if err := j.hold(listBytes); err != nil {
		return nil, err
	}
	for {
		if t.Len() == 0 && j.ended('}') {
			return t, nil
		}
		j.next() // the quote of the key
		key, err := j.text()
		if err != nil {
			return nil, err
		}
		j.next() // the colon
		v, err := j.value(depth - 1)
		if err == nil {
			err = j.hold(mapItemBytes)
		}
		if err != nil {
			return nil, err
		}
		t.put(key, key, v)
		if j.next() == '}' {
			return t, nil
		}
	}
}

// notOfNumber ends a number. Values that are none begin with it.
func notOfNumber(c rune) bool {
	return (c < '0' || c > '9') && c != '-' && c != '+' && c != '.' && c != 'e' && c != 'E'
}

// ended goes over the end of something empty.
func (j *jsonText) ended(end byte) bool {
	rest := strings.TrimLeft(j.rest, " \t\r\n")
	if rest[0] != end {
		return false
	}
	j.rest = rest[1:]
	return true
}

// text reads a string behind its first quote.
func (j *jsonText) text() (any, error) {
	end := 0
	for j.rest[end] != '"' {
		if j.rest[end] == '\\' {
			end++
		}
		end++
	}
	s, quoted := j.rest[:end], j.rest[:end+1]
	j.rest = j.rest[end+1:]
	if strings.IndexByte(s, '\\') < 0 && utf8.ValidString(s) {
		return s, nil
	}
	if err := j.hold(2 * len(s)); err != nil {
		return nil, err
	}
	var unescaped string
	err := json.Unmarshal([]byte(`"`+quoted), &unescaped)
	return unescaped, err
}
