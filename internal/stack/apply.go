package stack

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"gangway/internal/cloudformation"
)

// API is a WebSocket API that a template has.
type API struct {
	ID, LogicalID, Name, Endpoint string
	Stages                        []string
}

// Result is what a template has become.
type Result struct {
	Functions []Function
	Outputs   []Output
	APIs      []API
}

// Apply does what was planned, and tells each change once it is made. It stops at the first that cannot be; what was made
// until then is kept, and the next plan goes on from there.
func (s *Stack) Apply(ctx context.Context, p *Plan, told func(Change)) (*Result, error) {
	if told == nil {
		told = func(Change) {}
	}
	if err := s.state.from(s.cfg.Source); err != nil {
		return nil, err
	}
	// What was found is not looked for again, and nothing else may take it.
	w := s.walk(p.template, p.steps)
	for _, st := range p.steps {
		if st.entry != nil {
			w.claimed[st.entry.Path] = true
		}
	}
	sooner, later := arrange(p.template.Resources)
	if err := w.applyAll(ctx, sooner, told); err != nil {
		return nil, err
	}
	// What is gone from an API goes before it is deployed, or the deployment would still have it.
	w.touchUnneeded()
	if err := w.removeAll(ctx, w.unneeded(), told, true); err != nil {
		return nil, err
	}
	if err := w.applyAll(ctx, later, told); err != nil {
		return nil, err
	}
	if err := w.removeAll(ctx, w.unneeded(), told, false); err != nil {
		return nil, err
	}
	functions, err := w.functions()
	outputs, wrongOutputs := w.outputs()
	return &Result{Functions: functions, Outputs: outputs, APIs: w.apis()}, errors.Join(err, wrongOutputs)
}

// applyAll makes some of the resources what they are to be. Each is decided about once more: what was yet to be made when it
// was planned has an id now, and may be what it was before.
func (w *walk) applyAll(ctx context.Context, resources []*cloudformation.Resource, told func(Change)) error {
	for _, r := range resources {
		properties, ours := w.meet(r)
		if len(w.mistakes) > 0 {
			return w.mistakes[0]
		}
		st := w.steps[r.ID]
		if !ours || st == nil {
			continue
		}
		if err := st.read(properties); err != nil {
			return wrong(r, err)
		}
		w.decide(st)
		if err := w.perform(ctx, st); err != nil {
			return wrong(r, err)
		}
		w.values.known[r.ID] = st.kind.valueOf(st.live)
		if st.change.Action != Keep {
			told(st.change)
		}
	}
	return nil
}

// perform does what was decided.
func (w *walk) perform(ctx context.Context, st *step) error {
	switch st.change.Action {
	case Create:
		return w.yielding(ctx, st, func() error { return w.create(ctx, st) })
	case Replace:
		return w.replace(ctx, st)
	case Update:
		err := w.yielding(ctx, st, func() (err error) {
			live, err := w.update(ctx, st.kind, st.entry.Path, st.live, st.differences)
			if err == nil {
				st.live = live
			}
			return err
		})
		if err != nil {
			return err
		}
	default:
	}
	return w.note(st)
}

// note keeps which object a resource has, and what the template named of it.
func (w *walk) note(st *step) error {
	named := st.named()
	retain := st.resource.DeletionPolicy == cloudformation.Retain
	if w.state.at(st.entry.Path) == st.entry && slices.Equal(st.entry.Set, named) && st.entry.Retain == retain {
		return nil
	}
	st.entry.Set, st.entry.Retain = named, retain
	return w.state.add(st.entry)
}

// create makes the object of a step.
func (w *walk) create(ctx context.Context, st *step) error {
	body := st.kind.body(st.wanted)
	if st.kind.owned {
		own := map[string]any{OwnerTag: w.owner(st.resource.ID)}
		written, _ := st.wanted[tags].(map[string]any)
		maps.Copy(own, written)
		body[tags] = own
	}
	collection, _ := st.kind.under(st.wanted)
	live, err := w.cfg.Call(ctx, http.MethodPost, collection, body)
	if err != nil {
		return err
	}
	// From here on the object exists: it is noted before anything else can fail.
	id := asText(live[st.kind.id])
	if id == "" {
		return fmt.Errorf("the control plane has made an object without %s", st.kind.id)
	}
	st.live = live
	st.entry = &entry{ID: st.resource.ID, Type: st.resource.Type, Path: collection + "/" + url.PathEscape(id)}
	w.claimed[st.entry.Path] = true
	return w.note(st)
}

// replace makes another object. The old one goes when nothing refers to it any more; or at once, where only one of them can
// have what both have.
func (w *walk) replace(ctx context.Context, st *step) error {
	old := st.entry
	collection, _ := st.kind.under(st.wanted)
	retain := st.resource.UpdateReplacePolicy == cloudformation.Retain
	if st.kind.unique && parent(old.Path) == collection && st.kind.alike(st.wanted, st.live) {
		if retain {
			return fmt.Errorf("%s has to be replaced and is to be retained, and only one can have this %s",
				old.Path, strings.Join(st.kind.natural, ", "))
		}
		delete(w.claimed, old.Path)
		if err := errors.Join(w.delete(ctx, old.Path), w.state.drop(old)); err != nil {
			return err
		}
		return w.create(ctx, st)
	}
	before := *old
	old.Old, old.Retain = true, retain
	if err := w.yielding(ctx, st, func() error { return w.succeed(ctx, st) }); err != nil {
		*old = before
		return err
	}
	delete(w.claimed, old.Path)
	if w.state.at(old.Path) == nil { // it was found, not known
		return w.state.add(old)
	}
	return nil
}

// succeed makes the object that takes the place of another; or takes the one that an attempt before has made and did not
// live to note.
func (w *walk) succeed(ctx context.Context, st *step) error {
	if !st.kind.unique && !st.kind.owned {
		return w.create(ctx, st)
	}
	collection, _ := st.kind.under(st.wanted)
	own, err := w.mayAdopt(ctx, st)
	if err != nil {
		return err
	}
	delete(w.lists, collection)
	at := ""
	live, err := w.look(ctx, st.kind, collection, func(path string, object map[string]any) bool {
		at = path
		return w.isFree(path) && (own || w.state.at(path) != nil) && w.fits(st, object)
	})
	switch {
	case err != nil:
		return err
	case live == nil:
		return w.create(ctx, st)
	}
	st.entry, st.live = &entry{ID: st.resource.ID, Type: st.resource.Type, Path: at}, live
	w.claimed[at] = true
	if differences := st.kind.compare(st.wanted, nil, live); len(differences) > 0 {
		if st.live, err = w.update(ctx, st.kind, at, live, differences); err != nil {
			return err
		}
	}
	return w.note(st)
}

// yielding tries once more, where another object of the stack has what this one is to have, and will have it no longer when
// all is done: two routes may exchange their keys.
func (w *walk) yielding(ctx context.Context, st *step, try func() error) error {
	err := try()
	if refused, ok := errors.AsType[*APIError](err); !ok || refused.Status != http.StatusConflict || !st.kind.unique {
		return err
	}
	collection, _ := st.kind.under(st.wanted)
	delete(w.lists, collection)
	at := ""
	holder, missing := w.look(ctx, st.kind, collection, func(path string, object map[string]any) bool {
		at = path
		return st.kind.alike(st.wanted, object)
	})
	e := w.state.at(at)
	if missing != nil || holder == nil || e == nil || st.entry != nil && at == st.entry.Path {
		return err
	}
	if cleared := w.clear(ctx, st, e); cleared != nil {
		return errors.Join(err, cleared)
	}
	return try()
}

// clear takes from an object what another is to have: for good if it is needed no longer, or until its own turn comes.
func (w *walk) clear(ctx context.Context, st *step, e *entry) error {
	if !w.isNeeded(e) {
		if e.Retain {
			return fmt.Errorf("%s has what this one is to have, and is to be retained", e.Path)
		}
		return errors.Join(w.delete(ctx, e.Path), w.state.drop(e))
	}
	other := w.steps[e.ID]
	if other == nil || other.live == nil || len(st.kind.natural) != 1 {
		return nil
	}
	// It is put aside with a key that nobody sends; its own turn gives it the right one.
	member, aside := st.kind.natural[0], "gangway-moving-"+e.ID
	if strings.HasPrefix(asText(other.live[member]), "/") { // a key that is a regular expression
		aside = "/" + aside + "/"
	}
	body := map[string]any{member: aside}
	for _, always := range st.kind.always {
		body[always] = other.live[always]
	}
	live, err := w.cfg.Call(ctx, http.MethodPatch, e.Path, body)
	if err == nil {
		other.live = live
	}
	return err
}

// apis are those that the template has, with their stages.
func (w *walk) apis() []API {
	var all []API
	for _, r := range w.template.Resources {
		st := w.steps[r.ID]
		if r.Type != typeAPI || st == nil {
			continue
		}
		found := API{
			ID: asText(st.live[apiID]), LogicalID: r.ID, Name: asText(st.live["name"]), Endpoint: asText(st.live["apiEndpoint"]),
		}
		for _, other := range w.template.Resources {
			if stage := w.steps[other.ID]; other.Type == typeStage && stage != nil && stage.wanted[apiID] == found.ID {
				found.Stages = append(found.Stages, asText(stage.wanted["stageName"]))
			}
		}
		all = append(all, found)
	}
	return all
}
