package conformance_test

import "fmt"

// keyScenarios are API keys. Nobody else's are there: lists can be held to the letter.
func keyScenarios() []scenario {
	const (
		keys  = "/apikeys"
		one   = keys + "/{id}"
		value = "abcdefghij0123456789"
	)
	patched := func(path, value string) string {
		return `{"patchOperations":[{"op":"replace","path":"` + path + `","value":"` + value + `"}]}`
	}
	return []scenario{
		{"API keys", []exchange{
			{name: "none", method: get, path: keys, status: 200, want: `{"item":[],"position":null}`},
			{
				name: "case 136: a key with a value (LocalStack, recorded on AWS)", method: post, path: keys, status: 201,
				body: `{"name":"first","enabled":true,"value":"` + value + `"}`, keep: map[string]string{"id": "id"},
				want: `{"id":"…","name":"first","enabled":true,"value":"` + value + `","stageKeys":[],"createdDate":"#","lastUpdatedDate":"#"}`,
			},
			{
				name: "case 137: a value of 19 characters (LocalStack, recorded on AWS)", method: post, path: keys, status: 400, code: badRequest,
				body: `{"name":"k","value":"` + value[1:] + `"}`, want: `{"message":"API Key value should be at least 20 characters"}`,
			},
			{
				name: "a value of 129 characters (LocalStack, recorded on AWS)", method: post, path: keys, status: 400, code: badRequest,
				body: fmt.Sprintf(`{"name":"k","value":"%0129d"}`, 0), want: `{"message":"API Key value exceeds maximum size of 128 characters"}`,
			},
			{name: "a value twice (guess)", method: post, path: keys, status: 409, code: conflict, body: `{"value":"` + value + `"}`},
			{name: "case 138: without its value (LocalStack, recorded on AWS)", method: get, path: one, status: 200, want: `{"id":"{id}","value":null}`},
			{name: "case 138: with its value (recorded clients)", method: get, path: one + "?includeValue=true", status: 200, want: `{"value":"` + value + `"}`},
			{name: "case 139: disable (developer guide)", method: patch, path: one, status: 200, body: patched("/enabled", "false"), want: `{"enabled":false,"name":"first","lastUpdatedDate":"#"}`},
			{
				name: "case 140: another id (LocalStack, recorded on AWS)", method: patch, path: one, status: 400, code: badRequest, body: patched("/id", "x"),
				want: `{"message":"Invalid patch path  '/id' specified for op 'replace'. Must be one of: [/description, /enabled, /name, /customerId]"}`,
			},
			{
				name: "a key without a value gets one, and is not enabled (LocalStack, recorded on AWS)", method: post, path: keys, status: 201,
				body: `{"name":"second"}`, want: `{"value":"~^.{20,128}$","enabled":false}`, keep: map[string]string{"second": "id"},
			},
			{
				name: "the newest first (LocalStack, recorded on AWS)", method: get, path: keys, status: 200,
				want: `{"item":[{"id":"{second}","value":null},{"id":"{id}","value":null}],"position":null}`,
			},
			{name: "by name (LocalStack, recorded on AWS)", method: get, path: keys + "?name=fir&includeValues=true", status: 200, want: `{"item":[{"id":"{id}","value":"` + value + `"}]}`},
			{name: "one at a time (service model)", method: get, path: keys + "?limit=1", status: 200, want: `{"item":[{"id":"{second}"}],"position":"…"}`, keep: map[string]string{"next": "position"}},
			{name: "and the next", method: get, path: keys + "?limit=1&position={next}", status: 200, want: `{"item":[{"id":"{id}"}],"position":null}`},
			{name: "a limit that is no number", method: get, path: keys + "?limit=abc", status: 400, code: badRequest},
			{name: "delete (service model)", method: remove, path: one, status: 202},
			{name: "gone (LocalStack, recorded on AWS)", method: get, path: one, status: 404, code: notFound, want: `{"message":"Invalid API Key identifier specified"}`},
		}},
	}
}

func planScenarios() []scenario {
	const (
		plans = "/usageplans"
		one   = plans + "/{id}"
		stage = `{"patchOperations":[{"op":"add","path":"/apiStages","value":"{api}:wrong"}]}`
		full  = `"apiStages":[{"apiId":"{api}","stage":"prod"}],"throttle":{"burstLimit":20,"rateLimit":10.5},"quota":{"limit":100,"offset":0,"period":"MONTH"}`
	)
	quota := func(name, members, message string) exchange {
		return exchange{
			name: name, method: post, path: plans, status: 400, code: badRequest, body: `{"name":"p","quota":{` + members + `}}`, want: `{"message":"` + message + `"}`,
		}
	}
	return []scenario{
		{"usage plans", newAPI([]exchange{
			{name: "a stage", method: post, path: "/v2/apis/{api}/stages", status: 201, body: `{"stageName":"prod"}`},
			{name: "a plan", method: post, path: plans, status: 201, body: `{"name":"p","description":"d",` + full + `}`, want: `{"id":"…","name":"p"}`, keep: map[string]string{"id": "id"}},
			{name: "case 141: a plan for a stage is read back (Terraform provider; recorded clients)", method: get, path: one, status: 200, want: `{"id":"{id}","name":"p","description":"d",` + full + `}`},
			{
				name: "case 142: a stage that is not there (LocalStack, recorded on AWS)", method: patch, path: one, status: 404, code: notFound, body: stage,
				want: `{"message":"Invalid API Stage {api: {api}, stage: wrong} specified for usageplan {id}"}`,
			},
			quota("case 143: an offset of 7 in a week (real deployments)", `"limit":1,"offset":7,"period":"WEEK"`, "Usage Plan quota offset must be between 0 and 6 inclusive in the WEEK period"),
			quota("an offset of 1 in a day (real deployments)", `"limit":1,"offset":1,"period":"DAY"`, "Usage Plan quota offset must be between 0 and 0 inclusive in the DAY period"),
			quota("an offset of 28 in a month (real deployments)", `"limit":1,"offset":28,"period":"MONTH"`, "Usage Plan quota offset must be between 0 and 27 inclusive in the MONTH period"),
			quota("a limit below nothing (real deployments)", `"limit":-1,"period":"DAY"`, "Usage Plan quota limit must be a non-negative numeric"),
			quota("a period that is none (real deployments)", `"limit":1,"period":"YEAR"`, "Invalid Usage Plan quota period specified. Must be one of [DAY, WEEK, MONTH]"),
			{name: "another rate (developer guide)", method: patch, path: one, status: 200, body: `{"patchOperations":[{"op":"replace","path":"/throttle/rateLimit","value":"11"}]}`, want: `{"throttle":{"burstLimit":20,"rateLimit":11}}`},
			{name: "a list of one", method: get, path: plans, status: 200, want: `{"item":[{"id":"{id}"}],"position":null}`},
			{name: "unknown (LocalStack, recorded on AWS)", method: get, path: plans + "/abcdef", status: 404, code: notFound, want: `{"message":"Invalid Usage Plan ID specified"}`},
			{name: "with a stage it cannot be deleted (recorded clients)", method: remove, path: one, status: 400, code: badRequest},
			{name: "without (recorded clients)", method: patch, path: one, status: 200, body: `{"patchOperations":[{"op":"remove","path":"/apiStages","value":"{api}:prod"}]}`, want: `{"apiStages":[]}`},
			{name: "it can (recorded clients)", method: remove, path: one, status: 202},
			{name: "gone", method: get, path: one, status: 404, code: notFound},
		}...)},
		{"keys of usage plans", []exchange{
			{name: "a plan", method: post, path: plans, status: 201, body: `{"name":"p","quota":{"limit":100,"period":"MONTH"}}`, keep: map[string]string{"id": "id"}},
			{name: "a key", method: post, path: "/apikeys", status: 201, body: `{"name":"k","enabled":true,"value":"abcdefghij0123456789"}`, keep: map[string]string{"key": "id"}},
			{
				name: "case 144: a key of a plan (recorded clients)", method: post, path: one + "/keys", status: 201, body: `{"keyId":"{key}","keyType":"API_KEY"}`,
				want: `{"id":"{key}","type":"API_KEY","value":"abcdefghij0123456789","name":"k","=":true}`,
			},
			{name: "is read back (recorded clients)", method: get, path: one + "/keys/{key}", status: 200, want: `{"id":"{key}","type":"API_KEY","name":"k"}`},
			{name: "a list of one", method: get, path: one + "/keys", status: 200, want: `{"item":[{"id":"{key}"}],"position":null}`},
			{name: "the plans of a key", method: get, path: plans + "?keyId={key}", status: 200, want: `{"item":[{"id":"{id}"}]}`},
			{
				name: "another rest", method: patch, path: one + "/keys/{key}/usage", status: 200, keep: map[string]string{"today": "startDate"},
				body: `{"patchOperations":[{"op":"replace","path":"/remaining","value":"50"}]}`, want: `{"usagePlanId":"{id}","startDate":"~^20..-..-..$"}`,
			},
			{
				name: "case 145: what a client has set is what is left (developer guide)", method: get, path: one + "/usage?startDate={today}&endDate={today}&keyId={key}", status: 200,
				want: `{"usagePlanId":"{id}","startDate":"{today}","endDate":"{today}","values":{"{key}":[[0,50]],"=":true}}`,
			},
			{name: "case 144: delete (recorded clients)", method: remove, path: one + "/keys/{key}", status: 202},
			{name: "gone", method: get, path: one + "/keys/{key}", status: 404, code: notFound},
			{name: "a key that is not there", method: post, path: one + "/keys", status: 404, code: notFound, body: `{"keyId":"abcdef1234","keyType":"API_KEY"}`},
		}},
	}
}

func certificateScenarios() []scenario {
	const (
		all  = "/clientcertificates"
		one  = all + "/{id}"
		role = `"arn:aws:iam::000000000000:role/logs"`
	)
	return []scenario{
		{"client certificates", []exchange{
			{
				name: "a certificate (service model)", method: post, path: all, status: 201, body: `{"description":"d"}`, keep: map[string]string{"id": "clientCertificateId"},
				want: `{"clientCertificateId":"…","description":"d","createdDate":"#","expirationDate":"#","pemEncodedCertificate":"~^-----BEGIN CERTIFICATE-----","privateKey":null}`,
			},
			{name: "is read back, without its key", method: get, path: one, status: 200, want: `{"clientCertificateId":"{id}","description":"d","privateKey":null}`},
			{name: "its description changes", method: patch, path: one, status: 200, body: `{"patchOperations":[{"op":"replace","path":"/description","value":"e"}]}`, want: `{"description":"e"}`},
			{name: "a list of one", method: get, path: all, status: 200, want: `{"item":[{"clientCertificateId":"{id}","privateKey":null}],"position":null}`},
			{name: "delete (service model)", method: remove, path: one, status: 202},
			{name: "gone", method: get, path: one, status: 404, code: notFound},
		}},
		{"account", []exchange{
			{
				name: "what an account is (service model)", method: get, path: "/account", status: 200,
				want: `{"throttleSettings":{"burstLimit":5000,"rateLimit":10000},"features":["UsagePlans"],"apiKeyVersion":"4","cloudwatchRoleArn":null}`,
			},
			{
				name: "case 146: a role for logs (developer guide; recorded clients)", method: patch, path: "/account", status: 200,
				body: `{"patchOperations":[{"op":"replace","path":"/cloudwatchRoleArn","value":` + role + `}]}`, want: `{"cloudwatchRoleArn":` + role + `,"apiKeyVersion":"4"}`,
			},
			{name: "case 146: is read back (developer guide)", method: get, path: "/account", status: 200, want: `{"cloudwatchRoleArn":` + role + `}`},
			{
				name: "an empty one clears it (developer guide)", method: patch, path: "/account", status: 200,
				body: `{"patchOperations":[{"op":"replace","path":"/cloudwatchRoleArn","value":""}]}`, want: `{"cloudwatchRoleArn":null}`,
			},
			{
				name: "what is no role (guess)", method: patch, path: "/account", status: 400, code: badRequest,
				body: `{"patchOperations":[{"op":"replace","path":"/cloudwatchRoleArn","value":"logs"}]}`,
			},
		}},
	}
}
