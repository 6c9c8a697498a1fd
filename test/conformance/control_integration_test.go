package conformance_test

import (
	"testing"
	"time"

	"gangway/internal/node"
)

func integrationScenarios() []scenario {
	const (
		all     = "/v2/apis/{api}/integrations"
		one     = all + "/{id}"
		answers = all + "/{id}/integrationresponses"
	)
	keep := map[string]string{"id": "integrationId"}
	return []scenario{
		{"defaults of integrations", newAPI([]exchange{
			{
				name: "case 25: defaults of MOCK (Terraform provider; live objects)", method: post, path: all, status: 201, body: `{"integrationType":"MOCK"}`,
				want: `{"integrationId":"~^[a-z0-9]{7}$","integrationType":"MOCK","connectionType":"INTERNET","passthroughBehavior":"WHEN_NO_MATCH",
					"payloadFormatVersion":"1.0","timeoutInMillis":29000,"integrationResponseSelectionExpression":"${integration.response.statuscode}","integrationMethod":null}`,
			},
			{
				name: "case 26: AWS_PROXY without a method (Terraform provider; live objects)", method: post, path: all, status: 201,
				body: `{"integrationType":"AWS_PROXY","integrationUri":"` + invocation + `"}`,
				want: `{"integrationMethod":"POST","integrationResponseSelectionExpression":null,"integrationUri":"` + invocation + `"}`,
			},
			{
				name: "case 27: AWS (Terraform provider)", method: post, path: all, status: 201,
				body: `{"integrationType":"AWS","integrationUri":"` + invocation + `"}`,
				want: `{"integrationResponseSelectionExpression":"${integration.response.body.errorMessage}"}`,
			},
			{
				name: "a VPC link of version 1", method: post, path: "/vpclinks", status: 202,
				body: `{"name":"l","targetArns":["` + loadBalancer + `"]}`, keep: map[string]string{"link": "id"},
			},
			{
				name: "HTTP_PROXY over the link", method: post, path: all, status: 201, keep: keep,
				body: `{"integrationType":"HTTP_PROXY","integrationMethod":"GET","integrationUri":"http://example.com","connectionType":"VPC_LINK","connectionId":"{link}"}`,
			},
			{
				name: "case 35: an integration over a VPC link of version 1 is read back (Terraform provider)", method: get, path: one, status: 200,
				want: `{"integrationType":"HTTP_PROXY","connectionType":"VPC_LINK","connectionId":"{link}"}`,
			},
			{name: "the link is needed", method: remove, path: "/vpclinks/{link}", status: 400, code: badRequest},
			{name: "case 39: all are listed (moto)", method: get, path: all, status: 200, want: `{"items":[{"integrationType":"MOCK"},{"integrationType":"AWS_PROXY"},{"integrationType":"AWS"},{"integrationType":"HTTP_PROXY"}],"nextToken":null}`},
		}...)},
		{"change an integration", newAPI([]exchange{
			{
				name: "every member (Terraform provider)", method: post, path: all, status: 201, keep: keep, want: `{"integrationType":"HTTP"}`,
				body: `{"integrationType":"HTTP","integrationMethod":"GET","integrationUri":"http://www.example.com","description":"d","timeoutInMillis":28999,
					"contentHandlingStrategy":"CONVERT_TO_TEXT","passthroughBehavior":"WHEN_NO_TEMPLATES","templateSelectionExpression":"$request.body.name",
					"requestParameters":{"integration.request.header.a":"'1'","integration.request.header.b":"'2'"},"requestTemplates":{"application/json":""}}`,
			},
			{
				name: "case 28: every member of HTTP is read back (Terraform provider)", method: get, path: one, status: 200,
				want: `{"integrationType":"HTTP","integrationMethod":"GET","integrationUri":"http://www.example.com","description":"d","timeoutInMillis":28999,
					"contentHandlingStrategy":"CONVERT_TO_TEXT","passthroughBehavior":"WHEN_NO_TEMPLATES","templateSelectionExpression":"$request.body.name",
					"requestParameters":{"integration.request.header.a":"'1'","integration.request.header.b":"'2'","=":true},"requestTemplates":{"application/json":"","=":true}}`,
			},
			{
				name: "case 29: a parameter with the empty text is removed (probed on AWS)", method: patch, path: one, status: 200,
				body: `{"requestParameters":{"integration.request.header.a":""}}`, want: `{"requestParameters":{"integration.request.header.b":"'2'","=":true}}`,
			},
			{
				name: "case 30: no parameters remove none (probed on AWS)", method: patch, path: one, status: 200,
				body: `{"requestParameters":{}}`, want: `{"requestParameters":{"integration.request.header.b":"'2'","=":true}}`,
			},
			{
				name: "case 40: only the method changes (Terraform provider)", method: patch, path: one, status: 200,
				body: `{"integrationType":"HTTP","integrationMethod":"PUT"}`, want: `{"integrationMethod":"PUT","integrationUri":"http://www.example.com","timeoutInMillis":28999}`,
			},
			{name: "the description is cleared (probed on AWS)", method: patch, path: one, status: 200, body: `{"description":""}`, want: `{"description":null}`},
			{name: "the URI cannot be cleared (probed on AWS)", method: patch, path: one, status: 200, body: `{"integrationUri":""}`, want: `{"integrationUri":"http://www.example.com"}`},
			{name: "a wrong update changes nothing", method: patch, path: one, status: 400, code: badRequest, body: `{"timeoutInMillis":1,"integrationMethod":"POST"}`},
			{name: "as one sees", method: get, path: one, status: 200, want: `{"integrationMethod":"PUT","timeoutInMillis":28999}`},
		}...)},
		{"refuse an integration", newAPI([]exchange{
			{name: "without a type", method: post, path: all, status: 400, code: badRequest, body: `{}`},
			{
				name: "case 31: longer than 29 s (real deployments)", method: post, path: all, status: 400, code: badRequest,
				body: `{"integrationType":"MOCK","timeoutInMillis":30000}`, want: `{"message":"Timeout should be between 50 ms and 29000 ms"}`,
			},
			{
				name: "case 32: shorter than 50 ms (real deployments)", method: post, path: all, status: 400, code: badRequest,
				body: `{"integrationType":"MOCK","timeoutInMillis":49}`, want: `{"message":"Timeout should be between 50 ms and 29000 ms"}`,
			},
			{
				name: "case 33: of payload format 2.0 (real deployments)", method: post, path: all, status: 400, code: badRequest,
				body: `{"integrationType":"MOCK","payloadFormatVersion":"2.0"}`, want: `{"message":"Unsupported PayloadFormatVersion: 2.0"}`,
			},
			{
				name: "case 34: over a VPC link without its id (real deployments)", method: post, path: all, status: 400, code: badRequest,
				body: `{"integrationType":"HTTP_PROXY","integrationMethod":"GET","integrationUri":"http://example.com","connectionType":"VPC_LINK"}`,
				want: `{"message":"ConnectionId must be set to vpcLinkId for ConnectionType VPC_LINK"}`,
			},
			{
				name: "HTTP without a method (guess, after REST APIs)", method: post, path: all, status: 400, code: badRequest,
				body: `{"integrationType":"HTTP_PROXY","integrationUri":"http://example.com"}`,
			},
			{
				name: "HTTP without a URL (guess, after REST APIs)", method: post, path: all, status: 400, code: badRequest,
				body: `{"integrationType":"HTTP_PROXY","integrationMethod":"GET","integrationUri":"example.com"}`,
			},
			{
				name: "Lambda without an ARN (guess, after REST APIs)", method: post, path: all, status: 400, code: badRequest,
				body: `{"integrationType":"AWS_PROXY","integrationUri":"https://example.com"}`,
			},
			{
				name: "over a VPC link that is not there (guess)", method: post, path: all, status: 404, code: notFound,
				body: `{"integrationType":"HTTP_PROXY","integrationMethod":"GET","integrationUri":"http://example.com","connectionType":"VPC_LINK","connectionId":"nope00"}`,
			},
			{
				name: "a VPC link of version 2", method: post, path: "/v2/vpclinks", status: 201,
				body: `{"name":"l","subnetIds":["subnet-1"]}`, keep: map[string]string{"link": "vpcLinkId"},
			},
			{
				name: "over a VPC link of version 2 (observed)", method: post, path: all, status: 400, code: badRequest,
				body: `{"integrationType":"HTTP_PROXY","integrationMethod":"GET","integrationUri":"http://example.com","connectionType":"VPC_LINK","connectionId":"{link}"}`,
			},
			{name: "case 38: unknown (moto)", method: get, path: all + "/abcdefg", status: 404, code: notFound},
		}...)},
		{"integration in use", newAPI([]exchange{
			{name: "an integration", method: post, path: all, status: 201, body: `{"integrationType":"MOCK"}`, keep: keep},
			{
				name: "a route to it", method: post, path: "/v2/apis/{api}/routes", status: 201, body: `{"routeKey":"$connect","target":"integrations/{id}"}`,
				want: `{"target":"integrations/{id}","routeKey":"$connect"}`, keep: map[string]string{"route": "routeId"},
			},
			{
				name: "case 36: what a route targets cannot be deleted (observed)", method: remove, path: one, status: 409, code: conflict,
				want: `{"message":"Cannot delete Integration because it is referenced by the following Routes with Ids: [{route}]"}`,
			},
			{name: "the route can", method: remove, path: "/v2/apis/{api}/routes/{route}", status: 204},
			{name: "case 37: without the route it can (Terraform provider)", method: remove, path: one, status: 204},
			{name: "and is gone", method: get, path: one, status: 404, code: notFound},
		}...)},
		{"integration responses", newAPI([]exchange{
			{name: "an integration", method: post, path: all, status: 201, body: `{"integrationType":"MOCK"}`, keep: keep},
			{name: "none", method: get, path: answers, status: 200, want: `{"items":[]}`},
			{
				name: "case 41: of a pattern (Terraform provider)", method: post, path: answers, status: 201, body: `{"integrationResponseKey":"/200/"}`,
				want: `{"integrationResponseId":"~^[a-z0-9]{7}$","integrationResponseKey":"/200/"}`, keep: map[string]string{"response": "integrationResponseId"},
			},
			{
				name: "with every member (Terraform provider)", method: post, path: answers, status: 201, keep: map[string]string{"full": "integrationResponseId"},
				body: `{"integrationResponseKey":"$default","contentHandlingStrategy":"CONVERT_TO_TEXT","responseTemplates":{"application/json":"#set($x=1)"},"templateSelectionExpression":"$request.body.name"}`,
			},
			{
				name: "case 42: every member is read back (Terraform provider)", method: get, path: answers + "/{full}", status: 200,
				want: `{"integrationResponseKey":"$default","contentHandlingStrategy":"CONVERT_TO_TEXT","responseTemplates":{"application/json":"#set($x=1)"},"templateSelectionExpression":"$request.body.name"}`,
			},
			{
				name: "case 42: key and template change (Terraform provider)", method: patch, path: answers + "/{full}", status: 200,
				body: `{"integrationResponseKey":"/404/","responseTemplates":{"application/json":"#set($x=2)"},"templateSelectionExpression":"$request.body.id"}`,
				want: `{"integrationResponseKey":"/404/","responseTemplates":{"application/json":"#set($x=2)"},"templateSelectionExpression":"$request.body.id","contentHandlingStrategy":"CONVERT_TO_TEXT"}`,
			},
			{
				name: "case 43: an empty selection expression clears it (probed on AWS)", method: patch, path: answers + "/{full}", status: 200,
				body: `{"templateSelectionExpression":""}`, want: `{"integrationResponseKey":"/404/","templateSelectionExpression":null}`,
			},
			{name: "a key twice (guess)", method: post, path: answers, status: 409, code: conflict, body: `{"integrationResponseKey":"/200/"}`},
			{name: "a key that is none", method: post, path: answers, status: 400, code: badRequest, body: `{"integrationResponseKey":"200"}`},
			{name: "case 44: unknown (moto)", method: get, path: answers + "/abcdefg", status: 404, code: notFound},
			{name: "delete one", method: remove, path: answers + "/{response}", status: 204},
			{name: "one is left", method: get, path: answers, status: 200, want: `{"items":[{"integrationResponseKey":"/404/"}]}`},
			{name: "case 45: delete (moto)", method: remove, path: answers + "/{full}", status: 204},
			{name: "case 45: none is left (moto)", method: get, path: answers, status: 200, want: `{"items":[],"nextToken":null}`},
		}...)},
	}
}

// TestLongerTimeout: the longest time of an integration is a setting; on API Gateway it is 29 seconds for WebSocket APIs.
func TestLongerTimeout(t *testing.T) {
	s := startNode(t, node.Config{MaxTimeout: time.Minute})
	api := s.mustControl(t, post, "/v2/apis", `{"name":"a","protocolType":"WEBSOCKET","routeSelectionExpression":"x"}`).text("apiId")
	path := "/v2/apis/" + api + "/integrations"
	s.mustControl(t, post, path, `{"integrationType":"MOCK","timeoutInMillis":60000}`)
	got, err := s.control(t.Context(), post, path, `{"integrationType":"MOCK","timeoutInMillis":60001}`)
	must(t, err)
	if got.status != 400 || got.text("message") != "Timeout should be between 50 ms and 60000 ms" {
		t.Errorf("got %d %s", got.status, got.body)
	}
}
