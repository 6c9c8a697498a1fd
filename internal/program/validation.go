package program

import (
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
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
	// JSON escapes all that would break a line but DEL.
	text := strings.ReplaceAll(strings.Join(found, ", "), "\x7f", `\u007f`)
	if len(text) > longest-len("[...]") {
		text = strings.ToValidUTF8(text[:longest-len("[...]")], "") + "..."
	}
	return &ValidationError{"[" + text + "]"}
}

// A schema is a model, compiled, with what it takes to hold a message against it. It is safe for concurrent use.
//
// The library that compiles it validates, too, but in a time that is exponential in the depth of a message: each branch of an
// anyOf looks at all below anew. Here what is known of a value is remembered, and the work is counted.
type schema struct {
	root *jsonschema.Schema
	// parts are its subschemas, itself among them, and those of other models that it refers to.
	parts map[*jsonschema.Schema]*part
}

// part is what there is to know of a subschema in advance.
type part struct {
	// shared says that several others lead to it, and that it leads to others: whether a value follows it is worth
	// remembering, and only through such a part can a schema come back to itself.
	shared bool
	// What enum and const allow, in the form of [canonical]; nil: anything.
	enum, constant map[string]bool
	shown          string // what enum allows, for people
	weight         int    // steps that a comparison with its numbers takes
}

// newSchema looks through all that a model refers to.
func newSchema(root *jsonschema.Schema) (*schema, error) {
	s := &schema{root, map[*jsonschema.Schema]*part{}}
	uses := map[*jsonschema.Schema]int{root: 1}
	for waiting := []*jsonschema.Schema{root}; len(waiting) > 0; {
		next := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		if s.parts[next] != nil {
			continue
		}
		if next.RecursiveRef != nil || next.DynamicRef != nil || next.UnevaluatedItems != nil || next.UnevaluatedProperties != nil {
			return nil, unserved("$recursiveRef, $dynamicRef, unevaluatedItems and unevaluatedProperties are not of draft 4")
		}
		below := subschemas(next)
		s.parts[next] = newPart(next)
		s.parts[next].shared = len(below) > 0
		for _, sub := range below {
			uses[sub]++
		}
		waiting = append(waiting, below...)
	}
	for sub, part := range s.parts {
		part.shared = part.shared && uses[sub] > 1
	}
	return s, nil
}

func newPart(s *jsonschema.Schema) *part {
	p := &part{}
	if s.Enum != nil {
		p.enum, p.shown = allowed(s.Enum.Values), quoted(s.Enum.Values)
	}
	if s.Const != nil {
		p.constant = allowed([]any{*s.Const})
	}
	for _, limit := range limitsOf(s) {
		if limit != nil {
			kilobits := (limit.Num().BitLen() + limit.Denom().BitLen()) >> 10
			p.weight += kilobits * kilobits
		}
	}
	return p
}

// subschemas are the schemas that a schema applies, each as often as it does.
func subschemas(s *jsonschema.Schema) []*jsonschema.Schema {
	all := slices.Concat(s.AllOf, s.AnyOf, s.OneOf, s.PrefixItems,
		[]*jsonschema.Schema{s.Ref, s.Not, s.If, s.Then, s.Else, s.PropertyNames, s.Contains, s.Items2020})
	for _, sub := range s.Properties {
		all = append(all, sub)
	}
	for _, sub := range s.PatternProperties {
		all = append(all, sub)
	}
	for _, sub := range s.DependentSchemas {
		all = append(all, sub)
	}
	for _, dependency := range s.Dependencies {
		sub, _ := dependency.(*jsonschema.Schema)
		all = append(all, sub)
	}
	for _, several := range []any{s.AdditionalProperties, s.Items, s.AdditionalItems} {
		switch several := several.(type) {
		case *jsonschema.Schema:
			all = append(all, several)
		case []*jsonschema.Schema:
			all = append(all, several...)
		}
	}
	return slices.DeleteFunc(all, func(sub *jsonschema.Schema) bool { return sub == nil })
}

// follows holds a message against a model. A document that is nested too deep is none, nor is one with numbers that cost
// more to compare than they are worth, nor one that takes more than [mostSteps] of work.
func (s *schema) follows(body []byte) error {
	document, err := parseDocument(body)
	if err != nil {
		return invalid(err.Error())
	}
	t := trial{schema: s, left: mostSteps}
	right := t.holds(s.root, document)
	switch {
	case t.ended != "":
		return invalid(t.ended)
	case right:
		return nil
	default:
		return invalid(s.findings(document)...)
	}
}
