package node

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"

	"gangway/internal/control"
	"gangway/internal/edge"
	"gangway/internal/gateway"
	"gangway/internal/program"
	"gangway/internal/trial"
)

// trials are run for who writes APIs.
type trials struct{ *Node }

// test takes a message through a stage. A backend that is to be called is called as for a client.
func (t *trials) test(ctx context.Context, asked *control.Trial) (any, error) {
	cfg, err := t.config(asked)
	if err != nil {
		return nil, misused("connection", err)
	}
	result, err := trial.Run(ctx, cfg)
	if unfit, ok := errors.AsType[*trial.UnfitError](err); ok {
		return &trial.Result{Steps: unfit.Steps, ErrorMessage: unfit.Error()}, nil
	}
	return result, err
}

func (t *trials) config(asked *control.Trial) (cfg *trial.Config, err error) {
	cfg = &trial.Config{
		Subject:  trial.Subject{Key: asked.Key, Stage: asked.Stage, Snapshot: asked.Snapshot, Domain: asked.Domain},
		Words:    trial.Words{Frame: edge.Frame, Refusal: edge.Refusal, RefusedWith: edge.RefusedWith},
		Discreet: true,
	}
	given, err := t.given("connection", asked.Connection, asked.Body)
	if err != nil {
		return nil, err
	}
	given.EventType = cmp.Or(asked.EventType, given.EventType)
	// A backend must be able to believe where an event comes from: by these it finds the way back.
	if asked.Call && given.APIID+given.Stage+given.DomainName != "" {
		return nil, &trial.InputError{Member: "connection", Message: "apiId, stage and domainName cannot be chosen where the backend is called"}
	}
	if cfg.Try, err = cfg.Subject.Try(asked.RouteKey, given, nil); err != nil {
		return nil, err
	}
	cfg.Answer, err = answer(asked.Reply)
	if err != nil || !asked.Call {
		return cfg, err
	}
	if cfg.Answer != nil {
		return nil, &trial.InputError{Member: "reply", Message: "a backend that is called answers for itself"}
	}
	cfg.Call = &trial.Call{
		Env: func(context.Context) (program.Env, error) { return t.envOf(&asked.Stage) }, Lambda: t.cfg.LambdaEndpoint, Certificate: true,
	}
	if t.cfg.Functions != nil {
		cfg.Call.Lambda = "functions of this node"
	}
	return cfg, nil
}

// envOf is how backends are reached for a stage.
func (n *Node) envOf(stage *gateway.Stage) (program.Env, error) {
	env := n.env
	var err error
	env.Certificate, err = n.certificate(stage.ClientCertificateID)
	return env, err
}

// given is what a client says of an event.
func (t *trials) given(member string, text json.RawMessage, body string) (*trial.Given, error) {
	most := t.cfg.Limits.MaxMessage
	if most == 0 {
		most = 128 << 10
	}
	given := &trial.Given{}
	if len(text) > 0 {
		if err := trial.Read(text, given); err != nil {
			return nil, &trial.InputError{Member: member, Message: err.Error()}
		}
	}
	given.Body = cmp.Or(body, given.Body)
	if most > 0 && int64(len(given.Body)) > most {
		return nil, &trial.InputError{Member: "body", Message: "longer than a message may be"}
	}
	return given, nil
}

// answer is what the backend is to answer; nil: nothing.
func answer(text json.RawMessage) (*trial.Answer, error) {
	if len(text) == 0 {
		return nil, nil
	}
	a := &trial.Answer{}
	if err := trial.Read(text, a); err != nil {
		return nil, &trial.InputError{Member: "reply", Message: err.Error()}
	}
	return a, a.Check()
}

// render is what a template makes.
func (t *trials) render(_ context.Context, asked *control.Rendering) (any, error) {
	if err := trial.CheckVariables(asked.StageVariables); err != nil {
		return nil, err
	}
	given, err := t.given("context", asked.Context, asked.Body)
	if err != nil {
		return nil, misused("context", err)
	}
	event, err := given.Event(&trial.Given{}, nil)
	if err != nil {
		return nil, misused("context", err)
	}
	made := &trial.Template{Text: asked.Template, Event: event, Variables: asked.StageVariables}
	if made.Answer, err = answer(asked.Reply); err != nil {
		return nil, misused("context", err)
	}
	return trial.RenderingOf(made.Render()), nil
}

// misused has a client told what of a trial cannot be; event is which member of the request describes the event.
func misused(event string, err error) error {
	wrong, ok := errors.AsType[*trial.InputError](err)
	if !ok {
		return err
	}
	if wrong.Member == "event" {
		return gateway.Errorf(gateway.ErrInvalid, "Invalid value for %s: %s", event, wrong.Message)
	}
	return gateway.Errorf(gateway.ErrInvalid, "Invalid value for %s: %s", wrong.Member, wrong.Message)
}
