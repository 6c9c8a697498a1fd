package control_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

const green = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"apigateway:*","Resource":"*",
	"Condition":{"StringEquals":{"aws:ResourceTag/team":"green"}}}}`

// TestTagsOfSecondObjects: whether a caller may reach another object is decided by that one's tags.
func TestTagsOfSecondObjects(t *testing.T) {
	d := newDesk(t)
	blue := d.must("POST", "/v2/apis", `{"name":"b","protocolType":"WEBSOCKET","routeSelectionExpression":"x","tags":{"team":"blue"}}`).text("apiId")
	d.must("POST", "/v2/apis/"+blue+"/stages", `{"stageName":"prod","tags":{"team":"blue"}}`)
	key := d.must("POST", "/apikeys", `{"name":"k","tags":{"team":"blue"}}`).text("id")
	plan := "/usageplans/" + d.must("POST", "/usageplans", `{"name":"p","tags":{"team":"green"}}`).text("id")
	caller := d.as("green", green)
	caller.must("GET", plan, "")
	for _, call := range [][3]string{
		{"GET", "/apikeys/" + key, ""},
		{"PATCH", plan, `{"patchOperations":[{"op":"add","path":"/apiStages","value":"` + blue + `:prod"}]}`},
		{"POST", plan + "/keys", `{"keyId":"` + key + `","keyType":"API_KEY"}`},
	} {
		if r := caller.do(call[0], call[1], call[2]); r.status != http.StatusForbidden {
			t.Errorf("%v: got %d %v", call, r.status, r.body)
		}
	}
}

// TestTagKeysAreThoseSent: a query that the operation does not know says nothing to a policy, and of tags that differ in
// case alone each counts.
func TestTagKeysAreThoseSent(t *testing.T) {
	d := newDesk(t)
	caller := d.as("tagger", `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"apigateway:*","Resource":"*"},
		{"Effect":"Deny","Action":"apigateway:POST","Resource":"*","Condition":{"ForAnyValue:StringEquals":{"aws:TagKeys":["owner"]}}},
		{"Effect":"Deny","Action":"apigateway:POST","Resource":"*","Condition":{"StringEquals":{"aws:RequestTag/team":"blue"}}}]}`)
	create := func(query, tags string) reply {
		return caller.do("POST", "/v2/apis"+query, `{"name":"a","protocolType":"WEBSOCKET","routeSelectionExpression":"x","tags":`+tags+`}`)
	}
	for range 20 { // the order of maps is random
		for _, r := range []reply{create("?tagKeys=team", `{"owner":"evil"}`), create("", `{"team":"blue","Team":"x","TEAM":"y"}`)} {
			if r.status != http.StatusForbidden {
				t.Fatalf("got %d %v", r.status, r.body)
			}
		}
	}
}

// TestIDsOfOthers: an id in a body names an object of its kind, and nothing else, whatever it looks like.
func TestIDsOfOthers(t *testing.T) {
	d := newDesk(t)
	api, _, _ := d.api()
	deployment := d.must("POST", api+"/deployments", "{}").text("deploymentId")
	d.must("POST", api+"/stages", `{"stageName":"dev"}`)
	key := d.must("POST", "/apikeys", `{"name":"k"}`).text("id")
	plan := "/usageplans/" + d.must("POST", "/usageplans", `{"name":"p","apiStages":[{"apiId":"`+strings.TrimPrefix(api, "/v2/apis/")+`","stage":"dev"}]}`).text("id")
	for _, row := range []struct {
		method, path, body string
		status             int
	}{
		{"PATCH", api + "/stages/dev", `{"deploymentId":"` + deployment + `/snapshots/` + deployment + `"}`, 404},
		{"POST", plan + "/keys", `{"keyId":"x/` + key + `","keyType":"API_KEY"}`, 400},
		{"POST", plan + "/keys", `{"keyId":"x\n1 CreateApi","keyType":"API_KEY"}`, 400},
		{"POST", plan + "/keys", `{"keyType":"API_KEY"}`, 400},
		{"POST", "/usageplans", `{"name":"q","apiStages":[{"apiId":"x/stages/y","stage":"a/b"}]}`, 404},
		{"POST", api + "/routes", `{"routeKey":"a\nb"}`, 400},
	} {
		if r := d.do(row.method, row.path, row.body); r.status != row.status {
			t.Errorf("%s %s %s: got %d %v, want %d", row.method, row.path, row.body, r.status, r.body, row.status)
		}
	}
	d.must("PATCH", api+"/stages/dev", `{"deploymentId":"`+deployment+`"}`)
}

// TestKeyValuesAreShownToReaders: not to who may only change a key.
func TestKeyValuesAreShownToReaders(t *testing.T) {
	d := newDesk(t)
	key := "/apikeys/" + d.must("POST", "/apikeys", `{"name":"k"}`).text("id")
	if r := d.must("PATCH", key+"?includeValue=true", `{"patchOperations":[]}`); r.text("value") != "" {
		t.Error("a PATCH shows the value")
	}
	if r := d.must("GET", key+"?includeValue=true", ""); r.text("value") == "" {
		t.Error("a GET does not show the value")
	}
}

// TestVariableLinks: an integration that takes its VPC link from a stage variable may go through any.
func TestVariableLinks(t *testing.T) {
	d := newDesk(t)
	api, _, _ := d.api()
	const body = `{"integrationType":"HTTP_PROXY","integrationMethod":"GET","integrationUri":"http://a","connectionType":"VPC_LINK","connectionId":"${stageVariables.link}"}`
	own := `{"Effect":"Allow","Action":"apigateway:*","Resource":"arn:aws:apigateway:us-east-1::` + strings.TrimPrefix(api, "/v2") + `*"}`
	if r := d.as("tenant", `{"Statement":`+own+`}`).do("POST", api+"/integrations", body); r.status != http.StatusForbidden {
		t.Errorf("without a permission for links: %d %v", r.status, r.body)
	}
	all := `{"Effect":"Allow","Action":"apigateway:GET","Resource":"arn:aws:apigateway:us-east-1::/vpclinks/*"}`
	d.as("owner", `{"Statement":[`+own+`,`+all+`]}`).must("POST", api+"/integrations", body)
}

// TestSizes: nothing grows without bound.
func TestSizes(t *testing.T) {
	d := newDesk(t)
	api, integration, _ := d.api()
	many := func(n int, format string) string {
		entries := make([]string, n)
		for i := range entries {
			entries[i] = fmt.Sprintf(format, i)
		}
		return strings.Join(entries, ",")
	}
	for name, call := range map[string][3]string{
		"templates":     {"PATCH", api + "/integrations/" + integration, `{"requestTemplates":{` + many(101, `"%d":""`) + `}}`},
		"parameters":    {"PATCH", api + "/integrations/" + integration, `{"requestParameters":{` + many(101, `"integration.request.header.a%d":"'x'"`) + `}}`},
		"route keys":    {"POST", api + "/routes", `{"routeKey":"$connect","requestParameters":{` + many(101, `"route.request.header.a%d":{}`) + `}}`},
		"plan stages":   {"POST", "/usageplans", `{"name":"p","apiStages":[` + many(1001, `{"apiId":"a","stage":"%d"}`) + `]}`},
		"plan methods":  {"POST", "/usageplans", `{"name":"p","apiStages":[{"apiId":"a","stage":"s","throttle":{` + many(101, `"/%d/GET":{}`) + `}}]}`},
		"patches":       {"PATCH", "/account", `{"patchOperations":[` + many(1001, `{"op":"replace","path":"/cloudwatchRoleArn","value":"%d"}`) + `]}`},
		"imported keys": {"POST", "/apikeys?mode=import&format=csv", "name,key\n" + strings.ReplaceAll(many(1001, "k,abcdefghijklmnopqrstuvwxyz%d"), ",k,", "\nk,")},
	} {
		if r := d.do(call[0], call[1], call[2]); r.status != 400 || !strings.Contains(r.text("message"), "at most") {
			t.Errorf("%s: got %d %v", name, r.status, r.body)
		}
	}
}

// TestImport: "API key file format" in the developer guide.
func TestImport(t *testing.T) {
	d := newDesk(t)
	plan := d.must("POST", "/usageplans", `{"name":"p"}`).text("id")
	file := "Name,key,description,Enabled,usageplanIds\n" +
		"a,aaaaaaaaaaaaaaaaaaaaaaaa,first,TRUE,\"" + plan + "\"\n" +
		"b,bbbbbbbbbbbbbbbbbbbbbbbb,,false,nope\n" +
		"c,aaaaaaaaaaaaaaaaaaaaaaaa,again,true,\n" +
		"d,short,,true,\n"
	if r := d.do("POST", "/apikeys?mode=import&format=csv&failonwarnings=true", file); r.status != 400 || len(d.objects.List("apikeys")) != 0 {
		t.Errorf("with failonwarnings: %d %v, and %d keys", r.status, r.body, len(d.objects.List("apikeys")))
	}
	r := d.must("POST", "/apikeys?mode=import&format=csv", file)
	ids, _ := r.body["ids"].([]any)
	warnings, _ := r.body["warnings"].([]any)
	if len(ids) != 2 || len(warnings) != 3 {
		t.Fatalf("got %v", r.body)
	}
	if got := d.must("GET", "/usageplans/"+plan+"/keys/"+ids[0].(string), ""); got.text("name") != "a" {
		t.Errorf("the plan has %v", got.body)
	}
	for _, bad := range []string{"", "Name,key\na,b,c\n"} {
		if r := d.do("POST", "/apikeys?mode=import&format=csv", bad); r.status != 400 {
			t.Errorf("%q: got %d %v", bad, r.status, r.body)
		}
	}
}

// TestQuotasAreAsked: of each kind that has a quota, no more can be made than it says.
func TestQuotasAreAsked(t *testing.T) {
	d := newDesk(t)
	api, integration, _ := d.api()
	d.must("POST", "/v2/domainnames", `{"domainName":"a.example.com","domainNameConfigurations":[{"certificateArn":"arn:aws:acm:us-east-1:123456789012:certificate/x"}]}`)
	d.must("POST", api+"/stages", `{"stageName":"a"}`)
	id := strings.TrimPrefix(api, "/v2/apis/")
	const function = `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:f/invocations`
	creations := map[string][2]string{ // %d is another number each time
		"apis":                 {"/v2/apis", `{"name":"a","protocolType":"WEBSOCKET","routeSelectionExpression":"x"}`},
		"routes":               {api + "/routes", `{"routeKey":"r%d"}`},
		"integrations":         {api + "/integrations", `{"integrationType":"MOCK"}`},
		"integrationresponses": {api + "/integrations/" + integration + "/integrationresponses", `{"integrationResponseKey":"/%d/"}`},
		"authorizers":          {api + "/authorizers", `{"name":"a","authorizerType":"REQUEST","authorizerUri":"` + function + `"}`},
		"models":               {api + "/models", `{"name":"m%d","schema":"{}"}`},
		"deployments":          {api + "/deployments", `{}`},
		"stages":               {api + "/stages", `{"stageName":"s%d"}`},
		"domainnames":          {"/v2/domainnames", `{"domainName":"d%d.example.com","domainNameConfigurations":[{"certificateArn":"arn:aws:acm:us-east-1:123456789012:certificate/x"}]}`},
		"apimappings":          {"/v2/domainnames/a.example.com/apimappings", `{"apiId":"` + id + `","stage":"a","apiMappingKey":"k%d"}`},
		"vpclinks":             {"/vpclinks", `{"name":"l","targetArns":["arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/net/a/b"]}`},
		"apikeys":              {"/apikeys", `{"name":"k"}`},
		"usageplans":           {"/usageplans", `{"name":"p"}`},
		"clientcertificates":   {"/clientcertificates", `{}`},
		"credentials":          {"/gangway/credentials", `{"name":"c%d","policy":` + allow("*", "*") + `}`},
	}
	for name := range d.quotas {
		creation, ok := creations[name]
		if !ok && name != "plansperkey" { // see below
			t.Errorf("%s: no creation to hold against it", name)
		}
		made, n := 0, 0
		for status := 0; ok && status != http.StatusConflict && n < 10; n++ {
			d.quotas[name] = 3
			r := d.do("POST", creation[0], strings.ReplaceAll(creation[1], "%d", fmt.Sprint(n)))
			if status = r.status; status < 300 {
				made++
			} else if status != http.StatusConflict || !strings.Contains(r.text("message"), "--quotas "+name+"=") {
				t.Fatalf("%s: %d %v", name, r.status, r.body)
			}
		}
		if made > 3 || n == 10 {
			t.Errorf("%s: %d were made above a quota of 3", name, made)
		}
		d.quotas[name] = 0 // none, for those that come next
	}
	d.quotas["plansperkey"] = 1
	key := d.must("POST", "/apikeys", `{"name":"k"}`).text("id")
	statuses := ""
	for range 2 {
		plan := d.must("POST", "/usageplans", `{"name":"p"}`).text("id")
		statuses += fmt.Sprint(d.do("POST", "/usageplans/"+plan+"/keys", `{"keyId":"`+key+`","keyType":"API_KEY"}`).status, " ")
	}
	if statuses != "201 409 " {
		t.Errorf("a key into two plans: %s", statuses)
	}
}
