package program

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// A document is a JSON text as models look at it: nil, bool, json.Number, string, *jsonArray or *jsonObject. All can be
// compared by ==, arrays and objects by which they are.
type (
	jsonArray  struct{ items []any }
	jsonObject struct {
		names   []string // in the order of the alphabet
		members map[string]any
	}
)

// deepestDocument is how deep a message may be nested that has a model.
const deepestDocument = 128

// What is wrong with a text that is no document, for logs.
var (
	errNoDocument = errors.New("the message is not JSON, or nested too deep")
	errImmense    = errors.New("a number of the message has an exponent of more than three digits")
)

// parseDocument reads a message.
func parseDocument(text []byte) (any, error) {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, errNoDocument
	}
	return newDocument(value, 0)
}

// newDocument makes a document of what encoding/json has decoded. It recurses as deep as a document may be. Numbers that cost
// more to compare than they are worth have no place in one: written out, 1e999999 has a million digits, and a message has room
// for thousands of such numbers.
func newDocument(value any, depth int) (made any, err error) {
	if depth > deepestDocument {
		return nil, errNoDocument
	}
	switch value := value.(type) {
	case []any:
		a := &jsonArray{value}
		for i := range a.items {
			if a.items[i], err = newDocument(a.items[i], depth+1); err != nil {
				return nil, err
			}
		}
		return a, nil
	case map[string]any:
		o := &jsonObject{slices.Sorted(maps.Keys(value)), value}
		for name, member := range o.members {
			if o.members[name], err = newDocument(member, depth+1); err != nil {
				return nil, err
			}
		}
		return o, nil
	case json.Number:
		_, exponent, _ := strings.Cut(strings.ToLower(string(value)), "e")
		if len(strings.TrimLeft(exponent, "+-0")) > 3 {
			return nil, errImmense
		}
	}
	return value, nil
}

// allowed are values of a schema, which is not changed. One that could not be in a message is equal to nothing in one.
func allowed(values []any) map[string]bool {
	all := make(map[string]bool, len(values))
	for _, value := range values {
		text, err := json.Marshal(value)
		if err != nil {
			continue
		}
		if document, err := parseDocument(text); err == nil {
			all[string(canonical(nil, document))] = true
		}
	}
	return all
}

// canonical appends a text that two values of documents share if, and only if, they are equal: JSON schema core, draft 4,
// section 3.6. Numbers are equal that have the same value, and objects that have the same members in whatever order.
func canonical(dst []byte, value any) []byte {
	switch value := value.(type) {
	case bool:
		return strconv.AppendBool(dst, value)
	case json.Number:
		return canonicalNumber(dst, string(value))
	case string:
		dst = strconv.AppendInt(dst, int64(len(value)), 10)
		return append(append(dst, ':'), value...)
	case *jsonArray:
		dst = append(dst, '[')
		for _, item := range value.items {
			dst = canonical(dst, item)
		}
		return append(dst, ']')
	case *jsonObject:
		dst = append(dst, '{')
		for _, name := range value.names {
			dst = canonical(canonical(dst, name), value.members[name])
		}
		return append(dst, '}')
	default:
		return append(dst, "null"...)
	}
}

// canonicalNumber appends a number as #digits and an exponent, without zeros at either end of the digits.
func canonicalNumber(dst []byte, literal string) []byte {
	mantissa, power, _ := strings.Cut(strings.ToLower(literal), "e")
	exponent, _ := strconv.Atoi(power) // none, or of three digits
	unsigned := strings.TrimPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(unsigned, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	significant := strings.TrimRight(digits, "0")
	if significant == "" {
		return append(dst, "#0;"...)
	}
	dst = append(dst, '#')
	if unsigned != mantissa {
		dst = append(dst, '-')
	}
	dst = append(append(dst, significant...), 'e')
	dst = strconv.AppendInt(dst, int64(exponent-len(fraction)+len(digits)-len(significant)), 10)
	return append(dst, ';')
}

// isInteger says whether a number is "a JSON number without a fraction or exponent part": JSON schema core, draft 4, section
// 3.5. The validator whose words API Gateway's logs show goes by that, too.
func isInteger(number json.Number) bool { return !strings.ContainsAny(string(number), ".eE") }

// isWhole says whether a number has no fraction, however it is written.
func isWhole(number json.Number) bool {
	_, exponent, _ := strings.Cut(string(canonicalNumber(nil, string(number))), "e")
	return !strings.HasPrefix(exponent, "-")
}
