package policy

import "strings"

// A draft is a statement as it was read.
type draft struct {
	at                     string
	sid                    string
	effect                 string
	actions, notActions    []entry
	resources, notResource []entry
	conditions             []condition
}

// A condition is one key of one operator.
type condition struct {
	at            string // of the operator
	operator, key string
	values        []entry
}

// read takes the members of a statement whose brace has been read.
func (d *draft) read(r *reader) error {
	return r.rest(d.at, func(name string) error { return d.member(r, name) })
}

func (d *draft) member(r *reader, name string) (err error) {
	at := d.at + "." + name
	switch name {
	case "Sid":
		d.sid, err = r.text(at)
		if err == nil && !isAlphanumeric(d.sid) {
			return fault(at, "%s has other characters than A-Z, a-z and 0-9", quote(d.sid))
		}
	case "Effect":
		d.effect, err = r.text(at)
		if err == nil && d.effect != "Allow" && d.effect != "Deny" {
			return fault(at, "%s is no effect: write \"Allow\" or \"Deny\", in this case", quote(d.effect))
		}
	case "Action":
		d.actions, err = r.entries(at, stringOnly)
	case "NotAction":
		d.notActions, err = r.entries(at, stringOnly)
	case "Resource":
		d.resources, err = r.entries(at, stringOnly)
	case "NotResource":
		d.notResource, err = r.entries(at, stringOnly)
	case "Condition":
		err = d.readConditions(r, at)
	case "Principal", "NotPrincipal":
		return fault(at, "an identity-based policy has none: it is about the credential it belongs to; leave it out")
	default:
		return unknown(d.at, name, "Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition")
	}
	return err
}

func isAlphanumeric(text string) bool {
	return strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") == ""
}

// readConditions takes an empty object for no condition, as AWS does. An operator without a key is a mistake.
func (d *draft) readConditions(r *reader, at string) error {
	return r.members(at, func(operator string) error {
		at, before := below(at, operator), len(d.conditions)
		err := r.members(at, func(key string) error {
			values, err := r.entries(below(at, key), scalar)
			d.conditions = append(d.conditions, condition{at, operator, key, values})
			return err
		})
		if err == nil && len(d.conditions) == before {
			return fault(at, `no key is there: write {"aws:SourceIp": ...}, or leave the operator out`)
		}
		return err
	})
}

func (d *draft) compile(v version) (s statement, err error) {
	switch d.effect {
	case "Allow":
		s.effect = Allow
	case "Deny":
		s.effect = ExplicitDeny
	default:
		return s, fault(d.at, `Effect is missing: write "Allow" or "Deny"`)
	}
	actions, err := d.one("Action", d.actions, d.notActions)
	if err != nil {
		return s, err
	}
	resources, err := d.one("Resource", d.resources, d.notResource)
	if err != nil {
		return s, err
	}
	s.notAction, s.notResource = d.notActions != nil, d.notResource != nil
	if s.actions, err = compileEach(actions, compileAction); err != nil {
		return s, err
	}
	if s.resources, err = compileEach(resources, func(text string) (resource, error) { return compileResource(text, v) }); err != nil {
		return s, err
	}
	for i := range d.conditions {
		t, err := d.conditions[i].compile(v)
		if err != nil {
			return s, err
		}
		s.tests = append(s.tests, t)
	}
	return s, nil
}

// one chooses between an element and its negation, of which a statement has exactly one.
func (d *draft) one(name string, plain, negated []entry) ([]entry, error) {
	switch {
	case plain == nil && negated == nil:
		return nil, fault(d.at, "%s is missing: write %s or Not%s", name, name, name)
	case plain != nil && negated != nil:
		return nil, fault(d.at, "%s and Not%s are both there: write one of them", name, name)
	case plain == nil:
		return negated, nil
	default:
		return plain, nil
	}
}

func compileEach[T any](entries []entry, compile func(text string) (T, error)) ([]T, error) {
	all := make([]T, len(entries))
	for i, e := range entries {
		var err error
		if all[i], err = compile(e.text); err != nil {
			return nil, fault(e.at, "%w", err)
		}
	}
	return all, nil
}

func (c *condition) compile(v version) (test, error) {
	t, o, err := newTest(c.operator)
	if err != nil {
		return t, fault(c.at, "%w", err)
	}
	t.key = strings.ToLower(c.key)
	if !isKey(t.key) {
		return t, fault(below(c.at, c.key), "%s is no condition key: write one with its prefix, as aws:SourceIp", quote(c.key))
	}
	t.operands, err = compileEach(c.values, func(text string) (operand, error) { return o.compile(text, v) })
	return t, err
}
