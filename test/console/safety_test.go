package console_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"gangway/test/console"
)

// hostile is a name that would be an element if it were taken for markup.
const hostile = `<img src=x onerror="window.struck=1"><script>window.struck=1</script>`

// TestHostileNames: what users have written is text on every page. OWASP, "Cross Site Scripting Prevention Cheat Sheet".
func TestHostileNames(t *testing.T) {
	u := &user{t, open(t)}
	var api, integration struct{ APIID, IntegrationID string }
	ask := func(path string, body map[string]any, result any) {
		t.Helper()
		must(t, u.Ask(t.Context(), "POST", path, body, result))
	}
	ask("/v2/apis", map[string]any{"name": hostile[:64], "description": hostile, "protocolType": "WEBSOCKET", "routeSelectionExpression": "$request.body.action", "tags": map[string]string{"note": "<b id=struck>"}}, &api)
	at := "/v2/apis/" + api.APIID
	ask(at+"/integrations", map[string]any{"integrationType": "MOCK", "description": hostile, "requestTemplates": map[string]string{"<b>": hostile}, "templateSelectionExpression": "<b>"}, &integration)
	ask(at+"/integrations/"+integration.IntegrationID+"/integrationresponses", map[string]any{"integrationResponseKey": "$default", "responseTemplates": map[string]string{"<b>": hostile}}, nil)
	ask(at+"/routes", map[string]any{"routeKey": hostile, "operationName": "<b>", "target": "integrations/" + integration.IntegrationID}, nil)
	ask(at+"/models", map[string]any{"name": "Bold", "description": hostile, "contentType": "application/json", "schema": `{"title": "<b>"}`}, nil)
	ask(at+"/deployments", map[string]any{"description": hostile}, nil)
	ask(at+"/stages", map[string]any{"stageName": "prod", "description": hostile, "stageVariables": map[string]string{"note": "a-b"}}, nil)
	ask("/apikeys", map[string]any{"name": hostile, "description": hostile}, nil)
	ask("/usageplans", map[string]any{"name": hostile, "description": hostile}, nil)
	for _, page := range console.Pages(api.APIID) {
		u.at(page)
		var struck bool
		must(t, u.Page.Eval(`!!window.struck || !!document.querySelector('[src=x], #struck, #app script')`, &struck))
		if struck {
			t.Errorf("%s: a name has become an element", page)
		}
	}
	u.at("/apis")
	u.sees(hostile[:40])
	u.at("/keys")
	u.sees(hostile)
}

// TestFraming: no page of others shows the console within itself. HTML standard, "frame-ancestors" of the content security policy.
func TestFraming(t *testing.T) {
	u := &user{t, open(t)}
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<title>other</title><iframe src="` + u.URL("/apis") + `" onload="window.loaded=1"></iframe>`))
	}))
	defer other.Close()
	page, err := u.Browser.NewPage()
	must(t, err)
	defer page.Close()
	must(t, page.Go(other.URL))
	must(t, page.Wait(`window.loaded === 1`))
	said := strings.Join(page.Faults(), " ")
	if !strings.Contains(said, "frame-ancestors") && !strings.Contains(said, "X-Frame-Options") {
		t.Errorf("the browser has nothing against the frame: %s", said)
	}
}

// TestTransfer: the whole console is small, comes from its own node alone, and its first page paints at once.
func TestTransfer(t *testing.T) {
	const most = 300 << 10 // bytes
	u := &user{t, open(t)}
	id := u.api("chat")
	for _, page := range console.Pages(id) {
		u.at(page)
	}
	urls, received := u.Page.Traffic()
	own, err := url.Parse(u.Node.AdminURL())
	must(t, err)
	for _, address := range urls {
		if got, err := url.Parse(address); err != nil || got.Host != own.Host && got.Scheme != "data" {
			t.Errorf("the console has asked for %s", address)
		}
	}
	if received > most {
		t.Errorf("all pages together have taken %.0f bytes, expected less than %d", received, most)
	}
	var painted float64
	must(t, u.Page.Go(u.Node.AdminURL()+"/console/?again")) // with nothing but the hash changed, no document would be loaded
	u.waits(`!!document.querySelector('.shell h1') && performance.getEntriesByName('first-contentful-paint').length === 1`)
	must(t, u.Page.Eval(`performance.getEntriesByName('first-contentful-paint')[0].startTime`, &painted))
	t.Logf("%d requests, %.0f KB in all; first paint after %.0f ms", len(urls), received/1024, painted)
}
