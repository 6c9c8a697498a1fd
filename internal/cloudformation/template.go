package cloudformation

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Options are what a template can be told.
type Options struct {
	// Parameters are the values of parameters by their names. One that the template does not have is a mistake, and so is a missing one
	// that has no default.
	Parameters map[string]string

	StackName, Region, Account string // the pseudo parameters; by default "gangway", "us-east-1" and "000000000000"

	// Import is what another stack exports under a name. Nil: there are no other stacks.
	Import func(name string) (string, error)
	// ReadFile reads the templates of nested stacks, by paths that the template names. Nil: nested stacks stay resources that nobody
	// makes, as they have to where a template comes from somebody who may not read files of this machine.
	ReadFile func(path string) ([]byte, error)
}

// withDefaults fills in what a stack always has.
func (o Options) withDefaults() Options {
	for _, one := range []struct {
		setting *string
		value   string
	}{{&o.StackName, "gangway"}, {&o.Region, "us-east-1"}, {&o.Account, "000000000000"}} {
		if *one.setting == "" {
			*one.setting = one.value
		}
	}
	return o
}

// Template is a template that is read.
type Template struct {
	Name, Dir, Description string

	Resources []*Resource // those whose condition holds, each after all that it refers to
	Outputs   []Output    // those whose condition holds
	Notes     []Note      // what of the template Gangway does not run, or does not look up

	options    Options
	functions  map[string]operation
	parameters map[string]*value // pseudo parameters among them
	mappings   *value
	conditions map[string]*condition
	declared   map[string]string // each resource, with the name of the condition that keeps it from being made
	aliases    map[string]*value // what SAM lets a template refer to: "Function.Alias"
	extended   bool              // AWS::LanguageExtensions
	sam        bool
	stored     map[string]member // parameters whose value is their default, a name in Systems Manager
	unresolved []member          // those of them that something refers to
	in         nesting
	outputs    map[string]*value   // of nested stacks: "Stack.Outputs.Name"
	inner      map[string][]string // the resources of nested stacks
}

// Note is a remark on a template: no mistake, but something that is not done.
type Note struct {
	Where Position
	Text  string
}

// Resource is a resource that is to be made.
type Resource struct {
	ID, Type  string // the logical id; "AWS::ApiGatewayV2::Api"
	DependsOn []string
	Metadata  map[string]any // without what depends on resources
	Where     Position       // of the logical id

	// What becomes of the object without the resource, and of one that another replaces.
	DeletionPolicy, UpdateReplacePolicy Policy

	template   *Template
	properties *value
	references []string
}

// Output is an output of a stack.
type Output struct {
	Name, Description string
	Export            string // the name under which it is exported, if it is
	Where             Position

	template *Template
	value    *value
}

// Values says what is known once resources exist.
type Values interface {
	Ref(id string) (any, error)
	GetAtt(id, attribute string) (any, error)
}

// Resource is the resource with a logical id, or nil.
func (t *Template) Resource(id string) *Resource {
	for _, r := range t.Resources {
		if r.ID == id {
			return r
		}
	}
	return nil
}

// Dir is where relative paths in the properties begin: where the template is that has the resource.
func (r *Resource) Dir() string { return r.template.Dir }

// References are the logical ids of the resources that the properties refer to.
func (r *Resource) References() []string { return slices.Clone(r.references) }

// Properties are the properties with everything resolved. The error joins one [*Error] for each value that is not to be had.
func (r *Resource) Properties(v Values) (map[string]any, error) {
	made, err := r.template.resolve(v, r.ID, []string{"Properties"}, r.properties)
	properties, _ := made.(map[string]any)
	if properties == nil && err == nil {
		properties = map[string]any{}
	}
	return properties, err
}

// At is where a property stands, by the names that lead to it; of one that is not there, where the nearest around it stands.
func (r *Resource) At(path ...string) Position {
	at, v := r.Where, r.properties
	for _, name := range path {
		i := slices.IndexFunc(v.members, func(m member) bool { return m.key == name })
		if i < 0 {
			break
		}
		at = position(r.template.Name, v.members[i].at)
		v = v.members[i].value
	}
	return at
}

// Value is the value of the output.
func (o Output) Value(v Values) (any, error) {
	return o.template.resolve(v, "", []string{"Outputs", o.Name, "Value"}, o.value)
}

// unknown are the values of what does not exist yet: none.
type unknown struct{}

func (unknown) Ref(id string) (any, error) { return nil, fmt.Errorf("%s is not made yet", id) }

func (unknown) GetAtt(id, _ string) (any, error) { return nil, fmt.Errorf("%s is not made yet", id) }

// resolve evaluates a value that was left open.
func (t *Template) resolve(v Values, resource string, path []string, open *value) (any, error) {
	if v == nil {
		v = unknown{}
	}
	s := &scope{Template: t, errs: &mistakes{}, values: v, resource: resource, path: path}
	made := s.eval(open)
	native := s.native(made)
	if err := s.errs.joined(); err != nil {
		return nil, err
	}
	return native, nil
}

// Asset is the folder or file of what the CDK packs for a resource, the code of a function say. What it names stands beside the
// template. An image that is to be built is no asset here.
func (r *Resource) Asset() (path string, ok bool) {
	path, ok = r.Metadata["aws:asset:path"].(string)
	property, _ := r.Metadata["aws:asset:property"].(string)
	if !ok || path == "" || strings.HasSuffix(property, "ImageUri") {
		return "", false
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(r.template.Dir, path)
	}
	return path, true
}

// isLogicalID says whether a name may stand for a resource.
func isLogicalID(name string) bool {
	return name != "" && len(name) <= 255 && strings.Trim(name, variableLetters[:62]) == ""
}
