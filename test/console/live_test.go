package console_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// does evaluates JavaScript on the page.
func (u *user) does(js string, args ...any) {
	u.Helper()
	must(u.T, u.Page.Eval(fmt.Sprintf(js, args...), nil))
}

// hits sends a key to what has the focus.
func (u *user) hits(key string) {
	u.Helper()
	u.does(`document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: %q, bubbles: true, cancelable: true }))`, key)
}

// submits sends the form of the dialog.
func (u *user) submits() {
	u.Helper()
	u.does(`document.querySelector('dialog[open] [type=submit], dialog[open] .danger').click()`)
	u.waits(`!document.querySelector('dialog[open]')`)
}

// opens looks at the newest event that has a text in its line.
func (u *user) opens(text string) {
	u.Helper()
	line := fmt.Sprintf(`[...document.querySelectorAll('.trace tr.opens')].find(r => r.innerText.includes(%q))`, text)
	u.waits("!!" + line)
	u.does("%s.click()", line)
}

// lists waits until so many events are listed.
func (u *user) lists(count int) {
	u.Helper()
	u.waits(fmt.Sprintf(`document.querySelectorAll('.trace tr.opens').length === %d`, count))
}

// routed makes a route with an integration and a response.
func (u *user) routed(id, key string, definition, response map[string]any) {
	u.Helper()
	at := "/v2/apis/" + id
	var integration struct{ IntegrationID string }
	must(u.T, u.Ask(u.Context(), "POST", at+"/integrations", definition, &integration))
	must(u.T, u.Ask(u.Context(), "POST", at+"/integrations/"+integration.IntegrationID+"/integrationresponses", response, nil))
	var route struct{ RouteID string }
	must(u.T, u.Ask(u.Context(), "POST", at+"/routes", map[string]any{"routeKey": key, "target": "integrations/" + integration.IntegrationID, "routeResponseSelectionExpression": "$default"}, &route))
	if key != "$connect" {
		must(u.T, u.Ask(u.Context(), "POST", at+"/routes/"+route.RouteID+"/routeresponses", map[string]any{"routeResponseKey": "$default"}, nil))
	}
}

// live has an API with routes that answer by themselves, one whose backend answers and one whose backend is not there.
func live(t *testing.T) (u *user, id string) {
	t.Helper()
	u = &user{t, open(t)}
	id = u.api("chat")
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, `{"quote":"Simplicity is prerequisite for reliability.","by":"<img src=x onerror=alert(1)>"}`)
	}))
	t.Cleanup(backend.Close)
	for _, key := range []string{"$connect", "$default", "say"} {
		u.routed(id, key,
			map[string]any{"integrationType": "MOCK", "templateSelectionExpression": "200", "requestTemplates": map[string]string{"200": `{"statusCode": 200}`}},
			map[string]any{"integrationResponseKey": "$default", "templateSelectionExpression": "200", "responseTemplates": map[string]string{"200": `{"heard": true}`}})
	}
	for key, uri := range map[string]string{"quote": backend.URL + "/quotes", "broken": "http://127.0.0.1:1/nobody"} {
		u.routed(id, key, map[string]any{"integrationType": "HTTP_PROXY", "integrationMethod": "POST", "integrationUri": uri}, map[string]any{"integrationResponseKey": "$default"})
	}
	must(t, u.Ask(t.Context(), "POST", "/v2/apis/"+id+"/stages", map[string]any{"stageName": "test"}, nil))
	for _, stage := range []string{"prod", "test"} {
		must(t, u.Ask(t.Context(), "POST", "/v2/apis/"+id+"/deployments", map[string]any{"stageName": stage}, nil))
	}
	return u, id
}

// chatter has a client of the page connect and say four things.
func (u *user) chatter(id string) {
	u.Helper()
	u.does(`import('./js/parts/clients.js').then(m => { window.client = m.clientsOf(%q).chosen; window.say = text => m.send(client, text); client.stage = 'prod'; m.connect(client) })`, id)
	u.waits(`window.client?.state === 'open'`)
	u.talks()
}

func (u *user) talks() {
	u.Helper()
	u.does("%s", `['{"action":"say","text":"hello"}', '{"action":"quote","about":"programs"}', '{"action":"broken"}', '{"action":"nonsense"}'].forEach(say)`)
}

func TestConnections(t *testing.T) {
	u, id := live(t)
	for range 138 {
		c, _, err := websocket.Dial(t.Context(), u.Node.DataURL()+"/"+id+"/prod", nil)
		must(t, err)
		t.Cleanup(func() { _ = c.CloseNow() }) // it has nothing to say
	}
	u.at("/apis/" + id + "/connections")
	u.sees("1 to 100 of about 138")
	u.press("Next")
	u.sees("101 to 138")
	u.press("Previous")
	u.sees("1 to 100 of about 138")
	u.fills("Source IP", "192.0.2.1")
	u.sees("No such connection")
	u.fills("Source IP", "127.0.0.1")
	u.sees("1 to 100")
	u.fills("Stage", "test")
	u.sees("No such connection")
	u.fills("Stage", "prod")
	u.sees("1 to 100")
	var one string
	must(t, u.Page.Eval(`document.querySelector('tr.opens').dataset.key`, &one))
	u.fills("Connection id", one)
	u.sees("1 connection")
	u.does(`document.querySelector('tr.opens').focus()`)
	u.hits("Enter")
	u.inspects(id, one)
}

// inspects tries all that can be done with a connection.
func (u *user) inspects(id, one string) {
	u.Helper()
	u.sees("Send a message")
	u.waits(`!!document.querySelector('h1 .status.live')`)
	u.fills("Message to the client", `{"from":"the console"}`)
	u.does(`document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', ctrlKey: true, bubbles: true }))`)
	u.sees("200: the client has it")
	u.opens("PUSH")
	u.sees("Delivered")
	u.does(`(() => { const box = document.querySelector('[aria-label="Message to the client"]'); box.value = 'x'.repeat(140000); box.dispatchEvent(new Event('input')) })()`)
	u.press("Send")
	u.sees("413 PayloadTooLargeException")
	u.refused("413")
	u.press("Disconnect")
	u.sees("Disconnect this client?")
	u.submits()
	u.sees("Disconnected.")
	u.waits(`document.querySelector('h1').innerText.includes('Closed') && document.querySelector('.section .button.primary').disabled`)
	escaped := "/apis/" + id + "/connections/" + strings.ReplaceAll(one, "=", "%3D")
	u.at(escaped)
	u.sees("This connection is not open")
	u.at(escaped + "?stage=prod")
	u.sees("This connection is not open")
	u.refused("410")
}

func TestClient(t *testing.T) {
	u, id := live(t)
	u.at("/apis/" + id + "/client")
	u.sees("Not connected", "Nothing said yet")
	u.press("Connect")
	u.sees("Connected")
	for i, text := range []string{`{"action":"say","text":"hello"}`, `{"action":"quote","about":"programs"}`, `{"action":"broken"}`, `{"action":"nonsense"}`} {
		u.fills("Message", text)
		u.hits("Enter")
		u.waits(fmt.Sprintf(`document.querySelectorAll('.talk-entry.received').length === %d`, i+1))
	}
	u.press("JSON laid out")
	u.waits(`document.querySelector('.talk-entry.sent pre').innerText === '{"action":"say","text":"hello"}'`)
	u.press("JSON laid out")
	u.keeps()
	u.at("/apis/" + id + "/routes") // it stays connected
	u.at("/apis/" + id + "/client")
	u.sees("Connected", "A quote", "Internal server error")
	u.shakesHands()
	u.switches()
	u.signs(id)
	u.does(`import('./js/api.js').then(m => m.session.signOut())`)
	u.sees("the session has ended")
}

// keeps inserts the message of a route, and keeps it under a name.
func (u *user) keeps() {
	u.Helper()
	u.press("quote")
	u.waits(`document.querySelector('[aria-label=Message]').value === '{"action":"quote"}'`)
	u.press("Keep")
	u.waits(`document.querySelector('dialog[open] input')?.value === 'quote'`)
	u.fills("Name", "A quote")
	u.submits()
	u.waits(`document.querySelector('.kept-row')?.innerText.includes('A quote')`)
}

// shakesHands has a second client connect with a header that is not its to send, and with others.
func (u *user) shakesHands() {
	u.Helper()
	u.press("New client")
	u.waits(`document.querySelectorAll('[role=tab]').length === 2`)
	u.press("Path, headers, subprotocols, API key, signature")
	u.fills("Path and query", "?who=me")
	u.press("Add a header")
	u.fills("Header", "Connection")
	u.fills("Value", "close")
	u.press("Connect")
	u.sees("the handshake itself says what stands there")
	u.does(`document.querySelector('.pair [aria-label=Remove]').click()`)
	u.press("Add a header")
	u.fills("Header", "Authorization")
	u.fills("Value", "Bearer abc")
	u.fills("Subprotocols", "chat")
	u.sees("Handshake: path, 1 header, subprotocols")
	u.press("Connect")
	u.waits(`!!document.querySelector('.client-head .status.live')`)
	u.press("Disconnect")
	u.sees("Closed, 1000")
	u.press("Reconnect")
	u.waits(`!!document.querySelector('.client-head .status.live')`)
}

// switches goes from client to client by the keyboard alone.
func (u *user) switches() {
	u.Helper()
	u.does(`document.querySelector('[role=tab][aria-selected=true]').focus()`)
	u.hits("F2")
	u.fills("Name", "Bob")
	u.submits()
	u.waits(`document.activeElement.innerText.includes('Bob')`)
	u.hits("ArrowLeft")
	u.waits(`document.activeElement.innerText.includes('Client 1')`)
	u.hits("Delete")
	u.waits(`document.querySelectorAll('[role=tab]').length === 1`)
}

// signs connects to a stage that wants signatures, without one and with one.
func (u *user) signs(id string) {
	u.Helper()
	var routes struct {
		Items []struct{ RouteID, RouteKey string }
	}
	must(u.T, u.Ask(u.Context(), "GET", "/v2/apis/"+id+"/routes", nil, &routes))
	for _, r := range routes.Items {
		if r.RouteKey == "$connect" {
			must(u.T, u.Ask(u.Context(), "PATCH", "/v2/apis/"+id+"/routes/"+r.RouteID, map[string]any{"authorizationType": "AWS_IAM"}, nil))
		}
	}
	must(u.T, u.Ask(u.Context(), "POST", "/v2/apis/"+id+"/deployments", map[string]any{"stageName": "test"}, nil))
	u.press("New client")
	u.fills("Stage", "test")
	u.press("Connect")
	u.sees("Refused, 403", "Missing Authentication Token")
	u.press("Path, headers, subprotocols, API key, signature")
	u.does(`[...document.querySelectorAll("label.check")].find(l => l.innerText.startsWith("Sign")).control.click()`)
	u.press("Connect")
	u.waits(`!!document.querySelector('.client-head .status.live')`)
}

func TestTrace(t *testing.T) {
	u, id := live(t)
	u.at("/apis/" + id + "/trace")
	u.sees("Live", "Waiting for events")
	u.chatter(id)
	u.lists(5)
	u.opens("quote")
	u.sees("The client was told", "what the integration answered, as it is", "<img src=x")
	u.filters()
	u.press("Pause")
	u.talks()
	u.sees("Resume, 4 new")
	u.lists(5)
	u.press("Resume, 4 new")
	u.lists(9)
	u.does(`document.querySelector('.trace tr.opens').focus()`)
	u.hits("ArrowDown")
	u.hits("Enter")
	u.waits(`document.activeElement.tagName === 'H2'`)
	u.hits("Escape")
	u.waits(`document.activeElement.tagName === 'TR' && !document.querySelector('.event')`)
	u.at("/apis/" + id + "/dashboard")
	u.talks() // while nobody looks
	u.at("/apis/" + id + "/trace")
	u.lists(13)
	u.opens("quote")
	u.press("Test this again")
	u.waits(`document.querySelector('[aria-label=Message]')?.value === '{"action":"quote","about":"programs"}'`)
	u.press("Send")
	u.sees("Simplicity")
	u.at("/apis/" + id + "/trace")
	u.press("Clear")
	u.fills("Stage", "prod")
	u.waits(`!!document.querySelector('.status.live')`)
	u.does(`(() => { window.flood = setInterval(() => { for (let i = 0; i < 40; i++) say('{"action":"say","text":"' + i + '"}') }, 20) })()`)
	u.sees("of the latest 1,000")
	u.does(`clearInterval(flood)`)
}

// filters shows some events only.
func (u *user) filters() {
	u.Helper()
	u.press("Errors only")
	u.lists(1)
	u.opens("broken")
	u.sees("Internal server error")
	u.press("Errors only")
	u.fills("Search the events", "nonsense")
	u.lists(1)
	u.opens("$default")
	u.sees("which no route is for")
	u.fills("Search the events", "no such thing")
	u.sees("Nothing matches")
	u.fills("Search the events", "")
	u.fills("Type of event", "CONNECT")
	u.lists(1)
	u.fills("Type of event", "")
	u.lists(5)
}

func TestDashboard(t *testing.T) {
	u, id := live(t)
	u.at("/apis/" + id + "/dashboard")
	u.chatter(id)
	u.sees("By route", "Connections", "Latency")
	u.waits(`!!document.querySelector('h1 .status.bad')`)
	u.fills("Stage", "test")
	u.waits(`[...document.querySelectorAll('.close tbody tr')].every(r => !r.innerText.includes('prod'))`)
	u.fills("Stage", "prod")
	u.press("Values")
	u.waits(`document.querySelectorAll('.chart-values tbody tr').length > 1`)
	u.does(`(() => { window.fetch = () => Promise.reject(new TypeError('gone')) })()`)
	u.sees("These numbers are old")
}

func TestNothingToWatch(t *testing.T) {
	u := &user{t, open(t)}
	var bare struct{ APIID string }
	must(t, u.Ask(t.Context(), "POST", "/v2/apis", map[string]any{"name": "bare", "protocolType": "WEBSOCKET", "routeSelectionExpression": "$request.body.action"}, &bare))
	for _, page := range []string{"dashboard", "connections", "trace", "client"} {
		u.at("/apis/" + bare.APIID + "/" + page)
		u.sees("Nothing is deployed")
		u.at("/apis/nothere00/" + page)
		u.sees("Invalid API identifier specified")
		u.refused("404")
	}
}
