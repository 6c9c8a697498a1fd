package control

import (
	"gangway/internal/cluster"
	"gangway/internal/gateway"
)

// createDeployment freezes what the API is now, makes sure that it would run, and attaches it to a stage if the request
// names one: "Create a deployment of a WebSocket API" in the developer guide.
func createDeployment(c *call) (any, error) {
	deployment := &gateway.Deployment{}
	err := c.update(func(tx *cluster.Tx) error {
		*deployment = gateway.Deployment{}
		var origin struct {
			StageName string `json:"stageName"`
		}
		if err := c.exists(tx, c.key.Up()); err != nil {
			return err
		}
		if err := decode(c.body, deployment.Settings(), &origin); err != nil {
			return err
		}
		snapshot, err := freeze(tx, c.key.Up())
		if err != nil {
			return err
		}
		if err := c.Check(snapshot); err != nil {
			return err
		}
		key, err := deployments.newKey(tx, c.key, deployment)
		if err != nil {
			return err
		}
		deployment.Locate(key, c.Now())
		if err := deployments.save(tx, key, deployment); err != nil {
			return err
		}
		if err := tx.Put(cluster.SnapshotKey(key), snapshot); err != nil {
			return err
		}
		return c.attach(tx, key, origin.StageName)
	})
	return deployment, err
}

// attach points a stage, if one is named, at a deployment.
func (c *call) attach(tx *cluster.Tx, deployment gateway.Key, stageName string) error {
	if stageName == "" {
		return nil
	}
	key := apiOf(deployment).Child("stages", stageName)
	if err := c.exists(tx, key); err != nil {
		return err
	}
	stored, _ := tx.Get(key)
	stage, err := stages.decode(stored)
	if err != nil {
		return err
	}
	stage.DeploymentID = deployment.ID()
	stage.Locate(key, c.Now())
	return stages.save(tx, key, stage)
}

// freeze gathers everything of an API that a deployment keeps.
func freeze(tx *cluster.Tx, api gateway.Key) (*gateway.Snapshot, error) {
	snapshot := &gateway.Snapshot{Routes: []gateway.DeployedRoute{}, Integrations: []gateway.DeployedIntegration{}}
	stored, _ := tx.Get(api)
	settings, err := apis.decode(stored)
	if err != nil {
		return nil, err
	}
	snapshot.API = *settings
	routes, err := members[gateway.Route](tx, api+"/routes")
	if err != nil {
		return nil, err
	}
	if len(routes) == 0 {
		return nil, gateway.Errorf(gateway.ErrInvalid, "At least one route is required before deploying the Api")
	}
	for _, route := range routes {
		responses, err := objects[gateway.RouteResponse](tx, route.key+"/routeresponses")
		if err != nil {
			return nil, err
		}
		snapshot.Routes = append(snapshot.Routes, gateway.DeployedRoute{Route: route.object, Responses: responses})
	}
	integrations, err := members[gateway.Integration](tx, api+"/integrations")
	if err != nil {
		return nil, err
	}
	for _, integration := range integrations {
		responses, err := objects[gateway.IntegrationResponse](tx, integration.key+"/integrationresponses")
		if err != nil {
			return nil, err
		}
		snapshot.Integrations = append(snapshot.Integrations,
			gateway.DeployedIntegration{Integration: integration.object, Responses: responses})
	}
	return snapshot, nil
}

// objects are the members of a collection without their keys.
func objects[T any](tx *cluster.Tx, collection gateway.Key) ([]T, error) {
	all, err := members[T](tx, collection)
	list := make([]T, len(all))
	for i := range all {
		list[i] = all[i].object
	}
	return list, err
}
