package control

import (
	"maps"

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

// getTags are the tags of the object that an ARN names.
func getTags(c *call) (any, error) {
	key, err := c.tagged()
	if err != nil {
		return nil, err
	}
	if err := c.exists(c.Objects, key); err != nil {
		return nil, err
	}
	stored, _ := c.Objects.Get(key)
	var object struct {
		Tags map[string]string `json:"tags"`
	}
	return &object, decodeStored(stored, &object)
}

// tagResource adds tags, in place of those of the same key.
func tagResource(c *call) (any, error) {
	var body struct {
		Tags map[string]string `json:"tags"`
	}
	if err := decode(c.body, &body); err != nil {
		return nil, err
	}
	return struct{}{}, c.retag(func(tags map[string]string) {
		maps.Copy(tags, body.Tags)
	})
}

// untagResource removes tags; one that is not there is no error.
func untagResource(c *call) (any, error) {
	if len(c.query["tagKeys"]) == 0 {
		return nil, gateway.Errorf(gateway.ErrInvalid, "tagKeys is required: the keys of the tags to remove, each as a query parameter tagKeys=…")
	}
	return nil, c.retag(func(tags map[string]string) {
		for _, key := range c.query["tagKeys"] {
			delete(tags, key)
		}
	})
}

// retag changes the tags of the object that an ARN names.
func (c *call) retag(change func(map[string]string)) error {
	key, err := c.tagged()
	if err != nil {
		return err
	}
	if key.Kind() == "apis" {
		_, err = apis.modify(c, key, func(api *gateway.API) error { change(api.Tags); return nil })
		return err
	}
	_, err = stages.modify(c, key, func(stage *gateway.Stage) error { change(stage.Tags); return nil })
	return err
}

// tagged is the key of what an ARN names: arn:{partition}:apigateway:{region}::/apis/{id}, or a stage of it.
func (c *call) tagged() (gateway.Key, error) {
	key, ok := gateway.KeyOfARN(c.param["resource-arn"])
	if !ok || (key.Kind() != "apis" && key.Kind() != "stages") {
		return "", gateway.Errorf(gateway.ErrInvalid, "Invalid ARN '%s'. Expected arn:aws:apigateway:%s::/apis/API or …/apis/API/stages/STAGE",
			c.param["resource-arn"], c.Names.Region)
	}
	return key, nil
}
