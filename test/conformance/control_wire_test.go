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
			{
				name: "case 127: the first page (service model)", method: get, path: routes + "?maxResults=2", status: 200,
				want: `{"items":[{"routeKey":"a"},{"routeKey":"b"}],"nextToken":"…"}`, keep: map[string]string{"next": "nextToken"},
			},
			{
				name: "case 127: the second (service model)", method: get, path: routes + "?maxResults=2&nextToken={next}", status: 200,
				want: `{"items":[{"routeKey":"c"},{"routeKey":"d"}],"nextToken":"…"}`, keep: map[string]string{"next": "nextToken"},
			},
			{
				name: "case 127: the last (service model)", method: get, path: routes + "?maxResults=2&nextToken={next}", status: 200,
				want: `{"items":[{"routeKey":"e"}],"nextToken":null}`,
			},
			{name: "all at once", method: get, path: routes, status: 200, want: `{"items":[{},{},{},{},{}],"nextToken":null}`},
			{name: "case 128: a size that is no number (guess)", method: get, path: routes + "?maxResults=abc", status: 400, code: badRequest},
			{name: "a size of nothing (guess)", method: get, path: routes + "?maxResults=0", status: 400, code: badRequest},
			{name: "a token that is none (guess)", method: get, path: routes + "?nextToken=what", status: 400, code: badRequest},
		}...)...)},
		{"bodies", newAPI([]exchange{
			{name: "case 133: an unknown member is passed over (guess)", method: patch, path: "/v2/apis/{api}", status: 200, body: `{"colour":"blue","version":"v1"}`, want: `{"colour":null,"version":"v1"}`},
			{
				name: "case 134: a boolean as a text (LocalStack, recorded on AWS)", method: patch, path: "/v2/apis/{api}", status: 400, code: badRequest,
				body: `{"disableExecuteApiEndpoint":"true"}`,
			},
			{name: "a number as a text", method: post, path: "/v2/apis/{api}/integrations", status: 400, code: badRequest, body: `{"integrationType":"MOCK","timeoutInMillis":"100"}`},
			{name: "no JSON", method: patch, path: "/v2/apis/{api}", status: 400, code: badRequest, body: `{`},
			{name: "no object", method: patch, path: "/v2/apis/{api}", status: 400, code: badRequest, body: `[]`},
			{name: "names as the SDKs' objects have them are unknown members", method: patch, path: "/v2/apis/{api}", status: 200, body: `{"Description":"d"}`, want: `{"description":null}`},
			{name: "null is as not sent", method: patch, path: "/v2/apis/{api}", status: 200, body: `{"name":null}`, want: `{"name":"a"}`},
			{name: "nothing that the service model knows", method: get, path: "/v2/nothing", status: 404, code: notFound},
		}...)},
		// headFaults holds each error of every other row against the same: a name, a message, ids.
		{"errors", newAPI([]exchange{
			{name: "a route", method: post, path: routes, status: 201, body: `{"routeKey":"$default"}`},
			{name: "case 135: what is wrong has a name and a message (observed)", method: post, path: routes, status: 400, code: badRequest, body: `{}`, want: `{"message":"…"}`},
			{name: "case 135: so has what is not there (observed)", method: get, path: routes + "/abcdefg", status: 404, code: notFound, want: `{"message":"…"}`},
			{name: "case 135: so has what is there already (observed)", method: post, path: routes, status: 409, code: conflict, body: `{"routeKey":"$default"}`, want: `{"message":"…"}`},
			{name: "case 135: so has what is wrong in version 1 (observed)", method: post, path: "/apikeys", status: 400, code: badRequest, body: `{"value":"x"}`, want: `{"message":"…"}`},
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
		name, code, message string
		request             request
	}{
		{name: "case 130: unsigned (guess, after other services)", code: "MissingAuthenticationTokenException"},
		{
			name: "case 131: unknown key (observed)", code: "UnrecognizedClientException", request: request{service: "apigateway", key: &stranger},
			message: "The security token included in the request is invalid.",
		},
		{name: "case 132: wrong secret (guess, after other services)", code: "InvalidSignatureException", request: request{service: "apigateway", key: &wrong}},
		{name: "another service (guess, after other services)", code: "InvalidSignatureException", request: request{service: "execute-api"}},
		{name: "half a header (guess, after other services)", code: "IncompleteSignatureException", request: request{header: http.Header{"Authorization": {"AWS4-HMAC-SHA256 what"}}}},
	} {
		for _, path := range []string{"/v2/apis", "/apikeys"} {
			t.Run(row.name+" "+path, func(t *testing.T) {
				in := row.request
				in.method, in.url = http.MethodGet, s.admin+path
				got, err := s.do(t.Context(), in)
				if err != nil {
					t.Fatal(err)
				}
				report(t, row.name, headFaults(http.StatusForbidden, row.code, got))
				if message := got.text("message"); row.message != "" && message != row.message {
					t.Errorf("message %q, expected %q", message, row.message)
				}
			})
		}
	}
}
