package stack

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// values tells the functions of a template what they ask of resources; it implements cloudformation.Values.
type values struct {
	known map[string]value // by logical id
}

// value is what a resource gives.
type value struct {
	ref        any
	attributes func(name string) (any, error)
}

// Ref implements cloudformation.Values.
func (v *values) Ref(id string) (any, error) {
	found, ok := v.known[id]
	if !ok {
		return nil, fmt.Errorf("there is no resource %s before this one", id)
	}
	return found.ref, nil
}

// GetAtt implements cloudformation.Values.
func (v *values) GetAtt(id, attribute string) (any, error) {
	found, ok := v.known[id]
	if !ok {
		return nil, fmt.Errorf("there is no resource %s before this one", id)
	}
	return found.attributes(attribute)
}

// Marks around what is not known before it is made. They are private to Unicode's users, so no template has them by chance.
const (
	unknownBegin = "\uf8e0"
	unknownEnd   = "\uf8e1"
)

func unknown(id, attribute string) string { return unknownBegin + id + "." + attribute + unknownEnd }

// isUnknown says whether a text, or a part of it, is known only when something has been made.
func isUnknown(v any) bool {
	s, _ := v.(string)
	return strings.Contains(s, unknownBegin)
}

// hideUnknown writes a text for people.
func hideUnknown(s string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, unknownBegin)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteString("(known after apply)")
		_, s, _ = strings.Cut(rest, unknownEnd)
	}
}

// valueOf is what an object gives that there is.
func (k *kind) valueOf(live map[string]any) value {
	return value{ref: live[k.id], attributes: func(name string) (any, error) {
		where, err := k.attribute(name)
		if err != nil {
			return nil, err
		}
		return dig(live, where), nil
	}}
}

// valueToBe is what an object gives that is yet to be made. Some have an id that the template chooses.
func (k *kind) valueToBe(id string, wanted map[string]any) value {
	ref := k.wanted(wanted, k.id)
	if ref == nil {
		ref = unknown(id, "Ref")
	}
	return value{ref: ref, attributes: func(name string) (any, error) {
		where, err := k.attribute(name)
		if err == nil && slices.Equal(where, []string{k.id}) {
			return ref, nil
		}
		return unknown(id, name), err
	}}
}

// attribute is where in an object an attribute is. Each has its id, under its own name and as Id.
func (k *kind) attribute(name string) ([]string, error) {
	if where, ok := k.attributes[name]; ok {
		return where, nil
	}
	if sameName(k.id, name) || name == "Id" {
		return []string{k.id}, nil
	}
	own := property{name: k.id}
	known := append(slices.Sorted(maps.Keys(k.attributes)), strings.ToUpper(own.name[:1])+own.name[1:])
	return nil, unknownName("attribute", name, known)
}

// dig follows a way into an object.
func dig(v any, where []string) any {
	for _, name := range where {
		switch of := v.(type) {
		case map[string]any:
			v = of[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(of) {
				return nil
			}
			v = of[i]
		default:
			return nil
		}
	}
	return v
}
