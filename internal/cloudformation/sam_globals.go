package cloudformation

import "slices"

// globalProperties are the properties of Globals by section. nil: not looked at, because Gangway runs no such resource.
// Source: "Globals section of the AWS SAM template", SAM developer guide.
var globalProperties = map[string][]string{
	"Function": without(functionProperties,
		"FunctionName", "Role", "Policies", "Events", "InlineCode", "ImageUri", "PackageType", "ImageConfig",
		"AutoPublishCodeSha256", "VersionDescription"),
	"WebSocketApi":     without(webSocketProperties, "Auth", "Description", "Name", "Routes", "StageName"),
	"SimpleTable":      {"SSESpecification"},
	"LayerVersion":     {"PublishLambdaVersion"},
	"StateMachine":     {"PropagateTags"},
	"Api":              nil,
	"HttpApi":          nil,
	"CapacityProvider": nil,
}

func without(names []string, others ...string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(others, name) })
}

// globals checks the section Globals.
func (s *scope) globals(section *value) *value {
	s.resource = ""
	for _, m := range section.entries() {
		s.path = []string{"Globals", m.key}
		supported, known := globalProperties[m.key]
		switch {
		case !known:
			s.fail(m.at, "there are no globals for %s", m.key)
		case m.value.kind != object:
			s.fail(m.at, "the globals of %s must be a map, not %s", m.key, kindNames[m.value.kind])
		}
		for _, property := range m.value.members {
			if known && supported != nil && !slices.Contains(supported, property.key) {
				s.fail(property.at, "%s cannot be set for all resources", property.key)
			}
		}
	}
	s.path = nil
	return section
}

// inherit adds what Globals say to the properties of a resource.
func (s *scope) inherit(d *declaration, defaults *value) *value {
	if d.properties.kind != object {
		s.fail(d.at, "the properties of %s must be written out: the transform runs before functions do", d.kind)
		return newObject(d.at)
	}
	ignored := d.attributes.get("IgnoreGlobals")
	if word, ok := ignored.scalar(); ok && word == "*" || defaults == nil {
		return d.properties
	}
	if ignored != nil && ignored.kind == list {
		kept := newObject(defaults.at)
		for _, m := range defaults.members {
			same := func(v *value) bool { return v.kind == text && v.text == m.key }
			if !slices.ContainsFunc(ignored.items, same) {
				kept.members = append(kept.members, m)
			}
		}
		defaults = kept
	}
	return s.overlay(defaults, d.properties, 0)
}

// overlay merges maps member by member and puts lists one after the other; of all else, the resource's own wins.
func (s *scope) overlay(global, own *value, depth int) *value {
	if !s.spend(1) || depth > maxDepth {
		return own
	}
	switch {
	case global.kind == object && own.kind == object:
		made := &value{kind: object, at: own.at, members: slices.Clone(global.members)}
		s.spend(len(global.members))
		place := make(map[string]int, len(made.members))
		for i, m := range made.members {
			place[m.key] = i
		}
		for _, m := range own.members {
			if i, both := place[m.key]; both {
				made.members[i] = member{m.key, m.at, s.overlay(made.members[i].value, m.value, depth+1)}
				continue
			}
			made.members = append(made.members, m)
		}
		return made
	case global.kind == list && own.kind == list:
		s.spend(len(global.items))
		return newList(own.at, slices.Concat(global.items, own.items)...)
	}
	return own
}
