package control_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gangway/internal/access"
	"gangway/internal/cluster"
	"gangway/internal/control"
	"gangway/internal/gateway"
	"gangway/internal/sigv4"
)

// desk is a control plane with a client in front of it.
type desk struct {
	*testing.T
	url     string
	key     sigv4.Key
	objects *cluster.Objects
	checked func(*gateway.Snapshot) error
	notes   []string

	callers  *access.Callers
	admitted []gateway.Credential
	quotas   gateway.Quotas // to be changed between calls
	written  chan struct{}  // has a token after a write
	server   *control.Server
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	shared, err := cluster.Open(t.Context(), cluster.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = shared.Close() })
	d := &desk{T: t, key: sigv4.Key{ID: "AKIDEXAMPLE", Secret: "secret"}, objects: shared.Objects()}
	d.checked = func(*gateway.Snapshot) error { return nil }
	d.quotas = gateway.DefaultQuotas()
	d.callers = access.New(d.key, "123456789012")
	d.server = control.New(control.Config{
		Objects: shared.Objects(),
		Names:   gateway.Names{Region: "us-east-1", Account: "123456789012", PublicURL: "ws://localhost:8080"},
		Callers: d.callers,
		Quotas:  d.quotas,
		Check:   func(s *gateway.Snapshot) ([]string, error) { return d.notes, d.checked(s) },
		Log:     slog.New(slog.DiscardHandler),
	})
	d.written = make(chan struct{}, 1)
	d.objects.Watch(func([]gateway.Key) {
		select {
		case d.written <- struct{}{}:
		default:
		}
	})
	server := httptest.NewServer(d.server)
	t.Cleanup(server.Close)
	d.url = server.URL
	return d
}

// autoDeploy makes automatic deployments until the test ends.
func (d *desk) autoDeploy() {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.server.AutoDeploy(ctx)
	}()
	d.Cleanup(func() { stop(); <-done })
}

// reply is what came back: the status, the error code, and the members of the body.
type reply struct {
	status int
	code   string
	body   map[string]any
}

func (r reply) text(member string) string {
	text, _ := r.body[member].(string)
	return text
}

// do sends a signed request.
func (d *desk) do(method, path, body string) reply {
	d.Helper()
	request, err := http.NewRequestWithContext(d.Context(), method, d.url+path, strings.NewReader(body))
	if err != nil {
		d.Fatal(err)
	}
	sigv4.Sign(request, []byte(body), d.key, "us-east-1", "apigateway", time.Now())
	return d.send(request)
}

func (d *desk) send(request *http.Request) reply {
	d.Helper()
	header, status, body := d.exchange(request)
	r := reply{status: status, code: header.Get("X-Amzn-Errortype")}
	if body != "" {
		if err := json.Unmarshal([]byte(body), &r.body); err != nil {
			d.Fatalf("%s %s: body %q: %v", request.Method, request.URL, body, err)
		}
	}
	if header.Get("X-Amzn-Requestid") == "" {
		d.Errorf("%s %s: no x-amzn-RequestId", request.Method, request.URL)
	}
	return r
}

// text is send for an answer that is no JSON.
func (d *desk) text(request *http.Request) (status int, body string) {
	d.Helper()
	_, status, body = d.exchange(request)
	return status, body
}

func (d *desk) exchange(request *http.Request) (header http.Header, status int, body string) {
	d.Helper()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		d.Fatal(err)
	}
	var buffer bytes.Buffer
	_, err = buffer.ReadFrom(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		d.Fatal(err)
	}
	return response.Header, response.StatusCode, buffer.String()
}

// must is do for what has to succeed.
func (d *desk) must(method, path, body string) reply {
	d.Helper()
	r := d.do(method, path, body)
	if r.status >= 300 {
		d.Fatalf("%s %s %s: %d %s %v", method, path, body, r.status, r.code, r.body)
	}
	return r
}

// api makes an API with a MOCK integration and a $default route, and answers their ids.
func (d *desk) api() (api, integration, route string) {
	d.Helper()
	api = "/v2/apis/" + d.must("POST", "/v2/apis",
		`{"name":"chat","protocolType":"WEBSOCKET","routeSelectionExpression":"$request.body.action"}`).text("apiId")
	integration = d.must("POST", api+"/integrations", `{"integrationType":"MOCK"}`).text("integrationId")
	route = d.must("POST", api+"/routes", `{"routeKey":"$default","target":"integrations/`+integration+`"}`).text("routeId")
	return api, integration, route
}

func TestRefusals(t *testing.T) {
	d := newDesk(t)
	api, integration, route := d.api()
	d.must("POST", api+"/stages", `{"stageName":"dev"}`)
	rows := []struct {
		name, method, path, body string
		status                   int
		code, message            string
	}{
		{"unknown API", "GET", "/v2/apis/nope", "", 404, "NotFoundException", "Invalid API identifier specified 123456789012:nope"},
		{"unknown API above a route", "GET", "/v2/apis/nope/routes/r", "", 404, "NotFoundException", "Invalid API identifier specified 123456789012:nope"},
		{"unknown route", "GET", api + "/routes/nope", "", 404, "NotFoundException", "Invalid Route identifier specified nope"},
		{"unknown stage", "GET", api + "/stages/nope", "", 404, "NotFoundException", "Invalid stage identifier specified"},
		{"id with a slash", "GET", "/v2/apis/a%2Fb", "", 404, "NotFoundException", "Invalid API identifier specified 123456789012:a%2Fb"},
		{"unknown path", "GET", "/v2/nothing", "", 404, "NotFoundException", "Unknown operation"},
		{"unknown method", "PUT", api + "/routes", "", 404, "NotFoundException", "Unknown operation"},
		{"stage with a slash behind it", "DELETE", api + "/stages/dev/", "", 404, "NotFoundException", "Unknown operation"},
		{"settings of a route called ., as browsers send it", "DELETE", api + "/stages/dev/routesettings/", "", 404, "NotFoundException", "Unknown operation"},
		{"list with a slash behind it", "GET", "/v2/apis/", "", 404, "NotFoundException", "Unknown operation"},
		{"path with a slash before it", "GET", "//v2/apis", "", 404, "NotFoundException", "Unknown operation"},
		{"credential called ..", "POST", "/gangway/credentials", `{"name":"..","policy":{}}`, 400, "BadRequestException", "Invalid credential name '..'"},
		{"credential called .", "POST", "/gangway/credentials", `{"name":".","policy":{}}`, 400, "BadRequestException", "Invalid credential name '.'"},
		{"operation for HTTP APIs", "PUT", "/v2/apis", `{"body":"{}"}`, 400, "BadRequestException", "ImportApi is not served by Gangway: it exists for HTTP APIs only"},
		{"operation for REST APIs", "POST", "/restapis", "{}", 400, "BadRequestException", "POST /restapis is not served by Gangway: it exists for REST APIs only"},
		{"body that is no object", "POST", "/v2/apis", `[1]`, 400, "BadRequestException", "expected a JSON object"},
		{"body that is no JSON", "POST", "/v2/apis", `{`, 400, "BadRequestException", "expected a JSON object"},
		{"boolean as text", "PATCH", api, `{"disableExecuteApiEndpoint":"true"}`, 400, "BadRequestException", "Invalid value for disableExecuteApiEndpoint: expected a boolean, got string"},
		{"text as number", "PATCH", api, `{"name":1}`, 400, "BadRequestException", "Invalid value for name: expected a string, got number"},
		{"fraction as integer", "PATCH", api + "/integrations/" + integration, `{"timeoutInMillis":100.5}`, 400, "BadRequestException", "Invalid value for timeoutInMillis: expected an integer"},
		{"second route of a key", "POST", api + "/routes", `{"routeKey":"$default"}`, 409, "ConflictException", "Route with key $default already exists for this API"},
		{"target that is not there", "POST", api + "/routes", `{"routeKey":"a","target":"integrations/nope"}`, 404, "NotFoundException", "Invalid Integration identifier specified nope"},
		{"target of a wrong form", "PATCH", api + "/routes/" + route, `{"target":"nope"}`, 400, "BadRequestException", "Unexpected or malformed target in route."},
		{"second stage of a name", "POST", api + "/stages", `{"stageName":"dev"}`, 409, "ConflictException", "Stage already exists"},
		{"deployment that is not there", "PATCH", api + "/stages/dev", `{"deploymentId":"nope"}`, 404, "NotFoundException", "Invalid Deployment identifier specified nope"},
		{"settings of no route", "PATCH", api + "/stages/dev", `{"routeSettings":{"nope":{}}}`, 404, "NotFoundException", "Unable to find Route by key nope"},
		{"integration in use", "DELETE", api + "/integrations/" + integration, "", 409, "ConflictException", "referenced by the following Routes with Ids: [" + route + "]"},
		{"page size", "GET", api + "/routes?maxResults=abc", "", 400, "BadRequestException", "Invalid value for maxResults"},
		{"page token", "GET", api + "/routes?nextToken=abc", "", 400, "BadRequestException", "Invalid nextToken"},
		{"ARN", "GET", "/v2/tags/nope", "", 400, "BadRequestException", "Invalid ARN 'nope'"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			r := d.do(row.method, row.path, row.body)
			if r.status != row.status || r.code != row.code || !strings.Contains(r.text("message"), row.message) {
				t.Errorf("got %d %s %q, want %d %s %q", r.status, r.code, r.text("message"), row.status, row.code, row.message)
			}
		})
	}
}

// Source: the apigatewayv2 service model; a PATCH merges, an empty text removes a key of a map.
func TestPatchMerges(t *testing.T) {
	d := newDesk(t)
	api, integration, _ := d.api()
	path := api + "/integrations/" + integration
	d.must("PATCH", path, `{"requestParameters":{"integration.request.header.a":"'1'","integration.request.header.b":"'2'"},"description":"d"}`)
	d.must("PATCH", path, `{}`)
	d.must("PATCH", path, `{"requestParameters":{}}`)
	d.must("PATCH", path, `{"requestParameters":null,"IntegrationType":"HTTP","unknown":[1]}`)
	r := d.must("PATCH", path, `{"requestParameters":{"integration.request.header.a":""},"description":""}`)
	parameters, _ := r.body["requestParameters"].(map[string]any)
	if len(parameters) != 1 || parameters["integration.request.header.b"] != "'2'" {
		t.Errorf("requestParameters = %v", parameters)
	}
	if _, there := r.body["description"]; there || r.text("integrationType") != "MOCK" {
		t.Errorf("after merging: %v", r.body)
	}
}

func TestListsArePagedInOrderOfCreation(t *testing.T) {
	d := newDesk(t)
	api, _, _ := d.api()
	for _, key := range []string{"d", "c", "b", "a"} {
		d.must("POST", api+"/routes", `{"routeKey":"`+key+`"}`)
	}
	var seen []string
	token := ""
	for range 5 {
		r := d.must("GET", api+"/routes?maxResults=2&nextToken="+token, "")
		items, _ := r.body["items"].([]any)
		for _, item := range items {
			route, _ := item.(map[string]any)
			seen = append(seen, route["routeKey"].(string))
		}
		if token = r.text("nextToken"); token == "" {
			break
		}
		if len(seen) == 2 { // what comes and goes between two pages moves nothing
			d.must("POST", api+"/routes", `{"routeKey":"e"}`)
		}
	}
	if got := strings.Join(seen, " "); got != "$default d c b a e" {
		t.Errorf("seen %s", got)
	}
}

// A deployment is what the API was; a stage serves the deployment it names.
func TestDeploymentIsASnapshot(t *testing.T) {
	d := newDesk(t)
	var deployed []*gateway.Snapshot
	d.checked = func(s *gateway.Snapshot) error { deployed = append(deployed, s); return nil }
	api, integration, route := d.api()
	d.must("POST", api+"/integrations/"+integration+"/integrationresponses", `{"integrationResponseKey":"$default"}`)
	d.must("POST", api+"/routes/"+route+"/routeresponses", `{"routeResponseKey":"$default"}`)
	first := d.must("POST", api+"/deployments", `{"description":"one"}`)
	d.must("POST", api+"/stages", `{"stageName":"dev","deploymentId":"`+first.text("deploymentId")+`"}`)
	second := d.must("POST", api+"/deployments", `{"stageName":"dev"}`)
	if first.text("deploymentStatus") != "DEPLOYED" || len(deployed) != 2 {
		t.Errorf("first %v, checked %d snapshots", first.body, len(deployed))
	}
	if s := deployed[0]; len(s.Routes) != 1 || len(s.Routes[0].Responses) != 1 || len(s.Integrations[0].Responses) != 1 {
		t.Errorf("snapshot %+v", s)
	}
	stage := d.must("GET", api+"/stages/dev", "")
	if stage.text("deploymentId") != second.text("deploymentId") {
		t.Errorf("stage serves %s, want %s", stage.text("deploymentId"), second.text("deploymentId"))
	}
	if r := d.do("DELETE", api+"/deployments/"+second.text("deploymentId"), ""); r.status != 400 {
		t.Errorf("deleting what a stage serves: %d %v", r.status, r.body)
	}
	d.must("DELETE", api+"/deployments/"+first.text("deploymentId"), "")
	d.must("DELETE", api, "")
	if left := d.objects.List("apis"); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

func TestBadDeploymentIsRefusedWhole(t *testing.T) {
	d := newDesk(t)
	api, _, _ := d.api()
	d.checked = func(*gateway.Snapshot) error { return gateway.Errorf(gateway.ErrInvalid, "route a: wrong") }
	if r := d.do("POST", api+"/deployments", "{}"); r.status != 400 || r.text("message") != "route a: wrong" {
		t.Errorf("got %d %v", r.status, r.body)
	}
	if r := d.must("GET", api+"/deployments", ""); len(r.body["items"].([]any)) != 0 {
		t.Errorf("left %v", r.body)
	}
}

func TestUnsignedCallsLearnNothing(t *testing.T) {
	d := newDesk(t)
	for _, path := range []string{"/v2/apis", "/v2/nothing", "/"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.url+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if r := d.send(request); r.status != 403 || r.code != "MissingAuthenticationTokenException" || r.text("message") == "" {
			t.Errorf("%s: %d %s %v", path, r.status, r.code, r.body)
		}
	}
}

func TestTags(t *testing.T) {
	d := newDesk(t)
	api, _, _ := d.api()
	d.must("POST", api+"/stages", `{"stageName":"dev","tags":{"a":"1"}}`)
	arn := "arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A" + strings.ReplaceAll(strings.TrimPrefix(api, "/v2")+"/stages/dev", "/", "%2F")
	d.must("POST", "/v2/tags/"+arn, `{"tags":{"b":"2","c":"3"}}`)
	d.must("DELETE", "/v2/tags/"+arn+"?tagKeys=a&tagKeys=c&tagKeys=z", "")
	raw := "/v2/tags/arn:aws:apigateway:us-east-1::" + strings.TrimPrefix(api, "/v2") + "/stages/dev"
	for _, path := range []string{"/v2/tags/" + arn, raw, api + "/stages/dev"} {
		tags, _ := d.must("GET", path, "").body["tags"].(map[string]any)
		if len(tags) != 1 || tags["b"] != "2" {
			t.Errorf("%s: tags %v", path, tags)
		}
	}
}

// FuzzCall sends any body to any operation: the control plane never fails with a 5xx, and what it refuses changes nothing.
func FuzzCall(f *testing.F) {
	operations := control.Operations()
	f.Add(0, `{"name":"x","protocolType":"WEBSOCKET","routeSelectionExpression":"$request.body.a"}`)
	f.Add(9, `{"routeKey":"a","requestParameters":{"route.request.header.a":{"required":true}}}`)
	f.Add(35, `{"stageName":"dev","stageVariables":{"a":"b"},"routeSettings":{"$default":{"throttlingBurstLimit":1}}}`)
	f.Fuzz(func(t *testing.T, n int, body string) {
		d := newDesk(t)
		api, integration, route := d.api()
		d.must("POST", api+"/stages", `{"stageName":"dev"}`)
		op := operations[uint(n)%uint(len(operations))]
		path := strings.NewReplacer("/v2/apis/{apiId}", api, "{integrationId}", integration, "{routeId}", route, "{stageName}", "dev",
			"{resource-arn}", "arn:aws:apigateway:us-east-1::"+strings.TrimPrefix(api, "/v2")).Replace(op.Path)
		before := d.objects.List("apis")
		r := d.do(op.Method, path, body)
		if r.status >= 500 {
			t.Errorf("%s %s %q: %d %v", op.Method, path, body, r.status, r.body)
		}
		if after := d.objects.List("apis"); r.status >= 400 && !sameObjects(before, after) {
			t.Errorf("%s %s %q was refused and changed %v to %v", op.Method, path, body, before, after)
		}
	})
}

func sameObjects(a, b []cluster.Object) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Key != b[i].Key || !bytes.Equal(a[i].Value, b[i].Value) {
			return false
		}
	}
	return true
}

// A stage whose settings name a route that is gone can still be changed; a tag may be empty.
func TestWhatWasThereMayStay(t *testing.T) {
	d := newDesk(t)
	api, _, _ := d.api()
	a := d.must("POST", api+"/routes", `{"routeKey":"a"}`).text("routeId")
	d.must("POST", api+"/stages", `{"stageName":"dev","routeSettings":{"a":{"throttlingBurstLimit":1}},"tags":{"empty":""}}`)
	d.must("DELETE", api+"/routes/"+a, "")
	d.must("PATCH", api+"/stages/dev", `{"description":"x"}`)
	d.must("POST", api+"/deployments", `{"stageName":"dev"}`)
	d.must("POST", "/v2/tags/arn:aws:apigateway:us-east-1::"+strings.TrimPrefix(api, "/v2")+"/stages/dev", `{"tags":{"e2":""}}`)
	if r := d.do("PATCH", api+"/stages/dev", `{"routeSettings":{"b":{}}}`); r.status != 404 {
		t.Errorf("settings of a route that never was: %d", r.status)
	}
	tags, _ := d.must("GET", api+"/stages/dev", "").body["tags"].(map[string]any)
	if len(tags) != 2 || tags["empty"] != "" || tags["e2"] != "" {
		t.Errorf("tags %v", tags)
	}
	d.must("DELETE", api+"/stages/dev/routesettings/a", "")
}

// A body that does not come is not waited for before the credentials have been looked at.
func TestStrangersAreNotWaitedFor(t *testing.T) {
	d := newDesk(t)
	body, hold := io.Pipe()
	defer func() { _ = hold.Close() }() // a pipe closes without error
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.url+"/v2/apis", body)
	if err != nil {
		t.Fatal(err)
	}
	if r := d.send(request); r.status != 403 {
		t.Errorf("got %d", r.status)
	}
}
