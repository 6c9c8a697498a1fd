package cloudformation

import (
	"strings"
)

// unroll replaces each Fn::ForEach by what it repeats.
// Source: "Fn::ForEach", CloudFormation template reference.
func (s *scope) unroll(v *value, depth int) *value {
	if v == nil || !s.extended || v.kind != object && v.kind != list && v.kind != call {
		return v
	}
	if depth > maxDepth || !s.spend(1) {
		return s.fail(v.at, "nested deeper than %d", maxDepth)
	}
	made := &value{kind: v.kind, at: v.at, text: v.text}
	for _, item := range v.items {
		made.items = append(made.items, s.unroll(item, depth+1))
	}
	seen := map[string]bool{}
	for _, m := range v.members {
		added := []member{{m.key, m.at, nil}}
		if strings.HasPrefix(m.key, loopPrefix) {
			added = s.loop(m, depth)
		} else {
			added[0].value = s.unroll(m.value, depth+1)
		}
		for _, one := range added {
			if seen[one.key] {
				s.fail(one.at, "%q is here for the second time, made by Fn::ForEach", one.key)
				continue
			}
			seen[one.key] = true
			made.members = append(made.members, one)
		}
	}
	return made
}

// loop are the members that one Fn::ForEach makes.
func (s *scope) loop(m member, depth int) []member {
	if m.value.kind != list || len(m.value.items) != 3 || m.value.items[2].kind != object {
		s.fail(m.at, "%s takes an identifier, a collection and a map", m.key)
		return nil
	}
	identifier, ok := m.value.items[0].scalar()
	if !ok || identifier == "" {
		s.fail(m.at, "the identifier of %s must be a name", m.key)
		return nil
	}
	s.static = "collections are known before resources are made"
	collection := s.within(m.key, m.value.items[1])
	s.static = ""
	if collection.kind != list {
		if collection.kind != broken {
			s.fail(m.at, "the collection of %s must be a list", m.key)
		}
		return nil
	}
	var made []member
	for _, item := range collection.items {
		word, ok := item.scalar()
		if !ok {
			s.fail(m.at, "the collection of %s must be of strings", m.key)
			return nil
		}
		bound := s.bind(m.value.items[2], identifier, word, depth)
		made = append(made, s.unroll(bound, depth+1).members...)
	}
	return made
}

// bind puts a word wherever a loop's identifier stands.
func (s *scope) bind(v *value, identifier, word string, depth int) *value {
	if depth > maxDepth || !s.spend(1) {
		return s.fail(v.at, "nested deeper than %d", maxDepth)
	}
	if v.kind == call && v.text == "Ref" && v.items[0].kind == text && v.items[0].text == identifier {
		return newText(v.at, word)
	}
	made := &value{kind: v.kind, at: v.at, text: s.insert(v.text, identifier, word)}
	for _, item := range v.items {
		made.items = append(made.items, s.bind(item, identifier, word, depth+1))
	}
	for _, m := range v.members {
		key := s.insert(m.key, identifier, word)
		made.members = append(made.members, member{key, m.at, s.bind(m.value, identifier, word, depth+1)})
	}
	return made
}

// insert puts the word in for "${Identifier}", and what of it may stand in a logical id for "&{Identifier}".
func (s *scope) insert(in, identifier, word string) string {
	if !strings.Contains(in, "{"+identifier+"}") {
		return in
	}
	alphanumeric := strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z' {
			return r
		}
		return -1
	}, word)
	if !s.write(strings.Count(in, "{"+identifier+"}") * len(word)) {
		return in
	}
	in = strings.ReplaceAll(in, "${"+identifier+"}", word)
	return strings.ReplaceAll(in, "&{"+identifier+"}", alphanumeric)
}
