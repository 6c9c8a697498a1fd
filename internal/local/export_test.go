package local

import (
	"gangway/internal/functions"
	"gangway/internal/stack"
)

// Unpacked is where code is run from.
func Unpacked(a *App, code string) (string, error) { return a.unpacked(code) }

// Sweep takes away code that is not used.
func Sweep(a *App, host *functions.Host, used ...functions.Function) error {
	a.cfg.Functions = host
	return a.sweep(used)
}

// Imported is what another stack exports.
func Imported(c *Config, name string) (string, error) { return c.imported(name) }

// Export writes down what a stack exports.
func Export(c *Config, outputs ...stack.Output) error { return c.export(outputs) }
