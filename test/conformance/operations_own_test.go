package conformance_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gangway/internal/control"
	"gangway/internal/metrics"
	"gangway/internal/node"
)

// listing is a page of ListConnections.
type listing struct {
	Items     []control.Connection `json:"items"`
	NextToken string               `json:"nextToken"`
}

// page asks for open connections of an API.
func (s *server) page(t *testing.T, api string, query url.Values) *listing {
	t.Helper()
	got := s.mustControl(t, get, "/gangway/apis/"+api+"/connections?"+query.Encode(), nil)
	page := new(listing)
	must(t, json.Unmarshal(got.body, page))
	return page
}

// allPages reads all pages of a size, and has something done between two of them. Each id is there as often as it was listed.
func (s *server) allPages(t *testing.T, api string, size int, between func()) map[string]int {
	t.Helper()
	times := map[string]int{}
	query := url.Values{"maxResults": {strconv.Itoa(size)}}
	for {
		page := s.page(t, api, query)
		if len(page.Items) > size || page.NextToken != "" && len(page.Items) < size {
			t.Fatalf("%d items on a page of %d, next %q", len(page.Items), size, page.NextToken)
		}
		for _, item := range page.Items {
			times[string(item.ConnectionID)]++
		}
		if page.NextToken == "" {
			return times
		}
		query.Set("nextToken", page.NextToken)
		between()
	}
}

// whoAmI is an API that tells clients the ids of their connections.
const whoAmI = `{"routes": {"$default": {"mock": "$context.connectionId", "reply": true}}}`

// newcomers connects so many clients, and has them by the ids of their connections.
func newcomers(t *testing.T, target string, n int, header http.Header) map[string]*client {
	t.Helper()
	clients := map[string]*client{}
	for range n {
		c, _, err := dial(t.Context(), handshake{url: target, header: header})
		must(t, err)
		t.Cleanup(c.drop)
		clients[c.ask(t, `{"action":"x"}`)] = c
	}
	return clients
}

// TestListConnections lists hundreds of connections of the real program in pages, while others come and go: each that stays is
// listed once, and none that nobody has.
func TestListConnections(t *testing.T) {
	s := startProgram(t, t.TempDir()).server
	b := &builder{s, ""}
	mine, err := b.apply(t.Context(), nil, []byte(whoAmI))
	must(t, err)
	other, err := b.apply(t.Context(), nil, []byte(whoAmI))
	must(t, err)
	target := s.data + "/" + mine.id + "/prod"
	newcomers(t, s.data+"/"+other.id+"/prod", 20, nil)
	leaving := newcomers(t, target, 60, nil)
	staying := newcomers(t, target, 320, http.Header{"User-Agent": {"stayer"}})
	seen := map[string]bool{}
	for id := range leaving {
		seen[id] = true
	}
	times := s.allPages(t, mine.id, 50, func() {
		for id, c := range leaving {
			c.drop()
			delete(leaving, id)
			if len(leaving)%10 == 0 {
				break
			}
		}
		for id := range newcomers(t, target, 10, nil) {
			seen[id] = true
		}
	})
	for id := range staying {
		if times[id] != 1 {
			t.Errorf("%s was there all the time and is listed %d times", id, times[id])
		}
		delete(times, id)
	}
	for id, n := range times {
		if !seen[id] || n != 1 {
			t.Errorf("%s is listed %d times; it was there: %t", id, n, seen[id])
		}
	}
	one := ""
	for one = range staying {
		break
	}
	page := s.page(t, mine.id, url.Values{"connectionId": {one}})
	if len(page.Items) != 1 || page.Items[0].UserAgent != "stayer" || page.Items[0].SourceIP != "127.0.0.1" || page.Items[0].StageName != "prod" ||
		page.Items[0].ConnectedAt.IsZero() || page.Items[0].LastActiveAt.Before(page.Items[0].ConnectedAt) || page.Items[0].NodeID == "" {
		t.Errorf("got %+v", page)
	}
	for _, query := range []url.Values{{"connectionId": {one}, "stageName": {"test"}}, {"stageName": {"test"}}, {"sourceIp": {"192.0.2.1"}}, {"connectionId": {"nonsense"}}} {
		if page := s.page(t, mine.id, query); len(page.Items) > 0 || page.Items == nil {
			t.Errorf("%v: got %+v", query, page)
		}
	}
	if page := s.page(t, other.id, url.Values{"connectionId": {one}}); len(page.Items) > 0 {
		t.Errorf("a connection of another API is listed: %+v", page)
	}
	for _, query := range []string{"maxResults=0", "nextToken=x", "nextToken=__________8"} {
		if got, err := s.control(t.Context(), get, "/gangway/apis/"+mine.id+"/connections?"+query, nil); err != nil || got.status != http.StatusBadRequest {
			t.Errorf("%s: got %+v, %v", query, got, err)
		}
	}
}

// TestNumbers: what was counted is what has happened; who may not read an API does not learn its numbers.
func TestNumbers(t *testing.T) {
	s := startNode(t, node.Config{})
	b := &builder{s, "http://127.0.0.1:9"}
	busy, err := b.apply(t.Context(), nil, []byte(`{"routes": {"$default": {"mock": "$context.connectionId", "reply": true}, "broken": {"http": "/"}}}`))
	must(t, err)
	quiet, err := b.apply(t.Context(), nil, []byte(whoAmI))
	must(t, err)
	for _, c := range newcomers(t, s.data+"/"+busy.id+"/prod", 3, nil) {
		c.ask(t, `{"action":"broken"}`)
	}
	type apiFigures struct {
		APIID string `json:"apiId"`
		metrics.APIFigures
	}
	all := func(as *principal) []apiFigures {
		var have struct {
			Time string       `json:"time"`
			APIs []apiFigures `json:"apis"`
		}
		in := request{method: get, url: s.admin + "/gangway/metrics", service: "apigateway"}
		if as != nil {
			in.key = &as.key
		}
		got, err := s.do(t.Context(), in)
		must(t, err)
		must(t, json.Unmarshal(got.body, &have))
		if got.status != http.StatusOK || have.Time == "" {
			t.Errorf("got %d %s", got.status, got.body)
		}
		return have.APIs
	}
	want := []apiFigures{{busy.id, metrics.APIFigures{Connections: 3, MessagesIn: 6, MessagesOut: 6, Errors: 3}}, {quiet.id, metrics.APIFigures{}}}
	deadline := time.Now().Add(patience) // an event is counted when its reply is on the way
	for got := all(nil); !slices.Equal(got, want); got = all(nil) {
		if time.Now().After(deadline) {
			t.Fatalf("got %+v, want %+v", got, want)
		}
	}
	half := s.grant(t, "half", 0, `{"Effect":"Allow","Action":"gangway:*","Resource":"*"}`,
		`{"Effect":"Allow","Action":"apigateway:GET","Resource":"arn:aws:apigateway:us-east-1::/apis/`+quiet.id+`"}`)
	if got := all(half); !slices.Equal(got, want[1:]) {
		t.Errorf("who may read one API gets %+v, want %+v", got, want[1:])
	}
	for _, what := range []string{"/metrics", "/connections"} {
		path := func(api string) request {
			return request{method: get, url: s.admin + "/gangway/apis/" + api + what, service: "apigateway"}
		}
		denied(t, what, half, s.as(t, half.key, path(busy.id)))
		denied(t, what+" of no API", half, s.as(t, half.key, path("nosuchapi0")))
		if got := s.as(t, half.key, path(quiet.id)); got.status != http.StatusOK {
			t.Errorf("%s of the own API: %d %s", what, got.status, got.body)
		}
	}
	var figures struct{ Stages []metrics.StageFigures }
	must(t, json.Unmarshal(s.mustControl(t, get, "/gangway/apis/"+busy.id+"/metrics?stageName=prod", nil).body, &figures))
	if len(figures.Stages) != 1 || figures.Stages[0].StageName != "prod" || figures.Stages[0].Connections != 3 || len(figures.Stages[0].Routes) != 3 {
		t.Fatalf("got %+v", figures)
	}
	for _, r := range figures.Stages[0].Routes {
		if r.RouteKey == "broken" && (r.MessagesIn != 3 || r.ExecutionErrors != 3 || r.Latency.Count != 3 || r.Latency.P99Millis <= 0 || r.Latency.P50Millis > r.Latency.P99Millis) {
			t.Errorf("got %+v", r)
		}
	}
	if got := s.mustControl(t, get, "/gangway/apis/"+busy.id+"/metrics?stageName=test", nil); !strings.Contains(string(got.body), `"stages":[]`) {
		t.Errorf("of no stage: %s", got.body)
	}
}

// TestListNodes: a node says of itself what is true.
func TestListNodes(t *testing.T) {
	s := startNode(t, node.Config{Version: "1.2.3"})
	var have struct{ Items []control.Node }
	must(t, json.Unmarshal(s.mustControl(t, get, "/gangway/nodes", nil).body, &have))
	if len(have.Items) != 1 {
		t.Fatalf("got %+v", have)
	}
	n := have.Items[0]
	if !n.Self || n.Version != "1.2.3" || n.State != "ready" || n.AdminURL != s.admin || n.DataURL != s.data || n.NodeID == "" ||
		n.MemoryBytes < 1<<20 || n.Goroutines < 1 || n.StartedAt.IsZero() || n.Revision < 1 || n.DiskFreeBytes == nil || *n.DiskFreeBytes == 0 {
		t.Errorf("got %+v", n)
	}
}

// TestChangesBackwards: the audit log from its end holds what it holds from its beginning, in any size of pages.
func TestChangesBackwards(t *testing.T) {
	s := startNode(t, node.Config{})
	for range 7 {
		s.mustControl(t, post, "/v2/apis", `{"name":"a","protocolType":"WEBSOCKET","routeSelectionExpression":"x"}`)
	}
	read := func(order, size string) (revisions []float64) {
		query := url.Values{"order": {order}, "maxResults": {size}}
		for {
			got := s.mustControl(t, get, "/gangway/changes?"+query.Encode(), nil).object()
			for _, item := range got["items"].([]any) {
				revisions = append(revisions, item.(map[string]any)["revision"].(float64))
			}
			next, more := got["nextToken"].(string)
			if !more {
				return revisions
			}
			query.Set("nextToken", next)
		}
	}
	forward := read("ascending", "500")
	if len(forward) < 8 || forward[0] != 1 {
		t.Fatalf("got %v", forward)
	}
	for _, size := range []string{"1", "2", "3", "8", "500"} {
		backward := read("descending", size)
		slices.Reverse(backward)
		if !slices.Equal(backward, forward) {
			t.Errorf("in pages of %s: %v, want %v", size, backward, forward)
		}
	}
	for _, query := range []string{"order=sideways", "nextToken=x&order=descending"} {
		if got, err := s.control(t.Context(), get, "/gangway/changes?"+query, nil); err != nil || got.status != http.StatusBadRequest {
			t.Errorf("%s: got %+v, %v", query, got, err)
		}
	}
}
