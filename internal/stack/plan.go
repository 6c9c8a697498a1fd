package stack

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"gangway/internal/cloudformation"
)

// Action is what becomes of a resource.
type Action string

// The actions.
const (
	Create  Action = "create"
	Update  Action = "update"
	Replace Action = "replace" // a new object takes the place of the old one, which is deleted
	Remove  Action = "remove"
	Retain  Action = "retain" // the stack has it no more, and leaves it where it is
	Keep    Action = "keep"
)

// Change is what becomes of one resource.
type Change struct {
	ID, Type string
	Action   Action
	// Properties are those that differ. A deployment that is replaced has none: what differs is the API.
	Properties []string
	Where      cloudformation.Position // of what is removed or retained there is none
}

// Plan is what is to be done, and what a template has for others to do.
type Plan struct {
	Changes []Change
	// Functions say "(known after apply)" where their environment names what is yet to be made; [Result] has them complete.
	Functions []Function
	Foreign   []Foreign

	template *cloudformation.Template
	steps    map[string]*step
}

// Writes says whether there is anything to do.
func (p *Plan) Writes() bool {
	return slices.ContainsFunc(p.Changes, func(c Change) bool { return c.Action != Keep })
}

// step is a resource of the control plane on its way from a template.
type step struct {
	resource *cloudformation.Resource
	kind     *kind
	entry    *entry         // nil: nothing was made for it
	live     map[string]any // nil: there is nothing
	outdated bool           // of a deployment: the API is another than the one that is served

	wanted      map[string]any
	differences []difference
	change      Change
}

// Plan reads what there is, and decides what has to become of it. It changes nothing. Mistakes of the template come all
// at once; each is a [*ResourceError] or a [*cloudformation.Error].
func (s *Stack) Plan(ctx context.Context, t *cloudformation.Template) (*Plan, error) {
	w := s.walk(t, map[string]*step{})
	p := &Plan{template: t, steps: w.steps}
	sooner, later := arrange(t.Resources)
	if err := w.planAll(ctx, p, sooner); err != nil {
		return nil, err
	}
	w.touchUnneeded()
	if err := w.planAll(ctx, p, later); err != nil {
		return nil, err
	}
	unneeded := w.unneeded()
	for _, e := range unneeded {
		p.Changes = append(p.Changes, end(e, unneeded))
	}
	functions, err := w.functions()
	p.Functions = functions
	_, wrongOutputs := w.outputs()
	if err := errors.Join(errors.Join(w.mistakes...), err, wrongOutputs); err != nil {
		return nil, err
	}
	return p, nil
}

// planAll plans some of the resources. Its errors are those of the control plane.
func (w *walk) planAll(ctx context.Context, p *Plan, resources []*cloudformation.Resource) error {
	for _, r := range resources {
		properties, ours := w.meet(r)
		if !ours {
			if why := refusal(r.Type); why == "" && isForeign(r.Type) {
				p.Foreign = append(p.Foreign, w.foreign(r))
			}
			continue
		}
		st := &step{resource: r, kind: kinds[r.Type]}
		w.steps[r.ID] = st
		if err := w.plan(ctx, st, properties); err != nil {
			return wrong(r, err)
		}
		p.Changes = append(p.Changes, st.change)
	}
	return nil
}

func isForeign(kind string) bool {
	return kinds[kind] == nil && !quiet[kind] && kind != typeFunction
}

// plan finds the object of a step, decides what becomes of it, and tells what it will give.
func (w *walk) plan(ctx context.Context, st *step, properties map[string]any) error {
	if err := st.read(properties); err != nil {
		w.mistake(st.resource, err)
		w.values.known[st.resource.ID] = st.kind.valueToBe(st.resource.ID, st.wanted)
		st.change = Change{ID: st.resource.ID, Type: st.resource.Type, Action: Keep, Where: st.resource.Where}
		return nil
	}
	if err := w.single(st); err != nil {
		w.mistake(st.resource, err)
	}
	if err := w.find(ctx, st); err != nil {
		return err
	}
	if st.resource.Type == typeDeployment && st.live != nil {
		outdated, err := w.isOutdated(ctx, st)
		if err != nil {
			return err
		}
		st.outdated = outdated
	}
	w.decide(st)
	if err := w.refuseTaken(ctx, st); err != nil {
		return err
	}
	if st.live == nil || st.change.Action == Replace {
		w.values.known[st.resource.ID] = st.kind.valueToBe(st.resource.ID, st.wanted)
	} else {
		w.values.known[st.resource.ID] = st.kind.valueOf(st.live)
	}
	return nil
}

// read makes the members that the control plane wants of the properties of a template.
func (st *step) read(properties map[string]any) error {
	if protocol, named := properties["ProtocolType"]; named && st.resource.Type == typeAPI && protocol != "WEBSOCKET" {
		return fmt.Errorf("ProtocolType %s is not served here: Gangway is a gateway for WebSocket APIs; expected WEBSOCKET", describe(protocol))
	}
	wanted, err := readProperties(st.kind.properties, properties)
	st.wanted = wanted
	if wanted["autoDeploy"] == true {
		delete(wanted, "deploymentId") // the service refuses one for a stage that chooses its own
	}
	return err
}

// named are the properties that the template names.
func (st *step) named() []string {
	var all []string
	for i := range st.kind.properties {
		if _, named := st.wanted[st.kind.properties[i].to()]; named {
			all = append(all, st.kind.properties[i].name)
		}
	}
	return all
}

// single makes sure that no other resource of the template is to be the same object.
func (w *walk) single(st *step) error {
	collection, _ := st.kind.under(st.wanted) // what is yet to be made stands there by its logical id
	if !st.kind.unique {
		return nil
	}
	for _, other := range w.steps {
		if other == st || other.kind != st.kind || other.wanted == nil {
			continue
		}
		there := map[string]any{}
		for _, member := range st.kind.natural {
			there[member] = st.kind.wanted(other.wanted, member)
		}
		if beside, _ := other.kind.under(other.wanted); beside == collection && st.kind.alike(st.wanted, there) {
			return fmt.Errorf("it is the same as %s: only one can have this %s", other.resource.ID, strings.Join(st.kind.natural, ", "))
		}
	}
	return nil
}

// find looks for the object of a step: where it was, or else where it would be.
func (w *walk) find(ctx context.Context, st *step) (err error) {
	if path := st.kind.only; path != "" {
		st.entry = w.state.find(st.resource.ID, st.resource.Type)
		if st.entry == nil {
			st.entry = &entry{ID: st.resource.ID, Type: st.resource.Type, Path: path}
		}
		st.live, err = w.get(ctx, path)
		return err
	}
	if e := w.state.find(st.resource.ID, st.resource.Type); e != nil {
		live, err := w.look(ctx, st.kind, parent(e.Path), func(path string, _ map[string]any) bool { return path == e.Path })
		if live != nil || err != nil {
			st.entry, st.live = e, live
			w.claimed[e.Path] = true
			return err
		}
	}
	collection, known := st.kind.under(st.wanted)
	if !known {
		return nil
	}
	own, err := w.mayAdopt(ctx, st)
	if err != nil {
		return err
	}
	// Integrations may be alike: one that is just as it is wanted goes before one that is not.
	for _, differing := range []bool{false, true} {
		var at string
		live, err := w.look(ctx, st.kind, collection, func(path string, object map[string]any) bool {
			at = path
			return w.isFree(path) && (own || w.state.at(path) != nil) && w.fits(st, object) && (differing || len(st.kind.compare(st.wanted, nil, object)) == 0)
		})
		if err != nil {
			return err
		}
		if live != nil {
			st.entry, st.live = &entry{ID: st.resource.ID, Type: st.resource.Type, Path: at}, live
			w.claimed[at] = true
			return nil
		}
	}
	return nil
}

// look reads a collection, if it was not read before, and picks an object.
func (w *walk) look(ctx context.Context, k *kind, collection string, pick func(path string, object map[string]any) bool) (map[string]any, error) {
	objects, read := w.lists[collection]
	if !read {
		var err error
		if objects, err = w.list(ctx, k, collection); err != nil {
			return nil, err
		}
		w.lists[collection] = objects
	}
	for _, object := range objects {
		if pick(collection+"/"+url.PathEscape(asText(object[k.id])), object) {
			return object, nil
		}
	}
	return nil, nil
}

func parent(path string) string { return path[:max(0, strings.LastIndexByte(path, '/'))] }

// decide says what has to become of a step's object.
func (w *walk) decide(st *step) {
	st.change = Change{ID: st.resource.ID, Type: st.resource.Type, Action: Keep, Where: st.resource.Where}
	st.differences = nil
	collection, known := st.kind.under(st.wanted)
	switch {
	case st.live == nil:
		st.change.Action = Create
	case !known || collection != parent(st.entry.Path):
		st.change.Action, st.change.Properties = Replace, st.kind.parents()
	default:
		st.differ()
	}
	api, _ := st.wanted[apiID].(string)
	old := st.resource.Type == typeDeployment && st.live != nil && (st.outdated || w.touched[api])
	if old && st.change.Action != Replace {
		st.change.Action, st.change.Properties = Replace, nil
	}
	if st.resource.Type == typeAPI {
		api = asText(st.live[apiID])
	}
	if st.kind.frozen && st.change.Action != Keep && !slices.Equal(st.change.Properties, []string{tagMap.name}) {
		w.touched[api] = true
	}
}

func (st *step) differ() {
	st.differences = st.kind.compare(st.wanted, st.entry.Set, st.live)
	for i := range st.differences {
		d := &st.differences[i]
		st.change.Properties = append(st.change.Properties, d.property.name)
		if d.remakes() {
			st.change.Action = Replace
		}
	}
	if len(st.differences) > 0 && st.change.Action == Keep {
		st.change.Action = Update
	}
}

// isOutdated says whether a deployment is not what a new one would be: an attempt that failed has left it behind, or somebody
// has changed the API and not deployed it. Of one that no stage serves nobody knows; if one is to, it is made anew.
func (w *walk) isOutdated(ctx context.Context, st *step) (bool, error) {
	api := "/v2/apis/" + url.PathEscape(asText(st.wanted[apiID]))
	automatic := false
	stage, err := w.look(ctx, kinds[typeStage], api+"/stages", func(_ string, stage map[string]any) bool {
		automatic = automatic || stage["autoDeploy"] == true
		return stage["deploymentId"] == st.live["deploymentId"]
	})
	if err != nil {
		return false, err
	}
	if stage == nil {
		return !automatic && slices.ContainsFunc(w.template.Resources, func(r *cloudformation.Resource) bool {
			return r.Type == typeStage && slices.Contains(r.References(), st.resource.ID)
		}), nil
	}
	now, err := w.snapshot(ctx, api+"/snapshot")
	if now == nil || err != nil {
		return false, err
	}
	served, err := w.snapshot(ctx, api+"/snapshot?stageName="+url.QueryEscape(asText(stage["stageName"])))
	return served != nil && !sameSnapshot(now, served), err
}

// snapshot is nil where there is none, or none can be made.
func (w *walk) snapshot(ctx context.Context, path string) (map[string]any, error) {
	snapshot, err := w.get(ctx, path)
	if _, refused := errors.AsType[*APIError](err); refused {
		return nil, nil
	}
	return snapshot, err
}
