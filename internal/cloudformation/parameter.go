package cloudformation

import (
	"fmt"
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// readParameters finds the value of each parameter. Source: "Parameters", CloudFormation template reference.
func (s *scope) readParameters(section *value) {
	s.parameters = pseudo(s.options)
	var missing []string
	for _, m := range section.entries() {
		s.path = []string{"Parameters", m.key}
		if m.value.kind != object {
			s.parameters[m.key] = s.fail(m.at, "a parameter is a map with a Type, not %s", kindNames[m.value.kind])
			continue
		}
		if v := s.in.given[m.key]; v != nil {
			s.parameters[m.key] = s.argument(m, v)
			continue
		}
		written, given := s.options.Parameters[m.key]
		if !given {
			written, given = s.defaultOf(m)
			if kind, _ := m.value.get("Type").scalar(); given && strings.HasPrefix(kind, fromStore) {
				s.stored[m.key] = member{m.key, m.at, newText(m.at, written)}
			}
		}
		if !given {
			missing = append(missing, m.key)
			s.parameters[m.key] = nothing
			continue
		}
		s.parameters[m.key] = s.parameter(m, written)
	}
	s.path = []string{"Parameters"}
	if len(missing) > 0 {
		s.fail(section.at, "these parameters need a value: %s", strings.Join(missing, ", "))
	}
	for _, name := range slices.Sorted(maps.Keys(s.options.Parameters)) {
		if section.get(name) == nil {
			s.fail(mark{}, "the template has no parameter %s", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.in.given)) {
		if section.get(name) == nil {
			s.fail(mark{}, "the template has no parameter %s", name)
		}
	}
	s.path = nil
}

// defaultOf is the default as it is written: 012 stays 012.
func (s *scope) defaultOf(m member) (string, bool) {
	written := m.value.get("Default")
	if written == nil {
		return "", false
	}
	found, ok := written.scalar()
	if !ok {
		s.fail(written.at, "the default must be a string, not %s", kindNames[written.kind])
	}
	return found, true
}

// maxParameter is how long a value can be, and a pattern here. Source: "CloudFormation quotas".
const maxParameter = 4096

// parameter is the value of a parameter: a text, or a list of texts.
func (s *scope) parameter(m member, written string) *value {
	kind, ok := m.value.get("Type").scalar()
	if !ok {
		return s.fail(m.at, "the parameter has no Type")
	}
	if len(written) > maxParameter {
		return s.fail(m.at, "the value has %d bytes, the limit is %d", len(written), maxParameter)
	}
	made, items := newText(m.value.at, written), []string{written}
	if kind == "CommaDelimitedList" || strings.Contains(kind, "List<") {
		made, items = newList(m.value.at), strings.Split(written, ",")
		for i, item := range items {
			items[i] = strings.TrimSpace(item)
			made.items = append(made.items, newText(m.value.at, items[i]))
		}
	}
	limits := limitsOf(m.value, kind)
	for _, item := range items {
		if reason := limits.broken(item); reason != "" {
			return s.unfit(m, item, reason)
		}
	}
	return made
}

// unfit reports a value, but not what it is where that is a secret.
func (s *scope) unfit(m member, item, reason string) *value {
	if said, ok := m.value.get("ConstraintDescription").scalar(); ok {
		reason += ": " + said
	}
	if secret, _ := m.value.get("NoEcho").scalar(); secret == "true" {
		return s.fail(m.at, "the value %s", reason)
	}
	return s.fail(m.at, "the value %q %s", item, reason)
}

// limits are what a value must be like.
type limits struct {
	numeric             bool
	leastName, mostName string
	least, most         *big.Rat
	words               []string
	anyOf               map[string]bool
	pattern             *regexp.Regexp
	patternAsItIs       string
}

// limitsOf prepares what is the same for all items of a list.
func limitsOf(declaration *value, kind string) *limits {
	l := &limits{leastName: "MinLength", mostName: "MaxLength"}
	if kind == "Number" || kind == "List<Number>" {
		l.numeric, l.leastName, l.mostName = true, "MinValue", "MaxValue"
	}
	for name, bound := range map[string]**big.Rat{l.leastName: &l.least, l.mostName: &l.most} {
		if written, ok := declaration.get(name).scalar(); ok {
			*bound, _ = rational(written)
		}
	}
	if values := declaration.get("AllowedValues"); values != nil && values.kind == list {
		l.anyOf = map[string]bool{}
		for _, one := range values.items {
			word, _ := one.scalar()
			l.words, l.anyOf[word] = append(l.words, word), true
		}
	}
	if pattern, ok := declaration.get("AllowedPattern").scalar(); ok && len(pattern) <= maxParameter {
		// A pattern is Java's. What Go does not have, as looking ahead, is left to AWS.
		l.pattern, _ = regexp.Compile("^(?:" + pattern + ")$")
		l.patternAsItIs = pattern
	}
	return l
}

// broken says what is wrong with a value, if something is.
func (l *limits) broken(item string) string {
	measured, ok := new(big.Rat).SetInt64(int64(utf8.RuneCountInString(item))), true
	if l.numeric {
		measured, ok = rational(item)
	}
	switch {
	case !ok:
		return "is no number"
	case l.least != nil && measured.Cmp(l.least) < 0:
		return fmt.Sprintf("is less than %s %s", l.leastName, l.least.RatString())
	case l.most != nil && measured.Cmp(l.most) > 0:
		return fmt.Sprintf("is more than %s %s", l.mostName, l.most.RatString())
	case l.anyOf != nil && !l.anyOf[item]:
		return "is none of AllowedValues: " + strings.Join(l.words, ", ")
	case l.pattern != nil && !l.pattern.MatchString(item):
		return "does not match AllowedPattern " + l.patternAsItIs
	}
	return ""
}

// rational is a number of a length that costs nothing.
func rational(digits string) (*big.Rat, bool) {
	if _, err := strconv.ParseFloat(digits, 64); err != nil || len(digits) > 64 || strings.ContainsAny(digits, "eEpPxX_nN") {
		return nil, false
	}
	return new(big.Rat).SetString(digits)
}

// entries are the members of a section, none if it is not there.
func (v *value) entries() []member {
	if v == nil {
		return nil
	}
	return v.members
}
