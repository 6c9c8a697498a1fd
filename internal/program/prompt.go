package program

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"gangway/internal/expr"
	"gangway/internal/gateway"
)

// Prompt says that [Route.Run] of a message waits for nothing, and takes no longer than to read the message a few times: whoever
// must not be held up can run it at once. Where that is in doubt it is false. It holds for a route without a model
//
//   - that has no target, or
//   - whose integration is MOCK without mapped parameters, where each template is [vtl.Template.Quick], each expression that
//     selects a template reads three members of the message at most, by their names alone, and no integration response has a
//     pattern with counted repetitions.
func (r *Route) Prompt() bool { return r.prompt }

// Prompt says that [Program.Select] takes no longer than to read the message a few times: the route selection expression reads
// three members of it at most, by their names alone.
func (p *Program) Prompt() bool { return p.prompt }

// named is a variable that names a member of a message. Such a path needs neither a tree of the message nor a search.
var named = regexp.MustCompile(`^request\.body(\.[A-Za-z0-9_-]+)*$`)

// mostReadings is how often a prompt expression may read a message: once for each variable.
const mostReadings = 3

// isPrompt says whether an expression has its value as soon as the message is read.
func isPrompt(text string, e *expr.Expression) bool {
	return strings.Count(text, "request.body") <= mostReadings && !slices.ContainsFunc(e.Variables(), func(variable string) bool {
		return variable != "default" && !strings.HasPrefix(variable, "integration.response.") && !named.MatchString(variable)
	})
}

// isPrompt says whether a run of the backend is.
func (b *backend) isPrompt() bool {
	if !b.optional || b.dynamic || len(b.parameters.header)+len(b.parameters.query)+len(b.parameters.path) > 0 {
		return false
	}
	for _, response := range b.responses {
		if response.pattern != nil && strings.Contains(response.pattern.String(), "{") {
			return false // a short pattern with counts can stand for a very long one
		}
	}
	return true
}

// settled is a run that no message changes: of MOCK, where whatever a template could be is mere text.
type settled struct {
	reply *Reply // nil: there is nothing to say
	call  *gateway.IntegrationRecord
}

// settle finds out what can be known of all messages of a route. It needs a program without faults.
func (r *Route) settle() {
	b := r.backend
	r.prompt = r.model == nil && (b == nil || b.isPrompt())
	if b == nil || !r.prompt || !b.isFixed() {
		return
	}
	var record gateway.Record
	reply, err := r.Watch(context.Background(), &gateway.Event{Type: gateway.EventMessage}, &record)
	if err != nil {
		return // each message says so by itself
	}
	call := *record.Integration
	call.Latency = 0
	r.settled = &settled{call: &call}
	if reply != nil {
		copied := *reply // without the run around it
		r.settled.reply = &copied
	}
}

// isFixed says whether a MOCK answers all messages alike.
func (b *backend) isFixed() bool {
	for _, response := range b.responses {
		if !response.templates.isFixed() {
			return false
		}
	}
	return b.request.isFixed()
}

// isFixed says whether it is always the same template that is chosen, and always makes the same text.
func (t *templates) isFixed() bool {
	return t.selection == nil && (t.fallback == nil || t.fallback.fixed != nil)
}

// tell notes in a record what [Route.Watch] would, and is the reply.
func (s *settled) tell(record *gateway.Record) *Reply {
	if record != nil {
		record.Integration = s.call
	}
	return s.reply
}
