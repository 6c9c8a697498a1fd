package stack

import (
	"cmp"
	"context"
	"fmt"
	"strings"
)

// isFree says whether no other resource of the template has an object.
func (w *walk) isFree(path string) bool {
	holder := w.state.at(path)
	return !w.claimed[path] && (holder == nil || !w.isNeeded(holder))
}

// fits says whether an object that nothing leads to is the one of a step.
func (w *walk) fits(st *step, object map[string]any) bool {
	if st.kind.owned {
		return dig(object, []string{tags, OwnerTag}) == w.owner(st.resource.ID)
	}
	return st.kind.alike(st.wanted, object)
}

// mayAdopt says whether an object that is like the one of a step may be taken for one that the stack has made, though the
// state does not say so: it stands below what the stack has made, and of its kind only one can be, or the state is lost.
// What stands elsewhere is somebody else's, as it is to CloudFormation.
func (w *walk) mayAdopt(ctx context.Context, st *step) (bool, error) {
	switch {
	case st.kind.owned:
		return true, nil // its tag tells
	case !st.kind.unique && len(w.state.Resources) > 0:
		return false, nil
	}
	collection, _ := st.kind.under(st.wanted)
	return w.isOwn(ctx, parent(collection))
}

// isOwn says whether the stack has made an object: its state says so, or its tag.
func (w *walk) isOwn(ctx context.Context, path string) (bool, error) {
	if w.claimed[path] || w.state.at(path) != nil {
		return true, nil
	}
	own, known := w.own[path]
	if !known {
		live, err := w.get(ctx, path)
		if err != nil {
			return false, err
		}
		own = w.hasOwnTag(live)
		w.own[path] = own
	}
	return own, nil
}

func (s *Stack) hasOwnTag(live map[string]any) bool {
	return strings.HasPrefix(asText(dig(live, []string{tags, OwnerTag})), s.owner(""))
}

// refuseTaken finds the object that already has the place of one that is to be made, where that is not ours to take.
func (w *walk) refuseTaken(ctx context.Context, st *step) error {
	id := asText(st.kind.wanted(st.wanted, st.kind.id)) // some have an id that the template chooses
	collection, known := st.kind.under(st.wanted)
	if !known || st.change.Action != Create && st.change.Action != Replace || !st.kind.unique && (id == "" || !st.kind.owned) {
		return nil
	}
	if !st.kind.owned {
		if own, err := w.isOwn(ctx, parent(collection)); own || err != nil {
			return err
		}
	}
	at := ""
	holder, err := w.look(ctx, st.kind, collection, func(path string, object map[string]any) bool {
		at = path
		same := st.kind.alike(st.wanted, object) || st.kind.owned && object[st.kind.id] == id && !w.hasOwnTag(object)
		return w.state.at(path) == nil && same
	})
	if holder == nil || err != nil {
		return err
	}
	named := strings.Join(st.kind.natural, ", ")
	w.mistake(st.resource, fmt.Errorf("conflict: %s exists already with this %s, and this stack has not made it", at, cmp.Or(named, st.kind.id)))
	return nil
}
