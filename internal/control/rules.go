package control

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gangway/internal/cluster"
	"gangway/internal/gateway"
)

// What objects of version 2 owe to each other, besides what [gateway.Object]'s References says.

// checkRoute makes sure of the models that a route names.
func checkRoute(_ *call, tx *cluster.Tx, key gateway.Key, route *gateway.Route) error {
	return modelsExist(tx, apiOf(key), route.Models())
}

func checkRouteResponse(_ *call, tx *cluster.Tx, key gateway.Key, response *gateway.RouteResponse) error {
	return modelsExist(tx, apiOf(key), response.Models())
}

func modelsExist(tx *cluster.Tx, api gateway.Key, names []string) error {
	if len(names) == 0 {
		return nil
	}
	all, err := members[gateway.Model](tx, api+"/models")
	if err != nil {
		return err
	}
	for _, name := range names {
		if !slices.ContainsFunc(all, func(m member[gateway.Model]) bool { return m.object.Name == name }) {
			return gateway.Errorf(gateway.ErrInvalid, "Invalid model identifier specified: %s. Expected the name of a model of this API", name)
		}
	}
	return nil
}

// checkModel keeps a model that routes name from changing its name.
func checkModel(_ *call, tx *cluster.Tx, key gateway.Key, model *gateway.Model) error {
	before, err := was[gateway.Model](tx, key)
	if err != nil || before.Name == "" || before.Name == model.Name {
		return err
	}
	return modelFree(tx, key, before.Name, "rename")
}

// modelFree refuses to take a model's name from those who use it.
func modelFree(in reader, key gateway.Key, name, verb string) error {
	all, err := members[gateway.Route](in, apiOf(key)+"/routes")
	if err != nil {
		return err
	}
	for _, route := range all {
		named := route.object.Models()
		responses, err := members[gateway.RouteResponse](in, route.key+"/routeresponses")
		if err != nil {
			return err
		}
		for _, response := range responses {
			named = append(named, response.object.Models()...)
		}
		if slices.Contains(named, name) {
			return gateway.Errorf(gateway.ErrConflict, "Cannot %s model '%s', is referenced in route: %s", verb, name, route.object.RouteKey)
		}
	}
	return nil
}

// checkIntegration makes sure of the VPC link that an integration comes to name: one of version 1, the only ones that lead
// WebSocket APIs to a private backend. Who may not see a link may not go through it.
func checkIntegration(c *call, tx *cluster.Tx, key gateway.Key, integration *gateway.Integration) error {
	if most := c.MaxTimeout.Milliseconds(); int64(integration.TimeoutInMillis) > most {
		return gateway.Errorf(gateway.ErrInvalid, "Timeout should be between 50 ms and %d ms", most)
	}
	id := integration.ConnectionID
	if integration.ConnectionType != "VPC_LINK" {
		return nil
	}
	before, err := was[gateway.Integration](tx, key)
	if err != nil || before.ConnectionID == id && before.ConnectionType == integration.ConnectionType {
		return err
	}
	if strings.Contains(id, "${") { // whoever writes the stage variable chooses, and may choose any
		return c.may(get, "vpclinksv1/*")
	}
	link := gateway.Key("").Child("vpclinksv1", id)
	if err := c.may(get, link); err != nil {
		return err
	}
	if has(tx, link) {
		return nil
	}
	if has(tx, gateway.Key("").Child("vpclinks", id)) {
		return gateway.Errorf(gateway.ErrInvalid, "VPC link %s is of version V2, for HTTP APIs. Integrations of WebSocket APIs need one of version V1: aws apigateway create-vpc-link", id)
	}
	return gateway.Errorf(gateway.ErrNotFound, "Invalid VpcLink identifier specified %s", id)
}

// integrationFree refuses to delete an integration that routes target.
func integrationFree(in reader, key gateway.Key, _ *gateway.Integration) error {
	all, err := members[gateway.Route](in, apiOf(key)+"/routes")
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

// authorizerFree refuses to delete an authorizer that a route asks.
func authorizerFree(in reader, key gateway.Key, authorizer *gateway.Authorizer) error {
	all, err := members[gateway.Route](in, apiOf(key)+"/routes")
	if err != nil {
		return err
	}
	for _, route := range all {
		if route.object.AuthorizerID == key.ID() {
			return gateway.Errorf(gateway.ErrConflict, "Cannot delete authorizer '%s', is referenced in route: %s",
				authorizer.Name, route.object.RouteKey)
		}
	}
	return nil
}

// deploymentFree refuses to delete a deployment that a stage serves.
func deploymentFree(in reader, key gateway.Key, _ *gateway.Deployment) error {
	all, err := members[gateway.Stage](in, apiOf(key)+"/stages")
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

// apiFree refuses to delete an API that a custom domain leads to.
func apiFree(in reader, key gateway.Key, _ *gateway.API) error {
	mapped, err := mappingTo(in, func(m *gateway.APIMapping) bool { return m.APIID == key.ID() })
	if err != nil || !mapped {
		return err
	}
	return gateway.Errorf(gateway.ErrInvalid,
		"Deleting API %s failed. Please remove all API mappings for the API from your custom domain names.", key.ID())
}

// stageFree refuses to delete a stage that a custom domain leads to.
func stageFree(in reader, key gateway.Key, _ *gateway.Stage) error {
	name := gateway.StageKey{API: apiOf(key).ID(), Stage: key.ID()}
	mapped, err := mappingTo(in, func(m *gateway.APIMapping) bool { return m.StageKey() == name })
	if err != nil || !mapped {
		return err
	}
	return gateway.Errorf(gateway.ErrInvalid,
		"Deleting stage %s failed. Please remove all API mappings for the stage from your custom domain names.", key.ID())
}

// mappingTo says whether there is a mapping of a kind on any domain.
func mappingTo(in reader, is func(*gateway.APIMapping) bool) (bool, error) {
	for _, domain := range in.List("domainnames") {
		all, err := members[gateway.APIMapping](in, domain.Key+"/apimappings")
		if err != nil {
			return false, err
		}
		for i := range all {
			if is(&all[i].object) {
				return true, nil
			}
		}
	}
	return false, nil
}

// checkMapping makes sure of the stage that a mapping leads to. API Gateway answers 400 here, where it says 404 elsewhere.
// Who may not see an API may not put it under a name of their own.
func checkMapping(c *call, tx *cluster.Tx, _ gateway.Key, mapping *gateway.APIMapping) error {
	var sent struct {
		APIID string `json:"apiId"` // required in an update too: service model
	}
	if err := decode(c.body, &sent); err != nil {
		return err
	}
	if sent.APIID == "" {
		return gateway.Errorf(gateway.ErrInvalid, "Invalid API identifier specified: apiId is required")
	}
	stage := mapping.StageKey().Key()
	if err := c.may(get, stage.Parent()); err != nil {
		return err
	}
	if !has(tx, stage.Parent()) {
		return gateway.Errorf(gateway.ErrInvalid, "Invalid API identifier specified")
	}
	if !has(tx, stage) {
		return gateway.Errorf(gateway.ErrInvalid, "Invalid stage identifier specified")
	}
	return nil
}

// checkStage holds a stage against its API and the account.
func checkStage(c *call, tx *cluster.Tx, key gateway.Key, stage *gateway.Stage) error {
	before, err := was[gateway.Stage](tx, key)
	if err != nil {
		return err
	}
	if err := c.checkDeploymentID(stage); err != nil {
		return err
	}
	if stage.ClientCertificateID != before.ClientCertificateID {
		if err := c.checkCertificate(tx, stage.ClientCertificateID); err != nil {
			return err
		}
	}
	if err := checkRouteSettings(tx, key, &before, stage); err != nil {
		return err
	}
	if !stage.Logs() || before.Logs() {
		return nil
	}
	account, err := readAccount(tx)
	if err == nil && account.CloudWatchRoleARN == "" {
		err = gateway.Errorf(gateway.ErrInvalid, "CloudWatch Logs role ARN must be set in account settings to enable logging")
	}
	return err
}

// checkCertificate makes sure of the certificate that a stage is to show to backends. Who may not see one may not show it.
func (c *call) checkCertificate(tx *cluster.Tx, id string) error {
	if id == "" {
		return nil
	}
	key := gateway.Key("").Child("clientcertificates", id)
	if err := c.may(get, key); err != nil {
		return err
	}
	if !has(tx, key) {
		return gateway.Errorf(gateway.ErrInvalid, "Invalid client certificate id specified: %s", id)
	}
	return nil
}

// checkDeploymentID refuses a deployment from a client while deployments are automatic.
func (c *call) checkDeploymentID(stage *gateway.Stage) error {
	var sent struct {
		DeploymentID string `json:"deploymentId"`
	}
	if !stage.AutoDeploy || c.operation.body == nil {
		return nil
	}
	if err := decode(c.body, &sent); err != nil || sent.DeploymentID == "" {
		return err
	}
	return errAutoDeploy(stage.StageName)
}

// checkRouteSettings makes sure that each new key of a stage's route settings names a route. The reserved keys are taken
// with or without one, and a key whose route has gone since is no reason to refuse another change.
func checkRouteSettings(tx *cluster.Tx, key gateway.Key, before, stage *gateway.Stage) error {
	if len(stage.RouteSettings) == 0 {
		return nil
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

// forgetStages takes stages that are gone, one or all of an API, out of usage plans: one that is made later under the
// same name does not come into what was meant for this one.
func forgetStages(tx *cluster.Tx, key gateway.Key) error {
	all, err := members[gateway.UsagePlan](tx, "usageplans")
	if err != nil {
		return err
	}
	for _, plan := range all {
		left := slices.DeleteFunc(slices.Clone(plan.object.APIStages), func(s gateway.APIStage) bool {
			return gateway.StageKey{API: s.APIID, Stage: s.Stage}.Key().Within(key)
		})
		if len(left) == len(plan.object.APIStages) {
			continue
		}
		plan.object.APIStages = left
		if err := tx.Put(plan.key, &plan.object); err != nil {
			return fmt.Errorf("forget stage: %w", err)
		}
	}
	return nil
}
