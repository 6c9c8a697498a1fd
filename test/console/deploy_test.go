package console_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// served is the deployment that a stage serves.
func (u *user) served(api, stage string) string {
	u.Helper()
	var s struct{ DeploymentID string }
	must(u.T, u.Ask(u.Context(), "GET", "/v2/apis/"+api+"/stages/"+stage, nil, &s))
	return s.DeploymentID
}

// shown is the id of the API whose page is shown.
func (u *user) shown() string {
	u.Helper()
	var hash string
	must(u.T, u.Page.Eval(`location.hash`, &hash))
	return strings.Split(hash, "/")[2]
}

// connects is a client of a stage for a moment.
func (u *user) connects(api, stage string) {
	u.Helper()
	c, _, err := websocket.Dial(u.Context(), u.Node.DataURL()+"/"+api+"/"+stage, nil)
	must(u.T, err)
	must(u.T, c.CloseNow())
}

// pastes puts a text of several lines into the editor with a label.
func (u *user) pastes(label, text string) {
	u.Helper()
	must(u.T, u.Page.Eval(fmt.Sprintf(`(e => { e.focus(); e.select() })(document.querySelector('dialog textarea[aria-label=%s]'))`, label), nil))
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			must(u.T, u.Page.Type("\r"))
		}
		must(u.T, u.Page.Type(line))
	}
}

// tab shows a panel: pages have links of the same names.
func (u *user) tab(name string) {
	u.Helper()
	u.waits(fmt.Sprintf(`(e => e ? (e.click(), true) : false)([...document.querySelectorAll('[role=tab]')].find(e => e.textContent === '%s'))`, name))
}

// The procedure of "Create a WebSocket API deployment using the API Gateway console" in the developer guide, before it the definition
// of an API, and after it what is done with stages.
func TestDeployAPI(t *testing.T) {
	u := &user{t, open(t)}
	u.at("/apis")
	u.sees("No API yet")
	u.press("Create API")
	u.fills("Name", "chat")
	u.fills("Custom routes", "$nonsense")
	u.press("Create API")
	u.sees("'$nonsense' is not one of")
	u.refused("400")
	u.fills("Custom routes", "join")
	u.press("Create API")
	u.waits(`!document.querySelector('dialog') && /^#.apis.[a-z0-9]+.routes/.test(location.hash)`)
	id := u.shown()

	u.at("/apis/" + id + "/settings")
	u.press("Actions", "Deploy API")
	u.sees("This stage serves nothing yet", "4 added")
	u.fills("Name of the new stage", "not good")
	u.press("Deploy")
	u.sees("Stage name only allows a-zA-Z0-9_")
	u.refused("400")
	u.fills("Name of the new stage", "test")
	u.fills("Deployment description", "The first")
	u.press("Deploy")
	u.sees("Deployed to test", u.Node.DataURL()+"/"+id+"/test")
	u.press("Open stage")
	u.sees("Serves what is defined", "Live here")
	u.connects(id, "test")
	first := u.served(id, "test")

	must(t, u.Ask(t.Context(), "POST", "/v2/apis/"+id+"/routes", map[string]any{"routeKey": "say"}, nil))
	u.at("/apis/" + id + "/stages/test")
	u.sees("One thing that you have defined waits for a deployment.")
	u.press("Actions", "Deploy API")
	u.sees("1 added", "Route say")
	u.press("Deploy")
	u.sees("Deployed to test")
	u.press("Open stage")
	u.waits(`!document.querySelector('dialog')`)
	second := u.served(id, "test")

	u.press("Create stage")
	u.fills("Name", "prod")
	u.fills("Deployment", first)
	u.press("Create stage")
	u.waits(`!document.querySelector('dialog') && location.hash.endsWith('/stages/prod')`)
	u.at("/apis/" + id + "/stages/test")
	u.press("Promote …")
	u.sees("What will change on prod", "Route say")
	u.press("Promote")
	u.sees("prod serves deployment " + second)
	if got := u.served(id, "prod"); got != second {
		t.Errorf("prod serves %s after the promotion of %s", got, second)
	}
	u.press("Roll back to " + first)
	u.sees("Roll test back", "Route say", "1 removed")
	u.press("Roll back")
	u.sees("test serves deployment " + first)
	if got := u.served(id, "test"); got != first {
		t.Errorf("test serves %s after going back to %s", got, first)
	}
}

func TestStageSettings(t *testing.T) {
	u := &user{t, open(t)}
	id := u.api("chat")
	must(t, u.Ask(t.Context(), "POST", "/v2/apis/"+id+"/routes", map[string]any{"routeKey": "say"}, nil))
	u.at("/apis/" + id + "/stages")
	u.sees("Nobody can connect until a deployment is on this stage.")
	u.tab("Logs")
	u.fills("Level", "INFO")
	u.press("Save execution log")
	u.sees("CloudWatch Logs role ARN must be set")
	u.refused("400")
	u.press("Set the role and save …", "Set the role")
	u.sees("Saved. It acts at once.")
	u.fills("Destination", "nonsense")
	u.fills("Preset", "CSV")
	u.press("Save access log")
	u.sees("ARNs must start with 'arn:'")
	u.refused("400")
	u.fills("Destination", "arn:aws:logs:us-east-1:000000000000:log-group:chat")
	u.press("Save access log")
	u.sees("Turn off")
	u.press("Turn off")
	u.waits(`document.querySelector('dialog .danger')`)
	u.press("Turn off")
	u.sees("The access log is off.")

	u.tab("Throttling")
	u.fills("Rate", "-1")
	u.press("Save limits")
	u.sees("expected a number, 0 or more")
	u.fills("Rate", "12.5")
	u.fills("Burst", "4")
	u.press("Save limits")
	u.sees("Limits are saved.")
	u.press("Add route")
	u.fills("Rate", "1")
	u.fills("Log level", "ERROR")
	u.press("Save")
	u.waits(`!document.querySelector('dialog') && !!document.querySelector('[aria-label="Edit the settings of say"]')`)
	u.tab("Variables")
	u.press("Add variable")
	u.fills("Name", "not good")
	u.fills("Value", "x")
	u.press("Save variables")
	u.sees("Invalid stage variable name 'not good'")
	u.refused("400")
	u.fills("Name", "table")
	u.press("Save variables")
	u.sees("Variables are saved.")
	u.tab("Settings")
	u.fills("Description", "What everybody uses")
	u.press("Generate certificate")
	u.sees("Valid until")
	u.press("Save")
	u.waits(`[...document.querySelectorAll('.section-head .about')].some(e => e.textContent === 'What everybody uses')`)
	u.tab("Tags")
	u.press("Add tag")
	u.fills("Key", "gangway:nonsense")
	u.fills("Value", "x")
	u.press("Save tags")
	u.sees("Unknown tag 'gangway:nonsense'")
	u.refused("400")

	var stage struct {
		Description, ClientCertificateID string
		StageVariables                   map[string]string
		DefaultRouteSettings             struct {
			LoggingLevel         string
			ThrottlingRateLimit  float64
			ThrottlingBurstLimit int
		}
		RouteSettings map[string]struct {
			LoggingLevel        string
			ThrottlingRateLimit float64
		}
		AccessLogSettings *struct{}
	}
	must(t, u.Ask(t.Context(), "GET", "/v2/apis/"+id+"/stages/prod", nil, &stage))
	usual, say := stage.DefaultRouteSettings, stage.RouteSettings["say"]
	if stage.Description != "What everybody uses" || stage.ClientCertificateID == "" || stage.StageVariables["table"] != "x" || stage.AccessLogSettings != nil ||
		usual.LoggingLevel != "INFO" || usual.ThrottlingRateLimit != 12.5 || usual.ThrottlingBurstLimit != 4 || say.LoggingLevel != "ERROR" || say.ThrottlingRateLimit != 1 {
		t.Errorf("the stage is %+v", stage)
	}
	u.tab("Delete")
	u.press("Leave")
	u.press("Delete stage")
	u.fills("To confirm", "prod")
	u.press("Delete stage")
	u.sees("No stage yet")
}

func TestSettingsAndDeletion(t *testing.T) {
	u := &user{t, open(t)}
	id := u.api(`<img src=x onerror=alert(1)>`)
	u.at("/apis/" + id + "/settings")
	u.fills("Route selection expression", "")
	u.press("Save")
	u.waits(`document.querySelector('.field.wrong .fault')?.textContent === 'Invalid routeSelectionExpression'`)
	u.refused("400")
	u.fills("Route selection expression", "$request.body.type")
	u.fills("Version", "1.2")
	u.press("Save")
	u.sees("Saved. Deploy the API to have stages serve it.")
	u.press("Actions", "Delete API")
	u.waits(`document.querySelector('dialog .danger')?.disabled`)
	u.fills("To confirm", `<img src=x onerror=alert(1)>`)
	u.press("Delete API")
	u.sees("No API yet")
}

func TestImportTemplate(t *testing.T) {
	u := &user{t, open(t)}
	template := `Resources:
  Notes:
    Type: AWS::ApiGatewayV2::Api
    Properties: {Name: notes, ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.action}
  Route:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Notes, RouteKey: $default}
  Table: {Type: AWS::DynamoDB::Table}
`
	u.at("/apis")
	u.press("Import from template")
	u.fills("Name of the stack", "notes")
	u.pastes("Template", strings.Replace(template, "Ref Notes", "Ref Nobody", 1))
	u.press("Show the plan")
	u.sees("Nothing has been done.")
	u.waits(`document.querySelector('.editor-lines .at')?.textContent === '7'`)
	u.pastes("Template", template)
	u.press("Show the plan")
	u.sees("2 of 2 resources would change", "AWS::DynamoDB::Table")
	u.press("Apply")
	u.sees("The template is applied.")
	u.press("Close")
	u.waits(`!document.querySelector('dialog') && [...document.querySelectorAll('main a')].some(a => a.textContent === 'notes')`)
}
