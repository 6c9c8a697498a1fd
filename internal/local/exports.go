package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"

	"gangway/internal/cloudformation"
	"gangway/internal/stack"
)

// exports are the values that stacks of a folder export, by stack and name, for Fn::ImportValue of others.
type exports map[string]map[string]string

func (c *Config) exportsFile() string { return filepath.Join(c.Folder, "exports.json") }

// exports reads the file. One that is damaged, as by a full disk, says nothing: what was in it comes back when the stacks that export are
// brought up again, and until then no stack is held up that imports nothing.
func (c *Config) exports() (all exports, damage *damage, err error) {
	text, err := os.ReadFile(c.exportsFile())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return exports{}, nil, nil
	case err != nil:
		return nil, nil, err
	}
	if err := json.Unmarshal(text, &all); err != nil || all == nil {
		return exports{}, newDamage(c.exportsFile(), err), nil
	}
	return all, nil, nil
}

// damage is what is wrong with a file that is gone on without.
type damage struct {
	file string
	err  error
}

func newDamage(file string, err error) *damage {
	if err == nil {
		err = errors.New("there is nothing in it")
	}
	return &damage{file, err}
}

// String says what to do.
func (d *damage) String() string {
	return fmt.Sprintf("%s is damaged (%v), and what other stacks export is not known: bring those up again whose exports are imported", d.file, d.err)
}

// notes tells of damage.
func (d *damage) notes() []cloudformation.Note {
	if d == nil {
		return nil
	}
	return []cloudformation.Note{{Where: cloudformation.Position{File: d.file}, Text: d.String()}}
}

// imported is what another stack exports under a name.
func (c *Config) imported(name string) (string, error) {
	all, damage, err := c.exports()
	if err != nil {
		return "", err
	}
	for stack, values := range all {
		if value, ok := values[name]; ok && stack != c.Name {
			return value, nil
		}
	}
	if damage != nil {
		return "", errors.New(damage.String())
	}
	return "", fmt.Errorf("no stack in %s exports %q: bring the one up first that does, with the same --data", c.Folder, name)
}

// export writes down what the stack exports now. If that is what it has exported, nothing is written.
func (c *Config) export(outputs []stack.Output) error {
	all, damage, err := c.exports()
	if err != nil {
		return err
	}
	own := map[string]string{}
	for _, output := range outputs {
		if output.Export != "" {
			own[output.Export] = output.Value
		}
	}
	if damage == nil && maps.Equal(all[c.Name], own) {
		return nil
	}
	if delete(all, c.Name); len(own) > 0 {
		all[c.Name] = own
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	return stack.WriteFile(c.exportsFile(), append(text, '\n'))
}
