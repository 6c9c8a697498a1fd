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

// Remove deletes everything that the stack has made, and its state file.
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

// removeAll deletes objects in the order given; or only those that a deployment of an API which stays would freeze.
func (s *Stack) removeAll(ctx context.Context, entries []*entry, told func(Change), frozenOnly bool) error {
	for _, e := range entries {
		below := slices.ContainsFunc(entries, func(other *entry) bool { return isWithin(e, other) })
		doomed := slices.ContainsFunc(entries, func(other *entry) bool { return other.Type == typeAPI && isWithin(e, other) })
		if frozenOnly && (doomed || !kinds[e.Type].frozen || e.Type == typeAPI) {
			continue
		}
		if !below {
			if err := s.remove(ctx, e); err != nil {
				return &ResourceError{ID: e.ID, Type: e.Type, Err: fmt.Errorf("remove: %w", err)}
			}
		}
		if err := s.state.drop(e); err != nil {
			return err
		}
		if !e.Old {
			told(Change{ID: e.ID, Type: e.Type, Action: Remove})
		}
	}
	return nil
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
