package policy

// A verdict says whether something holds, in Kleene's logic: "and" is min, "or" is max, and not turns it round.
type verdict uint8

const (
	no verdict = iota
	unclear
	yes
)

func (v verdict) not() verdict { return yes - v }

func verdictOf(holds bool) verdict {
	if holds {
		return yes
	}
	return no
}

// A statement is one rule: its effect is Allow or ExplicitDeny.
type statement struct {
	effect      Decision
	actions     []glob
	notAction   bool
	resources   []resource
	notResource bool
	tests       []test
}

// applies says whether the statement is about this request.
func (s *statement) applies(r *Request) verdict {
	if s.names(r.Action) == s.notAction {
		return no
	}
	all := s.covers(r)
	for i := 0; i < len(s.tests) && all != no; i++ {
		all = min(all, s.tests[i].holds(r.Context))
	}
	return all
}

func (s *statement) names(action string) bool {
	for i := range s.actions {
		if s.actions[i].match(action) {
			return true
		}
	}
	return false
}

func (s *statement) covers(r *Request) verdict {
	covered := no
	for i := 0; i < len(s.resources) && covered != yes; i++ {
		covered = max(covered, s.resources[i].match(r))
	}
	if s.notResource {
		return covered.not()
	}
	return covered
}

// A resource is one pattern of Resource or NotResource.
type resource struct{ template }

// match reads a variable without a value as any text at all: then the pattern covers whatever it could mean.
func (p *resource) match(r *Request) verdict {
	if p.parts == nil {
		return verdictOf(glob{text: p.fixed}.match(r.Resource))
	}
	text, known := p.expand(r.Context)
	if !(glob{text: text}).match(r.Resource) {
		return no
	}
	if known {
		return yes
	}
	return unclear
}
