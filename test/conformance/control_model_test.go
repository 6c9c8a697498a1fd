package conformance_test

func modelScenarios() []scenario {
	const (
		all    = "/v2/apis/{api}/models"
		one    = all + "/{id}"
		routes = "/v2/apis/{api}/routes"
		// schema has what a copy would change: blanks, an order, a line, a number's form.
		schema = `{\n  \"$schema\": \"http://json-schema.org/draft-04/schema#\",\"type\":\"object\", \"properties\": {\"b\":{\"type\":\"string\"},\"a\":{\"maximum\":1.0}}}\n`
	)
	newModel := func(name string) exchange {
		return exchange{name: "a model", method: post, path: all, status: 201, body: `{"contentType":"application/json","name":"` + name + `","schema":"{}"}`}
	}
	model := newModel("m")
	model.keep = map[string]string{"id": "modelId"}
	return []scenario{
		{"models", newAPI([]exchange{
			{
				name: "a model with every member", method: post, path: all, status: 201, keep: map[string]string{"id": "modelId"},
				body: `{"contentType":"application/json","name":"chat","description":"d","schema":"` + schema + `"}`, want: `{"modelId":"~^[a-z0-9]{6}$"}`,
			},
			{
				name: "case 77: a model is read back to the letter (Terraform provider)", method: get, path: one, status: 200,
				want: `{"modelId":"{id}","contentType":"application/json","name":"chat","description":"d","schema":"` + schema + `"}`,
			},
			{
				name: "case 78: a name with a hyphen (real deployments)", method: post, path: all, status: 400, code: badRequest,
				body: `{"name":"a-b","schema":"{}"}`, want: `{"message":"Model name must be alphanumeric: a-b"}`,
			},
			{
				name: "case 79: the description is cleared, the schema changes (Terraform provider)", method: patch, path: one, status: 200,
				body: `{"description":"","schema":"{\"type\":\"array\"}"}`, want: `{"description":null,"schema":"{\"type\":\"array\"}","name":"chat"}`,
			},
			{
				name: "case 80: a template (service model; what it holds is a guess)", method: get, path: one + "/template", status: 200, want: `{"value":"…","=":true}`,
			},
			{name: "a schema that is none", method: post, path: all, status: 400, code: badRequest, body: `{"name":"other","schema":"{"}`},
			{name: "without a schema", method: post, path: all, status: 400, code: badRequest, body: `{"name":"other"}`},
			{name: "a name twice (guess, after REST APIs)", method: post, path: all, status: 409, code: conflict, body: `{"name":"chat","schema":"{}"}`},
			{name: "all are listed", method: get, path: all, status: 200, want: `{"items":[{"modelId":"{id}"}]}`},
			{name: "unknown (moto)", method: get, path: all + "/abcdef", status: 404, code: notFound},
			{name: "the template of an unknown one", method: get, path: all + "/abcdef/template", status: 404, code: notFound},
			{name: "delete", method: remove, path: one, status: 204},
			{name: "gone", method: get, path: one, status: 404, code: notFound},
		}...)},
		{"models of routes", newAPI([]exchange{
			model,
			newModel("n"),
			{name: "a model that is not there (guess)", method: post, path: routes, status: 400, code: badRequest, body: `{"routeKey":"x","requestModels":{"test":"nope"}}`},
			{
				name: "a route", method: post, path: routes, status: 201, keep: map[string]string{"route": "routeId"},
				body: `{"routeKey":"x","requestModels":{"a":"m","b":"n"},"modelSelectionExpression":"action"}`,
			},
			{
				name: "case 55: models of a route are read back (Terraform provider)", method: get, path: routes + "/{route}", status: 200,
				want: `{"requestModels":{"a":"m","b":"n","=":true},"modelSelectionExpression":"action"}`,
			},
			{name: "in use (guess, after REST APIs)", method: remove, path: one, status: 409, code: conflict},
			{
				name: "case 56: a model with the empty text is removed (probed on AWS)", method: patch, path: routes + "/{route}", status: 200,
				body: `{"requestModels":{"a":""}}`, want: `{"requestModels":{"b":"n","=":true}}`,
			},
			{name: "no models remove none (probed on AWS)", method: patch, path: routes + "/{route}", status: 200, body: `{"requestModels":{}}`, want: `{"requestModels":{"b":"n","=":true}}`},
			{
				name: "a route response", method: post, path: routes + "/{route}/routeresponses", status: 201, keep: map[string]string{"response": "routeResponseId"},
				body: `{"routeResponseKey":"$default","modelSelectionExpression":"action","responseModels":{"test":"m"}}`,
			},
			{
				name: "case 68: models of a route response are read back (Terraform provider)", method: get, path: routes + "/{route}/routeresponses/{response}", status: 200,
				want: `{"routeResponseKey":"$default","modelSelectionExpression":"action","responseModels":{"test":"m","=":true}}`,
			},
			{name: "in use there (guess, after REST APIs)", method: remove, path: one, status: 409, code: conflict},
			{name: "the route goes", method: remove, path: routes + "/{route}", status: 204},
			{name: "and the model can", method: remove, path: one, status: 204},
		}...)},
	}
}
