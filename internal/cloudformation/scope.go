package cloudformation

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// scope evaluates values: while a template is read without what resources know, so that what depends on them stays open,
// and once more with it.
type scope struct {
	*Template
	errs     *mistakes
	values   Values // nil while reading
	resource string // the logical id, in messages
	path     []string
	static   string // why no resource can be referred to here; empty if one can
	trusting bool   // any name may be that of a resource: what the transform makes is not known yet
	work     int
	text     int
	depth    int
}

// spend counts work. What a template makes of itself has an end.
func (s *scope) spend(n int) bool {
	s.work += n
	return s.work <= maxWork || s.exceeded("makes more than "+strconv.Itoa(maxWork)+" values of itself")
}

// write counts the bytes of a text that a function makes.
func (s *scope) write(n int) bool {
	s.text += n
	return s.text <= maxText || s.exceeded("makes more than "+strconv.Itoa(maxText)+" bytes of text of itself")
}

// exceeded reports once; from then on nothing is evaluated.
func (s *scope) exceeded(reason string) bool {
	s.errs.add(&Error{Where: Position{File: s.Name}, Reason: "the template " + reason})
	s.errs.over = true
	return false
}

// fail reports a mistake. What comes of it is broken, and so is all that is made of that.
func (s *scope) fail(at mark, format string, arguments ...any) *value {
	s.errs.add(s.mistake(at, fmt.Sprintf(format, arguments...)))
	return nothing
}

func (s *scope) mistake(at mark, reason string) *Error {
	path := strings.Join(s.path, ".")
	return &Error{Where: position(s.Name, at), Resource: s.resource, Path: path, Reason: reason}
}

// refuse reports an error that somebody else found.
func (s *scope) refuse(at mark, err error) *value {
	made := s.mistake(at, err.Error())
	made.cause = err
	s.errs.add(made)
	return nothing
}

// within evaluates below a name of the path.
func (s *scope) within(name string, v *value) *value {
	s.path = append(s.path, name)
	made := s.eval(v)
	s.path = s.path[:len(s.path)-1]
	return made
}

// eval is the value with all functions called; a function of what is open stays. A value of which nothing changes is itself.
func (s *scope) eval(v *value) *value {
	if s.values != nil && !v.open {
		return v
	}
	if !s.spend(1) {
		return nothing
	}
	if s.depth++; s.depth > 4*maxDepth {
		s.depth--
		return s.fail(v.at, "nested deeper than %d", maxDepth)
	}
	defer func() { s.depth-- }()
	switch v.kind {
	case list:
		return s.list(v)
	case object:
		return s.object(v)
	case null:
		return s.fail(v.at, "has no value: null is not allowed in a template")
	case call:
		return s.call(v)
	default:
		return v
	}
}

// list leaves out what is AWS::NoValue.
func (s *scope) list(v *value) *value {
	made := &value{kind: list, at: v.at}
	changed := v.open
	for i, item := range v.items {
		one := s.within(strconv.Itoa(i), item)
		if one != item && !changed {
			changed = true
			made.items = append(make([]*value, 0, len(v.items)), v.items[:i]...)
		}
		if changed && one.kind != absent {
			made.items = append(made.items, one)
			made.open = made.open || one.open
		}
	}
	if !changed {
		return v
	}
	return made
}

// object leaves out what is AWS::NoValue, the name with it.
func (s *scope) object(v *value) *value {
	made := &value{kind: object, at: v.at}
	changed := v.open
	for i, m := range v.members {
		if s.misplaced(m) {
			continue
		}
		one := s.within(m.key, m.value)
		if one != m.value && !changed {
			changed = true
			made.members = append(make([]member, 0, len(v.members)), v.members[:i]...)
		}
		if changed && one.kind != absent {
			made.members = append(made.members, member{m.key, m.at, one})
			made.open = made.open || one.open
		}
	}
	if !changed {
		return v
	}
	return made
}

// misplaced reports a function that has other members beside it, and so is none.
func (s *scope) misplaced(m member) bool {
	if !strings.HasPrefix(m.key, "Fn::") {
		return false
	}
	if strings.HasPrefix(m.key, loopPrefix) {
		s.fail(m.at, "%s needs the transform %s", m.key, languageExtensions)
	} else {
		s.fail(m.at, "%s must be the only member of its map", m.key)
	}
	return true
}

// call looks a function up. What AWS knows and we do not is told apart from what nobody knows.
func (s *scope) call(v *value) *value {
	f, known := s.functions[v.text]
	switch {
	case v.text == "Fn::Transform":
		return s.fail(v.at, "Fn::Transform is not supported: macros run on AWS only")
	case !known:
		return s.fail(v.at, "there is no function %s", v.text)
	case f.extension && !s.extended && s.values == nil:
		return s.fail(v.at, "%s needs the transform %s", v.text, languageExtensions)
	}
	return f.run(s, v)
}

// kept is a call that waits for a resource.
func kept(v, argument *value) *value {
	return &value{kind: call, open: true, at: v.at, text: v.text, items: []*value{argument}}
}

// references are the resources that a value waits for, in the order of the template.
func references(v *value, found []string) []string {
	if !v.open {
		return found
	}
	if v.kind == call && (v.text == "Ref" || v.text == "Fn::GetAtt") {
		id, _, _ := strings.Cut(v.items[0].text, ".")
		if !slices.Contains(found, id) {
			found = append(found, id)
		}
		return found
	}
	for _, item := range v.items {
		found = references(item, found)
	}
	for _, m := range v.members {
		found = references(m.value, found)
	}
	return found
}
