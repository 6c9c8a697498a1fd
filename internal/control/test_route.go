package control

import (
	"context"
	"encoding/json"
	"strings"

	"gangway/internal/cluster"
	"gangway/internal/gateway"
)

// A Trial is a message that a client wants to see on its way, and what it is to be tried on.
type Trial struct {
	Key      gateway.StageKey
	Stage    gateway.Stage // its variables and its certificate count
	Snapshot gateway.Snapshot
	Domain   string // by which clients reach the API

	trialBody
}

// trialBody is what a client says of a trial.
type trialBody struct {
	StageName string `json:"stageName"` // empty: none, with a draft
	Draft     bool   `json:"draft"`     // what a deployment made now would hold, rather than what the stage serves
	RouteKey  string `json:"routeKey"`  // empty: the message selects its route
	Body      string `json:"body"`
	EventType string `json:"eventType"` // empty: that of the route, or MESSAGE
	// Connection is what else the event has: the members of $context.
	Connection json.RawMessage `json:"connection"`
	// Reply is what the backend answers: status, headers and body. Absent: the trial ends there.
	Reply json.RawMessage `json:"reply"`
	// Call says that the backend is really called.
	Call bool `json:"call"`
}

// A Rendering is a mapping template, and what it sees.
type Rendering struct {
	Template string `json:"template"`
	Body     string `json:"body"` // of the message
	// Context is what else the event has: the members of $context.
	Context        json.RawMessage   `json:"context"`
	StageVariables map[string]string `json:"stageVariables"`
	// Reply makes it a template of an integration response: what the backend has answered, with status, headers and body.
	Reply json.RawMessage `json:"reply"`
}

func trialBodies() []any { return []any{new(trialBody)} }

func renderingBody() []any { return []any{new(Rendering)} }

// ActionCall is what a policy must allow, besides TestRoute, to who has the gateway call a backend.
const ActionCall = "gangway:CallBackend"

// errNoTrials is said where nothing can be tried.
var errNoTrials = gateway.Errorf(gateway.ErrInvalid, "Nothing can be tried here")

// testRoute says what a stage does with a message, or would do with it.
func testRoute(c *call) (any, error) {
	t := &Trial{}
	if c.Test == nil {
		return nil, errNoTrials
	}
	if err := decode(c.body, &t.trialBody); err != nil {
		return nil, err
	}
	if t.StageName == "" && !t.Draft {
		return nil, gateway.Errorf(gateway.ErrInvalid, "Missing stageName: without one, only a draft can be tested")
	}
	if err := c.mayTry(t); err != nil {
		return nil, err
	}
	sort := c.bounds.tests
	if t.Call {
		sort = c.bounds.calls
	}
	end, err := c.turn(sort)
	if err != nil {
		return nil, err
	}
	defer end()
	if err := c.steadily(func(in reader) error { return c.subject(in, t) }); err != nil {
		return nil, err
	}
	ctx, cancel := c.patience()
	defer cancel()
	return c.Test(ctx, t)
}

// patience lasts for a call of any backend, or until the server ends. The context of the request would end with the time that a
// client has for the body.
func (c *call) patience() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.ctx), c.MaxTimeout+bodyTimeout)
	go func() {
		defer cancel()
		select {
		case <-c.ended:
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// mayTry makes sure that the caller may see what the trial shows: the API, what of it is deployed or would be, and the variables
// of the stage.
func (c *call) mayTry(t *Trial) error {
	api := c.key.Up()
	for _, key := range []gateway.Key{api, api + "/snapshot"} {
		if err := c.may(get, key); err != nil {
			return err
		}
	}
	if t.StageName != "" {
		if err := c.may(get, api.Child("stages", t.StageName)); err != nil {
			return err
		}
	}
	if !t.Call {
		return nil
	}
	resource := "arn:aws:gangway:" + c.Names.Region + ":" + c.Names.Account + ":" + string(c.key)
	return c.caller.Authorize(ActionCall, resource, c.context())
}

// subject reads what is tried.
func (c *call) subject(in reader, t *Trial) error {
	api := c.key.Up()
	if err := c.exists(in, api); err != nil {
		return err
	}
	t.Key = gateway.StageKey{API: api.ID(), Stage: t.StageName}
	_, t.Domain, _ = strings.Cut(c.Names.Endpoint(api.ID()), "://")
	t.Stage = gateway.Stage{}
	key := api.Child("stages", t.StageName)
	if t.StageName != "" {
		if err := c.exists(in, key); err != nil {
			return err
		}
		stored, _ := in.Get(key)
		stage, err := stages.decode(stored)
		if err != nil {
			return err
		}
		t.Stage = *stage
	}
	read := func() (*gateway.Snapshot, error) { return c.served(in, key) }
	if t.Draft {
		read = func() (*gateway.Snapshot, error) { return freeze(in, api) }
	}
	snapshot, err := read()
	if err != nil {
		return err
	}
	t.Snapshot = *snapshot
	return nil
}

// steadily reads objects between two writes.
func (c *call) steadily(read func(reader) error) error {
	for range 3 { // a write that comes in between does not wait for us
		before := c.Objects.Revision()
		err := read(c.Objects)
		if c.Objects.Revision() == before {
			return err
		}
	}
	// It changes nothing, and nothing changes meanwhile.
	return c.update(func(tx *cluster.Tx) error { return read(tx) })
}

// renderTemplate says what a mapping template makes of a message.
func renderTemplate(c *call) (any, error) {
	r := &Rendering{}
	if c.Render == nil {
		return nil, errNoTrials
	}
	if err := decode(c.body, r); err != nil {
		return nil, err
	}
	kept := gateway.IntegrationResponseSettings{
		IntegrationResponseKey: gateway.RouteDefault, ResponseTemplates: gateway.Map{gateway.RouteDefault: r.Template},
	}
	if err := (&gateway.IntegrationResponse{IntegrationResponseSettings: kept}).Validate(); err != nil {
		return nil, err // such as one that is too long
	}
	end, err := c.turn(c.bounds.checks)
	if err != nil {
		return nil, err
	}
	defer end()
	return c.Render(c.ctx, r)
}
