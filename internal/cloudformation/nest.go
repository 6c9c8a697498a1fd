package cloudformation

import (
	"path/filepath"
	"slices"
	"strings"
)

// A nested stack is read as a part of the stack that it is in: its resources have the logical id of the nested stack in front of
// theirs, its parameters are what the properties say, and its outputs are values of the stack around it.
// Source: "AWS::CloudFormation::Stack", CloudFormation template reference; "AWS::Serverless::Application", SAM developer guide.
const (
	nestedStack       = "AWS::CloudFormation::Stack"
	nestedApplication = "AWS::Serverless::Application"
)

// Limits of stacks within stacks.
const (
	maxNesting = 5
	maxNested  = 200
)

// nesting is where a nested stack is in the one around it; the zero value is that of a stack in none.
type nesting struct {
	prefix string            // in front of logical ids
	depth  int               // how many stacks are around it
	given  map[string]*value // parameters
	files  []string          // of the stacks around it, the outermost first
	all    *allNested        // of the outermost stack
	after  []string          // what all its resources depend on
}

// allNested is what all stacks within a stack have together.
type allNested struct {
	count  int
	parsed map[string]*value // by file: values never change
}

// nest replaces the nested stacks whose template is on this machine by what is in them. Others stay as they are: nobody knows what they would make.
func (s *scope) nest(declarations []*declaration) []*declaration {
	waiting := map[string]*declaration{}
	var rest []*declaration
	for _, d := range declarations {
		if file := s.nestedFile(d); file != "" {
			waiting[d.id] = d
		} else {
			rest = append(rest, d)
		}
	}
	for progress := true; progress && len(waiting) > 0; {
		progress = false
		for _, d := range declarations {
			if waiting[d.id] != nil && !mentions(d.properties, waiting) {
				delete(waiting, d.id)
				s.nested(d)
				progress = true
			}
		}
	}
	for _, d := range declarations {
		if waiting[d.id] != nil {
			s.resource = d.id
			s.fail(d.at, "nested stacks depend on each other in a circle")
		}
	}
	s.resource, s.path = "", nil
	return rest
}

// nestedFile is the template of a nested stack, if it is on this machine.
func (s *scope) nestedFile(d *declaration) string {
	if d.kind != nestedStack && d.kind != nestedApplication || s.options.ReadFile == nil {
		return ""
	}
	if asset, ok := d.metadata.get("aws:asset:path").scalar(); ok && asset != "" { // as CDK writes it
		return s.beside(asset)
	}
	location := d.properties.get("TemplateURL")
	if d.kind == nestedApplication {
		location = d.properties.get("Location")
	}
	if location == nil {
		return ""
	}
	quiet := *s
	quiet.errs = &mistakes{}
	path, ok := quiet.eval(location).scalar()
	if !ok || path == "" || strings.Contains(path, "://") {
		return ""
	}
	return s.beside(path)
}

func (s *scope) beside(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(s.Dir, path)
}

// mentions says whether a value needs the outputs of one of some stacks.
func mentions(v *value, stacks map[string]*declaration) bool {
	if v == nil {
		return false
	}
	for id := range stacks {
		if strings.Contains(v.text, id+".Outputs.") || v.kind == list && len(v.items) == 2 && v.items[0].text == id {
			return true
		}
	}
	for _, item := range v.items {
		if mentions(item, stacks) {
			return true
		}
	}
	for _, m := range v.members {
		if mentions(m.value, stacks) {
			return true
		}
	}
	return false
}

// nested reads a nested stack, and takes up what is in it.
func (s *scope) nested(d *declaration) {
	s.resource, s.path = d.id, []string{"Properties"}
	file := s.nestedFile(d)
	around := append(slices.Clone(s.in.files), filepath.Join(s.Dir, filepath.Base(s.Name)))
	if at := slices.Index(around, file); at >= 0 {
		circle := append(around[at:], file)
		for i := range circle {
			circle[i] = filepath.Base(circle[i])
		}
		s.fail(d.at, "stacks are in each other in a circle: %s", strings.Join(circle, ", which has "))
		return
	}
	if s.in.all.count++; s.in.depth >= maxNesting || s.in.all.count > maxNested {
		s.fail(d.at, "there are stacks in stacks deeper than %d, or more than %d", maxNesting, maxNested)
		return
	}
	inner := s.options
	inner.Parameters, inner.StackName = nil, s.options.StackName+"-"+d.id
	name := file
	if !filepath.IsAbs(s.Name) {
		if short, err := filepath.Rel(s.Dir, file); err == nil {
			name = filepath.Join(filepath.Dir(s.Name), short)
		}
	}
	child := begin(name, filepath.Dir(file), inner)
	child.errs = s.errs
	child.in = nesting{s.in.prefix + d.id, s.in.depth + 1, s.arguments(d), around, s.in.all, s.prefixed(s.names(d.dependsOn))}
	root := s.parsed(d, name, file)
	if root == nil {
		return
	}
	if root.kind != object {
		s.fail(d.at, "its template is no map with Resources")
		return
	}
	child.readSections(root)
	s.adopt(d, child.Template)
}

// parsed is what is in the template of a nested stack, read once however many are made of it; nil: it is wrong, and that has been said.
func (s *scope) parsed(d *declaration, name, file string) *value {
	if root := s.in.all.parsed[file]; root != nil {
		return root
	}
	text, err := s.options.ReadFile(file)
	if err != nil {
		s.refuse(d.at, err)
		return nil
	}
	before := len(s.errs.found)
	root := (&parser{name: name, errs: s.errs}).parse(text)
	if len(s.errs.found) > before {
		return nil
	}
	s.in.all.parsed[file] = root
	return root
}

// arguments are the parameters that are passed on, as far as they are known.
func (s *scope) arguments(d *declaration) map[string]*value {
	given := map[string]*value{}
	passed := d.properties.get("Parameters")
	if passed == nil {
		return given
	}
	for _, m := range s.within("Parameters", passed).entries() {
		given[m.key] = m.value
	}
	return given
}

// adopt takes up what a nested stack has.
func (s *scope) adopt(d *declaration, child *Template) {
	for _, r := range child.Resources {
		id := strings.TrimPrefix(r.ID, s.in.prefix)
		if _, taken := s.declared[id]; taken {
			s.fail(d.at, "its resource %s would be called as one that there is: %s", strings.TrimPrefix(id, d.id), id)
		}
		s.declared[id] = ""
		s.inner[d.id] = append(s.inner[d.id], id)
	}
	s.Resources = append(s.Resources, child.Resources...)
	s.Notes = append(s.Notes, child.Notes...)
	for _, o := range child.Outputs {
		s.outputs[d.id+".Outputs."+o.Name] = o.value
		if o.Export != "" {
			o.Name = d.id + o.Name
			s.Outputs = append(s.Outputs, o)
		}
	}
}

// names are the resources that are meant by those that are written: of a nested stack, all that are in it.
func (s *scope) names(written []string) []string {
	var all []string
	for _, name := range written {
		if inner, nested := s.inner[name]; nested {
			all = append(all, inner...)
		} else {
			all = append(all, name)
		}
	}
	return all
}

// prefixed are ids as they are in the outermost stack.
func (s *scope) prefixed(ids []string) []string {
	made := make([]string, len(ids))
	for i, id := range ids {
		made[i] = s.in.prefix + id
	}
	return made
}

// argument is the value of a parameter that the stack around this one gives: a list is passed on as a text with commas.
func (s *scope) argument(m member, v *value) *value {
	kind, _ := m.value.get("Type").scalar()
	isList := kind == "CommaDelimitedList" || strings.Contains(kind, "List<")
	written, plain := v.scalar()
	switch {
	case plain:
		return s.parameter(m, written)
	case isList == (v.kind == list):
		return v
	case isList:
		return &value{kind: call, open: v.open, at: v.at, text: "Fn::Split", items: []*value{
			{kind: list, open: v.open, at: v.at, items: []*value{newText(v.at, ","), v}},
		}}
	}
	joined := &value{kind: call, open: v.open, at: v.at, text: "Fn::Join", items: []*value{
		{kind: list, open: v.open, at: v.at, items: []*value{newText(v.at, ","), v}},
	}}
	if v.open {
		return joined
	}
	return s.eval(joined)
}
