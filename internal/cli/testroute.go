package cli

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"gangway/internal/edge"
	"gangway/internal/gateway"
	"gangway/internal/trial"
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
	answer, err := c.answer(s)
	if err != nil {
		return err
	}
	p, err := c.plane(s)
	if err != nil {
		return err
	}
	report := &routeReport{out: s}
	cfg := &trial.Config{
		Answer: answer, Told: report.tell,
		Words: trial.Words{Frame: edge.Frame, Refusal: edge.Refusal, RefusedWith: edge.RefusedWith},
	}
	if cfg.Subject, err = c.load(ctx, p); err != nil {
		return err
	}
	if cfg.Try, err = c.choose(s, &cfg.Subject); err != nil {
		return err
	}
	if c.Call {
		caller := &caller{backendSettings: c.backendSettings, plane: p, borrowed: s.env("AWS_ACCESS_KEY_ID") == p.key.ID}
		cfg.Call = &trial.Call{Env: caller.env, Lambda: c.Lambda, Admit: caller.admit}
	}
	result, err := trial.Run(ctx, cfg)
	return cmp.Or(report.flush(), err, result.Err)
}

// answer is what the backend is to answer; nil: nothing.
func (c *testRouteCommand) answer(s *Streams) (*trial.Answer, error) {
	if c.Call {
		return nil, c.check()
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
	if c.Reply == "" {
		return nil, nil
	}
	body, err := s.message(c.Reply)
	answer := &trial.Answer{Status: status, Headers: map[string]trial.Values{}, Body: string(body)}
	for name, values := range header {
		answer.Headers[name] = values
	}
	return answer, err
}

// load asks the control plane for what the stage runs, or would run.
func (c *testRouteCommand) load(ctx context.Context, p *plane) (t trial.Subject, err error) {
	t.Key = gateway.StageKey{API: c.API, Stage: c.Stage}
	path := apiPath(c.API)
	stage := request{operation: "GetStage", method: http.MethodGet, path: path + "/stages/" + url.PathEscape(c.Stage)}
	if err := p.ask(ctx, stage, &t.Stage); err != nil {
		return t, err
	}
	var api gateway.API // a snapshot does not say where the API is reached
	if err := p.ask(ctx, request{operation: "GetApi", method: http.MethodGet, path: path}, &api); err != nil {
		return t, err
	}
	_, t.Domain, _ = strings.Cut(api.APIEndpoint, "://")
	query := url.Values{}
	switch {
	case c.Draft:
	case t.Stage.DeploymentID == "":
		return t, fmt.Errorf("stage %s of API %s has no deployment: test what is defined with --draft", c.Stage, c.API)
	default:
		query.Set("stageName", c.Stage)
	}
	frozen := request{operation: "GetSnapshot", method: http.MethodGet, path: path + "/snapshot", query: query}
	return t, p.ask(ctx, frozen, &t.Snapshot)
}

// choose makes the event, and finds out whether its route is named.
func (c *testRouteCommand) choose(s *Streams, t *trial.Subject) (trial.Try, error) {
	subject := c.Subject
	if c.Connect {
		if subject != "" && subject != gateway.RouteConnect {
			return trial.Try{}, usagef("--connect and a route key or message can't be used together")
		}
		subject = gateway.RouteConnect
	}
	named := subject == gateway.RouteConnect || subject == gateway.RouteDisconnect || t.Route(subject) != nil
	if subject != "" && !named {
		if c.Body != "" {
			return trial.Try{}, usagef("expected the key of a route beside --body, got %s; the keys are %s", field(subject), fields(t.Keys(), ", "))
		}
		c.Body, subject = subject, ""
		if c.Body == standardStream && c.Event == standardStream {
			return trial.Try{}, errStdin
		}
	}
	given, body, err := c.given(s)
	if err != nil {
		return trial.Try{}, err
	}
	try, err := t.Try(subject, &given, body)
	return try, misused(err)
}
