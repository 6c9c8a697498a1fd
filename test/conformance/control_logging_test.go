package conformance_test

// loggingScenarios turn logs on, which a stage may do only once the account has a role that writes them.
func loggingScenarios() []scenario {
	const (
		stages = "/v2/apis/{api}/stages"
		prod   = stages + "/prod"
		noRole = `{"message":"CloudWatch Logs role ARN must be set in account settings to enable logging"}`
	)
	role := exchange{
		name: "the account's role", method: patch, path: "/account", status: 200,
		body: `{"patchOperations":[{"op":"replace","path":"/cloudwatchRoleArn","value":"arn:aws:iam::000000000000:role/logs"}]}`,
	}
	return []scenario{
		{"access logs", newAPI([]exchange{
			{name: "a stage", method: post, path: stages, status: 201, body: `{"stageName":"prod"}`},
			{
				name: "case 98: without the account's role (observed)", method: patch, path: prod, status: 400, code: badRequest,
				body: accessLog("log-group:x", "$context.requestId"), want: noRole,
			},
			{
				name: "case 98: from the beginning, either (observed)", method: post, path: stages, status: 400, code: badRequest,
				body: `{"stageName":"test",` + accessLog("log-group:x", "$context.requestId")[1:], want: noRole,
			},
			{
				name: "case 101: a format without a request id (observed; real deployments)", method: patch, path: prod, status: 400, code: badRequest,
				body: accessLog("log-group:x", "$context.stage"), want: `{"message":"Access Log format must include either $context.requestId or $context.extendedRequestId"}`,
			},
			{
				name: "half of the settings (another emulator)", method: patch, path: prod, status: 400, code: badRequest,
				body: `{"accessLogSettings":{"format":"$context.requestId"}}`, want: `{"message":"Access Log value missing. Expected destinationArn and format."}`,
			},
			{
				name: "a destination that is no ARN (another emulator)", method: patch, path: prod, status: 400, code: badRequest,
				body: `{"accessLogSettings":{"destinationArn":"x","format":"$context.requestId"}}`,
				want: `{"message":"Invalid ARN specified in the request. ARNs must start with 'arn:': x"}`,
			},
			{name: "empty settings are none (probed on AWS; Terraform provider)", method: patch, path: prod, status: 200, body: `{"accessLogSettings":{}}`, want: `{"accessLogSettings":null}`},
			{name: "no settings to delete", method: remove, path: prod + "/accesslogsettings", status: 204},
			role,
			{
				name: "case 99: with the account's role (Terraform provider)", method: patch, path: prod, status: 200,
				body: accessLog("log-group:x", "$context.requestId"), want: accessLog("log-group:x", "$context.requestId"),
			},
			{
				name: "case 99: and from the beginning (Terraform provider)", method: post, path: stages, status: 201,
				body: `{"stageName":"test",` + accessLog("log-group:y", "$context.extendedRequestId")[1:], want: accessLog("log-group:y", "$context.extendedRequestId"),
			},
			{
				name: "case 100: empty settings change nothing (probed on AWS; recorded clients)", method: patch, path: prod, status: 200,
				body: `{"accessLogSettings":{}}`, want: accessLog("log-group:x", "$context.requestId"),
			},
			{name: "case 99: they are read back (Terraform provider)", method: get, path: prod, status: 200, want: accessLog("log-group:x", "$context.requestId")},
			{name: "case 99: they are deleted (probed on AWS)", method: remove, path: prod + "/accesslogsettings", status: 204},
			{name: "case 99: and gone (probed on AWS)", method: get, path: prod, status: 200, want: `{"accessLogSettings":null}`},
		}...)},
		{"execution logs", newAPI([]exchange{
			{
				name: "without the account's role (observed)", method: post, path: stages, status: 400, code: badRequest,
				body: `{"stageName":"prod","defaultRouteSettings":{"loggingLevel":"INFO"}}`, want: noRole,
			},
			role,
			{
				name: "case 92: settings of a new stage (Terraform provider)", method: post, path: stages, status: 201,
				body: `{"stageName":"prod","defaultRouteSettings":{"dataTraceEnabled":true,"detailedMetricsEnabled":true,"loggingLevel":"ERROR","throttlingBurstLimit":2222,"throttlingRateLimit":8888}}`,
				want: `{"defaultRouteSettings":{"dataTraceEnabled":true,"detailedMetricsEnabled":true,"loggingLevel":"ERROR","throttlingBurstLimit":2222,"throttlingRateLimit":8888}}`,
			},
			{
				name: "case 92: are read back (Terraform provider)", method: get, path: prod, status: 200,
				want: `{"defaultRouteSettings":{"dataTraceEnabled":true,"detailedMetricsEnabled":true,"loggingLevel":"ERROR","throttlingBurstLimit":2222,"throttlingRateLimit":8888}}`,
			},
			{
				name: "case 92: all change (Terraform provider)", method: patch, path: prod, status: 200,
				body: `{"defaultRouteSettings":{"dataTraceEnabled":false,"detailedMetricsEnabled":true,"loggingLevel":"INFO","throttlingBurstLimit":1111,"throttlingRateLimit":9999}}`,
				want: `{"defaultRouteSettings":{"dataTraceEnabled":false,"detailedMetricsEnabled":true,"loggingLevel":"INFO","throttlingBurstLimit":1111,"throttlingRateLimit":9999}}`,
			},
			{
				name: "case 93: those that are not sent stay (Terraform provider)", method: patch, path: prod, status: 200,
				body: `{"defaultRouteSettings":{"dataTraceEnabled":false,"detailedMetricsEnabled":false,"throttlingBurstLimit":0,"throttlingRateLimit":0}}`,
				want: `{"defaultRouteSettings":{"dataTraceEnabled":false,"detailedMetricsEnabled":false,"loggingLevel":"INFO","throttlingBurstLimit":0,"throttlingRateLimit":0}}`,
			},
			{name: "of one route (Terraform provider)", method: patch, path: prod, status: 200, body: `{"routeSettings":{"$connect":{"loggingLevel":"ERROR"}}}`, want: `{"routeSettings":{"$connect":{"loggingLevel":"ERROR"}}}`},
			{name: "a level that is none (service model)", method: patch, path: prod, status: 400, code: badRequest, body: `{"defaultRouteSettings":{"loggingLevel":"DEBUG"}}`},
		}...)},
	}
}

// accessLog is the body that turns access logs on, and what is then read back.
func accessLog(destination, format string) string {
	return `{"accessLogSettings":{"destinationArn":"arn:aws:logs:us-east-1:000000000000:` + destination + `","format":"` + format + `"}}`
}
