package stack

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// difference is a property that a live object does not have as it is wanted.
type difference struct {
	property   *property
	want, have any
}

// compare holds a live object against what is wanted, and against the initial values of what was wanted before.
func (k *kind) compare(wanted map[string]any, before []string, live map[string]any) []difference {
	var found []difference
	parents := k.parents()
	for i := range k.properties {
		p := &k.properties[i]
		want, named := wanted[p.to()]
		if !named && slices.Contains(before, p.name) && p.undo != byLeaving {
			want, named = p.form.initial, true
		}
		if !named || p.rule&once != 0 || slices.Contains(parents, p.name) {
			continue
		}
		have := p.of(live)
		if p.undo == byTagging { // or each template would differ by it
			have = withoutOwner(have)
		}
		if !same(want, have) {
			found = append(found, difference{p, want, have})
		}
	}
	return found
}

// withoutOwner are tags but for ours, which no template names.
func withoutOwner(tags any) any {
	live, _ := tags.(map[string]any)
	rest := maps.Clone(live)
	delete(rest, OwnerTag)
	return rest
}

// remakes says whether a difference needs another object.
func (d *difference) remakes() bool {
	if d.property.rule&fixed != 0 {
		return true
	}
	return d.property.undo == byRemaking && (len(d.lost()) > 0 || isEmpty(d.want) && !isEmpty(d.have))
}

// lost are the entries of a map that are there and not wanted.
func (d *difference) lost() []string {
	have, _ := d.have.(map[string]any)
	want, _ := d.want.(map[string]any)
	var gone []string
	for _, key := range slices.Sorted(maps.Keys(have)) {
		if _, wanted := want[key]; !wanted {
			gone = append(gone, key)
		}
	}
	return gone
}

// update changes a live object, and returns what it is then. What is deleted is deleted first: a PATCH that came before would
// be undone in part.
func (s *Stack) update(ctx context.Context, k *kind, path string, live map[string]any, differences []difference) (map[string]any, error) {
	body := map[string]any{}
	for i := range differences {
		if err := s.prepare(ctx, path, &differences[i], body); err != nil {
			return nil, err
		}
	}
	if k.patches != nil {
		body = nil
		if operations := k.patches(differences); len(operations) > 0 {
			body = map[string]any{"patchOperations": operations}
		}
	}
	if len(body) == 0 { // the tags were all that differed
		return s.cfg.Call(ctx, http.MethodGet, path+k.query, nil)
	}
	for _, member := range k.always {
		if _, named := body[member]; !named {
			body[member] = live[member]
		}
	}
	return s.cfg.Call(ctx, http.MethodPatch, path, body)
}

// prepare does what a PATCH cannot do of a difference, and puts the rest into its body.
func (s *Stack) prepare(ctx context.Context, path string, d *difference, body map[string]any) error {
	member := d.property.to()
	switch {
	case d.property.undo == byTagging:
		return s.retag(ctx, path, d)
	case d.property.undo == byDeletion && isBlank(d.want):
		return s.delete(ctx, path+"/"+strings.ToLower(member))
	case d.property.undo == byEntry:
		for _, key := range d.lost() {
			if err := s.delete(ctx, path+"/"+strings.ToLower(member)+"/"+url.PathEscape(key)); err != nil {
				return err
			}
		}
		if !isEmpty(d.want) {
			body[member] = d.want
		}
	case d.property.undo == byEmpty:
		want, _ := d.want.(map[string]any)
		change := maps.Clone(want)
		for _, key := range d.lost() {
			change[key] = ""
		}
		body[member] = change
	default:
		body[member] = d.want
	}
	return nil
}

// isBlank says whether an object has nothing but initial values that are none.
func isBlank(v any) bool {
	members, ok := v.(object)
	if !ok {
		return isEmpty(v)
	}
	for _, value := range members {
		if !isEmpty(value) {
			return false
		}
	}
	return true
}

// retag makes the tags of an object those that are wanted, and leaves the one that is ours.
func (s *Stack) retag(ctx context.Context, path string, d *difference) error {
	query := url.Values{}
	for _, key := range d.lost() {
		query.Add("tagKeys", key)
	}
	if len(query) > 0 {
		if err := s.delete(ctx, s.tagsPath(path)+"?"+query.Encode()); err != nil {
			return err
		}
	}
	if isEmpty(d.want) {
		return nil
	}
	_, err := s.cfg.Call(ctx, http.MethodPost, s.tagsPath(path), map[string]any{tags: d.want})
	return err
}

// delete deletes what may be gone already.
func (s *Stack) delete(ctx context.Context, path string) error {
	_, err := s.cfg.Call(ctx, http.MethodDelete, path, nil)
	if isMissing(err) {
		return nil
	}
	return err
}

// patch is a change of an object of version 1 of the control plane: "PatchOperation" in its API reference.
type patch struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value string `json:"value,omitempty"`
}

// patchesOfKey replaces members that are texts or booleans.
func patchesOfKey(differences []difference) []patch {
	var all []patch
	for _, d := range differences {
		if d.property.undo != byTagging {
			all = append(all, patch{"replace", "/" + d.property.to(), asText(d.want)})
		}
	}
	return all
}

// patchesOfPlan changes the parts of a usage plan. A member of its throttle or quota that is wanted no longer cannot be
// removed alone: all are, and set again in the same document.
func patchesOfPlan(differences []difference) []patch {
	var all []patch
	for _, d := range differences {
		member := d.property.to()
		switch want := d.want.(type) {
		case set:
			all = append(all, patchesOfStages(want, d.have)...)
		case object, nil:
			if !isEmpty(d.have) {
				all = append(all, patch{Op: "remove", Path: "/" + member})
			}
			parts, _ := want.(object)
			for _, name := range slices.Sorted(maps.Keys(parts)) {
				if parts[name] != nil {
					all = append(all, patch{"replace", "/" + member + "/" + name, asText(parts[name])})
				}
			}
		default:
			if d.property.undo != byTagging {
				all = append(all, patch{"replace", "/" + member, asText(d.want)})
			}
		}
	}
	return all
}

// patchesOfStages removes before it adds: a plan can have a limited number of stages.
func patchesOfStages(want set, live any) []patch {
	have, _ := live.([]any)
	var all []patch
	for _, stage := range have {
		if !slices.ContainsFunc(want, func(w any) bool { return same(w, stage) }) {
			all = append(all, patch{"remove", "/apiStages", asStage(stage)})
		}
	}
	for _, stage := range want {
		if !slices.ContainsFunc(have, func(h any) bool { return same(stage, h) }) {
			all = append(all, patch{"add", "/apiStages", asStage(stage)})
		}
	}
	return all
}

// asStage writes a stage of a usage plan as its patches have it.
func asStage(stage any) string {
	members, ok := stage.(object)
	if !ok {
		live, _ := stage.(map[string]any)
		members = live
	}
	return asText(members[apiID]) + ":" + asText(members["stage"])
}

// asText is what is a text, or can be written as one; empty for anything else.
func asText(v any) string {
	if v == nil {
		return ""
	}
	s, err := readText(v)
	if err != nil {
		return ""
	}
	return s.(string)
}
