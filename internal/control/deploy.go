package control

import (
	"strings"

	"gangway/internal/cluster"
	"gangway/internal/gateway"
)

// deploymentOrigin is what a new deployment may say besides its settings: which stage is to serve it.
type deploymentOrigin struct {
	StageName string `json:"stageName"`
}

func deploymentBody() []any {
	return append(deployments.body(), new(deploymentOrigin))
}

// createDeployment freezes what the API is now, makes sure that it would run, and attaches it to a stage if the request
// names one: "Create a deployment of a WebSocket API" in the developer guide.
func createDeployment(c *call) (any, error) {
	deployment := &gateway.Deployment{}
	err := c.update(func(tx *cluster.Tx) error {
		*deployment = gateway.Deployment{}
		var origin deploymentOrigin
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
		notes, err := c.Check(snapshot)
		if err != nil {
			return err
		}
		deployment.DeploymentStatusMessage = noted(notes)
		key, err := deployments.add(c, tx, c.key, deployment)
		if err != nil {
			return err
		}
		if err := tx.Put(cluster.SnapshotKey(key), snapshot); err != nil {
			return err
		}
		return c.attach(tx, key, origin.StageName)
	})
	return deployment, err
}

// noted is the status message of a deployment of which something will not run.
func noted(notes []string) string {
	if len(notes) == 0 {
		return ""
	}
	return "Deployed, but not all of it can run: " + strings.Join(notes, "; ")
}

// attach points a stage, if one is named, at a deployment. Who may not change the stage may not do it this way either.
func (c *call) attach(tx *cluster.Tx, deployment gateway.Key, stageName string) error {
	if stageName == "" {
		return nil
	}
	key := apiOf(deployment).Child("stages", stageName)
	if err := c.may(patch, key); err != nil {
		return err
	}
	if err := c.exists(tx, key); err != nil {
		return err
	}
	_, err := stages.change(c, tx, key, func(stage *gateway.Stage) error {
		if stage.AutoDeploy {
			return errAutoDeploy(stageName)
		}
		stage.DeploymentID = deployment.ID()
		return nil
	})
	return err
}

func errAutoDeploy(stage string) error {
	return gateway.Errorf(gateway.ErrInvalid, "Deployment ID cannot be set on this stage %s because AutoDeploy is enabled", stage)
}

// getSnapshot is what a stage serves of an API, or what a deployment holds, or, where neither is named, what a deployment made
// now would hold.
func getSnapshot(c *call) (any, error) {
	var snapshot *gateway.Snapshot
	err := c.steadily(func(in reader) (err error) {
		snapshot, err = c.snapshot(in)
		return err
	})
	return snapshot, err
}

func (c *call) snapshot(in reader) (*gateway.Snapshot, error) {
	api := c.key.Up()
	if name := c.query.Get("stageName"); name != "" {
		return c.served(in, api.Child("stages", name))
	}
	if id := c.query.Get("deploymentId"); id != "" {
		return c.held(in, api.Child("deployments", id))
	}
	if err := c.exists(in, api); err != nil {
		return nil, err
	}
	return freeze(in, api)
}

// served is the snapshot that a stage serves.
func (c *call) served(in reader, key gateway.Key) (*gateway.Snapshot, error) {
	if err := c.exists(in, key); err != nil {
		return nil, err
	}
	stored, _ := in.Get(key)
	stage, err := stages.decode(stored)
	if err != nil {
		return nil, err
	}
	deployment := key.Parent().Child("deployments", stage.DeploymentID)
	if _, exists := in.Get(cluster.SnapshotKey(deployment)); !exists {
		return nil, gateway.Errorf(gateway.ErrNotFound, "Stage %s has no deployment", key.ID())
	}
	return c.held(in, deployment)
}

// held is the snapshot that a deployment has made.
func (c *call) held(in reader, key gateway.Key) (*gateway.Snapshot, error) {
	if err := c.exists(in, key); err != nil {
		return nil, err
	}
	stored, exists := in.Get(cluster.SnapshotKey(key))
	if !exists {
		return nil, gateway.Errorf(gateway.ErrNotFound, "Deployment %s has no snapshot", key.ID())
	}
	snapshot := new(gateway.Snapshot)
	return snapshot, decodeStored(stored, snapshot)
}

// freeze gathers everything of an API that a deployment keeps. Tags are no part of what runs.
func freeze(in reader, api gateway.Key) (*gateway.Snapshot, error) {
	snapshot := &gateway.Snapshot{Routes: []gateway.DeployedRoute{}, Integrations: []gateway.DeployedIntegration{}}
	stored, _ := in.Get(api)
	settings, err := apis.decode(stored)
	if err != nil {
		return nil, err
	}
	snapshot.API = *settings
	snapshot.API.Tags = nil
	routes, err := members[gateway.Route](in, api+"/routes")
	if err != nil {
		return nil, err
	}
	if len(routes) == 0 {
		return nil, gateway.Errorf(gateway.ErrInvalid, "At least one route is required before deploying the Api")
	}
	for _, route := range routes {
		responses, err := objects[gateway.RouteResponse](in, route.key+"/routeresponses")
		if err != nil {
			return nil, err
		}
		snapshot.Routes = append(snapshot.Routes, gateway.DeployedRoute{Route: route.object, Responses: responses})
	}
	integrations, err := members[gateway.Integration](in, api+"/integrations")
	if err != nil {
		return nil, err
	}
	for _, integration := range integrations {
		responses, err := objects[gateway.IntegrationResponse](in, integration.key+"/integrationresponses")
		if err != nil {
			return nil, err
		}
		snapshot.Integrations = append(snapshot.Integrations,
			gateway.DeployedIntegration{Integration: integration.object, Responses: responses})
	}
	if snapshot.Authorizers, err = objects[gateway.Authorizer](in, api+"/authorizers"); err != nil {
		return nil, err
	}
	snapshot.Models, err = objects[gateway.Model](in, api+"/models")
	return snapshot, err
}

// objects are the members of a collection without their keys.
func objects[T any](in reader, collection gateway.Key) ([]T, error) {
	all, err := members[T](in, collection)
	list := make([]T, len(all))
	for i := range all {
		list[i] = all[i].object
	}
	return list, err
}
