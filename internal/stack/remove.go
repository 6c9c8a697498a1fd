package stack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
)

// Remove deletes everything that the stack has made, but for what is to be retained, and its state file.
func (s *Stack) Remove(ctx context.Context, told func(Change)) error {
	if told == nil {
		told = func(Change) {}
	}
	// The file goes last: an attempt that fails leaves it with what is still there.
	if err := s.removeAll(ctx, backwards(s.state.Resources), told, false); err != nil {
		return err
	}
	if err := os.Remove(s.state.file); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("stack: %w", err)
	}
	return nil
}

// removeAll deletes objects in the order given, and leaves those that are to be retained; or only those that a deployment of
// an API which stays would freeze. What stands below another goes with it, and is told once that is gone.
func (s *Stack) removeAll(ctx context.Context, entries []*entry, told func(Change), frozenOnly bool) error {
	for _, e := range entries {
		if goesWithAnother(e, entries) || frozenOnly && (!kinds[e.Type].frozen || e.Type == typeAPI) {
			continue
		}
		gone := []*entry{e}
		if !e.Retain {
			if err := s.remove(ctx, e); err != nil {
				return &ResourceError{ID: e.ID, Type: e.Type, Err: fmt.Errorf("remove: %w", err)}
			}
			gone = slices.DeleteFunc(slices.Clone(entries), func(other *entry) bool { return other != e && !isWithin(other, e) })
		}
		if err := s.state.drop(gone...); err != nil {
			return err
		}
		for _, one := range gone {
			if change := end(one, entries); !one.Old || change.Action == Retain {
				told(change)
			}
		}
	}
	return nil
}

// end is what becomes of one of the objects that the stack needs no more. None can be retained without what it stands below.
func end(e *entry, entries []*entry) Change {
	if e.Retain && !goesWithAnother(e, entries) {
		return Change{ID: e.ID, Type: e.Type, Action: Retain}
	}
	return Change{ID: e.ID, Type: e.Type, Action: Remove}
}

// goesWithAnother says whether an object stands below one that is deleted.
func goesWithAnother(e *entry, entries []*entry) bool {
	return slices.ContainsFunc(entries, func(other *entry) bool { return !other.Retain && isWithin(e, other) })
}

// isWithin says whether an object goes with another: all of an API does.
func isWithin(e, other *entry) bool {
	return strings.HasPrefix(e.Path, other.Path+"/") && strings.HasPrefix(e.Path, "/v2/apis/")
}

// remove deletes one object.
func (s *Stack) remove(ctx context.Context, e *entry) error {
	if kinds[e.Type].only != "" {
		return nil
	}
	if e.Type == v1+"UsagePlan" {
		if err := s.unstage(ctx, e.Path); err != nil {
			return err
		}
	}
	err := s.delete(ctx, e.Path)
	if _, refused := errors.AsType[*APIError](err); refused && e.Type == typeDeployment {
		return nil // a stage that is not ours serves it
	}
	return err
}

// unstage takes its stages from a usage plan: the service deletes none that has any.
func (s *Stack) unstage(ctx context.Context, path string) error {
	live, err := s.get(ctx, path)
	operations := patchesOfStages(nil, live["apiStages"])
	if err != nil || len(operations) == 0 {
		return err
	}
	_, err = s.cfg.Call(ctx, http.MethodPatch, path, map[string]any{"patchOperations": operations})
	return err
}
