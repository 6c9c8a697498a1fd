package trial

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"gangway/internal/gateway"
	"gangway/internal/program"
)

// passage is the way of a message through a route.
type passage struct {
	*run

	route       *gateway.DeployedRoute
	integration *gateway.DeployedIntegration // nil: the route has none
	trace       *program.Trace
	got         *http.Request // by the stand-in; nil: nothing
	body        []byte        // of that
	took        time.Duration // by a call
}

// lead tells what led to the backend and what it answers. ends: nobody does.
func (p *passage) lead(ctx context.Context) (ends bool, err error) {
	p.got, p.body = p.backend.request()
	if err := p.validated(); err != nil {
		return true, err
	}
	if err := p.mapped(); err != nil {
		return true, err
	}
	if err := p.requested(ctx); err != nil {
		return true, err
	}
	if p.got != nil && p.Call == nil && p.Answer == nil {
		return true, p.tell(Step{Name: StepReply, Title: "not known: the backend has not answered", Detail: &Reply{Unknown: true}})
	}
	return false, p.answered()
}

// blames is the error of the trace, if it is this step's.
func (p *passage) blames(step string) error {
	place := StepResponse
	switch t := p.trace; {
	case !p.isValid():
		place = StepModel
	case p.integration == nil:
		place = StepBackend
	case t.Request == nil:
		place = StepRequest
	case t.Response == nil && p.got == nil:
		place = StepBackend // no request could be made
	}
	if place != step || p.got != nil && p.Call == nil && p.Answer == nil {
		return nil
	}
	return p.trace.Err
}

// isValid says whether the message follows its model, if it has one.
func (p *passage) isValid() bool { return p.trace.Invalid == nil }

func (p *passage) validated() error {
	if p.Event.Type != gateway.EventMessage || len(p.route.RequestModels) == 0 || p.route.ModelSelectionExpression == "" {
		return nil
	}
	of := &Validation{Model: p.route.RequestModels[p.trace.Model], Key: p.trace.Model, Valid: p.isValid()}
	step := Step{Name: StepModel, Detail: of, Error: FaultOf(p.blames(StepModel))}
	title := fmt.Sprintf("%s (key %s): the message is ", quoted(of.Model), quoted(of.Key))
	switch {
	case of.Key == "":
		step.Title = "none is selected, and none is $default"
	case of.Valid:
		step.Title = title + "valid"
	default:
		step.Title = title + "not valid"
		if wrong, ok := errors.AsType[*program.ValidationError](p.trace.Invalid); ok {
			of.Findings = wrong.Details
			step.Title += ": " + wrong.Details
		}
	}
	return p.tell(step)
}

func (p *passage) mapped() error {
	if p.integration == nil || !p.isValid() {
		return nil
	}
	of := &Mapping{Template: p.trace.Template}
	step := Step{Name: StepRequest, Title: "passed on as it is", Detail: of, Error: FaultOf(p.blames(StepRequest))}
	if of.Template != "" {
		step.Title = "template " + quoted(of.Template)
	} else if !strings.HasSuffix(string(p.integration.IntegrationType), "_PROXY") {
		of.Passthrough = p.integration.PassthroughBehavior
	}
	if made := p.trace.Request; made != nil {
		of.Header, of.Query, of.Path = pairs(made.Header), pairs(made.Query), pairs(made.Path)
		if made.Rendered {
			step.body = made.Body
		}
	}
	if step.Error != nil && of.Template != "" {
		step.Title += ": there is no request"
	} else if step.Error != nil {
		step.Title = "there is no request"
	}
	return p.tell(step)
}

func pairs(params gateway.Params) []Pair {
	all := make([]Pair, len(params))
	for i, param := range params {
		all[i] = Pair(param)
	}
	return all
}

// requested tells what the backend gets, and calls it if it is to be called.
func (p *passage) requested(ctx context.Context) error {
	step := Step{Name: StepBackend, Error: FaultOf(p.blames(StepBackend))}
	if p.integration == nil {
		if step.Error == nil {
			return nil
		}
		step.Title, step.Detail = "none: the route has no target", &Request{None: true}
		return p.tell(step)
	}
	if p.trace.Request == nil {
		return nil
	}
	of := p.request()
	step.Title, step.Detail, step.body = of.title(), of, of.Body
	if p.got == nil || p.Call == nil {
		return p.tell(step)
	}
	return p.called(ctx, step, of)
}

// request is what the backend gets.
func (p *passage) request() *Request {
	def := p.integration
	of := &Request{Integration: def.IntegrationID, Type: string(def.IntegrationType)}
	if p.got == nil {
		of.None, of.Rendered = true, p.trace.Request.Rendered
		if of.Rendered {
			of.Body = p.trace.Request.Body
		}
		return of
	}
	if def.ConnectionType == connectionLink {
		of.Link = def.ConnectionID
	}
	of.Body = p.body
	if of.Function = functionOf(p.got); of.Function != "" {
		of.Invocation = p.got.Header.Get("X-Amz-Invocation-Type")
		var pretty bytes.Buffer
		if def.IntegrationType == gateway.IntegrationAWSProxy && json.Indent(&pretty, p.body, "", "  ") == nil {
			of.Body = pretty.Bytes() // nobody has written it, so its spaces do not matter
		}
		return of
	}
	of.Method, of.URL = p.got.Method, p.got.URL.String()
	service, signed := strings.CutSuffix(p.got.URL.Host, servicesDomain)
	if !signed {
		of.Header = pairsOf(p.got.Header, nil)
		return of
	}
	of.Service, of.URL = service, p.got.URL.RequestURI()
	of.Header = pairsOf(p.got.Header, signature)
	return of
}

const connectionLink = "VPC_LINK" // the connectionType

// signature are the header fields of a signature, which is of nobody in a trial.
var signature = []string{"Authorization", "X-Amz-Date", "X-Amz-Content-Sha256", "X-Amz-Security-Token"}

func (r *Request) title() string {
	switch {
	case r.None && r.Type == gateway.IntegrationMock:
		return "none: nobody is asked by MOCK"
	case r.None:
		return "none"
	case r.Function != "":
		return "invoke " + r.Function
	case r.Service != "":
		return fmt.Sprintf("%s %s, the service %s of AWS", r.Method, r.URL, r.Service)
	default:
		return r.Method + " " + r.URL
	}
}

// answered tells what the backend has answered, and which integration response takes that.
func (p *passage) answered() error {
	was, isCalled := p.trace.Response, p.got != nil && p.Call != nil
	if p.trace.Request == nil || was == nil && p.got == nil {
		return nil
	}
	of := &Response{Called: isCalled, Took: p.took, Millis: float64(p.took.Microseconds()) / 1000}
	step := Step{Name: StepResponse, Detail: of, Error: FaultOf(p.blames(StepResponse))}
	if was == nil {
		of.None, step.Title = true, "none that is of use"
		return p.tell(step)
	}
	of.Status, of.Function, of.Failure = was.Status, was.Function, was.Failure
	of.Header, of.Body = pairsOf(was.Header, nil), was.Body
	step.body = was.Body
	if p.trace.IntegrationResponse > 0 {
		of.Key = p.integration.Responses[p.trace.IntegrationResponse-1].IntegrationResponseKey
	}
	switch {
	case of.Function && of.Failure != "":
		step.Title = "the function has failed: " + of.Failure
	case of.Function:
		step.Title = fmt.Sprintf("status %d of the function", of.Status)
	default:
		step.Title = fmt.Sprintf("status %d", of.Status)
	}
	return p.tell(step)
}

// outcome tells what the client gets.
func (p *passage) outcome() error {
	reply := p.trace.Reply
	p.result.Status = http.StatusOK
	switch {
	case p.trace.Err != nil:
		return p.refuse(p.trace.Err)
	case p.Event.Type == gateway.EventConnect && (reply.Status < 200 || reply.Status > 299):
		return p.refuse(p.Words.RefusedWith(reply.Status))
	case p.Event.Type == gateway.EventConnect:
		return p.tell(Step{Name: StepReply, Title: "101 Switching Protocols", Detail: &Reply{
			Status: http.StatusSwitchingProtocols, Subprotocol: reply.Subprotocol,
		}})
	case p.Event.Type == gateway.EventDisconnect:
		return p.tell(Step{Name: StepReply, Title: gone, Detail: &Reply{}})
	case reply == nil:
		return p.tell(Step{Name: StepReply, Title: "none: the route has no route response", Detail: &Reply{}})
	}
	kind := "text"
	if reply.Binary {
		kind = "binary"
	}
	p.result.Reply = textOf(reply.Body)
	return p.tell(Step{
		Name: StepReply, Title: fmt.Sprintf("a %s message of %d bytes", kind, len(reply.Body)), body: reply.Body,
		Detail: &Reply{Binary: reply.Binary, Bytes: len(reply.Body), Body: reply.Body},
	})
}

// gone is what is said to a client that has left.
const gone = "none: the client is gone"

// refuse tells what a client is told of an error.
func (r *run) refuse(err error) error {
	if r.result.Err == nil {
		r.result.Err = err
	}
	r.result.ErrorMessage = r.result.Err.Error()
	status, body := r.Words.Refusal(err)
	r.result.Status = status
	step := Step{Name: StepReply, Title: gone, Detail: &Reply{}}
	switch r.Event.Type {
	case gateway.EventConnect:
		step.Title = fmt.Sprintf("the handshake is refused: %d %s", status, body)
		step.Detail, r.result.Reply = &Reply{Status: status}, body
	case gateway.EventMessage:
		step.Title, step.body = "an error frame", r.Words.Frame(err, r.Event)
		step.Detail = &Reply{Bytes: len(step.body), Body: step.body}
		r.result.Reply = textOf(step.body)
	case gateway.EventDisconnect:
	}
	return r.tell(step)
}
