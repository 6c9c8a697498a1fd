package node

import (
	"cmp"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"gangway/internal/cluster"
	"gangway/internal/edge"
	"gangway/internal/gateway"
	"gangway/internal/journal"
	"gangway/internal/program"
)

// follow has every stage run what its deployment says, now and after each write. A write returns when the stages it
// touches have changed, so that who deploys and then connects meets what was deployed.
func (n *Node) follow() {
	n.admitCallers()
	n.admitKeys()
	n.recall()
	n.admitDomains()
	objects := n.shared.Objects()
	for _, api := range objects.List("apis") {
		n.restageAll(api.Key)
	}
	objects.Watch(n.changed)
}

// changed follows a write.
func (n *Node) changed(keys []gateway.Key) {
	once := map[string]func(){
		"credentials": n.admitCallers,
		"apikeys":     n.admitKeys, "usageplans": n.admitKeys, "keys": n.admitKeys,
		"domainnames": n.admitDomains, "apimappings": n.admitDomains,
	}
	asked := map[string]bool{}
	for _, key := range keys {
		switch kind := key.Kind(); kind {
		case "stages":
			n.restage(key)
		case "apis":
			n.restageAll(key)
		default:
			if do := once[kind]; do != nil && !asked[kind] {
				asked[kind] = true
				do()
			}
		}
	}
	for _, key := range keys {
		if key.Kind() == "usage" { // after the keys that it is about
			n.recount(key)
		}
	}
}

// restageAll follows what stages take from their API.
func (n *Node) restageAll(api gateway.Key) {
	for _, stage := range n.shared.Objects().List(api + "/stages") {
		n.restage(stage.Key)
	}
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

// restage puts a stage as it is now in the place of what ran before. It is compiled anew only if what a program is made of has
// changed; settings act without. A stage that is gone, or has no deployment, runs nothing.
func (n *Node) restage(key gateway.Key) {
	name := gateway.StageKey{API: key.Parent().ID(), Stage: key.ID()}
	var stage gateway.Stage
	exists, err := n.read(key, &stage)
	if err == nil && (!exists || stage.DeploymentID == "") {
		n.unstage(key, name)
		return
	}
	if err != nil {
		n.shut(key, nil, err)
		return
	}
	running, err := n.stage(key, &stage, name)
	if err != nil {
		n.shut(key, &stage, err)
		return
	}
	n.staged[key] = running
	n.stages.Set(name, running.program, running.settings)
	n.tell(key, running.program.Notes())
}

// What the log says to do about a definition that cannot be followed.
const (
	mendTags  = "TagResource or UntagResource, with all tags that begin with gangway: and are not understood in one call"
	mendStage = "mend what the error names: a tag by " + mendTags + "; anything else by UpdateStage"
)

// shut lets nobody into a stage whose definition cannot be followed: what it says may have been meant to keep somebody out. Who
// is there stays, with the program and the options that ran before. A stage of which none ran is not there at all.
func (n *Node) shut(key gateway.Key, stage *gateway.Stage, err error) {
	name := gateway.StageKey{API: key.Parent().ID(), Stage: key.ID()}
	n.cfg.Log.Error("stage takes no clients, for its definition cannot be followed",
		"api", name.API, "stage", name.Stage, "error", err, "remedy", mendStage)
	before, ran := n.staged[key]
	if !ran {
		return
	}
	settings := before.settings
	if stage != nil { // it could be read, so its throttles hold
		settings = n.settings(name, stage, &before.settings.Options, before.veiled())
	}
	settings.Closed = errors.New(err.Error()) // of no kind: the fault is not the client's
	n.stages.Set(name, before.program, settings)
}

// unstage takes down a stage that runs nothing.
func (n *Node) unstage(key gateway.Key, name gateway.StageKey) {
	n.stages.Set(name, nil, edge.Settings{})
	delete(n.told, key)
	delete(n.staged, key)
}

// staged is what runs on a stage.
type staged struct {
	recipe   recipe
	program  *program.Program
	secrets  []string // identity sources of authorizers: no log may show them
	settings edge.Settings
}

// veiled are all sources of secrets of a stage.
func (s *staged) veiled() []string { return slices.Concat(s.secrets, tokenSources(s.recipe.token)) }

// stage makes what is to run on a stage, of what runs there already as far as that has not changed.
func (n *Node) stage(key gateway.Key, stage *gateway.Stage, name gateway.StageKey) (staged, error) {
	options, err := n.options(key.Parent(), stage)
	if err != nil {
		return staged{}, err
	}
	next := staged{recipe: recipe{stage.DeploymentID, stage.ClientCertificateID, stage.StageVariables, options.JWT}}
	if before, known := n.staged[key]; known && before.recipe.equal(&next.recipe) {
		next.program, next.secrets = before.program, before.secrets
	} else if err := n.compile(key, &next, name); err != nil {
		return staged{}, err
	}
	next.settings = n.settings(name, stage, &options, next.veiled())
	return next, nil
}

// options are what the tags of an API and of its stage ask for.
func (n *Node) options(key gateway.Key, stage *gateway.Stage) (gateway.Options, error) {
	var api gateway.API
	exists, err := n.read(key, &api)
	if err == nil && !exists {
		err = errors.New("the API is not there")
	}
	if err != nil {
		return gateway.Options{}, err
	}
	if _, err := gateway.ReadOptions(api.Tags); err != nil {
		return gateway.Options{}, fmt.Errorf("tags of the API: %w", err)
	}
	options, err := gateway.ReadOptions(api.Tags, stage.Tags)
	if err != nil {
		return gateway.Options{}, fmt.Errorf("tags of the stage: %w", err)
	}
	return options, nil
}

// tokenSources are where clients of a stage have their tokens.
func tokenSources(asked *gateway.JWTOptions) []string {
	if asked == nil {
		return nil
	}
	return asked.Sources
}

// settings are what a stage has beside its program.
func (n *Node) settings(name gateway.StageKey, stage *gateway.Stage, options *gateway.Options, secrets []string) edge.Settings {
	all := edge.Settings{Options: *options, Routes: map[string]gateway.Throttle{}}
	usual := &stage.DefaultRouteSettings
	all.Default = gateway.Throttle{BurstLimit: usual.ThrottlingBurstLimit, RateLimit: usual.ThrottlingRateLimit}
	for key, own := range stage.RouteSettings {
		if own.ThrottlingBurstLimit != nil || own.ThrottlingRateLimit != nil {
			all.Routes[key] = gateway.Throttle{ // an absent member leaves that of the stage
				BurstLimit: cmp.Or(own.ThrottlingBurstLimit, usual.ThrottlingBurstLimit),
				RateLimit:  cmp.Or(own.ThrottlingRateLimit, usual.ThrottlingRateLimit),
			}
		}
	}
	all.Observers = append(all.Observers, n.metrics.Of(name), &n.tail)
	if n.tracer != nil {
		all.Observers = append(all.Observers, n.tracer)
	}
	logs := n.logs(name, stage, secrets)
	if logs != nil {
		all.Observers = append(all.Observers, logs)
	}
	all.Detail = func(routeKey string) bool { return logs.Detail(routeKey) || n.tail.Detail(name) }
	return all
}

// logs are those that a stage writes. An access log that cannot be written is no reason to hold back what else is asked for.
func (n *Node) logs(name gateway.StageKey, stage *gateway.Stage, secrets []string) *journal.StageLogs {
	logs, err := journal.NewStage(n.journal, name, stage, secrets...)
	if err == nil {
		return logs
	}
	n.cfg.Log.Error("stage writes no access log: its accessLogSettings cannot be used", "api", name.API, "stage", name.Stage, "error", err)
	others := *stage
	others.AccessLogSettings = nil
	if logs, err = journal.NewStage(n.journal, name, &others, secrets...); err != nil {
		n.cfg.Log.Error("stage writes no logs", "api", name.API, "stage", name.Stage, "error", err)
	}
	return logs
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
	token                   *gateway.JWTOptions
}

func (r *recipe) equal(other *recipe) bool {
	return r.deployment == other.deployment && r.certificate == other.certificate && maps.Equal(r.variables, other.variables) &&
		reflect.DeepEqual(r.token, other.token)
}

func (n *Node) compile(key gateway.Key, into *staged, name gateway.StageKey) (err error) {
	of := &into.recipe
	var snapshot gateway.Snapshot
	deployment := key.Parent().Child("deployments", of.deployment)
	exists, err := n.read(cluster.SnapshotKey(deployment), &snapshot)
	if err == nil && !exists {
		err = errors.New("the deployment is not there")
	}
	if err != nil {
		return err
	}
	for i := range snapshot.Authorizers {
		into.secrets = append(into.secrets, snapshot.Authorizers[i].IdentitySource...)
	}
	env := n.env
	env.Stage, env.Variables, env.JWT = name, of.variables, of.token
	env.Fault = n.cfg.Rehearsal.faultsOf(name)
	if env.Certificate, err = n.certificate(of.certificate); err != nil {
		return err
	}
	if into.program, err = program.Compile(&snapshot, env); err != nil {
		return fmt.Errorf("compile: %w", err)
	}
	return nil
}

// certificate is what HTTP backends are shown; nil: nothing.
func (n *Node) certificate(id string) (*tls.Certificate, error) {
	if id == "" {
		return nil, nil
	}
	var certificate gateway.ClientCertificate
	if _, err := n.read(gateway.Key("").Child("clientcertificates", id), &certificate); err != nil {
		return nil, err
	}
	pair, err := certificate.Pair()
	if err != nil {
		return nil, fmt.Errorf("compile: %w", err)
	}
	return &pair, nil
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
