package console_test

import (
	"strings"
	"testing"
)

// These are things that somebody stumbled over who had never seen the console before.

// TestTraceOfBefore: what was done with a client of the console is found in the trace, though nobody was looking at it then.
func TestTraceOfBefore(t *testing.T) {
	u, id := live(t)
	u.at("/apis/" + id + "/client?stage=prod")
	u.waits(`document.querySelector('.side [aria-current=page]')?.innerText === 'Client'`) // the address has more than the page's
	u.press("Connect")
	u.sees("Connected")
	u.fills("Message", `{"action":"quote","about":"programs"}`)
	u.press("Send")
	u.sees("Simplicity")
	u.waits(`!!document.querySelector('.client-id code')`)
	var connection string
	must(t, u.Page.Eval(`document.querySelector('.client-id code').innerText`, &connection))

	u.press("Live trace")
	u.lists(2)
	u.opens("quote")
	u.sees("The client was told")
	u.at("/apis/" + id + "/client")
	u.press(connection)
	u.sees("What happens on it")
	u.opens("CONNECT")
	u.sees("The connection is open")
	u.at("/apis/" + id + "/client")
	u.press("What happens on it")
	u.opens("quote")
	u.sees("The client was told")
	u.at("/apis/" + id + "/client")
	u.press("Disconnect")
	u.sees("Closed, 1000")
	u.at("/apis/" + id + "/connections/" + strings.ReplaceAll(connection, "=", "%3D"))
	u.sees("This connection is not open", "What happens on it")
	u.opens("DISCONNECT")
	u.sees("The connection was closed")
}

// TestRefusalSaysWhy: who may see the events of an API sees why a handshake was refused.
func TestRefusalSaysWhy(t *testing.T) {
	u, id := live(t)
	u.closes(id)
	u.at("/apis/" + id + "/client")
	u.fills("Stage", "test")
	u.press("Connect")
	u.sees("Refused, 403", "The node says:", "API key")
	u.press("See it in the trace")
	u.lists(1)
}

// closes has the API ask for a key on the stage test.
func (u *user) closes(id string) {
	u.Helper()
	var routes struct {
		Items []struct{ RouteID, RouteKey string }
	}
	must(u.T, u.Ask(u.Context(), "GET", "/v2/apis/"+id+"/routes", nil, &routes))
	for _, r := range routes.Items {
		if r.RouteKey == "$connect" {
			must(u.T, u.Ask(u.Context(), "PATCH", "/v2/apis/"+id+"/routes/"+r.RouteID, map[string]any{"apiKeyRequired": true}, nil))
		}
	}
	must(u.T, u.Ask(u.Context(), "POST", "/v2/apis/"+id+"/deployments", map[string]any{"stageName": "test"}, nil))
}

// TestPressAfterTyping: a button that is pressed while a field is left is the button that was there.
func TestPressAfterTyping(t *testing.T) {
	u, id := live(t)
	u.at("/apis/" + id + "/client")
	u.press("Path, headers, subprotocols, API key, signature")
	u.fills("Path and query", "?room=1")
	u.press("Connect")
	u.waits(`!!document.querySelector('.client-head .status.live')`)
	u.press("Disconnect")
	u.sees("Closed, 1000")
	u.press("Handshake: path")
	u.fills("API key", "a key")
	u.press("Reconnect")
	u.waits(`!!document.querySelector('.client-head .status.live')`)
}

// TestWizardAnswers: an API from the wizard answers, each route by an integration of its own.
func TestWizardAnswers(t *testing.T) {
	u := &user{t, open(t)}
	u.at("/apis")
	u.press("Create API")
	u.fills("Name", "chat")
	u.press("$connect when a client connects")
	u.fills("Custom routes", "join")
	u.press("Create API")
	u.waits(`!document.querySelector('dialog') && /^#.apis.[a-z0-9]+.routes/.test(location.hash)`)
	id := u.shown()
	if routes, integrations := u.count(id, "routes"), u.count(id, "integrations"); routes != 3 || integrations != 3 {
		t.Errorf("%d routes, %d integrations", routes, integrations)
	}
	must(t, u.Ask(t.Context(), "POST", "/v2/apis/"+id+"/stages", map[string]any{"stageName": "prod"}, nil))
	must(t, u.Ask(t.Context(), "POST", "/v2/apis/"+id+"/deployments", map[string]any{"stageName": "prod"}, nil))
	for message, route := range map[string]string{`{"action":"join","room":"blue"}`: `"route": "join"`, `{"action":"other"}`: `"route": "$default"`, `no JSON`: `"route": "$default"`} {
		if got := u.says(id, "prod", message); !strings.Contains(got, route) {
			t.Errorf("%s: got %s", message, got)
		}
	}
}

// TestDomainAddress: a domain is shown with the port on which this node answers for it, and what to do about DNS.
func TestDomainAddress(t *testing.T) {
	u := &user{t, open(t)}
	must(t, u.Ask(t.Context(), "POST", "/v2/domainnames", map[string]any{"domainName": "ws.example.com", "domainNameConfigurations": []any{map[string]any{"endpointType": "REGIONAL", "certificateArn": "arn:aws:acm:us-east-1:000000000000:certificate/ws"}}}, nil))
	u.at("/domains/ws.example.com")
	u.sees("wss://ws.example.com:"+u.port(), "What DNS has to say", "Who signs the certificate")
}

// port is that of the data listener.
func (u *user) port() string { return u.Data[strings.LastIndex(u.Data, ":")+1:] }

// TestWarns: what cannot work is seen before a client finds out. Who signs out can sign in at once.
func TestWarns(t *testing.T) {
	u, id := live(t)
	var integration struct{ IntegrationID string }
	at := "/v2/apis/" + id
	must(t, u.Ask(t.Context(), "POST", at+"/integrations", map[string]any{"integrationType": "MOCK", "requestTemplates": map[string]string{"$default": `{"statusCode": 200}`}}, &integration))
	var route struct{ RouteID string }
	must(t, u.Ask(t.Context(), "POST", at+"/routes", map[string]any{"routeKey": "lost", "target": "integrations/" + integration.IntegrationID, "routeResponseSelectionExpression": "$default"}, &route))
	must(t, u.Ask(t.Context(), "POST", at+"/routes/"+route.RouteID+"/routeresponses", map[string]any{"routeResponseKey": "$default"}, nil))
	u.at("/apis/" + id + "/routes/" + route.RouteID)
	u.sees("None: messages of this route fail")
	u.at("/apis/" + id + "/routes")
	u.press("API key required The key of a usage plan that has the stage.")
	u.sees("No usage plan has a stage of this API")
	u.at("/apis")
	u.press("Account: root", "Sign out")
	u.waits(`document.activeElement?.labels?.[0]?.innerText === 'Access key ID'`)
}
