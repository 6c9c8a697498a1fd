package console_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"gangway/internal/sigv4"
)

type object = map[string]any

// asks sends a request that has to be granted, and decodes its answer.
func (u *user) asks(method, path string, body any) (result object) {
	u.Helper()
	var into any = &result
	if method == "DELETE" {
		into = nil
	}
	must(u.T, u.Ask(u.Context(), method, path, body, into))
	return result
}

// text is what an expression of the page comes to.
func (u *user) text(js string) (text string) {
	u.Helper()
	must(u.T, u.Page.Eval(js, &text))
	return text
}

// member is a member of an object in an object, as JSON.
func member(of object, names ...string) string {
	var value any = of
	for _, name := range names {
		value = value.(object)[name]
	}
	text, _ := json.Marshal(value) // it was read from JSON
	return string(text)
}

// deployed makes an API with a route and a stage that serves it.
func (u *user) deployed(keys ...string) (at string) {
	u.Helper()
	at = "/v2/apis/" + u.api("chat")
	for _, key := range append(keys, "$default") {
		u.asks("POST", at+"/routes", object{"routeKey": key})
	}
	u.asks("POST", at+"/deployments", object{"stageName": "prod"})
	return at
}

// becomes has somebody else sign in, who may do what statements say.
func (u *user) becomes(name, actions string) (before sigv4.Key) {
	u.Helper()
	before = u.Key
	made := u.asks("POST", "/gangway/credentials", object{"name": name, "policy": json.RawMessage(`{"Version":"2012-10-17","Statement":` + actions + `}`)})
	u.press("Account: root", "Sign out")
	u.waits(`!!document.querySelector('.signin')`)
	u.Key.ID, u.Key.Secret = made["accessKeyId"].(string), made["secretAccessKey"].(string)
	must(u.T, u.SignIn())
	return before
}

// ends has the session end behind the back of the page.
func (u *user) ends() {
	u.Helper()
	must(u.T, u.Page.Eval(`import('./js/api.js').then(async api => { const { current } = api.session; const key = localStorage.getItem('gangway-token'); await api.session.signOut(); api.session.current = current; if (key) localStorage.setItem('gangway-token', key) })`, nil))
}

// TestDots: what is called like a step up is nothing that a browser can ask about. URL standard, "double-dot URL path segment".
func TestDots(t *testing.T) {
	u := &user{t, open(t)}
	at := u.deployed("..")
	u.asks("PATCH", at+"/stages/prod", object{"routeSettings": object{"..": object{"throttlingRateLimit": 5, "throttlingBurstLimit": 5}}})
	u.at(strings.TrimPrefix(at, "/v2") + "/stages/prod")
	u.press("Throttling", "Remove the settings of ..", "Remove")
	u.waits(`document.querySelector('dialog .fault')?.textContent.includes('No browser')`)
	if got := u.asks("GET", at+"/stages/prod", nil); got["stageName"] != "prod" {
		t.Errorf("the stage is gone: %v", got)
	}
}

// TestDiffOfAuthorizers: that another authorizer is asked is a difference, and so is an entry that is called like an id.
func TestDiffOfAuthorizers(t *testing.T) {
	u := &user{t, open(t)}
	at := "/v2/apis/" + u.api("chat")
	authorizer := func(name string) string {
		uri := fmt.Sprintf("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:%s/invocations", name)
		return u.asks("POST", at+"/authorizers", object{"name": name, "authorizerType": "REQUEST", "authorizerUri": uri, "identitySource": []string{}})["authorizerId"].(string)
	}
	strict, lax := authorizer("strict"), authorizer("lax")
	integration := u.asks("POST", at+"/integrations", object{"integrationType": "MOCK", "requestTemplates": object{"routeId": "1"}})["integrationId"].(string)
	route := u.asks("POST", at+"/routes", object{"routeKey": "$connect", "target": "integrations/" + integration, "authorizationType": "CUSTOM", "authorizerId": strict})["routeId"].(string)
	u.asks("POST", at+"/deployments", object{"stageName": "prod"})
	u.asks("PATCH", at+"/routes/"+route, object{"authorizerId": lax})
	u.asks("PATCH", at+"/integrations/"+integration, object{"requestTemplates": object{"routeId": "2"}})
	u.at(strings.TrimPrefix(at, "/v2") + "/stages/prod")
	u.sees("2 things that you have defined wait for a deployment")
	u.press("Deploy API")
	u.waits(`['authorizer', 'strict', 'lax', 'requestTemplates.routeId'].every(text => document.querySelector('dialog')?.innerText.includes(text))`)
}

// TestPlanKeepsItsStages: a plan with stages is not deleted, and nothing is taken from it on the way.
func TestPlanKeepsItsStages(t *testing.T) {
	u := &user{t, open(t)}
	api := u.api("chat")
	at := "/usageplans/" + u.asks("POST", "/usageplans", object{"name": "gold", "apiStages": []object{{"apiId": api, "stage": "prod"}}})["id"].(string)
	u.at(strings.Replace(at, "usageplans", "plans", 1))
	u.press("Actions")
	u.waits(`[...document.querySelectorAll('[role=menuitem]')].some(item => item.innerText === 'Delete' && item.disabled)`)
	u.press("Remove")
	u.sees("The stage is out of the plan.")
	u.press("Actions", "Delete")
	u.fills("To confirm", "gold")
	u.press("Delete")
	u.sees("No usage plans")
}

// TestResponseIsNotLost: who may not make a response loses none by changing one.
func TestResponseIsNotLost(t *testing.T) {
	u := &user{t, open(t)}
	api := u.chat(t)
	at := "/v2/apis/" + api
	var list struct{ Items []object }
	must(t, u.Ask(t.Context(), "GET", at+"/integrations", nil, &list))
	responses := at + "/integrations/" + list.Items[0]["integrationId"].(string) + "/integrationresponses"
	root := u.becomes("editor", `[{"Effect":"Allow","Action":["apigateway:GET","apigateway:PATCH","apigateway:DELETE","gangway:*"],"Resource":"*"}]`)
	u.at("/apis/" + api + "/routes")
	u.press("Integration response", "Edit response $default", "Remove template", "Save", "Make it anew")
	u.waits(`[...document.querySelectorAll('dialog .fault')].some(fault => fault.textContent.includes('not authorized'))`)
	u.refused("403")
	u.Key = root
	must(t, u.Ask(t.Context(), "GET", responses, nil, &list))
	if len(list.Items) != 1 || list.Items[0]["responseTemplates"] == nil {
		t.Errorf("left of the responses: %v", list.Items)
	}
}

// TestImportsWhatWasPlanned: what is applied is the template whose plan was shown.
func TestImportsWhatWasPlanned(t *testing.T) {
	u := &user{t, open(t)}
	const template = `{"Resources": {"Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "%s", "ProtocolType": "WEBSOCKET", "RouteSelectionExpression": "$request.body.action"}}}}`
	u.at("/apis")
	// The plan of the first template comes after the second has been typed.
	must(t, u.Page.Eval(`(() => {
		const { fetch: fetched } = window
		window.fetch = async (url, init) => {
			if (!String(url).endsWith('/gangway/templates')) return fetched(url, init)
			const answer = await fetched(url, init)
			if (!window.held) await new Promise(go => { window.held = go })
			return answer
		}
	})()`, nil))
	u.press("Import from template")
	u.fills("Name of the stack", "stack")
	u.fills("Template", fmt.Sprintf(template, "first"))
	u.press("Show the plan")
	u.waits(`!!window.held`)
	u.fills("Template", fmt.Sprintf(template, "second"))
	must(t, u.Page.Eval(`window.held()`, nil))
	u.waits(`!document.querySelector('dialog [aria-busy=true]')`)
	if u.text(`String([...document.querySelectorAll('dialog button')].find(b => b.innerText === 'Apply').disabled)`) != "true" {
		t.Error("a template can be applied of which no plan was shown")
	}
	u.press("Show the plan")
	u.sees("1 of 1 resources would change")
	u.press("Apply")
	u.sees("The template is applied")
	u.press("Close")
	u.sees("second")
}

// TestPromotesWhatIsServed: promoted is what the stage serves now, and nobody presses before it is shown what changes.
func TestPromotesWhatIsServed(t *testing.T) {
	u := &user{t, open(t)}
	at := u.deployed()
	u.asks("POST", at+"/stages", object{"stageName": "test"})
	u.asks("POST", at+"/deployments", object{"stageName": "test"})
	u.at(strings.TrimPrefix(at, "/v2") + "/stages/test")
	latest := u.asks("POST", at+"/deployments", object{"stageName": "test"})["deploymentId"]
	must(t, u.Page.Eval(`(() => {
		const fetched = window.fetch
		const gate = new Promise(go => { window.release = go })
		window.fetch = async (url, init) => { if (String(url).includes('/snapshot')) { window.waiting = true; await gate } return fetched(url, init) }
	})()`, nil))
	const disabled = `document.querySelector('dialog [type=submit]')?.disabled`
	u.press("Promote …")
	u.waits(`window.waiting && ` + disabled)
	must(t, u.Page.Eval(`document.querySelector('dialog form').requestSubmit()`, nil))
	u.press("Cancel", "Deploy API")
	u.waits(disabled)
	u.press("Cancel")
	must(t, u.Page.Eval(`window.release()`, nil))
	u.press("Promote …", "Promote")
	u.waits(`!document.querySelector('dialog[open]')`)
	if got := u.asks("GET", at+"/stages/prod", nil)["deploymentId"]; got != latest {
		t.Errorf("prod serves %v, test %v", got, latest)
	}
}

// TestSavesWhatDiffers: what somebody else has set meanwhile stays.
func TestSavesWhatDiffers(t *testing.T) {
	u := &user{t, open(t)}
	at := u.deployed()
	page := strings.TrimPrefix(at, "/v2") + "/stages/prod"
	u.asks("PATCH", "/account", object{"patchOperations": []object{{"op": "replace", "path": "/cloudwatchRoleArn", "value": "arn:aws:iam::000000000000:role/logs"}}})
	u.at(page)
	u.tab("Logs")
	u.waits(`!!document.querySelector('[role=tabpanel] form')`)
	u.asks("PATCH", at+"/stages/prod", object{"defaultRouteSettings": object{"loggingLevel": "INFO", "dataTraceEnabled": true}})
	u.press("Detailed metrics", "Save execution log")
	u.sees("Saved. It acts at once")
	u.press("Save execution log")
	u.waits(`document.querySelectorAll('.toast').length > 0`)
	settings := u.asks("GET", at+"/stages/prod", nil)
	if got := member(settings, "defaultRouteSettings"); !strings.Contains(got, `"INFO"`) || !strings.Contains(got, `"detailedMetricsEnabled":true`) || !strings.Contains(got, `"dataTraceEnabled":true`) {
		t.Errorf("the log of the stage: %s", got)
	}

	plan := "/usageplans/" + u.asks("POST", "/usageplans", object{"name": "gold", "throttle": object{"rateLimit": 5, "burstLimit": 7}})["id"].(string)
	u.at(strings.Replace(plan, "usageplans", "plans", 1))
	u.asks("PATCH", plan, object{"patchOperations": []object{{"op": "replace", "path": "/description", "value": "somebody else's"}}})
	u.press("Actions", "Edit")
	u.fills("Requests a second", "")
	u.press("Save")
	u.sees("The plan is saved")
	if got := u.asks("GET", plan, nil); member(got, "throttle") != `{"burstLimit":7}` || got["description"] != "somebody else's" {
		t.Errorf("the plan: %v", got)
	}

	key := "/apikeys/" + u.asks("POST", "/apikeys", object{"name": "mobile"})["id"].(string)
	u.at(strings.Replace(key, "apikeys", "keys", 1))
	u.asks("PATCH", key, object{"patchOperations": []object{{"op": "replace", "path": "/description", "value": "somebody else's"}}})
	u.press("Actions", "Edit")
	u.fills("Name", "tablet")
	u.press("Save")
	u.sees("The key is saved")
	if got := u.asks("GET", key, nil); got["name"] != "tablet" || got["description"] != "somebody else's" {
		t.Errorf("the key: %v", got)
	}
}

// TestSessionEnds: what was typed outlives the session, and who is about to lose it is told. WCAG 2.2, 2.2.1.
func TestSessionEnds(t *testing.T) {
	u := &user{t, open(t)}
	at := "/v2/apis/" + u.api("chat")
	u.at(strings.TrimPrefix(at, "/v2") + "/settings")
	u.fills("Description", "an hour of typing")
	u.ends()
	// The stream of events may have found out before, and the dialog be there.
	must(t, u.Page.Eval(`document.querySelector('main form').requestSubmit()`, nil))
	u.sees("Your session has ended")
	u.fills("Secret access key", u.Key.Secret)
	u.press("Sign in")
	u.sees("You are signed in again")
	u.refused("401")
	u.press("Save")
	u.sees("Saved.")
	if got := u.asks("GET", at, nil)["description"]; got != "an hour of typing" {
		t.Errorf("saved is %v", got)
	}
	const tick = `document.dispatchEvent(new Event('visibilitychange'))`
	must(t, u.Page.Eval(`import('./js/api.js').then(api => { api.session.used = Date.now() - 29 * 60000 })`, nil))
	must(t, u.Page.Eval(tick, nil))
	u.sees("Are you still there?")
	u.press("Stay signed in")
	u.sees("You stay signed in")
	must(t, u.Page.Eval(`import('./js/api.js').then(api => { api.session.current.expires = new Date(Date.now() + 4 * 60000).toISOString() })`, nil))
	must(t, u.Page.Eval(tick, nil))
	u.sees("Your session ends soon")
	u.press("Sign in again")
	u.fills("Secret access key", u.Key.Secret)
	u.press("Sign in")
	u.sees("You are signed in again")
	u.Page.Faults() // what the ended session had asked may be refused as late as this
}

// TestUnsavedByAnyWay: keys and the way back of the browser ask, too.
func TestUnsavedByAnyWay(t *testing.T) {
	u := &user{t, open(t)}
	at := strings.TrimPrefix(u.deployed(), "/v2")
	u.at(at + "/settings")
	u.at(at + "/stages/prod")
	u.tab("Settings")
	u.waits(`document.querySelector('[role=tabpanel] form')?.innerText.includes('Description')`)
	u.fills("Description", "half a sentence")
	for _, way := range []string{
		`(tab => { tab.focus(); tab.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true})) })(document.querySelector('[role=tab][aria-selected=true]'))`,
		`['g', 'a'].forEach(key => document.querySelector('h1').dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true})))`,
		`history.back()`,
	} {
		must(t, u.Page.Eval(way, nil))
		if err := u.Page.See("Leave without saving?"); err != nil {
			t.Fatalf("%s: %v", way, err)
		}
		u.press("Stay")
		u.waits(`!document.querySelector('dialog')`)
		u.sees("half a sentence")
		if got := u.text(`location.hash`); got != "#"+at+"/stages/prod" {
			t.Errorf("after %s: %s", way, got)
		}
	}
	must(t, u.Page.Eval(`history.back()`, nil))
	u.press("Leave")
	u.waits(`document.querySelector('main h1')?.innerText === 'chat'`)
}

// TestEscape: the first Escape leaves the editor, the second asks before the dialog goes with what was typed.
func TestEscape(t *testing.T) {
	u := &user{t, open(t)}
	u.at("/apis/" + u.api("chat") + "/models")
	u.press("Create model")
	u.fills("Schema", `{"type": "object"}`)
	must(t, u.Page.Type(kb.Escape))
	must(t, u.Page.Type(kb.Escape))
	u.sees("Close without saving?")
	u.press("Stay")
	u.waits(`document.querySelectorAll('dialog[open]').length === 1 && document.querySelector('dialog textarea').value.includes('object')`)
	u.press("Close")
	u.press("Discard")
	u.waits(`!document.querySelector('dialog[open]')`)
	u.press("Create model")
	u.waits(`!!document.querySelector('dialog[open]')`)
	must(t, u.Page.Type(kb.Escape))
	u.waits(`!document.querySelector('dialog[open]')`)
}

// TestSavedMessagesAreOnesOwn: who signs in next in the same browser does not see what was kept.
func TestSavedMessagesAreOnesOwn(t *testing.T) {
	u := &user{t, open(t)}
	at := strings.TrimPrefix(u.deployed(), "/v2")
	u.at(at + "/client")
	u.fills("Message", `{"token": "s3cr3t"}`)
	u.press("Keep")
	u.fills("Name", "of the root")
	u.press("Keep")
	u.sees("of the root")
	root := u.becomes("other", `[{"Effect":"Allow","Action":"apigateway:GET","Resource":"*"}]`)
	u.at(at + "/client")
	u.sees("None yet.")
	u.Page.Faults() // of what the other may not see
	u.Key = root
}

// TestNamesOfObjects: what JavaScript's objects have by themselves is a name like any other.
func TestNamesOfObjects(t *testing.T) {
	u := &user{t, open(t)}
	at := u.deployed("constructor")
	u.asks("PATCH", at+"/stages/prod", object{"stageVariables": object{"toString": "x", "plain": "y"}})
	u.asks("POST", "/v2/tags/arn:aws:apigateway:us-east-1::"+strings.TrimPrefix(at, "/v2")+"%2Fstages%2Fprod", object{"tags": object{"valueOf": "x"}})
	u.at(strings.TrimPrefix(at, "/v2") + "/stages/prod")
	u.tab("Variables")
	u.waits(`document.querySelectorAll('.pair').length === 2`)
	must(t, u.Page.Eval(`document.querySelectorAll('.pair button').forEach(b => b.click())`, nil))
	u.press("Save variables")
	u.sees("Variables are saved")
	u.tab("Tags")
	u.waits(`document.querySelectorAll('.pair').length === 1`)
	must(t, u.Page.Eval(`document.querySelectorAll('.pair button').forEach(b => b.click())`, nil))
	u.press("Save tags")
	u.sees("Tags are saved")
	u.tab("Throttling")
	u.press("Add route")
	u.fills("Route", "constructor")
	got := u.asks("GET", at+"/stages/prod", nil)
	if member(got, "stageVariables") != "{}" || member(got, "tags") != "{}" {
		t.Errorf("left: %s and %s", member(got, "stageVariables"), member(got, "tags"))
	}
}

// TestStagesOfTheChosenAPI: stages are never those of an API that was chosen before.
func TestStagesOfTheChosenAPI(t *testing.T) {
	u := &user{t, open(t)}
	slow, fast := u.api("slow"), u.api("fast")
	u.asks("POST", "/v2/apis/"+slow+"/stages", object{"stageName": "only-slow"})
	plan := u.asks("POST", "/usageplans", object{"name": "gold"})["id"].(string)
	u.at("/plans/" + plan)
	must(t, u.Page.Eval(`(() => {
		const fetched = window.fetch
		const gate = new Promise(go => { window.release = go })
		window.fetch = async (url, init) => { if (String(url).includes('/`+slow+`/stages')) await gate; return fetched(url, init) }
	})()`, nil))
	u.press("Add stage")
	u.fills("API", slow)
	u.waits(`document.querySelectorAll('dialog select')[1].disabled && document.querySelectorAll('dialog select')[1].options.length === 0`)
	u.fills("API", fast)
	u.waits(`!document.querySelectorAll('dialog select')[1].disabled`)
	must(t, u.Page.Eval(`window.release()`, nil))
	must(t, u.Page.Eval(`import('./js/api.js').then(api => api.all('/v2/apis/`+slow+`/stages'))`, nil))
	if got := u.text(`[...document.querySelectorAll('dialog select')[1].options].map(o => o.value).join()`); got != "prod" {
		t.Errorf("stages of %s: %s", fast, got)
	}
}

// TestSingleKeys: keys without Ctrl can be turned off. WCAG 2.2, 2.1.4.
func TestSingleKeys(t *testing.T) {
	u := &user{t, open(t)}
	const press = `['g', 'n'].forEach(key => document.querySelector('h1').dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true})))`
	u.press("Account: root", "Keys …", "Single keys", "Close")
	u.waits(`!document.querySelector('dialog[open]')`)
	must(t, u.Page.Eval(press, nil))
	if got := u.text(`location.hash`); got != "#/apis" {
		t.Errorf("a key has led to %s", got)
	}
	u.press("Account: root", "Keys …", "Single keys", "Close")
	u.waits(`!document.querySelector('dialog[open]')`)
	must(t, u.Page.Eval(press, nil))
	u.waits(`document.querySelector('main h1')?.innerText === 'Nodes'`)
}

// TestMayDeploy: the policy that is offered for deploying lets somebody deploy, and nothing else.
func TestMayDeploy(t *testing.T) {
	u := &user{t, open(t)}
	at := u.deployed()
	u.at("/credentials")
	u.press("Create credential")
	u.fills("Start from", "Deploy")
	policy := u.text(`document.querySelector('dialog textarea').value`)
	u.press("Close", "Discard")
	u.waits(`!document.querySelector('dialog[open]')`)
	var statements struct{ Statement json.RawMessage }
	must(t, json.Unmarshal([]byte(policy), &statements))
	root := u.becomes("pipeline", string(statements.Statement))
	u.at(strings.TrimPrefix(at, "/v2") + "/stages/prod")
	u.press("Deploy API", "Deploy")
	u.sees("Deployed to prod")
	for _, denied := range [][2]string{{"POST", "/v2/apis"}, {"DELETE", at}, {"POST", at + "/routes"}, {"DELETE", at + "/stages/prod"}, {"POST", "/apikeys"}} {
		if err := u.Ask(t.Context(), denied[0], denied[1], object{}, nil); err == nil || !strings.Contains(err.Error(), "403") {
			t.Errorf("%s %s: %v", denied[0], denied[1], err)
		}
	}
	u.Page.Faults() // of figures that a pipeline may not see
	u.Key = root
}
