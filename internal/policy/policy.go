package policy

import "slices"

// Limits of a document.
const (
	// MaxDocument is the size in bytes; the largest inline policy of IAM has 10,240 characters ("IAM and AWS STS quotas").
	MaxDocument = 20 << 10
	// MaxStatements is the number of statements.
	MaxStatements = 256
)

// A Policy is a document, compiled. It is immutable and safe for concurrent use.
type Policy struct {
	statements []statement
}

// A Request is what is to be judged.
type Request struct {
	Action   string // such as "execute-api:Invoke"
	Resource string // an ARN, or "*" for an action that has no resource

	// Context has the values of the condition keys, by their names in lower case, such as "aws:sourceip".
	Context map[string][]string
}

// A Decision is the answer to a request.
type Decision uint8

// The decisions. Only Allow lets a request pass.
const (
	ImplicitDeny Decision = iota // no statement allows it
	ExplicitDeny                 // a statement denies it
	Allow
)

// String names the decision as "Policy evaluation logic" in the IAM user guide does.
func (d Decision) String() string {
	switch d {
	case Allow:
		return "allow"
	case ExplicitDeny:
		return "explicit deny"
	default:
		return "implicit deny"
	}
}

// Asks says whether the answer can depend on the context of a request: whether there is a condition or a variable anywhere.
func (p *Policy) Asks() bool {
	if p == nil {
		return false
	}
	return slices.ContainsFunc(p.statements, func(s statement) bool {
		return len(s.tests) > 0 || slices.ContainsFunc(s.resources, func(r resource) bool { return r.parts != nil })
	})
}

// Evaluate judges a request by this policy alone.
func (p *Policy) Evaluate(r *Request) Decision {
	if p == nil || r == nil || r.Action == "" || r.Resource == "" {
		return ImplicitDeny
	}
	decision := ImplicitDeny
	for i := range p.statements {
		s := &p.statements[i]
		if decision == s.effect {
			continue // only a denial could change anything
		}
		switch applies := s.applies(r); {
		case s.effect == ExplicitDeny && applies != no:
			return ExplicitDeny
		case s.effect == Allow && applies == yes:
			decision = Allow
		}
	}
	return decision
}
