package conformance_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"gangway/gangwaytest"
)

// TestTokenClock: a token that a test server takes now lets nobody in two hours later, and who was let in by it is sent away at that
// moment; neither takes any time. A token that is made for the server's clock is taken then. Source: RFC 7519, section 4.1.4.
func TestTokenClock(t *testing.T) {
	t.Parallel()
	path, err := gangway()
	must(t, err)
	s := gangwaytest.Start(t, gangwaytest.Options{Binary: path})
	from := newIssuer(t)
	made := func(path string, of fields, id string) string {
		text, _ := s.Control(http.MethodPost, path, of)[id].(string)
		return text
	}
	api := "/v2/apis/" + made("/v2/apis", fields{
		"name": "a", "protocolType": "WEBSOCKET", "routeSelectionExpression": "$request.body.action", "tags": from.tags(nil),
	}, "apiId")
	integration := made(api+"/integrations", fields{"integrationType": "MOCK"}, "integrationId")
	made(api+"/routes", fields{"routeKey": "$default", "target": "integrations/" + integration}, "routeId")
	made(api+"/stages", fields{"stageName": "prod", "deploymentId": made(api+"/deployments", fields{}, "deploymentId")}, "")
	url := s.URL(strings.TrimPrefix(api, "/v2/apis/"), "prod")

	token := from.token(t, "one", nil) // for an hour
	c, _, err := dial(t.Context(), bearer(url, token))
	must(t, err)
	t.Cleanup(c.drop)
	began := time.Now()
	s.Advance(2 * time.Hour)
	wantItem(t, c, "close 1008 Authorization expired")
	wantRefused(t, "two hours later", bearer(url, token), http.StatusUnauthorized, `{"message":"Unauthorized"}`)
	now := s.Now()
	again, _, err := dial(t.Context(), bearer(url, from.token(t, "one", fields{"iat": now.Unix(), "exp": now.Add(time.Hour).Unix()})))
	must(t, err)
	again.drop()
	if took := time.Since(began); took > time.Hour {
		t.Errorf("it took %v", took)
	}
}
