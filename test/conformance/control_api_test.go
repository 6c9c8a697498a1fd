package conformance_test

func apiScenarios() []scenario {
	return []scenario{
		{"an API", []exchange{
			{
				name: "case 1: defaults are filled in (Terraform provider; live objects)", method: post, path: "/v2/apis", status: 201,
				body: `{"name":"a","protocolType":"WEBSOCKET","routeSelectionExpression":"$request.body.action"}`,
				want: `{"apiId":"~^[a-z0-9]{10}$","name":"a","protocolType":"WEBSOCKET","routeSelectionExpression":"$request.body.action",
					"apiKeySelectionExpression":"$request.header.x-api-key","disableExecuteApiEndpoint":false,"ipAddressType":"ipv4",
					"apiEndpoint":"~^wss?://.*","createdDate":"~^20..-..-..T..:..:..Z$","tags":{"=":true},"description":null,"version":null}`,
				keep: map[string]string{"api": "apiId", "made": "createdDate", "endpoint": "apiEndpoint"},
			},
			{
				name: "case 2: the same is read back (Terraform provider)", method: get, path: "/v2/apis/{api}", status: 200,
				want: `{"apiId":"{api}","name":"a","protocolType":"WEBSOCKET","routeSelectionExpression":"$request.body.action",
					"apiKeySelectionExpression":"$request.header.x-api-key","disableExecuteApiEndpoint":false,"ipAddressType":"ipv4",
					"apiEndpoint":"{endpoint}","createdDate":"{made}"}`,
			},
			{
				name: "every member (Terraform provider)", method: post, path: "/v2/apis", status: 201,
				body: `{"name":"b","protocolType":"WEBSOCKET","routeSelectionExpression":"$request.body.action","description":"d","version":"v1",
					"apiKeySelectionExpression":"$context.authorizer.usageIdentifierKey","disableExecuteApiEndpoint":true,"tags":{"k":"v"}}`,
				keep: map[string]string{"full": "apiId"},
			},
			{
				name: "case 3: every member is read back (Terraform provider)", method: get, path: "/v2/apis/{full}", status: 200,
				want: `{"description":"d","version":"v1","apiKeySelectionExpression":"$context.authorizer.usageIdentifierKey",
					"disableExecuteApiEndpoint":true,"tags":{"k":"v","=":true}}`,
			},
			{
				name: "case 4: an update answers with the whole object (Terraform provider)", method: patch, path: "/v2/apis/{full}", status: 200,
				body: `{"name":"c","description":"e","version":"v2","routeSelectionExpression":"$request.body.service","apiKeySelectionExpression":"$request.header.x-api-key"}`,
				want: `{"apiId":"{full}","name":"c","description":"e","version":"v2","routeSelectionExpression":"$request.body.service",
					"apiKeySelectionExpression":"$request.header.x-api-key","disableExecuteApiEndpoint":true,"protocolType":"WEBSOCKET"}`,
			},
			{
				name: "case 5: an empty description clears it (probed on AWS; Terraform provider)", method: patch, path: "/v2/apis/{full}", status: 200,
				body: `{"description":""}`, want: `{"description":null,"version":"v2"}`,
			},
			{
				name: "case 5: and it is not read back", method: get, path: "/v2/apis/{full}", status: 200, want: `{"description":null}`,
			},
			{
				name: "case 6: an empty update changes nothing (guess)", method: patch, path: "/v2/apis/{full}", status: 200,
				body: `{}`, want: `{"name":"c","version":"v2","routeSelectionExpression":"$request.body.service"}`,
			},
			{
				name: "case 7: disableExecuteApiEndpoint goes back to false (probed on AWS)", method: patch, path: "/v2/apis/{full}", status: 200,
				body: `{"disableExecuteApiEndpoint":false}`, want: `{"disableExecuteApiEndpoint":false}`,
			},
			{
				name: "case 17: the protocol cannot change (service model)", method: patch, path: "/v2/apis/{full}", status: 200,
				body: `{"protocolType":"HTTP"}`, want: `{"protocolType":"WEBSOCKET"}`,
			},
			{
				name: "tags cannot change by an update (service model)", method: patch, path: "/v2/apis/{full}", status: 200,
				body: `{"tags":{"x":"y"}}`, want: `{"tags":{"k":"v","=":true}}`,
			},
			{
				name: "ids cannot change (service model)", method: patch, path: "/v2/apis/{full}", status: 200,
				body: `{"apiId":"mine"}`, want: `{"apiId":"{full}"}`,
			},
		}},
		{"refuse an API", []exchange{
			{
				name: "case 8: without a name (real deployments)", method: post, path: "/v2/apis", status: 400, code: badRequest,
				body: `{"protocolType":"WEBSOCKET","routeSelectionExpression":"$request.body.action"}`, want: `{"message":"Invalid API name specified"}`,
			},
			{
				name: "case 9: without a selection expression (real deployments)", method: post, path: "/v2/apis", status: 400, code: badRequest,
				body: `{"name":"a","protocolType":"WEBSOCKET"}`, want: `{"message":"Invalid routeSelectionExpression"}`,
			},
			{
				name: "case 10: with CORS (real deployments)", method: post, path: "/v2/apis", status: 400, code: badRequest,
				body: `{"name":"a","protocolType":"WEBSOCKET","routeSelectionExpression":"x","corsConfiguration":{"allowOrigins":["*"]}}`,
				want: `{"message":"Cors is not supported for WEBSOCKET protocolType"}`,
			},
			{
				name: "case 11: of an unknown protocol (moto)", method: post, path: "/v2/apis", status: 400, code: badRequest,
				body: `{"name":"a","protocolType":"FTP","routeSelectionExpression":"x"}`,
				want: `{"message":"Invalid protocol specified. Must be one of [HTTP, WEBSOCKET]"}`,
			},
			{
				name: "of protocol HTTP, which is not served here", method: post, path: "/v2/apis", status: 400, code: badRequest,
				body: `{"name":"a","protocolType":"HTTP"}`,
			},
			{
				name: "with quick-create members (developer guide: HTTP APIs only)", method: post, path: "/v2/apis", status: 400, code: badRequest,
				body: `{"name":"a","protocolType":"WEBSOCKET","routeSelectionExpression":"x","target":"https://example.com"}`,
			},
			{
				name: "with another API key expression (developer guide)", method: post, path: "/v2/apis", status: 400, code: badRequest,
				body: `{"name":"a","protocolType":"WEBSOCKET","routeSelectionExpression":"x","apiKeySelectionExpression":"$request.body.key"}`,
			},
		}},
		{"unknown API", []exchange{
			{
				name: "case 12: is not found, and the message names account and API (observed)", method: get, path: "/v2/apis/abcdef1234", status: 404, code: notFound,
				want: `{"message":"Invalid API identifier specified 000000000000:abcdef1234"}`,
			},
			{name: "case 13: cannot be deleted (moto; Terraform provider)", method: remove, path: "/v2/apis/abcdef1234", status: 404, code: notFound},
			{name: "case 13: cannot be updated (moto; Terraform provider)", method: patch, path: "/v2/apis/abcdef1234", status: 404, code: notFound, body: `{}`},
			{name: "its routes", method: get, path: "/v2/apis/abcdef1234/routes", status: 404, code: notFound},
			{name: "a stage of it", method: get, path: "/v2/apis/abcdef1234/stages/x", status: 404, code: notFound},
			{name: "a deployment", method: post, path: "/v2/apis/abcdef1234/deployments", status: 404, code: notFound, body: `{}`},
		}},
		{"delete an API", newAPI(deleteCalls()...)},
		{"operations that have nothing to do", newAPI([]exchange{
			{name: "no CORS to delete (guess)", method: remove, path: "/v2/apis/{api}/cors", status: 204},
			{name: "a stage", method: post, path: "/v2/apis/{api}/stages", status: 201, body: `{"stageName":"prod"}`},
			{name: "no authorizer cache to reset (guess)", method: remove, path: "/v2/apis/{api}/stages/prod/cache/authorizers", status: 204},
			{name: "importing is for HTTP APIs (developer guide)", method: put, path: "/v2/apis", status: 400, code: badRequest, body: `{"body":"{}"}`},
			{name: "so is exporting (developer guide)", method: get, path: "/v2/apis/{api}/exports/OAS30?outputType=JSON", status: 400, code: badRequest},
		}...)},
	}
}

// deleteCalls give an API one of everything, and delete it.
func deleteCalls() []exchange {
	const api = "/v2/apis/{api}"
	children := []struct{ collection, body, id string }{
		{"integrations", `{"integrationType":"MOCK"}`, "integrationId"},
		{"routes", `{"routeKey":"$default","target":"integrations/{integrations}"}`, "routeId"},
		{"authorizers", `{"authorizerType":"REQUEST","authorizerUri":"` + invocation + `","name":"a"}`, "authorizerId"},
		{"models", `{"name":"m","schema":"{}"}`, "modelId"},
		{"deployments", `{}`, "deploymentId"},
		{"stages", `{"stageName":"prod"}`, "stageName"},
	}
	var calls []exchange
	for _, child := range children {
		calls = append(calls, exchange{
			name: "one of " + child.collection, method: post, path: api + "/" + child.collection, status: 201, body: child.body,
			keep: map[string]string{child.collection: child.id},
		})
	}
	calls = append(calls, exchange{name: "case 16: an API goes with all it has (Terraform provider; guess)", method: remove, path: api, status: 204})
	for _, child := range children {
		calls = append(calls, exchange{
			name: "case 16: as one sees by its " + child.collection, method: get, path: api + "/" + child.collection + "/{" + child.collection + "}", status: 404, code: notFound,
		})
	}
	return append(calls, exchange{name: "deleting it again is not found", method: remove, path: api, status: 404, code: notFound})
}

// accountScenarios look at everything that an account has.
func accountScenarios() []scenario {
	const api = `{"name":"a","protocolType":"WEBSOCKET","routeSelectionExpression":"x"}`
	return []scenario{{"all APIs", []exchange{
		{name: "case 15: no APIs are an empty list (moto)", method: get, path: "/v2/apis", status: 200, want: `{"items":[],"nextToken":null}`},
		{name: "one", method: post, path: "/v2/apis", status: 201, body: api, keep: map[string]string{"one": "apiId"}},
		{name: "two", method: post, path: "/v2/apis", status: 201, body: api, keep: map[string]string{"two": "apiId"}},
		{name: "three", method: post, path: "/v2/apis", status: 201, body: api, keep: map[string]string{"three": "apiId"}},
		{
			name: "case 15: three APIs are three items (moto)", method: get, path: "/v2/apis", status: 200,
			want: `{"items":[{"apiId":"{one}"},{"apiId":"{two}"},{"apiId":"{three}"}],"nextToken":null}`,
		},
	}}}
}
