package conformance_test

func authorizerScenarios() []scenario {
	const (
		all    = "/v2/apis/{api}/authorizers"
		one    = all + "/{id}"
		routes = "/v2/apis/{api}/routes"
	)
	authorizer := exchange{
		name: "an authorizer", method: post, path: all, status: 201, body: newAuthorizer("a", ""), keep: map[string]string{"id": "authorizerId"},
	}
	return []scenario{
		{"authorizers", newAPI([]exchange{
			{
				name: "case 70: without an identity source (Terraform provider)", method: post, path: all, status: 201, body: newAuthorizer("a", ""),
				want: `{"authorizerId":"~^[a-z0-9]{6}$","authorizerType":"REQUEST","authorizerUri":"` + invocation + `","name":"a",
					"authorizerResultTtlInSeconds":null,"authorizerPayloadFormatVersion":null,"enableSimpleResponses":null,"jwtConfiguration":null}`,
			},
			{
				name: "with an identity source", method: post, path: all, status: 201,
				body: newAuthorizer("b", `,"identitySource":["route.request.header.Auth"],"authorizerCredentialsArn":"arn:aws:iam::000000000000:role/r"`),
				want: `{"identitySource":["route.request.header.Auth"],"authorizerCredentialsArn":"arn:aws:iam::000000000000:role/r"}`, keep: map[string]string{"id": "authorizerId"},
			},
			{
				name: "case 71: the list of identity sources is replaced (Terraform provider)", method: patch, path: one, status: 200,
				body: `{"identitySource":["route.request.querystring.Name","stageVariables.a"]}`,
				want: `{"identitySource":["route.request.querystring.Name","stageVariables.a"],"authorizerCredentialsArn":"…","name":"b"}`,
			},
			{
				name: "case 71: an empty role clears it (probed on AWS)", method: patch, path: one, status: 200,
				body: `{"authorizerCredentialsArn":""}`, want: `{"authorizerCredentialsArn":null}`,
			},
			{
				name: "case 71: as one sees", method: get, path: one, status: 200,
				want: `{"identitySource":["route.request.querystring.Name","stageVariables.a"],"authorizerCredentialsArn":null}`,
			},
			{name: "all are listed", method: get, path: all, status: 200, want: `{"items":[{"name":"a"},{"name":"b"}]}`},
			{name: "delete", method: remove, path: one, status: 204},
			{name: "gone", method: get, path: one, status: 404, code: notFound},
			{name: "unknown (moto)", method: patch, path: all + "/abcdef", status: 404, code: notFound, body: `{}`},
		}...)},
		{"refuse an authorizer", newAPI(wrongAuthorizers(all)...)},
		{"a route with an authorizer", newAPI([]exchange{
			authorizer,
			{
				name: "case 52: elsewhere than on $connect (real deployments; observed)", method: post, path: routes, status: 400, code: badRequest,
				body: `{"routeKey":"sendmessage","authorizationType":"CUSTOM","authorizerId":"{id}"}`,
				want: `{"message":"Currently, authorization is restricted to the $connect route only"}`,
			},
			{name: "that is not there (guess)", method: post, path: routes, status: 404, code: notFound, body: `{"routeKey":"$connect","authorizationType":"CUSTOM","authorizerId":"abcdef"}`},
			{
				name: "on $connect", method: post, path: routes, status: 201, body: `{"routeKey":"$connect","authorizationType":"CUSTOM","authorizerId":"{id}"}`,
				keep: map[string]string{"route": "routeId"},
			},
			{
				name: "case 51: on $connect it is read back (Terraform provider)", method: get, path: routes + "/{route}", status: 200,
				want: `{"authorizationType":"CUSTOM","authorizerId":"{id}"}`,
			},
			{
				name: "case 75: an authorizer in use cannot be deleted (observed)", method: remove, path: one, status: 409, code: conflict,
				want: `{"message":"Cannot delete authorizer 'a', is referenced in route: $connect"}`,
			},
			{name: "nor taken off while the route asks for one (observed)", method: patch, path: routes + "/{route}", status: 400, code: badRequest, body: `{"authorizerId":""}`},
			{
				name: "case 51: IAM in its place (Terraform provider)", method: patch, path: routes + "/{route}", status: 200,
				body: `{"authorizationType":"AWS_IAM","authorizerId":""}`, want: `{"authorizationType":"AWS_IAM","authorizerId":null}`,
			},
			{
				name: "on again", method: patch, path: routes + "/{route}", status: 200, body: `{"authorizationType":"CUSTOM","authorizerId":"{id}"}`,
				want: `{"authorizationType":"CUSTOM","authorizerId":"{id}"}`,
			},
			{
				name: "case 53: and off (Terraform provider; recorded clients)", method: patch, path: routes + "/{route}", status: 200,
				body: `{"authorizationType":"NONE","authorizerId":""}`, want: `{"authorizationType":"NONE","authorizerId":null}`,
			},
			{name: "then it can be deleted", method: remove, path: one, status: 204},
		}...)},
		{"ten authorizers", newAPI(tenAuthorizers(all)...)},
	}
}

// newAuthorizer is the body that makes an authorizer, with more members.
func newAuthorizer(name, more string) string {
	return `{"authorizerType":"REQUEST","authorizerUri":"` + invocation + `","name":"` + name + `"` + more + `}`
}

func wrongAuthorizers(all string) []exchange {
	refused := func(name, body, message string) exchange {
		want := ""
		if message != "" {
			want = `{"message":"` + message + `"}`
		}
		return exchange{name: name, method: post, path: all, status: 400, code: badRequest, body: body, want: want}
	}
	return []exchange{
		refused("case 72: an identity source as HTTP APIs have them (observed; real deployments)",
			newAuthorizer("a", `,"identitySource":["$request.header.Authorization"]`),
			`~^Invalid request identity source expression: \\$request\\.header\\.Authorization\\. The sources must be separated by comma, `),
		refused("case 73: JWT (real deployments)", `{"authorizerType":"JWT","name":"a","identitySource":["route.request.header.Auth"]}`,
			"Only REQUEST authorizer type is supported on WEBSOCKET protocol Apis."),
		refused("case 74: a time to keep results (observed)", newAuthorizer("a", `,"authorizerResultTtlInSeconds":300`),
			"~^AuthorizerResultTtlInSeconds cannot be set for WEBSOCKET protocol Apis"),
		refused("a payload format (another emulator)", newAuthorizer("a", `,"authorizerPayloadFormatVersion":"1.0"`),
			"AuthorizerPayloadFormatVersion cannot be set for WEBSOCKET protocol Apis."),
		refused("simple responses (another emulator)", newAuthorizer("a", `,"enableSimpleResponses":false`),
			"EnableSimpleResponses cannot be set for WEBSOCKET protocol Apis."),
		refused("without a name", newAuthorizer("", ""), ""),
		refused("without a function", `{"authorizerType":"REQUEST","name":"a"}`, ""),
		refused("with a role that is none (another emulator)", newAuthorizer("a", `,"authorizerCredentialsArn":"role"`), ""),
		refused("without a type", `{"authorizerUri":"`+invocation+`","name":"a"}`, ""),
	}
}

// tenAuthorizers are all that an API may have: "Quotas for configuring and running a WebSocket API" in the developer guide.
// The eleventh is a conflict here: docs/decisions/how-quotas-are-refused.md.
func tenAuthorizers(all string) []exchange {
	var calls []exchange
	for range 10 {
		calls = append(calls, exchange{name: "one of ten", method: post, path: all, status: 201, body: newAuthorizer("a", "")})
	}
	return append(calls, exchange{
		name: "case 76: an eleventh authorizer is refused (developer guide; observed, with another status)", method: post, path: all, status: 409, code: conflict,
		body: newAuthorizer("a", ""), want: `{"message":"~^Maximum number of Authorizers for this API has been reached"}`,
	})
}
