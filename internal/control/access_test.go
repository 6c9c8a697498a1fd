package control_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/sigv4"
)

// as is the desk with another caller at it, who has a policy.
func (d *desk) as(name, policy string) *desk {
	d.Helper()
	key := gateway.NewAccessKey(false)
	d.admitted = append(d.admitted, gateway.Credential{
		CredentialOrigin: gateway.CredentialOrigin{Name: name, Policy: []byte(policy)}, AccessKey: key,
	})
	d.callers.Replace(d.admitted)
	other := *d
	other.key = sigv4.Key{ID: key.AccessKeyID, Secret: key.SecretAccessKey}
	return &other
}

// allow is a policy with one statement.
func allow(action, resource string) string {
	return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"` + action + `","Resource":"` + resource + `"}}`
}

// TestPermissions holds what an operation asks for against "Control access to API Gateway with IAM policies" in the
// developer guide: with exactly that permission it passes, and without any it does not.
func TestPermissions(t *testing.T) {
	d := newDesk(t)
	nobody := d.as("nobody", allow("s3:*", "*"))
	api, integration, route := d.api()
	d.must("POST", api+"/stages", `{"stageName":"dev"}`)
	d.must("PATCH", "/account", `{"patchOperations":[]}`)
	plain := strings.TrimPrefix(api, "/v2")
	encoded := strings.ReplaceAll(plain, "/", "%2F")
	for _, row := range []struct{ method, path, body, action, resource string }{
		{"GET", "/v2/apis", "", "apigateway:GET", "/apis"},
		{"GET", api, "", "apigateway:GET", plain},
		{"PATCH", api, "{}", "apigateway:PATCH", plain},
		{"GET", api + "/snapshot", "", "apigateway:GET", plain + "/snapshot"},
		{"GET", api + "/routes/" + route, "", "apigateway:GET", plain + "/routes/" + route},
		{"POST", api + "/deployments", "{}", "apigateway:POST", plain + "/deployments"},
		{"DELETE", api + "/stages/dev/cache/authorizers", "", "apigateway:DELETE", plain + "/stages/dev/cache/authorizers"},
		{"PATCH", api + "/integrations/" + integration, "{}", "apigateway:PATCH", plain + "/integrations/" + integration},
		{"GET", "/v2/tags/arn:aws:apigateway:us-east-1::" + encoded, "", "apigateway:GET", "/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A" + encoded},
		{"GET", "/tags/arn:aws:apigateway:us-east-1::" + plain, "", "apigateway:GET", "/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A" + encoded},
		{"GET", "/account", "", "apigateway:GET", "/account"},
		{"GET", "/vpclinks", "", "apigateway:GET", "/vpclinks"},
		{"GET", "/v2/vpclinks", "", "apigateway:GET", "/vpclinks"},
		{"GET", "/gangway/credentials", "", "gangway:ListCredentials", ""},
	} {
		t.Run(row.method+" "+row.path, func(t *testing.T) {
			resource := "arn:aws:apigateway:us-east-1::" + row.resource
			if row.resource == "" {
				resource = "arn:aws:gangway:us-east-1:123456789012:credentials"
			}
			if r := d.as("one", allow(row.action, resource)).do(row.method, row.path, row.body); r.status >= 300 {
				t.Errorf("with %s on %s: %d %v", row.action, resource, r.status, r.body)
			}
			r := nobody.do(row.method, row.path, row.body)
			want := "User: arn:aws:iam::123456789012:user/nobody is not authorized to perform: " + row.action + " on resource: " + resource
			if r.status != http.StatusForbidden || r.code != "AccessDeniedException" || !strings.HasPrefix(r.text("message"), want) {
				t.Errorf("without: got %d %s %q, want %q", r.status, r.code, r.text("message"), want)
			}
		})
	}
}

// TestSecondObjects: who may write in one corner may not reach into another through it, and does not learn what is there.
func TestSecondObjects(t *testing.T) {
	d := newDesk(t)
	api, _, _ := d.api()
	d.must("POST", api+"/stages", `{"stageName":"dev"}`)
	id := strings.TrimPrefix(api, "/v2/apis/")
	d.must("POST", "/v2/domainnames", `{"domainName":"a.example.com","domainNameConfigurations":[{"certificateArn":"arn:aws:acm:us-east-1:123456789012:certificate/x"}]}`)
	plan := d.must("POST", "/usageplans", `{"name":"p"}`).text("id")
	key := d.must("POST", "/apikeys", `{"name":"k"}`).text("id")
	mine := d.must("POST", "/v2/apis", `{"name":"mine","protocolType":"WEBSOCKET","routeSelectionExpression":"x"}`).text("apiId")
	caller := d.as("corner", `{"Statement":[
		{"Effect":"Allow","Action":"apigateway:*","Resource":["arn:aws:apigateway:us-east-1::/domainnames*","arn:aws:apigateway:us-east-1::/usageplans*","arn:aws:apigateway:us-east-1::/apis/`+mine+`*"]},
		{"Effect":"Allow","Action":"apigateway:*","Resource":"arn:aws:apigateway:us-east-1::/apis/`+id+`/deployments"}]}`)
	for name, call := range map[string]struct{ method, path, body string }{
		"map an API":             {"POST", "/v2/domainnames/a.example.com/apimappings", `{"apiId":"%s","stage":"dev"}`},
		"meter a stage":          {"POST", "/usageplans", `{"name":"q","apiStages":[{"apiId":"%s","stage":"dev"}]}`},
		"meter it by a patch":    {"PATCH", "/usageplans/" + plan, `{"patchOperations":[{"op":"add","path":"/apiStages","value":"%s:dev"}]}`},
		"read an API key":        {"POST", "/usageplans/" + plan + "/keys", `{"keyId":"%[2]s","keyType":"API_KEY"}`},
		"go through a VPC link":  {"POST", "/v2/apis/" + mine + "/integrations", `{"integrationType":"HTTP_PROXY","integrationMethod":"GET","integrationUri":"http://a","connectionType":"VPC_LINK","connectionId":"%s"}`},
		"show a certificate":     {"POST", "/v2/apis/" + mine + "/stages", `{"stageName":"s","clientCertificateId":"%s"}`},
		"deploy to a stage":      {"POST", api + "/deployments", `{"stageName":"dev"}`},
		"deploy to no stage yet": {"POST", api + "/deployments", `{"stageName":"nope"}`},
	} {
		t.Run(name, func(t *testing.T) {
			there := caller.do(call.method, call.path, strings.NewReplacer("%s", id, "%[2]s", key).Replace(call.body))
			missing := caller.do(call.method, call.path, strings.NewReplacer("%s", "zzzzzzzzzz", "%[2]s", "zzzzzzzzzz").Replace(call.body))
			for _, r := range []reply{there, missing} {
				if r.status != http.StatusForbidden || r.code != "AccessDeniedException" {
					t.Errorf("got %d %s %v", r.status, r.code, r.body)
				}
			}
		})
	}
}

// TestTagConditions: "Using tags to control access to API Gateway REST API resources" in the developer guide.
func TestTagConditions(t *testing.T) {
	d := newDesk(t)
	create := func(tags string) string {
		return `{"name":"a","protocolType":"WEBSOCKET","routeSelectionExpression":"x","tags":` + tags + `}`
	}
	green := d.must("POST", "/v2/apis", create(`{"team":"green"}`)).text("apiId")
	red := d.must("POST", "/v2/apis", create(`{"team":"red"}`)).text("apiId")
	caller := d.as("green", `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"apigateway:*","Resource":"arn:aws:apigateway:us-east-1::/apis/*","Condition":{"StringEquals":{"aws:ResourceTag/team":"green"}}},
		{"Effect":"Allow","Action":"apigateway:POST","Resource":"arn:aws:apigateway:us-east-1::/apis","Condition":{"StringEquals":{"aws:RequestTag/team":"green"},"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}}}]}`)
	for _, row := range []struct {
		method, path, body string
		status             int
	}{
		{"GET", "/v2/apis/" + green, "", 200},
		{"POST", "/v2/apis/" + green + "/routes", `{"routeKey":"a"}`, 201},
		{"GET", "/v2/apis/" + red, "", 403},
		{"POST", "/v2/apis/" + red + "/routes", `{"routeKey":"a"}`, 403},
		{"POST", "/v2/apis", create(`{"team":"green"}`), 201},
		{"POST", "/v2/apis", create(`{"team":"red"}`), 403},
		{"POST", "/v2/apis", create(`{"team":"green","x":"y"}`), 403},
		{"POST", "/v2/apis", create(`{}`), 403},
	} {
		if r := caller.do(row.method, row.path, row.body); r.status != row.status {
			t.Errorf("%s %s %s: got %d %v, want %d", row.method, row.path, row.body, r.status, r.body, row.status)
		}
	}
}

// TestIdentity: GetCallerIdentity in the API reference of AWS STS.
func TestIdentity(t *testing.T) {
	d := newDesk(t)
	ask := func(service, form string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.url+"/", strings.NewReader(form))
		if err != nil {
			t.Fatal(err)
		}
		sigv4.Sign(r, []byte(form), d.key, "us-east-1", service, time.Now())
		return d.text(r)
	}
	status, body := ask("sts", "Action=GetCallerIdentity&Version=2011-06-15")
	if status != 200 || !strings.Contains(body, "<Arn>arn:aws:iam::123456789012:root</Arn>") || !strings.Contains(body, "<Account>123456789012</Account>") {
		t.Errorf("got %d %s", status, body)
	}
	if status, body = ask("sts", "Action=AssumeRole&Version=2011-06-15"); status != 400 || !strings.Contains(body, "only GetCallerIdentity is served") {
		t.Errorf("another action: %d %s", status, body)
	}
	if status, body = ask("apigateway", "Action=GetCallerIdentity"); status != 403 || !strings.Contains(body, "<Code>SignatureDoesNotMatch</Code>") {
		t.Errorf("signed for another service: %d %s", status, body)
	}
}

// TestCredentials: what their operations say, and that no secret is shown a second time.
func TestCredentials(t *testing.T) {
	d := newDesk(t)
	created := d.must("POST", "/gangway/credentials", `{"name":"ci","policy":`+allow("*", "*")+`}`)
	secret := created.text("secretAccessKey")
	if len(secret) != 40 || created.text("arn") != "arn:aws:iam::123456789012:user/ci" || created.text("sessionToken") != "" {
		t.Errorf("created %v", created.body)
	}
	rotated := d.must("POST", "/gangway/credentials/ci/rotation", `{"graceSeconds":60}`)
	if rotated.text("secretAccessKey") == secret || rotated.text("accessKeyId") == created.text("accessKeyId") {
		t.Errorf("rotated to the same key: %v", rotated.body)
	}
	temporary := d.must("POST", "/gangway/credentials", `{"name":"tmp","durationSeconds":60,"policy":`+allow("*", "*")+`}`)
	if temporary.text("sessionToken") == "" || temporary.text("expiration") == "" {
		t.Errorf("temporary: %v", temporary.body)
	}
	list := d.must("GET", "/gangway/credentials", "")
	items, _ := list.body["items"].([]any)
	for _, item := range items {
		shown, _ := item.(map[string]any)
		if shown["secretAccessKey"] != nil || shown["sessionToken"] != nil || shown["policy"] == nil {
			t.Errorf("listed %v", shown)
		}
	}
	if len(items) != 2 {
		t.Errorf("%d credentials are listed, want 2", len(items))
	}
	d.must("DELETE", "/gangway/credentials/ci", "")
	for name, body := range map[string]string{
		"no name":     `{"policy":` + allow("*", "*") + `}`,
		"root":        `{"name":"root","policy":` + allow("*", "*") + `}`,
		"no policy":   `{"name":"x"}`,
		"half policy": `{"name":"x","policy":{"Statement":[{"Effect":"allow","Action":"*","Resource":"*"}]}}`,
	} {
		if r := d.do("POST", "/gangway/credentials", body); r.status != 400 || r.code != "BadRequestException" {
			t.Errorf("%s: got %d %v", name, r.status, r.body)
		}
	}
	d.quotas["credentials"] = 1 // tmp is there
	if r := d.do("POST", "/gangway/credentials", `{"name":"one-more","policy":`+allow("*", "*")+`}`); r.status != 409 || !strings.Contains(r.text("message"), "--quotas credentials=") {
		t.Errorf("above the quota: %d %v", r.status, r.body)
	}
	if r := d.do("POST", "/gangway/credentials", `{"name":"tmp","policy":`+allow("*", "*")+`}`); r.status != 409 {
		t.Errorf("a name that is taken: %d %v", r.status, r.body)
	}
}

// TestAudit: each write is on record, with who did it and what it changed.
func TestAudit(t *testing.T) {
	d := newDesk(t)
	start := len(d.changes())
	caller := d.as("editor", allow("apigateway:*", "*"))
	id := caller.must("POST", "/v2/apis", `{"name":"a","protocolType":"WEBSOCKET","routeSelectionExpression":"x"}`).text("apiId")
	d.must("DELETE", "/v2/apis/"+id, "")
	d.do("DELETE", "/v2/apis/"+id, "") // not found: no write
	changes := d.changes()[start:]
	if len(changes) != 2 {
		t.Fatalf("%d changes, want 2: %v", len(changes), changes)
	}
	for i, want := range []map[string]any{
		{"operation": "CreateApi", "principal": "arn:aws:iam::123456789012:user/editor " + caller.key.ID},
		{"operation": "DeleteApi", "principal": "arn:aws:iam::123456789012:root " + d.key.ID},
	} {
		got := changes[i]
		objects, _ := got["objects"].([]any)
		if got["operation"] != want["operation"] || got["principal"] != want["principal"] || len(objects) != 1 || objects[0] != "apis/"+id {
			t.Errorf("change %d is %v, want %v of apis/%s", i, got, want, id)
		}
	}
	if r := caller.do("GET", "/gangway/changes", ""); r.status != http.StatusForbidden {
		t.Errorf("somebody without the permission reads them: %d", r.status)
	}
}

// changes are all that is on record, read in small pages.
func (d *desk) changes() []map[string]any {
	d.Helper()
	var all []map[string]any
	for token := ""; ; {
		r := d.must("GET", "/gangway/changes?maxResults=1&nextToken="+token, "")
		items, _ := r.body["items"].([]any)
		for _, item := range items {
			entry, _ := item.(map[string]any)
			all = append(all, entry)
		}
		if token = r.text("nextToken"); token == "" {
			return all
		}
	}
}
