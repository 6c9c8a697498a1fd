package registry

import (
	"errors"
	"log/slog"
	"maps"
	"path/filepath"
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
	err = edit(next)
	if err == nil {
		err = c.replace(f, next)
	}
	if err != nil && next.Sum != f.Sum {
		c.sweep(f) // what it would have had
	}
	return next, err
}

// released takes away code that was replaced, once nothing runs there.
func (s *Server) released(dir string) {
	s.writing.Lock()
	defer s.writing.Unlock()
	if f := s.now()[filepath.Base(filepath.Dir(dir))]; f != nil {
		s.sweep(f)
	}
}

// sweep takes away the code of a function that it does not have any more, but what is at work.
func (s *Server) sweep(f *function) {
	if err := s.shelf.sweep(f, s.cfg.Host.Holds); err != nil {
		s.cfg.Log.Warn("code that is not needed any more stays", "function", f.Name, "error", err)
	}
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
	if old != nil && old.Sum != next.Sum {
		c.sweep(next)
	}
	return nil
}

// log says who has done what.
func (c *call) log(name string) {
	c.cfg.Log.LogAttrs(c.ctx, slog.LevelInfo, "function changed",
		slog.String("operation", c.operation.Name), slog.String("function", name), slog.String("by", c.caller.ARN))
}
