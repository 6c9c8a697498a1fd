package program

import (
	"encoding/json"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// What holding a message against its model may take. A step is a microsecond at most.
const (
	mostSteps = 200_000
	// deepest is how many schemas may be applied within each other.
	deepest = 2000
)

// A trial is a document being held against a schema.
type trial struct {
	*schema

	left  int // steps
	depth int
	known map[application]verdict // of shared parts
	ended string                  // why the trial cannot be finished; then no answer means anything
}

// An application of a schema to a value. Equal values have equal answers; arrays and objects are equal to themselves.
type application struct {
	schema *jsonschema.Schema
	value  any
}

type verdict byte

const (
	unknown verdict = iota
	open            // being found out
	right
	wrong
)

// faults is what is wrong with a value: that something is or, for who asks, what.
type faults struct {
	any    bool
	listed bool // all of them are wanted
	found  []string
	seen   map[application]bool // of shared parts
}

// add notes a fault. What it says is asked for only if somebody wants to know.
func (t *trial) add(out *faults, text func() string) {
	out.any = true
	if out.listed && t.ended == "" { // else it may be one only because it was not looked at
		out.found = append(out.found, text())
	}
}

// over says that nothing more can be learned.
func (t *trial) over(out *faults) bool {
	return t.ended != "" || out.any && (!out.listed || len(out.found) >= mostFindings)
}

// step takes steps, and says whether there are any left.
func (t *trial) step(steps int) bool {
	t.left -= steps
	if t.left < 0 && t.ended == "" {
		t.ended = "the message takes too long to validate"
	}
	return t.ended == ""
}

// within does something one schema deeper.
func (t *trial) within(do func()) {
	t.depth++
	if t.depth > deepest {
		t.ended = "the model refers to itself without end, or too often"
		return
	}
	do()
	t.depth--
}

// holds says whether a value follows a schema.
func (t *trial) holds(s *jsonschema.Schema, value any) bool {
	if !t.step(1) {
		return false
	}
	var out faults
	if !t.parts[s].shared {
		t.within(func() { t.check(s, value, &out) })
		return !out.any
	}
	at := application{s, value}
	switch t.known[at] {
	case right, wrong:
		return t.known[at] == right
	case open:
		t.ended = "the model refers to itself without end"
		return false
	case unknown:
	}
	if t.known == nil {
		t.known = map[application]verdict{}
	}
	t.known[at] = open
	t.within(func() { t.check(s, value, &out) })
	t.known[at] = right
	if out.any {
		t.known[at] = wrong
	}
	return !out.any
}

// inside applies a schema whose faults are those of the schema that applies it: to a part of a value, or by reference.
func (t *trial) inside(s *jsonschema.Schema, value any, out *faults) {
	if t.over(out) {
		return
	}
	if !out.listed {
		out.any = !t.holds(s, value)
		return
	}
	if t.parts[s].shared {
		at := application{s, value}
		if out.seen[at] {
			return
		}
		out.seen[at] = true
	}
	if t.step(1) {
		t.within(func() { t.check(s, value, out) })
	}
}

// check applies a schema, keyword by keyword, until what is asked for is known. Where a type is wrong, or a value is not
// among those that are allowed, nothing else is said.
func (t *trial) check(s *jsonschema.Schema, value any, out *faults) {
	if s.Bool != nil {
		if !*s.Bool {
			t.add(out, keyword("false"))
		}
		return
	}
	if s.Types != nil && !s.Types.IsEmpty() && !hasType(s, value) {
		t.add(out, func() string { return wrongType(s.Types, value) })
		return
	}
	if !t.isAllowed(s, value, out) {
		return
	}
	if s.Ref != nil {
		t.inside(s.Ref, value, out)
		if s.DraftVersion < 2019 {
			return // "all other properties in a $ref object MUST be ignored"
		}
	}
	switch value := value.(type) {
	case *jsonObject:
		t.object(s, value, out)
	case *jsonArray:
		t.array(s, value, out)
	case string:
		t.text(s, value, out)
	case json.Number:
		t.number(s, value, out)
	}
	if !t.over(out) {
		t.combined(s, value, out)
	}
}

// setOf is a set of one type.
func setOf(name string) (set jsonschema.Types) {
	set.Add(name)
	return set
}

// typeName is the name of a value's type.
func typeName(value any) string {
	switch value := value.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case json.Number:
		if isInteger(value) {
			return "integer"
		}
		return "number"
	case string:
		return "string"
	case *jsonArray:
		return "array"
	default:
		return "object"
	}
}

// hasType says whether a value is of one of the types of a schema. From draft 6 on 1.0 is an integer, too.
func hasType(s *jsonschema.Schema, value any) bool {
	name := typeName(value)
	wanted := *s.Types
	switch {
	case wanted&setOf(name) != 0, name == "integer" && wanted&setOf("number") != 0:
		return true
	case name != "number" || s.DraftVersion == 4 || wanted&setOf("integer") == 0:
		return false
	default:
		return isWhole(value.(json.Number))
	}
}

// isAllowed looks at the keywords that compare with given values.
func (t *trial) isAllowed(s *jsonschema.Schema, value any, out *faults) bool {
	part := t.parts[s]
	if part.enum == nil && part.constant == nil {
		return true
	}
	text := canonical(nil, value)
	switch {
	case !t.step(len(text) >> bytesPerStep):
	case part.constant != nil && !part.constant[string(text)]:
		t.add(out, keyword("const"))
	case part.enum != nil && !part.enum[string(text)]:
		t.add(out, func() string { return notInEnum(part.shown, value) })
	default:
		return true
	}
	return false
}
