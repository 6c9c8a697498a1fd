package trial

import (
	"gangway/internal/gateway"
	"gangway/internal/integration"
	"gangway/internal/program"
)

// A Template is a mapping template, and what it sees.
type Template struct {
	Text      string
	Event     *gateway.Event
	Variables map[string]string // of the stage
	// Answer makes it a template of an integration response: $input is the body of this answer. nil: one of a request.
	Answer *Answer
}

// CheckVariables refuses variables that no stage has.
func CheckVariables(variables map[string]string) error {
	stage := gateway.Stage{StageSettings: gateway.StageSettings{StageVariables: variables}, StageOrigin: gateway.StageOrigin{StageName: "test"}}
	return stage.Validate()
}

// Render is what the template makes, with the code that a node renders it with.
func (t *Template) Render() ([]byte, error) {
	in := program.RenderInput{Event: t.Event, Variables: t.Variables}
	if a := t.Answer; a != nil {
		in.Response = &integration.Response{Status: a.Status, Header: a.header(), Body: []byte(a.Body)}
	}
	return program.Render(t.Text, in)
}

// A Rendering is what a template makes, or why it makes nothing.
type Rendering struct {
	Output *string `json:"output,omitempty"`
	Error  *Fault  `json:"error,omitempty"`
}

// RenderingOf is the same of what [Template.Render] has returned.
func RenderingOf(text []byte, err error) *Rendering {
	if err != nil {
		return &Rendering{Error: FaultOf(err)}
	}
	output := string(text)
	return &Rendering{Output: &output}
}
