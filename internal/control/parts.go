package control

import (
	"gangway/internal/gateway"
)

// Parts of objects that a PATCH cannot clear have a DELETE of their own.

// deleteRequestParameter removes one request parameter of a route.
func deleteRequestParameter(c *call) (any, error) {
	name := c.param["requestParameterKey"]
	_, err := routes.modify(c, c.key.Parent(), func(route *gateway.Route) error {
		if _, ok := route.RequestParameters[name]; !ok {
			return gateway.Errorf(gateway.ErrNotFound, "Invalid request parameter specified %s", name)
		}
		delete(route.RequestParameters, name)
		return nil
	})
	return nil, err
}

// deleteRouteSettings removes what a stage has for one route.
func deleteRouteSettings(c *call) (any, error) {
	routeKey := c.param["routeKey"]
	_, err := stages.modify(c, c.key.Parent(), func(stage *gateway.Stage) error {
		if _, ok := stage.RouteSettings[routeKey]; !ok {
			return gateway.Errorf(gateway.ErrNotFound, "Unable to find Route by key %s within the RouteSettings", routeKey)
		}
		delete(stage.RouteSettings, routeKey)
		return nil
	})
	return nil, err
}

// deleteAccessLogSettings removes the access log of a stage.
func deleteAccessLogSettings(c *call) (any, error) {
	_, err := stages.modify(c, c.key.Up(), func(stage *gateway.Stage) error {
		stage.AccessLogSettings = nil
		return nil
	})
	return nil, err
}

// deleteCORS has nothing to delete: a WebSocket API has no CORS configuration.
func deleteCORS(c *call) (any, error) { return nil, c.exists(c.Objects, c.key.Up()) }

// resetAuthorizersCache has nothing to reset: results of WebSocket APIs' authorizers are not cached.
func resetAuthorizersCache(c *call) (any, error) {
	return nil, c.exists(c.Objects, c.key.Parent())
}

// getModelTemplate is a mapping template that makes a sample of a model.
func getModelTemplate(c *call) (any, error) {
	key := c.key.Up()
	if err := c.exists(c.Objects, key); err != nil {
		return nil, err
	}
	stored, _ := c.Objects.Get(key)
	model, err := models.decode(stored)
	if err != nil {
		return nil, err
	}
	return map[string]string{"value": model.Template()}, nil
}

// listRoutingRules are the routing rules of a domain: none, as they act on REST APIs only.
func listRoutingRules(c *call) (any, error) {
	rules := struct {
		RoutingRules []any `json:"routingRules"`
	}{[]any{}}
	return rules, c.exists(c.Objects, c.key.Up())
}
