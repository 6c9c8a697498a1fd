package registry

import (
	"errors"
	"log/slog"
	"maps"
	"strings"

	"gangway/internal/gateway"
)

// change makes another function of the one that a call is about, and has it run and kept. While it does, nobody else changes
// anything.
func (c *call) change(edit func(f *function) error) (*function, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	f, err := c.current()
	if err != nil {
		return nil, err
	}
	next := f.copy()
	if err := edit(next); err != nil {
		return nil, err
	}
	return next, c.replace(f, next)
}

// replace has a function take the place of another one, which may be nil, on the host and on disk: of both or of neither.
func (c *call) replace(old, next *function) error {
	next.Revision = gateway.NewUUID()
	before := c.now()
	after := maps.Clone(before)
	after[next.Name] = next
	if err := c.activate(after); err != nil {
		return invalid("%s", strings.TrimPrefix(err.Error(), "functions: "))
	}
	if err := c.shelf.put(next); err != nil {
		return errors.Join(err, c.activate(before))
	}
	c.log(next.Name)
	if old == nil || old.Sum == next.Sum {
		return nil
	}
	if err := c.shelf.sweep(next.Name, next.Sum, old.Sum); err != nil { // the old one may be at work
		c.cfg.Log.Warn("code that is not needed any more stays", "function", next.Name, "error", err)
	}
	return nil
}

// log says who has done what.
func (c *call) log(name string) {
	c.cfg.Log.LogAttrs(c.ctx, slog.LevelInfo, "function changed",
		slog.String("operation", c.operation.Name), slog.String("function", name), slog.String("by", c.caller.ARN))
}
