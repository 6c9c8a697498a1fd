package cloudformation

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Read reads a template. Paths in it start at dir; name is for messages. The error joins one [*Error] for each mistake.
func Read(name, dir string, text []byte, o Options) (*Template, error) {
	return read(name, dir, o, func(p *parser) *value { return p.parse(text) })
}

// ReadNode reads a template that somebody else has made, of a text of which the nodes still know the lines. A scalar is what
// its tag says: a node tagged !!str is a string, whatever it looks like.
func ReadNode(name, dir string, root *yaml.Node, o Options) (*Template, error) {
	return read(name, dir, o, func(p *parser) *value {
		p.byTag = true
		if root != nil && root.Kind == yaml.DocumentNode && len(root.Content) == 1 {
			root = root.Content[0]
		}
		if root == nil {
			return p.fail(mark{}, "the template is empty")
		}
		return p.node(root, 0)
	})
}

// read stops after the parser if that found something: what follows would be nonsense about a part of the template.
func read(name, dir string, o Options, parse func(*parser) *value) (*Template, error) {
	s := begin(name, dir, o.withDefaults())
	root := parse(&parser{name: name, errs: s.errs})
	if root.kind != object && root.kind != broken {
		s.fail(root.at, "a template is a map with Resources, not %s", kindNames[root.kind])
	}
	if len(s.errs.found) > 0 {
		return nil, s.errs.joined()
	}
	s.readSections(root)
	if len(s.errs.found) > 0 {
		return nil, s.errs.joined()
	}
	return s.Template, nil
}

// begin makes ready to read a template.
func begin(name, dir string, o Options) *scope {
	return &scope{errs: &mistakes{}, Template: &Template{
		Name: name, Dir: dir, options: o, functions: functionTable(),
		conditions: map[string]*condition{}, declared: map[string]string{}, aliases: map[string]*value{},
		stored: map[string]member{}, outputs: map[string]*value{}, inner: map[string][]string{}, in: nesting{all: &allNested{parsed: map[string]*value{}}},
	}}
}

// sections are those of a template; true for those that hold named things.
var sections = map[string]bool{
	"AWSTemplateFormatVersion": false, "Description": false, "Metadata": false, "Transform": false, "Globals": true,
	"Parameters": true, "Mappings": true, "Conditions": true, "Resources": true, "Outputs": true,
	"Rules": true, "Hooks": true,
}

// readSections goes by what needs what, not by the order of the template: parameters, mappings, conditions, resources, outputs.
func (s *scope) readSections(root *value) {
	for _, m := range root.members {
		holdsNamed, known := sections[m.key]
		s.path = []string{m.key}
		switch {
		case !known:
			s.fail(m.at, "a template has no section %s", m.key)
		case holdsNamed && m.value.kind != object:
			s.fail(m.at, "the section must be a map, not %s", kindNames[m.value.kind])
		}
	}
	s.path = nil
	if version := root.get("AWSTemplateFormatVersion"); version != nil && version.text != "2010-09-09" {
		s.fail(version.at, "the only version of AWSTemplateFormatVersion is 2010-09-09")
	}
	s.Description, _ = root.get("Description").scalar()
	s.readTransform(root.get("Transform"))
	if root.get("Globals") != nil && !s.sam {
		s.fail(root.get("Globals").at, "Globals need the transform %s", serverless)
	}
	s.readParameters(root.get("Parameters"))
	s.readMappings(root.get("Mappings"))
	s.readConditions(s.unroll(root.get("Conditions"), 0))
	if root.get("Resources").entries() == nil {
		s.fail(mark{}, "the template has no resources")
	}
	made := s.declarations(s.unroll(root.get("Resources"), 0))
	if s.sam {
		made = s.expand(made, root.get("Globals"))
	}
	s.readResources(made)
	s.readOutputs(s.unroll(root.get("Outputs"), 0))
	s.remark()
}

// readTransform takes the transforms that are known here. Others run as functions of AWS, and nobody knows what they make.
func (s *scope) readTransform(v *value) {
	if v == nil {
		return
	}
	names := []*value{v}
	if v.kind == list {
		names = v.items
	}
	s.path = []string{"Transform"}
	for _, one := range names {
		name, _ := one.scalar()
		switch name {
		case serverless:
			s.sam = true
		case languageExtensions:
			s.extended = true
		default:
			s.fail(one.at, "the transform %q is not supported: macros run on AWS only", name)
		}
	}
	s.path = nil
}

// readMappings wants two levels of names above the values.
func (s *scope) readMappings(section *value) {
	s.mappings = newObject(mark{})
	s.static = "mappings are fixed"
	for _, m := range section.entries() {
		s.path = []string{"Mappings", m.key}
		whole := s.eval(m.value)
		for _, top := range whole.members {
			if top.value.kind != object {
				s.fail(top.at, "%s must be a map of names to values", top.key)
			}
		}
		if whole.kind != object {
			s.fail(m.at, "a mapping must be a map of maps")
		}
		s.mappings.members = append(s.mappings.members, member{m.key, m.at, whole})
	}
	s.static, s.path = "", nil
}

// readConditions decides all, also those that nothing asks for, so that mistakes in them are found.
func (s *scope) readConditions(section *value) {
	for _, m := range section.entries() {
		s.conditions[m.key] = &condition{value: m.value}
	}
	for _, m := range section.entries() {
		s.holds(m.at, m.key)
	}
}

// declaration is a resource as the template has it.
type declaration struct {
	id, kind   string
	at         mark
	properties *value // an object
	attributes *value // all of the resource; nil: no template has it
	policies   *value // those among which are what becomes of its object
	dependsOn  []string
	metadata   *value
}

// attributes are the members of a resource. Description is in no reference, but AWS takes it and its samples have it; a custom
// resource can have a Version.
var attributes = []string{
	"Type", "Properties", "Condition", "DependsOn", "Metadata", "CreationPolicy", "DeletionPolicy", "UpdatePolicy",
	"UpdateReplacePolicy", "Description", "Version",
}

// samAttributes are those that SAM adds.
var samAttributes = []string{"IgnoreGlobals", "Connectors"}

// declarations are the resources whose condition holds.
func (s *scope) declarations(section *value) []*declaration {
	var made []*declaration
	for _, m := range section.entries() {
		s.resource, s.path = m.key, nil
		if !isLogicalID(m.key) {
			s.fail(m.at, "a logical id has letters and digits only")
		}
		s.declared[m.key] = ""
		if d := s.declaration(m); d != nil {
			made = append(made, d)
		}
	}
	s.resource = ""
	return made
}

// declaration is one resource; nil if it is not to be made.
func (s *scope) declaration(m member) *declaration {
	if m.value.kind != object {
		s.fail(m.at, "a resource is a map with a Type, not %s", kindNames[m.value.kind])
		return nil
	}
	for _, attribute := range m.value.members {
		known := slices.Contains(attributes, attribute.key) || s.sam && slices.Contains(samAttributes, attribute.key)
		if !known {
			s.fail(attribute.at, "a resource has no attribute %s", attribute.key)
		}
	}
	d := &declaration{id: m.key, at: m.at, attributes: m.value, policies: m.value, metadata: m.value.get("Metadata")}
	d.kind, _ = m.value.get("Type").scalar()
	if d.kind == "" {
		s.fail(m.at, "the resource has no Type")
	}
	if condition := m.value.get("Condition"); condition != nil && !s.wanted(m.key, condition) {
		return nil
	}
	d.properties = m.value.get("Properties")
	if d.properties == nil {
		d.properties = newObject(m.at)
	}
	if d.properties.kind != object && d.properties.kind != call {
		s.path = []string{"Properties"}
		s.fail(d.properties.at, "the properties must be a map, not %s", kindNames[d.properties.kind])
		d.properties, s.path = newObject(m.at), nil
	}
	d.dependsOn = s.dependsOn(m.value.get("DependsOn"))
	return d
}

// wanted says whether the condition of a resource holds.
func (s *scope) wanted(id string, condition *value) bool {
	name, ok := condition.scalar()
	if !ok {
		s.fail(condition.at, "the condition of a resource is a name, not %s", kindNames[condition.kind])
		return true
	}
	holds, ok := s.holds(condition.at, name)
	if ok && !holds {
		s.declared[id] = name
		return false
	}
	return true
}

// dependsOn are names as they are written. Which of them there are is known when all resources are.
func (s *scope) dependsOn(v *value) []string {
	if v == nil {
		return nil
	}
	items := []*value{v}
	if v.kind == list {
		items = v.items
	}
	var names []string
	for _, item := range items {
		name, ok := item.scalar()
		if !ok {
			s.fail(item.at, "DependsOn takes the logical ids of resources, not %s", kindNames[item.kind])
		} else if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// readResources evaluates the properties of all resources and puts the resources in order.
func (s *scope) readResources(declarations []*declaration) {
	for _, d := range declarations {
		s.declared[d.id] = ""
	}
	for _, d := range s.nest(declarations) {
		s.resource = d.id
		s.Resources = append(s.Resources, s.readResource(d))
	}
	s.resource = ""
	s.sort()
}

// readResource evaluates as much as is known. A dependency on what is not made is dropped, as on AWS; a reference is a mistake.
func (s *scope) readResource(d *declaration) *Resource {
	r := &Resource{ID: s.in.prefix + d.id, Type: d.kind, Where: position(s.Name, d.at), template: s.Template}
	for _, name := range s.names(d.dependsOn) {
		condition, known := s.declared[name]
		switch {
		case !known:
			s.path = []string{"DependsOn"}
			s.fail(d.at, "the resource depends on %q, which is no resource", name)
		case condition == "":
			r.DependsOn = append(r.DependsOn, s.in.prefix+name)
		}
	}
	r.DependsOn = append(r.DependsOn, s.in.after...)
	r.DeletionPolicy = s.policy(d.policies, "DeletionPolicy")
	r.UpdateReplacePolicy = s.policy(d.policies, "UpdateReplacePolicy")
	s.path = []string{"Properties"}
	r.properties = s.eval(d.properties)
	if r.properties.kind != object && r.properties.kind != broken {
		s.fail(d.properties.at, "the properties must be a map, whatever they depend on")
	}
	r.references = references(r.properties, nil)
	s.path = []string{"Metadata"}
	if d.metadata != nil {
		r.Metadata, _ = s.native(s.metadata(d.metadata)).(map[string]any)
	}
	s.path = nil
	return r
}

// metadata is evaluated without complaints: it is for tools, each of which has its own idea of it.
func (s *scope) metadata(v *value) *value {
	quiet := *s
	quiet.errs = &mistakes{}
	made := quiet.eval(v)
	s.work, s.text = quiet.work, quiet.text
	return made
}

// readOutputs leaves out those whose condition does not hold, and does not look at their values then.
func (s *scope) readOutputs(section *value) {
	for _, m := range section.entries() {
		s.path = []string{"Outputs", m.key}
		if m.value.kind != object || m.value.get("Value") == nil {
			s.fail(m.at, "an output is a map with a Value")
			continue
		}
		if condition, ok := m.value.get("Condition").scalar(); ok {
			if holds, known := s.holds(m.at, condition); !known || !holds {
				continue
			}
		}
		o := Output{Name: m.key, Where: position(s.Name, m.at), template: s.Template}
		o.Description, _ = m.value.get("Description").scalar()
		o.value = s.within("Value", m.value.get("Value"))
		if export := m.value.get("Export").get("Name"); export != nil {
			s.static = "the name of an export is known before resources are made"
			o.Export, _ = s.within("Export", export).scalar()
			s.static = ""
		}
		s.Outputs = append(s.Outputs, o)
	}
	s.path = nil
}

// sort puts each resource after all that it refers to or depends on, else in the order of the template.
func (s *scope) sort() {
	if len(s.Resources) > maxResources {
		s.fail(mark{}, "the template has %d resources, the limit is %d", len(s.Resources), maxResources)
		return
	}
	o := &order{scope: s, all: map[string]*Resource{}, state: map[string]int{}}
	for _, r := range s.Resources {
		o.all[r.ID] = r
	}
	for _, r := range s.Resources {
		o.visit(r)
	}
	s.Resources = o.sorted
}

// maxResources is four times what CloudFormation allows, which counts those that a template writes out.
const maxResources = 2000

// order is a walk through what resources need.
type order struct {
	*scope
	all    map[string]*Resource
	state  map[string]int // 0 not seen, 1 on the way, 2 done
	way    []string
	sorted []*Resource
}

// visit is a depth-first walk, which finds a circle where it comes back to what is still on the way.
func (o *order) visit(r *Resource) {
	switch o.state[r.ID] {
	case 1:
		from := slices.Index(o.way, r.ID)
		o.errs.add(&Error{
			Where: r.Where, Resource: r.ID,
			Reason: "resources depend on each other in a circle: " + strings.Join(append(slices.Clone(o.way[from:]), r.ID), " -> "),
		})
		return
	case 2:
		return
	}
	o.state[r.ID] = 1
	o.way = append(o.way, r.ID)
	for _, id := range slices.Concat(r.DependsOn, r.references) {
		if needed := o.all[id]; needed != nil {
			o.visit(needed)
		}
	}
	o.way = o.way[:len(o.way)-1]
	o.state[r.ID] = 2
	o.sorted = append(o.sorted, r)
}
