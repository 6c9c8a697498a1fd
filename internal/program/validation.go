package program

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"gangway/internal/jsonpath"
)

// A ValidationError is a message that does not follow the model of its route. The client is told "Bad request body"; the
// details are for logs.
type ValidationError struct {
	// Details is $context.error.validationErrorString: what is wrong, between brackets, in the words of API Gateway as far as
	// they are known, such as [object has missing required properties (["name"])]. 1 KB at most, on one line.
	Details string
}

// Error implements error.
func (e *ValidationError) Error() string { return e.Details }

// invalid is an error that lists what is wrong with a message.
func invalid(found ...string) *ValidationError {
	const longest = 1 << 10
	text := strings.Join(found, ", ")
	if len(text) > longest-len("[...]") {
		text = strings.ToValidUTF8(text[:longest-len("[...]")], "") + "..."
	}
	return &ValidationError{"[" + text + "]"}
}

// follows holds a message against a schema. A document that is nested too deep is none, nor is one with numbers that cost
// more to compare than they are worth.
func follows(schema *jsonschema.Schema, body []byte) error {
	if _, err := jsonpath.Decode(body); err != nil {
		return invalid("the message is not JSON, or nested too deep")
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return invalid("the message is not JSON")
	}
	if immense(document) {
		return invalid("a number of the message has an exponent of more than three digits")
	}
	err = schema.Validate(document)
	if wrong, ok := errors.AsType[*jsonschema.ValidationError](err); ok {
		return invalid(findings(document, wrong)...)
	}
	if err != nil {
		return invalid("the model cannot be applied")
	}
	return nil
}

// immense says whether a number of a document has an exponent of more than three digits: written out, 1e999999 has a
// million of them, and a message has room for thousands of such numbers.
func immense(document any) bool {
	for waiting := []any{document}; len(waiting) > 0; {
		last := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		switch value := last.(type) {
		case []any:
			waiting = append(waiting, value...)
		case map[string]any:
			for _, member := range value {
				waiting = append(waiting, member)
			}
		case json.Number:
			_, exponent, _ := strings.Cut(strings.ToLower(string(value)), "e")
			if len(strings.TrimLeft(exponent, "+-0")) > 3 {
				return true
			}
		}
	}
	return false
}

// mostFindings is how many of the things that are wrong with a message are looked at.
const mostFindings = 1000

// findings are what is wrong with a document, in the order of the alphabet: a schema has none for its keywords.
func findings(document any, wrong *jsonschema.ValidationError) []string {
	var found []string
	for waiting := []*jsonschema.ValidationError{wrong}; len(waiting) > 0 && len(found) < mostFindings; {
		last := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		switch last.ErrorKind.(type) {
		case *kind.Schema, *kind.Group, *kind.Reference:
			waiting = append(waiting, last.Causes...)
		default:
			found = append(found, finding(last.ErrorKind, at(document, last.InstanceLocation), len(last.Causes)))
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// at is the value at a place of a document.
func at(document any, place []string) any {
	for _, token := range place {
		switch value := document.(type) {
		case map[string]any:
			document = value[token]
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(value) {
				return nil
			}
			document = value[i]
		default:
			return nil
		}
	}
	return document
}

// finding is one thing that is wrong, in the words of the validator that API Gateway's logs show.
func finding(wrong jsonschema.ErrorKind, value any, causes int) string {
	switch wrong := wrong.(type) {
	case *kind.Required:
		return fmt.Sprintf("object has missing required properties (%s)", quoted(slices.Sorted(slices.Values(wrong.Missing))))
	case *kind.Type:
		return fmt.Sprintf("instance type (%s) does not match any allowed primitive type (allowed: %s)", typeOf(wrong.Got, value), quoted(wrong.Want))
	case *kind.Enum:
		return fmt.Sprintf("instance value (%s) not found in enum (possible values: %s)", quoted(value), quoted(wrong.Want))
	case *kind.AdditionalProperties:
		return fmt.Sprintf("object instance has properties which are not allowed by the schema: %s",
			quoted(slices.Sorted(slices.Values(wrong.Properties))))
	case *kind.AnyOf:
		return fmt.Sprintf("instance failed to match at least one required schema among %d", causes)
	case *kind.OneOf:
		return "instance failed to match exactly one schema"
	case *kind.AllOf:
		return "instance failed to match all required schemas"
	case *kind.Not:
		return "instance matched a schema which it should not have"
	case *kind.UniqueItems:
		return "array must not contain duplicate elements"
	default:
		return findingOfSize(wrong, value)
	}
}

// findingOfSize is one thing that is too much or too little.
func findingOfSize(wrong jsonschema.ErrorKind, value any) string {
	switch wrong := wrong.(type) {
	case *kind.MinLength:
		return fmt.Sprintf("string %s is too short (length: %d, required minimum: %d)", quoted(value), wrong.Got, wrong.Want)
	case *kind.MaxLength:
		return fmt.Sprintf("string %s is too long (length: %d, maximum allowed: %d)", quoted(value), wrong.Got, wrong.Want)
	case *kind.Minimum:
		return fmt.Sprintf("numeric instance is lower than the required minimum (minimum: %s, found: %s)", decimal(wrong.Want), quoted(value))
	case *kind.Maximum:
		return fmt.Sprintf("numeric instance is greater than the required maximum (maximum: %s, found: %s)", decimal(wrong.Want), quoted(value))
	case *kind.ExclusiveMinimum:
		return "numeric instance is not strictly greater than the required minimum " + decimal(wrong.Want)
	case *kind.ExclusiveMaximum:
		return "numeric instance is not strictly lower than the required maximum " + decimal(wrong.Want)
	case *kind.MultipleOf:
		return fmt.Sprintf("remainder of division is not zero (%s / %s)", quoted(value), decimal(wrong.Want))
	case *kind.MinItems:
		return fmt.Sprintf("array is too short: must have at least %d elements but instance has %d elements", wrong.Want, wrong.Got)
	case *kind.MaxItems:
		return fmt.Sprintf("array is too long: must have at most %d elements but instance has %d elements", wrong.Want, wrong.Got)
	case *kind.MinProperties:
		return fmt.Sprintf("object has too few properties (found %d but schema requires at least %d)", wrong.Got, wrong.Want)
	case *kind.MaxProperties:
		return fmt.Sprintf("object has too many properties (found %d but schema requires at most %d)", wrong.Got, wrong.Want)
	case *kind.Pattern:
		return fmt.Sprintf("ECMA 262 regex %s does not match input string %s", quoted(wrong.Want), quoted(value))
	default:
		return "instance does not follow the keyword " + strings.Join(wrong.KeywordPath(), "/")
	}
}

// typeOf is the name of a value's type: whole numbers have one of their own.
func typeOf(name string, value any) string {
	if number, ok := value.(json.Number); ok && !strings.ContainsAny(string(number), ".eE") {
		return "integer"
	}
	return name
}

// quoted is a value as JSON, cut short where it is long, without characters that would end a line.
func quoted(value any) string {
	const longest = 200
	text, err := json.Marshal(value)
	if err != nil {
		return "?"
	}
	if len(text) > longest {
		return strings.ToValidUTF8(string(text[:longest]), "") + "..."
	}
	return string(text)
}

// decimal is a number of a schema.
func decimal(number *big.Rat) string {
	const longest = 1024 // bits
	if number.IsInt() && number.Num().BitLen() <= longest {
		return number.Num().String()
	}
	value, _ := number.Float64()
	return strconv.FormatFloat(value, 'g', -1, 64)
}
