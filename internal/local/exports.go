package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"gangway/internal/stack"
)

// exports are the values that stacks of a folder export, by stack and name, for Fn::ImportValue of others.
type exports map[string]map[string]string

func (c *Config) exportsFile() string { return filepath.Join(c.Folder, "exports.json") }

func (c *Config) exports() (exports, error) {
	all := exports{}
	text, err := os.ReadFile(c.exportsFile())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return all, nil
	case err != nil:
		return nil, err
	}
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("%s: %w", c.exportsFile(), err)
	}
	return all, nil
}

// imported is what another stack exports under a name.
func (c *Config) imported(name string) (string, error) {
	all, err := c.exports()
	if err != nil {
		return "", err
	}
	for stack, values := range all {
		if value, ok := values[name]; ok && stack != c.Name {
			return value, nil
		}
	}
	return "", fmt.Errorf("no stack in %s exports %q: bring the one up first that does, with the same --data", c.Folder, name)
}

// export writes down what the stack exports now.
func (c *Config) export(outputs []stack.Output) error {
	all, err := c.exports()
	if err != nil {
		return err
	}
	delete(all, c.Name)
	for _, output := range outputs {
		if output.Export == "" {
			continue
		}
		if all[c.Name] == nil {
			all[c.Name] = map[string]string{}
		}
		all[c.Name][output.Export] = output.Value
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(c.exportsFile(), append(text, '\n'), 0o600)
}
