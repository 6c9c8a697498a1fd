package control_test

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gangway/internal/control"
	"gangway/internal/gateway"
)

// TestOwnPermissions: each operation of ours needs its own permission, and one about an API that of reading the API besides.
func TestOwnPermissions(t *testing.T) {
	d := newDesk(t)
	api, _, _ := d.api()
	id := strings.TrimPrefix(api, "/v2/apis/")
	about := "/gangway/apis/" + id
	for _, row := range []struct {
		operation, method, path, body, resource string
		ofAPI                                   bool
	}{
		{"ListConnections", "GET", about + "/connections", "", "apis/" + id + "/connections", true},
		{"GetApiMetrics", "GET", about + "/metrics", "", "apis/" + id + "/metrics", true},
		{"GetMetrics", "GET", "/gangway/metrics", "", "metrics", false},
		{"ListNodes", "GET", "/gangway/nodes", "", "nodes", false},
		{"ListDeadLetters", "GET", "/gangway/deadletters", "", "deadletters", false},
		{"ListChanges", "GET", "/gangway/changes?order=descending", "", "changes", false},
		{"CheckText", "POST", "/gangway/check", `{"kind":"json","text":"{}"}`, "check", false},
		{"ImportTemplate", "POST", "/gangway/templates", `{"name":"a","template":"Resources: {}"}`, "templates", false},
	} {
		t.Run(row.operation, func(t *testing.T) {
			resource := "arn:aws:gangway:us-east-1:123456789012:" + row.resource
			own := `{"Effect":"Allow","Action":"gangway:` + row.operation + `","Resource":"` + resource + `"}`
			reading := `{"Effect":"Allow","Action":"apigateway:GET","Resource":"arn:aws:apigateway:us-east-1::/apis/` + id + `"}`
			policy := func(statements ...string) string { return `{"Statement":[` + strings.Join(statements, ",") + `]}` }
			if r := d.as("both", policy(own, reading)).do(row.method, row.path, row.body); r.status != http.StatusOK {
				t.Errorf("with both: %d %v", r.status, r.body)
			}
			want := http.StatusOK
			if row.ofAPI {
				want = http.StatusForbidden
			}
			if r := d.as("own", policy(own)).do(row.method, row.path, row.body); r.status != want {
				t.Errorf("with the permission alone: %d %v", r.status, r.body)
			}
			r := d.as("reader", policy(reading)).do(row.method, row.path, row.body)
			if r.status != http.StatusForbidden || !strings.Contains(r.text("message"), "gangway:"+row.operation+" on resource: "+resource) {
				t.Errorf("without: %d %v", r.status, r.body)
			}
		})
	}
	for _, what := range []string{"/connections", "/metrics"} {
		if r := d.do("GET", "/gangway/apis/nosuchapi0"+what, ""); r.status != http.StatusNotFound {
			t.Errorf("%s of no API: %d %v", what, r.status, r.body)
		}
	}
}

// TestConnectionPages: what is asked for reaches who has the connections, and tokens lead from page to page.
func TestConnectionPages(t *testing.T) {
	d := newDesk(t)
	api, _, _ := d.api()
	id := strings.TrimPrefix(api, "/v2/apis/")
	var asked []control.ConnectionQuery
	server := httptest.NewServer(control.New(control.Config{
		Objects: d.objects, Names: gateway.Names{Region: "us-east-1", Account: "123456789012"}, Callers: d.callers, Log: slog.New(slog.DiscardHandler),
		Connections: func(_ context.Context, q control.ConnectionQuery) ([]control.Connection, uint32, error) {
			asked = append(asked, q)
			page := []control.Connection{{ConnectionID: gateway.ConnectionID(fmt.Sprint(q.From)), StageName: "s"}}
			return page, map[uint32]uint32{0: 7, 7: math.MaxUint32}[q.From], nil
		},
		Nodes: func() []control.Node { return []control.Node{{NodeID: "n", State: "ready"}} },
	}))
	t.Cleanup(server.Close)
	d.url = server.URL
	path, token := "/gangway/apis/"+id+"/connections?stageName=s&sourceIp=192.0.2.1&maxResults=3&nextToken=", ""
	for _, from := range []uint32{0, 7, math.MaxUint32} {
		r := d.must("GET", path+token, "")
		items, _ := r.body["items"].([]any)
		if item, _ := items[0].(map[string]any); item["connectionId"] != fmt.Sprint(from) {
			t.Errorf("from %d: got %v", from, r.body)
		}
		token = r.text("nextToken")
	}
	if token != "" {
		t.Errorf("the last page goes on with %q", token)
	}
	for i, from := range []uint32{0, 7, math.MaxUint32} {
		if want := (control.ConnectionQuery{API: id, Stage: "s", SourceIP: "192.0.2.1", From: from, Most: 3}); asked[i] != want {
			t.Errorf("asked %+v, want %+v", asked[i], want)
		}
	}
	d.must("GET", "/gangway/apis/"+id+"/connections?connectionId=x&maxResults=100000", "")
	if last := asked[len(asked)-1]; last.ID != "x" || last.Most != 500 {
		t.Errorf("asked %+v", last)
	}
	if r := d.must("GET", "/gangway/nodes", ""); fmt.Sprint(r.body["items"]) == "[]" {
		t.Errorf("got %v", r.body)
	}
}
