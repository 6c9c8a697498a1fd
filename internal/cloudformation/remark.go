package cloudformation

import (
	"fmt"
	"strconv"
	"strings"
)

// lookup begins what CloudFormation replaces by what another service keeps.
// Source: "Get values stored in other services using dynamic references", CloudFormation user guide.
const lookup = "{{resolve:"

// fromStore begins the types of parameters whose value names one of Systems Manager.
const fromStore = "AWS::SSM::Parameter::Value<"

// maxRemarks is how many dynamic references of a template are told.
const maxRemarks = 100

// remarks tells what is passed on as it stands, because nothing is looked up here. A value that several properties share is
// told once.
type remarks struct {
	*scope
	seen  map[*value]bool
	told  int
	names []string // that lead to where it is
}

// remark goes through the properties of all resources.
func (s *scope) remark() {
	for _, m := range s.unresolved {
		s.note(m.at, "the parameter %s is not looked up in Systems Manager: its value is its default %q, which is only the name there; "+
			"give %[1]s a value", m.key, brief(m.value.text))
	}
	r := &remarks{scope: s, seen: map[*value]bool{}}
	for _, one := range s.Resources {
		if one.template != s.Template {
			continue // it was gone through where it is
		}
		r.names = []string{one.ID}
		r.walk(one.properties, false)
	}
}

// walk follows a value that was evaluated, which is no deeper than the scope allows. What is in a function has its names.
func (r *remarks) walk(v *value, called bool) {
	if r.seen[v] || r.told >= maxRemarks {
		return
	}
	if v.kind == text {
		r.tell(v)
		return
	}
	r.seen[v] = true
	called = called || v.kind == call
	for i, item := range v.items {
		r.below(strconv.Itoa(i), item, called)
	}
	for _, m := range v.members {
		r.below(m.key, m.value, called)
	}
}

func (r *remarks) below(name string, v *value, called bool) {
	if called {
		r.walk(v, true)
		return
	}
	r.names = append(r.names, name)
	r.walk(v, false)
	r.names = r.names[:len(r.names)-1]
}

// tell notes a text that has a dynamic reference.
func (r *remarks) tell(v *value) {
	_, rest, found := strings.Cut(v.text, lookup)
	if !found {
		return
	}
	r.seen[v] = true
	r.told++
	reference, _, closed := strings.Cut(rest, "}}")
	if !closed { // the rest is yet to be made
		reference += "…"
	}
	r.note(v.at, "%s: %s%s}} is not looked up: it is passed on as it stands; put the Ref of a parameter in its place, and give that a value",
		brief(strings.Join(r.names, ".")), lookup, brief(reference))
}

// brief shortens what somebody has written for a message.
func brief(s string) string {
	const most = 100
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}

// note says at its place that something is not done.
func (s *scope) note(at mark, format string, arguments ...any) {
	s.Notes = append(s.Notes, Note{Where: position(s.Name, at), Text: fmt.Sprintf(format, arguments...)})
}

// used notes, while the template is read, that something refers to a parameter whose value is not looked up.
func (s *scope) used(name string) {
	if m, ok := s.stored[name]; ok && s.values == nil {
		s.unresolved = append(s.unresolved, m)
		delete(s.stored, name)
	}
}
