package policy

import (
	"fmt"
	"strings"
)

// An operator is a row of "IAM JSON policy elements: Condition operators".
type operator struct {
	name    string
	compile func(text string, v version) (operand, error)
	negated bool
}

var operators = []operator{
	{name: "StringEquals", compile: compileEquals},
	{name: "StringNotEquals", compile: compileEquals, negated: true},
	{name: "StringEqualsIgnoreCase", compile: compileFold},
	{name: "StringNotEqualsIgnoreCase", compile: compileFold, negated: true},
	{name: "StringLike", compile: compileLike},
	{name: "StringNotLike", compile: compileLike, negated: true},
	{name: "NumericEquals", compile: number(equal)},
	{name: "NumericNotEquals", compile: number(equal), negated: true},
	{name: "NumericLessThan", compile: number(less)},
	{name: "NumericLessThanEquals", compile: number(atMost)},
	{name: "NumericGreaterThan", compile: number(more)},
	{name: "NumericGreaterThanEquals", compile: number(atLeast)},
	{name: "DateEquals", compile: date(equal)},
	{name: "DateNotEquals", compile: date(equal), negated: true},
	{name: "DateLessThan", compile: date(less)},
	{name: "DateLessThanEquals", compile: date(atMost)},
	{name: "DateGreaterThan", compile: date(more)},
	{name: "DateGreaterThanEquals", compile: date(atLeast)},
	{name: "Bool", compile: compileTruth},
	{name: "BinaryEquals", compile: compileBinary},
	{name: "IpAddress", compile: compileNetwork},
	{name: "NotIpAddress", compile: compileNetwork, negated: true},
	{name: "ArnEquals", compile: compileARN},
	{name: "ArnNotEquals", compile: compileARN, negated: true},
	{name: "ArnLike", compile: compileARN},
	{name: "ArnNotLike", compile: compileARN, negated: true},
	{name: null, compile: compileTruth},
}

// null is the operator that asks whether a key is there; it takes neither suffix nor prefix.
const null = "Null"

// newTest reads the name of an operator with its prefix and suffix.
func newTest(name string) (test, operator, error) {
	var t test
	base := name
	if prefix, rest, found := strings.Cut(name, ":"); found {
		switch base = rest; {
		case strings.EqualFold(prefix, "ForAllValues"):
			t.set = every
		case strings.EqualFold(prefix, "ForAnyValue"):
			t.set = some
		default:
			return t, operator{}, fmt.Errorf("%s has an unknown prefix: there are ForAllValues and ForAnyValue", quote(name))
		}
	}
	const suffix = "IfExists"
	if cut := len(base) - len(suffix); cut > 0 && strings.EqualFold(base[cut:], suffix) {
		base, t.ifExists = base[:cut], true
	}
	for _, o := range operators {
		if !strings.EqualFold(o.name, base) {
			continue
		}
		if o.name == null && (t.ifExists || t.set != single) {
			return t, o, fmt.Errorf("%s is no operator: Null takes neither prefix nor IfExists", quote(name))
		}
		t.negated, t.presence = o.negated, o.name == null
		return t, o, nil
	}
	return t, operator{}, fmt.Errorf("%s is no operator: write one such as StringEquals, ArnLike, IpAddress or Bool", quote(name))
}
