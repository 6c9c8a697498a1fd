package console_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestDefine defines an API with nothing but the pages: routes with an integration each, what they ask for, how they reply, and what
// the node says to what cannot be.
func TestDefine(t *testing.T) {
	u := &user{t, open(t)}
	id := u.api("chat")
	u.at("/apis/" + id + "/routes")
	u.sees("No routes yet")
	u.press("Create route", "Create route")
	u.sees("Route key is required")
	u.press("$connect", "Create route")
	u.part("request", "Open to all")
	u.press("Create route")
	u.fills("Route key", "$connect")
	u.press("Create route")
	u.sees("Route with key $connect already exists for this API")
	u.refused("409")
	u.fills("Route key", "join")
	u.fills("Type", "HTTP")
	u.press("Create route")
	u.sees("Invalid HTTP endpoint specified for URI")
	u.refused("400")
	u.fills("URL", "http://localhost:9/rooms/{room}")
	u.press("Create route")
	u.part("integration", "HTTP")
	u.part("response", "The client gets a reply")
	if n := u.count(id, "integrations"); n != 2 {
		t.Errorf("%d integrations, although one of the routes could not be made", n)
	}
	u.requests()
	u.answers()
	u.press("Delete")
	u.waits(`document.querySelector('dialog[open] .danger')`)
	u.press("Delete")
	u.waits(`document.querySelectorAll('.route-items a').length === 1`)
}

// part waits until a part of the picture of a route says something.
func (u *user) part(name, says string) {
	u.Helper()
	u.waits(fmt.Sprintf(`document.querySelector('.part.%s')?.innerText.includes(%q)`, name, says))
}

// count is how many an API has of a kind.
func (u *user) count(api, kind string) int {
	u.Helper()
	var list struct{ Items []struct{} }
	must(u.T, u.Ask(u.Context(), "GET", "/v2/apis/"+api+"/"+kind, nil, &list))
	return len(list.Items)
}

// requests has the integration of the route that is shown map a parameter and render a template, and tests that.
func (u *user) requests() {
	u.Helper()
	u.press("Integration request", "Add mapping")
	u.fills("integration.request.header.NAME", "integration.request.path.room")
	u.fills("route.request.body.name", "route.request.body.room")
	u.press("Add template", "Render with an example")
	u.sees(`"message": {"action":"hello","name":"ann"}`)
	u.fills("Template $default", "#if($x)")
	u.sees("Line 1, column 1: #if without #end")
	u.press("Save integration")
	u.sees("A template is wrong")
	u.fills("Template $default", `{"says": $input.json('$.text')}`)
	u.waits(`!document.querySelector('.editor.wrong')`)
	u.fills("Timeout", "1")
	u.press("Save integration")
	u.sees("Timeout should be between 50 ms and 29000 ms")
	u.refused("400")
	u.fills("Timeout", "1000")
	u.press("Save integration")
	u.part("integration", "1 template")
	u.press("Test this route")
	u.fills("Message", `{"action": "join", "room": "blue", "text": "hello"}`)
	u.press("Test")
	u.sees("It goes through", "POST http://localhost:9/rooms/blue", `"says": "hello"`)
	u.press("Really call the backend", "Test")
	u.sees("It ends with an error", "Internal server error")

	// What no update takes away goes with the integration, which is made anew.
	u.press("Integration request", "Remove template", "Save integration", "Make it anew")
	u.part("integration", "Mapped parameters")
	u.waits(`!document.querySelector('.part.integration').innerText.includes('template')`)
	u.part("answer", "$default")
}

// answers has the route that is shown reply, by templates, and not at all.
func (u *user) answers() {
	u.Helper()
	u.press("Integration response", "Add response")
	u.fills("Response key", "/2x")
	u.press("Create")
	u.sees("Invalid IntegrationResponseKey '/2x'")
	u.refused("400")
	u.fills("Response key", `/2\d\d/`)
	u.press("Add template", "Create")
	u.part("answer", `/2\d\d/`)
	u.press(`Edit response /2\d\d/`, "Remove template", "Save", "Make it anew")
	u.waits(`document.querySelectorAll('.card').length === 2 && !document.querySelector('.card pre')`)
	u.press(`Delete response /2\d\d/`)
	u.waits(`document.querySelector('dialog[open] .danger')`)
	u.press("Delete")
	u.waits(`document.querySelectorAll('.card').length === 1`)
	u.press("Route response", "Two-way communication")
	u.part("response", "Off: no reply")
	u.press("Two-way communication")
	u.part("response", "The client gets a reply")
}

// TestWhoMayConnect: an authorizer is made and asked, and the node itself asks for tokens.
func TestWhoMayConnect(t *testing.T) {
	u := &user{t, open(t)}
	id := u.api("chat")
	must(t, u.Ask(t.Context(), "POST", "/v2/apis/"+id+"/routes", map[string]any{"routeKey": "$connect"}, nil))
	u.at("/apis/" + id + "/routes")
	u.fills("Authorization", "CUSTOM")
	u.press("Save settings")
	u.sees("Setting the authorization type to CUSTOM requires a valid authorizer.")
	u.refused("400")
	u.at("/apis/" + id + "/authorizers")
	u.press("Create authorizer")
	u.fills("Name", "guard")
	u.fills("Function", "guard")
	u.fills("Identity source", "nonsense")
	u.press("Create authorizer")
	u.sees("Invalid request identity source expression: nonsense")
	u.refused("400")
	u.fills("Identity source", "route.request.header.X-Token")
	u.press("Create authorizer")
	u.sees("No route asks an authorizer")
	u.press("Have $connect ask it")
	u.fills("Authorization", "CUSTOM")
	u.fills("Authorizer", "guard")
	u.press("API key required", "Save settings")
	u.part("request", "Authorizer guard")
	u.part("request", "API key required")
	u.at("/apis/" + id + "/authorizers")
	u.press("guard", "Delete")
	u.waits(`document.querySelector('dialog[open] .danger')`)
	u.press("Delete")
	u.sees("Cannot delete authorizer 'guard', is referenced in route: $connect")
	u.refused("409")
	u.press("Cancel")

	u.at("/apis/" + id + "/authorizers")
	u.fills("Issuer", "ftp://issuer.example.com")
	u.press("Save")
	u.sees("Expected an https URL")
	u.refused("400")
	u.fills("Issuer", "https://issuer.example.com")
	u.fills("Audience", "door")
	u.press("Save")
	u.sees("Tokens and the authorization of $connect exclude each other")
	u.fills("Issuer", "")
	u.fills("Audience", "")
	u.press("Save")
	u.waits(`!document.querySelector('main').innerText.includes('exclude each other')`)
}

// TestModels: a model is made, a route asks messages to follow it, and it is kept as long as one does.
func TestModels(t *testing.T) {
	u := &user{t, open(t)}
	id := u.chat(t)
	u.at("/apis/" + id + "/models")
	u.sees("No models yet")
	u.press("Create model")
	u.fills("Schema", `{"type": "objct"}`)
	u.sees("Line 1, column 10")
	u.fills("Schema", `{"type": "object", "required": ["text"]}`)
	u.waits(`!document.querySelector('.editor.wrong')`)
	u.fills("Name", "no name")
	u.press("Create model")
	u.sees("Model name must be alphanumeric: no name")
	u.refused("400")
	u.fills("Name", "Message")
	u.press("Create model")
	u.sees("Not used")
	u.at("/apis/" + id + "/routes")
	u.press("Add model", "Save settings")
	u.part("request", "Model Message")
	u.press("Test this route", "Test")
	u.sees("It goes through")
	u.fills("Message", `{"action": "hello"}`)
	u.press("Test")
	u.sees("It ends with an error", "the message is not valid")
	u.at("/apis/" + id + "/models")
	u.press("Message", "Delete")
	u.waits(`document.querySelector('dialog[open] .danger')`)
	u.press("Delete")
	u.sees("Cannot delete model 'Message'")
	u.refused("409")
	u.press("Cancel", "Lay out")
	u.sees(`"required": [`)
}

// TestManyRoutes: three hundred routes are listed and searched, what users have written is text, and the way back is that of a browser.
func TestManyRoutes(t *testing.T) {
	u := &user{t, open(t)}
	id := u.api("big")
	const hostile = `<img src=x onerror=alert(1)>`
	for i := range 300 {
		key := fmt.Sprintf("message%d", i)
		if i == 150 {
			key = hostile
		}
		must(t, u.Ask(t.Context(), "POST", "/v2/apis/"+id+"/routes", map[string]any{"routeKey": key}, nil))
	}
	u.at("/apis/" + id + "/routes")
	u.waits(`document.querySelectorAll('.route-items a').length === 300`)
	u.fills("Search the routes", "onerror")
	u.waits(`[...document.querySelectorAll('.route-items a')].filter(a => !a.hidden).length === 1`)
	u.press(hostile)
	u.waits(fmt.Sprintf(`document.querySelector('#route-name').textContent === %q && !document.querySelector('main img')`, hostile))
	u.fills("Search the routes", "message299")
	u.press("message299")
	u.waits(`document.querySelector('#route-name').textContent === 'message299'`)
	must(t, u.Page.Eval(`history.back()`, nil))
	u.waits(fmt.Sprintf(`document.querySelector('#route-name')?.textContent === %q`, hostile))
	var scripts []string
	must(t, u.Page.Eval(`[...document.scripts].map(s => s.src)`, &scripts))
	if len(scripts) != 1 || !strings.HasSuffix(scripts[0], "/console/js/app.js") {
		t.Errorf("scripts: %q", scripts)
	}
}
