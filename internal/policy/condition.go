package policy

// A set says how the values of a key in the request are counted.
type set uint8

const (
	single set = iota // no prefix: the key has one value
	every             // ForAllValues
	some              // ForAnyValue
)

// A test is one key of one operator.
type test struct {
	key      string // in lower case
	operands []operand
	set      set
	negated  bool
	ifExists bool
	presence bool // the operator Null, whose operands are compared with "true" or "false"
}

// An operand is a value in the document, ready to be compared with one in the request.
type operand interface {
	match(value string, context map[string][]string) verdict
}

func (t *test) holds(context map[string][]string) verdict {
	values := context[t.key]
	switch {
	case t.presence && len(values) == 0:
		return t.compare("true", context)
	case t.presence:
		return t.compare("false", context)
	case len(values) == 0:
		return t.absent()
	}
	least, most := yes, no
	for _, value := range values {
		v := t.compare(value, context)
		least, most = min(least, v), max(most, v)
	}
	switch {
	case t.set == every:
		return least
	case t.set == some:
		return most
	case least == most:
		return least
	default:
		return unclear
	}
}

// absent is the rule for a key without a value: see "IAM JSON policy elements: Condition operators", and for the
// prefixes "Single-valued vs. multivalued context keys".
func (t *test) absent() verdict {
	switch {
	case t.ifExists || t.set == every:
		return yes
	case t.set == some:
		return no
	default:
		return verdictOf(t.negated)
	}
}

// compare is the verdict on one value: one operand is to match, or none if the operator is negated.
func (t *test) compare(value string, context map[string][]string) verdict {
	found := no
	for i := 0; i < len(t.operands) && found != yes; i++ {
		found = max(found, t.operands[i].match(value, context))
	}
	if t.negated {
		return found.not()
	}
	return found
}
