package stack

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"gangway/internal/cloudformation"
)

// walk is one way through a template: to plan it, or to apply the plan.
type walk struct {
	*Stack
	template *cloudformation.Template
	needed   map[string]string // the types of resources, by their logical ids
	values   *values
	steps    map[string]*step
	mistakes []error

	lists   map[string][]map[string]any // collections that were read
	claimed map[string]bool             // paths of objects that a resource has
	own     map[string]bool             // whether the tags of objects say that the stack has made them, by their paths
	touched map[string]bool             // APIs of which something changes that a deployment freezes
	layers  map[string]string           // of functions: where they are, by ARN
}

func (s *Stack) walk(t *cloudformation.Template, steps map[string]*step) *walk {
	w := &walk{
		Stack: s, template: t, needed: map[string]string{}, values: &values{known: map[string]value{}}, steps: steps,
		lists: map[string][]map[string]any{}, claimed: map[string]bool{}, touched: map[string]bool{}, layers: map[string]string{}, own: map[string]bool{},
	}
	for _, r := range t.Resources {
		w.needed[r.ID] = r.Type
	}
	return w
}

func (w *walk) mistake(r *cloudformation.Resource, err error) {
	w.mistakes = append(w.mistakes, wrong(r, err))
}

// meet evaluates the properties of a resource, and tells what it gives if no control plane has to be asked.
func (w *walk) meet(r *cloudformation.Resource) (properties map[string]any, ours bool) {
	properties, err := r.Properties(w.values)
	if err != nil {
		w.mistakes = append(w.mistakes, err) // it says where
	}
	if why := refusal(r.Type); why != "" {
		w.mistake(r, errors.New(why))
	}
	switch {
	case kinds[r.Type] != nil && err == nil:
		return properties, true
	case kinds[r.Type] != nil:
		w.values.known[r.ID] = kinds[r.Type].valueToBe(r.ID, nil)
	case r.Type == typeFunction || r.Type == "AWS::Lambda::Alias" || r.Type == "AWS::Lambda::Version":
		w.values.known[r.ID] = w.invoked(r, properties)
	default:
		w.values.known[r.ID] = w.stranger(r, properties)
	}
	if r.Type == typeLayer {
		w.layers[asText(w.values.known[r.ID].ref)], _ = codeOf(r, properties["Content"])
	}
	return properties, false
}

// isNeeded says whether the template has the resource that an object was made for, and no other object has its place.
func (w *walk) isNeeded(e *entry) bool { return !e.Old && w.needed[e.ID] == e.Type }

// unneeded are the objects that the stack has made and no resource has, in an order in which they can be deleted.
func (w *walk) unneeded() []*entry {
	var all []*entry
	for _, e := range w.state.Resources {
		if !w.isNeeded(e) && !w.claimed[e.Path] {
			all = append(all, e)
		}
	}
	return backwards(all)
}

// backwards orders objects so that each comes before those that it refers to.
func backwards(entries []*entry) []*entry {
	all := slices.Clone(entries)
	slices.Reverse(all)
	slices.SortStableFunc(all, func(a, b *entry) int { return cmp.Compare(rank(b.Type), rank(a.Type)) })
	return all
}

// touchUnneeded notes the APIs of which something goes that a deployment freezes.
func (w *walk) touchUnneeded() {
	for _, e := range w.unneeded() {
		if parts := strings.Split(e.Path, "/"); !e.Retain && kinds[e.Type].frozen && len(parts) > 3 {
			w.touched[parts[3]] = true
		}
	}
}

// arrange orders resources: models before what names them, and deployments and stages, with all that refers to them, after
// what they are of. A template need not say so with DependsOn.
func arrange(resources []*cloudformation.Resource) (sooner, later []*cloudformation.Resource) {
	late, first := map[string]bool{}, map[string]bool{}
	for _, r := range resources {
		late[r.ID] = r.Type == typeDeployment || r.Type == typeStage || slices.ContainsFunc(dependencies(r), func(id string) bool { return late[id] })
	}
	for _, r := range slices.Backward(resources) {
		if r.Type == typeModel || first[r.ID] {
			first[r.ID] = true
			for _, id := range dependencies(r) {
				first[id] = true
			}
		}
	}
	var rest []*cloudformation.Resource
	for _, r := range resources {
		switch {
		case late[r.ID]:
			later = append(later, r)
		case first[r.ID]:
			sooner = append(sooner, r)
		default:
			rest = append(rest, r)
		}
	}
	return append(sooner, rest...), later
}

func dependencies(r *cloudformation.Resource) []string {
	return append(slices.Clone(r.DependsOn), r.References()...)
}

// functions are those of the template, as far as they are known.
func (w *walk) functions() ([]Function, error) {
	var all []Function
	var errs []error
	for _, r := range w.template.Resources {
		if r.Type != typeFunction {
			continue
		}
		properties, err := r.Properties(w.values)
		if err != nil {
			continue // meet has said so
		}
		f, err := w.function(r, properties)
		if err != nil {
			errs = append(errs, wrong(r, err))
		}
		for i, layer := range f.Layers {
			f.Layers[i] = cmp.Or(w.layers[layer], layer)
		}
		all = append(all, f)
	}
	return all, errors.Join(errs...)
}

// Output is an output of a template.
type Output struct {
	Name, Description, Export string
	Value                     string // what is no text is written as JSON
}

func (w *walk) outputs() ([]Output, error) {
	var all []Output
	var errs []error
	for i := range w.template.Outputs {
		o := &w.template.Outputs[i]
		v, err := o.Value(w.values)
		if err != nil {
			errs = append(errs, fmt.Errorf("output %s: %w", o.Name, err))
			continue
		}
		shown, err := readText(v)
		if err != nil {
			document, _ := json.Marshal(v) // it came from JSON or YAML
			shown = string(document)
		}
		all = append(all, Output{Name: o.Name, Description: o.Description, Export: o.Export, Value: asText(shown)})
	}
	return all, errors.Join(errs...)
}

// sameSnapshot compares what two deployments freeze.
func sameSnapshot(a, b map[string]any) bool { return reflect.DeepEqual(a, b) }
