package cli

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"

	"gangway/internal/integration"
	"gangway/internal/program"
	"gangway/internal/vtl"
)

// vtlCommand renders a mapping template, with the code that a node renders it with.
type vtlCommand struct {
	inputSettings

	Template      string   `arg:"" optional:"" name:"template-file" help:"The template; - or nothing for standard input."`
	StageVariable []string `sep:"none" placeholder:"NAME=VALUE" help:"A variable of the stage; can be repeated."`
	Response      string   `placeholder:"FILE|TEXT" help:"The template is one of an integration response, and this is the body that the backend has answered with."`
	Status        int      `default:"200" placeholder:"N" help:"The status that it has answered with."`
	Check         bool     `help:"Only say whether the template can be read."`
}

// Run prints the text that the template makes.
func (c *vtlCommand) Run(s *Streams) error {
	name := cmp.Or(c.Template, standardStream)
	streams := 0
	for _, file := range []string{name, c.Body, c.Event, c.Response} {
		if file == standardStream {
			streams++
		}
	}
	if streams > 1 {
		return errStdin
	}
	text, err := s.readFile(name)
	if err != nil {
		return fmt.Errorf("template: %w", err)
	}
	if name == standardStream {
		name = "standard input"
	}
	if c.Check {
		return placed(name, program.CheckTemplate(string(text)))
	}
	in, err := c.input(s)
	if err != nil {
		return err
	}
	rendered, err := program.Render(string(text), in)
	if err != nil {
		return placed(name, err)
	}
	if isTerminal(s.Stdout) {
		return s.printf("%s\n", printable(string(rendered)))
	}
	return s.printf("%s", rendered)
}

// input is what the template sees.
func (c *vtlCommand) input(s *Streams) (in program.RenderInput, err error) {
	if in.Variables, err = stageVariables(c.StageVariable); err != nil {
		return in, err
	}
	if in.Event, err = c.event(s, givenEvent{}); err != nil || c.Response == "" {
		return in, err
	}
	if c.Status < 100 || c.Status > 599 {
		return in, usagef("--status: expected 100 to 599, got %d", c.Status)
	}
	body, err := s.message(c.Response)
	in.Response = &integration.Response{Status: c.Status, Header: http.Header{}, Body: body}
	return in, err
}

// placed is an error of a template as compilers write theirs: file:line:column: message.
func placed(name string, err error) error {
	if wrong, ok := errors.AsType[*vtl.SyntaxError](err); ok {
		return fmt.Errorf("%s:%d:%d: %s", name, wrong.Line, wrong.Column, wrong.Message)
	}
	if failed, ok := errors.AsType[*vtl.RenderError](err); ok {
		return fmt.Errorf("%s:%d:%d: %s", name, failed.Line, failed.Column, failed.Message)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
