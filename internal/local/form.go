package local

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gangway/internal/cloudformation"
	"gangway/internal/serverless"
)

// A Source is where an app is described.
type Source struct {
	File string // absolute
	form form
	dir  string // where relative paths in it begin
	name string // of the app, if the source knows one
	// parameters are values that the source itself has for the template.
	parameters map[string]string
}

type form uint8

const (
	template  form = iota // CloudFormation, or SAM
	framework             // of the Serverless Framework
)

// usual are the names under which templates are kept, the one that is taken first in front.
var usual = []string{"template.yaml", "template.yml", "template.json", "serverless.yml", "serverless.yaml", "serverless.json"}

// assembly is the folder that CDK's synth makes.
const assembly = "cdk.out"

// Find finds the description of an app: a file, or a folder in which there is one. Of an output of CDK with several stacks, name
// says which.
func Find(path, name string) (Source, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return Source{}, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return Source{}, fmt.Errorf("no template: %w", err)
	}
	if !info.IsDir() {
		return found(path), nil
	}
	if _, err := os.Stat(filepath.Join(path, "manifest.json")); err == nil {
		return synthesised(path, name)
	}
	for _, file := range usual {
		if info, err := os.Stat(filepath.Join(path, file)); err == nil && !info.IsDir() {
			return found(filepath.Join(path, file)), nil
		}
	}
	if _, err := os.Stat(filepath.Join(path, assembly)); err == nil {
		return synthesised(filepath.Join(path, assembly), name)
	}
	if _, err := os.Stat(filepath.Join(path, "cdk.json")); err == nil {
		return Source{}, fmt.Errorf("%s is a CDK app without output: run cdk synth first", path)
	}
	return Source{}, fmt.Errorf("no template in %s: expected one of %s, or the folder %s", path, strings.Join(usual, ", "), assembly)
}

// found is a file that was named or found.
func found(path string) Source {
	s := Source{File: path, dir: filepath.Dir(path), name: filepath.Base(filepath.Dir(path))}
	if strings.HasPrefix(filepath.Base(path), "serverless.") {
		s.form = framework
	}
	return s
}

// synthesised is a stack in an output of CDK.
func synthesised(dir, name string) (Source, error) {
	stacks, err := cloudformation.Assembly(dir)
	if err != nil {
		return Source{}, err
	}
	names := make([]string, len(stacks))
	for i, s := range stacks {
		names[i] = s.Name
	}
	at := slices.Index(names, name)
	switch {
	case at < 0 && name != "":
		return Source{}, fmt.Errorf("%s has no stack %q: expected one of %s", dir, name, strings.Join(names, ", "))
	case at < 0 && len(stacks) == 1:
		at = 0
	case at < 0:
		return Source{}, fmt.Errorf("%s has %d stacks: say which with --name, one of %s", dir, len(stacks), strings.Join(names, ", "))
	}
	return Source{File: filepath.Join(stacks[at].Dir, stacks[at].TemplateFile), dir: stacks[at].Dir, name: names[at], parameters: stacks[at].Parameters}, nil
}

// Folder is where the app's files are: where a template lies, or beside the output of CDK.
func (s *Source) Folder() string {
	if filepath.Base(s.dir) == assembly {
		return filepath.Dir(s.dir)
	}
	return s.dir
}

// built is the folder that "sam build" makes: a template there names others of the app.
const built = ".aws-sam"

// reach is where an app may name files: in its folder or, if that is in a repository, anywhere there.
func (s *Source) reach() string {
	home := s.Folder()
	if outer, _, is := strings.Cut(home+string(filepath.Separator), string(filepath.Separator)+built+string(filepath.Separator)); is {
		home = outer
	}
	for dir := home; ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return home
		}
	}
}

// within refuses a file that is none of the app's, wherever links lead: what is wrong with a template is shown with what stands there, and one
// from elsewhere could name anything that its user may read.
func (s *Source) within(path string) error {
	if path == s.File {
		return nil
	}
	reach := s.reach()
	root, err := filepath.EvalSymlinks(reach)
	if err != nil {
		return err
	}
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	if short, err := filepath.Rel(root, target); err != nil || !filepath.IsLocal(short) {
		return &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("it is outside of %s, where the app's files are", reach)}
	}
	return nil
}

// read reads the description. Positions in its errors are those of the source.
func (s *Source) read(cfg *Config) (*cloudformation.Template, error) {
	text, err := cfg.readFile(s.File)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the template %s is not there any more", s.File)
	}
	if err != nil {
		return nil, err
	}
	options := cloudformation.Options{
		Parameters: cfg.parameters(), StackName: cfg.Name, Region: cfg.Region, Account: cfg.Account, Import: cfg.imported,
		ReadFile: cfg.readFile,
	}
	shown := s.shown()
	if s.form == template {
		return cloudformation.Read(shown, s.dir, text, options)
	}
	service, err := serverless.Read(shown, s.dir, text, cfg.service())
	if err != nil {
		return nil, err
	}
	options.Parameters = nil // they are the service's
	t, err := cloudformation.ReadNode(shown, s.dir, service.Template, options)
	if t != nil {
		t.Notes = append(service.Notes, t.Notes...)
	}
	return t, err
}

// service is what a serverless.yml is read with.
func (c *Config) service() serverless.Options {
	params, values := c.split()
	return serverless.Options{
		Stage: c.Stage, Params: params, Values: values, Region: c.Region, Account: c.Account, Environment: c.Environment, ReadFile: c.readFile,
	}
}

// OwnRegion is where a serverless.yml says that it belongs; empty: it does not, or it is wrong, which a plan will tell.
func (c *Config) OwnRegion() string {
	if c.Source.form != framework {
		return ""
	}
	text, err := c.readFile(c.Source.File)
	if err != nil {
		return ""
	}
	return serverless.Region(c.Source.dir, text, c.service())
}

// shown is how people see the file: from where they are, if that is shorter.
func (s *Source) shown() string {
	here, err := os.Getwd()
	if err != nil {
		return s.File
	}
	short, err := filepath.Rel(here, s.File)
	if err != nil || len(short) > len(s.File) {
		return s.File
	}
	return short
}

// split tells parameters from what an account would know: that has a name with a colon, such as ssm:/chat/table.
func (c *Config) split() (params, values map[string]string) {
	params, values = map[string]string{}, map[string]string{}
	for name, value := range c.Parameters {
		if strings.Contains(name, ":") {
			values[name] = value
		} else {
			params[name] = value
		}
	}
	return params, values
}
