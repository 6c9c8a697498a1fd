package conformance_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gangway/internal/gateway"
	"gangway/internal/node"
)

// thing is an object that the oracle knows of.
type thing struct {
	kind  *kind
	id    string
	up    *thing // what it belongs to
	shown object // what the control plane has to show of it, but for what follows from other objects
}

// GoString is for what rapid prints.
func (o *thing) GoString() string { return o.path() }

// GoString is for what rapid prints.
func (k *kind) GoString() string { return k.collection }

// path is where the object is.
func (o *thing) path() string { return o.kind.below(o.up) + "/" + url.PathEscape(o.id) }

// below is the collection of a kind that belongs to something.
func (k *kind) below(up *thing) string {
	if up == nil {
		return k.collection
	}
	return up.path() + k.collection
}

// top is the API, domain or plan that the object belongs to, or itself.
func (o *thing) top() *thing {
	for o != nil && o.up != nil {
		o = o.up
	}
	return o
}

// world is a node, and what the oracle says is there.
type world struct {
	*server
	*kinds
	dir       string
	stop      func() error
	things    []*thing // in order of creation
	logging   bool     // the account has a role for logs
	ofDomains map[string]object
	steps     int
	tally     map[string]int // of what was done, by operation and status
}

// TestProperties makes, changes, deletes and lists objects of all kinds at random, with restarts of the node in between. After
// every step, what the control plane shows is what a small model of it says, found on every page of every list and by
// itself; nothing refers to what is not there; and what is refused has changed nothing. More of it:
//
//	go test ./conformance -run TestProperties -rapid.checks=1000 -rapid.steps=200
func TestProperties(t *testing.T) {
	for name, value := range map[string]string{"rapid.checks": "20", "rapid.steps": "400", "rapid.nofailfile": "true"} {
		given := false
		flag.Visit(func(f *flag.Flag) { given = given || f.Name == name })
		if !given {
			must(t, flag.Set(name, value))
		}
	}
	tally := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		w := &world{kinds: newKinds(), ofDomains: map[string]object{}, tally: tally}
		w.begin(t)
		defer w.end(t)
		t.Repeat(map[string]func(*rapid.T){
			"create": w.create, "create more": w.create, "create still more": w.create, "update": w.update, "update more": w.update,
			"delete": w.remove, "tag": w.tag, "clear": w.clear, "seldom": w.seldom, "": w.compare,
		})
	})
	t.Logf("%v", tally)
}

func (w *world) begin(t *rapid.T) {
	dir, err := os.MkdirTemp("", "gangway-properties-")
	if err != nil {
		t.Fatal(err)
	}
	w.dir = dir
	w.start(t)
}

func (w *world) start(t *rapid.T) {
	quotas := gateway.Quotas{}
	for _, k := range w.every() {
		if k.most > 0 {
			quotas[path.Base(k.collection)] = k.most
		}
	}
	var err error
	if w.server, w.stop, err = newServer(node.Config{DataDir: w.dir, PublicURL: "ws://gangway.example.com", Quotas: quotas}); err != nil {
		t.Fatal(err)
	}
}

func (w *world) end(t *rapid.T) {
	if err := w.stop(); err != nil {
		t.Error(err)
	}
	_ = os.RemoveAll(w.dir)
}

// seldom does what need not be done often.
func (w *world) seldom(t *rapid.T) {
	rapid.SampledFrom([]func(*rapid.T){w.restart, w.account, w.rotate, w.stranger}).Draw(t, "what")(t)
}

func (w *world) restart(t *rapid.T) {
	if err := w.stop(); err != nil {
		t.Fatal(err)
	}
	w.start(t)
	w.tally["restart"]++
	for _, one := range w.things {
		w.look(t, one)
	}
}

// ask calls the control plane.
func (w *world) ask(t *rapid.T, method, at string, body any) *answer {
	got, err := w.control(context.Background(), method, at, body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, at, err)
	}
	return got
}

// settle holds an answer against what may come. It says whether the call has done what was asked.
func (w *world) settle(t *rapid.T, label string, got *answer, status int, faults []int) bool {
	w.tally["step"]++
	w.tally[fmt.Sprint(got.status)]++
	if len(faults) == 0 && got.status == status {
		return true
	}
	if !slices.Contains(faults, got.status) {
		t.Fatalf("%s: %d %s, expected %d or, if there are any, %v", label, got.status, got.body, status, faults)
	}
	return false
}

// all are the objects of a kind that belong to something, or all.
func (w *world) all(k *kind, up *thing) (found []*thing) {
	for _, one := range w.things {
		if one.kind == k && (up == nil || one.up == up) {
			found = append(found, one)
		}
	}
	return found
}

// find is the object of a kind with an id, or nil.
func (w *world) find(k *kind, up *thing, id any) *thing {
	for _, one := range w.all(k, up) {
		if one.id == id {
			return one
		}
	}
	return nil
}

// some is an object for which something holds.
func (w *world) some(t *rapid.T, holds func(*thing) bool) *thing {
	found := slices.DeleteFunc(slices.Clone(w.things), func(one *thing) bool { return !holds(one) })
	if len(found) == 0 {
		t.Skip("there is none")
	}
	// By kind first, so that the rare ones are not passed over.
	k := rapid.SampledFrom(slices.DeleteFunc(w.every(), func(k *kind) bool {
		return !slices.ContainsFunc(found, func(one *thing) bool { return one.kind == k })
	})).Draw(t, "kind")
	return rapid.SampledFrom(slices.DeleteFunc(found, func(one *thing) bool { return one.kind != k })).Draw(t, "object")
}

// often are kinds to create, in proportion to what can be tried with them.
func (w *world) often() []*kind {
	all := append(w.every(), &w.route, &w.route, &w.route, &w.stage, &w.stage, &w.deployment, &w.deployment, &w.mapping, &w.planKey, &w.planKey,
		&w.integration, &w.integrationResponse, &w.routeResponse, &w.authorizer, &w.plan, &w.apiKey)
	const enough = 2
	if len(w.all(&w.api, nil)) < enough {
		return all
	}
	return slices.DeleteFunc(all, func(k *kind) bool { return k == &w.api })
}

func (w *world) create(t *rapid.T) {
	k := rapid.SampledFrom(w.often()).Draw(t, "kind")
	for k.of != nil && len(w.all(k.of, nil)) == 0 {
		k = k.of
	}
	var up *thing
	if k.of != nil {
		up = rapid.SampledFrom(w.all(k.of, nil)).Draw(t, "up")
	}
	body, next := object{}, clone(k.usual)
	for i := range k.rules {
		if r := &k.rules[i]; r.must || rapid.Bool().Draw(t, r.name) {
			body[r.name] = r.draw(t, w, up, next)
			r.merge.into(next, r.name, body[r.name])
		}
	}
	k.tidy(next)
	var faults []int
	if k.refuse != nil {
		faults = k.refuse(w, up, nil, next)
	}
	if k.most > 0 && len(w.all(k, up)) >= k.most {
		faults = append(faults, http.StatusConflict)
	}
	label := "POST " + k.below(up) + " " + plain(body)
	got := w.ask(t, post, k.below(up), body)
	if !w.settle(t, label, got, k.creates(), faults) {
		return
	}
	one := &thing{kind: k, up: up, shown: next, id: got.text(k.id)}
	for _, name := range k.own {
		if value, made := got.object()[name]; made {
			next[name] = value
		}
	}
	w.things = append(w.things, one)
	if k == &w.domain && w.ofDomains[one.id] == nil {
		configuration := got.object()["domainNameConfigurations"].([]any)[0].(object)
		w.ofDomains[one.id] = object{"apiGatewayDomainName": configuration["apiGatewayDomainName"], "hostedZoneId": configuration["hostedZoneId"]}
	}
	if k.made != nil {
		k.made(w, one, body)
	}
	answer := got.object()
	delete(answer, "secretAccessKey") // shown this once
	w.same(t, label, one, answer)
}

func (w *world) update(t *rapid.T) {
	one := w.some(t, func(one *thing) bool { return one.kind.patches != nil || !one.kind.v1 && one.kind != &w.credential })
	k, next := one.kind, clone(one.shown)
	body := object{}
	if k.v1 {
		body["patchOperations"] = w.patch(t, one, next)
	}
	for i := range k.rules {
		r := &k.rules[i]
		if !k.v1 && r.merge != once && (r.always || rapid.IntRange(0, 2).Draw(t, r.name) == 0) {
			body[r.name] = r.draw(t, w, one.up, next)
			r.merge.into(next, r.name, body[r.name])
		}
	}
	k.tidy(next)
	var faults []int
	if k.refuse != nil {
		faults = k.refuse(w, one.up, one, next)
	}
	label := "PATCH " + one.path() + " " + plain(body)
	got := w.ask(t, patch, one.path()+"?"+k.reads, body)
	if w.settle(t, label, got, http.StatusOK, faults) {
		one.shown = next
		if k == &w.apiKey {
			got = w.ask(t, get, one.path()+"?"+k.reads, nil) // a change does not show the value
		}
		w.same(t, label, one, got.object())
	}
}

// patch makes a patch document of one or two operations.
func (w *world) patch(t *rapid.T, one *thing, next object) (operations []any) {
	for range rapid.IntRange(1, 2).Draw(t, "operations") {
		p := rapid.SampledFrom(one.kind.patches).Draw(t, "operation")
		value := p.draw(t, w, one.up, next).(string)
		p.do(next, value)
		operations = append(operations, object{"op": p.op, "path": p.path, "value": value})
	}
	return operations
}

func (w *world) remove(t *rapid.T) {
	one := w.some(t, func(one *thing) bool { return one.kind != &w.api })
	if rapid.IntRange(0, 39).Draw(t, "an API") == 0 && len(w.all(&w.api, nil)) > 0 { // all that belongs to it goes with it
		one = w.some(t, func(one *thing) bool { return one.kind == &w.api })
	}
	var faults []int
	if one.kind.free != nil {
		if status := one.kind.free(w, one); status != 0 {
			faults = []int{status}
		}
	}
	if !w.settle(t, "DELETE "+one.path(), w.ask(t, http.MethodDelete, one.path(), nil), one.kind.deletes(), faults) {
		return
	}
	if one.kind != &w.credential {
		if got := w.ask(t, get, one.path(), nil); got.status != http.StatusNotFound {
			t.Fatalf("%s is deleted: %d %s", one.path(), got.status, got.body)
		}
	}
	w.things = slices.DeleteFunc(w.things, func(other *thing) bool { return other.within(one) })
	if one.kind.gone != nil {
		one.kind.gone(w, one, nil)
	}
}

// within says whether an object is another or belongs to it.
func (o *thing) within(other *thing) bool {
	return o == other || o.up != nil && o.up.within(other)
}

// stranger asks for what is not there.
func (w *world) stranger(t *rapid.T) {
	k := rapid.SampledFrom(w.every()).Draw(t, "kind")
	lost := &thing{kind: k, id: "nosuchid"}
	for up := lost; up.kind.of != nil; up = up.up {
		up.up = &thing{kind: up.kind.of, id: w.having(t, up.kind.of, nil, up.kind.of.id)}
	}
	for _, method := range []string{get, patch, http.MethodDelete} {
		// The name of a credential can only be deleted, and a key of a plan not be changed: there is no such operation.
		if got := w.ask(t, method, lost.path(), nil); got.status != http.StatusNotFound {
			t.Fatalf("%s %s: %d %s", method, lost.path(), got.status, got.body)
		}
	}
}

// tidy takes out what is not shown.
func (k *kind) tidy(next object) {
	for _, r := range k.rules {
		if r.omit && slices.Contains([]string{`""`, "false", "{}", "[]"}, plain(next[r.name])) {
			delete(next, r.name)
		}
	}
}

// into merges a value into an object.
func (m merging) into(next object, name string, value any) {
	switch m {
	case kept:
		if value == "" {
			return
		}
	case replace, once:
	case fold, union:
		have, _ := next[name].(object)
		merged := clone(have)
		for key, one := range value.(object) {
			if merged[key] = one; m == fold && one == "" {
				delete(merged, key)
			}
		}
		value = merged
	}
	next[name] = value
}

// plain is JSON as text.
func plain(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(err)
	}
	return string(text)
}

// clone is a copy that shares nothing.
func clone(value object) object {
	copied := object{}
	if value != nil {
		_ = json.Unmarshal([]byte(plain(value)), &copied) // it was JSON
	}
	return copied
}

// same holds what the control plane shows of an object against the oracle.
func (w *world) same(t *rapid.T, label string, one *thing, got object) {
	wanted := clone(one.shown)
	if one.kind.view != nil {
		one.kind.view(w, one, wanted)
	}
	got = maps.Clone(got)
	for _, name := range one.kind.moving {
		if got[name] == nil {
			t.Fatalf("%s: no %s: %v", label, name, got)
		}
		delete(got, name)
	}
	if diff := gocmp.Diff(wanted, got); diff != "" {
		t.Fatalf("%s: %s is not as it should be (- wanted, + there):\n%s", label, strings.TrimPrefix(one.path(), "/"), diff)
	}
}
