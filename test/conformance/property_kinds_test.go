package conformance_test

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// object is JSON.
type object = map[string]any

// drawing makes a value for a member of an object that belongs to up; next is the object as it is so far. Nil: nothing is sent.
type drawing func(t *rapid.T, w *world, up *thing, next object) any

// merging is what an update does with a member: "PATCH" of the operations of apigatewayv2, as observed. What is absent stays.
type merging int

const (
	replace merging = iota
	once            // only a creation can set it
	kept            // an empty text is as not sent
	fold            // a map: keys are added and replaced, those with an empty text removed
	union           // a map or an object: keys are added and replaced
)

// rule is what the oracle knows of a member.
type rule struct {
	name   string
	draw   drawing
	merge  merging
	must   bool // in a creation
	always bool // in an update, too
	omit   bool // not shown while it is empty
}

// kind is what the oracle knows of a kind of object.
type kind struct {
	collection string // below what it belongs to
	of         *kind
	id         string   // the member that is its id
	v1         bool     // changed by patch documents; lists are the newest first
	own        []string // members that the control plane makes, and never changes
	moving     []string // that it makes, and may change
	usual      object   // what is shown of members that nobody has set
	rules      []rule
	patches    []patching // of version 1

	// refuse are the statuses with which the control plane may refuse an object; none: it must not. Self is nil for a new one.
	refuse func(w *world, up, self *thing, next object) []int
	// free is the status with which it refuses a deletion; 0: it must not.
	free func(w *world, self *thing) int
	// made and gone are what else a creation and a deletion do.
	made, gone func(w *world, self *thing, body object)
	// view is what follows from other objects.
	view func(w *world, self *thing, shown object)
	// reads is the query that shows everything.
	reads string
	// most is the quota of how many one parent may have; 0: none.
	most int

	created, deleted int // statuses that are not 201 and 204
}

// patching is one thing that a patch document can do.
type patching struct {
	op, path string
	draw     drawing
	do       func(next object, value string)
}

func (k *kind) creates() int { return cmp.Or(k.created, http.StatusCreated) }
func (k *kind) deletes() int { return cmp.Or(k.deleted, http.StatusNoContent) }

func sample(values ...any) drawing {
	return func(t *rapid.T, _ *world, _ *thing, _ object) any { return rapid.SampledFrom(values).Draw(t, "value") }
}

// texts of a map: some names, and values out of some.
func mapping(names []string, values ...any) drawing {
	return func(t *rapid.T, _ *world, _ *thing, _ object) any {
		made := object{}
		for _, name := range names {
			if rapid.Bool().Draw(t, name) {
				made[name] = rapid.SampledFrom(values).Draw(t, "value")
			}
		}
		return made
	}
}

// rarely is true now and then.
func rarely(t *rapid.T) bool { return rapid.IntRange(0, 7).Draw(t, "rarely") == 0 }

// having are the values of a member of the objects of a kind that belong to something, or, now and then, one that none has.
func (w *world) having(t *rapid.T, k *kind, up *thing, member string) string {
	var found []string
	for _, one := range w.all(k, up) {
		if text, ok := one.shown[member].(string); ok {
			found = append(found, text)
		}
	}
	if len(found) == 0 || rarely(t) {
		return "nosuchid"
	}
	return rapid.SampledFrom(found).Draw(t, member)
}

// named is the id of an object of a kind below the same API, or of the account.
func named(k *kind, before string) drawing {
	return func(t *rapid.T, w *world, up *thing, _ object) any {
		if k.of == nil {
			up = nil
		}
		return before + w.having(t, k, up.top(), k.id)
	}
}

// fitting is a value that another member asks for; as a rule it is there if and only if that one has a value.
func fitting(member string, value, otherwise any, draw drawing) drawing {
	return func(t *rapid.T, w *world, up *thing, next object) any {
		wanted := next[member] == value
		if rarely(t) {
			wanted = !wanted
		}
		if !wanted {
			return otherwise
		}
		return draw(t, w, up, next)
	}
}

// models are names of models by the values of a selection expression.
func models(t *rapid.T, w *world, up *thing, _ object) any {
	return object{rapid.SampledFrom([]string{"$default", "x"}).Draw(t, "key"): w.having(t, &w.model, up.top(), "name")}
}

var (
	labels       = sample("a", "b", "ä ö", strings.Repeat("n", 128))
	descriptions = sample("", "d", "<&>", strings.Repeat("d", 1024))
	flags        = sample(true, false)
	labelTags    = mapping([]string{"a", "b", "c"}, "", "x", "y")
	constraints  = []any{object{"required": true}, object{"required": false}}
	expressions  = sample("", "$request.body.x", `\$default`)
)

// settings are those of routes on a stage.
var settings = []any{
	object{"loggingLevel": "OFF", "dataTraceEnabled": true},
	object{"throttlingBurstLimit": 1.0, "throttlingRateLimit": 2.5},
	object{"loggingLevel": "INFO"},
	object{"detailedMetricsEnabled": true, "throttlingBurstLimit": 0.0},
}

func refuseStage(w *world, up, self *thing, next object) (faults []int) {
	before := object{}
	if self != nil {
		before = self.shown
	} else if w.find(&w.stage, up, next["stageName"]) != nil {
		faults = append(faults, http.StatusConflict)
	}
	if id := next["deploymentId"]; id != nil && w.find(&w.deployment, up, id) == nil {
		faults = append(faults, http.StatusNotFound)
	}
	if id := next["clientCertificateId"]; id != nil && w.find(&w.certificate, nil, id) == nil {
		faults = append(faults, http.StatusBadRequest)
	}
	known, _ := before["routeSettings"].(object)
	for key := range next["routeSettings"].(object) {
		if _, was := known[key]; !was && !strings.HasPrefix(key, "$") && w.used(&w.route, up, "routeKey", key, 1) == 0 {
			faults = append(faults, http.StatusNotFound)
		}
	}
	if logs(next) && !logs(before) && !w.logging {
		faults = append(faults, http.StatusBadRequest)
	}
	return faults
}

// logs says whether a stage writes a log.
func logs(stage object) bool {
	text := fmt.Sprint(stage["defaultRouteSettings"], stage["routeSettings"])
	return stage["accessLogSettings"] != nil || strings.Contains(text, "loggingLevel:INFO")
}

// taken are the faults of an object whose name a sibling has.
func (w *world) taken(up, self *thing, next object, member string, status int) []int {
	for _, other := range w.things {
		if other != self && other.up == up && other.shown[member] != nil && other.shown[member] == next[member] {
			return []int{status}
		}
	}
	return nil
}

// used is a status, if an object of a kind has a value in a member; else 0.
func (w *world) used(k *kind, up *thing, member, value string, status int) int {
	for _, one := range w.all(k, up) {
		if one.shown[member] == value {
			return status
		}
	}
	return 0
}

// modelUsed says whether a route of an API, or a response of one, names a model.
func (w *world) modelUsed(api *thing, name any) bool {
	return slices.ContainsFunc(w.things, func(one *thing) bool {
		for _, member := range []string{"requestModels", "responseModels"} {
			models, _ := one.shown[member].(object)
			for _, model := range models {
				if model == name && one.top() == api {
					return true
				}
			}
		}
		return false
	})
}

// unknownModel says whether models are named that an API does not have.
func (w *world) unknownModel(api *thing, models any) bool {
	named, _ := models.(object)
	for _, name := range named {
		if text, _ := name.(string); w.used(&w.model, api, "name", text, 1) == 0 {
			return true
		}
	}
	return false
}

// kinds are all kinds of object that there are.
type kinds struct {
	api, model, authorizer, integration, integrationResponse, route, routeResponse, deployment, stage kind
	domain, mapping, link, linkV1, apiKey, plan, planKey, certificate, credential                     kind
}

func newKinds() *kinds {
	k := &kinds{}
	for _, describe := range []func(){k.describeAPIs, k.describeIntegrations, k.describeRoutes, k.describeStages, k.describeDomains, k.describeLinks, k.describeKeys, k.describePlans} {
		describe()
	}
	return k
}

// every is each of them.
func (k *kinds) every() []*kind {
	return []*kind{
		&k.api, &k.model, &k.authorizer, &k.integration, &k.integrationResponse, &k.route, &k.routeResponse, &k.deployment, &k.stage,
		&k.domain, &k.mapping, &k.link, &k.linkV1, &k.apiKey, &k.plan, &k.planKey, &k.certificate, &k.credential,
	}
}

func (k *kinds) describeAPIs() {
	k.api = kind{
		collection: "/v2/apis", id: "apiId", own: []string{"apiId", "createdDate", "apiEndpoint"},
		usual: object{"disableExecuteApiEndpoint": false, "apiKeySelectionExpression": "$request.header.x-api-key", "ipAddressType": "ipv4", "tags": object{}},
		rules: []rule{
			{name: "name", draw: labels, must: true},
			{name: "protocolType", draw: sample("WEBSOCKET"), must: true, merge: once},
			{name: "routeSelectionExpression", draw: sample("$request.body.action", "$request.body.x.y", "fixed"), must: true},
			{name: "description", draw: descriptions, omit: true},
			{name: "version", draw: sample("", "1", "2"), omit: true},
			{name: "disableExecuteApiEndpoint", draw: flags},
			{name: "disableSchemaValidation", draw: flags, omit: true},
			{name: "apiKeySelectionExpression", draw: sample("$request.header.x-api-key", "$context.authorizer.usageIdentifierKey")},
			{name: "ipAddressType", draw: sample("ipv4", "dualstack")},
			{name: "tags", draw: labelTags, merge: once},
		},
		free: func(w *world, self *thing) int { return w.mapped(self.id, "") },
		gone: func(w *world, self *thing, _ object) { w.unmeter(self.id, "") },
	}
	k.model = kind{
		collection: "/models", of: &k.api, id: "modelId", own: []string{"modelId"},
		rules: []rule{
			{name: "name", draw: sample("Ma", "Mb", "Mc", "Md"), must: true},
			{name: "schema", draw: sample(`{}`, `{"type":"object"}`), must: true},
			{name: "contentType", draw: sample("", "application/json"), omit: true},
			{name: "description", draw: descriptions, omit: true},
		},
		refuse: func(w *world, up, self *thing, next object) (faults []int) {
			if self != nil && self.shown["name"] != next["name"] && w.modelUsed(up, self.shown["name"]) {
				faults = append(faults, http.StatusConflict)
			}
			return append(faults, w.taken(up, self, next, "name", http.StatusConflict)...)
		},
		free: func(w *world, self *thing) int {
			if w.modelUsed(self.up, self.shown["name"]) {
				return http.StatusConflict
			}
			return 0
		},
	}
	k.authorizer = kind{
		collection: "/authorizers", most: 4, of: &k.api, id: "authorizerId", own: []string{"authorizerId"},
		rules: []rule{
			{name: "name", draw: labels, must: true},
			{name: "authorizerType", draw: sample("REQUEST"), must: true},
			{name: "authorizerUri", draw: sample(functionURI("f"), functionURI("g")), must: true},
			{name: "identitySource", draw: sample([]any{}, []any{"route.request.header.A"}, []any{"route.request.header.A", "stageVariables.b"}), omit: true},
			{name: "authorizerCredentialsArn", draw: sample("", "arn:aws:iam::000000000000:role/r"), omit: true},
			{name: "identityValidationExpression", draw: sample("", "."), omit: true},
		},
		free: func(w *world, self *thing) int {
			return w.used(&k.route, self.up, "authorizerId", self.id, http.StatusConflict)
		},
	}
}

func (k *kinds) describeIntegrations() {
	k.integration = kind{
		collection: "/integrations", most: 5, of: &k.api, id: "integrationId", own: []string{"integrationId"},
		usual: object{"connectionType": "INTERNET", "passthroughBehavior": "WHEN_NO_MATCH", "payloadFormatVersion": "1.0", "timeoutInMillis": 29000.0},
		rules: []rule{
			{name: "integrationType", draw: sample("MOCK", "HTTP_PROXY", "HTTP"), must: true, merge: once},
			{name: "integrationMethod", draw: sample("POST", "GET"), must: true, merge: kept},
			{name: "integrationUri", draw: sample("http://127.0.0.1:1/a", "http://127.0.0.1:1/b"), must: true, merge: kept},
			{name: "description", draw: descriptions, omit: true},
			{name: "connectionType", draw: sample("INTERNET", "VPC_LINK")},
			{name: "connectionId", must: true, always: true, draw: fitting("connectionType", "VPC_LINK", "", named(&k.linkV1, "")), omit: true},
			{name: "contentHandlingStrategy", draw: sample("", "CONVERT_TO_TEXT", "CONVERT_TO_BINARY"), omit: true},
			{name: "passthroughBehavior", draw: sample("NEVER", "WHEN_NO_MATCH", "WHEN_NO_TEMPLATES")},
			{name: "requestParameters", draw: mapping([]string{"integration.request.header.a", "integration.request.querystring.b"}, "", "context.connectionId", "'x'"), merge: fold, omit: true},
			{name: "requestTemplates", draw: mapping([]string{"a", "$default"}, "{}", "x"), merge: union, omit: true},
			{name: "templateSelectionExpression", draw: expressions, omit: true},
			{name: "timeoutInMillis", draw: sample(50.0, 1000.0, 29000.0)},
		},
		refuse: func(w *world, _, _ *thing, next object) []int {
			switch link := next["connectionId"]; {
			case next["connectionType"] != "VPC_LINK":
				return nil
			case link == nil:
				return []int{http.StatusBadRequest}
			case w.find(&k.linkV1, nil, link) == nil:
				return []int{http.StatusNotFound}
			}
			return nil
		},
		view: func(_ *world, _ *thing, shown object) {
			if shown["integrationType"] != "HTTP_PROXY" {
				shown["integrationResponseSelectionExpression"] = "${integration.response.statuscode}"
			}
		},
		free: func(w *world, self *thing) int {
			return w.used(&k.route, self.up, "target", "integrations/"+self.id, http.StatusConflict)
		},
	}
	k.integrationResponse = kind{
		collection: "/integrationresponses", of: &k.integration, id: "integrationResponseId", own: []string{"integrationResponseId"},
		rules: []rule{
			{name: "integrationResponseKey", draw: sample("$default", "/200/", `/2\d\d/`), must: true},
			{name: "contentHandlingStrategy", draw: sample("", "CONVERT_TO_TEXT"), omit: true},
			{name: "responseTemplates", draw: mapping([]string{"a", "$default"}, "{}", "x"), merge: union, omit: true},
			{name: "templateSelectionExpression", draw: expressions, omit: true},
		},
		refuse: func(w *world, up, self *thing, next object) []int {
			return w.taken(up, self, next, "integrationResponseKey", http.StatusConflict)
		},
	}
}

func (k *kinds) describeRoutes() {
	k.route = kind{
		collection: "/routes", most: 5, of: &k.api, id: "routeId", own: []string{"routeId"},
		usual: object{"apiKeyRequired": false, "authorizationType": "NONE"},
		rules: []rule{
			{name: "routeKey", draw: sample("$connect", "$connect", "$disconnect", "$default", "a", "b c", "d/e"), must: true},
			{name: "apiKeyRequired", draw: flags},
			{name: "authorizationType", draw: fitting("routeKey", "$connect", "NONE", sample("NONE", "AWS_IAM", "CUSTOM", "CUSTOM"))},
			{name: "authorizerId", must: true, always: true, draw: fitting("authorizationType", "CUSTOM", "", named(&k.authorizer, "")), omit: true},
			{name: "modelSelectionExpression", draw: expressions, omit: true},
			{name: "operationName", draw: sample("", "o"), omit: true},
			{name: "requestModels", draw: models, merge: fold, omit: true},
			{name: "requestParameters", draw: mapping([]string{"route.request.header.a", "route.request.querystring.b"}, constraints...), merge: union, omit: true},
			{name: "routeResponseSelectionExpression", draw: sample("", "$default"), omit: true},
			{name: "target", draw: named(&k.integration, "integrations/"), merge: kept, omit: true},
		},
		refuse: func(w *world, up, self *thing, next object) []int {
			faults := w.taken(up, self, next, "routeKey", http.StatusConflict)
			custom, authorizer := next["authorizationType"] == "CUSTOM", next["authorizerId"]
			if next["authorizationType"] != "NONE" && next["routeKey"] != "$connect" || custom != (authorizer != nil) || w.unknownModel(up, next["requestModels"]) {
				faults = append(faults, http.StatusBadRequest)
			}
			target, _ := next["target"].(string)
			if authorizer != nil && w.find(&k.authorizer, up, authorizer) == nil || target != "" && w.find(&k.integration, up, strings.TrimPrefix(target, "integrations/")) == nil {
				faults = append(faults, http.StatusNotFound)
			}
			return faults
		},
	}
	k.routeResponse = kind{
		collection: "/routeresponses", of: &k.route, id: "routeResponseId", own: []string{"routeResponseId"},
		rules: []rule{
			{name: "routeResponseKey", draw: sample("$default"), must: true},
			{name: "modelSelectionExpression", draw: expressions, omit: true},
			{name: "responseModels", draw: models, merge: union, omit: true},
			{name: "responseParameters", draw: mapping([]string{"route.response.header.a"}, constraints...), merge: union, omit: true},
		},
		refuse: func(w *world, up, self *thing, next object) []int {
			faults := w.taken(up, self, next, "routeResponseKey", http.StatusConflict)
			if w.unknownModel(up.up, next["responseModels"]) {
				faults = append(faults, http.StatusBadRequest)
			}
			return faults
		},
	}
}

func (k *kinds) describeStages() {
	k.deployment = kind{
		collection: "/deployments", of: &k.api, id: "deploymentId", own: []string{"deploymentId", "createdDate", "deploymentStatusMessage"},
		usual: object{"autoDeployed": false, "deploymentStatus": "DEPLOYED"},
		rules: []rule{
			{name: "description", draw: descriptions, omit: true},
			{name: "stageName", draw: named(&k.stage, ""), merge: once, omit: true},
		},
		refuse: func(w *world, up, self *thing, next object) (faults []int) {
			if self == nil && !w.deployable(up) {
				faults = append(faults, http.StatusBadRequest)
			}
			if stage := next["stageName"]; stage != nil && w.find(&k.stage, up, stage) == nil {
				faults = append(faults, http.StatusNotFound)
			}
			return faults
		},
		made: func(w *world, self *thing, body object) {
			if stage := w.find(&k.stage, self.up, body["stageName"]); stage != nil {
				stage.shown["deploymentId"] = self.id
			}
			delete(self.shown, "stageName")
		},
		free: func(w *world, self *thing) int {
			return w.used(&k.stage, self.up, "deploymentId", self.id, http.StatusBadRequest)
		},
	}
	k.stage = kind{
		collection: "/stages", most: 3, of: &k.api, id: "stageName", own: []string{"createdDate"}, moving: []string{"lastUpdatedDate"},
		usual: object{
			"defaultRouteSettings": object{"dataTraceEnabled": false, "detailedMetricsEnabled": false, "loggingLevel": "OFF"},
			"routeSettings":        object{}, "stageVariables": object{}, "tags": object{},
		},
		rules: []rule{
			{name: "stageName", draw: sample("dev", "prod", "$default", "blue-green"), must: true, merge: once},
			{name: "deploymentId", draw: named(&k.deployment, ""), omit: true},
			{name: "description", draw: descriptions, merge: kept, omit: true},
			{name: "clientCertificateId", draw: named(&k.certificate, ""), omit: true},
			{name: "stageVariables", draw: mapping([]string{"a", "b"}, "", "x", "a/b?c=d"), merge: fold},
			{name: "routeSettings", draw: func(t *rapid.T, w *world, up *thing, _ object) any {
				return object{w.having(t, &w.route, up, "routeKey"): rapid.SampledFrom(settings).Draw(t, "settings")}
			}, merge: union},
			{name: "defaultRouteSettings", draw: sample(settings...), merge: union},
			{name: "accessLogSettings", draw: sample(object{}, object{"destinationArn": "arn:aws:logs:us-east-1:000000000000:log-group:g", "format": "$context.requestId"}), merge: union, omit: true},
			{name: "tags", draw: labelTags, merge: once},
		},
		refuse: refuseStage,
		free:   func(w *world, self *thing) int { return w.mapped(self.up.id, self.id) },
		gone:   func(w *world, self *thing, _ object) { w.unmeter(self.up.id, self.id) },
	}
}

// deployable says whether a deployment can be made of an API: there is something to deploy, only $connect asks for what messages
// do not have, and nothing goes through a VPC link to no backend.
func (w *world) deployable(api *thing) bool {
	routes := w.all(&w.route, api)
	for _, one := range routes {
		if one.shown["routeKey"] != "$connect" && strings.Contains(plain(one.shown["requestParameters"]), `"required":true`) {
			return false
		}
		target, _ := one.shown["target"].(string)
		to := w.find(&w.integration, api, strings.TrimPrefix(target, "integrations/"))
		if to != nil && to.shown["integrationType"] == "MOCK" && to.shown["connectionType"] == "VPC_LINK" {
			return false
		}
	}
	return len(routes) > 0
}
