package console_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"gangway/internal/node"
	"gangway/test/console"
)

func (u *user) shoot(name string) {
	u.Helper()
	dir := os.Getenv("SHOTS")
	if dir == "" {
		return
	}
	for _, theme := range []string{"light", "dark"} {
		must(u.T, u.Page.Theme(theme))
		picture, err := u.Page.Shot()
		must(u.T, err)
		must(u.T, os.WriteFile(filepath.Join(dir, name+"-"+theme+".png"), picture, 0o600))
	}
	must(u.T, u.Page.Theme("light"))
}

// does evaluates JavaScript on the page.
func (u *user) does(js string, args ...any) {
	u.Helper()
	must(u.T, u.Page.Eval(fmt.Sprintf(js, args...), nil))
}

// backed makes a route with an HTTP backend and a response.
func (u *user) backed(id, key, uri string) {
	u.Helper()
	var integration struct{ IntegrationID string }
	at := "/v2/apis/" + id
	must(u.T, u.Ask(u.Context(), "POST", at+"/integrations", map[string]any{"integrationType": "HTTP_PROXY", "integrationMethod": "POST", "integrationUri": uri}, &integration))
	var route struct{ RouteID string }
	must(u.T, u.Ask(u.Context(), "POST", at+"/routes", map[string]any{"routeKey": key, "target": "integrations/" + integration.IntegrationID, "routeResponseSelectionExpression": "$default"}, &route))
	must(u.T, u.Ask(u.Context(), "POST", at+"/routes/"+route.RouteID+"/routeresponses", map[string]any{"routeResponseKey": "$default"}, nil))
}

// live is an API with a few connections, a route that is answered and one that nobody answers.
func live(t *testing.T) (u *user, id string) {
	t.Helper()
	u = &user{t, open(t, node.Config{})}
	must(t, u.Page.Resize(1440, 900))
	id, leave, err := u.Furnish(t.Context())
	t.Cleanup(leave)
	must(t, err)
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"quote":"Simplicity is prerequisite for reliability.","by":"<img src=x onerror=alert(1)>"}`)
	}))
	t.Cleanup(backend.Close)
	u.backed(id, "quote", backend.URL+"/quotes")
	u.backed(id, "broken", "http://127.0.0.1:1/nobody")
	must(t, u.Ask(t.Context(), "POST", "/v2/apis/"+id+"/deployments", map[string]any{"stageName": "prod"}, nil))
	return u, id
}

// crowd opens connections until the test ends.
func crowd(t *testing.T, s *console.Stand, api string, count int) {
	t.Helper()
	for range count {
		c, _, err := websocket.Dial(t.Context(), s.Node.DataURL()+"/"+api+"/prod", nil) //nolint:bodyclose // a connection has none
		must(t, err)
		t.Cleanup(func() { _ = c.CloseNow() }) // it has nothing to say
	}
}

func TestConnections(t *testing.T) {
	u, id := live(t)
	crowd(t, u.Stand, id, 130)
	at := "/apis/" + id + "/connections"
	u.at(at)
	u.sees("1 to 100 of about 138")
	u.press("Next")
	u.sees("101 to 138")
	u.press("Previous")
	u.sees("1 to 100 of about 138")
	u.press("Refresh")
	u.shoot("connections")
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
	must(t, u.Page.Eval(`document.querySelector('tr.opens').focus()`, nil))
	must(t, u.Page.Type("\r"))
	u.sees("Send a message")
	u.waits(`document.querySelector('h1 .status.live')`)
	u.fills("Message to the client", `{"from":"the console"}`)
	must(t, u.Page.Eval(`document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', ctrlKey: true, bubbles: true }))`, nil))
	u.sees("200: the client has it", "PUSH")
	u.waits(`document.querySelector('.trace tr.opens')`)
	u.does(`document.querySelector('.trace tr.opens').click()`)
	u.sees("Delivered")
	u.shoot("connection")
	u.does(`(() => { const box = document.querySelector('[aria-label="Message to the client"]'); box.value = 'x'.repeat(140000); box.dispatchEvent(new Event('input')) })()`)
	u.press("Send")
	u.sees("413 PayloadTooLargeException")
	u.refused("413")
	u.shoot("connection-413")
	u.press("Disconnect")
	u.sees("Disconnect this client?")
	u.does(`[...document.querySelectorAll('dialog .danger')].pop().click()`)
	u.sees("Disconnected.")
	u.waits(`document.querySelector('h1').innerText.includes('Closed') && document.querySelector('.section .button.primary').disabled`)
	u.at(at + "/" + strings.ReplaceAll(one, "=", "%3D"))
	u.sees("This connection is not open")
	u.at(at + "/" + strings.ReplaceAll(one, "=", "%3D") + "?stage=prod")
	u.sees("This connection is not open")
	u.refused("410")
}

func TestClient(t *testing.T) {
	u, id := live(t)
	at := "/apis/" + id + "/"
	u.at(at + "client")
	u.sees("Not connected", "Nothing said yet")
	u.shoot("client-new")
	u.press("Connect")
	u.sees("Connected")
	for i, text := range []string{`{"action":"say","text":"hello"}`, `{"action":"quote","about":"programs"}`, `{"action":"broken"}`, `{"action":"nonsense"}`} {
		u.fills("Message", text)
		must(t, u.Page.Type("\r"))
		u.waits(fmt.Sprintf(`document.querySelectorAll('.talk-entry.received').length === %d`, i+1))
	}
	u.shoot("client")
	u.press("quote")
	u.waits(`document.querySelector('[aria-label=Message]').value === '{"action":"quote"}'`)
	u.press("Keep")
	u.waits(`document.querySelector('dialog[open] input').value === 'quote'`)
	u.fills("Name", "A quote")
	u.does(`document.querySelector('dialog[open] [type=submit]').click()`)
	u.waits(`!document.querySelector('dialog[open]') && document.querySelector('.kept-row')?.innerText.includes('A quote')`)
	u.press("JSON laid out")
	u.waits(`document.querySelector('.talk-entry.sent pre').innerText === '{"action":"say","text":"hello"}'`)
	u.press("JSON laid out")
	u.at(at + "routes") // it stays connected
	u.at(at + "client")
	u.sees("Connected", "A quote")
	u.press("New client")
	u.waits(`document.querySelectorAll('[role=tab]').length === 2`)
	u.press("Path, headers, subprotocols, signature")
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
	u.press("Connect")
	u.waits(`document.querySelector('.client-head .status.live')`)
	u.shoot("client-two")
	u.press("Disconnect")
	u.sees("Closed, 1000")
	u.press("Reconnect")
	u.waits(`document.querySelector('.client-head .status.live')`)
	u.does(`document.querySelector('[role=tab][aria-selected=true]').focus()`)
	u.does(`document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'F2', bubbles: true }))`)
	u.fills("Name", "Bob")
	u.does(`document.querySelector('dialog[open] [type=submit]').click()`)
	u.waits(`document.activeElement.innerText.includes('Bob')`)
	u.does(`document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowLeft', bubbles: true }))`)
	u.waits(`document.activeElement.innerText.includes('Client 1')`)
	u.does(`document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'Delete', bubbles: true }))`)
	u.waits(`document.querySelectorAll('[role=tab]').length === 1`)
	u.signs(id)
	u.does(`import('./js/api.js').then(m => m.session.signOut())`)
	u.sees("the session has ended")
	_ = u.Page.Faults()
}

// signs connects to a stage that wants signatures, without one and with one.
func (u *user) signs(id string) {
	u.Helper()
	var routes struct{ Items []struct{ RouteID, RouteKey string } }
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
	u.press("Path, headers, subprotocols, signature")
	u.press("Sign with my access key")
	u.press("Connect")
	u.waits(`document.querySelector('.client-head .status.live')`)
	u.waits(`document.activeElement.ariaLabel === 'Message' || document.activeElement.tagName === 'BODY'`)
}

func TestTrace(t *testing.T) {
	u, id := live(t)
	at := "/apis/" + id + "/"
	u.at(at + "trace")
	u.sees("Live", "Waiting for events")
	u.shoot("trace-empty")
	u.does(`import('./js/clients.js').then(m => { window.m = m; window.c = m.clientsOf(%q).chosen; c.stage = 'prod'; m.connect(c) })`, id)
	u.waits(`window.c?.state === 'open'`)
	chat := `['{"action":"say","text":"hello"}','{"action":"quote","about":"programs"}','{"action":"broken"}','{"action":"nonsense"}'].forEach(t => m.send(c, t))`
	u.does("%s", chat)
	u.waits(`document.querySelectorAll('.trace tr.opens').length === 5`)
	u.shoot("trace")
	u.does(`[...document.querySelectorAll('.trace tr.opens')].find(r => r.innerText.includes('quote')).click()`)
	u.sees("The client was told", "<img src=x")
	u.shoot("trace-open")
	u.press("Errors only")
	u.waits(`document.querySelectorAll('.trace tr.opens').length === 1`)
	u.does(`document.querySelector('.trace tr.opens').click()`)
	u.sees("Internal server error")
	u.shoot("trace-broken")
	u.press("Errors only")
	u.fills("Search the events", "nonsense")
	u.waits(`document.querySelectorAll('.trace tr.opens').length === 1`)
	u.does(`document.querySelector('.trace tr.opens').click()`)
	u.sees("which no route is for")
	u.fills("Search the events", "no such thing")
	u.sees("Nothing matches")
	u.fills("Search the events", "")
	u.fills("Type of event", "CONNECT")
	u.waits(`document.querySelectorAll('.trace tr.opens').length === 1`)
	u.fills("Type of event", "")
	u.press("Pause")
	u.does("%s", chat)
	u.sees("Resume, 4 new")
	u.waits(`document.querySelectorAll('.trace tr.opens').length === 5`)
	u.press("Resume")
	u.waits(`document.querySelectorAll('.trace tr.opens').length === 9`)
	u.does(`document.querySelector('.trace tr.opens').focus()`)
	u.does(`document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true }))`)
	u.does(`document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))`)
	u.waits(`document.activeElement.tagName === 'H2'`)
	u.does(`document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }))`)
	u.waits(`document.activeElement.tagName === 'TR' && !document.querySelector('.event')`)
	u.at(at + "dashboard")
	u.sees("By route")
	u.at(at + "trace")
	u.sees("Nobody watched from")
	u.does(`[...document.querySelectorAll('.trace tr.opens')].find(r => r.innerText.includes('quote')).click()`)
	u.press("Test this again")
	u.waits(`document.querySelector('[aria-label=Message]')?.value === '{"action":"quote","about":"programs"}'`)
	u.press("Send")
	u.sees("Simplicity")
	u.at(at + "trace")
	u.fills("Stage", "test")
	u.sees("Live")
	u.press("Clear")
	u.sees("Waiting for events")
	u.fills("Stage", "prod")
	u.waits(`document.querySelector('.status.live')`)
	u.does(`(async () => { for (let i = 0; i < 1500; i++) m.send(c, '{"action":"say","text":"' + i + '"}') })()`)
	u.sees("of the latest 1,000")
}

func TestDashboard(t *testing.T) {
	u, id := live(t)
	u.at("/apis/" + id + "/client")
	u.does(`import('./js/clients.js').then(m => { window.m = m; window.c = m.clientsOf(%q).chosen; c.stage = 'prod'; m.connect(c) })`, id)
	u.waits(`window.c?.state === 'open'`)
	u.does(`(() => { let n = 0; window.chat = setInterval(() => { n++; for (let i = 0; i < 4 + Math.sin(n / 9) * 3; i++) m.send(c, JSON.stringify({ action: ['say', 'quote', 'join', n %% 11 === 0 ? 'broken' : 'say'][i %% 4] })) }, 60) })()`)
	u.at("/apis/" + id + "/dashboard")
	u.sees("By route", "Connections", "Latency")
	u.waits(`document.querySelectorAll('.chart path.series').length >= 5`)
	u.waits(`document.querySelector('h1 .status.bad')`)
	u.shoot("dashboard")
	u.fills("Stage", "test")
	u.waits(`[...document.querySelectorAll('tbody tr')].every(r => !r.innerText.includes('prod'))`)
	u.fills("Stage", "prod")
	u.press("Values")
	u.waits(`document.querySelectorAll('.chart-values tbody tr').length > 1`)
	u.does(`clearInterval(chat)`)
	u.shoot("dashboard-values")
}

var _ context.Context
