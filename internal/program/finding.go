package program

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// mostFindings is how many of the things that are wrong with a message are looked at.
const mostFindings = 1000

// findings are what is wrong with a document, in the order of the alphabet: a schema has none for its keywords. What takes too
// long to find is left out.
func (s *schema) findings(document any) []string {
	t := trial{schema: s, left: mostSteps}
	out := faults{listed: true, seen: map[application]bool{}}
	t.inside(s.root, document, &out)
	if len(out.found) == 0 {
		return []string{t.ended}
	}
	slices.Sort(out.found)
	return slices.Compact(out.found)
}

// The words are those of the validator that API Gateway's logs show.

func keyword(name string) func() string {
	return func() string { return "instance does not follow the keyword " + name }
}

func lacks(missing []string) string {
	return fmt.Sprintf("object has missing required properties (%s)", quoted(slices.Sorted(slices.Values(missing))))
}

func wrongType(wanted *jsonschema.Types, value any) string {
	return fmt.Sprintf("instance type (%s) does not match any allowed primitive type (allowed: %s)",
		typeName(value), quoted(wanted.ToStrings()))
}

func notInEnum(possible string, value any) string {
	return fmt.Sprintf("instance value (%s) not found in enum (possible values: %s)", shown(value), possible)
}

func notAllowed(names []string) string {
	return "object instance has properties which are not allowed by the schema: " + quoted(slices.Sorted(slices.Values(names)))
}

func noneOf(schemas []*jsonschema.Schema) string {
	return fmt.Sprintf("instance failed to match at least one required schema among %d", len(schemas))
}

func stringTooShort(text string, length, least int) string {
	return fmt.Sprintf("string %s is too short (length: %d, required minimum: %d)", shown(text), length, least)
}

func stringTooLong(text string, length, most int) string {
	return fmt.Sprintf("string %s is too long (length: %d, maximum allowed: %d)", shown(text), length, most)
}

func unmatched(pattern, text string) string {
	return fmt.Sprintf("ECMA 262 regex %s does not match input string %s", quoted(pattern), shown(text))
}

func below(least *big.Rat, value json.Number) string {
	return fmt.Sprintf("numeric instance is lower than the required minimum (minimum: %s, found: %s)", decimal(least), shown(value))
}

func above(most *big.Rat, value json.Number) string {
	return fmt.Sprintf("numeric instance is greater than the required maximum (maximum: %s, found: %s)", decimal(most), shown(value))
}

func remainder(of *big.Rat, value json.Number) string {
	return fmt.Sprintf("remainder of division is not zero (%s / %s)", shown(value), decimal(of))
}

func tooShort(a *jsonArray, least int) string {
	return fmt.Sprintf("array is too short: must have at least %d elements but instance has %d elements", least, len(a.items))
}

func tooLong(a *jsonArray, most int) string {
	return fmt.Sprintf("array is too long: must have at most %d elements but instance has %d elements", most, len(a.items))
}

func tooFew(o *jsonObject, least int) string {
	return fmt.Sprintf("object has too few properties (found %d but schema requires at least %d)", len(o.members), least)
}

func tooMany(o *jsonObject, most int) string {
	return fmt.Sprintf("object has too many properties (found %d but schema requires at most %d)", len(o.members), most)
}

// longestShown is how much of a value is shown, in bytes.
const longestShown = 200

// shown is a value of a message as JSON, cut short where it is long, without characters that would end a line.
func shown(value any) string { return cut(appendShown(nil, value)) }

// appendShown appends a value until it is longer than what is shown.
func appendShown(dst []byte, value any) []byte {
	switch value := value.(type) {
	case string:
		text, _ := json.Marshal(strings.ToValidUTF8(value[:min(len(value), longestShown+4)], ""))
		return append(dst, text...)
	case *jsonArray:
		dst = append(dst, '[')
		for i, item := range value.items {
			if len(dst) > longestShown {
				break
			}
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendShown(dst, item)
		}
		return append(dst, ']')
	case *jsonObject:
		dst = append(dst, '{')
		for i, key := range value.names {
			if len(dst) > longestShown {
				break
			}
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendShown(append(appendShown(dst, key), ':'), value.members[key])
		}
		return append(dst, '}')
	default:
		text, _ := json.Marshal(value)
		return append(dst, text...)
	}
}

// quoted is what a schema has, shown likewise.
func quoted(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return "?"
	}
	return cut(text)
}

func cut(text []byte) string {
	if len(text) > longestShown {
		return strings.ToValidUTF8(string(text[:longestShown]), "") + "..."
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
