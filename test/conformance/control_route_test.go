package conformance_test

func routeScenarios() []scenario {
	const (
		all = "/v2/apis/{api}/routes"
		one = all + "/{id}"
	)
	keep := map[string]string{"id": "routeId"}
	return []scenario{
		{"routes", newAPI([]exchange{
			{
				name: "case 54: scopes (real deployments)", method: post, path: all, status: 400, code: badRequest, body: `{"routeKey":"$default","authorizationScopes":["a"]}`,
				want: `{"message":"Authorization Scopes are only valid for COGNITO_USER_POOLS and JWT authorization type"}`,
			},
			{
				name: "case 46: defaults (Terraform provider; moto)", method: post, path: all, status: 201, body: `{"routeKey":"$default"}`, keep: keep,
				want: `{"routeId":"~^[a-z0-9]{7}$","routeKey":"$default","apiKeyRequired":false,"authorizationType":"NONE","target":null}`,
			},
			{
				name: "an integration", method: post, path: "/v2/apis/{api}/integrations", status: 201, body: `{"integrationType":"MOCK"}`,
				keep: map[string]string{"integration": "integrationId"},
			},
			{
				name: "$connect", method: post, path: all, status: 201, body: `{"routeKey":"$connect","target":"integrations/{integration}"}`,
				want: `{"routeKey":"$connect","target":"integrations/{integration}"}`, keep: map[string]string{"connect": "routeId"},
			},
			{
				name: "case 47: $connect is read back with its target (Terraform provider)", method: get, path: all + "/{connect}", status: 200,
				want: `{"routeId":"{connect}","routeKey":"$connect","target":"integrations/{integration}","apiKeyRequired":false,"authorizationType":"NONE","=":true}`,
			},
			{
				name: "case 48: $connect twice (observed)", method: post, path: all, status: 409, code: conflict, body: `{"routeKey":"$connect"}`,
				want: `{"message":"Route with key $connect already exists for this API"}`,
			},
			{name: "case 49: without a key (observed)", method: post, path: all, status: 400, code: badRequest, body: `{}`, want: `{"message":"Route key is required"}`},
			{
				name: "case 50: a target of another form (real deployments)", method: post, path: all, status: 400, code: badRequest, body: `{"routeKey":"a","target":"i-123"}`,
				want: `{"message":"Unexpected or malformed target in route. Correct format should be integrations/<integration_id>."}`,
			},
			{name: "a target that is not there (guess)", method: post, path: all, status: 404, code: notFound, body: `{"routeKey":"a","target":"integrations/abcdefg"}`},
			{
				name: "authorization elsewhere than on $connect (observed)", method: post, path: all, status: 400, code: badRequest, body: `{"routeKey":"a","authorizationType":"AWS_IAM"}`,
				want: `{"message":"Currently, authorization is restricted to the $connect route only"}`,
			},
			{name: "JWT without an authorizer (observed)", method: post, path: all, status: 400, code: badRequest, body: `{"routeKey":"$connect","authorizationType":"JWT"}`},
			{name: "CUSTOM without an authorizer (guess)", method: post, path: all, status: 400, code: badRequest, body: `{"routeKey":"$connect","authorizationType":"CUSTOM"}`},
			{name: "a key that begins with a dollar (developer guide)", method: post, path: all, status: 400, code: badRequest, body: `{"routeKey":"$own"}`},
			{name: "case 64: unknown (moto)", method: get, path: all + "/abcdefg", status: 404, code: notFound},
			{name: "case 64: delete unknown (moto)", method: remove, path: all + "/abcdefg", status: 404, code: notFound},
		}...)},
		{"change a route", newAPI([]exchange{
			{name: "an integration", method: post, path: "/v2/apis/{api}/integrations", status: 201, body: `{"integrationType":"MOCK"}`, keep: map[string]string{"first": "integrationId"}},
			{name: "another", method: post, path: "/v2/apis/{api}/integrations", status: 201, body: `{"integrationType":"MOCK"}`, keep: map[string]string{"second": "integrationId"}},
			{
				name: "simple members", method: post, path: all, status: 201, keep: keep,
				body: `{"routeKey":"a/b","apiKeyRequired":true,"operationName":"GET","routeResponseSelectionExpression":"$default","target":"integrations/{first}"}`,
			},
			{
				name: "case 60: simple members are read back (Terraform provider)", method: get, path: one, status: 200,
				want: `{"apiKeyRequired":true,"operationName":"GET","routeResponseSelectionExpression":"$default","target":"integrations/{first}"}`,
			},
			{name: "case 63: a slash in the key, too (recorded clients)", method: get, path: one, status: 200, want: `{"routeKey":"a/b"}`},
			{name: "case 60: and off again (Terraform provider; probed on AWS)", method: patch, path: one, status: 200, body: `{"apiKeyRequired":false,"operationName":""}`, want: `{"apiKeyRequired":false,"operationName":null}`},
			{name: "case 61: another key, the same id (Terraform provider)", method: patch, path: one, status: 200, body: `{"routeKey":"c"}`, want: `{"routeKey":"c","routeId":"{id}"}`},
			{name: "case 62: another target (Terraform provider)", method: patch, path: one, status: 200, body: `{"target":"integrations/{second}"}`, want: `{"target":"integrations/{second}"}`},
			{name: "the target cannot be cleared (probed on AWS)", method: patch, path: one, status: 200, body: `{"target":""}`, want: `{"target":"integrations/{second}"}`},
			{name: "a taken key", method: post, path: all, status: 201, body: `{"routeKey":"$default"}`},
			{name: "cannot be taken by an update", method: patch, path: one, status: 409, code: conflict, body: `{"routeKey":"$default"}`},
			{name: "case 65: all are listed (moto)", method: get, path: all, status: 200, want: `{"items":[{"routeKey":"c"},{"routeKey":"$default"}]}`},
			{name: "IAM on $connect", method: post, path: all, status: 201, body: `{"routeKey":"$connect","authorizationType":"AWS_IAM"}`, want: `{"authorizationType":"AWS_IAM","authorizerId":null}`, keep: map[string]string{"connect": "routeId"}},
			{name: "and off (Terraform provider)", method: patch, path: all + "/{connect}", status: 200, body: `{"authorizationType":"NONE","authorizerId":""}`, want: `{"authorizationType":"NONE"}`},
		}...)},
		{"request parameters", newAPI([]exchange{
			{
				name: "two", method: post, path: all, status: 201, keep: keep,
				body: `{"routeKey":"$connect","requestParameters":{"route.request.header.authorization":{"required":true},"route.request.querystring.authorization":{"required":false}}}`,
				want: `{"requestParameters":{"route.request.header.authorization":{"required":true},"route.request.querystring.authorization":{"required":false},"=":true}}`,
			},
			{
				name: "case 57: request parameters are read back (Terraform provider)", method: get, path: one, status: 200,
				want: `{"requestParameters":{"route.request.header.authorization":{"required":true},"route.request.querystring.authorization":{"required":false},"=":true}}`,
			},
			{
				name: "case 59: none removes none (probed on AWS)", method: patch, path: one, status: 200, body: `{"requestParameters":{}}`,
				want: `{"requestParameters":{"route.request.header.authorization":{"required":true},"route.request.querystring.authorization":{"required":false}}}`,
			},
			{name: "case 58: delete one (Terraform provider)", method: remove, path: one + "/requestparameters/route.request.querystring.authorization", status: 204},
			{name: "case 58: one is left (Terraform provider)", method: get, path: one, status: 200, want: `{"requestParameters":{"route.request.header.authorization":{"required":true},"=":true}}`},
			{name: "case 58: delete it, too (Terraform provider)", method: remove, path: one + "/requestparameters/route.request.header.authorization", status: 204},
			{name: "case 58: none is left (Terraform provider)", method: get, path: one, status: 200, want: `{"requestParameters":null}`},
			{name: "delete what is not there", method: remove, path: one + "/requestparameters/route.request.header.authorization", status: 404, code: notFound},
			{name: "a blank in the name travels encoded (recorded clients)", method: remove, path: one + "/requestparameters/route.request.querystring.a%20b", status: 404, code: notFound},
		}...)},
		{"route responses", newAPI([]exchange{
			{name: "a route", method: post, path: all, status: 201, body: `{"routeKey":"$default"}`, keep: keep},
			{
				name: "case 66: $default (Terraform provider)", method: post, path: one + "/routeresponses", status: 201, body: `{"routeResponseKey":"$default"}`,
				want: `{"routeResponseId":"~^[a-z0-9]{6}$","routeResponseKey":"$default"}`, keep: map[string]string{"response": "routeResponseId"},
			},
			{
				name: "case 67: any other (real deployments)", method: post, path: one + "/routeresponses", status: 400, code: badRequest, body: `{"routeResponseKey":"x"}`,
				want: `{"message":"Currently, only $default is supported as a RouteResponseKey."}`,
			},
			{name: "twice (guess)", method: post, path: one + "/routeresponses", status: 409, code: conflict, body: `{"routeResponseKey":"$default"}`},
			{name: "read", method: get, path: one + "/routeresponses/{response}", status: 200, want: `{"routeResponseKey":"$default"}`},
			{name: "update", method: patch, path: one + "/routeresponses/{response}", status: 200, body: `{"modelSelectionExpression":"action"}`, want: `{"modelSelectionExpression":"action"}`},
			{name: "clear (probed on AWS)", method: patch, path: one + "/routeresponses/{response}", status: 200, body: `{"modelSelectionExpression":""}`, want: `{"modelSelectionExpression":null}`},
			{name: "list", method: get, path: one + "/routeresponses", status: 200, want: `{"items":[{"routeResponseId":"{response}"}]}`},
			{name: "the route goes", method: remove, path: one, status: 204},
			{name: "case 69: and its response with it (guess)", method: get, path: one + "/routeresponses/{response}", status: 404, code: notFound},
		}...)},
	}
}
