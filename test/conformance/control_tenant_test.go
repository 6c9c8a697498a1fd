package conformance_test

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"gangway/internal/node"
)

// tenantPolicy allows all of one estate: its API with what belongs to it and its tags, its domain and its usage plan; and to make
// more of what does not stand below an API. Two of the statements are about one stage of its own.
const tenantPolicy = `
	{"Effect":"Allow","Action":"apigateway:*","Resource":[
		"arn:aws:apigateway:us-east-1::/apis/{apiId}", "arn:aws:apigateway:us-east-1::/apis/{apiId}/*",
		"arn:aws:apigateway:us-east-1::/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Fapis%2F{apiId}*",
		"arn:aws:apigateway:us-east-1::/domainnames/{domainName}", "arn:aws:apigateway:us-east-1::/domainnames/{domainName}/*",
		"arn:aws:apigateway:us-east-1::/usageplans/{usageplanId}", "arn:aws:apigateway:us-east-1::/usageplans/{usageplanId}/*"]},
	{"Effect":"Allow","Action":["gangway:Tail","gangway:ListConnections","gangway:GetApiMetrics","gangway:TestRoute"],"Resource":"arn:aws:gangway:us-east-1:000000000000:apis/{apiId}/*"},
	{"Effect":"Allow","Action":"apigateway:POST","Resource":["arn:aws:apigateway:us-east-1::/apikeys","arn:aws:apigateway:us-east-1::/usageplans"]},
	{"Effect":"Deny","Action":"apigateway:*","Resource":"arn:aws:apigateway:us-east-1::/apis/{apiId}/stages/locked"},
	{"Effect":"Allow","Action":"execute-api:*","Resource":"arn:aws:execute-api:us-east-1:000000000000:{apiId}/*"}`

// tenants are two estates on one node, and who may use the first.
type tenants struct {
	*testing.T
	dir         string
	mine, other *estate
	lost        *estate // what is not there, under names like those of the other's
	me          *principal
	before      string // what the log says
}

func newTenants(t *testing.T) *tenants {
	t.Helper()
	dir := t.TempDir()
	s := startNode(t, node.Config{DataDir: dir})
	w := &tenants{T: t, dir: dir, mine: newEstate(s, "mine").found(t, nil), other: newEstate(s, "other").found(t, nil)}
	w.lost = w.other.missing()
	w.me = s.grant(t, "tenant", 0, w.mine.fill(tenantPolicy, func(text string) string { return text }))
	w.before = revision(t, dir)
	return w
}

// as sends a request as the tenant.
func (w *tenants) as(in request) *answer { return w.mine.as(w.T, w.me.key, in) }

// alike makes sure that the answers about what is there and what is not differ in nothing but the names that were asked for.
func (w *tenants) alike(label string, there, missing *answer) {
	w.Helper()
	names := slices.SortedFunc(maps.Keys(w.lost.values), func(a, b string) int { return len(w.lost.values[b]) - len(w.lost.values[a]) })
	body := string(missing.body)
	for _, name := range names { // the longest first: one may be the beginning of another
		body = strings.ReplaceAll(body, w.lost.values[name], w.other.values[name])
		body = strings.ReplaceAll(body, arnEscaped(w.lost.values[name]), arnEscaped(w.other.values[name]))
	}
	code, other := there.header.Get("X-Amzn-Errortype"), missing.header.Get("X-Amzn-Errortype")
	if there.status != missing.status || code != other || string(there.body) != body {
		w.Errorf("%s: %d %s %s of what is there, and %d %s %s of what is not", label, there.status, code, there.body, missing.status, other, missing.body)
	}
	if there.status < 400 {
		w.Errorf("%s: %d %s", label, there.status, there.body)
	}
	if now := revision(w.T, w.dir); now != w.before {
		w.Errorf("%s has written", label)
		w.before = now
	}
}

// arnEscaped is an ARN as the resource of an operation on tags has it.
func arnEscaped(arn string) string { return strings.NewReplacer(":", "%3A", "/", "%2F").Replace(arn) }

// TestTenants tries every operation on what belongs to another tenant: each is refused in the same words whether it is there or
// not, so that nobody learns what another has. The operations and paths are those of the table, whatever it may hold.
func TestTenants(t *testing.T) {
	w := newTenants(t)
	tried := 0
	for name, d := range everyCall() {
		row := operation(t, name)
		if row.Path == "/apikeys" && row.Method == post || row.Path == "/apikeys?mode=import" {
			continue // allowed, and says nothing of others
		}
		there, missing := w.as(w.other.request(row, d)), w.as(w.lost.request(row, d))
		w.alike(name, there, missing)
		denied(t, name, w.me, there)
		tried++
	}
	t.Logf("%d operations tried across", tried)
}

// TestTenantsBelow tries every operation on what belongs to another tenant by a path that begins with the caller's own API, domain
// or plan: it is not there.
func TestTenantsBelow(t *testing.T) {
	w := newTenants(t)
	tried := 0
	for name, d := range everyCall() {
		row := operation(t, name)
		parameters := placeholder.FindAllString(row.Path, -1)
		if len(parameters) < 2 || !slices.Contains([]string{"{apiId}", "{domainName}", "{usageplanId}"}, parameters[0]) || row.Excuse() != "" {
			continue
		}
		first := strings.Trim(parameters[0], "{}")
		below := func(whose *estate) *answer {
			mixed := &estate{w.mine.server, maps.Clone(whose.values)}
			mixed.values[first] = w.mine.values[first]
			return w.as(mixed.request(row, d))
		}
		there := below(w.other)
		w.alike(name, there, below(w.lost))
		if there.status != http.StatusNotFound && there.status != http.StatusForbidden {
			t.Errorf("%s: %d %s", name, there.status, there.body)
		}
		tried++
	}
	t.Logf("%d operations tried below", tried)
}

// intrusions are calls on the caller's own paths that name in their bodies what belongs to another, as {other.…}.
var intrusions = []deed{
	{operation: "apigatewayv2 CreateApiMapping", body: `{"apiId":"{other.apiId}","stage":"{other.stageName}","apiMappingKey":"x"}`},
	{operation: "apigatewayv2 UpdateApiMapping", body: `{"apiId":"{other.apiId}","stage":"{other.stageName}"}`},
	{operation: "apigatewayv2 UpdateApiMapping", body: `{"apiId":"{other.apiId}"}`},
	{operation: "apigateway CreateUsagePlan", body: `{"name":"x","apiStages":[{"apiId":"{other.apiId}","stage":"{other.stageName}"}]}`},
	{operation: "apigateway CreateUsagePlan", body: `{"name":"x","apiStages":[{"apiId":"{apiId}","stage":"locked"}]}`},
	{operation: "apigateway UpdateUsagePlan", body: `{"patchOperations":[{"op":"add","path":"/apiStages","value":"{other.apiId}:{other.stageName}"}]}`},
	{operation: "apigateway CreateUsagePlanKey", body: `{"keyId":"{other.keyId}","keyType":"API_KEY"}`},
	{operation: "apigateway ImportApiKeys", query: "format=csv&failonwarnings=true", body: "name,key,usageplanIds\nx,a-key-that-is-long-enough,{other.usageplanId}\n"},
	{operation: "apigatewayv2 CreateDeployment", body: `{"stageName":"{other.stageName}"}`},
	{operation: "apigatewayv2 CreateDeployment", body: `{"stageName":"locked"}`},
	{operation: "apigatewayv2 CreateStage", body: `{"stageName":"x","deploymentId":"{other.deploymentId}"}`},
	{operation: "apigatewayv2 CreateStage", body: `{"stageName":"x","clientCertificateId":"{other.clientcertificate_id}"}`},
	{operation: "apigatewayv2 UpdateStage", body: `{"deploymentId":"{other.deploymentId}"}`},
	{operation: "apigatewayv2 UpdateStage", body: `{"clientCertificateId":"{other.clientcertificate_id}"}`},
	{operation: "apigatewayv2 CreateRoute", body: `{"routeKey":"x","target":"integrations/{other.integrationId}"}`},
	{operation: "apigatewayv2 CreateRoute", body: `{"routeKey":"x","requestModels":{"$default":"{other.label}Model"}}`},
	{operation: "apigatewayv2 UpdateRoute", body: `{"target":"integrations/{other.integrationId}"}`},
	{operation: "apigatewayv2 UpdateRoute", body: `{"authorizerId":"{other.authorizerId}"}`},
	{operation: "apigatewayv2 UpdateRouteResponse", body: `{"responseModels":{"$default":"{other.label}Model"}}`},
	{operation: "apigatewayv2 CreateIntegration", body: `{"integrationType":"HTTP_PROXY","integrationMethod":"POST","integrationUri":"http://a","connectionType":"VPC_LINK","connectionId":"{other.vpclink_id}"}`},
	{operation: "apigatewayv2 CreateIntegration", body: `{"integrationType":"HTTP_PROXY","integrationMethod":"POST","integrationUri":"http://a","connectionType":"VPC_LINK","connectionId":"{other.vpcLinkId}"}`},
	{operation: "apigatewayv2 UpdateIntegration", body: `{"connectionId":"{other.vpclink_id}"}`},
}

// TestTenantsByName names in the bodies of allowed calls what belongs to another.
func TestTenantsByName(t *testing.T) {
	w := newTenants(t)
	w.mine.mustControl(t, post, "/v2/apis/"+w.mine.values["apiId"]+"/stages", `{"stageName":"locked"}`)
	w.before = revision(t, w.dir)
	for _, d := range intrusions {
		row := operation(t, d.operation)
		naming := func(whose *estate) *answer {
			named := d
			for name, value := range whose.values {
				named.body = strings.ReplaceAll(named.body, "{other."+name+"}", value)
			}
			return w.as(w.mine.request(row, named))
		}
		w.alike(d.operation+" "+d.body, naming(w.other), naming(w.lost))
	}
}

// TestOwn makes sure that the policy of the tests above allows what it should: the tenant does with its own all that the owner of
// the account could do.
func TestOwn(t *testing.T) {
	w := newTenants(t)
	done := 0
	for _, d := range deeds() {
		row := operation(t, d.operation)
		parameters := placeholder.FindAllString(row.Path, -1)
		if len(parameters) == 0 || !slices.Contains([]string{"{apiId}", "{resource-arn}", "{resource_arn}"}, parameters[0]) {
			w.mine.do(t, d, nil)
			continue
		}
		if got := w.as(w.mine.request(row, d)); got.status != row.Status {
			t.Errorf("%s: %d %s", d.operation, got.status, got.body)
		}
		done++
	}
	t.Logf("%d operations done", done)
}

// TestDeny gives a credential that may do everything but touch one API. The ARN of an object can be written in several ways, and
// all of them are that object.
func TestDeny(t *testing.T) {
	dir := t.TempDir()
	s := startNode(t, node.Config{DataDir: dir})
	e := newEstate(s, "a").found(t, nil)
	p := s.grant(t, "p", 0, anything, e.fill(`{"Effect":"Deny","Action":"*","Resource":["arn:aws:apigateway:us-east-1::/apis/{apiId}*",
		"arn:aws:apigateway:us-east-1::/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Fapis%2F{apiId}*"]}`, func(text string) string { return text }))
	before := revision(t, dir)
	for name, d := range everyCall() {
		row := operation(t, name)
		if !strings.Contains(row.Path, "{apiId}") {
			continue
		}
		got := s.as(t, p.key, e.request(row, d))
		denied(t, name, p, got)
		if !strings.HasSuffix(got.text("message"), " with an explicit deny in an identity-based policy") {
			t.Errorf("%s: %s", name, got.body)
		}
	}
	api := e.values["apiId"]
	for _, arn := range []string{
		"arn:aws:apigateway:us-east-1::/apis/" + api, "arn:aws:apigateway:us-east-1::/apis/" + api + "/stages/" + e.values["stageName"],
		"arn:aws-cn:apigateway:us-east-1::/apis/" + api, "arn:aws:apigateway:eu-west-1::/apis/" + api, "arn:aws:apigateway:::/apis/" + api,
		"arn:aws:apigateway:us-east-1:000000000000:/apis/" + api, "arn:x:apigateway:y:z:/apis/" + api,
	} {
		for _, written := range []string{url.PathEscape(arn), arnEscaped(arn), arn, strings.ToLower(arnEscaped(arn)), arn + "/"} {
			for _, row := range []struct{ method, path string }{{post, "/v2/tags/"}, {http.MethodPut, "/tags/"}, {get, "/v2/tags/"}, {http.MethodDelete, "/v2/tags/"}} {
				in := request{method: row.method, url: s.admin + row.path + written + "?tagKeys=owner", service: "apigateway", body: []byte(`{"tags":{"stolen":"yes"}}`)}
				if got := s.as(t, p.key, in); got.status < 400 {
					t.Errorf("%s %s%s: %d %s", row.method, row.path, written, got.status, got.body)
				}
			}
		}
	}
	if revision(t, dir) != before {
		t.Error("what is denied has been written")
	}
}

// TestDenyByTag gives a credential that may do everything but touch what has a tag: "Using tags to control access to API Gateway
// REST API resources" in the developer guide. What belongs to a tagged object is as it is.
func TestDenyByTag(t *testing.T) {
	s := startNode(t, node.Config{})
	e := newEstate(s, "a").found(t, nil)
	p := s.grant(t, "p", 0, anything, `{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/owner":"a"}}}`)
	for name, d := range everyCall() {
		row := operation(t, name)
		switch {
		case strings.HasPrefix(row.Path, "/gangway/"), !placeholder.MatchString(row.Path):
			continue
		case !strings.Contains(row.Path, "/tags/"):
			denied(t, name, p, s.as(t, p.key, e.request(row, d)))
			continue
		}
		for _, path := range []string{
			"apis/{apiId}", "apis/{apiId}/stages/{stageName}", "domainnames/{domainName}", "vpclinks/{vpcLinkId}", "vpclinks/{vpclink_id}",
			"apikeys/{api_Key}", "usageplans/{usageplanId}", "clientcertificates/{clientcertificate_id}",
		} {
			arn := "arn:aws:apigateway:us-east-1::/" + e.path(path)
			tagged := &estate{s, map[string]string{"resource-arn": arn, "resource_arn": arn}}
			denied(t, name+" "+path, p, s.as(t, p.key, tagged.request(row, d)))
		}
	}
}

// TestTenantsConnections tries the Management API on connections of another tenant's API: refused in the same words for an id that
// is open, one that is not and one that cannot be, and nobody is disturbed. The tenant's own connections are within its reach.
func TestTenantsConnections(t *testing.T) {
	away := newBackend()
	t.Cleanup(away.stop)
	s := startNode(t, node.Config{})
	connected := func(name string) (api, id string, c *client) {
		made := sdkAPI(t, s.controlSDK(), away.URL)
		c, _, err := dial(t.Context(), handshake{url: *made.ApiEndpoint + "/prod", header: http.Header{"User-Agent": {name}}})
		must(t, err)
		t.Cleanup(c.drop)
		<-away.received
		id, _ = away.connectionID(name)
		return *made.ApiId, id, c
	}
	mine, ownID, own := connected("own")
	other, id, c := connected("other")
	me := s.grant(t, "tenant", 0, `{"Effect":"Allow","Action":"execute-api:ManageConnections","Resource":"arn:aws:execute-api:us-east-1:000000000000:`+mine+`/*"}`)
	ask := func(method, api, stage, id string) *answer {
		return s.as(t, me.key, request{method: method, url: s.connectionURL(api, stage, id), service: "execute-api", body: []byte("x")})
	}
	for _, method := range []string{post, get, http.MethodDelete} {
		first := ask(method, other, "prod", id)
		denied(t, method, me, first)
		for _, missing := range []string{strings.ToUpper(id), "AAAAAAAAAAAAAAA=", "x", ownID} {
			if got := ask(method, other, "prod", missing); got.status != first.status || !bytes.Equal(got.body, first.body) {
				t.Errorf("%s: %s of a connection that is open, %s of one that is not", method, first.body, got.body)
			}
		}
		// By a path of its own API, the other's connection is one that is not there.
		there, gone := ask(method, mine, "prod", id), ask(method, mine, "prod", "AAAAAAAAAAAAAAA=")
		if there.status != gone.status || there.status < 400 || !bytes.Equal(there.body, gone.body) {
			t.Errorf("%s: %d %s of another's connection, %d %s of none", method, there.status, there.body, gone.status, gone.body)
		}
	}
	wantOpen(t.Context(), t, s, other, id)
	if got := ask(post, mine, "prod", ownID); got.status != http.StatusOK {
		t.Errorf("own connection: %d %s", got.status, got.body)
	}
	wantItem(t, own, "x")
	got, err := s.do(t.Context(), request{method: post, url: s.connectionURL(other, "prod", id), service: "execute-api", body: []byte("first")})
	must(t, err)
	if got.status != http.StatusOK {
		t.Errorf("%d %s", got.status, got.body)
	}
	wantItem(t, c, "first")
}

// wantOpen wants a connection to be open, as the owner of the account sees it.
func wantOpen(ctx context.Context, t *testing.T, s *server, api, id string) {
	t.Helper()
	got, err := s.do(ctx, request{method: get, url: s.connectionURL(api, "prod", id), service: "execute-api"})
	must(t, err)
	if got.status != http.StatusOK {
		t.Errorf("%d %s", got.status, got.body)
	}
}
