package conformance_test

import "fmt"

func stageScenarios() []scenario {
	return []scenario{
		{"stages", newAPI(stageCalls()...)},
		{"update a stage", newAPI(stageUpdateCalls()...)},
		{"route settings", newAPI(routeSettingsCalls()...)},
		{"stage variables", newAPI(variableCalls()...)},
		{"ten stages", newAPI(tenStages()...)},
	}
}

// tenStages are all that an API may have: "Quotas for configuring and running a WebSocket API" in the developer guide. The
// eleventh is a conflict here: docs/decisions/how-quotas-are-refused.md.
func tenStages() []exchange {
	var calls []exchange
	for i := range 10 {
		calls = append(calls, exchange{name: "one of ten", method: post, path: "/v2/apis/{api}/stages", status: 201, body: fmt.Sprintf(`{"stageName":"s%d"}`, i)})
	}
	return append(calls, exchange{
		name: "case 109: an eleventh stage is refused (developer guide; guess)", method: post, path: "/v2/apis/{api}/stages", status: 409, code: conflict,
		body: `{"stageName":"s10"}`, want: `{"message":"~^Maximum number of Stages for this API has been reached"}`,
	})
}

func stageCalls() []exchange {
	const all = "/v2/apis/{api}/stages"
	return []exchange{
		{
			name: "case 89: defaults (live objects; Terraform provider)", method: post, path: all, status: 201, body: `{"stageName":"dev"}`,
			want: `{"stageName":"dev","createdDate":"~Z$","lastUpdatedDate":"~Z$","routeSettings":{"=":true},"stageVariables":{"=":true},"tags":{"=":true},
				"defaultRouteSettings":{"loggingLevel":"OFF","dataTraceEnabled":false,"detailedMetricsEnabled":false,"=":true},
				"deploymentId":null,"autoDeploy":null,"accessLogSettings":null,"description":null}`,
		},
		{name: "case 90: twice (observed)", method: post, path: all, status: 409, code: conflict, body: `{"stageName":"dev"}`, want: `{"message":"Stage already exists"}`},
		{
			name: "case 91: a blank in the name (real deployments)", method: post, path: all, status: 400, code: badRequest, body: `{"stageName":"bad stage"}`,
			want: `{"message":"Stage name only allows a-zA-Z0-9_"}`,
		},
		{name: "without a name", method: post, path: all, status: 400, code: badRequest, body: `{}`},
		{name: "a hyphen is fine (developer guide)", method: post, path: all, status: 201, body: `{"stageName":"blue-green_1"}`},
		{name: "so is $default (observed)", method: post, path: all, status: 201, body: `{"stageName":"$default"}`},
		{name: "which travels encoded (recorded clients)", method: get, path: all + "/%24default", status: 200, want: `{"stageName":"$default"}`},
		{name: "case 108: unknown (moto)", method: get, path: all + "/nope", status: 404, code: notFound, want: `{"message":"Invalid stage identifier specified"}`},
		{name: "case 108: update unknown (guess)", method: patch, path: all + "/nope", status: 404, code: notFound, body: `{}`},
		{name: "case 108: delete unknown (guess)", method: remove, path: all + "/nope", status: 404, code: notFound},
		{name: "delete", method: remove, path: all + "/dev", status: 204},
		{name: "gone", method: get, path: all + "/dev", status: 404, code: notFound},
	}
}

func stageUpdateCalls() []exchange {
	const (
		all = "/v2/apis/{api}/stages"
		dev = all + "/dev"
	)
	return []exchange{
		{
			name: "a client certificate", method: post, path: "/clientcertificates", status: 201, body: `{"description":"of a stage"}`,
			keep: map[string]string{"certificate": "clientCertificateId"},
		},
		{
			name: "a stage with it", method: post, path: all, status: 201,
			body: `{"stageName":"dev","description":"d","clientCertificateId":"{certificate}","tags":{"a":"1"}}`,
			want: `{"clientCertificateId":"{certificate}","description":"d"}`, keep: map[string]string{"created": "createdDate", "updated": "lastUpdatedDate"},
		},
		{name: "case 107: tags are read back (Terraform provider)", method: get, path: dev, status: 200, want: `{"tags":{"a":"1","=":true}}`},
		{
			name: "case 107: an update leaves them (service model)", method: patch, path: dev, status: 200, body: `{"tags":{"b":"2"}}`,
			want: `{"tags":{"a":"1","=":true}}`,
		},
		{name: "a certificate in use", method: remove, path: "/clientcertificates/{certificate}", status: 409, code: conflict},
		{name: "a certificate that is not there (guess)", method: patch, path: dev, status: 400, code: badRequest, body: `{"clientCertificateId":"abcdef"}`},
		{
			name: "case 102: the certificate is taken off (Terraform provider; probed on AWS)", method: patch, path: dev, status: 200,
			body: `{"clientCertificateId":"","description":"Test stage updated"}`, want: `{"clientCertificateId":null,"description":"Test stage updated"}`,
		},
		{name: "and can be deleted", method: remove, path: "/clientcertificates/{certificate}", status: 202},
		{
			name: "case 103: an empty description changes nothing (probed on AWS)", method: patch, path: dev, status: 200,
			body: `{"description":""}`, want: `{"description":"Test stage updated"}`,
		},
		{
			name: "case 106: an update moves one date and not the other (guess)", method: get, path: dev, status: 200,
			want: `{"createdDate":"{created}","lastUpdatedDate":"≥{updated}"}`,
		},
	}
}

func routeSettingsCalls() []exchange {
	const stage = "/v2/apis/{api}/stages/prod"
	return []exchange{
		{
			name: "default settings (Terraform provider)", method: post, path: "/v2/apis/{api}/stages", status: 201,
			body: `{"stageName":"prod","defaultRouteSettings":{"dataTraceEnabled":true,"detailedMetricsEnabled":true,"throttlingBurstLimit":2222,"throttlingRateLimit":8888}}`,
			want: `{"defaultRouteSettings":{"dataTraceEnabled":true,"detailedMetricsEnabled":true,"loggingLevel":"OFF","throttlingBurstLimit":2222,"throttlingRateLimit":8888}}`,
		},
		{
			name: "are merged member by member (Terraform provider)", method: patch, path: stage, status: 200, body: `{"defaultRouteSettings":{"dataTraceEnabled":false,"throttlingBurstLimit":1111}}`,
			want: `{"defaultRouteSettings":{"dataTraceEnabled":false,"detailedMetricsEnabled":true,"throttlingBurstLimit":1111,"throttlingRateLimit":8888}}`,
		},
		{
			name: "none changes none (probed on AWS)", method: patch, path: stage, status: 200, body: `{"defaultRouteSettings":{}}`,
			want: `{"defaultRouteSettings":{"detailedMetricsEnabled":true,"throttlingBurstLimit":1111}}`,
		},
		{
			name: "of reserved keys, without such routes (Terraform provider)", method: patch, path: stage, status: 200,
			body: `{"routeSettings":{"$connect":{"throttlingBurstLimit":1},"$default":{"throttlingBurstLimit":2}}}`,
			want: `{"routeSettings":{"$connect":{"throttlingBurstLimit":1},"$default":{"throttlingBurstLimit":2},"=":true}}`,
		},
		{
			name: "case 95: of a key that names no route (real deployments, of an HTTP API)", method: patch, path: stage, status: 404, code: notFound,
			body: `{"routeSettings":{"nope":{"throttlingBurstLimit":1}}}`,
			want: `{"message":"Unable to find Route by key nope within the provided RouteSettings"}`,
		},
		{name: "a route", method: post, path: "/v2/apis/{api}/routes", status: 201, body: `{"routeKey":"a/b"}`},
		{
			name: "case 94: settings of a third route come to those of two (Terraform provider)", method: patch, path: stage, status: 200,
			body: `{"routeSettings":{"a/b":{"throttlingRateLimit":1.5}}}`,
			want: `{"routeSettings":{"$connect":{"throttlingBurstLimit":1},"$default":{"throttlingBurstLimit":2},"a/b":{"throttlingRateLimit":1.5},"=":true}}`,
		},
		{name: "no settings remove none (probed on AWS)", method: patch, path: stage, status: 200, body: `{"routeSettings":{}}`, want: `{"routeSettings":{"$connect":{"throttlingBurstLimit":1}}}`},
		{
			name: "settings of one route are merged", method: patch, path: stage, status: 200, body: `{"routeSettings":{"$connect":{"throttlingRateLimit":3}}}`,
			want: `{"routeSettings":{"$connect":{"throttlingRateLimit":3},"a/b":{"throttlingRateLimit":1.5}}}`,
		},
		{name: "case 94: delete one (Terraform provider; recorded clients)", method: remove, path: stage + "/routesettings/%24connect", status: 204},
		{
			name: "case 94: two are left (Terraform provider)", method: get, path: stage, status: 200,
			want: `{"routeSettings":{"$default":{"throttlingBurstLimit":2},"a/b":{"throttlingRateLimit":1.5},"=":true}}`,
		},
		{name: "case 94: delete one with a slash (recorded clients)", method: remove, path: stage + "/routesettings/a%2Fb", status: 204},
		{name: "case 94: delete the last (Terraform provider)", method: remove, path: stage + "/routesettings/%24default", status: 204},
		{name: "case 94: none is left (Terraform provider)", method: get, path: stage, status: 200, want: `{"routeSettings":{"=":true}}`},
		{name: "delete what is not there", method: remove, path: stage + "/routesettings/%24connect", status: 404, code: notFound},
	}
}

func variableCalls() []exchange {
	const stage = "/v2/apis/{api}/stages/prod"
	return []exchange{
		{
			name: "two", method: post, path: "/v2/apis/{api}/stages", status: 201, body: `{"stageName":"prod","stageVariables":{"a":"1","b":"2"}}`,
			want: `{"stageVariables":{"a":"1","b":"2","=":true}}`,
		},
		{
			name: "case 96: one changes, one with the empty text goes (recorded clients; probed on AWS)", method: patch, path: stage, status: 200,
			body: `{"stageVariables":{"a":"3","b":""}}`, want: `{"stageVariables":{"a":"3","=":true}}`,
		},
		{name: "case 97: none changes none (probed on AWS)", method: patch, path: stage, status: 200, body: `{"stageVariables":{}}`, want: `{"stageVariables":{"a":"3","=":true}}`},
		{name: "a name with a blank (developer guide)", method: patch, path: stage, status: 400, code: badRequest, body: `{"stageVariables":{"a b":"1"}}`},
		{name: "a value with a blank (developer guide)", method: patch, path: stage, status: 400, code: badRequest, body: `{"stageVariables":{"a":"x y"}}`},
	}
}
