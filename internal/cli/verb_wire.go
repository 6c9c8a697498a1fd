package cli

import (
	"fmt"
	"slices"
	"strings"

	"gangway/internal/control"
)

// wireValue gives what is in a member the names that it has on the wire, and refuses what has none: the control plane
// passes over members that it does not know. Where anything may be there, it is only named.
func wireValue(value any, m *control.Member, path string) (any, error) {
	if m.Members == nil {
		return wireNames(value, m.Kind == kindMap, maxDepth), nil
	}
	inner := &control.Member{Kind: kindObject, Members: m.Members}
	switch value := value.(type) {
	case []any:
		if m.Kind == kindList {
			return wireItems(value, inner, path)
		}
	case map[string]any:
		if m.Kind == kindMap {
			return wireEntries(value, inner, path)
		}
		return wireMembers(value, m.Members, path)
	}
	return value, nil // of another kind than it should be, which the control plane refuses
}

func wireItems(list []any, item *control.Member, path string) (_ any, err error) {
	for i, value := range list {
		if list[i], err = wireValue(value, item, fmt.Sprintf("%s[%d]", path, i)); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// wireEntries leaves the keys alone: they are the user's.
func wireEntries(entries map[string]any, entry *control.Member, path string) (_ any, err error) {
	for _, key := range keysOf(entries) {
		if entries[key], err = wireValue(entries[key], entry, path+"."+key); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

func wireMembers(given map[string]any, members []control.Member, path string) (any, error) {
	named := make(map[string]any, len(given))
	for _, name := range keysOf(given) {
		m, err := memberOf(members, name, path)
		if err != nil {
			return nil, err
		}
		if named[m.Name], err = wireValue(given[name], m, path+"."+m.Name); err != nil {
			return nil, err
		}
	}
	return named, nil
}

// memberOf is the member of a name, as the AWS CLI or the wire has it, of what is at a path.
func memberOf(members []control.Member, name, path string) (*control.Member, error) {
	names := make([]string, len(members))
	for i, m := range members {
		if m.Name == name || m.Name == lowerFirst(name) {
			return &members[i], nil
		}
		names[i] = m.Name
	}
	if meant := closest(lowerFirst(name), names); meant != "" {
		return nil, fmt.Errorf("%s has no member %s, did you mean %s?", path, name, meant)
	}
	slices.Sort(names)
	return nil, fmt.Errorf("%s has no member %s, only %s", path, name, strings.Join(names, ", "))
}

// wireNames gives members the names they have on the wire: as the AWS CLI has them, but for the first letter. The keys
// of a map are the user's, and stay.
func wireNames(value any, isMap bool, depth int) any {
	if depth == 0 {
		return value
	}
	switch value := value.(type) {
	case map[string]any:
		named := make(map[string]any, len(value))
		for name, inner := range value {
			if !isMap {
				name = lowerFirst(name)
			}
			named[name] = wireNames(inner, false, depth-1)
		}
		return named
	case []any:
		for i, inner := range value {
			value[i] = wireNames(inner, false, depth-1)
		}
	}
	return value
}
