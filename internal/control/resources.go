package control

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gangway/internal/cluster"
	"gangway/internal/gateway"
)

// nouns are the kinds of object as messages name them.
var nouns = map[string]string{
	"apis":                 "API",
	"authorizers":          "Authorizer",
	"deployments":          "Deployment",
	"integrationresponses": "IntegrationResponse",
	"integrations":         "Integration",
	"routeresponses":       "RouteResponse",
	"routes":               "Route",
	"stages":               "Stage",
}

// The resources, with what is their own. The limits are those of "Quotas for configuring and running a WebSocket API"
// in the API Gateway developer guide; lengths of ids are as seen in its examples.
var (
	apis = &resource[gateway.API, *gateway.API]{
		noun: "API", idLen: 10, limit: 600,
		show: func(s *Server, api *gateway.API) { api.APIEndpoint = s.Names.Endpoint(api.APIID) },
	}
	routes = &resource[gateway.Route, *gateway.Route]{
		noun: "Route", idLen: 7, limit: 300,
		taken: func(r, other *gateway.Route) error {
			return conflict(r.RouteKey == other.RouteKey, "Route with key %s already exists for this API", r.RouteKey)
		},
	}
	routeResponses = &resource[gateway.RouteResponse, *gateway.RouteResponse]{
		noun: "RouteResponse", idLen: 6,
		taken: func(r, other *gateway.RouteResponse) error {
			return conflict(r.RouteResponseKey == other.RouteResponseKey,
				"RouteResponse with key %s already exists for this Route", r.RouteResponseKey)
		},
	}
	integrations = &resource[gateway.Integration, *gateway.Integration]{
		noun: "Integration", idLen: 7, limit: 300, free: integrationFree,
	}
	integrationResponses = &resource[gateway.IntegrationResponse, *gateway.IntegrationResponse]{
		noun: "IntegrationResponse", idLen: 7,
		taken: func(r, other *gateway.IntegrationResponse) error {
			return conflict(r.IntegrationResponseKey == other.IntegrationResponseKey,
				"IntegrationResponse with key %s already exists for this Integration", r.IntegrationResponseKey)
		},
	}
	deployments = &resource[gateway.Deployment, *gateway.Deployment]{
		noun: "Deployment", idLen: 6, free: deploymentFree,
	}
	stages = &resource[gateway.Stage, *gateway.Stage]{
		noun: "Stage", limit: 10, check: checkRouteSettings,
		id: func(s *gateway.Stage) (string, error) { return s.StageName, gateway.CheckStageName(s.StageName) },
	}
)

func conflict(bad bool, format string, args ...any) error {
	if !bad {
		return nil
	}
	return gateway.Errorf(gateway.ErrConflict, format, args...)
}

// member is a decoded object of a collection.
type member[T any] struct {
	key    gateway.Key
	object T
}

// members decodes a whole collection.
func members[T any](tx *cluster.Tx, collection gateway.Key) ([]member[T], error) {
	stored := tx.List(collection)
	all := make([]member[T], len(stored))
	for i, object := range stored {
		all[i].key = object.Key
		if err := decodeStored(object, &all[i].object); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// decodeStored reads an object as it was stored.
func decodeStored(stored cluster.Object, onto any) error {
	if err := json.Unmarshal(stored.Value, onto); err != nil {
		return fmt.Errorf("decode %s: %w", stored.Key, err)
	}
	return nil
}

// integrationFree refuses to delete an integration that routes target.
func integrationFree(tx *cluster.Tx, key gateway.Key) error {
	all, err := members[gateway.Route](tx, apiOf(key)+"/routes")
	if err != nil {
		return err
	}
	var using []string
	for _, route := range all {
		if id, ok := route.object.Integration(); ok && id == key.ID() {
			using = append(using, route.object.RouteID)
		}
	}
	return conflict(len(using) > 0,
		"Cannot delete Integration because it is referenced by the following Routes with Ids: [%s]", strings.Join(using, ", "))
}

// deploymentFree refuses to delete a deployment that a stage serves.
func deploymentFree(tx *cluster.Tx, key gateway.Key) error {
	all, err := members[gateway.Stage](tx, apiOf(key)+"/stages")
	if err != nil {
		return err
	}
	for _, stage := range all {
		if stage.object.DeploymentID == key.ID() {
			return gateway.Errorf(gateway.ErrInvalid, "Active stages pointing to this deployment must be moved or deleted")
		}
	}
	return nil
}

// checkRouteSettings makes sure that each new key of a stage's route settings names a route. The reserved keys are taken
// with or without one, and a key whose route has gone since is no reason to refuse another change.
func checkRouteSettings(tx *cluster.Tx, key gateway.Key, stage *gateway.Stage) error {
	if len(stage.RouteSettings) == 0 {
		return nil
	}
	var before gateway.Stage
	if stored, exists := tx.Get(key); exists {
		if err := decodeStored(stored, &before); err != nil {
			return err
		}
	}
	all, err := members[gateway.Route](tx, apiOf(key)+"/routes")
	if err != nil {
		return err
	}
	known := []string{gateway.RouteConnect, gateway.RouteDisconnect, gateway.RouteDefault}
	for _, route := range all {
		known = append(known, route.object.RouteKey)
	}
	known = slices.AppendSeq(known, maps.Keys(before.RouteSettings))
	for routeKey := range stage.RouteSettings {
		if !slices.Contains(known, routeKey) {
			return gateway.Errorf(gateway.ErrNotFound, "Unable to find Route by key %s within the provided RouteSettings", routeKey)
		}
	}
	return nil
}
