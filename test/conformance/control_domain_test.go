package conformance_test

// configuration is the endpoint of a domain that differs in nothing from what is right.
const configuration = `"domainNameConfigurations":[{"certificateArn":"arn:aws:acm:us-east-1:000000000000:certificate/c","endpointType":"REGIONAL","securityPolicy":"TLS_1_2"}]`

func domainScenarios() []scenario {
	const (
		all     = "/v2/domainnames"
		unknown = `{"message":"Invalid domain name identifier specified"}`
	)
	return []scenario{
		{"domain names", []exchange{
			{
				name: "case 110: a domain name (Terraform provider; live objects)", method: post, path: all, status: 201,
				body: `{"domainName":"one.example.com",` + configuration + `,"tags":{}}`,
				want: `{"domainName":"one.example.com","domainNameArn":"arn:aws:apigateway:{region}::/domainnames/one.example.com",
					"apiMappingSelectionExpression":"$request.basepath","routingMode":"API_MAPPING_ONLY","tags":{"=":true},
					"domainNameConfigurations":[{"apiGatewayDomainName":"~^d-[a-z0-9]{10}\\.execute-api\\.{region}\\.amazonaws\\.com$","domainNameStatus":"AVAILABLE",
						"certificateArn":"arn:aws:acm:us-east-1:000000000000:certificate/c","endpointType":"REGIONAL","hostedZoneId":"Z1UJRXOUMOOFQ8",
						"ipAddressType":"ipv4","securityPolicy":"TLS_1_2"}]}`,
			},
			{
				name: "case 110: is read back (Terraform provider)", method: get, path: all + "/one.example.com", status: 200,
				want: `{"domainName":"one.example.com","domainNameConfigurations":[{"domainNameStatus":"AVAILABLE","certificateArn":"arn:aws:acm:us-east-1:000000000000:certificate/c"}]}`,
			},
			{
				name: "case 112: a name that exists (tests verified on AWS)", method: post, path: all, status: 400, code: badRequest,
				body: `{"domainName":"one.example.com",` + configuration + `}`, want: `{"message":"The domain name you provided already exists."}`,
			},
			{
				name: "case 115: another certificate (Terraform provider)", method: patch, path: all + "/one.example.com", status: 200,
				body: `{"domainNameConfigurations":[{"certificateArn":"arn:aws:acm:us-east-1:000000000000:certificate/d","endpointType":"REGIONAL","securityPolicy":"TLS_1_2"}]}`,
				want: `{"domainNameConfigurations":[{"certificateArn":"arn:aws:acm:us-east-1:000000000000:certificate/d"}]}`,
			},
			{
				name: "case 115: is available again, soon (Terraform provider)", method: get, path: all + "/one.example.com", status: 200, until: true,
				want: `{"domainNameConfigurations":[{"certificateArn":"arn:aws:acm:us-east-1:000000000000:certificate/d","domainNameStatus":"AVAILABLE"}]}`,
			},
			{name: "no routing rules, which are for REST APIs (developer guide)", method: get, path: all + "/one.example.com/routingrules", status: 200, want: `{"routingRules":[],"=":true}`},
			{name: "unknown (observed)", method: get, path: all + "/nope.example.com", status: 404, code: notFound, want: unknown},
			{name: "its mappings", method: get, path: all + "/nope.example.com/apimappings", status: 404, code: notFound, want: unknown},
			{name: "delete", method: remove, path: all + "/one.example.com", status: 204},
			{name: "gone", method: get, path: all + "/one.example.com", status: 404, code: notFound, want: unknown},
			{name: "a wildcard is a name (developer guide)", method: post, path: all, status: 201, body: `{"domainName":"*.wild.example.com",` + configuration + `}`},
			{name: "that travels encoded", method: get, path: all + "/%2A.wild.example.com", status: 200, want: `{"domainName":"*.wild.example.com"}`},
		}},
		{"refuse a domain name", wrongDomains(all)},
		{"API mappings", newAPI(mappingCalls()...)},
		{"mappings and what they lead to", newAPI(mappedCalls()...)},
	}
}

func wrongDomains(all string) []exchange {
	refused := func(name, body, message string) exchange {
		return exchange{name: name, method: post, path: all, status: 400, code: badRequest, body: body, want: `{"message":"` + message + `"}`}
	}
	with := func(members string) string {
		return `{"domainName":"two.example.com","domainNameConfigurations":[{"certificateArn":"arn:aws:acm:us-east-1:000000000000:certificate/c",` + members + `}]}`
	}
	const endpoint = `{"certificateArn":"arn:aws:acm:us-east-1:000000000000:certificate/c"}`
	return []exchange{
		refused("case 111: without a configuration (tests verified on AWS)", `{"domainName":"two.example.com"}`, "Invalid input. Expected one domain name configuration"),
		refused("case 111: with no configuration (tests verified on AWS)", `{"domainName":"two.example.com","domainNameConfigurations":[]}`, "Invalid input. Expected one domain name configuration"),
		refused("with two configurations (observed)", `{"domainName":"two.example.com","domainNameConfigurations":[`+endpoint+`,`+endpoint+`]}`, "Invalid input. Expected one domain name configuration"),
		refused("case 113: of the edge (real deployments)", with(`"endpointType":"EDGE"`), "EDGE endpoint type is not supported for APIGatewayV2 domainName"),
		refused("of TLS 1.0 (real deployments)", with(`"endpointType":"REGIONAL","securityPolicy":"TLS_1_0"`), "~^Only REGIONAL domain names with a security policy of TLS 1.2 can be managed through the API Gateway V2 API."),
		refused("case 114: with an underscore (real deployments)", `{"domainName":"my_domain.example.com",`+configuration+`}`, "Domain names cannot contain an underscore character"),
		refused("without a name", `{`+configuration+`}`, "…"),
		refused("in upper case (observed)", `{"domainName":"Two.example.com",`+configuration+`}`, "…"),
		refused("without a certificate (guess)", `{"domainName":"two.example.com","domainNameConfigurations":[{"endpointType":"REGIONAL"}]}`, "…"),
	}
}

func mappingCalls() []exchange {
	const (
		all   = "/v2/domainnames/map.example.com/apimappings"
		one   = all + "/{id}"
		taken = `{"message":"ApiMapping key already exists for this domain name"}`
	)
	refused := func(name, body, message string) exchange {
		return exchange{name: name, method: post, path: all, status: 400, code: badRequest, body: body, want: `{"message":"` + message + `"}`}
	}
	return []exchange{
		{name: "a domain name", method: post, path: "/v2/domainnames", status: 201, body: `{"domainName":"map.example.com",` + configuration + `}`},
		{name: "a stage", method: post, path: "/v2/apis/{api}/stages", status: 201, body: `{"stageName":"prod"}`},
		{
			name: "case 116: without a key (tests verified on AWS)", method: post, path: all, status: 201, body: `{"apiId":"{api}","stage":"prod"}`,
			want: `{"apiMappingId":"~^[a-z0-9]{6}$","apiId":"{api}","apiMappingKey":"","stage":"prod"}`, keep: map[string]string{"root": "apiMappingId"},
		},
		{name: "case 117: without a key again (tests verified on AWS)", method: post, path: all, status: 409, code: conflict, body: `{"apiId":"{api}","stage":"prod"}`, want: taken},
		{name: "case 117: with an empty key (tests verified on AWS)", method: post, path: all, status: 409, code: conflict, body: `{"apiId":"{api}","stage":"prod","apiMappingKey":""}`, want: taken},
		refused("case 118: a blank in the key (tests verified on AWS)", `{"apiId":"{api}","stage":"prod","apiMappingKey":"a b"}`,
			"An ApiMapping key may contain only letters, numbers and one of $-_.+!*'(),"),
		refused("a slash at the front (moto)", `{"apiId":"{api}","stage":"prod","apiMappingKey":"/a"}`, "API mapping key should not start with a '/' or have consecutive '/'s."),
		refused("a slash at the end (moto)", `{"apiId":"{api}","stage":"prod","apiMappingKey":"a/"}`, "API mapping key should not end with a '/'."),
		refused("case 119: an unknown API is a bad request here (tests verified on AWS)", `{"apiId":"abcdef1234","stage":"prod","apiMappingKey":"a"}`, "Invalid API identifier specified"),
		refused("case 119: and so is an unknown stage (tests verified on AWS)", `{"apiId":"{api}","stage":"nope","apiMappingKey":"a"}`, "Invalid stage identifier specified"),
		{
			name: "a key like a variable", method: post, path: all, status: 201, body: `{"apiId":"{api}","stage":"prod","apiMappingKey":"$context.domainName"}`,
			keep: map[string]string{"id": "apiMappingId"},
		},
		{
			name: "case 120: a key like a variable changes (Terraform provider)", method: patch, path: one, status: 200, body: `{"apiId":"{api}","apiMappingKey":"$context.apiId"}`,
			want: `{"apiMappingId":"{id}","apiMappingKey":"$context.apiId","apiId":"{api}","stage":"prod"}`,
		},
		{name: "case 120: and is read back (Terraform provider)", method: get, path: one, status: 200, want: `{"apiMappingKey":"$context.apiId"}`},
		{name: "case 121: an update needs the API (service model)", method: patch, path: one, status: 400, code: badRequest, body: `{"apiMappingKey":"b"}`},
		{name: "a taken key", method: patch, path: one, status: 409, code: conflict, body: `{"apiId":"{api}","apiMappingKey":""}`, want: taken},
		{name: "all are listed", method: get, path: all, status: 200, want: `{"items":[{"apiMappingId":"{root}"},{"apiMappingId":"{id}"}]}`},
		{name: "delete the root", method: remove, path: all + "/{root}", status: 204},
		{name: "its key is free (probed on AWS)", method: patch, path: one, status: 200, body: `{"apiId":"{api}","apiMappingKey":""}`, want: `{"apiMappingKey":""}`},
		{name: "unknown (observed)", method: get, path: all + "/abcdef", status: 404, code: notFound, want: `{"message":"Unable to find ApiMapping with ID abcdef"}`},
		{name: "the domain goes", method: remove, path: "/v2/domainnames/map.example.com", status: 204},
		{name: "with its mappings (guess)", method: remove, path: "/v2/apis/{api}", status: 204},
	}
}

func mappedCalls() []exchange {
	const all = "/v2/domainnames/lead.example.com/apimappings"
	return []exchange{
		{name: "a domain name", method: post, path: "/v2/domainnames", status: 201, body: `{"domainName":"lead.example.com",` + configuration + `}`},
		{name: "a stage", method: post, path: "/v2/apis/{api}/stages", status: 201, body: `{"stageName":"prod"}`},
		{name: "a mapping", method: post, path: all, status: 201, body: `{"apiId":"{api}","stage":"prod"}`, keep: map[string]string{"id": "apiMappingId"}},
		{
			name: "case 122: an API with a mapping cannot be deleted (observed)", method: remove, path: "/v2/apis/{api}", status: 400, code: badRequest,
			want: `{"message":"Deleting API {api} failed. Please remove all API mappings for the API from your custom domain names."}`,
		},
		{name: "nor its stage (guess)", method: remove, path: "/v2/apis/{api}/stages/prod", status: 400, code: badRequest},
		{name: "case 123: an API of another protocol cannot come beside it: there is none", method: post, path: "/v2/apis", status: 400, code: badRequest, body: `{"name":"a","protocolType":"HTTP"}`},
		{
			name: "case 123: nor a REST API, by a base path mapping of version 1 (observed, with another text)", method: post, path: "/domainnames/lead.example.com/basepathmappings",
			status: 400, code: badRequest, body: `{"restApiId":"abcdef1234","stage":"prod","basePath":"rest"}`,
		},
		{name: "without the mapping", method: remove, path: all + "/{id}", status: 204},
		{name: "it can", method: remove, path: "/v2/apis/{api}", status: 204},
	}
}

func linkScenarios() []scenario {
	const (
		all   = "/v2/vpclinks"
		allV1 = "/vpclinks"
	)
	return []scenario{
		{"VPC links", []exchange{
			{
				name: "case 124: a VPC link (Terraform provider; developer guide)", method: post, path: all, status: 201,
				body: `{"name":"a","subnetIds":["subnet-1","subnet-2"],"securityGroupIds":[]}`, keep: map[string]string{"id": "vpcLinkId"},
				want: `{"vpcLinkId":"~^[a-z0-9]{6}$","name":"a","subnetIds":["subnet-1","subnet-2"],"securityGroupIds":[],"vpcLinkVersion":"V2",
					"vpcLinkStatus":"~^(PENDING|AVAILABLE)$","createdDate":"~Z$","tags":{"=":true}}`,
			},
			{name: "case 124: is available, soon (Terraform provider)", method: get, path: all + "/{id}", status: 200, until: true, want: `{"vpcLinkStatus":"AVAILABLE"}`},
			{
				name: "case 124: its name changes (Terraform provider)", method: patch, path: all + "/{id}", status: 200, body: `{"name":"b","subnetIds":["subnet-3"]}`,
				want: `{"name":"b","subnetIds":["subnet-1","subnet-2"]}`,
			},
			{
				name: "case 125: without subnets (real deployments)", method: post, path: all, status: 400, code: badRequest, body: `{"name":"a","subnetIds":[]}`,
				want: `{"message":"SubnetIds for a vpc link cannot be empty"}`,
			},
			{name: "without a name", method: post, path: all, status: 400, code: badRequest, body: `{"subnetIds":["subnet-1"]}`},
			{name: "case 126: delete (Terraform provider)", method: remove, path: all + "/{id}", status: 202, want: `{"=":true}`},
			{name: "case 126: gone, soon (Terraform provider; recorded clients)", method: get, path: all + "/{id}", status: 404, code: notFound, until: true},
		}},
		{"VPC links of version 1", []exchange{
			{
				name: "a link to a load balancer (service model; developer guide)", method: post, path: allV1, status: 202,
				body: `{"name":"a","description":"d","targetArns":["` + loadBalancer + `"]}`, keep: map[string]string{"id": "id"},
				want: `{"id":"…","name":"a","description":"d","targetArns":["` + loadBalancer + `"],"status":"~^(PENDING|AVAILABLE)$"}`,
			},
			{name: "is available, soon", method: get, path: allV1 + "/{id}", status: 200, until: true, want: `{"status":"AVAILABLE"}`},
			{
				name: "its name changes", method: patch, path: allV1 + "/{id}", status: 200,
				body: `{"patchOperations":[{"op":"replace","path":"/name","value":"b"}]}`, want: `{"name":"b"}`,
			},
			{name: "without a target", method: post, path: allV1, status: 400, code: badRequest, body: `{"name":"a"}`},
			{name: "delete (service model)", method: remove, path: allV1 + "/{id}", status: 202},
			{name: "gone, soon", method: get, path: allV1 + "/{id}", status: 404, code: notFound, until: true},
		}},
	}
}
