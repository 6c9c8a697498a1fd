package conformance_test

func apiScenarios() []scenario {
	return []scenario{
		{"create an API", []exchange{
			{
				name: "defaults are filled in (Terraform provider; live objects)", method: post, path: "/v2/apis", status: 201,
				body: `{"name":"a","protocolType":"WEBSOCKET","routeSelectionExpression":"$request.body.action"}`,
				want: `{"apiId":"~^[a-z0-9]{10}$","name":"a","protocolType":"WEBSOCKET","routeSelectionExpression":"$request.body.action",
					"apiKeySelectionExpression":"$request.header.x-api-key","disableExecuteApiEndpoint":false,"ipAddressType":"ipv4",
					"apiEndpoint":"~^wss?://.*","createdDate":"~^20..-..-..T..:..:..Z$","tags":{"=":true},"description":null,"version":null}`,
				keep: map[string]string{"api": "apiId"},
			},
			{
				name: "and are read back (Terraform provider)", method: get, path: "/v2/apis/{api}", status: 200,
				want: `{"apiId":"{api}","name":"a","apiKeySelectionExpression":"$request.header.x-api-key","createdDate":"~Z$"}`,
			},
			{
				name: "every member (Terraform provider)", method: post, path: "/v2/apis", status: 201,
				body: `{"name":"b","protocolType":"WEBSOCKET","routeSelectionExpression":"$request.body.action","description":"d","version":"v1",
					"apiKeySelectionExpression":"$context.authorizer.usageIdentifierKey","disableExecuteApiEndpoint":true,"tags":{"k":"v"}}`,
				keep: map[string]string{"full": "apiId"},
			},
			{
				name: "is read back", method: get, path: "/v2/apis/{full}", status: 200,
				want: `{"description":"d","version":"v1","apiKeySelectionExpression":"$context.authorizer.usageIdentifierKey",
					"disableExecuteApiEndpoint":true,"tags":{"k":"v","=":true}}`,
			},
			{
				name: "update answers with the whole object (Terraform provider)", method: patch, path: "/v2/apis/{full}", status: 200,
				body: `{"name":"c","description":"e","version":"v2","routeSelectionExpression":"$request.body.service","apiKeySelectionExpression":"$request.header.x-api-key"}`,
				want: `{"apiId":"{full}","name":"c","description":"e","version":"v2","routeSelectionExpression":"$request.body.service",
					"apiKeySelectionExpression":"$request.header.x-api-key","disableExecuteApiEndpoint":true,"protocolType":"WEBSOCKET"}`,
			},
			{
				name: "an empty description clears it (probed on AWS)", method: patch, path: "/v2/apis/{full}", status: 200,
				body: `{"description":""}`, want: `{"description":null,"version":"v2"}`,
			},
			{
				name: "an empty update changes nothing (guess)", method: patch, path: "/v2/apis/{full}", status: 200,
				body: `{}`, want: `{"name":"c","version":"v2","routeSelectionExpression":"$request.body.service"}`,
			},
			{
				name: "disableExecuteApiEndpoint goes back to false (probed on AWS)", method: patch, path: "/v2/apis/{full}", status: 200,
				body: `{"disableExecuteApiEndpoint":false}`, want: `{"disableExecuteApiEndpoint":false}`,
			},
			{
				name: "the protocol cannot change (service model)", method: patch, path: "/v2/apis/{full}", status: 200,
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
			{
				name: "an unknown member is passed over (guess)", method: patch, path: "/v2/apis/{full}", status: 200,
				body: `{"colour":"blue"}`, want: `{"colour":null}`,
			},
		}},
		{"refuse an API", []exchange{
			{
				name: "without a name (real deployments)", method: post, path: "/v2/apis", status: 400, code: badRequest,
				body: `{"protocolType":"WEBSOCKET","routeSelectionExpression":"$request.body.action"}`, want: `{"message":"Invalid API name specified"}`,
			},
			{
				name: "without a selection expression (real deployments)", method: post, path: "/v2/apis", status: 400, code: badRequest,
				body: `{"name":"a","protocolType":"WEBSOCKET"}`, want: `{"message":"Invalid routeSelectionExpression"}`,
			},
			{
				name: "with CORS (real deployments)", method: post, path: "/v2/apis", status: 400, code: badRequest,
				body: `{"name":"a","protocolType":"WEBSOCKET","routeSelectionExpression":"x","corsConfiguration":{"allowOrigins":["*"]}}`,
				want: `{"message":"Cors is not supported for WEBSOCKET protocolType"}`,
			},
			{
				name: "of an unknown protocol (moto)", method: post, path: "/v2/apis", status: 400, code: badRequest,
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
				name: "get (observed in many reports)", method: get, path: "/v2/apis/abcdef1234", status: 404, code: notFound,
				want: `{"message":"Invalid API identifier specified 000000000000:abcdef1234"}`,
			},
			{name: "delete (Terraform provider)", method: remove, path: "/v2/apis/abcdef1234", status: 404, code: notFound},
			{name: "update", method: patch, path: "/v2/apis/abcdef1234", status: 404, code: notFound, body: `{}`},
			{name: "its routes", method: get, path: "/v2/apis/abcdef1234/routes", status: 404, code: notFound},
			{name: "a stage of it", method: get, path: "/v2/apis/abcdef1234/stages/x", status: 404, code: notFound},
			{name: "a deployment", method: post, path: "/v2/apis/abcdef1234/deployments", status: 404, code: notFound, body: `{}`},
		}},
		{"delete an API", newAPI([]exchange{
			{name: "a route", method: post, path: "/v2/apis/{api}/routes", status: 201, body: `{"routeKey":"$default"}`, keep: map[string]string{"route": "routeId"}},
			{name: "an integration", method: post, path: "/v2/apis/{api}/integrations", status: 201, body: `{"integrationType":"MOCK"}`, keep: map[string]string{"integration": "integrationId"}},
			{name: "a stage", method: post, path: "/v2/apis/{api}/stages", status: 201, body: `{"stageName":"prod"}`},
			{name: "takes everything with it (Terraform provider)", method: remove, path: "/v2/apis/{api}", status: 204},
			{name: "the API is gone", method: get, path: "/v2/apis/{api}", status: 404, code: notFound},
			{name: "the route is gone", method: get, path: "/v2/apis/{api}/routes/{route}", status: 404, code: notFound},
			{name: "the integration is gone", method: get, path: "/v2/apis/{api}/integrations/{integration}", status: 404, code: notFound},
			{name: "the stage is gone", method: get, path: "/v2/apis/{api}/stages/prod", status: 404, code: notFound},
			{name: "deleting it again is not found", method: remove, path: "/v2/apis/{api}", status: 404, code: notFound},
		}...)},
		{"tags", newAPI(tagCalls()...)},
		{"operations that have nothing to do", newAPI([]exchange{
			{name: "no CORS to delete (guess)", method: remove, path: "/v2/apis/{api}/cors", status: 204},
			{name: "a stage", method: post, path: "/v2/apis/{api}/stages", status: 201, body: `{"stageName":"prod"}`},
			{name: "no authorizer cache to reset (guess)", method: remove, path: "/v2/apis/{api}/stages/prod/cache/authorizers", status: 204},
			{name: "importing is for HTTP APIs (developer guide)", method: "PUT", path: "/v2/apis", status: 400, code: badRequest, body: `{"body":"{}"}`},
		}...)},
	}
}

func tagCalls() []exchange {
	const (
		tags      = "/v2/tags/arn:aws:apigateway:{region}::%2Fapis%2F{api}"
		stageTags = "/v2/tags/arn%3Aaws%3Aapigateway%3A{region}%3A%3A%2Fapis%2F{api}%2Fstages%2Fprod"
	)
	return []exchange{
		{name: "none", method: get, path: tags, status: 200, want: `{"tags":{"=":true}}`},
		{name: "add (moto; tests verified on AWS)", method: post, path: tags, status: 201, body: `{"tags":{"a":"1"}}`, want: `{"=":true}`},
		{name: "add and replace", method: post, path: tags, status: 201, body: `{"tags":{"b":"2","a":"3","c":"4"}}`},
		{name: "are merged", method: get, path: tags, status: 200, want: `{"tags":{"a":"3","b":"2","c":"4","=":true}}`},
		{name: "are those of the API", method: get, path: "/v2/apis/{api}", status: 200, want: `{"tags":{"a":"3","b":"2","c":"4","=":true}}`},
		{name: "remove two (recorded clients)", method: remove, path: tags + "?tagKeys=a&tagKeys=c", status: 204},
		{name: "one is left", method: get, path: tags, status: 200, want: `{"tags":{"b":"2","=":true}}`},
		{name: "removing what is not there is no error (tests verified on AWS)", method: remove, path: tags + "?tagKeys=nope", status: 204},
		{name: "an ARN with plain slashes is the same (moto)", method: get, path: "/v2/tags/arn:aws:apigateway:{region}::/apis/{api}", status: 200, want: `{"tags":{"b":"2","=":true}}`},
		{name: "a stage with tags (Terraform provider)", method: post, path: "/v2/apis/{api}/stages", status: 201, body: `{"stageName":"prod","tags":{"s":"1"}}`, want: `{"tags":{"s":"1","=":true}}`},
		{name: "tag the stage (Terraform provider)", method: post, path: stageTags, status: 201, body: `{"tags":{"t":"2"}}`},
		{name: "shows", method: get, path: "/v2/apis/{api}/stages/prod", status: 200, want: `{"tags":{"s":"1","t":"2","=":true}}`},
		{name: "an update of the stage leaves them (service model)", method: patch, path: "/v2/apis/{api}/stages/prod", status: 200, body: `{"tags":{"u":"3"}}`, want: `{"tags":{"s":"1","t":"2","=":true}}`},
		{name: "of an unknown API (moto)", method: get, path: "/v2/tags/arn:aws:apigateway:{region}::%2Fapis%2Fabcdef1234", status: 404, code: notFound},
		{name: "of what is no ARN", method: get, path: "/v2/tags/what", status: 400, code: badRequest},
		{name: "with a reserved prefix (developer guide)", method: post, path: tags, status: 400, code: badRequest, body: `{"tags":{"aws:x":"1"}}`},
	}
}
