package cli

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// object is one of the control plane, as it stands on the wire.
type object map[string]any

// text is a member that is a text.
func (o object) text(member string) string {
	text, _ := o[member].(string)
	return text
}

// parts are the objects that belong to this one, by a member of theirs.
func (o object) parts(member, by string) []object {
	list, _ := o[member].([]any)
	var found []object
	for _, item := range list {
		if part, ok := item.(map[string]any); ok {
			found = append(found, part)
		}
	}
	return sorted(found, by)
}

// sorted orders objects by members of theirs.
func sorted(list []object, members ...string) []object {
	return slices.SortedFunc(slices.Values(list), func(a, b object) int {
		order := 0
		for _, member := range members {
			order = cmp.Or(order, strings.Compare(a.text(member), b.text(member)))
		}
		return order
	})
}

// snapshot is what a deployment holds. It is kept as it stands on the wire: what this program does with it is much the
// same for each member, whatever it means.
type snapshot struct {
	API          object   `json:"api"`
	Routes       []object `json:"routes"`
	Integrations []object `json:"integrations"`
	Authorizers  []object `json:"authorizers"`
	Models       []object `json:"models"`
}

// snapshot is what a stage's deployment holds or, without a stage, what a deployment made now would hold.
func (p *plane) snapshot(ctx context.Context, api, stage string) (found snapshot, err error) {
	query := url.Values{}
	if stage != "" {
		query.Set("stageName", stage)
	}
	body, err := p.send(ctx, request{operation: "GetSnapshot", method: http.MethodGet, path: apiPath(api) + "/snapshot", query: query})
	if err != nil {
		return found, err
	}
	if err := decodeJSON(body, &found); err != nil {
		return found, fmt.Errorf("control plane: GetSnapshot: %w", err)
	}
	found.Routes = sorted(found.Routes, "routeKey")
	found.Authorizers = sorted(found.Authorizers, "name", "authorizerId")
	found.Models = sorted(found.Models, "name")
	users := found.users()
	slices.SortFunc(found.Integrations, func(a, b object) int {
		x, y := a.text("integrationId"), b.text("integrationId")
		return cmp.Or(slices.Compare(users[x], users[y]), strings.Compare(x, y))
	})
	return found, nil
}

// users are the keys of the routes that use each integration.
func (s *snapshot) users() map[string][]string {
	users := map[string][]string{}
	for _, route := range s.Routes {
		id := integrationOf(route)
		users[id] = append(users[id], route.text("routeKey"))
	}
	return users
}

// integrationOf is the id of the integration that a route targets; empty if it has none.
func integrationOf(route object) string {
	return strings.TrimPrefix(route.text("target"), "integrations/")
}

// stageOf is a stage of an API.
func (p *plane) stageOf(ctx context.Context, api, name string) (stage object, err error) {
	path := apiPath(api) + "/stages/" + url.PathEscape(name)
	return stage, p.ask(ctx, request{operation: "GetStage", method: http.MethodGet, path: path}, &stage)
}

// keysOf are the keys of a map, in order.
func keysOf[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
