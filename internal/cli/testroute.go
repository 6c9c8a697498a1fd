package cli

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"gangway/internal/gateway"
	"gangway/internal/program"
)

// testRouteCommand says what a stage does with a message. It calls nobody but the control plane, unless told to.
type testRouteCommand struct {
	planeSettings
	inputSettings
	backendSettings

	API         string   `arg:"" name:"api" help:"Id of the API."`
	Subject     string   `arg:"" optional:"" name:"route-key|message" help:"The key of a route, or a message, which selects its own: a file, - or the text. Nothing: --body is the message."`
	Stage       string   `required:"" placeholder:"NAME" help:"Name of the stage: its deployment is tested, with its variables."`
	Draft       bool     `help:"Test what a deployment made now would hold."`
	Connect     bool     `help:"Test the handshake: the same as the route key $connect."`
	Call        bool     `xor:"reply,status,header" help:"Call the backend, from this machine, and go on with what it really answers."`
	Reply       string   `xor:"reply" placeholder:"FILE|TEXT" help:"What the backend answers: a body, or the result of a function. Without it the test ends at the backend."`
	ReplyStatus *int     `xor:"status" placeholder:"N" help:"Status of the backend's answer. Default: 200."`
	ReplyHeader []string `xor:"header" sep:"none" placeholder:"'NAME: VALUE'" help:"A header of the backend's answer; can be repeated."`
}

// Run prints the steps.
func (c *testRouteCommand) Run(ctx context.Context, s *Streams) error {
	backend, err := c.backend(s)
	if err != nil {
		return err
	}
	p, err := c.plane(s)
	if err != nil {
		return err
	}
	t, err := c.load(ctx, p)
	if err != nil {
		return err
	}
	if err := c.choose(s, t); err != nil {
		return err
	}
	env, stop, err := backend.env(ctx, t)
	if err != nil {
		return err
	}
	defer stop()
	compiled, err := program.Compile(t.straight(""), env) //nolint:contextcheck // compiling waits for nothing
	if err != nil {
		return fmt.Errorf("the API cannot run: %w", err)
	}
	report := &routeReport{routeTest: t, env: env, backend: backend, out: s}
	if c.Call {
		report.caller = &caller{backendSettings: c.backendSettings, plane: p, borrowed: s.env("AWS_ACCESS_KEY_ID") == p.key.ID}
	}
	failed := report.run(ctx, compiled)
	return cmp.Or(report.flush(), failed)
}

// backend is what answers.
func (c *testRouteCommand) backend(s *Streams) (*standIn, error) {
	if c.Call {
		return &standIn{silent: true}, c.check()
	}
	status := http.StatusOK
	if c.ReplyStatus != nil {
		status = *c.ReplyStatus
	}
	if status < 200 || status > 599 {
		return nil, usagef("--reply-status: expected 200 to 599, got %d", status)
	}
	header, err := headersOf("--reply-header", c.ReplyHeader)
	if err != nil {
		return nil, err
	}
	if c.Reply == standardStream && (c.Body == standardStream || c.Event == standardStream) {
		return nil, errStdin
	}
	b := &standIn{status: status, header: header, silent: c.Reply == ""}
	if !b.silent {
		b.reply, err = s.message(c.Reply)
	}
	return b, err
}

// routeTest is one run of one API.
type routeTest struct {
	key      gateway.StageKey
	snapshot gateway.Snapshot
	stage    gateway.Stage
	domain   string // by which clients reach the API: the domainName of its events
	event    *gateway.Event
	named    bool // the route, rather than that the message selects it
}

// load asks the control plane for what the stage runs, or would run.
func (c *testRouteCommand) load(ctx context.Context, p *plane) (*routeTest, error) {
	t := &routeTest{key: gateway.StageKey{API: c.API, Stage: c.Stage}}
	path := apiPath(c.API)
	stage := request{operation: "GetStage", method: http.MethodGet, path: path + "/stages/" + url.PathEscape(c.Stage)}
	if err := p.ask(ctx, stage, &t.stage); err != nil {
		return nil, err
	}
	var api gateway.API // a snapshot does not say where the API is reached
	if err := p.ask(ctx, request{operation: "GetApi", method: http.MethodGet, path: path}, &api); err != nil {
		return nil, err
	}
	_, t.domain, _ = strings.Cut(api.APIEndpoint, "://")
	query := url.Values{}
	switch {
	case c.Draft:
	case t.stage.DeploymentID == "":
		return nil, fmt.Errorf("stage %s of API %s has no deployment: test what is defined with --draft", c.Stage, c.API)
	default:
		query.Set("stageName", c.Stage)
	}
	frozen := request{operation: "GetSnapshot", method: http.MethodGet, path: path + "/snapshot", query: query}
	return t, p.ask(ctx, frozen, &t.snapshot)
}

// choose makes the event, and finds out whether its route is named.
func (c *testRouteCommand) choose(s *Streams, t *routeTest) (err error) {
	subject := c.Subject
	if c.Connect {
		if subject != "" && subject != gateway.RouteConnect {
			return usagef("--connect and a route key or message can't be used together")
		}
		subject = gateway.RouteConnect
	}
	usual := givenEvent{APIID: c.API, Stage: c.Stage, DomainName: t.domain}
	t.named = subject == gateway.RouteConnect || subject == gateway.RouteDisconnect || t.route(subject) != nil
	switch {
	case subject == gateway.RouteConnect:
		usual.EventType = string(gateway.EventConnect)
	case subject == gateway.RouteDisconnect:
		usual.EventType = string(gateway.EventDisconnect)
	case subject != "" && !t.named && c.Body != "":
		return usagef("expected the key of a route beside --body, got %s; the keys are %s", field(subject), fields(t.keys(), ", "))
	}
	if subject != "" && !t.named {
		c.Body = subject
		if subject == standardStream && c.Event == standardStream {
			return errStdin
		}
	}
	if t.event, err = c.event(s, usual); err != nil {
		return err
	}
	usually := usualKeys[t.event.Type]
	switch {
	case t.named && usual.EventType == "" && t.event.Type == gateway.EventMessage:
		t.event.RouteKey = subject
	case t.named && subject != usually:
		return usagef("--event: the route %s has no events of type %s", field(subject), t.event.Type)
	case t.event.Type != gateway.EventMessage:
		t.event.RouteKey, t.named = usually, true
	}
	return nil
}

// route is the definition of the route with a key, or nil.
func (t *routeTest) route(key string) *gateway.DeployedRoute {
	i := slices.IndexFunc(t.snapshot.Routes, func(r gateway.DeployedRoute) bool { return r.RouteKey == key })
	if i < 0 {
		return nil
	}
	return &t.snapshot.Routes[i]
}

func (t *routeTest) keys() []string {
	keys := make([]string, len(t.snapshot.Routes))
	for i := range t.snapshot.Routes {
		keys[i] = t.snapshot.Routes[i].RouteKey
	}
	slices.Sort(keys)
	return keys
}

// integration is the definition of the integration of a route, or nil.
func (t *routeTest) integration(route *gateway.DeployedRoute) *gateway.DeployedIntegration {
	id, _ := route.Integration()
	i := slices.IndexFunc(t.snapshot.Integrations, func(def gateway.DeployedIntegration) bool { return def.IntegrationID == id })
	if i < 0 {
		return nil
	}
	return &t.snapshot.Integrations[i]
}

// alone is the straight snapshot without the other routes than that of a key, if there is one.
func (t *routeTest) alone(key string) *gateway.Snapshot {
	snapshot := t.straight("")
	snapshot.Routes = nil
	if def := t.route(key); def != nil {
		snapshot.Routes = []gateway.DeployedRoute{*def}
	}
	return snapshot
}

// straight is the snapshot without VPC links, but for that of an integration that is named: the stand-in is no server behind
// one, and the request is the same.
func (t *routeTest) straight(but string) *gateway.Snapshot {
	snapshot := t.snapshot
	snapshot.Integrations = slices.Clone(snapshot.Integrations)
	for i := range snapshot.Integrations {
		if def := &snapshot.Integrations[i]; def.IntegrationID != but {
			def.ConnectionType, def.ConnectionID = "INTERNET", ""
		}
	}
	return &snapshot
}
