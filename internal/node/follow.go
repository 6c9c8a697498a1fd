package node

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"gangway/internal/cluster"
	"gangway/internal/gateway"
	"gangway/internal/program"
)

// follow has every stage run what its deployment says, now and after each write. A write returns when the stages it
// touches have changed, so that who deploys and then connects meets what was deployed.
func (n *Node) follow() {
	n.admitCallers()
	objects := n.shared.Objects()
	for _, api := range objects.List("apis") {
		for _, stage := range objects.List(api.Key + "/stages") {
			n.restage(stage.Key)
		}
	}
	objects.Watch(func(keys []gateway.Key) {
		callers := false
		for _, key := range keys {
			switch key.Kind() {
			case "stages":
				n.restage(key)
			case "credentials":
				callers = true
			}
		}
		if callers {
			n.admitCallers()
		}
	})
}

// admitCallers lets those call who have credentials now, and nobody else.
func (n *Node) admitCallers() {
	var all []gateway.Credential
	for _, object := range n.shared.Objects().List("credentials") {
		var credential gateway.Credential
		if _, err := n.read(object.Key, &credential); err != nil {
			n.cfg.Log.Error("credential cannot be used", "name", object.Key.ID(), "error", err)
			continue
		}
		all = append(all, credential)
	}
	n.callers.Replace(all)
}

// upstream is where integrations with a VPC link are dialled; empty: where their URI says.
func (n *Node) upstream(link string) (address string, known bool) {
	var found gateway.VPCLinkV1
	known, err := n.read(gateway.Key("").Child("vpclinksv1", link), &found)
	if err != nil {
		n.cfg.Log.Error("VPC link cannot be used", "id", link, "error", err)
	}
	return found.Upstream(), known && err == nil
}

// restage compiles a stage as it is now, and puts it in the place of what ran before. A stage that is gone, or has no
// deployment, runs nothing. What a program is not made of, such as tags, changes nothing.
func (n *Node) restage(key gateway.Key) {
	name := gateway.StageKey{API: key.Parent().ID(), Stage: key.ID()}
	var stage gateway.Stage
	exists, err := n.read(key, &stage)
	made := recipe{stage.DeploymentID, stage.ClientCertificateID, stage.StageVariables}
	if before, known := n.staged[key]; known && exists && err == nil && before.equal(made) {
		return
	}
	delete(n.staged, key)
	var compiled *program.Program
	if exists && err == nil {
		compiled, err = n.compile(key, &stage, name)
	}
	if err != nil {
		// What was deployed has compiled before; what ran goes on running.
		n.cfg.Log.Error("stage cannot be run", "api", name.API, "stage", name.Stage, "error", err)
		return
	}
	n.stages.Set(name, compiled)
	if compiled == nil {
		delete(n.told, key)
		return
	}
	n.staged[key] = made
	n.tell(key, compiled.Notes())
}

// tell logs what a stage asks for and this version cannot do, once for as long as it does: a stage with autoDeploy changes
// often.
func (n *Node) tell(key gateway.Key, notes []string) {
	told := n.told[key]
	n.told[key] = notes
	for _, note := range notes {
		if !slices.Contains(told, note) {
			n.cfg.Log.Warn("not all of a stage can run", "api", key.Parent().ID(), "stage", key.ID(), "what", note)
		}
	}
}

// recipe is what a stage's program is made of: neither deployments nor certificates change.
type recipe struct {
	deployment, certificate string
	variables               gateway.Map
}

func (r recipe) equal(other recipe) bool {
	return r.deployment == other.deployment && r.certificate == other.certificate && maps.Equal(r.variables, other.variables)
}

func (n *Node) compile(key gateway.Key, stage *gateway.Stage, name gateway.StageKey) (*program.Program, error) {
	if stage.DeploymentID == "" {
		return nil, nil
	}
	var snapshot gateway.Snapshot
	deployment := key.Parent().Child("deployments", stage.DeploymentID)
	if exists, err := n.read(cluster.SnapshotKey(deployment), &snapshot); err != nil || !exists {
		return nil, err
	}
	env := n.env
	env.Stage, env.Variables = name, stage.StageVariables
	if id := stage.ClientCertificateID; id != "" {
		var certificate gateway.ClientCertificate
		if _, err := n.read(gateway.Key("").Child("clientcertificates", id), &certificate); err != nil {
			return nil, err
		}
		pair, err := certificate.Pair()
		if err != nil {
			return nil, fmt.Errorf("compile: %w", err)
		}
		env.Certificate = &pair
	}
	compiled, err := program.Compile(&snapshot, env)
	if err != nil {
		return nil, fmt.Errorf("compile: %w", err)
	}
	return compiled, nil
}

// check says whether a snapshot would run on a stage, and what of it would not.
func (n *Node) check(snapshot *gateway.Snapshot) (notes []string, err error) {
	compiled, err := program.Compile(snapshot, program.Env{Upstream: n.upstream})
	if err != nil {
		return nil, err
	}
	return compiled.Notes(), nil
}

// read decodes a definition, if it is there.
func (n *Node) read(key gateway.Key, into any) (exists bool, err error) {
	object, ok := n.shared.Objects().Get(key)
	if !ok {
		return false, nil
	}
	if err := json.Unmarshal(object.Value, into); err != nil {
		return true, fmt.Errorf("decode %s: %w", key, err)
	}
	return true, nil
}
