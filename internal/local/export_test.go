package local

import "gangway/internal/stack"

// Unpacked is where code is run from.
func Unpacked(a *App, code string) (string, error) { return a.unpacked(code) }

// Imported is what another stack exports.
func Imported(c *Config, name string) (string, error) { return c.imported(name) }

// Export writes down what a stack exports.
func Export(c *Config, outputs ...stack.Output) error { return c.export(outputs) }
