package stack

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// entry is an object that the stack has made.
type entry struct {
	ID   string `json:"id"` // the logical id
	Type string `json:"type"`
	Path string `json:"path"` // of the object in the control plane
	// Set are the properties that the template named when the object was last written.
	Set []string `json:"set,omitempty"`
	// Old is set when another object has taken its place and it is still to be deleted.
	Old bool `json:"old,omitempty"`
	// Retain is set when the object is left where it is once the stack needs it no more.
	Retain bool `json:"retain,omitempty"`
}

// state is what a stack has made, in order of creation.
type state struct {
	file      string
	Stack     string   `json:"stack"`
	Source    string   `json:"source,omitempty"` // the template that it was made of
	Resources []*entry `json:"resources"`
}

// maxState is how long a state file may be.
const maxState = 64 << 20

func readState(file, stack string) (*state, error) {
	s := &state{file: file, Stack: stack}
	text, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s, nil
	case err != nil:
		return nil, fmt.Errorf("stack: %w", err)
	case len(text) > maxState:
		return nil, fmt.Errorf("stack: %s is too large to be a state file", file)
	}
	if err := json.Unmarshal(text, s); err != nil {
		return nil, fmt.Errorf("stack: %s is not a state file: %w; without it, objects are found by their tags", file, err)
	}
	if s.Stack != stack {
		return nil, fmt.Errorf("stack: %s is the state of stack %s, not of %s", file, s.Stack, stack)
	}
	s.Resources = slices.DeleteFunc(s.Resources, func(e *entry) bool { return e == nil || kinds[e.Type] == nil })
	return s, nil
}

// save writes the file.
func (s *state) save() error {
	text, err := json.MarshalIndent(s, "", "\t")
	if err != nil {
		return fmt.Errorf("stack: encode state: %w", err)
	}
	if err := WriteFile(s.file, append(text, '\n')); err != nil {
		return fmt.Errorf("stack: %w", err)
	}
	return nil
}

// WriteFile writes a file that must be remembered: all of it or nothing, for nobody else to read.
func WriteFile(file string, text []byte) error {
	dir := filepath.Dir(file)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	fresh, err := os.CreateTemp(dir, ".stack-*") // readable for the owner only
	if err != nil {
		return err
	}
	_, err = fresh.Write(text)
	err = errors.Join(err, fresh.Sync(), fresh.Close())
	if err == nil {
		err = os.Rename(fresh.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(fresh.Name()))
	}
	return nil
}

// find is what was made for a resource and is still its own; nil if nothing was.
func (s *state) find(id, kind string) *entry {
	for _, e := range s.Resources {
		if e.ID == id && e.Type == kind && !e.Old {
			return e
		}
	}
	return nil
}

// at is the entry of an object; nil if it is not one of ours.
func (s *state) at(path string) *entry {
	for _, e := range s.Resources {
		if e.Path == path {
			return e
		}
	}
	return nil
}

// add notes an object, in place of what its resource had before, and of who had the object before.
func (s *state) add(e *entry) error {
	s.Resources = slices.DeleteFunc(s.Resources, func(other *entry) bool {
		return other.Path == e.Path || !e.Old && !other.Old && other.ID == e.ID && other.Type == e.Type
	})
	s.Resources = append(s.Resources, e)
	return s.save()
}

// drop forgets objects, all at once.
func (s *state) drop(gone ...*entry) error {
	s.Resources = slices.DeleteFunc(s.Resources, func(e *entry) bool { return slices.Contains(gone, e) })
	return s.save()
}

// from notes the template that the stack is made of from now on.
func (s *state) from(source string) error {
	if source == "" || source == s.Source {
		return nil
	}
	s.Source = source
	return s.save()
}
