package cloudformation

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
)

// Stack is a stack that the CDK has synthesised.
type Stack struct {
	ID           string // of the artifact: what "cdk deploy" takes
	Name         string // of the stack
	Dir          string // where its template and its assets are
	TemplateFile string // in Dir
	Parameters   map[string]string
}

// manifest is what is of interest here of manifest.json. Source: the CDK's package cloud-assembly-schema.
type manifest struct {
	Artifacts map[string]struct {
		Type       string `json:"type"`
		Properties struct {
			TemplateFile  string            `json:"templateFile"`
			StackName     string            `json:"stackName"`
			Parameters    map[string]string `json:"parameters"`
			DirectoryName string            `json:"directoryName"`
		} `json:"properties"`
	} `json:"artifacts"`
}

// maxAssemblies is how deep stages of the CDK can be nested here.
const maxAssemblies = 8

// maxManifest is how long a manifest can be: it has a line or two for each construct.
const maxManifest = 64 << 20

// Assembly lists the stacks in a folder that "cdk synth" wrote, as cdk.out, and in the stages within it, by their ids.
func Assembly(dir string) ([]Stack, error) {
	return assembly(dir, 0)
}

// assembly goes down into stages no deeper than people nest them: a folder that contains itself ends.
func assembly(dir string, depth int) ([]Stack, error) {
	path := filepath.Join(dir, "manifest.json")
	text, err := ReadFile(path, maxManifest)
	if err != nil {
		return nil, fmt.Errorf("CDK assembly: %w", err)
	}
	var m manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("CDK assembly: %s: %w", path, err)
	}
	var stacks []Stack
	for _, id := range slices.Sorted(maps.Keys(m.Artifacts)) {
		artifact := m.Artifacts[id]
		properties := artifact.Properties
		switch artifact.Type {
		case "aws:cloudformation:stack":
			if !filepath.IsLocal(properties.TemplateFile) {
				return nil, fmt.Errorf("CDK assembly: %s: the template %q of stack %s is not in the folder", path, properties.TemplateFile, id)
			}
			name := properties.StackName
			if name == "" {
				name = id
			}
			stacks = append(stacks, Stack{id, name, dir, properties.TemplateFile, properties.Parameters})
		case "cdk:cloud-assembly":
			if !filepath.IsLocal(properties.DirectoryName) || depth >= maxAssemblies {
				return nil, fmt.Errorf("CDK assembly: %s: the folder %q of %s is not in the folder", path, properties.DirectoryName, id)
			}
			inner, err := assembly(filepath.Join(dir, properties.DirectoryName), depth+1)
			if err != nil {
				return nil, err
			}
			stacks = append(stacks, inner...)
		}
	}
	return stacks, nil
}
