package cloudformation

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
)

// known says whether there is anything to give of a value: metadata can have parts that nobody knows, properties have none.
func (v *value) known() bool { return v.kind != broken && v.kind != absent && v.kind != call }

// native is the value as Go has it, without what is not known.
func (s *scope) native(v *value) any {
	if !s.spend(1) {
		return nil
	}
	switch v.kind {
	case text:
		return v.text
	case number:
		return numeric(v.text)
	case boolean:
		return v.text == "true"
	case list:
		items := make([]any, 0, len(v.items))
		for _, item := range v.items {
			if item.known() {
				items = append(items, s.native(item))
			}
		}
		return items
	case object:
		members := make(map[string]any, len(v.members))
		for _, m := range v.members {
			if m.value.known() {
				members[m.key] = s.native(m.value)
			}
		}
		return members
	default:
		return nil
	}
}

// numeric is a number if printing it gives the same digits again, else their text.
func numeric(digits string) any {
	if n, err := strconv.ParseInt(digits, 10, 64); err == nil && strconv.FormatInt(n, 10) == digits {
		return n
	}
	if f, err := strconv.ParseFloat(digits, 64); err == nil && strconv.FormatFloat(f, 'f', -1, 64) == digits {
		return f
	}
	return digits
}

// foreign is the value of what [Values] gave; false if it is of a type that templates do not have.
func (s *scope) foreign(at mark, given any, depth int) (*value, bool) {
	if depth > maxDepth || !s.spend(1) {
		return nothing, false
	}
	switch given := given.(type) {
	case string:
		return newText(at, given), true
	case bool:
		return newBoolean(at, given), true
	case int:
		return &value{kind: number, at: at, text: strconv.Itoa(given)}, true
	case int64:
		return &value{kind: number, at: at, text: strconv.FormatInt(given, 10)}, true
	case float64:
		return &value{kind: number, at: at, text: strconv.FormatFloat(given, 'f', -1, 64)}, true
	case json.Number:
		return &value{kind: number, at: at, text: given.String()}, true
	case []string:
		made := newList(at)
		for _, one := range given {
			made.items = append(made.items, newText(at, one))
		}
		return made, true
	case []any:
		return s.foreignList(at, given, depth)
	case map[string]any:
		return s.foreignObject(at, given, depth)
	}
	return nothing, false
}

func (s *scope) foreignList(at mark, given []any, depth int) (*value, bool) {
	made := newList(at)
	for _, one := range given {
		item, ok := s.foreign(at, one, depth+1)
		if !ok {
			return nothing, false
		}
		made.items = append(made.items, item)
	}
	return made, true
}

// foreignObject sorts the names, so that the same values make the same text.
func (s *scope) foreignObject(at mark, given map[string]any, depth int) (*value, bool) {
	made := newObject(at)
	for _, key := range slices.Sorted(maps.Keys(given)) {
		one, ok := s.foreign(at, given[key], depth+1)
		if !ok {
			return nothing, false
		}
		made.members = append(made.members, member{key: key, at: at, value: one})
	}
	return made, true
}

// appendJSON is the value as Fn::ToJsonString prints it: members in the order of the template, numbers as written.
func appendJSON(to []byte, v *value) []byte {
	switch v.kind {
	case number, boolean:
		return append(to, v.text...)
	case list:
		to = append(to, '[')
		for i, item := range v.items {
			if i > 0 {
				to = append(to, ',')
			}
			to = appendJSON(to, item)
		}
		return append(to, ']')
	case object:
		to = append(to, '{')
		for i, m := range v.members {
			if i > 0 {
				to = append(to, ',')
			}
			to = append(appendQuoted(to, m.key), ':')
			to = appendJSON(to, m.value)
		}
		return append(to, '}')
	default:
		return appendQuoted(to, v.text)
	}
}
