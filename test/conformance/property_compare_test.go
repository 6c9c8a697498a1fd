package conformance_test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// compare holds all that the control plane shows against the oracle: every collection, on pages of one, two, three or many
// objects by turns, and one object by itself.
func (w *world) compare(t *rapid.T) {
	for _, k := range w.every() {
		if k.of == nil {
			w.list(t, k, nil)
		}
		for _, up := range w.things {
			if up.kind == k.of {
				w.list(t, k, up)
			}
		}
	}
	if len(w.things) > 0 {
		w.look(t, w.things[w.steps%len(w.things)])
	}
	account := w.ask(t, get, "/account", nil)
	if role := account.text("cloudwatchRoleArn"); account.status != http.StatusOK || role != "" != w.logging {
		t.Fatalf("the account: %d %s", account.status, account.body)
	}
	w.intact(t)
	w.steps++
}

// list reads a collection page by page.
func (w *world) list(t *rapid.T, k *kind, up *thing) {
	wanted := w.all(k, up)
	size, token, items := "maxResults", "nextToken", "items"
	if k.v1 {
		size, token, items = "limit", "position", "item"
		slices.Reverse(wanted)
	}
	page := []string{"", "1", "2", "3"}[w.steps%4]
	query := url.Values{size: {page}}
	left := wanted
	for range len(wanted) + 1 {
		path := k.below(up) + "?" + query.Encode() + "&" + k.reads
		got := w.ask(t, get, path, nil)
		found, ok := got.object()[items].([]any)
		if got.status != http.StatusOK || !ok || len(found) > len(left) {
			t.Fatalf("GET %s: %d %s, expected %d of %d", path, got.status, got.body, len(left), len(wanted))
		}
		for i, one := range found {
			shown := maps.Clone(one.(object))
			w.same(t, "GET "+path, left[i], shown)
		}
		left = left[len(found):]
		next := got.text(token)
		if next == "" {
			break
		}
		if page != "" && len(found) != int(page[0]-'0') {
			t.Fatalf("GET %s: a page of %d", path, len(found))
		}
		query.Set(token, next)
	}
	if len(left) > 0 {
		t.Fatalf("GET %s: %s is missing", k.below(up), left[0].path())
	}
}

// look reads an object by itself, and its tags.
func (w *world) look(t *rapid.T, one *thing) {
	if one.kind == &w.credential {
		return // there is no such operation
	}
	got := w.ask(t, get, one.path()+"?"+one.kind.reads, nil)
	if got.status != http.StatusOK {
		t.Fatalf("GET %s: %d %s", one.path(), got.status, got.body)
	}
	w.same(t, "GET "+one.path(), one, got.object())
	if one.shown["tags"] == nil {
		return
	}
	tags := w.ask(t, get, "/v2/tags/"+url.PathEscape(one.arn()), nil)
	if tags.status != http.StatusOK || plain(tags.object()["tags"]) != plain(one.shown["tags"]) {
		t.Fatalf("tags of %s: %d %s, expected %s", one.arn(), tags.status, tags.body, plain(one.shown["tags"]))
	}
}

// arn is how operations on tags name an object.
func (o *thing) arn() string {
	path, _ := url.PathUnescape(strings.TrimPrefix(o.path(), "/v2"))
	return "arn:aws:apigateway:" + region + "::" + path
}

// intact wants everything to be there that something refers to. The oracle could be as wrong as the control plane, and agree.
func (w *world) intact(t *rapid.T) {
	for _, r := range []struct {
		from   *kind
		member string
		to     *kind
	}{
		{&w.route, "target", &w.integration},
		{&w.route, "authorizerId", &w.authorizer},
		{&w.stage, "deploymentId", &w.deployment},
		{&w.stage, "clientCertificateId", &w.certificate},
		{&w.mapping, "apiId", &w.api},
		{&w.planKey, "keyId", &w.apiKey},
	} {
		for _, one := range w.all(r.from, nil) {
			id, ok := one.shown[r.member].(string)
			if ok && w.find(r.to, nil, strings.TrimPrefix(id, "integrations/")) == nil {
				t.Fatalf("%s: %s %s is not there", one.path(), r.member, id)
			}
		}
	}
	for _, one := range w.things {
		if one.up != nil && !slices.Contains(w.things, one.up) {
			t.Fatalf("%s is there, and what it belongs to is not", one.path())
		}
	}
	stages := func(at string, api, stage any) {
		if w.find(&w.stage, w.find(&w.api, nil, api), stage) == nil {
			t.Fatalf("%s: stage %v of %v is not there", at, stage, api)
		}
	}
	for _, one := range w.all(&w.mapping, nil) {
		stages(one.path(), one.shown["apiId"], one.shown["stage"])
	}
	for _, one := range w.all(&w.plan, nil) {
		for _, s := range one.shown["apiStages"].([]any) {
			stages(one.path(), s.(object)["apiId"], s.(object)["stage"])
		}
	}
}

// mapped is the status of a deletion of what a custom domain leads to; 0: none does.
func (w *world) mapped(api, stage string) int {
	for _, one := range w.all(&w.mapping, nil) {
		if one.shown["apiId"] == api && (stage == "" || one.shown["stage"] == stage) {
			return http.StatusBadRequest
		}
	}
	return 0
}

// unmeter takes a stage, or all of an API, out of usage plans.
func (w *world) unmeter(api, stage string) {
	for _, plan := range w.all(&w.plan, nil) {
		plan.shown["apiStages"] = slices.DeleteFunc(plan.shown["apiStages"].([]any), func(s any) bool {
			return s.(object)["apiId"] == api && (stage == "" || s.(object)["stage"] == stage)
		})
	}
}

// tag adds tags, or takes some away, by one version of the service or the other.
func (w *world) tag(t *rapid.T) {
	if rapid.Bool().Draw(t, "untag") {
		w.untag(t)
		return
	}
	one := w.some(t, func(one *thing) bool { return one.shown["tags"] != nil })
	tags := labelTags(t, w, nil, nil).(object)
	method, path, status := post, "/v2/tags/", http.StatusCreated
	if rapid.Bool().Draw(t, "version 1") {
		method, path, status = http.MethodPut, "/tags/", http.StatusNoContent
	}
	w.settle(t, "tag "+one.arn(), w.ask(t, method, path+url.PathEscape(one.arn()), object{"tags": tags}), status, nil)
	union.into(one.shown, "tags", tags)
}

func (w *world) untag(t *rapid.T) {
	one := w.some(t, func(one *thing) bool { return one.shown["tags"] != nil })
	key := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "key")
	path := rapid.SampledFrom([]string{"/v2/tags/", "/tags/"}).Draw(t, "path") + url.PathEscape(one.arn()) + "?tagKeys=z&tagKeys=" + key
	w.settle(t, "untag "+path, w.ask(t, http.MethodDelete, path, nil), http.StatusNoContent, nil)
	delete(one.shown["tags"].(object), key)
}

// clear deletes a part of an object by the operation that there is for it.
func (w *world) clear(t *rapid.T) {
	one := w.some(t, func(one *thing) bool {
		return one.kind == &w.stage || one.shown["requestParameters"] != nil && one.kind == &w.route
	})
	part, member := "/requestparameters/", "requestParameters"
	if one.kind == &w.stage {
		part, member = "/routesettings/", "routeSettings"
		if rapid.Bool().Draw(t, "log") {
			w.settle(t, "clear", w.ask(t, http.MethodDelete, one.path()+"/accesslogsettings", nil), http.StatusNoContent, nil)
			delete(one.shown, "accessLogSettings")
			return
		}
	}
	parts, _ := one.shown[member].(object)
	key := "$connect"
	if keys := slices.Sorted(maps.Keys(parts)); len(keys) > 0 && !rarely(t) {
		key = keys[0]
	}
	var faults []int
	if parts[key] == nil {
		faults = []int{http.StatusNotFound}
	}
	path := one.path() + part + url.PathEscape(key)
	if w.settle(t, "DELETE "+path, w.ask(t, http.MethodDelete, path, nil), http.StatusNoContent, faults) {
		delete(parts, key)
		one.kind.tidy(one.shown)
	}
}

// account sets the role that logs need, or takes it away.
func (w *world) account(t *rapid.T) {
	w.logging = rapid.IntRange(0, 3).Draw(t, "role") > 0
	role := ""
	if w.logging {
		role = "arn:aws:iam::000000000000:role/logs"
	}
	body := object{"patchOperations": []any{object{"op": "replace", "path": "/cloudwatchRoleArn", "value": role}}}
	w.settle(t, "PATCH /account", w.ask(t, patch, "/account", body), http.StatusOK, nil)
}

// rotate gives a credential a new key.
func (w *world) rotate(t *rapid.T) {
	one := w.some(t, func(one *thing) bool { return one.kind == &w.credential })
	got := w.ask(t, post, one.path()+"/rotation", object{"graceSeconds": rapid.IntRange(0, 60).Draw(t, "grace")})
	w.settle(t, "rotate "+one.id, got, http.StatusCreated, nil)
	id := got.text("accessKeyId")
	if id == "" || id == one.shown["accessKeyId"] {
		t.Fatalf("the new key is the old one: %s", got.body)
	}
	one.shown["accessKeyId"] = id
}
