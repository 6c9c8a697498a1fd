package conformance_test

import (
	"fmt"
	"slices"
)

func stageScenarios() []scenario {
	return []scenario{
		{"deployments", newAPI(deploymentCalls()...)},
		{"stages", newAPI(stageCalls()...)},
		{"route settings", newAPI(routeSettingsCalls()...)},
		{"stage variables", newAPI(variableCalls()...)},
		{"ten stages (developer guide)", newAPI(slices.Concat(numbered(10, 201, ""), numbered(11, 409, conflict)[10:])...)},
	}
}

// numbered creates stages.
func numbered(n, status int, code string) []exchange {
	calls := make([]exchange, n)
	for i := range calls {
		calls[i] = exchange{name: "stage", method: post, path: "/v2/apis/{api}/stages", status: status, code: code, body: fmt.Sprintf(`{"stageName":"s%d"}`, i)}
	}
	return calls
}

func deploymentCalls() []exchange {
	const (
		all    = "/v2/apis/{api}/deployments"
		stages = "/v2/apis/{api}/stages"
	)
	return []exchange{
		{name: "without routes (observed)", method: post, path: all, status: 400, code: badRequest, body: `{}`, want: `{"message":"At least one route is required before deploying the Api"}`},
		{name: "a route", method: post, path: "/v2/apis/{api}/routes", status: 201, body: `{"routeKey":"$default"}`},
		{
			name: "a deployment (Terraform provider; developer guide)", method: post, path: all, status: 201, body: `{"description":"one"}`,
			want: `{"deploymentId":"~^[a-z0-9]{6}$","deploymentStatus":"DEPLOYED","autoDeployed":false,"description":"one","createdDate":"~^20..-..-..T..:..:..Z$"}`, keep: map[string]string{"one": "deploymentId"},
		},
		{name: "the description changes (Terraform provider)", method: patch, path: all + "/{one}", status: 200, body: `{"description":"uno"}`, want: `{"description":"uno","deploymentId":"{one}"}`},
		{name: "an empty body will do (guess)", method: post, path: all, status: 201, keep: map[string]string{"two": "deploymentId"}},
		{name: "to a stage that is not there (moto)", method: post, path: all, status: 404, code: notFound, body: `{"stageName":"prod"}`},
		{name: "a stage", method: post, path: stages, status: 201, body: `{"stageName":"prod","deploymentId":"{one}"}`, want: `{"deploymentId":"{one}"}`},
		{name: "to a stage that is (developer guide)", method: post, path: all, status: 201, body: `{"stageName":"prod"}`, keep: map[string]string{"three": "deploymentId"}},
		{name: "which now has it", method: get, path: stages + "/prod", status: 200, want: `{"deploymentId":"{three}"}`},
		{name: "in use (text of REST APIs)", method: remove, path: all + "/{three}", status: 400, code: badRequest, want: `{"message":"Active stages pointing to this deployment must be moved or deleted"}`},
		{name: "back (developer guide)", method: patch, path: stages + "/prod", status: 200, body: `{"deploymentId":"{one}"}`, want: `{"deploymentId":"{one}"}`},
		{name: "no longer in use (Terraform provider)", method: remove, path: all + "/{three}", status: 204},
		{name: "an unknown one for a stage (guess)", method: patch, path: stages + "/prod", status: 404, code: notFound, body: `{"deploymentId":"abcdef"}`},
		{name: "all that are left", method: get, path: all, status: 200, want: `{"items":[{"deploymentId":"{one}"},{"deploymentId":"{two}"}]}`},
	}
}

func stageCalls() []exchange {
	const all = "/v2/apis/{api}/stages"
	return []exchange{
		{
			name: "defaults (live objects; Terraform provider)", method: post, path: all, status: 201, body: `{"stageName":"dev"}`,
			want: `{"stageName":"dev","createdDate":"~Z$","lastUpdatedDate":"~Z$","routeSettings":{"=":true},"stageVariables":{"=":true},"tags":{"=":true},
				"defaultRouteSettings":{"loggingLevel":"OFF","dataTraceEnabled":false,"detailedMetricsEnabled":false,"=":true},
				"deploymentId":null,"autoDeploy":null,"accessLogSettings":null,"description":null}`,
		},
		{name: "twice (observed)", method: post, path: all, status: 409, code: conflict, body: `{"stageName":"dev"}`, want: `{"message":"Stage already exists"}`},
		{name: "a blank in the name (real deployments)", method: post, path: all, status: 400, code: badRequest, body: `{"stageName":"bad stage"}`, want: `{"message":"Stage name only allows a-zA-Z0-9_"}`},
		{name: "without a name", method: post, path: all, status: 400, code: badRequest, body: `{}`},
		{name: "a hyphen is fine (developer guide)", method: post, path: all, status: 201, body: `{"stageName":"blue-green_1"}`},
		{name: "so is $default (observed)", method: post, path: all, status: 201, body: `{"stageName":"$default"}`},
		{name: "which travels encoded (recorded clients)", method: get, path: all + "/%24default", status: 200, want: `{"stageName":"$default"}`},
		{name: "a certificate, which is not served yet and would be missed", method: patch, path: all + "/dev", status: 400, code: badRequest, body: `{"clientCertificateId":"abcdef"}`},
		{name: "a description", method: patch, path: all + "/dev", status: 200, body: `{"description":"d"}`, want: `{"description":"d"}`},
		{
			name: "no certificate is cleared (Terraform provider; probed on AWS)", method: patch, path: all + "/dev", status: 200, body: `{"clientCertificateId":"","description":"Test stage updated"}`,
			want: `{"clientCertificateId":null,"description":"Test stage updated"}`,
		},
		{name: "the description cannot be (probed on AWS)", method: patch, path: all + "/dev", status: 200, body: `{"description":""}`, want: `{"description":"Test stage updated"}`},
		{name: "empty access logs are none (probed on AWS; Terraform provider)", method: patch, path: all + "/dev", status: 200, body: `{"accessLogSettings":{}}`, want: `{"accessLogSettings":null}`},
		{
			name: "access logs without the account's role (observed)", method: patch, path: all + "/dev", status: 400, code: badRequest,
			body: `{"accessLogSettings":{"destinationArn":"arn:aws:logs:us-east-1:000000000000:log-group:x","format":"$context.requestId"}}`,
			want: `{"message":"CloudWatch Logs role ARN must be set in account settings to enable logging"}`,
		},
		{
			name: "access logs without a request id (observed)", method: patch, path: all + "/dev", status: 400, code: badRequest,
			body: `{"accessLogSettings":{"destinationArn":"arn:aws:logs:us-east-1:000000000000:log-group:x","format":"$context.stage"}}`,
			want: `{"message":"Access Log format must include either $context.requestId or $context.extendedRequestId"}`,
		},
		{name: "half an access log (moto)", method: patch, path: all + "/dev", status: 400, code: badRequest, body: `{"accessLogSettings":{"format":"$context.requestId"}}`},
		{name: "no access log to delete", method: remove, path: all + "/dev/accesslogsettings", status: 204},
		{
			name: "logging without the account's role (observed)", method: patch, path: all + "/dev", status: 400, code: badRequest, body: `{"defaultRouteSettings":{"loggingLevel":"INFO"}}`,
			want: `{"message":"CloudWatch Logs role ARN must be set in account settings to enable logging"}`,
		},
		{name: "unknown (moto)", method: get, path: all + "/nope", status: 404, code: notFound, want: `{"message":"Invalid stage identifier specified"}`},
		{name: "update unknown", method: patch, path: all + "/nope", status: 404, code: notFound, body: `{}`},
		{name: "delete unknown", method: remove, path: all + "/nope", status: 404, code: notFound},
		{name: "delete", method: remove, path: all + "/dev", status: 204},
		{name: "gone", method: get, path: all + "/dev", status: 404, code: notFound},
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
			name: "of a key that names no route (real deployments)", method: patch, path: stage, status: 404, code: notFound, body: `{"routeSettings":{"nope":{"throttlingBurstLimit":1}}}`,
			want: `{"message":"Unable to find Route by key nope within the provided RouteSettings"}`,
		},
		{name: "a route", method: post, path: "/v2/apis/{api}/routes", status: 201, body: `{"routeKey":"a/b"}`},
		{
			name: "its settings are added", method: patch, path: stage, status: 200, body: `{"routeSettings":{"a/b":{"throttlingRateLimit":1.5}}}`,
			want: `{"routeSettings":{"$connect":{"throttlingBurstLimit":1},"$default":{"throttlingBurstLimit":2},"a/b":{"throttlingRateLimit":1.5},"=":true}}`,
		},
		{name: "no settings remove none (probed on AWS)", method: patch, path: stage, status: 200, body: `{"routeSettings":{}}`, want: `{"routeSettings":{"$connect":{"throttlingBurstLimit":1}}}`},
		{
			name: "settings of one route are merged", method: patch, path: stage, status: 200, body: `{"routeSettings":{"$connect":{"throttlingRateLimit":3}}}`,
			want: `{"routeSettings":{"$connect":{"throttlingRateLimit":3},"a/b":{"throttlingRateLimit":1.5}}}`,
		},
		{name: "delete one (Terraform provider)", method: remove, path: stage + "/routesettings/%24connect", status: 204},
		{name: "delete one with a slash (recorded clients)", method: remove, path: stage + "/routesettings/a%2Fb", status: 204},
		{name: "one is left", method: get, path: stage, status: 200, want: `{"routeSettings":{"$default":{"throttlingBurstLimit":2},"=":true}}`},
		{name: "delete what is not there", method: remove, path: stage + "/routesettings/%24connect", status: 404, code: notFound},
	}
}

func variableCalls() []exchange {
	const stage = "/v2/apis/{api}/stages/prod"
	return []exchange{
		{name: "two", method: post, path: "/v2/apis/{api}/stages", status: 201, body: `{"stageName":"prod","stageVariables":{"a":"1","b":"2"}}`, want: `{"stageVariables":{"a":"1","b":"2","=":true}}`},
		{name: "one changes, one goes (probed on AWS)", method: patch, path: stage, status: 200, body: `{"stageVariables":{"a":"3","b":""}}`, want: `{"stageVariables":{"a":"3","=":true}}`},
		{name: "none changes none (probed on AWS)", method: patch, path: stage, status: 200, body: `{"stageVariables":{}}`, want: `{"stageVariables":{"a":"3","=":true}}`},
		{name: "a name with a blank (developer guide)", method: patch, path: stage, status: 400, code: badRequest, body: `{"stageVariables":{"a b":"1"}}`},
		{name: "a value with a blank (developer guide)", method: patch, path: stage, status: 400, code: badRequest, body: `{"stageVariables":{"a":"x y"}}`},
	}
}
