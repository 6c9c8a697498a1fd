package conformance_test

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"pgregory.net/rapid"
)

// The kinds of object that belong to the account.

// domainDefaults are what a configuration of a domain shows besides what was sent.
var domainDefaults = object{"endpointType": "REGIONAL", "ipAddressType": "ipv4", "securityPolicy": "TLS_1_2", "domainNameStatus": "AVAILABLE"}

// patchText is the patch of a member that is a text.
func patchText(member string, draw drawing) patching {
	return patching{"replace", "/" + member, draw, func(next object, value string) { next[member] = value }}
}

// stageOf is a stage as patches of usage plans name it.
func stageOf(t *rapid.T, w *world, _ *thing, _ object) any { return w.anyStage(t) }

// anyStage is a stage of any API, or one that is not there.
func (w *world) anyStage(t *rapid.T) string {
	api := w.having(t, &w.api, nil, "apiId")
	return api + ":" + w.having(t, &w.stage, w.find(&w.api, nil, api), "stageName")
}

func addStage(next object, value string) {
	stages := next["apiStages"].([]any)
	if !slices.ContainsFunc(stages, func(s any) bool { return sameStage(s, stageNamed(value)) }) {
		next["apiStages"] = append(stages, stageNamed(value))
	}
}

// removeStage notes for refusePlan that there is nothing to remove.
func removeStage(next object, value string) {
	stages := next["apiStages"].([]any)
	left := slices.DeleteFunc(slices.Clone(stages), func(s any) bool { return sameStage(s, stageNamed(value)) })
	if len(left) == len(stages) {
		next["missing"] = true
	}
	next["apiStages"] = left
}

func stageNamed(value string) object {
	api, stage, _ := strings.Cut(value, ":")
	return object{"apiId": api, "stage": stage}
}

func sameStage(a any, b object) bool {
	return a.(object)["apiId"] == b["apiId"] && a.(object)["stage"] == b["stage"]
}

// within sets a number of a member that is an object.
func within(member, name string) func(object, string) {
	return func(next object, value string) {
		number, _ := strconv.ParseFloat(value, 64)
		inner, _ := next[member].(object)
		if inner == nil {
			inner = object{}
			if member == "quota" {
				inner = object{"offset": 0.0, "period": ""}
			}
		}
		inner[name] = number
		next[member] = inner
	}
}

func refusePlan(w *world, _, _ *thing, next object) (faults []int) {
	if next["missing"] != nil {
		faults = append(faults, http.StatusNotFound)
	}
	if quota, _ := next["quota"].(object); quota != nil && quota["period"] == "" {
		faults = append(faults, http.StatusBadRequest)
	}
	for _, one := range next["apiStages"].([]any) {
		stage := one.(object)
		if api := w.find(&w.api, nil, stage["apiId"]); api == nil || w.find(&w.stage, api, stage["stage"]) == nil {
			faults = append(faults, http.StatusNotFound)
		}
	}
	return faults
}

// overlap says whether two usage plans are for one stage.
func overlap(a, b *thing) bool {
	return slices.ContainsFunc(a.shown["apiStages"].([]any), func(s any) bool {
		return slices.ContainsFunc(b.shown["apiStages"].([]any), func(other any) bool { return sameStage(s, other.(object)) })
	})
}

func (k *kinds) describeDomains() {
	k.domain = kind{
		collection: "/v2/domainnames", id: "domainName", own: []string{"domainNameArn"},
		usual: object{"apiMappingSelectionExpression": "$request.basepath", "routingMode": "API_MAPPING_ONLY", "tags": object{}},
		rules: []rule{
			{name: "domainName", draw: sample("a.example.com", "b.example.com", "*.example.com"), must: true, merge: once},
			{name: "domainNameConfigurations", must: true, draw: sample(
				[]any{object{"certificateArn": "arn:aws:acm:us-east-1:000000000000:certificate/a"}},
				[]any{object{"certificateArn": "arn:aws:acm:us-east-1:000000000000:certificate/b", "certificateName": "b", "ipAddressType": "dualstack"}},
			)},
			{name: "routingMode", draw: sample("API_MAPPING_ONLY", "ROUTING_RULE_ONLY")},
			{name: "tags", draw: labelTags, merge: once},
		},
		refuse: func(w *world, _, self *thing, next object) []int {
			return w.taken(nil, self, next, "domainName", http.StatusBadRequest)
		},
		view: func(w *world, self *thing, shown object) {
			configuration := shown["domainNameConfigurations"].([]any)[0].(object)
			for name, value := range domainDefaults {
				if configuration[name] == nil {
					configuration[name] = value
				}
			}
			maps.Copy(configuration, w.ofDomains[self.id]) // the same for a name in all of its lives
		},
	}
	k.mapping = kind{
		collection: "/apimappings", most: 3, of: &k.domain, id: "apiMappingId", own: []string{"apiMappingId"}, usual: object{"apiMappingKey": ""},
		rules: []rule{
			{name: "apiId", must: true, always: true, draw: func(t *rapid.T, w *world, _ *thing, next object) any {
				if same := next["apiId"]; same != nil && rapid.Bool().Draw(t, "same") {
					return same
				}
				return w.having(t, &k.api, nil, "apiId")
			}},
			{name: "stage", must: true, always: true, draw: func(t *rapid.T, w *world, _ *thing, next object) any {
				return w.having(t, &k.stage, w.find(&k.api, nil, next["apiId"]), "stageName")
			}},
			{name: "apiMappingKey", draw: sample("", "k", "a.b")},
		},
		refuse: func(w *world, up, self *thing, next object) []int {
			faults := w.taken(up, self, next, "apiMappingKey", http.StatusConflict)
			if api := w.find(&k.api, nil, next["apiId"]); api == nil || w.find(&k.stage, api, next["stage"]) == nil {
				faults = append(faults, http.StatusBadRequest)
			}
			return faults
		},
	}
}

func (k *kinds) describeLinks() {
	k.link = kind{
		collection: "/v2/vpclinks", most: 3, id: "vpcLinkId", own: []string{"vpcLinkId", "createdDate"}, deleted: http.StatusAccepted,
		usual: object{
			"tags": object{}, "securityGroupIds": []any{}, "vpcLinkStatus": "AVAILABLE", "vpcLinkVersion": "V2",
			"vpcLinkStatusMessage": "VPC link is ready to route traffic",
		},
		rules: []rule{
			{name: "name", draw: labels, must: true},
			{name: "subnetIds", draw: sample([]any{"subnet-a"}), must: true, merge: once},
			{name: "securityGroupIds", draw: sample([]any{"sg-a", "sg-b"}), merge: once},
			{name: "tags", draw: labelTags, merge: once},
		},
	}
	k.linkV1 = kind{
		collection: "/vpclinks", most: 3, id: "id", v1: true, own: []string{"id"}, created: http.StatusAccepted, deleted: http.StatusAccepted,
		usual: object{"tags": object{}, "status": "AVAILABLE", "statusMessage": "Your vpc link is ready for use"},
		rules: []rule{
			{name: "name", draw: labels, must: true},
			{name: "description", draw: descriptions, omit: true},
			{name: "targetArns", draw: sample([]any{"arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/a/b"}), must: true, merge: once},
			{name: "tags", draw: labelTags, merge: once},
		},
		patches: []patching{patchText("name", labels), patchText("description", descriptions)},
		free: func(w *world, self *thing) int {
			return w.used(&k.integration, nil, "connectionId", self.id, http.StatusBadRequest)
		},
	}
}

func (k *kinds) describeKeys() {
	k.apiKey = kind{
		collection: "/apikeys", most: 5, id: "id", v1: true, own: []string{"id", "createdDate", "value"}, moving: []string{"lastUpdatedDate"},
		reads: "includeValue=true&includeValues=true", deleted: http.StatusAccepted,
		usual: object{"enabled": false, "stageKeys": []any{}, "tags": object{}},
		rules: []rule{
			{name: "name", draw: labels, omit: true},
			{name: "description", draw: descriptions, omit: true},
			{name: "enabled", draw: flags},
			{name: "customerId", draw: sample("", "c"), omit: true},
			{name: "value", draw: sample("the-first-value-of-a-key", "the-second-value-of-a-key"), merge: once},
			{name: "tags", draw: labelTags, merge: once},
		},
		patches: []patching{
			patchText("name", labels), patchText("description", descriptions), patchText("customerId", sample("", "c")),
			{"replace", "/enabled", sample("true", "false"), func(next object, value string) { next["enabled"] = value == "true" }},
		},
		refuse: func(w *world, _, self *thing, next object) []int {
			return w.taken(nil, self, next, "value", http.StatusConflict)
		},
		gone: func(w *world, self *thing, _ object) {
			w.things = slices.DeleteFunc(w.things, func(one *thing) bool { return one.kind == &k.planKey && one.id == self.id })
		},
	}
	k.certificate = kind{
		collection: "/clientcertificates", most: 4, id: "clientCertificateId", v1: true, deleted: http.StatusAccepted,
		own:   []string{"clientCertificateId", "createdDate", "expirationDate", "pemEncodedCertificate"},
		usual: object{"tags": object{}},
		rules: []rule{
			{name: "description", draw: descriptions, omit: true},
			{name: "tags", draw: labelTags, merge: once},
		},
		patches: []patching{patchText("description", descriptions)},
		free: func(w *world, self *thing) int {
			return w.used(&k.stage, nil, "clientCertificateId", self.id, http.StatusConflict)
		},
	}
	k.credential = kind{
		collection: "/gangway/credentials", id: "name", own: []string{"arn", "accessKeyId", "createdDate"},
		rules: []rule{
			{name: "name", draw: sample("alice", "bob", "carol"), must: true, merge: once},
			{name: "policy", draw: sample(object{"Version": "2012-10-17", "Statement": object{"Effect": "Allow", "Action": "apigateway:GET", "Resource": "*"}}), must: true, merge: once},
		},
		refuse: func(w *world, _, self *thing, next object) []int {
			return w.taken(nil, self, next, "name", http.StatusConflict)
		},
	}
}

func (k *kinds) describePlans() {
	k.plan = kind{
		collection: "/usageplans", most: 4, id: "id", v1: true, own: []string{"id"}, deleted: http.StatusAccepted,
		usual: object{"apiStages": []any{}, "tags": object{}},
		rules: []rule{
			{name: "name", draw: labels, must: true},
			{name: "description", draw: descriptions, omit: true},
			{name: "apiStages", draw: func(t *rapid.T, w *world, _ *thing, _ object) any { return []any{stageNamed(w.anyStage(t))} }},
			{name: "throttle", draw: sample(object{"burstLimit": 1.0, "rateLimit": 2.5})},
			{name: "quota", draw: sample(object{"limit": 5.0, "offset": 0.0, "period": "DAY"}, object{"limit": 0.0, "offset": 6.0, "period": "WEEK"})},
			{name: "tags", draw: labelTags, merge: once},
		},
		patches: []patching{
			patchText("name", labels), patchText("description", descriptions),
			{"add", "/apiStages", stageOf, addStage},
			{"remove", "/apiStages", stageOf, removeStage},
			{"remove", "/throttle", sample(""), func(next object, _ string) { delete(next, "throttle") }},
			{"replace", "/throttle/rateLimit", sample("0", "7.5"), within("throttle", "rateLimit")},
			{"replace", "/quota/limit", sample("0", "9"), within("quota", "limit")},
		},
		refuse: refusePlan,
		free: func(_ *world, self *thing) int {
			if len(self.shown["apiStages"].([]any)) > 0 {
				return http.StatusBadRequest
			}
			return 0
		},
	}
	k.planKey = kind{
		collection: "/keys", of: &k.plan, id: "id", v1: true, deleted: http.StatusAccepted, usual: object{"type": "API_KEY"},
		rules: []rule{
			{name: "keyId", must: true, merge: once, draw: func(t *rapid.T, w *world, _ *thing, _ object) any { return w.having(t, &k.apiKey, nil, "id") }},
			{name: "keyType", draw: sample("API_KEY"), must: true, merge: once},
		},
		refuse: func(w *world, up, _ *thing, next object) (faults []int) {
			if w.find(&k.apiKey, nil, next["keyId"]) == nil {
				faults = append(faults, http.StatusNotFound)
			}
			for _, other := range w.all(&k.planKey, nil) {
				if other.id != next["keyId"] {
					continue
				}
				if other.up == up || overlap(other.up, up) {
					faults = append(faults, http.StatusConflict)
				}
			}
			return faults
		},
		view: func(w *world, self *thing, shown object) {
			delete(shown, "keyId")
			delete(shown, "keyType")
			key := w.find(&k.apiKey, nil, self.id)
			shown["id"], shown["value"] = self.id, key.shown["value"]
			if key.shown["name"] != nil {
				shown["name"] = key.shown["name"]
			}
		},
	}
}
