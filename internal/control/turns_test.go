package control_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"

	"gangway/internal/control"
	"gangway/internal/gateway"
	"gangway/internal/sigv4"
	"gangway/internal/tail"
)

// hold keeps what is under way until it is closed.
type hold struct {
	begun chan struct{} // has a token for each that is held
	let   chan struct{}
}

func newHold() *hold { return &hold{make(chan struct{}, 100), make(chan struct{})} }

func (h *hold) wait() {
	h.begun <- struct{}{}
	<-h.let
}

// template is one with an API and its deployment.
const template = `Resources:\n  Chat:\n    Type: AWS::ApiGatewayV2::Api\n    Properties: {Name: chat, ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.action}\n` +
	`  Join:\n    Type: AWS::ApiGatewayV2::Route\n    Properties: {ApiId: !Ref Chat, RouteKey: join}\n` +
	`  Now:\n    Type: AWS::ApiGatewayV2::Deployment\n    DependsOn: Join\n    Properties: {ApiId: !Ref Chat}\n`

// TestTurns: of what costs much, one caller has two under way, however many are asked for; the next few wait for those, and more are
// refused. Others have their turn meanwhile.
func TestTurns(t *testing.T) {
	for name, row := range map[string]struct {
		path, body string
		hold       func(*desk, *hold)
	}{
		"tests": {"/test", `{"draft":true}`, func(d *desk, h *hold) {
			d.server.Test = func(context.Context, *control.Trial) (any, error) { h.wait(); return struct{}{}, nil }
		}},
		"calls": {"/test", `{"draft":true,"call":true}`, func(d *desk, h *hold) {
			d.server.Test = func(context.Context, *control.Trial) (any, error) { h.wait(); return struct{}{}, nil }
		}},
		"renderings": {"/gangway/render", `{}`, func(d *desk, h *hold) {
			d.server.Render = func(context.Context, *control.Rendering) (any, error) { h.wait(); return struct{}{}, nil }
		}},
		"checks": {"/gangway/check", `{"kind":"schema","text":"{}"}`, func(d *desk, h *hold) {
			d.checked = func(*gateway.Snapshot) error { h.wait(); return nil }
		}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			api, _, _ := d.api()
			h := newHold()
			row.hold(d, h)
			path := row.path
			if !strings.HasPrefix(path, "/gangway") {
				path = "/gangway" + strings.TrimPrefix(api, "/v2") + path
			}
			var all sync.WaitGroup
			answers := make(chan reply, 100)
			ask := func(d *desk) { all.Go(func() { answers <- d.do("POST", path, row.body) }) }
			for range 40 {
				ask(d)
			}
			<-h.begun
			<-h.begun
			for range 40 - 32 - 2 {
				if r := <-answers; r.status != http.StatusTooManyRequests || !strings.Contains(r.text("message"), "at a time") {
					t.Errorf("got %d %v", r.status, r.body)
				}
			}
			if len(h.begun) > 0 {
				t.Errorf("%d more of one caller are under way", len(h.begun))
			}
			ask(d.as("other", allow("*", "*")))
			<-h.begun // that of the other caller
			close(h.let)
			all.Wait()
			close(answers)
			done := 0
			for r := range answers {
				if r.status == http.StatusOK {
					done++
				}
			}
			if done < 3 {
				t.Errorf("%d were done", done)
			}
		})
	}
}

// TestTails: a caller may watch at so many places at a time.
func TestTails(t *testing.T) {
	d := newDesk(t)
	d.server.Tail = new(tail.Hub)
	api, _, _ := d.api()
	watch := func(d *desk) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.url+"/gangway"+strings.TrimPrefix(api, "/v2")+"/tail", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		sigv4.Sign(r, nil, d.key, "us-east-1", "apigateway", d.server.Now())
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = response.Body.Close() })
		return response.StatusCode
	}
	for i := range 64 {
		if got := watch(d); got != http.StatusOK {
			t.Fatalf("tail %d: %d", i+1, got)
		}
	}
	if got := watch(d); got != http.StatusTooManyRequests {
		t.Errorf("one more: %d", got)
	}
	if got := watch(d.as("other", allow("*", "*"))); got != http.StatusOK {
		t.Errorf("of another caller: %d", got)
	}
	d.server.Stop()
}

// TestImportsByName: what one caller imports under a name is in nobody else's way, and a dry run in nobody's.
func TestImportsByName(t *testing.T) {
	d := newDesk(t)
	other := d.as("other", allow("*", "*"))
	h := newHold()
	d.checked = func(*gateway.Snapshot) error { h.wait(); return nil }
	done := make(chan reply, 1)
	go func() { done <- d.do("POST", "/gangway/templates", `{"name":"chat","template":"`+template+`"}`) }()
	<-h.begun
	if r := other.do("POST", "/gangway/templates", `{"name":"chat","template":"`+template+`","dryRun":true}`); r.status != http.StatusOK {
		t.Errorf("a dry run under the same name: got %d %v", r.status, r.body)
	}
	empty := `{"name":"chat","template":"Resources: {W: {Type: 'AWS::CloudFormation::WaitConditionHandle'}}"}`
	if r := other.do("POST", "/gangway/templates", empty); r.status != http.StatusOK {
		t.Errorf("an import of another caller under the same name: got %d %v", r.status, r.body)
	}
	var all sync.WaitGroup
	answers := make(chan int, 33)
	for range cap(answers) {
		all.Go(func() {
			answers <- d.do("POST", "/gangway/templates", `{"name":"other","template":"`+template+`","dryRun":true}`).status
		})
	}
	if got := <-answers; got != http.StatusTooManyRequests {
		t.Errorf("of many imports of one caller, the first is answered with %d", got)
	}
	close(h.let)
	all.Wait()
	if r := <-done; r.status != http.StatusOK || len(r.body["errors"].([]any)) > 0 {
		t.Errorf("the import: got %d %v", r.status, r.body)
	}
}

// TestTemplateLimit: CloudFormation's, by whatever door a template comes.
func TestTemplateLimit(t *testing.T) {
	d := newDesk(t)
	long := `{"name":"chat","template":"` + strings.Repeat("#", 1_000_001) + `","dryRun":true}`
	if r := d.do("POST", "/gangway/templates", long); r.status != http.StatusBadRequest || !strings.Contains(r.text("message"), "at most 1000000 bytes") {
		t.Errorf("got %d %v", r.status, r.body)
	}
}
