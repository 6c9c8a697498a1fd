package stack

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// form is how a value of a template becomes one of the control plane: CloudFormation takes numbers and booleans that are
// written as texts, API Gateway does not. Results are what JSON decodes to, so that they can be held against live objects.
type form struct {
	read func(v any) (any, error)
	// initial is the value of a property that nobody names.
	initial any
}

// object is a value with members that are all known: of a live one, only these are looked at.
type object map[string]any

// set is a list whose order means nothing.
type set []any

// The forms.
var (
	text    = form{readText, ""}
	flag    = form{readFlag, false}
	whole   = form{readWhole, nil}
	number  = form{readNumber, nil}
	texts   = listOf(text)
	textMap = mapOf(text)
	schema  = form{readJSON, ""}
	tagList = form{readTagList, map[string]any{}}
)

// expected words the error of a value that is not what it should be.
func expected(what string, got any) error {
	return fmt.Errorf("expected %s, got %s", what, describe(got))
}

// describe shows a value in a message, shortened.
func describe(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("%T", v)
	}
	const most = 60
	if len(text) > most {
		return string(text[:most]) + "…"
	}
	return string(text)
}

// readText takes numbers and booleans, too: YAML makes those of what looks like them.
func readText(v any) (any, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case bool:
		return strconv.FormatBool(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	default:
		return nil, expected("a text", v)
	}
}

// readFlag reads a boolean. What is yet to be made may turn out to be one.
func readFlag(v any) (any, error) {
	if b, ok := v.(bool); ok {
		return b, nil
	}
	switch s, _ := v.(string); {
	case isUnknown(v):
		return v, nil
	case strings.EqualFold(s, "true"):
		return true, nil
	case strings.EqualFold(s, "false"):
		return false, nil
	}
	return nil, expected("true or false", v)
}

func readNumber(v any) (any, error) {
	switch v := v.(type) {
	case int64:
		return float64(v), nil
	case float64:
		return v, nil
	case string:
		n, err := strconv.ParseFloat(v, 64)
		if err == nil && !math.IsNaN(n) && !math.IsInf(n, 0) {
			return n, nil
		}
		if isUnknown(v) {
			return v, nil
		}
	}
	return nil, expected("a number", v)
}

// readWhole reads a number without a fraction; JSON has but one kind of number.
func readWhole(v any) (any, error) {
	n, err := readNumber(v)
	if f, ok := n.(float64); err != nil || ok && f != math.Trunc(f) {
		return nil, expected("a whole number", v)
	}
	return n, nil
}

// readJSON reads what API Gateway takes as the text of a document, and a template may have as an object.
func readJSON(v any) (any, error) {
	if s, ok := v.(string); ok {
		return s, nil
	}
	if _, ok := v.(map[string]any); !ok {
		return nil, expected("an object, or its text", v)
	}
	document, err := json.Marshal(v)
	return string(document), err
}

// oneOf reads a text that is one of some.
func oneOf(allowed ...string) form {
	return form{initial: "", read: func(v any) (any, error) {
		s, err := readText(v)
		if err == nil && !isUnknown(s) && !slices.Contains(allowed, s.(string)) {
			err = fmt.Errorf("expected one of %s, got %s", strings.Join(allowed, ", "), describe(v))
		}
		return s, err
	}}
}

// or is a form with another initial value.
func (f form) or(initial any) form { return form{f.read, initial} }

// listOf reads a list. One value alone stands for a list of it, as CloudFormation has it.
func listOf(f form) form {
	return form{initial: []any{}, read: func(v any) (any, error) {
		list, ok := v.([]any)
		if !ok {
			list = []any{v}
		}
		read := make([]any, len(list))
		var errs []error
		for i, item := range list {
			var err error
			if read[i], err = f.read(item); err != nil {
				errs = append(errs, fmt.Errorf("[%d]: %w", i, err))
			}
		}
		return read, errors.Join(errs...)
	}}
}

// setOf reads a list whose order means nothing.
func setOf(f form) form {
	list := listOf(f)
	return form{initial: set{}, read: func(v any) (any, error) {
		read, err := list.read(v)
		items, _ := read.([]any)
		return set(items), err
	}}
}

// mapOf reads a map whose keys anybody may choose.
func mapOf(f form) form {
	return form{initial: map[string]any{}, read: func(v any) (any, error) {
		values, ok := v.(map[string]any)
		if !ok {
			return nil, expected("a map", v)
		}
		read := make(map[string]any, len(values))
		var errs []error
		for _, key := range slices.Sorted(maps.Keys(values)) {
			var err error
			if read[key], err = f.read(values[key]); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", key, err))
			}
		}
		return read, errors.Join(errs...)
	}}
}

// objectOf reads an object. Members that are not named get their initial values, so that what was there before goes.
func objectOf(members ...property) form {
	return form{initial: initialOf(members), read: func(v any) (any, error) {
		values, ok := v.(map[string]any)
		if !ok {
			return nil, expected("an object", v)
		}
		read, err := readProperties(members, values)
		whole := initialOf(members)
		maps.Copy(whole, read)
		return whole, err
	}}
}

// initialOf are the members of an object that nobody has written.
func initialOf(members []property) object {
	initial := object{}
	for _, p := range members {
		initial[p.to()] = p.form.initial
	}
	return initial
}

// nothing is a form like another, whose initial value is that there is none.
func (f form) nothing() form { return form{f.read, nil} }

// readTagList reads tags as the older resource types have them: a list of Key and Value.
func readTagList(v any) (any, error) {
	if _, ok := v.(map[string]any); ok {
		return textMap.read(v)
	}
	list, err := listOf(objectOf(property{name: "Key", form: text}, property{name: "Value", form: text})).read(v)
	if err != nil {
		return nil, err
	}
	tags := map[string]any{}
	for _, item := range list.([]any) {
		tag := item.(object)
		tags[tag["key"].(string)] = tag["value"]
	}
	return tags, nil
}

// same says whether a live value is the one that is wanted. What is empty is the same as what is not there.
func same(want, have any) bool {
	switch want := want.(type) {
	case object:
		have, _ := have.(map[string]any)
		return sameMembers(want, have)
	case map[string]any:
		have, _ := have.(map[string]any)
		for name := range have {
			if _, wanted := want[name]; !wanted && !isEmpty(have[name]) {
				return false
			}
		}
		return sameMembers(want, have)
	case []any:
		have, _ := have.([]any)
		return slices.EqualFunc(want, have, same)
	case set:
		have, _ := have.([]any)
		return len(want) == len(have) && !slices.ContainsFunc(want, func(item any) bool {
			return !slices.ContainsFunc(have, func(other any) bool { return same(item, other) })
		})
	default:
		return want == have || isEmpty(want) && isEmpty(have)
	}
}

// sameMembers looks at what is wanted, whatever else there is.
func sameMembers(want, have map[string]any) bool {
	for name, value := range want {
		if !same(value, have[name]) {
			return false
		}
	}
	return true
}

// isEmpty says whether a value is as good as none. A zero is not: a limit of 0 is the hardest one.
func isEmpty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case bool:
		return !v
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	default:
		return false
	}
}
