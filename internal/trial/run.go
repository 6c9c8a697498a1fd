package trial

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"gangway/internal/gateway"
	"gangway/internal/program"
)

// A Config says what is tried, and how.
type Config struct {
	Subject
	Try

	Answer *Answer // of the backend; nil: the trial ends there, unless there is a Call
	Call   *Call   // nil: nobody is called
	Words  Words
	// Told is told of each step when it is known, and may end the trial by an error; nil: nobody is. Who is called is told before.
	Told     func(*Step) error
	Discreet bool // values of fields that prove who somebody is are left out
}

// Words are what clients are told of errors.
type Words struct {
	Frame       func(err error, e *gateway.Event) []byte  // of a message
	Refusal     func(err error) (status int, body string) // of a handshake
	RefusedWith func(status int) error                    // the error of a handshake whose $connect had a status
}

// A Result is what became of a message.
type Result struct {
	RouteKey  string `json:"routeKey,omitempty"`  // empty: there is no route
	Selection string `json:"selection,omitempty"` // what the route selection expression came to
	Steps     []Step `json:"steps"`
	Reply     string `json:"reply,omitempty"` // what the client gets, an error frame included
	// ErrorMessage is the cause of an error, which a client is not told.
	ErrorMessage string `json:"errorMessage,omitempty"`
	Status       int    `json:"status,omitempty"` // as in a log; 0: nobody has answered

	Err error `json:"-"` // nil: all went well
}

// An UnfitError is a snapshot that cannot run, whatever the message is.
type UnfitError struct {
	Err   error
	Steps []Step // what is wrong, in the steps that it concerns
}

// Error implements error.
func (e *UnfitError) Error() string { return "the API cannot run: " + e.Err.Error() }

// Unwrap makes the cause findable.
func (e *UnfitError) Unwrap() error { return e.Err }

// run is a trial while it runs.
type run struct {
	*Config

	env     program.Env
	backend *standIn
	result  Result
}

// Run takes the message on its way. The error is why there is no trial, or none to its end: the [Result] then has what came before.
// It is an [UnfitError] if the snapshot is to blame. That the message gets an error is none.
func Run(ctx context.Context, cfg *Config) (*Result, error) {
	r := &run{Config: cfg, backend: &standIn{answer: cfg.Answer}}
	if cfg.Call != nil {
		r.backend.answer = nil
	}
	env, stop, err := r.backend.env(ctx, &cfg.Subject)
	if err != nil {
		return &r.result, err
	}
	defer stop()
	r.env = env
	compiled, err := program.Compile(cfg.straight(""), env) //nolint:contextcheck // compiling waits for nothing
	if err != nil {
		return &r.result, cfg.unfit(err)
	}
	return &r.result, r.run(ctx, compiled)
}

// unfit finds the templates that keep a snapshot from running.
func (s *Subject) unfit(err error) error {
	const most = 20
	unfit := &UnfitError{Err: err, Steps: []Step{{
		Name: StepSelect, Title: "the API cannot run", Detail: &Selection{Keys: s.Keys()}, Error: &Fault{Message: err.Error()},
	}}}
	look := func(name, title string, templates gateway.Map) {
		for key, text := range templates {
			if wrong := program.CheckTemplate(text); wrong != nil && len(unfit.Steps) < most {
				unfit.Steps = append(unfit.Steps, Step{
					Name: name, Title: title + quoted(key), Detail: &Mapping{Template: key}, Error: FaultOf(wrong),
				})
			}
		}
	}
	for i := range s.Snapshot.Integrations {
		def := &s.Snapshot.Integrations[i]
		look(StepRequest, "integration "+def.IntegrationID+": request template ", def.RequestTemplates)
		for j := range def.Responses {
			title := fmt.Sprintf("integration %s: integration response %s: template ", def.IntegrationID, def.Responses[j].IntegrationResponseKey)
			look(StepResponse, title, def.Responses[j].ResponseTemplates)
		}
	}
	return unfit
}

// tell passes a step on.
func (r *run) tell(s Step) error {
	if r.Discreet {
		s.hide()
	}
	s.Text = textOf(s.body)
	r.result.Steps = append(r.result.Steps, s)
	if r.Told == nil {
		return nil
	}
	return r.Told(&s)
}

// errNoRoute is a message that nothing is done with.
var errNoRoute = errors.New("no route takes the message, and there is no $default")

func (r *run) run(ctx context.Context, compiled *program.Program) error {
	route, err := r.selected(compiled) //nolint:contextcheck // compiling waits for nothing
	switch {
	case err != nil:
		return err
	case route == nil && r.Event.Type == gateway.EventMessage:
		forbidden := gateway.Errorf(gateway.ErrForbidden, "Forbidden")
		r.result.Err = errNoRoute
		return r.refuse(forbidden)
	case route == nil:
		r.result.Status = 200
		return r.tell(Step{Name: StepReply, Title: "the API has no such route: a client may come and go", Detail: &Reply{}})
	}
	r.Event.RouteKey = route.Key()
	r.result.RouteKey = route.Key()
	def := r.Route(route.Key())
	p := &passage{run: r, route: def, integration: r.integration(def), trace: route.Trace(ctx, r.Event)}
	if ends, err := p.lead(ctx); err != nil || ends {
		return err
	}
	return p.outcome()
}

// selected finds the route, and says why it is that one.
func (r *run) selected(compiled *program.Program) (*program.Route, error) {
	of := &Selection{Named: r.Named}
	step := Step{Name: StepSelect, Detail: of}
	var route *program.Route
	if r.Named {
		of.RouteKey = r.Event.RouteKey
		route = compiled.Route(r.Event.RouteKey)
		step.Title = quoted(of.RouteKey) + ", as it was named"
	} else {
		route = compiled.Select(r.Event.Body)
		of.Expression = r.Snapshot.API.RouteSelectionExpression
		of.Value, of.Err = program.SelectionValue(&r.Snapshot, r.Event.Body)
		r.result.Selection = of.Value
		step.Title = r.reason(of, route)
	}
	key := ""
	if route != nil {
		key, of.RouteKey = route.Key(), route.Key()
	} else if r.Event.Type == gateway.EventMessage {
		of.RouteKey = ""
		step.Error = FaultOf(errNoRoute)
	}
	if def := r.Route(key); def != nil && key == gateway.RouteConnect {
		of.Authorizer = def.AuthorizationType
	}
	var err error
	if of.Notes, err = r.notes(key); err != nil {
		return nil, err
	}
	return route, r.tell(step)
}

// reason says why a route was selected, or none.
func (r *run) reason(of *Selection, route *program.Route) string {
	why := fmt.Sprintf("%s is %s", of.Expression, quoted(of.Value))
	if of.Err != nil {
		why = fmt.Sprintf("%s has no value: %v", of.Expression, of.Err)
	}
	if route == nil {
		of.Keys = r.Keys()
		return fmt.Sprintf("none (%s; the keys are %s)", why, strings.Join(of.Keys, ", "))
	}
	return fmt.Sprintf("%s (%s)", quoted(route.Key()), why)
}

// notes say what of the route cannot work as things stand. What a program says about other routes is not asked for here.
func (r *run) notes(key string) ([]string, error) {
	compiled, err := program.Compile(r.alone(key), r.env)
	if err != nil {
		return nil, r.unfit(err)
	}
	notes := compiled.Notes()
	switch id := r.Stage.ClientCertificateID; {
	case id == "":
	case r.Call != nil && !r.Call.Certificate:
		notes = append(notes, "the backend is not shown the client certificate "+id+" here: its private key does not leave the gateway")
	default:
		notes = append(notes, "the backend is shown the client certificate "+id)
	}
	return notes, nil
}
