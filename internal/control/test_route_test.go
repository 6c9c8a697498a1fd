package control_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"gangway/internal/control"
)

// tried has the desk note what is to be tried.
func (d *desk) tried() *[]*control.Trial {
	var all []*control.Trial
	d.server.Test = func(_ context.Context, t *control.Trial) (any, error) {
		all = append(all, t)
		return map[string]string{"routeKey": "$default"}, nil
	}
	return &all
}

// TestTestRoute: what is tried is what the stage serves, or what would be deployed, with the stage's variables.
func TestTestRoute(t *testing.T) {
	d := newDesk(t)
	tried := d.tried()
	api, _, _ := d.api()
	path := "/gangway" + strings.TrimPrefix(api, "/v2") + "/test"
	d.must("POST", api+"/stages", `{"stageName":"dev","stageVariables":{"a":"b"}}`)
	d.must("POST", api+"/deployments", `{"stageName":"dev"}`)
	d.must("POST", api+"/routes", `{"routeKey":"later"}`)
	for _, row := range []struct {
		body      string
		routes    int
		variables int
		stage     string
	}{
		{`{"stageName":"dev"}`, 1, 1, "dev"},
		{`{"stageName":"dev","draft":true,"body":"hi","routeKey":"later"}`, 2, 1, "dev"},
		{`{"draft":true}`, 2, 0, ""},
	} {
		*tried = nil
		if r := d.must("POST", path, row.body); r.text("routeKey") != "$default" || len(*tried) != 1 {
			t.Fatalf("%s: got %v", row.body, r.body)
		}
		got := (*tried)[0]
		if len(got.Snapshot.Routes) != row.routes || len(got.Stage.StageVariables) != row.variables || got.Key.Stage != row.stage ||
			!strings.HasPrefix(got.Domain, "localhost:8080/") || strings.Contains(row.body, "later") != (got.RouteKey == "later" && got.Body == "hi") {
			t.Errorf("%s: got %+v", row.body, got)
		}
	}
	for body, want := range map[string]string{
		`{}`: "Missing stageName", `{"stageName":"nope"}`: "Invalid stage identifier", `{"stageName":1}`: "expected a string",
		`{"stageName":"nope","draft":true}`: "Invalid stage identifier",
	} {
		if r := d.do("POST", path, body); r.status < 400 || !strings.Contains(r.text("message"), want) {
			t.Errorf("%s: got %d %v, want %q", body, r.status, r.body, want)
		}
	}
	d.must("POST", api+"/stages", `{"stageName":"bare"}`)
	if r := d.do("POST", path, `{"stageName":"bare"}`); r.status != http.StatusNotFound || !strings.Contains(r.text("message"), "has no deployment") {
		t.Errorf("without a deployment: got %d %v", r.status, r.body)
	}
}

// TestTestRoutePermissions: who tries a message sees the API and the variables of the stage, and may have to be allowed to have
// a backend called.
func TestTestRoutePermissions(t *testing.T) {
	d := newDesk(t)
	tried := d.tried()
	api, _, _ := d.api()
	d.must("POST", api+"/stages", `{"stageName":"dev"}`)
	plain := strings.TrimPrefix(api, "/v2")
	const (
		test   = `{"Effect":"Allow","Action":"gangway:TestRoute","Resource":"arn:aws:gangway:us-east-1:123456789012:apis/*"}`
		call   = `{"Effect":"Allow","Action":"gangway:CallBackend","Resource":"arn:aws:gangway:us-east-1:123456789012:apis/*"}`
		draft  = `{"draft":true}`
		staged = `{"draft":true,"stageName":"dev"}`
		called = `{"draft":true,"call":true}`
	)
	read := `{"Effect":"Allow","Action":"apigateway:GET","Resource":["arn:aws:apigateway:us-east-1::` + plain + `","arn:aws:apigateway:us-east-1::` + plain + `/snapshot"]}`
	object := `{"Effect":"Allow","Action":"apigateway:GET","Resource":"arn:aws:apigateway:us-east-1::` + plain + `"}`
	veiled := `{"Effect":"Deny","Action":"apigateway:GET","Resource":"arn:aws:apigateway:us-east-1::` + plain + `/snapshot"}`
	stage := `{"Effect":"Allow","Action":"apigateway:GET","Resource":"arn:aws:apigateway:us-east-1::` + plain + `/stages/dev"}`
	for _, row := range []struct {
		name, body string
		policy     []string
		lacks      string // the action; empty: nothing
	}{
		{"all that a draft needs", draft, []string{test, read}, ""},
		{"no permission to test", draft, []string{call, read, stage}, "gangway:TestRoute"},
		{"an API that is not to be known", draft, []string{test}, "apigateway:GET"},
		{"what is deployed is not to be seen", draft, []string{test, object}, "apigateway:GET"},
		{"what is deployed is denied", draft, []string{test, read, veiled}, "apigateway:GET"},
		{"all that a stage needs", staged, []string{test, read, stage}, ""},
		{"a stage that is not to be known", staged, []string{test, read}, "apigateway:GET"},
		{"all that a call needs", called, []string{test, read, call}, ""},
		{"no permission to call", called, []string{test, read}, "gangway:CallBackend"},
	} {
		t.Run(row.name, func(t *testing.T) {
			*tried = nil
			who := d.as("who", `{"Version":"2012-10-17","Statement":[`+strings.Join(row.policy, ",")+`]}`)
			r := who.do("POST", "/gangway"+plain+"/test", row.body)
			if (r.status == http.StatusOK) != (row.lacks == "") || len(*tried) == 1 != (row.lacks == "") ||
				row.lacks != "" && !strings.Contains(r.text("message"), "is not authorized to perform: "+row.lacks+" on resource: ") {
				t.Errorf("got %d %v, tried %d", r.status, r.body, len(*tried))
			}
		})
	}
	stranger := d.as("stranger", `{"Version":"2012-10-17","Statement":[`+test+`]}`)
	if r := stranger.do("POST", "/gangway/apis/zzzzzzzzzz/test", draft); r.status != http.StatusForbidden {
		t.Errorf("of no API: got %d %v", r.status, r.body)
	}
	if r := d.do("POST", "/gangway/apis/zzzzzzzzzz/test", draft); r.status != http.StatusNotFound {
		t.Errorf("of no API: got %d %v", r.status, r.body)
	}
}

func TestRenderTemplate(t *testing.T) {
	d := newDesk(t)
	const body = `{"template":"$input.body","body":"hi","context":{"connectionId":"c1"},"stageVariables":{"a":"b"}}`
	if r := d.do("POST", "/gangway/render", body); r.status != http.StatusBadRequest {
		t.Errorf("where nothing renders: got %d %v", r.status, r.body)
	}
	d.server.Render = func(_ context.Context, r *control.Rendering) (any, error) {
		return map[string]string{"output": r.Template + r.Body + string(r.Context) + r.StageVariables["a"]}, nil
	}
	if r := d.must("POST", "/gangway/render", body); r.text("output") != `$input.bodyhi{"connectionId":"c1"}b` {
		t.Errorf("got %v", r.body)
	}
	long := `{"template":"` + strings.Repeat("x", 40000) + `"}`
	if r := d.do("POST", "/gangway/render", long); r.status != http.StatusBadRequest {
		t.Errorf("a template that is too long: got %d %v", r.status, r.body)
	}
	allowed := d.as("who", allow("gangway:RenderTemplate", "arn:aws:gangway:us-east-1:123456789012:render"))
	if r := allowed.do("POST", "/gangway/render", body); r.status != http.StatusOK {
		t.Errorf("got %d %v", r.status, r.body)
	}
	if r := d.as("nobody", allow("apigateway:*", "*")).do("POST", "/gangway/render", body); r.status != http.StatusForbidden {
		t.Errorf("without permission: got %d %v", r.status, r.body)
	}
}
