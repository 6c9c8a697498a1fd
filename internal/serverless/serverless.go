package serverless

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v3"

	"gangway/internal/cloudformation"
)

// Limits of a service. They keep a small text from becoming a large tree.
const (
	maxText     = 4 << 20 // bytes of a file
	maxDepth    = 64      // mappings and lists within each other
	maxNodes    = 200_000 // of the tree, once aliases and variables are spelled out
	maxString   = 1 << 20 // bytes of one value
	maxNesting  = 10      // variables within variables, and variables that stand for variables
	maxMistakes = 20      // told of at a time
)

// Options is what a user says besides serverless.yml. The zero value is a deployment to the stage that the file names, with
// an empty environment.
type Options struct {
	Stage   string // --stage; "" is provider.stage, or dev
	Region  string // --region; "" is provider.region, or us-east-1
	Account string // what ${aws:accountId} is; "" is 000000000000

	Params map[string]string // --param, for ${param:…}
	Flags  map[string]string // other options of the command line, for ${opt:…}
	// Values are what an account would know, by how the variable is written: "ssm:/chat/table", "cf:network.SubnetId".
	Values map[string]string

	// Environment looks up ${env:…}; nil finds nothing but what the file .env says.
	Environment func(name string) (string, bool)
	// ReadFile reads ${file(…)} and .env; nil reads no more than is taken of a file. It is not asked for what is there and is no
	// regular file, or too long: a device never ends.
	ReadFile func(path string) ([]byte, error)
}

// Service is what a serverless.yml says.
type Service struct {
	Name   string
	Stage  string
	Region string
	// Template is a CloudFormation template: the root mapping, without short forms, aliases or variables of the framework.
	Template *yaml.Node
	Notes    []cloudformation.Note
}

// Text gives the template as JSON, which has no lines to point to.
func (s *Service) Text() []byte { return appendJSON(nil, s.Template) }

// Read reads the text of a serverless.yml. Name is what errors call it, dir where its files are.
//
// The error joins a [*cloudformation.Error] for each mistake that was found.
func Read(name, dir string, text []byte, o Options) (*Service, error) {
	r, root, err := begin(name, dir, text, o)
	if err != nil {
		return nil, err
	}
	service := r.service(root)
	if err := r.err(); err != nil {
		return nil, err
	}
	return service, nil
}

// begin makes ready to read a service.
func begin(name, dir string, text []byte, o Options) (*reader, *yaml.Node, error) {
	if o.ReadFile == nil {
		o.ReadFile = func(path string) ([]byte, error) { return cloudformation.ReadFile(path, maxText) }
	}
	r := &reader{mistakes: &mistakes{file: name}, dir: dir, o: o}
	root, err := load(name, text)
	if err != nil {
		return nil, nil, err
	}
	if root.Kind != yaml.MappingNode {
		return nil, nil, wrong(name, root, "a service is a mapping of settings, as in \"service: chat\"")
	}
	r.variables = newResolver(name, root, &r.o)
	r.variables.read, r.variables.report = r.file, r.add
	return r, root, nil
}

// Region is provider.region of the text of a serverless.yml, for who has to know it before anything is read: empty where there is none, and
// where [Read] would say what is wrong.
func Region(dir string, text []byte, o Options) string {
	r, root, err := begin("", dir, text, o)
	if err != nil || root == nil {
		return ""
	}
	r.root = root
	if r.provider = r.get(root, "provider"); r.provider == nil || r.provider.Kind != yaml.MappingNode {
		return ""
	}
	r.place()
	if region := r.get(r.provider, "region"); region == nil || len(r.found) > 0 {
		return ""
	}
	return r.region
}

// file reads a file that is named relative to the service.
func (r *reader) file(path string) ([]byte, error) {
	if !filepath.IsAbs(path) {
		path = filepath.Join(r.dir, path)
	}
	if info, err := os.Stat(path); err == nil { // what is not there may be somewhere that only ReadFile knows
		switch {
		case !info.Mode().IsRegular():
			return nil, errors.New("it is no regular file")
		case info.Size() > maxText:
			return nil, fmt.Errorf("its %d bytes are more than the %d that are read", info.Size(), maxText)
		}
	}
	text, err := r.o.ReadFile(path)
	if err == nil && len(text) > maxText {
		return nil, fmt.Errorf("its %d bytes are more than the %d that are read", len(text), maxText)
	}
	return text, err
}

// mistakes collects what is wrong, and what is only noted, while reading goes on.
type mistakes struct {
	file  string
	found []error
	notes []cloudformation.Note
}

// wrong takes a mistake down, and reading goes on.
func (m *mistakes) wrong(at *yaml.Node, format string, args ...any) {
	m.add(wrong(m.file, at, format, args...))
}

// add takes an error once: a value that many ask for is wrong only once.
func (m *mistakes) add(err error) {
	for _, known := range m.found {
		if known.Error() == err.Error() {
			return
		}
	}
	if len(m.found) < maxMistakes {
		m.found = append(m.found, err)
	}
}

// note takes down what is left out.
func (m *mistakes) note(at *yaml.Node, format string, args ...any) {
	m.notes = append(m.notes, cloudformation.Note{Where: position(m.file, at), Text: fmt.Sprintf(format, args...)})
}

// err is all that is wrong, nil for nothing.
func (m *mistakes) err() error { return errors.Join(m.found...) }

// wrong is a mistake with its place.
func wrong(file string, at *yaml.Node, format string, args ...any) error {
	return &cloudformation.Error{Where: position(file, at), Reason: fmt.Sprintf(format, args...)}
}

// position is where a node stands.
func position(file string, at *yaml.Node) cloudformation.Position {
	return cloudformation.Position{File: file, Line: at.Line, Column: at.Column}
}
