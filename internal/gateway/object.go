package gateway

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Object is what every object of the control plane can say of itself.
type Object interface {
	// Validate returns the first thing wrong with the object, taken alone: an [Error] of kind [ErrInvalid].
	Validate() error
	// References are the objects that this one cannot exist without, as keys below its API ("integrations/abc").
	References() []Key
}

// Map is a map of texts in which a client removes a key by giving it the empty text, as API Gateway's PATCH does for
// stage variables, request parameters and request models. Decoding onto a Map merges.
type Map map[string]string

// UnmarshalJSON implements json.Unmarshaler.
func (m *Map) UnmarshalJSON(text []byte) error {
	var change map[string]string
	if err := json.Unmarshal(text, &change); err != nil {
		return err
	}
	if *m == nil {
		*m = make(Map, len(change))
	}
	for key, value := range change {
		if value == "" {
			delete(*m, key)
			continue
		}
		(*m)[key] = value
	}
	return nil
}

// Kept is a text that a client may change but, once set, not clear: API Gateway ignores an empty text here.
type Kept string

// UnmarshalJSON implements json.Unmarshaler.
func (k *Kept) UnmarshalJSON(text []byte) error {
	var value string
	if err := json.Unmarshal(text, &value); err != nil {
		return err
	}
	if value != "" {
		*k = Kept(value)
	}
	return nil
}

// ParameterConstraints says whether a request parameter must be there.
type ParameterConstraints struct {
	Required bool `json:"required"`
}

// date is a time as the control plane writes it: UTC, whole seconds.
func date(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

// check returns the first error of a list of checks that have been made.
func check(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// when is err, if bad holds.
func when(bad bool, format string, args ...any) error {
	if !bad {
		return nil
	}
	return Errorf(ErrInvalid, format, args...)
}

// length checks that a text has between least and most characters; the limits are those of the service model.
func length[T ~string](member string, text T, least, most int) error {
	n := utf8.RuneCountInString(string(text))
	return when(n < least || n > most, "Invalid value for %s: expected %d to %d characters, got %d", member, least, most, n)
}

// atMost is length for a text that may be absent.
func atMost[T ~string](member string, text T, most int) error { return length(member, text, 0, most) }

// oneOf checks an enumeration of the service model; an absent text passes.
func oneOf[T ~string](member string, text T, values ...T) error {
	if text == "" || slices.Contains(values, text) {
		return nil
	}
	names := make([]string, len(values))
	for i, v := range values {
		names[i] = string(v)
	}
	return Errorf(ErrInvalid, "Invalid value for %s: '%s' is not one of [%s]", member, text, strings.Join(names, ", "))
}

// maxEntries is how many entries a map of an object may have; the service does not document its own figure.
const maxEntries = 100

// few checks that a map or list is not larger than anybody needs.
func few(member string, n int) error {
	return when(n > maxEntries, "Invalid value for %s: expected at most %d entries, got %d", member, maxEntries, n)
}

// values checks the number of entries of a map and the length of each value.
func values[M ~map[string]string](member string, m M, most int) error {
	if err := few(member, len(m)); err != nil {
		return err
	}
	for _, key := range sortedKeys(m) {
		if err := atMost(fmt.Sprintf("%s['%s']", member, key), m[key], most); err != nil {
			return err
		}
	}
	return nil
}

// sortedKeys makes the first error of a map the same one every time.
func sortedKeys[M ~map[string]V, V any](m M) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
