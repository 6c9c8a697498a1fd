package program

import (
	"gangway/internal/gateway"
	"gangway/internal/integration"
	"gangway/internal/vtl"
)

// RenderInput is what a mapping template can see.
type RenderInput struct {
	Event     *gateway.Event
	Variables map[string]string // of the stage
	// Response makes it a template of an integration response: $input is the body of this answer. nil: one of a request.
	Response *integration.Response
}

// CheckTemplate says whether a text is a mapping template. The error is a [vtl.SyntaxError].
func CheckTemplate(text string) error {
	_, err := vtl.Parse(text)
	return err
}

// Render is what a mapping template makes of an input: for who writes templates. A program renders with the same code. The
// error is a [vtl.SyntaxError] or [vtl.RenderError], or says which override of the template cannot be.
func Render(text string, in RenderInput) ([]byte, error) {
	t, err := compileTemplate("", text)
	if err != nil {
		return nil, err
	}
	return t.render(&exchange{event: in.Event, response: in.Response, variables: in.Variables, reserved: unsettable})
}
