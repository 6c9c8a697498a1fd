package serverless

import "go.yaml.in/yaml/v3"

// combine puts `resources` of the service over the template, and `resources.extensions` over its resources.
func (r *reader) combine(made, own *yaml.Node) *yaml.Node {
	own = merge(object(own), own)
	extensions := member(own, "extensions")
	drop(own, "extensions")
	for key, value := range members(own) {
		if !contains(sections, key.Value) {
			r.note(key, "\"resources\" has no section %q%s", key.Value, hint(key.Value, sections))
		}
		if want := member(made, key.Value); want != nil && want.Kind != value.Kind && !null(value) {
			r.wrong(value, "resources.%s is %s, not %s", key.Value, kindOf(value), kindOf(want))
			return made
		}
	}
	for i := len(own.Content) - 2; i >= 0; i -= 2 {
		if !contains(sections, own.Content[i].Value) || null(own.Content[i+1]) {
			drop(own, own.Content[i].Value)
		}
	}
	made = merge(made, own)
	resources := member(made, "Resources")
	for id, extension := range members(extensions) {
		r.extend(resources, id, extension)
	}
	for i := 1; i < len(resources.Content); i += 2 {
		if properties := member(resources.Content[i], "Properties"); properties != nil {
			resource := merge(object(resources.Content[i]), resources.Content[i])
			set(resource, text(properties, "Properties"), withoutNull(properties))
			resources.Content[i] = resource
		}
	}
	return made
}

// sections are those of a template that a service may add to.
var sections = []string{
	"AWSTemplateFormatVersion", "Conditions", "Description", "Mappings", "Metadata", "Outputs", "Parameters", "Resources",
	"Rules", "Transform",
}

// extend changes a resource that the framework has made: properties are replaced, dependencies added.
func (r *reader) extend(resources, id, extension *yaml.Node) {
	resource := member(resources, id.Value)
	if resource == nil {
		r.wrong(id, "there is no resource %q to be extended%s", brief(id.Value), hint(id.Value, keys(resources)))
		return
	}
	changed := merge(object(resource), resource)
	for key, value := range members(extension) {
		before := member(resource, key.Value)
		switch key.Value {
		case "Properties", "Metadata":
			if before == nil {
				before = object(value)
			}
			whole := merge(object(before), before)
			for name, property := range members(value) {
				set(whole, name, property)
			}
			set(changed, key, whole)
		case "DependsOn":
			needed := list(value)
			if before != nil {
				needed.Content = append(needed.Content, items(before)...)
			}
			needed.Content = append(needed.Content, items(value)...)
			set(changed, key, needed)
		case "Condition", "CreationPolicy", "DeletionPolicy", "UpdatePolicy", "UpdateReplacePolicy":
			set(changed, key, value)
		default:
			r.wrong(key, "%q of a resource cannot be extended%s", brief(key.Value),
				hint(key.Value, []string{"Properties", "Metadata", "DependsOn", "Condition", "DeletionPolicy"}))
		}
	}
	set(resources, id, changed)
}

// withoutNull is a tree without the members of mappings that are null: CloudFormation refuses them, the framework drops them.
func withoutNull(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.ScalarNode {
		return node
	}
	made := &yaml.Node{Kind: node.Kind, Tag: node.Tag, Line: node.Line, Column: node.Column}
	if node.Kind == yaml.SequenceNode {
		for _, item := range node.Content {
			made.Content = append(made.Content, withoutNull(item))
		}
		return made
	}
	for key, value := range members(node) {
		if !null(value) {
			made.Content = append(made.Content, key, withoutNull(value))
		}
	}
	return made
}
