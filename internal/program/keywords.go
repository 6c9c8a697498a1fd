package program

import (
	"encoding/json"
	"math/big"
	"regexp/syntax"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// What a step pays for, as powers of two.
const (
	bytesPerStep  = 6  // of texts that are compared or made
	namesPerStep  = 4  // of members that are looked for
	matchPerStep  = 7  // bytes of a text times the size of the pattern it is matched with
	digitsPerStep = 16 // digits of a number times digits
)

// object applies what a schema says of objects.
func (t *trial) object(s *jsonschema.Schema, o *jsonObject, out *faults) {
	if least := s.MinProperties; least != nil && len(o.members) < *least {
		t.add(out, func() string { return tooFew(o, *least) })
	}
	if most := s.MaxProperties; most != nil && len(o.members) > *most {
		t.add(out, func() string { return tooMany(o, *most) })
	}
	t.required(o, s.Required, out)
	if t.over(out) {
		return
	}
	t.members(s, o, out)
	for name, dependency := range s.Dependencies {
		if _, there := o.members[name]; !there || t.over(out) {
			continue
		}
		switch dependency := dependency.(type) {
		case []string:
			t.depends(o, dependency, out)
		case *jsonschema.Schema:
			t.inside(dependency, o, out)
		}
	}
	for name, dependency := range s.DependentSchemas {
		if _, there := o.members[name]; there {
			t.inside(dependency, o, out)
		}
	}
	for name, names := range s.DependentRequired {
		if _, there := o.members[name]; there {
			t.depends(o, names, out)
		}
	}
}

// fewNames are enough to be shown.
const fewNames = 50

// missing are those of some names that an object does not have, or a few of them.
func (t *trial) missing(o *jsonObject, names []string) (missing []string) {
	t.step(len(names) >> namesPerStep)
	for _, name := range names {
		if _, there := o.members[name]; !there && len(missing) < fewNames {
			missing = append(missing, name)
		}
	}
	return missing
}

func (t *trial) required(o *jsonObject, names []string, out *faults) {
	if missing := t.missing(o, names); len(missing) > 0 {
		t.add(out, func() string { return lacks(missing) })
	}
}

func (t *trial) depends(o *jsonObject, names []string, out *faults) {
	if missing := t.missing(o, names); len(missing) > 0 {
		t.add(out, keyword("dependencies"))
	}
}

// members applies what a schema says of the members of an object.
func (t *trial) members(s *jsonschema.Schema, o *jsonObject, out *faults) {
	if len(s.Properties) == 0 && len(s.PatternProperties) == 0 && s.AdditionalProperties == nil && s.PropertyNames == nil {
		return
	}
	var others []string // that no keyword allows
	t.step(len(o.members) >> namesPerStep)
	for _, name := range o.names {
		value := o.members[name]
		if s.PropertyNames != nil && !t.holds(s.PropertyNames, name) {
			t.add(out, keyword("propertyNames"))
		}
		known := t.named(s, name, value, out)
		switch additional := s.AdditionalProperties.(type) {
		case bool:
			if out.any = out.any || !known && !additional; !known && !additional && len(others) < fewNames {
				others = append(others, name)
			}
		case *jsonschema.Schema:
			if !known {
				t.inside(additional, value, out)
			}
		}
		if t.over(out) {
			break
		}
	}
	if len(others) > 0 {
		t.add(out, func() string { return notAllowed(others) })
	}
}

// named applies what a schema says of a member by its name, and says whether it says anything.
func (t *trial) named(s *jsonschema.Schema, name string, value any, out *faults) (known bool) {
	if sub, ok := s.Properties[name]; ok {
		known = true
		t.inside(sub, value, out)
	}
	for pattern, sub := range s.PatternProperties {
		if t.matches(pattern, name) {
			known = true
			t.inside(sub, value, out)
		}
	}
	return known
}

// array applies what a schema says of arrays.
func (t *trial) array(s *jsonschema.Schema, a *jsonArray, out *faults) {
	if least := s.MinItems; least != nil && len(a.items) < *least {
		t.add(out, func() string { return tooShort(a, *least) })
	}
	if most := s.MaxItems; most != nil && len(a.items) > *most {
		t.add(out, func() string { return tooLong(a, *most) })
	}
	if s.UniqueItems && !t.over(out) && !t.unique(a) {
		t.add(out, func() string { return "array must not contain duplicate elements" })
	}
	if t.over(out) {
		return
	}
	t.items(s, a, out)
	if s.Contains != nil && !t.over(out) {
		t.contains(s, a, out)
	}
}

// unique says whether no two items of an array are equal.
func (t *trial) unique(a *jsonArray) bool {
	seen := map[string]bool{}
	for i := range len(a.items) {
		text := string(canonical(nil, a.items[i]))
		if !t.step(1+len(text)>>bytesPerStep) || seen[text] {
			return false
		}
		seen[text] = true
	}
	return true
}

// items applies what a schema says of the items of an array: of the first ones, each by its place, and of all others.
func (t *trial) items(s *jsonschema.Schema, a *jsonArray, out *faults) {
	first, others := s.PrefixItems, s.AdditionalItems
	switch items := s.Items.(type) {
	case []*jsonschema.Schema:
		first = items
	case *jsonschema.Schema:
		others = items
	}
	if s.Items2020 != nil {
		others = s.Items2020
	}
	if others == false && len(a.items) > len(first) {
		t.add(out, keyword("additionalItems"))
	}
	rest, applies := others.(*jsonschema.Schema)
	for i := 0; i < len(a.items) && !t.over(out); i++ {
		switch {
		case i < len(first):
			t.inside(first[i], a.items[i], out)
		case applies:
			t.inside(rest, a.items[i], out)
		default:
			return
		}
	}
}

// contains counts the items that follow a schema.
func (t *trial) contains(s *jsonschema.Schema, a *jsonArray, out *faults) {
	count, least := 0, 1
	for i := 0; i < len(a.items) && t.ended == ""; i++ {
		if t.holds(s.Contains, a.items[i]) {
			count++
		}
	}
	if s.MinContains != nil {
		least = *s.MinContains
	}
	if count < least || s.MaxContains != nil && count > *s.MaxContains {
		t.add(out, keyword("contains"))
	}
}

// text applies what a schema says of strings.
func (t *trial) text(s *jsonschema.Schema, text string, out *faults) {
	if s.MinLength != nil || s.MaxLength != nil {
		t.step(len(text) >> (bytesPerStep + 4))
		length := utf8.RuneCountInString(text)
		if s.MinLength != nil && length < *s.MinLength {
			t.add(out, func() string { return stringTooShort(text, length, *s.MinLength) })
		}
		if s.MaxLength != nil && length > *s.MaxLength {
			t.add(out, func() string { return stringTooLong(text, length, *s.MaxLength) })
		}
	}
	if s.Pattern != nil && !t.over(out) && !t.matches(s.Pattern, text) {
		t.add(out, func() string { return unmatched(s.Pattern.String(), text) })
	}
	if s.Format != nil && t.step(1+len(text)>>bytesPerStep) && !hasFormat(s.Format, text) {
		t.add(out, keyword("format"))
	}
}

// hasFormat says whether a text is of a format. To know a regular expression for one it need not be compiled.
func hasFormat(format *jsonschema.Format, text string) bool {
	if format.Name == "regex" {
		_, err := syntax.Parse(text, syntax.Perl)
		return err == nil
	}
	return format.Validate(text) == nil
}

// matches says whether a text has a match of a pattern; not, if there are no steps to find out.
func (t *trial) matches(pattern jsonschema.Regexp, text string) bool {
	size := 1
	if ours, ok := pattern.(*regularExpression); ok {
		size = ours.size
	}
	return t.step(1+len(text)*size>>matchPerStep) && pattern.MatchString(text)
}

// limitsOf are the numbers of a schema.
func limitsOf(s *jsonschema.Schema) [5]*big.Rat {
	return [...]*big.Rat{s.Minimum, s.Maximum, s.ExclusiveMinimum, s.ExclusiveMaximum, s.MultipleOf}
}

// number applies what a schema says of numbers.
func (t *trial) number(s *jsonschema.Schema, value json.Number, out *faults) {
	if limitsOf(s) == [5]*big.Rat{} {
		return
	}
	_, exponent, _ := strings.Cut(strings.ToLower(string(value)), "e")
	power, _ := strconv.Atoi(exponent)
	digits := len(value) + max(power, -power)
	if !t.step(digits*digits>>digitsPerStep + t.parts[s].weight) {
		return
	}
	if exact, ok := new(big.Rat).SetString(string(value)); ok {
		t.compare(s, exact, value, out)
	}
}

// compare holds a number against those of a schema.
func (t *trial) compare(s *jsonschema.Schema, exact *big.Rat, value json.Number, out *faults) {
	if s.Minimum != nil && exact.Cmp(s.Minimum) < 0 {
		t.add(out, func() string { return below(s.Minimum, value) })
	}
	if s.Maximum != nil && exact.Cmp(s.Maximum) > 0 {
		t.add(out, func() string { return above(s.Maximum, value) })
	}
	if s.ExclusiveMinimum != nil && exact.Cmp(s.ExclusiveMinimum) <= 0 {
		t.add(out, func() string {
			return "numeric instance is not strictly greater than the required minimum " + decimal(s.ExclusiveMinimum)
		})
	}
	if s.ExclusiveMaximum != nil && exact.Cmp(s.ExclusiveMaximum) >= 0 {
		t.add(out, func() string {
			return "numeric instance is not strictly lower than the required maximum " + decimal(s.ExclusiveMaximum)
		})
	}
	if s.MultipleOf != nil && s.MultipleOf.Sign() != 0 && !new(big.Rat).Quo(exact, s.MultipleOf).IsInt() {
		t.add(out, func() string { return remainder(s.MultipleOf, value) })
	}
}

// combined applies the keywords that make one schema of several.
func (t *trial) combined(s *jsonschema.Schema, value any, out *faults) {
	if s.Not != nil && t.holds(s.Not, value) {
		t.add(out, func() string { return "instance matched a schema which it should not have" })
	}
	if t.count(s.AllOf, value, false, 1) > 0 {
		t.add(out, func() string { return "instance failed to match all required schemas" })
	}
	if len(s.AnyOf) > 0 && t.count(s.AnyOf, value, true, 1) == 0 {
		t.add(out, func() string { return noneOf(s.AnyOf) })
	}
	if len(s.OneOf) > 0 && t.count(s.OneOf, value, true, 2) != 1 {
		t.add(out, func() string { return "instance failed to match exactly one schema" })
	}
	if s.If == nil {
		return
	}
	branch := s.Else
	if t.holds(s.If, value) {
		branch = s.Then
	}
	if branch != nil {
		t.inside(branch, value, out)
	}
}

// count counts the schemas that a value follows, or does not follow, up to as many as are of interest.
func (t *trial) count(schemas []*jsonschema.Schema, value any, wanted bool, most int) (count int) {
	for _, s := range schemas {
		if t.ended != "" || count == most {
			break
		}
		if t.holds(s, value) == wanted {
			count++
		}
	}
	return count
}
