package console_test

import (
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// TestDeploy follows "Create a WebSocket API deployment using the API Gateway console" in the API Gateway developer guide: choose the
// API; from the Actions menu choose Deploy API; choose a stage or enter the name of a new one; deploy.
func TestDeploy(t *testing.T) {
	u := &user{t, open(t)}
	id := u.chat(t)
	u.at("/apis")
	u.press("chat")
	u.press("Actions", "Deploy API")
	u.fills("Stage", "New stage")
	u.fills("Name of the new stage", "test")
	u.fills("Deployment description", "The first one")
	u.press("Deploy")
	u.sees("Deployed to test", "/"+id+"/test")
	u.press("Open stage")
	u.sees("The first one")
	if got := u.says(id, "test", `{"action":"hello"}`); !strings.Contains(got, "one") {
		t.Errorf("after the first deployment: %s", got)
	}

	// What is changed is served once it is deployed again, to the same stage.
	u.answer(id, "two")
	if got := u.says(id, "test", `{"action":"hello"}`); !strings.Contains(got, "one") {
		t.Errorf("before the second deployment: %s", got)
	}
	u.at("/apis/" + id + "/routes")
	u.press("Actions", "Deploy API")
	u.fills("Stage", "test")
	u.sees("What will change")
	u.press("Deploy")
	u.sees("Deployed to test")
	if got := u.says(id, "test", `{"action":"hello"}`); !strings.Contains(got, "two") {
		t.Errorf("after the second deployment: %s", got)
	}
}

// chat makes an API with a route that answers.
func (u *user) chat(t *testing.T) (id string) {
	t.Helper()
	var api, integration, route struct{ APIID, IntegrationID, RouteID string }
	ask := func(path string, body map[string]any, result any) {
		t.Helper()
		must(t, u.Ask(t.Context(), "POST", path, body, result))
	}
	ask("/v2/apis", map[string]any{"name": "chat", "protocolType": "WEBSOCKET", "routeSelectionExpression": "$request.body.action"}, &api)
	at := "/v2/apis/" + api.APIID
	ask(at+"/integrations", map[string]any{"integrationType": "MOCK", "templateSelectionExpression": "200", "requestTemplates": map[string]string{"200": `{"statusCode":200}`}}, &integration)
	ask(at+"/integrations/"+integration.IntegrationID+"/integrationresponses", map[string]any{"integrationResponseKey": "$default", "templateSelectionExpression": "200", "responseTemplates": map[string]string{"200": `{"said":"one"}`}}, nil)
	ask(at+"/routes", map[string]any{"routeKey": "hello", "target": "integrations/" + integration.IntegrationID, "routeResponseSelectionExpression": "$default"}, &route)
	ask(at+"/routes/"+route.RouteID+"/routeresponses", map[string]any{"routeResponseKey": "$default"}, nil)
	return api.APIID
}

// answer changes what the route says.
func (u *user) answer(id, text string) {
	u.Helper()
	at := "/v2/apis/" + id + "/integrations"
	var integrations struct {
		Items []struct{ IntegrationID string }
	}
	must(u.T, u.Ask(u.Context(), "GET", at, nil, &integrations))
	at += "/" + integrations.Items[0].IntegrationID + "/integrationresponses"
	var responses struct {
		Items []struct{ IntegrationResponseID string }
	}
	must(u.T, u.Ask(u.Context(), "GET", at, nil, &responses))
	must(u.T, u.Ask(u.Context(), "PATCH", at+"/"+responses.Items[0].IntegrationResponseID, map[string]any{"responseTemplates": map[string]string{"200": `{"said":"` + text + `"}`}}, nil))
}

// says is what a client hears that says something.
func (u *user) says(id, stage, message string) string {
	u.Helper()
	c, _, err := websocket.Dial(u.Context(), u.Node.DataURL()+"/"+id+"/"+stage, nil)
	must(u.T, err)
	defer func() { _ = c.CloseNow() }() // all was said
	must(u.T, c.Write(u.Context(), websocket.MessageText, []byte(message)))
	_, got, err := c.Read(u.Context())
	must(u.T, err)
	return string(got)
}
