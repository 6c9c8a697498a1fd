package cloudformation

import (
	"errors"
	"fmt"
	"strings"
)

// Position is a place in a template.
type Position struct {
	File         string
	Line, Column int // from 1; 0 where unknown
}

// String is the position as compilers write it: "template.yaml:12:7".
func (p Position) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Error is a mistake in a template.
type Error struct {
	Where    Position
	Resource string // the logical id; empty outside of resources
	Path     string // where in the resource or the template: "Properties.Name", "Outputs.Url.Value"
	Reason   string

	cause error
}

// Error is the position, the property and the reason on one line.
func (e *Error) Error() string {
	path := strings.Trim(e.Resource+"."+e.Path, ".")
	if path == "" {
		return fmt.Sprintf("%s: %s", e.Where, e.Reason)
	}
	return fmt.Sprintf("%s: %s: %s", e.Where, path, e.Reason)
}

// Unwrap is the error of [Values] or of Options.Import that was the reason, if one was.
func (e *Error) Unwrap() error { return e.cause }

// maxErrors is enough to see what is wrong with a template.
const maxErrors = 100

// mistakes collects errors.
type mistakes struct {
	found []error
	over  bool // the limits are exceeded: one error says so, none follows
}

// add keeps the first ones. After the one that says that the limits are exceeded, others would only be its consequences.
func (m *mistakes) add(err error) {
	if len(m.found) < maxErrors && !m.over {
		m.found = append(m.found, err)
	}
}

func (m *mistakes) joined() error { return errors.Join(m.found...) }
