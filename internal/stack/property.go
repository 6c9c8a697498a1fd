package stack

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"gangway/internal/cloudformation"
)

// rule is what is special about a property; most have none: they may be left out, and a PATCH changes them.
type rule int

const (
	required rule = 1 << iota
	fixed         // a change needs another object: "Replacement" in the CloudFormation reference
	once          // counts when the object is made, and is never shown
	httpOnly      // nothing of a WebSocket API has it
)

// undo is how a property, or an entry of a map, goes back to what it is if nobody names it: API Gateway's PATCH merges.
type undo int

const (
	byInitial  undo = iota // the initial value is sent
	byEmpty                // entries of a map go when their value is ""
	byEntry                // each entry of a map has an operation that deletes it
	byDeletion             // the whole has an operation that deletes it
	byRemaking             // there is no way but another object
	byLeaving              // there is no way, and another object would cost more than it is worth
	byTagging              // tags have operations of their own
)

// property is one property of a resource type, or a member of one.
type property struct {
	name   string
	form   form
	rule   rule
	undo   undo
	member string // of the control plane's objects; empty: the name with a small first letter
	shown  string // the same in answers, where they call it otherwise
}

func (p *property) to() string {
	if p.member != "" {
		return p.member
	}
	first, size := utf8.DecodeRuneInString(p.name)
	return string(unicode.ToLower(first)) + p.name[size:]
}

// of is the property's value in a live object.
func (p *property) of(live map[string]any) any {
	if p.shown != "" {
		return live[p.shown]
	}
	return live[p.to()]
}

// readProperties reads what a template says as the control plane's members. It finds all mistakes. There may be others that are right and
// not to be read.
func readProperties(known []property, values map[string]any, others ...string) (map[string]any, error) {
	read := map[string]any{}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(values)) {
		i := slices.IndexFunc(known, func(p property) bool { return sameName(p.name, name) })
		if i < 0 {
			errs = append(errs, unknownName("property", name, append(names(known), others...)))
			continue
		}
		if known[i].rule&httpOnly != 0 {
			errs = append(errs, fmt.Errorf("property %s exists for HTTP APIs only, and Gangway is a gateway for WebSocket APIs", name))
			continue
		}
		value, err := known[i].form.read(values[name])
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
			continue
		}
		read[known[i].to()] = value
	}
	for i := range known {
		if _, has := read[known[i].to()]; !has && known[i].rule&required != 0 && values[known[i].name] == nil {
			errs = append(errs, fmt.Errorf("property %s is required", known[i].name))
		}
	}
	return read, errors.Join(errs...)
}

// sameName takes a small first letter, too: what CloudFormation calls Json is passed on as it is, and people write the API's
// own names there.
func sameName(name, written string) bool {
	return name == written || len(name) > 1 && len(written) == len(name) && name[1:] == written[1:] && strings.EqualFold(name[:1], written[:1])
}

func names(properties []property) []string {
	all := make([]string, len(properties))
	for i := range properties {
		all[i] = properties[i].name
	}
	return all
}

// unknownName words the error of a name that is none of those there are, with the nearest that is.
func unknownName(what, name string, known []string) error {
	if len(known) == 0 {
		return fmt.Errorf("unknown %s %.64q: there is none", what, name)
	}
	nearest := slices.MinFunc(known, func(a, b string) int { return cloudformation.Distance(name, a) - cloudformation.Distance(name, b) })
	return fmt.Errorf("unknown %s %.64q; the nearest is %s", what, name, nearest)
}
