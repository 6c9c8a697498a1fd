package cloudformation

import (
	"slices"
	"strings"
)

// Policy is what becomes of an object when its resource goes from the template, with the stack, or when another object
// takes its place. Source: "DeletionPolicy attribute", CloudFormation template reference.
type Policy string

// The policies. What can be neither restored nor rolled back has no use for a snapshot, and RetainExceptOnCreate is Retain.
const (
	Delete Policy = "Delete"
	Retain Policy = "Retain"
)

// policies are the words for them in a template.
var policies = []string{string(Delete), string(Retain), "RetainExceptOnCreate", "Snapshot"}

// policy is one of the two of a resource.
func (s *scope) policy(attributes *value, name string) Policy {
	written := attributes.get(name)
	if written == nil {
		return Delete
	}
	s.path, s.static = []string{name}, "what becomes of an object is known before resources are made"
	made := s.eval(written)
	s.path, s.static = nil, ""
	word, isText := made.scalar()
	switch {
	case made.kind == broken || made.kind == absent:
		return Delete
	case !isText || !slices.Contains(policies, word):
		s.path = []string{name}
		s.fail(written.at, "expected one of %s", strings.Join(policies, ", "))
		s.path = nil
		return Delete
	case strings.HasPrefix(word, string(Retain)):
		return Retain
	}
	return Delete
}
