package cloudformation

// condition is an entry of Conditions. It is decided once, when it is first asked for.
type condition struct {
	value   *value
	decided bool
	asked   bool // while it is being decided: it must not depend on itself
	holds   bool
	broken  bool
}

// holds decides a condition by its name. ok is false if there is no answer, which is reported then.
func (s *scope) holds(at mark, name string) (holds, ok bool) {
	c := s.conditions[name]
	switch {
	case c == nil:
		s.fail(at, "there is no condition %q", name)
		return false, false
	case c.asked:
		s.fail(at, "the condition %q depends on itself", name)
		return false, false
	case c.decided:
		return c.holds, !c.broken
	}
	c.asked = true
	resource, path, static := s.resource, s.path, s.static
	s.resource, s.path, s.static = "", []string{"Conditions", name}, "conditions are decided before resources are made"
	c.holds, ok = s.decide(c.value)
	s.resource, s.path, s.static = resource, path, static
	c.asked, c.decided, c.broken = false, true, !ok
	return c.holds, ok
}

// decide is the truth of what stands in a condition.
func (s *scope) decide(v *value) (holds, ok bool) {
	if len(v.members) == 1 && v.members[0].key == "Condition" {
		v = newCall(v.at, "Condition", v.members[0].value)
	}
	if v.kind != call {
		s.fail(v.at, "a condition is one of Fn::And, Fn::Or, Fn::Not, Fn::Equals and Condition")
		return false, false
	}
	if s.depth++; s.depth > 4*maxDepth || !s.spend(1) {
		s.depth--
		s.fail(v.at, "conditions are nested deeper than %d", maxDepth)
		return false, false
	}
	defer func() { s.depth-- }()
	argument := v.items[0]
	switch v.text {
	case "Condition":
		return s.holds(v.at, argument.text)
	case "Fn::Equals":
		return s.equals(v)
	case "Fn::Not":
		return s.connect(v, 1, 1)
	case "Fn::And", "Fn::Or":
		return s.connect(v, 2, 10)
	}
	s.fail(v.at, "%s is no condition", v.text)
	return false, false
}

// equals compares two values, strings mostly. Parts of a template can be shared, so that comparing is work that counts.
func (s *scope) equals(v *value) (holds, ok bool) {
	compare := func(s *scope, v *value, arguments []*value) *value {
		return newBoolean(v.at, s.jsonSize(arguments[0]) > 0 && equal(arguments[0], arguments[1]))
	}
	made := several(2, 2, compare)(s, v)
	return made.text == "true", made.kind != broken
}

// connect is Fn::And, Fn::Or and Fn::Not. All arguments are decided, so that all mistakes are found.
func (s *scope) connect(v *value, least, most int) (holds, ok bool) {
	arguments := v.items[0]
	if arguments.kind != list || len(arguments.items) < least || len(arguments.items) > most {
		s.fail(v.at, "%s takes a list of %d to %d conditions", v.text, least, most)
		return false, false
	}
	holds, ok = v.text == "Fn::And", true
	for _, item := range arguments.items {
		one, known := s.decide(item)
		ok = ok && known
		switch v.text {
		case "Fn::And":
			holds = holds && one
		case "Fn::Or":
			holds = holds || one
		default:
			holds = !one
		}
	}
	return holds, ok
}

// decision is a function of conditions where a value is wanted. Fn::If takes the name of a condition, not a condition.
func (s *scope) decision(v *value) *value {
	return s.fail(v.at, "%s can be used in Conditions only", v.text)
}

// choose is Fn::If: only the branch that is taken is evaluated.
func (s *scope) choose(v *value) *value {
	arguments := v.items[0]
	if arguments.kind != list || len(arguments.items) != 3 {
		return s.fail(v.at, "Fn::If takes a condition and two values")
	}
	name, ok := arguments.items[0].scalar()
	if !ok {
		return s.fail(v.at, "the condition of Fn::If is a name, not %s", kindNames[arguments.items[0].kind])
	}
	holds, ok := s.holds(v.at, name)
	switch {
	case !ok:
		return nothing
	case holds:
		return s.within(v.text, arguments.items[1])
	}
	return s.within(v.text, arguments.items[2])
}

// findInMap looks a value up in Mappings, by names that are known when the template is read.
func (s *scope) findInMap(v *value, arguments []*value) *value {
	var names [3]string
	for i := range names {
		name, ok := s.plain(v, arguments[i], "each name")
		if !ok {
			return nothing
		}
		names[i] = name
	}
	if found := s.mappings.get(names[0]).get(names[1]).get(names[2]); found != nil {
		return found
	}
	if len(arguments) < 4 {
		return s.fail(v.at, "the mapping %s has no value for %q, %q", names[0], names[1], names[2])
	}
	if !s.extended {
		return s.fail(v.at, "DefaultValue of Fn::FindInMap needs the transform %s", languageExtensions)
	}
	if found := arguments[3].get("DefaultValue"); found != nil {
		return found
	}
	return s.fail(v.at, "the fourth argument of Fn::FindInMap is a map with DefaultValue")
}
