package conformance_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// hurry is the time that a backend has which will not answer in time, and ample that of one which does something else wrong:
// what comes long before that is over has not come because of it.
const (
	hurry = 100 * time.Millisecond
	ample = 29 * time.Second
)

// yard is a program with APIs whose backends are traps. Which one it is says the variable trap of a stage.
type yard struct {
	*program
	good *backend

	mu      sync.Mutex // guards what follows
	apis    map[string]*deployed
	laid    map[string]*trap // by name of the function
	count   int              // of stages
	visited []string         // stages that a handshake in a trap has led to, once for each
}

// newYard starts a program whose functions are at an address, or traps of the yard if there is none.
func newYard(t *testing.T, functions string) *yard {
	t.Helper()
	y := &yard{good: newBackend(), apis: map[string]*deployed{}, laid: map[string]*trap{}}
	t.Cleanup(y.good.stop)
	y.good.replies(echo)
	if functions == "" {
		functions = "http://" + newDen(t, y.function).Addr().String()
	}
	y.program = startProgram(t, t.TempDir(), "--lambda-endpoint", functions, "--quotas", "stages=300")
	return y
}

// function is the trap that is laid for a function.
func (y *yard) function(uri string) *trap {
	y.mu.Lock()
	defer y.mu.Unlock()
	return y.laid[(&call{uri: uri}).function()]
}

// lay makes a trap for a fault, and says where a kind of integration finds it.
func (y *yard) lay(t *testing.T, f *fault, kind string) (tr *trap, at string) {
	t.Helper()
	if !isFunction(kind) {
		return layBefore(t, f)
	}
	y.mu.Lock()
	defer y.mu.Unlock()
	tr, at = newTrap(f), fmt.Sprint("f", len(y.laid))
	y.laid[at] = tr
	return tr, at
}

// layBefore makes a trap at a URL of its own.
func layBefore(t *testing.T, f *fault) (tr *trap, at string) {
	t.Helper()
	tr, at = newTrap(f), f.at
	if at == "" {
		at = newDen(t, func(string) *trap { return tr }).Addr().String()
	}
	if f.https {
		return tr, "https://" + at
	}
	return tr, "http://" + at
}

func isFunction(kind string) bool { return strings.HasPrefix(kind, "AWS") }

// ambush is a trap for those who send a message, or want to connect.
type ambush struct {
	*fault
	kind, routeKey string
	want           sight
	trap           *trap
	at             string
}

func (a *ambush) timeout() time.Duration {
	if a.isLate() {
		return hurry
	}
	return ample
}

// spring lets a client step into a trap. If the gateway has been so slow that the backend was not called in its short time,
// that proves nothing, and is done again.
func (y *yard) spring(t *testing.T, a *ambush) {
	t.Helper()
	step := y.connect
	if a.routeKey == "$default" {
		step = y.send
	}
	api, stage := y.stage(t, a)
	before := a.trap.calls.Load()
	for tries := int32(1); ; tries++ {
		step(t, a, api, stage)
		calls := a.trap.calls.Load() - before
		if a.fault.at == "" && (calls > tries || calls < 1 && !a.isLate()) {
			t.Fatalf("the backend was called %d times in %d tries", calls, tries)
		}
		if calls > 0 || a.fault.at != "" {
			break
		}
	}
	if a.kept || a.held || a.fault.at != "" {
		return
	}
	select {
	case <-a.trap.left:
	case <-time.After(patience):
		t.Error("the gateway holds on to the connection")
	}
}

// stage makes a stage with a trap.
func (y *yard) stage(t *testing.T, a *ambush) (api, stage string) {
	t.Helper()
	made := y.api(t, a)
	y.mu.Lock()
	y.count++
	stage = fmt.Sprint("s", y.count)
	y.mu.Unlock()
	y.mustControl(t, http.MethodPost, "/v2/apis/"+made.id+"/stages", map[string]any{
		"stageName": stage, "deploymentId": made.deployments[""], "stageVariables": map[string]string{"trap": a.at},
	})
	return made.id, stage
}

// send sends a message into a trap, and one elsewhere.
func (y *yard) send(t *testing.T, a *ambush, api, stage string) {
	t.Helper()
	c := y.enter(t, api, stage)
	id := c.ask(t, `{"action":"whoami"}`)
	start := time.Now()
	item := c.ask(t, `{"action":"trap"}`)
	took := time.Since(start)
	if text := a.want.item; text != item && (text != internalText && text != timedOutText || !isFrame(item, text, id)) {
		t.Errorf("the client sees %.300q, not %.300q", item, text)
	}
	if a.isLate() && took < hurry {
		t.Errorf("the time of the backend was over after %v", took)
	}
	if again := `{"action":"good","id":"` + stage + `"}`; c.ask(t, again) != again {
		t.Errorf("then the client sees something else than its next reply")
	}
}

// connect runs into a trap with a handshake.
func (y *yard) connect(t *testing.T, a *ambush, api, stage string) {
	t.Helper()
	start := time.Now()
	status, text := y.knock(t, api, stage)
	took := time.Since(start)
	if status == http.StatusSwitchingProtocols {
		y.mu.Lock()
		y.visited = append(y.visited, stage)
		y.mu.Unlock()
	}
	if status != a.want.status || text != a.want.text {
		t.Errorf("the client is answered %d %q, not %d %q", status, text, a.want.status, a.want.text)
	}
	if a.isLate() && took < hurry {
		t.Errorf("the time of the backend was over after %v", took)
	}
}

// api is the one for a route with a kind of integration.
func (y *yard) api(t *testing.T, a *ambush) *deployed {
	t.Helper()
	y.mu.Lock()
	defer y.mu.Unlock()
	name := fmt.Sprint(a.kind, a.routeKey, a.isLate())
	if y.apis[name] == nil {
		made, err := (&builder{y.server, y.good.URL}).apply(t.Context(), nil, a.api(t))
		must(t, err)
		y.apis[name] = made
	}
	return y.apis[name]
}

// api defines an API on whose stages there are traps like this one.
func (a *ambush) api(t *testing.T) []byte {
	t.Helper()
	r := trapped(a.kind, "${stageVariables.trap}")
	r.Integration["timeoutInMillis"] = a.timeout().Milliseconds()
	routes := map[string]route{a.routeKey: r, "whoami": mocked("$context.connectionId"), "good": {HTTP: "/good", Reply: true}}
	if a.routeKey == "$connect" {
		routes["$disconnect"] = route{HTTP: "/gone", Integration: map[string]any{
			"requestParameters": map[string]any{"integration.request.header.stage": "context.stage"},
		}}
	}
	return definitionOf(t, routes)
}

// definitionOf is the definition of an API with these routes.
func definitionOf(t *testing.T, routes map[string]route) []byte {
	t.Helper()
	text, err := json.Marshal(definition{Routes: routes})
	must(t, err)
	return text
}

// trapped is a two-way route to a URL, or to a function by its name.
func trapped(kind, at string) route {
	if isFunction(kind) {
		at = functionURI(at)
	}
	r := route{Reply: true, Integration: map[string]any{"integrationType": kind, "integrationUri": at, "integrationMethod": "POST"}}
	if kind == "HTTP" || kind == "AWS" {
		r.Responses = []map[string]any{{"integrationResponseKey": "$default"}}
	}
	return r
}

// wantFarewells wants each handshake that succeeded, and none else, to have been followed by its $disconnect. The program has ended.
func (y *yard) wantFarewells(t *testing.T) {
	t.Helper()
	left := map[string]int{}
	for len(y.good.received) > 0 {
		if c := <-y.good.received; c.uri == "/gone" {
			left[c.header.Get("Stage")]++
		}
	}
	for _, stage := range y.visited {
		left[stage]--
	}
	maps.DeleteFunc(left, func(_ string, n int) bool { return n == 0 })
	if len(left) > 0 {
		t.Errorf("$disconnect came too often, or too seldom: %v", left)
	}
}
