package cli

import (
	"cmp"
	"fmt"

	"gangway/internal/program"
	"gangway/internal/trial"
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
	t, err := c.template(s, string(text))
	if err != nil {
		return err
	}
	rendered, err := t.Render()
	if err != nil {
		return placed(name, err)
	}
	if isTerminal(s.Stdout) {
		return s.printf("%s\n", printable(string(rendered)))
	}
	return s.printf("%s", rendered)
}

// template is a text with what it sees.
func (c *vtlCommand) template(s *Streams, text string) (*trial.Template, error) {
	variables, err := stageVariables(c.StageVariable)
	if err != nil {
		return nil, err
	}
	given, body, err := c.given(s)
	if err != nil {
		return nil, err
	}
	event, err := given.Event(&trial.Given{}, body)
	if err != nil {
		return nil, misused(err)
	}
	t := &trial.Template{Text: text, Event: event, Variables: variables}
	if c.Response == "" {
		return t, nil
	}
	if c.Status < 100 || c.Status > 599 {
		return nil, usagef("--status: expected 100 to 599, got %d", c.Status)
	}
	answer, err := s.message(c.Response)
	t.Answer = &trial.Answer{Status: c.Status, Body: string(answer)}
	return t, err
}

// placed is an error of a template as compilers write theirs: file:line:column: message.
func placed(name string, err error) error {
	if err == nil {
		return nil
	}
	if fault := trial.FaultOf(err); fault.Line > 0 {
		return fmt.Errorf("%s:%d:%d: %s", name, fault.Line, fault.Column, fault.Message)
	}
	return fmt.Errorf("%s: %w", name, err)
}
