package conformance_test

// tagged is a kind of object that can have tags: "Tagging API Gateway resources" in the developer guide.
type tagged struct {
	kind  string
	made  exchange // makes one with the tag a=1, and keeps its "id"
	path  string   // of one, in its ARN
	other string   // of one that does not exist
	show  string   // where one is read; empty: under its path
	// shown says that the object itself shows its tags.
	shown string
	v1    bool // its tags are also those of version 1
}

// tagScenarios puts tags on one of each kind.
func tagScenarios() []scenario {
	const shown = "case 23: the object has the same tags (moto; service model)"
	kinds := []tagged{
		{
			kind: "an API", path: "apis/{id}", other: "apis/abcdef1234", show: "/v2/apis/{id}", shown: shown,
			made: exchange{path: "/v2/apis", body: `{"name":"a","protocolType":"WEBSOCKET","routeSelectionExpression":"x","tags":{"a":"1"}}`, keep: map[string]string{"id": "apiId"}},
		},
		{
			kind: "a stage", path: "apis/{api}/stages/{id}", other: "apis/{api}/stages/nope", show: "/v2/apis/{api}/stages/{id}",
			shown: "case 22: tags of a stage's ARN are the stage's (Terraform provider)",
			made:  exchange{path: "/v2/apis/{api}/stages", body: `{"stageName":"prod","tags":{"a":"1"}}`, keep: map[string]string{"id": "stageName"}},
		},
		{
			kind: "a domain name", path: "domainnames/{id}", other: "domainnames/nope.example.com", show: "/v2/domainnames/{id}", shown: shown,
			made: exchange{path: "/v2/domainnames", body: `{"domainName":"tags.example.com",` + configuration + `,"tags":{"a":"1"}}`, keep: map[string]string{"id": "domainName"}},
		},
		{
			kind: "a VPC link", path: "vpclinks/{id}", other: "vpclinks/abcdef", show: "/v2/vpclinks/{id}", shown: shown,
			made: exchange{path: "/v2/vpclinks", body: `{"name":"l","subnetIds":["subnet-1"],"tags":{"a":"1"}}`, keep: map[string]string{"id": "vpcLinkId"}},
		},
		{
			kind: "a VPC link of version 1", path: "vpclinks/{id}", other: "vpclinks/abcdef", show: "/vpclinks/{id}", shown: shown, v1: true,
			made: exchange{path: "/vpclinks", status: 202, body: `{"name":"l","targetArns":["` + loadBalancer + `"],"tags":{"a":"1"}}`, keep: map[string]string{"id": "id"}},
		},
		{
			kind: "an API key", path: "apikeys/{id}", other: "apikeys/abcdef1234", show: "/apikeys/{id}", shown: shown, v1: true,
			made: exchange{path: "/apikeys", body: `{"name":"k","tags":{"a":"1"}}`, keep: map[string]string{"id": "id"}},
		},
		{
			kind: "a usage plan", path: "usageplans/{id}", other: "usageplans/abcdef", show: "/usageplans/{id}", shown: shown, v1: true,
			made: exchange{path: "/usageplans", body: `{"name":"p","tags":{"a":"1"}}`, keep: map[string]string{"id": "id"}},
		},
		{
			kind: "a client certificate", path: "clientcertificates/{id}", other: "clientcertificates/abcdef", show: "/clientcertificates/{id}", shown: shown, v1: true,
			made: exchange{path: "/clientcertificates", body: `{"tags":{"a":"1"}}`, keep: map[string]string{"id": "clientCertificateId"}},
		},
	}
	scenarios := []scenario{{"tags that are refused", newAPI(wrongTags()...)}}
	for _, kind := range kinds {
		scenarios = append(scenarios, scenario{"tags of " + kind.kind, newAPI(kind.calls("/v2/tags/", post, 201)...)})
		if kind.v1 {
			scenarios = append(scenarios, scenario{"tags of version 1 of " + kind.kind, newAPI(kind.calls("/tags/", put, 204)...)})
		}
	}
	return scenarios
}

// calls tag one object, by the operations of one version of the service.
func (k *tagged) calls(tags, method string, status int) []exchange {
	encode := func(path string) string {
		arn := tags + "arn%3Aaws%3Aapigateway%3A{region}%3A%3A"
		for _, c := range "/" + path {
			if c == '/' {
				arn += "%2F"
			} else {
				arn += string(c)
			}
		}
		return arn
	}
	made, arn, answer := k.made, encode(k.path), ""
	if status == 201 {
		answer = `{"=":true}`
	}
	made.name, made.method, made.want = "one with a tag", post, `{"tags":{"a":"1","=":true}}`
	if made.status == 0 {
		made.status = 201
	}
	return []exchange{
		made,
		{name: "case 18: new tags come beside the old, and in place of those of the same key (tests verified on AWS; moto)", method: method, path: arn, status: status, body: `{"tags":{"b":"2","a":"3"}}`, want: answer},
		{name: "case 18: as one sees", method: get, path: arn, status: 200, want: `{"tags":{"a":"3","b":"2","=":true},"=":true}`},
		{name: k.shown, method: get, path: k.show, status: 200, want: `{"tags":{"a":"3","b":"2","=":true}}`},
		{name: "a third", method: method, path: arn, status: status, body: `{"tags":{"c":"4"}}`},
		{name: "case 19: two keys of a query are removed (moto; recorded clients)", method: remove, path: arn + "?tagKeys=a&tagKeys=c", status: 204},
		{name: "case 19: the third is left", method: get, path: arn, status: 200, want: `{"tags":{"b":"2","=":true}}`},
		{name: "case 20: removing a key that is not there is no error (tests verified on AWS)", method: remove, path: arn + "?tagKeys=nope", status: 204},
		{
			name: "case 21: an ARN with plain slashes and colons is the same as an encoded one (recorded clients)", method: get,
			path: tags + "arn:aws:apigateway:{region}::/" + k.path, status: 200, want: `{"tags":{"b":"2","=":true}}`,
		},
		{name: "case 24: an ARN that names nothing is not found (moto; guess)", method: get, path: encode(k.other), status: 404, code: notFound},
		{name: "case 24: nor can it be tagged (guess)", method: method, path: encode(k.other), status: 404, code: notFound, body: `{"tags":{"b":"2"}}`},
	}
}

func wrongTags() []exchange {
	const tags = "/v2/tags/arn:aws:apigateway:{region}::%2Fapis%2F{api}"
	return []exchange{
		{name: "none yet", method: get, path: tags, status: 200, want: `{"tags":{"=":true}}`},
		{name: "of what is no ARN", method: get, path: "/v2/tags/what", status: 400, code: badRequest},
		{name: "of what has none", method: get, path: tags + "%2Froutes%2Fabcdefg", status: 400, code: badRequest},
		{name: "with a reserved prefix (developer guide)", method: post, path: tags, status: 400, code: badRequest, body: `{"tags":{"aws:x":"1"}}`},
		{name: "none to remove", method: remove, path: tags, status: 400, code: badRequest},
	}
}
