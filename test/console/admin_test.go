package console_test

import (
	"strings"
	"testing"

	"gangway/test/console"
)

// user does what somebody does at a page, one thing after the other; what fails ends the test.
type user struct {
	*testing.T
	*console.Stand
}

func (u *user) at(page string)         { u.Helper(); must(u.T, u.Show(page)) }
func (u *user) press(names ...string)  { u.Helper(); u.each(u.Page.Press, names) }
func (u *user) sees(texts ...string)   { u.Helper(); u.each(u.Page.See, texts) }
func (u *user) fills(label, as string) { u.Helper(); must(u.T, u.Page.Fill(label, as)) }
func (u *user) waits(js string)        { u.Helper(); must(u.T, u.Page.Wait(js)) }

func (u *user) each(do func(string) error, list []string) {
	u.Helper()
	for _, item := range list {
		if err := do(item); err != nil {
			u.Fatalf("%s: %v", item, err)
		}
	}
}

// refused takes back the complaint that the browser makes about each answer that says no; there must have been one.
func (u *user) refused(status string) {
	u.Helper()
	faults := u.Page.Faults()
	for _, fault := range faults {
		if !strings.Contains(fault, "status of "+status) {
			u.Errorf("the browser complains: %q", fault)
		}
	}
	if len(faults) == 0 {
		u.Errorf("nothing was refused with %s", status)
	}
}

// api makes an API with a stage.
func (u *user) api(name string) (id string) {
	u.Helper()
	var api struct{ APIID string }
	must(u.T, u.Ask(u.Context(), "POST", "/v2/apis", map[string]any{"name": name, "protocolType": "WEBSOCKET", "routeSelectionExpression": "$request.body.action"}, &api))
	must(u.T, u.Ask(u.Context(), "POST", "/v2/apis/"+api.APIID+"/stages", map[string]any{"stageName": "prod"}, nil))
	return api.APIID
}

func TestDomains(t *testing.T) {
	u := &user{t, open(t)}
	id := u.api("chat")
	u.at("/domains")
	u.sees("No custom domain names")
	u.press("Create domain name")
	u.fills("Domain name", "not a name")
	u.press("Create")
	u.waits(`document.querySelector('dialog[open] .fault:not(:empty)')`)
	u.refused("400")
	u.fills("Domain name", "ws.example.com")
	u.press("Create")
	u.sees("wss://ws.example.com", "No mappings")
	u.press("Add mapping")
	u.waits(`document.querySelector('dialog[open] select:nth-of-type(1)') && [...document.querySelectorAll('dialog[open] option')].some(o => o.value === 'prod')`)
	u.fills("API", id)
	u.fills("Path", "v1")
	u.press("Add")
	u.sees("wss://ws.example.com:" + u.port() + "/v1")
	u.press("Edit")
	u.fills("Path", "v2")
	u.press("Save")
	u.sees("wss://ws.example.com:" + u.port() + "/v2")
	u.press("Delete")
	u.waits(`document.querySelector('dialog[open] .danger')`)
	u.press("Delete")
	u.sees("No mappings")
	u.press("Actions", "Delete")
	u.waits(`document.querySelector('dialog[open] .danger').disabled`)
	u.fills("To confirm", "ws.example.com")
	u.press("Delete")
	u.sees("No custom domain names")
}

func TestKeysAndPlans(t *testing.T) {
	u := &user{t, open(t)}
	id := u.api("chat")
	u.at("/plans")
	u.press("Create usage plan")
	u.fills("Name", "basic")
	u.fills("Requests a second", "10")
	u.fills("At once", "20")
	u.fills("Quota", "1000")
	u.press("Create")
	u.sees("10 a second, 20 at once", "1,000 a month", "Nobody has this plan yet.")
	u.press("Add stage")
	u.waits(`[...document.querySelectorAll('dialog[open] option')].some(o => o.value === 'prod')`)
	u.fills("API", id)
	u.press("Add")
	u.sees("prod")
	u.press("Actions", "Edit")
	u.fills("Quota", "")
	u.press("Save")
	u.sees("no limit")

	u.at("/keys")
	u.press("Create API key")
	u.fills("Name", "mobile")
	u.fills("Value", "short")
	u.press("Create")
	u.waits(`document.querySelector('dialog[open] .fault:not(:empty)')`)
	u.refused("400")
	u.fills("Value", "")
	u.press("Create")
	u.sees("In no usage plan")
	u.press("Show")
	u.waits(`[...document.querySelectorAll('.copied code')].some(e => e.textContent.length >= 20)`)
	u.press("Add to usage plan")
	u.waits(`document.querySelector('dialog[open] select')`)
	u.press("Add")
	u.sees("Requests a day")
	u.press("Actions", "Disable")
	u.waits(`!!document.querySelector("h1 .status.plain")`)
	u.press("Actions", "Delete")
	u.fills("To confirm", "mobile")
	u.press("Delete")
	u.sees("No API keys")
}

func TestCredentials(t *testing.T) {
	u := &user{t, open(t)}
	u.at("/credentials")
	u.sees("Only the root key", u.Key.ID)
	u.press("Create credential")
	u.fills("Name", "backend")
	u.fills("Policy", `{"Version": "2012-10-17"`)
	u.press("Create")
	u.waits(`document.querySelector('dialog[open] .fault:not(:empty)')`)
	u.fills("Start from", "Push to connections")
	u.press("Create")
	u.sees("shown this once", "Secret access key")
	u.press("Done")
	u.sees("execute-api:ManageConnections")
	u.press("Actions for backend", "Rotate the key", "Rotate")
	u.sees("The key of backend")
	u.press("Done")
	u.at("/changes")
	u.sees("RotateCredentials", "CreateCredentials", "credentials/backend")
	u.at("/credentials")
	u.press("Actions for backend", "Delete")
	u.fills("To confirm", "backend")
	u.press("Delete")
	u.sees("Only the root key")
}

func TestNodes(t *testing.T) {
	u := &user{t, open(t)}
	u.at("/nodes")
	u.sees("ready", "this one", u.Node.DataURL(), "Definitions at revision")
}
