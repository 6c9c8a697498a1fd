package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"gangway/internal/cluster"
	"gangway/internal/gateway"
)

// due are the APIs whose stages with autoDeploy may want a new deployment. It is safe for concurrent use.
type due struct {
	some chan struct{} // holds a token while there are some

	mu   sync.Mutex // guards what follows
	apis []gateway.Key
}

func newDue() *due { return &due{some: make(chan struct{}, 1)} }

// note watches writes. What a deployment itself writes makes nothing due.
func (d *due) note(keys []gateway.Key) {
	for _, key := range keys {
		if key.Within("apis") && key.Kind() != "deployments" && key.Kind() != "snapshots" {
			d.add(apiOf(key))
		}
	}
}

func (d *due) add(api gateway.Key) {
	d.mu.Lock()
	if !slices.Contains(d.apis, api) {
		d.apis = append(d.apis, api)
	}
	d.mu.Unlock()
	select {
	case d.some <- struct{}{}:
	default: // a token is there
	}
}

// take are all of them, which are then due no more.
func (d *due) take() []gateway.Key {
	d.mu.Lock()
	defer d.mu.Unlock()
	apis := d.apis
	d.apis = nil
	return apis
}

// AutoDeploy makes the deployments of stages with autoDeploy until ctx ends: first what a node that stopped has left
// undone, then after each change of an API. A change that comes while a deployment is being made is in the next.
func (s *Server) AutoDeploy(ctx context.Context) {
	for _, api := range s.Objects.List("apis") {
		s.due.add(api.Key)
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.due.some:
		}
		for _, api := range s.due.take() {
			err := s.autoDeploy(ctx, api)
			if errors.Is(err, gateway.ErrTooLarge) { // to be written, and so it will be again
				err = s.confess(ctx, api, err)
			}
			if err == nil || ctx.Err() != nil {
				continue
			}
			s.Log.LogAttrs(ctx, slog.LevelError, "automatic deployment failed; it will be tried again",
				slog.String("api", api.ID()), slog.Any("error", err))
			time.AfterFunc(tryAgain, func() { s.due.add(api) })
		}
	}
}

// tryAgain is when an automatic deployment that could not be written is tried again.
const tryAgain = 30 * time.Second

// confess has the stages of an API say why they could not be deployed.
func (s *Server) confess(ctx context.Context, api gateway.Key, refusal error) error {
	return s.Objects.Update(ctx, automaton, func(tx *cluster.Tx) error {
		outdated, _, err := s.outdated(tx, api)
		if err != nil {
			return err
		}
		return s.point(tx, outdated, "", failedAttempt+refusal.Error())
	})
}

// automaton is the author of automatic deployments.
var automaton = cluster.Author{Principal: "gangway", Operation: "AutoDeploy"}

// failedAttempt begins what a stage says that could not be deployed.
const failedAttempt = "Deployment attempt failed: "

// deployedAs is what a stage says that was deployed.
func deployedAs(d *gateway.Deployment) string {
	message := "Successfully deployed stage with deployment ID '" + d.DeploymentID + "'"
	if d.DeploymentStatusMessage != "" {
		message += ", but not all of it can run: see its deploymentStatusMessage"
	}
	return message
}

// What an automatic deployment says of itself: the developer guide's example.
const autoDeployed = "Automatic deployment triggered by changes to the Api configuration"

// keptAutomatic is how many automatic deployments of an API stay when no stage serves them any more.
const keptAutomatic = 20

// autoDeploy makes a deployment for the stages of an API that want one, if there is anything new. An API that cannot be
// deployed stays as it is deployed, and the stage says why.
func (s *Server) autoDeploy(ctx context.Context, api gateway.Key) error {
	return s.Objects.Update(ctx, automaton, func(tx *cluster.Tx) error {
		outdated, snapshot, err := s.outdated(tx, api)
		if len(outdated) == 0 {
			return errors.Join(err, s.settle(tx, api))
		}
		var notes []string
		if err == nil {
			notes, err = s.Check(snapshot)
		}
		if refusal, ok := errors.AsType[*gateway.Error](err); ok {
			return s.point(tx, outdated, "", failedAttempt+refusal.Message)
		}
		if err != nil {
			return err
		}
		deployment := &gateway.Deployment{AutoDeployed: true, DeploymentStatusMessage: noted(notes)}
		deployment.Description = autoDeployed
		key, err := deployments.newKey(tx, api+"/deployments", deployment)
		if err != nil {
			return err
		}
		deployment.Locate(key, s.Now())
		if err := errors.Join(tx.Put(key, deployment), tx.Put(cluster.SnapshotKey(key), snapshot)); err != nil {
			return err
		}
		if err := s.point(tx, outdated, key.ID(), deployedAs(deployment)); err != nil {
			return err
		}
		return forget(tx, api)
	})
}

// outdated are the stages with autoDeploy that do not serve what the API is now, and what it is now: an error of kind
// [gateway.ErrInvalid] if that cannot be deployed.
func (s *Server) outdated(tx *cluster.Tx, api gateway.Key) ([]member[gateway.Stage], *gateway.Snapshot, error) {
	all, err := members[gateway.Stage](tx, api+"/stages")
	if err != nil {
		return nil, nil, err
	}
	all = slices.DeleteFunc(all, func(m member[gateway.Stage]) bool { return !m.object.AutoDeploy })
	if len(all) == 0 {
		return nil, nil, nil
	}
	snapshot, refusal := freeze(tx, api)
	if refusal != nil {
		return all, nil, refusal
	}
	now, err := json.Marshal(snapshot)
	if err != nil {
		return nil, nil, err
	}
	all = slices.DeleteFunc(all, func(m member[gateway.Stage]) bool {
		served, exists := tx.Get(cluster.SnapshotKey(api.Child("deployments", m.object.DeploymentID)))
		return exists && bytes.Equal(served.Value, now)
	})
	return all, snapshot, nil
}

// settle has stages that serve what is defined say so, where the last attempt failed and the change was taken back.
func (s *Server) settle(tx *cluster.Tx, api gateway.Key) error {
	all, err := members[gateway.Stage](tx, api+"/stages")
	if err != nil {
		return err
	}
	for _, stage := range all {
		if !stage.object.AutoDeploy || !strings.HasPrefix(stage.object.LastDeploymentStatusMessage, failedAttempt) {
			continue
		}
		deployment, err := was[gateway.Deployment](tx, api.Child("deployments", stage.object.DeploymentID))
		if err != nil {
			return err
		}
		if err := s.point(tx, []member[gateway.Stage]{stage}, deployment.DeploymentID, deployedAs(&deployment)); err != nil {
			return err
		}
	}
	return nil
}

// point has stages serve a deployment, or go on as they are if there is none, and say what happened.
func (s *Server) point(tx *cluster.Tx, stages []member[gateway.Stage], deployment, message string) error {
	for _, stage := range stages {
		if deployment == "" && stage.object.LastDeploymentStatusMessage == message {
			continue
		}
		stage.object.LastDeploymentStatusMessage = message
		if deployment != "" {
			stage.object.DeploymentID = deployment
		}
		stage.object.Locate(stage.key, s.Now())
		if err := tx.Put(stage.key, &stage.object); err != nil {
			return err
		}
	}
	return nil
}

// forget deletes the oldest automatic deployments that no stage serves.
func forget(tx *cluster.Tx, api gateway.Key) error {
	served := map[string]bool{}
	stages, err := members[gateway.Stage](tx, api+"/stages")
	if err != nil {
		return err
	}
	for _, stage := range stages {
		served[stage.object.DeploymentID] = true
	}
	all, err := members[gateway.Deployment](tx, api+"/deployments")
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(m member[gateway.Deployment]) bool {
		return !m.object.AutoDeployed || served[m.key.ID()]
	})
	for _, old := range all[:max(0, len(all)-keptAutomatic)] {
		tx.Delete(old.key)
	}
	return nil
}
