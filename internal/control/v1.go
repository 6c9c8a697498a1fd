package control

import (
	"slices"
	"strings"

	"gangway/internal/cluster"
	"gangway/internal/gateway"
)

// The resources of version 1 that WebSocket APIs need: "Amazon API Gateway Version 1 API Reference".
var (
	apiKeys = &resource[gateway.APIKey, *gateway.APIKey]{
		noun: "API Key", idLen: 10, v1: true, quota: "apikeys", gone: forgetKey,
		unique: func(k *gateway.APIKey) string { return k.Value },
		taken:  func(string) string { return "API Key already exists" },
		pick: func(c *call, _ gateway.Key, k *gateway.APIKey) bool {
			customer := c.query.Get("customerId")
			return strings.HasPrefix(k.Name, c.query.Get("name")) && (customer == "" || k.CustomerID == customer)
		},
		show: func(c *call, _ gateway.Key, k *gateway.APIKey) error {
			asked := c.query.Get("includeValue") == "true" || c.query.Get("includeValues") == "true"
			if c.operation.Method != post && (c.operation.Method != get || !asked) {
				k.Value = ""
			}
			return nil
		},
	}
	plans = &resource[gateway.UsagePlan, *gateway.UsagePlan]{
		noun: "Usage Plan", idLen: 6, v1: true, quota: "usageplans", check: checkPlan, free: planFree,
		pick: func(c *call, key gateway.Key, _ *gateway.UsagePlan) bool {
			id := c.query.Get("keyId")
			_, has := c.Objects.Get(key.Child("keys", id))
			return id == "" || has
		},
	}
	planKeys = &resource[gateway.UsagePlanKey, *gateway.UsagePlanKey]{
		noun: "usage plan key", v1: true, check: checkPlanKey,
		admit: func(c *call, _ gateway.Key, k *gateway.UsagePlanKey) error {
			return c.may(get, gateway.Key("").Child("apikeys", k.KeyID)) // the answer shows its value
		},
		id: func(k *gateway.UsagePlanKey) (string, error) { return k.KeyID, gateway.CheckID(k.KeyID) },
		exists: func(id string) error {
			return gateway.Errorf(gateway.ErrConflict, "Usage Plan already holds the API Key %s", id)
		},
		pick: func(c *call, key gateway.Key, k *gateway.UsagePlanKey) bool {
			return showPlanKey(c, key, k) == nil && strings.HasPrefix(k.Name, c.query.Get("name"))
		},
		show: showPlanKey,
	}
	certificates = &resource[gateway.ClientCertificate, *gateway.ClientCertificate]{
		noun: "client certificate", idLen: 6, v1: true, quota: "clientcertificates", free: certificateFree,
		show: func(_ *call, _ gateway.Key, p *gateway.ClientCertificate) error {
			*p = p.Shown()
			return nil
		},
	}
	linksV1 = &resource[gateway.VPCLinkV1, *gateway.VPCLinkV1]{
		noun: "VpcLink", idLen: 6, v1: true, quota: "vpclinks", free: linkFree,
	}
)

// maxPatches is the most that a patch document may hold; the service does not document its own figure.
const maxPatches = 1000

func patchBody() []any { return []any{new(gateway.Patches)} }

// patches reads a patch document.
func (c *call) patches() ([]gateway.Patch, error) {
	var document gateway.Patches
	err := decode(c.body, &document)
	if n := len(document.Operations); err == nil && n > maxPatches {
		err = gateway.Errorf(gateway.ErrInvalid, "Too many patch operations: expected at most %d, got %d", maxPatches, n)
	}
	return document.Operations, err
}

// patch applies a patch document to the object that the path names.
func (r *resource[T, P]) patch() action {
	return action{body: patchBody, serve: func(c *call) (any, error) {
		patches, err := c.patches()
		if err != nil {
			return nil, err
		}
		return r.modify(c, c.key, func(p P) error { return apply(any(p).(patched), patches) })
	}}
}

// patched is an object that a patch document can change.
type patched interface {
	Patch(p gateway.Patch) error
}

func apply(p patched, patches []gateway.Patch) error {
	for _, one := range patches {
		if err := p.Patch(one); err != nil {
			return err
		}
	}
	return nil
}

// checkPlan makes sure of the stages that a usage plan adds. Who may not see an API may not meter it.
func checkPlan(c *call, tx *cluster.Tx, key gateway.Key, plan *gateway.UsagePlan) error {
	before, err := was[gateway.UsagePlan](tx, key)
	if err != nil {
		return err
	}
	for _, s := range plan.APIStages {
		stage := gateway.StageKey{API: s.APIID, Stage: s.Stage}
		if before.Covers(stage) {
			continue
		}
		if err := c.may(get, stage.Key()); err != nil {
			return err
		}
		if has(tx, stage.Key()) {
			continue
		}
		if before.ID == "" {
			return gateway.Errorf(gateway.ErrNotFound, "API Stage not found: %s:%s", s.APIID, s.Stage)
		}
		return gateway.Errorf(gateway.ErrNotFound, "Invalid API Stage {api: %s, stage: %s} specified for usageplan %s", s.APIID, s.Stage, key.ID())
	}
	return nil
}

// planFree refuses to delete a usage plan that meters stages.
func planFree(_ reader, key gateway.Key, plan *gateway.UsagePlan) error {
	if len(plan.APIStages) == 0 {
		return nil
	}
	return gateway.Errorf(gateway.ErrInvalid,
		"Cannot delete Usage Plan %s because there are API stages associated with it. Please remove these first.", key.ID())
}

// checkPlanKey makes sure of an API key that comes into a usage plan: that it exists, that it is not in too many plans, and
// that no other of its plans is for the same stage, or nobody could say which plan counts.
func checkPlanKey(c *call, tx *cluster.Tx, key gateway.Key, planKey *gateway.UsagePlanKey) error {
	if err := c.exists(tx, gateway.Key("").Child("apikeys", planKey.ID)); err != nil {
		return err
	}
	all, err := members[gateway.UsagePlan](tx, "usageplans")
	if err != nil {
		return err
	}
	this := slices.IndexFunc(all, func(m member[gateway.UsagePlan]) bool { return m.key == key.Parent() })
	if this < 0 {
		return c.exists(tx, key.Parent())
	}
	count := 0
	for i, plan := range all {
		if i == this || !has(tx, plan.key.Child("keys", planKey.ID)) {
			continue
		}
		count++
		for _, s := range plan.object.APIStages {
			if all[this].object.Covers(gateway.StageKey{API: s.APIID, Stage: s.Stage}) {
				return gateway.Errorf(gateway.ErrConflict, "API Key %s is in Usage Plan %s, which is for the same stage %s:%s",
					planKey.ID, plan.key.ID(), s.APIID, s.Stage)
			}
		}
	}
	if limit := c.Quotas["plansperkey"]; limit > 0 && count >= limit {
		return gateway.Errorf(gateway.ErrConflict, "Maximum number of Usage Plans for this API Key has been reached: the limit is %d. "+
			"The setting --quotas plansperkey=… raises it", limit)
	}
	return nil
}

// showPlanKey adds what a usage plan key has from its API key.
func showPlanKey(c *call, _ gateway.Key, planKey *gateway.UsagePlanKey) error {
	stored, exists := c.Objects.Get(gateway.Key("").Child("apikeys", planKey.ID))
	if !exists {
		return nil // deleted since
	}
	key, err := apiKeys.decode(stored)
	if err != nil {
		return err
	}
	planKey.Name, planKey.Value = key.Name, key.Value
	return nil
}

// forgetKey takes an API key that is gone out of its usage plans.
func forgetKey(tx *cluster.Tx, key gateway.Key) error {
	for _, plan := range tx.List("usageplans") {
		if planKey := plan.Key.Child("keys", key.ID()); has(tx, planKey) {
			tx.Delete(planKey)
		}
	}
	return nil
}

// certificateFree refuses to delete a client certificate that a stage shows to backends.
func certificateFree(in reader, key gateway.Key, _ *gateway.ClientCertificate) error {
	for _, api := range in.List("apis") {
		all, err := members[gateway.Stage](in, api.Key+"/stages")
		if err != nil {
			return err
		}
		for _, stage := range all {
			if stage.object.ClientCertificateID == key.ID() {
				return gateway.Errorf(gateway.ErrConflict, "Cannot delete client certificate '%s', is referenced in stage: %s:%s",
					key.ID(), api.Key.ID(), stage.object.StageName)
			}
		}
	}
	return nil
}

// linkFree refuses to delete a VPC link that an integration goes through.
func linkFree(in reader, key gateway.Key, _ *gateway.VPCLinkV1) error {
	for _, api := range in.List("apis") {
		all, err := members[gateway.Integration](in, api.Key+"/integrations")
		if err != nil {
			return err
		}
		for _, integration := range all {
			if integration.object.ConnectionID == key.ID() {
				return gateway.Errorf(gateway.ErrInvalid, "Cannot delete vpc link. Vpc link '%s', is referenced in integration %s of API %s",
					key.ID(), integration.object.IntegrationID, api.Key.ID())
			}
		}
	}
	return nil
}

// readAccount is what the account says; the defaults, if nobody has written anything.
func readAccount(in reader) (*gateway.Account, error) {
	account := new(gateway.Account)
	if stored, exists := in.Get(gateway.AccountKey); exists {
		if err := decodeStored(stored, account); err != nil {
			return nil, err
		}
	}
	return account, nil
}

func getAccount(c *call) (any, error) {
	account, err := readAccount(c.Objects)
	if err != nil {
		return nil, err
	}
	account.Locate(gateway.AccountKey, c.Now())
	c.showThrottle(account)
	return account, nil
}

// showThrottle writes the throttle that holds, which is a setting of the node.
func (s *Server) showThrottle(account *gateway.Account) {
	if s.Throttle != (gateway.Throttle{}) {
		account.ThrottleSettings = s.Throttle
	}
}

func updateAccount(c *call) (any, error) {
	patches, err := c.patches()
	if err != nil {
		return nil, err
	}
	var account *gateway.Account
	err = c.update(func(tx *cluster.Tx) (err error) {
		if account, err = readAccount(tx); err != nil {
			return err
		}
		if err := apply(account, patches); err != nil {
			return err
		}
		account.Locate(gateway.AccountKey, c.Now())
		if err := account.Validate(); err != nil {
			return err
		}
		err = tx.Put(gateway.AccountKey, account)
		c.showThrottle(account)
		return err
	})
	return account, err
}
