package conformance_test

import (
	"net/http"
	"testing"

	"gangway/internal/node"
)

func wireScenarios() []scenario {
	const routes = "/v2/apis/{api}/routes"
	created := []exchange{}
	for _, key := range []string{"a", "b", "c", "d", "e"} {
		created = append(created, exchange{name: "a route", method: post, path: routes, status: 201, body: `{"routeKey":"` + key + `"}`})
	}
	return []scenario{
		{"pages", newAPI(append(created, []exchange{
			{name: "the first (service model)", method: get, path: routes + "?maxResults=2", status: 200, want: `{"items":[{"routeKey":"a"},{"routeKey":"b"}],"nextToken":"…"}`, keep: map[string]string{"next": "nextToken"}},
			{name: "the second", method: get, path: routes + "?maxResults=2&nextToken={next}", status: 200, want: `{"items":[{"routeKey":"c"},{"routeKey":"d"}],"nextToken":"…"}`, keep: map[string]string{"next": "nextToken"}},
			{name: "the last", method: get, path: routes + "?maxResults=2&nextToken={next}", status: 200, want: `{"items":[{"routeKey":"e"}],"nextToken":null}`},
			{name: "all at once", method: get, path: routes, status: 200, want: `{"items":[{},{},{},{},{}],"nextToken":null}`},
			{name: "a size that is no number (guess)", method: get, path: routes + "?maxResults=abc", status: 400, code: badRequest},
			{name: "a size of nothing (guess)", method: get, path: routes + "?maxResults=0", status: 400, code: badRequest},
			{name: "a token that is none (guess)", method: get, path: routes + "?nextToken=what", status: 400, code: badRequest},
		}...)...)},
		{"bodies", newAPI([]exchange{
			{name: "a boolean as a text (LocalStack, recorded on AWS)", method: patch, path: "/v2/apis/{api}", status: 400, code: badRequest, body: `{"disableExecuteApiEndpoint":"true"}`},
			{name: "a number as a text", method: post, path: "/v2/apis/{api}/integrations", status: 400, code: badRequest, body: `{"integrationType":"MOCK","timeoutInMillis":"100"}`},
			{name: "no JSON", method: patch, path: "/v2/apis/{api}", status: 400, code: badRequest, body: `{`},
			{name: "no object", method: patch, path: "/v2/apis/{api}", status: 400, code: badRequest, body: `[]`},
			{name: "names as the SDKs' objects have them are unknown members", method: patch, path: "/v2/apis/{api}", status: 200, body: `{"Description":"d"}`, want: `{"description":null}`},
			{name: "null is as not sent", method: patch, path: "/v2/apis/{api}", status: 200, body: `{"name":null}`, want: `{"name":"a"}`},
			{name: "nothing that the service model knows", method: get, path: "/v2/nothing", status: 404, code: notFound},
		}...)},
	}
}

// TestControlAuthentication wants each call signed, for this service and by a known key.
func TestControlAuthentication(t *testing.T) {
	s := startNode(t, node.Config{})
	stranger, wrong := s.key, s.key
	stranger.AccessKeyID = "AKIDSTRANGER"
	wrong.SecretAccessKey += "x"
	for _, row := range []struct {
		name, code string
		request    request
	}{
		{name: "unsigned (guess, after other services)", code: "MissingAuthenticationTokenException"},
		{name: "unknown key (observed)", code: "UnrecognizedClientException", request: request{service: "apigateway", key: &stranger}},
		{name: "wrong secret (guess, after other services)", code: "InvalidSignatureException", request: request{service: "apigateway", key: &wrong}},
		{name: "another service (guess, after other services)", code: "InvalidSignatureException", request: request{service: "execute-api"}},
		{name: "half a header (guess, after other services)", code: "IncompleteSignatureException", request: request{header: http.Header{"Authorization": {"AWS4-HMAC-SHA256 what"}}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.request.method, row.request.url = http.MethodGet, s.admin+"/v2/apis"
			got, err := s.do(t.Context(), row.request)
			if err != nil {
				t.Fatal(err)
			}
			checkHead(t, row.name, exchange{code: row.code}, got)
			if got.status != http.StatusForbidden {
				t.Errorf("status %d, expected 403: %s", got.status, got.body)
			}
		})
	}
}
